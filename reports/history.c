/* Series of results and their change points; see history.h. */
#include "reports/history.h"

#include <cjson/cJSON.h>
#include <fnmatch.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "reports/escape.h"
#include "reports/grid.h"
#include "reports/stats.h"
#include "reports/store_history.h"
#include "reports/store_read.h"
#include "reports/units.h"
#include "reports/writer.h"
#include "runtime/base/size.h"

#define SCHEMA       "tflbench.history"
#define MOST_CHANGES 256

static const struct {
    const char *key, *phase, *metric, *unit;
} metrics[] = {
    {"median", "steady", "median_ns", "ns"},
    {"rss", "steady", "rss_bytes", "bytes"},
    {"peak_rss", "process", "peak_rss_bytes", "bytes"},
    {"arena", "allocate", "arena_bytes", "bytes"},
};

const char *tb_history_metric(size_t n)
{
    return n < TB_COUNT_OF(metrics) ? metrics[n].key : NULL;
}

/* ---- series ---- */

typedef struct build_state {
    tb_history *out;
    tb_store *store;
    const tb_change_rule *rule;
    double *scratch;
    bool from_samples;
    tb_error *err;
} build_state;

/* A file written before medians were figures. */
static tb_status median_of_samples(build_state *state, int64_t process_id, double *value)
{
    tb_pool *pool = tb_pool_create();
    tb_array samples = {.item_size = sizeof(uint64_t)};
    tb_status status = tb_read_samples(state->store, process_id, pool, state->err, &samples);
    double *values = status == TB_OK ? tb_pool_take(pool, samples.count + 1, sizeof *values) : NULL;
    *value = 0;
    if (values && samples.count) {
        for (size_t k = 0; k < samples.count; k++)
            values[k] = (double)((const uint64_t *)samples.items)[k];
        tb_sort_doubles(values, samples.count);
        *value = tb_median_sorted(values, samples.count);
    }
    tb_pool_free(pool);
    return status;
}

static const char *series_name(const tb_history_row *row, tb_pool *pool)
{
    bool native = row->engine && strcmp(row->engine, "native") == 0;
    return tb_pool_printf(
        pool, "%s, %s%s%s, %lld thread%s%s%s", row->model ? row->model : "unnamed",
        native || !row->engine ? "" : row->engine, native ? "" : ", ",
        row->delegate ? row->delegate : "", (long long)row->threads, row->threads == 1 ? "" : "s",
        row->options ? ", " : "", row->options ? row->options : "");
}

/* The rows of one run become one point. */
static tb_status add_point(build_state *state, const tb_history_row *rows, size_t count,
                           tb_series_history *series)
{
    size_t known = 0;
    for (size_t k = 0; k < count; k++) {
        double value = rows[k].value;
        if (!rows[k].known && state->from_samples) {
            tb_status status = median_of_samples(state, rows[k].process_id, &value);
            if (status != TB_OK)
                return status;
        }
        if (value > 0)
            state->scratch[known++] = value;
    }
    if (!known)
        return TB_OK;
    tb_sort_doubles(state->scratch, known);
    series->points[series->count++] = (tb_history_point){
        .run_id = rows[0].run_id,
        .started_unix_ms = rows[0].started_unix_ms,
        .revision = rows[0].revision,
        .value = tb_median_sorted(state->scratch, known),
    };
    return TB_OK;
}

static tb_status find_changes(build_state *state, tb_series_history *series)
{
    tb_pool *pool = state->out->pool;
    double *values = tb_pool_take(pool, series->count + 1, sizeof *values);
    size_t room = series->count < MOST_CHANGES ? series->count : MOST_CHANGES;
    series->changes = tb_pool_take(pool, room + 1, sizeof *series->changes);
    if (!values || !series->changes)
        return tb_pool_check(NULL, state->err);
    for (size_t k = 0; k < series->count; k++)
        values[k] = series->points[k].value;
    series->change_count =
        tb_change_points(values, series->count, state->rule, series->changes, room);
    return TB_OK;
}

static tb_status add_series(build_state *state, const tb_history_row *rows, size_t count)
{
    tb_pool *pool = state->out->pool;
    tb_series_history *series = &state->out->items[state->out->count];
    *series = (tb_series_history){.name = series_name(&rows[0], pool), .device = rows[0].device};
    series->points = tb_pool_take(pool, count, sizeof *series->points);
    if (!series->points)
        return tb_pool_check(NULL, state->err);
    tb_status status = TB_OK;
    for (size_t begin = 0; begin < count && status == TB_OK;) {
        size_t end = begin + 1;
        while (end < count && rows[end].run_id == rows[begin].run_id)
            end++;
        status = add_point(state, rows + begin, end - begin, series);
        begin = end;
    }
    if (status == TB_OK && series->count) {
        status = find_changes(state, series);
        state->out->count++;
    }
    return status;
}

static bool fits(const char *pattern, const char *text)
{
    return !pattern || fnmatch(pattern, text ? text : "", 0) == 0;
}

