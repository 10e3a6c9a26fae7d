/*
 * CONCATENATION and PACK: inputs side by side along one dimension, which PACK makes new. Values are
 * copied; only UINT8 inputs of another scale than the output are rescaled, in float, as by TFLite's
 * ConcatenationWithScaling.
 */
#include "runtime/ops/strided.h"

#include <math.h>

typedef struct concat_input {
    size_t run; /* elements of this input between two of the next ones */
    bool rescale;
    float scale; /* to the output's */
    float bias;
} concat_input;

typedef struct concat_data {
    int inputs;
    size_t runs;          /* of each input */
    size_t element_bytes; /* 0: INT4 */
    int32_t out_zero_point;
    concat_input input[]; /* one each */
} concat_data;

#define CONCAT_TYPES                                                                            \
    (TB_TYPE_BIT(kTfLiteFloat32) | TB_TYPE_BIT(kTfLiteFloat16) | TB_TYPE_BIT(kTfLiteBFloat16) | \
     TB_TYPES_QUANTIZED | TB_TYPE_BIT(kTfLiteInt32) | TB_TYPE_BIT(kTfLiteInt64) |               \
     TB_TYPE_BIT(kTfLiteBool) | TB_TYPE_BIT(kTfLiteUInt32) | TB_TYPE_BIT(kTfLiteInt4))

static concat_data *make(TfLiteContext *context, TfLiteNode *node)
{
    size_t inputs = (size_t)node->inputs->size;
    concat_data *data =
        tb_op_make_data(context, node, sizeof *data + inputs * sizeof data->input[0]);
    if (data)
        data->inputs = node->inputs->size;
    return data;
}

/* The axis's total and the check that all else is equal. */
static TfLiteStatus check_shapes(TfLiteContext *context, const TfLiteNode *node, int axis,
                                 int *total)
{
    const TfLiteTensor *first = tb_op_input(context, node, 0);
    int rank = tb_tensor_rank(first);
    *total = 0;
    for (int k = 0; k < node->inputs->size; k++) {
        const TfLiteTensor *input;
        TB_OP_TRY(tb_op_get_input(context, node, k, "input", &input));
        TB_OP_TRY(tb_op_check_same_type(context, first, "first input", input, "another input"));
        bool fits = tb_tensor_rank(input) == rank;
        for (int d = 0; fits && d < rank; d++)
            fits = d == axis || tb_tensor_dim(input, d) == tb_tensor_dim(first, d);
        if (!fits) {
            char a[TB_SHAPE_TEXT_SIZE], b[TB_SHAPE_TEXT_SIZE];
            return tb_op_fail(context,
                              "input %d has shape %s, input 0 %s: they differ beside axis %d", k,
                              tb_shape_text(input->dims, a), tb_shape_text(first->dims, b), axis);
        }
        if (axis < rank && __builtin_add_overflow(*total, tb_tensor_dim(input, axis), total))
            return tb_op_fail(context, "axis %d gets too long", axis);
    }
    return kTfLiteOk;
}

/* How input k meets the output's scale. */
static TfLiteStatus set_scale(TfLiteContext *context, const TfLiteTensor *input,
                              const TfLiteTensor *output, concat_input *out)
{
    if (input->type == kTfLiteInt8)
        return tb_op_check_same_quantization(context, input, "input", output, "output");
    if (input->type == kTfLiteInt16) {
        TB_OP_TRY(tb_op_check_symmetric(context, input, "input"));
        return tb_op_check_symmetric(context, output, "output");
    }
    if (input->type != kTfLiteUInt8 || (input->params.scale == output->params.scale &&
                                        input->params.zero_point == output->params.zero_point))
        return kTfLiteOk;
    TB_OP_TRY(tb_op_check_quantized(context, input, "input"));
    TB_OP_TRY(tb_op_check_quantized(context, output, "output"));
    out->rescale = true;
    out->scale = input->params.scale * (1.0f / output->params.scale);
    out->bias = (float)-input->params.zero_point * out->scale;
    return kTfLiteOk;
}

static TfLiteStatus prepare(TfLiteContext *context, TfLiteNode *node)
{
    const TfLiteConcatenationParams *params = node->builtin_data;
    TB_OP_TRY(tb_op_check_inputs(context, node, 1, INT32_MAX));
    TB_OP_TRY(tb_op_check_outputs(context, node, 1));
    const TfLiteTensor *first;
    TfLiteTensor *output;
    TB_OP_TRY(tb_op_get_input(context, node, 0, "input", &first));
    TB_OP_TRY(tb_op_get_output(context, node, 0, &output));
    TB_OP_TRY(tb_op_check_type(context, first, "input", CONCAT_TYPES));
    TB_OP_TRY(tb_op_check_same_type(context, first, "input", output, "output"));
    if (params->activation != kTfLiteActNone)
        return tb_op_fail(context, "fuses an activation, expected none");
    /* Scalars make a vector. */
    TB_OP_TRY(tb_op_check_rank(context, first, "input", 0, TB_MAX_RANK));
    int rank = tb_tensor_rank(first), axis, total;
    TB_OP_TRY(tb_op_axis(context, params->axis, TB_MAX(rank, 1), "axis", &axis));
    TB_OP_TRY(check_shapes(context, node, axis, &total));
    concat_data *data = make(context, node);
    if (!data)
        return kTfLiteError;
    data->runs = tb_dims_product(first, 0, TB_MIN(axis, rank));
    data->element_bytes = tb_type_bytes(first->type);
    data->out_zero_point = output->params.zero_point;
    for (int k = 0; k < data->inputs; k++) {
        const TfLiteTensor *input = tb_op_input(context, node, k);
        data->input[k].run = tb_dims_product(input, TB_MIN(axis, rank), rank);
        TB_OP_TRY(set_scale(context, input, output, &data->input[k]));
    }
    int dims[TB_MAX_RANK] = {rank == 0 ? data->inputs : 0};
    for (int d = 0; d < rank; d++)
        dims[d] = d == axis ? total : tb_tensor_dim(first, d);
    return tb_op_resize(context, output, TB_MAX(rank, 1), dims);
}

