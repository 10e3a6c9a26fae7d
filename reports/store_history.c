/* Figures of many runs, for histories. */
#include "reports/store_history.h"

#include <string.h>

#include "reports/store_internal.h"

/* The text of a column; that of the row before where it is the same, so that thousands of rows do
   not copy it. */
static const char *shared_text(sqlite3_stmt *statement, int column, tb_pool *pool,
                               const char *before)
{
    const char *text = (const char *)sqlite3_column_text(statement, column);
    if (!text)
        return NULL;
    return before && strcmp(before, text) == 0 ? before : tb_pool_text(pool, text);
}

tb_status tb_read_history(tb_store *store, const char *phase, const char *metric, tb_pool *pool,
                          tb_error *err, tb_array *rows)
{
    sqlite3_stmt *statement;
    tb_status status = tb_sql_prepare(
        store,
        "SELECT p.configuration_id, r.device_id, r.id, r.started_unix_ms, p.id, m.name, c.engine,"
        " c.delegate, c.options, d.name, b.git_revision, c.threads,"
        " (SELECT f.value FROM figure f WHERE f.process_id = p.id AND f.metric = ?2"
        "  AND f.phase = ?1 AND f.owner = '' LIMIT 1)"
        " FROM run r JOIN process p ON p.run_id = r.id"
        " JOIN configuration c ON c.id = p.configuration_id JOIN model m ON m.id = c.model_id"
        " JOIN device d ON d.id = r.device_id JOIN build b ON b.id = p.build_id"
        " WHERE p.status = 'ok' AND coalesce(p.profiled, 0) = 0"
        " ORDER BY m.name, p.configuration_id, r.device_id, r.id",
        err, &statement);
    if (status != TB_OK)
        return status;
    tb_sql_bind_text(statement, 1, phase);
    tb_sql_bind_text(statement, 2, metric);
    bool found;
    tb_history_row last = {0};
    while ((status = tb_sql_row(store, statement, "reading the history", err, &found)) == TB_OK &&
           found) {
        tb_history_row *row = tb_array_push(pool, rows);
        if (!row) {
            sqlite3_reset(statement);
            return tb_pool_check(NULL, err);
        }
        row->configuration_id = sqlite3_column_int64(statement, 0);
        row->device_id = sqlite3_column_int64(statement, 1);
        row->run_id = sqlite3_column_int64(statement, 2);
        row->started_unix_ms = sqlite3_column_int64(statement, 3);
        row->process_id = sqlite3_column_int64(statement, 4);
        row->model = shared_text(statement, 5, pool, last.model);
        row->engine = shared_text(statement, 6, pool, last.engine);
        row->delegate = shared_text(statement, 7, pool, last.delegate);
        row->options = shared_text(statement, 8, pool, last.options);
        row->device = shared_text(statement, 9, pool, last.device);
        row->revision = shared_text(statement, 10, pool, last.revision);
        row->threads = sqlite3_column_int64(statement, 11);
        row->known = sqlite3_column_type(statement, 12) != SQLITE_NULL;
        row->value = sqlite3_column_double(statement, 12);
        last = *row;
    }
    return status;
}
