/*
 * STABLEHLO_ADD, _MULTIPLY, _MAXIMUM, _MINIMUM, _AND and _SHIFT_LEFT: functions of two elements of
 * tensors of one shape and type, neither broadcast nor rescaled. Integers wrap.
 */
#include "runtime/ops/stablehlo_elementwise.h"

#include "runtime/tflite_abi/builtin_ops.h"

#define MAX(x, y) ((x) < (y) ? (y) : (x))
#define MIN(x, y) ((y) < (x) ? (y) : (x))

/* One function for all integer types. */
#define DEFINE_INTEGERS(name, EXPRESSION)                                             \
    TB_DEFINE_BINARY(name##_bool, void, uint8_t, uint8_t, uint8_t, (EXPRESSION) != 0) \
    TB_DEFINE_BINARY(name##_i8, void, int8_t, int8_t, int8_t, EXPRESSION)             \
    TB_DEFINE_BINARY(name##_i16, void, int16_t, int16_t, int16_t, EXPRESSION)         \
    TB_DEFINE_BINARY(name##_i32, void, int32_t, int32_t, int32_t, EXPRESSION)         \
    TB_DEFINE_BINARY(name##_i64, void, int64_t, int64_t, int64_t, EXPRESSION)         \
    TB_DEFINE_BINARY(name##_u8, void, uint8_t, uint8_t, uint8_t, EXPRESSION)          \
    TB_DEFINE_BINARY(name##_u16, void, uint16_t, uint16_t, uint16_t, EXPRESSION)      \
    TB_DEFINE_BINARY(name##_u32, void, uint32_t, uint32_t, uint32_t, EXPRESSION)      \
    TB_DEFINE_BINARY(name##_u64, void, uint64_t, uint64_t, uint64_t, EXPRESSION)

/* F is a macro of two floats. */
#define DEFINE_FLOATS(name, F)                                          \
    TB_DEFINE_BINARY(name##_f32, void, float, float, float, F(x, y))    \
    TB_DEFINE_BINARY(name##_f64, void, double, double, double, F(x, y)) \
    TB_DEFINE_BINARY(name##_f16, void, uint16_t, uint16_t, uint16_t,    \
                     tb_half_from_float(F(tb_float_from_half(x), tb_float_from_half(y))))

#define SUM(x, y)     ((x) + (y))
#define PRODUCT(x, y) ((x) * (y))

DEFINE_INTEGERS(add, (uint64_t)x + (uint64_t)y)
DEFINE_INTEGERS(multiply, (uint64_t)x *(uint64_t)y)
DEFINE_INTEGERS(maximum, MAX(x, y))
DEFINE_INTEGERS(minimum, MIN(x, y))
DEFINE_INTEGERS(and, x &y)
DEFINE_FLOATS(add, SUM)
DEFINE_FLOATS(multiply, PRODUCT)
DEFINE_FLOATS(maximum, MAX)
DEFINE_FLOATS(minimum, MIN)

/* The count modulo 32, as x86 has it. */
TB_DEFINE_BINARY(shift_i8, void, int8_t, int8_t, int8_t, (uint32_t)x << ((uint32_t)y & 31))
TB_DEFINE_BINARY(shift_i16, void, int16_t, int16_t, int16_t, (uint32_t)x << ((uint32_t)y & 31))
TB_DEFINE_BINARY(shift_i32, void, int32_t, int32_t, int32_t, (uint32_t)x << ((uint32_t)y & 31))

static TfLiteStatus prepare(TfLiteContext *context, TfLiteNode *node, const tb_typed_row *rows)
{
    tb_binary_tensors t;
    TB_OP_TRY(tb_binary_tensors_get(context, node, &t));
    TB_OP_TRY(tb_op_check_same_type(context, t.a, "first input", t.b, "second input"));
    if (!tb_same_shape(t.a, t.b))
        return tb_op_fail(context,
                          "inputs have %lld and %lld elements in different shapes, "
                          "expected one shape",
                          (long long)tb_tensor_elements(t.a), (long long)tb_tensor_elements(t.b));
    const tb_typed_row *row;
    TB_OP_TRY(tb_typed_row_find(context, rows, t.a, "first input", &row));
    tb_binary *data = tb_op_make_data(context, node, sizeof *data);
    if (!data)
        return kTfLiteError;
    t.output->type = t.a->type;
    data->row = row->binary;
    return tb_binary_prepare(context, &t, data);
}

#define INTEGER_ROWS(name)                                                    \
    TB_BINARY_ROW(Bool, name##_bool), TB_BINARY_ROW(Int8, name##_i8),         \
        TB_BINARY_ROW(Int16, name##_i16), TB_BINARY_ROW(Int32, name##_i32),   \
        TB_BINARY_ROW(Int64, name##_i64), TB_BINARY_ROW(UInt8, name##_u8),    \
        TB_BINARY_ROW(UInt16, name##_u16), TB_BINARY_ROW(UInt32, name##_u32), \
    {                                                                         \
        kTfLiteUInt64, NULL, name##_u64                                       \
    }
#define FLOAT_ROWS(name)                                                    \
    TB_BINARY_ROW(Float32, name##_f32), TB_BINARY_ROW(Float64, name##_f64), \
    {                                                                       \
        kTfLiteFloat16, NULL, name##_f16                                    \
    }

#define DEFINE_OPERATOR(name, ...)                                                        \
    static const tb_typed_row name##_rows[] = {__VA_ARGS__, {kTfLiteNoType, NULL, NULL}}; \
    static TfLiteStatus prepare_##name(TfLiteContext *context, TfLiteNode *node)          \
    {                                                                                     \
        return prepare(context, node, name##_rows);                                       \
    }                                                                                     \
    const TfLiteRegistration tb_op_stablehlo_##name = {.prepare = prepare_##name,         \
                                                       .invoke = tb_binary_invoke};

DEFINE_OPERATOR(add, INTEGER_ROWS(add), FLOAT_ROWS(add))
DEFINE_OPERATOR(multiply, INTEGER_ROWS(multiply), FLOAT_ROWS(multiply))
DEFINE_OPERATOR(maximum, INTEGER_ROWS(maximum), FLOAT_ROWS(maximum))
DEFINE_OPERATOR(minimum, INTEGER_ROWS(minimum), FLOAT_ROWS(minimum))
DEFINE_OPERATOR(and, INTEGER_ROWS(and))
DEFINE_OPERATOR(shift_left, TB_BINARY_ROW(Int8, shift_i8), TB_BINARY_ROW(Int16, shift_i16),
                TB_BINARY_ROW(Int32, shift_i32))

TfLiteStatus tb_stablehlo_row(TfLiteContext *context, int builtin_code, const TfLiteTensor *tensor,
                              const char *what, tb_binary_row *out)
{
    const tb_typed_row *rows = builtin_code == kTfLiteBuiltinStablehloAdd        ? add_rows
                               : builtin_code == kTfLiteBuiltinStablehloMultiply ? multiply_rows
                               : builtin_code == kTfLiteBuiltinStablehloMaximum  ? maximum_rows
                               : builtin_code == kTfLiteBuiltinStablehloMinimum  ? minimum_rows
                                                                                 : NULL;
    if (!rows)
        return tb_op_fail(context,
                          "its body is operator %d, expected STABLEHLO_ADD, _MULTIPLY, _MAXIMUM "
                          "or _MINIMUM",
                          builtin_code);
    const tb_typed_row *row;
    TB_OP_TRY(tb_typed_row_find(context, rows, tensor, what, &row));
    *out = row->binary;
    return kTfLiteOk;
}
