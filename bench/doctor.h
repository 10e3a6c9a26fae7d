/*
 * What a machine does to measurements: checks, one row each in checks.def, that `tflbench doctor`
 * explains and that `run` turns into stored warnings. A check is a file's `const tb_check
 * tb_check_<name>`; adding one is that and its row.
 */
#ifndef TB_BENCH_DOCTOR_H
#define TB_BENCH_DOCTOR_H

#include <stdbool.h>
#include <stdint.h>

#include "profiler/counters.h"
#include "reports/record.h"
#include "runtime/base/arena.h"
#include "runtime/base/status.h"

typedef enum tb_health {
    TB_HEALTH_GOOD,
    TB_HEALTH_UNKNOWN, /* cannot be read here; `found` says why */
    TB_HEALTH_NOTE,    /* worth knowing, harms nothing by itself */
    TB_HEALTH_WARNING  /* figures suffer */
} tb_health;

const char *tb_health_text(tb_health health);

/* Jiffies of all processors together since the start, from /proc/stat. */
typedef struct tb_cpu_time {
    bool known;
    uint64_t busy, idle, steal;
} tb_cpu_time;

tb_cpu_time tb_cpu_time_read(void);

/* What was seen of the machine over a while. */
typedef struct tb_observation {
    tb_environment environment;
    bool shares_known;
    double busy_share;  /* of all processors' time, not counting this process: 0 to 1 */
    double steal_share; /* taken by the host of a virtual machine */
    bool kernel_known;
    double kernel_spread; /* slow over fast times of the reference kernel: 1 is perfectly even */
} tb_observation;

#define TB_FINDING_TEXT 400

typedef struct tb_finding {
    tb_health health;
    char found[TB_FINDING_TEXT];  /* what is the case: "governor is powersave" */
    char advice[TB_FINDING_TEXT]; /* what helps; may be empty */
} tb_finding;

/* Takes one setting that would help: a file of /sys or /proc and the text to write into it. */
typedef void tb_setting_taker(void *context, const char *path, const char *value);

typedef struct tb_check {
    const char *name; /* one word; also the kind of the stored warning */
    const char *what; /* one line: why it matters */
    void (*look)(const tb_observation *seen, tb_finding *finding);
    /* NULL where nothing can be set. */
    void (*settings)(tb_setting_taker *take, void *context);
} tb_check;

const tb_check *const *tb_check_rows(int *count);

/* What the check `counters` says, of a kernel that a test may stand in for. */

void tb_check_counters_of(const tb_perf_calls *calls, tb_finding *finding);

/* Reads the machine and watches it for about `watch_ns` (0: what takes no time only). Texts live
   in `arena`. */
void tb_observe(uint64_t watch_ns, tb_arena *arena, tb_observation *out);

#endif
