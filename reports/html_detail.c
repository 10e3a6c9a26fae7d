/*
 * What is folded away under a result: the samples in the order they were taken, where the time goes
 * op by op, why nodes stayed behind, and every stored figure with its reason where it has no value.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "reports/html_page.h"

/* ---- samples in order ---- */

void tb_html_order(tb_page *page, const tb_result *result)
{
    enum { MOST_POINTS = 400, WIDTH = 1000, HEIGHT = 100 };
    size_t n = result->sample_count;
    if (n < 3)
        return;
    double low = result->sorted_ns[0];
    double high = tb_quantile_sorted(result->sorted_ns, n, 0.99);
    tb_axis axis = tb_axis_linear(low, high, 3);
    tb_buf_printf(page->out,
                  "<figure class=\"order\"><h4>Samples in the order taken</h4><div class=\"plot\">"
                  "<svg viewBox=\"0 0 %d %d\" preserveAspectRatio=\"none\" role=\"img\" "
                  "aria-label=\"latency of each sample in the order taken\">",
                  WIDTH, HEIGHT);
    for (size_t i = 1; i < result->process_count; i++)
        if (result->processes[i].counts && result->processes[i].first_sample)
            tb_buf_printf(page->out, "<path class=\"rule\" d=\"M%.1f 0V%d\"/>",
                          WIDTH * (double)result->processes[i].first_sample / (double)n, HEIGHT);
    /* Where there are more samples than points, a point is the slowest of those it stands for: what
       is unusual is never hidden. */
    size_t points = n < MOST_POINTS ? n : MOST_POINTS;
    tb_buf_append_text(page->out, "<path class=\"points\" d=\"");
    for (size_t p = 0; p < points; p++) {
        size_t from = p * n / points, to = (p + 1) * n / points;
        uint64_t slowest = 0;
        for (size_t i = from; i < to; i++)
            slowest = result->latency_ns[i] > slowest ? result->latency_ns[i] : slowest;
        tb_buf_printf(page->out, "M%.1f %.1fh0", WIDTH * ((double)from + 0.5) / (double)n,
                      HEIGHT - HEIGHT * tb_axis_place(&axis, (double)slowest));
    }
    tb_buf_append_text(page->out, "\"/></svg>");
    for (size_t i = 0; i < axis.tick_count; i++) {
        char text[TB_FIGURE_TEXT_SIZE];
        tb_format_duration(axis.ticks[i], text);
        tb_buf_printf(page->out, "<span class=\"y\" style=\"bottom:%.1f%%\">%s</span>",
                      100 * tb_axis_place(&axis, axis.ticks[i]), text);
    }
    tb_buf_append_text(page->out, "</div></figure>");
}

/* ---- ops ---- */

/* "14 nodes stayed behind: 9 × reason (CONV_2D, ADD)". */
static void add_reasons(tb_page *page, const tb_ops *ops)
{
    bool any = false;
    for (size_t i = 0; i < ops->count; i++) {
        const char *reason = ops->items[i].op.reason;
        bool seen = !reason;
        for (size_t k = 0; k < i && !seen; k++)
            seen = ops->items[k].op.reason && strcmp(ops->items[k].op.reason, reason) == 0;
        if (seen)
            continue;
        size_t count = 0;
        for (size_t k = i; k < ops->count; k++)
            count += ops->items[k].op.reason && strcmp(ops->items[k].op.reason, reason) == 0;
        if (!any)
            tb_buf_append_text(page->out, "<h4>Why nodes stayed behind</h4><ul class=\"why\">");
        any = true;
        tb_buf_printf(page->out, "<li><b>%zu node%s</b> ", count, count == 1 ? "" : "s");
        tb_html_text(page, reason);
        tb_buf_append_text(page->out, " <small>first: ");
        tb_html_text(page, ops->items[i].op.op ? ops->items[i].op.op : "unnamed");
        tb_buf_printf(page->out, "%s%lld</small></li>",
                      ops->items[i].op.node.known ? ", node " : ", position ",
                      (long long)(ops->items[i].op.node.known ? ops->items[i].op.node.value
                                                              : ops->items[i].index));
    }
    if (any)
        tb_buf_append_text(page->out, "</ul>");
}

static void add_ops(tb_page *page, const tb_ops *ops, size_t index)
{
    add_reasons(page, ops);
    if (!ops->count)
        return;
    tb_buf_append_text(page->out, "<p class=\"note\">");
    if (page->profile_of[index] >= 0)
        tb_buf_printf(page->out,
                      "<a href=\"#view=overview&amp;profile=%d\">Where the time goes, op by op</a>",
                      page->profile_of[index]);
    else if (page->profile_of[index] == TB_PROFILE_LEFT_OUT)
        tb_buf_append_text(page->out, "Its profile would make this page too large: a report of "
                                      "fewer results, or <code>tflbench profile @RUN -o "
                                      "page.html</code>, shows it.");
    else
        tb_buf_append_text(page->out, "No process of this configuration was profiled to its end: "
                                      "there are no times of single ops.");
    tb_buf_append_text(page->out, "</p>");
}

