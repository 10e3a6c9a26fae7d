/* The progress line; see progress.h. */
#include "bench/progress.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/units.h"
#include "reports/units.h"
#include "runtime/base/clock.h"

static int terminal_width(void)
{
    const char *columns = getenv("COLUMNS");
    int width = columns ? atoi(columns) : 0;
    return width >= 40 ? width : 80;
}

static void wipe(tb_progress *progress)
{
    if (progress->line_shown)
        fputs("\r\033[K", stderr);
    progress->line_shown = false;
}

void tb_progress_begin(tb_progress *progress, int total, uint64_t unit_expected_ns, bool quiet)
{
    const char *kind = getenv("TERM");
    *progress = (tb_progress){
        .quiet = quiet,
        .terminal = isatty(STDERR_FILENO) && !(kind && strcmp(kind, "dumb") == 0),
        .total = total,
        .begin_ns = tb_clock_ns(),
        .unit_expected_ns = unit_expected_ns,
    };
}

void tb_progress_unit(tb_progress *progress, const char *unit)
{
    progress->number++;
    progress->unit_begin_ns = tb_clock_ns();
    snprintf(progress->unit, sizeof progress->unit, "%s", unit);
    tb_progress_update(progress, 0, 0);
}

/* By the units done so far, or by what a unit may take where none is. */
static uint64_t time_left_ns(const tb_progress *progress)
{
    uint64_t now_ns = tb_clock_ns();
    int done = progress->number - 1;
    uint64_t each_ns = done > 0 ? (progress->unit_begin_ns - progress->begin_ns) / (uint64_t)done
                                : progress->unit_expected_ns;
    uint64_t all_ns = each_ns * (uint64_t)(progress->total - done);
    uint64_t spent_ns = now_ns - progress->unit_begin_ns;
    return all_ns > spent_ns ? all_ns - spent_ns : 0;
}

void tb_progress_update(tb_progress *progress, int64_t samples, double median_ns)
{
    if (progress->quiet || !progress->terminal)
        return;
    char line[360], median[TB_FIGURE_TEXT_SIZE], left[TB_WAIT_TEXT_SIZE];
    char so_far[96] = "starting";
    if (samples > 0) {
        tb_format_duration(median_ns, median);
        snprintf(so_far, sizeof so_far, "median %s of %lld", median, (long long)samples);
    }
    snprintf(line, sizeof line, "[%d/%d] %s: %s, %s left", progress->number, progress->total,
             progress->unit, so_far, tb_wait_text(time_left_ns(progress), left));
    fprintf(stderr, "\r\033[K%.*s", terminal_width() - 1, line);
    fflush(stderr);
    progress->line_shown = true;
}

void tb_progress_result(tb_progress *progress, bool failed, const char *text)
{
    if (progress->terminal && !failed)
        return;
    if (progress->quiet && !failed)
        return;
    wipe(progress);
    fprintf(stderr, "[%d/%d] %s: %s\n", progress->number, progress->total, progress->unit, text);
}

void tb_progress_note(tb_progress *progress, const char *format, ...)
{
    wipe(progress);
    va_list args;
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
}

void tb_progress_end(tb_progress *progress)
{
    wipe(progress);
    fflush(stderr);
}
