/* Groups of perf events; see counters.h. */
#include "profiler/counters.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "profiler/proc_file.h"

#define PARANOID_FILE    "/proc/sys/kernel/perf_event_paranoid"
#define PARANOID_UNKNOWN (-100)
#define REASON_SIZE      240
#define MAX_GROUPS       2
#define NO_FD            (-1)

typedef struct event_row {
    const char *name;
    uint32_t type;
    uint64_t config;
    bool in_kernel;
} event_row;

static const event_row rows[] = {
#define X(code, name, type, config, kernel) {name, type, config, kernel},
    TB_COUNTER_LIST(X)
#undef X
};

/* One thread's group: the leader, and the events in the order in which a read gives them. */
typedef struct group {
    int leader;
    int fds[TB_COUNTER_COUNT];
    tb_counter order[TB_COUNTER_COUNT];
    int count;
} group;

struct tb_counters {
    const tb_perf_calls *calls;
    bool has[TB_COUNTER_COUNT];
    bool user_only[TB_COUNTER_COUNT];
    char reason[TB_COUNTER_COUNT][REASON_SIZE];
    group *groups; /* MAX_GROUPS a thread */
    size_t threads;
};

const char *tb_counter_name(tb_counter counter)
{
    return rows[counter].name;
}

bool tb_counter_is_hardware(tb_counter counter)
{
    return rows[counter].type == PERF_TYPE_HARDWARE;
}

/* ---- the kernel --------------------------------------------------------------------------------- */

static int kernel_open(void *context, const struct perf_event_attr *attr, int tid, int group_fd)
{
    (void)context;
    long fd = syscall(SYS_perf_event_open, attr, tid, -1, group_fd, PERF_FLAG_FD_CLOEXEC);
    return fd < 0 ? -errno : (int)fd;
}

static int kernel_enable(void *context, int fd)
{
    (void)context;
    return ioctl(fd, PERF_EVENT_IOC_ENABLE, PERF_IOC_FLAG_GROUP) < 0 ? -errno : 0;
}

static ssize_t kernel_read(void *context, int fd, void *buffer, size_t size)
{
    (void)context;
    ssize_t got = read(fd, buffer, size);
    return got < 0 ? -errno : got;
}

static void kernel_close(void *context, int fd)
{
    (void)context;
    close(fd);
}

static int kernel_paranoid(void *context)
{
    (void)context;
    int64_t level;
    return tb_proc_read_int(PARANOID_FILE, &level) ? (int)level : PARANOID_UNKNOWN;
}

const tb_perf_calls *tb_perf_calls_kernel(void)
{
    static const tb_perf_calls calls = {kernel_open,  kernel_enable,   kernel_read,
                                        kernel_close, kernel_paranoid, NULL};
    return &calls;
}

/* ---- opening ------------------------------------------------------------------------------------ */

static void explain(tb_counters *counters, tb_counter counter, int failure)
{
    int error = -failure, level = counters->calls->paranoid(counters->calls->context);
    char *reason = counters->reason[counter];
    const char *words = strerror(error);
    if (error == EACCES || error == EPERM) {
        int enough = rows[counter].in_kernel ? 1 : 2;
        if (level == PARANOID_UNKNOWN)
            snprintf(reason, REASON_SIZE, "%s", words);
        else if (level <= enough)
            snprintf(reason, REASON_SIZE,
                     "%s: kernel.perf_event_paranoid is %d, which allows it: a sandbox or a "
                     "security module does not",
                     words, level);
        else
            snprintf(reason, REASON_SIZE,
                     "%s: kernel.perf_event_paranoid is %d; `sudo sysctl "
                     "kernel.perf_event_paranoid=%d` allows it",
                     words, level, enough);
    } else if (error == ENOENT || error == ENODEV || error == EOPNOTSUPP) {
        snprintf(reason, REASON_SIZE, "%s: the kernel has no such counter here%s", words,
                 tb_counter_is_hardware(counter) ? " (virtual machines often have none)" : "");
    } else if (error == ENOSYS) {
        snprintf(reason, REASON_SIZE, "%s: this kernel, or a sandbox, has no perf_event_open",
                 words);
    } else {
        snprintf(reason, REASON_SIZE, "%s", words);
    }
}