static tb_status build(build_state *state, const tb_array *array, const char *model,
                       const char *delegate)
{
    const tb_history_row *rows = array->items;
    tb_history *out = state->out;
    out->items = tb_pool_take(out->pool, array->count + 1, sizeof *out->items);
    state->scratch = tb_pool_take(out->pool, array->count + 1, sizeof *state->scratch);
    if (!out->items || !state->scratch)
        return tb_pool_check(NULL, state->err);
    tb_status status = TB_OK;
    for (size_t begin = 0; begin < array->count && status == TB_OK;) {
        size_t end = begin + 1;
        while (end < array->count && rows[end].configuration_id == rows[begin].configuration_id &&
               rows[end].device_id == rows[begin].device_id)
            end++;
        if (fits(model, rows[begin].model) && fits(delegate, rows[begin].delegate))
            status = add_series(state, rows + begin, end - begin);
        begin = end;
    }
    return status;
}

tb_status tb_history_read(tb_store *store, const char *metric, const char *model,
                          const char *delegate, const tb_change_rule *rule, tb_error *err,
                          tb_history *out)
{
    size_t m = 0;
    while (m < TB_COUNT_OF(metrics) && strcmp(metrics[m].key, metric) != 0)
        m++;
    if (m == TB_COUNT_OF(metrics))
        return tb_fail(err, TB_USAGE, "metric %s: goes median, rss, peak_rss or arena", metric);
    *out =
        (tb_history){.metric = metrics[m].key, .unit = metrics[m].unit, .pool = tb_pool_create()};
    build_state state = {
        .out = out, .store = store, .rule = rule, .from_samples = m == 0, .err = err};
    tb_array rows = {.item_size = sizeof(tb_history_row)};
    tb_status status = tb_pool_check(out->pool, err);
    if (status == TB_OK)
        status = tb_read_history(store, metrics[m].phase, metrics[m].metric, out->pool, err, &rows);
    if (status == TB_OK)
        status = build(&state, &rows, model, delegate);
    if (status == TB_OK)
        status = tb_pool_check(out->pool, err);
    if (status != TB_OK)
        tb_history_free(out);
    return status;
}

void tb_history_free(tb_history *history)
{
    tb_pool_free(history->pool);
    *history = (tb_history){0};
}

/* ---- formats ---- */

static const char *day_of(int64_t unix_ms, tb_pool *pool)
{
    time_t seconds = (time_t)(unix_ms / 1000);
    struct tm parts;
    char text[32];
    if (!gmtime_r(&seconds, &parts) || !strftime(text, sizeof text, "%Y-%m-%d %H:%M", &parts))
        return "";
    return tb_pool_text(pool, text);
}

static const char *value_text(const tb_history *history, double value, tb_pool *pool)
{
    char text[TB_FIGURE_TEXT_SIZE];
    tb_format_value(value, history->unit, text);
    return tb_pool_text(pool, text);
}

/* A line a series, with its first level and last; then one for each change. */
static void fill_series(const tb_history *history, const tb_series_history *series, tb_pool *pool,
                        tb_cell *cells)
{
    const tb_history_point *first = &series->points[0], *last = &series->points[series->count - 1];
    cells[0].text = series->name;
    cells[1].text = tb_pool_printf(pool, "%zu runs", series->count);
    cells[2].text =
        tb_pool_printf(pool, "@%lld to @%lld", (long long)first->run_id, (long long)last->run_id);
    cells[3].text = value_text(history, first->value, pool);
    cells[4].text = value_text(history, last->value, pool);
    cells[5].text = series->change_count ? "" : "no change";
}

static void fill_change(const tb_history *history, const tb_series_history *series, size_t k,
                        tb_pool *pool, tb_cell *cells)
{
    const tb_change *change = &series->changes[k];
    const tb_history_point *point = &series->points[change->at];
    double size = (change->after / change->before - 1) * 100;
    cells[0].text = series->name;
    cells[1].text = day_of(point->started_unix_ms, pool);
    cells[2].text = point->revision ? tb_pool_printf(pool, "@%lld, %.10s", (long long)point->run_id,
                                                     point->revision)
                                    : tb_pool_printf(pool, "@%lld", (long long)point->run_id);
    cells[3].text = value_text(history, change->before, pool);
    cells[4].text = value_text(history, change->after, pool);
    cells[5] =
        (tb_cell){tb_pool_printf(pool, "%+.1f %%", size), size > 0 ? TB_TONE_BAD : TB_TONE_GOOD};
}

static tb_status make_grid(const tb_history *history, tb_pool *pool, tb_error *err, tb_grid *grid)
{
    static const tb_column columns[] = {{"series", false, true, 0}, {"when", false, false, 3},
                                        {"run", false, false, 0},   {"before", true, false, 0},
                                        {"after", true, false, 0},  {"change", true, false, 0}};
    size_t width = TB_COUNT_OF(columns), rows = history->count;
    for (size_t i = 0; i < history->count; i++)
        rows += history->items[i].change_count;
    *grid = (tb_grid){.column_count = width};
    grid->columns = tb_pool_take(pool, width, sizeof *grid->columns);
    grid->cells = tb_pool_take(pool, (rows + 1) * width, sizeof *grid->cells);
    if (!grid->columns || !grid->cells)
        return tb_pool_check(NULL, err);
    memcpy(grid->columns, columns, sizeof columns);
    for (size_t i = 0; i < history->count; i++) {
        const tb_series_history *series = &history->items[i];
        fill_series(history, series, pool, grid->cells + grid->row_count++ * width);
        for (size_t k = 0; k < series->change_count; k++)
            fill_change(history, series, k, pool, grid->cells + grid->row_count++ * width);
    }
    return tb_pool_check(pool, err);
}

