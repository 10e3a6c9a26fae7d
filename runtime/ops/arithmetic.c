/*
 * ADD, SUB, MUL, DIV, SQUARED_DIFFERENCE, MAXIMUM and MINIMUM, with broadcasting, after TFLite's
 * reference kernels of those names. Plain integers wrap around. Quantised sums and differences bring
 * both inputs to a common scale with `left_shift` bits to spare, in fixed point; those of int16 with
 * power-of-two scales only shift.
 */
#include "runtime/ops/elementwise.h"

#include "runtime/fixed_point.h"

typedef struct arithmetic {
    tb_binary binary; /* first: see elementwise.h */

    float float_min;
    float float_max;
    int64_t int_min;
    int64_t int_max;

    int32_t min; /* quantised bounds */
    int32_t max;
    int32_t a_offset; /* minus the zero points */
    int32_t b_offset;
    int32_t out_offset; /* the zero point */
    int left_shift;
    tb_multiplier a_multiplier;
    tb_multiplier b_multiplier;
    tb_multiplier out_multiplier;
    int a_right_shift; /* with power-of-two scales */
    int b_right_shift;
} arithmetic;

/* ---- float and plain integers ------------------------------------------------------------------ */

static int64_t clamp64(const arithmetic *p, int64_t value)
{
    return value < p->int_min ? p->int_min : value > p->int_max ? p->int_max : value;
}

/* A half-precision result: rounded to half first, then clamped to finite bounds. */
static uint16_t to_half(const arithmetic *p, float value)
{
    float rounded = tb_float_from_half(tb_half_from_float(value));
    float limit = 65504.0f;
    return tb_half_from_float(
        tb_clampf(rounded, TB_MAX(p->float_min, -limit), TB_MIN(p->float_max, limit)));
}

#define HALVES(operator) tb_float_from_half(x) operator tb_float_from_half(y)

TB_DEFINE_BINARY(add_f32, arithmetic, float, float, float,
                 tb_clampf(x + y, p->float_min, p->float_max))
TB_DEFINE_BINARY(sub_f32, arithmetic, float, float, float,
                 tb_clampf(x - y, p->float_min, p->float_max))
TB_DEFINE_BINARY(mul_f32, arithmetic, float, float, float,
                 tb_clampf(x *y, p->float_min, p->float_max))
TB_DEFINE_BINARY(div_f32, arithmetic, float, float, float,
                 tb_clampf(x / y, p->float_min, p->float_max))
TB_DEFINE_BINARY(add_f16, arithmetic, uint16_t, uint16_t, uint16_t, to_half(p, HALVES(+)))
TB_DEFINE_BINARY(mul_f16, arithmetic, uint16_t, uint16_t, uint16_t, to_half(p, HALVES(*)))
TB_DEFINE_BINARY(add_i16, arithmetic, int16_t, int16_t, int16_t, clamp64(p, (int16_t)(x + y)))
TB_DEFINE_BINARY(mul_i16, arithmetic, int16_t, int16_t, int16_t, clamp64(p, (int16_t)(x *y)))
TB_DEFINE_BINARY(add_i32, arithmetic, int32_t, int32_t, int32_t, clamp64(p, tb_wrap_add(x, y)))
TB_DEFINE_BINARY(sub_i32, arithmetic, int32_t, int32_t, int32_t, clamp64(p, tb_wrap_sub(x, y)))
TB_DEFINE_BINARY(mul_i32, arithmetic, int32_t, int32_t, int32_t, clamp64(p, tb_wrap_mul(x, y)))
TB_DEFINE_BINARY(mul_u32, arithmetic, uint32_t, uint32_t, uint32_t, clamp64(p, x *y))
/* invoke has seen to it that no divisor is 0 */
TB_DEFINE_BINARY(div_i32, arithmetic, int32_t, int32_t, int32_t,
                 clamp64(p, y == -1 ? tb_wrap_sub(0, x) : x / y))
