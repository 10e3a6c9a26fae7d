/* Reading energy, clocks and temperatures; see state.h. */
#include "profiler/state.h"

#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "profiler/proc_file.h"
#include "runtime/base/size.h"

#define MAX_CHANNELS 48
#define PATH_SIZE    512

typedef struct source {
    tb_state_group group;
    char name[TB_STATE_NAME_SIZE];
    char path[PATH_SIZE];
    char second[PATH_SIZE]; /* power: current beside voltage; empty: none */
    int line;               /* of a file with a rail a line; -1: the file is one number */
    int fd;                 /* of perf's power PMU, which has no file; else -1 */
    double scale;
    double wraps_at;  /* energy: 0 where the counter does not wrap */
    double last, sum; /* energy: the last raw value, and what has gone by */
    bool begun;
} source;

struct tb_state {
    const char *root;
    const tb_power_calls *power;
    source channels[MAX_CHANNELS];
    size_t count;
    uint64_t *times_ns;
    double *values; /* samples x MAX_CHANNELS; NAN: not read */
    size_t room, samples;
};

static const struct {
    const char *name, *unit, *missing;
} groups[] = {
#define X(code, name, unit, missing) {name, unit, missing},
    TB_STATE_LIST(X)
#undef X
};

const char *tb_state_group_name(tb_state_group group)
{
    return groups[group].name;
}

const char *tb_state_group_unit(tb_state_group group)
{
    return groups[group].unit;
}

const char *tb_state_group_missing(tb_state_group group)
{
    return groups[group].missing;
}

/* ---- reading ------------------------------------------------------------------------------------ */

static bool read_number(const char *path, double *out)
{
    int64_t number;
    if (!path[0] || !tb_proc_read_int(path, &number))
        return false;
    *out = (double)number;
    return true;
}

/* Line number `line` of a file whose lines end in a number: "CH3(T=123)[VDD_CPU], 4567". */
static bool read_rail(const char *path, int line, char *name, size_t name_size, double *out)
{
    char text[4096];
    if (!tb_proc_read(path, sizeof text, text))
        return false;
    char *at = text;
    for (int k = 0; k < line && at; k++) {
        at = strchr(at, '\n');
        at = at ? at + 1 : NULL;
    }
    if (!at)
        return false;
    char *end = strchr(at, '\n');
    if (end)
        *end = '\0';
    const char *comma = strrchr(at, ','), *open = strchr(at, '['), *shut = strchr(at, ']');
    char *stop;
    if (!comma)
        return false;
    *out = strtod(comma + 1, &stop);
    if (stop == comma + 1)
        return false;
    if (name && open && shut && shut > open)
        snprintf(name, name_size, "%.*s", (int)(shut - open - 1), open + 1);
    return true;
}

/* A counter's way since the first reading, past its wrap. */
static double add_up(source *c, double raw)
{
    if (c->begun) {
        double step = raw - c->last;
        if (step < 0)
            step = c->wraps_at > 0 ? step + c->wraps_at : 0;
        c->sum += step;
    }
    c->begun = true;
    c->last = raw;
    return c->sum;
}

static double read_channel(const tb_state *state, source *c)
{
    double value, other;
    uint64_t count;
    if (c->fd >= 0) {
        if (!state->power->read(state->power->context, c->fd, &count))
            return NAN;
        value = (double)count;
    } else if (c->line >= 0 ? !read_rail(c->path, c->line, NULL, 0, &value)
                            : !read_number(c->path, &value)) {
        return NAN;
    }
    if (c->second[0])
        value = read_number(c->second, &other) ? fabs(value * other) : NAN;
    value *= c->scale;
    return c->group == TB_STATE_ENERGY && !isnan(value) ? add_up(c, value) : value;
}

/* ---- finding ------------------------------------------------------------------------------------ */

/* A channel with this much filled in, kept if it can be read; NULL: it cannot, or there is no room. */
static source *add(tb_state *state, tb_state_group group, const char *path, double scale,
                   const char *name)
{
    double value;
    if (state->count == MAX_CHANNELS || !read_number(path, &value))
        return NULL;
    source *c = &state->channels[state->count++];
    *c = (source){.group = group, .line = -1, .fd = -1, .scale = scale};
    snprintf(c->path, sizeof c->path, "%s", path);
    snprintf(c->name, sizeof c->name, "%s %.44s", groups[group].name, name);
    return c;
}

/* The text of a file beside, or the folder's own name. */
static void name_of(const char *folder, const char *file, const char *otherwise, char out[64])
{
    char path[PATH_SIZE];
    snprintf(path, sizeof path, "%.400s/%s", folder, file);
    if (!tb_proc_read(path, 64, out))
        snprintf(out, 64, "%.60s", otherwise);
}

