/*
 * Basic recurrent cells: RNN (one step), UNIDIRECTIONAL_SEQUENCE_RNN and BIDIRECTIONAL_SEQUENCE_RNN.
 * For every step, with x the input and h the state, which is the output, too:
 *
 *     h = activation(b + W x + A aux + R h)
 *
 * in float, or with integer weights (see product.h).
 */
#include <string.h>

#include "runtime/ops/activation.h"
#include "runtime/ops/product.h"

/* ---- a cell ------------------------------------------------------------------------------------ */

typedef struct cell_tensors {
    const TfLiteTensor *input; /* [time, batch, inputs], [batch, time, inputs], [batch, inputs] */
    const TfLiteTensor *aux;   /* as input, or NULL */
    const TfLiteTensor *weights;
    const TfLiteTensor *aux_weights;
    const TfLiteTensor *recurrent;
    const TfLiteTensor *bias;
    TfLiteTensor *state; /* [batch, units] */
} cell_tensors;

typedef struct cell {
    TfLiteFusedActivation activation;
    bool backward;
    size_t times;
    size_t batches;
    size_t step_batches; /* all where time comes first, else one after the other */
    bool time_major;
    size_t units;
    tb_product input;
    tb_product aux;
    tb_product recurrent;
    size_t aux_stride; /* from one row of the auxiliary input to the next */
    size_t passes;     /* over the whole sequence */
    int sums;          /* scratch: step_batches * units */
} cell;

typedef struct cell_options {
    TfLiteFusedActivation activation;
    bool time_major;
    bool asymmetric;
    bool backward;
} cell_options;

static TfLiteStatus prepare_aux(TfLiteContext *context, const cell_tensors *t, bool asymmetric,
                                cell *out)
{
    if (!t->aux && !t->aux_weights)
        return kTfLiteOk;
    if (!t->aux || !t->aux_weights)
        return tb_op_fail(context, "has an auxiliary input or its weights without the other");
    int rank = tb_tensor_rank(t->input);
    TB_OP_TRY(tb_op_check_type(context, t->aux, "auxiliary input", TB_TYPE_BIT(kTfLiteFloat32)));
    TB_OP_TRY(tb_op_check_rank(context, t->aux, "auxiliary input", rank, rank));
    for (int i = 0; i < rank - 1; i++)
        if (tb_tensor_dim(t->aux, i) != tb_tensor_dim(t->input, i))
            return tb_op_fail(context, "auxiliary input and input differ in dimension %d", i);
    TB_OP_TRY(
        tb_op_check_same_type(context, t->weights, "weights", t->aux_weights, "auxiliary weights"));
    return tb_product_prepare(context, t->aux_weights, "auxiliary weights", out->units,
                              (size_t)tb_tensor_dim(t->aux, rank - 1), out->step_batches,
                              asymmetric, &out->aux);
}

