/* Delegates, engines and zoo models, each from its table. */
#include <string.h>

#include "bench/delegate_arg.h"
#include "bench/engine.h"
#include "bench/list.h"
#include "bench/text_table.h"
#include "delegates/delegate.h"
#include "models/zoo/zoo.h"
#include "runtime/base/size.h"
#include "runtime/builtin_names.h"

/* ---- delegates --------------------------------------------------------------------------------- */

/* What a probe said: what it found, or why the delegate cannot work here. Free `text`. */
typedef struct probe_result {
    bool available;
    tb_buf text;
} probe_result;

static probe_result probe(const tb_delegate_row *row)
{
    tb_error err = TB_ERROR_NONE;
    probe_result result = {.available = true};
    if (row->probe(&err, &result.text) != TB_OK) {
        result.available = false;
        tb_buf_clear(&result.text);
        tb_buf_append_text(&result.text, err.text);
    }
    return result;
}

static void print_delegate_options(const tb_delegate_row *row, FILE *to)
{
    for (const tb_delegate_option_spec *spec = row->options; spec && spec->key; spec++)
        fprintf(to, "  %s:%s=%s\n      %s\n", row->name, spec->key, spec->values, spec->help);
}

/* What tables of operators have columns for. */
static const TfLiteType op_types[] = {kTfLiteFloat32, kTfLiteInt8,  kTfLiteUInt8, kTfLiteInt16,
                                      kTfLiteInt32,   kTfLiteInt64, kTfLiteBool};

static void print_delegate_ops(const tb_delegate_row *row, FILE *to)
{
    const char *headings[1 + TB_COUNT_OF(op_types)] = {"operator"};
    int code;
    uint32_t types;
    if (!row->op)
        return;
    for (size_t i = 0; i < TB_COUNT_OF(op_types); i++)
        headings[1 + i] = TfLiteTypeGetName(op_types[i]);
    tb_text_table table;
    tb_text_table_init(&table, "llllllll", headings);
    for (int k = 0; row->op(k, &code, &types); k++) {
        tb_text_table_cell(&table, "%s", tb_builtin_name(code));
        for (size_t i = 0; i < TB_COUNT_OF(op_types); i++)
            tb_text_table_cell(&table, "%s", types >> op_types[i] & 1 ? "yes" : "");
    }
    fprintf(to, "\nOperators of %s, by the type of their data:\n", row->name);
    tb_text_table_print(&table, 2, to);
    tb_text_table_free(&table);
}

static const char reference_what[] = "the portable kernels alone: the yardstick for right";

tb_status tb_list_delegates_text(const tb_list_options *options, tb_error *err, FILE *to)
{
    (void)err;
    static const char *const headings[] = {"delegate", "here", "what", "found, or why not"};
    int count;
    const tb_delegate_row *const *rows = tb_delegate_rows(&count);
    tb_text_table table;
    tb_text_table_init(&table, "llll", headings);
    const char *const reference[] = {TB_DELEGATE_REFERENCE, "yes", reference_what, ""};
    for (int k = 0; k < 4; k++)
        tb_text_table_cell(&table, "%s", reference[k]);
    for (int k = 0; k < count; k++) {
        probe_result result = probe(rows[k]);
        tb_text_table_cell(&table, "%s", rows[k]->name);
        tb_text_table_cell(&table, "%s", result.available ? "yes" : "no");
        tb_text_table_cell(&table, "%s", rows[k]->what);
        tb_text_table_cell(&table, "%s", tb_buf_text(&result.text));
        tb_buf_free(&result.text);
    }
    tb_text_table_print(&table, 0, to);
    tb_text_table_free(&table);
    for (int k = 0; options->verbose && k < count; k++)
        print_delegate_options(rows[k], to);
    for (int k = 0; options->verbose && k < count; k++)
        print_delegate_ops(rows[k], to);
    return TB_OK;
}

static void put_delegate_ops(tb_json_writer *json, const tb_delegate_row *row)
{
    int code;
    uint32_t types;
    if (!row->op)
        return;
    tb_json_put_array(json, "ops");
    for (int k = 0; row->op(k, &code, &types); k++) {
        tb_json_put_object(json, NULL);
        tb_json_put_text(json, "name", tb_builtin_name(code));
        tb_json_put_array(json, "types");
        for (size_t i = 0; i < TB_COUNT_OF(op_types); i++)
            if (types >> op_types[i] & 1)
                tb_json_put_text(json, NULL, TfLiteTypeGetName(op_types[i]));
        tb_json_end_array(json);
        tb_json_end_object(json);
    }
    tb_json_end_array(json);
}

