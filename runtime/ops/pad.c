/*
 * PAD and PADV2: a border of one value around a tensor. Without a value it is 0, which for a
 * quantised tensor is the zero point of the output.
 */
#include "runtime/ops/common.h"

#include <string.h>

typedef struct pad_data {
    int rank;
    size_t element_bytes;
    size_t in_dims[TB_MAX_RANK];
    size_t before[TB_MAX_RANK];
    size_t after[TB_MAX_RANK];
} pad_data;

/* Reads the paddings and gives the output its shape. */
static TfLiteStatus shape_output(TfLiteContext *context, const TfLiteNode *node, pad_data *data)
{
    const TfLiteTensor *input = tb_op_input(context, node, 0);
    const TfLiteTensor *paddings = tb_op_input(context, node, 1);
    int32_t values[2 * TB_MAX_RANK];
    int count, dims[TB_MAX_RANK];
    TB_OP_TRY(tb_op_read_ints(context, paddings, "paddings", 2 * TB_MAX_RANK, values, &count));
    if (count != 2 * data->rank)
        return tb_op_fail(context, "paddings have %d elements, expected %d for %d dimensions",
                          count, 2 * data->rank, data->rank);
    for (int d = 0; d < data->rank; d++) {
        int32_t before = values[2 * d], after = values[2 * d + 1];
        if (before < 0 || after < 0)
            return tb_op_fail(context,
                              "paddings of dimension %d are %d and %d, expected none below "
                              "0",
                              d, before, after);
        if (__builtin_add_overflow(tb_tensor_dim(input, d), before, &dims[d]) ||
            __builtin_add_overflow(dims[d], after, &dims[d]))
            return tb_op_fail(context, "dimension %d gets too long", d);
        data->in_dims[d] = (size_t)tb_tensor_dim(input, d);
        data->before[d] = (size_t)before;
        data->after[d] = (size_t)after;
    }
    return tb_op_resize(context, tb_op_output(context, node, 0), data->rank, dims);
}

static TfLiteStatus prepare(TfLiteContext *context, TfLiteNode *node)
{
    const TfLiteTensor *input, *paddings;
    TfLiteTensor *output;
    TB_OP_TRY(tb_op_check_inputs(context, node, 2, 3));
    TB_OP_TRY(tb_op_check_outputs(context, node, 1));
    TB_OP_TRY(tb_op_get_input(context, node, 0, "input", &input));
    TB_OP_TRY(tb_op_get_input(context, node, 1, "paddings", &paddings));
    TB_OP_TRY(tb_op_get_output(context, node, 0, &output));
    TB_OP_TRY(tb_op_check_type(context, input, "input",
                               TB_TYPE_BIT(kTfLiteFloat32) | TB_TYPE_BIT(kTfLiteFloat16) |
                                   TB_TYPE_BIT(kTfLiteBFloat16) | TB_TYPES_QUANTIZED |
                                   TB_TYPE_BIT(kTfLiteInt32) | TB_TYPE_BIT(kTfLiteInt64) |
                                   TB_TYPE_BIT(kTfLiteBool)));
    TB_OP_TRY(tb_op_check_same_type(context, input, "input", output, "output"));
    TB_OP_TRY(tb_op_check_type(context, paddings, "paddings",
                               TB_TYPE_BIT(kTfLiteInt32) | TB_TYPE_BIT(kTfLiteInt64) |
                                   TB_TYPE_BIT(kTfLiteInt8) | TB_TYPE_BIT(kTfLiteInt16) |
                                   TB_TYPE_BIT(kTfLiteBool)));
    TB_OP_TRY(tb_op_check_rank(context, input, "input", 0, 5));
    TB_OP_TRY(tb_op_check_rank(context, paddings, "paddings", 2, 2));
    if (tb_tensor_dim(paddings, 1) != 2)
        return tb_op_fail(context, "paddings are %d x %d, expected 2 a dimension",
                          tb_tensor_dim(paddings, 0), tb_tensor_dim(paddings, 1));
    const TfLiteTensor *value = tb_op_input(context, node, 2);
    bool quantized = (TB_TYPES_QUANTIZED & TB_TYPE_BIT(input->type)) != 0;
    if (value) {
        TB_OP_TRY(tb_op_check_same_type(context, value, "padding value", input, "input"));
        if (tb_tensor_elements(value) != 1)
            return tb_op_fail(context, "padding value has %lld elements, expected 1",
                              (long long)tb_tensor_elements(value));
        if (quantized)
            TB_OP_TRY(
                tb_op_check_same_quantization(context, value, "padding value", output, "output"));
    } else if (quantized) {
        int32_t min, max, zero_point = output->params.zero_point;
        tb_quant_limits(output->type, &min, &max);
        if (zero_point < min || zero_point > max)
            return tb_op_fail(context, "output has zero point %d, expected %d to %d", zero_point,
                              min, max);
    }
    pad_data *data = tb_op_make_data(context, node, sizeof *data);
    if (!data)
        return kTfLiteError;
    data->rank = tb_tensor_rank(input);
    data->element_bytes = tb_type_bytes(input->type);
    if (tb_tensor_is_constant(paddings))
        return shape_output(context, node, data);
    tb_op_set_dynamic(output);
    return kTfLiteOk;
}

