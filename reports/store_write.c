/* What the driver writes: runs, processes and how they ended. Each call is one transaction. */
#include <string.h>
#include <time.h>

#include "reports/store_identity.h"
#include "reports/store_internal.h"

static const char *const status_texts[] = {
#define STATUS_TEXT(code, text) text,
    TB_PROCESS_STATUS_LIST(STATUS_TEXT)
#undef STATUS_TEXT
};

const char *tb_process_status_text(tb_process_status status)
{
    size_t index = (size_t)status;
    return index < sizeof status_texts / sizeof status_texts[0] ? status_texts[index] : "unknown";
}

static int64_t now_unix_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static tb_status add_labels(tb_store *store, int64_t run_id, const tb_label *labels, size_t count,
                            tb_error *err)
{
    for (size_t i = 0; i < count; i++) {
        sqlite3_stmt *statement;
        tb_status status = tb_sql_prepare(
            store, "INSERT OR REPLACE INTO label (run_id, key, value) VALUES (?, ?, ?)", err,
            &statement);
        if (status != TB_OK)
            return status;
        sqlite3_bind_int64(statement, 1, run_id);
        tb_sql_bind_text(statement, 2, labels[i].key);
        tb_sql_bind_text(statement, 3, labels[i].value);
        status = tb_sql_run(store, statement, "adding a label", err);
        if (status != TB_OK)
            return status;
    }
    return TB_OK;
}

static tb_status insert_run(tb_store *store, const tb_run *run, const tb_device *device,
                            const tb_build *driver, tb_error *err, int64_t *run_id)
{
    int64_t device_id, build_id;
    sqlite3_stmt *statement;
    tb_status status = tb_identity_store(store, &tb_device_type, device, NULL, 0, err, &device_id);
    if (status == TB_OK)
        status = tb_identity_store(store, &tb_build_type, driver, NULL, 0, err, &build_id);
    if (status == TB_OK)
        status = tb_sql_prepare_insert(store, &tb_run_type, "device_id, build_id, started_unix_ms",
                                       3, err, &statement);
    if (status != TB_OK)
        return status;
    sqlite3_bind_int64(statement, 1, device_id);
    sqlite3_bind_int64(statement, 2, build_id);
    sqlite3_bind_int64(statement, 3, now_unix_ms());
    tb_sql_bind_record(statement, 4, &tb_run_type, run);
    status = tb_sql_run(store, statement, "adding a run", err);
    *run_id = sqlite3_last_insert_rowid(store->db);
    return status;
}

tb_status tb_store_begin_run(tb_store *store, const tb_run *run, const tb_device *device,
                             const tb_build *driver, const tb_label *labels, size_t label_count,
                             tb_error *err, int64_t *run_id)
{
    *run_id = 0;
    tb_status status = tb_sql_begin(store, err);
    if (status != TB_OK)
        return status;
    status = insert_run(store, run, device, driver, err, run_id);
    if (status == TB_OK)
        status = add_labels(store, *run_id, labels, label_count, err);
    return tb_sql_end(store, status, err);
}

/* Runs a statement that must change one row; `what` names the row where there is none. */
static tb_status change_one(tb_store *store, sqlite3_stmt *statement, const char *what, int64_t id,
                            tb_error *err)
{
    tb_status status = tb_sql_run(store, statement, what, err);
    if (status == TB_OK && sqlite3_changes(store->db) != 1)
        return tb_fail(err, TB_NOT_FOUND, "%s: %s: there is no number %lld, or it has ended",
                       store->path, what, (long long)id);
    return status;
}

tb_status tb_store_finish_run(tb_store *store, int64_t run_id, int exit_code, tb_error *err)
{
    sqlite3_stmt *statement;
    tb_status status = tb_sql_begin(store, err);
    if (status != TB_OK)
        return status;
    status = tb_sql_prepare(
        store, "UPDATE run SET finished_unix_ms = ?, exit_code = ? WHERE id = ?", err, &statement);
    if (status == TB_OK) {
        sqlite3_bind_int64(statement, 1, now_unix_ms());
        sqlite3_bind_int(statement, 2, exit_code);
        sqlite3_bind_int64(statement, 3, run_id);
        status = change_one(store, statement, "finishing a run", run_id, err);
    }
    return tb_sql_end(store, status, err);
}

tb_status tb_store_add_environment(tb_store *store, int64_t run_id, const char *moment,
                                   const tb_environment *environment, tb_error *err)
{
    sqlite3_stmt *statement;
    tb_status status = tb_sql_begin(store, err);
    if (status != TB_OK)
        return status;
    status = tb_sql_prepare_insert(store, &tb_environment_type, "run_id, moment, captured_unix_ms",
                                   3, err, &statement);
    if (status == TB_OK) {
        sqlite3_bind_int64(statement, 1, run_id);
        tb_sql_bind_text(statement, 2, moment);
        sqlite3_bind_int64(statement, 3, now_unix_ms());
        tb_sql_bind_record(statement, 4, &tb_environment_type, environment);
        status = tb_sql_run(store, statement, "adding the environment", err);
    }
    return tb_sql_end(store, status, err);
}