static void put_delegate(tb_json_writer *json, const tb_delegate_row *row)
{
    probe_result result = probe(row);
    tb_json_put_object(json, NULL);
    tb_json_put_text(json, "name", row->name);
    tb_json_put_text(json, "what", row->what);
    tb_json_put_bool(json, "available", result.available);
    tb_json_put_text(json, result.available ? "found" : "reason", tb_buf_text(&result.text));
    tb_json_put_bool(json, "in_default_sweep", row->in_default_sweep);
    tb_json_put_array(json, "options");
    for (const tb_delegate_option_spec *spec = row->options; spec && spec->key; spec++) {
        tb_json_put_object(json, NULL);
        tb_json_put_text(json, "key", spec->key);
        tb_json_put_text(json, "values", spec->values);
        tb_json_put_text(json, "help", spec->help);
        tb_json_end_object(json);
    }
    tb_json_end_array(json);
    put_delegate_ops(json, row);
    tb_json_end_object(json);
    tb_buf_free(&result.text);
}

void tb_list_delegates_json(const tb_list_options *options, tb_json_writer *json)
{
    (void)options;
    int count;
    const tb_delegate_row *const *rows = tb_delegate_rows(&count);
    tb_json_put_array(json, "delegates");
    tb_json_put_object(json, NULL);
    tb_json_put_text(json, "name", TB_DELEGATE_REFERENCE);
    tb_json_put_text(json, "what", reference_what);
    tb_json_put_bool(json, "available", true);
    tb_json_end_object(json);
    for (int k = 0; k < count; k++)
        put_delegate(json, rows[k]);
    tb_json_end_array(json);
}

/* ---- engines ----------------------------------------------------------------------------------- */

/* The version, or what is missing to have one (a library's path). Free it. */
static tb_buf version_text(const tb_engine *engine, bool *known)
{
    tb_error err = TB_ERROR_NONE;
    tb_buf text = {0};
    *known = engine->version(NULL, &err, &text) == TB_OK;
    if (!*known) {
        tb_buf_clear(&text);
        tb_buf_append_text(&text, err.text);
    }
    return text;
}

tb_status tb_list_engines_text(const tb_list_options *options, tb_error *err, FILE *to)
{
    (void)options;
    (void)err;
    static const char *const headings[] = {"engine", "what", "version"};
    int count;
    const tb_engine *const *rows = tb_engine_rows(&count);
    tb_text_table table;
    tb_text_table_init(&table, "lll", headings);
    for (int k = 0; k < count; k++) {
        bool known;
        tb_buf version = version_text(rows[k], &known);
        tb_text_table_cell(&table, "%s", rows[k]->name);
        tb_text_table_cell(&table, "%s", rows[k]->what);
        tb_text_table_cell(&table, "%s", tb_buf_text(&version));
        tb_buf_free(&version);
    }
    tb_text_table_print(&table, 0, to);
    tb_text_table_free(&table);
    return TB_OK;
}

void tb_list_engines_json(const tb_list_options *options, tb_json_writer *json)
{
    (void)options;
    int count;
    const tb_engine *const *rows = tb_engine_rows(&count);
    tb_json_put_array(json, "engines");
    for (int k = 0; k < count; k++) {
        bool known;
        tb_buf version = version_text(rows[k], &known);
        tb_json_put_object(json, NULL);
        tb_json_put_text(json, "name", rows[k]->name);
        tb_json_put_text(json, "what", rows[k]->what);
        tb_json_put_text(json, known ? "version" : "reason", tb_buf_text(&version));
        tb_json_end_object(json);
        tb_buf_free(&version);
    }
    tb_json_end_array(json);
}

/* ---- models ------------------------------------------------------------------------------------ */

static const char *precisions(const tb_zoo_model *model)
{
    return model->has_int8 ? "float32, int8" : "float32";
}

tb_status tb_list_models_text(const tb_list_options *options, tb_error *err, FILE *to)
{
    (void)options;
    (void)err;
    static const char *const headings[] = {"model", "comes as", "what"};
    size_t count;
    const tb_zoo_model *rows = tb_zoo_list(&count);
    tb_text_table table;
    tb_text_table_init(&table, "lll", headings);
    for (size_t k = 0; k < count; k++) {
        tb_text_table_cell(&table, "%s", rows[k].name);
        tb_text_table_cell(&table, "%s", precisions(&rows[k]));
        tb_text_table_cell(&table, "%s", rows[k].what);
    }
    tb_text_table_print(&table, 0, to);
    tb_text_table_free(&table);
    return TB_OK;
}

void tb_list_models_json(const tb_list_options *options, tb_json_writer *json)
{
    (void)options;
    size_t count;
    const tb_zoo_model *rows = tb_zoo_list(&count);
    tb_json_put_array(json, "models");
    for (size_t k = 0; k < count; k++) {
        tb_json_put_object(json, NULL);
        tb_json_put_text(json, "name", rows[k].name);
        tb_json_put_text(json, "what", rows[k].what);
        tb_json_put_bool(json, "has_int8", rows[k].has_int8);
        tb_json_put_bool(json, "is_mini", rows[k].is_mini);
        tb_json_end_object(json);
    }
    tb_json_end_array(json);
}
