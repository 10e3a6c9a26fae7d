/* The skeleton of elementwise operators. */
#include "runtime/ops/elementwise.h"

TfLiteStatus tb_unary_invoke(TfLiteContext *context, TfLiteNode *node)
{
    const tb_unary *unary = node->user_data;
    const TfLiteTensor *input = tb_op_input(context, node, 0);
    const TfLiteTensor *output = tb_op_output(context, node, 0);
    const size_t in_bytes = tb_type_bytes(input->type), out_bytes = tb_type_bytes(output->type);
    const size_t count = tb_count(input);
    const size_t block = in_bytes && out_bytes ? TB_BLOCK_ELEMENTS : count;
    for (size_t at = 0; at < count && !tb_stopped(); at += block)
        unary->row(unary, input->data.raw + at * in_bytes, output->data.raw + at * out_bytes,
                   TB_MIN(block, count - at));
    return kTfLiteOk;
}

TfLiteStatus tb_unary_prepare(TfLiteContext *context, TfLiteNode *node, const tb_typed_row *rows,
                              size_t data_bytes, const TfLiteTensor **input, TfLiteTensor **output)
{
    TB_OP_TRY(tb_op_unary(context, node, input, output));
    TB_OP_TRY(tb_op_check_same_type(context, *input, "input", *output, "output"));
    const tb_typed_row *row;
    TB_OP_TRY(tb_typed_row_find(context, rows, *input, "input", &row));
    tb_unary *unary = tb_op_make_data(context, node, data_bytes);
    if (!unary)
        return kTfLiteError;
    unary->row = row->unary;
    return tb_op_resize_like(context, *output, *input);
}

TfLiteStatus tb_binary_tensors_get(TfLiteContext *context, const TfLiteNode *node,
                                   tb_binary_tensors *out)
{
    TB_OP_TRY(tb_op_check_inputs(context, node, 2, 2));
    TB_OP_TRY(tb_op_check_outputs(context, node, 1));
    TB_OP_TRY(tb_op_get_input(context, node, 0, "first input", &out->a));
    TB_OP_TRY(tb_op_get_input(context, node, 1, "second input", &out->b));
    return tb_op_get_output(context, node, 0, &out->output);
}

TfLiteStatus tb_binary_prepare(TfLiteContext *context, const tb_binary_tensors *tensors,
                               tb_binary *binary)
{
    const TfLiteTensor *inputs[] = {tensors->a, tensors->b};
    static const char *const names[] = {"first input", "second input"};
    binary->a_bytes = tb_type_bytes(tensors->a->type);
    binary->b_bytes = tb_type_bytes(tensors->b->type);
    binary->out_bytes = tb_type_bytes(tensors->output->type);
    return tb_broadcast_prepare(context, inputs, names, 2, tensors->output, &binary->plan);
}

TfLiteStatus tb_binary_invoke(TfLiteContext *context, TfLiteNode *node)
{
    const tb_binary *binary = node->user_data;
    tb_broadcast_binary(&binary->plan, binary->row, binary, tb_op_input(context, node, 0)->data.raw,
                        binary->a_bytes, tb_op_input(context, node, 1)->data.raw, binary->b_bytes,
                        tb_op_output(context, node, 0)->data.raw, binary->out_bytes);
    return kTfLiteOk;
}

TfLiteStatus tb_typed_row_find(TfLiteContext *context, const tb_typed_row *rows,
                               const TfLiteTensor *tensor, const char *what,
                               const tb_typed_row **out)
{
    uint32_t types = 0;
    for (*out = rows; (*out)->type != kTfLiteNoType; (*out)++) {
        if ((*out)->type == tensor->type)
            return kTfLiteOk;
        types |= TB_TYPE_BIT((*out)->type);
    }
    return tb_op_check_type(context, tensor, what, types);
}
