/* Parsing --delegate values; see delegate_arg.h. */
#include "bench/delegate_arg.h"

#include <stdlib.h>
#include <string.h>

#include "bench/nearest.h"
#include "runtime/base/buf.h"

#define LIBRARY_KEY "library"

static tb_status no_memory(tb_error *err)
{
    return tb_fail(err, TB_NO_MEMORY, "delegate: out of memory");
}

static tb_status unknown(const char *name, tb_error *err)
{
    tb_nearest nearest;
    tb_nearest_begin(&nearest, name);
    tb_nearest_try(&nearest, TB_DELEGATE_REFERENCE);
    int count;
    const tb_delegate_row *const *rows = tb_delegate_rows(&count);
    for (int k = 0; k < count; k++)
        tb_nearest_try(&nearest, rows[k]->name);
    if (nearest.best)
        return tb_fail(err, TB_USAGE, "delegate '%s': unknown; did you mean %s?", name,
                       nearest.best);
    return tb_fail(err, TB_USAGE, "delegate '%s': unknown; `tflbench list delegates` names them",
                   name);
}

static tb_status add_option(tb_delegate_arg *arg, const char *part, size_t size, tb_arena *arena,
                            tb_error *err)
{
    if (arg->option_count == TB_MAX_DELEGATE_OPTIONS)
        return tb_fail(err, TB_USAGE, "delegate '%s': more than %d options", arg->name,
                       TB_MAX_DELEGATE_OPTIONS);
    const char *equals = memchr(part, '=', size);
    tb_delegate_option *option = &arg->options[arg->option_count++];
    option->key = equals ? tb_arena_text(arena, part, (size_t)(equals - part)) : LIBRARY_KEY;
    const char *value = equals ? equals + 1 : part;
    option->value = tb_arena_text(arena, value, size - (size_t)(value - part));
    return option->key && option->value ? TB_OK : no_memory(err);
}

static int by_key(const void *a, const void *b)
{
    return strcmp(((const tb_delegate_option *)a)->key, ((const tb_delegate_option *)b)->key);
}

static tb_status canonical_text(tb_delegate_arg *arg, tb_arena *arena, tb_error *err)
{
    tb_buf text = {0};
    tb_buf_append_text(&text, arg->name);
    for (int k = 0; k < arg->option_count; k++)
        tb_buf_printf(&text, "%c%s=%s", k ? ';' : ':', arg->options[k].key, arg->options[k].value);
    tb_status status = tb_buf_status(&text, "delegate", err);
    if (status == TB_OK) {
        arg->canonical = tb_arena_text(arena, tb_buf_text(&text), text.size);
        if (!arg->canonical)
            status = no_memory(err);
    }
    tb_buf_free(&text);
    return status;
}

static tb_status parse_options(tb_delegate_arg *arg, const char *text, tb_arena *arena,
                               tb_error *err)
{
    while (*text) {
        size_t size = strcspn(text, ";");
        tb_status status = size ? add_option(arg, text, size, arena, err) : TB_OK;
        if (status != TB_OK)
            return status;
        text += size + (text[size] == ';');
    }
    qsort(arg->options, (size_t)arg->option_count, sizeof *arg->options, by_key);
    for (int k = 1; k < arg->option_count; k++)
        if (strcmp(arg->options[k - 1].key, arg->options[k].key) == 0)
            return tb_fail(err, TB_USAGE, "delegate '%s': option '%s' is given twice", arg->name,
                           arg->options[k].key);
    return TB_OK;
}

tb_status tb_delegate_arg_parse(const char *text, tb_arena *arena, tb_error *err,
                                tb_delegate_arg *out)
{
    *out = (tb_delegate_arg){0};
    size_t size = strcspn(text, ":");
    out->name = tb_arena_text(arena, text, size);
    if (!out->name)
        return no_memory(err);
    bool reference = strcmp(out->name, TB_DELEGATE_REFERENCE) == 0;
    out->row = reference ? NULL : tb_delegate_find(out->name);
    if (!reference && !out->row)
        return unknown(out->name, err);
    tb_status status = TB_OK;
    if (text[size] == ':')
        status = parse_options(out, text + size + 1, arena, err);
    if (status == TB_OK && reference && out->option_count)
        return tb_fail(err, TB_USAGE, "delegate 'reference' has no options");
    return status == TB_OK ? canonical_text(out, arena, err) : status;
}
