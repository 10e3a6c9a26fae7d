/* Telling energy and state; see say_state.h. */
#include "bench/say_state.h"

#include <math.h>
#include <stdio.h>

#include "bench/worker_say.h"

/* A column for each channel, and one with a reason for each group that has none. */
static void put_columns(tb_json_writer *json, const tb_state *state)
{
    bool has[TB_STATE_GROUP_COUNT] = {false};
    tb_json_put_array(json, "columns");
    for (size_t k = 0; k < tb_state_channel_count(state); k++) {
        tb_state_group group = tb_state_channel_group(state, k);
        has[group] = true;
        tb_json_put_object(json, NULL);
        tb_json_put_text(json, "name", tb_state_channel_name(state, k));
        tb_json_put_text(json, "group", tb_state_group_name(group));
        tb_json_put_text(json, "unit", tb_state_group_unit(group));
        tb_json_end_object(json);
    }
    for (int k = 0; k < TB_STATE_GROUP_COUNT; k++) {
        if (has[k])
            continue;
        tb_json_put_object(json, NULL);
        tb_json_put_text(json, "name", tb_state_group_name((tb_state_group)k));
        tb_json_put_text(json, "group", tb_state_group_name((tb_state_group)k));
        tb_json_put_text(json, "reason", tb_state_group_missing((tb_state_group)k));
        tb_json_end_object(json);
    }
    tb_json_end_array(json);
}

static void put_samples(tb_json_writer *json, const tb_state *state)
{
    size_t channels = tb_state_channel_count(state);
    uint64_t first_ns = 0;
    tb_json_put_array(json, "samples");
    for (size_t s = 0; channels && s < tb_state_sample_count(state); s++) {
        tb_json_put_array(json, NULL);
        for (size_t k = 0; k < channels; k++) {
            uint64_t time_ns;
            double value;
            bool known = tb_state_value(state, s, k, &time_ns, &value);
            first_ns = s == 0 && k == 0 ? time_ns : first_ns;
            if (k == 0)
                tb_json_put_uint(json, NULL, time_ns - first_ns);
            tb_json_put_real(json, NULL, known ? value : NAN);
        }
        tb_json_end_array(json);
    }
    tb_json_end_array(json);
}

static void warn_of_throttling(tb_event_stream *events, const tb_state *state)
{
    size_t channel;
    char text[200];
    if (!tb_state_throttled(state, &channel))
        return;
    snprintf(text, sizeof text, "the machine throttled while it was measured (%s)",
             tb_state_channel_name(state, channel));
    tb_say_warning(events, "thermal", "warning", text);
}

void tb_say_state(tb_event_stream *events, const tb_state *state, int64_t inferences)
{
    double uj;
    const char *reason;
    bool known = tb_state_energy_uj(state, &uj, &reason) && inferences > 0;
    tb_engine_figure energy = {"energy_uj", NULL, "uj", known, known ? uj / (double)inferences : 0,
                               reason};
    tb_say_figures(events, "steady", &energy, 1);
    tb_json_writer *json = tb_event_begin(events, TB_MESSAGE_DOCUMENT);
    tb_json_put_text(json, "of", "process");
    tb_json_put_text(json, "kind", "state");
    tb_json_put_object(json, "body");
    put_columns(json, state);
    put_samples(json, state);
    if (known)
        tb_json_put_real(json, "energy_uj_per_inference", energy.value);
    tb_json_put_text(json, "energy_reason", reason);
    tb_json_end_object(json);
    tb_event_end(events);
    warn_of_throttling(events, state);
}
