/*
 * SPACE_TO_BATCH_ND and BATCH_TO_SPACE_ND: blocks of the one or two spatial dimensions become
 * batches, and back. Both walk the plain ("space") tensor; the position of a pixel in the blocked
 * ("batch") one is the block it falls into after the border before it, and its place in the block
 * tells the batch, row by row.
 */
#include "runtime/ops/view.h"

#include <string.h>

typedef struct batch_space {
    bool to_batch;
    int64_t batches; /* of the space tensor */
    int64_t space[2];
    int64_t blocked[2]; /* the spatial dimensions of the batch tensor */
    int64_t block[2];
    int64_t before[2]; /* padding or crop in front */
    size_t pixel_bytes;
} batch_space;

/* Reads block and border sizes, and gives the output its shape. */
static TfLiteStatus shape_output(TfLiteContext *context, const TfLiteNode *node)
{
    batch_space *data = node->user_data;
    const TfLiteTensor *input = tb_op_input(context, node, 0);
    int spatial = tb_tensor_rank(input) - 2, count, dims[4];
    int32_t blocks[2], borders[4];
    TB_OP_TRY(
        tb_op_read_ints(context, tb_op_input(context, node, 1), "block shape", 2, blocks, &count));
    TB_OP_TRY(
        tb_op_read_ints(context, tb_op_input(context, node, 2), "borders", 4, borders, &count));
    int64_t batches = tb_tensor_dim(input, 0);
    for (int d = 0; d < 2; d++)
        data->space[d] = data->blocked[d] = data->block[d] = 1, data->before[d] = 0;
    for (int d = 0; d < spatial; d++) {
        int64_t block = blocks[d], border = (int64_t)borders[2 * d] + borders[2 * d + 1];
        int64_t have = tb_tensor_dim(input, d + 1), get;
        if (block < 1)
            return tb_op_fail(context, "block %d is %d, expected 1 or more", d, blocks[d]);
        if (data->to_batch) {
            if ((have + border) % block)
                return tb_op_fail(context, "blocks of %d do not divide %lld, which is dimension %d",
                                  blocks[d], (long long)(have + border), d + 1);
            get = (have + border) / block;
            batches *= block;
        } else {
            if (borders[2 * d] < 0 || borders[2 * d + 1] < 0)
                return tb_op_fail(context, "crops of dimension %d are %d and %d", d + 1,
                                  borders[2 * d], borders[2 * d + 1]);
            if (batches % block)
                return tb_op_fail(context, "blocks of %d do not divide %lld batches", blocks[d],
                                  (long long)batches);
            get = have * block - border;
            batches /= block;
        }
        if (get < 0 || get > INT32_MAX || batches > INT32_MAX)
            return tb_op_fail(context, "blocks of %d make dimension %d %lld, and %lld batches",
                              blocks[d], d + 1, (long long)get, (long long)batches);
        dims[d + 1] = (int)get;
        data->space[d] = data->to_batch ? have : get;
        data->blocked[d] = data->to_batch ? get : have;
        data->block[d] = block;
        data->before[d] = borders[2 * d];
    }
    data->batches = data->to_batch ? tb_tensor_dim(input, 0) : batches;
    dims[0] = (int)batches;
    dims[spatial + 1] = tb_tensor_dim(input, spatial + 1);
    return tb_op_resize(context, tb_op_output(context, node, 0), spatial + 2, dims);
}

