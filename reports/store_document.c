/* Documents, and the single inferences of ops: what only profiles read. */
#include "reports/store_internal.h"
#include "reports/store_read.h"

/* `sql` takes id, kind and body. */
static tb_status add_document(tb_store *store, const char *sql, int64_t id, const char *kind,
                              const char *body, tb_error *err)
{
    sqlite3_stmt *statement;
    tb_status status = tb_sql_begin(store, err);
    if (status != TB_OK)
        return status;
    status = tb_sql_prepare(store, sql, err, &statement);
    if (status == TB_OK) {
        sqlite3_bind_int64(statement, 1, id);
        tb_sql_bind_text(statement, 2, kind);
        tb_sql_bind_text(statement, 3, body);
        status = tb_sql_run(store, statement, "adding a document", err);
    }
    return tb_sql_end(store, status, err);
}

tb_status tb_store_add_process_document(tb_store *store, int64_t process_id, const char *kind,
                                        const char *body, tb_error *err)
{
    return add_document(
        store, "INSERT OR REPLACE INTO process_document (process_id, kind, body) VALUES (?, ?, ?)",
        process_id, kind, body, err);
}

tb_status tb_store_add_plan_document(tb_store *store, int64_t process_id, const char *kind,
                                     const char *body, tb_error *err)
{
    return add_document(store,
                        "INSERT OR IGNORE INTO plan_document (plan_id, kind, body)"
                        " SELECT plan_id, ?2, ?3 FROM process WHERE id = ?1 AND plan_id NOT NULL",
                        process_id, kind, body, err);
}

static tb_status read_document(tb_store *store, const char *sql, int64_t id, const char *kind,
                               tb_pool *pool, tb_error *err, const char **body)
{
    sqlite3_stmt *statement;
    bool found;
    *body = NULL;
    tb_status status = tb_sql_prepare(store, sql, err, &statement);
    if (status != TB_OK)
        return status;
    sqlite3_bind_int64(statement, 1, id);
    tb_sql_bind_text(statement, 2, kind);
    status = tb_sql_row(store, statement, "reading a document", err, &found);
    if (status == TB_OK && found) {
        *body = tb_sql_read_text(statement, 0, pool);
        sqlite3_reset(statement);
    }
    return status;
}

tb_status tb_read_process_document(tb_store *store, int64_t process_id, const char *kind,
                                   tb_pool *pool, tb_error *err, const char **body)
{
    return read_document(store,
                         "SELECT body FROM process_document WHERE process_id = ? AND kind = ?",
                         process_id, kind, pool, err, body);
}

tb_status tb_read_plan_document(tb_store *store, int64_t plan_id, const char *kind, tb_pool *pool,
                                tb_error *err, const char **body)
{
    return read_document(store, "SELECT body FROM plan_document WHERE plan_id = ? AND kind = ?",
                         plan_id, kind, pool, err, body);
}

tb_status tb_read_op_samples(tb_store *store, int64_t process_id, tb_pool *pool, tb_error *err,
                             tb_array *samples)
{
    sqlite3_stmt *statement;
    bool found;
    tb_status status = tb_sql_prepare(store,
                                      "SELECT op_idx, idx, duration_ns FROM op_sample"
                                      " WHERE process_id = ? ORDER BY op_idx, idx",
                                      err, &statement);
    if (status != TB_OK)
        return status;
    sqlite3_bind_int64(statement, 1, process_id);
    while ((status = tb_sql_row(store, statement, "reading inferences of ops", err, &found)) ==
               TB_OK &&
           found) {
        tb_op_sample *sample = tb_array_push(pool, samples);
        if (!sample)
            continue; /* latched in the pool */
        *sample =
            (tb_op_sample){sqlite3_column_int64(statement, 0), sqlite3_column_int64(statement, 1),
                           (uint64_t)sqlite3_column_int64(statement, 2)};
    }
    return status;
}

