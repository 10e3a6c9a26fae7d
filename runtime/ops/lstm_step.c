/*
 * LSTM: one step of a cell. The "full" kernel is that of lstm.h; in the hybrid scheme its matrices
 * may be stored sparsely, and are made dense once. The "basic" one has all weights in
 * one matrix over [input, previous activation], state that comes in and goes out, and no options:
 *
 *     i, g, f, o    = W [x, h] + b
 *     new state     = s(i) * tanh(g) + s(f) * state
 *     activation    = s(o) * tanh(new state)
 *
 * in float, or in integers: uint8 with zero point 128, int16 state in Q4.11 (LstmCell of TFLite's
 * reference kernels). Afterwards the inputs that held activation and state hold the new ones.
 */
#include <string.h>

#include "runtime/fixed_point.h"
#include "runtime/math.h"
#include "runtime/ops/dot.h"
#include "runtime/ops/lstm.h"
#include "runtime/ops/sparse.h"

/* ---- full -------------------------------------------------------------------------------------- */

#define MATRICES (2 * TB_LSTM_GATES + 1)

typedef struct full {
    tb_lstm lstm;
    TfLiteTensor *dense[MATRICES]; /* what stands for a sparse matrix; NULL: itself */
} full;

static const TfLiteTensor **matrix(tb_lstm_tensors *t, int k)
{
    if (k == MATRICES - 1)
        return &t->projection;
    return k % 2 ? &t->gate[k / 2].recurrent : &t->gate[k / 2].weights;
}

static TfLiteStatus make_dense(TfLiteContext *context, tb_lstm_tensors *t, full *f)
{
    for (int k = 0; k < MATRICES; k++) {
        const TfLiteTensor *sparse = *matrix(t, k);
        if (!sparse || !sparse->sparsity || !tb_tensor_is_constant(sparse))
            continue;
        if (t->input->type != kTfLiteFloat32 || sparse->type != kTfLiteInt8)
            return tb_op_fail(context,
                              "a sparse matrix is %s under %s input, expected INT8 under "
                              "FLOAT32",
                              TfLiteTypeGetName(sparse->type), TfLiteTypeGetName(t->input->type));
        TfLiteTensor *dense = f->dense[k] = tb_op_persistent_array(context, 1, sizeof *dense);
        if (!dense)
            return kTfLiteError;
        *dense = *sparse; /* a view: it owns nothing */
        dense->sparsity = NULL;
        dense->bytes = tb_count(sparse);
        dense->data.raw = tb_op_persistent_array(context, dense->bytes, 1);
        if (!dense->data.raw)
            return kTfLiteError;
        TB_OP_TRY(tb_sparse_densify(context, sparse, "a sparse matrix", dense->data.raw));
        *matrix(t, k) = dense;
    }
    return kTfLiteOk;
}

static TfLiteStatus prepare_full(TfLiteContext *context, TfLiteNode *node)
{
    const TfLiteLSTMParams *options = node->builtin_data;
    const tb_lstm_params params = {.activation = options->activation,
                                   .cell_clip = options->cell_clip,
                                   .proj_clip = options->proj_clip,
                                   .asymmetric_inputs = options->asymmetric_quantize_inputs,
                                   .time_major = true};
    tb_lstm_tensors tensors;
    TfLiteTensor *output;
    TB_OP_TRY(tb_lstm_get_tensors(context, node, &tensors));
    TB_OP_TRY(tb_op_check_outputs(context, node, 1));
    TB_OP_TRY(tb_op_get_output(context, node, 0, &output));
    TB_OP_TRY(tb_op_check_same_type(context, tensors.input, "input", output, "output"));
    TB_OP_TRY(tb_op_check_rank(context, tensors.input, "input", 2, 2));
    int intermediates = node->intermediates ? node->intermediates->size : 0;
    /* With 12 of them TFLite runs another scheme (8x8->8), whose output gate takes its scale from
       behind the end of a table: there is no result to be equal to. */
    if (tensors.input->type == kTfLiteInt8 && intermediates != TB_LSTM_INTERMEDIATES)
        return tb_op_fail(context, "has %d intermediate tensors, expected %d (8x8->16)",
                          intermediates, TB_LSTM_INTERMEDIATES);
    full *f = tb_op_make_data(context, node, sizeof *f);
    if (!f)
        return kTfLiteError;
    TB_OP_TRY(make_dense(context, &tensors, f));
    TB_OP_TRY(tb_lstm_prepare(context, &tensors, &params, &f->lstm));
    return tb_op_resize(context, output, 2,
                        (int[]){tb_tensor_dim(tensors.input, 0), (int)f->lstm.outputs});
}

