/*
 * SVDF: a fully connected layer over a window of time, factored into features and time. Each filter
 * remembers its last `memory` features:
 *
 *     state[filter]  = state[filter] shifted by one, then features[filter] . input
 *     output[unit]   = activation(bias[unit] + sum over its `rank` filters of time[filter] . state)
 *
 * In float, with integer weights (hybrid; see product.h), or in integers: int8 input, features and
 * output, int16 time weights and state, which saturates; there the only activation is RELU, which
 * the output's zero point has to bring about.
 */
#include <string.h>

#include "runtime/ops/activation.h"
#include "runtime/ops/dot.h"
#include "runtime/ops/product.h"

typedef struct svdf_tensors {
    const TfLiteTensor *input;    /* [batches, inputs] */
    const TfLiteTensor *features; /* [filters, inputs] */
    const TfLiteTensor *time;     /* [filters, memory] */
    const TfLiteTensor *bias;     /* [units] or NULL */
    TfLiteTensor *state;          /* [batches, filters * memory] */
    TfLiteTensor *output;         /* [batches, units] */
} svdf_tensors;

typedef struct svdf {
    size_t batches;
    size_t inputs;
    size_t filters;
    size_t memory;
    size_t units;
    size_t rank;
    TfLiteFusedActivation activation;
    bool is_integer;
    tb_product product; /* not of integers */
    int features;       /* scratch: batches * filters floats */
    tb_multiplier to_state;
    tb_multiplier to_output;
} svdf;

static TfLiteStatus get_tensors(TfLiteContext *context, const TfLiteNode *node, svdf_tensors *out)
{
    TB_OP_TRY(tb_op_check_inputs(context, node, 5, 5));
    TB_OP_TRY(tb_op_check_outputs(context, node, 1));
    TB_OP_TRY(tb_op_get_input(context, node, 0, "input", &out->input));
    TB_OP_TRY(tb_op_get_input(context, node, 1, "feature weights", &out->features));
    TB_OP_TRY(tb_op_get_input(context, node, 2, "time weights", &out->time));
    out->bias = tb_op_input(context, node, 3);
    out->state = tb_op_variable(context, node, 4);
    if (!out->state)
        return tb_op_fail(context, "state is missing or no variable");
    return tb_op_get_output(context, node, 0, &out->output);
}

/* ---- prepare ----------------------------------------------------------------------------------- */

static TfLiteStatus set_sizes(TfLiteContext *context, const svdf_tensors *t, int rank, svdf *s)
{
    TB_OP_TRY(tb_op_check_rank(context, t->input, "input", 2, 2));
    TB_OP_TRY(tb_op_check_rank(context, t->features, "feature weights", 2, 2));
    TB_OP_TRY(tb_op_check_rank(context, t->time, "time weights", 2, 2));
    TB_OP_TRY(tb_op_check_rank(context, t->state, "state", 2, 2));
    s->batches = (size_t)tb_tensor_dim(t->input, 0);
    s->inputs = (size_t)tb_tensor_dim(t->input, 1);
    s->filters = (size_t)tb_tensor_dim(t->features, 0);
    s->memory = (size_t)tb_tensor_dim(t->time, 1);
    if (rank < 1 || s->filters % (size_t)rank != 0)
        return tb_op_fail(context, "has %zu filters for a rank of %d, expected a multiple",
                          s->filters, rank);
    s->rank = (size_t)rank;
    s->units = s->filters / s->rank;
    if ((size_t)tb_tensor_dim(t->features, 1) != s->inputs)
        return tb_op_fail(context, "feature weights are for %d inputs, input has %zu",
                          tb_tensor_dim(t->features, 1), s->inputs);
    if ((size_t)tb_tensor_dim(t->time, 0) != s->filters || s->memory < 1)
        return tb_op_fail(context, "time weights are %d by %zu, expected %zu by at least 1",
                          tb_tensor_dim(t->time, 0), s->memory, s->filters);
    size_t width;
    if ((size_t)tb_tensor_dim(t->state, 0) != s->batches ||
        !tb_mul_size(s->filters, s->memory, &width) || (size_t)tb_tensor_dim(t->state, 1) != width)
        return tb_op_fail(context, "state is %d by %d, expected %zu by %zu times %zu",
                          tb_tensor_dim(t->state, 0), tb_tensor_dim(t->state, 1), s->batches,
                          s->filters, s->memory);
    if (t->bias) {
        TB_OP_TRY(tb_op_check_rank(context, t->bias, "bias", 1, 1));
        if (tb_count(t->bias) != s->units)
            return tb_op_fail(context, "bias has %zu elements, expected %zu", tb_count(t->bias),
                              s->units);
    }
    return kTfLiteOk;
}

