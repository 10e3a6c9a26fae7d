/*
 * STABLEHLO_SCATTER: a copy of the operand into which slices of updates are put, or added,
 * multiplied, ... as the body has it, at places that another tensor holds; laid out by the dimension
 * numbers of the StableHLO specification. Elements that would land outside are dropped. After
 * TFLite's stablehlo_scatter.cc: the body is nothing at all, or one STABLEHLO operator.
 */
#include <string.h>

#include "runtime/ops/stablehlo_elementwise.h"
#include "runtime/ops/view.h"
#include "runtime/subgraph_call.h"

#define UPDATE_TYPES                                                                           \
    (TB_TYPE_BIT(kTfLiteFloat16) | TB_TYPE_BIT(kTfLiteFloat32) | TB_TYPE_BIT(kTfLiteFloat64) | \
     TB_TYPES_QUANTIZED | TB_TYPE_BIT(kTfLiteInt32) | TB_TYPE_BIT(kTfLiteInt64) |              \
     TB_TYPE_BIT(kTfLiteUInt16) | TB_TYPE_BIT(kTfLiteUInt32) | TB_TYPE_BIT(kTfLiteUInt64) |    \
     TB_TYPE_BIT(kTfLiteBool))

typedef struct scatter_data {
    tb_binary_row combine; /* NULL: the update takes the element's place */
    int target
        [TB_MAX_RANK]; /* of a dimension of the updates: the operand's, or -1 - the indices' */
} scatter_data;

static bool contains(const int64_t *list, int count, int64_t value)
{
    for (int i = 0; i < count; i++)
        if (list[i] == value)
            return true;
    return false;
}

/* ---- prepare ----------------------------------------------------------------------------------- */

static TfLiteStatus find_body(TfLiteContext *context, const TfLiteStablehloScatterParams *params,
                              const TfLiteTensor *operand, scatter_data *data)
{
    const tb_subgraph *body = tb_call_find(context, params->update_computation_subgraph_index);
    if (!body)
        return kTfLiteError;
    int code = -1, nodes = tb_call_node_count(body, &code);
    if (nodes > 1)
        return tb_op_fail(context, "its body has %d operators, expected at most 1", nodes);
    return nodes ? tb_stablehlo_row(context, code, operand, "operand", &data->combine) : kTfLiteOk;
}

/* Each listed dimension once, in [0, rank). */
static TfLiteStatus check_list(TfLiteContext *context, const char *what, const int64_t *list,
                               int count, int rank)
{
    for (int i = 0; i < count; i++)
        if (list[i] < 0 || list[i] >= rank || contains(list, i, list[i]))
            return tb_op_fail(context, "%s has dimension %lld, of %d and once each", what,
                              (long long)list[i], rank);
    return kTfLiteOk;
}

/* The dimensions of the updates lead to those of the operand that are not inserted, in the order of
   the list, or to those of the indices, in order. The numbers were checked. */
static TfLiteStatus map_dimensions(TfLiteContext *context,
                                   const TfLiteStablehloScatterParams *params,
                                   const TfLiteTensor *indices, const TfLiteTensor *updates,
                                   scatter_data *data)
{
    int operand_dim = 0, index_dim = 0;
    for (int k = 0; k < params->num_update_window_dims; k++, operand_dim++) {
        while (
            contains(params->inserted_window_dims, params->num_inserted_window_dims, operand_dim))
            operand_dim++;
        data->target[params->update_window_dims[k]] = operand_dim;
    }
    for (int d = 0; d < tb_tensor_rank(updates); d++) {
        if (contains(params->update_window_dims, params->num_update_window_dims, d))
            continue;
        index_dim += index_dim == params->index_vector_dim;
        if (tb_tensor_dim(updates, d) != tb_tensor_dim(indices, index_dim))
            return tb_op_fail(
                context, "updates have %d in dimension %d, indices %d in dimension %d",
                tb_tensor_dim(updates, d), d, tb_tensor_dim(indices, index_dim), index_dim);
        data->target[d] = -1 - index_dim++;
    }
    return kTfLiteOk;
}

static TfLiteStatus check_numbers(TfLiteContext *context,
                                  const TfLiteStablehloScatterParams *params, int rank,
                                  const TfLiteTensor *indices, const TfLiteTensor *updates)
{
    const int index_rank = tb_tensor_rank(indices), update_rank = tb_tensor_rank(updates);
    const int64_t vector = params->index_vector_dim;
    if (vector < 0 || vector > index_rank)
        return tb_op_fail(context, "index vectors lie along dimension %lld of %d",
                          (long long)vector, index_rank);
    const int length = vector < index_rank ? tb_tensor_dim(indices, (int)vector) : 1;
    if (params->num_scatter_dims_to_operand_dims != length)
        return tb_op_fail(context, "index vectors have %d elements for %d dimensions", length,
                          params->num_scatter_dims_to_operand_dims);
    if (params->num_update_window_dims + params->num_inserted_window_dims != rank ||
        update_rank - params->num_update_window_dims != index_rank - (vector < index_rank))
        return tb_op_fail(context,
                          "has %d window and %d inserted dimensions of %d, updates of %d and "
                          "indices of %d dimensions: they do not fit together",
                          params->num_update_window_dims, params->num_inserted_window_dims, rank,
                          update_rank, index_rank);
    TB_OP_TRY(check_list(context, "update_window_dims", params->update_window_dims,
                         params->num_update_window_dims, update_rank));
    TB_OP_TRY(check_list(context, "inserted_window_dims", params->inserted_window_dims,
                         params->num_inserted_window_dims, rank));
    return check_list(context, "scatter_dims_to_operand_dims", params->scatter_dims_to_operand_dims,
                      params->num_scatter_dims_to_operand_dims, rank);
}