/* The columns of table `process` that a starting process fills besides its record. */
static tb_status insert_process(tb_store *store, int64_t run_id, const tb_model_info *model,
                                const tb_configuration *configuration, const tb_build *build,
                                const tb_process *process, tb_error *err, int64_t *process_id)
{
    int64_t model_id, configuration_id, build_id;
    sqlite3_stmt *statement;
    tb_status status = tb_identity_store_model(store, model, err, &model_id);
    if (status == TB_OK)
        status = tb_identity_store(store, &tb_configuration_type, configuration, "model_id",
                                   model_id, err, &configuration_id);
    if (status == TB_OK)
        status = tb_identity_store(store, &tb_build_type, build, NULL, 0, err, &build_id);
    if (status == TB_OK)
        status = tb_sql_prepare_insert(
            store, &tb_process_type, "run_id, configuration_id, build_id, status, started_unix_ms",
            5, err, &statement);
    if (status != TB_OK)
        return status;
    sqlite3_bind_int64(statement, 1, run_id);
    sqlite3_bind_int64(statement, 2, configuration_id);
    sqlite3_bind_int64(statement, 3, build_id);
    tb_sql_bind_text(statement, 4, tb_process_status_text(TB_PROCESS_RUNNING));
    sqlite3_bind_int64(statement, 5, now_unix_ms());
    tb_sql_bind_record(statement, 6, &tb_process_type, process);
    status = tb_sql_run(store, statement, "adding a process", err);
    *process_id = sqlite3_last_insert_rowid(store->db);
    return status;
}

tb_status tb_store_add_process(tb_store *store, int64_t run_id, const tb_model_info *model,
                               const tb_configuration *configuration, const tb_build *build,
                               const tb_process *process, tb_error *err, int64_t *process_id)
{
    *process_id = 0;
    tb_status status = tb_sql_begin(store, err);
    if (status != TB_OK)
        return status;
    status = insert_process(store, run_id, model, configuration, build, process, err, process_id);
    return tb_sql_end(store, status, err);
}

/* The configuration of a process, for the same choices on another model row. */
static tb_status move_to_model(tb_store *store, int64_t process_id, int64_t model_id, tb_pool *pool,
                               tb_error *err)
{
    tb_buf sql = {0};
    tb_buf_append_text(&sql, "SELECT ");
    tb_sql_add_columns(&sql, "c", &tb_configuration_type);
    tb_buf_append_text(&sql, " FROM process p JOIN configuration c ON c.id = p.configuration_id"
                             " WHERE p.id = ?");
    sqlite3_stmt *statement;
    tb_status status = sql.failed ? tb_fail(err, TB_NO_MEMORY, "%s: out of memory", store->path)
                                  : tb_sql_prepare(store, tb_buf_text(&sql), err, &statement);
    tb_buf_free(&sql);
    if (status != TB_OK)
        return status;
    sqlite3_bind_int64(statement, 1, process_id);
    bool found;
    status = tb_sql_row(store, statement, "reading a process", err, &found);
    if (status != TB_OK)
        return status;
    if (!found)
        return tb_fail(err, TB_NOT_FOUND, "%s: there is no process %lld", store->path,
                       (long long)process_id);
    tb_configuration configuration;
    tb_sql_read_record(statement, 0, &tb_configuration_type, pool, &configuration);
    sqlite3_reset(statement);
    status = tb_pool_check(pool, err);
    int64_t configuration_id;
    if (status == TB_OK)
        status = tb_identity_store(store, &tb_configuration_type, &configuration, "model_id",
                                   model_id, err, &configuration_id);
    if (status == TB_OK)
        status = tb_sql_prepare(store, "UPDATE process SET configuration_id = ? WHERE id = ?", err,
                                &statement);
    if (status != TB_OK)
        return status;
    sqlite3_bind_int64(statement, 1, configuration_id);
    sqlite3_bind_int64(statement, 2, process_id);
    return change_one(store, statement, "updating a process", process_id, err);
}

tb_status tb_store_set_model(tb_store *store, int64_t process_id, const tb_model_info *model,
                             tb_error *err)
{
    tb_status status = tb_sql_begin(store, err);
    if (status != TB_OK)
        return status;
    tb_pool *pool = tb_pool_create();
    int64_t model_id;
    status = tb_identity_store_model(store, model, err, &model_id);
    if (status == TB_OK)
        status = move_to_model(store, process_id, model_id, pool, err);
    tb_pool_free(pool);
    return tb_sql_end(store, status, err);
}

