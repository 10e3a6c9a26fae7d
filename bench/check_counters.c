/* A check of what profiles can count here. */
#include <stdio.h>
#include <string.h>

#include "bench/doctor.h"
#include "profiler/counters.h"

static void look_counters(const tb_observation *seen, tb_finding *finding)
{
    (void)seen;
    int tid;
    tb_counters *counters = NULL;
    tb_error err = TB_ERROR_NONE;
    size_t count = tb_threads_of_process(&tid, 1);
    if (tb_counters_open(tb_perf_calls_kernel(), &tid, count, &err, &counters) != TB_OK) {
        finding->health = TB_HEALTH_UNKNOWN;
        snprintf(finding->found, sizeof finding->found, "%.300s", err.text);
        return;
    }
    int available = 0;
    const char *reason = NULL;
    for (int k = 0; k < TB_COUNTER_COUNT; k++) {
        bool has = tb_counters_has(counters, (tb_counter)k);
        available += has;
        if (!has && !reason)
            reason = tb_counters_reason(counters, (tb_counter)k);
    }
    finding->health = reason ? TB_HEALTH_NOTE : TB_HEALTH_GOOD;
    snprintf(finding->found, sizeof finding->found, "%d of %d counters%s%.250s", available,
             (int)TB_COUNTER_COUNT, reason ? "; the others: " : "", reason ? reason : "");
    const char *command = reason ? strstr(reason, "sudo sysctl ") : NULL;
    if (command)
        snprintf(finding->advice, sizeof finding->advice, "`%.*s` allows them",
                 (int)strcspn(command, "`"), command);
    tb_counters_close(counters);
}

const tb_check tb_check_counters = {
    .name = "counters",
    .what = "instructions, cycles and cache misses of each op in profiles",
    .look = look_counters,
};
