/* The schema's tables of builtin options; see op_options.h. */
#include "models/op_options.h"

#include "runtime/base/size.h"

static const tb_op_option_spec SPECS[] = {
#define TB_OPTIONS_FIELD(table, field, id, kind, default_value) \
    {TB_OPTIONS_##table, (id), TB_OPT_KIND_##kind, (default_value), #field},
#include "models/op_options.def"
};

static const struct {
    tb_options_table table;
    const char *name;
} NAMES[] = {
    {TB_OPTIONS_NONE, "(none)"},
#define TB_OPTIONS(union_id, member, table) {TB_OPTIONS_##table, #table},
#include "models/op_options.def"
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
    for (size_t i = 0; i < TB_COUNT_OF(NAMES); i++)
        if (NAMES[i].table == table)
            return NAMES[i].name;
    return "(unknown)";
}

size_t tb_op_option_element_size(tb_op_option_kind kind)
{
    switch (kind) {
    case TB_OPT_KIND_U8S:
        return sizeof(uint8_t);
    case TB_OPT_KIND_I32S:
    case TB_OPT_KIND_F32S:
        return sizeof(int32_t);
    case TB_OPT_KIND_I64S:
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
