/* Reading the machine for the checks; see doctor.h. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "bench/doctor.h"
#include "bench/record_fill.h"
#include "bench/reference_kernel.h"
#include "profiler/environment.h"
#include "reports/stats.h"
#include "runtime/base/clock.h"
#include "runtime/base/size.h"

#define MAX_TIMES 512

#define X(name) extern const tb_check tb_check_##name;
#include "bench/checks.def"
#undef X

static const tb_check *const rows[] = {
#define X(name) &tb_check_##name,
#include "bench/checks.def"
#undef X
};

const tb_check *const *tb_check_rows(int *count)
{
    *count = (int)TB_COUNT_OF(rows);
    return rows;
}

const char *tb_health_text(tb_health health)
{
    static const char *const texts[] = {"ok", "unknown", "note", "warning"};
    return texts[health];
}

tb_cpu_time tb_cpu_time_read(void)
{
    tb_cpu_time time = {0};
    FILE *file = fopen("/proc/stat", "re");
    if (!file)
        return time;
    unsigned long long user, nice, system, idle, iowait, irq, softirq, steal;
    if (fscanf(file, "cpu %llu %llu %llu %llu %llu %llu %llu %llu", &user, &nice, &system, &idle,
               &iowait, &irq, &softirq, &steal) == 8) {
        time.known = true;
        time.busy = user + nice + system + irq + softirq;
        time.idle = idle + iowait;
        time.steal = steal;
    }
    fclose(file);
    return time;
}

/* Sleeps and runs the kernel by turns, so that it stays out of the way of what is watched. */
static size_t watch_kernel(uint64_t watch_ns, double times_ns[MAX_TIMES])
{
    size_t count = 0;
    uint64_t begin_ns = tb_clock_ns();
    while (count < MAX_TIMES && tb_clock_ns() - begin_ns < watch_ns) {
        times_ns[count++] = (double)tb_reference_kernel_ns(1);
        const struct timespec pause = {0, 5000000};
        nanosleep(&pause, NULL);
    }
    return count;
}

void tb_observe(uint64_t watch_ns, tb_arena *arena, tb_observation *out)
{
    *out = (tb_observation){.kernel_known = false};
    tb_record_filler filler = {&tb_environment_type, &out->environment, arena};
    tb_reading_taker taker = tb_record_taker(&filler);
    tb_environment_read(&taker);
    if (!watch_ns)
        return;
    double times_ns[MAX_TIMES];
    struct timespec own_before = {0}, own_after = {0};
    tb_cpu_time before = tb_cpu_time_read();
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &own_before);
    uint64_t begin_ns = tb_clock_ns();
    size_t count = watch_kernel(watch_ns, times_ns);
    double wall_ns = (double)(tb_clock_ns() - begin_ns);
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &own_after);
    tb_cpu_time after = tb_cpu_time_read();
    double all = (double)(after.busy - before.busy) + (double)(after.idle - before.idle) +
                 (double)(after.steal - before.steal);
    if (before.known && after.known && all > 0 && out->environment.cpu_count.known) {
        double own_ns = (double)(own_after.tv_sec - own_before.tv_sec) * 1e9 +
                        (double)(own_after.tv_nsec - own_before.tv_nsec);
        double own = own_ns / wall_ns / (double)out->environment.cpu_count.value;
        double busy = (double)(after.busy - before.busy) / all - own;
        out->shares_known = true;
        out->busy_share = busy > 0 ? busy : 0;
        out->steal_share = (double)(after.steal - before.steal) / all;
    }
    if (count >= 10) {
        tb_sort_doubles(times_ns, count);
        out->kernel_known = true;
        out->kernel_spread =
            tb_quantile_sorted(times_ns, count, 0.9) / tb_quantile_sorted(times_ns, count, 0.1);
    }
}
