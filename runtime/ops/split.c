/* SPLIT, SPLIT_V and UNPACK: an input cut along one axis, a piece an output. */
#include "runtime/ops/common.h"

#include <string.h>

typedef struct split_data {
    size_t outer; /* product of the dimensions before the axis */
} split_data;

#define SPLIT_TYPES                                                                 \
    (TB_TYPE_BIT(kTfLiteFloat32) | TB_TYPES_QUANTIZED | TB_TYPE_BIT(kTfLiteInt32) | \
     TB_TYPE_BIT(kTfLiteInt64))

/* Gives output k the input's shape but for the axis. */
static TfLiteStatus shape_output(TfLiteContext *context, const TfLiteNode *node, int k,
                                 const TfLiteTensor *input, int axis, int length)
{
    int dims[TB_MAX_RANK], rank = tb_tensor_rank(input);
    memcpy(dims, input->dims->data, (size_t)rank * sizeof dims[0]);
    dims[axis] = length;
    return tb_op_resize(context, tb_op_output(context, node, k), rank, dims);
}

/* The outputs are there and of the input's type; `dynamic` if they have to wait. */
static TfLiteStatus check_outputs(TfLiteContext *context, const TfLiteNode *node, int count,
                                  const TfLiteTensor *input, bool dynamic)
{
    TB_OP_TRY(tb_op_check_outputs(context, node, count));
    for (int k = 0; k < count; k++) {
        TfLiteTensor *output;
        TB_OP_TRY(tb_op_get_output(context, node, k, &output));
        output->type = input->type;
        if (dynamic)
            tb_op_set_dynamic(output);
    }
    return kTfLiteOk;
}

/* Cuts along the axis; each output knows its length. */
static void cut(const TfLiteContext *context, const TfLiteNode *node, const split_data *data,
                const char *from)
{
    for (size_t outer = 0; outer < data->outer && !tb_stopped(); outer++)
        for (int k = 0; k < node->outputs->size; k++) {
            TfLiteTensor *output = tb_op_output(context, node, k);
            size_t piece = output->bytes / data->outer;
            tb_copy_bytes(output->data.raw + outer * piece, from, piece);
            from += piece;
        }
}

/* ---- SPLIT ------------------------------------------------------------------------------------- */

static TfLiteStatus split_outputs(TfLiteContext *context, const TfLiteNode *node, split_data *data)
{
    const TfLiteTensor *input = tb_op_input(context, node, 1);
    int32_t value;
    int axis, pieces = node->outputs->size;
    TB_OP_TRY(tb_op_read_int(context, tb_op_input(context, node, 0), "axis", &value));
    TB_OP_TRY(tb_op_axis(context, value, tb_tensor_rank(input), "axis", &axis));
    int dim = tb_tensor_dim(input, axis);
    if (dim % pieces != 0)
        return tb_op_fail(context, "splits a dimension of %d in %d", dim, pieces);
    data->outer = tb_dims_product(input, 0, axis);
    for (int k = 0; k < pieces; k++)
        TB_OP_TRY(shape_output(context, node, k, input, axis, dim / pieces));
    return kTfLiteOk;
}

static TfLiteStatus prepare_split(TfLiteContext *context, TfLiteNode *node)
{
    const TfLiteSplitParams *params = node->builtin_data;
    const TfLiteTensor *axis, *input;
    TB_OP_TRY(tb_op_check_inputs(context, node, 2, 2));
    TB_OP_TRY(tb_op_get_input(context, node, 0, "axis", &axis));
    TB_OP_TRY(tb_op_get_input(context, node, 1, "input", &input));
    TB_OP_TRY(tb_op_check_type(context, input, "input", SPLIT_TYPES));
    TB_OP_TRY(tb_op_check_rank(context, input, "input", 1, TB_MAX_RANK));
    TB_OP_TRY(tb_op_check_type(context, axis, "axis", TB_TYPE_BIT(kTfLiteInt32)));
    if (params->num_splits < 1)
        return tb_op_fail(context, "splits in %d, expected at least 1", params->num_splits);
    bool known = tb_tensor_is_constant(axis);
    TB_OP_TRY(check_outputs(context, node, params->num_splits, input, !known));
    split_data *data = tb_op_make_data(context, node, sizeof *data);
    if (!data)
        return kTfLiteError;
    return known ? split_outputs(context, node, data) : kTfLiteOk;
}

static TfLiteStatus invoke_split(TfLiteContext *context, TfLiteNode *node)
{
    split_data *data = node->user_data;
    if (tb_tensor_is_dynamic(tb_op_output(context, node, 0)))
        TB_OP_TRY(split_outputs(context, node, data));
    cut(context, node, data, tb_op_input(context, node, 1)->data.raw);
    return kTfLiteOk;
}

/* ---- SPLIT_V ----------------------------------------------------------------------------------- */

static int64_t size_at(const TfLiteTensor *sizes, int k)
{
    return sizes->type == kTfLiteInt64 ? sizes->data.i64[k] : sizes->data.i32[k];
}

/* One size may be -1: what the others leave. */
static TfLiteStatus split_v_outputs(TfLiteContext *context, const TfLiteNode *node,
                                    split_data *data)
{
    const TfLiteTensor *input = tb_op_input(context, node, 0);
    const TfLiteTensor *sizes = tb_op_input(context, node, 1);
    int32_t value;
    int axis, pieces = node->outputs->size, rest = -1;
    TB_OP_TRY(tb_op_read_int(context, tb_op_input(context, node, 2), "axis", &value));
    TB_OP_TRY(tb_op_axis(context, value, tb_tensor_rank(input), "axis", &axis));
    int dim = tb_tensor_dim(input, axis);
    int64_t total = 0;
    for (int k = 0; k < pieces; k++) {
        int64_t size = size_at(sizes, k);
        if (size == -1 && rest < 0) {
            rest = k;
            continue;
        }
        if (size < 0 || size > dim - total)
            return tb_op_fail(context, "piece %d of a dimension of %d has size %lld", k, dim,
                              (long long)size);
        total += size;
    }
    if (rest < 0 && total != dim)
        return tb_op_fail(context, "pieces have %lld in all, the dimension %d", (long long)total,
                          dim);
    data->outer = tb_dims_product(input, 0, axis);
    for (int k = 0; k < pieces; k++) {
        int64_t length = k == rest ? dim - total : size_at(sizes, k);
        TB_OP_TRY(shape_output(context, node, k, input, axis, (int)length));
    }
    return kTfLiteOk;
}