static TfLiteStatus check_types(TfLiteContext *context, const svdf_tensors *t, TfLiteType features,
                                TfLiteType time, TfLiteType state, TfLiteType bias)
{
    TB_OP_TRY(tb_op_check_type(context, t->features, "feature weights", TB_TYPE_BIT(features)));
    TB_OP_TRY(tb_op_check_type(context, t->time, "time weights", TB_TYPE_BIT(time)));
    TB_OP_TRY(tb_op_check_type(context, t->state, "state", TB_TYPE_BIT(state)));
    TB_OP_TRY(tb_op_check_same_type(context, t->input, "input", t->output, "output"));
    return t->bias ? tb_op_check_type(context, t->bias, "bias", TB_TYPE_BIT(bias)) : kTfLiteOk;
}

static TfLiteStatus prepare_float(TfLiteContext *context, const svdf_tensors *t, bool asymmetric,
                                  svdf *s)
{
    TfLiteType weights = t->features->type;
    TB_OP_TRY(check_types(context, t, weights, weights, kTfLiteFloat32, kTfLiteFloat32));
    if (weights != kTfLiteFloat32)
        TB_OP_TRY(tb_op_check_quantized(context, t->time, "time weights"));
    size_t count;
    if (!tb_mul_size(s->batches, s->filters, &count))
        return tb_op_fail(context, "has %zu batches of %zu filters: too many", s->batches,
                          s->filters);
    TB_OP_TRY(tb_op_scratch_array(context, count, sizeof(float), &s->features));
    return tb_product_prepare(context, t->features, "feature weights", s->filters, s->inputs,
                              s->batches, asymmetric, &s->product);
}

static TfLiteStatus prepare_integer(TfLiteContext *context, const svdf_tensors *t, svdf *s)
{
    TB_OP_TRY(check_types(context, t, kTfLiteInt8, kTfLiteInt16, kTfLiteInt16, kTfLiteInt32));
    if (s->activation != kTfLiteActRelu)
        return tb_op_fail(context, "has activation %d, expected RELU in integers",
                          (int)s->activation);
    TB_OP_TRY(tb_op_check_quantized(context, t->input, "input"));
    TB_OP_TRY(tb_op_check_quantized(context, t->features, "feature weights"));
    TB_OP_TRY(tb_op_check_quantized(context, t->time, "time weights"));
    TB_OP_TRY(tb_op_check_quantized(context, t->state, "state"));
    TB_OP_TRY(tb_op_check_quantized(context, t->output, "output"));
    const float state_scale = t->state->params.scale;
    float to_state = t->input->params.scale * t->features->params.scale / state_scale;
    float to_output = state_scale * t->time->params.scale / t->output->params.scale;
    TB_OP_TRY(tb_op_multiplier(context, (double)to_state, "the state's factor", &s->to_state));
    return tb_op_multiplier(context, (double)to_output, "the output's factor", &s->to_output);
}

static TfLiteStatus prepare(TfLiteContext *context, TfLiteNode *node)
{
    const TfLiteSVDFParams *options = node->builtin_data;
    svdf_tensors t;
    TB_OP_TRY(get_tensors(context, node, &t));
    TB_OP_TRY(tb_op_check_type(context, t.input, "input",
                               TB_TYPE_BIT(kTfLiteFloat32) | TB_TYPE_BIT(kTfLiteInt8)));
    svdf *s = tb_op_make_data(context, node, sizeof *s);
    if (!s)
        return kTfLiteError;
    TB_OP_TRY(set_sizes(context, &t, options->rank, s));
    s->activation = options->activation;
    s->is_integer = t.input->type == kTfLiteInt8;
    if (s->is_integer)
        TB_OP_TRY(prepare_integer(context, &t, s));
    else
        TB_OP_TRY(prepare_float(context, &t, options->asymmetric_quantize_inputs, s));
    return tb_op_resize(context, t.output, 2, (int[]){(int)s->batches, (int)s->units});
}