static struct perf_event_attr attr_of(tb_counter counter, bool leader, bool user_only)
{
    struct perf_event_attr attr;
    memset(&attr, 0, sizeof attr);
    attr.size = sizeof attr;
    attr.type = rows[counter].type;
    attr.config = rows[counter].config;
    attr.disabled = leader;
    attr.exclude_kernel = user_only;
    attr.exclude_hv = 1;
    attr.read_format =
        PERF_FORMAT_GROUP | PERF_FORMAT_TOTAL_TIME_ENABLED | PERF_FORMAT_TOTAL_TIME_RUNNING;
    return attr;
}

/* With the kernel's part where that is allowed; else in user space alone, unless it is counted
   nowhere but in the kernel. -errno where it cannot be had. */
static int open_event(tb_counters *counters, tb_counter counter, int tid, int group_fd)
{
    const tb_perf_calls *calls = counters->calls;
    struct perf_event_attr attr = attr_of(counter, group_fd == NO_FD, false);
    int fd = calls->open(calls->context, &attr, tid, group_fd);
    if ((fd == -EACCES || fd == -EPERM) && !rows[counter].in_kernel) {
        attr = attr_of(counter, group_fd == NO_FD, true);
        fd = calls->open(calls->context, &attr, tid, group_fd);
        counters->user_only[counter] = fd >= 0;
    }
    return fd;
}

static void close_group(tb_counters *counters, group *g)
{
    for (int k = 0; k < g->count; k++)
        counters->calls->close(counters->calls->context, g->fds[k]);
    *g = (group){.leader = NO_FD};
}

/* Adds the counters [from, to) of a thread to a group. */
static void fill_group(tb_counters *counters, group *g, int tid, int from, int to)
{
    for (int k = from; k < to; k++) {
        tb_counter counter = (tb_counter)k;
        int fd = open_event(counters, counter, tid, g->leader);
        if (fd < 0) {
            explain(counters, counter, fd);
            continue;
        }
        if (g->leader == NO_FD)
            g->leader = fd;
        g->fds[g->count] = fd;
        g->order[g->count++] = counter;
        counters->has[counter] = true;
    }
    if (g->count)
        counters->calls->enable(counters->calls->context, g->leader);
}

typedef struct group_values {
    uint64_t count, enabled_ns, running_ns;
    uint64_t value[TB_COUNTER_COUNT];
} group_values;

static bool read_group(const tb_counters *counters, const group *g, group_values *out)
{
    ssize_t got = counters->calls->read(counters->calls->context, g->leader, out, sizeof *out);
    return got >= (ssize_t)(3 * sizeof(uint64_t)) && out->count == (uint64_t)g->count;
}

/* A group larger than the processor has counters is wanted all the time and never counted. */
static bool is_starved(const tb_counters *counters, const group *g)
{
    group_values values;
    for (int round = 0; round < 200; round++) {
        if (!read_group(counters, g, &values))
            return true;
        if (values.running_ns > 0)
            return false;
    }
    return values.enabled_ns > 0;
}

static int first_software(void)
{
    int k = 0;
    while (k < TB_COUNTER_COUNT && rows[k].type == PERF_TYPE_HARDWARE)
        k++;
    return k;
}

/* All in one group if the processor takes it, else the second half of its events apart. */
static void open_thread(tb_counters *counters, group *groups, int tid, bool *split)
{
    int software = first_software();
    if (!*split) {
        fill_group(counters, &groups[0], tid, 0, TB_COUNTER_COUNT);
        bool has_hardware = groups[0].count && tb_counter_is_hardware(groups[0].order[0]);
        if (!has_hardware || !is_starved(counters, &groups[0]))
            return;
        close_group(counters, &groups[0]);
        *split = true;
    }
    int half = (software + 1) / 2;
    fill_group(counters, &groups[0], tid, 0, half);
    fill_group(counters, &groups[1], tid, half, TB_COUNTER_COUNT);
}