static TfLiteStatus prepare(TfLiteContext *context, TfLiteNode *node)
{
    const TfLiteStablehloScatterParams *params = node->builtin_data;
    const TfLiteTensor *operand, *indices, *updates;
    TfLiteTensor *output;
    TB_OP_TRY(tb_op_check_inputs(context, node, 3, 3));
    TB_OP_TRY(tb_op_check_outputs(context, node, 1));
    TB_OP_TRY(tb_op_get_input(context, node, 0, "operand", &operand));
    TB_OP_TRY(tb_op_get_input(context, node, 1, "indices", &indices));
    TB_OP_TRY(tb_op_get_input(context, node, 2, "updates", &updates));
    TB_OP_TRY(tb_op_get_output(context, node, 0, &output));
    TB_OP_TRY(tb_op_check_type(context, operand, "operand", UPDATE_TYPES));
    TB_OP_TRY(tb_op_check_same_type(context, updates, "updates", operand, "operand"));
    TB_OP_TRY(tb_op_check_same_type(context, output, "output", operand, "operand"));
    TB_OP_TRY(tb_op_check_type(context, indices, "indices",
                               TB_TYPE_BIT(kTfLiteInt32) | TB_TYPE_BIT(kTfLiteInt64)));
    TB_OP_TRY(tb_op_check_rank(context, operand, "operand", 0, TB_MAX_RANK));
    TB_OP_TRY(tb_op_check_rank(context, indices, "indices", 0, TB_MAX_RANK));
    TB_OP_TRY(tb_op_check_rank(context, updates, "updates", 0, TB_MAX_RANK));
    if (!params)
        return tb_op_fail(context, "has no dimension numbers");
    const int rank = tb_tensor_rank(operand);
    scatter_data *data = tb_op_make_data(context, node, sizeof *data);
    if (!data)
        return kTfLiteError;
    TB_OP_TRY(check_numbers(context, params, rank, indices, updates));
    TB_OP_TRY(map_dimensions(context, params, indices, updates, data));
    TB_OP_TRY(find_body(context, params, operand, data));
    return tb_op_resize_like(context, output, operand);
}

/* ---- invoke ------------------------------------------------------------------------------------ */

typedef struct scatter_walk {
    const TfLiteStablehloScatterParams *params;
    const scatter_data *data;
    const TfLiteTensor *indices;
    const TfLiteTensor *updates;
    const TfLiteTensor *output;
    ptrdiff_t strides[TB_MAX_RANK];
    ptrdiff_t index_strides[TB_MAX_RANK];
    ptrdiff_t vector_stride;
} scatter_walk;

/* Where the i-th update goes; false where that is outside. */
static bool find_target(const scatter_walk *walk, size_t i, size_t *target)
{
    int64_t at[TB_MAX_RANK] = {0}, index = 0;
    size_t rest = i;
    for (int d = tb_tensor_rank(walk->updates) - 1; d >= 0; d--) {
        const size_t dim = (size_t)tb_tensor_dim(walk->updates, d);
        const int to = walk->data->target[d];
        const int64_t step = (int64_t)(rest % dim);
        if (to >= 0)
            at[to] = step;
        else
            index += step * walk->index_strides[-1 - to];
        rest /= dim;
    }
    const TfLiteStablehloScatterParams *params = walk->params;
    for (int k = 0; k < params->num_scatter_dims_to_operand_dims; k++) {
        int64_t *place = &at[params->scatter_dims_to_operand_dims[k]];
        int64_t start = walk->indices->type == kTfLiteInt64 ? walk->indices->data.i64[index]
                                                            : walk->indices->data.i32[index];
        if (__builtin_add_overflow(*place, start, place))
            return false;
        index += walk->vector_stride;
    }
    int64_t offset = 0;
    for (int d = 0; d < tb_tensor_rank(walk->output); d++) {
        if (at[d] < 0 || at[d] >= tb_tensor_dim(walk->output, d))
            return false;
        offset += at[d] * walk->strides[d];
    }
    *target = (size_t)offset;
    return true;
}

static TfLiteStatus invoke(TfLiteContext *context, TfLiteNode *node)
{
    const TfLiteTensor *operand = tb_op_input(context, node, 0);
    TfLiteTensor *output = tb_op_output(context, node, 0);
    scatter_walk walk = {.params = node->builtin_data,
                         .data = node->user_data,
                         .indices = tb_op_input(context, node, 1),
                         .updates = tb_op_input(context, node, 2),
                         .output = output};
    tb_row_strides(output, walk.strides);
    tb_row_strides(walk.indices, walk.index_strides);
    if (walk.params->index_vector_dim < tb_tensor_rank(walk.indices))
        walk.vector_stride = walk.index_strides[walk.params->index_vector_dim];
    const size_t count = tb_count(walk.updates), bytes = tb_type_bytes(operand->type);
    tb_copy_bytes(output->data.raw, operand->data.raw, output->bytes);
    for (size_t i = 0; i < count; i++) {
        size_t target;
        if (!find_target(&walk, i, &target))
            continue;
        char *to = output->data.raw + target * bytes;
        const char *from = walk.updates->data.raw + i * bytes;
        if (walk.data->combine)
            walk.data->combine(NULL, to, 1, from, 1, to, 1);
        else
            memcpy(to, from, bytes);
    }
    return kTfLiteOk;
}

const TfLiteRegistration tb_op_stablehlo_scatter = {.prepare = prepare, .invoke = invoke};
