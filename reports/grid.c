/* Columns of results and runs as people read them; see grid.h. */
#include "reports/grid.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "reports/describe.h"
#include "reports/units.h"
#include "runtime/base/size.h"

/* Fills one cell; text stays NULL where there is nothing to say. */
typedef void cell_function(const void *item, tb_pool *pool, tb_cell *cell);

typedef struct column_row {
    const char *title;
    bool right;
    bool only_if_differs; /* left out where all rows say the same */
    cell_function *fill;
    bool group;
    int spare;
} column_row;

static tb_status make_grid(const column_row *rows, size_t row_count, const void *items,
                           size_t item_size, size_t item_count, tb_pool *pool, tb_error *err,
                           tb_grid *grid)
{
    tb_cell *all = tb_pool_take(pool, row_count * (item_count + 1), sizeof *all);
    bool *shown = tb_pool_take(pool, row_count, sizeof *shown);
    *grid = (tb_grid){.row_count = item_count};
    if (!all || !shown)
        return tb_pool_check(NULL, err);
    for (size_t c = 0; c < row_count; c++) {
        bool any = false, differs = false;
        for (size_t i = 0; i < item_count; i++) {
            tb_cell *cell = &all[i * row_count + c];
            rows[c].fill((const char *)items + i * item_size, pool, cell);
            any |= cell->text != NULL;
            if (!cell->text)
                cell->text = "";
            differs |= strcmp(cell->text, all[c].text) != 0;
        }
        shown[c] = any && (differs || !rows[c].only_if_differs);
        grid->column_count += shown[c];
    }
    grid->columns = tb_pool_take(pool, grid->column_count, sizeof *grid->columns);
    grid->cells = tb_pool_take(pool, grid->column_count * (item_count + 1), sizeof *grid->cells);
    if (!grid->columns || !grid->cells)
        return tb_pool_check(NULL, err);
    size_t at = 0;
    for (size_t c = 0; c < row_count; c++) {
        if (!shown[c])
            continue;
        grid->columns[at] = (tb_column){rows[c].title, rows[c].right, rows[c].group, rows[c].spare};
        for (size_t i = 0; i < item_count; i++)
            grid->cells[i * grid->column_count + at] = all[i * row_count + c];
        at++;
    }
    return tb_pool_check(pool, err);
}

/* ---- results ---- */

/* A result with what its cells need to know of the others. */
typedef struct result_item {
    const tb_result *result;
    const tb_result *fastest, *yardstick; /* of the same model and run; NULL: none */
    bool alone;                           /* nothing to compare with */
} result_item;

static const tb_result_row *row_of(const void *item)
{
    return &((const result_item *)item)->result->row;
}

static void run_cell(const void *item, tb_pool *pool, tb_cell *cell)
{
    cell->text = tb_pool_printf(pool, "@%lld", (long long)row_of(item)->run.value);
}

static void model_cell(const void *item, tb_pool *pool, tb_cell *cell)
{
    (void)pool;
    cell->text = row_of(item)->model;
}

static void engine_cell(const void *item, tb_pool *pool, tb_cell *cell)
{
    tb_buf text = {0};
    tb_describe_engine(row_of(item), true, &text);
    cell->text = text.size ? tb_pool_text(pool, tb_buf_text(&text)) : NULL;
    tb_buf_free(&text);
}

static void revision_cell(const void *item, tb_pool *pool, tb_cell *cell)
{
    if (row_of(item)->git_revision)
        cell->text = tb_pool_printf(pool, "%.10s", row_of(item)->git_revision);
}

static void arm_cell(const void *item, tb_pool *pool, tb_cell *cell)
{
    (void)pool;
    cell->text = row_of(item)->arm;
}

static void delegate_cell(const void *item, tb_pool *pool, tb_cell *cell)
{
    /* What was asked for where nothing is known of what ran. */
    const tb_result_row *row = row_of(item);
    bool reference = row->delegate && strcmp(row->delegate, "reference") == 0;
    const char *options = row->delegate ? strchr(row->delegate, ':') : NULL;
    if (reference || !row->ran)
        cell->text = row->delegate;
    else
        cell->text = options ? tb_pool_printf(pool, "%s (%s)", row->ran, options + 1) : row->ran;
}

static void threads_cell(const void *item, tb_pool *pool, tb_cell *cell)
{
    if (row_of(item)->threads.known)
        cell->text = tb_pool_printf(pool, "%lld", (long long)row_of(item)->threads.value);
}

static void options_cell(const void *item, tb_pool *pool, tb_cell *cell)
{
    (void)pool;
    const char *options = row_of(item)->options;
    cell->text = options && *options ? options : NULL;
}

