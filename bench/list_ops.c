/*
 * The operators: every row of ops.def beside what TFLite's own resolver registers and its kernels
 * take, so that what is missing (an operator, a version, a data type) shows, and why.
 */
#include <string.h>

#include "bench/case_type.h"
#include "bench/list.h"
#include "bench/text_table.h"
#include "runtime/base/size.h"
#include "runtime/builtin_names.h"
#include "runtime/op_types.h"
#include "runtime/resolver.h"
#include "runtime/tflite_abi/builtin_ops.h"

/* What TFLite registers. */
typedef struct tflite_op {
    int code;
    const char *custom_name; /* NULL: a builtin */
    int min_version, max_version;
    uint32_t types;
} tflite_op;

static const tflite_op tflite_ops[] = {
#define TB_TFLITE_OP(name, min_version, max_version, types) \
    {kTfLiteBuiltin##name, NULL, min_version, max_version, types},
#define TB_TFLITE_CUSTOM_OP(name, types) {kTfLiteBuiltinCustom, name, 1, 1, types},
#include "bench/tflite_ops.def"
};

/* What differs from TFLite's kernels on purpose, and why. */
static const struct {
    int code;
    const char *text;
} reasons[] = {
#define TB_TFLITE_DIFFERENCE(name, why) {kTfLiteBuiltin##name, why},
#include "bench/tflite_ops.def"
};

/* One operator, as somebody has it. Absent: max_version is 0. */
typedef struct op_entry {
    const char *name;
    bool custom;
    int ours_min, ours_max;
    int tflite_min, tflite_max;
    uint32_t types;
    uint32_t tflite_types;
    const char *reason; /* of a difference; NULL: none is given */
} op_entry;

static bool names_match(const tb_op_row *row, int code, const char *custom_name)
{
    return row->builtin_code == code && (!custom_name || !strcmp(row->name, custom_name));
}

static void add_ours(op_entry *entry, int code)
{
    int count;
    const tb_op_row *rows = tb_resolver_rows(&count);
    for (int k = 0; k < count; k++) {
        if (!names_match(&rows[k], code, entry->custom ? entry->name : NULL))
            continue;
        if (!entry->ours_max || rows[k].min_version < entry->ours_min)
            entry->ours_min = rows[k].min_version;
        if (rows[k].max_version > entry->ours_max)
            entry->ours_max = rows[k].max_version;
        entry->types |= rows[k].types;
    }
}

static op_entry entry_of_tflite(const tflite_op *op)
{
    op_entry entry = {.name = op->custom_name ? op->custom_name : tb_builtin_name(op->code),
                      .custom = op->custom_name != NULL,
                      .tflite_min = op->min_version,
                      .tflite_max = op->max_version,
                      .tflite_types = op->types};
    for (size_t k = 0; k < TB_COUNT_OF(reasons); k++)
        if (!entry.custom && reasons[k].code == op->code)
            entry.reason = reasons[k].text;
    add_ours(&entry, op->code);
    return entry;
}

static bool tflite_has(const tb_op_row *row)
{
    for (size_t k = 0; k < TB_COUNT_OF(tflite_ops); k++)
        if (names_match(row, tflite_ops[k].code, tflite_ops[k].custom_name))
            return true;
    return false;
}

static uint32_t missing_types(const op_entry *entry)
{
    return entry->tflite_types & ~entry->types;
}

static bool falls_short(const op_entry *entry)
{
    return entry->ours_max < entry->tflite_max ||
           (entry->tflite_max && entry->ours_min > entry->tflite_min) || missing_types(entry) != 0;
}

typedef void (*entry_fn)(void *context, const op_entry *entry);

/* TFLite's operators in order of code, then those that only this build has. */
static void each_entry(const tb_list_options *options, entry_fn visit, void *context)
{
    for (size_t k = 0; k < TB_COUNT_OF(tflite_ops); k++) {
        op_entry entry = entry_of_tflite(&tflite_ops[k]);
        if (!options->missing || falls_short(&entry))
            visit(context, &entry);
    }
    int count;
    const tb_op_row *rows = tb_resolver_rows(&count);
    for (int k = 0; k < count && !options->missing; k++) {
        bool repeated = k > 0 && !strcmp(tb_op_row_name(&rows[k - 1]), tb_op_row_name(&rows[k]));
        if (tflite_has(&rows[k]) || repeated)
            continue;
        op_entry entry = {.name = tb_op_row_name(&rows[k]),
                          .custom = rows[k].builtin_code == kTfLiteBuiltinCustom};
        add_ours(&entry, rows[k].builtin_code);
        visit(context, &entry);
    }
}

/* ---- text -------------------------------------------------------------------------------------- */

static void versions_cell(tb_text_table *table, int min, int max)
{
    if (max == 0)
        tb_text_table_cell(table, "-");
    else if (min == max)
        tb_text_table_cell(table, "%d", min);
    else if (max == INT32_MAX)
        tb_text_table_cell(table, "any");
    else
        tb_text_table_cell(table, "%d-%d", min, max);
}

static void types_cell(tb_text_table *table, uint32_t types)
{
    tb_buf text = {0};
    for (int type = 1; type < 32; type++)
        if (types >> type & 1)
            tb_buf_printf(&text, "%s%s", text.size ? " " : "", tb_case_type_name((TfLiteType)type));
    tb_text_table_cell(table, "%s", tb_buf_text(&text));
    tb_buf_free(&text);
}

typedef struct text_context {
    tb_text_table table;
    tb_buf reasons;
    int shown, whole, partial, unexplained;
} text_context;

static void add_text_row(void *context, const op_entry *entry)
{
    text_context *to = context;
    to->shown++;
    to->whole += !falls_short(entry);
    to->partial += falls_short(entry) && entry->ours_max > 0;
    to->unexplained += falls_short(entry) && !entry->reason;
    if (entry->reason)
        tb_buf_printf(&to->reasons, "%s: %s\n", entry->name, entry->reason);
    tb_text_table_cell(&to->table, "%s%s", entry->name, entry->custom ? " (custom)" : "");
    versions_cell(&to->table, entry->ours_min, entry->ours_max);
    versions_cell(&to->table, entry->tflite_min, entry->tflite_max);
    types_cell(&to->table, entry->types);
    types_cell(&to->table, missing_types(entry));
    types_cell(&to->table, entry->tflite_max ? entry->types & ~entry->tflite_types : 0);
}

tb_status tb_list_ops_text(const tb_list_options *options, tb_error *err, FILE *to)
{
    (void)err;
    static const char *const headings[] = {"operator",   "versions",     "in TFLite",
                                           "data types", "TFLite alone", "here alone"};
    text_context context = {.shown = 0};
    tb_text_table_init(&context.table, "lrrlll", headings);
    each_entry(options, add_text_row, &context);
    tb_text_table_print(&context.table, 0, to);
    tb_text_table_free(&context.table);
    if (context.reasons.size > 0)
        fprintf(to, "\n%s", tb_buf_text(&context.reasons));
    tb_buf_free(&context.reasons);
    fprintf(to,
            "\n%d operators: %d with every version and data type that TFLite has, %d with some, "
            "%d missing; %d differences without a reason\n",
            context.shown, context.whole, context.partial,
            context.shown - context.whole - context.partial, context.unexplained);
    return TB_OK;
}

/* ---- JSON -------------------------------------------------------------------------------------- */

static void put_versions(tb_json_writer *json, const char *key, int min, int max)
{
    if (max == 0)
        return;
    tb_json_put_array(json, key);
    tb_json_put_int(json, NULL, min);
    tb_json_put_int(json, NULL, max);
    tb_json_end_array(json);
}

static void put_types(tb_json_writer *json, const char *key, uint32_t types)
{
    tb_json_put_array(json, key);
    for (int type = 1; type < 32; type++)
        if (types >> type & 1)
            tb_json_put_text(json, NULL, tb_case_type_name((TfLiteType)type));
    tb_json_end_array(json);
}

static void put_entry(void *context, const op_entry *entry)
{
    tb_json_writer *json = context;
    tb_json_put_object(json, NULL);
    tb_json_put_text(json, "name", entry->name);
    tb_json_put_bool(json, "custom", entry->custom);
    put_versions(json, "versions", entry->ours_min, entry->ours_max);
    put_versions(json, "tflite_versions", entry->tflite_min, entry->tflite_max);
    put_types(json, "types", entry->types);
    if (entry->tflite_max)
        put_types(json, "tflite_types", entry->tflite_types);
    if (entry->reason)
        tb_json_put_text(json, "reason", entry->reason);
    tb_json_end_object(json);
}

void tb_list_ops_json(const tb_list_options *options, tb_json_writer *json)
{
    tb_json_put_array(json, "ops");
    each_entry(options, put_entry, json);
    tb_json_end_array(json);
}
