/*
 * Functions of one element: ABS, NEG, SIGN, SQUARE, SQRT, RSQRT, EXP, LOG, SIN, COS, FLOOR, CEIL,
 * ROUND and LOGICAL_NOT, after TFLite's elementwise.cc, neg.cc, sign.cc, exp.cc, floor.cc, ceil.cc
 * and round.cc.
 *
 * INT8 results come out of a table of all 256, made at prepare; int16 ones are computed where that
 * is exact (ABS, SQRT), else interpolated in a table of samples.
 */
#include "runtime/ops/elementwise.h"
#include "runtime/ops/lut.h"
#include "runtime/quant_unary.h"

#include "runtime/fixed_point.h"
#include "runtime/math.h"

#include <math.h>

typedef struct unary_data {
    tb_unary unary; /* first: see elementwise.h */

    float in_scale;
    float out_scale;
    int32_t in_zero_point;
    int32_t out_zero_point;
    int32_t min; /* of the type */
    int32_t max;
    bool rescales; /* ABS */
    tb_multiplier multiplier;
    union {
        uint8_t bytes[256];
        int16_t samples[TB_LUT16_SIZE];
    } table;
} unary_data;

/* ---- rows -------------------------------------------------------------------------------------- */

TB_DEFINE_UNARY(table_i8, unary_data, uint8_t, uint8_t, p->table.bytes[x])
TB_DEFINE_UNARY(table_i16, unary_data, int16_t, int16_t, tb_lut16(x, p->table.samples))

#define HALF(f, x)  tb_half_from_float(f(tb_float_from_half(x)))
#define BRAIN(f, x) tb_bfloat16_from_float(f(tb_float_from_bfloat16(x)))
#define SIGN_BIT    0x8000u

/* Halves to even. What is rounded up to zero is +0. */
static float round_even(float x)
{
    float low = floorf(x), rest = x - low;
    bool is_even = fmodf(low, 2.0f) == 0.0f;
    return rest < 0.5f || (rest == 0.5f && is_even) ? low : low + 1.0f;
}

TB_DEFINE_UNARY(abs_f32, void, float, float, fabsf(x))
TB_DEFINE_UNARY(abs_i16, void, int16_t, int16_t, x < 0 ? -x : x)
TB_DEFINE_UNARY(abs_i32, void, int32_t, int32_t, x < 0 ? tb_wrap_sub(0, x) : x)
TB_DEFINE_UNARY(neg_f32, void, float, float, -x)
TB_DEFINE_UNARY(neg_16bit_float, void, uint16_t, uint16_t, x ^ SIGN_BIT)
TB_DEFINE_UNARY(neg_i8, void, int8_t, int8_t, -x)
TB_DEFINE_UNARY(neg_i16, void, int16_t, int16_t, -x)
TB_DEFINE_UNARY(neg_i32, void, int32_t, int32_t, tb_wrap_sub(0, x))
TB_DEFINE_UNARY(neg_i64, void, int64_t, int64_t, tb_wrap_sub64(0, x))
TB_DEFINE_UNARY(sign_f32, void, float, float, isnan(x) ? x : (float)((x > 0.0f) - (x < 0.0f)))
TB_DEFINE_UNARY(sign_f64, void, double, double, isnan(x) ? x : (double)((x > 0.0) - (x < 0.0)))
TB_DEFINE_UNARY(sign_i32, void, int32_t, int32_t, (x > 0) - (x < 0))
TB_DEFINE_UNARY(square_f32, void, float, float, x *x)
TB_DEFINE_UNARY(sqrt_f32, void, float, float, sqrtf(x))
TB_DEFINE_UNARY(rsqrt_f32, void, float, float, 1.0f / sqrtf(x))
TB_DEFINE_UNARY(exp_f32, void, float, float, tb_expf(x))
TB_DEFINE_UNARY(log_f32, void, float, float, tb_logf(x))
TB_DEFINE_UNARY(sin_f32, void, float, float, tb_sinf(x))
TB_DEFINE_UNARY(sin_f16, void, uint16_t, uint16_t, HALF(tb_sinf, x))
TB_DEFINE_UNARY(cos_f32, void, float, float, tb_cosf(x))
TB_DEFINE_UNARY(cos_f16, void, uint16_t, uint16_t, HALF(tb_cosf, x))
TB_DEFINE_UNARY(floor_f32, void, float, float, floorf(x))
TB_DEFINE_UNARY(floor_f16, void, uint16_t, uint16_t, HALF(floorf, x))
TB_DEFINE_UNARY(floor_bf16, void, uint16_t, uint16_t, BRAIN(floorf, x))
TB_DEFINE_UNARY(ceil_f32, void, float, float, ceilf(x))
TB_DEFINE_UNARY(round_f32, void, float, float, round_even(x))
TB_DEFINE_UNARY(round_f16, void, uint16_t, uint16_t, HALF(round_even, x))
TB_DEFINE_UNARY(round_bf16, void, uint16_t, uint16_t, BRAIN(round_even, x))
TB_DEFINE_UNARY(not_bool, void, uint8_t, uint8_t, x == 0)

