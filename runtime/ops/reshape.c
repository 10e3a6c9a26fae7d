/*
 * RESHAPE, SQUEEZE and EXPAND_DIMS: the same bytes under another shape. Where the planner put output
 * and input in the same memory there is nothing to copy.
 */
#include "runtime/ops/common.h"

#include <string.h>

static TfLiteStatus copy_bytes(TfLiteContext *context, const TfLiteTensor *input,
                               TfLiteTensor *output)
{
    if (output->type == kTfLiteString)
        TB_OP_TRY(tb_op_resize_bytes(context, output, input->bytes));
    if (output->data.raw != input->data.raw)
        tb_copy_bytes(output->data.raw, input->data.raw, TB_MIN(input->bytes, output->bytes));
    return kTfLiteOk;
}

static TfLiteStatus get_tensors(TfLiteContext *context, const TfLiteNode *node,
                                const TfLiteTensor **input, TfLiteTensor **output)
{
    TB_OP_TRY(tb_op_check_outputs(context, node, 1));
    TB_OP_TRY(tb_op_get_input(context, node, 0, "input", input));
    return tb_op_get_output(context, node, 0, output);
}

/* ---- RESHAPE ----------------------------------------------------------------------------------- */

/* The one -1 becomes what the other dimensions leave; zeros take no part in the division. */
static TfLiteStatus resolve_shape(TfLiteContext *context, const TfLiteTensor *input, int rank,
                                  int32_t *dims)
{
    int stretch = -1;
    int64_t elements = 1, divisor = 1;
    for (int d = 0; d < rank; d++) {
        if (dims[d] == -1 && stretch < 0) {
            stretch = d;
            continue;
        }
        if (dims[d] < 0)
            return tb_op_fail(context, "dimension %d of the new shape is %d", d, dims[d]);
        if (__builtin_mul_overflow(elements, dims[d], &elements) ||
            __builtin_mul_overflow(divisor, dims[d] ? dims[d] : 1, &divisor))
            return tb_op_fail(context, "the new shape has too many elements");
    }
    int64_t wanted = tb_tensor_elements(input);
    if (stretch >= 0) {
        int64_t nonzero = 1;
        for (int d = 0; d < tb_tensor_rank(input); d++)
            nonzero *= tb_tensor_dim(input, d) ? tb_tensor_dim(input, d) : 1;
        int64_t inferred = wanted == 0 && elements != 0 ? 0 : nonzero / divisor;
        if (inferred > INT32_MAX || __builtin_mul_overflow(elements, inferred, &elements))
            return tb_op_fail(context, "the new shape has too many elements");
        dims[stretch] = (int32_t)inferred;
    }
    if (elements == wanted)
        return kTfLiteOk;
    return tb_op_fail(context, "input has %lld elements, the new shape %lld", (long long)wanted,
                      (long long)elements);
}

/* The shape is an int32 vector if there is one, else it stands in the options. */
static const TfLiteTensor *shape_tensor(const TfLiteContext *context, const TfLiteNode *node)
{
    const TfLiteTensor *shape = tb_op_input(context, node, 1);
    bool usable = shape && tb_tensor_rank(shape) == 1 && shape->type == kTfLiteInt32;
    return usable ? shape : NULL;
}

static TfLiteStatus reshape_output(TfLiteContext *context, const TfLiteNode *node)
{
    const TfLiteReshapeParams *params = node->builtin_data;
    const TfLiteTensor *input = tb_op_input(context, node, 0);
    const TfLiteTensor *shape = shape_tensor(context, node);
    int32_t dims[TB_MAX_RANK];
    int rank = 0;
    if (shape) {
        TB_OP_TRY(tb_op_read_ints(context, shape, "shape", TB_MAX_RANK, dims, &rank));
    } else if (params) {
        /* Old converters write the shape of a scalar as [0]. */
        rank = params->num_dimensions;
        if (rank < 0 || rank > TB_MAX_RANK)
            return tb_op_fail(context, "the new shape has %d dimensions, expected at most %d", rank,
                              TB_MAX_RANK);
        if (rank == 1 && params->shape[0] == 0)
            rank = 0;
        memcpy(dims, params->shape, (size_t)rank * sizeof dims[0]);
    }
    TB_OP_TRY(resolve_shape(context, input, rank, dims));
    return tb_op_resize(context, tb_op_output(context, node, 0), rank, dims);
}

static TfLiteStatus prepare_reshape(TfLiteContext *context, TfLiteNode *node)
{
    const TfLiteTensor *input;
    TfLiteTensor *output;
    TB_OP_TRY(tb_op_check_inputs(context, node, 1, 2));
    TB_OP_TRY(get_tensors(context, node, &input, &output));
    TB_OP_TRY(tb_op_check_same_type(context, input, "input", output, "output"));
    const TfLiteTensor *shape = shape_tensor(context, node);
    if (output->type == kTfLiteString || (shape && !tb_tensor_is_constant(shape))) {
        tb_op_set_dynamic(output);
        return kTfLiteOk;
    }
    return reshape_output(context, node);
}

