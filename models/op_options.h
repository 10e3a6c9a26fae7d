/*
 * The builtin options of an operator as a list of fields, whichever operator it is; the tables and
 * their fields are the rows of runtime/schema_options.def. A table is named as its row names it, or
 * by its schema's name where it has no fields:
 *
 *     TB_OPTIONS_WITH(pool_2d, TB_OPT_INT(pool_2d, stride_w, 2), TB_OPT_INT(pool_2d, stride_h, 2))
 *     TB_OPTIONS_DEFAULT(PadOptions)
 */
#ifndef TB_MODELS_OP_OPTIONS_H
#define TB_MODELS_OP_OPTIONS_H

#include <stddef.h>
#include <stdint.h>

#include "runtime/flatbuffer.h"
#include "runtime/schema.h"

/* A table of options: its union (1: builtin_options, 2: builtin_options_2) and its type in it. */
#define TB_OPTIONS_UNION(table)  ((unsigned)(table) >> 8)
#define TB_OPTIONS_MEMBER(table) ((unsigned)(table)&0xffu)

#define TB_OPTIONS_UNION_builtin_options   (1 << 8)
#define TB_OPTIONS_UNION_builtin_options_2 (2 << 8)
/* The schema's other unions, which hold no options. */
#define TB_OPTIONS_UNION_quantization_kind   (3 << 8)
#define TB_OPTIONS_UNION_sparse_index_vector (4 << 8)

typedef enum tb_options_table {
    TB_OPTIONS_NONE = 0,
#define TB_MEMBER(name, type, table, text) TB_OPTIONS_##table = TB_OPTIONS_UNION_##name | (type),
#define TB_EMPTY_MEMBER(name, type, text)  TB_OPTIONS_##text = TB_OPTIONS_UNION_##name | (type),
#include "runtime/schema.def"
} tb_options_table;

/* One field's value; its kind says which member of the union holds. */
typedef struct tb_op_option {
    uint16_t field;
    union {
        int64_t i;        /* BOOL, I8, U8, I32, U32, I64 */
        float f;          /* F32 */
        const char *text; /* STRING */
        struct {
            const void *data;
            size_t count;
        } vector; /* BYTES, BLOB, I32S, I64S, F32S */
    } as;
} tb_op_option;

/* clang-format off */
#define TB_OPT(table, field, ...) {tb_schema_##table##_##field##_id, {__VA_ARGS__}}
/* clang-format on */
#define TB_OPT_INT(table, field, value)          TB_OPT(table, field, .i = (value))
#define TB_OPT_FLOAT(table, field, value)        TB_OPT(table, field, .f = (value))
#define TB_OPT_TEXT(table, field, value)         TB_OPT(table, field, .text = (value))
#define TB_OPT_VECTOR(table, field, data, count) TB_OPT(table, field, .vector = {(data), (count)})

/* Fields that are not listed are at their default. */
typedef struct tb_op_options {
    tb_options_table table;
    size_t count;
    tb_op_option *fields;
} tb_op_options;

/* Some fields, as a literal. */
#define TB_OPTIONS_WITH(table_name, ...)                                           \
    ((tb_op_options){TB_OPTIONS_##table_name,                                      \
                     sizeof((tb_op_option[]){__VA_ARGS__}) / sizeof(tb_op_option), \
                     (tb_op_option[]){__VA_ARGS__}})
/* Every field at its default. */
#define TB_OPTIONS_DEFAULT(table_name) ((tb_op_options){TB_OPTIONS_##table_name, 0, NULL})
/* An operator that has none. */
#define TB_OPTIONS_ABSENT ((tb_op_options){TB_OPTIONS_NONE, 0, NULL})

/* What the schema says of a field. */
typedef struct tb_op_option_spec {
    tb_options_table table;
    uint16_t field;
    tb_fb_kind kind;
    double default_value;
    const char *name;
} tb_op_option_spec;

/* NULL where the table has no such field. */
const tb_op_option_spec *tb_op_option_find(tb_options_table table, unsigned field);
/* The table's name in the schema; "(none)" or "(unknown)" too. */
const char *tb_op_options_name(tb_options_table table);
/* Bytes of a vector kind's element; 0 for the other kinds. */
size_t tb_op_option_element_size(tb_fb_kind kind);

/* The value of a field, or its schema's default (0 where the table has no such field). */
int64_t tb_op_options_int(const tb_op_options *options, unsigned field);
float tb_op_options_float(const tb_op_options *options, unsigned field);

#endif
