/*
 * QUANTIZE and DEQUANTIZE, per tensor and per channel, after TFLite's reference kernels quantize.h,
 * requantize.h and dequantize.h. A constant that is dequantised (float16 weights, mostly) is so once
 * and stays.
 *
 * NumericVerify, by which quantised models are debugged: the difference between a quantised tensor
 * and the float one it stands for. With "log_if_failed" and a "tolerance" of 0.1 or more, it fails
 * where they are more than so many scales apart.
 */
#include "runtime/ops/common.h"
#include "runtime/ops/flex.h"

#include <math.h>

typedef struct quantize_data quantize_data;

/* Converts `count` elements of one channel. */
typedef void (*quantize_kernel)(const quantize_data *data, const void *input, void *output,
                                size_t count);

struct quantize_data {
    quantize_kernel kernel;
    size_t in_bytes; /* of an element, after unpacking */
    size_t out_bytes;

    /* per channel: the tensor is runs of `run` elements of channel 0, 1, ... over and over */
    size_t channels; /* 1: per tensor */
    size_t run;
    const float *scales;
    const int32_t *zero_points;
    bool one_zero_point; /* for all channels */

    float scale; /* of the run at hand */
    int32_t zero_point;
    int32_t in_zero_point; /* requantising */
    int32_t min;
    int32_t max;
    tb_multiplier multiplier;

    int unpacked; /* scratch of int8 for packed types; -1: none */
    bool is_constant;
    bool is_done;
};

/* ---- kernels ----------------------------------------------------------------------------------- */

#define DEFINE_KERNEL(name, in_t, out_t, EXPRESSION)                                             \
    static void name(const quantize_data *data, const void *input_, void *output_, size_t count) \
    {                                                                                            \
        const in_t *input = input_;                                                              \
        out_t *output = output_;                                                                 \
        for (size_t i = 0; i < count; i++) {                                                     \
            const in_t x = input[i];                                                             \
            output[i] = (out_t)(EXPRESSION);                                                     \
        }                                                                                        \
    }

static int32_t requantize(const quantize_data *data, int32_t x)
{
    int32_t scaled = tb_multiply(tb_wrap_sub(x, data->in_zero_point), data->multiplier);
    return tb_clamp(tb_wrap_add(scaled, data->zero_point), data->min, data->max);
}

#define QUANTIZE(x) tb_quantize(x, data->scale, data->zero_point, data->min, data->max)
DEFINE_KERNEL(quantize_u8, float, uint8_t, QUANTIZE(x))
DEFINE_KERNEL(quantize_i8, float, int8_t, QUANTIZE(x)) /* and before packing to 4 bits */
DEFINE_KERNEL(quantize_i16, float, int16_t, QUANTIZE(x))
DEFINE_KERNEL(i8_to_i8, int8_t, int8_t, requantize(data, x))
DEFINE_KERNEL(i8_to_u8, int8_t, uint8_t, requantize(data, x))
DEFINE_KERNEL(i8_to_i16, int8_t, int16_t, requantize(data, x))
DEFINE_KERNEL(u8_to_i8, uint8_t, int8_t, requantize(data, x))
DEFINE_KERNEL(u8_to_u8, uint8_t, uint8_t, requantize(data, x))
DEFINE_KERNEL(u8_to_i16, uint8_t, int16_t, requantize(data, x))
DEFINE_KERNEL(i16_to_i8, int16_t, int8_t, requantize(data, x))
DEFINE_KERNEL(i16_to_i16, int16_t, int16_t, requantize(data, x))
DEFINE_KERNEL(i16_to_i32, int16_t, int32_t, requantize(data, x))
DEFINE_KERNEL(i32_to_i8, int32_t, int8_t, requantize(data, x))
DEFINE_KERNEL(i32_to_i16, int32_t, int16_t, requantize(data, x))

/* Per tensor in double, per channel in float, as TFLite does. */
#define DEQUANTIZE(x)         ((double)data->scale * (double)(x - data->zero_point))
#define DEQUANTIZE_CHANNEL(x) (data->scale * (float)(x - data->zero_point))
DEFINE_KERNEL(dequantize_u8, uint8_t, float, DEQUANTIZE(x))
DEFINE_KERNEL(dequantize_i8, int8_t, float, DEQUANTIZE(x))
DEFINE_KERNEL(dequantize_i16, int16_t, float, DEQUANTIZE(x))
DEFINE_KERNEL(dequantize_channel_u8, uint8_t, float, DEQUANTIZE_CHANNEL(x))
DEFINE_KERNEL(dequantize_channel_i8, int8_t, float, DEQUANTIZE_CHANNEL(x))
DEFINE_KERNEL(dequantize_f16, uint16_t, float, ((void)data, tb_float_from_half(x)))