static TfLiteStatus prepare(TfLiteContext *context, TfLiteNode *node, bool to_batch)
{
    const TfLiteTensor *input, *blocks, *borders;
    TfLiteTensor *output;
    TB_OP_TRY(tb_op_check_inputs(context, node, 3, 3));
    TB_OP_TRY(tb_op_check_outputs(context, node, 1));
    TB_OP_TRY(tb_op_get_input(context, node, 0, "input", &input));
    TB_OP_TRY(tb_op_get_input(context, node, 1, "block shape", &blocks));
    TB_OP_TRY(tb_op_get_input(context, node, 2, "borders", &borders));
    TB_OP_TRY(tb_op_get_output(context, node, 0, &output));
    TB_OP_TRY(tb_op_check_type(context, input, "input", TB_VIEW_TYPES));
    TB_OP_TRY(tb_op_check_same_type(context, input, "input", output, "output"));
    TB_OP_TRY(tb_op_check_type(context, blocks, "block shape", TB_TYPE_BIT(kTfLiteInt32)));
    TB_OP_TRY(tb_op_check_type(context, borders, "borders", TB_TYPE_BIT(kTfLiteInt32)));
    TB_OP_TRY(tb_op_check_rank(context, input, "input", 3, 4));
    TB_OP_TRY(tb_op_check_rank(context, blocks, "block shape", 1, 1));
    TB_OP_TRY(tb_op_check_rank(context, borders, "borders", 2, 2));
    int spatial = tb_tensor_rank(input) - 2;
    if (tb_tensor_dim(blocks, 0) != spatial || tb_tensor_dim(borders, 0) != spatial ||
        tb_tensor_dim(borders, 1) != 2)
        return tb_op_fail(context, "has %d blocks and %d x %d borders for %d spatial dimensions",
                          tb_tensor_dim(blocks, 0), tb_tensor_dim(borders, 0),
                          tb_tensor_dim(borders, 1), spatial);
    if (TB_TYPES_QUANTIZED & TB_TYPE_BIT(input->type))
        TB_OP_TRY(tb_op_check_same_quantization(context, input, "input", output, "output"));
    if (input->type == kTfLiteInt16)
        TB_OP_TRY(tb_op_check_symmetric(context, input, "input"));
    batch_space *data = tb_op_make_data(context, node, sizeof *data);
    if (!data)
        return kTfLiteError;
    data->to_batch = to_batch;
    data->pixel_bytes = (size_t)tb_tensor_dim(input, spatial + 1) * tb_type_bytes(input->type);
    if (tb_tensor_is_constant(blocks) && tb_tensor_is_constant(borders))
        return shape_output(context, node);
    tb_op_set_dynamic(output);
    return kTfLiteOk;
}

static TfLiteStatus invoke(TfLiteContext *context, TfLiteNode *node)
{
    const batch_space *data = node->user_data;
    const TfLiteTensor *input = tb_op_input(context, node, 0);
    TfLiteTensor *output = tb_op_output(context, node, 0);
    if (tb_tensor_is_dynamic(output))
        TB_OP_TRY(shape_output(context, node));
    if (output->bytes == 0)
        return kTfLiteOk;
    /* Only types of one byte have a zero point other than 0. */
    if (data->to_batch)
        memset(output->data.raw, output->params.zero_point, output->bytes);
    size_t bytes = data->pixel_bytes;
    for (int64_t b = 0; b < data->batches; b++)
        for (int64_t y = 0; y < data->space[0] && !tb_stopped(); y++) {
            int64_t row = y + data->before[0];
            if (row < 0 || row / data->block[0] >= data->blocked[0])
                continue;
            for (int64_t x = 0; x < data->space[1]; x++) {
                int64_t column = x + data->before[1];
                if (column < 0 || column / data->block[1] >= data->blocked[1])
                    continue;
                int64_t place = row % data->block[0] * data->block[1] + column % data->block[1];
                int64_t block_row =
                    (place * data->batches + b) * data->blocked[0] + row / data->block[0];
                size_t there = (size_t)(block_row * data->blocked[1] + column / data->block[1]);
                size_t here = (size_t)((b * data->space[0] + y) * data->space[1] + x);
                size_t to = data->to_batch ? there : here, from = data->to_batch ? here : there;
                memcpy(output->data.raw + to * bytes, input->data.raw + from * bytes, bytes);
            }
        }
    return kTfLiteOk;
}

static TfLiteStatus prepare_to_batch(TfLiteContext *context, TfLiteNode *node)
{
    return prepare(context, node, true);
}

static TfLiteStatus prepare_to_space(TfLiteContext *context, TfLiteNode *node)
{
    return prepare(context, node, false);
}

const TfLiteRegistration tb_op_space_to_batch_nd = {.prepare = prepare_to_batch, .invoke = invoke};
const TfLiteRegistration tb_op_batch_to_space_nd = {.prepare = prepare_to_space, .invoke = invoke};
