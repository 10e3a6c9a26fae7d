/*
 * The processor's energy counters (RAPL) as perf tells them: the PMU "power" of
 * /sys/bus/event_source/devices, with an event for each part (package, dram) that is opened on one
 * processor of each package. Where /sys/class/powercap may not be read, this mostly may.
 */
#ifndef TB_PROFILER_POWER_PMU_H
#define TB_PROFILER_POWER_PMU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TB_POWER_NAME_SIZE 32

typedef struct tb_power_event {
    char name[TB_POWER_NAME_SIZE]; /* "pkg cpu0", "ram cpu0" */
    uint32_t type;                 /* of perf_event_attr */
    uint64_t config;
    double joules; /* a count */
    int cpu;
} tb_power_event;

/* The kernel's side, so that tests can stand in for it. */
typedef struct tb_power_calls {
    int (*open)(void *context, const tb_power_event *event); /* a descriptor, or -errno */
    bool (*read)(void *context, int fd, uint64_t *count);
    void (*close)(void *context, int fd);
    void *context;
} tb_power_calls;

const tb_power_calls *tb_power_calls_kernel(void);

/* What the PMU under `root` has of packages and of memory (other parts lie inside these); at most
   `most`. 0: there is no such PMU, or it is not told in full. */
size_t tb_power_pmu_list(const char *root, tb_power_event *out, size_t most);

#endif
