/* What limits trust in the figures, and where they were taken. */
#include <stdio.h>
#include <string.h>

#include "reports/html_page.h"

/* ---- warnings ---- */

/* Is a warning of this kind stored for the result's own processes or the run? Then its own words
   are shown, and not once more the general ones. */
static bool is_stored(const tb_page *page, const char *kind, size_t length)
{
    for (size_t i = 0; i < page->context->warning_count; i++) {
        const char *stored = page->context->warnings[i].warning.kind;
        if (stored && strlen(stored) == length && strncmp(stored, kind, length) == 0)
            return true;
    }
    return false;
}

static void open_item(tb_page *page, const char *severity, const char *kind)
{
    bool bad = severity && strcmp(severity, "error") == 0;
    bool note = severity && strcmp(severity, "note") == 0;
    tb_buf_printf(page->out, "<li class=\"%s\"><b>", bad ? "bad" : note ? "note" : "warn");
    for (; kind && *kind; kind++) {
        char letter[2] = {*kind == '_' ? ' ' : *kind, '\0'};
        tb_html_text(page, letter);
    }
    tb_buf_append_text(page->out, "</b> ");
}

static void add_stored(tb_page *page)
{
    const tb_context *context = page->context;
    for (size_t i = 0; i < context->warning_count; i++) {
        const tb_warning *warning = &context->warnings[i].warning;
        /* The same words for many processes are one item. */
        bool seen = false;
        size_t times = 0;
        for (size_t k = 0; k < context->warning_count; k++) {
            const tb_warning *other = &context->warnings[k].warning;
            bool same = other->kind && warning->kind && strcmp(other->kind, warning->kind) == 0 &&
                        other->message && warning->message &&
                        strcmp(other->message, warning->message) == 0;
            seen |= same && k < i;
            times += same;
        }
        if (seen)
            continue;
        open_item(page, warning->severity, warning->kind);
        tb_html_text(page, warning->message);
        if (times > 1)
            tb_buf_printf(page->out, " <small>%zu times</small>", times);
        tb_buf_append_text(page->out, "</li>");
    }
}

/* Kinds that the report itself found, each once with the configurations it holds for. */
static void add_found(tb_page *page)
{
    const tb_results *results = page->results;
    for (size_t i = 0; i < results->count; i++) {
        const char *list = results->items[i].row.warnings;
        while (list && *list) {
            size_t length = strcspn(list, ";");
            char kind[64];
            snprintf(kind, sizeof kind, "%.*s", (int)length, list);
            size_t holds = 0, first = results->count;
            for (size_t k = 0; k < results->count; k++) {
                const char *other = results->items[k].row.warnings;
                if (tb_list_has(other, list, length)) {
                    first = k < first ? k : first;
                    holds++;
                }
            }
            const char *words = tb_describe_warning(kind);
            if (first == i && words && !is_stored(page, list, length)) {
                open_item(page, "warning", kind);
                tb_buf_append_text(page->out, words);
                tb_buf_append_text(page->out, " <small>");
                for (size_t k = i, named = 0; k < results->count && named < 4; k++) {
                    const char *other = results->items[k].row.warnings;
                    if (!tb_list_has(other, list, length))
                        continue;
                    tb_buf_append_text(page->out, named++ ? "; " : "");
                    if (page->model_count > 1) {
                        tb_html_text(page, results->items[k].row.model);
                        tb_buf_append_text(page->out, " ");
                    }
                    tb_html_text(page, page->series[k].name);
                }
                if (holds > 4)
                    tb_buf_printf(page->out, "; and %zu more", holds - 4);
                tb_buf_append_text(page->out, "</small></li>");
            }
            list += length + (list[length] == ';');
        }
    }
}

