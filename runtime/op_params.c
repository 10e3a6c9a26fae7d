/* Params by the rows of op_params.def. */
#include "runtime/op_params.h"

#include <stdalign.h>
#include <stdint.h>
#include <string.h>

#include "runtime/base/size.h"
#include "runtime/builtin_names.h"
#include "runtime/schema.h"
#include "runtime/tflite_abi/builtin_op_data.h"
#include "runtime/tflite_abi/builtin_ops.h"

/* clang-format off */

/*
 * The kinds of rows: KIND, the type of the option, the bytes of the member (in a copied list: of
 * its elements). An enumeration's values are those from `low` to `high`; the ABI's are `add` more.
 */
#define PLAIN_KINDS(X)                                                                        \
    X(INT, int32_t, 4)                                                                        \
    X(BOOL, bool, sizeof(bool))                                                               \
    X(FLOAT, float, 4)                                                                        \
    X(LONG, int64_t, 8)                                                                       \
    X(LOW_INT, int64_t, 4)                   /* its low half */                               \
    X(TEXT, const char *, sizeof(char *))                                                     \
    X(NAME, const char *, sizeof(char *))    /* has to be there */                            \
    X(INTS, tb_i32s, 4)                      /* copied; may be absent */                      \
    X(LONGS, tb_i64s, 8)                                                                      \
    X(FLOATS_AT, tb_f32s, sizeof(float *))   /* pointed at; has to be there */                \
    X(BYTES_AT, tb_bytes, sizeof(uint8_t *))                                                  \
    X(TYPE, int8_t, 4)                       /* TensorType to TfLiteType */                   \
    X(INDEX_TYPE, int8_t, 4)                 /* the same, but all other than int64 is int32 */
/* KIND, type, low, high, add */
#define ENUM_KINDS(X)                      \
    X(ACTIVATION, int8_t, 0, 5, 0)         \
    X(PADDING, int8_t, 0, 1, 1)            \
    X(MIRROR_MODE, int8_t, 0, 1, 1)        \
    X(WEIGHTS_FORMAT, int8_t, 0, 1, 0)     \
    X(LSTM_KERNEL, int8_t, 0, 1, 0)        \
    X(LSH_TYPE, int8_t, 0, 2, 0)           \
    X(COMBINER, int8_t, 0, 2, 0)           \
    X(RNG_ALGORITHM, int8_t, 0, 2, 1)      \
    X(REDUCE_FUNCTION, int32_t, 1, 6, 0)

typedef enum param_kind {
#define X(kind, type, bytes) PARAM_##kind,
    PLAIN_KINDS(X)
#undef X
#define X(kind, type, low, high, add) PARAM_##kind,
    ENUM_KINDS(X)
#undef X
} param_kind;

typedef struct enum_values {
    int8_t low, high, add;
    bool wide; /* stored as an int32, not as a byte */
} enum_values;

static const enum_values enums[] = {
#define X(kind, type, low, high, add) [PARAM_##kind] = {low, high, add, sizeof(type) == 4},
    ENUM_KINDS(X)
#undef X
};

typedef struct param_row {
    const char *field;
    uint8_t id;
    uint8_t kind;        /* param_kind */
    uint8_t capacity;    /* elements that a copied list has room for */
    uint8_t count_bytes; /* of the member that holds a list's length; 0: there is none */
    int8_t default_value;
    uint16_t offset;
    uint16_t count_offset;
} param_row;

typedef struct mapping {
    uint8_t options; /* the type in its union */
    bool second;     /* the union is builtin_options_2 */
    bool required;
    uint8_t row_count;
    uint16_t size;
    const param_row *rows;
    tb_status (*finish)(tb_fb_table options, void *params, tb_error *err);
} mapping;

/* clang-format on */

/* ---- what no row says -------------------------------------------------------------------------- */

static tb_status finish_stablehlo_pad(tb_fb_table options, void *params, tb_error *err)
{
    (void)params;
    tb_i64s low = tb_schema_stablehlo_pad_edge_padding_low(options);
    tb_i64s high = tb_schema_stablehlo_pad_edge_padding_high(options);
    tb_i64s interior = tb_schema_stablehlo_pad_interior_padding(options);
    if (!low.data || !high.data || !interior.data || low.count != high.count ||
        low.count != interior.count)
        return tb_fail(err, TB_CORRUPT,
                       "edge_padding_low, edge_padding_high and interior_padding have %zu, %zu and "
                       "%zu entries; they need one for each dimension",
                       low.count, high.count, interior.count);
    return TB_OK;
}

