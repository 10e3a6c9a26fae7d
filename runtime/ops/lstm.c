/* LSTM cells: the tensors' checks, the walk over the sequence, and the step in float. */
#include "runtime/ops/lstm.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "runtime/ops/activation.h"
#include "runtime/ops/product.h"

/* ---- one gate in float ------------------------------------------------------------------------- */

static tb_product_rows make_rows(TfLiteContext *context, const tb_lstm *lstm,
                                 const tb_hybrid *hybrid, const float *values, size_t size,
                                 bool skips_zero)
{
    tb_product_rows rows;
    tb_product_rows_make(context, lstm->is_hybrid ? hybrid : NULL, values, lstm->step_batches, size,
                         skips_zero, &rows);
    return rows;
}

/* sums[batch, cell] += weights[cell] * values[batch, cell] */
static void add_diagonal(const tb_lstm *lstm, const TfLiteTensor *weights, const float *values,
                         float *sums)
{
    bool is_float = weights->type == kTfLiteFloat32;
    for (size_t i = 0; i < lstm->step_batches * lstm->cells; i++) {
        size_t cell = i % lstm->cells;
        float weight = is_float ? weights->data.f[cell]
                                : weights->params.scale * (float)weights->data.int8[cell];
        sums[i] += weight * values[i];
    }
}

static void normalise(const tb_lstm *lstm, const float *coefficients, const float *biases,
                      float *sums)
{
    const size_t cells = lstm->cells;
    for (size_t batch = 0; batch < lstm->step_batches; batch++, sums += cells) {
        float total = 0.0f, squares = 0.0f;
        for (size_t i = 0; i < cells; i++)
            total += sums[i];
        const float mean = total / (float)cells;
        for (size_t i = 0; i < cells; i++)
            squares += (sums[i] - mean) * (sums[i] - mean);
        const float inverse = 1.0f / sqrtf(squares / (float)cells + 1e-8f);
        for (size_t i = 0; i < cells; i++)
            sums[i] = (sums[i] - mean) * inverse * coefficients[i] + biases[i];
    }
}

static void float_gate(const tb_lstm *lstm, const tb_lstm_gate_tensors *g,
                       const tb_product_rows *input, const tb_product_rows *aux,
                       const tb_product_rows *state, const float *cell_state,
                       TfLiteFusedActivation activation, float *gate)
{
    const size_t cells = lstm->cells, count = lstm->step_batches * cells;
    const float *biases = g->bias->data.f;
    for (size_t i = 0; i < count; i++)
        gate[i] = g->norm ? 0.0f : biases[i % cells];
    tb_product_rows_add(input, g->weights, cells, gate);
    if (g->aux)
        tb_product_rows_add(aux, g->aux, cells, gate);
    if (tb_tensor_rank(g->recurrent) == 2)
        tb_product_rows_add(state, g->recurrent, cells, gate);
    else if (!state->are_zero)
        add_diagonal(lstm, g->recurrent, state->values, gate);
    if (g->peephole)
        add_diagonal(lstm, g->peephole, cell_state, gate);
    if (g->norm)
        normalise(lstm, g->norm->data.f, biases, gate);
    for (size_t i = 0; i < count; i++)
        gate[i] = tb_activate(activation, gate[i]);
}

/* ---- one step in float ------------------------------------------------------------------------- */

static float clip(float value, float bound)
{
    return bound > 0.0f ? tb_clampf(value, -bound, bound) : value;
}

/* The new output state from the new cell state; `hidden` has the size of a gate. */
static void float_output(TfLiteContext *context, const tb_lstm *lstm, const tb_lstm_tensors *t,
                         const float *output_gate, float *hidden, const tb_lstm_step *step)
{
    const float *cell_state = step->cell_state;
    float *state = step->output_state;
    for (size_t i = 0; i < lstm->step_batches * lstm->cells; i++) {
        /* Without an activation TFLite leaves here what was there: the cell gate. */
        if (lstm->params.activation != kTfLiteActNone)
            hidden[i] = tb_activate(lstm->params.activation, cell_state[i]);
        hidden[i] *= output_gate[i];
    }
    const size_t count = lstm->step_batches * lstm->outputs;
    if (!t->projection) {
        memcpy(state, hidden, count * sizeof *state);
        return;
    }
    const float *biases = t->projection_bias ? t->projection_bias->data.f : NULL;
    for (size_t i = 0; i < count; i++)
        state[i] = biases ? biases[i % lstm->outputs] : 0.0f;
    tb_product_rows v =
        make_rows(context, lstm, &lstm->hybrid_hidden, hidden, lstm->cells, lstm->is_hybrid);
    tb_product_rows_add(&v, t->projection, lstm->outputs, state);
    for (size_t i = 0; i < count; i++)
        state[i] = clip(state[i], lstm->params.proj_clip);
}

