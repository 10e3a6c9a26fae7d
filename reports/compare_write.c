/* Comparisons in the formats that people and programs read. */
#include <cjson/cJSON.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reports/compare.h"
#include "reports/escape.h"
#include "reports/grid.h"
#include "reports/units.h"
#include "reports/writer.h"
#include "runtime/base/size.h"

#define SCHEMA        "tflbench.compare"
#define LEAST_LOSS_DB 1
#define MOST_OPS      5 /* of each comparison, for people */

/* ---- what is shown ---- */

/* Timings of runs that cannot be compared are not shown; sizes and counts are. */
static bool is_shown(const tb_compared *compared, tb_metric metric, bool forced)
{
    return !compared->refused || forced || tb_metric_about(metric)->deterministic;
}

static tb_tone tone_of(tb_metric metric, const tb_metric_change *change)
{
    const char *word = tb_change_word(metric, change);
    bool bad = strcmp(word, "slower") == 0 || strcmp(word, "larger") == 0;
    bool good = strcmp(word, "faster") == 0 || strcmp(word, "smaller") == 0;
    return bad ? TB_TONE_BAD : good ? TB_TONE_GOOD : TB_TONE_PLAIN;
}

static const char *value_text(tb_pool *pool, tb_metric metric, double value)
{
    char text[TB_FIGURE_TEXT_SIZE];
    const char *unit = tb_metric_about(metric)->unit;
    if (strcmp(unit, "/s") == 0) {
        tb_format_count(value, text);
        return tb_pool_printf(pool, "%s/s", text);
    }
    if (strcmp(unit, "count") == 0)
        tb_format_count(value, text);
    else
        tb_format_value(value, unit, text);
    return tb_pool_text(pool, text);
}

typedef struct row {
    const tb_comparison *item;
    tb_metric metric;
} row;

/* The median latency of every comparison, then whatever else changed. */
static size_t choose_rows(const tb_compared *compared, bool forced, row *rows)
{
    size_t count = 0;
    for (size_t i = 0; i < compared->count; i++)
        if (is_shown(compared, TB_METRIC_MEDIAN, forced))
            rows[count++] = (row){&compared->items[i], TB_METRIC_MEDIAN};
    for (size_t i = 0; i < compared->count; i++)
        for (int m = TB_METRIC_MEDIAN + 1; m < TB_METRIC_COUNT; m++) {
            const tb_metric_change *change = &compared->items[i].metrics[m];
            bool plain = tone_of((tb_metric)m, change) == TB_TONE_PLAIN;
            if (change->known && !plain && is_shown(compared, (tb_metric)m, forced))
                rows[count++] = (row){&compared->items[i], (tb_metric)m};
        }
    return count;
}

static void fill_row(const row *r, tb_pool *pool, tb_cell *cells)
{
    const tb_metric_change *change = &r->item->metrics[r->metric];
    const char *none = r->item->failure ? r->item->failure : "not measured";
    cells[0].text = r->item->name;
    cells[1].text = tb_metric_about(r->metric)->title;
    for (int c = 2; c < 6; c++)
        cells[c].text = "";
    if (r->item->failure || !change->known) {
        cells[5] = (tb_cell){none, TB_TONE_BAD};
        return;
    }
    cells[2].text = value_text(pool, r->metric, change->base);
    cells[3].text = value_text(pool, r->metric, change->head);
    char text[96];
    tb_format_change(&change->ratio, text);
    cells[4].text = tb_pool_text(pool, text);
    cells[5] = (tb_cell){tb_change_word(r->metric, change), tone_of(r->metric, change)};
}

