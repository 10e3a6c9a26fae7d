/* perf's PMU "power"; see power_pmu.h. */
#include "profiler/power_pmu.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "profiler/proc_file.h"
#include "runtime/base/size.h"

#define FOLDER    "/sys/bus/event_source/devices/power"
#define PATH_SIZE 512
#define MAX_CPUS  16

/* ---- the kernel --------------------------------------------------------------------------------- */

static int kernel_open(void *context, const tb_power_event *event)
{
    (void)context;
    struct perf_event_attr attr;
    memset(&attr, 0, sizeof attr);
    attr.size = sizeof attr;
    attr.type = event->type;
    attr.config = event->config;
    /* Energy belongs to a package, not to a process. */
    long fd = syscall(SYS_perf_event_open, &attr, -1, event->cpu, -1, PERF_FLAG_FD_CLOEXEC);
    return fd < 0 ? -errno : (int)fd;
}

static bool kernel_read(void *context, int fd, uint64_t *count)
{
    (void)context;
    return read(fd, count, sizeof *count) == (ssize_t)sizeof *count;
}

static void kernel_close(void *context, int fd)
{
    (void)context;
    close(fd);
}

const tb_power_calls *tb_power_calls_kernel(void)
{
    static const tb_power_calls calls = {kernel_open, kernel_read, kernel_close, NULL};
    return &calls;
}

/* ---- what there is ------------------------------------------------------------------------------ */

static bool read_text(const char *root, const char *file, size_t size, char *text)
{
    char path[PATH_SIZE];
    snprintf(path, sizeof path, "%.200s" FOLDER "/%.200s", root, file);
    return tb_proc_read(path, size, text);
}

/* "0,32": one processor of each package. Ranges do not occur: each package has one. */
static size_t read_cpus(const char *root, int *cpus)
{
    char text[256];
    size_t count = 0;
    if (!read_text(root, "cpumask", sizeof text, text))
        return 0;
    for (const char *at = text; *at && count < MAX_CPUS;) {
        char *end;
        long cpu = strtol(at, &end, 10);
        if (end == at || cpu < 0 || cpu > 1 << 20)
            break;
        cpus[count++] = (int)cpu;
        at = *end == ',' ? end + 1 : "";
    }
    return count;
}

/* "event=0x02", and how many joules a count is. */
static bool read_event(const char *root, const char *name, tb_power_event *out)
{
    char file[64], text[128], *end;
    snprintf(file, sizeof file, "events/energy-%s", name);
    if (!read_text(root, file, sizeof text, text) || strncmp(text, "event=", 6) != 0)
        return false;
    out->config = strtoull(text + 6, &end, 0);
    if (end == text + 6)
        return false;
    snprintf(file, sizeof file, "events/energy-%s.scale", name);
    if (!read_text(root, file, sizeof text, text))
        return false;
    out->joules = strtod(text, &end);
    return end != text && out->joules > 0 && out->joules <= 1;
}

size_t tb_power_pmu_list(const char *root, tb_power_event *out, size_t most)
{
    static const char *const names[] = {"pkg", "ram"};
    int cpus[MAX_CPUS];
    char text[32], *end;
    size_t cpu_count = read_cpus(root, cpus), count = 0;
    if (!read_text(root, "type", sizeof text, text))
        return 0;
    unsigned long type = strtoul(text, &end, 10);
    if (end == text || type > UINT32_MAX)
        return 0;
    for (size_t k = 0; k < TB_COUNT_OF(names); k++) {
        tb_power_event event = {.type = (uint32_t)type};
        if (!read_event(root, names[k], &event))
            continue;
        for (size_t i = 0; i < cpu_count && count < most; i++) {
            out[count] = event;
            out[count].cpu = cpus[i];
            snprintf(out[count].name, sizeof out[count].name, "%s cpu%d", names[k], cpus[i]);
            count++;
        }
    }
    return count;
}