static tb_status finish_stablehlo_case(tb_fb_table options, void *params, tb_error *err)
{
    (void)params;
    if (!tb_schema_stablehlo_case_branch_subgraph_indices(options).count)
        return tb_fail(err, TB_CORRUPT, "branch_subgraph_indices is empty");
    return TB_OK;
}

/* A list of reduce_window: as long as `count` says, or absent and then all `fill`. */
static tb_status finish_window(tb_i64s list, size_t count, int64_t fill, size_t capacity,
                               const char *what, tb_error *err, int64_t *out)
{
    if (list.count && list.count != count)
        return tb_fail(err, TB_CORRUPT, "%s has %zu entries, window_dimensions makes it %zu", what,
                       list.count, count);
    for (size_t k = 0; k < capacity && !list.count; k++)
        out[k] = fill;
    return TB_OK;
}

static tb_status finish_stablehlo_reduce_window(tb_fb_table options, void *params, tb_error *err)
{
    TfLiteStablehloReduceWindowParams *p = params;
    size_t rank = tb_schema_stablehlo_reduce_window_window_dimensions(options).count;
    if (rank == 0)
        return tb_fail(err, TB_CORRUPT, "window_dimensions is empty");
    const size_t most = TFLITE_STABLEHLO_REDUCE_WINDOW_PARAMS_MAX_DIMENSION_COUNT;
    tb_status status = finish_window(tb_schema_stablehlo_reduce_window_window_strides(options),
                                     rank, 1, most, "window_strides", err, p->window_strides);
    if (status == TB_OK)
        status = finish_window(tb_schema_stablehlo_reduce_window_base_dilations(options), rank, 1,
                               most, "base_dilations", err, p->base_dilations);
    if (status == TB_OK)
        status = finish_window(tb_schema_stablehlo_reduce_window_window_dilations(options), rank, 1,
                               most, "window_dilations", err, p->window_dilations);
    if (status == TB_OK)
        status = finish_window(tb_schema_stablehlo_reduce_window_padding(options), 2 * rank, 0,
                               2 * most, "padding", err, p->padding);
    return status;
}

/* ---- the rows ---------------------------------------------------------------------------------- */

/* clang-format off */

enum {
#define X(kind, type, bytes) bytes_of_##kind = (int)(bytes),
    PLAIN_KINDS(X)
#undef X
#define X(kind, type, low, high, add) bytes_of_##kind = 4,
    ENUM_KINDS(X)
#undef X
};

#define X(kind, type, bytes) typedef type type_of_##kind;
    PLAIN_KINDS(X)
#undef X
#define X(kind, type, low, high, add) typedef type type_of_##kind;
    ENUM_KINDS(X)
#undef X

#define MEMBER_SIZE(params, member) sizeof(((TfLite##params##Params *)0)->member)

#define TB_MAPPING(table, union_name, params, absent, finish) \
    static const param_row table##_rows[] = {
