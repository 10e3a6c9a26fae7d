/*
 * LSTM cells in integers, TFLite's 8x8->16 scheme: inputs, weights and output states in INT8, gates
 * and cell states in int16. A gate's sum is on the scale of its intermediate tensor before layer
 * normalisation, else and after it on 2^-12; activated gates are on 2^-15, the cell state on a power
 * of two of its own.
 */
#include <math.h>

#include "runtime/fixed_point.h"
#include "runtime/ops/dot.h"
#include "runtime/ops/lstm.h"

#define GATE_SCALE 0x1p-12f

static int32_t saturate16(int32_t value)
{
    return tb_clamp(value, INT16_MIN, INT16_MAX);
}

/* ---- one gate ---------------------------------------------------------------------------------- */

/* sums[batch, row] += multiplier * (biases[row] + matrix[row] . (v[batch] + offset)), saturating */
static void add_products(size_t batches, size_t rows, size_t columns, const int8_t *matrix,
                         const int8_t *v, int32_t offset, const int32_t *biases,
                         tb_multiplier multiplier, int16_t *sums)
{
    for (size_t batch = 0; batch < batches && !tb_stopped(); batch++, v += columns)
        for (size_t r = 0; r < rows; r++, sums++) {
            int32_t sum =
                tb_dot_i8(biases ? biases[r] : 0, v, offset, matrix + r * columns, 0, columns);
            *sums = (int16_t)saturate16(tb_wrap_add(tb_multiply(sum, multiplier), *sums));
        }
}

/*
 * (x - mean) / standard deviation * coefficient + bias, with 10 more bits of the mean and after the
 * division. The variance is guarded where it vanishes.
 */
static void normalise(const tb_lstm *lstm, const tb_lstm_integer_gate *gate,
                      const int16_t *coefficients, const int32_t *biases, int16_t *sums)
{
    const int64_t cells = (int64_t)lstm->cells, two_to_20 = (int64_t)1 << 20;
    for (size_t batch = 0; batch < lstm->step_batches; batch++, sums += cells) {
        int64_t total = 0, squares = 0;
        for (int64_t i = 0; i < cells; i++) {
            total += sums[i];
            squares += (int32_t)sums[i] * sums[i];
        }
        int32_t mean = (int32_t)(total * 1024 / cells);
        int64_t variance = squares * (two_to_20 / cells) - (int64_t)mean * mean;
        int32_t reduced = (int32_t)(variance / two_to_20);
        tb_multiplier inverse = tb_fx_inverse_sqrt(reduced < 1 ? gate->variance_guard : reduced);
        for (int64_t i = 0; i < cells; i++) {
            int32_t scaled = tb_multiply(1024 * sums[i] - mean, inverse);
            int64_t value = tb_wrap_add(tb_wrap_mul(scaled, coefficients[i]), biases[i]);
            int32_t rounded = (int32_t)((value > 0 ? value + 512 : value - 512) / 1024);
            sums[i] = (int16_t)saturate16(tb_multiply(rounded, gate->norm));
        }
    }
}

static void integer_gate(const tb_lstm *lstm, const tb_lstm_gate_tensors *g,
                         const tb_lstm_integer_gate *scales, const tb_lstm_step *step,
                         bool is_cell_gate, int16_t *gate)
{
    const tb_lstm_integer *p = &lstm->integer;
    const size_t batches = lstm->step_batches, cells = lstm->cells;
    const int32_t *biases = g->bias->data.i32;
    for (size_t i = 0; i < batches * cells; i++)
        gate[i] = 0;
    add_products(batches, cells, lstm->inputs, g->weights->data.int8, step->input,
                 -p->input_zero_point, g->norm ? NULL : biases, scales->input, gate);
    add_products(batches, cells, lstm->outputs, g->recurrent->data.int8, step->output_state,
                 -p->state_zero_point, NULL, scales->recurrent, gate);
    if (g->peephole) {
        /* TFLite walks rows of `outputs`, not of `cells`: with fewer outputs, the last cells of a
           batch go without. */
        const int16_t *cell_state = step->cell_state;
        for (size_t i = 0; i < batches * lstm->outputs; i++) {
            int32_t product = g->peephole->data.i16[i % lstm->outputs] * cell_state[i];
            gate[i] =
                (int16_t)saturate16(tb_wrap_add(tb_multiply(product, scales->peephole), gate[i]));
        }
    }
    if (g->norm)
        normalise(lstm, scales, g->norm->data.i16, biases, gate);
    for (size_t i = 0; i < batches * cells; i++)
        gate[i] =
            (int16_t)(is_cell_gate ? tb_fx_tanh(gate[i], 3, 16) : tb_fx_logistic(gate[i], 3, 16));
}

