/*
 * WHERE: the coordinates of every element that is not zero, in row-major order, one row each. How
 * many there are shows in invoke only, unless the condition is constant.
 */
#include "runtime/ops/common.h"

static bool is_set(const TfLiteTensor *condition, size_t i)
{
    switch (condition->type) {
    case kTfLiteFloat32:
        return condition->data.f[i] != 0.0f;
    case kTfLiteInt64:
        return condition->data.i64[i] != 0;
    case kTfLiteInt32:
    case kTfLiteUInt32:
        return condition->data.i32[i] != 0;
    default:
        return condition->data.uint8[i] != 0;
    }
}

static TfLiteStatus shape_output(TfLiteContext *context, const TfLiteTensor *condition,
                                 TfLiteTensor *output)
{
    size_t count = tb_count(condition), found = 0;
    for (size_t i = 0; i < count; i++)
        found += is_set(condition, i);
    if (found > INT32_MAX)
        return tb_op_fail(context, "%zu elements are set, expected at most %d", found, INT32_MAX);
    return tb_op_resize(context, output, 2, (int[2]){(int)found, tb_tensor_rank(condition)});
}

static TfLiteStatus prepare(TfLiteContext *context, TfLiteNode *node)
{
    const TfLiteTensor *condition;
    TfLiteTensor *output;
    TB_OP_TRY(tb_op_unary(context, node, &condition, &output));
    TB_OP_TRY(tb_op_check_type(context, condition, "condition",
                               TB_TYPE_BIT(kTfLiteBool) | TB_TYPE_BIT(kTfLiteFloat32) |
                                   TB_TYPE_BIT(kTfLiteInt64) | TB_TYPE_BIT(kTfLiteInt32) |
                                   TB_TYPE_BIT(kTfLiteUInt32) | TB_TYPE_BIT(kTfLiteInt8) |
                                   TB_TYPE_BIT(kTfLiteUInt8)));
    TB_OP_TRY(tb_op_check_rank(context, condition, "condition", 1, TB_MAX_RANK));
    output->type = kTfLiteInt64;
    if (tb_tensor_is_constant(condition))
        return shape_output(context, condition, output);
    tb_op_set_dynamic(output);
    return kTfLiteOk;
}

static TfLiteStatus invoke(TfLiteContext *context, TfLiteNode *node)
{
    const TfLiteTensor *condition = tb_op_input(context, node, 0);
    TfLiteTensor *output = tb_op_output(context, node, 0);
    if (tb_tensor_is_dynamic(output))
        TB_OP_TRY(shape_output(context, condition, output));
    int rank = tb_tensor_rank(condition);
    size_t count = tb_count(condition);
    int64_t *row = output->data.i64;
    for (size_t i = 0; i < count; i++) {
        if (!is_set(condition, i))
            continue;
        size_t rest = i;
        for (int d = rank - 1; d >= 0; d--) {
            size_t dim = (size_t)tb_tensor_dim(condition, d);
            row[d] = (int64_t)(rest % dim);
            rest /= dim;
        }
        row += rank;
    }
    return kTfLiteOk;
}

const TfLiteRegistration tb_op_where = {.prepare = prepare, .invoke = invoke};
