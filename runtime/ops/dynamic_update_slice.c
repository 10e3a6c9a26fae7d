/*
 * DYNAMIC_UPDATE_SLICE: the input with a block of it, from a start that is moved inside where it
 * sticks out, replaced by another tensor.
 */
#include "runtime/ops/view.h"

#include <string.h>

static TfLiteStatus prepare(TfLiteContext *context, TfLiteNode *node)
{
    const TfLiteTensor *input, *update, *starts;
    TfLiteTensor *output;
    TB_OP_TRY(tb_op_check_inputs(context, node, 3, 3));
    TB_OP_TRY(tb_op_check_outputs(context, node, 1));
    TB_OP_TRY(tb_op_get_input(context, node, 0, "input", &input));
    TB_OP_TRY(tb_op_get_input(context, node, 1, "update", &update));
    TB_OP_TRY(tb_op_get_input(context, node, 2, "start", &starts));
    TB_OP_TRY(tb_op_get_output(context, node, 0, &output));
    TB_OP_TRY(tb_op_check_type(context, input, "input",
                               TB_VIEW_TYPES | TB_TYPE_BIT(kTfLiteComplex128) |
                                   TB_TYPE_BIT(kTfLiteInt4)));
    TB_OP_TRY(tb_op_check_same_type(context, update, "update", input, "input"));
    TB_OP_TRY(tb_op_check_type(context, starts, "start",
                               TB_TYPE_BIT(kTfLiteInt32) | TB_TYPE_BIT(kTfLiteInt64)));
    TB_OP_TRY(tb_op_check_rank(context, input, "input", 0, TB_MAX_RANK));
    TB_OP_TRY(tb_op_check_rank(context, starts, "start", 1, 1));
    int rank = tb_tensor_rank(input);
    if (tb_tensor_rank(update) != rank || tb_tensor_dim(starts, 0) != rank)
        return tb_op_fail(context, "update has %d dimensions and start %d, input %d",
                          tb_tensor_rank(update), tb_tensor_dim(starts, 0), rank);
    for (int d = 0; d < rank; d++)
        if (tb_tensor_dim(update, d) > tb_tensor_dim(input, d))
            return tb_op_fail(context, "update has %d in dimension %d, input only %d",
                              tb_tensor_dim(update, d), d, tb_tensor_dim(input, d));
    output->type = input->type;
    return tb_op_resize_like(context, output, input);
}

static TfLiteStatus invoke(TfLiteContext *context, TfLiteNode *node)
{
    const TfLiteTensor *input = tb_op_input(context, node, 0);
    const TfLiteTensor *update = tb_op_input(context, node, 1);
    const TfLiteTensor *starts = tb_op_input(context, node, 2);
    TfLiteTensor *output = tb_op_output(context, node, 0);
    if (output->data.raw != input->data.raw && output->bytes > 0)
        memcpy(output->data.raw, input->data.raw, TB_MIN(input->bytes, output->bytes));
    size_t count = tb_count(update);
    if (count == 0)
        return kTfLiteOk;
    int rank = tb_tensor_rank(input);
    ptrdiff_t strides[TB_MAX_RANK];
    tb_row_strides(input, strides);
    tb_strided block = {.rank = 0}; /* of the output, one row an element */
    for (int d = 0; d < rank; d++) {
        int64_t start = starts->type == kTfLiteInt64 ? starts->data.i64[d] : starts->data.i32[d];
        int64_t last = tb_tensor_dim(input, d) - tb_tensor_dim(update, d);
        block.offset += (size_t)(TB_MIN(TB_MAX(start, 0), last) * strides[d]);
        if (d < rank - 1)
            tb_strided_add(&block, (size_t)tb_tensor_dim(update, d), strides[d]);
    }
    size_t row = rank ? (size_t)tb_tensor_dim(update, rank - 1) : 1;
    size_t bytes = tb_type_bytes(input->type);
    tb_strided_walk walk = {.offset = 0};
    tb_strided_begin(&block, &walk);
    for (size_t from = 0; from < count; from += row, tb_strided_next(&block, &walk)) {
        if (bytes > 0)
            memcpy(output->data.raw + walk.offset * bytes, update->data.raw + from * bytes,
                   row * bytes);
        for (size_t i = 0; bytes == 0 && i < row; i++)
            tb_copy_nibble(update->data.uint8, from + i, output->data.uint8, walk.offset + i);
    }
    return kTfLiteOk;
}

const TfLiteRegistration tb_op_dynamic_update_slice = {
    .prepare = prepare, .invoke = invoke, .inplace_operator = kTfLiteInplaceOpInput0Shared};
