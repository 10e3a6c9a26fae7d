/* Figures of many processes at once, for comparisons. */
#include <stdlib.h>
#include <string.h>

#include "reports/selection.h"
#include "reports/store_internal.h"
#include "runtime/base/size.h"

/* The few texts there are, so that a hundred thousand rows do not copy them. */
static const char *const known_texts[] = {
    "load",      "delegate",         "allocate",  "first_invoke",   "steady",
    "process",   "duration_ns",      "rss_bytes", "peak_rss_bytes", "arena_bytes",
    "energy_uj", "owned_peak_bytes", "numerics",  "output_noise",
};

static const char *known(const unsigned char *text)
{
    for (size_t k = 0; text && k < TB_COUNT_OF(known_texts); k++)
        if (strcmp(known_texts[k], (const char *)text) == 0)
            return known_texts[k];
    return NULL;
}

static tb_status read_run(tb_store *store, int64_t run_id, tb_pool *pool, tb_error *err,
                          tb_array *rows)
{
    sqlite3_stmt *statement;
    tb_status status = tb_sql_prepare(
        store,
        "SELECT f.process_id, f.phase, f.metric, f.value FROM process p"
        " JOIN figure f ON f.process_id = p.id WHERE p.run_id = ? AND (f.owner = ''"
        " OR f.metric = 'owned_peak_bytes' AND f.phase = 'first_invoke')"
        " AND f.value IS NOT NULL AND f.metric IN ('duration_ns', 'rss_bytes', 'peak_rss_bytes',"
        " 'arena_bytes', 'energy_uj', 'owned_peak_bytes', 'output_noise')",
        err, &statement);
    if (status != TB_OK)
        return status;
    sqlite3_bind_int64(statement, 1, run_id);
    bool found;
    while ((status = tb_sql_row(store, statement, "reading figures", err, &found)) == TB_OK &&
           found) {
        const char *phase = known(sqlite3_column_text(statement, 1));
        const char *metric = known(sqlite3_column_text(statement, 2));
        if (!phase || !metric)
            continue;
        tb_figure_value_row *row = tb_array_push(pool, rows);
        if (!row) {
            sqlite3_reset(statement);
            return tb_pool_check(NULL, err);
        }
        *row = (tb_figure_value_row){sqlite3_column_int64(statement, 0), phase, metric,
                                     sqlite3_column_double(statement, 3)};
    }
    return status;
}

static int compare_rows(const void *left, const void *right)
{
    int64_t a = ((const tb_figure_value_row *)left)->process_id;
    int64_t b = ((const tb_figure_value_row *)right)->process_id;
    return (a > b) - (a < b);
}

tb_status tb_read_figure_values(const tb_selection *selection, tb_pool *pool, tb_error *err,
                                tb_figure_values *values)
{
    tb_array rows = {.item_size = sizeof(tb_figure_value_row)};
    tb_status status = TB_OK;
    for (size_t i = 0; i < selection->runs.count && status == TB_OK; i++)
        status = read_run(selection->store, selection->runs.items[i], pool, err, &rows);
    *values = (tb_figure_values){rows.items, rows.count};
    if (status == TB_OK && rows.count)
        qsort(rows.items, rows.count, sizeof(tb_figure_value_row), compare_rows);
    return status;
}

double tb_figure_value(const tb_figure_values *values, int64_t process_id, const char *phase,
                       const char *metric)
{
    size_t low = 0, high = values->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (values->items[middle].process_id < process_id)
            low = middle + 1;
        else
            high = middle;
    }
    double sum = 0;
    for (; low < values->count && values->items[low].process_id == process_id; low++)
        if (strcmp(values->items[low].phase, phase) == 0 &&
            strcmp(values->items[low].metric, metric) == 0)
            sum += values->items[low].value;
    return sum;
}