/* ---- invoke ------------------------------------------------------------------------------------ */

/* All filters of all batches at once: what moves over a border is written anew. */
static void shift_state(const svdf *s, TfLiteTensor *state, size_t element_bytes)
{
    size_t count = s->batches * s->filters * s->memory;
    if (count > 0)
        memmove(state->data.raw, state->data.raw + element_bytes, (count - 1) * element_bytes);
}

/* Time weights of a filter times its state. */
static float time_product(const svdf *s, const TfLiteTensor *time, size_t filter,
                          const float *state)
{
    size_t first = filter * s->memory;
    if (time->type == kTfLiteFloat32)
        return tb_dot_f32(0.0f, time->data.f + first, state, s->memory);
    float sum = 0.0f;
    for (size_t i = 0; i < s->memory; i++)
        sum += (float)time->data.int8[first + i] * time->params.scale * state[i];
    return sum;
}

static void invoke_float(TfLiteContext *context, svdf *s, const svdf_tensors *t)
{
    const size_t count = s->batches * s->filters;
    float *features = tb_op_scratch(context, s->features), *state = t->state->data.f;
    shift_state(s, t->state, sizeof *state);
    for (size_t i = 0; i < count; i++)
        features[i] = 0.0f;
    s->product.matrix = t->features;
    tb_product_add(context, &s->product, t->input->data.f, features);
    for (size_t i = 0; i < count; i++)
        state[i * s->memory + s->memory - 1] = features[i];
    for (size_t i = 0; i < s->batches * s->units && !tb_stopped(); i++) {
        float sum = 0.0f;
        for (size_t r = 0; r < s->rank; r++) {
            size_t filter = i * s->rank + r;
            sum += time_product(s, t->time, filter % s->filters, state + filter * s->memory);
        }
        if (t->bias)
            sum += t->bias->data.f[i % s->units];
        t->output->data.f[i] = tb_activate(s->activation, sum);
    }
}

static void invoke_integer(const svdf *s, const svdf_tensors *t)
{
    int16_t *state = t->state->data.i16;
    shift_state(s, t->state, sizeof *state);
    for (size_t i = 0; i < s->batches * s->filters && !tb_stopped(); i++) {
        const int8_t *input = t->input->data.int8 + i / s->filters * s->inputs;
        const int8_t *weights = t->features->data.int8 + i % s->filters * s->inputs;
        int32_t sum = tb_dot_i8(0, input, -t->input->params.zero_point, weights, 0, s->inputs);
        state[i * s->memory + s->memory - 1] =
            (int16_t)tb_clamp(tb_multiply(sum, s->to_state), INT16_MIN, INT16_MAX);
    }
    for (size_t i = 0; i < s->batches * s->units && !tb_stopped(); i++) {
        int32_t sum = t->bias ? t->bias->data.i32[i % s->units] : 0;
        for (size_t r = 0; r < s->rank; r++) {
            size_t filter = i * s->rank + r;
            const int16_t *weights = t->time->data.i16 + filter % s->filters * s->memory;
            for (size_t m = 0; m < s->memory; m++)
                sum = tb_wrap_add(sum, weights[m] * state[filter * s->memory + m]);
        }
        int32_t scaled = tb_wrap_add(tb_multiply(sum, s->to_output), t->output->params.zero_point);
        t->output->data.int8[i] = (int8_t)tb_clamp(scaled, INT8_MIN, INT8_MAX);
    }
}

static TfLiteStatus invoke(TfLiteContext *context, TfLiteNode *node)
{
    svdf *s = node->user_data;
    svdf_tensors t;
    TB_OP_TRY(get_tensors(context, node, &t));
    if (s->is_integer)
        invoke_integer(s, &t);
    else
        invoke_float(context, s, &t);
    return kTfLiteOk;
}

const TfLiteRegistration tb_op_svdf = {.prepare = prepare, .invoke = invoke};
