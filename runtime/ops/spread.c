/*
 * TILE, BROADCAST_TO, REVERSE_V2, SPACE_TO_DEPTH and DEPTH_TO_SPACE: the input's elements in another
 * order, or several times over. Views with strides of zero, negative ones, and split dimensions.
 */
#include "runtime/ops/view.h"

#define SHAPE_TYPES (TB_TYPE_BIT(kTfLiteInt32) | TB_TYPE_BIT(kTfLiteInt64))

/* ---- TILE -------------------------------------------------------------------------------------- */

static TfLiteStatus make_view_tile(TfLiteContext *context, const TfLiteNode *node, tb_strided *view)
{
    const TfLiteTensor *input = tb_op_input(context, node, 0);
    const TfLiteTensor *multiples = tb_op_input(context, node, 1);
    int rank = tb_tensor_rank(input), count, dims[TB_MAX_RANK];
    int32_t multiple[TB_MAX_RANK];
    TB_OP_TRY(tb_op_check_rank(context, input, "input", 0, TB_MAX_RANK));
    TB_OP_TRY(tb_op_check_type(context, multiples, "multiples", SHAPE_TYPES));
    TB_OP_TRY(tb_op_read_ints(context, multiples, "multiples", TB_MAX_RANK, multiple, &count));
    if (count != rank)
        return tb_op_fail(context, "has %d multiples, input %d dimensions", count, rank);
    ptrdiff_t strides[TB_MAX_RANK];
    tb_row_strides(input, strides);
    for (int d = 0; d < rank; d++) {
        int64_t extent = (int64_t)tb_tensor_dim(input, d) * multiple[d];
        if (multiple[d] < 0 || extent > INT32_MAX)
            return tb_op_fail(context, "repeats dimension %d, which has %d, %d times", d,
                              tb_tensor_dim(input, d), multiple[d]);
        dims[d] = (int)extent;
        tb_strided_add(view, (size_t)multiple[d], 0);
        tb_strided_add(view, (size_t)tb_tensor_dim(input, d), strides[d]);
    }
    return tb_op_resize(context, tb_op_output(context, node, 0), rank, dims);
}

TB_DEFINE_VIEW_OPERATOR(tile, 2, TB_VIEW_TYPES | TB_TYPE_BIT(kTfLiteString))

/* ---- BROADCAST_TO ------------------------------------------------------------------------------ */

static TfLiteStatus make_view_broadcast_to(TfLiteContext *context, const TfLiteNode *node,
                                           tb_strided *view)
{
    const TfLiteTensor *input = tb_op_input(context, node, 0);
    const TfLiteTensor *shape = tb_op_input(context, node, 1);
    int rank = tb_tensor_rank(input), out_rank;
    int32_t dims[TB_MAX_RANK];
    TB_OP_TRY(tb_op_check_rank(context, input, "input", 0, TB_MAX_RANK));
    TB_OP_TRY(tb_op_check_type(context, shape, "shape", SHAPE_TYPES));
    TB_OP_TRY(tb_op_check_rank(context, shape, "shape", 1, 1));
    TB_OP_TRY(tb_op_read_ints(context, shape, "shape", TB_MAX_RANK, dims, &out_rank));
    if (rank > out_rank)
        return tb_op_fail(context, "input has %d dimensions, the shape to fill only %d", rank,
                          out_rank);
    ptrdiff_t strides[TB_MAX_RANK];
    tb_row_strides(input, strides);
    for (int d = 0; d < out_rank; d++) {
        int from = d - (out_rank - rank);
        int have = from < 0 ? 1 : tb_tensor_dim(input, from);
        if (dims[d] < 0 || (have != 1 && have != dims[d]))
            return tb_op_fail(context, "dimension %d has %d, which cannot be spread to %d", from,
                              have, dims[d]);
        tb_strided_add(view, (size_t)dims[d], have == 1 ? 0 : strides[from]);
    }
    return tb_op_resize(context, tb_op_output(context, node, 0), out_rank, dims);
}

TB_DEFINE_VIEW_OPERATOR(broadcast_to, 2, TB_VIEW_TYPES | TB_TYPE_BIT(kTfLiteComplex128))

/* ---- REVERSE_V2 -------------------------------------------------------------------------------- */

