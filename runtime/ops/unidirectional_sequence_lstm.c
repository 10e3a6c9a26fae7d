/* UNIDIRECTIONAL_SEQUENCE_LSTM: one cell over a sequence; see lstm.h. */
#include "runtime/ops/lstm.h"

static TfLiteStatus prepare(TfLiteContext *context, TfLiteNode *node)
{
    const TfLiteUnidirectionalSequenceLSTMParams *options = node->builtin_data;
    const tb_lstm_params params = {.activation = options->activation,
                                   .cell_clip = options->cell_clip,
                                   .proj_clip = options->proj_clip,
                                   .asymmetric_inputs = options->asymmetric_quantize_inputs,
                                   .time_major = options->time_major};
    tb_lstm_tensors tensors;
    TfLiteTensor *output;
    TB_OP_TRY(tb_lstm_get_tensors(context, node, &tensors));
    TB_OP_TRY(tb_op_check_outputs(context, node, 1));
    TB_OP_TRY(tb_op_get_output(context, node, 0, &output));
    TB_OP_TRY(tb_op_check_same_type(context, tensors.input, "input", output, "output"));
    TB_OP_TRY(tb_op_check_rank(context, tensors.input, "input", 3, 3));
    tb_lstm *lstm = tb_op_make_data(context, node, sizeof *lstm);
    if (!lstm)
        return kTfLiteError;
    TB_OP_TRY(tb_lstm_prepare(context, &tensors, &params, lstm));
    int dims[] = {tb_tensor_dim(tensors.input, 0), tb_tensor_dim(tensors.input, 1),
                  (int)lstm->outputs};
    return tb_op_resize(context, output, 3, dims);
}

static TfLiteStatus invoke(TfLiteContext *context, TfLiteNode *node)
{
    tb_lstm *lstm = node->user_data;
    tb_lstm_tensors tensors;
    TB_OP_TRY(tb_lstm_get_tensors(context, node, &tensors));
    tb_lstm_run(context, lstm, &tensors, tb_op_output(context, node, 0), lstm->outputs, 0);
    return kTfLiteOk;
}

const TfLiteRegistration tb_op_unidirectional_sequence_lstm = {.prepare = prepare,
                                                               .invoke = invoke};