tb_status tb_counters_open(const tb_perf_calls *calls, const int *tids, size_t count, tb_error *err,
                           tb_counters **out)
{
    tb_counters *counters = calloc(1, sizeof *counters);
    if (counters)
        counters->groups = calloc(count * MAX_GROUPS + 1, sizeof *counters->groups);
    if (!counters || !counters->groups) {
        free(counters);
        return tb_fail(err, TB_NO_MEMORY, "counters of %zu threads: out of memory", count);
    }
    counters->calls = calls;
    counters->threads = count;
    for (size_t k = 0; k < count * MAX_GROUPS; k++)
        counters->groups[k].leader = NO_FD;
    bool split = false;
    for (size_t k = 0; k < count; k++)
        open_thread(counters, &counters->groups[k * MAX_GROUPS], tids[k], &split);
    *out = counters;
    return TB_OK;
}

void tb_counters_close(tb_counters *counters)
{
    if (!counters)
        return;
    for (size_t k = 0; k < counters->threads * MAX_GROUPS; k++)
        close_group(counters, &counters->groups[k]);
    free(counters->groups);
    free(counters);
}

bool tb_counters_has(const tb_counters *counters, tb_counter counter)
{
    return counters->has[counter];
}

const char *tb_counters_reason(const tb_counters *counters, tb_counter counter)
{
    if (!counters->has[counter])
        return counters->reason[counter];
    return counters->user_only[counter] ? "user space only" : NULL;
}

bool tb_counters_any(const tb_counters *counters)
{
    for (int k = 0; k < TB_COUNTER_COUNT; k++)
        if (counters->has[k])
            return true;
    return false;
}

/* ---- reading ------------------------------------------------------------------------------------ */

void tb_counters_read(tb_counters *counters, tb_counter_reading *out)
{
    *out = (tb_counter_reading){0};
    for (size_t k = 0; k < counters->threads * MAX_GROUPS; k++) {
        const group *g = &counters->groups[k];
        group_values values;
        if (g->leader == NO_FD || !read_group(counters, g, &values))
            continue;
        for (int i = 0; i < g->count; i++) {
            tb_counter_value *value = &out->value[g->order[i]];
            value->raw += values.value[i];
            value->enabled_ns += values.enabled_ns;
            value->running_ns += values.running_ns;
        }
    }
}

void tb_counters_add(tb_counter_reading *sum, const tb_counter_reading *from,
                     const tb_counter_reading *to)
{
    for (int k = 0; k < TB_COUNTER_COUNT; k++) {
        sum->value[k].raw += to->value[k].raw - from->value[k].raw;
        sum->value[k].enabled_ns += to->value[k].enabled_ns - from->value[k].enabled_ns;
        sum->value[k].running_ns += to->value[k].running_ns - from->value[k].running_ns;
    }
}

bool tb_counters_scaled(const tb_counter_value *value, double *out)
{
    if (!value->running_ns)
        return false;
    *out = (double)value->raw * ((double)value->enabled_ns / (double)value->running_ns);
    return true;
}

size_t tb_threads_of_process(int *tids, size_t most)
{
    size_t count = 0;
    int own = (int)syscall(SYS_gettid);
    if (most)
        tids[count++] = own;
    DIR *folder = opendir("/proc/self/task");
    if (!folder)
        return count;
    for (struct dirent *entry = readdir(folder); entry && count < most; entry = readdir(folder)) {
        int tid = atoi(entry->d_name);
        if (tid > 0 && tid != own)
            tids[count++] = tid;
    }
    closedir(folder);
    return count;
}