static TfLiteStatus invoke_full(TfLiteContext *context, TfLiteNode *node)
{
    full *f = node->user_data;
    tb_lstm *lstm = &f->lstm;
    tb_lstm_tensors tensors;
    TB_OP_TRY(tb_lstm_get_tensors(context, node, &tensors));
    for (int k = 0; k < MATRICES; k++)
        if (f->dense[k])
            *matrix(&tensors, k) = f->dense[k];
    tb_lstm_run(context, lstm, &tensors, tb_op_output(context, node, 0), lstm->outputs, 0);
    return kTfLiteOk;
}

/* ---- basic ------------------------------------------------------------------------------------- */

enum { INPUT_ZERO_POINT = 128, STATE_LOG2 = -11, GATE_INTEGER_BITS = 3, STATE_INTEGER_BITS = 4 };

enum { BASIC_INPUT, BASIC_MODULATION, BASIC_FORGET, BASIC_OUTPUT, BASIC_GATES };

typedef struct basic_tensors {
    const TfLiteTensor *input; /* [batches, inputs] */
    TfLiteTensor *activation;  /* [batches, cells], as are the states */
    const TfLiteTensor *weights;
    const TfLiteTensor *bias;
    TfLiteTensor *state;
    TfLiteTensor *new_activation;
    TfLiteTensor *new_state;
    TfLiteTensor *joined; /* [batches, inputs + cells] */
    TfLiteTensor *gates;  /* [batches, 4 * cells], before their functions */
} basic_tensors;

typedef struct basic {
    size_t batches;
    size_t inputs;
    size_t cells;
    bool is_integer;
    tb_multiplier to_gates;
} basic;

/* An input that the step writes, though it need not be marked as a variable. */
static TfLiteStatus get_state(TfLiteContext *context, const TfLiteNode *node, int k,
                              const char *what, TfLiteTensor **out)
{
    const TfLiteTensor *tensor;
    TB_OP_TRY(tb_op_get_input(context, node, k, what, &tensor));
    if (tb_tensor_is_constant(tensor))
        return tb_op_fail(context, "%s is a constant, expected a tensor to write", what);
    *out = &context->tensors[node->inputs->data[k]];
    return kTfLiteOk;
}

static TfLiteStatus get_tensors(TfLiteContext *context, const TfLiteNode *node, basic_tensors *out)
{
    TB_OP_TRY(tb_op_check_inputs(context, node, 5, 5));
    TB_OP_TRY(tb_op_check_outputs(context, node, 4));
    TB_OP_TRY(tb_op_get_input(context, node, 0, "input", &out->input));
    TB_OP_TRY(get_state(context, node, 1, "previous activation", &out->activation));
    TB_OP_TRY(tb_op_get_input(context, node, 2, "weights", &out->weights));
    TB_OP_TRY(tb_op_get_input(context, node, 3, "bias", &out->bias));
    TB_OP_TRY(get_state(context, node, 4, "previous state", &out->state));
    TB_OP_TRY(tb_op_get_output(context, node, 0, &out->new_activation));
    TB_OP_TRY(tb_op_get_output(context, node, 1, &out->new_state));
    TB_OP_TRY(tb_op_get_output(context, node, 2, &out->joined));
    return tb_op_get_output(context, node, 3, &out->gates);
}

static TfLiteStatus check_basic_types(TfLiteContext *context, const basic_tensors *t,
                                      TfLiteType values, TfLiteType bias, TfLiteType state)
{
    const uint32_t value_types = TB_TYPE_BIT(values), state_types = TB_TYPE_BIT(state);
    TB_OP_TRY(tb_op_check_type(context, t->activation, "previous activation", value_types));
    TB_OP_TRY(tb_op_check_type(context, t->weights, "weights", value_types));
    TB_OP_TRY(tb_op_check_type(context, t->bias, "bias", TB_TYPE_BIT(bias)));
    TB_OP_TRY(tb_op_check_type(context, t->state, "previous state", state_types));
    TB_OP_TRY(tb_op_check_type(context, t->new_activation, "activation", value_types));
    TB_OP_TRY(tb_op_check_type(context, t->new_state, "state", state_types));
    TB_OP_TRY(tb_op_check_type(context, t->joined, "joined input", value_types));
    return tb_op_check_type(context, t->gates, "gates", state_types);
}

