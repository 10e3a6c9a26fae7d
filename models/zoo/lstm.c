/*
 * Sequence classifiers on a long short-term memory (Hochreiter, Schmidhuber 1997): once as the one
 * operator that takes the whole sequence, once spelt out in basic operators.
 */
#include <string.h>

#include "models/zoo/families.h"

enum { UNITS = 64, FEATURES = 40, MAX_STEPS = 64 };
#define CELL_CLIP 8.0f

static tb_value sequence(tb_graph *g, const tb_zoo_config *config, int *units)
{
    *units = tb_zoo_channels(UNITS, config->width);
    int features = tb_zoo_channels(FEATURES, config->width);
    return tb_graph_input(g, "sequence", TB_SHAPE(1, config->resolution, features),
                          TB_ZOO_IMAGE_SPREAD);
}

static tb_value head(tb_graph *g, tb_value last, int classes, float deviation)
{
    tb_graph_scope(g, "head");
    tb_value x =
        tb_graph_dense(g, "logits", last, (tb_dense){.units = classes, .deviation = deviation});
    tb_graph_scope(g, "%s", "");
    return tb_graph_softmax(g, "probabilities", x);
}

tb_value tb_zoo_lstm(tb_graph *g, const tb_zoo_config *config)
{
    int units;
    tb_value x = sequence(g, config, &units);
    x = tb_graph_sequence_lstm(g, "lstm", x, units, CELL_CLIP);
    x = tb_graph_slice_at(g, "last", x, 1, config->resolution - 1);
    return head(g, x, config->classes, tb_zoo_logit_deviation(config->classes));
}

/* Weights that every step shares: gates from the step's features and the previous output. */
typedef struct cell {
    tb_value weights, bias;
    int units;
} cell;

static cell make_cell(tb_graph *g, int features, int units)
{
    cell c = {.units = units};
    int fan_in = features + units;
    c.weights = tb_graph_weights(g, "gates", "weights", TB_SHAPE(4 * units, fan_in),
                                 (tb_spread){0, 2.0f / (float)fan_in});
    c.bias = tb_graph_weights(g, "gates", "bias", TB_SHAPE(4 * units), (tb_spread){0, 0.01f});
    return c;
}

static tb_value zeros(tb_graph *g, const char *name, int units)
{
    return tb_graph_weights(g, name, NULL, TB_SHAPE(1, units), (tb_spread){0, 0});
}

/* One step: *output and *state go in as the previous step's and come out as this one's. */
static void step(tb_graph *g, const cell *c, tb_value features, tb_value *output, tb_value *state)
{
    tb_value joined = tb_graph_concat(g, "joined", TB_INTS(features, *output), 1);
    tb_value gates = tb_graph_dense_shared(g, "gates", joined, c->weights, c->bias);
    tb_value parts[4];
    tb_graph_split(g, "parts", gates, 1, 4, parts);
    tb_value input = tb_graph_logistic(g, "input", parts[0]);
    tb_value forget = tb_graph_logistic(g, "forget", parts[1]);
    tb_value fresh = tb_graph_tanh(g, "fresh", parts[2]);
    tb_value open = tb_graph_logistic(g, "output", parts[3]);
    tb_value kept = tb_graph_mul(g, "kept", forget, *state);
    tb_value added = tb_graph_mul(g, "added", input, fresh);
    *state = tb_graph_add(g, "state", kept, added, TB_LINEAR);
    *output = tb_graph_mul(g, "step", open, tb_graph_tanh(g, "squashed", *state));
}

tb_value tb_zoo_lstm_unrolled(tb_graph *g, const tb_zoo_config *config)
{
    int units, steps = config->resolution;
    tb_value x = sequence(g, config, &units);
    if (steps > MAX_STEPS)
        return tb_draft_fail(g->draft, TB_USAGE, "%d steps are more than the %d that it unrolls",
                             steps, MAX_STEPS);
    int features = tb_graph_shape(g, x).dims[2];
    tb_value slices[MAX_STEPS];
    tb_graph_unpack(g, "steps", x, 1, steps, slices);
    tb_graph_scope(g, "lstm");
    cell c = make_cell(g, features, units);
    tb_value output = zeros(g, "first_output", units);
    tb_value state = zeros(g, "first_state", units);
    for (int i = 0; i < steps; i++) {
        tb_graph_scope(g, "step%d", i + 1);
        step(g, &c, slices[i], &output, &state);
    }
    /* Steps that resemble each other add up in the state, more than independent ones would. */
    return head(g, output, config->classes, 0.5f * tb_zoo_logit_deviation(config->classes));
}
