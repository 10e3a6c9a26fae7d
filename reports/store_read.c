/* Queries behind results and reports. */
#include "reports/store_read.h"

#include <stdarg.h>
#include <string.h>

#include "reports/store_internal.h"

static tb_status no_memory(tb_store *store, tb_error *err)
{
    return tb_fail(err, TB_NO_MEMORY, "%s: out of memory while loading results", store->path);
}

/* Prepares what `sql` composed, and frees it. */
static tb_status prepare_composed(tb_store *store, tb_buf *sql, tb_error *err,
                                  sqlite3_stmt **statement)
{
    tb_status status = sql->failed ? no_memory(store, err)
                                   : tb_sql_prepare(store, tb_buf_text(sql), err, statement);
    tb_buf_free(sql);
    return status;
}

/* Collects the first column of every row. */
static tb_status collect_ids(tb_store *store, sqlite3_stmt *statement, tb_pool *pool, tb_error *err,
                             tb_ids *ids)
{
    tb_array array = {.item_size = sizeof(int64_t)};
    tb_status status;
    bool found;
    while ((status = tb_sql_row(store, statement, "looking up runs", err, &found)) == TB_OK &&
           found) {
        int64_t *id = tb_array_push(pool, &array);
        if (!id) {
            sqlite3_reset(statement);
            return no_memory(store, err);
        }
        *id = sqlite3_column_int64(statement, 0);
    }
    ids->items = array.items;
    ids->count = array.count;
    return status;
}

tb_status tb_read_run_back(tb_store *store, int64_t back, tb_pool *pool, tb_error *err,
                           tb_ids *runs)
{
    sqlite3_stmt *statement;
    tb_status status = tb_sql_prepare(store, "SELECT id FROM run ORDER BY id DESC LIMIT 1 OFFSET ?",
                                      err, &statement);
    if (status != TB_OK)
        return status;
    sqlite3_bind_int64(statement, 1, back);
    return collect_ids(store, statement, pool, err, runs);
}

tb_status tb_read_run_number(tb_store *store, int64_t number, tb_pool *pool, tb_error *err,
                             tb_ids *runs)
{
    sqlite3_stmt *statement;
    tb_status status = tb_sql_prepare(store, "SELECT id FROM run WHERE id = ?", err, &statement);
    if (status != TB_OK)
        return status;
    sqlite3_bind_int64(statement, 1, number);
    return collect_ids(store, statement, pool, err, runs);
}

tb_status tb_read_runs_labelled(tb_store *store, const char *key, const char *value, tb_pool *pool,
                                tb_error *err, tb_ids *runs)
{
    sqlite3_stmt *statement;
    tb_status status = tb_sql_prepare(store,
                                      "SELECT run_id FROM label WHERE key = ? AND value = ?"
                                      " ORDER BY run_id DESC",
                                      err, &statement);
    if (status != TB_OK)
        return status;
    tb_sql_bind_text(statement, 1, key);
    tb_sql_bind_text(statement, 2, value);
    return collect_ids(store, statement, pool, err, runs);
}

tb_status tb_read_runs_of_revision(tb_store *store, const char *start, tb_pool *pool, tb_error *err,
                                   tb_ids *runs)
{
    sqlite3_stmt *statement;
    tb_status status =
        tb_sql_prepare(store,
                       "SELECT DISTINCT p.run_id FROM build b JOIN process p ON p.build_id = b.id"
                       " WHERE substr(b.git_revision, 1, length(?1)) = ?1 ORDER BY p.run_id DESC",
                       err, &statement);
    if (status != TB_OK)
        return status;
    tb_sql_bind_text(statement, 1, start);
    return collect_ids(store, statement, pool, err, runs);
}

/* The text a query gives, for a message; NULL where it gives none or fails. */
static const char *ask_text(tb_store *store, const char *sql, tb_pool *pool)
{
    sqlite3_stmt *statement;
    bool found;
    if (tb_sql_prepare(store, sql, NULL, &statement) != TB_OK ||
        tb_sql_row(store, statement, "asking", NULL, &found) != TB_OK || !found)
        return NULL;
    const char *text = tb_sql_read_text(statement, 0, pool);
    sqlite3_reset(statement);
    return text;
}

const char *tb_read_known_runs(tb_store *store, tb_pool *pool)
{
    return ask_text(store,
                    "SELECT CASE count(*) WHEN 0 THEN NULL WHEN 1 THEN '@' || min(id)"
                    " ELSE '@' || min(id) || ' to @' || max(id) END FROM run",
                    pool);
}