static TfLiteStatus check_matrix(TfLiteContext *context, const TfLiteTensor *tensor,
                                 const char *what, size_t rows, size_t columns)
{
    TB_OP_TRY(tb_op_check_rank(context, tensor, what, 2, 2));
    if ((size_t)tb_tensor_dim(tensor, 0) == rows && (size_t)tb_tensor_dim(tensor, 1) == columns)
        return kTfLiteOk;
    return tb_op_fail(context, "%s is %d by %d, expected %zu by %zu", what,
                      tb_tensor_dim(tensor, 0), tb_tensor_dim(tensor, 1), rows, columns);
}

static TfLiteStatus prepare_integer(TfLiteContext *context, const basic_tensors *t, basic *b)
{
    TB_OP_TRY(check_basic_types(context, t, kTfLiteUInt8, kTfLiteInt32, kTfLiteInt16));
    TB_OP_TRY(tb_op_check_quantized(context, t->weights, "weights"));
    int log2;
    if (!tb_quant_is_power_of_two(t->new_state->params.scale, &log2) || log2 != STATE_LOG2)
        return tb_op_fail(context, "state has scale %g, expected 2^%d",
                          (double)t->new_state->params.scale, STATE_LOG2);
    return tb_op_multiplier(context, (double)(4096.0f * t->bias->params.scale), "4096 bias scales",
                            &b->to_gates);
}

static TfLiteStatus prepare_basic(TfLiteContext *context, TfLiteNode *node)
{
    basic_tensors t;
    TB_OP_TRY(get_tensors(context, node, &t));
    TB_OP_TRY(tb_op_check_type(context, t.input, "input",
                               TB_TYPE_BIT(kTfLiteFloat32) | TB_TYPE_BIT(kTfLiteUInt8)));
    TB_OP_TRY(tb_op_check_rank(context, t.input, "input", 2, 2));
    TB_OP_TRY(tb_op_check_rank(context, t.activation, "previous activation", 2, 2));
    basic *b = tb_op_make_data(context, node, sizeof *b);
    if (!b)
        return kTfLiteError;
    b->batches = (size_t)tb_tensor_dim(t.input, 0);
    b->inputs = (size_t)tb_tensor_dim(t.input, 1);
    b->cells = (size_t)tb_tensor_dim(t.activation, 1);
    b->is_integer = t.input->type == kTfLiteUInt8;
    const size_t gates = BASIC_GATES * b->cells, joined = b->inputs + b->cells;
    if (gates > INT32_MAX || joined > INT32_MAX)
        return tb_op_fail(context, "has %zu inputs and %zu cells: too many", b->inputs, b->cells);
    TB_OP_TRY(check_matrix(context, t.activation, "previous activation", b->batches, b->cells));
    TB_OP_TRY(check_matrix(context, t.state, "previous state", b->batches, b->cells));
    TB_OP_TRY(check_matrix(context, t.weights, "weights", gates, joined));
    TB_OP_TRY(tb_op_check_rank(context, t.bias, "bias", 1, 1));
    if (tb_count(t.bias) != gates)
        return tb_op_fail(context, "bias has %zu elements, expected %zu", tb_count(t.bias), gates);
    if (b->is_integer)
        TB_OP_TRY(prepare_integer(context, &t, b));
    else
        TB_OP_TRY(check_basic_types(context, &t, kTfLiteFloat32, kTfLiteFloat32, kTfLiteFloat32));
    TB_OP_TRY(tb_op_resize_like(context, t.new_activation, t.activation));
    TB_OP_TRY(tb_op_resize_like(context, t.new_state, t.state));
    const int batches = tb_tensor_dim(t.input, 0);
    TB_OP_TRY(tb_op_resize(context, t.joined, 2, (int[]){batches, (int)joined}));
    return tb_op_resize(context, t.gates, 2, (int[]){batches, (int)gates});
}

static void join(const basic *b, const basic_tensors *t)
{
    const size_t element = b->is_integer ? sizeof(uint8_t) : sizeof(float);
    const size_t head = b->inputs * element, tail = b->cells * element;
    for (size_t batch = 0; batch < b->batches; batch++) {
        char *to = t->joined->data.raw + batch * (head + tail);
        if (head)
            memcpy(to, t->input->data.raw + batch * head, head);
        if (tail)
            memcpy(to + head, t->activation->data.raw + batch * tail, tail);
    }
}

static float sigmoid(float x)
{
    return 1.0f / (1.0f + tb_expf(-x));
}

