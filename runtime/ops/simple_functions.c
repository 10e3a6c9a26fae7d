/*
 * Small operators with a loop of their own: ADD_N sums any number of tensors, BUCKETIZE finds each
 * element's interval, FAKE_QUANT rounds floats as a quantised tensor would, BITCAST reads the same
 * bytes as another type, BROADCAST_ARGS finds the shape that two shapes broadcast to.
 */
#include "runtime/ops/common.h"

#include <math.h>
#include <string.h>

/* ---- ADD_N ------------------------------------------------------------------------------------- */

static TfLiteStatus prepare_add_n(TfLiteContext *context, TfLiteNode *node)
{
    const TfLiteTensor *first;
    TfLiteTensor *output;
    TB_OP_TRY(tb_op_check_inputs(context, node, 2, INT16_MAX));
    TB_OP_TRY(tb_op_check_outputs(context, node, 1));
    TB_OP_TRY(tb_op_get_input(context, node, 0, "first input", &first));
    TB_OP_TRY(tb_op_get_output(context, node, 0, &output));
    TB_OP_TRY(tb_op_check_type(context, first, "first input",
                               TB_TYPE_BIT(kTfLiteFloat32) | TB_TYPE_BIT(kTfLiteInt32)));
    for (int k = 1; k < node->inputs->size; k++) {
        const TfLiteTensor *input;
        TB_OP_TRY(tb_op_get_input(context, node, k, "input", &input));
        TB_OP_TRY(tb_op_check_same_type(context, input, "input", first, "first input"));
        if (!tb_same_shape(input, first))
            return tb_op_fail(context, "input %d has another shape than the first", k);
    }
    output->type = first->type;
    return tb_op_resize_like(context, output, first);
}

static TfLiteStatus invoke_add_n(TfLiteContext *context, TfLiteNode *node)
{
    TfLiteTensor *output = tb_op_output(context, node, 0);
    size_t count = tb_count(output);
    for (int k = 0; k < node->inputs->size; k++) {
        const TfLiteTensor *input = tb_op_input(context, node, k);
        if (k == 0 && count > 0)
            memcpy(output->data.raw, input->data.raw, output->bytes);
        for (size_t i = 0; k > 0 && i < count; i++) {
            if (output->type == kTfLiteFloat32)
                output->data.f[i] += input->data.f[i];
            else
                output->data.i32[i] = tb_wrap_add(output->data.i32[i], input->data.i32[i]);
        }
    }
    return kTfLiteOk;
}

/* ---- BUCKETIZE --------------------------------------------------------------------------------- */

static TfLiteStatus prepare_bucketize(TfLiteContext *context, TfLiteNode *node)
{
    const TfLiteBucketizeParams *params = node->builtin_data;
    const TfLiteTensor *input;
    TfLiteTensor *output;
    TB_OP_TRY(tb_op_unary(context, node, &input, &output));
    TB_OP_TRY(tb_op_check_type(context, input, "input",
                               TB_TYPE_BIT(kTfLiteFloat32) | TB_TYPE_BIT(kTfLiteFloat64) |
                                   TB_TYPE_BIT(kTfLiteInt32) | TB_TYPE_BIT(kTfLiteInt64)));
    if (!params)
        return tb_op_fail(context, "has no boundaries");
    for (int i = 1; i < params->num_boundaries; i++)
        if (params->boundaries[i] < params->boundaries[i - 1])
            return tb_op_fail(context, "boundary %d is %g after %g, expected rising ones", i,
                              (double)params->boundaries[i], (double)params->boundaries[i - 1]);
    output->type = kTfLiteInt32;
    return tb_op_resize_like(context, output, input);
}

/* Integers compare as floats. */
static double bucket_value(const TfLiteTensor *input, size_t i)
{
    switch (input->type) {
    case kTfLiteFloat32:
        return (double)input->data.f[i];
    case kTfLiteFloat64:
        return input->data.f64[i];
    case kTfLiteInt64:
        return (double)(float)input->data.i64[i];
    default:
        return (double)(float)input->data.i32[i];
    }
}