const char *tb_read_known_labels(tb_store *store, tb_pool *pool)
{
    return ask_text(store,
                    "SELECT group_concat(label, ', ') FROM (SELECT key || '=' || value AS label"
                    " FROM label GROUP BY key, value ORDER BY max(run_id) DESC LIMIT 8)",
                    pool);
}

const char *tb_read_known_revisions(tb_store *store, tb_pool *pool)
{
    return ask_text(store,
                    "SELECT group_concat(revision, ', ') FROM (SELECT substr(b.git_revision, 1, 12)"
                    " AS revision FROM build b JOIN process p ON p.build_id = b.id"
                    " WHERE b.git_revision IS NOT NULL GROUP BY b.git_revision"
                    " ORDER BY max(p.run_id) DESC LIMIT 8)",
                    pool);
}

/* ---- runs ---- */

static void add_run_query(tb_buf *sql, const char *condition)
{
    tb_buf_append_text(sql, "SELECT r.id, r.started_unix_ms, r.finished_unix_ms, r.exit_code, ");
    tb_sql_add_columns(sql, "r", &tb_run_type);
    tb_buf_append_text(sql, ", ");
    tb_sql_add_columns(sql, "d", &tb_device_type);
    tb_buf_append_text(
        sql, ", (SELECT group_concat(key || '=' || value, ';')"
             "   FROM (SELECT key, value FROM label WHERE run_id = r.id ORDER BY key)),"
             " (SELECT group_concat(name, ', ') FROM (SELECT DISTINCT m.name AS name FROM process p"
             "   JOIN configuration c ON c.id = p.configuration_id"
             "   JOIN model m ON m.id = c.model_id WHERE p.run_id = r.id ORDER BY m.name)),"
             " (SELECT count(*) FROM process p WHERE p.run_id = r.id),"
             " (SELECT count(*) FROM process p WHERE p.run_id = r.id AND p.status = 'ok'),"
             " (SELECT count(*) FROM process p JOIN sample s ON s.process_id = p.id"
             "   WHERE p.run_id = r.id)"
             " FROM run r JOIN device d ON d.id = r.device_id ");
    tb_buf_append_text(sql, condition);
}

static void read_run(sqlite3_stmt *statement, tb_pool *pool, tb_run_summary *run)
{
    run->run_id = sqlite3_column_int64(statement, 0);
    run->started_unix_ms = sqlite3_column_int64(statement, 1);
    run->finished_unix_ms = tb_sql_read_integer(statement, 2);
    run->exit_code = tb_sql_read_integer(statement, 3);
    int next = tb_sql_read_record(statement, 4, &tb_run_type, pool, &run->run);
    next = tb_sql_read_record(statement, next, &tb_device_type, pool, &run->device);
    run->labels = tb_sql_read_text(statement, next++, pool);
    run->models = tb_sql_read_text(statement, next++, pool);
    run->process_count = sqlite3_column_int64(statement, next++);
    run->process_ok_count = sqlite3_column_int64(statement, next++);
    run->sample_count = sqlite3_column_int64(statement, next);
}

tb_status tb_read_run(tb_store *store, int64_t run_id, tb_pool *pool, tb_error *err,
                      tb_run_summary *run)
{
    tb_buf sql = {0};
    add_run_query(&sql, "WHERE r.id = ?");
    sqlite3_stmt *statement;
    tb_status status = prepare_composed(store, &sql, err, &statement);
    if (status != TB_OK)
        return status;
    sqlite3_bind_int64(statement, 1, run_id);
    bool found;
    status = tb_sql_row(store, statement, "reading a run", err, &found);
    if (status != TB_OK)
        return status;
    if (!found)
        return tb_fail(err, TB_NOT_FOUND, "%s: there is no run @%lld", store->path,
                       (long long)run_id);
    read_run(statement, pool, run);
    sqlite3_reset(statement);
    return TB_OK;
}

