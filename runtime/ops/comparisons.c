/*
 * EQUAL, NOT_EQUAL, LESS, LESS_EQUAL, GREATER and GREATER_EQUAL, with broadcasting. Quantised inputs
 * are brought to a common scale in fixed point, as TFLite's ComparisonWithScaling does: 8 bits of
 * headroom, then each side's scale as a multiplier.
 */
#include "runtime/ops/elementwise.h"
#include "runtime/ops/strings.h"

#include <string.h>

typedef struct comparison {
    tb_binary binary; /* first: see elementwise.h */
    int32_t a_offset; /* minus the zero points */
    int32_t b_offset;
    tb_multiplier a_multiplier;
    tb_multiplier b_multiplier;
} comparison;

static int32_t scaled(int32_t value, int32_t offset, tb_multiplier multiplier)
{
    return tb_multiply(tb_wrap_mul(tb_wrap_add(value, offset), 1 << 8), multiplier);
}

/* Every comparison by type; relation is ==, !=, < or <=. GREATER has its inputs changed over. */
#define HALF(x)  tb_float_from_half(x)
#define BRAIN(x) tb_float_from_bfloat16(x)
#define SCALED(relation) \
    scaled(x, p->a_offset, p->a_multiplier) relation scaled(y, p->b_offset, p->b_multiplier)

