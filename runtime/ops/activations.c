/*
 * Activations as operators: RELU, RELU6, RELU_N1_TO_1, RELU_0_TO_1, LEAKY_RELU, PRELU, ELU, GELU,
 * HARD_SWISH, TANH and LOGISTIC, after TFLite's activations.cc and the reference kernels it uses.
 * 8-bit transcendental functions are tables; int16 TANH and LOGISTIC interpolate in one table of
 * sigmoids.
 */
#include "runtime/ops/activation.h"
#include "runtime/ops/elementwise.h"
#include "runtime/ops/lut.h"

#include "runtime/fixed_point.h"
#include "runtime/quant_unary.h"

#include <math.h>

#define SIGMOID_TABLE_SIZE 256

typedef struct unary_activation {
    tb_unary unary; /* first: see elementwise.h */

    float low; /* RELU family */
    float high;
    int32_t in_offset; /* minus the zero point */
    int32_t out_offset;
    int32_t min;
    int32_t max;
    tb_multiplier multiplier; /* HARD_SWISH: of the output, mantissa of 16 bits */
    tb_multiplier negative;   /* LEAKY_RELU: below zero; HARD_SWISH: to [-1, 1] */
    float alpha;
    bool approximate;
    int32_t int_multiplier; /* int16 TANH and LOGISTIC */
    int int_shift;
    union {
        uint8_t bytes[256];
        int16_t samples[TB_LUT16_SIZE];
        uint16_t sigmoids[SIGMOID_TABLE_SIZE];
    } table;
} unary_activation;

/* ---- tables ------------------------------------------------------------------------------------ */

TB_DEFINE_UNARY(table_8bit, unary_activation, uint8_t, uint8_t, p->table.bytes[x])
TB_DEFINE_UNARY(table_16bit, unary_activation, int16_t, int16_t, tb_lut16(x, p->table.samples))

static float logistic_of(float x, const void *params)
{
    (void)params;
    return 1.0f / (1.0f + tb_expf(-x));
}

static float tanh_of(float x, const void *params)
{
    (void)params;
    return tb_tanhf(x);
}

static float elu_of(float x, const void *params)
{
    (void)params;
    return x < 0.0f ? tb_expm1f(x) : x;
}

static float gelu_of(float x, const void *params)
{
    return tb_geluf(x, ((const unary_activation *)params)->approximate);
}

/* ---- RELU and its bounded kin ------------------------------------------------------------------ */

static int32_t rescaled(const unary_activation *p, int32_t x)
{
    int32_t scaled = tb_multiply(x + p->in_offset, p->multiplier);
    return tb_clamp(tb_wrap_add(scaled, p->out_offset), p->min, p->max);
}

TB_DEFINE_UNARY(relu_f32, unary_activation, float, float, tb_clampf(x, p->low, p->high))
TB_DEFINE_UNARY(relu_u8, unary_activation, uint8_t, uint8_t, rescaled(p, x))
TB_DEFINE_UNARY(relu_i8, unary_activation, int8_t, int8_t, rescaled(p, x))
TB_DEFINE_UNARY(relu_i16, unary_activation, int16_t, int16_t, rescaled(p, x))

static TfLiteStatus make(TfLiteContext *context, TfLiteNode *node, const tb_typed_row *rows,
                         const TfLiteTensor **input, TfLiteTensor **output, unary_activation **data)
{
    TB_OP_TRY(tb_unary_prepare(context, node, rows, sizeof **data, input, output));
    *data = node->user_data;
    return kTfLiteOk;
}