TB_DEFINE_BINARY(add_i64, arithmetic, int64_t, int64_t, int64_t, clamp64(p, tb_wrap_add64(x, y)))
TB_DEFINE_BINARY(sub_i64, arithmetic, int64_t, int64_t, int64_t, clamp64(p, tb_wrap_sub64(x, y)))
TB_DEFINE_BINARY(mul_i64, arithmetic, int64_t, int64_t, int64_t, clamp64(p, tb_wrap_mul64(x, y)))

static TfLiteComplex64 complex_product(TfLiteComplex64 x, TfLiteComplex64 y)
{
    return (TfLiteComplex64){x.re * y.re - x.im * y.im, x.re * y.im + x.im * y.re};
}

static void mul_c64(const void *params, const void *a_, size_t a_step, const void *b_,
                    size_t b_step, void *out_, size_t count)
{
    (void)params;
    const TfLiteComplex64 *a = a_, *b = b_;
    TfLiteComplex64 *out = out_;
    for (size_t i = 0; i < count; i++)
        out[i] = complex_product(a[i * a_step], b[i * b_step]);
}

/* ---- quantised --------------------------------------------------------------------------------- */

static int32_t finish(const arithmetic *p, int32_t value)
{
    return tb_clamp(tb_wrap_add(value, p->out_offset), p->min, p->max);
}

static int32_t scaled_a(const arithmetic *p, int32_t x)
{
    return tb_multiply((x + p->a_offset) * (1 << p->left_shift), p->a_multiplier);
}

static int32_t scaled_b(const arithmetic *p, int32_t y)
{
    return tb_multiply((y + p->b_offset) * (1 << p->left_shift), p->b_multiplier);
}

static int32_t quantized_add(const arithmetic *p, int32_t x, int32_t y)
{
    return finish(p, tb_multiply(scaled_a(p, x) + scaled_b(p, y), p->out_multiplier));
}

static int32_t quantized_sub(const arithmetic *p, int32_t x, int32_t y)
{
    return finish(p, tb_multiply(scaled_a(p, x) - scaled_b(p, y), p->out_multiplier));
}

static int32_t quantized_squared_difference(const arithmetic *p, int32_t x, int32_t y)
{
    int32_t difference = scaled_a(p, x) - scaled_b(p, y);
    return finish(p, tb_multiply(tb_wrap_mul(difference, difference), p->out_multiplier));
}

static int32_t quantized_mul(const arithmetic *p, int32_t x, int32_t y)
{
    int32_t product = tb_wrap_mul(x + p->a_offset, y + p->b_offset);
    return finish(p, tb_multiply(product, p->out_multiplier));
}

/*
 * tb_rounding_shift by up to 63, as TFLite's division asks for with small numerators. The library's
 * mask is all ones then, and processors take the shift modulo 32: that is what its results show.
 */
static int32_t long_rounding_shift(int32_t x, int exponent)
{
    if (exponent < 32)
        return tb_rounding_shift(x, exponent);
    return (x >> (exponent & 31)) + (x >= 0 ? 1 : 0);
}

/* Through the reciprocal of the divisor, which invoke has found not to be 0. */
static int32_t quantized_div(const arithmetic *p, int32_t x, int32_t y)
{
    int32_t numerator = x + p->a_offset, divisor = y + p->b_offset;
    if (divisor < 0) {
        numerator = -numerator;
        divisor = -divisor;
    }
    int reciprocal_shift;
    int32_t reciprocal = tb_fx_reciprocal(divisor, 31, &reciprocal_shift);
    int headroom = numerator ? __builtin_clrsb(numerator) : 31;
    int32_t quotient = tb_high_mul(tb_wrap_mul(numerator, (int32_t)(1u << headroom)), reciprocal);
    int shift = p->out_multiplier.shift - reciprocal_shift - headroom;
    int32_t scaled = tb_high_mul(quotient, p->out_multiplier.mantissa);
    return finish(p, long_rounding_shift(scaled, TB_MAX(-shift, 0)));
}

/* Q0.15 times Q0.15, to eight bits. */
static int32_t int16_product(const arithmetic *p, int32_t x, int32_t y)
{
    return finish(p, tb_rounding_shift(tb_fx_mul(x, y, 16), 8));
}

