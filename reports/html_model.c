/* A section for each model: how fast, how steady, what start-up and memory cost. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "reports/html_page.h"
#include "runtime/base/size.h"

static void add_fact(tb_page *page, const char *text)
{
    tb_buf_append_text(page->out, "<li>");
    tb_html_text(page, text);
    tb_buf_append_text(page->out, "</li>");
}

static void add_heading(tb_page *page, size_t first, size_t number)
{
    const tb_result_row *row = &page->results->items[first].row;
    tb_buf_printf(page->out,
                  "<section class=\"model\" id=\"model-%zu\" aria-labelledby=\"model-%zu-title\">"
                  "<h2 id=\"model-%zu-title\">",
                  number, number, number);
    tb_html_text(page, row->model ? row->model : "unnamed model");
    tb_buf_append_text(page->out, "</h2><ul class=\"facts\">");
    if (page->naming.run) {
        char run[40];
        snprintf(run, sizeof run, "run %lld", (long long)row->run.value);
        add_fact(page, run);
    }
    if (row->model_bytes.known) {
        char size[TB_FIGURE_TEXT_SIZE];
        tb_format_bytes((double)row->model_bytes.value, size);
        add_fact(page, size);
    }
    if (row->nodes_total.known) {
        char nodes[40];
        snprintf(nodes, sizeof nodes, "%lld nodes", (long long)row->nodes_total.value);
        add_fact(page, nodes);
    }
    if (row->model_sha256) {
        char hash[16];
        snprintf(hash, sizeof hash, "%.12s", row->model_sha256);
        tb_buf_append_text(page->out, "<li><code title=\"SHA-256\">");
        tb_html_text(page, hash);
        tb_buf_append_text(page->out, "</code></li>");
    }
    tb_buf_append_text(page->out, "</ul>");
}

/* ---- latency: a bar to the median, and the spread around it ---- */

/* The range of deviations from the median that all results of a model share: the bulk of each. */
static void spread_range(const tb_result *results, size_t count, double *low, double *high)
{
    *low = -0.01;
    *high = 0.01;
    for (size_t i = 0; i < count; i++) {
        const tb_result *at = &results[i];
        if (at->sample_count < 3 || at->summary.median <= 0)
            continue;
        double median = at->summary.median;
        *low = fmin(*low, tb_quantile_sorted(at->sorted_ns, at->sample_count, 0.01) / median - 1);
        *high = fmax(*high, tb_quantile_sorted(at->sorted_ns, at->sample_count, 0.97) / median - 1);
    }
    *low = fmax(*low, -0.5);
    *high = fmin(*high, 1.0);
}

/* A mirrored density ("violin") in a picture that stretches with the page. */
static void add_spread(tb_page *page, size_t index, const tb_axis *axis)
{
    enum { BINS = 64 };
    const tb_result *result = &page->results->items[index];
    double median = result->summary.median;
    double density[BINS];
    tb_density_sorted(result->sorted_ns, result->sample_count, median * (1 + axis->low),
                      median * (1 + axis->high), density, BINS);
    tb_buf_printf(page->out,
                  "<svg class=\"violin\" viewBox=\"0 0 %d 40\" preserveAspectRatio=\"none\" "
                  "aria-hidden=\"true\"><path d=\"M0 20",
                  BINS);
    for (int b = 0; b < BINS; b++)
        tb_buf_printf(page->out, "L%.1f %.2f", b + 0.5, 20 - 19 * density[b]);
    tb_buf_printf(page->out, "L%d 20", BINS);
    for (int b = BINS - 1; b >= 0; b--)
        tb_buf_printf(page->out, "L%.1f %.2f", b + 0.5, 20 + 19 * density[b]);
    tb_buf_append_text(page->out, "Z\"/></svg>");
    double place = 100 * tb_axis_place(axis, 0);
    if (result->row.median_low_ns.known) {
        double low = 100 * tb_axis_place(axis, result->summary.median_interval.low / median - 1);
        double high = 100 * tb_axis_place(axis, result->summary.median_interval.high / median - 1);
        tb_buf_printf(page->out, "<i class=\"interval\" style=\"left:%.2f%%;width:%.2f%%\"></i>",
                      low, high - low);
    }
    tb_buf_printf(page->out, "<i class=\"centre\" style=\"left:%.2f%%\"></i>", place);
}

