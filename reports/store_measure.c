/* What workers measured: samples, figures, plans and per-op times. Each call is one transaction. */
#include <stdio.h>
#include <string.h>

#include "reports/store_identity.h"
#include "reports/store_internal.h"
#include "runtime/base/sha256.h"

/* How many of `count` rows from first_index on have an index below `kept`. */
static size_t count_below(int64_t kept, int64_t first_index, size_t count)
{
    if (first_index >= kept)
        return 0;
    uint64_t room = (uint64_t)(kept - first_index);
    return count < room ? count : (size_t)room;
}

/* Latencies past 292 years do not fit SQLite's integers: they are a fault of the clock. */
static tb_status check_durations(tb_store *store, const uint64_t *durations_ns, size_t count,
                                 tb_error *err)
{
    for (size_t i = 0; i < count; i++)
        if (durations_ns[i] > INT64_MAX)
            return tb_fail(err, TB_USAGE, "%s: a duration of %llu ns cannot be", store->path,
                           (unsigned long long)durations_ns[i]);
    return TB_OK;
}

/*
 * Inserts rows (keys[0], ..., first_index + i, durations[i][, gaps[i] / 1000]) in one transaction.
 * `sql` takes them in that order.
 */
static tb_status add_durations(tb_store *store, const char *sql, const int64_t *keys, int key_count,
                               int64_t first_index, const uint64_t *durations_ns,
                               const uint64_t *gap_ns, size_t count, tb_error *err)
{
    if (count == 0)
        return TB_OK;
    tb_status status = check_durations(store, durations_ns, count, err);
    if (status != TB_OK)
        return status;
    status = tb_sql_begin(store, err);
    if (status != TB_OK)
        return status;
    sqlite3_stmt *statement;
    status = tb_sql_prepare(store, sql, err, &statement);
    for (size_t i = 0; status == TB_OK && i < count; i++) {
        int next = 1;
        for (int k = 0; k < key_count; k++)
            sqlite3_bind_int64(statement, next++, keys[k]);
        sqlite3_bind_int64(statement, next++, first_index + (int64_t)i);
        sqlite3_bind_int64(statement, next++, (int64_t)durations_ns[i]);
        if (gap_ns)
            sqlite3_bind_int64(statement, next, (int64_t)(gap_ns[i] / 1000));
        status = tb_sql_run(store, statement, "adding samples", err);
    }
    return tb_sql_end(store, status, err);
}

tb_status tb_store_add_samples(tb_store *store, int64_t process_id, int64_t first_index,
                               const uint64_t *latency_ns, const uint64_t *gap_ns, size_t count,
                               tb_error *err)
{
    return add_durations(
        store, "INSERT INTO sample (process_id, idx, latency_ns, gap_us) VALUES (?, ?, ?, ?)",
        &process_id, 1, first_index, latency_ns, gap_ns, count, err);
}

tb_status tb_store_add_warmup(tb_store *store, int64_t process_id, int64_t first_index,
                              const uint64_t *latency_ns, size_t count, tb_error *err)
{
    return add_durations(store, "INSERT INTO warmup (process_id, idx, latency_ns) VALUES (?, ?, ?)",
                         &process_id, 1, first_index, latency_ns, NULL,
                         count_below(TB_STORE_WARMUP_KEPT, first_index, count), err);
}

tb_status tb_store_add_op_samples(tb_store *store, int64_t process_id, int64_t op_index,
                                  int64_t first_index, const uint64_t *duration_ns, size_t count,
                                  tb_error *err)
{
    const int64_t keys[] = {process_id, op_index};
    return add_durations(
        store, "INSERT INTO op_sample (process_id, op_idx, idx, duration_ns) VALUES (?, ?, ?, ?)",
        keys, 2, first_index, duration_ns, NULL,
        count_below(TB_STORE_OP_SAMPLES_KEPT, first_index, count), err);
}

static tb_status check_figure(tb_store *store, const tb_figure *figure, tb_error *err)
{
    if (!figure->phase || !figure->metric || !figure->unit)
        return tb_fail(err, TB_USAGE, "%s: a figure lacks its phase, metric or unit (%s, %s, %s)",
                       store->path, figure->phase ? figure->phase : "-",
                       figure->metric ? figure->metric : "-", figure->unit ? figure->unit : "-");
    if (!figure->value.known && (!figure->reason || !*figure->reason))
        return tb_fail(err, TB_USAGE, "%s: figure %s %s has neither a value nor a reason",
                       store->path, figure->phase, figure->metric);
    return TB_OK;
}

static void bind_owner(sqlite3_stmt *statement, int64_t run_id, int64_t process_id)
{
    sqlite3_bind_int64(statement, 1, run_id);
    if (process_id)
        sqlite3_bind_int64(statement, 2, process_id);
    else
        sqlite3_bind_null(statement, 2);
}