TB_DEFINE_BINARY(add_u8, arithmetic, uint8_t, uint8_t, uint8_t, quantized_add(p, x, y))
TB_DEFINE_BINARY(add_i8, arithmetic, int8_t, int8_t, int8_t, quantized_add(p, x, y))
TB_DEFINE_BINARY(add_q16, arithmetic, int16_t, int16_t, int16_t, quantized_add(p, x, y))
TB_DEFINE_BINARY(add_pot16, arithmetic, int16_t, int16_t, int16_t,
                 tb_clamp(tb_rounding_shift(x, p->a_right_shift) +
                              tb_rounding_shift(y, p->b_right_shift),
                          p->min, p->max))
TB_DEFINE_BINARY(sub_u8, arithmetic, uint8_t, uint8_t, uint8_t, quantized_sub(p, x, y))
TB_DEFINE_BINARY(sub_i8, arithmetic, int8_t, int8_t, int8_t, quantized_sub(p, x, y))
TB_DEFINE_BINARY(sub_q16, arithmetic, int16_t, int16_t, int16_t, quantized_sub(p, x, y))
TB_DEFINE_BINARY(sub_pot16, arithmetic, int16_t, int16_t, int16_t,
                 tb_clamp(tb_rounding_shift(x, p->a_right_shift) -
                              tb_rounding_shift(y, p->b_right_shift),
                          p->min, p->max))
TB_DEFINE_BINARY(mul_u8, arithmetic, uint8_t, uint8_t, uint8_t, quantized_mul(p, x, y))
TB_DEFINE_BINARY(mul_i8, arithmetic, int8_t, int8_t, int8_t, quantized_mul(p, x, y))
TB_DEFINE_BINARY(mul_q16, arithmetic, int16_t, int16_t, int16_t, quantized_mul(p, x, y))
TB_DEFINE_BINARY(mul_i16_to_i8, arithmetic, int16_t, int16_t, int8_t, int16_product(p, x, y))
TB_DEFINE_BINARY(mul_i16_to_u8, arithmetic, int16_t, int16_t, uint8_t, int16_product(p, x, y))
TB_DEFINE_BINARY(div_u8, arithmetic, uint8_t, uint8_t, uint8_t, quantized_div(p, x, y))
TB_DEFINE_BINARY(div_i8, arithmetic, int8_t, int8_t, int8_t, quantized_div(p, x, y))
TB_DEFINE_BINARY(div_q16, arithmetic, int16_t, int16_t, int16_t, quantized_div(p, x, y))
TB_DEFINE_BINARY(squared_difference_f32, arithmetic, float, float, float, (x - y) * (x - y))
TB_DEFINE_BINARY(squared_difference_i32, arithmetic, int32_t, int32_t, int32_t,
                 tb_wrap_mul(tb_wrap_sub(x, y), tb_wrap_sub(x, y)))
TB_DEFINE_BINARY(squared_difference_i8, arithmetic, int8_t, int8_t, int8_t,
                 quantized_squared_difference(p, x, y))

/* ---- prepare ----------------------------------------------------------------------------------- */

static bool is_quantized(const TfLiteTensor *tensor)
{
    return tensor->quantization.type != kTfLiteNoQuantization;
}

static TfLiteStatus make(TfLiteContext *context, TfLiteNode *node, tb_binary_tensors *t,
                         arithmetic **out)
{
    TB_OP_TRY(tb_binary_tensors_get(context, node, t));
    TB_OP_TRY(tb_op_check_same_type(context, t->a, "first input", t->b, "second input"));
    *out = tb_op_make_data(context, node, sizeof **out);
    return *out ? kTfLiteOk : kTfLiteError;
}

/* The bounds of an unquantised type. */
static TfLiteStatus plain_range(TfLiteContext *context, TfLiteFusedActivation activation,
                                TfLiteType type, arithmetic *data)
{
    TB_OP_TRY(tb_op_float_range(context, activation, &data->float_min, &data->float_max));
    return tb_op_int_range(context, activation, type, &data->int_min, &data->int_max);
}

