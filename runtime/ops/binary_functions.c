/*
 * FLOOR_DIV, FLOOR_MOD, POW, ATAN2, LOGICAL_AND, LOGICAL_OR, BITWISE_XOR and RIGHT_SHIFT: functions
 * of two elements with broadcasting, after TFLite's kernels of those names. Integers have no
 * undefined case: divisors and exponents are looked at before anything is computed, shifts are
 * clamped to the width of the type.
 */
#include "runtime/ops/elementwise.h"

#include <math.h>

#include "runtime/math.h"

typedef struct binary_function {
    tb_binary binary; /* first: see elementwise.h */
    /* What the second input may not hold at invoke; NULL: anything goes. */
    bool (*refuses)(const TfLiteTensor *tensor, size_t i);
    const char *refusal;
} binary_function;

/* ---- kernels ----------------------------------------------------------------------------------- */

/* TFLite divides in double precision whatever the type; int32 fits exactly. */
#define FLOOR_DIV floor((double)x / (double)y)

static int64_t floor_mod(int64_t x, int64_t y)
{
    if (y == -1)
        return 0;
    int64_t remainder = x % y;
    return remainder != 0 && (y < 0) != (remainder < 0) ? remainder + y : remainder;
}

static float floor_modf(float x, float y)
{
    float remainder = fmodf(x, y);
    return remainder != 0.0f && (y < 0.0f) != (remainder < 0.0f) ? remainder + y : remainder;
}

/* TFLite takes the power in double precision and converts: out of range it is INT32_MIN. */
static int32_t pow_i32(int32_t x, int32_t y)
{
    double power = 1.0, factor = (double)x;
    for (uint32_t exponent = (uint32_t)y; exponent; exponent >>= 1, factor *= factor)
        if (exponent & 1)
            power *= factor;
    return power >= -2147483648.0 && power < 2147483648.0 ? (int32_t)power : INT32_MIN;
}

static int64_t shift_right(int64_t x, int64_t y, int bits)
{
    return x >> (y < 0 ? 0 : y > bits - 1 ? bits - 1 : y);
}

static float half(uint16_t x)
{
    return tb_float_from_half(x);
}

static float brain(uint16_t x)
{
    return tb_float_from_bfloat16(x);
}

static float atan2_f32(float y, float x)
{
    return (float)tb_atan2((double)y, (double)x);
}

TB_DEFINE_BINARY(floor_div_i8, void, int8_t, int8_t, int8_t, (int)FLOOR_DIV)
TB_DEFINE_BINARY(floor_div_i16, void, int16_t, int16_t, int16_t, (int)FLOOR_DIV)
TB_DEFINE_BINARY(floor_div_i32, void, int32_t, int32_t, int32_t, (int64_t)FLOOR_DIV)
TB_DEFINE_BINARY(floor_div_f32, void, float, float, float, FLOOR_DIV)
TB_DEFINE_BINARY(floor_mod_i8, void, int8_t, int8_t, int8_t, floor_mod(x, y))
TB_DEFINE_BINARY(floor_mod_i16, void, int16_t, int16_t, int16_t, floor_mod(x, y))
TB_DEFINE_BINARY(floor_mod_i32, void, int32_t, int32_t, int32_t, floor_mod(x, y))
TB_DEFINE_BINARY(floor_mod_i64, void, int64_t, int64_t, int64_t, floor_mod(x, y))
TB_DEFINE_BINARY(floor_mod_f32, void, float, float, float, floor_modf(x, y))
TB_DEFINE_BINARY(power_i32, void, int32_t, int32_t, int32_t, pow_i32(x, y))
TB_DEFINE_BINARY(power_f32, void, float, float, float, tb_powf(x, y))
TB_DEFINE_BINARY(atan2_row_f32, void, float, float, float, atan2_f32(x, y))
TB_DEFINE_BINARY(atan2_row_f64, void, double, double, double, tb_atan2(x, y))
TB_DEFINE_BINARY(atan2_row_f16, void, uint16_t, uint16_t, uint16_t,
                 tb_half_from_float(atan2_f32(half(x), half(y))))
TB_DEFINE_BINARY(atan2_row_bf16, void, uint16_t, uint16_t, uint16_t,
                 tb_bfloat16_from_float(atan2_f32(brain(x), brain(y))))
TB_DEFINE_BINARY(and_bool, void, bool, bool, bool, x &&y)
TB_DEFINE_BINARY(or_bool, void, bool, bool, bool, x || y)
TB_DEFINE_BINARY(xor_8, void, uint8_t, uint8_t, uint8_t, x ^ y)
TB_DEFINE_BINARY(xor_16, void, uint16_t, uint16_t, uint16_t, x ^ y)
TB_DEFINE_BINARY(xor_32, void, uint32_t, uint32_t, uint32_t, x ^ y)
TB_DEFINE_BINARY(shift_i8, void, int8_t, int8_t, int8_t, shift_right(x, y, 8))
TB_DEFINE_BINARY(shift_u8, void, uint8_t, uint8_t, uint8_t, shift_right(x, y, 8))
TB_DEFINE_BINARY(shift_i16, void, int16_t, int16_t, int16_t, shift_right(x, y, 16))
TB_DEFINE_BINARY(shift_u16, void, uint16_t, uint16_t, uint16_t, shift_right(x, y, 16))
TB_DEFINE_BINARY(shift_i32, void, int32_t, int32_t, int32_t, shift_right(x, y, 32))
TB_DEFINE_BINARY(shift_u32, void, uint32_t, uint32_t, uint32_t, shift_right(x, y, 32))

