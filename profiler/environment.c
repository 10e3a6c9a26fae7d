/* Readings of machine and state; one function a reading, one row each at the end. */
#include "profiler/environment.h"

#include <ctype.h>
#include <dirent.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "profiler/proc_file.h"
#include "runtime/base/os.h"
#include "runtime/base/sha256.h"
#include "runtime/base/size.h"

#define MAX_CPUS       512
#define TEXT_SIZE      512
#define CPU_FOLDER     "/sys/devices/system/cpu"
#define THERMAL_FOLDER "/sys/class/thermal"

typedef struct reading {
    const char *name;
    /* Exactly one; false: unknown. `text` has TEXT_SIZE bytes. */
    bool (*read_text)(char *text);
    bool (*read_number)(double *number);
} reading;

/* ---- processors -------------------------------------------------------------------------------- */

/* The value of `key : value` in /proc/cpuinfo, whose key ends in tabs. */
static bool cpuinfo(const char *key, char *text)
{
    FILE *file = fopen("/proc/cpuinfo", "re");
    if (!file)
        return false;
    char line[8192];
    bool found = false;
    while (!found && fgets(line, sizeof line, file)) {
        size_t size = strlen(key);
        if (strncmp(line, key, size) != 0 || !isspace((unsigned char)line[size]))
            continue;
        const char *value = strchr(line, ':');
        if (!value)
            continue;
        value += 1 + strspn(value + 1, " \t");
        snprintf(text, TEXT_SIZE, "%.*s", (int)strcspn(value, "\n"), value);
        found = text[0] != '\0';
    }
    fclose(file);
    return found;
}

static bool cpu_model(char *text)
{
    char part[TEXT_SIZE];
    if (cpuinfo("model name", text) || cpuinfo("Hardware", text))
        return true;
    if (!cpuinfo("CPU part", part))
        return false;
    snprintf(text, TEXT_SIZE, "part %.60s", part);
    return true;
}

/* The instruction sets that kernels are written for; the list of all would fill a page. */
static bool cpu_features(char *text)
{
    static const char *const wanted[] = {
        "sse4_1",   "avx",      "avx2",        "fma",      "f16c",        "avx512f",
        "avx512bw", "avx512vl", "avx512_vnni", "avx_vnni", "avx512_bf16", "avx512_fp16",
        "amx_int8", "neon",     "asimd",       "fphp",     "asimdhp",     "asimddp",
        "i8mm",     "bf16",     "sve",         "sve2"};
    FILE *file = fopen("/proc/cpuinfo", "re");
    if (!file)
        return false;
    char line[8192];
    text[0] = '\0';
    while (!text[0] && fgets(line, sizeof line, file)) {
        if (strncmp(line, "flags", 5) != 0 && strncmp(line, "Features", 8) != 0)
            continue;
        size_t used = 0;
        for (char *word = strtok(line, " \t\n"); word; word = strtok(NULL, " \t\n"))
            for (size_t k = 0; k < TB_COUNT_OF(wanted); k++)
                if (strcmp(word, wanted[k]) == 0 && used + strlen(word) + 2 < TEXT_SIZE)
                    used += (size_t)snprintf(text + used, TEXT_SIZE - used, "%s%s", used ? " " : "",
                                             word);
    }
    fclose(file);
    return text[0] != '\0';
}

static bool allowed_cpus(bool allowed[MAX_CPUS])
{
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) != 0)
        return false;
    for (int cpu = 0; cpu < MAX_CPUS; cpu++)
        allowed[cpu] = cpu < CPU_SETSIZE && CPU_ISSET((size_t)cpu, &set);
    return true;
}

static bool cpu_count(double *number)
{
    bool allowed[MAX_CPUS];
    if (!allowed_cpus(allowed))
        return false;
    *number = 0;
    for (int cpu = 0; cpu < MAX_CPUS; cpu++)
        *number += allowed[cpu];
    return *number > 0;
}