typedef struct kernel_row {
    TfLiteType from;
    TfLiteType to;
    quantize_kernel per_tensor;
    quantize_kernel per_channel; /* NULL: there is none */
} kernel_row;

#define ROW(from, to, per_tensor, per_channel)                                \
    {                                                                         \
        kTfLite##from, kTfLite##to, TB_TYPED(from, TB_TYPED(to, per_tensor)), \
            TB_TYPED(from, TB_TYPED(to, per_channel))                         \
    }

static const kernel_row quantize_rows[] = {
    ROW(Float32, UInt8, quantize_u8, quantize_u8),
    ROW(Float32, Int8, quantize_i8, quantize_i8),
    ROW(Float32, Int16, quantize_i16, quantize_i16),
    ROW(Float32, Int4, quantize_i8, NULL),
    ROW(Float32, UInt4, quantize_i8, NULL),
    ROW(Int8, Int8, i8_to_i8, NULL),
    ROW(Int8, UInt8, i8_to_u8, NULL),
    ROW(Int8, Int16, i8_to_i16, NULL),
    ROW(UInt8, Int8, u8_to_i8, NULL),
    ROW(UInt8, UInt8, u8_to_u8, NULL),
    ROW(UInt8, Int16, u8_to_i16, NULL),
    ROW(Int16, Int8, i16_to_i8, NULL),
    ROW(Int16, Int16, i16_to_i16, NULL),
    ROW(Int16, Int32, i16_to_i32, NULL),
    ROW(Int32, Int8, i32_to_i8, NULL),
    ROW(Int32, Int16, i32_to_i16, NULL),
};

static const kernel_row dequantize_rows[] = {
    ROW(UInt8, Float32, dequantize_u8, dequantize_channel_u8),
    ROW(Int8, Float32, dequantize_i8, dequantize_channel_i8),
    ROW(Int4, Float32, dequantize_i8, dequantize_channel_i8),
    ROW(UInt4, Float32, dequantize_i8, dequantize_channel_i8),
    ROW(Int2, Float32, dequantize_i8, dequantize_channel_i8),
    ROW(Int16, Float32, dequantize_i16, NULL),
    ROW(Float16, Float32, dequantize_f16, NULL),
};

/* ---- prepare ----------------------------------------------------------------------------------- */

static bool is_packed(TfLiteType type)
{
    return type == kTfLiteInt4 || type == kTfLiteUInt4 || type == kTfLiteInt2;
}

static TfLiteStatus find_kernel(TfLiteContext *context, const kernel_row *rows, size_t count,
                                const TfLiteTensor *input, const TfLiteTensor *output,
                                quantize_data *data)
{
    for (size_t i = 0; i < count; i++) {
        if (rows[i].from != input->type || rows[i].to != output->type)
            continue;
        data->kernel = data->channels > 1 ? rows[i].per_channel : rows[i].per_tensor;
        if (!data->kernel)
            break;
        data->in_bytes = is_packed(input->type) ? 1 : tb_type_bytes(input->type);
        data->out_bytes = is_packed(output->type) ? 1 : tb_type_bytes(output->type);
        return kTfLiteOk;
    }
    return tb_op_fail(context, "does not take %s to %s%s", TfLiteTypeGetName(input->type),
                      TfLiteTypeGetName(output->type),
                      data->channels > 1 ? " with a scale per channel" : "");
}

/* The scales of the quantised side, one for the tensor or one a channel. */
static TfLiteStatus set_channels(TfLiteContext *context, const TfLiteTensor *tensor,
                                 const char *what, quantize_data *data)
{
    const TfLiteAffineQuantization *affine = tb_quant_affine(tensor);
    data->channels = 1;
    data->run = tb_count(tensor);
    data->scale = tensor->params.scale;
    data->zero_point = tensor->params.zero_point;
    if (!affine || !affine->scale || affine->scale->size <= 1)
        return tb_op_check_quantized(context, tensor, what);
    int axis = affine->quantized_dimension, rank = tb_tensor_rank(tensor);
    if (axis < 0 || axis >= rank || tb_tensor_dim(tensor, axis) != affine->scale->size)
        return tb_op_fail(context, "%s has %d scales along dimension %d, which is not so long",
                          what, affine->scale->size, axis);
    const TfLiteIntArray *zero_points = affine->zero_point;
    if (!zero_points || (zero_points->size != affine->scale->size && zero_points->size != 1))
        return tb_op_fail(context, "%s has %d scales and %d zero points", what, affine->scale->size,
                          zero_points ? zero_points->size : 0);
    int32_t min, max;
    tb_quant_limits(tensor->type, &min, &max);
    for (int c = 0; c < zero_points->size; c++)
        if (zero_points->data[c] < min || zero_points->data[c] > max)
            return tb_op_fail(context, "%s has zero point %d for channel %d", what,
                              zero_points->data[c], c);
    for (int c = 0; c < affine->scale->size; c++)
        if (!(affine->scale->data[c] > 0.0f) || isinf(affine->scale->data[c]))
            return tb_op_fail(context, "%s has scale %g for channel %d", what,
                              (double)affine->scale->data[c], c);
    data->channels = (size_t)affine->scale->size;
    data->run = tb_dims_product(tensor, axis + 1, rank);
    data->scales = affine->scale->data;
    data->zero_points = zero_points->data;
    data->one_zero_point = zero_points->size == 1;
    return kTfLiteOk;
}

