/* Checks of what changes the processor's speed: governor, turbo, temperature, drift. */
#include <stdio.h>
#include <string.h>

#include "bench/doctor.h"
#include "profiler/proc_file.h"

#define CPU_FOLDER  "/sys/devices/system/cpu"
#define MAX_CPUS    512
#define HOT_CELSIUS 85
#define UNEVEN      1.10 /* as Android's Jetpack Benchmark draws the line */

static void unknown(tb_finding *finding, const char *why)
{
    finding->health = TB_HEALTH_UNKNOWN;
    snprintf(finding->found, sizeof finding->found, "%s", why);
}

/* ---- governor ---- */

static void look_governor(const tb_observation *seen, tb_finding *finding)
{
    const char *governor = seen->environment.governor;
    if (!governor) {
        unknown(finding, "no frequency governor is shown here (usual in virtual machines)");
        return;
    }
    bool steady = strcmp(governor, "performance") == 0;
    finding->health = steady ? TB_HEALTH_GOOD : TB_HEALTH_WARNING;
    snprintf(finding->found, sizeof finding->found, "governor is %.200s", governor);
    if (!steady)
        snprintf(finding->advice, sizeof finding->advice,
                 "with performance the clock does not wait for load: tflbench doctor --fix, or "
                 "cpupower frequency-set -g performance");
}

static void governor_settings(tb_setting_taker *take, void *context)
{
    int end = tb_proc_cpu_end(MAX_CPUS);
    for (int cpu = 0; cpu < end; cpu++) {
        char path[128], now[64];
        snprintf(path, sizeof path, CPU_FOLDER "/cpu%d/cpufreq/scaling_governor", cpu);
        if (tb_proc_read(path, sizeof now, now) && strcmp(now, "performance") != 0)
            take(context, path, "performance");
    }
}

const tb_check tb_check_governor = {
    .name = "governor",
    .what = "a governor that follows load changes the clock while one measures",
    .look = look_governor,
    .settings = governor_settings,
};

/* ---- turbo ---- */

static void look_turbo(const tb_observation *seen, tb_finding *finding)
{
    const char *turbo = seen->environment.turbo;
    if (!turbo) {
        unknown(finding, "no turbo switch is shown here");
        return;
    }
    bool on = strcmp(turbo, "on") == 0;
    finding->health = on ? TB_HEALTH_NOTE : TB_HEALTH_GOOD;
    snprintf(finding->found, sizeof finding->found, "turbo is %.20s", turbo);
    if (on)
        snprintf(finding->advice, sizeof finding->advice,
                 "without it runs of different days compare better, and all are slower");
}

static void turbo_settings(tb_setting_taker *take, void *context)
{
    int64_t value;
    if (tb_proc_read_int(CPU_FOLDER "/intel_pstate/no_turbo", &value)) {
        if (value == 0)
            take(context, CPU_FOLDER "/intel_pstate/no_turbo", "1");
    } else if (tb_proc_read_int(CPU_FOLDER "/cpufreq/boost", &value) && value != 0) {
        take(context, CPU_FOLDER "/cpufreq/boost", "0");
    }
}

const tb_check tb_check_turbo = {
    .name = "turbo",
    .what = "turbo clocks depend on temperature and on what other cores do",
    .look = look_turbo,
    .settings = turbo_settings,
};

/* ---- drift ---- */

static void look_clock_drift(const tb_observation *seen, tb_finding *finding)
{
    if (!seen->kernel_known) {
        unknown(finding, "the reference kernel was not timed often enough");
        return;
    }
    bool uneven = seen->kernel_spread > UNEVEN;
    finding->health = uneven ? TB_HEALTH_WARNING : TB_HEALTH_GOOD;
    snprintf(finding->found, sizeof finding->found,
             "the same arithmetic takes up to %.1f %% longer from one moment to the next",
             (seen->kernel_spread - 1) * 100);
    if (uneven)
        snprintf(finding->advice, sizeof finding->advice,
                 "believe interleaved comparisons only (run --base --head, gate), not two runs one "
                 "after the other");
}

const tb_check tb_check_clock_drift = {
    .name = "clock_drift",
    .what = "the speed of a fixed piece of arithmetic, over and over",
    .look = look_clock_drift,
};

/* ---- temperature ---- */

static void look_thermal(const tb_observation *seen, tb_finding *finding)
{
    tb_real celsius = seen->environment.temperature_celsius;
    if (!celsius.known) {
        unknown(finding, "no processor sensor can be read");
        return;
    }
    bool hot = celsius.value >= HOT_CELSIUS;
    finding->health = hot ? TB_HEALTH_WARNING : TB_HEALTH_GOOD;
    snprintf(finding->found, sizeof finding->found, "%.0f degrees Celsius", celsius.value);
    if (hot)
        snprintf(finding->advice, sizeof finding->advice,
                 "let it cool: a hot processor lowers its clock");
}

const tb_check tb_check_thermal = {
    .name = "thermal",
    .what = "a hot processor throttles",
    .look = look_thermal,
};
