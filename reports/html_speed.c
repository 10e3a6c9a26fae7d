/* See html_speed.h. Places are shares of the field, so that it fits any width. */
#include "reports/html_speed.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "reports/escape.h"
#include "reports/plot.h"
#include "reports/units.h"

typedef struct field {
    const tb_speed *speed;
    tb_axis time, right;
    bool has_axis; /* numbers on the upright axis; else all are exact, or nothing is known */
    tb_buf *out;
} field;

/* Room above the axis for what is exact, and around the points. */
#define TOP_SHARE 0.86

static void format_right(const tb_speed *speed, double value, char text[TB_FIGURE_TEXT_SIZE])
{
    if (speed->unit && speed->unit[0] == 'd')
        snprintf(text, TB_FIGURE_TEXT_SIZE, "%.1f dB", value);
    else if (speed->unit && speed->unit[0] == 's')
        snprintf(text, TB_FIGURE_TEXT_SIZE, "%.1f %%", 100 * value);
    else
        tb_format_value(value, speed->unit, text);
}

/* A tick is round: "120.0 dB" is "120 dB". */
static void drop_zero(char text[TB_FIGURE_TEXT_SIZE])
{
    char *zero = strstr(text, ".0 ");
    if (zero)
        memmove(zero, zero + 2, strlen(zero + 2) + 1);
}

static bool make_axes(field *f)
{
    double fast = INFINITY, slow = 0, low = INFINITY, high = -INFINITY;
    for (size_t k = 0; k < f->speed->count; k++) {
        const tb_speed_point *p = &f->speed->points[k];
        fast = fmin(fast, p->median_ns);
        slow = fmax(slow, p->median_ns);
        if (!p->has_right)
            continue;
        bool interval = p->right_low < p->right_high;
        low = fmin(low, interval ? p->right_low : p->right);
        high = fmax(high, interval ? p->right_high : p->right);
    }
    if (!(fast > 0) || !isfinite(fast))
        return false;
    f->time = tb_axis_logarithmic(fast / 1.25, slow * 1.25, 5);
    f->has_axis = low <= high;
    if (f->has_axis) {
        double pad = high > low ? 0.15 * (high - low) : fmax(fabs(high) * 0.05, 1e-6);
        f->right = tb_axis_linear(low - pad, high + pad, 4);
    }
    return true;
}

static double across(const field *f, const tb_speed_point *p)
{
    return 100 * tb_axis_place(&f->time, p->median_ns);
}

static double up(const field *f, double right)
{
    return 100 * TOP_SHARE * tb_axis_place(&f->right, right);
}

static double height_of(const field *f, const tb_speed_point *p)
{
    if (p->has_right)
        return up(f, p->right);
    return p->exact ? 96 : 0;
}

static void add_grid(const field *f)
{
    char text[TB_FIGURE_TEXT_SIZE];
    for (size_t k = 0; k < f->time.tick_count; k++) {
        tb_format_duration(f->time.ticks[k], text);
        tb_buf_printf(f->out, "<i class=\"down\" style=\"left:%.2f%%\"><small>%s</small></i>",
                      100 * tb_axis_place(&f->time, f->time.ticks[k]), text);
    }
    for (size_t k = 0; f->has_axis && k < f->right.tick_count; k++) {
        format_right(f->speed, f->right.ticks[k], text);
        drop_zero(text);
        tb_buf_printf(f->out, "<i class=\"flat\" style=\"bottom:%.2f%%\"><small>%s</small></i>",
                      up(f, f->right.ticks[k]), text);
    }
    bool any = false;
    for (size_t k = 0; k < f->speed->count; k++)
        any = any || f->speed->points[k].exact;
    if (any)
        tb_buf_append_text(f->out,
                           "<i class=\"flat\" style=\"bottom:96%\"><small>exact</small></i>");
}

/* A point is right and not beaten: no other is as fast and as right. */
static bool is_best(const field *f, size_t index)
{
    const tb_speed_point *p = &f->speed->points[index];
    if (p->doubtful || p->reference || !(p->has_right || p->exact))
        return false;
    for (size_t k = 0; k < f->speed->count; k++) {
        const tb_speed_point *other = &f->speed->points[k];
        if (k == index || other->doubtful || other->reference ||
            !(other->has_right || other->exact))
            continue;
        bool as_right = other->exact || (p->has_right && other->right >= p->right);
        bool as_fast = other->median_ns <= p->median_ns;
        bool better = other->median_ns < p->median_ns || (other->exact && !p->exact) ||
                      (other->has_right && p->has_right && other->right > p->right);
        if (as_right && as_fast && better)
            return false;
    }
    return true;
}