static TfLiteStatus prepare_quantize(TfLiteContext *context, TfLiteNode *node)
{
    const TfLiteTensor *input;
    TfLiteTensor *output;
    TB_OP_TRY(tb_op_unary(context, node, &input, &output));
    quantize_data *data = tb_op_make_data(context, node, sizeof *data);
    if (!data)
        return kTfLiteError;
    if (!tb_quant_affine(output))
        return tb_op_fail(context, "output has no scale");
    TB_OP_TRY(tb_op_resize_like(context, output, input));
    TB_OP_TRY(set_channels(context, output, "output", data));
    TB_OP_TRY(find_kernel(context, quantize_rows, TB_COUNT_OF(quantize_rows), input, output, data));
    tb_quant_limits(output->type, &data->min, &data->max);
    if (input->type != kTfLiteFloat32) {
        TB_OP_TRY(tb_op_check_quantized(context, input, "input"));
        data->in_zero_point = input->params.zero_point;
        double factor = (double)input->params.scale / (double)output->params.scale;
        TB_OP_TRY(
            tb_op_multiplier(context, factor, "input scale / output scale", &data->multiplier));
    }
    if (input->type == kTfLiteInt16 && output->type == kTfLiteInt16) {
        TB_OP_TRY(tb_op_check_symmetric(context, input, "input"));
        TB_OP_TRY(tb_op_check_symmetric(context, output, "output"));
    }
    data->unpacked = -1;
    if (is_packed(output->type))
        return tb_op_request_scratch(context, tb_count(output), &data->unpacked);
    return kTfLiteOk;
}

/* Kernel and scales from a quantised or float16 input to a float32 output. */
static TfLiteStatus plan_dequantize(TfLiteContext *context, const TfLiteTensor *input,
                                    const TfLiteTensor *output, quantize_data *data)
{
    data->channels = 1;
    data->run = tb_count(input);
    if (input->type != kTfLiteFloat16)
        TB_OP_TRY(set_channels(context, input, "input", data));
    return find_kernel(context, dequantize_rows, TB_COUNT_OF(dequantize_rows), input, output, data);
}

static TfLiteStatus prepare_dequantize(TfLiteContext *context, TfLiteNode *node)
{
    const TfLiteTensor *input;
    TfLiteTensor *output;
    TB_OP_TRY(tb_op_unary(context, node, &input, &output));
    quantize_data *data = tb_op_make_data(context, node, sizeof *data);
    if (!data)
        return kTfLiteError;
    output->type = kTfLiteFloat32;
    TB_OP_TRY(plan_dequantize(context, input, output, data));
    if (input->type == kTfLiteInt16)
        TB_OP_TRY(tb_op_check_symmetric(context, input, "input"));
    data->is_constant = tb_tensor_is_constant(input);
    if (data->is_constant)
        output->allocation_type = kTfLiteArenaRwPersistent;
    data->unpacked = -1;
    if (is_packed(input->type))
        TB_OP_TRY(tb_op_request_scratch(context, tb_count(input), &data->unpacked));
    return tb_op_resize_like(context, output, input);
}

/* ---- invoke ------------------------------------------------------------------------------------ */

static void convert(quantize_data *data, const char *input, char *output, size_t count)
{
    if (data->channels == 1) {
        data->kernel(data, input, output, count);
        return;
    }
    size_t channel = 0;
    for (size_t at = 0; at < count; at += data->run) {
        data->scale = data->scales[channel];
        data->zero_point = data->zero_points[data->one_zero_point ? 0 : channel];
        data->kernel(data, input + at * data->in_bytes, output + at * data->out_bytes, data->run);
        channel = channel + 1 == data->channels ? 0 : channel + 1;
    }
}

static TfLiteStatus invoke_quantize(TfLiteContext *context, TfLiteNode *node)
{
    quantize_data *data = node->user_data;
    const TfLiteTensor *input = tb_op_input(context, node, 0);
    TfLiteTensor *output = tb_op_output(context, node, 0);
    size_t count = tb_count(input);
    if (data->unpacked < 0) {
        convert(data, input->data.raw, output->data.raw, count);
        return kTfLiteOk;
    }
    char *bytes = tb_op_scratch(context, data->unpacked);
    convert(data, input->data.raw, bytes, count);
    tb_pack_int4((const int8_t *)bytes, count, output->data.raw);
    return kTfLiteOk;
}