static TfLiteStatus invoke_bucketize(TfLiteContext *context, TfLiteNode *node)
{
    const TfLiteBucketizeParams *params = node->builtin_data;
    const TfLiteTensor *input = tb_op_input(context, node, 0);
    int32_t *out = tb_op_output(context, node, 0)->data.i32;
    size_t count = tb_count(input);
    for (size_t i = 0; i < count; i++) {
        const double value = bucket_value(input, i);
        int32_t low = 0, high = params->num_boundaries; /* the first boundary above is in there */
        while (low < high) {
            int32_t middle = low + (high - low) / 2;
            if (value < (double)params->boundaries[middle])
                high = middle;
            else
                low = middle + 1;
        }
        out[i] = low;
    }
    return kTfLiteOk;
}

/* ---- FAKE_QUANT -------------------------------------------------------------------------------- */

typedef struct fake_quant_data {
    float scale;
    float min; /* moved so that 0 is one of the steps */
    float max;
} fake_quant_data;

static TfLiteStatus prepare_fake_quant(TfLiteContext *context, TfLiteNode *node)
{
    const TfLiteFakeQuantParams *params = node->builtin_data;
    const TfLiteTensor *input;
    TfLiteTensor *output;
    TB_OP_TRY(tb_op_unary(context, node, &input, &output));
    TB_OP_TRY(tb_op_check_type(context, input, "input", TB_TYPE_BIT(kTfLiteFloat32)));
    if (!params || params->narrow_range)
        return tb_op_fail(context, "asks for a narrow range, which is for weights only");
    if (params->num_bits < 1 || params->num_bits > 16 || !(params->min < params->max) ||
        !isfinite(params->min) || !isfinite(params->max))
        return tb_op_fail(context, "has %d bits for %g to %g, expected 1 to 16 and a rising range",
                          params->num_bits, (double)params->min, (double)params->max);
    fake_quant_data *data = tb_op_make_data(context, node, sizeof *data);
    if (!data)
        return kTfLiteError;
    const float steps = (float)((1 << params->num_bits) - 1);
    data->scale = (params->max - params->min) / steps;
    const float zero_point = roundf(tb_clampf(0.0f - params->min / data->scale, 0.0f, steps));
    data->min = (0.0f - zero_point) * data->scale;
    data->max = (steps - zero_point) * data->scale;
    output->type = input->type;
    return tb_op_resize_like(context, output, input);
}

static TfLiteStatus invoke_fake_quant(TfLiteContext *context, TfLiteNode *node)
{
    const fake_quant_data *data = node->user_data;
    const TfLiteTensor *input = tb_op_input(context, node, 0);
    float *out = tb_op_output(context, node, 0)->data.f;
    size_t count = tb_count(input);
    const float inverse = 1.0f / data->scale;
    for (size_t i = 0; i < count; i++) {
        float x = data->min < input->data.f[i] ? input->data.f[i] : data->min; /* NaN: min */
        x = x < data->max ? x : data->max;
        out[i] = roundf((x - data->min) * inverse) * data->scale + data->min;
    }
    return kTfLiteOk;
}

/* ---- BITCAST ----------------------------------------------------------------------------------- */

static TfLiteStatus prepare_bitcast(TfLiteContext *context, TfLiteNode *node)
{
    const TfLiteTensor *input;
    TfLiteTensor *output;
    TB_OP_TRY(tb_op_unary(context, node, &input, &output));
    TB_OP_TRY(tb_op_check_rank(context, input, "input", 0, TB_MAX_RANK - 1));
    size_t from = tb_type_bytes(input->type), to = tb_type_bytes(output->type);
    if (from == 0 || to == 0)
        return tb_op_fail(context, "reads %s as %s, expected types of whole bytes",
                          TfLiteTypeGetName(input->type), TfLiteTypeGetName(output->type));
    int dims[TB_MAX_RANK], rank = tb_tensor_rank(input);
    for (int d = 0; d < rank; d++)
        dims[d] = tb_tensor_dim(input, d);
    if (from > to)
        dims[rank++] = (int)(from / to);
    if (from < to) {
        if (rank == 0 || (size_t)dims[rank - 1] != to / from)
            return tb_op_fail(context, "last dimension is %d, expected %zu to make one %s of it",
                              rank ? dims[rank - 1] : 0, to / from,
                              TfLiteTypeGetName(output->type));
        rank--;
    }
    return tb_op_resize(context, output, rank, dims);
}

static TfLiteStatus invoke_bitcast(TfLiteContext *context, TfLiteNode *node)
{
    const TfLiteTensor *input = tb_op_input(context, node, 0);
    TfLiteTensor *output = tb_op_output(context, node, 0);
    if (output->data.raw != input->data.raw && output->bytes > 0)
        memcpy(output->data.raw, input->data.raw, output->bytes);
    return kTfLiteOk;
}

