/*
 * What the files reports/store_*.c share: the open database, its prepared statements, binding and
 * reading whole records by their description. Nobody else includes this.
 */
#ifndef TB_REPORTS_STORE_INTERNAL_H
#define TB_REPORTS_STORE_INTERNAL_H

#include <sqlite3.h>

#include "reports/pool.h"
#include "reports/store.h"
#include "runtime/base/buf.h"

/* How long a call waits for another writer before it gives up. */
#define TB_STORE_BUSY_MS 30000

typedef struct tb_statement {
    char *sql; /* owned; NULL: an empty place */
    sqlite3_stmt *prepared;
} tb_statement;

struct tb_store {
    sqlite3 *db;
    char *path;
    tb_statement *statements; /* prepared once, found again by their text */
    size_t statement_count, statement_capacity;
    bool in_batch, batch_failed;
};

/* ---- errors ---- */

/* One line from what SQLite says last: "<path>: <what>: <why>". `what` is "adding samples". */
tb_status tb_sql_fail(tb_store *store, tb_error *err, const char *what);

/* ---- statements (store_sql.c) ---- */

/* The prepared statement, reset and without bindings; borrowed until the store closes. */
tb_status tb_sql_prepare(tb_store *store, const char *sql, tb_error *err, sqlite3_stmt **statement);

/* Steps a statement that gives no rows, then resets it. */
tb_status tb_sql_run(tb_store *store, sqlite3_stmt *statement, const char *what, tb_error *err);

/* *found: a row is there. Resets at the end and on failure. */
tb_status tb_sql_row(tb_store *store, sqlite3_stmt *statement, const char *what, tb_error *err,
                     bool *found);

/* Runs a text of statements without parameters. */
tb_status tb_sql_script(tb_store *store, const char *sql, const char *what, tb_error *err);

/* Binding never fails on its own: an error shows when the statement is stepped. 0-terminated texts
   must live until then. */
void tb_sql_bind_text(sqlite3_stmt *statement, int index, const char *text);
/* Binds all fields of a record from `index` on and gives the index after them. */
int tb_sql_bind_record(sqlite3_stmt *statement, int index, const tb_record_type *type,
                       const void *record);

const char *tb_sql_read_text(sqlite3_stmt *statement, int column, tb_pool *pool);
tb_integer tb_sql_read_integer(sqlite3_stmt *statement, int column);
/* Fills a record from `column` on and gives the column after it. Texts go to the pool. */
int tb_sql_read_record(sqlite3_stmt *statement, int column, const tb_record_type *type,
                       tb_pool *pool, void *record);

/* "alias.a, alias.b, ..." of all fields; alias may be NULL. */
void tb_sql_add_columns(tb_buf *sql, const char *alias, const tb_record_type *type);

/* INSERT INTO <table> (<keys>, <fields>) VALUES (?, ...): keys is "run_id, moment" with key_count
   names; parameters are in that order. */
tb_status tb_sql_prepare_insert(tb_store *store, const tb_record_type *type, const char *keys,
                                int key_count, tb_error *err, sqlite3_stmt **statement);

/* ---- transactions (store_sql.c) ---- */

/* BEGIN IMMEDIATE unless in a batch. Every begin has its end, which commits where status is TB_OK
   and rolls back otherwise; it gives back status, or what the commit said. */
tb_status tb_sql_begin(tb_store *store, tb_error *err);
tb_status tb_sql_end(tb_store *store, tb_status status, tb_error *err);

/* ---- schema (store_schema.c) ---- */

typedef struct tb_migration {
    const char *name;
    const char *sql; /* takes a file from the version before to this one */
} tb_migration;

/* Brings the file to version `count` (migrations[i] makes version i + 1) and adds the columns of
   record.def that it lacks, all in one transaction. Safe against another process doing the same. */
tb_status tb_schema_migrate(tb_store *store, const tb_migration *migrations, int count,
                            tb_error *err);

/* The list this program has; tb_store_version() of them. */
const tb_migration *tb_schema_migrations(void);

/* *current: version and columns are those of this program. TB_UNSUPPORTED for a newer file,
   TB_CORRUPT for a database of another program. */
tb_status tb_schema_check(tb_store *store, tb_error *err, bool *current);

#endif
