/*
 * Joining databases: the runs of another file with all that hangs on them. Rows that stand for a
 * content (device, build, model, configuration, plan) are found again by their fingerprint; runs and
 * processes get numbers behind those that are there.
 */
#include <stdio.h>
#include <string.h>

#include "reports/store_internal.h"
#include "runtime/base/size.h"

/* What each table refers to by number: column and how the number here follows from the one there. */
#define RUN_HERE     "o.run_id + (SELECT run_offset FROM temp.merge_offset)"
#define PROCESS_HERE "o.process_id + (SELECT process_offset FROM temp.merge_offset)"
#define BY_FINGERPRINT(table, column)                                                            \
    "(SELECT h.id FROM main." table " h JOIN other." table " t ON t.fingerprint = h.fingerprint" \
    " WHERE t.id = o." column ")"
#define OF_TAKEN_RUN     " WHERE o.run_id IN (SELECT id FROM temp.merge_run)"
#define OF_TAKEN_PROCESS " WHERE o.process_id IN (SELECT id FROM temp.merge_process)"

typedef struct table_row {
    const char *table;
    const char *columns[4][2]; /* column, expression; the other columns are copied */
    const char *where;
    bool known_stay; /* rows that are there already stay as they are */
} table_row;

static const table_row rows[] = {
    {"device", {{"id", NULL}}, "", true},
    {"build", {{"id", NULL}}, "", true},
    {"model", {{"id", NULL}}, "", true},
    {"plan", {{"id", NULL}}, "", true},
    {"configuration", {{"id", NULL}, {"model_id", BY_FINGERPRINT("model", "model_id")}}, "", true},
    {"op", {{"plan_id", BY_FINGERPRINT("plan", "plan_id")}}, "", true},
    {"run",
     {{"id", "o.id + (SELECT run_offset FROM temp.merge_offset)"},
      {"device_id", BY_FINGERPRINT("device", "device_id")},
      {"build_id", BY_FINGERPRINT("build", "build_id")}},
     " WHERE o.id IN (SELECT id FROM temp.merge_run)",
     false},
    {"label", {{"run_id", RUN_HERE}}, OF_TAKEN_RUN, false},
    {"environment", {{"id", NULL}, {"run_id", RUN_HERE}}, OF_TAKEN_RUN, false},
    {"figure",
     {{"id", NULL}, {"run_id", RUN_HERE}, {"process_id", PROCESS_HERE}},
     OF_TAKEN_RUN,
     false},
    {"warning",
     {{"id", NULL}, {"run_id", RUN_HERE}, {"process_id", PROCESS_HERE}},
     OF_TAKEN_RUN,
     false},
    {"sample", {{"process_id", PROCESS_HERE}}, OF_TAKEN_PROCESS, false},
    {"warmup", {{"process_id", PROCESS_HERE}}, OF_TAKEN_PROCESS, false},
    {"op_time", {{"process_id", PROCESS_HERE}}, OF_TAKEN_PROCESS, false},
    {"op_sample", {{"process_id", PROCESS_HERE}}, OF_TAKEN_PROCESS, false},
};

/* `process` stands alone: it has four columns that change. */
static const table_row process_row = {
    "process",
    {{"id", "o.id + (SELECT process_offset FROM temp.merge_offset)"},
     {"run_id", RUN_HERE},
     {"configuration_id", BY_FINGERPRINT("configuration", "configuration_id")},
     {"plan_id", BY_FINGERPRINT("plan", "plan_id")}},
    OF_TAKEN_RUN,
    false};

static const char *expression_of(const table_row *row, const char *column, bool *skip)
{
    *skip = false;
    for (size_t k = 0; k < 4 && row->columns[k][0]; k++)
        if (strcmp(row->columns[k][0], column) == 0) {
            *skip = !row->columns[k][1];
            return row->columns[k][1];
        }
    if (row == &process_row && strcmp(column, "build_id") == 0)
        return BY_FINGERPRINT("build", "build_id");
    return NULL;
}