/* ---- prepare ----------------------------------------------------------------------------------- */

static TfLiteStatus make(TfLiteContext *context, TfLiteNode *node, const tb_typed_row *rows,
                         const TfLiteTensor **input, TfLiteTensor **output, unary_data **data)
{
    TB_OP_TRY(tb_unary_prepare(context, node, rows, sizeof **data, input, output));
    *data = node->user_data;
    return kTfLiteOk;
}

static TfLiteStatus set_scales(TfLiteContext *context, const TfLiteTensor *input,
                               const TfLiteTensor *output, unary_data *data)
{
    TB_OP_TRY(tb_op_check_quantized(context, input, "input"));
    TB_OP_TRY(tb_op_check_quantized(context, output, "output"));
    if (input->type == kTfLiteInt16) {
        TB_OP_TRY(tb_op_check_symmetric(context, input, "input"));
        TB_OP_TRY(tb_op_check_symmetric(context, output, "output"));
    }
    data->in_scale = input->params.scale;
    data->out_scale = output->params.scale;
    data->in_zero_point = input->params.zero_point;
    data->out_zero_point = output->params.zero_point;
    tb_quant_limits(input->type, &data->min, &data->max);
    return kTfLiteOk;
}

/* For the functions without parameters: the row is all there is. */
#define DEFINE_PLAIN(name, ...)                                                        \
    static TfLiteStatus prepare_##name(TfLiteContext *context, TfLiteNode *node)       \
    {                                                                                  \
        static const tb_typed_row rows[] = {__VA_ARGS__, {kTfLiteNoType, NULL, NULL}}; \
        const TfLiteTensor *input;                                                     \
        TfLiteTensor *output;                                                          \
        unary_data *data;                                                              \
        return make(context, node, rows, &input, &output, &data);                      \
    }                                                                                  \
    const TfLiteRegistration tb_op_##name = {.prepare = prepare_##name, .invoke = tb_unary_invoke};

DEFINE_PLAIN(neg, TB_UNARY_ROW(Float32, neg_f32), TB_UNARY_ROW(Float16, neg_16bit_float),
             TB_UNARY_ROW(BFloat16, neg_16bit_float), TB_UNARY_ROW(Int8, neg_i8),
             TB_UNARY_ROW(Int16, neg_i16), TB_UNARY_ROW(Int32, neg_i32),
             TB_UNARY_ROW(Int64, neg_i64))
DEFINE_PLAIN(sign, TB_UNARY_ROW(Float32, sign_f32), TB_UNARY_ROW(Float64, sign_f64),
             TB_UNARY_ROW(Int32, sign_i32))
DEFINE_PLAIN(square, TB_UNARY_ROW(Float32, square_f32))
DEFINE_PLAIN(sin, TB_UNARY_ROW(Float32, sin_f32), TB_UNARY_ROW(Float16, sin_f16))
DEFINE_PLAIN(cos, TB_UNARY_ROW(Float32, cos_f32), TB_UNARY_ROW(Float16, cos_f16))
DEFINE_PLAIN(floor, TB_UNARY_ROW(Float32, floor_f32), TB_UNARY_ROW(Float16, floor_f16),
             TB_UNARY_ROW(BFloat16, floor_bf16))
DEFINE_PLAIN(ceil, TB_UNARY_ROW(Float32, ceil_f32))
DEFINE_PLAIN(round, TB_UNARY_ROW(Float32, round_f32), TB_UNARY_ROW(Float16, round_f16),
             TB_UNARY_ROW(BFloat16, round_bf16))