/* ---- one step ---------------------------------------------------------------------------------- */

static int32_t clip(int32_t value, int32_t bound)
{
    return bound > 0 ? tb_clamp(value, -bound, bound) : value;
}

/* a * b on the int16 scale that is 2^-shift of the product's. */
static int32_t scaled_product(int32_t a, int32_t b, int shift)
{
    return (int16_t)tb_rounding_shift(a * b, shift);
}

static void update_cells(const tb_lstm *lstm, const int16_t *input_gate, const int16_t *forget_gate,
                         const int16_t *cell_gate, int16_t *cell_state)
{
    const int shift = 30 + lstm->integer.cell_log2;
    for (size_t i = 0; i < lstm->step_batches * lstm->cells; i++) {
        int32_t kept = scaled_product(forget_gate[i], cell_state[i], 15);
        int32_t admit = input_gate ? input_gate[i] : INT16_MAX - forget_gate[i];
        int32_t sum = saturate16(kept + scaled_product((int16_t)admit, cell_gate[i], shift));
        cell_state[i] = (int16_t)clip(sum, lstm->integer.cell_clip);
    }
}

static void integer_output(TfLiteContext *context, const tb_lstm *lstm, const tb_lstm_tensors *t,
                           const int16_t *output_gate, const tb_lstm_step *step)
{
    const tb_lstm_integer *p = &lstm->integer;
    const int16_t *cell_state = step->cell_state;
    int8_t *state = step->output_state;
    /* TFLite keeps what is projected with its zero point taken off instead of added, and so adds it
       in the products. */
    int8_t *hidden = t->projection ? tb_op_scratch(context, p->hidden_scratch) : state;
    int32_t hidden_offset = t->projection ? -p->hidden_zero_point : p->hidden_zero_point;
    for (size_t i = 0; i < lstm->step_batches * lstm->cells; i++) {
        int32_t activated = tb_fx_tanh(cell_state[i], 15 + p->cell_log2, 16);
        int32_t value = tb_multiply(output_gate[i] * activated, p->hidden);
        hidden[i] = (int8_t)tb_clamp(tb_wrap_add(value, hidden_offset), -128, 127);
    }
    if (!t->projection)
        return;
    const int32_t *biases = t->projection_bias ? t->projection_bias->data.i32 : NULL;
    const int8_t *weights = t->projection->data.int8;
    for (size_t batch = 0; batch < lstm->step_batches && !tb_stopped();
         batch++, hidden += lstm->cells)
        for (size_t o = 0; o < lstm->outputs; o++) {
            int32_t sum = tb_dot_i8(biases ? biases[o] : 0, hidden, p->hidden_zero_point,
                                    weights + o * lstm->cells, 0, lstm->cells);
            int32_t value = tb_wrap_add(tb_multiply(sum, p->projection), p->state_zero_point);
            *state++ = (int8_t)clip(tb_clamp(value, -128, 127), p->proj_clip);
        }
}

static void integer_step(TfLiteContext *context, tb_lstm *lstm, const tb_lstm_tensors *t,
                         const tb_lstm_step *step)
{
    int16_t *gate[TB_LSTM_GATES];
    for (int g = 0; g < TB_LSTM_GATES; g++)
        gate[g] = (int16_t *)tb_op_scratch(context, lstm->gates) +
                  (size_t)g * lstm->step_batches * lstm->cells;
    bool cifg = !t->gate[TB_LSTM_INPUT].weights;
    for (int g = cifg ? TB_LSTM_FORGET : TB_LSTM_INPUT; g <= TB_LSTM_CELL; g++)
        integer_gate(lstm, &t->gate[g], &lstm->integer.gate[g], step, g == TB_LSTM_CELL, gate[g]);
    update_cells(lstm, cifg ? NULL : gate[TB_LSTM_INPUT], gate[TB_LSTM_FORGET], gate[TB_LSTM_CELL],
                 step->cell_state);
    integer_gate(lstm, &t->gate[TB_LSTM_OUTPUT], &lstm->integer.gate[TB_LSTM_OUTPUT], step, false,
                 gate[TB_LSTM_OUTPUT]);
    integer_output(context, lstm, t, gate[TB_LSTM_OUTPUT], step);
}

/* ---- scales ------------------------------------------------------------------------------------ */