tb_status tb_store_list_runs(tb_store *store, tb_error *err, tb_runs *runs)
{
    *runs = (tb_runs){.pool = tb_pool_create()};
    tb_array array = {.item_size = sizeof(tb_run_summary)};
    tb_buf sql = {0};
    add_run_query(&sql, "ORDER BY r.id DESC");
    sqlite3_stmt *statement;
    bool found;
    tb_status status = prepare_composed(store, &sql, err, &statement);
    while (status == TB_OK) {
        status = tb_sql_row(store, statement, "listing runs", err, &found);
        if (status != TB_OK || !found)
            break;
        tb_run_summary *run = tb_array_push(runs->pool, &array);
        if (!run)
            status = no_memory(store, err);
        else
            read_run(statement, runs->pool, run);
    }
    if (status == TB_OK)
        status = tb_pool_check(runs->pool, err);
    if (status != TB_OK) {
        tb_runs_free(runs);
        return status;
    }
    runs->items = array.items;
    runs->count = array.count;
    return TB_OK;
}

void tb_runs_free(tb_runs *runs)
{
    tb_pool_free(runs->pool);
    *runs = (tb_runs){0};
}

/* ---- processes ---- */

static tb_process_status status_of_text(const char *text)
{
    for (int i = 0; text && i <= TB_PROCESS_CRASHED; i++)
        if (strcmp(text, tb_process_status_text((tb_process_status)i)) == 0)
            return (tb_process_status)i;
    return TB_PROCESS_FAILED; /* a status of a newer program */
}

static void read_process(sqlite3_stmt *statement, tb_pool *pool, tb_process_row *row)
{
    row->process_id = sqlite3_column_int64(statement, 0);
    row->configuration_id = sqlite3_column_int64(statement, 1);
    row->build_id = sqlite3_column_int64(statement, 2);
    row->model_id = sqlite3_column_int64(statement, 3);
    row->plan_id = sqlite3_column_int64(statement, 4);
    row->status = status_of_text((const char *)sqlite3_column_text(statement, 5));
    row->plan_fingerprint = tb_sql_read_text(statement, 6, pool);
    row->plan.delegate = tb_sql_read_text(statement, 7, pool);
    row->plan.nodes_total = tb_sql_read_integer(statement, 8);
    row->plan.nodes_delegated = tb_sql_read_integer(statement, 9);
    row->plan.partitions = tb_sql_read_integer(statement, 10);
    int next = tb_sql_read_record(statement, 11, &tb_process_type, pool, &row->process);
    next = tb_sql_read_record(statement, next, &tb_outcome_type, pool, &row->outcome);
    next = tb_sql_read_record(statement, next, &tb_configuration_type, pool, &row->configuration);
    next = tb_sql_read_record(statement, next, &tb_model_type, pool, &row->model);
    tb_sql_read_record(statement, next, &tb_build_type, pool, &row->build);
}

tb_status tb_read_processes(tb_store *store, int64_t run_id, tb_pool *pool, tb_error *err,
                            tb_process_rows *rows)
{
    tb_buf sql = {0};
    tb_buf_append_text(&sql, "SELECT p.id, p.configuration_id, p.build_id, c.model_id, p.plan_id,"
                             " p.status, l.fingerprint, l.delegate, l.nodes_total,"
                             " l.nodes_delegated, l.partitions, ");
    tb_sql_add_columns(&sql, "p", &tb_process_type);
    tb_buf_append_text(&sql, ", ");
    tb_sql_add_columns(&sql, "p", &tb_outcome_type);
    tb_buf_append_text(&sql, ", ");
    tb_sql_add_columns(&sql, "c", &tb_configuration_type);
    tb_buf_append_text(&sql, ", ");
    tb_sql_add_columns(&sql, "m", &tb_model_type);
    tb_buf_append_text(&sql, ", ");
    tb_sql_add_columns(&sql, "b", &tb_build_type);
    tb_buf_append_text(&sql, " FROM process p JOIN configuration c ON c.id = p.configuration_id"
                             " JOIN model m ON m.id = c.model_id JOIN build b ON b.id = p.build_id"
                             " LEFT JOIN plan l ON l.id = p.plan_id"
                             " WHERE p.run_id = ? ORDER BY p.id");
    sqlite3_stmt *statement;
    tb_status status = prepare_composed(store, &sql, err, &statement);
    if (status != TB_OK)
        return status;
    sqlite3_bind_int64(statement, 1, run_id);
    tb_array array = {.item_size = sizeof(tb_process_row)};
    bool found;
    while ((status = tb_sql_row(store, statement, "reading processes", err, &found)) == TB_OK &&
           found) {
        tb_process_row *row = tb_array_push(pool, &array);
        if (!row) {
            sqlite3_reset(statement);
            return no_memory(store, err);
        }
        read_process(statement, pool, row);
    }
    rows->items = array.items;
    rows->count = array.count;
    return status;
}