DEFINE_PLAIN(logical_not, TB_UNARY_ROW(Bool, not_bool))

/* ---- ABS, SQRT and RSQRT ----------------------------------------------------------------------- */

/* A function of a quantised value, its zero point and the clamping left to the caller. */
typedef int32_t (*quantized_function)(const unary_data *p, int32_t value);

static int32_t apply(const unary_data *p, quantized_function f, int32_t x)
{
    int32_t result = f(p, x - p->in_zero_point);
    return tb_clamp(tb_wrap_add(result, p->out_zero_point), p->min, p->max);
}

static void fill_by_function(unary_data *p, quantized_function f)
{
    for (int32_t x = p->min; x <= p->max; x++)
        p->table.bytes[(uint8_t)x] = (uint8_t)apply(p, f, x);
}

static int32_t quantized_abs(const unary_data *p, int32_t value)
{
    int32_t magnitude = value < 0 ? -value : value;
    return p->rescales ? tb_multiply(magnitude, p->multiplier) : magnitude;
}

/* Rounds towards zero, unlike anything else. What is below zero never gets here. */
static int32_t quantized_sqrt(const unary_data *p, int32_t value)
{
    if (value <= 0)
        return 0;
    float result = sqrtf(p->in_scale * (float)value) / p->out_scale;
    return result < 65536.0f ? (int32_t)result : 65536;
}

static int32_t quantized_rsqrt(const unary_data *p, int32_t value)
{
    return value <= 0 ? p->max - p->out_zero_point : tb_quant_rsqrt(value, p->multiplier);
}

TB_DEFINE_UNARY(abs_i16_quantized, unary_data, int16_t, int16_t, apply(p, quantized_abs, x))
TB_DEFINE_UNARY(sqrt_i16, unary_data, int16_t, int16_t, apply(p, quantized_sqrt, x))

static TfLiteStatus prepare_abs(TfLiteContext *context, TfLiteNode *node)
{
    static const tb_typed_row rows[] = {
        TB_UNARY_ROW(Float32, abs_f32), TB_UNARY_ROW(Int8, table_i8), TB_UNARY_ROW(Int16, abs_i16),
        TB_UNARY_ROW(Int32, abs_i32),   {kTfLiteNoType, NULL, NULL},
    };
    const TfLiteTensor *input;
    TfLiteTensor *output;
    unary_data *data;
    TB_OP_TRY(make(context, node, rows, &input, &output, &data));
    bool plain_int16 =
        input->type == kTfLiteInt16 && input->quantization.type == kTfLiteNoQuantization;
    if (input->type == kTfLiteFloat32 || input->type == kTfLiteInt32 || plain_int16)
        return kTfLiteOk;
    TB_OP_TRY(set_scales(context, input, output, data));
    data->rescales = data->in_scale != data->out_scale;
    TB_OP_TRY(tb_op_multiplier(context, (double)(data->in_scale / data->out_scale),
                               "input scale / output scale", &data->multiplier));
    if (input->type == kTfLiteInt8)
        fill_by_function(data, quantized_abs);
    else
        data->unary.row = abs_i16_quantized;
    return kTfLiteOk;
}

static TfLiteStatus prepare_sqrt(TfLiteContext *context, TfLiteNode *node)
{
    static const tb_typed_row rows[] = {
        TB_UNARY_ROW(Float32, sqrt_f32),
        TB_UNARY_ROW(Int8, table_i8),
        TB_UNARY_ROW(Int16, sqrt_i16),
        {kTfLiteNoType, NULL, NULL},
    };
    const TfLiteTensor *input;
    TfLiteTensor *output;
    unary_data *data;
    TB_OP_TRY(make(context, node, rows, &input, &output, &data));
    if (input->type == kTfLiteFloat32)
        return kTfLiteOk;
    TB_OP_TRY(set_scales(context, input, output, data));
    if (input->type == kTfLiteInt8)
        fill_by_function(data, quantized_sqrt);
    return kTfLiteOk;
}

static float rsqrt_of(float x, const void *params)
{
    const unary_data *p = params;
    return x <= 0.0f ? (float)INT16_MAX * p->out_scale : 1.0f / sqrtf(x);
}