static TfLiteStatus invoke_reshape(TfLiteContext *context, TfLiteNode *node)
{
    TfLiteTensor *output = tb_op_output(context, node, 0);
    if (tb_tensor_is_dynamic(output))
        TB_OP_TRY(reshape_output(context, node));
    return copy_bytes(context, tb_op_input(context, node, 0), output);
}

/* ---- SQUEEZE ----------------------------------------------------------------------------------- */

static TfLiteStatus prepare_squeeze(TfLiteContext *context, TfLiteNode *node)
{
    const TfLiteSqueezeParams *params = node->builtin_data;
    const TfLiteTensor *input;
    TfLiteTensor *output;
    TB_OP_TRY(tb_op_check_inputs(context, node, 1, 1));
    TB_OP_TRY(get_tensors(context, node, &input, &output));
    TB_OP_TRY(tb_op_check_rank(context, input, "input", 0, TB_MAX_RANK));
    int rank = tb_tensor_rank(input), count = params->num_squeeze_dims;
    if (count < 0 || count > TB_MAX_RANK)
        return tb_op_fail(context, "squeezes %d dimensions, expected at most %d", count,
                          TB_MAX_RANK);
    bool squeezed[TB_MAX_RANK] = {false};
    for (int d = 0; count == 0 && d < rank; d++)
        squeezed[d] = tb_tensor_dim(input, d) == 1;
    for (int i = 0; i < count; i++) {
        int axis;
        TB_OP_TRY(tb_op_axis(context, params->squeeze_dims[i], rank, "squeezed dimension", &axis));
        if (tb_tensor_dim(input, axis) != 1)
            return tb_op_fail(context, "squeezes dimension %d, which is %d, expected 1", axis,
                              tb_tensor_dim(input, axis));
        squeezed[axis] = true;
    }
    int dims[TB_MAX_RANK], kept = 0;
    for (int d = 0; d < rank; d++)
        if (!squeezed[d])
            dims[kept++] = tb_tensor_dim(input, d);
    return tb_op_resize(context, output, kept, dims);
}

static TfLiteStatus invoke_copy(TfLiteContext *context, TfLiteNode *node)
{
    return copy_bytes(context, tb_op_input(context, node, 0), tb_op_output(context, node, 0));
}

/* ---- EXPAND_DIMS ------------------------------------------------------------------------------- */

static TfLiteStatus expand_output(TfLiteContext *context, const TfLiteNode *node)
{
    const TfLiteTensor *input = tb_op_input(context, node, 0);
    int32_t axis_value;
    TB_OP_TRY(tb_op_read_int(context, tb_op_input(context, node, 1), "axis", &axis_value));
    int rank = tb_tensor_rank(input), axis;
    TB_OP_TRY(tb_op_axis(context, axis_value, rank + 1, "axis", &axis));
    int dims[TB_MAX_RANK];
    for (int d = 0; d <= rank; d++)
        dims[d] = d == axis ? 1 : tb_tensor_dim(input, d < axis ? d : d - 1);
    return tb_op_resize(context, tb_op_output(context, node, 0), rank + 1, dims);
}

static TfLiteStatus prepare_expand_dims(TfLiteContext *context, TfLiteNode *node)
{
    const TfLiteTensor *input, *axis;
    TfLiteTensor *output;
    TB_OP_TRY(tb_op_check_inputs(context, node, 2, 2));
    TB_OP_TRY(get_tensors(context, node, &input, &output));
    TB_OP_TRY(tb_op_get_input(context, node, 1, "axis", &axis));
    TB_OP_TRY(tb_op_check_type(context, axis, "axis",
                               TB_TYPE_BIT(kTfLiteInt32) | TB_TYPE_BIT(kTfLiteInt64)));
    TB_OP_TRY(tb_op_check_rank(context, input, "input", 0, TB_MAX_RANK - 1));
    TB_OP_TRY(tb_op_check_same_quantization(context, input, "input", output, "output"));
    output->type = input->type;
    if (tb_tensor_is_constant(axis))
        return expand_output(context, node);
    tb_op_set_dynamic(output);
    return kTfLiteOk;
}

static TfLiteStatus invoke_expand_dims(TfLiteContext *context, TfLiteNode *node)
{
    TfLiteTensor *output = tb_op_output(context, node, 0);
    if (tb_tensor_is_dynamic(output))
        TB_OP_TRY(expand_output(context, node));
    return copy_bytes(context, tb_op_input(context, node, 0), output);
}

#define SAME_BYTES (kTfLiteInplaceOpInput0Shared | kTfLiteInplaceOpDataUnmodified)

const TfLiteRegistration tb_op_reshape = {
    .prepare = prepare_reshape, .invoke = invoke_reshape, .inplace_operator = SAME_BYTES};
const TfLiteRegistration tb_op_squeeze = {
    .prepare = prepare_squeeze, .invoke = invoke_copy, .inplace_operator = SAME_BYTES};
const TfLiteRegistration tb_op_expand_dims = {
    .prepare = prepare_expand_dims, .invoke = invoke_expand_dims, .inplace_operator = SAME_BYTES};