static TfLiteStatus quantized_range(TfLiteContext *context, TfLiteFusedActivation activation,
                                    const tb_binary_tensors *t, arithmetic *data)
{
    TB_OP_TRY(tb_op_check_quantized(context, t->a, "first input"));
    TB_OP_TRY(tb_op_check_quantized(context, t->b, "second input"));
    TB_OP_TRY(tb_op_check_quantized(context, t->output, "output"));
    if (t->a->type == kTfLiteInt16) {
        TB_OP_TRY(tb_op_check_symmetric(context, t->a, "first input"));
        TB_OP_TRY(tb_op_check_symmetric(context, t->b, "second input"));
    }
    if (t->output->type == kTfLiteInt16)
        TB_OP_TRY(tb_op_check_symmetric(context, t->output, "output"));
    data->a_offset = -t->a->params.zero_point;
    data->b_offset = -t->b->params.zero_point;
    data->out_offset = t->output->params.zero_point;
    return tb_op_quantized_range(context, activation, t->output, &data->min, &data->max);
}

/* Both inputs to the scale twice the larger one / 2^left_shift; `power` is 2 where the result is a
   product of two such values. */
static TfLiteStatus common_scale(TfLiteContext *context, const tb_binary_tensors *t, int left_shift,
                                 int power, arithmetic *data)
{
    float a = t->a->params.scale, b = t->b->params.scale, out = t->output->params.scale;
    double twice_larger = (double)(2.0f * TB_MAX(a, b));
    data->left_shift = left_shift;
    TB_OP_TRY(tb_op_multiplier(context, (double)a / twice_larger, "first input's scale",
                               &data->a_multiplier));
    TB_OP_TRY(tb_op_multiplier(context, (double)b / twice_larger, "second input's scale",
                               &data->b_multiplier));
    double divisor = (double)((float)(1 << (left_shift * power)) * out);
    double numerator = power == 2 ? twice_larger * twice_larger : twice_larger;
    return tb_op_multiplier(context, numerator / divisor, "inputs' scale / output scale",
                            &data->out_multiplier);
}

/* Scales of powers of two: one input has the output's, the other a smaller or equal one. */
static TfLiteStatus power_of_two_shifts(TfLiteContext *context, const tb_binary_tensors *t,
                                        bool *applies, arithmetic *data)
{
    int a, b, out;
    *applies = tb_quant_is_power_of_two(t->a->params.scale, &a) &&
               tb_quant_is_power_of_two(t->b->params.scale, &b) &&
               tb_quant_is_power_of_two(t->output->params.scale, &out);
    if (!*applies)
        return kTfLiteOk;
    if ((a != out && b != out) || a > out || b > out || out - a > 31 || out - b > 31)
        return tb_op_fail(context,
                          "scales are 2^%d, 2^%d and, of the output, 2^%d; expected one input to "
                          "have the output's and none a larger one",
                          a, b, out);
    data->a_right_shift = out - a;
    data->b_right_shift = out - b;
    return kTfLiteOk;
}

/* ADD and SUB differ in kernels alone. */
typedef struct sum_kernels {
    tb_binary_row f32, f16, i32, i64, i16, u8, i8, q16, pot16; /* i16, f16 may be NULL */
} sum_kernels;

static TfLiteStatus prepare_sum(TfLiteContext *context, TfLiteNode *node,
                                TfLiteFusedActivation activation, bool pot_scale,
                                const sum_kernels *kernels)
{
    tb_binary_tensors t;
    arithmetic *data;
    TB_OP_TRY(make(context, node, &t, &data));
    t.output->type = t.a->type;
    const bool plain_int16 = kernels->i16 && t.a->type == kTfLiteInt16 && !is_quantized(t.a);
    const tb_typed_row plain[] = {
        {kTfLiteFloat32, NULL, kernels->f32},
        {kTfLiteInt32, NULL, kernels->i32},
        {kTfLiteInt64, NULL, kernels->i64},
        {kTfLiteUInt8, NULL, kernels->u8},
        {kTfLiteInt8, NULL, kernels->i8},
        {kTfLiteInt16, NULL, plain_int16 ? kernels->i16 : kernels->q16},
        {kernels->f16 ? kTfLiteFloat16 : kTfLiteNoType, NULL, kernels->f16},
        {kTfLiteNoType, NULL, NULL},
    };
    const tb_typed_row *row;
    TB_OP_TRY(tb_typed_row_find(context, plain, t.a, "first input", &row));
    data->binary.row = row->binary;
    if (!(TB_TYPES_QUANTIZED & TB_TYPE_BIT(t.a->type)) || plain_int16) {
        TB_OP_TRY(plain_range(context, activation, t.a->type, data));
    } else {
        TB_OP_TRY(quantized_range(context, activation, &t, data));
        bool shifts_only = false;
        if (t.a->type == kTfLiteInt16 && pot_scale)
            TB_OP_TRY(power_of_two_shifts(context, &t, &shifts_only, data));
        if (shifts_only)
            data->binary.row = kernels->pot16;
        else
            TB_OP_TRY(common_scale(context, &t, t.a->type == kTfLiteInt16 ? 15 : 20, 1, data));
    }
    return tb_binary_prepare(context, &t, &data->binary);
}

