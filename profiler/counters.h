/*
 * Hardware and software counters by perf_event_open: one group a thread, read at once, so that the
 * values of one reading belong together. The processor's events share a group as long as it takes
 * them all; where it does not, they go into two, which the kernel counts in turn, and values are
 * scaled by the share of the time in which they were counted.
 *
 * A reading is one read() a thread, not rdpmc: that instruction tells one event of the thread that runs
 * it, so that threads of the pool, software events and the share of the time in which a group was
 * counted would take the system call all the same. What a reading takes is measured and shown.
 *
 * An event that cannot be had has its reason and no value. Threads that exist when the counters are
 * opened are counted together.
 */
#ifndef TB_PROFILER_COUNTERS_H
#define TB_PROFILER_COUNTERS_H

#include <linux/perf_event.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "profiler/sink.h"
#include "runtime/base/status.h"

/* X(code, stored name, perf type, perf config, counted in the kernel alone) */
#define TB_COUNTER_LIST(X)                                                                      \
    X(INSTRUCTIONS, "instructions", PERF_TYPE_HARDWARE, PERF_COUNT_HW_INSTRUCTIONS, false)      \
    X(CYCLES, "cycles", PERF_TYPE_HARDWARE, PERF_COUNT_HW_CPU_CYCLES, false)                    \
    X(CACHE_REFERENCES, "cache_references", PERF_TYPE_HARDWARE, PERF_COUNT_HW_CACHE_REFERENCES, \
      false)                                                                                    \
    X(CACHE_MISSES, "cache_misses", PERF_TYPE_HARDWARE, PERF_COUNT_HW_CACHE_MISSES, false)      \
    X(BRANCH_MISSES, "branch_misses", PERF_TYPE_HARDWARE, PERF_COUNT_HW_BRANCH_MISSES, false)   \
    X(STALLED_FRONTEND, "stalled_cycles_frontend", PERF_TYPE_HARDWARE,                          \
      PERF_COUNT_HW_STALLED_CYCLES_FRONTEND, false)                                             \
    X(STALLED_BACKEND, "stalled_cycles_backend", PERF_TYPE_HARDWARE,                            \
      PERF_COUNT_HW_STALLED_CYCLES_BACKEND, false)                                              \
    X(PAGE_FAULTS, "page_faults", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_PAGE_FAULTS, false)         \
    X(CONTEXT_SWITCHES, "context_switches", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_CONTEXT_SWITCHES, \
      true)                                                                                     \
    X(MIGRATIONS, "cpu_migrations", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_CPU_MIGRATIONS, true)

typedef enum tb_counter {
#define TB_COUNTER_ENUM(code, name, type, config, kernel) TB_COUNTER_##code,
    TB_COUNTER_LIST(TB_COUNTER_ENUM)
#undef TB_COUNTER_ENUM
        TB_COUNTER_COUNT
} tb_counter;

const char *tb_counter_name(tb_counter counter);
bool tb_counter_is_hardware(tb_counter counter);

/* The kernel's side, so that tests can stand in for it. Failures are -errno. */
typedef struct tb_perf_calls {
    int (*open)(void *context, const struct perf_event_attr *attr, int tid, int group_fd);
    int (*enable)(void *context, int fd); /* the whole group */
    ssize_t (*read)(void *context, int fd, void *buffer, size_t size);
    void (*close)(void *context, int fd);
    int (*paranoid)(void *context); /* kernel.perf_event_paranoid; -100: unknown */
    void *context;
} tb_perf_calls;

const tb_perf_calls *tb_perf_calls_kernel(void);

/* One reading: sums over threads, and over how long (ns) the event was wanted and was counted. */
typedef struct tb_counter_value {
    uint64_t raw, enabled_ns, running_ns;
} tb_counter_value;

typedef struct tb_counter_reading {
    tb_counter_value value[TB_COUNTER_COUNT];
} tb_counter_reading;

typedef struct tb_counters tb_counters;

/* Counts the threads `tids` from now on; TB_OK with no event available too: tb_counters_reason says
   why each is missing. `calls` is borrowed. */
tb_status tb_counters_open(const tb_perf_calls *calls, const int *tids, size_t count, tb_error *err,
                           tb_counters **out);
void tb_counters_close(tb_counters *counters);

bool tb_counters_has(const tb_counters *counters, tb_counter counter);
/* Why it is missing ("not available: ..." without these words), or what limits it ("user space
   only"); NULL: nothing. */
const char *tb_counters_reason(const tb_counters *counters, tb_counter counter);
bool tb_counters_any(const tb_counters *counters);

/* Allocates nothing; a read that fails leaves zeros with running_ns 0. */
void tb_counters_read(tb_counters *counters, tb_counter_reading *out);
/* to - from, added to `sum`. */
void tb_counters_add(tb_counter_reading *sum, const tb_counter_reading *from,
                     const tb_counter_reading *to);
/* The value scaled to the whole time; false: it was never counted. */
bool tb_counters_scaled(const tb_counter_value *value, double *out);

/* ---- an observer that reads them at both ends of every node and step --------------------------- */

typedef struct tb_counted {
    tb_event event;
    tb_counter_reading inside; /* between begin and end */
} tb_counted;

typedef struct tb_counter_sink tb_counter_sink;

/* Remembers up to `capacity` nodes and steps of an inference. */
tb_status tb_counter_sink_create(tb_counters *counters, size_t capacity, tb_error *err,
                                 tb_counter_sink **out);
void tb_counter_sink_destroy(tb_counter_sink *sink);
tb_sink *tb_counter_sink_sink(tb_counter_sink *sink);
/* Between inferences: what was counted since the last clear, and how many did not fit. */
const tb_counted *tb_counter_sink_events(const tb_counter_sink *sink, size_t *count,
                                         size_t *dropped);
void tb_counter_sink_clear(tb_counter_sink *sink);

/* The threads of this process, the caller first; at most `most`. */
size_t tb_threads_of_process(int *tids, size_t most);

#endif
