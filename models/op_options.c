/* The schema's tables of builtin options; see op_options.h. */
#include "models/op_options.h"

#include "runtime/base/size.h"

static const tb_op_option_spec SPECS[] = {
#define TB_TABLE(table, name)
#define TB_SCALAR(table, field, id, kind, default_value) \
    {TB_OPTIONS_##table, (id), TB_FB_##kind, (default_value), #field},
#define TB_LIST(table, field, id, kind) {TB_OPTIONS_##table, (id), TB_FB_##kind, 0, #field},
#define TB_TABLE_END(table)
#define TB_UNION(name)
#define TB_MEMBER(name, type, table, text)
#define TB_EMPTY_MEMBER(name, type, text)
#define TB_UNION_END(name)
#include "runtime/schema_options.def"
#undef TB_TABLE
#undef TB_SCALAR
#undef TB_LIST
#undef TB_TABLE_END
#undef TB_UNION
#undef TB_MEMBER
#undef TB_EMPTY_MEMBER
#undef TB_UNION_END
};

const tb_op_option_spec *tb_op_option_find(tb_options_table table, unsigned field)
{
    for (size_t i = 0; i < TB_COUNT_OF(SPECS); i++)
        if (SPECS[i].table == table && SPECS[i].field == field)
            return &SPECS[i];
    return NULL;
}

const char *tb_op_options_name(tb_options_table table)
{
    const char *name =
        tb_schema_options_name(TB_OPTIONS_UNION(table) == 2, (uint8_t)TB_OPTIONS_MEMBER(table));
    return name ? name : "(unknown)";
}

size_t tb_op_option_element_size(tb_fb_kind kind)
{
    switch (kind) {
    case TB_FB_BYTES:
    case TB_FB_BLOB:
        return sizeof(uint8_t);
    case TB_FB_I32S:
    case TB_FB_F32S:
        return sizeof(int32_t);
    case TB_FB_I64S:
        return sizeof(int64_t);
    default:
        return 0;
    }
}

static const tb_op_option *find(const tb_op_options *options, unsigned field)
{
    for (size_t i = 0; i < options->count; i++)
        if (options->fields[i].field == field)
            return &options->fields[i];
    return NULL;
}

static double default_of(const tb_op_options *options, unsigned field)
{
    const tb_op_option_spec *spec = tb_op_option_find(options->table, field);
    return spec ? spec->default_value : 0;
}

int64_t tb_op_options_int(const tb_op_options *options, unsigned field)
{
    const tb_op_option *option = find(options, field);
    return option ? option->as.i : (int64_t)default_of(options, field);
}

float tb_op_options_float(const tb_op_options *options, unsigned field)
{
    const tb_op_option *option = find(options, field);
    return option ? option->as.f : (float)default_of(options, field);
}