static tb_status make_grid(const tb_compared *compared, bool forced, tb_pool *pool, tb_error *err,
                           tb_grid *grid)
{
    static const tb_column columns[] = {
        {"configuration", false, true, 0}, {"metric", false, false, 0},
        {"base", true, false, 0},          {"head", true, false, 0},
        {"change [95 %]", true, false, 0}, {"verdict", false, false, 0}};
    size_t width = TB_COUNT_OF(columns);
    row *rows = tb_pool_take(pool, compared->count * TB_METRIC_COUNT + 1, sizeof *rows);
    *grid = (tb_grid){.column_count = width};
    grid->columns = tb_pool_take(pool, width, sizeof *grid->columns);
    if (!rows || !grid->columns)
        return tb_pool_check(NULL, err);
    memcpy(grid->columns, columns, sizeof columns);
    grid->row_count = choose_rows(compared, forced, rows);
    grid->cells = tb_pool_take(pool, (grid->row_count + 1) * width, sizeof *grid->cells);
    if (!grid->cells)
        return tb_pool_check(NULL, err);
    for (size_t r = 0; r < grid->row_count; r++)
        fill_row(&rows[r], pool, grid->cells + r * width);
    return tb_pool_check(pool, err);
}

/* ---- lines beside the table ---- */

typedef void line_taker(void *context, const char *text);

static void tell_caveats(const tb_compared *compared, bool forced, line_taker *take, void *context)
{
    tb_buf line = {0};
    for (size_t k = 0; k < compared->caveat_count; k++) {
        const tb_caveat *caveat = &compared->caveats[k];
        tb_buf_clear(&line);
        tb_buf_printf(&line, "%s: %s is %s in base, %s in head",
                      caveat->refuses ? "not comparable" : "note", caveat->what, caveat->base,
                      caveat->head);
        take(context, tb_buf_text(&line));
    }
    if (compared->refused)
        take(context, forced ? "timings are shown because --force was given: they tell nothing sure"
                             : "timings are not compared; --force shows them all the same");
    tb_buf_free(&line);
}

static void tell_item(const tb_comparison *item, line_taker *take, void *context)
{
    tb_buf line = {0};
    const struct {
        bool is;
        const char *text;
    } notes[] = {
        {item->nondeterministic, "the same inputs gave different outputs"},
        {item->head_wrong, "head's outputs are wrong"},
        {item->outputs_differ && !item->nondeterministic, "base and head give different outputs"},
        {item->plan_changed, "the delegate's plan changed"},
        {item->metrics[TB_METRIC_MEDIAN].known && item->metrics[TB_METRIC_MEDIAN].ratio.one_process,
         "one process on a side: how processes differ from each other is not in the interval"},
    };
    for (size_t k = 0; k < TB_COUNT_OF(notes); k++) {
        if (!notes[k].is)
            continue;
        tb_buf_clear(&line);
        tb_buf_printf(&line, "%s: %s", item->name, notes[k].text);
        take(context, tb_buf_text(&line));
    }
    tb_buf_free(&line);
}

static void tell_latency(const tb_comparison *item, line_taker *take, void *context)
{
    if (item->failure || !item->metrics[TB_METRIC_MEDIAN].known)
        return;
    tb_buf line = {0};
    tb_buf_printf(&line, "%s: ", item->name);
    if (item->base_name)
        tb_buf_printf(&line, "against %s ", item->base_name);
    tb_describe_change(item, &line);
    take(context, tb_buf_text(&line));
    bool changed = tone_of(TB_METRIC_MEDIAN, &item->metrics[TB_METRIC_MEDIAN]) != TB_TONE_PLAIN;
    for (size_t k = 0; changed && k < item->op_count && k < MOST_OPS; k++) {
        const tb_op_change *op = &item->ops[k];
        if (op->share < 0.05)
            break;
        char base[TB_FIGURE_TEXT_SIZE], head[TB_FIGURE_TEXT_SIZE];
        tb_format_duration(op->base_ns, base);
        tb_format_duration(op->head_ns, head);
        tb_buf_clear(&line);
        tb_buf_printf(&line, "    %s #%s: %s -> %s, %.0f %% of the difference", op->op, op->nodes,
                      base, head, op->share * 100);
        take(context, tb_buf_text(&line));
    }
    tb_buf_free(&line);
}