static void median_cell(const void *item, tb_pool *pool, tb_cell *cell)
{
    const result_item *at = item;
    const tb_result_row *row = &at->result->row;
    if (!row->median_ns.known)
        return;
    char middle[TB_FIGURE_TEXT_SIZE], interval[TB_FIGURE_TEXT_SIZE] = "";
    if (row->median_low_ns.known)
        tb_format_duration_interval(row->median_ns.value, row->median_low_ns.value,
                                    row->median_high_ns.value, middle, interval);
    else
        tb_format_duration(row->median_ns.value, middle);
    cell->text = tb_pool_printf(pool, "%s%s%s", middle, *interval ? " " : "", interval);
    if (at->result == at->fastest && !at->alone)
        cell->tone = TB_TONE_GOOD;
}

static void speed_cell(const void *item, tb_pool *pool, tb_cell *cell)
{
    const result_item *at = item;
    double speedup = tb_speedup(at->result, at->yardstick);
    if (speedup <= 0 || at->alone)
        return;
    char ratio[TB_FIGURE_TEXT_SIZE];
    tb_format_ratio(speedup, ratio);
    cell->text = tb_pool_text(pool, ratio);
}

static void p95_cell(const void *item, tb_pool *pool, tb_cell *cell)
{
    const tb_result_row *row = row_of(item);
    if (!row->p95_ns.known)
        return;
    char text[TB_FIGURE_TEXT_SIZE];
    tb_format_duration(row->p95_ns.value, text);
    bool reliable = tb_list_has(row->percentiles_ok, "p95", 3);
    cell->text = tb_pool_printf(pool, "%s%s", reliable ? "" : "~", text);
}

static void accuracy_cell(const void *item, tb_pool *pool, tb_cell *cell)
{
    const tb_result_row *row = row_of(item);
    if (!row->accuracy.known || !row->accuracy_metric)
        return;
    if (row->accuracy_low.known && row->accuracy_high.known)
        cell->text =
            tb_pool_printf(pool, "%s %.4f [%.4f–%.4f]", row->accuracy_metric, row->accuracy.value,
                           row->accuracy_low.value, row->accuracy_high.value);
    else
        cell->text = tb_pool_printf(pool, "%s %.4f", row->accuracy_metric, row->accuracy.value);
}

static void bytes_cell(tb_real bytes, tb_pool *pool, tb_cell *cell)
{
    char text[TB_FIGURE_TEXT_SIZE];
    if (!bytes.known)
        return;
    tb_format_bytes(bytes.value, text);
    cell->text = tb_pool_text(pool, text);
}

static void memory_cell(const void *item, tb_pool *pool, tb_cell *cell)
{
    bytes_cell(row_of(item)->peak_rss_bytes, pool, cell);
}

static void arena_cell(const void *item, tb_pool *pool, tb_cell *cell)
{
    bytes_cell(row_of(item)->arena_bytes, pool, cell);
}

static void size_cell(const void *item, tb_pool *pool, tb_cell *cell)
{
    if (row_of(item)->model_bytes.known)
        bytes_cell(tb_num((double)row_of(item)->model_bytes.value), pool, cell);
}

static void samples_cell(const void *item, tb_pool *pool, tb_cell *cell)
{
    const tb_result_row *row = row_of(item);
    if (row->samples.value)
        cell->text = tb_pool_printf(pool, "%lld", (long long)row->samples.value);
    cell->tone = TB_TONE_FAINT;
}

static void outputs_cell(const void *item, tb_pool *pool, tb_cell *cell)
{
    (void)pool;
    const char *verdict = row_of(item)->check_verdict;
    if (!verdict || strcmp(verdict, "not checked") == 0)
        return;
    cell->text = strcmp(verdict, "ok") == 0 ? "right" : verdict;
    if (strcmp(verdict, "wrong") == 0)
        cell->tone = TB_TONE_BAD;
}

static void status_cell(const void *item, tb_pool *pool, tb_cell *cell)
{
    const result_item *at = item;
    const tb_result_row *row = &at->result->row;
    (void)pool;
    bool wrong = row->check_verdict && strcmp(row->check_verdict, "wrong") == 0;
    cell->text = wrong && at->result->status == TB_PROCESS_OK ? "wrong outputs" : row->status;
    if (wrong || at->result->status != TB_PROCESS_OK)
        cell->tone = TB_TONE_BAD;
}