/* Offsets, the multiplier input scale / output scale, and the type's bounds. */
static TfLiteStatus set_scales(TfLiteContext *context, const TfLiteTensor *input,
                               const TfLiteTensor *output, unary_activation *data)
{
    TB_OP_TRY(tb_op_check_quantized(context, input, "input"));
    TB_OP_TRY(tb_op_check_quantized(context, output, "output"));
    if (input->type == kTfLiteInt16) {
        TB_OP_TRY(tb_op_check_symmetric(context, input, "input"));
        TB_OP_TRY(tb_op_check_symmetric(context, output, "output"));
    }
    data->in_offset = -input->params.zero_point;
    data->out_offset = output->params.zero_point;
    tb_quant_limits(output->type, &data->min, &data->max);
    float factor = input->params.scale / output->params.scale;
    return tb_op_multiplier(context, (double)factor, "input scale / output scale",
                            &data->multiplier);
}

static TfLiteStatus prepare_relu(TfLiteContext *context, TfLiteNode *node, float low, float high,
                                 bool has_int16)
{
    const tb_typed_row rows[] = {
        TB_UNARY_ROW(Float32, relu_f32), TB_UNARY_ROW(UInt8, relu_u8),
        TB_UNARY_ROW(Int8, relu_i8),     {has_int16 ? kTfLiteInt16 : kTfLiteNoType, relu_i16, NULL},
        {kTfLiteNoType, NULL, NULL},
    };
    const TfLiteTensor *input;
    TfLiteTensor *output;
    unary_activation *data;
    TB_OP_TRY(make(context, node, rows, &input, &output, &data));
    data->low = low;
    data->high = high;
    if (input->type == kTfLiteFloat32)
        return kTfLiteOk;
    TB_OP_TRY(set_scales(context, input, output, data));
    int32_t min = data->min, max = data->max;
    data->min = tb_quantize(low, output->params.scale, output->params.zero_point, min, INT32_MAX);
    if (!isinf(high))
        data->max =
            tb_quantize(high, output->params.scale, output->params.zero_point, INT32_MIN, max);
    return kTfLiteOk;
}

static TfLiteStatus prepare_relu_plain(TfLiteContext *context, TfLiteNode *node)
{
    return prepare_relu(context, node, 0.0f, INFINITY, true);
}

static TfLiteStatus prepare_relu6(TfLiteContext *context, TfLiteNode *node)
{
    return prepare_relu(context, node, 0.0f, 6.0f, true);
}

static TfLiteStatus prepare_relu_n1_to_1(TfLiteContext *context, TfLiteNode *node)
{
    return prepare_relu(context, node, -1.0f, 1.0f, false);
}

static TfLiteStatus prepare_relu_0_to_1(TfLiteContext *context, TfLiteNode *node)
{
    return prepare_relu(context, node, 0.0f, 1.0f, false);
}

/* ---- LEAKY_RELU -------------------------------------------------------------------------------- */

static int32_t leaky(const unary_activation *p, int32_t x)
{
    int32_t scaled = tb_quant_leaky_relu(x + p->in_offset, p->multiplier, p->negative);
    return tb_clamp(tb_wrap_add(scaled, p->out_offset), p->min, p->max);
}

TB_DEFINE_UNARY(leaky_f32, unary_activation, float, float, x > 0.0f ? x : x * p->alpha)
TB_DEFINE_UNARY(leaky_u8, unary_activation, uint8_t, uint8_t, leaky(p, x))
TB_DEFINE_UNARY(leaky_i8, unary_activation, int8_t, int8_t, leaky(p, x))
TB_DEFINE_UNARY(leaky_i16, unary_activation, int16_t, int16_t, leaky(p, x))

static TfLiteStatus prepare_leaky(TfLiteContext *context, TfLiteNode *node)
{
    static const tb_typed_row rows[] = {
        TB_UNARY_ROW(Float32, leaky_f32), TB_UNARY_ROW(UInt8, leaky_u8),
        TB_UNARY_ROW(Int8, leaky_i8),     TB_UNARY_ROW(Int16, leaky_i16),
        {kTfLiteNoType, NULL, NULL},
    };
    const TfLiteLeakyReluParams *params = node->builtin_data;
    const TfLiteTensor *input;
    TfLiteTensor *output;
    unary_activation *data;
    TB_OP_TRY(make(context, node, rows, &input, &output, &data));
    data->alpha = params->alpha;
    if (input->type == kTfLiteFloat32)
        return kTfLiteOk;
    TB_OP_TRY(set_scales(context, input, output, data));
    float factor = input->params.scale * params->alpha / output->params.scale;
    return tb_op_multiplier(context, (double)factor, "input scale * alpha / output scale",
                            &data->negative);
}