#define DEFINE_ROWS(name, relation)                                                           \
    TB_DEFINE_BINARY(name##_bool, void, bool, bool, bool, x relation y)                       \
    TB_DEFINE_BINARY(name##_f32, void, float, float, bool, x relation y)                      \
    TB_DEFINE_BINARY(name##_f16, void, uint16_t, uint16_t, bool, HALF(x) relation HALF(y))    \
    TB_DEFINE_BINARY(name##_bf16, void, uint16_t, uint16_t, bool, BRAIN(x) relation BRAIN(y)) \
    TB_DEFINE_BINARY(name##_i16, void, int16_t, int16_t, bool, x relation y)                  \
    TB_DEFINE_BINARY(name##_i32, void, int32_t, int32_t, bool, x relation y)                  \
    TB_DEFINE_BINARY(name##_i64, void, int64_t, int64_t, bool, x relation y)                  \
    TB_DEFINE_BINARY(name##_q8, comparison, int8_t, int8_t, bool, SCALED(relation))           \
    TB_DEFINE_BINARY(name##_qu8, comparison, uint8_t, uint8_t, bool, SCALED(relation))        \
    TB_DEFINE_BINARY(name##_q16, comparison, int16_t, int16_t, bool, SCALED(relation))        \
    static const tb_typed_row name##_plain[] = {                                              \
        TB_BINARY_ROW(Float32, name##_f32),   TB_BINARY_ROW(Float16, name##_f16),             \
        TB_BINARY_ROW(BFloat16, name##_bf16), TB_BINARY_ROW(Bool, name##_bool),               \
        TB_BINARY_ROW(Int16, name##_i16),     TB_BINARY_ROW(Int32, name##_i32),               \
        TB_BINARY_ROW(Int64, name##_i64),     {kTfLiteNoType, NULL, NULL},                    \
    };                                                                                        \
    static const tb_typed_row name##_quantized[] = {                                          \
        TB_BINARY_ROW(Int8, name##_q8),                                                       \
        TB_BINARY_ROW(UInt8, name##_qu8),                                                     \
        TB_BINARY_ROW(Int16, name##_q16),                                                     \
        {kTfLiteNoType, NULL, NULL},                                                          \
    };

DEFINE_ROWS(equal, ==)
DEFINE_ROWS(not_equal, !=)
DEFINE_ROWS(less, <)
DEFINE_ROWS(less_equal, <=)

typedef struct comparison_rows {
    const tb_typed_row *plain;
    const tb_typed_row *quantized;
    bool quantized_int16; /* int16 with a scale is compared by it; else its numbers are */
    bool swapped;
    uint32_t types; /* that TFLite has it for */
} comparison_rows;

/* ---- numbers ----------------------------------------------------------------------------------- */

static TfLiteStatus prepare_scales(TfLiteContext *context, const tb_binary_tensors *t,
                                   comparison *data)
{
    TB_OP_TRY(tb_op_check_quantized(context, t->a, "first input"));
    TB_OP_TRY(tb_op_check_quantized(context, t->b, "second input"));
    data->a_offset = -t->a->params.zero_point;
    data->b_offset = -t->b->params.zero_point;
    TB_OP_TRY(tb_op_multiplier(context, (double)t->a->params.scale, "the first input's scale",
                               &data->a_multiplier));
    return tb_op_multiplier(context, (double)t->b->params.scale, "the second input's scale",
                            &data->b_multiplier);
}

static bool compares_scaled(const comparison_rows *rows, const TfLiteTensor *tensor)
{
    if (tensor->type == kTfLiteInt16)
        return rows->quantized_int16 && tensor->quantization.type != kTfLiteNoQuantization;
    return tensor->type == kTfLiteInt8 || tensor->type == kTfLiteUInt8;
}

static TfLiteStatus get_tensors(TfLiteContext *context, const TfLiteNode *node,
                                const comparison_rows *rows, tb_binary_tensors *t)
{
    TB_OP_TRY(tb_binary_tensors_get(context, node, t));
    TB_OP_TRY(tb_op_check_same_type(context, t->a, "first input", t->b, "second input"));
    TB_OP_TRY(tb_op_check_type(context, t->a, "first input", rows->types));
    t->output->type = kTfLiteBool;
    if (rows->swapped) {
        const TfLiteTensor *first = t->a;
        t->a = t->b;
        t->b = first;
    }
    return kTfLiteOk;
}

static TfLiteStatus prepare(TfLiteContext *context, TfLiteNode *node, const comparison_rows *rows)
{
    tb_binary_tensors t;
    TB_OP_TRY(get_tensors(context, node, rows, &t));
    comparison *data = tb_op_make_data(context, node, sizeof *data);
    if (!data)
        return kTfLiteError;
    if (t.a->type == kTfLiteString)
        return tb_binary_prepare(context, &t, &data->binary);
    bool is_scaled = compares_scaled(rows, t.a);
    if (is_scaled)
        TB_OP_TRY(prepare_scales(context, &t, data));
    const tb_typed_row *row;
    TB_OP_TRY(tb_typed_row_find(context, is_scaled ? rows->quantized : rows->plain, t.a,
                                "first input", &row));
    data->binary.row = row->binary;
    return tb_binary_prepare(context, &t, &data->binary);
}

static TfLiteStatus invoke_at(TfLiteContext *context, const TfLiteNode *node, int first)
{
    const comparison *data = node->user_data;
    const tb_binary *binary = &data->binary;
    tb_broadcast_binary(&binary->plan, binary->row, data,
                        tb_op_input(context, node, first)->data.raw, binary->a_bytes,
                        tb_op_input(context, node, 1 - first)->data.raw, binary->b_bytes,
                        tb_op_output(context, node, 0)->data.raw, binary->out_bytes);
    return kTfLiteOk;
}

/* ---- strings ----------------------------------------------------------------------------------- */

static bool same_string(const tb_strings *a, size_t i, const tb_strings *b, size_t k)
{
    size_t a_length, b_length;
    const char *a_bytes = tb_strings_get(a, i, &a_length);
    const char *b_bytes = tb_strings_get(b, k, &b_length);
    return a_length == b_length && (a_length == 0 || memcmp(a_bytes, b_bytes, a_length) == 0);
}

/* The plan's offsets of both inputs, dimension by dimension; strings have no fast path. */
static TfLiteStatus compare_strings(TfLiteContext *context, const TfLiteNode *node, bool wanted)
{
    const tb_broadcast *plan = &((const comparison *)node->user_data)->binary.plan;
    TfLiteTensor *output = tb_op_output(context, node, 0);
    tb_strings a, b;
    TB_OP_TRY(tb_strings_open(context, tb_op_input(context, node, 0), "first input", &a));
    TB_OP_TRY(tb_strings_open(context, tb_op_input(context, node, 1), "second input", &b));
    size_t count = tb_count(output);
    for (size_t i = 0; i < count; i++) {
        size_t rest = i, at[2] = {0, 0};
        for (int d = plan->loops - 1; d >= 0; rest /= plan->extent[d], d--)
            for (int k = 0; k < 2; k++)
                at[k] += rest % plan->extent[d] * plan->stride[k][d];
        output->data.b[i] = same_string(&a, at[0], &b, at[1]) == wanted;
    }
    return kTfLiteOk;
}

/* ---- operators --------------------------------------------------------------------------------- */

static TfLiteStatus invoke(TfLiteContext *context, TfLiteNode *node)
{
    return invoke_at(context, node, 0);
}

static TfLiteStatus invoke_swapped(TfLiteContext *context, TfLiteNode *node)
{
    return invoke_at(context, node, 1);
}

static TfLiteStatus invoke_equal(TfLiteContext *context, TfLiteNode *node)
{
    return tb_op_input(context, node, 0)->type == kTfLiteString
               ? compare_strings(context, node, true)
               : invoke_at(context, node, 0);
}

static TfLiteStatus invoke_not_equal(TfLiteContext *context, TfLiteNode *node)
{
    return tb_op_input(context, node, 0)->type == kTfLiteString
               ? compare_strings(context, node, false)
               : invoke_at(context, node, 0);
}

#define NUMBERS                                                                       \
    (TB_TYPE_BIT(kTfLiteFloat32) | TB_TYPE_BIT(kTfLiteFloat16) | TB_TYPES_QUANTIZED | \
     TB_TYPE_BIT(kTfLiteInt32) | TB_TYPE_BIT(kTfLiteInt64))

#define DEFINE_OPERATOR(name, by, scaled_int16, is_swapped, more_types, invoke_name)               \
    static TfLiteStatus prepare_##name(TfLiteContext *context, TfLiteNode *node)                   \
    {                                                                                              \
        static const comparison_rows rows = {by##_plain, by##_quantized, scaled_int16, is_swapped, \
                                             NUMBERS | (more_types)};                              \
        return prepare(context, node, &rows);                                                      \
    }                                                                                              \
    const TfLiteRegistration tb_op_##name = {.prepare = prepare_##name, .invoke = invoke_name};

DEFINE_OPERATOR(equal, equal, true, false, TB_TYPE_BIT(kTfLiteBool) | TB_TYPE_BIT(kTfLiteString),
                invoke_equal)
DEFINE_OPERATOR(not_equal, not_equal, true, false,
                TB_TYPE_BIT(kTfLiteBool) | TB_TYPE_BIT(kTfLiteString), invoke_not_equal)
DEFINE_OPERATOR(less, less, false, false, TB_TYPE_BIT(kTfLiteBFloat16), invoke)
DEFINE_OPERATOR(less_equal, less_equal, false, false, 0, invoke)
DEFINE_OPERATOR(greater, less, false, true, TB_TYPE_BIT(kTfLiteBFloat16), invoke_swapped)
DEFINE_OPERATOR(greater_equal, less_equal, false, true, 0, invoke_swapped)