static void float_step(TfLiteContext *context, tb_lstm *lstm, const tb_lstm_tensors *t,
                       const tb_lstm_step *step)
{
    const size_t count = lstm->step_batches * lstm->cells;
    float *gate[TB_LSTM_GATES];
    for (int g = 0; g < TB_LSTM_GATES; g++)
        gate[g] = (float *)tb_op_scratch(context, lstm->gates) + (size_t)g * count;
    tb_product_rows input =
        make_rows(context, lstm, &lstm->hybrid_input, step->input, lstm->inputs, true);
    tb_product_rows aux =
        make_rows(context, lstm, &lstm->hybrid_aux, step->aux_input, lstm->aux_inputs, true);
    tb_product_rows state = make_rows(context, lstm, &lstm->hybrid_state, step->output_state,
                                      lstm->outputs, lstm->is_hybrid);
    float *cell_state = step->cell_state;

    bool cifg = !t->gate[TB_LSTM_INPUT].weights;
    for (int g = cifg ? TB_LSTM_FORGET : TB_LSTM_INPUT; g <= TB_LSTM_CELL; g++)
        float_gate(lstm, &t->gate[g], &input, &aux, &state, cell_state,
                   g == TB_LSTM_CELL ? lstm->params.activation : kTfLiteActSigmoid, gate[g]);
    for (size_t i = 0; i < count; i++) {
        float forget = gate[TB_LSTM_FORGET][i];
        float admit = cifg ? 1.0f - forget : gate[TB_LSTM_INPUT][i];
        float kept = forget * cell_state[i];
        cell_state[i] = clip(kept + gate[TB_LSTM_CELL][i] * admit, lstm->params.cell_clip);
    }
    float_gate(lstm, &t->gate[TB_LSTM_OUTPUT], &input, &aux, &state, cell_state, kTfLiteActSigmoid,
               gate[TB_LSTM_OUTPUT]);
    float_output(context, lstm, t, gate[TB_LSTM_OUTPUT], gate[TB_LSTM_CELL], step);
}

/* ---- the sequence ------------------------------------------------------------------------------ */

void tb_lstm_run(TfLiteContext *context, tb_lstm *lstm, const tb_lstm_tensors *tensors,
                 TfLiteTensor *output, size_t row, size_t offset)
{
    const size_t bytes = lstm->element_bytes, rows = lstm->step_batches;
    for (size_t batch = 0; batch < lstm->batches; batch += rows)
        for (size_t step = 0; step < lstm->times && !tb_stopped(); step++) {
            size_t time = lstm->params.backward ? lstm->times - 1 - step : step;
            /* The first row of the step in input and output. */
            size_t at = lstm->params.time_major ? time * rows : batch * lstm->times + time;
            const tb_lstm_step s = {
                .input = tensors->input->data.raw + at * lstm->inputs * bytes,
                .aux_input = tensors->aux_input
                                 ? tensors->aux_input->data.raw + at * lstm->aux_inputs * bytes
                                 : NULL,
                .output_state = tensors->output_state->data.raw + batch * lstm->outputs * bytes,
                .cell_state =
                    tensors->cell_state->data.raw + batch * lstm->cells * lstm->cell_bytes,
            };
            lstm->stepper(context, lstm, tensors, &s);
            for (size_t b = 0; b < rows; b++)
                memcpy(output->data.raw + ((at + b) * row + offset) * bytes,
                       (const char *)s.output_state + b * lstm->outputs * bytes,
                       lstm->outputs * bytes);
        }
}

/* ---- checks ------------------------------------------------------------------------------------ */

#define FULL_INPUTS      20
#define FULL_NORM_INPUTS 24