#define ROW(table, params, member, kind, field, capacity, count_bytes, default_value, count_offset) \
    {#field, tb_schema_##table##_##field##_id, PARAM_##kind, capacity, count_bytes, default_value,  \
     offsetof(TfLite##params##Params, member), count_offset},
#define TB_PARAM(table, params, member, kind, field) \
    ROW(table, params, member, kind, field, 1, 0, tb_schema_##table##_##field##_default, 0)
#define TB_PARAM_REF(table, params, member, kind, field) \
    ROW(table, params, member, kind, field, MEMBER_SIZE(params, member) / bytes_of_##kind, 0, 0, 0)
#define TB_PARAM_LIST(table, params, member, kind, count, field)                                \
    ROW(table, params, member, kind, field, MEMBER_SIZE(params, member) / bytes_of_##kind,      \
        MEMBER_SIZE(params, count), 0, offsetof(TfLite##params##Params, count))
#define TB_MAPPING_END(table) };
#include "runtime/op_params.def"

/* A row's kind fits the option that it reads and the member that it writes. */
#define SAME_TYPE(table, field, kind)                                                          \
    _Static_assert(__builtin_types_compatible_p(                                               \
                       __typeof__(tb_schema_##table##_##field(tb_fb_absent())), type_of_##kind), \
                   #kind " reads " #table "." #field);
#define TB_PARAM(table, params, member, kind, field)                                           \
    SAME_TYPE(table, field, kind)                                                              \
    _Static_assert(MEMBER_SIZE(params, member) == bytes_of_##kind, #kind " writes " #member);
#define TB_PARAM_REF(table, params, member, kind, field) SAME_TYPE(table, field, kind)
#define TB_PARAM_LIST(table, params, member, kind, count, field) SAME_TYPE(table, field, kind)
#include "runtime/op_params.def"

enum { OPTIONAL = false, REQUIRED = true, IN_builtin_options = false, IN_builtin_options_2 = true };

#define TB_MAPPING(table, union_name, params, absent, finish_function)       \
    static const mapping table##_mapping = {                                 \
        .options = tb_schema_##union_name##_##table,                         \
        .second = IN_##union_name,                                           \
        .required = absent,                                                  \
        .row_count = TB_COUNT_OF(table##_rows),                              \
        .size = sizeof(TfLite##params##Params),                              \
        .rows = table##_rows,                                                \
        .finish = finish_function,                                           \
    };
#include "runtime/op_params.def"

/* A runtime for certain models may have no row: then the first entry makes it an array. */
static const mapping *const mapping_of[] = {
    [kTfLiteBuiltinCustom] = NULL,
#define TB_OP_PARAMS(name, table) [kTfLiteBuiltin##name] = &table##_mapping,
#include "runtime/op_params.def"
};

/* clang-format on */

/* ---- filling ----------------------------------------------------------------------------------- */

static void store_i32(void *at, int64_t value)
{
    int32_t low = (int32_t)(uint32_t)(uint64_t)value;
    memcpy(at, &low, sizeof low);
}

/* How many elements a list has, where somebody wants to know. */
static void store_count(const param_row *row, size_t count, uint8_t *params)
{
    uint8_t *at = params + row->count_offset;
    if (row->count_bytes == sizeof(int32_t))
        store_i32(at, (int64_t)count);
    else if (row->count_bytes)
        memcpy(at, &count, sizeof count);
}

static tb_status fill_enum(const param_row *row, tb_fb_table options, tb_error *err, uint8_t *at)
{
    const enum_values *values = &enums[row->kind];
    int32_t value = values->wide ? tb_fb_i32(options, row->id, row->default_value)
                                 : tb_fb_i8(options, row->id, row->default_value);
    if (value < values->low || value > values->high)
        return tb_fail(err, TB_CORRUPT, "%s is %d, it can be %d to %d", row->field, value,
                       values->low, values->high);
    store_i32(at, value + values->add);
    return TB_OK;
}

static tb_status fill_type(const param_row *row, tb_fb_table options, tb_error *err, uint8_t *at)
{
    int8_t code = tb_fb_i8(options, row->id, row->default_value);
    TfLiteType type;
    if (!tb_schema_abi_type(code, &type))
        return tb_fail(err, TB_CORRUPT, "%s is %d, which is no type", row->field, code);
    if (row->kind == PARAM_INDEX_TYPE && type != kTfLiteInt64)
        type = kTfLiteInt32;
    store_i32(at, type);
    return TB_OK;
}

static tb_status missing(const param_row *row, tb_error *err)
{
    return tb_fail(err, TB_CORRUPT, "%s is missing", row->field);
}

static tb_status fill_text(const param_row *row, tb_fb_table options, tb_error *err, uint8_t *at)
{
    const char *text = tb_fb_string(options, row->id);
    if (!text && row->kind == PARAM_NAME)
        return missing(row, err);
    memcpy(at, &text, sizeof text);
    return TB_OK;
}

/* Copies a list into the struct's array. */
static tb_status fill_array(const param_row *row, tb_fb_table options, tb_error *err,
                            uint8_t *params)
{
    const void *data;
    size_t count, element;
    if (row->kind == PARAM_INTS) {
        tb_i32s list = tb_fb_i32s(options, row->id);
        data = list.data;
        count = list.count;
        element = sizeof *list.data;
    } else {
        tb_i64s list = tb_fb_i64s(options, row->id);
        data = list.data;
        count = list.count;
        element = sizeof *list.data;
    }
    if (count > row->capacity)
        return tb_fail(err, TB_CORRUPT, "%s has %zu entries, at most %d are possible", row->field,
                       count, row->capacity);
    if (count)
        memcpy(params + row->offset, data, count * element);
    store_count(row, count, params);
    return TB_OK;
}

/* Points at a list that stays in the model. */
static tb_status fill_pointer(const param_row *row, tb_fb_table options, tb_error *err,
                              uint8_t *params)
{
    const uint8_t *vector = tb_fb_target(options, row->id);
    if (!vector)
        return missing(row, err);
    const void *data = vector + 4;
    size_t count = tb_fb_load_u32(vector);
    if (row->count_bytes == sizeof(int32_t) && count > INT32_MAX)
        return tb_fail(err, TB_CORRUPT, "%s has %zu entries", row->field, count);
    memcpy(params + row->offset, &data, sizeof data);
    store_count(row, count, params);
    return TB_OK;
}

static tb_status fill(const param_row *row, tb_fb_table options, tb_error *err, uint8_t *params)
{
    uint8_t *at = params + row->offset;
    bool flag;
    float number;
    int64_t wide;
    switch ((param_kind)row->kind) {
    case PARAM_INT:
        store_i32(at, tb_fb_i32(options, row->id, row->default_value));
        return TB_OK;
    case PARAM_BOOL:
        flag = tb_fb_bool(options, row->id, row->default_value);
        memcpy(at, &flag, sizeof flag);
        return TB_OK;
    case PARAM_FLOAT:
        number = tb_fb_f32(options, row->id, row->default_value);
        memcpy(at, &number, sizeof number);
        return TB_OK;
    case PARAM_LONG:
        wide = tb_fb_i64(options, row->id, row->default_value);
        memcpy(at, &wide, sizeof wide);
        return TB_OK;
    case PARAM_LOW_INT:
        store_i32(at, tb_fb_i64(options, row->id, row->default_value));
        return TB_OK;
    case PARAM_TEXT:
    case PARAM_NAME:
        return fill_text(row, options, err, at);
    case PARAM_INTS:
    case PARAM_LONGS:
        return fill_array(row, options, err, params);
    case PARAM_FLOATS_AT:
    case PARAM_BYTES_AT:
        return fill_pointer(row, options, err, params);
    case PARAM_TYPE:
    case PARAM_INDEX_TYPE:
        return fill_type(row, options, err, at);
    default:
        return fill_enum(row, options, err, at);
    }
}

/* The operator's options, absent where it has none. */
static tb_status find_options(const mapping *map, tb_fb_table op, int code, tb_error *err,
                              tb_fb_table *out)
{
    tb_fb_union options = map->second ? tb_schema_operator_builtin_options_2(op)
                                      : tb_schema_operator_builtin_options(op);
    const char *wanted = tb_schema_options_name(map->second, map->options);
    if (options.type != 0 && options.type != map->options) {
        const char *found = tb_schema_options_name(map->second, options.type);
        return tb_fail(err, TB_CORRUPT, "its options are %s (type %u), %s has %s (type %u)",
                       found ? found : "of an unknown type", options.type, tb_builtin_name(code),
                       wanted, map->options);
    }
    if (map->required && !tb_fb_present(options.table))
        return tb_fail(err, TB_CORRUPT, "it has no %s", wanted);
    *out = options.table;
    return TB_OK;
}

tb_status tb_op_params_parse(const tb_operator_def *op, int builtin_code, tb_arena *arena,
                             tb_error *err, void **params, size_t *size)
{
    *params = NULL;
    *size = 0;
    const mapping *map = builtin_code >= 0 && (size_t)builtin_code < TB_COUNT_OF(mapping_of)
                             ? mapping_of[builtin_code]
                             : NULL;
    if (!map)
        return TB_OK;
    tb_fb_table options;
    tb_status status = find_options(map, op->table, builtin_code, err, &options);
    if (status != TB_OK)
        return status;
    uint8_t *memory = tb_arena_alloc(arena, map->size, alignof(max_align_t));
    if (!memory)
        return tb_fail(err, TB_NO_MEMORY, "no memory for its %u bytes of params", map->size);
    /* Without options TFLite leaves all params zero, whatever the schema's defaults are. */
    if (tb_fb_present(options)) {
        for (size_t k = 0; k < map->row_count && status == TB_OK; k++)
            status = fill(&map->rows[k], options, err, memory);
        if (status == TB_OK && map->finish)
            status = map->finish(options, memory, err);
        if (status != TB_OK)
            return tb_in(err, "%s", tb_schema_options_name(map->second, map->options));
    }
    *params = memory;
    *size = map->size;
    return TB_OK;
}
