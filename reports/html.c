/*
 * The HTML report: one file that needs nothing else. The frame is viewer/page.html, whose {{names}}
 * are filled here. Everything a reader needs is plain HTML; the script adds sorting, tool tips, the
 * choice of theme and, where results were profiled, the views of their profiles.
 */
#include <stdlib.h>
#include <string.h>

#include "reports/html_frame.h"
#include "reports/html_page.h"
#include "reports/json.h"
#include "reports/writer.h"
#include "runtime/base/size.h"

static const char page_html[] = {
#include "reports/viewer/page.html.inc"
    , 0};
void tb_html_text(tb_page *page, const char *text)
{
    tb_escape_html(page->out, text);
}

/* ---- what fills the frame ---- */

static tb_status add_title(tb_page *page)
{
    if (page->results->count == 0) {
        tb_buf_append_text(page->out, "tflbench");
        return TB_OK;
    }
    const tb_result_row *row = &page->results->items[0].row;
    tb_html_text(page, row->model);
    if (page->model_count > 1)
        tb_buf_printf(page->out, " and %zu more", page->model_count - 1);
    tb_buf_printf(page->out, " · run %lld · tflbench", (long long)row->run.value);
    return TB_OK;
}

static tb_status add_meta(tb_page *page)
{
    if (page->results->count == 0)
        return TB_OK;
    const tb_result_row *row = &page->results->items[0].row;
    tb_buf_printf(page->out, "run %lld", (long long)row->run.value);
    size_t runs;
    tb_selection_runs(page->selection, &runs);
    if (runs > 1)
        tb_buf_printf(page->out, " and %zu more", runs - 1);
    if (row->started) {
        tb_buf_append_text(page->out, " · <time datetime=\"");
        tb_html_text(page, row->started);
        tb_buf_printf(page->out, "\">%.10s %.5s UTC</time>", row->started, row->started + 11);
    }
    if (row->device) {
        tb_buf_append_text(page->out, " · ");
        tb_html_text(page, row->device);
    }
    return TB_OK;
}

/* Over the sentence: of what it speaks. */
static tb_status add_subject(tb_page *page)
{
    if (page->results->count == 0)
        tb_buf_append_text(page->out, "No results");
    else if (page->model_count == 1)
        tb_html_text(page, page->results->items[0].row.model);
    else
        tb_buf_printf(page->out, "%zu models", page->model_count);
    return TB_OK;
}

/* Escaped, with the ends of an interval ("4.10–4.33") kept on one line by word joiners. */
static void add_unbroken(tb_page *page, const char *text)
{
    for (const char *dash; (dash = strstr(text, "–")); text = dash + strlen("–")) {
        const char *before = tb_pool_printf(page->pool, "%.*s", (int)(dash - text), text);
        tb_html_text(page, before);
        tb_buf_append_text(page->out, "&#8288;–&#8288;");
    }
    tb_html_text(page, text);
}

static tb_status add_sentence(tb_page *page)
{
    tb_buf headline = {0}, remark = {0};
    tb_describe_results(page->results, &headline, &remark);
    tb_buf_append_text(page->out, "<h1>");
    add_unbroken(page, tb_buf_text(&headline));
    tb_buf_append_text(page->out, ".</h1>");
    if (remark.size) {
        tb_buf_append_text(page->out, "<p class=\"remark\">");
        tb_html_text(page, tb_buf_text(&remark));
        tb_buf_append_text(page->out, ".</p>");
    }
    page->out->failed |= headline.failed || remark.failed;
    tb_buf_free(&headline);
    tb_buf_free(&remark);
    return TB_OK;
}

/* The short facts below the sentence: how much was measured, by what, how far it can be trusted. */
static tb_status add_facts(tb_page *page)
{
    if (page->results->count == 0)
        return TB_OK;
    long long processes = 0, samples = 0;
    size_t doubtful = 0;
    for (size_t i = 0; i < page->results->count; i++) {
        const tb_result_row *row = &page->results->items[i].row;
        processes += row->processes.value;
        samples += row->samples.value;
        doubtful += row->warnings != NULL;
    }
    const tb_result_row *first = &page->results->items[0].row;
    tb_buf_printf(page->out,
                  "<ul class=\"facts\"><li>%zu configuration%s</li><li>%lld process%s</li>"
                  "<li>%lld sample%s</li>",
                  page->results->count, page->results->count == 1 ? "" : "s", processes,
                  processes == 1 ? "" : "es", samples, samples == 1 ? "" : "s");
    if (first->engine && !page->naming.engine) {
        tb_buf_append_text(page->out, "<li>engine ");
        tb_buf engine = {0};
        tb_describe_engine(first, true, &engine);
        tb_html_text(page, tb_buf_text(&engine));
        tb_buf_free(&engine);
        tb_buf_append_text(page->out, "</li>");
    }
    if (first->labels) {
        tb_buf_append_text(page->out, "<li>");
        tb_html_text(page, first->labels);
        tb_buf_append_text(page->out, "</li>");
    }
    if (doubtful)
        tb_buf_printf(page->out, "<li><a href=\"#warnings\">%zu with a warning</a></li>", doubtful);
    tb_buf_append_text(page->out, "</ul>");
    return TB_OK;
}