static TfLiteStatus prepare_cell(TfLiteContext *context, const cell_tensors *t,
                                 const cell_options *options, cell *out)
{
    TB_OP_TRY(tb_op_check_type(context, t->input, "input", TB_TYPE_BIT(kTfLiteFloat32)));
    int rank = tb_tensor_rank(t->input);
    *out = (cell){.activation = options->activation,
                  .backward = options->backward,
                  .time_major = rank == 2 || options->time_major,
                  .times = 1,
                  .passes = 1,
                  .batches = (size_t)tb_tensor_dim(t->input, 0)};
    if (rank == 3) {
        out->times = (size_t)tb_tensor_dim(t->input, out->time_major ? 0 : 1);
        out->batches = (size_t)tb_tensor_dim(t->input, out->time_major ? 1 : 0);
    }
    out->step_batches = out->time_major ? out->batches : 1;
    TB_OP_TRY(tb_product_prepare(context, t->weights, "weights", SIZE_MAX,
                                 (size_t)tb_tensor_dim(t->input, rank - 1), out->step_batches,
                                 options->asymmetric, &out->input));
    out->units = out->input.rows;
    TB_OP_TRY(
        tb_op_check_same_type(context, t->weights, "weights", t->recurrent, "recurrent weights"));
    TB_OP_TRY(tb_product_prepare(context, t->recurrent, "recurrent weights", out->units, out->units,
                                 out->step_batches, options->asymmetric, &out->recurrent));
    TB_OP_TRY(prepare_aux(context, t, options->asymmetric, out));
    TB_OP_TRY(tb_op_check_type(context, t->bias, "bias", TB_TYPE_BIT(kTfLiteFloat32)));
    TB_OP_TRY(tb_op_check_rank(context, t->bias, "bias", 1, 1));
    if (tb_count(t->bias) != out->units)
        return tb_op_fail(context, "bias has %zu elements, expected %zu", tb_count(t->bias),
                          out->units);
    if (!t->state)
        return tb_op_fail(context, "state is missing or no variable");
    TB_OP_TRY(tb_op_check_type(context, t->state, "state", TB_TYPE_BIT(kTfLiteFloat32)));
    TB_OP_TRY(tb_op_check_rank(context, t->state, "state", 2, 2));
    if ((size_t)tb_tensor_dim(t->state, 0) != out->batches ||
        (size_t)tb_tensor_dim(t->state, 1) != out->units)
        return tb_op_fail(context, "state is %d by %d, expected %zu by %zu",
                          tb_tensor_dim(t->state, 0), tb_tensor_dim(t->state, 1), out->batches,
                          out->units);
    size_t sums;
    if (!tb_mul_size(out->step_batches, out->units, &sums))
        return tb_op_fail(context, "has %zu batches of %zu units: too many", out->step_batches,
                          out->units);
    return tb_op_scratch_array(context, sums, sizeof(float), &out->sums);
}

static void step(TfLiteContext *context, const cell *c, const float *input, const float *aux,
                 const float *bias, float *state)
{
    float *sums = tb_op_scratch(context, c->sums);
    const size_t count = c->step_batches * c->units;
    for (size_t i = 0; i < count; i++)
        sums[i] = bias[i % c->units];
    tb_product_add(context, &c->input, input, sums);
    tb_product_add(context, &c->aux, aux, sums);
    tb_product_add(context, &c->recurrent, state, sums);
    for (size_t i = 0; i < count; i++)
        state[i] = tb_activate(c->activation, sums[i]);
}

/* Output rows are `row` elements long, of which those from `offset` on are written. */
static void run_pass(TfLiteContext *context, const cell *c, const cell_tensors *t, float *output,
                     size_t row, size_t offset)
{
    const size_t rows = c->step_batches;
    for (size_t batch = 0; batch < c->batches; batch += rows)
        for (size_t s = 0; s < c->times && !tb_stopped(); s++) {
            size_t time = c->backward ? c->times - 1 - s : s;
            /* The first row of the step in input and output. */
            size_t at = c->time_major ? time * rows : batch * c->times + time;
            float *state = t->state->data.f + batch * c->units;
            step(context, c, t->input->data.f + at * c->input.columns,
                 t->aux ? t->aux->data.f + at * c->aux_stride : NULL, t->bias->data.f, state);
            if (c->units == 0)
                continue;
            for (size_t b = 0; b < rows; b++)
                memcpy(output + (at + b) * row + offset, state + b * c->units,
                       c->units * sizeof *output);
        }
}

static TfLiteStatus run_cell(TfLiteContext *context, cell *c, const cell_tensors *t, float *output,
                             size_t row, size_t offset)
{
    /* Tensors may have moved since prepare. */
    c->input.matrix = t->weights;
    c->aux.matrix = t->aux_weights;
    c->recurrent.matrix = t->recurrent;
    for (size_t pass = 0; pass < c->passes; pass++) {
        if (tb_op_cancelled(context))
            return kTfLiteCancelled;
        run_pass(context, c, t, output, row, offset);
    }
    return kTfLiteOk;
}

/* ---- RNN, UNIDIRECTIONAL_SEQUENCE_RNN ---------------------------------------------------------- */