static TfLiteStatus prepare_split_v(TfLiteContext *context, TfLiteNode *node)
{
    const TfLiteSplitVParams *params = node->builtin_data;
    const TfLiteTensor *input, *sizes, *axis;
    TB_OP_TRY(tb_op_check_inputs(context, node, 3, 3));
    TB_OP_TRY(tb_op_get_input(context, node, 0, "input", &input));
    TB_OP_TRY(tb_op_get_input(context, node, 1, "sizes", &sizes));
    TB_OP_TRY(tb_op_get_input(context, node, 2, "axis", &axis));
    TB_OP_TRY(tb_op_check_type(context, input, "input", SPLIT_TYPES));
    TB_OP_TRY(tb_op_check_rank(context, input, "input", 1, TB_MAX_RANK));
    TB_OP_TRY(tb_op_check_type(context, axis, "axis", TB_TYPE_BIT(kTfLiteInt32)));
    TB_OP_TRY(tb_op_check_type(context, sizes, "sizes",
                               TB_TYPE_BIT(kTfLiteInt32) | TB_TYPE_BIT(kTfLiteInt64)));
    TB_OP_TRY(tb_op_check_rank(context, sizes, "sizes", 1, 1));
    if (params->num_splits < 1 || tb_tensor_dim(sizes, 0) != params->num_splits)
        return tb_op_fail(context, "has sizes for %d pieces, expected %d", tb_tensor_dim(sizes, 0),
                          params->num_splits);
    bool known = tb_tensor_is_constant(axis) && tb_tensor_is_constant(sizes);
    TB_OP_TRY(check_outputs(context, node, params->num_splits, input, !known));
    split_data *data = tb_op_make_data(context, node, sizeof *data);
    if (!data)
        return kTfLiteError;
    return known ? split_v_outputs(context, node, data) : kTfLiteOk;
}

static TfLiteStatus invoke_split_v(TfLiteContext *context, TfLiteNode *node)
{
    split_data *data = node->user_data;
    if (tb_tensor_is_dynamic(tb_op_output(context, node, 0)))
        TB_OP_TRY(split_v_outputs(context, node, data));
    cut(context, node, data, tb_op_input(context, node, 0)->data.raw);
    return kTfLiteOk;
}

/* ---- UNPACK ------------------------------------------------------------------------------------ */

static TfLiteStatus prepare_unpack(TfLiteContext *context, TfLiteNode *node)
{
    const TfLiteUnpackParams *params = node->builtin_data;
    const TfLiteTensor *input;
    TB_OP_TRY(tb_op_check_inputs(context, node, 1, 1));
    TB_OP_TRY(tb_op_get_input(context, node, 0, "input", &input));
    TB_OP_TRY(tb_op_check_type(context, input, "input",
                               TB_TYPE_BIT(kTfLiteFloat32) | TB_TYPE_BIT(kTfLiteFloat16) |
                                   TB_TYPE_BIT(kTfLiteBFloat16) | TB_TYPES_QUANTIZED |
                                   TB_TYPE_BIT(kTfLiteInt32) | TB_TYPE_BIT(kTfLiteBool)));
    TB_OP_TRY(tb_op_check_rank(context, input, "input", 1, TB_MAX_RANK));
    TB_OP_TRY(tb_op_check_outputs(context, node, params->num));
    int rank = tb_tensor_rank(input), axis;
    TB_OP_TRY(tb_op_axis(context, params->axis, rank, "axis", &axis));
    if (tb_tensor_dim(input, axis) != params->num || tb_count(input) == 0)
        return tb_op_fail(context, "unpacks %d from a dimension of %d", params->num,
                          tb_tensor_dim(input, axis));
    split_data *data = tb_op_make_data(context, node, sizeof *data);
    if (!data)
        return kTfLiteError;
    data->outer = tb_dims_product(input, 0, axis);
    int dims[TB_MAX_RANK];
    for (int d = 0; d < rank - 1; d++)
        dims[d] = tb_tensor_dim(input, d < axis ? d : d + 1);
    for (int k = 0; k < params->num; k++) {
        TfLiteTensor *output;
        TB_OP_TRY(tb_op_get_output(context, node, k, &output));
        TB_OP_TRY(tb_op_check_same_type(context, input, "input", output, "output"));
        TB_OP_TRY(tb_op_check_same_quantization(context, input, "input", output, "output"));
        TB_OP_TRY(tb_op_resize(context, output, rank - 1, dims));
    }
    return kTfLiteOk;
}

static TfLiteStatus invoke_unpack(TfLiteContext *context, TfLiteNode *node)
{
    cut(context, node, node->user_data, tb_op_input(context, node, 0)->data.raw);
    return kTfLiteOk;
}

const TfLiteRegistration tb_op_split = {.prepare = prepare_split, .invoke = invoke_split};
const TfLiteRegistration tb_op_split_v = {.prepare = prepare_split_v, .invoke = invoke_split_v};
const TfLiteRegistration tb_op_unpack = {.prepare = prepare_unpack, .invoke = invoke_unpack};