static const tb_change *change_at(const tb_series_history *series, size_t point)
{
    for (size_t k = 0; k < series->change_count; k++)
        if (series->changes[k].at == point)
            return &series->changes[k];
    return NULL;
}

static void write_csv(const tb_history *history, tb_buf *out)
{
    tb_buf_append_text(out, "schema,version,series,device,run,started_unix_ms,git_revision,metric,"
                            "unit,value,change\n");
    for (size_t i = 0; i < history->count; i++)
        for (size_t k = 0; k < history->items[i].count; k++) {
            const tb_series_history *series = &history->items[i];
            const tb_history_point *point = &series->points[k];
            const tb_change *change = change_at(series, k);
            tb_buf_printf(out, SCHEMA ",%d,", TB_REPORT_SCHEMA_VERSION);
            tb_escape_csv(out, series->name);
            tb_buf_append_text(out, ",");
            tb_escape_csv(out, series->device);
            tb_buf_printf(out, ",%lld,%lld,", (long long)point->run_id,
                          (long long)point->started_unix_ms);
            tb_escape_csv(out, point->revision);
            tb_buf_printf(out, ",%s,%s,%.15g,", history->metric, history->unit, point->value);
            if (change)
                tb_buf_printf(out, "%.6g", change->after / change->before);
            tb_buf_append_text(out, "\n");
        }
}

static cJSON *json_series(const tb_series_history *series)
{
    cJSON *object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, "series", series->name);
    if (series->device)
        cJSON_AddStringToObject(object, "device", series->device);
    cJSON *points = cJSON_AddArrayToObject(object, "points");
    for (size_t k = 0; k < series->count; k++) {
        cJSON *point = cJSON_CreateObject();
        cJSON_AddNumberToObject(point, "run", (double)series->points[k].run_id);
        cJSON_AddNumberToObject(point, "started_unix_ms",
                                (double)series->points[k].started_unix_ms);
        if (series->points[k].revision)
            cJSON_AddStringToObject(point, "git_revision", series->points[k].revision);
        cJSON_AddNumberToObject(point, "value", series->points[k].value);
        cJSON_AddItemToArray(points, point);
    }
    cJSON *changes = cJSON_AddArrayToObject(object, "changes");
    for (size_t k = 0; k < series->change_count; k++) {
        const tb_change *found = &series->changes[k];
        cJSON *change = cJSON_CreateObject();
        cJSON_AddNumberToObject(change, "run", (double)series->points[found->at].run_id);
        cJSON_AddNumberToObject(change, "before", found->before);
        cJSON_AddNumberToObject(change, "after", found->after);
        cJSON_AddNumberToObject(change, "p", found->p);
        cJSON_AddItemToArray(changes, change);
    }
    return object;
}

static tb_status write_json(const tb_history *history, tb_buf *out, tb_error *err)
{
    cJSON *root = cJSON_CreateObject();
    cJSON_AddStringToObject(root, "schema", SCHEMA);
    cJSON_AddNumberToObject(root, "version", TB_REPORT_SCHEMA_VERSION);
    cJSON_AddStringToObject(root, "metric", history->metric);
    cJSON_AddStringToObject(root, "unit", history->unit);
    cJSON *list = cJSON_AddArrayToObject(root, "series");
    for (size_t i = 0; i < history->count; i++)
        cJSON_AddItemToArray(list, json_series(&history->items[i]));
    char *text = cJSON_Print(root);
    cJSON_Delete(root);
    if (!text)
        return tb_fail(err, TB_NO_MEMORY, "history as JSON: out of memory");
    tb_buf_append_text(out, text);
    tb_buf_append_text(out, "\n");
    cJSON_free(text);
    return TB_OK;
}

tb_status tb_history_write(const tb_history *history, const char *format,
                           const tb_report_options *options, tb_buf *out, tb_error *err)
{
    tb_status status = TB_OK;
    if (strcmp(format, "csv") == 0)
        write_csv(history, out);
    else if (strcmp(format, "json") == 0)
        status = write_json(history, out, err);
    else {
        tb_pool *pool = tb_pool_create();
        tb_grid grid;
        status = make_grid(history, pool, err, &grid);
        if (status == TB_OK && strcmp(format, "markdown") == 0)
            tb_grid_write_markdown(&grid, out);
        else if (status == TB_OK)
            status = tb_grid_write_table(&grid, options, pool, out, err);
        tb_pool_free(pool);
    }
    return status == TB_OK ? tb_buf_status(out, "history", err) : status;
}