/* ---- invoke ------------------------------------------------------------------------------------ */

static char *fill(char *to, const char *value, size_t count, size_t element_bytes)
{
    if (element_bytes == 1) {
        if (count > 0)
            memset(to, value[0], count);
        return to + count;
    }
    for (size_t i = 0; i < count; i++, to += element_bytes)
        memcpy(to, value, element_bytes);
    return to;
}

typedef struct pad_walk {
    const pad_data *data;
    const char *value;
    const char *from;
    size_t out_inner[TB_MAX_RANK]; /* output elements of one step along a dimension */
} pad_walk;

/* Dimension d and all inside it; returns where the output goes on. */
static char *pad_dimension(pad_walk *w, int d, char *to)
{
    const pad_data *data = w->data;
    to = fill(to, w->value, data->before[d] * w->out_inner[d], data->element_bytes);
    if (d == data->rank - 1) {
        size_t bytes = data->in_dims[d] * data->element_bytes;
        tb_copy_bytes(to, w->from, bytes);
        to += bytes;
        w->from += bytes;
    } else {
        for (size_t i = 0; i < data->in_dims[d] && !tb_stopped(); i++)
            to = pad_dimension(w, d + 1, to);
    }
    return fill(to, w->value, data->after[d] * w->out_inner[d], data->element_bytes);
}

static TfLiteStatus invoke(TfLiteContext *context, TfLiteNode *node)
{
    pad_data *data = node->user_data;
    const TfLiteTensor *input = tb_op_input(context, node, 0);
    const TfLiteTensor *value = tb_op_input(context, node, 2);
    TfLiteTensor *output = tb_op_output(context, node, 0);
    if (tb_tensor_is_dynamic(output))
        TB_OP_TRY(shape_output(context, node, data));
    if (tb_tensor_elements(output) == 0)
        return kTfLiteOk;
    char zero[8] = {0};
    if (!value && (TB_TYPES_QUANTIZED & TB_TYPE_BIT(input->type))) {
        int32_t zero_point = output->params.zero_point; /* little end first */
        memcpy(zero, &(uint16_t){(uint16_t)zero_point}, sizeof(uint16_t));
    }
    pad_walk w = {data, value ? value->data.raw : zero, input->data.raw, {0}};
    size_t inner = 1;
    for (int d = data->rank - 1; d >= 0; d--) {
        w.out_inner[d] = inner;
        inner *= data->before[d] + data->in_dims[d] + data->after[d];
    }
    if (data->rank == 0)
        memcpy(output->data.raw, input->data.raw, data->element_bytes);
    else
        pad_dimension(&w, 0, output->data.raw);
    return kTfLiteOk;
}

const TfLiteRegistration tb_op_pad = {.prepare = prepare, .invoke = invoke};
const TfLiteRegistration tb_op_padv2 = {.prepare = prepare, .invoke = invoke};
