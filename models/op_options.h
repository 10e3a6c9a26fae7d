/*
 * The builtin options of an operator as a list of fields, whichever operator it is; the tables and
 * their fields are the rows of op_options.def.
 *
 *     {TB_OPTIONS_Pool2DOptions, 2, (tb_op_option[]){TB_OPT_INT(Pool2DOptions, stride_w, 2),
 *                                                    TB_OPT_INT(Pool2DOptions, stride_h, 2)}}
 */
#ifndef TB_MODELS_OP_OPTIONS_H
#define TB_MODELS_OP_OPTIONS_H

#include <stddef.h>
#include <stdint.h>

/* A table of options: its union (1: BuiltinOptions, 2: BuiltinOptions2) and its member in it. */
#define TB_OPTIONS_UNION(table)  ((unsigned)(table) >> 8)
#define TB_OPTIONS_MEMBER(table) ((unsigned)(table)&0xffu)

typedef enum tb_options_table {
    TB_OPTIONS_NONE = 0,
#define TB_OPTIONS(union_id, member, table) TB_OPTIONS_##table = (union_id) << 8 | (member),
#include "models/op_options.def"
} tb_options_table;

/* Field ids: TB_OPT_<Table>_<field>. */
enum {
#define TB_OPTIONS_FIELD(table, field, id, kind, default_value) TB_OPT_##table##_##field = (id),
#include "models/op_options.def"
};

typedef enum tb_op_option_kind {
    TB_OPT_KIND_BOOL,
    TB_OPT_KIND_I8,
    TB_OPT_KIND_I32,
    TB_OPT_KIND_U32,
    TB_OPT_KIND_I64,
    TB_OPT_KIND_F32,
    TB_OPT_KIND_TEXT,
    TB_OPT_KIND_U8S,
    TB_OPT_KIND_I32S,
    TB_OPT_KIND_I64S,
    TB_OPT_KIND_F32S
} tb_op_option_kind;

/* One field's value; its kind says which member of the union holds. */
typedef struct tb_op_option {
    uint16_t field;
    union {
        int64_t i;        /* BOOL, I8, I32, U32, I64 */
        float f;          /* F32 */
        const char *text; /* TEXT */
        struct {
            const void *data;
            size_t count;
        } vector; /* U8S, I32S, I64S, F32S */
    } as;
} tb_op_option;

#define TB_OPT_INT(table, field, value) \
    {                                   \
        TB_OPT_##table##_##field,       \
        {                               \
            .i = (value)                \
        }                               \
    }
#define TB_OPT_FLOAT(table, field, value) \
    {                                     \
        TB_OPT_##table##_##field,         \
        {                                 \
            .f = (value)                  \
        }                                 \
    }
#define TB_OPT_TEXT(table, field, value) \
    {                                    \
        TB_OPT_##table##_##field,        \
        {                                \
            .text = (value)              \
        }                                \
    }
#define TB_OPT_VECTOR(table, field, data, count) \
    {                                            \
        TB_OPT_##table##_##field,                \
        {                                        \
            .vector = {(data), (count) }         \
        }                                        \
    }

/* Fields that are not listed are at their default. */
typedef struct tb_op_options {
    tb_options_table table;
    size_t count;
    tb_op_option *fields;
} tb_op_options;

/* What the schema says of a field. */
typedef struct tb_op_option_spec {
    tb_options_table table;
    uint16_t field;
    tb_op_option_kind kind;
    double default_value;
    const char *name;
} tb_op_option_spec;

/* NULL where the table has no such field. */
const tb_op_option_spec *tb_op_option_find(tb_options_table table, unsigned field);
/* The table's name in the schema; "(none)" or "(unknown)" too. */
const char *tb_op_options_name(tb_options_table table);
/* Bytes of a vector kind's element; 0 for the other kinds. */
size_t tb_op_option_element_size(tb_op_option_kind kind);

/* The value of a field, or its schema's default (0 where the table has no such field). */
int64_t tb_op_options_int(const tb_op_options *options, unsigned field);
float tb_op_options_float(const tb_op_options *options, unsigned field);

#endif