static void add_spread_tip(tb_page *page, const tb_result *result)
{
    static const struct {
        const char *name;
        double p;
    } quantiles[] = {{"min", 0},   {"p25", .25}, {"median", .5},
                     {"p75", .75}, {"p95", .95}, {"max", 1}};
    for (size_t i = 0; i < TB_COUNT_OF(quantiles); i++) {
        char text[TB_FIGURE_TEXT_SIZE];
        tb_format_duration(
            tb_quantile_sorted(result->sorted_ns, result->sample_count, quantiles[i].p), text);
        tb_buf_printf(page->out, "%s%s %s", i ? " · " : "", quantiles[i].name, text);
    }
    tb_buf_printf(page->out, " · %zu samples", result->sample_count);
}

static void add_bar(tb_page *page, size_t index, const tb_axis *scale)
{
    const tb_result *result = &page->results->items[index];
    double median = result->summary.median;
    char middle[TB_FIGURE_TEXT_SIZE], interval[TB_FIGURE_TEXT_SIZE] = "";
    if (result->row.median_low_ns.known)
        tb_format_duration_interval(median, result->summary.median_interval.low,
                                    result->summary.median_interval.high, middle, interval);
    else
        tb_format_duration(median, middle);
    double width = 100 * tb_axis_place(scale, median);
    tb_buf_printf(page->out,
                  "<span class=\"figure\"><b>%s</b> <small>%s</small></span>"
                  "<span class=\"bar\"><i class=\"%s\" style=\"width:%.2f%%\"></i></span>",
                  middle, interval, page->series[index].colour, width);
}

void tb_html_latency_bars(tb_page *page, size_t first, size_t count)
{
    const tb_result *results = &page->results->items[first];
    double longest = 0, low, high;
    for (size_t i = 0; i < count; i++)
        longest = fmax(longest, results[i].summary.median);
    tb_axis scale = {.low = 0, .high = longest > 0 ? longest : 1};
    spread_range(results, count, &low, &high);
    tb_axis spread = tb_axis_linear(low, high, 4);
    tb_buf_append_text(page->out,
                       "<div class=\"latency\"><h3>Latency</h3><h3 class=\"spread-title\">Spread "
                       "<small>around the median</small></h3>");
    for (size_t i = first; i < first + count; i++) {
        const tb_result *result = &page->results->items[i];
        tb_buf_append_text(page->out, "<div class=\"what\">");
        tb_html_mark(page, i);
        tb_html_text(page, page->series[i].name);
        tb_buf_append_text(page->out, " ");
        tb_html_status(page, result, false);
        tb_buf_append_text(page->out, "</div>");
        if (!result->row.median_ns.known) {
            tb_buf_append_text(page->out, "<div class=\"nothing\">");
            tb_html_text(page, result->row.reason ? result->row.reason : "no samples");
            tb_buf_append_text(page->out, "</div>");
            continue;
        }
        tb_buf_append_text(page->out, "<div class=\"how-long\">");
        add_bar(page, i, &scale);
        tb_buf_append_text(page->out, "</div>");
        tb_buf_printf(page->out,
                      "<div class=\"spread %s\" tabindex=\"0\" role=\"img\" aria-label=\"",
                      page->series[i].colour);
        add_spread_tip(page, result);
        tb_buf_append_text(page->out, "\" data-tip=\"");
        add_spread_tip(page, result);
        tb_buf_append_text(page->out, "\">");
        add_spread(page, i, &spread);
        tb_buf_append_text(page->out, "</div>");
    }
    tb_buf_append_text(page->out, "<div class=\"spread-axis\">");
    tb_html_axis(page, &spread, true);
    tb_buf_append_text(page->out,
                       "<p class=\"spread-note\">spread around the median</p></div></div>");
}

/* ---- start-up and memory ---- */

typedef struct part {
    const char *title, *shade;
    size_t offset; /* of a tb_real in tb_result_row */
} part;

static tb_real part_of(const tb_result_row *row, const part *which)
{
    tb_real value;
    memcpy(&value, (const char *)row + which->offset, sizeof value);
    return value;
}

typedef void format_function(double value, char text[TB_FIGURE_TEXT_SIZE]);

