/* The table of results: of one model with every figure, of many as models by configurations. */
#include <string.h>

#include "reports/html_page.h"

static void open_figure(tb_page *page, tb_real value)
{
    if (value.known)
        tb_buf_printf(page->out, "<td class=\"n\" data-v=\"%.9g\">", value.value);
    else
        tb_buf_append_text(page->out, "<td class=\"n\">");
}

static void add_duration(tb_page *page, tb_real ns, const char *before)
{
    open_figure(page, ns);
    if (ns.known) {
        char text[TB_FIGURE_TEXT_SIZE];
        tb_format_duration(ns.value, text);
        tb_buf_printf(page->out, "%s%s", before, text);
    }
    tb_buf_append_text(page->out, "</td>");
}

static void add_bytes(tb_page *page, tb_real bytes)
{
    open_figure(page, bytes);
    if (bytes.known) {
        char text[TB_FIGURE_TEXT_SIZE];
        tb_format_bytes(bytes.value, text);
        tb_buf_append_text(page->out, text);
    }
    tb_buf_append_text(page->out, "</td>");
}

static void add_median(tb_page *page, const tb_result *result, bool fastest)
{
    const tb_result_row *row = &result->row;
    open_figure(page, row->median_ns);
    char middle[TB_FIGURE_TEXT_SIZE], interval[TB_FIGURE_TEXT_SIZE] = "";
    if (row->median_ns.known) {
        if (row->median_low_ns.known)
            tb_format_duration_interval(row->median_ns.value, row->median_low_ns.value,
                                        row->median_high_ns.value, middle, interval);
        else
            tb_format_duration(row->median_ns.value, middle);
        tb_buf_printf(page->out, fastest ? "<b>%s</b>" : "%s", middle);
        if (*interval)
            tb_buf_printf(page->out, " <small>%s</small>", interval);
        tb_buf_append_text(page->out, " ");
        tb_html_status(page, result, false);
    } else {
        tb_html_status(page, result, false);
        if (result->status == TB_PROCESS_OK)
            tb_buf_append_text(page->out, "<span class=\"none\">none</span>");
    }
    tb_buf_append_text(page->out, "</td>");
}

/* What the load, the delegate, the allocation and the first inference take together. */
static tb_real startup_of(const tb_result_row *row)
{
    const tb_real parts[] = {row->load_ns, row->delegate_ns, row->allocate_ns,
                             row->first_invoke_ns};
    tb_real sum = {0};
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        if (parts[i].known)
            sum = tb_num(sum.value + parts[i].value);
    return sum;
}

/* A column for verdicts on outputs only where something was checked. */
static bool has_verdicts(const tb_page *page)
{
    for (size_t i = 0; i < page->results->count; i++)
        if (page->results->items[i].row.check_verdict)
            return true;
    return false;
}

/* What it was held to stands in the title. */
static void add_verdict(tb_page *page, const tb_result_row *row)
{
    const char *verdict = row->check_verdict;
    if (!verdict)
        return;
    bool wrong = strcmp(verdict, "wrong") == 0;
    tb_buf_append_text(page->out, wrong ? "<span class=\"pill bad\" title=\"" : "<span title=\"");
    tb_html_text(page, row->check_detail ? row->check_detail : "");
    tb_buf_append_text(page->out, "\">");
    tb_html_text(page, strcmp(verdict, "ok") == 0 ? "right" : verdict);
    tb_buf_append_text(page->out, "</span>");
}

static void add_row(tb_page *page, size_t index, const tb_result *fastest,
                    const tb_result *yardstick, bool alone)
{
    const tb_result *result = &page->results->items[index];
    const tb_result_row *row = &result->row;
    if (page->model_count > 1) {
        tb_buf_append_text(page->out, "<td class=\"model\">");
        tb_html_text(page, row->model);
        tb_buf_append_text(page->out, "</td>");
    }
    tb_buf_append_text(page->out, "<th scope=\"row\">");
    tb_html_mark(page, index);
    tb_html_text(page, page->series[index].name);
    tb_buf_append_text(page->out, "</th>");
    add_median(page, result, result == fastest && !alone);
    double speedup = alone ? 0 : tb_speedup(result, yardstick);
    open_figure(page, speedup > 0 ? tb_num(speedup) : (tb_real){0});
    if (speedup > 0) {
        char ratio[TB_FIGURE_TEXT_SIZE];
        tb_format_ratio(speedup, ratio);
        tb_buf_append_text(page->out, ratio);
    }
    tb_buf_append_text(page->out, "</td>");
    bool reliable = tb_list_has(row->percentiles_ok, "p95", 3);
    add_duration(page, row->p95_ns, reliable ? "" : "~");
    add_duration(page, startup_of(row), "");
    add_bytes(page, row->peak_rss_bytes);
    add_bytes(page, row->arena_bytes);
    if (page->model_count > 1)
        add_bytes(page,
                  row->model_bytes.known ? tb_num((double)row->model_bytes.value) : (tb_real){0});
    if (has_verdicts(page)) {
        tb_buf_append_text(page->out, "<td>");
        add_verdict(page, row);
        tb_buf_append_text(page->out, "</td>");
    }
    tb_buf_append_text(page->out, "</tr>");
}