/* "0-3,6" */
static bool cpu_affinity(char *text)
{
    bool allowed[MAX_CPUS];
    if (!allowed_cpus(allowed))
        return false;
    size_t used = 0;
    text[0] = '\0';
    for (int cpu = 0; cpu < MAX_CPUS; cpu++) {
        if (!allowed[cpu])
            continue;
        int last = cpu;
        while (last + 1 < MAX_CPUS && allowed[last + 1])
            last++;
        if (used + 24 > TEXT_SIZE)
            break;
        used += (size_t)snprintf(text + used, TEXT_SIZE - used, "%s%d", used ? "," : "", cpu);
        if (last > cpu)
            used += (size_t)snprintf(text + used, TEXT_SIZE - used, "-%d", last);
        cpu = last;
    }
    return used > 0;
}

static bool cpufreq_text(int cpu, const char *file, char *text)
{
    char path[128];
    snprintf(path, sizeof path, CPU_FOLDER "/cpu%d/cpufreq/%s", cpu, file);
    return tb_proc_read(path, TEXT_SIZE, text);
}

/* Different governors of different clusters, separated by ';'. */
static bool governor(char *text)
{
    size_t used = 0;
    char last[TEXT_SIZE] = "", now[TEXT_SIZE];
    text[0] = '\0';
    int end = tb_proc_cpu_end(MAX_CPUS);
    for (int cpu = 0; cpu < end; cpu++) {
        if (!cpufreq_text(cpu, "scaling_governor", now) || strcmp(now, last) == 0)
            continue;
        if (used + strlen(now) + 2 > TEXT_SIZE)
            break;
        used += (size_t)snprintf(text + used, TEXT_SIZE - used, "%s%s", used ? ";" : "", now);
        memcpy(last, now, sizeof last);
    }
    return used > 0;
}

/* The largest (or smallest) of a number that each processor's cpufreq folder has. */
static bool cpufreq_extreme(const char *file, bool largest, double *number)
{
    bool found = false;
    int end = tb_proc_cpu_end(MAX_CPUS);
    for (int cpu = 0; cpu < end; cpu++) {
        char path[128];
        int64_t khz;
        snprintf(path, sizeof path, CPU_FOLDER "/cpu%d/cpufreq/%s", cpu, file);
        if (!tb_proc_read_int(path, &khz))
            continue;
        double value = (double)khz;
        if (!found || (largest ? value > *number : value < *number))
            *number = value;
        found = true;
    }
    return found;
}

static bool cpu_min_khz(double *number)
{
    return cpufreq_extreme("scaling_min_freq", false, number);
}

static bool cpu_max_khz(double *number)
{
    return cpufreq_extreme("scaling_max_freq", true, number);
}

static bool cpu_now_khz(double *number)
{
    return cpufreq_extreme("scaling_cur_freq", true, number);
}

static bool turbo(char *text)
{
    int64_t value;
    bool on;
    if (tb_proc_read_int(CPU_FOLDER "/intel_pstate/no_turbo", &value))
        on = value == 0;
    else if (tb_proc_read_int(CPU_FOLDER "/cpufreq/boost", &value))
        on = value != 0;
    else
        return false;
    snprintf(text, TEXT_SIZE, "%s", on ? "on" : "off");
    return true;
}

/* ---- temperature, load, memory ----------------------------------------------------------------- */

/* Sensors of processors: what x86 and ARM kernels and phone makers call them. */
static bool is_processor_zone(const char *type)
{
    return strstr(type, "cpu") || strstr(type, "CPU") || strstr(type, "x86_pkg") ||
           strstr(type, "coretemp") || strstr(type, "soc") || strstr(type, "mtktscpu");
}

static bool zone_celsius(const char *zone, double *celsius)
{
    char path[352], type[TEXT_SIZE];
    int64_t millidegrees;
    snprintf(path, sizeof path, THERMAL_FOLDER "/%.255s/type", zone);
    if (!tb_proc_read(path, sizeof type, type) || !is_processor_zone(type))
        return false;
    snprintf(path, sizeof path, THERMAL_FOLDER "/%.255s/temp", zone);
    if (!tb_proc_read_int(path, &millidegrees))
        return false;
    *celsius = (double)millidegrees / 1000;
    return *celsius > -40 && *celsius < 200;
}

static bool temperature_celsius(double *number)
{
    bool found = false;
    double celsius;
    DIR *folder = opendir(THERMAL_FOLDER);
    if (!folder)
        return false;
    for (const struct dirent *entry; (entry = readdir(folder));) {
        if (strncmp(entry->d_name, "thermal_zone", 12) != 0 ||
            !zone_celsius(entry->d_name, &celsius))
            continue;
        if (!found || celsius > *number)
            *number = celsius;
        found = true;
    }
    closedir(folder);
    return found;
}