static cell_tensors get_tensors(const TfLiteContext *context, const TfLiteNode *node)
{
    return (cell_tensors){.input = tb_op_input(context, node, 0),
                          .weights = tb_op_input(context, node, 1),
                          .recurrent = tb_op_input(context, node, 2),
                          .bias = tb_op_input(context, node, 3),
                          .state = tb_op_variable(context, node, 4)};
}

/* Gives an output the input's shape with `width` in the last place. */
static TfLiteStatus shape_output(TfLiteContext *context, const TfLiteNode *node, int k,
                                 const TfLiteTensor *input, size_t width)
{
    TfLiteTensor *output;
    TB_OP_TRY(tb_op_get_output(context, node, k, &output));
    TB_OP_TRY(tb_op_check_type(context, output, "output", TB_TYPE_BIT(kTfLiteFloat32)));
    int dims[3], rank = tb_tensor_rank(input);
    for (int i = 0; i < rank - 1; i++)
        dims[i] = tb_tensor_dim(input, i);
    dims[rank - 1] = (int)width;
    return tb_op_resize(context, output, rank, dims);
}

static TfLiteStatus prepare_one(TfLiteContext *context, TfLiteNode *node, int rank,
                                const cell_options *options)
{
    TB_OP_TRY(tb_op_check_inputs(context, node, 5, 5));
    TB_OP_TRY(tb_op_check_outputs(context, node, 1));
    cell_tensors t = get_tensors(context, node);
    TB_OP_TRY(tb_op_check_rank(context, t.input, "input", rank, rank));
    cell *c = tb_op_make_data(context, node, sizeof *c);
    if (!c)
        return kTfLiteError;
    TB_OP_TRY(prepare_cell(context, &t, options, c));
    return shape_output(context, node, 0, t.input, c->units);
}

static TfLiteStatus prepare_rnn(TfLiteContext *context, TfLiteNode *node)
{
    const TfLiteRNNParams *options = node->builtin_data;
    return prepare_one(context, node, 2,
                       &(cell_options){.activation = options->activation,
                                       .asymmetric = options->asymmetric_quantize_inputs});
}

static TfLiteStatus prepare_sequence(TfLiteContext *context, TfLiteNode *node)
{
    const TfLiteSequenceRNNParams *options = node->builtin_data;
    return prepare_one(context, node, 3,
                       &(cell_options){.activation = options->activation,
                                       .time_major = options->time_major,
                                       .asymmetric = options->asymmetric_quantize_inputs});
}

static TfLiteStatus invoke_one(TfLiteContext *context, TfLiteNode *node)
{
    cell *c = node->user_data;
    cell_tensors t = get_tensors(context, node);
    return run_cell(context, c, &t, tb_op_output(context, node, 0)->data.f, c->units, 0);
}

const TfLiteRegistration tb_op_rnn = {.prepare = prepare_rnn, .invoke = invoke_one};
const TfLiteRegistration tb_op_unidirectional_sequence_rnn = {.prepare = prepare_sequence,
                                                              .invoke = invoke_one};

/* ---- BIDIRECTIONAL_SEQUENCE_RNN ---------------------------------------------------------------- */

/*
 * Inputs: input; forward weights, recurrent weights, bias, state; the same backward; an auxiliary
 * input; its weights forward and backward. Without these weights the auxiliary input is what the
 * backward cell reads in place of the input.
 */
enum { AUX_INPUT = 9, AUX_WEIGHTS = 10, BIDIRECTIONAL_INPUTS = 12 };

typedef struct bidirectional {
    cell cells[2];
} bidirectional;