static TfLiteStatus invoke_dequantize(TfLiteContext *context, TfLiteNode *node)
{
    quantize_data *data = node->user_data;
    const TfLiteTensor *input = tb_op_input(context, node, 0);
    if (data->is_constant && data->is_done)
        return kTfLiteOk;
    const char *values = input->data.raw;
    size_t count = tb_count(input);
    if (data->unpacked >= 0) {
        int8_t *bytes = tb_op_scratch(context, data->unpacked);
        if (input->type == kTfLiteInt4)
            tb_unpack_int4(input->data.raw, count, bytes);
        else if (input->type == kTfLiteUInt4)
            tb_unpack_uint4(input->data.raw, count, bytes);
        else
            tb_unpack_int2(input->data.raw, count, bytes);
        values = (const char *)bytes;
    }
    convert(data, values, tb_op_output(context, node, 0)->data.raw, count);
    data->is_done = true;
    return kTfLiteOk;
}

const TfLiteRegistration tb_op_quantize = {.prepare = prepare_quantize, .invoke = invoke_quantize};
const TfLiteRegistration tb_op_dequantize = {.prepare = prepare_dequantize,
                                             .invoke = invoke_dequantize};

/* ---- NumericVerify ----------------------------------------------------------------------------- */

typedef struct verify_data {
    quantize_data dequantize; /* first */
    float limit;              /* of a difference; INFINITY: none */
} verify_data;

static TfLiteStatus read_limit(TfLiteContext *context, const TfLiteNode *node, verify_data *data)
{
    tb_flex_map map;
    if (node->custom_initial_data_size < 1 ||
        !tb_flex_open_map(node->custom_initial_data, (size_t)node->custom_initial_data_size, &map))
        return tb_op_fail(context, "its options are no map");
    const float tolerance = (float)tb_flex_number(&map, "tolerance", 0.0);
    const bool fails = tb_flex_int(&map, "log_if_failed", 0) != 0 && (double)tolerance >= 0.1;
    data->limit = fails ? tolerance * tb_op_input(context, node, 0)->params.scale : INFINITY;
    return kTfLiteOk;
}

static TfLiteStatus prepare_numeric_verify(TfLiteContext *context, TfLiteNode *node)
{
    const TfLiteTensor *input, *reference;
    TfLiteTensor *output;
    TB_OP_TRY(tb_op_check_inputs(context, node, 2, 2));
    TB_OP_TRY(tb_op_check_outputs(context, node, 1));
    TB_OP_TRY(tb_op_get_input(context, node, 0, "input", &input));
    TB_OP_TRY(tb_op_get_input(context, node, 1, "reference", &reference));
    TB_OP_TRY(tb_op_get_output(context, node, 0, &output));
    TB_OP_TRY(tb_op_check_type(context, input, "input",
                               TB_TYPES_QUANTIZED | TB_TYPE_BIT(kTfLiteFloat16)));
    TB_OP_TRY(tb_op_check_type(context, reference, "reference", TB_TYPE_BIT(kTfLiteFloat32)));
    if (tb_tensor_elements(reference) != tb_tensor_elements(input))
        return tb_op_fail(context, "input has %zu elements, reference %zu", tb_count(input),
                          tb_count(reference));
    verify_data *data = tb_op_make_data(context, node, sizeof *data);
    if (!data)
        return kTfLiteError;
    output->type = kTfLiteFloat32;
    TB_OP_TRY(plan_dequantize(context, input, output, &data->dequantize));
    TB_OP_TRY(read_limit(context, node, data));
    return tb_op_resize_like(context, output, input);
}

static TfLiteStatus invoke_numeric_verify(TfLiteContext *context, TfLiteNode *node)
{
    verify_data *data = node->user_data;
    const TfLiteTensor *input = tb_op_input(context, node, 0);
    const float *reference = tb_op_input(context, node, 1)->data.f;
    TfLiteTensor *output = tb_op_output(context, node, 0);
    size_t count = tb_count(input);
    convert(&data->dequantize, input->data.raw, output->data.raw, count);
    for (size_t i = 0; i < count; i++) {
        output->data.f[i] -= reference[i];
        if (fabsf(output->data.f[i]) > data->limit)
            return tb_op_fail(context, "element %zu is %g, %g away: more than %g", i,
                              (double)reference[i], (double)output->data.f[i], (double)data->limit);
    }
    return kTfLiteOk;
}

const TfLiteRegistration tb_op_numeric_verify = {.prepare = prepare_numeric_verify,
                                                 .invoke = invoke_numeric_verify};