/* Bars made of parts; where `overlap` the first part is the whole and the others lie inside it. */
static void add_part_bars(tb_page *page, size_t first, size_t count, const char *title,
                          const part *parts, size_t part_count, bool overlap,
                          format_function *format)
{
    double longest = 0;
    for (size_t i = first; i < first + count; i++) {
        double sum = 0;
        for (size_t p = 0; p < part_count; p++) {
            tb_real value = part_of(&page->results->items[i].row, &parts[p]);
            sum = overlap ? fmax(sum, value.value) : sum + value.value;
        }
        longest = fmax(longest, sum);
    }
    if (!(longest > 0))
        return;
    tb_buf_printf(page->out, "<div class=\"parts\"><h3>%s</h3><ul class=\"legend\">", title);
    for (size_t p = 0; p < part_count; p++)
        tb_buf_printf(page->out,
                      "<li><span class=\"swatch %s\" aria-hidden=\"true\"></span>%s</li>",
                      parts[p].shade, parts[p].title);
    tb_buf_append_text(page->out, "</ul>");
    for (size_t i = first; i < first + count; i++) {
        const tb_result_row *row = &page->results->items[i].row;
        double sum = 0;
        char text[TB_FIGURE_TEXT_SIZE];
        tb_buf words = {0};
        for (size_t p = 0; p < part_count; p++) {
            tb_real value = part_of(row, &parts[p]);
            if (!value.known)
                continue;
            sum = overlap ? fmax(sum, value.value) : sum + value.value;
            format(value.value, text);
            tb_buf_printf(&words, "%s%s %s", words.size ? " · " : "", parts[p].title, text);
        }
        tb_buf_append_text(page->out, "<div class=\"what\">");
        tb_html_mark(page, i);
        tb_html_text(page, page->series[i].name);
        tb_buf_append_text(page->out, "</div>");
        if (!words.size) {
            tb_buf_append_text(page->out, "<div class=\"nothing\">not measured</div>");
            continue;
        }
        format(sum, text);
        tb_buf_printf(page->out,
                      "<div class=\"how-long\" tabindex=\"0\" role=\"img\" aria-label=\"%s\" "
                      "data-tip=\"%s\"><span class=\"figure\"><b>%s</b></span>"
                      "<span class=\"bar%s\">",
                      tb_buf_text(&words), tb_buf_text(&words), text, overlap ? " inside" : "");
        for (size_t p = 0; p < part_count; p++) {
            tb_real value = part_of(row, &parts[p]);
            if (value.known)
                tb_buf_printf(page->out, "<i class=\"%s\" style=\"width:%.2f%%\"></i>",
                              parts[p].shade, 100 * value.value / longest);
        }
        tb_buf_append_text(page->out, "</span></div>");
        page->out->failed |= words.failed;
        tb_buf_free(&words);
    }
    tb_buf_append_text(page->out, "</div>");
}

void tb_html_startup_bars(tb_page *page, size_t first, size_t count)
{
    static const part parts[] = {
        {"load", "shade-1", offsetof(tb_result_row, load_ns)},
        {"delegate", "shade-2", offsetof(tb_result_row, delegate_ns)},
        {"allocate", "shade-3", offsetof(tb_result_row, allocate_ns)},
        {"first inference", "shade-4", offsetof(tb_result_row, first_invoke_ns)},
    };
    add_part_bars(page, first, count, "Start-up", parts, TB_COUNT_OF(parts), false,
                  tb_format_duration);
}

void tb_html_memory_bars(tb_page *page, size_t first, size_t count)
{
    static const part parts[] = {
        {"peak of the process", "shade-1", offsetof(tb_result_row, peak_rss_bytes)},
        {"steady", "shade-2", offsetof(tb_result_row, rss_bytes)},
        {"tensor arena", "shade-4", offsetof(tb_result_row, arena_bytes)},
    };
    add_part_bars(page, first, count, "Memory", parts, TB_COUNT_OF(parts), true, tb_format_bytes);
}

/* ---- cumulative distribution ---- */