static TfLiteStatus prepare_rsqrt(TfLiteContext *context, TfLiteNode *node)
{
    static const tb_typed_row rows[] = {
        TB_UNARY_ROW(Float32, rsqrt_f32),
        TB_UNARY_ROW(Int8, table_i8),
        TB_UNARY_ROW(Int16, table_i16),
        {kTfLiteNoType, NULL, NULL},
    };
    const TfLiteTensor *input;
    TfLiteTensor *output;
    unary_data *data;
    TB_OP_TRY(make(context, node, rows, &input, &output, &data));
    if (input->type == kTfLiteFloat32)
        return kTfLiteOk;
    TB_OP_TRY(set_scales(context, input, output, data));
    if (input->type == kTfLiteInt16) {
        tb_lut16_fill(data->in_scale, 0, data->out_scale, 0, rsqrt_of, data, data->table.samples);
        return kTfLiteOk;
    }
    double factor = 1.0 / (double)(sqrtf(data->in_scale) * data->out_scale);
    TB_OP_TRY(tb_op_multiplier(context, factor, "1 / (sqrt(input scale) * output scale)",
                               &data->multiplier));
    fill_by_function(data, quantized_rsqrt);
    return kTfLiteOk;
}

/* Quantised roots of what is below zero are an error, as in TFLite. */
static TfLiteStatus invoke_root(TfLiteContext *context, TfLiteNode *node)
{
    const unary_data *data = node->user_data;
    const TfLiteTensor *input = tb_op_input(context, node, 0);
    size_t count = input->type == kTfLiteFloat32 ? 0 : tb_count(input);
    for (size_t i = 0; i < count; i++) {
        int32_t x = input->type == kTfLiteInt8 ? input->data.int8[i] : input->data.i16[i];
        if (x < data->in_zero_point)
            return tb_op_fail(context, "element %zu of input is %d, below the zero point %d", i, x,
                              data->in_zero_point);
    }
    return tb_unary_invoke(context, node);
}

/* ---- EXP and LOG ------------------------------------------------------------------------------- */

static float exp_of(float x, const void *params)
{
    (void)params;
    return tb_expf(x);
}

/* The output's smallest value where there is no logarithm. */
static float log_of(float x, const void *params)
{
    const unary_data *p = params;
    return x <= 0.0f ? (float)(p->min - p->out_zero_point) * p->out_scale : tb_logf(x);
}

static TfLiteStatus prepare_tabled(TfLiteContext *context, TfLiteNode *node, tb_unary_row float_row,
                                   tb_lut_function f)
{
    const tb_typed_row rows[] = {
        {kTfLiteFloat32, float_row, NULL},
        TB_UNARY_ROW(Int8, table_i8),
        TB_UNARY_ROW(Int16, table_i16),
        {kTfLiteNoType, NULL, NULL},
    };
    const TfLiteTensor *input;
    TfLiteTensor *output;
    unary_data *data;
    TB_OP_TRY(make(context, node, rows, &input, &output, &data));
    if (input->type == kTfLiteFloat32)
        return kTfLiteOk;
    TB_OP_TRY(set_scales(context, input, output, data));
    if (input->type == kTfLiteInt8)
        tb_lut8_fill(input, output, f, data, data->table.bytes);
    else
        tb_lut16_fill(data->in_scale, 0, data->out_scale, 0, f, data, data->table.samples);
    return kTfLiteOk;
}

static TfLiteStatus prepare_exp(TfLiteContext *context, TfLiteNode *node)
{
    return prepare_tabled(context, node, exp_f32, exp_of);
}

static TfLiteStatus prepare_log(TfLiteContext *context, TfLiteNode *node)
{
    return prepare_tabled(context, node, log_f32, log_of);
}

const TfLiteRegistration tb_op_abs = {.prepare = prepare_abs, .invoke = tb_unary_invoke};
const TfLiteRegistration tb_op_sqrt = {.prepare = prepare_sqrt, .invoke = invoke_root};
const TfLiteRegistration tb_op_rsqrt = {.prepare = prepare_rsqrt, .invoke = invoke_root};
const TfLiteRegistration tb_op_exp = {.prepare = prepare_exp, .invoke = tb_unary_invoke};
const TfLiteRegistration tb_op_log = {.prepare = prepare_log, .invoke = tb_unary_invoke};