/* Copies a table: the columns that both files have. */
static tb_status copy_table(tb_store *store, const table_row *row, tb_error *err)
{
    sqlite3_stmt *statement;
    tb_status status = tb_sql_prepare(store,
                                      "SELECT a.name FROM pragma_table_info(?1, 'main') a"
                                      " JOIN pragma_table_info(?1, 'other') b ON b.name = a.name",
                                      err, &statement);
    if (status != TB_OK)
        return status;
    tb_sql_bind_text(statement, 1, row->table);
    tb_buf names = {0}, values = {0}, sql = {0};
    bool found;
    while ((status = tb_sql_row(store, statement, "reading columns", err, &found)) == TB_OK &&
           found) {
        const char *column = (const char *)sqlite3_column_text(statement, 0);
        bool skip;
        const char *expression = expression_of(row, column, &skip);
        if (skip)
            continue;
        tb_buf_printf(&names, "%s\"%s\"", names.size ? ", " : "", column);
        if (expression)
            tb_buf_printf(&values, "%s%s", values.size ? ", " : "", expression);
        else
            tb_buf_printf(&values, "%so.\"%s\"", values.size ? ", " : "", column);
    }
    tb_buf_printf(&sql, "INSERT %sINTO main.\"%s\" (%s) SELECT %s FROM other.\"%s\" o%s",
                  row->known_stay ? "OR IGNORE " : "", row->table, tb_buf_text(&names),
                  tb_buf_text(&values), row->table, row->where);
    if (status == TB_OK)
        status = tb_buf_status(&sql, "merge", err);
    if (status == TB_OK)
        status = tb_sql_script(store, tb_buf_text(&sql), "merging", err);
    tb_buf_free(&names);
    tb_buf_free(&values);
    tb_buf_free(&sql);
    return status;
}

/* Which runs are new here: one is known by its start, its driver and its device. */
static const char choose_runs[] =
    "CREATE TEMP TABLE merge_offset AS SELECT"
    "  max((SELECT coalesce(max(id), 0) FROM main.run),"
    "      coalesce((SELECT seq FROM main.sqlite_sequence WHERE name = 'run'), 0)) AS run_offset,"
    "  (SELECT coalesce(max(id), 0) FROM main.process) AS process_offset;"
    "CREATE TEMP TABLE merge_run AS SELECT o.id FROM other.run o WHERE NOT EXISTS ("
    "  SELECT 1 FROM main.run r JOIN main.device d ON d.id = r.device_id"
    "  JOIN other.device e ON e.id = o.device_id"
    "  WHERE r.started_unix_ms = o.started_unix_ms AND r.driver_pid IS o.driver_pid"
    "  AND d.fingerprint = e.fingerprint);"
    "CREATE TEMP TABLE merge_process AS SELECT o.id FROM other.process o"
    "  WHERE o.run_id IN (SELECT id FROM temp.merge_run);";

static const char forget_choice[] =
    "DROP TABLE IF EXISTS temp.merge_offset; DROP TABLE IF EXISTS temp.merge_run;"
    "DROP TABLE IF EXISTS temp.merge_process;";

static tb_status count_runs(tb_store *store, tb_error *err, int64_t *runs)
{
    sqlite3_stmt *statement;
    tb_status status =
        tb_sql_prepare(store, "SELECT count(*) FROM temp.merge_run", err, &statement);
    bool found = false;
    if (status == TB_OK)
        status = tb_sql_row(store, statement, "merging", err, &found);
    if (status == TB_OK && found)
        *runs = sqlite3_column_int64(statement, 0);
    if (found)
        sqlite3_reset(statement);
    return status;
}

static tb_status copy_all(tb_store *store, tb_error *err, int64_t *runs)
{
    tb_status status = tb_sql_begin(store, err);
    if (status != TB_OK)
        return status;
    status = tb_sql_script(store, choose_runs, "merging", err);
    if (status == TB_OK)
        status = count_runs(store, err, runs);
    for (size_t k = 0; k < TB_COUNT_OF(rows) && status == TB_OK; k++) {
        status = copy_table(store, &rows[k], err);
        /* Processes after their runs, before what hangs on them. */
        if (status == TB_OK && strcmp(rows[k].table, "run") == 0)
            status = copy_table(store, &process_row, err);
    }
    if (status == TB_OK)
        status = tb_sql_script(store, forget_choice, "merging", err);
    return tb_sql_end(store, status, err);
}

tb_status tb_store_merge(tb_store *store, const char *path, tb_error *err, int64_t *runs)
{
    *runs = 0;
    /* Opening says what is wrong with the file, and that its version is this program's. */
    tb_store *other;
    tb_status status = tb_store_open(path, TB_STORE_READ, err, &other);
    if (status != TB_OK)
        return status;
    tb_store_close(other);
    /* An older file is brought to this version where it lies. */
    status = tb_store_open(path, TB_STORE_WRITE, err, &other);
    if (status != TB_OK)
        return status;
    tb_store_close(other);
    sqlite3_stmt *statement;
    status = tb_sql_prepare(store, "ATTACH DATABASE ? AS other", err, &statement);
    if (status != TB_OK)
        return status;
    tb_sql_bind_text(statement, 1, path);
    status = tb_sql_run(store, statement, "opening the file to merge", err);
    if (status != TB_OK)
        return status;
    status = copy_all(store, err, runs);
    tb_error ignored = TB_ERROR_NONE;
    tb_sql_script(store, forget_choice, "merging", &ignored);
    tb_status detached = tb_sql_script(store, "DETACH DATABASE other", "merging", &ignored);
    if (status == TB_OK && detached != TB_OK) {
        *err = ignored;
        status = detached;
    }
    return status;
}