void tb_html_cumulative(tb_page *page, size_t first, size_t count)
{
    enum { MOST_POINTS = 120, HEIGHT = 100, WIDTH = 1000 };
    double low = INFINITY, high = 0;
    size_t curves = 0;
    for (size_t i = first; i < first + count; i++) {
        const tb_result *result = &page->results->items[i];
        if (result->sample_count < 2 || result->sorted_ns[0] <= 0)
            continue;
        curves++;
        low = fmin(low, result->sorted_ns[0]);
        high = fmax(high, tb_quantile_sorted(result->sorted_ns, result->sample_count, 0.995));
    }
    if (!curves)
        return;
    tb_axis axis = high / low > 3 ? tb_axis_logarithmic(low * 0.97, high * 1.03, 6)
                                  : tb_axis_linear(low, high, 5);
    tb_buf_printf(
        page->out,
        "<figure class=\"cumulative\"><h3>Cumulative distribution</h3><div class=\"plot\">"
        "<svg viewBox=\"0 0 %d %d\" preserveAspectRatio=\"none\" role=\"img\" "
        "aria-label=\"share of samples at or below each latency\">",
        WIDTH, HEIGHT);
    for (size_t k = 0; k < axis.tick_count; k++) {
        double x = WIDTH * tb_axis_place(&axis, axis.ticks[k]);
        tb_buf_printf(page->out, "<path class=\"rule\" d=\"M%.1f 0V%d\"/>", x, HEIGHT);
    }
    tb_buf_printf(page->out, "<path class=\"rule\" d=\"M0 %d H%d\"/>", HEIGHT / 2, WIDTH);
    for (size_t i = first; i < first + count; i++) {
        const tb_result *result = &page->results->items[i];
        size_t n = result->sample_count;
        if (n < 2 || result->sorted_ns[0] <= 0)
            continue;
        size_t points = n < MOST_POINTS ? n : MOST_POINTS;
        tb_buf_printf(page->out, "<path class=\"curve %s\" d=\"M0 %d", page->series[i].colour,
                      HEIGHT);
        for (size_t p = 0; p < points; p++) {
            size_t at = points > 1 ? p * (n - 1) / (points - 1) : 0;
            tb_buf_printf(page->out, "H%.1fV%.1f",
                          WIDTH * tb_axis_place(&axis, result->sorted_ns[at]),
                          HEIGHT - HEIGHT * (double)(at + 1) / (double)n);
        }
        tb_buf_printf(page->out, "H%d\"/>", WIDTH);
    }
    tb_buf_append_text(page->out, "</svg>");
    for (size_t i = first; i < first + count; i++) {
        const tb_result *result = &page->results->items[i];
        if (result->sample_count >= 2 && result->sorted_ns[0] > 0)
            tb_buf_printf(page->out,
                          "<span class=\"mark dot %s\" aria-hidden=\"true\" "
                          "style=\"left:%.2f%%\">%s</span>",
                          page->series[i].colour,
                          100 * tb_axis_place(&axis, result->summary.median), page->series[i].mark);
    }
    tb_buf_append_text(page->out, "<span class=\"y top\">100 %</span>"
                                  "<span class=\"y half\">50 %</span>"
                                  "<span class=\"y bottom\">0 %</span></div>");
    tb_html_axis(page, &axis, false);
    tb_buf_append_text(page->out, "<figcaption class=\"legend\">");
    for (size_t i = first; i < first + count; i++) {
        if (page->results->items[i].sample_count < 2)
            continue;
        tb_buf_append_text(page->out, "<span>");
        tb_html_mark(page, i);
        tb_html_text(page, page->series[i].name);
        tb_buf_append_text(page->out, "</span>");
    }
    tb_buf_append_text(page->out, "</figcaption></figure>");
}

/* ---- all of it ---- */

tb_status tb_html_models(tb_page *page)
{
    size_t number = 0;
    for (size_t i = 0; i < page->results->count;) {
        size_t count = tb_model_group(page->results, i);
        add_heading(page, i, ++number);
        /* A single model has its latency in the first picture of the page. */
        if (page->model_count > 1)
            tb_html_latency_bars(page, i, count);
        tb_buf_append_text(page->out, "<div class=\"pair\">");
        tb_html_startup_bars(page, i, count);
        tb_html_memory_bars(page, i, count);
        tb_buf_append_text(page->out, "</div>");
        tb_html_cumulative(page, i, count);
        for (size_t k = i; k < i + count; k++) {
            tb_status status = tb_html_detail(page, k);
            if (status != TB_OK)
                return status;
        }
        tb_buf_append_text(page->out, "</section>");
        i += count;
    }
    return TB_OK;
}