tb_status tb_html_warnings(tb_page *page)
{
    bool any = page->context->warning_count > 0;
    for (size_t i = 0; i < page->results->count && !any; i++)
        any = page->results->items[i].row.warnings != NULL;
    if (!any)
        return TB_OK;
    tb_buf_append_text(page->out, "<section id=\"warnings\" aria-labelledby=\"warnings-title\">"
                                  "<h2 id=\"warnings-title\">How far to trust this</h2>"
                                  "<ul class=\"warnings\">");
    add_stored(page);
    add_found(page);
    tb_buf_append_text(page->out, "</ul></section>");
    return TB_OK;
}

/* ---- environment ---- */

/* The value of any field as people read it; false where it is unknown. */
static bool field_words(const tb_field *field, const void *record, tb_buf *words)
{
    char text[TB_FIGURE_TEXT_SIZE];
    const char *unit = tb_unit_of_name(field->name);
    switch (field->kind) {
    case TB_KIND_TEXT:
        if (!tb_field_text(field, record) || !*tb_field_text(field, record))
            return false;
        tb_buf_append_text(words, tb_field_text(field, record));
        return true;
    case TB_KIND_INTEGER: {
        tb_integer integer = tb_field_integer(field, record);
        if (!integer.known)
            return false;
        if (*unit) {
            tb_format_value((double)integer.value, unit, text);
            tb_buf_append_text(words, text);
        } else {
            tb_buf_printf(words, "%lld", (long long)integer.value);
        }
        return true;
    }
    case TB_KIND_REAL: {
        tb_real real = tb_field_real(field, record);
        if (!real.known)
            return false;
        tb_format_value(real.value, unit, text);
        tb_buf_append_text(words, text);
        return true;
    }
    }
    return false;
}

/* The field's name without its unit, with spaces. */
static void add_name(tb_page *page, const char *name)
{
    size_t length = strlen(name);
    const char *unit = tb_unit_of_name(name);
    if (*unit)
        length -= strlen(unit) + 1;
    for (size_t i = 0; i < length; i++)
        tb_buf_append_char(page->out, name[i] == '_' ? ' ' : name[i]);
}

/* Terms and values of a record; where `later` (the same record at the end) differs, both. */
static void add_record(tb_page *page, const tb_record_type *type, const void *record,
                       const void *later)
{
    for (size_t i = 0; i < type->field_count; i++) {
        const tb_field *field = &type->fields[i];
        tb_buf words = {0}, then = {0};
        bool known = field_words(field, record, &words);
        bool known_later = later && field_words(field, later, &then);
        if (known || known_later) {
            tb_buf_printf(page->out, "<div><dt title=\"%s\">", field->doc);
            add_name(page, field->name);
            tb_buf_append_text(page->out, "</dt><dd>");
            tb_html_text(page, known ? tb_buf_text(&words) : "unknown");
            if (known_later && strcmp(tb_buf_text(&words), tb_buf_text(&then)) != 0) {
                tb_buf_append_text(page->out, " → ");
                tb_html_text(page, tb_buf_text(&then));
            }
            tb_buf_append_text(page->out, "</dd></div>");
        }
        page->out->failed |= words.failed || then.failed;
        tb_buf_free(&words);
        tb_buf_free(&then);
    }
}

static void add_run(tb_page *page, const tb_run_context *run, bool open)
{
    tb_buf_printf(page->out, "<details%s><summary>Run %lld</summary><dl>", open ? " open" : "",
                  (long long)run->run_id);
    add_record(page, &tb_device_type, &run->device, NULL);
    add_record(page, &tb_environment_type, &run->start, &run->end);
    add_record(page, &tb_build_type, &run->driver, NULL);
    tb_buf_append_text(page->out, "</dl></details>");
}

tb_status tb_html_environment(tb_page *page)
{
    if (!page->context->run_count)
        return TB_OK;
    tb_buf_append_text(page->out, "<section class=\"environment\" aria-labelledby=\"where-title\">"
                                  "<h2 id=\"where-title\">Where it was measured</h2>");
    for (size_t i = 0; i < page->context->run_count; i++)
        add_run(page, &page->context->runs[i], page->context->run_count == 1);
    tb_buf_append_text(page->out, "</section>");
    return TB_OK;
}