/* ---- what a second input may not hold ----------------------------------------------------------- */

static bool is_zero(const TfLiteTensor *tensor, size_t i)
{
    switch (tensor->type) {
    case kTfLiteInt8:
        return tensor->data.int8[i] == 0;
    case kTfLiteInt16:
        return tensor->data.i16[i] == 0;
    case kTfLiteInt32:
        return tensor->data.i32[i] == 0;
    case kTfLiteInt64:
        return tensor->data.i64[i] == 0;
    default:
        return tensor->data.f[i] == 0.0f;
    }
}

static bool is_integer_zero(const TfLiteTensor *tensor, size_t i)
{
    return tensor->type != kTfLiteFloat32 && is_zero(tensor, i);
}

static bool is_negative_int32(const TfLiteTensor *tensor, size_t i)
{
    return tensor->type == kTfLiteInt32 && tensor->data.i32[i] < 0;
}

/* ---- preparing and invoking --------------------------------------------------------------------- */

static TfLiteStatus prepare(TfLiteContext *context, TfLiteNode *node, const tb_typed_row *rows,
                            bool (*refuses)(const TfLiteTensor *tensor, size_t i),
                            const char *refusal)
{
    tb_binary_tensors t;
    TB_OP_TRY(tb_binary_tensors_get(context, node, &t));
    TB_OP_TRY(tb_op_check_same_type(context, t.a, "first input", t.b, "second input"));
    const tb_typed_row *row;
    TB_OP_TRY(tb_typed_row_find(context, rows, t.a, "first input", &row));
    binary_function *data = tb_op_make_data(context, node, sizeof *data);
    if (!data)
        return kTfLiteError;
    t.output->type = t.a->type;
    data->binary.row = row->binary;
    data->refuses = refuses;
    data->refusal = refusal;
    return tb_binary_prepare(context, &t, &data->binary);
}

static TfLiteStatus invoke(TfLiteContext *context, TfLiteNode *node)
{
    const binary_function *data = node->user_data;
    if (data->refuses) {
        const TfLiteTensor *second = tb_op_input(context, node, 1);
        size_t count = tb_count(second);
        for (size_t i = 0; i < count; i++)
            if (data->refuses(second, i))
                return tb_op_fail(context, "element %zu of the second input is %s", i,
                                  data->refusal);
    }
    return tb_binary_invoke(context, node);
}

#define DEFINE_OPERATOR(name, refuses, refusal, ...)                                   \
    static TfLiteStatus prepare_##name(TfLiteContext *context, TfLiteNode *node)       \
    {                                                                                  \
        static const tb_typed_row rows[] = {__VA_ARGS__, {kTfLiteNoType, NULL, NULL}}; \
        return prepare(context, node, rows, refuses, refusal);                         \
    }                                                                                  \
    const TfLiteRegistration tb_op_##name = {.prepare = prepare_##name, .invoke = invoke};

DEFINE_OPERATOR(floor_div, is_zero, "0: a division by it has no result",
                TB_BINARY_ROW(Float32, floor_div_f32), TB_BINARY_ROW(Int8, floor_div_i8),
                TB_BINARY_ROW(Int16, floor_div_i16), TB_BINARY_ROW(Int32, floor_div_i32))
DEFINE_OPERATOR(floor_mod, is_integer_zero, "0: a division by it has no remainder",
                TB_BINARY_ROW(Float32, floor_mod_f32), TB_BINARY_ROW(Int8, floor_mod_i8),
                TB_BINARY_ROW(Int16, floor_mod_i16), TB_BINARY_ROW(Int32, floor_mod_i32),
                TB_BINARY_ROW(Int64, floor_mod_i64))
DEFINE_OPERATOR(pow, is_negative_int32, "negative: integers have no such power",
                TB_BINARY_ROW(Float32, power_f32), TB_BINARY_ROW(Int32, power_i32))
DEFINE_OPERATOR(atan2, NULL, NULL, TB_BINARY_ROW(Float32, atan2_row_f32),
                TB_BINARY_ROW(Float64, atan2_row_f64), TB_BINARY_ROW(Float16, atan2_row_f16),
                TB_BINARY_ROW(BFloat16, atan2_row_bf16))
DEFINE_OPERATOR(logical_and, NULL, NULL, TB_BINARY_ROW(Bool, and_bool))
DEFINE_OPERATOR(logical_or, NULL, NULL, TB_BINARY_ROW(Bool, or_bool))
DEFINE_OPERATOR(bitwise_xor, NULL, NULL, TB_BINARY_ROW(Int8, xor_8), TB_BINARY_ROW(UInt8, xor_8),
                TB_BINARY_ROW(Int16, xor_16), TB_BINARY_ROW(UInt16, xor_16),
                TB_BINARY_ROW(Int32, xor_32), TB_BINARY_ROW(UInt32, xor_32))
DEFINE_OPERATOR(right_shift, NULL, NULL, TB_BINARY_ROW(Int8, shift_i8),
                TB_BINARY_ROW(UInt8, shift_u8), TB_BINARY_ROW(Int16, shift_i16),
                TB_BINARY_ROW(UInt16, shift_u16), TB_BINARY_ROW(Int32, shift_i32),
                TB_BINARY_ROW(UInt32, shift_u32))
