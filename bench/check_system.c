/* Checks of what else goes on: other load, steal, swap, power, timer, ASLR, virtual machines. */
#include <stdio.h>
#include <string.h>

#include "bench/doctor.h"

#define BUSY_SHARE   0.05
#define STEAL_SHARE  0.01
#define COARSE_NS    1000
#define SWAP_IN_USE  (64 << 20)
#define BUSY_LOAD_1M 0.5 /* a processor; where nothing was watched */

static void say(tb_finding *finding, tb_health health, const char *advice)
{
    finding->health = health;
    if (advice && health != TB_HEALTH_GOOD)
        snprintf(finding->advice, sizeof finding->advice, "%s", advice);
}

static void unknown(tb_finding *finding, const char *why)
{
    finding->health = TB_HEALTH_UNKNOWN;
    snprintf(finding->found, sizeof finding->found, "%s", why);
}

static void look_load(const tb_observation *seen, tb_finding *finding)
{
    const char *advice =
        "stop what else runs, or pin the measurement to cores of its own (--cores)";
    tb_real load = seen->environment.load_1m;
    if (seen->shares_known) {
        snprintf(finding->found, sizeof finding->found,
                 "other programs use %.0f %% of all processors", seen->busy_share * 100);
        say(finding, seen->busy_share > BUSY_SHARE ? TB_HEALTH_WARNING : TB_HEALTH_GOOD, advice);
    } else if (load.known) {
        snprintf(finding->found, sizeof finding->found, "load average %.2f over a minute",
                 load.value);
        tb_integer cpus = seen->environment.cpu_count;
        double each = load.value / (cpus.known && cpus.value > 0 ? (double)cpus.value : 1);
        say(finding, each > BUSY_LOAD_1M ? TB_HEALTH_WARNING : TB_HEALTH_GOOD, advice);
    } else {
        unknown(finding, "the system's load cannot be read");
    }
}

const tb_check tb_check_load = {
    .name = "load",
    .what = "programs that compete for processors, caches and memory",
    .look = look_load,
};

static void look_steal(const tb_observation *seen, tb_finding *finding)
{
    if (!seen->shares_known) {
        unknown(finding, "not watched");
        return;
    }
    snprintf(finding->found, sizeof finding->found, "the host took %.1f %% of the time",
             seen->steal_share * 100);
    say(finding, seen->steal_share > STEAL_SHARE ? TB_HEALTH_WARNING : TB_HEALTH_GOOD,
        "a neighbour on the same host: compare interleaved, take more processes, or another host");
}

const tb_check tb_check_steal = {
    .name = "steal",
    .what = "time that the host of a virtual machine gives to others",
    .look = look_steal,
};

static void look_swap(const tb_observation *seen, tb_finding *finding)
{
    tb_integer used = seen->environment.swap_used_bytes;
    if (!used.known) {
        unknown(finding, "cannot be read");
        return;
    }
    snprintf(finding->found, sizeof finding->found, "%lld MiB of swap in use",
             (long long)(used.value >> 20));
    say(finding, used.value > SWAP_IN_USE ? TB_HEALTH_NOTE : TB_HEALTH_GOOD,
        "first inferences may wait for the disk");
}

const tb_check tb_check_swap = {
    .name = "swap",
    .what = "memory that comes back from disk",
    .look = look_swap,
};

static void look_power(const tb_observation *seen, tb_finding *finding)
{
    const char *source = seen->environment.power_source;
    if (!source) {
        unknown(finding, "no power supply is shown here");
        return;
    }
    snprintf(finding->found, sizeof finding->found, "runs on %.40s", source);
    say(finding, strcmp(source, "battery") == 0 ? TB_HEALTH_WARNING : TB_HEALTH_GOOD,
        "many machines clock down on battery: plug it in");
}

const tb_check tb_check_power = {
    .name = "power",
    .what = "mains or battery",
    .look = look_power,
};

static void look_timer(const tb_observation *seen, tb_finding *finding)
{
    tb_integer step = seen->environment.timer_resolution_ns;
    if (!step.known) {
        unknown(finding, "cannot be read");
        return;
    }
    snprintf(finding->found, sizeof finding->found, "the clock steps by %lld ns",
             (long long)step.value);
    say(finding, step.value >= COARSE_NS ? TB_HEALTH_WARNING : TB_HEALTH_GOOD,
        "samples of a few microseconds are coarse on this clock");
}

const tb_check tb_check_timer = {
    .name = "timer",
    .what = "the smallest step of the clock",
    .look = look_timer,
};

static void look_aslr(const tb_observation *seen, tb_finding *finding)
{
    tb_integer aslr = seen->environment.aslr;
    if (!aslr.known) {
        unknown(finding, "cannot be read");
        return;
    }
    snprintf(finding->found, sizeof finding->found, "address randomisation is %s",
             aslr.value ? "on" : "off");
    say(finding, aslr.value ? TB_HEALTH_NOTE : TB_HEALTH_GOOD,
        "layouts differ from process to process, and so do times: measure in several processes "
        "(--processes), which averages it; leave it on");
}

const tb_check tb_check_aslr = {
    .name = "aslr",
    .what = "where code and data lie differs from process to process",
    .look = look_aslr,
};

static void look_hypervisor(const tb_observation *seen, tb_finding *finding)
{
    const char *kind = seen->environment.hypervisor;
    snprintf(finding->found, sizeof finding->found, "%.100s", kind ? kind : "none seen");
    say(finding, kind ? TB_HEALTH_NOTE : TB_HEALTH_GOOD,
        "clocks, caches and counters belong to a host that is not seen from here");
}

const tb_check tb_check_hypervisor = {
    .name = "hypervisor",
    .what = "virtual machine or container",
    .look = look_hypervisor,
};
