/*
 * Energy, clocks and temperatures beside a run: what the kernel's files tell, found once and then
 * read with a time stamp, between inferences. Channels come from RAPL (powercap, else perf's power PMU),
 * batteries, on-device power rails (Android's ODPM), cpufreq, thermal zones, cooling devices and throttle counts.
 *
 * `root` stands before every path, so that tests can lay out a tree of their own; "" is the machine.
 */
#ifndef TB_PROFILER_STATE_H
#define TB_PROFILER_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "profiler/power_pmu.h"
#include "runtime/base/status.h"

/* X(code, name of the group, unit, why it is missing where there is no such channel) */
#define TB_STATE_LIST(X)                                                                    \
    X(ENERGY, "energy", "uj", "no powercap zone, power PMU or power rail is readable here") \
    X(POWER, "power", "uw", "no battery tells voltage and current here")                    \
    X(FREQUENCY, "frequency", "khz", "this kernel has no cpufreq policy")                   \
    X(TEMPERATURE, "temperature", "celsius", "no thermal zone is readable here")            \
    X(COOLING, "cooling", "level", "no cooling device is readable here")                    \
    X(THROTTLE, "throttled", "count", "this kernel does not count throttling")

typedef enum tb_state_group {
#define TB_STATE_ENUM(code, name, unit, missing) TB_STATE_##code,
    TB_STATE_LIST(TB_STATE_ENUM)
#undef TB_STATE_ENUM
        TB_STATE_GROUP_COUNT
} tb_state_group;

const char *tb_state_group_name(tb_state_group group);
const char *tb_state_group_unit(tb_state_group group);
const char *tb_state_group_missing(tb_state_group group);

#define TB_STATE_NAME_SIZE 64

typedef struct tb_state tb_state;

/* Room for `samples` of every channel that is found (at most 48): none allocated later. */
tb_status tb_state_open(const char *root, size_t samples, tb_error *err, tb_state **out);
/* With a kernel of the test's own for the power PMU; `power` is borrowed. */
tb_status tb_state_open_with(const char *root, const tb_power_calls *power, size_t samples,
                             tb_error *err, tb_state **out);
void tb_state_close(tb_state *state);

size_t tb_state_channel_count(const tb_state *state);
/* "energy package-0", "frequency policy4", "temperature cpu-0-0", ... */
const char *tb_state_channel_name(const tb_state *state, size_t channel);
tb_state_group tb_state_channel_group(const tb_state *state, size_t channel);

/* Reads every channel; past the room only the last sample is renewed. */
void tb_state_sample(tb_state *state, uint64_t now_ns);
size_t tb_state_sample_count(const tb_state *state);
/* False: it could not be read then. Energy counts up from the first sample, its wrapping undone. */
bool tb_state_value(const tb_state *state, size_t sample, size_t channel, uint64_t *time_ns,
                    double *value);

/* Energy from the first to the last sample, of all energy channels together, or where there are none
   from mean power and time; false: `reason` says why not. Otherwise `reason` says what it is of. */
bool tb_state_energy_uj(const tb_state *state, double *uj, const char **reason);
/* Did a cooling device act, or a throttle count rise? `channel` gets the first. */
bool tb_state_throttled(const tb_state *state, size_t *channel);

#endif