TfLiteStatus tb_lstm_get_tensors(TfLiteContext *context, const TfLiteNode *node,
                                 tb_lstm_tensors *out)
{
    int count = node->inputs->size;
    if (count != FULL_INPUTS && count != FULL_NORM_INPUTS)
        return tb_op_fail(context, "has %d inputs, expected %d or %d", count, FULL_INPUTS,
                          FULL_NORM_INPUTS);
    TB_OP_TRY(tb_op_get_input(context, node, 0, "input", &out->input));
    out->aux_input = NULL;
    /* Without a forget gate's coefficients there is no normalisation at all. */
    bool norm = tb_op_input(context, node, FULL_INPUTS + TB_LSTM_FORGET) != NULL;
    static const int peepholes[TB_LSTM_GATES] = {9, 10, -1, 11};
    for (int g = 0; g < TB_LSTM_GATES; g++) {
        out->gate[g] = (tb_lstm_gate_tensors){
            .weights = tb_op_input(context, node, 1 + g),
            .recurrent = tb_op_input(context, node, 5 + g),
            .peephole = peepholes[g] < 0 ? NULL : tb_op_input(context, node, peepholes[g]),
            .bias = tb_op_input(context, node, 12 + g),
            .norm = norm ? tb_op_input(context, node, FULL_INPUTS + g) : NULL,
        };
    }
    out->projection = tb_op_input(context, node, 16);
    out->projection_bias = tb_op_input(context, node, 17);
    out->output_state = tb_op_variable(context, node, 18);
    out->cell_state = tb_op_variable(context, node, 19);
    for (int i = 0; i < TB_LSTM_INTERMEDIATES; i++)
        out->intermediate[i] = tb_op_intermediate(context, node, i);
    return kTfLiteOk;
}

/* The types of the scheme at hand, as masks. */
typedef struct lstm_types {
    uint32_t weights;
    uint32_t peephole;
    uint32_t bias;
    uint32_t norm;
    uint32_t cell_state;
    bool diagonal_recurrent; /* allowed, in float */
} lstm_types;

static const lstm_types float_types = {TB_TYPE_BIT(kTfLiteFloat32), TB_TYPE_BIT(kTfLiteFloat32),
                                       TB_TYPE_BIT(kTfLiteFloat32), TB_TYPE_BIT(kTfLiteFloat32),
                                       TB_TYPE_BIT(kTfLiteFloat32), true};
static const lstm_types hybrid_types = {TB_TYPE_BIT(kTfLiteInt8) | TB_TYPE_BIT(kTfLiteUInt8),
                                        TB_TYPE_BIT(kTfLiteInt8) | TB_TYPE_BIT(kTfLiteUInt8),
                                        TB_TYPE_BIT(kTfLiteFloat32),
                                        TB_TYPE_BIT(kTfLiteFloat32),
                                        TB_TYPE_BIT(kTfLiteFloat32),
                                        true};
static const lstm_types integer_types = {TB_TYPE_BIT(kTfLiteInt8),  TB_TYPE_BIT(kTfLiteInt16),
                                         TB_TYPE_BIT(kTfLiteInt32), TB_TYPE_BIT(kTfLiteInt16),
                                         TB_TYPE_BIT(kTfLiteInt16), false};

/* One weight tensor; columns 0: a vector of `rows`. */
static TfLiteStatus check_weights(TfLiteContext *context, const TfLiteTensor *tensor,
                                  const char *owner, const char *what, uint32_t types, size_t rows,
                                  size_t columns)
{
    char name[64];
    snprintf(name, sizeof name, "%s%s", owner, what);
    TB_OP_TRY(tb_op_check_type(context, tensor, name, types));
    int rank = columns ? 2 : 1;
    TB_OP_TRY(tb_op_check_rank(context, tensor, name, rank, rank));
    if ((size_t)tb_tensor_dim(tensor, 0) != rows ||
        (columns && (size_t)tb_tensor_dim(tensor, 1) != columns)) {
        char shape[TB_SHAPE_TEXT_SIZE];
        return tb_op_fail(context, "%s has shape %s, expected %zu rows%s of %zu", name,
                          tb_shape_text(tensor->dims, shape), rows, columns ? "" : "; a vector",
                          columns ? columns : 1);
    }
    if (tensor->type == kTfLiteFloat32 || tensor->type == kTfLiteInt32)
        return kTfLiteOk;
    return tb_op_check_quantized(context, tensor, name);
}

