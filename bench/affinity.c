/* Processor affinity of the driver and its workers; see affinity.h. */
#include "bench/affinity.h"

#include <ctype.h>
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "profiler/proc_file.h"

#define CPU_FOLDER "/sys/devices/system/cpu"

static tb_status apply(const char *option, const char *text, const cpu_set_t *wanted, tb_error *err)
{
    cpu_set_t allowed, both;
    if (CPU_COUNT(wanted) == 0)
        return tb_fail(err, TB_USAGE, "--%s %s: names no processor", option, text);
    if (sched_getaffinity(0, sizeof allowed, &allowed) != 0)
        return tb_fail_errno(err, "--%s %s: the processors cannot be read", option, text);
    CPU_AND(&both, &allowed, wanted);
    if (!CPU_EQUAL(&both, wanted))
        return tb_fail(err, TB_UNAVAILABLE,
                       "--%s %s: not all of these processors are there and allowed", option, text);
    if (sched_setaffinity(0, sizeof *wanted, wanted) != 0)
        return tb_fail_errno(err, "--%s %s", option, text);
    return TB_OK;
}

static int64_t strength_of(int cpu)
{
    static const char *const files[] = {"cpu_capacity", "cpufreq/cpuinfo_max_freq"};
    for (size_t k = 0; k < 2; k++) {
        char path[128];
        int64_t value;
        snprintf(path, sizeof path, CPU_FOLDER "/cpu%d/%s", cpu, files[k]);
        if (tb_proc_read_int(path, &value))
            return value;
    }
    return 0;
}

static tb_status cluster(const char *text, bool big, tb_error *err)
{
    cpu_set_t allowed, wanted;
    CPU_ZERO(&wanted);
    if (sched_getaffinity(0, sizeof allowed, &allowed) != 0)
        return tb_fail_errno(err, "--cores %s: the processors cannot be read", text);
    int64_t least = INT64_MAX, most = 0;
    for (int cpu = 0; cpu < CPU_SETSIZE; cpu++)
        if (CPU_ISSET((size_t)cpu, &allowed)) {
            int64_t strength = strength_of(cpu);
            least = strength < least ? strength : least;
            most = strength > most ? strength : most;
        }
    if (least == most)
        return tb_fail(err, TB_UNAVAILABLE,
                       "--cores %s: the processors here are all alike, or do not say", text);
    for (int cpu = 0; cpu < CPU_SETSIZE; cpu++)
        if (CPU_ISSET((size_t)cpu, &allowed) && strength_of(cpu) == (big ? most : least))
            CPU_SET((size_t)cpu, &wanted);
    return apply("cores", text, &wanted, err);
}

tb_status tb_affinity_cores(const char *text, tb_error *err)
{
    if (strcmp(text, "big") == 0 || strcmp(text, "little") == 0)
        return cluster(text, *text == 'b', err);
    cpu_set_t wanted;
    CPU_ZERO(&wanted);
    for (const char *at = text;;) {
        char *end;
        long first = isdigit((unsigned char)*at) ? strtol(at, &end, 10) : -1, last = first;
        if (first >= 0 && *end == '-' && isdigit((unsigned char)end[1]))
            last = strtol(end + 1, &end, 10);
        if (first < 0 || last < first || last >= CPU_SETSIZE || (*end && *end != ','))
            return tb_fail(err, TB_USAGE, "--cores %s: goes big, little, or like 0,2-3", text);
        for (long cpu = first; cpu <= last; cpu++)
            CPU_SET((size_t)cpu, &wanted);
        if (!*end)
            break;
        at = end + 1;
    }
    return apply("cores", text, &wanted, err);
}

tb_status tb_affinity_mask(const char *text, tb_error *err)
{
    const char *digits = strncmp(text, "0x", 2) == 0 ? text + 2 : text;
    size_t count = strlen(digits);
    cpu_set_t wanted;
    CPU_ZERO(&wanted);
    if (!count || strspn(digits, "0123456789abcdefABCDEF") != count || count > CPU_SETSIZE / 4)
        return tb_fail(err, TB_USAGE, "--cpus %s: goes like 0x3, a mask of processors", text);
    for (size_t k = 0; k < count; k++) {
        char digit[2] = {digits[count - 1 - k], '\0'};
        unsigned long bits = strtoul(digit, NULL, 16);
        for (size_t bit = 0; bit < 4; bit++)
            if (bits >> bit & 1)
                CPU_SET(4 * k + bit, &wanted);
    }
    return apply("cpus", text, &wanted, err);
}

tb_status tb_affinity_priority(int nice_value, tb_error *err)
{
    if (setpriority(PRIO_PROCESS, 0, nice_value) == 0)
        return TB_OK;
    return tb_fail(err, TB_UNAVAILABLE, "--priority %d: %s", nice_value, strerror(errno));
}