/* The ops whose delegating cost most; one that lost nothing is no news. */
static void tell_costs(const tb_comparison *item, line_taker *take, void *context)
{
    for (size_t k = 0; !item->failure && k < item->costs.count && k < MOST_OPS; k++) {
        const tb_cost *cost = &item->costs.items[k];
        if (!cost->snr_db.known || (cost->lost_db.known && cost->lost_db.value < LEAST_LOSS_DB))
            break;
        tb_buf line = {0};
        tb_buf_printf(&line, "%s%s: ", k ? "    " : "", k ? cost->op : item->name);
        if (!k)
            tb_buf_printf(&line, "%s: ", cost->op);
        tb_cost_describe(cost, &line);
        take(context, tb_buf_text(&line));
        tb_buf_free(&line);
    }
}

static void tell_all(const tb_compared *compared, bool forced, line_taker *take, void *context)
{
    tell_caveats(compared, forced, take, context);
    for (size_t i = 0; i < compared->count; i++) {
        if (is_shown(compared, TB_METRIC_MEDIAN, forced))
            tell_latency(&compared->items[i], take, context);
        tell_costs(&compared->items[i], take, context);
        tell_item(&compared->items[i], take, context);
    }
    for (size_t i = 0; i < compared->unmatched_count; i++)
        take(context, compared->unmatched[i]);
    if (compared->mean_count > 1 && is_shown(compared, TB_METRIC_MEDIAN, forced)) {
        tb_ratio ratio = {.ratio = compared->mean.ratio, .interval = compared->mean.interval};
        char text[96], line[200];
        tb_format_change(&ratio, text);
        snprintf(line, sizeof line, "geometric mean of %zu: %s", compared->mean_count, text);
        take(context, line);
    }
}

/* ---- formats ---- */

static void plain_line(void *context, const char *text)
{
    tb_escape_plain(context, text);
    tb_buf_append_text(context, "\n");
}

static tb_status write_table(const tb_compared *compared, bool forced,
                             const tb_report_options *options, tb_buf *out, tb_error *err)
{
    tb_pool *pool = tb_pool_create();
    tb_grid grid;
    tb_status status = make_grid(compared, forced, pool, err, &grid);
    if (status == TB_OK && grid.row_count)
        status = tb_grid_write_table(&grid, options, pool, out, err);
    if (grid.row_count)
        tb_buf_append_text(out, "\n");
    if (status == TB_OK)
        tell_all(compared, forced, plain_line, out);
    tb_pool_free(pool);
    return status;
}

static void markdown_line(void *context, const char *text)
{
    tb_buf_append_text(context, strncmp(text, "    ", 4) == 0 ? "  - " : "- ");
    tb_escape_markdown(context, text + strspn(text, " "));
    tb_buf_append_text(context, "\n");
}

static tb_status write_markdown(const tb_compared *compared, bool forced,
                                const tb_report_options *options, tb_buf *out, tb_error *err)
{
    (void)options;
    tb_pool *pool = tb_pool_create();
    tb_grid grid;
    tb_status status = make_grid(compared, forced, pool, err, &grid);
    if (status == TB_OK && grid.row_count)
        tb_grid_write_markdown(&grid, out);
    if (status == TB_OK) {
        tb_buf_append_text(out, "\n");
        tell_all(compared, forced, markdown_line, out);
    }
    tb_pool_free(pool);
    return status;
}

static void csv_number(tb_buf *out, bool known, double value)
{
    if (known && isfinite(value))
        tb_buf_printf(out, ",%.17g", value);
    else
        tb_buf_append_text(out, ",");
}