static bool load_average(int which, double *number)
{
    double loads[3];
    if (getloadavg(loads, 3) <= which)
        return false;
    *number = loads[which];
    return true;
}

static bool load_1m(double *number)
{
    return load_average(0, number);
}

static bool load_5m(double *number)
{
    return load_average(1, number);
}

static bool meminfo(const char *key, double *number)
{
    char text[4096];
    int64_t kib;
    if (!tb_proc_read("/proc/meminfo", sizeof text, text) || !tb_proc_find(text, key, &kib))
        return false;
    *number = (double)kib * 1024;
    return true;
}

static bool memory_bytes(double *number)
{
    return meminfo("MemTotal:", number);
}

static bool memory_available_bytes(double *number)
{
    return meminfo("MemAvailable:", number);
}

static bool swap_used_bytes(double *number)
{
    double free_bytes;
    if (!meminfo("SwapTotal:", number) || !meminfo("SwapFree:", &free_bytes))
        return false;
    *number -= free_bytes;
    return true;
}

/* ---- system ------------------------------------------------------------------------------------ */

static bool os_name(char *text)
{
    FILE *file = fopen("/etc/os-release", "re");
    if (!file)
        return false;
    char line[TEXT_SIZE];
    bool found = false;
    while (!found && fgets(line, sizeof line, file)) {
        if (strncmp(line, "PRETTY_NAME=", 12) != 0)
            continue;
        const char *value = line + 12 + (line[12] == '"');
        snprintf(text, TEXT_SIZE, "%.*s", (int)strcspn(value, "\"\n"), value);
        found = text[0] != '\0';
    }
    fclose(file);
    return found;
}

static bool kernel(char *text)
{
    struct utsname name;
    if (uname(&name) != 0)
        return false;
    snprintf(text, TEXT_SIZE, "%.64s %.64s %.200s", name.sysname, name.release, name.version);
    return true;
}

static bool hypervisor(char *text)
{
    char flags[8192];
    if (tb_proc_read("/sys/hypervisor/type", TEXT_SIZE, text))
        return true;
    if (access("/.dockerenv", F_OK) == 0 || access("/run/.containerenv", F_OK) == 0) {
        snprintf(text, TEXT_SIZE, "container");
        return true;
    }
    if (!tb_proc_read("/proc/cpuinfo", sizeof flags, flags) || !strstr(flags, " hypervisor"))
        return false;
    snprintf(text, TEXT_SIZE, "virtual machine");
    return true;
}

static bool proc_number(const char *path, double *number)
{
    int64_t value;
    if (!tb_proc_read_int(path, &value))
        return false;
    *number = (double)value;
    return true;
}

static bool aslr(double *number)
{
    return proc_number("/proc/sys/kernel/randomize_va_space", number);
}

static bool perf_event_paranoid(double *number)
{
    return proc_number("/proc/sys/kernel/perf_event_paranoid", number);
}

static bool timer_resolution_ns(double *number)
{
    struct timespec resolution;
    if (clock_getres(CLOCK_MONOTONIC, &resolution) != 0)
        return false;
    *number = (double)resolution.tv_sec * 1e9 + (double)resolution.tv_nsec;
    return true;
}

static bool page_bytes(double *number)
{
    *number = (double)tb_os_page_size();
    return true;
}

/* Mains if any mains supply is on line; battery if there is a battery and none is. */
static bool power_source(char *text)
{
    DIR *folder = opendir("/sys/class/power_supply");
    if (!folder)
        return false;
    bool battery = false, mains = false;
    for (struct dirent *entry = readdir(folder); entry; entry = readdir(folder)) {
        char path[400], type[TEXT_SIZE];
        int64_t online = 0;
        snprintf(path, sizeof path, "/sys/class/power_supply/%.255s/type", entry->d_name);
        if (!tb_proc_read(path, sizeof type, type))
            continue;
        snprintf(path, sizeof path, "/sys/class/power_supply/%.255s/online", entry->d_name);
        if (strcmp(type, "Battery") == 0)
            battery = true;
        else if (tb_proc_read_int(path, &online) && online > 0)
            mains = true;
    }
    closedir(folder);
    if (!battery && !mains)
        return false;
    snprintf(text, TEXT_SIZE, "%s", mains ? "mains" : "battery");
    return true;
}

