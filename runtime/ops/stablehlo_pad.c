/*
 * STABLEHLO_PAD: a value in front of, behind and between the elements along each dimension. Negative
 * amounts at the ends crop. DILATE: a value between the elements alone.
 */
#include "runtime/ops/view.h"

#include <string.h>

/* Fills the output with the value and puts the input's elements where they go: `low` before the
   first, `step` from one to the next. Those that fall outside are dropped. */
static void scatter(const TfLiteTensor *input, const TfLiteTensor *value, const int64_t *low,
                    const int64_t *step, TfLiteTensor *output)
{
    size_t bytes = tb_type_bytes(input->type), out_count = tb_count(output);
    size_t in_count = out_count ? tb_count(input) : 0;
    for (size_t i = 0; i < out_count; i++)
        memcpy(output->data.raw + i * bytes, value->data.raw, bytes);
    ptrdiff_t strides[TB_MAX_RANK];
    tb_row_strides(output, strides);
    for (size_t i = 0; i < in_count; i++) {
        size_t rest = i;
        int64_t to = 0;
        bool inside = true;
        for (int d = tb_tensor_rank(input) - 1; d >= 0; d--) {
            size_t dim = (size_t)tb_tensor_dim(input, d);
            int64_t at = (int64_t)(rest % dim) * step[d] + low[d];
            inside = inside && at >= 0 && at < tb_tensor_dim(output, d);
            to += inside ? at * strides[d] : 0;
            rest /= dim;
        }
        if (inside)
            memcpy(output->data.raw + (size_t)to * bytes, input->data.raw + i * bytes, bytes);
    }
}

/* ---- STABLEHLO_PAD ----------------------------------------------------------------------------- */

static TfLiteStatus prepare_pad(TfLiteContext *context, TfLiteNode *node)
{
    const TfLiteStablehloPadParams *params = node->builtin_data;
    const TfLiteTensor *input, *value;
    TfLiteTensor *output;
    TB_OP_TRY(tb_op_check_inputs(context, node, 2, 2));
    TB_OP_TRY(tb_op_check_outputs(context, node, 1));
    TB_OP_TRY(tb_op_get_input(context, node, 0, "input", &input));
    TB_OP_TRY(tb_op_get_input(context, node, 1, "padding value", &value));
    TB_OP_TRY(tb_op_get_output(context, node, 0, &output));
    TB_OP_TRY(
        tb_op_check_type(context, input, "input", TB_VIEW_TYPES | TB_TYPE_BIT(kTfLiteComplex128)));
    TB_OP_TRY(tb_op_check_same_type(context, value, "padding value", input, "input"));
    TB_OP_TRY(tb_op_check_same_type(context, output, "output", input, "input"));
    TB_OP_TRY(tb_op_check_rank(context, input, "input", 1, TB_MAX_RANK));
    if (!params || tb_tensor_elements(value) < 1)
        return tb_op_fail(context, "has no padding value");
    int dims[TB_MAX_RANK], rank = tb_tensor_rank(input);
    bool empty = false;
    for (int d = 0; d < rank; d++) {
        int64_t dim = tb_tensor_dim(input, d), between = params->interior_padding[d], out;
        if (between < 0 || between >= INT32_MAX ||
            __builtin_mul_overflow(TB_MAX(dim - 1, 0), between, &out) ||
            __builtin_add_overflow(out, dim, &out) ||
            __builtin_add_overflow(out, params->edge_padding_low[d], &out) ||
            __builtin_add_overflow(out, params->edge_padding_high[d], &out) || out > INT32_MAX)
            return tb_op_fail(context, "dimension %d of %lld gets %lld, %lld and %lld between", d,
                              (long long)dim, (long long)params->edge_padding_low[d],
                              (long long)params->edge_padding_high[d], (long long)between);
        empty = empty || out <= 0;
        dims[d] = (int)TB_MAX(out, 0);
    }
    if (empty) /* TFLite makes all of its dimensions 0 */
        memset(dims, 0, sizeof dims);
    return tb_op_resize(context, output, rank, dims);
}

static TfLiteStatus invoke_pad(TfLiteContext *context, TfLiteNode *node)
{
    const TfLiteStablehloPadParams *params = node->builtin_data;
    const TfLiteTensor *input = tb_op_input(context, node, 0);
    int64_t steps[TB_MAX_RANK];
    for (int d = 0; d < tb_tensor_rank(input); d++)
        steps[d] = params->interior_padding[d] + 1;
    scatter(input, tb_op_input(context, node, 1), params->edge_padding_low, steps,
            tb_op_output(context, node, 0));
    return kTfLiteOk;
}