/* ---- figures ---- */

static bool same_words(const char *a, const char *b)
{
    return strcmp(a ? a : "", b ? b : "") == 0;
}

static bool same_figure(const tb_figure *a, const tb_figure *b)
{
    return same_words(a->phase, b->phase) && same_words(a->metric, b->metric) &&
           same_words(a->owner, b->owner) && same_words(a->unit, b->unit) &&
           same_words(a->reason, b->reason) && a->value.known == b->value.known;
}

/* One row for what several processes measured: the median of their values. */
static void add_figure(tb_page *page, const tb_figures *figures, size_t index, double *scratch)
{
    const tb_figure *figure = &figures->items[index].figure;
    size_t count = 0;
    for (size_t i = index; i < figures->count; i++)
        if (same_figure(figure, &figures->items[i].figure))
            scratch[count++] = figures->items[i].figure.value.value;
    tb_buf_append_text(page->out, "<tr><td>");
    tb_html_text(page, figure->phase);
    tb_buf_append_text(page->out, "</td><th scope=\"row\">");
    tb_html_text(page, figure->metric);
    tb_buf_append_text(page->out, "</th><td>");
    tb_html_text(page, figure->owner);
    tb_buf_append_text(page->out, "</td>");
    if (figure->value.known) {
        char text[TB_FIGURE_TEXT_SIZE];
        tb_sort_doubles(scratch, count);
        double median = tb_median_sorted(scratch, count);
        tb_format_value(median, figure->unit ? figure->unit : "", text);
        tb_buf_printf(page->out, "<td class=\"n\" data-v=\"%.9g\">", median);
        tb_html_text(page, text);
        tb_buf_append_text(page->out, "</td>");
    } else {
        tb_buf_append_text(page->out, "<td class=\"n\"><span class=\"none\">none</span></td>");
    }
    tb_buf_printf(page->out, "<td class=\"n\">%zu</td><td class=\"reason\">", count);
    tb_html_text(page, figure->reason);
    tb_buf_append_text(page->out, "</td></tr>");
}

static void add_figures(tb_page *page, const tb_figures *figures)
{
    double *scratch = tb_pool_take(page->pool, figures->count + 1, sizeof *scratch);
    if (!figures->count || !scratch)
        return;
    tb_buf_append_text(page->out,
                       "<details class=\"more\"><summary>Every stored figure</summary>"
                       "<div class=\"wide\" role=\"group\" tabindex=\"0\" "
                       "aria-label=\"figures\"><table class=\"sortable\"><thead><tr>"
                       "<th scope=\"col\">Phase</th><th scope=\"col\">Figure</th>"
                       "<th scope=\"col\">Of</th><th scope=\"col\" class=\"n\">Median</th>"
                       "<th scope=\"col\" class=\"n\">Processes</th><th scope=\"col\">Note</th>"
                       "</tr></thead><tbody>");
    for (size_t i = 0; i < figures->count; i++) {
        bool seen = false;
        for (size_t k = 0; k < i && !seen; k++)
            seen = same_figure(&figures->items[k].figure, &figures->items[i].figure);
        if (!seen)
            add_figure(page, figures, i, scratch);
    }
    tb_buf_append_text(page->out, "</tbody></table></div></details>");
}

static void add_plan(tb_page *page, const tb_ops *ops)
{
    if (!ops->plan_text || !*ops->plan_text)
        return;
    tb_buf_append_text(page->out, "<details class=\"more\"><summary>The delegate's plan</summary>"
                                  "<pre tabindex=\"0\">");
    tb_html_text(page, ops->plan_text);
    tb_buf_append_text(page->out, "</pre></details>");
}

tb_status tb_html_detail(tb_page *page, size_t index)
{
    const tb_result *result = &page->results->items[index];
    tb_ops ops;
    tb_figures figures;
    tb_status status = tb_selection_ops(page->selection, result, page->err, &ops);
    if (status != TB_OK)
        return status;
    status = tb_selection_figures(page->selection, result, page->err, &figures);
    if (status != TB_OK) {
        tb_ops_free(&ops);
        return status;
    }
    if (result->sample_count || ops.count || figures.count) {
        tb_buf_append_text(page->out, "<details class=\"detail\"><summary>");
        tb_html_mark(page, index);
        tb_html_text(page, page->series[index].name);
        tb_buf_printf(page->out, " <small>%zu samples, %zu ops, %zu figures</small></summary>",
                      result->sample_count, ops.count, figures.count);
        tb_html_order(page, result);
        add_ops(page, &ops, index);
        add_figures(page, &figures);
        add_plan(page, &ops);
        tb_buf_append_text(page->out, "</details>");
    }
    tb_figures_free(&figures);
    tb_ops_free(&ops);
    return status;
}