/* ---- HARD_SWISH -------------------------------------------------------------------------------- */

static int32_t hard_swish(const unary_activation *p, int32_t x)
{
    const tb_quant_hard_swish factors = {p->multiplier, p->negative};
    int32_t result = tb_quant_hard_swish_of(x + p->in_offset, &factors) + p->out_offset;
    return tb_clamp((int16_t)result, p->min, p->max);
}

TB_DEFINE_UNARY(hard_swish_f32, unary_activation, float, float,
                x *tb_clampf(x + 3.0f, 0.0f, 6.0f) / 6.0f)
TB_DEFINE_UNARY(hard_swish_u8, unary_activation, uint8_t, uint8_t, hard_swish(p, x))
TB_DEFINE_UNARY(hard_swish_i8, unary_activation, int8_t, int8_t, hard_swish(p, x))

static TfLiteStatus prepare_hard_swish(TfLiteContext *context, TfLiteNode *node)
{
    static const tb_typed_row rows[] = {
        TB_UNARY_ROW(Float32, hard_swish_f32),
        TB_UNARY_ROW(UInt8, hard_swish_u8),
        TB_UNARY_ROW(Int8, hard_swish_i8),
        {kTfLiteNoType, NULL, NULL},
    };
    const TfLiteTensor *input;
    TfLiteTensor *output;
    unary_activation *data;
    TB_OP_TRY(make(context, node, rows, &input, &output, &data));
    if (input->type == kTfLiteFloat32)
        return kTfLiteOk;
    TB_OP_TRY(set_scales(context, input, output, data));
    const float hires_scale = (1.0f / 128.0f) * input->params.scale;
    TB_OP_TRY(tb_op_multiplier(context, (double)(hires_scale / output->params.scale),
                               "input scale / 128 / output scale", &data->multiplier));
    TB_OP_TRY(tb_op_multiplier(context, (double)(hires_scale / (3.0f / 32768.0f)),
                               "input scale * 85.3", &data->negative));
    if (data->multiplier.shift > 0)
        return tb_op_fail(context, "input scale %g is more than 128 times the output scale %g",
                          (double)input->params.scale, (double)output->params.scale);
    data->multiplier.mantissa = tb_multiplier_to_int16(data->multiplier.mantissa);
    data->negative.mantissa = tb_multiplier_to_int16(data->negative.mantissa);
    return kTfLiteOk;
}

/* ---- TANH and LOGISTIC ------------------------------------------------------------------------- */

#define HALF(f, x)  tb_half_from_float(f(tb_float_from_half(x)))
#define BRAIN(f, x) tb_bfloat16_from_float(f(tb_float_from_bfloat16(x)))

/* The input in units of 1 / (3 * 4096): +-2^17 stand for +-10.7. */
static int32_t to_table_units(const unary_activation *p, int32_t x)
{
    int32_t round = p->int_shift > 0 ? (int32_t)(1u << (p->int_shift - 1)) : 0;
    return tb_wrap_add(tb_wrap_mul(x, p->int_multiplier), round) >> p->int_shift;
}

static uint32_t magnitude(int32_t value)
{
    return value < 0 ? 0u - (uint32_t)value : (uint32_t)value;
}