const TfLiteRegistration tb_op_stablehlo_pad = {.prepare = prepare_pad, .invoke = invoke_pad};

/* ---- DILATE ------------------------------------------------------------------------------------ */

/* The distances between elements, and the output's shape. */
static TfLiteStatus shape_dilated(TfLiteContext *context, const TfLiteNode *node,
                                  int32_t steps[TB_MAX_RANK])
{
    const TfLiteTensor *input = tb_op_input(context, node, 0);
    int dims[TB_MAX_RANK], count, rank = tb_tensor_rank(input);
    TB_OP_TRY(tb_op_read_ints(context, tb_op_input(context, node, 1), "dilations", TB_MAX_RANK,
                              steps, &count));
    if (count != rank)
        return tb_op_fail(context, "has %d dilations for %d dimensions", count, rank);
    for (int d = 0; d < rank; d++) {
        int64_t dim = tb_tensor_dim(input, d);
        int64_t dilated = dim > 0 ? (dim - 1) * steps[d] + 1 : 0;
        if (steps[d] < 1 || dilated > INT32_MAX)
            return tb_op_fail(context,
                              "dimension %d of %lld is dilated by %d, expected at least 1 "
                              "and fewer than 2^31 elements",
                              d, (long long)dim, steps[d]);
        dims[d] = (int)dilated;
    }
    return tb_op_resize(context, tb_op_output(context, node, 0), rank, dims);
}

static TfLiteStatus prepare_dilate(TfLiteContext *context, TfLiteNode *node)
{
    const TfLiteTensor *input, *dilations, *value;
    TfLiteTensor *output;
    TB_OP_TRY(tb_op_check_inputs(context, node, 3, 3));
    TB_OP_TRY(tb_op_check_outputs(context, node, 1));
    TB_OP_TRY(tb_op_get_input(context, node, 0, "input", &input));
    TB_OP_TRY(tb_op_get_input(context, node, 1, "dilations", &dilations));
    TB_OP_TRY(tb_op_get_input(context, node, 2, "padding value", &value));
    TB_OP_TRY(tb_op_get_output(context, node, 0, &output));
    TB_OP_TRY(
        tb_op_check_type(context, input, "input", TB_VIEW_TYPES | TB_TYPE_BIT(kTfLiteComplex128)));
    TB_OP_TRY(tb_op_check_rank(context, input, "input", 1, TB_MAX_RANK));
    TB_OP_TRY(tb_op_check_type(context, dilations, "dilations", TB_TYPE_BIT(kTfLiteInt32)));
    TB_OP_TRY(tb_op_check_rank(context, dilations, "dilations", 1, 1));
    TB_OP_TRY(tb_op_check_same_type(context, value, "padding value", input, "input"));
    TB_OP_TRY(tb_op_check_same_type(context, output, "output", input, "input"));
    if (tb_tensor_elements(value) < 1)
        return tb_op_fail(context, "has no padding value");
    int32_t steps[TB_MAX_RANK];
    if (tb_tensor_is_constant(dilations))
        return shape_dilated(context, node, steps);
    tb_op_set_dynamic(output);
    return kTfLiteOk;
}

static TfLiteStatus invoke_dilate(TfLiteContext *context, TfLiteNode *node)
{
    static const int64_t nothing_before[TB_MAX_RANK] = {0};
    const TfLiteTensor *input = tb_op_input(context, node, 0);
    TfLiteTensor *output = tb_op_output(context, node, 0);
    int32_t steps[TB_MAX_RANK] = {0};
    int64_t wide[TB_MAX_RANK];
    if (tb_tensor_is_dynamic(output)) {
        TB_OP_TRY(shape_dilated(context, node, steps));
    } else {
        int count;
        TB_OP_TRY(tb_op_read_ints(context, tb_op_input(context, node, 1), "dilations", TB_MAX_RANK,
                                  steps, &count));
    }
    for (int d = 0; d < TB_MAX_RANK; d++)
        wide[d] = steps[d];
    scatter(input, tb_op_input(context, node, 2), nothing_before, wide, output);
    return kTfLiteOk;
}

const TfLiteRegistration tb_op_dilate = {.prepare = prepare_dilate, .invoke = invoke_dilate};
