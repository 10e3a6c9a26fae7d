/* The descriptions that the verifier walks by, and the labels that its messages carry. */
#include "runtime/schema.h"

#include <stdio.h>

#include "runtime/base/size.h"
#include "runtime/builtin_names.h"

static void label_text(const char *text, size_t capacity, char *out)
{
    if (text)
        snprintf(out, capacity, "'%.80s'", text);
}

static void label_tensor(tb_fb_table root, tb_fb_table tensor, size_t capacity, char *out)
{
    (void)root;
    label_text(tb_schema_tensor_name(tensor), capacity, out);
}

static void label_signature(tb_fb_table root, tb_fb_table signature, size_t capacity, char *out)
{
    (void)root;
    label_text(tb_schema_signature_signature_key(signature), capacity, out);
}

static void label_metadata(tb_fb_table root, tb_fb_table metadata, size_t capacity, char *out)
{
    (void)root;
    label_text(tb_schema_metadata_name(metadata), capacity, out);
}

/* Operator codes come before subgraphs in the model's rows, so they are verified here. */
static void label_operator(tb_fb_table root, tb_fb_table self, size_t capacity, char *out)
{
    tb_fb_tables codes = tb_schema_model_operator_codes(root);
    uint32_t index = tb_schema_operator_opcode_index(self);
    if (index >= codes.count)
        return;
    tb_fb_table code = tb_fb_tables_get(codes, index);
    const char *custom = tb_schema_operator_code_custom_code(code);
    if (custom)
        snprintf(out, capacity, "%.80s", custom);
    else
        snprintf(out, capacity, "%s", tb_builtin_name(tb_schema_builtin_code(code)));
}

/* clang-format off */

/* ---- tables and unions, known by name first ---------------------------------------------------- */

static const tb_fb_table_def empty_def = {.name = "a table without fields"};
#define TB_TABLE(table, text)                 static const tb_fb_table_def table##_def;
#define TB_LABELLED_TABLE(table, text, label) static const tb_fb_table_def table##_def;
#include "runtime/schema.def"

#define TB_UNION(name)                     static const tb_fb_table_def *const name##_members[] = {
#define TB_MEMBER(name, type, table, text) [type - 1] = &table##_def,
#define TB_EMPTY_MEMBER(name, type, text)  [type - 1] = &empty_def,
#define TB_SKIPPED_MEMBER(name, type, table, text) TB_EMPTY_MEMBER(name, type, text)
#define TB_UNION_END(name) \
    };                     \
    static const tb_fb_union_def name##_union = {name##_members, TB_COUNT_OF(name##_members)};
#include "runtime/schema.def"

/* ---- their fields ------------------------------------------------------------------------------ */

#define TB_TABLE(table, text)                 static const tb_fb_field_def table##_fields[] = {
#define TB_LABELLED_TABLE(table, text, label) TB_TABLE(table, text)
#define TB_SCALAR(table, field, id, kind, default_value) {#field, id, TB_FB_##kind, NULL, NULL},
#define TB_LIST(table, field, id, kind)                  {#field, id, TB_FB_##kind, NULL, NULL},
#define TB_CHILD(table, field, id, of)                   {#field, id, TB_FB_TABLE, &of##_def, NULL},
#define TB_CHILDREN(table, field, id, of, noun)          {noun, id, TB_FB_TABLES, &of##_def, NULL},
#define TB_ONE_OF(table, field, id, of)                  {#field, id, TB_FB_UNION, NULL, &of##_union},
#define TB_TABLE_END(table)                              };
#include "runtime/schema.def"

#define TB_LABELLED_TABLE(table, text, label)  \
    static const tb_fb_table_def table##_def = \
        {#text, table##_fields, TB_COUNT_OF(table##_fields), label};
#define TB_TABLE(table, text) TB_LABELLED_TABLE(table, text, NULL)
#include "runtime/schema.def"

/* ---- names of options -------------------------------------------------------------------------- */

#define TB_UNION(name)                     static const char *const name##_names[] = {"none",
#define TB_MEMBER(name, type, table, text) [type] = #text,
#define TB_EMPTY_MEMBER(name, type, text)  [type] = #text,
#define TB_UNION_END(name)                 };
#include "runtime/schema.def"

/* clang-format on */

const tb_fb_table_def *tb_schema_root(void)
{
    return &model_def;
}

const char *tb_schema_options_name(bool second, uint8_t type)
{
    if (second)
        return type < TB_COUNT_OF(builtin_options_2_names) ? builtin_options_2_names[type] : NULL;
    return type < TB_COUNT_OF(builtin_options_names) ? builtin_options_names[type] : NULL;
}

/* The two enumerations have the same types in different orders. */
static const uint8_t tensor_types[] = {
    kTfLiteFloat32, kTfLiteFloat16,      kTfLiteInt32,      kTfLiteUInt8,     kTfLiteInt64,
    kTfLiteString,  kTfLiteBool,         kTfLiteInt16,      kTfLiteComplex64, kTfLiteInt8,
    kTfLiteFloat64, kTfLiteComplex128,   kTfLiteUInt64,     kTfLiteResource,  kTfLiteVariant,
    kTfLiteUInt32,  kTfLiteUInt16,       kTfLiteInt4,       kTfLiteBFloat16,  kTfLiteInt2,
    kTfLiteUInt4,   kTfLiteFloat8E4M3FN, kTfLiteFloat8E5M2,
};

bool tb_schema_abi_type(int8_t code, TfLiteType *out)
{
    if (code < 0 || (size_t)code >= TB_COUNT_OF(tensor_types))
        return false;
    *out = (TfLiteType)tensor_types[code];
    return true;
}