static TfLiteStatus prepare_pack(TfLiteContext *context, TfLiteNode *node)
{
    const TfLitePackParams *params = node->builtin_data;
    TB_OP_TRY(tb_op_check_inputs(context, node, params->values_count, params->values_count));
    TB_OP_TRY(tb_op_check_inputs(context, node, 1, INT32_MAX));
    TB_OP_TRY(tb_op_check_outputs(context, node, 1));
    const TfLiteTensor *first;
    TfLiteTensor *output;
    TB_OP_TRY(tb_op_get_input(context, node, 0, "input", &first));
    TB_OP_TRY(tb_op_get_output(context, node, 0, &output));
    TB_OP_TRY(
        tb_op_check_type(context, first, "input",
                         (CONCAT_TYPES | TB_TYPE_BIT(kTfLiteUInt64)) & ~TB_TYPE_BIT(kTfLiteInt4)));
    TB_OP_TRY(tb_op_check_same_type(context, first, "input", output, "output"));
    TB_OP_TRY(tb_op_check_rank(context, first, "input", 0, TB_MAX_RANK - 1));
    int rank = tb_tensor_rank(first), axis, total;
    TB_OP_TRY(tb_op_axis(context, params->axis, rank + 1, "axis", &axis));
    TB_OP_TRY(check_shapes(context, node, -1, &total));
    concat_data *data = make(context, node);
    if (!data)
        return kTfLiteError;
    data->runs = tb_dims_product(first, 0, axis);
    data->element_bytes = tb_type_bytes(first->type);
    for (int k = 0; k < data->inputs; k++) {
        data->input[k].run = tb_dims_product(first, axis, rank);
        TB_OP_TRY(tb_op_check_same_quantization(context, tb_op_input(context, node, k), "input",
                                                output, "output"));
    }
    int dims[TB_MAX_RANK];
    for (int d = 0; d <= rank; d++)
        dims[d] = d == axis ? data->inputs : tb_tensor_dim(first, d < axis ? d : d - 1);
    return tb_op_resize(context, output, rank + 1, dims);
}

/* ---- invoke ------------------------------------------------------------------------------------ */

static void rescale(const concat_data *data, const concat_input *by, const uint8_t *from,
                    uint8_t *to)
{
    for (size_t i = 0; i < by->run; i++) {
        float rounded = roundf((float)from[i] * by->scale + by->bias);
        /* Beyond +-512 the sum with any zero point is outside anyway. Scales may be so far apart
           that there is no number; that is the lowest value. */
        float bounded = rounded >= -512.0f ? tb_clampf(rounded, -512.0f, 512.0f) : -512.0f;
        int32_t value = (int32_t)bounded + data->out_zero_point;
        to[i] = (uint8_t)tb_clamp(value, 0, UINT8_MAX);
    }
}

static void copy_int4(const uint8_t *from, size_t from_index, uint8_t *to, size_t to_index,
                      size_t count)
{
    for (size_t i = 0; i < count; i++)
        tb_copy_nibble(from, from_index + i, to, to_index + i);
}

static TfLiteStatus invoke(TfLiteContext *context, TfLiteNode *node)
{
    const concat_data *data = node->user_data;
    TfLiteTensor *output = tb_op_output(context, node, 0);
    size_t at = 0; /* elements written */
    if (data->element_bytes == 0)
        tb_zero_bytes(output->data.raw, output->bytes);
    for (size_t run = 0; run < data->runs && !tb_stopped(); run++)
        for (int k = 0; k < data->inputs; k++) {
            const concat_input *by = &data->input[k];
            const TfLiteTensor *input = tb_op_input(context, node, k);
            size_t from = run * by->run;
            if (data->element_bytes == 0)
                copy_int4(input->data.uint8, from, output->data.uint8, at, by->run);
            else if (by->rescale)
                rescale(data, by, input->data.uint8 + from, output->data.uint8 + at);
            else
                tb_copy_bytes(output->data.raw + at * data->element_bytes,
                              input->data.raw + from * data->element_bytes,
                              by->run * data->element_bytes);
            at += by->run;
        }
    return kTfLiteOk;
}

const TfLiteRegistration tb_op_concatenation = {.prepare = prepare, .invoke = invoke};
const TfLiteRegistration tb_op_pack = {.prepare = prepare_pack, .invoke = invoke};