static TfLiteStatus check_gate(TfLiteContext *context, const tb_lstm *lstm, const lstm_types *types,
                               const tb_lstm_gate_tensors *g, const char *owner)
{
    TB_OP_TRY(check_weights(context, g->weights, owner, "weights", types->weights, lstm->cells,
                            lstm->inputs));
    if (g->aux)
        TB_OP_TRY(check_weights(context, g->aux, owner, "auxiliary weights", types->weights,
                                lstm->cells, lstm->aux_inputs));
    bool diagonal = types->diagonal_recurrent && g->recurrent && tb_tensor_rank(g->recurrent) == 1;
    if (diagonal && lstm->outputs != lstm->cells)
        return tb_op_fail(context, "%srecurrent weights are diagonal for %zu cells and %zu outputs",
                          owner, lstm->cells, lstm->outputs);
    TB_OP_TRY(check_weights(context, g->recurrent, owner, "recurrent weights",
                            diagonal ? TB_TYPE_BIT(kTfLiteFloat32) : types->weights, lstm->cells,
                            diagonal ? 0 : lstm->outputs));
    TB_OP_TRY(check_weights(context, g->bias, owner, "bias", types->bias, lstm->cells, 0));
    if (g->peephole)
        TB_OP_TRY(check_weights(context, g->peephole, owner, "peephole weights", types->peephole,
                                lstm->cells, 0));
    if (g->norm)
        TB_OP_TRY(check_weights(context, g->norm, owner, "layer norm coefficients", types->norm,
                                lstm->cells, 0));
    return kTfLiteOk;
}

/* What the gates have in common: all or none of the optional tensors. */
static TfLiteStatus check_gates(TfLiteContext *context, const tb_lstm_tensors *t,
                                const tb_lstm *lstm, const lstm_types *types)
{
    static const char *const owners[TB_LSTM_GATES] = {"input gate's ", "forget gate's ",
                                                      "cell gate's ", "output gate's "};
    const tb_lstm_gate_tensors *input = &t->gate[TB_LSTM_INPUT];
    const tb_lstm_gate_tensors *output = &t->gate[TB_LSTM_OUTPUT];
    bool cifg = !input->weights;
    if (cifg && (input->recurrent || input->bias || input->peephole || input->norm))
        return tb_op_fail(context, "has an input gate without weights");
    for (int g = cifg ? TB_LSTM_FORGET : TB_LSTM_INPUT; g < TB_LSTM_GATES; g++) {
        const tb_lstm_gate_tensors *gate = &t->gate[g];
        if (g != TB_LSTM_CELL && !gate->peephole != !output->peephole)
            return tb_op_fail(context, "has peephole weights for some gates only");
        if (!gate->norm != !output->norm)
            return tb_op_fail(context, "has layer norm coefficients for some gates only");
        if (!gate->aux != !t->aux_input)
            return tb_op_fail(context, "%sauxiliary weights are %s, the auxiliary input %s",
                              owners[g], gate->aux ? "there" : "missing",
                              t->aux_input ? "there" : "missing");
        TB_OP_TRY(check_gate(context, lstm, types, gate, owners[g]));
    }
    if (!t->projection) {
        if (t->projection_bias)
            return tb_op_fail(context, "has a projection bias without projection weights");
        if (lstm->outputs != lstm->cells)
            return tb_op_fail(context, "has %zu cells, %zu outputs and no projection", lstm->cells,
                              lstm->outputs);
        return kTfLiteOk;
    }
    TB_OP_TRY(check_weights(context, t->projection, "projection", " weights", types->weights,
                            lstm->outputs, lstm->cells));
    if (t->projection_bias)
        TB_OP_TRY(check_weights(context, t->projection_bias, "projection", " bias", types->bias,
                                lstm->outputs, 0));
    return kTfLiteOk;
}

static TfLiteStatus check_state(TfLiteContext *context, const TfLiteTensor *state, const char *what,
                                uint32_t types, size_t batches, size_t size)
{
    if (!state)
        return tb_op_fail(context, "%s is missing or no variable", what);
    TB_OP_TRY(tb_op_check_type(context, state, what, types));
    size_t expected;
    if (!tb_mul_size(batches, size, &expected) || tb_count(state) != expected)
        return tb_op_fail(context, "%s has %zu elements, expected %zu batches of %zu", what,
                          tb_count(state), batches, size);
    return kTfLiteOk;
}