tb_status tb_grid_of_results(const tb_results *results, tb_pool *pool, tb_error *err, tb_grid *grid)
{
    static const column_row columns[] = {
        {"run", false, true, run_cell, true, 0},
        {"model", false, false, model_cell, true, 0},
        {"engine", false, true, engine_cell, false, 0},
        {"revision", false, true, revision_cell, false, 0},
        {"arm", false, true, arm_cell, false, 0},
        {"delegate", false, false, delegate_cell, false, 0},
        {"threads", true, false, threads_cell, false, 0},
        {"options", false, true, options_cell, false, 0},
        {"median [95 %]", true, false, median_cell, false, 0},
        {"speed", true, false, speed_cell, false, 1},
        {"p95", true, false, p95_cell, false, 2},
        {"peak memory", true, false, memory_cell, false, 3},
        {"arena", true, false, arena_cell, false, 5},
        {"size", true, true, size_cell, false, 6},
        {"samples", true, true, samples_cell, false, 7},
        {"accuracy [95 %]", false, false, accuracy_cell, false, 0},
        {"outputs", false, false, outputs_cell, false, 4},
        {"status", false, true, status_cell, false, 0},
    };
    result_item *items = tb_pool_take(pool, results->count, sizeof *items);
    if (!items)
        return tb_pool_check(NULL, err);
    for (size_t i = 0; i < results->count;) {
        size_t count = tb_model_group(results, i);
        const tb_result *first = &results->items[i];
        const tb_result *fastest = tb_fastest(first, count);
        const tb_result *yardstick = tb_yardstick(first, count);
        for (size_t k = 0; k < count; k++, i++)
            items[i] = (result_item){&results->items[i], fastest, yardstick, count == 1};
    }
    return make_grid(columns, TB_COUNT_OF(columns), items, sizeof *items, results->count, pool, err,
                     grid);
}

/* ---- runs ---- */

static void run_id_cell(const void *item, tb_pool *pool, tb_cell *cell)
{
    cell->text = tb_pool_printf(pool, "@%lld", (long long)((const tb_run_summary *)item)->run_id);
}

static void when_cell(const void *item, tb_pool *pool, tb_cell *cell)
{
    time_t seconds = (time_t)(((const tb_run_summary *)item)->started_unix_ms / 1000);
    struct tm parts;
    char text[32];
    if (localtime_r(&seconds, &parts) && strftime(text, sizeof text, "%Y-%m-%d %H:%M", &parts))
        cell->text = tb_pool_text(pool, text);
}

static void took_cell(const void *item, tb_pool *pool, tb_cell *cell)
{
    const tb_run_summary *run = item;
    char text[TB_FIGURE_TEXT_SIZE];
    if (!run->finished_unix_ms.known) {
        cell->text = "unfinished";
        cell->tone = TB_TONE_BAD;
        return;
    }
    tb_format_duration((double)(run->finished_unix_ms.value - run->started_unix_ms) * 1e6, text);
    cell->text = tb_pool_text(pool, text);
}

static void command_cell(const void *item, tb_pool *pool, tb_cell *cell)
{
    (void)pool;
    cell->text = ((const tb_run_summary *)item)->run.command;
}

/* The first three models and how many more. */
static void models_cell(const void *item, tb_pool *pool, tb_cell *cell)
{
    const char *models = ((const tb_run_summary *)item)->models;
    const char *third = NULL;
    size_t commas = 0;
    for (const char *at = models; at && *at; at++)
        if (*at == ',' && ++commas == 3)
            third = at;
    cell->text = commas > 3 ? tb_pool_printf(pool, "%.*s and %zu more", (int)(third - models),
                                             models, commas - 2)
                            : models;
}

static void device_cell(const void *item, tb_pool *pool, tb_cell *cell)
{
    (void)pool;
    cell->text = ((const tb_run_summary *)item)->device.name;
}

static void labels_cell(const void *item, tb_pool *pool, tb_cell *cell)
{
    (void)pool;
    cell->text = ((const tb_run_summary *)item)->labels;
}

static void processes_cell(const void *item, tb_pool *pool, tb_cell *cell)
{
    const tb_run_summary *run = item;
    if (run->process_ok_count == run->process_count)
        cell->text = tb_pool_printf(pool, "%lld", (long long)run->process_count);
    else
        cell->text = tb_pool_printf(pool, "%lld of %lld ok", (long long)run->process_ok_count,
                                    (long long)run->process_count);
    if (run->process_ok_count != run->process_count)
        cell->tone = TB_TONE_BAD;
}

static void run_samples_cell(const void *item, tb_pool *pool, tb_cell *cell)
{
    cell->text =
        tb_pool_printf(pool, "%lld", (long long)((const tb_run_summary *)item)->sample_count);
}

tb_status tb_grid_of_runs(const tb_runs *runs, tb_pool *pool, tb_error *err, tb_grid *grid)
{
    static const column_row columns[] = {
        {"run", false, false, run_id_cell, false, 0},
        {"started", false, false, when_cell, false, 0},
        {"took", true, false, took_cell, false, 0},
        {"command", false, false, command_cell, false, 0},
        {"processes", true, false, processes_cell, false, 0},
        {"samples", true, false, run_samples_cell, false, 3},
        {"device", false, true, device_cell, false, 2},
        {"labels", false, false, labels_cell, false, 0},
        {"models", false, false, models_cell, false, 0},
    };
    return make_grid(columns, TB_COUNT_OF(columns), runs->items, sizeof *runs->items, runs->count,
                     pool, err, grid);
}