static TfLiteStatus make_view_reverse_v2(TfLiteContext *context, const TfLiteNode *node,
                                         tb_strided *view)
{
    const TfLiteTensor *input = tb_op_input(context, node, 0);
    const TfLiteTensor *axes = tb_op_input(context, node, 1);
    int rank = tb_tensor_rank(input), count;
    int32_t axis_list[TB_MAX_RANK];
    TB_OP_TRY(tb_op_check_rank(context, input, "input", 0, TB_MAX_RANK));
    TB_OP_TRY(tb_op_check_type(context, axes, "axes", TB_TYPE_BIT(kTfLiteInt32)));
    TB_OP_TRY(tb_op_check_rank(context, axes, "axes", 1, 1));
    TB_OP_TRY(tb_op_read_ints(context, axes, "axes", TB_MAX_RANK, axis_list, &count));
    unsigned reversed = 0;
    for (int i = 0; i < count; i++) {
        int axis;
        TB_OP_TRY(tb_op_axis(context, axis_list[i], rank, "axis", &axis));
        if (reversed & 1u << axis)
            return tb_op_fail(context, "has axis %d twice", axis);
        reversed |= 1u << axis;
    }
    /* The axes have to be neighbours, as in TFLite. */
    unsigned low = reversed & (0u - reversed);
    if (reversed && ((reversed + low) & reversed))
        return tb_op_fail(context, "has axes that are not next to each other");
    ptrdiff_t strides[TB_MAX_RANK];
    tb_row_strides(input, strides);
    for (int d = 0; d < rank; d++) {
        int dim = tb_tensor_dim(input, d);
        bool back = reversed >> d & 1u;
        if (back && dim > 0)
            view->offset += (size_t)(dim - 1) * (size_t)strides[d];
        tb_strided_add(view, (size_t)dim, back ? -strides[d] : strides[d]);
    }
    return tb_op_resize_like(context, tb_op_output(context, node, 0), input);
}

TB_DEFINE_VIEW_OPERATOR(reverse_v2, 2, TB_VIEW_TYPES)

/* ---- SPACE_TO_DEPTH and DEPTH_TO_SPACE ----------------------------------------------------------- */

#define BLOCK_TYPES                                                                       \
    (TB_TYPE_BIT(kTfLiteFloat32) | TB_TYPE_BIT(kTfLiteUInt8) | TB_TYPE_BIT(kTfLiteInt8) | \
     TB_TYPE_BIT(kTfLiteInt32) | TB_TYPE_BIT(kTfLiteInt64))

static TfLiteStatus make_view_space_to_depth(TfLiteContext *context, const TfLiteNode *node,
                                             tb_strided *view)
{
    const TfLiteSpaceToDepthParams *params = node->builtin_data;
    const TfLiteTensor *input = tb_op_input(context, node, 0);
    TB_OP_TRY(tb_op_check_rank(context, input, "input", 4, 4));
    int block = params->block_size, height = tb_tensor_dim(input, 1);
    int width = tb_tensor_dim(input, 2), channels = tb_tensor_dim(input, 3);
    if (block < 1 || height % block || width % block)
        return tb_op_fail(context, "blocks of %d do not divide %d x %d", block, height, width);
    int64_t depth = (int64_t)channels * block * block;
    if (block > INT16_MAX || depth > INT32_MAX)
        return tb_op_fail(context, "blocks of %d are too large for %d channels", block, channels);
    ptrdiff_t strides[TB_MAX_RANK];
    tb_row_strides(input, strides);
    tb_strided_add(view, (size_t)tb_tensor_dim(input, 0), strides[0]);
    tb_strided_add(view, (size_t)(height / block), strides[1] * block);
    tb_strided_add(view, (size_t)(width / block), strides[2] * block);
    tb_strided_add(view, (size_t)block, strides[1]);
    tb_strided_add(view, (size_t)block, strides[2]);
    tb_strided_add(view, (size_t)channels, 1);
    int dims[4] = {tb_tensor_dim(input, 0), height / block, width / block, (int)depth};
    return tb_op_resize(context, tb_op_output(context, node, 0), 4, dims);
}

static TfLiteStatus make_view_depth_to_space(TfLiteContext *context, const TfLiteNode *node,
                                             tb_strided *view)
{
    const TfLiteDepthToSpaceParams *params = node->builtin_data;
    const TfLiteTensor *input = tb_op_input(context, node, 0);
    TB_OP_TRY(tb_op_check_rank(context, input, "input", 4, 4));
    int block = params->block_size, channels = tb_tensor_dim(input, 3);
    if (block < 1 || block > INT16_MAX || channels % (block * block))
        return tb_op_fail(context, "blocks of %d do not divide %d channels", block, channels);
    int64_t height = (int64_t)tb_tensor_dim(input, 1) * block;
    int64_t width = (int64_t)tb_tensor_dim(input, 2) * block;
    if (height > INT32_MAX || width > INT32_MAX)
        return tb_op_fail(context, "blocks of %d are too large for %d x %d", block,
                          tb_tensor_dim(input, 1), tb_tensor_dim(input, 2));
    int depth = channels / (block * block);
    ptrdiff_t strides[TB_MAX_RANK];
    tb_row_strides(input, strides);
    tb_strided_add(view, (size_t)tb_tensor_dim(input, 0), strides[0]);
    tb_strided_add(view, (size_t)tb_tensor_dim(input, 1), strides[1]);
    tb_strided_add(view, (size_t)block, (ptrdiff_t)block * depth);
    tb_strided_add(view, (size_t)tb_tensor_dim(input, 2), strides[2]);
    tb_strided_add(view, (size_t)block, depth);
    tb_strided_add(view, (size_t)depth, 1);
    int dims[4] = {tb_tensor_dim(input, 0), (int)height, (int)width, depth};
    return tb_op_resize(context, tb_op_output(context, node, 0), 4, dims);
}

TB_DEFINE_VIEW_OPERATOR(space_to_depth, 1, BLOCK_TYPES)
TB_DEFINE_VIEW_OPERATOR(depth_to_space, 1, BLOCK_TYPES)