/* Times, batches, and the widths of all that is multiplied. */
static TfLiteStatus set_sizes(TfLiteContext *context, const tb_lstm_tensors *t, tb_lstm *lstm)
{
    TB_OP_TRY(tb_op_check_rank(context, t->input, "input", 2, 3));
    int rank = tb_tensor_rank(t->input);
    lstm->times = 1;
    lstm->batches = (size_t)tb_tensor_dim(t->input, 0);
    if (rank == 2)
        lstm->params.time_major = true;
    if (rank == 3) {
        lstm->times = (size_t)tb_tensor_dim(t->input, lstm->params.time_major ? 0 : 1);
        lstm->batches = (size_t)tb_tensor_dim(t->input, lstm->params.time_major ? 1 : 0);
    }
    lstm->step_batches = lstm->params.time_major ? lstm->batches : 1;
    lstm->inputs = (size_t)tb_tensor_dim(t->input, rank - 1);
    if (t->aux_input) {
        TB_OP_TRY(
            tb_op_check_same_type(context, t->aux_input, "auxiliary input", t->input, "input"));
        TB_OP_TRY(tb_op_check_rank(context, t->aux_input, "auxiliary input", rank, rank));
        lstm->aux_inputs = (size_t)tb_tensor_dim(t->aux_input, rank - 1);
        if (tb_dims_product(t->aux_input, 0, rank - 1) != tb_dims_product(t->input, 0, rank - 1))
            return tb_op_fail(context, "auxiliary input and input differ in rows");
    }
    const tb_lstm_gate_tensors *gate = &t->gate[TB_LSTM_OUTPUT];
    if (!gate->weights || !gate->recurrent)
        return tb_op_fail(context, "output gate's weights are missing");
    TB_OP_TRY(tb_op_check_rank(context, gate->weights, "output gate's weights", 2, 2));
    TB_OP_TRY(tb_op_check_rank(context, gate->recurrent, "output gate's recurrent weights", 1, 2));
    lstm->cells = (size_t)tb_tensor_dim(gate->weights, 0);
    lstm->outputs = (size_t)tb_tensor_dim(gate->recurrent, tb_tensor_rank(gate->recurrent) - 1);
    if (!lstm->cells || !lstm->inputs || !lstm->outputs)
        return tb_op_fail(context,
                          "has %zu inputs, %zu cells and %zu outputs, expected some of each",
                          lstm->inputs, lstm->cells, lstm->outputs);
    return kTfLiteOk;
}

static TfLiteStatus prepare_hybrid(TfLiteContext *context, tb_lstm *lstm)
{
    const size_t rows = lstm->step_batches;
    const bool asymmetric = lstm->params.asymmetric_inputs;
    TB_OP_TRY(tb_hybrid_prepare(context, rows, lstm->inputs, asymmetric, &lstm->hybrid_input));
    TB_OP_TRY(tb_hybrid_prepare(context, rows, lstm->aux_inputs, asymmetric, &lstm->hybrid_aux));
    TB_OP_TRY(tb_hybrid_prepare(context, rows, lstm->outputs, asymmetric, &lstm->hybrid_state));
    return tb_hybrid_prepare(context, rows, lstm->cells, asymmetric, &lstm->hybrid_hidden);
}

TfLiteStatus tb_lstm_prepare(TfLiteContext *context, const tb_lstm_tensors *t,
                             const tb_lstm_params *params, tb_lstm *out)
{
    TB_OP_TRY(tb_op_check_type(context, t->input, "input",
                               TB_TYPE_BIT(kTfLiteFloat32) | TB_TYPE_BIT(kTfLiteInt8)));
    *out = (tb_lstm){.params = *params, .stepper = float_step};
    if (!(params->cell_clip >= 0.0f) || !(params->proj_clip >= 0.0f))
        return tb_op_fail(context, "clips at %g and %g, expected 0 (no clipping) or more",
                          (double)params->cell_clip, (double)params->proj_clip);
    TB_OP_TRY(set_sizes(context, t, out));
    const lstm_types *types = &integer_types;
    if (t->input->type == kTfLiteFloat32) {
        out->is_hybrid = t->gate[TB_LSTM_OUTPUT].weights->type != kTfLiteFloat32;
        types = out->is_hybrid ? &hybrid_types : &float_types;
    }
    TB_OP_TRY(check_gates(context, t, out, types));
    TB_OP_TRY(check_state(context, t->output_state, "output state", TB_TYPE_BIT(t->input->type),
                          out->batches, out->outputs));
    TB_OP_TRY(check_state(context, t->cell_state, "cell state", types->cell_state, out->batches,
                          out->cells));
    out->element_bytes = tb_type_bytes(t->input->type);
    out->cell_bytes = tb_type_bytes(t->cell_state->type);
    size_t gates;
    if (!tb_mul_size(out->step_batches * TB_LSTM_GATES, out->cells, &gates))
        return tb_op_fail(context, "has %zu batches of %zu cells: too many", out->step_batches,
                          out->cells);
    TB_OP_TRY(tb_op_scratch_array(context, gates, out->cell_bytes, &out->gates));
    if (out->is_hybrid)
        return prepare_hybrid(context, out);
    return types == &integer_types ? tb_lstm_prepare_integer(context, t, out) : kTfLiteOk;
}
