/*
 * GATHER: slices of the input along one axis, at the positions another tensor holds; leading batch
 * dimensions pair up. Positions are checked before anything is copied.
 */
#include "runtime/ops/strided.h"
#include "runtime/ops/strings.h"

typedef struct gather_data {
    size_t batches;       /* product of the batch dimensions */
    size_t outer;         /* of those between batch and axis */
    size_t length;        /* of the axis */
    size_t inner;         /* of those behind the axis */
    size_t positions;     /* of one batch */
    size_t element_bytes; /* 0: INT4 */
} gather_data;

static int64_t position_at(const TfLiteTensor *positions, size_t i)
{
    switch (positions->type) {
    case kTfLiteInt16:
        return positions->data.i16[i];
    case kTfLiteInt64:
        return positions->data.i64[i];
    default:
        return positions->data.i32[i];
    }
}

static TfLiteStatus prepare(TfLiteContext *context, TfLiteNode *node)
{
    const TfLiteGatherParams *params = node->builtin_data;
    const TfLiteTensor *input, *positions;
    TfLiteTensor *output;
    TB_OP_TRY(tb_op_check_inputs(context, node, 2, 2));
    TB_OP_TRY(tb_op_check_outputs(context, node, 1));
    TB_OP_TRY(tb_op_get_input(context, node, 0, "input", &input));
    TB_OP_TRY(tb_op_get_input(context, node, 1, "positions", &positions));
    TB_OP_TRY(tb_op_get_output(context, node, 0, &output));
    TB_OP_TRY(tb_op_check_type(
        context, input, "input",
        TB_TYPE_BIT(kTfLiteFloat32) | TB_TYPE_BIT(kTfLiteFloat16) | TB_TYPE_BIT(kTfLiteBFloat16) |
            TB_TYPES_QUANTIZED | TB_TYPE_BIT(kTfLiteInt4) | TB_TYPE_BIT(kTfLiteInt32) |
            TB_TYPE_BIT(kTfLiteInt64) | TB_TYPE_BIT(kTfLiteBool) | TB_TYPE_BIT(kTfLiteString)));
    TB_OP_TRY(tb_op_check_type(context, positions, "positions",
                               TB_TYPE_BIT(kTfLiteInt16) | TB_TYPE_BIT(kTfLiteInt32) |
                                   TB_TYPE_BIT(kTfLiteInt64)));
    TB_OP_TRY(tb_op_check_rank(context, input, "input", 1, TB_MAX_RANK));
    TB_OP_TRY(tb_op_check_rank(context, positions, "positions", 0, TB_MAX_RANK));
    if (input->type == kTfLiteString)
        TB_OP_TRY(tb_op_check_rank(context, input, "string input", 1, 1));
    output->type = input->type;

    int rank = tb_tensor_rank(input), position_rank = tb_tensor_rank(positions), axis;
    TB_OP_TRY(tb_op_axis(context, params->axis, rank, "axis", &axis));
    int batch_dims = params->batch_dims + (params->batch_dims < 0 ? position_rank : 0);
    if (batch_dims < 0 || batch_dims > axis || batch_dims > position_rank)
        return tb_op_fail(context, "has %d batch dimensions, expected at most %d", batch_dims,
                          TB_MIN(axis, position_rank));
    int dims[2 * TB_MAX_RANK], out_rank = 0;
    for (int d = 0; d < batch_dims; d++)
        if (tb_tensor_dim(input, d) != tb_tensor_dim(positions, d))
            return tb_op_fail(context, "batch dimension %d is %d for the input, %d for positions",
                              d, tb_tensor_dim(input, d), tb_tensor_dim(positions, d));
    for (int d = 0; d < axis; d++)
        dims[out_rank++] = tb_tensor_dim(input, d);
    for (int d = batch_dims; d < position_rank; d++)
        dims[out_rank++] = tb_tensor_dim(positions, d);
    for (int d = axis + 1; d < rank; d++)
        dims[out_rank++] = tb_tensor_dim(input, d);

    gather_data *data = tb_op_make_data(context, node, sizeof *data);
    if (!data)
        return kTfLiteError;
    data->batches = tb_dims_product(input, 0, batch_dims);
    data->outer = tb_dims_product(input, batch_dims, axis);
    data->length = (size_t)tb_tensor_dim(input, axis);
    data->inner = tb_dims_product(input, axis + 1, rank);
    data->positions = tb_dims_product(positions, batch_dims, position_rank);
    data->element_bytes = tb_type_bytes(input->type);
    return tb_op_resize(context, output, out_rank, dims);
}

/* ---- invoke ------------------------------------------------------------------------------------ */

typedef struct gathered_strings {
    tb_strings strings;
    const TfLiteTensor *positions;
} gathered_strings;

static const char *get_gathered(const void *context, size_t i, size_t *length)
{
    const gathered_strings *gathered = context;
    return tb_strings_get(&gathered->strings, (size_t)position_at(gathered->positions, i), length);
}

static TfLiteStatus check_positions(TfLiteContext *context, const gather_data *data,
                                    const TfLiteTensor *positions)
{
    size_t count = tb_count(positions);
    for (size_t i = 0; i < count; i++) {
        int64_t position = position_at(positions, i);
        if (position < 0 || (uint64_t)position >= data->length)
            return tb_op_fail(context, "position %zu is %lld, expected 0 to %lld", i,
                              (long long)position, (long long)data->length - 1);
    }
    return kTfLiteOk;
}

static TfLiteStatus invoke(TfLiteContext *context, TfLiteNode *node)
{
    const gather_data *data = node->user_data;
    const TfLiteTensor *input = tb_op_input(context, node, 0);
    const TfLiteTensor *positions = tb_op_input(context, node, 1);
    TfLiteTensor *output = tb_op_output(context, node, 0);
    TB_OP_TRY(check_positions(context, data, positions));
    if (output->type == kTfLiteString) {
        gathered_strings gathered = {.positions = positions};
        TB_OP_TRY(tb_strings_open(context, input, "input", &gathered.strings));
        return tb_strings_write(context, output, tb_count(positions),
                                (tb_string_source){get_gathered, &gathered});
    }
    size_t run_bytes = data->inner * data->element_bytes, at = 0; /* runs written */
    if (data->element_bytes == 0)
        tb_zero_bytes(output->data.raw, output->bytes);
    for (size_t batch = 0; batch < data->batches; batch++)
        for (size_t outer = 0; outer < data->outer && !tb_stopped(); outer++)
            for (size_t i = 0; i < data->positions; i++, at++) {
                size_t position = (size_t)position_at(positions, batch * data->positions + i);
                size_t from = (batch * data->outer + outer) * data->length + position;
                tb_copy_bytes(output->data.raw + at * run_bytes, input->data.raw + from * run_bytes,
                              run_bytes);
                for (size_t k = 0; data->element_bytes == 0 && k < data->inner; k++)
                    tb_copy_nibble(input->data.uint8, from * data->inner + k, output->data.uint8,
                                   at * data->inner + k);
            }
    return kTfLiteOk;
}

const TfLiteRegistration tb_op_gather = {.prepare = prepare, .invoke = invoke};
