/*
 * The .tflite tables by name, generated from the rows of schema.def and schema_options.def. For a
 * row of table `tensor` and field `buffer` there are
 *     tb_schema_tensor_buffer_id         its id
 *     tb_schema_tensor_buffer_default    its default in the schema (numbers only)
 *     tb_schema_tensor_buffer(table)     its value
 * and for a union member tb_schema_builtin_options_conv_2d, its type number. The accessors read
 * tables that tb_fb_verify accepted by tb_schema_root.
 */
#ifndef TB_RUNTIME_SCHEMA_H
#define TB_RUNTIME_SCHEMA_H

#include <stdbool.h>
#include <stdint.h>

#include "runtime/flatbuffer.h"
#include "runtime/tflite_abi/c_api_types.h"

#define TB_SCHEMA_VERSION    3
#define TB_SCHEMA_IDENTIFIER "TFL3"

/* What a whole file should look like. */
const tb_fb_table_def *tb_schema_root(void);

/* clang-format off */

/* ---- field ids, defaults, union types ---------------------------------------------------------- */

#define TB_SCHEMA_ID(table, field, id) enum { tb_schema_##table##_##field##_id = id };
#define TB_SCALAR(table, field, id, kind, default_value) \
    TB_SCHEMA_ID(table, field, id)                       \
    enum { tb_schema_##table##_##field##_default = default_value };
#define TB_LIST(table, field, id, kind)         TB_SCHEMA_ID(table, field, id)
#define TB_CHILD(table, field, id, of)          TB_SCHEMA_ID(table, field, id)
#define TB_CHILDREN(table, field, id, of, noun) TB_SCHEMA_ID(table, field, id)
#define TB_ONE_OF(table, field, id, of)         TB_SCHEMA_ID(table, field, id)
#define TB_UNION(name)                          enum {
#define TB_MEMBER(name, type, table, text)      tb_schema_##name##_##table = type,
#define TB_EMPTY_MEMBER(name, type, text)       tb_schema_##name##_##text = type,
#define TB_UNION_END(name)                      tb_schema_##name##_end };
#include "runtime/schema.def"
#undef TB_SCHEMA_ID

/* ---- accessors --------------------------------------------------------------------------------- */

#define TB_SCHEMA_SCALAR(type, reader, table, field, id, default_value) \
    static inline type tb_schema_##table##_##field(tb_fb_table at)      \
    {                                                                   \
        return reader(at, id, default_value);                           \
    }
#define TB_SCHEMA_BOOL(...)   TB_SCHEMA_SCALAR(bool, tb_fb_bool, __VA_ARGS__)
#define TB_SCHEMA_I8(...)     TB_SCHEMA_SCALAR(int8_t, tb_fb_i8, __VA_ARGS__)
#define TB_SCHEMA_U8(...)     TB_SCHEMA_SCALAR(uint8_t, tb_fb_u8, __VA_ARGS__)
#define TB_SCHEMA_I32(...)    TB_SCHEMA_SCALAR(int32_t, tb_fb_i32, __VA_ARGS__)
#define TB_SCHEMA_U32(...)    TB_SCHEMA_SCALAR(uint32_t, tb_fb_u32, __VA_ARGS__)
#define TB_SCHEMA_I64(...)    TB_SCHEMA_SCALAR(int64_t, tb_fb_i64, __VA_ARGS__)
#define TB_SCHEMA_U64(...)    TB_SCHEMA_SCALAR(uint64_t, tb_fb_u64, __VA_ARGS__)
#define TB_SCHEMA_F32(...)    TB_SCHEMA_SCALAR(float, tb_fb_f32, __VA_ARGS__)

#define TB_SCHEMA_LIST(type, reader, table, field, id)             \
    static inline type tb_schema_##table##_##field(tb_fb_table at) \
    {                                                              \
        return reader(at, id);                                     \
    }
#define TB_SCHEMA_STRING(...) TB_SCHEMA_LIST(const char *, tb_fb_string, __VA_ARGS__)
#define TB_SCHEMA_BYTES(...)  TB_SCHEMA_LIST(tb_bytes, tb_fb_bytes, __VA_ARGS__)
#define TB_SCHEMA_BLOB(...)   TB_SCHEMA_LIST(tb_bytes, tb_fb_bytes, __VA_ARGS__)
#define TB_SCHEMA_U16S(...)   TB_SCHEMA_LIST(tb_u16s, tb_fb_u16s, __VA_ARGS__)
#define TB_SCHEMA_I32S(...)   TB_SCHEMA_LIST(tb_i32s, tb_fb_i32s, __VA_ARGS__)
#define TB_SCHEMA_I64S(...)   TB_SCHEMA_LIST(tb_i64s, tb_fb_i64s, __VA_ARGS__)
#define TB_SCHEMA_F32S(...)   TB_SCHEMA_LIST(tb_f32s, tb_fb_f32s, __VA_ARGS__)

#define TB_SCALAR(table, field, id, kind, default_value) \
    TB_SCHEMA_##kind(table, field, id, default_value)
#define TB_LIST(table, field, id, kind) TB_SCHEMA_##kind(table, field, id)
#define TB_CHILD(table, field, id, of) \
    TB_SCHEMA_LIST(tb_fb_table, tb_fb_subtable, table, field, id)
#define TB_CHILDREN(table, field, id, of, noun) \
    TB_SCHEMA_LIST(tb_fb_tables, tb_fb_table_vector, table, field, id)
#define TB_ONE_OF(table, field, id, of)                                \
    static inline tb_fb_union tb_schema_##table##_##field(tb_fb_table at) \
    {                                                                  \
        return tb_fb_union_get(at, id, tb_schema_##of##_end - 1);      \
    }
#include "runtime/schema.def"
#undef TB_SCHEMA_SCALAR
#undef TB_SCHEMA_BOOL
#undef TB_SCHEMA_I8
#undef TB_SCHEMA_U8
#undef TB_SCHEMA_I32
#undef TB_SCHEMA_U32
#undef TB_SCHEMA_I64
#undef TB_SCHEMA_U64
#undef TB_SCHEMA_F32
#undef TB_SCHEMA_LIST
#undef TB_SCHEMA_STRING
#undef TB_SCHEMA_BYTES
#undef TB_SCHEMA_BLOB
#undef TB_SCHEMA_U16S
#undef TB_SCHEMA_I32S
#undef TB_SCHEMA_I64S
#undef TB_SCHEMA_F32S

/* clang-format on */

/* The operator code's two fields read as one: the schema outgrew the byte it had first. */
static inline int32_t tb_schema_builtin_code(tb_fb_table operator_code)
{
    int32_t early = tb_schema_operator_code_deprecated_builtin_code(operator_code);
    int32_t late = tb_schema_operator_code_builtin_code(operator_code);
    return early > late ? early : late;
}

/* "Conv2DOptions" for a type of builtin_options (second: of builtin_options_2); "none" for 0, NULL
   for a type that the schema does not have. */
const char *tb_schema_options_name(bool second, uint8_t type);

/* The schema's TensorType as the ABI's element type; false where there is no such type. */
bool tb_schema_abi_type(int8_t code, TfLiteType *out);

#endif