static TfLiteStatus prepare_add(TfLiteContext *context, TfLiteNode *node)
{
    static const sum_kernels kernels = {
        .f32 = TB_TYPED(Float32, add_f32),
        .f16 = TB_TYPED(Float16, add_f16),
        .i32 = TB_TYPED(Int32, add_i32),
        .i64 = TB_TYPED(Int64, add_i64),
        .i16 = TB_TYPED(Int16, add_i16),
        .u8 = TB_TYPED(UInt8, add_u8),
        .i8 = TB_TYPED(Int8, add_i8),
        .q16 = TB_TYPED(Int16, add_q16),
        .pot16 = TB_TYPED(Int16, add_pot16),
    };
    const TfLiteAddParams *params = node->builtin_data;
    return prepare_sum(context, node, params->activation, params->pot_scale_int16, &kernels);
}

static TfLiteStatus prepare_sub(TfLiteContext *context, TfLiteNode *node)
{
    static const sum_kernels kernels = {
        .f32 = TB_TYPED(Float32, sub_f32),
        .i32 = TB_TYPED(Int32, sub_i32),
        .i64 = TB_TYPED(Int64, sub_i64),
        .u8 = TB_TYPED(UInt8, sub_u8),
        .i8 = TB_TYPED(Int8, sub_i8),
        .q16 = TB_TYPED(Int16, sub_q16),
        .pot16 = TB_TYPED(Int16, sub_pot16),
    };
    const TfLiteSubParams *params = node->builtin_data;
    return prepare_sum(context, node, params->activation, params->pot_scale_int16, &kernels);
}

static TfLiteStatus prepare_mul(TfLiteContext *context, TfLiteNode *node)
{
    const TfLiteMulParams *params = node->builtin_data;
    tb_binary_tensors t;
    arithmetic *data;
    TB_OP_TRY(make(context, node, &t, &data));
    const bool int16_to_8 = t.a->type == kTfLiteInt16 &&
                            (t.output->type == kTfLiteInt8 || t.output->type == kTfLiteUInt8);
    const bool quantized = (TB_TYPES_QUANTIZED & TB_TYPE_BIT(t.output->type)) &&
                           !(t.output->type == kTfLiteInt16 && !is_quantized(t.output));
    const tb_typed_row rows[] = {
        TB_BINARY_ROW(Float32, mul_f32),
        TB_BINARY_ROW(Float16, mul_f16),
        TB_BINARY_ROW(Int32, mul_i32),
        TB_BINARY_ROW(UInt32, mul_u32),
        TB_BINARY_ROW(Int64, mul_i64),
        TB_BINARY_ROW(Complex64, mul_c64),
        TB_BINARY_ROW(UInt8, int16_to_8 ? mul_i16_to_u8 : mul_u8),
        TB_BINARY_ROW(Int8, int16_to_8 ? mul_i16_to_i8 : mul_i8),
        TB_BINARY_ROW(Int16, quantized ? mul_q16 : mul_i16),
        {kTfLiteNoType, NULL, NULL},
    };
    if (!int16_to_8)
        TB_OP_TRY(tb_op_check_same_type(context, t.a, "first input", t.output, "output"));
    const tb_typed_row *row;
    TB_OP_TRY(tb_typed_row_find(context, rows, t.output, "output", &row));
    data->binary.row = row->binary;
    if (t.output->type == kTfLiteComplex64 && params->activation != kTfLiteActNone)
        return tb_op_fail(context, "fuses an activation with COMPLEX64");
    if (!quantized) {
        TB_OP_TRY(plain_range(context, params->activation, t.output->type, data));
    } else {
        TB_OP_TRY(quantized_range(context, params->activation, &t, data));
        float factor = t.a->params.scale * t.b->params.scale / t.output->params.scale;
        TB_OP_TRY(tb_op_multiplier(context, (double)factor, "inputs' scales / output scale",
                                   &data->out_multiplier));
    }
    return tb_binary_prepare(context, &t, &data->binary);
}

