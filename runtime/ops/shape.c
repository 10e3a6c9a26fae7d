/*
 * SHAPE and RANK: the input's shape as values. It is known in prepare, so the output is a constant
 * for what comes behind.
 */
#include "runtime/ops/common.h"

static TfLiteStatus prepare_shape(TfLiteContext *context, TfLiteNode *node)
{
    const TfLiteShapeParams *params = node->builtin_data;
    const TfLiteTensor *input;
    TfLiteTensor *output;
    TB_OP_TRY(tb_op_unary(context, node, &input, &output));
    if (params->out_type != kTfLiteInt32 && params->out_type != kTfLiteInt64)
        return tb_op_fail(context, "asks for %s, expected INT32 or INT64",
                          TfLiteTypeGetName(params->out_type));
    output->type = params->out_type;
    int rank = tb_tensor_rank(input);
    tb_op_set_constant(output);
    TB_OP_TRY(tb_op_resize(context, output, 1, &rank));
    for (int d = 0; d < rank; d++) {
        if (output->type == kTfLiteInt64)
            output->data.i64[d] = tb_tensor_dim(input, d);
        else
            output->data.i32[d] = tb_tensor_dim(input, d);
    }
    return kTfLiteOk;
}

static TfLiteStatus prepare_rank(TfLiteContext *context, TfLiteNode *node)
{
    const TfLiteTensor *input;
    TfLiteTensor *output;
    TB_OP_TRY(tb_op_unary(context, node, &input, &output));
    output->type = kTfLiteInt32;
    tb_op_set_constant(output);
    TB_OP_TRY(tb_op_resize(context, output, 0, NULL));
    output->data.i32[0] = tb_tensor_rank(input);
    return kTfLiteOk;
}

static TfLiteStatus invoke(TfLiteContext *context, TfLiteNode *node)
{
    (void)context;
    (void)node;
    return kTfLiteOk;
}

const TfLiteRegistration tb_op_shape = {.prepare = prepare_shape, .invoke = invoke};
const TfLiteRegistration tb_op_rank = {.prepare = prepare_rank, .invoke = invoke};