static tb_status write_csv(const tb_compared *compared, bool forced,
                           const tb_report_options *options, tb_buf *out, tb_error *err)
{
    (void)options;
    (void)err;
    tb_buf_append_text(out, "schema,version,configuration,metric,unit,base,head,ratio,ratio_low,"
                            "ratio_high,p,verdict,failure\n");
    for (size_t i = 0; i < compared->count; i++)
        for (int m = 0; m < TB_METRIC_COUNT; m++) {
            const tb_comparison *item = &compared->items[i];
            const tb_metric_change *change = &item->metrics[m];
            bool known =
                change->known && !item->failure && is_shown(compared, (tb_metric)m, forced);
            if (!known && !(item->failure && m == TB_METRIC_MEDIAN))
                continue;
            tb_buf_printf(out, SCHEMA ",%d,", TB_REPORT_SCHEMA_VERSION);
            tb_escape_csv(out, item->name);
            tb_buf_printf(out, ",%s,%s", tb_metric_about((tb_metric)m)->key,
                          tb_metric_about((tb_metric)m)->unit);
            bool interval = known && change->ratio.interval.level > 0;
            csv_number(out, known, change->base);
            csv_number(out, known, change->head);
            csv_number(out, known, change->ratio.ratio);
            csv_number(out, interval, change->ratio.interval.low);
            csv_number(out, interval, change->ratio.interval.high);
            csv_number(out, interval, change->p);
            tb_buf_printf(out, ",%s,", known ? tb_change_word((tb_metric)m, change) : "");
            tb_escape_csv(out, item->failure);
            tb_buf_append_text(out, "\n");
        }
    return TB_OK;
}

static void add_number(cJSON *object, const char *key, bool known, double value)
{
    if (known && isfinite(value))
        cJSON_AddNumberToObject(object, key, value);
    else
        cJSON_AddNullToObject(object, key);
}

static void add_text(cJSON *object, const char *key, const char *text)
{
    if (text)
        cJSON_AddStringToObject(object, key, text);
    else
        cJSON_AddNullToObject(object, key);
}

static cJSON *json_metric(tb_metric metric, const tb_metric_change *change)
{
    cJSON *object = cJSON_CreateObject();
    bool interval = change->ratio.interval.level > 0;
    add_text(object, "metric", tb_metric_about(metric)->key);
    add_text(object, "unit", tb_metric_about(metric)->unit);
    add_number(object, "base", true, change->base);
    add_number(object, "head", true, change->head);
    add_number(object, "ratio", true, change->ratio.ratio);
    add_number(object, "ratio_low", interval, change->ratio.interval.low);
    add_number(object, "ratio_high", interval, change->ratio.interval.high);
    add_number(object, "p", interval, change->p);
    cJSON_AddBoolToObject(object, "paired", change->ratio.paired);
    add_number(object, "processes_base", true, (double)change->ratio.base_processes);
    add_number(object, "processes_head", true, (double)change->ratio.head_processes);
    add_text(object, "verdict", tb_change_word(metric, change));
    return object;
}

static void add_costs(cJSON *object, const tb_costs *costs)
{
    cJSON *list = cJSON_AddArrayToObject(object, "costs");
    for (size_t k = 0; k < costs->count; k++) {
        const tb_cost *cost = &costs->items[k];
        bool both = cost->plain_ns.known && cost->time_ns.known;
        cJSON *line = cJSON_CreateObject();
        add_text(line, "nodes", cost->nodes);
        add_text(line, "op", cost->op);
        add_number(line, "time_ns", cost->time_ns.known, cost->time_ns.value);
        add_number(line, "plain_ns", cost->plain_ns.known, cost->plain_ns.value);
        add_number(line, "saved_ns", both, cost->plain_ns.value - cost->time_ns.value);
        add_number(line, "snr_db", cost->snr_db.known, cost->snr_db.value);
        add_number(line, "lost_db", cost->lost_db.known, cost->lost_db.value);
        add_text(line, "reason", cost->snr_db.known ? NULL : cost->without);
        cJSON_AddItemToArray(list, line);
    }
}