tb_status tb_read_samples(tb_store *store, int64_t process_id, tb_pool *pool, tb_error *err,
                          tb_array *latency_ns)
{
    sqlite3_stmt *statement;
    tb_status status = tb_sql_prepare(
        store, "SELECT latency_ns FROM sample WHERE process_id = ? ORDER BY idx", err, &statement);
    if (status != TB_OK)
        return status;
    sqlite3_bind_int64(statement, 1, process_id);
    bool found;
    while ((status = tb_sql_row(store, statement, "reading samples", err, &found)) == TB_OK &&
           found) {
        uint64_t *latency = tb_array_push(pool, latency_ns);
        if (!latency) {
            sqlite3_reset(statement);
            return no_memory(store, err);
        }
        *latency = (uint64_t)sqlite3_column_int64(statement, 0);
    }
    return status;
}

tb_status tb_read_figures(tb_store *store, int64_t run_id, int64_t process_id, const char *phase,
                          tb_pool *pool, tb_error *err, tb_array *figures)
{
    tb_buf sql = {0};
    tb_buf_append_text(&sql, "SELECT run_id, process_id, ");
    tb_sql_add_columns(&sql, NULL, &tb_figure_type);
    tb_buf_printf(&sql, " FROM figure WHERE %s AND %s ORDER BY id",
                  process_id ? "process_id = ?1" : "run_id = ?1 AND process_id IS NULL",
                  phase ? "phase = ?2" : "phase <> 'item'");
    sqlite3_stmt *statement;
    tb_status status = prepare_composed(store, &sql, err, &statement);
    if (status != TB_OK)
        return status;
    sqlite3_bind_int64(statement, 1, process_id ? process_id : run_id);
    if (phase)
        tb_sql_bind_text(statement, 2, phase);
    bool found;
    while ((status = tb_sql_row(store, statement, "reading figures", err, &found)) == TB_OK &&
           found) {
        tb_figure_row *row = tb_array_push(pool, figures);
        if (!row) {
            sqlite3_reset(statement);
            return no_memory(store, err);
        }
        row->run_id = sqlite3_column_int64(statement, 0);
        row->process_id = sqlite3_column_int64(statement, 1);
        tb_sql_read_record(statement, 2, &tb_figure_type, pool, &row->figure);
    }
    return status;
}

tb_status tb_read_warnings(tb_store *store, int64_t run_id, tb_pool *pool, tb_error *err,
                           tb_array *warnings)
{
    tb_buf sql = {0};
    tb_buf_append_text(&sql, "SELECT w.run_id, w.process_id, p.configuration_id, ");
    tb_sql_add_columns(&sql, "w", &tb_warning_type);
    tb_buf_append_text(&sql, " FROM warning w LEFT JOIN process p ON p.id = w.process_id"
                             " WHERE w.run_id = ? ORDER BY w.id");
    sqlite3_stmt *statement;
    tb_status status = prepare_composed(store, &sql, err, &statement);
    if (status != TB_OK)
        return status;
    sqlite3_bind_int64(statement, 1, run_id);
    bool found;
    while ((status = tb_sql_row(store, statement, "reading warnings", err, &found)) == TB_OK &&
           found) {
        tb_warning_row *row = tb_array_push(pool, warnings);
        if (!row) {
            sqlite3_reset(statement);
            return no_memory(store, err);
        }
        row->run_id = sqlite3_column_int64(statement, 0);
        row->process_id = sqlite3_column_int64(statement, 1);
        row->configuration_id = sqlite3_column_int64(statement, 2);
        tb_sql_read_record(statement, 3, &tb_warning_type, pool, &row->warning);
    }
    return status;
}

/* ---- ops ---- */