static void find_powercap(tb_state *state, const char *folder, const char *entry)
{
    char path[PATH_SIZE], name[64];
    double wraps_at = 0;
    /* Zones within a package (core, uncore, dram) are parts of it but for dram: "intel-rapl:0:1". */
    const char *colon = strchr(entry, ':');
    name_of(folder, "name", entry, name);
    if (!colon || (strchr(colon + 1, ':') && strcmp(name, "dram") != 0))
        return;
    snprintf(path, sizeof path, "%.400s/energy_uj", folder);
    source *c = add(state, TB_STATE_ENERGY, path, 1, name);
    snprintf(path, sizeof path, "%.400s/max_energy_range_uj", folder);
    if (c && read_number(path, &wraps_at))
        c->wraps_at = wraps_at;
}

/* The same counters as powercap's, which would count twice: only where that is not to be read. */
static void find_power_pmu(tb_state *state)
{
    tb_power_event events[MAX_CHANNELS];
    size_t count = state->count ? 0 : tb_power_pmu_list(state->root, events, MAX_CHANNELS);
    for (size_t k = 0; k < count && state->count < MAX_CHANNELS; k++) {
        int fd = state->power->open(state->power->context, &events[k]);
        if (fd < 0)
            continue;
        source *c = &state->channels[state->count++];
        *c = (source){
            .group = TB_STATE_ENERGY, .line = -1, .fd = fd, .scale = 1e6 * events[k].joules};
        snprintf(c->name, sizeof c->name, "energy %.44s", events[k].name);
    }
}

static void find_rails(tb_state *state, const char *folder, const char *entry)
{
    char path[PATH_SIZE], name[64];
    double value;
    (void)entry;
    snprintf(path, sizeof path, "%.400s/energy_value", folder);
    for (int line = 0; line < 32 && state->count < MAX_CHANNELS; line++) {
        snprintf(name, sizeof name, "rail %d", line);
        /* The first line of such a file is a time stamp on its own. */
        if (!read_rail(path, line, name, sizeof name, &value)) {
            if (line > 0)
                return;
            continue;
        }
        source *c = &state->channels[state->count++];
        *c = (source){.group = TB_STATE_ENERGY, .line = line, .fd = -1, .scale = 1};
        snprintf(c->path, sizeof c->path, "%s", path);
        snprintf(c->name, sizeof c->name, "energy %.44s", name);
    }
}

static void find_supply(tb_state *state, const char *folder, const char *entry)
{
    char voltage[PATH_SIZE], current[PATH_SIZE], type[64];
    double value;
    name_of(folder, "type", "", type);
    snprintf(voltage, sizeof voltage, "%.400s/voltage_now", folder);
    snprintf(current, sizeof current, "%.400s/current_now", folder);
    if (strcmp(type, "Battery") != 0 || !read_number(current, &value))
        return;
    /* Microvolts times microamperes are picowatts. */
    source *c = add(state, TB_STATE_POWER, voltage, 1e-6, entry);
    if (c)
        snprintf(c->second, sizeof c->second, "%s", current);
}

static void find_policy(tb_state *state, const char *folder, const char *entry)
{
    char path[PATH_SIZE];
    snprintf(path, sizeof path, "%.400s/scaling_cur_freq", folder);
    if (strncmp(entry, "policy", 6) == 0)
        add(state, TB_STATE_FREQUENCY, path, 1, entry);
}

static void find_thermal(tb_state *state, const char *folder, const char *entry)
{
    char path[PATH_SIZE], name[64];
    name_of(folder, "type", entry, name);
    if (strncmp(entry, "thermal_zone", 12) == 0) {
        snprintf(path, sizeof path, "%.400s/temp", folder);
        add(state, TB_STATE_TEMPERATURE, path, 1e-3, name);
    } else if (strncmp(entry, "cooling_device", 14) == 0) {
        snprintf(path, sizeof path, "%.400s/cur_state", folder);
        add(state, TB_STATE_COOLING, path, 1, name);
    }
}

static void find_throttle(tb_state *state, const char *folder, const char *entry)
{
    char path[PATH_SIZE];
    snprintf(path, sizeof path, "%.400s/thermal_throttle/package_throttle_count", folder);
    if (strcmp(entry, "cpu0") == 0)
        add(state, TB_STATE_THROTTLE, path, 1, entry);
}

static int compare_names(const struct dirent **a, const struct dirent **b)
{
    return strverscmp((*a)->d_name, (*b)->d_name);
}

/* Looks at each entry of a folder, in the order of their names. */
static void look_into(tb_state *state, const char *folder,
                      void (*find)(tb_state *state, const char *folder, const char *entry))
{
    char path[PATH_SIZE];
    struct dirent **entries;
    snprintf(path, sizeof path, "%.200s%s", state->root, folder);
    int count = scandir(path, &entries, NULL, compare_names);
    for (int k = 0; k < count; k++) {
        char inside[PATH_SIZE];
        snprintf(inside, sizeof inside, "%.250s/%.140s", path, entries[k]->d_name);
        if (entries[k]->d_name[0] != '.')
            find(state, inside, entries[k]->d_name);
        free(entries[k]);
    }
    if (count >= 0)
        free(entries);
}