tb_status tb_store_add_figures(tb_store *store, int64_t run_id, int64_t process_id,
                               const tb_figure *figures, size_t count, tb_error *err)
{
    tb_status status = TB_OK;
    for (size_t i = 0; status == TB_OK && i < count; i++)
        status = check_figure(store, &figures[i], err);
    if (status == TB_OK)
        status = tb_sql_begin(store, err);
    if (status != TB_OK)
        return status;
    for (size_t i = 0; status == TB_OK && i < count; i++) {
        tb_figure figure = figures[i];
        if (!figure.owner)
            figure.owner = "";
        sqlite3_stmt *statement;
        status =
            tb_sql_prepare_insert(store, &tb_figure_type, "run_id, process_id", 2, err, &statement);
        if (status != TB_OK)
            break;
        bind_owner(statement, run_id, process_id);
        tb_sql_bind_record(statement, 3, &tb_figure_type, &figure);
        status = tb_sql_run(store, statement, "adding figures", err);
    }
    return tb_sql_end(store, status, err);
}

tb_status tb_store_add_warning(tb_store *store, int64_t run_id, int64_t process_id,
                               const tb_warning *warning, tb_error *err)
{
    tb_status status = tb_sql_begin(store, err);
    if (status != TB_OK)
        return status;
    sqlite3_stmt *statement;
    status =
        tb_sql_prepare_insert(store, &tb_warning_type, "run_id, process_id", 2, err, &statement);
    if (status == TB_OK) {
        bind_owner(statement, run_id, process_id);
        tb_sql_bind_record(statement, 3, &tb_warning_type, warning);
        status = tb_sql_run(store, statement, "adding a warning", err);
    }
    return tb_sql_end(store, status, err);
}

static tb_status insert_plan(tb_store *store, const tb_plan *plan, const tb_op *ops, size_t count,
                             const char *fingerprint, tb_error *err, int64_t *plan_id)
{
    sqlite3_stmt *statement;
    tb_status status =
        tb_sql_prepare_insert(store, &tb_plan_type, "fingerprint", 1, err, &statement);
    if (status != TB_OK)
        return status;
    tb_sql_bind_text(statement, 1, fingerprint);
    tb_sql_bind_record(statement, 2, &tb_plan_type, plan);
    status = tb_sql_run(store, statement, "adding a plan", err);
    *plan_id = sqlite3_last_insert_rowid(store->db);
    for (size_t i = 0; status == TB_OK && i < count; i++) {
        status = tb_sql_prepare_insert(store, &tb_op_type, "plan_id, idx", 2, err, &statement);
        if (status != TB_OK)
            break;
        sqlite3_bind_int64(statement, 1, *plan_id);
        sqlite3_bind_int64(statement, 2, (int64_t)i);
        tb_sql_bind_record(statement, 3, &tb_op_type, &ops[i]);
        status = tb_sql_run(store, statement, "adding the ops of a plan", err);
    }
    return status;
}

static tb_status attach_plan(tb_store *store, int64_t process_id, int64_t plan_id, tb_error *err)
{
    sqlite3_stmt *statement;
    tb_status status =
        tb_sql_prepare(store, "UPDATE process SET plan_id = ? WHERE id = ?", err, &statement);
    if (status != TB_OK)
        return status;
    sqlite3_bind_int64(statement, 1, plan_id);
    sqlite3_bind_int64(statement, 2, process_id);
    status = tb_sql_run(store, statement, "setting a plan", err);
    if (status == TB_OK && sqlite3_changes(store->db) != 1)
        return tb_fail(err, TB_NOT_FOUND, "%s: there is no process %lld", store->path,
                       (long long)process_id);
    return status;
}

tb_status tb_store_set_plan(tb_store *store, int64_t process_id, const tb_plan *plan,
                            const tb_op *ops, size_t op_count, tb_error *err, char fingerprint[65])
{
    char made[TB_SHA256_HEX_SIZE];
    tb_sha256 hash;
    tb_sha256_begin(&hash);
    tb_identity_add_record(&hash, &tb_plan_type, plan);
    for (size_t i = 0; i < op_count; i++) {
        tb_identity_add_text(&hash, "next", "op");
        tb_identity_add_record(&hash, &tb_op_type, &ops[i]);
    }
    tb_sha256_end(&hash, made);
    if (fingerprint)
        memcpy(fingerprint, made, sizeof made);
    tb_status status = tb_sql_begin(store, err);
    if (status != TB_OK)
        return status;
    int64_t plan_id;
    status = tb_identity_find(store, tb_plan_type.table, made, err, &plan_id);
    if (status == TB_OK && !plan_id)
        status = insert_plan(store, plan, ops, op_count, made, err, &plan_id);
    if (status == TB_OK)
        status = attach_plan(store, process_id, plan_id, err);
    return tb_sql_end(store, status, err);
}

tb_status tb_store_add_op_times(tb_store *store, int64_t process_id, const tb_op_time *times,
                                size_t count, tb_error *err)
{
    tb_status status = tb_sql_begin(store, err);
    if (status != TB_OK)
        return status;
    for (size_t i = 0; status == TB_OK && i < count; i++) {
        if (!times[i].calls.known)
            continue;
        sqlite3_stmt *statement;
        status = tb_sql_prepare_insert(store, &tb_op_time_type, "process_id, op_idx", 2, err,
                                       &statement);
        if (status != TB_OK)
            break;
        sqlite3_bind_int64(statement, 1, process_id);
        sqlite3_bind_int64(statement, 2, (int64_t)i);
        tb_sql_bind_record(statement, 3, &tb_op_time_type, &times[i]);
        status = tb_sql_run(store, statement, "adding times of ops", err);
    }
    return tb_sql_end(store, status, err);
}