static void float_step(const basic *b, const basic_tensors *t)
{
    const size_t gates = BASIC_GATES * b->cells, joined = b->inputs + b->cells;
    float *gate = t->gates->data.f;
    for (size_t i = 0; i < b->batches * gates && !tb_stopped(); i++)
        gate[i] = tb_dot_f32(0.0f, t->joined->data.f + i / gates * joined,
                             t->weights->data.f + i % gates * joined, joined) +
                  t->bias->data.f[i % gates];
    for (size_t i = 0; i < b->batches * b->cells; i++) {
        const float *g = gate + i / b->cells * gates + i % b->cells;
        float state = sigmoid(g[BASIC_INPUT]) * tb_tanhf(g[BASIC_MODULATION * b->cells]) +
                      sigmoid(g[BASIC_FORGET * b->cells]) * t->state->data.f[i];
        t->new_state->data.f[i] = state;
        t->new_activation->data.f[i] = sigmoid(g[BASIC_OUTPUT * b->cells]) * tb_tanhf(state);
    }
}

static void integer_gates(const basic *b, const basic_tensors *t)
{
    const size_t gates = BASIC_GATES * b->cells, joined = b->inputs + b->cells;
    for (size_t i = 0; i < b->batches * gates && !tb_stopped(); i++) {
        int32_t sum =
            tb_dot_u8(t->bias->data.i32[i % gates], t->joined->data.uint8 + i / gates * joined,
                      -INPUT_ZERO_POINT, t->weights->data.uint8 + i % gates * joined,
                      -t->weights->params.zero_point, joined);
        t->gates->data.i16[i] =
            (int16_t)tb_clamp(tb_multiply(sum, b->to_gates), INT16_MIN, INT16_MAX);
    }
}

static void integer_step(const basic *b, const basic_tensors *t)
{
    integer_gates(b, t);
    for (size_t i = 0; i < b->batches * b->cells; i++) {
        const int16_t *g =
            t->gates->data.i16 + i / b->cells * BASIC_GATES * b->cells + i % b->cells;
        int32_t admit = tb_fx_logistic(g[BASIC_INPUT], GATE_INTEGER_BITS, 16);
        int32_t modulation = tb_fx_tanh(g[BASIC_MODULATION * b->cells], GATE_INTEGER_BITS, 16);
        int32_t forget = tb_fx_logistic(g[BASIC_FORGET * b->cells], GATE_INTEGER_BITS, 16);
        int32_t emit = tb_fx_logistic(g[BASIC_OUTPUT * b->cells], GATE_INTEGER_BITS, 16);
        int32_t added = tb_fx_shift(tb_fx_mul(admit, modulation, 16), -STATE_INTEGER_BITS, 16);
        int32_t kept = tb_fx_mul(forget, t->state->data.i16[i], 16);
        int32_t state = tb_clamp(added + kept, INT16_MIN, INT16_MAX);
        int32_t bounded = tb_fx_shift(state, STATE_INTEGER_BITS - GATE_INTEGER_BITS, 16);
        int32_t activation = tb_fx_mul(emit, tb_fx_tanh(bounded, GATE_INTEGER_BITS, 16), 16);
        t->new_state->data.i16[i] = (int16_t)state;
        t->new_activation->data.uint8[i] =
            (uint8_t)(INPUT_ZERO_POINT +
                      tb_clamp(tb_rounding_shift(activation, 8), INT8_MIN, INT8_MAX));
    }
}

static TfLiteStatus invoke_basic(TfLiteContext *context, TfLiteNode *node)
{
    const basic *b = node->user_data;
    basic_tensors t;
    TB_OP_TRY(get_tensors(context, node, &t));
    join(b, &t);
    if (b->is_integer)
        integer_step(b, &t);
    else
        float_step(b, &t);
    if (b->batches * b->cells == 0)
        return kTfLiteOk;
    memcpy(t.activation->data.raw, t.new_activation->data.raw, t.new_activation->bytes);
    memcpy(t.state->data.raw, t.new_state->data.raw, t.new_state->bytes);
    return kTfLiteOk;
}

/* ---- both -------------------------------------------------------------------------------------- */

static TfLiteStatus prepare(TfLiteContext *context, TfLiteNode *node)
{
    const TfLiteLSTMParams *options = node->builtin_data;
    if (options->kernel_type == kTfLiteLSTMFullKernel)
        return prepare_full(context, node);
    if (options->kernel_type == kTfLiteLSTMBasicKernel)
        return prepare_basic(context, node);
    return tb_op_fail(context, "has kernel type %d, expected 0 (full) or 1 (basic)",
                      (int)options->kernel_type);
}

static TfLiteStatus invoke(TfLiteContext *context, TfLiteNode *node)
{
    const TfLiteLSTMParams *options = node->builtin_data;
    return options->kernel_type == kTfLiteLSTMFullKernel ? invoke_full(context, node)
                                                         : invoke_basic(context, node);
}

const TfLiteRegistration tb_op_lstm = {.prepare = prepare, .invoke = invoke};
