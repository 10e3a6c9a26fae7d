/* The progress line; see progress.h. */
#include "bench/progress.h"

#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "bench/terminal.h"
#include "bench/units.h"
#include "reports/units.h"
#include "runtime/base/clock.h"

#define REDRAW_NS     UINT64_C(150000000)
#define DEFAULT_WIDTH 80

static void wipe(tb_progress *progress)
{
    if (progress->line_shown)
        fputs("\r\033[K", stderr);
    progress->line_shown = false;
}

void tb_progress_begin(tb_progress *progress, int total, uint64_t expected_ns, bool quiet)
{
    *progress = (tb_progress){
        .quiet = quiet,
        .terminal = tb_terminal_is(STDERR_FILENO),
        .total = total,
        .begin_ns = tb_clock_ns(),
        .expected_ns = expected_ns,
    };
}

void tb_progress_more(tb_progress *progress, int units, uint64_t expected_ns)
{
    progress->total += units;
    progress->expected_ns += expected_ns;
}

void tb_progress_unit(tb_progress *progress, const char *unit, uint64_t expected_ns)
{
    progress->number++;
    progress->unit_begin_ns = tb_clock_ns();
    progress->done_expected_ns += progress->unit_expected_ns;
    progress->unit_expected_ns = expected_ns;
    /* Whoever plans too little has said nothing of it. */
    if (progress->number > progress->total)
        progress->total = progress->number;
    if (progress->expected_ns < progress->done_expected_ns + expected_ns)
        progress->expected_ns = progress->done_expected_ns + expected_ns;
    progress->drawn_ns = 0;
    snprintf(progress->unit, sizeof progress->unit, "%s", unit);
    tb_progress_update(progress, 0, 0);
}

/* The plan's time for what is left, scaled by how the plan fared so far. */
static uint64_t time_left_ns(const tb_progress *progress)
{
    double scale = 1;
    if (progress->done_expected_ns > 0)
        scale = (double)(progress->unit_begin_ns - progress->begin_ns) /
                (double)progress->done_expected_ns;
    double rest_ns = scale * (double)(progress->expected_ns - progress->done_expected_ns -
                                      progress->unit_expected_ns);
    double unit_ns = scale * (double)progress->unit_expected_ns -
                     (double)(tb_clock_ns() - progress->unit_begin_ns);
    return (uint64_t)(rest_ns + (unit_ns > 0 ? unit_ns : 0));
}

/* Ends the line after so many columns, never inside a UTF-8 sequence. */
static void cut_line(char *line, int columns)
{
    for (char *c = line; *c; c++)
        if ((*c & 0xc0) != 0x80 && columns-- == 0) {
            *c = '\0';
            return;
        }
}

static void draw(tb_progress *progress, const char *so_far)
{
    uint64_t now_ns = tb_clock_ns();
    if (progress->quiet || !progress->terminal || now_ns - progress->drawn_ns < REDRAW_NS)
        return;
    progress->drawn_ns = now_ns;
    char line[360];
    snprintf(line, sizeof line, "[%d/%d] %s: %s", progress->number, progress->total, progress->unit,
             so_far);
    int width = tb_terminal_width(STDERR_FILENO);
    cut_line(line, (width ? width : DEFAULT_WIDTH) - 1);
    fprintf(stderr, "\r\033[K%s", line);
    fflush(stderr);
    progress->line_shown = true;
}

void tb_progress_update(tb_progress *progress, int64_t samples, double median_ns)
{
    char so_far[160], median[TB_FIGURE_TEXT_SIZE], left[TB_WAIT_TEXT_SIZE];
    tb_wait_text(time_left_ns(progress), left);
    tb_format_duration(median_ns, median);
    if (samples > 0)
        snprintf(so_far, sizeof so_far, "median %s of %lld, %s left", median, (long long)samples,
                 left);
    else
        snprintf(so_far, sizeof so_far, "starting, %s left", left);
    draw(progress, so_far);
}

void tb_progress_items(tb_progress *progress, int64_t done, int64_t total)
{
    char so_far[160], left[TB_WAIT_TEXT_SIZE];
    uint64_t spent_ns = tb_clock_ns() - progress->unit_begin_ns;
    if (done > 0 && total >= done)
        snprintf(so_far, sizeof so_far, "%lld of %lld items, %s left", (long long)done,
                 (long long)total,
                 tb_wait_text((uint64_t)((double)spent_ns / (double)done * (double)(total - done)),
                              left));
    else
        snprintf(so_far, sizeof so_far, "starting");
    draw(progress, so_far);
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