tb_status tb_read_ops(tb_store *store, int64_t plan_id, tb_pool *pool, tb_error *err, tb_array *ops,
                      const char **fingerprint, const char **text)
{
    sqlite3_stmt *statement;
    tb_status status =
        tb_sql_prepare(store, "SELECT fingerprint, text FROM plan WHERE id = ?", err, &statement);
    if (status != TB_OK)
        return status;
    sqlite3_bind_int64(statement, 1, plan_id);
    bool found;
    status = tb_sql_row(store, statement, "reading a plan", err, &found);
    if (status != TB_OK || !found)
        return status;
    *fingerprint = tb_sql_read_text(statement, 0, pool);
    *text = tb_sql_read_text(statement, 1, pool);
    sqlite3_reset(statement);

    tb_buf sql = {0};
    tb_buf_append_text(&sql, "SELECT idx, ");
    tb_sql_add_columns(&sql, NULL, &tb_op_type);
    tb_buf_append_text(&sql, " FROM op WHERE plan_id = ? ORDER BY idx");
    status = prepare_composed(store, &sql, err, &statement);
    if (status != TB_OK)
        return status;
    sqlite3_bind_int64(statement, 1, plan_id);
    while ((status = tb_sql_row(store, statement, "reading ops", err, &found)) == TB_OK && found) {
        tb_op_row *row = tb_array_push(pool, ops);
        if (!row) {
            sqlite3_reset(statement);
            return no_memory(store, err);
        }
        row->index = sqlite3_column_int64(statement, 0);
        tb_sql_read_record(statement, 1, &tb_op_type, pool, &row->op);
    }
    return status;
}

tb_status tb_read_op_times(tb_store *store, int64_t process_id, tb_pool *pool, tb_error *err,
                           tb_op_time *times, size_t count)
{
    tb_buf sql = {0};
    tb_buf_append_text(&sql, "SELECT op_idx, ");
    tb_sql_add_columns(&sql, NULL, &tb_op_time_type);
    tb_buf_append_text(&sql, " FROM op_time WHERE process_id = ?");
    sqlite3_stmt *statement;
    tb_status status = prepare_composed(store, &sql, err, &statement);
    if (status != TB_OK)
        return status;
    sqlite3_bind_int64(statement, 1, process_id);
    bool found;
    while ((status = tb_sql_row(store, statement, "reading times of ops", err, &found)) == TB_OK &&
           found) {
        int64_t index = sqlite3_column_int64(statement, 0);
        if (index >= 0 && (uint64_t)index < count)
            tb_sql_read_record(statement, 1, &tb_op_time_type, pool, &times[index]);
    }
    return status;
}

/* ---- context ---- */

static tb_status read_environments(tb_store *store, int64_t run_id, tb_pool *pool, tb_error *err,
                                   tb_run_context *context)
{
    tb_buf sql = {0};
    tb_buf_append_text(&sql, "SELECT moment, ");
    tb_sql_add_columns(&sql, NULL, &tb_environment_type);
    tb_buf_append_text(&sql, " FROM environment WHERE run_id = ? ORDER BY id");
    sqlite3_stmt *statement;
    tb_status status = prepare_composed(store, &sql, err, &statement);
    if (status != TB_OK)
        return status;
    sqlite3_bind_int64(statement, 1, run_id);
    bool found;
    while ((status = tb_sql_row(store, statement, "reading the environment", err, &found)) ==
               TB_OK &&
           found) {
        const char *moment = (const char *)sqlite3_column_text(statement, 0);
        if (moment && strcmp(moment, "start") == 0)
            tb_sql_read_record(statement, 1, &tb_environment_type, pool, &context->start);
        else if (moment && strcmp(moment, "end") == 0)
            tb_sql_read_record(statement, 1, &tb_environment_type, pool, &context->end);
    }
    return status;
}

tb_status tb_read_context(tb_store *store, int64_t run_id, tb_pool *pool, tb_error *err,
                          tb_run_context *context)
{
    context->run_id = run_id;
    tb_buf sql = {0};
    tb_buf_append_text(&sql, "SELECT ");
    tb_sql_add_columns(&sql, "d", &tb_device_type);
    tb_buf_append_text(&sql, ", ");
    tb_sql_add_columns(&sql, "b", &tb_build_type);
    tb_buf_append_text(&sql, " FROM run r JOIN device d ON d.id = r.device_id"
                             " JOIN build b ON b.id = r.build_id WHERE r.id = ?");
    sqlite3_stmt *statement;
    tb_status status = prepare_composed(store, &sql, err, &statement);
    if (status != TB_OK)
        return status;
    sqlite3_bind_int64(statement, 1, run_id);
    bool found;
    status = tb_sql_row(store, statement, "reading a run", err, &found);
    if (status != TB_OK || !found)
        return status;
    int next = tb_sql_read_record(statement, 0, &tb_device_type, pool, &context->device);
    tb_sql_read_record(statement, next, &tb_build_type, pool, &context->driver);
    sqlite3_reset(statement);
    return read_environments(store, run_id, pool, err, context);
}