tb_status tb_state_open(const char *root, size_t samples, tb_error *err, tb_state **out)
{
    return tb_state_open_with(root, tb_power_calls_kernel(), samples, err, out);
}

tb_status tb_state_open_with(const char *root, const tb_power_calls *power, size_t samples,
                             tb_error *err, tb_state **out)
{
    tb_state *state = calloc(1, sizeof *state);
    size_t cells = 0;
    if (state && tb_mul_size(samples, MAX_CHANNELS, &cells)) {
        state->times_ns = calloc(samples ? samples : 1, sizeof *state->times_ns);
        state->values = calloc(cells ? cells : 1, sizeof *state->values);
    }
    if (!state || !state->times_ns || !state->values) {
        tb_state_close(state);
        return tb_fail(err, TB_NO_MEMORY, "energy and clocks: no memory for %zu samples", samples);
    }
    state->root = root;
    state->power = power;
    state->room = samples;
    look_into(state, "/sys/class/powercap", find_powercap);
    find_power_pmu(state);
    look_into(state, "/sys/bus/iio/devices", find_rails);
    look_into(state, "/sys/class/power_supply", find_supply);
    look_into(state, "/sys/devices/system/cpu/cpufreq", find_policy);
    look_into(state, "/sys/class/thermal", find_thermal);
    look_into(state, "/sys/devices/system/cpu", find_throttle);
    *out = state;
    return TB_OK;
}

void tb_state_close(tb_state *state)
{
    if (!state)
        return;
    for (size_t k = 0; k < state->count; k++)
        if (state->channels[k].fd >= 0)
            state->power->close(state->power->context, state->channels[k].fd);
    free(state->times_ns);
    free(state->values);
    free(state);
}

size_t tb_state_channel_count(const tb_state *state)
{
    return state->count;
}

const char *tb_state_channel_name(const tb_state *state, size_t channel)
{
    return state->channels[channel].name;
}

tb_state_group tb_state_channel_group(const tb_state *state, size_t channel)
{
    return state->channels[channel].group;
}

/* ---- samples ------------------------------------------------------------------------------------ */

void tb_state_sample(tb_state *state, uint64_t now_ns)
{
    if (state->room == 0)
        return;
    size_t at = state->samples < state->room ? state->samples++ : state->room - 1;
    state->times_ns[at] = now_ns;
    for (size_t k = 0; k < state->count; k++)
        state->values[at * MAX_CHANNELS + k] = read_channel(state, &state->channels[k]);
}

size_t tb_state_sample_count(const tb_state *state)
{
    return state->samples;
}

bool tb_state_value(const tb_state *state, size_t sample, size_t channel, uint64_t *time_ns,
                    double *value)
{
    *time_ns = state->times_ns[sample];
    *value = state->values[sample * MAX_CHANNELS + channel];
    return !isnan(*value);
}

/* The mean of all power channels together times the time between first and last sample. */
static bool energy_by_power(const tb_state *state, double *uj)
{
    double sum_uw = 0;
    size_t counted = 0;
    for (size_t s = 0; s < state->samples; s++)
        for (size_t k = 0; k < state->count; k++) {
            double value = state->values[s * MAX_CHANNELS + k];
            if (state->channels[k].group != TB_STATE_POWER || isnan(value))
                continue;
            sum_uw += value;
            counted++;
        }
    if (!counted)
        return false;
    uint64_t ns = state->times_ns[state->samples - 1] - state->times_ns[0];
    *uj = sum_uw / (double)state->samples * ((double)ns / 1e9);
    return true;
}

bool tb_state_energy_uj(const tb_state *state, double *uj, const char **reason)
{
    bool found = false;
    *uj = 0;
    *reason = groups[TB_STATE_ENERGY].missing;
    if (state->samples < 2)
        return false;
    for (size_t k = 0; k < state->count; k++) {
        double last = state->values[(state->samples - 1) * MAX_CHANNELS + k];
        if (state->channels[k].group != TB_STATE_ENERGY || isnan(last))
            continue;
        *uj += last;
        found = true;
    }
    if (found)
        *reason = "of the whole chip, whoever used it";
    else if (energy_by_power(state, uj))
        *reason = "of the whole device, from its battery's voltage and current";
    else
        return false;
    return true;
}

bool tb_state_throttled(const tb_state *state, size_t *channel)
{
    for (size_t k = 0; k < state->count && state->samples; k++) {
        tb_state_group group = state->channels[k].group;
        double first = state->values[k];
        for (size_t s = 0; s < state->samples; s++) {
            double value = state->values[s * MAX_CHANNELS + k];
            bool acted = group == TB_STATE_COOLING ? value > 0 && value > first
                                                   : group == TB_STATE_THROTTLE && value > first;
            *channel = k;
            if (acted)
                return true;
        }
    }
    return false;
}
