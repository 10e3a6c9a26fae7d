/*
 * MIRROR_PAD: a border that mirrors what it borders on, with the edge (symmetric) or without it
 * (reflect).
 */
#include "runtime/ops/mirror.h"
#include "runtime/ops/view.h"

static TfLiteStatus shape_output(TfLiteContext *context, const TfLiteNode *node)
{
    tb_mirror *data = node->user_data;
    const TfLiteTensor *input = tb_op_input(context, node, 0);
    int32_t values[2 * TB_MAX_RANK];
    int count, dims[TB_MAX_RANK];
    TB_OP_TRY(tb_op_read_ints(context, tb_op_input(context, node, 1), "paddings", 2 * data->rank,
                              values, &count));
    for (int d = data->rank - 1; d >= 0; d--) {
        int dim = tb_tensor_dim(input, d), most = dim - (int)data->edge;
        int32_t before = values[2 * d], after = values[2 * d + 1];
        if (before < 0 || after < 0 || before > most || after > most)
            return tb_op_fail(context,
                              "paddings of dimension %d, which is %d, are %d and %d, "
                              "expected 0 to %d",
                              d, dim, before, after, most);
        if (__builtin_add_overflow(dim, before, &dims[d]) ||
            __builtin_add_overflow(dims[d], after, &dims[d]))
            return tb_op_fail(context, "dimension %d gets too long", d);
        data->dims[d] = (size_t)dim;
        data->before[d] = (size_t)before;
        data->after[d] = (size_t)after;
    }
    TB_OP_TRY(tb_op_resize(context, tb_op_output(context, node, 0), data->rank, dims));
    if (tb_count(tb_op_output(context, node, 0)) > 0)
        tb_mirror_plan(data);
    return kTfLiteOk;
}

static TfLiteStatus prepare(TfLiteContext *context, TfLiteNode *node)
{
    const TfLiteMirrorPaddingParams *params = node->builtin_data;
    const TfLiteTensor *input, *paddings;
    TfLiteTensor *output;
    TB_OP_TRY(tb_op_check_inputs(context, node, 2, 2));
    TB_OP_TRY(tb_op_check_outputs(context, node, 1));
    TB_OP_TRY(tb_op_get_input(context, node, 0, "input", &input));
    TB_OP_TRY(tb_op_get_input(context, node, 1, "paddings", &paddings));
    TB_OP_TRY(tb_op_get_output(context, node, 0, &output));
    TB_OP_TRY(tb_op_check_type(context, input, "input", TB_VIEW_TYPES));
    TB_OP_TRY(tb_op_check_same_type(context, input, "input", output, "output"));
    TB_OP_TRY(tb_op_check_type(context, paddings, "paddings",
                               TB_TYPE_BIT(kTfLiteInt32) | TB_TYPE_BIT(kTfLiteInt64)));
    TB_OP_TRY(tb_op_check_rank(context, input, "input", 0, TB_MAX_RANK));
    TB_OP_TRY(tb_op_check_rank(context, paddings, "paddings", 2, 2));
    if (!params || (params->mode != kTfLiteMirrorPaddingReflect &&
                    params->mode != kTfLiteMirrorPaddingSymmetric))
        return tb_op_fail(context, "has mode %d, expected reflect or symmetric",
                          params ? (int)params->mode : -1);
    int rank = tb_tensor_rank(input);
    if (tb_tensor_dim(paddings, 0) != rank || tb_tensor_dim(paddings, 1) != 2)
        return tb_op_fail(context, "paddings are %d x %d, expected %d x 2",
                          tb_tensor_dim(paddings, 0), tb_tensor_dim(paddings, 1), rank);
    if (TB_TYPES_QUANTIZED & TB_TYPE_BIT(input->type))
        TB_OP_TRY(tb_op_check_same_quantization(context, input, "input", output, "output"));
    if (input->type == kTfLiteInt16)
        TB_OP_TRY(tb_op_check_symmetric(context, input, "input"));
    tb_mirror *data = tb_op_make_data(context, node, sizeof *data);
    if (!data)
        return kTfLiteError;
    data->rank = rank;
    data->edge = params->mode == kTfLiteMirrorPaddingReflect;
    data->element_bytes = tb_type_bytes(input->type);
    if (tb_tensor_is_constant(paddings))
        return shape_output(context, node);
    tb_op_set_dynamic(output);
    return kTfLiteOk;
}

static TfLiteStatus invoke(TfLiteContext *context, TfLiteNode *node)
{
    const tb_mirror *data = node->user_data;
    const TfLiteTensor *input = tb_op_input(context, node, 0);
    TfLiteTensor *output = tb_op_output(context, node, 0);
    if (tb_tensor_is_dynamic(output))
        TB_OP_TRY(shape_output(context, node));
    if (tb_count(output) > 0)
        tb_mirror_rows(data, input->data.raw, output->data.raw, 0, data->rows);
    return kTfLiteOk;
}

const TfLiteRegistration tb_op_mirror_pad = {.prepare = prepare, .invoke = invoke};
