/*
 * STABLEHLO_GATHER: slices of the operand of one size, from starts that another tensor holds (moved
 * inside where they stick out), laid out by the dimension numbers of the StableHLO specification.
 */
#include "runtime/ops/view.h"

#include <string.h>

typedef struct gather_data {
    int rank; /* of the operand */
    int out_rank;
    int source[TB_MAX_RANK]; /* of an output dimension: the operand's, or -1 - the indices' */
} gather_data;

static bool contains(const int64_t *list, int count, int64_t value)
{
    for (int i = 0; i < count; i++)
        if (list[i] == value)
            return true;
    return false;
}

static TfLiteStatus prepare(TfLiteContext *context, TfLiteNode *node)
{
    const TfLiteStablehloGatherParams *params = node->builtin_data;
    const TfLiteTensor *operand, *starts;
    TfLiteTensor *output;
    TB_OP_TRY(tb_op_check_inputs(context, node, 2, 2));
    TB_OP_TRY(tb_op_check_outputs(context, node, 1));
    TB_OP_TRY(tb_op_get_input(context, node, 0, "operand", &operand));
    TB_OP_TRY(tb_op_get_input(context, node, 1, "start indices", &starts));
    TB_OP_TRY(tb_op_get_output(context, node, 0, &output));
    TB_OP_TRY(tb_op_check_type(context, operand, "operand", TB_VIEW_TYPES));
    TB_OP_TRY(tb_op_check_same_type(context, output, "output", operand, "operand"));
    TB_OP_TRY(tb_op_check_type(context, starts, "start indices",
                               TB_TYPE_BIT(kTfLiteInt32) | TB_TYPE_BIT(kTfLiteInt64)));
    TB_OP_TRY(tb_op_check_rank(context, operand, "operand", 0, TB_MAX_RANK));
    TB_OP_TRY(tb_op_check_rank(context, starts, "start indices", 0, TB_MAX_RANK));
    if (!params)
        return tb_op_fail(context, "has no dimension numbers");
    gather_data *data = tb_op_make_data(context, node, sizeof *data);
    if (!data)
        return kTfLiteError;
    int rank = data->rank = tb_tensor_rank(operand), start_rank = tb_tensor_rank(starts);
    int64_t vector = params->index_vector_dim;
    if (params->num_slice_sizes != rank || vector < 0 || vector > start_rank ||
        params->num_offset_dims + params->num_collapsed_slice_dims != rank)
        return tb_op_fail(context,
                          "has %d slice sizes, %d offset and %d collapsed dimensions for "
                          "%d, index vectors along %lld of %d",
                          params->num_slice_sizes, params->num_offset_dims,
                          params->num_collapsed_slice_dims, rank, (long long)vector, start_rank);
    int length = vector < start_rank ? tb_tensor_dim(starts, (int)vector) : 1;
    if (params->num_start_index_map != length)
        return tb_op_fail(context, "start_index_map has %d dimensions, index vectors have %d",
                          params->num_start_index_map, length);
    for (int i = 0; i < length; i++)
        if (params->start_index_map[i] < 0 || params->start_index_map[i] >= rank)
            return tb_op_fail(context, "start_index_map has dimension %lld of %d",
                              (long long)params->start_index_map[i], rank);
    int dims[TB_MAX_RANK], offset = 0, batch = 0;
    data->out_rank = params->num_offset_dims + start_rank - (vector < start_rank);
    if (data->out_rank > TB_MAX_RANK)
        return tb_op_fail(context, "output has %d dimensions, expected at most %d", data->out_rank,
                          TB_MAX_RANK);
    for (int d = 0; d < data->out_rank; d++) {
        if (contains(params->offset_dims, params->num_offset_dims, d)) {
            while (offset < rank &&
                   contains(params->collapsed_slice_dims, params->num_collapsed_slice_dims, offset))
                offset++;
            if (offset >= rank)
                return tb_op_fail(context, "offset and collapsed dimensions do not fit together");
            data->source[d] = offset;
            dims[d] = (int)TB_MIN(params->slice_sizes[offset], INT32_MAX);
            offset++;
        } else {
            batch += batch == vector;
            if (batch >= start_rank)
                return tb_op_fail(context, "offset dimensions leave too many others");
            data->source[d] = -1 - batch;
            dims[d] = tb_tensor_dim(starts, batch++);
        }
    }
    for (int d = 0; d < rank; d++) {
        int64_t size = params->slice_sizes[d];
        bool collapsed =
            contains(params->collapsed_slice_dims, params->num_collapsed_slice_dims, d);
        if (size < 0 || size > tb_tensor_dim(operand, d) || (collapsed && size > 1))
            return tb_op_fail(context, "slice size %d is %lld, expected 0 to %d", d,
                              (long long)size, collapsed ? 1 : tb_tensor_dim(operand, d));
    }
    return tb_op_resize(context, output, data->out_rank, dims);
}

static TfLiteStatus invoke(TfLiteContext *context, TfLiteNode *node)
{
    const gather_data *data = node->user_data;
    const TfLiteStablehloGatherParams *params = node->builtin_data;
    const TfLiteTensor *operand = tb_op_input(context, node, 0);
    const TfLiteTensor *starts = tb_op_input(context, node, 1);
    TfLiteTensor *output = tb_op_output(context, node, 0);
    ptrdiff_t strides[TB_MAX_RANK], start_strides[TB_MAX_RANK];
    tb_row_strides(operand, strides);
    tb_row_strides(starts, start_strides);
    int vector = (int)params->index_vector_dim;
    ptrdiff_t step = vector < tb_tensor_rank(starts) ? start_strides[vector] : 0;
    size_t count = tb_count(operand) ? tb_count(output) : 0, bytes = tb_type_bytes(operand->type);
    for (size_t i = 0; i < count && !tb_stopped(); i++) {
        int64_t from = 0, index = 0; /* elements of the operand, of the start indices */
        size_t rest = i;
        for (int d = data->out_rank - 1; d >= 0; d--) {
            size_t dim = (size_t)tb_tensor_dim(output, d);
            int64_t at = (int64_t)(rest % dim);
            if (data->source[d] >= 0)
                from += at * strides[data->source[d]];
            else
                index += at * start_strides[-1 - data->source[d]];
            rest /= dim;
        }
        for (int k = 0; k < params->num_start_index_map; k++, index += step) {
            int d = (int)params->start_index_map[k];
            int64_t start =
                starts->type == kTfLiteInt64 ? starts->data.i64[index] : starts->data.i32[index];
            int64_t last = tb_tensor_dim(operand, d) - params->slice_sizes[d];
            from += TB_MAX(TB_MIN(start, last), 0) * strides[d];
        }
        memcpy(output->data.raw + i * bytes, operand->data.raw + (size_t)from * bytes, bytes);
    }
    return kTfLiteOk;
}

const TfLiteRegistration tb_op_stablehlo_gather = {.prepare = prepare, .invoke = invoke};