/* Every figure of every result, a row each. */
static void add_table(tb_page *page)
{
    tb_buf_append_text(page->out, "<div class=\"wide\" role=\"group\" tabindex=\"0\" "
                                  "aria-label=\"all figures\"><table class=\"sortable\">"
                                  "<thead><tr>");
    if (page->model_count > 1)
        tb_buf_append_text(page->out, "<th scope=\"col\">Model</th>");
    tb_buf_append_text(page->out, "<th scope=\"col\">Configuration</th>"
                                  "<th scope=\"col\" class=\"n\">Median <small>[95 %]</small></th>"
                                  "<th scope=\"col\" class=\"n\">Speed</th>"
                                  "<th scope=\"col\" class=\"n\">p95</th>"
                                  "<th scope=\"col\" class=\"n\">Start-up</th>"
                                  "<th scope=\"col\" class=\"n\">Peak memory</th>"
                                  "<th scope=\"col\" class=\"n\">Arena</th>");
    if (page->model_count > 1)
        tb_buf_append_text(page->out, "<th scope=\"col\" class=\"n\">Model size</th>");
    if (has_verdicts(page))
        tb_buf_append_text(page->out, "<th scope=\"col\">Outputs</th>");
    tb_buf_append_text(page->out, "</tr></thead><tbody>");
    for (size_t i = 0; i < page->results->count;) {
        size_t count = tb_model_group(page->results, i);
        const tb_result *fastest = tb_fastest(&page->results->items[i], count);
        const tb_result *yardstick = tb_yardstick(&page->results->items[i], count);
        for (size_t k = i; k < i + count; k++) {
            bool failed = page->results->items[k].status != TB_PROCESS_OK;
            tb_buf_printf(page->out, "<tr class=\"%s%s\">", k == i ? "first" : "",
                          failed ? " failed" : "");
            add_row(page, k, fastest, yardstick, count == 1);
        }
        i += count;
    }
    tb_buf_append_text(page->out, "</tbody></table></div>");
}

/* Results with the same choices share a column: the index of the first of each. */
static size_t find_columns(const tb_page *page, size_t *columns)
{
    size_t count = 0;
    for (size_t i = 0; i < page->results->count; i++) {
        size_t at = 0;
        while (at < count &&
               !tb_same_choices(&page->results->items[columns[at]], &page->results->items[i]))
            at++;
        if (at == count)
            columns[count++] = i;
    }
    return count;
}

/* The name of a column: node counts differ from model to model. */
static void add_column_title(tb_page *page, size_t index)
{
    tb_result any_model = page->results->items[index];
    any_model.row.nodes_total.known = false;
    tb_naming naming = page->naming;
    naming.run = false;
    tb_buf name = {0};
    tb_describe_configuration(&any_model, &naming, &name);
    tb_buf_append_text(page->out, "<th scope=\"col\">");
    tb_html_mark(page, index);
    tb_html_text(page, tb_buf_text(&name));
    tb_buf_append_text(page->out, "</th>");
    page->out->failed |= name.failed;
    tb_buf_free(&name);
}

/* Models down, configurations across. */
static tb_status add_matrix(tb_page *page)
{
    size_t *columns = tb_pool_take(page->pool, page->results->count, sizeof *columns);
    if (!columns)
        return tb_pool_check(page->pool, page->err);
    size_t column_count = find_columns(page, columns);
    tb_buf_append_text(page->out, "<div class=\"wide\" role=\"group\" tabindex=\"0\" "
                                  "aria-label=\"median latency of models and configurations\">"
                                  "<table class=\"sortable matrix\"><thead><tr>"
                                  "<th scope=\"col\">Model</th>");
    for (size_t c = 0; c < column_count; c++)
        add_column_title(page, columns[c]);
    tb_buf_append_text(page->out, "</tr></thead><tbody>");
    for (size_t i = 0; i < page->results->count;) {
        size_t count = tb_model_group(page->results, i);
        const tb_result *items = &page->results->items[i];
        const tb_result *fastest = tb_fastest(items, count);
        tb_buf_append_text(page->out, "<tr><th scope=\"row\">");
        tb_html_text(page, items[0].row.model);
        tb_buf_append_text(page->out, "</th>");
        for (size_t c = 0; c < column_count; c++) {
            size_t at = 0;
            while (at < count && !tb_same_choices(&items[at], &page->results->items[columns[c]]))
                at++;
            if (at < count)
                add_median(page, &items[at], &items[at] == fastest && count > 1);
            else
                tb_buf_append_text(page->out, "<td></td>");
        }
        tb_buf_append_text(page->out, "</tr>");
        i += count;
    }
    tb_buf_append_text(page->out, "</tbody></table></div>");
    return TB_OK;
}

/* Why results are absent; a single model has that beside its bars. */
static void add_reasons(tb_page *page)
{
    tb_buf reasons = {0};
    tb_describe_reasons(page->results, &reasons);
    if (reasons.size)
        tb_buf_append_text(page->out, "<ul class=\"why\">");
    for (char *line = reasons.data; line && *line;) {
        char *end = strchr(line, '\n');
        *end = '\0';
        tb_buf_append_text(page->out, "<li>");
        tb_html_text(page, line);
        tb_buf_append_text(page->out, "</li>");
        line = end + 1;
    }
    if (reasons.size)
        tb_buf_append_text(page->out, "</ul>");
    page->out->failed |= reasons.failed;
    tb_buf_free(&reasons);
}

tb_status tb_html_summary(tb_page *page)
{
    tb_buf_append_text(page->out, "<section id=\"results\" aria-labelledby=\"results-title\">"
                                  "<h2 id=\"results-title\">Results</h2>");
    tb_status status = TB_OK;
    if (page->results->count == 0) {
        tb_buf_append_text(page->out,
                           "<p class=\"empty\">This run holds no measurements. They appear here as "
                           "soon as a process has started.</p>");
    } else if (page->model_count == 1) {
        add_table(page);
    } else {
        status = add_matrix(page);
        add_reasons(page);
        tb_buf_append_text(page->out, "<details class=\"more\"><summary>All figures of all "
                                      "configurations</summary>");
        add_table(page);
        tb_buf_append_text(page->out, "</details>");
    }
    tb_buf_append_text(page->out, "</section>");
    return status;
}