static void add_point(const field *f, size_t index)
{
    const tb_speed_point *p = &f->speed->points[index];
    if (p->has_right && p->right_low < p->right_high)
        tb_buf_printf(f->out,
                      "<u class=\"%s\" style=\"left:%.2f%%;bottom:%.2f%%;height:%.2f%%\"></u>",
                      p->colour, across(f, p), up(f, p->right_low),
                      up(f, p->right_high) - up(f, p->right_low));
    if (p->has_right || p->exact)
        tb_buf_printf(f->out, "<b class=\"mark %s%s\" style=\"left:%.2f%%;bottom:%.2f%%\">%zu</b>",
                      p->colour, p->doubtful ? " doubtful" : "", across(f, p), height_of(f, p),
                      index + 1);
}

static void add_row(const field *f, size_t index)
{
    const tb_speed_point *p = &f->speed->points[index];
    char middle[TB_FIGURE_TEXT_SIZE] = "", interval[TB_FIGURE_TEXT_SIZE] = "",
         right[TB_FIGURE_TEXT_SIZE] = "";
    tb_format_duration(p->median_ns, middle);
    if (p->has_interval)
        tb_format_duration_interval(p->median_ns, p->low_ns, p->high_ns, middle, interval);
    if (p->has_right)
        format_right(f->speed, p->right, right);
    bool best = is_best(f, index);
    tb_buf_printf(f->out, "<tr%s><th scope=\"row\"><span class=\"mark %s%s\">%zu</span>",
                  best ? " class=\"best\"" : "", p->colour, p->doubtful ? " doubtful" : "",
                  index + 1);
    tb_escape_html(f->out, p->name);
    tb_buf_printf(f->out, "<small>%s</small>",
                  p->doubtful    ? "wrong"
                  : p->reference ? "the reference"
                  : best         ? "none is faster and as right"
                                 : "");
    tb_buf_printf(f->out, "</th><td class=\"n\">%s <small>%s</small></td><td class=\"n\">%s</td>",
                  middle, interval,
                  p->has_right ? right
                  : p->exact   ? "exact"
                               : "<span class=\"absent\">not compared</span>");
    tb_buf_append_text(f->out, "</tr>");
}

void tb_html_speed(const tb_speed *speed, tb_buf *out)
{
    field f = {.speed = speed, .out = out};
    if (!speed->count || !make_axes(&f))
        return;
    /* A single point at no height is no picture. */
    if (speed->count == 1 && speed->without) {
        tb_buf_append_text(out, "<p id=\"speed\" class=\"note\">Speed against accuracy: not "
                                "available: ");
        tb_escape_html(out, speed->without);
        tb_buf_append_text(out, ".</p>");
        return;
    }
    tb_buf_append_text(out, "<figure id=\"speed\" class=\"card speed\"><figcaption><h2>Speed "
                            "against accuracy</h2><p class=\"note\">");
    if (speed->without) {
        tb_buf_append_text(out, "Accuracy: not available: ");
        tb_escape_html(out, speed->without);
        tb_buf_append_text(out, ".");
    } else {
        tb_buf_append_text(out, "Upwards: ");
        tb_escape_html(out, speed->measure);
        tb_buf_append_text(out, ". To the left: faster.");
    }
    tb_buf_append_text(out, "</p></figcaption><div class=\"speed-parts\">");
    if (!speed->without) {
        tb_buf_append_text(out, "<div class=\"speed-field\" aria-hidden=\"true\">");
        add_grid(&f);
        for (size_t k = 0; k < speed->count; k++)
            add_point(&f, k);
        tb_buf_append_text(out, "</div>");
    }
    tb_buf_append_text(out, "<div class=\"wide\" role=\"group\" tabindex=\"0\" "
                            "aria-label=\"Speed and accuracy\"><table class=\"plain\"><thead><tr>"
                            "<th scope=\"col\">Configuration</th><th class=\"n\" scope=\"col\">"
                            "Median</th><th class=\"n\" scope=\"col\">");
    tb_escape_html(out, speed->measure ? speed->measure : "Accuracy");
    tb_buf_append_text(out, "</th></tr></thead><tbody>");
    for (size_t k = 0; k < speed->count; k++)
        add_row(&f, k);
    tb_buf_append_text(out, "</tbody></table></div></div></figure>");
}
