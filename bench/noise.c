/* What disturbed a run; see noise.h. */
#include "bench/noise.h"

#include <stdio.h>
#include <sys/resource.h>

#include "bench/reference_kernel.h"
#include "reports/stats.h"
#include "runtime/base/size.h"

static double seconds(const struct timeval *time)
{
    return (double)time->tv_sec + (double)time->tv_usec / 1e6;
}

/* Children count once they have ended. */
static double own_seconds(void)
{
    struct rusage own = {0}, children = {0};
    getrusage(RUSAGE_SELF, &own);
    getrusage(RUSAGE_CHILDREN, &children);
    return seconds(&own.ru_utime) + seconds(&own.ru_stime) + seconds(&children.ru_utime) +
           seconds(&children.ru_stime);
}

void tb_noise_begin(tb_noise *noise, tb_arena *arena)
{
    *noise = (tb_noise){.before = tb_cpu_time_read(), .own_before_s = own_seconds()};
    tb_observe(0, arena, &noise->seen);
    tb_noise_tick(noise);
}

void tb_noise_tick(tb_noise *noise)
{
    noise->kernel_ns[noise->ticks++ % TB_NOISE_TIMES] = (double)tb_reference_kernel_ns(4);
    if (noise->kernel_count < TB_NOISE_TIMES)
        noise->kernel_count++;
}

static void set_shares(tb_noise *noise)
{
    tb_cpu_time after = tb_cpu_time_read();
    double busy = (double)(after.busy - noise->before.busy);
    double steal = (double)(after.steal - noise->before.steal);
    double all = busy + steal + (double)(after.idle - noise->before.idle);
    /* Jiffies of a hundredth of a second say little of a short run. */
    if (!after.known || !noise->before.known || all < 50)
        return;
    double own = (own_seconds() - noise->own_before_s) * 100;
    noise->seen.shares_known = true;
    noise->seen.busy_share = busy > own ? (busy - own) / all : 0;
    noise->seen.steal_share = steal / all;
}

static tb_status store_figures(const tb_noise *noise, tb_store *store, int64_t run_id,
                               double fastest_ns, tb_error *err)
{
    const tb_observation *seen = &noise->seen;
    tb_figure figures[] = {
        {.phase = "run", .metric = "other_load", .unit = "share"},
        {.phase = "run", .metric = "steal", .unit = "share"},
        {.phase = "run", .metric = "reference_kernel_ns", .unit = "ns"},
        {.phase = "run", .metric = "reference_kernel_spread", .unit = "ratio"},
    };
    const struct {
        bool known;
        double value;
        const char *reason;
    } values[] = {
        {seen->shares_known, seen->busy_share, "the run was too short to tell"},
        {seen->shares_known, seen->steal_share, "the run was too short to tell"},
        {true, fastest_ns, NULL},
        {seen->kernel_known, seen->kernel_spread, "timed fewer than three times"},
    };
    for (size_t k = 0; k < TB_COUNT_OF(figures); k++) {
        if (values[k].known)
            figures[k].value = tb_num(values[k].value);
        else
            figures[k].reason = values[k].reason;
    }
    return tb_store_add_figures(store, run_id, 0, figures, TB_COUNT_OF(figures), err);
}

static tb_status store_warnings(const tb_noise *noise, tb_store *store, int64_t run_id,
                                void (*tell)(void *context, const char *text), void *context,
                                tb_error *err)
{
    int count;
    const tb_check *const *rows = tb_check_rows(&count);
    tb_status status = TB_OK;
    for (int k = 0; k < count && status == TB_OK; k++) {
        tb_finding finding = {.health = TB_HEALTH_UNKNOWN};
        rows[k]->look(&noise->seen, &finding);
        if (finding.health != TB_HEALTH_WARNING)
            continue;
        char text[2 * TB_FINDING_TEXT + 8];
        snprintf(text, sizeof text, "%s: %s", finding.found, finding.advice);
        if (tell)
            tell(context, text);
        tb_warning warning = {.kind = rows[k]->name, .severity = "warning", .message = text};
        status = tb_store_add_warning(store, run_id, 0, &warning, err);
    }
    return status;
}

tb_status tb_noise_end(tb_noise *noise, tb_store *store, int64_t run_id,
                       void (*tell)(void *context, const char *text), void *context, tb_error *err)
{
    tb_noise_tick(noise);
    set_shares(noise);
    tb_sort_doubles(noise->kernel_ns, noise->kernel_count);
    double fastest_ns = noise->kernel_ns[0];
    if (noise->kernel_count >= 3) {
        /* The slowest tenth against the fastest: of few times, the slowest but one. */
        noise->seen.kernel_known = true;
        noise->seen.kernel_spread =
            tb_quantile_sorted(noise->kernel_ns, noise->kernel_count, 0.9) / fastest_ns;
    }
    tb_status status = store_figures(noise, store, run_id, fastest_ns, err);
    return status == TB_OK ? store_warnings(noise, store, run_id, tell, context, err) : status;
}
