/* Statements, binding and transactions of the store. */
#include "reports/store_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* What an SQLite result means to the person who reads it. */
static const struct {
    int code; /* primary result code */
    tb_status status;
    const char *text;
} meanings[] = {
    {SQLITE_FULL, TB_IO, "the disk is full"},
    {SQLITE_READONLY, TB_IO, "the database is read-only"},
    {SQLITE_BUSY, TB_IO, "another process keeps the database locked"},
    {SQLITE_LOCKED, TB_IO, "another process keeps the database locked"},
    {SQLITE_NOTADB, TB_CORRUPT, "not a database"},
    {SQLITE_CORRUPT, TB_CORRUPT, "the database is damaged"},
    {SQLITE_CANTOPEN, TB_IO, "cannot open the database file"},
    {SQLITE_PERM, TB_IO, "no permission"},
    {SQLITE_NOMEM, TB_NO_MEMORY, "out of memory"},
    {SQLITE_IOERR, TB_IO, "input/output error"},
    {SQLITE_CONSTRAINT, TB_USAGE, "a rule of the store is broken"},
    {SQLITE_TOOBIG, TB_USAGE, "a text is too long"},
};

tb_status tb_sql_fail(tb_store *store, tb_error *err, const char *what)
{
    int code = sqlite3_errcode(store->db) & 0xff;
    int system_error = sqlite3_system_errno(store->db);
    bool system_tells = (code == SQLITE_IOERR || code == SQLITE_CANTOPEN) && system_error != 0;
    if (system_tells && system_error == ENOSPC)
        code = SQLITE_FULL;
    for (size_t i = 0; i < sizeof meanings / sizeof meanings[0]; i++) {
        if (meanings[i].code != code)
            continue;
        if (system_tells && code != SQLITE_FULL)
            return tb_fail(err, meanings[i].status, "%s: %s: %s: %s", store->path, what,
                           meanings[i].text, strerror(system_error));
        if (code == SQLITE_CONSTRAINT)
            return tb_fail(err, meanings[i].status, "%s: %s: %s: %s", store->path, what,
                           meanings[i].text, sqlite3_errmsg(store->db));
        return tb_fail(err, meanings[i].status, "%s: %s: %s", store->path, what, meanings[i].text);
    }
    return tb_fail(err, TB_INTERNAL, "%s: %s: %s", store->path, what, sqlite3_errmsg(store->db));
}

static tb_status out_of_memory(tb_store *store, tb_error *err)
{
    return tb_fail(err, TB_NO_MEMORY, "%s: out of memory", store->path);
}

tb_status tb_sql_prepare(tb_store *store, const char *sql, tb_error *err, sqlite3_stmt **statement)
{
    for (size_t i = 0; i < store->statement_count; i++) {
        if (strcmp(store->statements[i].sql, sql) == 0) {
            *statement = store->statements[i].prepared;
            sqlite3_reset(*statement);
            sqlite3_clear_bindings(*statement);
            return TB_OK;
        }
    }
    if (store->statement_count == store->statement_capacity) {
        size_t capacity = store->statement_capacity ? 2 * store->statement_capacity : 32;
        tb_statement *grown = realloc(store->statements, capacity * sizeof *grown);
        if (!grown)
            return out_of_memory(store, err);
        store->statements = grown;
        store->statement_capacity = capacity;
    }
    tb_statement *added = &store->statements[store->statement_count];
    if (sqlite3_prepare_v3(store->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &added->prepared, NULL) !=
        SQLITE_OK)
        return tb_sql_fail(store, err, "preparing a query");
    added->sql = strdup(sql);
    if (!added->sql) {
        sqlite3_finalize(added->prepared);
        return out_of_memory(store, err);
    }
    store->statement_count++;
    *statement = added->prepared;
    return TB_OK;
}

tb_status tb_sql_run(tb_store *store, sqlite3_stmt *statement, const char *what, tb_error *err)
{
    int code;
    do
        code = sqlite3_step(statement);
    while (code == SQLITE_ROW);
    tb_status status = code == SQLITE_DONE ? TB_OK : tb_sql_fail(store, err, what);
    sqlite3_reset(statement);
    return status;
}

tb_status tb_sql_row(tb_store *store, sqlite3_stmt *statement, const char *what, tb_error *err,
                     bool *found)
{
    int code = sqlite3_step(statement);
    *found = code == SQLITE_ROW;
    if (*found)
        return TB_OK;
    tb_status status = code == SQLITE_DONE ? TB_OK : tb_sql_fail(store, err, what);
    sqlite3_reset(statement);
    return status;
}

