/* The first picture: every model on one axis, or the latencies of a single one. */
#include <math.h>
#include <string.h>

#include "reports/html_page.h"
#include "reports/html_speed.h"

static void add_legend(tb_page *page)
{
    tb_buf_append_text(page->out, "<ul class=\"legend\">");
    for (size_t i = 0; i < page->results->count; i++) {
        bool seen = false;
        for (size_t k = 0; k < i && !seen; k++)
            seen = strcmp(page->series[k].family, page->series[i].family) == 0;
        if (seen)
            continue;
        tb_buf_printf(page->out, "<li><span class=\"mark %s\" aria-hidden=\"true\"></span>",
                      page->series[i].colour);
        tb_html_text(page, page->series[i].family);
        tb_buf_append_text(page->out, "</li>");
    }
    bool doubtful = false;
    for (size_t i = 0; i < page->results->count; i++)
        doubtful |= page->results->items[i].row.median_ns.known &&
                    !tb_result_is_right(&page->results->items[i]);
    tb_buf_printf(page->out, "<li class=\"hint\">the number is that of threads%s</li></ul>",
                  doubtful ? "; hollow: wrong outputs, or not all processes ended well" : "");
}

static bool overview_axis(const tb_page *page, tb_axis *axis)
{
    double low = INFINITY, high = 0;
    for (size_t i = 0; i < page->results->count; i++) {
        const tb_result *result = &page->results->items[i];
        if (!result->row.median_ns.known || result->summary.median <= 0)
            continue;
        low = fmin(low, result->summary.median);
        high = fmax(high, result->summary.median);
    }
    if (!(high > 0))
        return false;
    *axis = tb_axis_logarithmic(low / 1.4, high * 1.4, 6);
    return true;
}

static void add_dot(tb_page *page, size_t index, const tb_axis *axis, int level)
{
    const tb_result *result = &page->results->items[index];
    char middle[TB_FIGURE_TEXT_SIZE];
    tb_format_duration(result->summary.median, middle);
    bool right = tb_result_is_right(result);
    tb_buf_printf(page->out,
                  "<span class=\"mark dot %s%s\" style=\"left:%.2f%%;--level:%d\" data-tip=\"",
                  page->series[index].colour, right ? "" : " doubtful",
                  100 * tb_axis_place(axis, result->summary.median), level);
    tb_html_text(page, page->series[index].name);
    tb_buf_printf(page->out, ": %s\">%s</span>", middle, page->series[index].mark);
}

/* Gives each dot of a model the first level on which it hides no other; the number of levels. */
static int stack_dots(const tb_page *page, size_t first, size_t count, const tb_axis *axis,
                      int *levels)
{
    const double apart = 0.045; /* of the track: a mark's width on a phone */
    int used = 1;
    for (size_t i = 0; i < count; i++) {
        const tb_result *result = &page->results->items[first + i];
        levels[i] = -1;
        if (!result->row.median_ns.known)
            continue;
        double place = tb_axis_place(axis, result->summary.median);
        int level = 0;
        for (size_t k = 0; k < i; k++) {
            double other = tb_axis_place(axis, page->results->items[first + k].summary.median);
            if (levels[k] == level && fabs(other - place) < apart) {
                level++;
                k = (size_t)-1; /* look at all again on the next level */
            }
        }
        levels[i] = level;
        used = level + 1 > used ? level + 1 : used;
    }
    return used;
}

static void open_track(tb_page *page, size_t first, size_t count, int levels)
{
    const tb_result *fastest = tb_fastest(&page->results->items[first], count);
    tb_buf_printf(page->out,
                  "<div class=\"track\" style=\"--levels:%d\" role=\"img\" aria-label=\"", levels);
    if (fastest) {
        char middle[TB_FIGURE_TEXT_SIZE];
        tb_format_duration(fastest->summary.median, middle);
        tb_buf_append_text(page->out, "fastest: ");
        tb_html_text(page, page->series[fastest - page->results->items].name);
        tb_buf_printf(page->out, ", %s", middle);
    } else {
        tb_buf_append_text(page->out, "no result");
    }
    tb_buf_append_text(page->out, "\">");
}

