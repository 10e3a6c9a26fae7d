/* REVERSE_SEQUENCE: the first so many elements along one dimension in reverse, how many is told for
   each index of another dimension. */
#include "runtime/ops/common.h"

#include <string.h>

static TfLiteStatus prepare(TfLiteContext *context, TfLiteNode *node)
{
    const TfLiteReverseSequenceParams *params = node->builtin_data;
    const TfLiteTensor *input, *lengths;
    TfLiteTensor *output;
    TB_OP_TRY(tb_op_check_inputs(context, node, 2, 2));
    TB_OP_TRY(tb_op_check_outputs(context, node, 1));
    TB_OP_TRY(tb_op_get_input(context, node, 0, "input", &input));
    TB_OP_TRY(tb_op_get_input(context, node, 1, "lengths", &lengths));
    TB_OP_TRY(tb_op_get_output(context, node, 0, &output));
    TB_OP_TRY(tb_op_check_type(context, input, "input",
                               TB_TYPE_BIT(kTfLiteFloat32) | TB_TYPE_BIT(kTfLiteUInt8) |
                                   TB_TYPE_BIT(kTfLiteInt16) | TB_TYPE_BIT(kTfLiteInt32) |
                                   TB_TYPE_BIT(kTfLiteInt64)));
    TB_OP_TRY(tb_op_check_same_type(context, input, "input", output, "output"));
    TB_OP_TRY(tb_op_check_type(context, lengths, "lengths",
                               TB_TYPE_BIT(kTfLiteInt32) | TB_TYPE_BIT(kTfLiteInt64)));
    TB_OP_TRY(tb_op_check_rank(context, lengths, "lengths", 1, 1));
    int rank = tb_tensor_rank(input);
    int sequence = params ? params->seq_dim : 0, batch = params ? params->batch_dim : 0;
    if (sequence < 0 || sequence >= rank || batch < 0 || batch >= rank || sequence == batch)
        return tb_op_fail(context,
                          "has sequence dimension %d and batch dimension %d, expected two "
                          "of %d",
                          sequence, batch, rank);
    if (tb_tensor_dim(lengths, 0) != tb_tensor_dim(input, batch))
        return tb_op_fail(context, "has %d lengths, batch dimension %d has %d",
                          tb_tensor_dim(lengths, 0), batch, tb_tensor_dim(input, batch));
    return tb_op_resize_like(context, output, input);
}

static int64_t length_at(const TfLiteTensor *lengths, size_t i)
{
    return lengths->type == kTfLiteInt64 ? lengths->data.i64[i] : lengths->data.i32[i];
}

static TfLiteStatus invoke(TfLiteContext *context, TfLiteNode *node)
{
    const TfLiteReverseSequenceParams *params = node->builtin_data;
    const TfLiteTensor *input = tb_op_input(context, node, 0);
    const TfLiteTensor *lengths = tb_op_input(context, node, 1);
    TfLiteTensor *output = tb_op_output(context, node, 0);
    int rank = tb_tensor_rank(input), sequence = params->seq_dim, batch = params->batch_dim;
    int64_t steps = tb_tensor_dim(input, sequence);
    size_t batches = (size_t)tb_tensor_dim(input, batch), count = tb_count(input);
    for (size_t i = 0; i < batches; i++)
        if (length_at(lengths, i) > steps)
            return tb_op_fail(context, "length %zu is %lld, expected at most %lld", i,
                              (long long)length_at(lengths, i), (long long)steps);
    size_t sequence_stride = tb_dims_product(input, sequence + 1, rank);
    size_t batch_stride = tb_dims_product(input, batch + 1, rank);
    size_t run = TB_MIN(sequence_stride, batch_stride), bytes = tb_type_bytes(input->type);
    for (size_t to = 0; to < count; to += run) {
        int64_t step = (int64_t)(to / sequence_stride % (size_t)steps);
        int64_t length = length_at(lengths, to / batch_stride % batches);
        int64_t move = step < length ? length - 1 - 2 * step : 0;
        size_t from = (size_t)((int64_t)to + move * (int64_t)sequence_stride);
        memcpy(output->data.raw + to * bytes, input->data.raw + from * bytes, run * bytes);
    }
    return kTfLiteOk;
}

const TfLiteRegistration tb_op_reverse_sequence = {.prepare = prepare, .invoke = invoke};