static TfLiteStatus prepare_div(TfLiteContext *context, TfLiteNode *node)
{
    static const tb_typed_row rows[] = {
        TB_BINARY_ROW(Float32, div_f32), TB_BINARY_ROW(Int32, div_i32),
        TB_BINARY_ROW(UInt8, div_u8),    TB_BINARY_ROW(Int8, div_i8),
        TB_BINARY_ROW(Int16, div_q16),   {kTfLiteNoType, NULL, NULL},
    };
    const TfLiteDivParams *params = node->builtin_data;
    tb_binary_tensors t;
    arithmetic *data;
    TB_OP_TRY(make(context, node, &t, &data));
    t.output->type = t.a->type;
    const tb_typed_row *row;
    TB_OP_TRY(tb_typed_row_find(context, rows, t.a, "first input", &row));
    data->binary.row = row->binary;
    if (!(TB_TYPES_QUANTIZED & TB_TYPE_BIT(t.a->type))) {
        TB_OP_TRY(plain_range(context, params->activation, t.a->type, data));
    } else {
        TB_OP_TRY(quantized_range(context, params->activation, &t, data));
        float factor = t.a->params.scale / (t.b->params.scale * t.output->params.scale);
        TB_OP_TRY(tb_op_multiplier(context, (double)factor, "inputs' scales / output scale",
                                   &data->out_multiplier));
    }
    return tb_binary_prepare(context, &t, &data->binary);
}

static TfLiteStatus prepare_squared_difference(TfLiteContext *context, TfLiteNode *node)
{
    static const tb_typed_row rows[] = {
        TB_BINARY_ROW(Float32, squared_difference_f32),
        TB_BINARY_ROW(Int32, squared_difference_i32),
        TB_BINARY_ROW(Int8, squared_difference_i8),
        {kTfLiteNoType, NULL, NULL},
    };
    tb_binary_tensors t;
    arithmetic *data;
    TB_OP_TRY(make(context, node, &t, &data));
    t.output->type = t.a->type;
    const tb_typed_row *row;
    TB_OP_TRY(tb_typed_row_find(context, rows, t.a, "first input", &row));
    data->binary.row = row->binary;
    if (t.a->type == kTfLiteInt8) {
        TB_OP_TRY(quantized_range(context, kTfLiteActNone, &t, data));
        TB_OP_TRY(common_scale(context, &t, 7, 2, data));
    }
    return tb_binary_prepare(context, &t, &data->binary);
}

/* ---- divisors ---------------------------------------------------------------------------------- */

static bool has_zero(const TfLiteTensor *tensor)
{
    int32_t zero = tensor->type == kTfLiteInt32 ? 0 : tensor->params.zero_point;
    size_t count = tb_count(tensor);
    for (size_t i = 0; i < count; i++) {
        int32_t value = tensor->type == kTfLiteInt32   ? tensor->data.i32[i]
                        : tensor->type == kTfLiteUInt8 ? tensor->data.uint8[i]
                        : tensor->type == kTfLiteInt8  ? tensor->data.int8[i]
                                                       : tensor->data.i16[i];
        if (value == zero)
            return true;
    }
    return false;
}

