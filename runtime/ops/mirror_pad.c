/*
 * MIRROR_PAD: a border that mirrors what it borders on, with the edge (symmetric) or without it
 * (reflect).
 */
#include "runtime/ops/view.h"

#include <string.h>

typedef struct mirror_data {
    int rank;
    size_t edge; /* 1: the edge is not repeated */
    size_t element_bytes;
    size_t in_dims[TB_MAX_RANK];
    size_t in_stride[TB_MAX_RANK]; /* bytes */
    size_t before[TB_MAX_RANK];
    size_t after[TB_MAX_RANK];
} mirror_data;

static TfLiteStatus shape_output(TfLiteContext *context, const TfLiteNode *node)
{
    mirror_data *data = node->user_data;
    const TfLiteTensor *input = tb_op_input(context, node, 0);
    int32_t values[2 * TB_MAX_RANK];
    int count, dims[TB_MAX_RANK];
    TB_OP_TRY(tb_op_read_ints(context, tb_op_input(context, node, 1), "paddings", 2 * data->rank,
                              values, &count));
    size_t stride = data->element_bytes;
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
        data->in_dims[d] = (size_t)dim;
        data->before[d] = (size_t)before;
        data->after[d] = (size_t)after;
        data->in_stride[d] = stride;
        stride *= (size_t)dim;
    }
    return tb_op_resize(context, tb_op_output(context, node, 0), data->rank, dims);
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
    mirror_data *data = tb_op_make_data(context, node, sizeof *data);
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

/* Dimension d and all inside it; returns where the output goes on. */
static char *mirror_dimension(const mirror_data *data, int d, const char *from, char *to)
{
    if (d == data->rank) {
        memcpy(to, from, data->element_bytes);
        return to + data->element_bytes;
    }
    size_t dim = data->in_dims[d], stride = data->in_stride[d];
    for (size_t i = data->before[d]; i-- > 0;)
        to = mirror_dimension(data, d + 1, from + (i + data->edge) * stride, to);
    for (size_t i = 0; i < dim && !tb_stopped(); i++)
        to = mirror_dimension(data, d + 1, from + i * stride, to);
    for (size_t i = 0; i < data->after[d]; i++)
        to = mirror_dimension(data, d + 1, from + (dim - 1 - data->edge - i) * stride, to);
    return to;
}

static TfLiteStatus invoke(TfLiteContext *context, TfLiteNode *node)
{
    const mirror_data *data = node->user_data;
    const TfLiteTensor *input = tb_op_input(context, node, 0);
    TfLiteTensor *output = tb_op_output(context, node, 0);
    if (tb_tensor_is_dynamic(output))
        TB_OP_TRY(shape_output(context, node));
    if (tb_count(output) > 0)
        mirror_dimension(data, 0, input->data.raw, output->data.raw);
    return kTfLiteOk;
}

const TfLiteRegistration tb_op_mirror_pad = {.prepare = prepare, .invoke = invoke};