/* The same figures for programs. "<" is written so that no text can end the script element. */
static tb_status add_data(tb_page *page)
{
    cJSON *document = tb_json_results(page->results);
    char *text = document ? cJSON_PrintUnformatted(document) : NULL;
    cJSON_Delete(document);
    if (!text)
        return tb_fail(page->err, TB_NO_MEMORY, "no memory for the report's data");
    tb_html_add_json(page->out, text);
    cJSON_free(text);
    return TB_OK;
}

/* Places are filled through functions of the page alone: it knows its buffer and error. */
#define PLACE(function)                                                      \
    static tb_status fill_##function(void *page, tb_buf *out, tb_error *err) \
    {                                                                        \
        (void)out;                                                           \
        (void)err;                                                           \
        return function(page);                                               \
    }
PLACE(add_title)
PLACE(add_meta)
PLACE(add_subject)
PLACE(add_sentence)
PLACE(add_facts)
PLACE(tb_html_overview)
PLACE(tb_html_summary)
PLACE(tb_html_models)
PLACE(tb_html_warnings)
PLACE(tb_html_environment)
PLACE(tb_html_profiles)
PLACE(add_data)

static const tb_html_place places[] = {
    {"title", fill_add_title},           {"meta", fill_add_meta},
    {"subject", fill_add_subject},       {"sentence", fill_add_sentence},
    {"facts", fill_add_facts},           {"overview", fill_tb_html_overview},
    {"summary", fill_tb_html_summary},   {"models", fill_tb_html_models},
    {"warnings", fill_tb_html_warnings}, {"environment", fill_tb_html_environment},
    {"profiles", fill_tb_html_profiles}, {"data", fill_add_data},
};

/* ---- series ---- */

const char *tb_html_colour_of(const char *delegate)
{
    static const struct {
        const char *delegate, *colour;
    } colours[] = {
        {"reference", "c-reference"}, {"cpu", "c-cpu"},         {"gpu", "c-gpu"},
        {"nnapi", "c-nnapi"},         {"hexagon", "c-hexagon"},
    };
    size_t length = strcspn(delegate, ":");
    for (size_t i = 0; i < TB_COUNT_OF(colours); i++)
        if (strlen(colours[i].delegate) == length &&
            strncmp(delegate, colours[i].delegate, length) == 0)
            return colours[i].colour;
    return "c-other";
}

/* The delegate without its options has the colour; another engine than ours has marks of its own. */
static void name_family(tb_page *page, const tb_result_row *row, tb_series *series)
{
    const char *delegate = row->delegate ? row->delegate : "";
    delegate = tb_pool_printf(page->pool, "%.*s", (int)strcspn(delegate, ":"), delegate);
    bool ours = !row->engine || strcmp(row->engine, "native") == 0;
    series->colour =
        tb_pool_printf(page->pool, "%s%s", tb_html_colour_of(delegate), ours ? "" : " foreign");
    tb_buf family = {0};
    if (page->naming.engine) {
        tb_describe_engine(row, true, &family);
        tb_buf_append_text(&family, " ");
    }
    tb_buf_append_text(&family, delegate);
    series->family = tb_pool_text(page->pool, tb_buf_text(&family));
    tb_buf_free(&family);
}

static tb_status make_series(tb_page *page)
{
    tb_series *series = tb_pool_take(page->pool, page->results->count, sizeof *series);
    for (size_t i = 0; series && i < page->results->count; i++) {
        const tb_result *result = &page->results->items[i];
        tb_buf name = {0};
        tb_describe_configuration(result, &page->naming, &name);
        series[i].name = tb_pool_text(page->pool, tb_buf_text(&name));
        tb_buf_free(&name);
        name_family(page, &result->row, &series[i]);
        long long threads = (long long)result->row.threads.value;
        series[i].mark = result->row.threads.known && threads > 0 && threads < 1000
                             ? tb_pool_printf(page->pool, "%lld", threads)
                             : "";
    }
    page->series = series;
    return tb_pool_check(page->pool, page->err);
}

tb_status tb_write_results_html(const tb_selection *selection, const tb_results *results,
                                const tb_report_options *options, tb_buf *out, tb_error *err)
{
    (void)options;
    tb_context context;
    tb_status status = tb_selection_context(selection, err, &context);
    if (status != TB_OK)
        return status;
    tb_page page = {.selection = selection,
                    .results = results,
                    .context = &context,
                    .naming = tb_naming_of(results),
                    .pool = tb_pool_create(),
                    .err = err,
                    .out = out};
    for (size_t i = 0; i < results->count; i += tb_model_group(results, i))
        page.model_count++;
    status = make_series(&page);
    if (status == TB_OK)
        status = tb_html_read_profiles(&page);
    if (status == TB_OK)
        status = tb_html_fill(page_html, places, TB_COUNT_OF(places), &page, out, err);
    tb_buf_free(&page.profiles);
    tb_pool_free(page.pool);
    tb_context_free(&context);
    return status;
}