tb_status tb_read_roof(tb_store *store, int64_t run_id, tb_pool *pool, tb_error *err,
                       tb_array *figures, int64_t *measured_unix_ms)
{
    sqlite3_stmt *statement;
    bool found;
    *measured_unix_ms = 0;
    tb_status status = tb_sql_prepare(
        store,
        "SELECT r.id, r.started_unix_ms FROM run r JOIN figure f ON f.run_id = r.id"
        " AND f.process_id IS NULL AND f.phase = 'roof'"
        " WHERE r.device_id = (SELECT device_id FROM run WHERE id = ?) ORDER BY r.id DESC LIMIT 1",
        err, &statement);
    if (status != TB_OK)
        return status;
    sqlite3_bind_int64(statement, 1, run_id);
    status = tb_sql_row(store, statement, "looking for a roof", err, &found);
    if (status != TB_OK || !found)
        return status;
    int64_t roof_run = sqlite3_column_int64(statement, 0);
    *measured_unix_ms = sqlite3_column_int64(statement, 1);
    sqlite3_reset(statement);
    return tb_read_figures(store, roof_run, 0, "roof", pool, err, figures);
}

tb_status tb_read_numerics_source(tb_store *store, int64_t profiled_process_id, tb_pool *pool,
                                  tb_error *err, tb_numerics_source *source)
{
    sqlite3_stmt *statement;
    bool found;
    *source = (tb_numerics_source){0};
    tb_status status = tb_sql_prepare(
        store,
        "SELECT n.id, n.run_id, n.task, n.input FROM process p"
        " JOIN configuration c ON c.id = p.configuration_id"
        " JOIN configuration other ON other.model_id = c.model_id AND other.engine IS c.engine"
        " AND other.delegate IS c.delegate AND other.options IS c.options"
        " JOIN process n ON n.configuration_id = other.id AND n.build_id = p.build_id"
        " AND n.status = 'ok' AND n.task LIKE 'task=numerics;%'"
        " WHERE p.id = ? ORDER BY n.run_id = p.run_id DESC, other.threads IS c.threads DESC,"
        " n.id DESC LIMIT 1",
        err, &statement);
    if (status != TB_OK)
        return status;
    sqlite3_bind_int64(statement, 1, profiled_process_id);
    status = tb_sql_row(store, statement, "looking for compared tensors", err, &found);
    if (status != TB_OK || !found)
        return status;
    *source = (tb_numerics_source){
        .process_id = sqlite3_column_int64(statement, 0),
        .run_id = sqlite3_column_int64(statement, 1),
        .task = tb_sql_read_text(statement, 2, pool),
        .input = tb_sql_read_text(statement, 3, pool),
    };
    sqlite3_reset(statement);
    return TB_OK;
}

tb_status tb_read_profile_source(tb_store *store, int64_t numerics_process_id, const char *delegate,
                                 tb_error *err, int64_t *run_id, int64_t *profiled_id)
{
    sqlite3_stmt *statement;
    bool found;
    *run_id = *profiled_id = 0;
    tb_status status = tb_sql_prepare(
        store,
        "SELECT p.run_id, p.id FROM process n"
        " JOIN configuration c ON c.id = n.configuration_id"
        " JOIN configuration other ON other.model_id = c.model_id AND other.engine IS c.engine"
        " AND other.delegate IS coalesce(?2, c.delegate) AND other.options IS c.options"
        " JOIN process p ON p.configuration_id = other.id AND p.build_id = n.build_id"
        " AND p.status = 'ok' AND p.profiled = 1"
        " WHERE n.id = ?1 ORDER BY p.run_id = n.run_id DESC, other.threads IS c.threads DESC,"
        " p.id DESC LIMIT 1",
        err, &statement);
    if (status != TB_OK)
        return status;
    sqlite3_bind_int64(statement, 1, numerics_process_id);
    tb_sql_bind_text(statement, 2, delegate);
    status = tb_sql_row(store, statement, "looking for a profile", err, &found);
    if (status != TB_OK || !found)
        return status;
    *run_id = sqlite3_column_int64(statement, 0);
    *profiled_id = sqlite3_column_int64(statement, 1);
    sqlite3_reset(statement);
    return TB_OK;
}
