/*
 * The schema and its versions.
 *
 * PRAGMA user_version counts the migrations a file has had. Keys and rules change by a migration
 * only; a descriptive column is a row in record.def and is added here to any file that lacks it, so
 * that programs on both sides of such a row read each other's files.
 */
#include "reports/store_internal.h"

#include <stdio.h>
#include <string.h>

#include "runtime/base/size.h"

/* PRAGMA application_id of our files: "TFLB". */
#define APPLICATION_ID 0x54464c42

static const char schema_sql[] = {
#include "reports/schema.sql.inc"
    , 0};

static const char documents_sql[] = {
#include "reports/schema_v2.sql.inc"
    , 0};

static const tb_migration migrations[] = {
    {"first tables", schema_sql},
    {"documents", documents_sql},
};

static const tb_record_type *const stored_types[] = {
    &tb_device_type,      &tb_build_type,   &tb_model_type,   &tb_configuration_type, &tb_run_type,
    &tb_environment_type, &tb_process_type, &tb_outcome_type, &tb_plan_type,          &tb_op_type,
    &tb_op_time_type,     &tb_figure_type,  &tb_warning_type,
};

int tb_store_version(void)
{
    return (int)TB_COUNT_OF(migrations);
}

const tb_migration *tb_schema_migrations(void)
{
    return migrations;
}

/* The first column of a one-row query. */
static tb_status ask_number(tb_store *store, const char *sql, tb_error *err, int64_t *number)
{
    sqlite3_stmt *statement = NULL;
    bool found = false;
    if (sqlite3_prepare_v2(store->db, sql, -1, &statement, NULL) != SQLITE_OK)
        return tb_sql_fail(store, err, "opening");
    tb_status status = tb_sql_row(store, statement, "opening", err, &found);
    *number = found ? sqlite3_column_int64(statement, 0) : 0;
    sqlite3_finalize(statement);
    return status;
}

/* The version of the file; refuses what is not ours or newer than `count`. */
static tb_status read_version(tb_store *store, int count, tb_error *err, int *version)
{
    int64_t stored = 0, application = 0, tables = 0;
    tb_status status = ask_number(store, "PRAGMA user_version", err, &stored);
    if (status == TB_OK)
        status = ask_number(store, "PRAGMA application_id", err, &application);
    if (status == TB_OK)
        status = ask_number(store, "SELECT count(*) FROM sqlite_master", err, &tables);
    if (status != TB_OK)
        return status;
    if (stored > count)
        return tb_fail(err, TB_UNSUPPORTED,
                       "%s: written by a newer tflbench: its schema has version %lld, this program "
                       "reads up to %d; use that tflbench, or another --db",
                       store->path, (long long)stored, count);
    if (stored < 0 || (tables > 0 && application != APPLICATION_ID))
        return tb_fail(err, TB_CORRUPT, "%s: an SQLite database, but not one of tflbench",
                       store->path);
    *version = (int)stored;
    return TB_OK;
}

/* The columns a table has, as ",name,name,". */
static tb_status read_columns(tb_store *store, const char *table, tb_error *err, tb_buf *columns)
{
    sqlite3_stmt *statement;
    tb_status status =
        tb_sql_prepare(store, "SELECT name FROM pragma_table_info(?)", err, &statement);
    if (status != TB_OK)
        return status;
    tb_sql_bind_text(statement, 1, table);
    tb_buf_append_text(columns, ",");
    bool found;
    while ((status = tb_sql_row(store, statement, "opening", err, &found)) == TB_OK && found)
        tb_buf_printf(columns, "%s,", (const char *)sqlite3_column_text(statement, 0));
    if (columns->failed)
        return tb_fail(err, TB_NO_MEMORY, "%s: out of memory", store->path);
    return status;
}

/* Composes ALTER TABLE statements for the columns of record.def that the file lacks. */
static tb_status missing_columns(tb_store *store, tb_error *err, tb_buf *sql)
{
    static const char *const sql_types[] = {
        [TB_KIND_TEXT] = "TEXT", [TB_KIND_INTEGER] = "INTEGER", [TB_KIND_REAL] = "REAL"};
    for (size_t t = 0; t < TB_COUNT_OF(stored_types); t++) {
        const tb_record_type *type = stored_types[t];
        tb_buf columns = {0};
        tb_status status = read_columns(store, type->table, err, &columns);
        for (size_t i = 0; status == TB_OK && i < type->field_count; i++) {
            char wanted[80];
            snprintf(wanted, sizeof wanted, ",%s,", type->fields[i].name);
            if (!strstr(tb_buf_text(&columns), wanted))
                tb_buf_printf(sql, "ALTER TABLE %s ADD COLUMN %s %s;\n", type->table,
                              type->fields[i].name, sql_types[type->fields[i].kind]);
        }
        tb_buf_free(&columns);
        if (status != TB_OK)
            return status;
    }
    return sql->failed ? tb_fail(err, TB_NO_MEMORY, "%s: out of memory", store->path) : TB_OK;
}

tb_status tb_schema_check(tb_store *store, tb_error *err, bool *current)
{
    int version;
    *current = false;
    tb_status status = read_version(store, tb_store_version(), err, &version);
    if (status != TB_OK || version != tb_store_version())
        return status;
    tb_buf sql = {0};
    status = missing_columns(store, err, &sql);
    *current = sql.size == 0;
    tb_buf_free(&sql);
    return status;
}

static tb_status migrate_in_transaction(tb_store *store, const tb_migration *list, int count,
                                        tb_error *err)
{
    int version;
    tb_status status = read_version(store, count, err, &version);
    for (int i = version; status == TB_OK && i < count; i++) {
        status = tb_sql_script(store, list[i].sql, "bringing the schema up to date", err);
        if (status != TB_OK)
            return tb_in(err, "migration %d (%s)", i + 1, list[i].name);
    }
    tb_buf sql = {0};
    if (status == TB_OK)
        status = missing_columns(store, err, &sql);
    if (status == TB_OK) {
        tb_buf_printf(&sql, "PRAGMA application_id = %d; PRAGMA user_version = %d;", APPLICATION_ID,
                      count);
        status = sql.failed ? tb_fail(err, TB_NO_MEMORY, "%s: out of memory", store->path)
                            : tb_sql_script(store, tb_buf_text(&sql),
                                            "bringing the schema up to date", err);
    }
    tb_buf_free(&sql);
    return status;
}

tb_status tb_schema_migrate(tb_store *store, const tb_migration *list, int count, tb_error *err)
{
    /* Versions are read again inside the transaction: another process may have been first. */
    tb_status status = tb_sql_begin(store, err);
    if (status != TB_OK)
        return status;
    return tb_sql_end(store, migrate_in_transaction(store, list, count, err), err);
}