static int16_t logistic_int16(const unary_activation *p, int32_t x)
{
    int32_t input = to_table_units(p, x);
    uint32_t size = magnitude(input), index = size >> 9, result;
    if (index >= 255) {
        result = 0x7FFFu << 10;
    } else {
        uint32_t low = p->table.sigmoids[index], high = p->table.sigmoids[index + 1];
        result = (low << 9) + (size & 0x1FF) * (high - low);
    }
    result = input >= 0 ? result + (1u << 9) : (1u << 25) - result + (1u << 9) - 1;
    return (int16_t)(result >> 10);
}

/* tanh(x) = 2 sigmoid(2x) - 1 */
static int16_t tanh_int16(const unary_activation *p, int32_t x)
{
    int32_t input = to_table_units(p, x);
    uint32_t size = magnitude(input), index = size >> 8;
    int32_t result;
    if (index >= 255) {
        result = 0xFFFF << 8;
    } else {
        uint32_t low = p->table.sigmoids[index], high = p->table.sigmoids[index + 1];
        result = (int32_t)((low << 8) + (size & 0xFF) * (high - low));
    }
    result = input >= 0 ? result - (1 << 23) + (1 << 7) : -result + (1 << 23) + (1 << 7) - 1;
    return (int16_t)(result >> 8);
}

TB_DEFINE_UNARY(logistic_f32, void, float, float, tb_logisticf(x))
TB_DEFINE_UNARY(logistic_f16, void, uint16_t, uint16_t, HALF(tb_logisticf, x))
TB_DEFINE_UNARY(logistic_bf16, void, uint16_t, uint16_t, BRAIN(tb_logisticf, x))
TB_DEFINE_UNARY(logistic_i16, unary_activation, int16_t, int16_t, logistic_int16(p, x))
TB_DEFINE_UNARY(tanh_f32, void, float, float, tb_tanhf(x))
TB_DEFINE_UNARY(tanh_f16, void, uint16_t, uint16_t, HALF(tb_tanhf, x))
TB_DEFINE_UNARY(tanh_bf16, void, uint16_t, uint16_t, BRAIN(tb_tanhf, x))
TB_DEFINE_UNARY(tanh_i16, unary_activation, int16_t, int16_t, tanh_int16(p, x))

/*
 * sigmoid(i / 24) * 2^16, each sample raised by half of what linear interpolation lacks in the
 * middle of the interval behind it; the last one is the limit.
 */
static void fill_sigmoids(uint16_t table[SIGMOID_TABLE_SIZE])
{
    for (int i = 0; i < SIGMOID_TABLE_SIZE; i++) {
        double at = 65536.0 / (1.0 + tb_exp(-i / 24.0));
        double next = 65536.0 / (1.0 + tb_exp(-(i + 1) / 24.0));
        double middle = 65536.0 / (1.0 + tb_exp(-(i + 0.5) / 24.0));
        table[i] = (uint16_t)floor(at + 0.5 * (middle - (at + next) / 2.0) + 0.5);
    }
    table[SIGMOID_TABLE_SIZE - 1] = 65535;
}

/*
 * The factor to table units. Input scales 2^-12 (and, for TANH, 2^-11) are exact shifts; any other
 * is a multiplier of 15 bits with a right shift.
 */
static TfLiteStatus prepare_int16_sigmoid(TfLiteContext *context, const TfLiteTensor *input,
                                          const TfLiteTensor *output, int max_left_shift,
                                          unary_activation *data)
{
    TB_OP_TRY(tb_op_check_quantized(context, input, "input"));
    TB_OP_TRY(tb_op_check_quantized(context, output, "output"));
    TB_OP_TRY(tb_op_check_symmetric(context, input, "input"));
    TB_OP_TRY(tb_op_check_symmetric(context, output, "output"));
    int log2;
    if (!tb_quant_is_power_of_two(output->params.scale, &log2) || log2 != -15)
        return tb_op_fail(context, "output scale is %g, expected 2^-15",
                          (double)output->params.scale);
    bool is_power = tb_quant_is_power_of_two(input->params.scale, &log2);
    int left_shift = 12 + log2;
    if (is_power && left_shift >= 0 && left_shift <= max_left_shift) {
        data->int_multiplier = 3 << left_shift;
        data->int_shift = 0;
    } else {
        double factor = (double)input->params.scale * 4096.0 * 3.0;
        if (factor >= 2147483648.0)
            return tb_op_fail(context, "input scale is %g, expected less than 174762",
                              (double)input->params.scale);
        int shift = 0;
        while (factor <= 32767.0 / 2.0 && shift <= 30) {
            shift++;
            factor *= 2.0;
        }
        data->int_multiplier = (int32_t)factor;
        data->int_shift = shift;
    }
    fill_sigmoids(data->table.sigmoids);
    return kTfLiteOk;
}

