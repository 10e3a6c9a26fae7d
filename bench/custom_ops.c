/* Custom operators out of shared objects; see custom_ops.h. */
#include "bench/custom_ops.h"

#include <ctype.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "runtime/base/buf.h"
#include "runtime/base/library.h"
#include "runtime/tflite_abi/builtin_ops.h"

#define LIST_SYMBOL "tflbench_custom_ops"

typedef const TfLiteRegistration *const *(*list_function)(int *count);
typedef const TfLiteRegistration *(*register_function)(void);

struct tb_custom_ops {
    tb_library **libraries;
    const char *const *paths; /* borrowed while opening */
    int library_count;
    tb_custom_op *found;
    int found_count;
};

/* ---- names ------------------------------------------------------------------------------------- */

typedef enum spelling { AS_IS, CAPITALS, WORDS, SPELLINGS } spelling;

/* MaxPoolGrad, MAXPOOLGRAD, MAX_POOL_GRAD; what no identifier can have becomes an underscore. */
static void spell(const char *name, spelling how, tb_buf *out)
{
    for (const char *c = name; *c; c++) {
        bool begins = isupper((unsigned char)*c) && c > name &&
                      (islower((unsigned char)c[-1]) || isdigit((unsigned char)c[-1]));
        if (how == WORDS && begins)
            tb_buf_append_char(out, '_');
        char letter = isalnum((unsigned char)*c) ? *c : '_';
        tb_buf_append_char(out, how == AS_IS ? letter : (char)toupper((unsigned char)letter));
    }
}

/* In C, in C++, and in C++ in the namespace of TFLite's own custom operators. */
static const TfLiteRegistration *call_register(const tb_library *library, const char *name,
                                               spelling how)
{
    static const char *const prefixes[] = {"", "_Z", "_ZN6tflite3ops6custom"};
    static const char *const endings[] = {"", "v", "Ev"};
    tb_buf function = {0};
    tb_buf_printf(&function, "Register_");
    spell(name, how, &function);
    const TfLiteRegistration *registration = NULL;
    for (int k = 0; k < 3 && !registration; k++) {
        tb_buf symbol = {0};
        if (k > 0)
            tb_buf_printf(&symbol, "%s%zu", prefixes[k], function.size);
        tb_buf_printf(&symbol, "%s%s", tb_buf_text(&function), endings[k]);
        register_function call = (register_function)tb_library_find(library, tb_buf_text(&symbol));
        tb_buf_free(&symbol);
        if (call)
            registration = call();
    }
    tb_buf_free(&function);
    return registration;
}

static const TfLiteRegistration *find_in(const tb_library *library, const char *name)
{
    list_function list = (list_function)tb_library_find(library, LIST_SYMBOL);
    int count = 0;
    const TfLiteRegistration *const *rows = list ? list(&count) : NULL;
    for (int k = 0; rows && k < count; k++) {
        if (rows[k] && rows[k]->custom_name && strcmp(rows[k]->custom_name, name) == 0)
            return rows[k];
    }
    const TfLiteRegistration *registration = NULL;
    for (int how = 0; how < SPELLINGS && !registration; how++)
        registration = call_register(library, name, (spelling)how);
    return registration;
}

/* ---- opening ----------------------------------------------------------------------------------- */

/* A plain name is a file here before it is one that the loader searches for. */
static tb_status load(const char *path, tb_error *err, tb_library **out)
{
    tb_buf local = {0};
    tb_buf_printf(&local, "./%s", path);
    bool here = !strchr(path, '/') && access(tb_buf_text(&local), R_OK) == 0;
    tb_status status = tb_library_open(here ? tb_buf_text(&local) : path, false, err, out);
    tb_buf_free(&local);
    return status == TB_OK ? TB_OK : tb_in(err, "--custom-op");
}

static tb_status refuse(const tb_custom_ops *ops, const char *name, tb_error *err)
{
    tb_buf text = {0};
    for (int k = 0; k < ops->library_count; k++)
        tb_buf_printf(&text, "%s%s", k ? ", " : "", ops->paths[k]);
    tb_buf_printf(&text, " (looked for " LIST_SYMBOL);
    tb_buf last = {0};
    for (int how = 0; how < SPELLINGS; how++) {
        tb_buf spelt = {0};
        spell(name, (spelling)how, &spelt);
        if (!last.size || strcmp(tb_buf_text(&last), tb_buf_text(&spelt)) != 0)
            tb_buf_printf(&text, ", Register_%s", tb_buf_text(&spelt));
        tb_buf_free(&last);
        last = spelt;
    }
    tb_buf_free(&last);
    tb_fail(err, TB_UNSUPPORTED, "--custom-op: custom operator %s is not in %s)", name,
            tb_buf_text(&text));
    tb_buf_free(&text);
    return TB_UNSUPPORTED;
}