static cJSON *json_item(const tb_compared *compared, const tb_comparison *item, bool forced)
{
    cJSON *object = cJSON_CreateObject();
    add_text(object, "configuration", item->name);
    add_text(object, "base_configuration", item->base_name ? item->base_name : item->name);
    add_text(object, "failure", item->failure);
    cJSON_AddBoolToObject(object, "nondeterministic", item->nondeterministic);
    cJSON_AddBoolToObject(object, "outputs_differ", item->outputs_differ);
    cJSON_AddBoolToObject(object, "head_wrong", item->head_wrong);
    cJSON_AddBoolToObject(object, "plan_changed", item->plan_changed);
    cJSON *metrics = cJSON_AddArrayToObject(object, "metrics");
    for (int m = 0; m < TB_METRIC_COUNT; m++)
        if (item->metrics[m].known && !item->failure && is_shown(compared, (tb_metric)m, forced))
            cJSON_AddItemToArray(metrics, json_metric((tb_metric)m, &item->metrics[m]));
    cJSON *ops = cJSON_AddArrayToObject(object, "ops");
    for (size_t k = 0; k < item->op_count && is_shown(compared, TB_METRIC_MEDIAN, forced); k++) {
        cJSON *op = cJSON_CreateObject();
        add_text(op, "op", item->ops[k].op);
        add_text(op, "nodes", item->ops[k].nodes);
        add_text(op, "tensor", item->ops[k].tensor);
        add_number(op, "base_ns", item->ops[k].base_ns > 0, item->ops[k].base_ns);
        add_number(op, "head_ns", item->ops[k].head_ns > 0, item->ops[k].head_ns);
        add_number(op, "share", true, item->ops[k].share);
        cJSON_AddItemToArray(ops, op);
    }
    add_costs(object, &item->costs);
    return object;
}

static tb_status write_json(const tb_compared *compared, bool forced,
                            const tb_report_options *options, tb_buf *out, tb_error *err)
{
    (void)options;
    cJSON *root = cJSON_CreateObject();
    add_text(root, "schema", SCHEMA);
    add_number(root, "version", true, TB_REPORT_SCHEMA_VERSION);
    cJSON_AddBoolToObject(root, "comparable", !compared->refused);
    cJSON_AddBoolToObject(root, "interleaved", compared->interleaved);
    cJSON *caveats = cJSON_AddArrayToObject(root, "caveats");
    for (size_t k = 0; k < compared->caveat_count; k++) {
        cJSON *caveat = cJSON_CreateObject();
        add_text(caveat, "what", compared->caveats[k].what);
        add_text(caveat, "base", compared->caveats[k].base);
        add_text(caveat, "head", compared->caveats[k].head);
        cJSON_AddBoolToObject(caveat, "refuses", compared->caveats[k].refuses);
        cJSON_AddItemToArray(caveats, caveat);
    }
    cJSON *items = cJSON_AddArrayToObject(root, "comparisons");
    for (size_t i = 0; i < compared->count; i++)
        cJSON_AddItemToArray(items, json_item(compared, &compared->items[i], forced));
    cJSON *unmatched = cJSON_AddArrayToObject(root, "unmatched");
    for (size_t i = 0; i < compared->unmatched_count; i++)
        cJSON_AddItemToArray(unmatched, cJSON_CreateString(compared->unmatched[i]));
    bool mean = compared->mean_count > 0 && is_shown(compared, TB_METRIC_MEDIAN, forced);
    add_number(root, "geometric_mean", mean, compared->mean.ratio);
    bool interval = mean && compared->mean.interval.level > 0;
    add_number(root, "geometric_mean_low", interval, compared->mean.interval.low);
    add_number(root, "geometric_mean_high", interval, compared->mean.interval.high);
    char *text = cJSON_Print(root);
    cJSON_Delete(root);
    if (!text)
        return tb_fail(err, TB_NO_MEMORY, "comparison as JSON: out of memory");
    tb_buf_append_text(out, text);
    tb_buf_append_text(out, "\n");
    cJSON_free(text);
    return TB_OK;
}