static TfLiteStatus fill_table(TfLiteContext *context, const TfLiteTensor *input,
                               const TfLiteTensor *output, tb_lut_function f,
                               unary_activation *data)
{
    TB_OP_TRY(tb_op_check_quantized(context, input, "input"));
    TB_OP_TRY(tb_op_check_quantized(context, output, "output"));
    if (input->type == kTfLiteInt16)
        tb_lut16_fill(input->params.scale, input->params.zero_point, output->params.scale,
                      output->params.zero_point, f, data, data->table.samples);
    else
        tb_lut8_fill(input, output, f, data, data->table.bytes);
    return kTfLiteOk;
}

static TfLiteStatus prepare_tanh(TfLiteContext *context, TfLiteNode *node)
{
    static const tb_typed_row rows[] = {
        TB_UNARY_ROW(Float32, tanh_f32),   TB_UNARY_ROW(Float16, tanh_f16),
        TB_UNARY_ROW(BFloat16, tanh_bf16), TB_UNARY_ROW(UInt8, table_8bit),
        TB_UNARY_ROW(Int8, table_8bit),    TB_UNARY_ROW(Int16, tanh_i16),
        {kTfLiteNoType, NULL, NULL},
    };
    const TfLiteTensor *input;
    TfLiteTensor *output;
    unary_activation *data;
    TB_OP_TRY(make(context, node, rows, &input, &output, &data));
    if (input->type == kTfLiteInt16)
        return prepare_int16_sigmoid(context, input, output, 1, data);
    if (input->type == kTfLiteInt8 || input->type == kTfLiteUInt8)
        return fill_table(context, input, output, tanh_of, data);
    return kTfLiteOk;
}

static TfLiteStatus prepare_logistic(TfLiteContext *context, TfLiteNode *node)
{
    static const tb_typed_row rows[] = {
        TB_UNARY_ROW(Float32, logistic_f32),   TB_UNARY_ROW(Float16, logistic_f16),
        TB_UNARY_ROW(BFloat16, logistic_bf16), TB_UNARY_ROW(UInt8, table_8bit),
        TB_UNARY_ROW(Int8, table_8bit),        TB_UNARY_ROW(Int16, logistic_i16),
        {kTfLiteNoType, NULL, NULL},
    };
    const TfLiteTensor *input;
    TfLiteTensor *output;
    unary_activation *data;
    TB_OP_TRY(make(context, node, rows, &input, &output, &data));
    if (input->type == kTfLiteInt16)
        return prepare_int16_sigmoid(context, input, output, 0, data);
    if (input->type != kTfLiteInt8 && input->type != kTfLiteUInt8)
        return kTfLiteOk;
    if (output->params.scale != 1.0f / 256)
        return tb_op_fail(context, "output scale is %g, expected 1/256",
                          (double)output->params.scale);
    return fill_table(context, input, output, logistic_of, data);
}

/* ---- ELU and GELU ------------------------------------------------------------------------------ */

TB_DEFINE_UNARY(elu_f32, void, float, float, elu_of(x, NULL))
TB_DEFINE_UNARY(gelu_f32, unary_activation, float, float, gelu_of(x, p))

static float round_to_half(float x)
{
    return tb_float_from_half(tb_half_from_float(x));
}