/* ---- device ------------------------------------------------------------------------------------ */

static bool device_kind(char *text)
{
    snprintf(text, TEXT_SIZE, "local");
    return true;
}

static bool device_name(char *text)
{
    return gethostname(text, TEXT_SIZE - 1) == 0 && text[0];
}

/* Tells machines apart without giving the id away. */
static bool device_serial(char *text)
{
    char id[TEXT_SIZE];
    if (!tb_proc_read("/etc/machine-id", sizeof id, id))
        return false;
    tb_sha256 hash;
    tb_sha256_begin(&hash);
    tb_sha256_add(&hash, "tflbench device ", 16);
    tb_sha256_add(&hash, id, strlen(id));
    char hex[TB_SHA256_HEX_SIZE];
    tb_sha256_end(&hash, hex);
    snprintf(text, TEXT_SIZE, "%.16s", hex);
    return true;
}

static bool manufacturer(char *text)
{
    return tb_proc_read("/sys/class/dmi/id/sys_vendor", TEXT_SIZE, text);
}

static bool product(char *text)
{
    return tb_proc_read("/sys/class/dmi/id/product_name", TEXT_SIZE, text) ||
           tb_proc_read("/proc/device-tree/model", TEXT_SIZE, text);
}

static bool soc(char *text)
{
    return tb_proc_read("/sys/devices/soc0/machine", TEXT_SIZE, text) ||
           tb_proc_read("/sys/devices/soc0/soc_id", TEXT_SIZE, text);
}

static bool arch(char *text)
{
    struct utsname name;
    if (uname(&name) != 0)
        return false;
    snprintf(text, TEXT_SIZE, "%s", name.machine);
    return true;
}

/* ---- the tables -------------------------------------------------------------------------------- */

static const reading device_readings[] = {
    {"kind", device_kind, NULL},
    {"name", device_name, NULL},
    {"serial", device_serial, NULL},
    {"manufacturer", manufacturer, NULL},
    {"product", product, NULL},
    {"soc", soc, NULL},
    {"arch", arch, NULL},
};

static const reading environment_readings[] = {
    {"os", os_name, NULL},
    {"kernel", kernel, NULL},
    {"cpu_model", cpu_model, NULL},
    {"cpu_count", NULL, cpu_count},
    {"cpu_features", cpu_features, NULL},
    {"cpu_affinity", cpu_affinity, NULL},
    {"governor", governor, NULL},
    {"turbo", turbo, NULL},
    {"cpu_min_khz", NULL, cpu_min_khz},
    {"cpu_max_khz", NULL, cpu_max_khz},
    {"cpu_now_khz", NULL, cpu_now_khz},
    {"temperature_celsius", NULL, temperature_celsius},
    {"load_1m", NULL, load_1m},
    {"load_5m", NULL, load_5m},
    {"memory_bytes", NULL, memory_bytes},
    {"memory_available_bytes", NULL, memory_available_bytes},
    {"swap_used_bytes", NULL, swap_used_bytes},
    {"hypervisor", hypervisor, NULL},
    {"aslr", NULL, aslr},
    {"perf_event_paranoid", NULL, perf_event_paranoid},
    {"timer_resolution_ns", NULL, timer_resolution_ns},
    {"page_bytes", NULL, page_bytes},
    {"power_source", power_source, NULL},
};

static void read_all(const reading *rows, size_t count, const tb_reading_taker *taker)
{
    for (size_t k = 0; k < count; k++) {
        char text[TEXT_SIZE];
        double number;
        if (rows[k].read_text) {
            if (rows[k].read_text(text))
                taker->text(taker->context, rows[k].name, text);
        } else if (rows[k].read_number(&number)) {
            taker->number(taker->context, rows[k].name, number);
        }
    }
}

void tb_device_read(const tb_reading_taker *taker)
{
    read_all(device_readings, TB_COUNT_OF(device_readings), taker);
}

void tb_environment_read(const tb_reading_taker *taker)
{
    read_all(environment_readings, TB_COUNT_OF(environment_readings), taker);
}
