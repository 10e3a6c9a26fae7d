/*
 * TRANSPOSE, SLICE and STRIDED_SLICE: views of the input with other strides; see view.h.
 */
#include "runtime/ops/view.h"

/* ---- TRANSPOSE --------------------------------------------------------------------------------- */

static TfLiteStatus transpose_view(TfLiteContext *context, const TfLiteNode *node, tb_strided *view)
{
    const TfLiteTensor *input = tb_op_input(context, node, 0);
    int rank = tb_tensor_rank(input), count, dims[TB_MAX_RANK];
    int32_t permutation[TB_MAX_RANK];
    TB_OP_TRY(tb_op_check_rank(context, input, "input", 0, TB_MAX_RANK));
    TB_OP_TRY(tb_op_read_ints(context, tb_op_input(context, node, 1), "permutation", TB_MAX_RANK,
                              permutation, &count));
    if (count != rank)
        return tb_op_fail(context, "permutation has %d entries, input %d dimensions", count, rank);
    ptrdiff_t strides[TB_MAX_RANK];
    tb_row_strides(input, strides);
    unsigned seen = 0;
    for (int d = 0; d < rank; d++) {
        int axis;
        TB_OP_TRY(tb_op_axis(context, permutation[d], rank, "permutation entry", &axis));
        if (seen & 1u << axis)
            return tb_op_fail(context, "permutation has dimension %d twice", axis);
        seen |= 1u << axis;
        dims[d] = tb_tensor_dim(input, axis);
        tb_strided_add(view, (size_t)dims[d], strides[axis]);
    }
    return tb_op_resize(context, tb_op_output(context, node, 0), rank, dims);
}

static TfLiteStatus prepare_transpose(TfLiteContext *context, TfLiteNode *node)
{
    TB_OP_TRY(tb_view_prepare(context, node, 2, TB_VIEW_TYPES | TB_TYPE_BIT(kTfLiteInt4),
                              transpose_view));
    return tb_op_check_type(context, tb_op_input(context, node, 1), "permutation",
                            TB_TYPE_BIT(kTfLiteInt32));
}

static TfLiteStatus invoke_transpose(TfLiteContext *context, TfLiteNode *node)
{
    return tb_view_invoke(context, node, transpose_view);
}

/* ---- SLICE ------------------------------------------------------------------------------------- */

static TfLiteStatus slice_view(TfLiteContext *context, const TfLiteNode *node, tb_strided *view)
{
    const TfLiteTensor *input = tb_op_input(context, node, 0);
    int rank = tb_tensor_rank(input), begins, sizes, dims[TB_MAX_RANK];
    int32_t begin[TB_MAX_RANK], size[TB_MAX_RANK];
    TB_OP_TRY(tb_op_check_rank(context, input, "input", 0, TB_MAX_RANK));
    TB_OP_TRY(tb_op_read_ints(context, tb_op_input(context, node, 1), "begin", TB_MAX_RANK, begin,
                              &begins));
    TB_OP_TRY(
        tb_op_read_ints(context, tb_op_input(context, node, 2), "size", TB_MAX_RANK, size, &sizes));
    if (begins != rank || sizes != rank)
        return tb_op_fail(context, "begin has %d entries and size %d, input %d dimensions", begins,
                          sizes, rank);
    ptrdiff_t strides[TB_MAX_RANK];
    tb_row_strides(input, strides);
    for (int d = 0; d < rank; d++) {
        int dim = tb_tensor_dim(input, d);
        int64_t extent = size[d] == -1 ? (int64_t)dim - begin[d] : size[d];
        if (begin[d] < 0 || extent < 0 || begin[d] + extent > dim)
            return tb_op_fail(context, "takes %d from %d on along dimension %d, which has %d",
                              size[d], begin[d], d, dim);
        dims[d] = (int)extent;
        view->offset += (size_t)begin[d] * (size_t)strides[d];
        tb_strided_add(view, (size_t)extent, strides[d]);
    }
    return tb_op_resize(context, tb_op_output(context, node, 0), rank, dims);
}