/* Every intermediate result is a half. */
static float gelu_half(float x, bool approximate)
{
    const float half_x = round_to_half(0.5f * x);
    float factor;
    if (approximate) {
        float cube = round_to_half(round_to_half(x * x) * x);
        float inner = round_to_half(x + round_to_half(round_to_half(0.044715f) * cube));
        inner = round_to_half(round_to_half(0.797884560802865f) * inner);
        factor = round_to_half(1.0f + round_to_half(tb_tanhf(inner)));
    } else {
        float inner = round_to_half(x * round_to_half(-0.707106781186548f));
        factor = round_to_half(tb_erfcf(inner));
    }
    return half_x * factor;
}

TB_DEFINE_UNARY(gelu_f16, unary_activation, uint16_t, uint16_t,
                tb_half_from_float(gelu_half(tb_float_from_half(x), p->approximate)))

static TfLiteStatus prepare_elu(TfLiteContext *context, TfLiteNode *node)
{
    static const tb_typed_row rows[] = {
        TB_UNARY_ROW(Float32, elu_f32),
        TB_UNARY_ROW(Int8, table_8bit),
        {kTfLiteNoType, NULL, NULL},
    };
    const TfLiteTensor *input;
    TfLiteTensor *output;
    unary_activation *data;
    TB_OP_TRY(make(context, node, rows, &input, &output, &data));
    return input->type == kTfLiteInt8 ? fill_table(context, input, output, elu_of, data)
                                      : kTfLiteOk;
}

static TfLiteStatus prepare_gelu(TfLiteContext *context, TfLiteNode *node)
{
    static const tb_typed_row rows[] = {
        TB_UNARY_ROW(Float32, gelu_f32),  TB_UNARY_ROW(Float16, gelu_f16),
        TB_UNARY_ROW(UInt8, table_8bit),  TB_UNARY_ROW(Int8, table_8bit),
        TB_UNARY_ROW(Int16, table_16bit), {kTfLiteNoType, NULL, NULL},
    };
    const TfLiteGeluParams *params = node->builtin_data;
    const TfLiteTensor *input;
    TfLiteTensor *output;
    unary_activation *data;
    TB_OP_TRY(make(context, node, rows, &input, &output, &data));
    data->approximate = params->approximate;
    if (TB_TYPES_QUANTIZED & TB_TYPE_BIT(input->type))
        return fill_table(context, input, output, gelu_of, data);
    return kTfLiteOk;
}

/* ---- PRELU ------------------------------------------------------------------------------------- */

typedef struct prelu_data {
    tb_binary binary;
    int32_t in_offset;
    int32_t alpha_offset;
    int32_t out_offset;
    int32_t min;
    int32_t max;
    tb_multiplier positive; /* input scale / output scale */
    tb_multiplier negative; /* input scale * alpha scale / output scale */
} prelu_data;

static int32_t quantized_prelu(const prelu_data *p, int32_t x, int32_t alpha)
{
    int32_t value = x + p->in_offset;
    int32_t scaled = value >= 0
                         ? tb_multiply(value, p->positive)
                         : tb_multiply(tb_wrap_mul(value, alpha + p->alpha_offset), p->negative);
    return tb_clamp(tb_wrap_add(scaled, p->out_offset), p->min, p->max);
}

TB_DEFINE_BINARY(prelu_f32, void, float, float, float, x >= 0.0f ? x : x * y)
TB_DEFINE_BINARY(prelu_u8, prelu_data, uint8_t, uint8_t, uint8_t, quantized_prelu(p, x, y))
TB_DEFINE_BINARY(prelu_i8, prelu_data, int8_t, int8_t, int8_t, quantized_prelu(p, x, y))
TB_DEFINE_BINARY(prelu_i16, prelu_data, int16_t, int8_t, int16_t, quantized_prelu(p, x, y))