static TfLiteStatus invoke_div(TfLiteContext *context, TfLiteNode *node)
{
    const TfLiteTensor *divisor = tb_op_input(context, node, 1);
    if (divisor->type != kTfLiteFloat32 && has_zero(divisor))
        return tb_op_fail(context, "divides by zero");
    return tb_binary_invoke(context, node);
}

/* ---- MAXIMUM and MINIMUM ----------------------------------------------------------------------- */

#define DEFINE_EXTREME(suffix, type, KEY)                                           \
    TB_DEFINE_BINARY(max_##suffix, void, type, type, type, KEY(x) > KEY(y) ? x : y) \
    TB_DEFINE_BINARY(min_##suffix, void, type, type, type, KEY(x) < KEY(y) ? x : y)
#define SELF(x) x

DEFINE_EXTREME(f32, float, SELF)
DEFINE_EXTREME(f16, uint16_t, tb_float_from_half)
DEFINE_EXTREME(bf16, uint16_t, tb_float_from_bfloat16)
DEFINE_EXTREME(u8, uint8_t, SELF)
DEFINE_EXTREME(i8, int8_t, SELF)
DEFINE_EXTREME(i16, int16_t, SELF)
DEFINE_EXTREME(i32, int32_t, SELF)
DEFINE_EXTREME(i64, int64_t, SELF)

#define EXTREME_ROWS(which)                                                          \
    {                                                                                \
        TB_BINARY_ROW(Float32, which##_f32), TB_BINARY_ROW(Float16, which##_f16),    \
            TB_BINARY_ROW(BFloat16, which##_bf16), TB_BINARY_ROW(UInt8, which##_u8), \
            TB_BINARY_ROW(Int8, which##_i8), TB_BINARY_ROW(Int16, which##_i16),      \
            TB_BINARY_ROW(Int32, which##_i32), TB_BINARY_ROW(Int64, which##_i64),    \
        {                                                                            \
            kTfLiteNoType, NULL, NULL                                                \
        }                                                                            \
    }

static TfLiteStatus prepare_extreme(TfLiteContext *context, TfLiteNode *node,
                                    const tb_typed_row *rows)
{
    tb_binary_tensors t;
    arithmetic *data;
    TB_OP_TRY(make(context, node, &t, &data));
    t.output->type = t.a->type;
    const tb_typed_row *row;
    TB_OP_TRY(tb_typed_row_find(context, rows, t.a, "first input", &row));
    data->binary.row = row->binary;
    return tb_binary_prepare(context, &t, &data->binary);
}

static TfLiteStatus prepare_maximum(TfLiteContext *context, TfLiteNode *node)
{
    static const tb_typed_row rows[] = EXTREME_ROWS(max);
    return prepare_extreme(context, node, rows);
}

static TfLiteStatus prepare_minimum(TfLiteContext *context, TfLiteNode *node)
{
    static const tb_typed_row rows[] = EXTREME_ROWS(min);
    return prepare_extreme(context, node, rows);
}

#define BOTH_INPUTS_IN_PLACE (kTfLiteInplaceOpInput0Shared | kTfLiteInplaceOpInput1Shared)

const TfLiteRegistration tb_op_add = {
    .prepare = prepare_add, .invoke = tb_binary_invoke, .inplace_operator = BOTH_INPUTS_IN_PLACE};
const TfLiteRegistration tb_op_sub = {
    .prepare = prepare_sub, .invoke = tb_binary_invoke, .inplace_operator = BOTH_INPUTS_IN_PLACE};
const TfLiteRegistration tb_op_mul = {
    .prepare = prepare_mul, .invoke = tb_binary_invoke, .inplace_operator = BOTH_INPUTS_IN_PLACE};
const TfLiteRegistration tb_op_div = {
    .prepare = prepare_div, .invoke = invoke_div, .inplace_operator = BOTH_INPUTS_IN_PLACE};
const TfLiteRegistration tb_op_squared_difference = {.prepare = prepare_squared_difference,
                                                     .invoke = tb_binary_invoke};
const TfLiteRegistration tb_op_maximum = {.prepare = prepare_maximum, .invoke = tb_binary_invoke};
const TfLiteRegistration tb_op_minimum = {.prepare = prepare_minimum, .invoke = tb_binary_invoke};