/* ---- BROADCAST_ARGS ---------------------------------------------------------------------------- */

/* The dimension `back` places before the last, 1 in front of the first. */
static int64_t dimension_at(const TfLiteTensor *shape, int back)
{
    int i = tb_tensor_dim(shape, 0) - 1 - back;
    if (i < 0)
        return 1;
    return shape->type == kTfLiteInt64 ? shape->data.i64[i] : shape->data.i32[i];
}

static TfLiteStatus broadcast_shapes(TfLiteContext *context, const TfLiteNode *node)
{
    const TfLiteTensor *a = tb_op_input(context, node, 0), *b = tb_op_input(context, node, 1);
    TfLiteTensor *output = tb_op_output(context, node, 0);
    int rank = tb_tensor_dim(output, 0);
    for (int back = 0; back < rank; back++) {
        int64_t x = dimension_at(a, back), y = dimension_at(b, back);
        if (x != 1 && y != 1 && x != y)
            return tb_op_fail(context,
                              "dimension %d from the end is %lld and %lld, which do not "
                              "broadcast",
                              back, (long long)x, (long long)y);
        int64_t dim = x == 1 ? y : x;
        if (output->type == kTfLiteInt64)
            output->data.i64[rank - 1 - back] = dim;
        else
            output->data.i32[rank - 1 - back] = (int32_t)dim;
    }
    return kTfLiteOk;
}

static bool shapes_are_constant(const TfLiteContext *context, const TfLiteNode *node)
{
    return tb_tensor_is_constant(tb_op_input(context, node, 0)) &&
           tb_tensor_is_constant(tb_op_input(context, node, 1));
}

static TfLiteStatus prepare_broadcast_args(TfLiteContext *context, TfLiteNode *node)
{
    const TfLiteTensor *a, *b;
    TfLiteTensor *output;
    TB_OP_TRY(tb_op_check_inputs(context, node, 2, 2));
    TB_OP_TRY(tb_op_check_outputs(context, node, 1));
    TB_OP_TRY(tb_op_get_input(context, node, 0, "first shape", &a));
    TB_OP_TRY(tb_op_get_input(context, node, 1, "second shape", &b));
    TB_OP_TRY(tb_op_get_output(context, node, 0, &output));
    TB_OP_TRY(tb_op_check_type(context, a, "first shape",
                               TB_TYPE_BIT(kTfLiteInt32) | TB_TYPE_BIT(kTfLiteInt64)));
    TB_OP_TRY(tb_op_check_same_type(context, b, "second shape", a, "first shape"));
    TB_OP_TRY(tb_op_check_same_type(context, output, "output", a, "first shape"));
    TB_OP_TRY(tb_op_check_rank(context, a, "first shape", 1, 1));
    TB_OP_TRY(tb_op_check_rank(context, b, "second shape", 1, 1));
    int rank = TB_MAX(tb_tensor_dim(a, 0), tb_tensor_dim(b, 0));
    if (!shapes_are_constant(context, node))
        return tb_op_resize(context, output, 1, &rank);
    tb_op_set_constant(output);
    TB_OP_TRY(tb_op_resize(context, output, 1, &rank));
    return broadcast_shapes(context, node);
}

static TfLiteStatus invoke_broadcast_args(TfLiteContext *context, TfLiteNode *node)
{
    return shapes_are_constant(context, node) ? kTfLiteOk : broadcast_shapes(context, node);
}

const TfLiteRegistration tb_op_add_n = {.prepare = prepare_add_n, .invoke = invoke_add_n};
const TfLiteRegistration tb_op_bucketize = {.prepare = prepare_bucketize,
                                            .invoke = invoke_bucketize};
const TfLiteRegistration tb_op_fake_quant = {.prepare = prepare_fake_quant,
                                             .invoke = invoke_fake_quant};
const TfLiteRegistration tb_op_bitcast = {.prepare = prepare_bitcast,
                                          .invoke = invoke_bitcast,
                                          .inplace_operator = kTfLiteInplaceOpInput0Shared |
                                                              kTfLiteInplaceOpDataUnmodified};
const TfLiteRegistration tb_op_broadcast_args = {.prepare = prepare_broadcast_args,
                                                 .invoke = invoke_broadcast_args};