tb_status tb_sql_script(tb_store *store, const char *sql, const char *what, tb_error *err)
{
    if (sqlite3_exec(store->db, sql, NULL, NULL, NULL) == SQLITE_OK)
        return TB_OK;
    return tb_sql_fail(store, err, what);
}

void tb_sql_bind_text(sqlite3_stmt *statement, int index, const char *text)
{
    if (text)
        sqlite3_bind_text(statement, index, text, -1, SQLITE_STATIC);
    else
        sqlite3_bind_null(statement, index);
}

int tb_sql_bind_record(sqlite3_stmt *statement, int index, const tb_record_type *type,
                       const void *record)
{
    for (size_t i = 0; i < type->field_count; i++, index++) {
        const tb_field *field = &type->fields[i];
        switch (field->kind) {
        case TB_KIND_TEXT:
            tb_sql_bind_text(statement, index, tb_field_text(field, record));
            break;
        case TB_KIND_INTEGER: {
            tb_integer integer = tb_field_integer(field, record);
            if (integer.known)
                sqlite3_bind_int64(statement, index, integer.value);
            else
                sqlite3_bind_null(statement, index);
            break;
        }
        case TB_KIND_REAL: {
            tb_real real = tb_field_real(field, record);
            if (real.known)
                sqlite3_bind_double(statement, index, real.value);
            else
                sqlite3_bind_null(statement, index);
            break;
        }
        }
    }
    return index;
}

const char *tb_sql_read_text(sqlite3_stmt *statement, int column, tb_pool *pool)
{
    return tb_pool_text(pool, (const char *)sqlite3_column_text(statement, column));
}

tb_integer tb_sql_read_integer(sqlite3_stmt *statement, int column)
{
    tb_integer unknown = {0};
    if (sqlite3_column_type(statement, column) == SQLITE_NULL)
        return unknown;
    return tb_int(sqlite3_column_int64(statement, column));
}

int tb_sql_read_record(sqlite3_stmt *statement, int column, const tb_record_type *type,
                       tb_pool *pool, void *record)
{
    for (size_t i = 0; i < type->field_count; i++, column++) {
        char *member = (char *)record + type->fields[i].offset;
        switch (type->fields[i].kind) {
        case TB_KIND_TEXT: {
            const char *text = tb_sql_read_text(statement, column, pool);
            memcpy(member, &text, sizeof text);
            break;
        }
        case TB_KIND_INTEGER: {
            tb_integer integer = tb_sql_read_integer(statement, column);
            memcpy(member, &integer, sizeof integer);
            break;
        }
        case TB_KIND_REAL: {
            tb_real real = {0};
            if (sqlite3_column_type(statement, column) != SQLITE_NULL)
                real = tb_num(sqlite3_column_double(statement, column));
            memcpy(member, &real, sizeof real);
            break;
        }
        }
    }
    return column;
}

void tb_sql_add_columns(tb_buf *sql, const char *alias, const tb_record_type *type)
{
    for (size_t i = 0; i < type->field_count; i++)
        tb_buf_printf(sql, "%s%s%s%s", i ? ", " : "", alias ? alias : "", alias ? "." : "",
                      type->fields[i].name);
}

tb_status tb_sql_prepare_insert(tb_store *store, const tb_record_type *type, const char *keys,
                                int key_count, tb_error *err, sqlite3_stmt **statement)
{
    tb_buf sql = {0};
    tb_buf_printf(&sql, "INSERT INTO %s (%s, ", type->table, keys);
    tb_sql_add_columns(&sql, NULL, type);
    tb_buf_append_text(&sql, ") VALUES (?");
    for (int i = 1; i < key_count + (int)type->field_count; i++)
        tb_buf_append_text(&sql, ", ?");
    tb_buf_append_text(&sql, ")");
    tb_status status = sql.failed ? out_of_memory(store, err)
                                  : tb_sql_prepare(store, tb_buf_text(&sql), err, statement);
    tb_buf_free(&sql);
    return status;
}

tb_status tb_sql_begin(tb_store *store, tb_error *err)
{
    if (store->in_batch)
        return TB_OK;
    return tb_sql_script(store, "BEGIN IMMEDIATE", "writing", err);
}

tb_status tb_sql_end(tb_store *store, tb_status status, tb_error *err)
{
    if (store->in_batch) {
        store->batch_failed |= status != TB_OK;
        return status;
    }
    if (status == TB_OK)
        status = tb_sql_script(store, "COMMIT", "writing", err);
    /* A full disk may have rolled back already. */
    if (status != TB_OK && !sqlite3_get_autocommit(store->db))
        sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
    return status;
}