static void add_track(tb_page *page, size_t first, size_t count, const tb_axis *axis)
{
    int *levels = tb_pool_take(page->pool, count, sizeof *levels);
    if (!levels)
        return;
    open_track(page, first, count, stack_dots(page, first, count, axis, levels));
    for (size_t k = 0; k < axis->tick_count; k++)
        tb_buf_printf(page->out, "<i style=\"left:%.2f%%\"></i>",
                      100 * tb_axis_place(axis, axis->ticks[k]));
    bool any = false;
    for (size_t i = 0; i < count; i++) {
        if (levels[i] < 0)
            continue;
        add_dot(page, first + i, axis, levels[i]);
        any = true;
    }
    if (!any)
        tb_buf_append_text(page->out, "<span class=\"none\">no result</span>");
    tb_buf_append_text(page->out, "</div>");
}

/* Where data with labels was evaluated. */
static void add_speed(tb_page *page)
{
    size_t count = page->results->count;
    tb_speed_point *points = tb_pool_take(page->pool, count + 1, sizeof *points);
    tb_speed speed = {.points = points, .unit = "share"};
    for (size_t i = 0; points && i < count; i++) {
        const tb_result *result = &page->results->items[i];
        const tb_result_row *row = &result->row;
        if (!row->median_ns.known || !(row->median_ns.value > 0))
            continue;
        bool interval = row->accuracy_low.known && row->accuracy_high.known;
        points[speed.count++] = (tb_speed_point){
            .name = page->series[i].name,
            .colour = page->series[i].colour,
            .median_ns = row->median_ns.value,
            .low_ns = row->median_low_ns.value,
            .high_ns = row->median_high_ns.value,
            .has_interval = row->median_low_ns.known && row->median_high_ns.known,
            .has_right = row->accuracy.known,
            .right = row->accuracy.value,
            .right_low = interval ? row->accuracy_low.value : row->accuracy.value,
            .right_high = interval ? row->accuracy_high.value : row->accuracy.value,
            .doubtful = !tb_result_is_right(result),
        };
        if (row->accuracy.known && row->accuracy_metric)
            speed.measure = row->accuracy_metric;
    }
    if (speed.measure && strcmp(speed.measure, "mae") == 0)
        speed.unit = "";
    if (speed.measure)
        tb_html_speed(&speed, page->out);
}

tb_status tb_html_overview(tb_page *page)
{
    tb_axis axis;
    if (page->model_count == 1) {
        tb_buf_append_text(page->out,
                           "<section class=\"overview\" aria-labelledby=\"overview-title\">"
                           "<h2 id=\"overview-title\" class=\"hidden\">Latency</h2>");
        tb_html_latency_bars(page, 0, page->results->count);
        add_speed(page);
        tb_buf_append_text(page->out, "</section>");
        return tb_pool_check(page->pool, page->err);
    }
    if (page->model_count == 0 || !overview_axis(page, &axis))
        return TB_OK;
    tb_buf_append_text(page->out, "<section class=\"overview\" aria-labelledby=\"overview-title\">"
                                  "<h2 id=\"overview-title\">Latency of every model</h2>");
    add_legend(page);
    tb_buf_append_text(page->out, "<div class=\"dots\">");
    size_t number = 0;
    for (size_t i = 0; i < page->results->count;) {
        size_t count = tb_model_group(page->results, i);
        tb_buf_printf(page->out, "<a class=\"name\" href=\"#model-%zu\">", ++number);
        tb_html_text(page, page->results->items[i].row.model);
        tb_buf_append_text(page->out, "</a>");
        add_track(page, i, count, &axis);
        i += count;
    }
    tb_buf_append_text(page->out, "<span class=\"name\"></span>");
    tb_html_axis(page, &axis, false);
    tb_buf_append_text(page->out, "</div></section>");
    return tb_pool_check(page->pool, page->err);
}