static TfLiteStatus prepare_prelu(TfLiteContext *context, TfLiteNode *node)
{
    static const tb_typed_row rows[] = {
        TB_BINARY_ROW(Float32, prelu_f32), TB_BINARY_ROW(UInt8, prelu_u8),
        TB_BINARY_ROW(Int8, prelu_i8),     TB_BINARY_ROW(Int16, prelu_i16),
        {kTfLiteNoType, NULL, NULL},
    };
    tb_binary_tensors t;
    TB_OP_TRY(tb_binary_tensors_get(context, node, &t));
    t.output->type = t.a->type;
    const tb_typed_row *row;
    TB_OP_TRY(tb_typed_row_find(context, rows, t.a, "input", &row));
    prelu_data *data = tb_op_make_data(context, node, sizeof *data);
    if (!data)
        return kTfLiteError;
    data->binary.row = row->binary;
    TfLiteType alpha_type = t.a->type == kTfLiteInt16 ? kTfLiteInt8 : t.a->type;
    TB_OP_TRY(tb_op_check_type(context, t.b, "alpha", TB_TYPE_BIT(alpha_type)));
    if (t.a->type != kTfLiteFloat32) {
        TB_OP_TRY(tb_op_check_quantized(context, t.a, "input"));
        TB_OP_TRY(tb_op_check_quantized(context, t.b, "alpha"));
        TB_OP_TRY(tb_op_check_quantized(context, t.output, "output"));
        data->in_offset = -t.a->params.zero_point;
        data->alpha_offset = -t.b->params.zero_point;
        data->out_offset = t.output->params.zero_point;
        tb_quant_limits(t.output->type, &data->min, &data->max);
        float in = t.a->params.scale, out = t.output->params.scale;
        TB_OP_TRY(tb_op_multiplier(context, (double)(in / out), "input scale / output scale",
                                   &data->positive));
        TB_OP_TRY(tb_op_multiplier(context, (double)(in * t.b->params.scale / out),
                                   "input scale * alpha scale / output scale", &data->negative));
    }
    TB_OP_TRY(tb_binary_prepare(context, &t, &data->binary));
    if (!tb_same_shape(t.output, t.a)) {
        char input_shape[TB_SHAPE_TEXT_SIZE], alpha_shape[TB_SHAPE_TEXT_SIZE];
        return tb_op_fail(context, "alpha %s does not broadcast to input %s",
                          tb_shape_text(t.b->dims, alpha_shape),
                          tb_shape_text(t.a->dims, input_shape));
    }
    return kTfLiteOk;
}

const TfLiteRegistration tb_op_relu = {.prepare = prepare_relu_plain, .invoke = tb_unary_invoke};
const TfLiteRegistration tb_op_relu6 = {.prepare = prepare_relu6, .invoke = tb_unary_invoke};
const TfLiteRegistration tb_op_relu_n1_to_1 = {.prepare = prepare_relu_n1_to_1,
                                               .invoke = tb_unary_invoke};
const TfLiteRegistration tb_op_relu_0_to_1 = {.prepare = prepare_relu_0_to_1,
                                              .invoke = tb_unary_invoke};
const TfLiteRegistration tb_op_leaky_relu = {.prepare = prepare_leaky, .invoke = tb_unary_invoke};
const TfLiteRegistration tb_op_prelu = {.prepare = prepare_prelu, .invoke = tb_binary_invoke};
const TfLiteRegistration tb_op_elu = {.prepare = prepare_elu, .invoke = tb_unary_invoke};
const TfLiteRegistration tb_op_gelu = {.prepare = prepare_gelu, .invoke = tb_unary_invoke};
const TfLiteRegistration tb_op_hard_swish = {.prepare = prepare_hard_swish,
                                             .invoke = tb_unary_invoke};
const TfLiteRegistration tb_op_tanh = {.prepare = prepare_tanh, .invoke = tb_unary_invoke};
const TfLiteRegistration tb_op_logistic = {.prepare = prepare_logistic, .invoke = tb_unary_invoke};