static TfLiteStatus prepare_slice(TfLiteContext *context, TfLiteNode *node)
{
    const uint32_t indices = TB_TYPE_BIT(kTfLiteInt32) | TB_TYPE_BIT(kTfLiteInt64);
    TB_OP_TRY(tb_view_prepare(context, node, 3,
                              TB_VIEW_TYPES | TB_TYPE_BIT(kTfLiteInt4) | TB_TYPE_BIT(kTfLiteString),
                              slice_view));
    for (int k = 1; k <= 2; k++) {
        const TfLiteTensor *tensor = tb_op_input(context, node, k);
        TB_OP_TRY(tb_op_check_type(context, tensor, k == 1 ? "begin" : "size", indices));
        TB_OP_TRY(tb_op_check_rank(context, tensor, k == 1 ? "begin" : "size", 1, 1));
    }
    return kTfLiteOk;
}

static TfLiteStatus invoke_slice(TfLiteContext *context, TfLiteNode *node)
{
    return tb_view_invoke(context, node, slice_view);
}

/* ---- STRIDED_SLICE ----------------------------------------------------------------------------- */

/* One entry of begin, end and strides, or what a mask puts in its place. */
typedef struct range {
    int32_t begin;
    int32_t end;
    int32_t stride;
    bool no_begin;
    bool no_end;
    bool shrinks;
} range;

static int64_t clamp64(int64_t value, int64_t low, int64_t high)
{
    return value < low ? low : value > high ? high : value;
}

/* The first index taken and how many, along a dimension of `dim`. */
static TfLiteStatus resolve_range(TfLiteContext *context, const range *r, int dim, bool offset,
                                  int64_t *first, int64_t *count)
{
    if (r->stride == 0 || r->stride == INT32_MIN)
        return tb_op_fail(context, "stride is %d", r->stride);
    int64_t low = r->stride > 0 ? 0 : -1, high = r->stride > 0 ? dim : (int64_t)dim - 1;
    int64_t begin = r->begin < 0 ? (int64_t)r->begin + dim : r->begin;
    begin = clamp64(begin, low, high);
    if (r->no_begin)
        begin = r->stride > 0 ? 0 : (int64_t)dim - 1;
    if (r->shrinks) {
        if (begin < 0 || begin >= dim)
            return tb_op_fail(context, "index %d is outside a dimension of %d", r->begin, dim);
        *first = begin;
        *count = 1;
        return kTfLiteOk;
    }
    int64_t end = offset ? r->end + begin : r->end;
    end = clamp64(end < 0 ? end + dim : end, low, high);
    if (r->no_end)
        end = r->stride > 0 ? dim : -1;
    int64_t span = r->stride > 0 ? end - begin : begin - end;
    int64_t step = r->stride > 0 ? r->stride : -(int64_t)r->stride;
    *first = begin;
    *count = span > 0 ? (span - 1) / step + 1 : 0;
    return kTfLiteOk;
}

typedef struct slice_spec {
    int entries;
    int32_t begin[TB_STRIDED_MAX_RANK];
    int32_t end[TB_STRIDED_MAX_RANK];
    int32_t stride[TB_STRIDED_MAX_RANK];
} slice_spec;

static TfLiteStatus read_spec(TfLiteContext *context, const TfLiteNode *node, slice_spec *spec)
{
    int ends, strides;
    TB_OP_TRY(tb_op_read_ints(context, tb_op_input(context, node, 1), "begin", TB_STRIDED_MAX_RANK,
                              spec->begin, &spec->entries));
    TB_OP_TRY(tb_op_read_ints(context, tb_op_input(context, node, 2), "end", TB_STRIDED_MAX_RANK,
                              spec->end, &ends));
    TB_OP_TRY(tb_op_read_ints(context, tb_op_input(context, node, 3), "strides",
                              TB_STRIDED_MAX_RANK, spec->stride, &strides));
    if (ends != spec->entries || strides != spec->entries)
        return tb_op_fail(context, "begin, end and strides have %d, %d and %d entries",
                          spec->entries, ends, strides);
    return kTfLiteOk;
}