static TfLiteStatus set_gate_scales(TfLiteContext *context, const tb_lstm_tensors *t, int g,
                                    tb_lstm *lstm)
{
    const tb_lstm_gate_tensors *gate = &t->gate[g];
    tb_lstm_integer_gate *out = &lstm->integer.gate[g];
    float sum_scale = GATE_SCALE;
    if (gate->norm) {
        TB_OP_TRY(tb_op_check_quantized(context, t->intermediate[g], "a gate's intermediate"));
        sum_scale = t->intermediate[g]->params.scale;
        float norm_scale = gate->norm->params.scale;
        TB_OP_TRY(
            tb_op_multiplier(context, (double)norm_scale, "a gate's layer norm scale", &out->norm));
        out->norm.shift += 12; /* results are on 2^-12 */
        if (out->norm.shift > 31)
            return tb_op_fail(context, "a gate's layer norm scale is %g, expected less than 2^19",
                              (double)norm_scale);
        out->variance_guard = TB_MAX(1, (int32_t)(10000.0f * norm_scale));
    }
    float input = gate->weights->params.scale * t->input->params.scale / sum_scale;
    float recurrent = gate->recurrent->params.scale * t->output_state->params.scale / sum_scale;
    TB_OP_TRY(tb_op_multiplier(context, (double)input, "weight scale * input scale / gate scale",
                               &out->input));
    TB_OP_TRY(tb_op_multiplier(context, (double)recurrent,
                               "recurrent weight scale * output state scale / gate scale",
                               &out->recurrent));
    if (!gate->peephole)
        return kTfLiteOk;
    float peephole = (float)(ldexp(1.0, lstm->integer.cell_log2) *
                             (double)gate->peephole->params.scale / (double)sum_scale);
    return tb_op_multiplier(context, (double)peephole,
                            "peephole weight scale * cell state scale / gate scale",
                            &out->peephole);
}

static int32_t quantized_clip(float bound, float scale, float max)
{
    return bound > 0.0f ? (int32_t)tb_clampf(bound / scale, 0.0f, max) : 0;
}

TfLiteStatus tb_lstm_prepare_integer(TfLiteContext *context, const tb_lstm_tensors *t,
                                     tb_lstm *lstm)
{
    tb_lstm_integer *p = &lstm->integer;
    const TfLiteTensor *hidden = t->intermediate[TB_LSTM_GATES];
    for (int i = 0; i < TB_LSTM_INTERMEDIATES; i++)
        if (!t->intermediate[i])
            return tb_op_fail(context, "has no intermediate tensor %d, expected %d of them", i,
                              TB_LSTM_INTERMEDIATES);
    TB_OP_TRY(tb_op_check_quantized(context, t->input, "input"));
    TB_OP_TRY(tb_op_check_quantized(context, t->output_state, "output state"));
    TB_OP_TRY(tb_op_check_quantized(context, t->cell_state, "cell state"));
    TB_OP_TRY(tb_op_check_quantized(context, hidden, "hidden intermediate"));
    p->input_zero_point = t->input->params.zero_point;
    p->state_zero_point = t->output_state->params.zero_point;
    p->hidden_zero_point = hidden->params.zero_point;
    float cell_scale = t->cell_state->params.scale, state_scale = t->output_state->params.scale;
    if (!tb_quant_is_power_of_two(cell_scale, &p->cell_log2) || p->cell_log2 < -15 ||
        p->cell_log2 > -9)
        return tb_op_fail(context,
                          "cell state has scale %g, expected a power of two, 2^-15 to 2^-9",
                          (double)cell_scale);
    if (lstm->outputs > lstm->cells && t->gate[TB_LSTM_OUTPUT].peephole)
        return tb_op_fail(context, "has %zu outputs, %zu cells and peephole weights", lstm->outputs,
                          lstm->cells);
    for (int g = t->gate[TB_LSTM_INPUT].weights ? TB_LSTM_INPUT : TB_LSTM_FORGET; g < TB_LSTM_GATES;
         g++)
        TB_OP_TRY(set_gate_scales(context, t, g, lstm));
    double hidden_scale = 0x1p-15 / (double)hidden->params.scale * 0x1p-15;
    TB_OP_TRY(
        tb_op_multiplier(context, (double)(float)hidden_scale, "2^-30 / hidden scale", &p->hidden));
    p->cell_clip = quantized_clip(lstm->params.cell_clip, cell_scale, 32767.0f);
    p->proj_clip = quantized_clip(lstm->params.proj_clip, state_scale, 127.0f);
    lstm->stepper = integer_step;
    if (!t->projection)
        return kTfLiteOk;
    float projection = t->projection->params.scale * hidden->params.scale / state_scale;
    TB_OP_TRY(tb_op_multiplier(context, (double)projection,
                               "projection weight scale * hidden scale / output state scale",
                               &p->projection));
    return tb_op_request_scratch(context, lstm->step_batches * lstm->cells, &p->hidden_scratch);
}
