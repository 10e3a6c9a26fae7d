/*
 * SPARSE_TO_DENSE: values at coordinates, a default value elsewhere; and DENSIFY: the dense form of
 * a sparse constant.
 */
#include "runtime/ops/common.h"
#include "runtime/ops/sparse.h"

#include <string.h>

#define INDEX_TYPES    (TB_TYPE_BIT(kTfLiteInt32) | TB_TYPE_BIT(kTfLiteInt64))
#define MAX_DENSE_RANK 4

/* ---- SPARSE_TO_DENSE --------------------------------------------------------------------------- */

enum { INDICES, SHAPE, VALUES, DEFAULT_VALUE, SPARSE_INPUTS };

static TfLiteStatus shape_output(TfLiteContext *context, const TfLiteNode *node)
{
    int32_t dims[MAX_DENSE_RANK];
    int rank;
    TB_OP_TRY(tb_op_read_ints(context, tb_op_input(context, node, SHAPE), "shape", MAX_DENSE_RANK,
                              dims, &rank));
    return tb_op_resize(context, tb_op_output(context, node, 0), rank, dims);
}

static TfLiteStatus prepare_sparse_to_dense(TfLiteContext *context, TfLiteNode *node)
{
    static const char *const names[] = {"indices", "shape", "values", "default value"};
    const TfLiteTensor *in[SPARSE_INPUTS];
    TfLiteTensor *output;
    TB_OP_TRY(tb_op_check_inputs(context, node, SPARSE_INPUTS, SPARSE_INPUTS));
    TB_OP_TRY(tb_op_check_outputs(context, node, 1));
    for (int k = 0; k < SPARSE_INPUTS; k++)
        TB_OP_TRY(tb_op_get_input(context, node, k, names[k], &in[k]));
    TB_OP_TRY(tb_op_get_output(context, node, 0, &output));
    TB_OP_TRY(tb_op_check_type(context, in[INDICES], "indices", INDEX_TYPES));
    TB_OP_TRY(tb_op_check_type(context, in[SHAPE], "shape", INDEX_TYPES));
    TB_OP_TRY(tb_op_check_type(context, in[VALUES], "values",
                               INDEX_TYPES | TB_TYPE_BIT(kTfLiteInt8) | TB_TYPE_BIT(kTfLiteUInt8) |
                                   TB_TYPE_BIT(kTfLiteFloat32)));
    TB_OP_TRY(
        tb_op_check_same_type(context, in[DEFAULT_VALUE], "default value", in[VALUES], "values"));
    TB_OP_TRY(tb_op_check_rank(context, in[INDICES], "indices", 0, 2));
    TB_OP_TRY(tb_op_check_rank(context, in[SHAPE], "shape", 1, 1));
    TB_OP_TRY(tb_op_check_rank(context, in[VALUES], "values", 0, 1));
    if (tb_tensor_elements(in[DEFAULT_VALUE]) != 1)
        return tb_op_fail(context, "default value has %lld elements, expected 1",
                          (long long)tb_tensor_elements(in[DEFAULT_VALUE]));
    bool list = tb_tensor_rank(in[INDICES]) == 2;
    int64_t points = list ? tb_tensor_dim(in[INDICES], 0) : tb_tensor_elements(in[INDICES]);
    int64_t coordinates = list ? tb_tensor_dim(in[INDICES], 1) : 1;
    if (coordinates != tb_tensor_dim(in[SHAPE], 0) || coordinates > MAX_DENSE_RANK)
        return tb_op_fail(context,
                          "indices have %lld coordinates, shape has %d dimensions, "
                          "expected the same and at most %d",
                          (long long)coordinates, tb_tensor_dim(in[SHAPE], 0), MAX_DENSE_RANK);
    if (tb_tensor_rank(in[VALUES]) == 1 && tb_tensor_elements(in[VALUES]) != points)
        return tb_op_fail(context, "there are %lld values for %lld indices",
                          (long long)tb_tensor_elements(in[VALUES]), (long long)points);
    output->type = in[VALUES]->type;
    if (tb_tensor_is_constant(in[SHAPE]))
        return shape_output(context, node);
    tb_op_set_dynamic(output);
    return kTfLiteOk;
}

static int64_t coordinate_at(const TfLiteTensor *indices, size_t i)
{
    return indices->type == kTfLiteInt64 ? indices->data.i64[i] : indices->data.i32[i];
}

static TfLiteStatus invoke_sparse_to_dense(TfLiteContext *context, TfLiteNode *node)
{
    const TfLiteTensor *indices = tb_op_input(context, node, INDICES);
    const TfLiteTensor *values = tb_op_input(context, node, VALUES);
    const TfLiteTensor *otherwise = tb_op_input(context, node, DEFAULT_VALUE);
    TfLiteTensor *output = tb_op_output(context, node, 0);
    if (tb_tensor_is_dynamic(output))
        TB_OP_TRY(shape_output(context, node));
    size_t bytes = tb_type_bytes(output->type), count = tb_count(output);
    for (size_t i = 0; i < count; i++)
        memcpy(output->data.raw + i * bytes, otherwise->data.raw, bytes);
    bool list = tb_tensor_rank(indices) == 2;
    size_t points = list ? (size_t)tb_tensor_dim(indices, 0) : tb_count(indices);
    int coordinates = list ? tb_tensor_dim(indices, 1) : 1;
    for (size_t i = 0; i < points; i++) {
        size_t to = 0;
        for (int d = 0; d < coordinates; d++) {
            int64_t at = coordinate_at(indices, i * (size_t)coordinates + (size_t)d);
            int dim = tb_tensor_dim(output, d);
            if (at < 0 || at >= dim)
                return tb_op_fail(context,
                                  "index %zu has coordinate %lld in dimension %d, "
                                  "expected 0 to %d",
                                  i, (long long)at, d, dim - 1);
            to = to * (size_t)dim + (size_t)at;
        }
        size_t from = tb_tensor_rank(values) == 1 ? i : 0;
        memcpy(output->data.raw + to * bytes, values->data.raw + from * bytes, bytes);
    }
    return kTfLiteOk;
}

/* ---- DENSIFY ----------------------------------------------------------------------------------- */

static TfLiteStatus prepare_densify(TfLiteContext *context, TfLiteNode *node)
{
    const TfLiteTensor *input;
    TfLiteTensor *output;
    TB_OP_TRY(tb_op_unary(context, node, &input, &output));
    TB_OP_TRY(tb_op_check_type(context, input, "input",
                               TB_TYPE_BIT(kTfLiteFloat32) | TB_TYPE_BIT(kTfLiteFloat16) |
                                   TB_TYPE_BIT(kTfLiteInt8)));
    if (!tb_tensor_is_constant(input) || !input->sparsity)
        return tb_op_fail(context, "input is no sparse constant");
    output->type = input->type;
    return tb_op_resize_like(context, output, input);
}

static TfLiteStatus invoke_densify(TfLiteContext *context, TfLiteNode *node)
{
    return tb_sparse_densify(context, tb_op_input(context, node, 0), "input",
                             tb_op_output(context, node, 0)->data.raw);
}

const TfLiteRegistration tb_op_sparse_to_dense = {.prepare = prepare_sparse_to_dense,
                                                  .invoke = invoke_sparse_to_dense};
const TfLiteRegistration tb_op_densify = {.prepare = prepare_densify, .invoke = invoke_densify};
