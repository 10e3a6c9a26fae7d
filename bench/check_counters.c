/* A check of what profiles can count here. */
#include <stdio.h>
#include <string.h>

#include "bench/doctor.h"
#include "profiler/counters.h"

/* The strictest command among the reasons: it helps with all of them. */
static void advise(const tb_counters *counters, bool user_only, tb_finding *finding)
{
    const char *command = user_only ? "sudo sysctl kernel.perf_event_paranoid=1" : NULL;
    int length = command ? (int)strlen(command) : 0;
    for (int k = 0; k < TB_COUNTER_COUNT; k++) {
        const char *reason = tb_counters_reason(counters, (tb_counter)k);
        const char *found = reason ? strstr(reason, "sudo sysctl ") : NULL;
        int size = found ? (int)strcspn(found, "`") : 0;
        if (!size || (command && strncmp(found, command, (size_t)size) >= 0))
            continue;
        command = found;
        length = size;
    }
    if (command)
        snprintf(finding->advice, sizeof finding->advice,
                 "`%.*s` allows them until the next start; a file in /etc/sysctl.d keeps it",
                 length, command);
}

void tb_check_counters_of(const tb_perf_calls *calls, tb_finding *finding)
{
    int tid;
    tb_counters *counters = NULL;
    tb_error err = TB_ERROR_NONE;
    size_t count = tb_threads_of_process(&tid, 1);
    if (tb_counters_open(calls, &tid, count, &err, &counters) != TB_OK) {
        finding->health = TB_HEALTH_UNKNOWN;
        snprintf(finding->found, sizeof finding->found, "%.300s", err.text);
        return;
    }
    int available = 0;
    bool user_only = false;
    const char *missing = NULL;
    for (int k = 0; k < TB_COUNTER_COUNT; k++) {
        bool has = tb_counters_has(counters, (tb_counter)k);
        const char *reason = tb_counters_reason(counters, (tb_counter)k);
        available += has;
        user_only = user_only || (has && reason);
        if (!has && !missing)
            missing = reason;
    }
    finding->health = missing || user_only ? TB_HEALTH_NOTE : TB_HEALTH_GOOD;
    snprintf(finding->found, sizeof finding->found, "%d of %d counters%s%s%.250s", available,
             (int)TB_COUNTER_COUNT, user_only ? ", in user space only" : "",
             missing ? "; the others: " : "", missing ? missing : "");
    advise(counters, user_only, finding);
    tb_counters_close(counters);
}

static void look_counters(const tb_observation *seen, tb_finding *finding)
{
    (void)seen;
    tb_check_counters_of(tb_perf_calls_kernel(), finding);
}

const tb_check tb_check_counters = {
    .name = "counters",
    .what = "instructions, cycles and cache misses of each op in profiles",
    .look = look_counters,
};