static void html_line(void *context, const char *text)
{
    bool part = strncmp(text, "    ", 4) == 0;
    tb_buf_append_text(context, part ? "<p class=part>" : "<p>");
    tb_escape_html(context, text + strspn(text, " "));
    tb_buf_append_text(context, "</p>\n");
}

/* A page of its own that needs nothing else; colours follow the reader's choice of dark or light. */
static tb_status write_html(const tb_compared *compared, bool forced,
                            const tb_report_options *options, tb_buf *out, tb_error *err)
{
    (void)options;
    tb_pool *pool = tb_pool_create();
    tb_grid grid;
    tb_status status = make_grid(compared, forced, pool, err, &grid);
    tb_buf_append_text(
        out,
        "<!doctype html>\n<html lang=en><meta charset=utf-8>\n"
        "<meta http-equiv=Content-Security-Policy content=\"default-src 'none'; style-src "
        "'unsafe-inline'\">\n<meta name=viewport content=\"width=device-width\">\n"
        "<title>tflbench compare</title>\n<style>:root{color-scheme:light dark}"
        "body{font:15px/1.5 system-ui,sans-serif;max-width:75em;margin:2em auto;padding:0 1em}"
        "table{border-collapse:collapse}td,th{padding:.25em .8em;text-align:left;"
        "border-bottom:1px solid #8884}.r{text-align:right;font-variant-numeric:tabular-nums}"
        ".bad{color:light-dark(#b3261e,#ffb4ab);font-weight:600}.good{color:light-dark(#146c2e,#7fdb95);"
        "font-weight:600}.part{margin:0 0 0 2em}</style>\n<h1>Base and head</h1>\n<table>\n<tr>");
    for (size_t c = 0; status == TB_OK && c < grid.column_count; c++) {
        tb_buf_printf(out, "<th scope=col%s>", grid.columns[c].right ? " class=r" : "");
        tb_escape_html(out, grid.columns[c].title);
        tb_buf_append_text(out, "</th>");
    }
    tb_buf_append_text(out, "</tr>\n");
    for (size_t r = 0; status == TB_OK && r < grid.row_count; r++) {
        tb_buf_append_text(out, "<tr>");
        for (size_t c = 0; c < grid.column_count; c++) {
            const tb_cell *cell = &grid.cells[r * grid.column_count + c];
            const char *class = cell->tone == TB_TONE_BAD    ? " class=bad"
                                : cell->tone == TB_TONE_GOOD ? " class=good"
                                : grid.columns[c].right      ? " class=r"
                                                             : "";
            tb_buf_printf(out, "<td%s>", class);
            tb_escape_html(out, cell->text);
            tb_buf_append_text(out, "</td>");
        }
        tb_buf_append_text(out, "</tr>\n");
    }
    tb_buf_append_text(out, "</table>\n");
    if (status == TB_OK)
        tell_all(compared, forced, html_line, out);
    tb_buf_append_text(out, "</html>\n");
    tb_pool_free(pool);
    return status;
}

tb_status tb_compared_write(const tb_compared *compared, const char *format, bool forced,
                            const tb_report_options *options, tb_buf *out, tb_error *err)
{
    static const struct {
        const char *name;
        tb_status (*write)(const tb_compared *, bool, const tb_report_options *, tb_buf *,
                           tb_error *);
    } writers[] = {{"table", write_table},
                   {"markdown", write_markdown},
                   {"csv", write_csv},
                   {"json", write_json},
                   {"html", write_html}};
    static const tb_report_options plain = {0};
    for (size_t k = 0; k < TB_COUNT_OF(writers); k++)
        if (strcmp(writers[k].name, format) == 0) {
            tb_status status =
                writers[k].write(compared, forced, options ? options : &plain, out, err);
            return status == TB_OK ? tb_buf_status(out, "comparison", err) : status;
        }
    return tb_fail(err, TB_USAGE,
                   "unknown format \"%s\": expected table, html, markdown, csv or json", format);
}