static tb_status find_op(tb_custom_ops *ops, const char *name, tb_error *err)
{
    for (int k = 0; k < ops->found_count; k++) {
        if (strcmp(ops->found[k].name, name) == 0)
            return TB_OK;
    }
    const TfLiteRegistration *registration = NULL;
    int from = 0;
    for (int k = 0; k < ops->library_count && !registration; k++) {
        registration = find_in(ops->libraries[k], name);
        from = k;
    }
    if (!registration)
        return refuse(ops, name, err);
    if (!registration->invoke && !registration->registration_external)
        return tb_fail(err, TB_UNSUPPORTED,
                       "--custom-op: %s registers custom operator %s without an invoke function",
                       ops->paths[from], name);
    ops->found[ops->found_count++] = (tb_custom_op){name, registration};
    return TB_OK;
}

static bool is_ours(const tb_opcode_def *code)
{
    int count;
    const tb_op_row *rows = tb_resolver_rows(&count);
    for (int k = 0; k < count; k++) {
        if (rows[k].name && strcmp(rows[k].name, code->custom_name) == 0)
            return true;
    }
    return false;
}

static tb_status find_all(tb_custom_ops *ops, const tb_model *model, tb_error *err)
{
    size_t codes = tb_model_opcode_count(model);
    ops->found = calloc(codes + 1, sizeof *ops->found);
    if (!ops->found)
        return tb_fail(err, TB_NO_MEMORY, "--custom-op: out of memory");
    tb_status status = TB_OK;
    for (size_t k = 0; k < codes && status == TB_OK; k++) {
        tb_opcode_def code = tb_model_opcode(model, k);
        if (code.builtin_code == kTfLiteBuiltinCustom && !is_ours(&code))
            status = find_op(ops, code.custom_name, err);
    }
    return status;
}

tb_status tb_custom_ops_open(const char *const *libraries, int count, const tb_model *model,
                             tb_error *err, tb_custom_ops **out)
{
    *out = NULL;
    if (count <= 0)
        return TB_OK;
    tb_custom_ops *ops = calloc(1, sizeof *ops);
    if (ops)
        ops->libraries = calloc((size_t)count, sizeof(tb_library *));
    if (!ops || !ops->libraries) {
        tb_custom_ops_close(ops);
        return tb_fail(err, TB_NO_MEMORY, "--custom-op: out of memory");
    }
    ops->paths = libraries;
    tb_status status = TB_OK;
    for (int k = 0; k < count && status == TB_OK; k++) {
        status = load(libraries[k], err, &ops->libraries[k]);
        ops->library_count += status == TB_OK;
    }
    if (status == TB_OK)
        status = find_all(ops, model, err);
    if (status != TB_OK) {
        tb_custom_ops_close(ops);
        return status;
    }
    ops->paths = NULL;
    *out = ops;
    return TB_OK;
}

void tb_custom_ops_close(tb_custom_ops *ops)
{
    if (!ops)
        return;
    for (int k = 0; k < ops->library_count; k++)
        tb_library_close(ops->libraries[k]);
    free(ops->libraries);
    free(ops->found);
    free(ops);
}

/* ---- using ------------------------------------------------------------------------------------- */

const tb_custom_op *tb_custom_ops_list(const tb_custom_ops *ops, int *count)
{
    *count = ops ? ops->found_count : 0;
    return ops ? ops->found : NULL;
}

tb_status tb_custom_ops_resolver(const tb_custom_ops *ops, tb_error *err, tb_resolver **out)
{
    *out = NULL;
    if (!ops || ops->found_count == 0)
        return TB_OK;
    tb_status status = tb_resolver_create(err, out);
    for (int k = 0; k < ops->found_count && status == TB_OK; k++)
        status = tb_resolver_add_custom(*out, ops->found[k].name, ops->found[k].registration, 1,
                                        INT_MAX, err);
    if (status != TB_OK) {
        tb_resolver_destroy(*out);
        *out = NULL;
    }
    return status;
}