static tb_status update_outcome(tb_store *store, int64_t process_id, tb_process_status ended,
                                const tb_outcome *outcome, tb_error *err)
{
    tb_buf sql = {0};
    tb_buf_append_text(&sql, "UPDATE process SET status = ?, finished_unix_ms = ?");
    for (size_t i = 0; i < tb_outcome_type.field_count; i++)
        tb_buf_printf(&sql, ", %s = ?", tb_outcome_type.fields[i].name);
    tb_buf_append_text(&sql, " WHERE id = ? AND status = 'running'");
    sqlite3_stmt *statement;
    tb_status status = sql.failed ? tb_fail(err, TB_NO_MEMORY, "%s: out of memory", store->path)
                                  : tb_sql_prepare(store, tb_buf_text(&sql), err, &statement);
    tb_buf_free(&sql);
    if (status != TB_OK)
        return status;
    tb_sql_bind_text(statement, 1, tb_process_status_text(ended));
    sqlite3_bind_int64(statement, 2, now_unix_ms());
    int next = tb_sql_bind_record(statement, 3, &tb_outcome_type, outcome);
    sqlite3_bind_int64(statement, next, process_id);
    return change_one(store, statement, "finishing a process", process_id, err);
}

tb_status tb_store_finish_process(tb_store *store, int64_t process_id, tb_process_status ended,
                                  const tb_outcome *outcome, tb_error *err)
{
    if (ended == TB_PROCESS_RUNNING)
        return tb_fail(err, TB_USAGE, "%s: a process cannot end as running", store->path);
    if (ended != TB_PROCESS_OK && (!outcome->reason || !*outcome->reason))
        return tb_fail(err, TB_USAGE, "%s: process %lld ended as %s without a reason", store->path,
                       (long long)process_id, tb_process_status_text(ended));
    tb_status status = tb_sql_begin(store, err);
    if (status != TB_OK)
        return status;
    return tb_sql_end(store, update_outcome(store, process_id, ended, outcome, err), err);
}

tb_status tb_store_batch_begin(tb_store *store, tb_error *err)
{
    if (store->in_batch)
        return tb_fail(err, TB_STATE, "%s: a batch has begun already", store->path);
    tb_status status = tb_sql_begin(store, err);
    store->in_batch = status == TB_OK;
    store->batch_failed = false;
    return status;
}

tb_status tb_store_batch_end(tb_store *store, tb_error *err)
{
    if (!store->in_batch)
        return tb_fail(err, TB_STATE, "%s: no batch has begun", store->path);
    store->in_batch = false;
    if (!store->batch_failed)
        return tb_sql_end(store, TB_OK, err);
    tb_sql_end(store, TB_STATE, NULL);
    return tb_fail(err, TB_STATE, "%s: a write of the batch had failed: nothing of it is kept",
                   store->path);
}

static tb_status remove_run(tb_store *store, int64_t run_id, tb_error *err)
{
    sqlite3_stmt *statement;
    tb_status status = tb_sql_prepare(store, "DELETE FROM run WHERE id = ?", err, &statement);
    if (status != TB_OK)
        return status;
    sqlite3_bind_int64(statement, 1, run_id);
    status = change_one(store, statement, "removing a run", run_id, err);
    if (status != TB_OK)
        return status;
    return tb_sql_script(
        store,
        "DELETE FROM plan WHERE id NOT IN"
        " (SELECT plan_id FROM process WHERE plan_id IS NOT NULL);"
        "DELETE FROM configuration WHERE id NOT IN (SELECT configuration_id FROM process);"
        "DELETE FROM model WHERE id NOT IN (SELECT model_id FROM configuration);"
        "DELETE FROM build WHERE id NOT IN (SELECT build_id FROM process)"
        " AND id NOT IN (SELECT build_id FROM run);"
        "DELETE FROM device WHERE id NOT IN (SELECT device_id FROM run);",
        "removing a run", err);
}

tb_status tb_store_remove_run(tb_store *store, int64_t run_id, tb_error *err)
{
    tb_status status = tb_sql_begin(store, err);
    if (status != TB_OK)
        return status;
    return tb_sql_end(store, remove_run(store, run_id, err), err);
}

static tb_status set_label(tb_store *store, int64_t run_id, const char *key, const char *value,
                           tb_error *err)
{
    sqlite3_stmt *statement;
    tb_status status =
        tb_sql_prepare(store, "DELETE FROM label WHERE run_id = ? AND key = ?", err, &statement);
    if (status != TB_OK)
        return status;
    sqlite3_bind_int64(statement, 1, run_id);
    tb_sql_bind_text(statement, 2, key);
    status = tb_sql_run(store, statement, "removing a label", err);
    tb_label label = {key, value};
    return status == TB_OK && value ? add_labels(store, run_id, &label, 1, err) : status;
}

tb_status tb_store_set_label(tb_store *store, int64_t run_id, const char *key, const char *value,
                             tb_error *err)
{
    tb_status status = tb_sql_begin(store, err);
    if (status != TB_OK)
        return status;
    return tb_sql_end(store, set_label(store, run_id, key, value, err), err);
}