static cell_tensors get_direction(const TfLiteContext *context, const TfLiteNode *node, int k)
{
    const TfLiteTensor *input = tb_op_input(context, node, 0);
    const TfLiteTensor *aux = tb_op_input(context, node, AUX_INPUT);
    const TfLiteTensor *aux_weights = tb_op_input(context, node, AUX_WEIGHTS + k);
    bool is_parallel = aux && !aux_weights;
    int first = 1 + 4 * k;
    return (cell_tensors){.input = is_parallel && k == 1 ? aux : input,
                          .aux = is_parallel ? NULL : aux,
                          .weights = tb_op_input(context, node, first),
                          .aux_weights = aux_weights,
                          .recurrent = tb_op_input(context, node, first + 1),
                          .bias = tb_op_input(context, node, first + 2),
                          .state = tb_op_variable(context, node, first + 3)};
}

/*
 * Where TFLite's kernel does something else than its operator says, which its outputs show: with
 * integer weights and time first it runs the sequence as often as there are times; and, but for
 * float with batches first, it steps through the auxiliary input by the width of the input. Where
 * that would leave the tensor, rows are taken as they are.
 */
static void follow_tflite(cell *c)
{
    bool is_hybrid = c->input.is_hybrid;
    if (is_hybrid && c->time_major)
        c->passes = c->times;
    c->aux_stride = c->aux.columns;
    if ((is_hybrid || c->time_major) && c->input.columns < c->aux.columns)
        c->aux_stride = c->input.columns;
}

static TfLiteStatus prepare_bidirectional(TfLiteContext *context, TfLiteNode *node)
{
    const TfLiteBidirectionalSequenceRNNParams *options = node->builtin_data;
    TB_OP_TRY(tb_op_check_inputs(context, node, BIDIRECTIONAL_INPUTS, BIDIRECTIONAL_INPUTS));
    TB_OP_TRY(tb_op_check_outputs(context, node, options->merge_outputs ? 1 : 2));
    if (!tb_op_input(context, node, AUX_WEIGHTS) != !tb_op_input(context, node, AUX_WEIGHTS + 1))
        return tb_op_fail(context, "has auxiliary weights in one direction only");
    bidirectional *b = tb_op_make_data(context, node, sizeof *b);
    if (!b)
        return kTfLiteError;
    for (int k = 0; k < 2; k++) {
        cell_tensors t = get_direction(context, node, k);
        TB_OP_TRY(tb_op_check_rank(context, t.input, "input", 3, 3));
        const cell_options direction = {.activation = options->activation,
                                        .time_major = options->time_major,
                                        .asymmetric = options->asymmetric_quantize_inputs,
                                        .backward = k == 1};
        TB_OP_TRY(prepare_cell(context, &t, &direction, &b->cells[k]));
        follow_tflite(&b->cells[k]);
    }
    const cell *forward = &b->cells[0], *backward = &b->cells[1];
    if (forward->times != backward->times || forward->batches != backward->batches)
        return tb_op_fail(context, "the inputs of the two directions differ in times or batches");
    const TfLiteTensor *input = tb_op_input(context, node, 0);
    size_t both = forward->units + backward->units;
    if (both > INT32_MAX)
        return tb_op_fail(context, "has %zu units: too many", both);
    if (options->merge_outputs)
        return shape_output(context, node, 0, input, both);
    TB_OP_TRY(shape_output(context, node, 0, input, forward->units));
    return shape_output(context, node, 1, input, backward->units);
}

static TfLiteStatus invoke_bidirectional(TfLiteContext *context, TfLiteNode *node)
{
    const TfLiteBidirectionalSequenceRNNParams *options = node->builtin_data;
    bidirectional *b = node->user_data;
    size_t both = b->cells[0].units + b->cells[1].units;
    for (int k = 0; k < 2; k++) {
        cell_tensors t = get_direction(context, node, k);
        bool merged = options->merge_outputs;
        float *output = tb_op_output(context, node, merged ? 0 : k)->data.f;
        TB_OP_TRY(run_cell(context, &b->cells[k], &t, output, merged ? both : b->cells[k].units,
                           merged && k == 1 ? b->cells[0].units : 0));
    }
    return kTfLiteOk;
}

const TfLiteRegistration tb_op_bidirectional_sequence_rnn = {.prepare = prepare_bidirectional,
                                                             .invoke = invoke_bidirectional};
