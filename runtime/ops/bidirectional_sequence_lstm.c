/*
 * BIDIRECTIONAL_SEQUENCE_LSTM: two cells over a sequence, one of them backwards; see lstm.h. Float
 * only, or float with integer weights.
 *
 * Inputs: input; 17 weights and biases of the forward cell, then of the backward one; two states of
 * each; an auxiliary input; its weights forward and backward. Without these weights the auxiliary
 * input is what the backward cell reads in place of the input.
 */
#include "runtime/ops/lstm.h"

enum {
    FIRST_CELL = 1,
    CELL_INPUTS = 17,
    FIRST_STATE = 35,
    AUX_INPUT = 39,
    FIRST_AUX_WEIGHTS = 40,
    INPUTS = 48
};

typedef struct bidirectional {
    tb_lstm cells[2];
} bidirectional;

static TfLiteStatus get_tensors(TfLiteContext *context, const TfLiteNode *node, int k,
                                tb_lstm_tensors *out)
{
    *out = (tb_lstm_tensors){0};
    TB_OP_TRY(tb_op_get_input(context, node, 0, "input", &out->input));
    const TfLiteTensor *aux = tb_op_input(context, node, AUX_INPUT);
    const int first = FIRST_CELL + k * CELL_INPUTS, aux_weights = FIRST_AUX_WEIGHTS + 4 * k;
    bool is_parallel = aux && !tb_op_input(context, node, FIRST_AUX_WEIGHTS + TB_LSTM_FORGET);
    if (is_parallel && k == 1)
        out->input = aux;
    out->aux_input = is_parallel ? NULL : aux;
    static const int peepholes[TB_LSTM_GATES] = {8, 9, -1, 10};
    for (int g = 0; g < TB_LSTM_GATES; g++)
        out->gate[g] = (tb_lstm_gate_tensors){
            .weights = tb_op_input(context, node, first + g),
            .aux = is_parallel ? NULL : tb_op_input(context, node, aux_weights + g),
            .recurrent = tb_op_input(context, node, first + 4 + g),
            .peephole = peepholes[g] < 0 ? NULL : tb_op_input(context, node, first + peepholes[g]),
            .bias = tb_op_input(context, node, first + 11 + g),
        };
    out->projection = tb_op_input(context, node, first + 15);
    out->projection_bias = tb_op_input(context, node, first + 16);
    out->output_state = tb_op_variable(context, node, FIRST_STATE + 2 * k);
    out->cell_state = tb_op_variable(context, node, FIRST_STATE + 2 * k + 1);
    return kTfLiteOk;
}

static TfLiteStatus shape_output(TfLiteContext *context, const TfLiteNode *node, int k,
                                 const TfLiteTensor *input, size_t width)
{
    TfLiteTensor *output;
    TB_OP_TRY(tb_op_get_output(context, node, k, &output));
    TB_OP_TRY(tb_op_check_type(context, output, "output", TB_TYPE_BIT(kTfLiteFloat32)));
    if (width > INT32_MAX)
        return tb_op_fail(context, "has %zu outputs: too many", width);
    int dims[] = {tb_tensor_dim(input, 0), tb_tensor_dim(input, 1), (int)width};
    return tb_op_resize(context, output, 3, dims);
}

static TfLiteStatus prepare(TfLiteContext *context, TfLiteNode *node)
{
    const TfLiteBidirectionalSequenceLSTMParams *options = node->builtin_data;
    TB_OP_TRY(tb_op_check_inputs(context, node, INPUTS, INPUTS));
    TB_OP_TRY(tb_op_check_outputs(context, node, options->merge_outputs ? 1 : 2));
    bidirectional *b = tb_op_make_data(context, node, sizeof *b);
    if (!b)
        return kTfLiteError;
    for (int k = 0; k < 2; k++) {
        tb_lstm_tensors tensors;
        const tb_lstm_params params = {.activation = options->activation,
                                       .cell_clip = options->cell_clip,
                                       .proj_clip = options->proj_clip,
                                       .asymmetric_inputs = options->asymmetric_quantize_inputs,
                                       .time_major = options->time_major,
                                       .backward = k == 1};
        TB_OP_TRY(get_tensors(context, node, k, &tensors));
        TB_OP_TRY(tb_op_check_type(context, tensors.input, "input", TB_TYPE_BIT(kTfLiteFloat32)));
        TB_OP_TRY(tb_op_check_rank(context, tensors.input, "input", 3, 3));
        TB_OP_TRY(tb_lstm_prepare(context, &tensors, &params, &b->cells[k]));
    }
    const tb_lstm *forward = &b->cells[0], *backward = &b->cells[1];
    if (forward->times != backward->times || forward->batches != backward->batches)
        return tb_op_fail(context, "the inputs of the two directions differ in times or batches");
    const TfLiteTensor *input = tb_op_input(context, node, 0);
    if (options->merge_outputs)
        return shape_output(context, node, 0, input, forward->outputs + backward->outputs);
    TB_OP_TRY(shape_output(context, node, 0, input, forward->outputs));
    return shape_output(context, node, 1, input, backward->outputs);
}

static TfLiteStatus invoke(TfLiteContext *context, TfLiteNode *node)
{
    const TfLiteBidirectionalSequenceLSTMParams *options = node->builtin_data;
    const bool merged = options->merge_outputs;
    bidirectional *b = node->user_data;
    for (int k = 0; k < 2; k++) {
        tb_lstm_tensors tensors;
        TB_OP_TRY(get_tensors(context, node, k, &tensors));
        size_t row = merged ? b->cells[0].outputs + b->cells[1].outputs : b->cells[k].outputs;
        size_t offset = merged && k == 1 ? b->cells[0].outputs : 0;
        tb_lstm_run(context, &b->cells[k], &tensors, tb_op_output(context, node, merged ? 0 : k),
                    row, offset);
    }
    return kTfLiteOk;
}

const TfLiteRegistration tb_op_bidirectional_sequence_lstm = {.prepare = prepare, .invoke = invoke};