/*
 * Entries are taken in turn: an ellipsis stands for as many whole dimensions as the other entries
 * leave, a new axis for none; dimensions behind the last entry are taken whole.
 */
static TfLiteStatus strided_slice_view(TfLiteContext *context, const TfLiteNode *node,
                                       tb_strided *view)
{
    const TfLiteStridedSliceParams *params = node->builtin_data;
    const TfLiteTensor *input = tb_op_input(context, node, 0);
    int rank = tb_tensor_rank(input);
    TB_OP_TRY(tb_op_check_rank(context, input, "input", 0, TB_MAX_RANK));
    slice_spec spec;
    TB_OP_TRY(read_spec(context, node, &spec));

    int ellipses = 0, new_axes = 0;
    for (int i = 0; i < spec.entries; i++) {
        ellipses += params->ellipsis_mask >> i & 1;
        new_axes += (params->new_axis_mask >> i & 1) && !(params->ellipsis_mask >> i & 1);
    }
    int taken = spec.entries - new_axes - ellipses; /* dimensions that have entries */
    if (ellipses > 1)
        return tb_op_fail(context, "has %d ellipses, expected at most 1", ellipses);
    if (taken > rank)
        return tb_op_fail(context, "has entries for %d dimensions, input has %d", taken, rank);

    ptrdiff_t strides[TB_MAX_RANK];
    tb_row_strides(input, strides);
    int dims[TB_STRIDED_MAX_RANK + TB_MAX_RANK], out_rank = 0, d = 0;
    for (int i = 0; i < spec.entries || d < rank; i++) {
        bool beyond = i >= spec.entries;
        if (beyond || params->ellipsis_mask >> i & 1) {
            for (int whole = beyond ? rank - d : rank - taken; whole > 0; whole--, d++) {
                dims[out_rank++] = tb_tensor_dim(input, d);
                tb_strided_add(view, (size_t)tb_tensor_dim(input, d), strides[d]);
            }
            continue;
        }
        if (params->new_axis_mask >> i & 1) {
            dims[out_rank++] = 1;
            continue;
        }
        const range r = {spec.begin[i],
                         spec.end[i],
                         spec.stride[i],
                         (params->begin_mask >> i & 1) != 0,
                         (params->end_mask >> i & 1) != 0,
                         (params->shrink_axis_mask >> i & 1) != 0};
        int64_t first = 0, count = 0;
        TB_OP_TRY(
            resolve_range(context, &r, tb_tensor_dim(input, d), params->offset, &first, &count));
        if (count > 0)
            view->offset += (size_t)first * (size_t)strides[d];
        tb_strided_add(view, (size_t)count, strides[d] * r.stride);
        if (!r.shrinks)
            dims[out_rank++] = (int)count;
        d++;
    }
    return tb_op_resize(context, tb_op_output(context, node, 0), out_rank, dims);
}

static TfLiteStatus prepare_strided_slice(TfLiteContext *context, TfLiteNode *node)
{
    static const char *const names[] = {"input", "begin", "end", "strides"};
    TB_OP_TRY(tb_view_prepare(context, node, 4, TB_VIEW_TYPES | TB_TYPE_BIT(kTfLiteString),
                              strided_slice_view));
    for (int k = 1; k <= 3; k++) {
        const TfLiteTensor *tensor = tb_op_input(context, node, k);
        TB_OP_TRY(tb_op_check_type(context, tensor, names[k], TB_TYPE_BIT(kTfLiteInt32)));
        TB_OP_TRY(tb_op_check_rank(context, tensor, names[k], 1, 1));
    }
    return kTfLiteOk;
}

static TfLiteStatus invoke_strided_slice(TfLiteContext *context, TfLiteNode *node)
{
    return tb_view_invoke(context, node, strided_slice_view);
}

const TfLiteRegistration tb_op_transpose = {.prepare = prepare_transpose,
                                            .invoke = invoke_transpose};
const TfLiteRegistration tb_op_slice = {.prepare = prepare_slice, .invoke = invoke_slice};
const TfLiteRegistration tb_op_strided_slice = {.prepare = prepare_strided_slice,
                                                .invoke = invoke_strided_slice};
