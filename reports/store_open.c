/* Opening and closing the store's file. */
#include "reports/store_internal.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

/* SQLite gives some names a meaning of their own: ":memory:" is kept, "file:" is a plain name. */
static char *file_name(const char *path)
{
    if (strncmp(path, "file:", 5) != 0)
        return strdup(path);
    size_t size = strlen(path) + 3;
    char *name = malloc(size);
    if (name) {
        memcpy(name, "./", 2);
        memcpy(name + 2, path, size - 2);
    }
    return name;
}

static tb_status connect(tb_store *store, const char *name, int flags, tb_error *err)
{
    int code = sqlite3_open_v2(name, &store->db, flags | SQLITE_OPEN_NOMUTEX, NULL);
    if (!store->db)
        return tb_fail(err, TB_NO_MEMORY, "%s: out of memory", store->path);
    if (code != SQLITE_OK)
        return tb_sql_fail(store, err, "opening");
    sqlite3_extended_result_codes(store->db, 1);
    sqlite3_busy_timeout(store->db, TB_STORE_BUSY_MS);
    return TB_OK;
}

static void disconnect(tb_store *store)
{
    for (size_t i = 0; i < store->statement_count; i++) {
        sqlite3_finalize(store->statements[i].prepared);
        free(store->statements[i].sql);
    }
    free(store->statements);
    store->statements = NULL;
    store->statement_count = store->statement_capacity = 0;
    sqlite3_close(store->db);
    store->db = NULL;
}

/*
 * Write-ahead logging: readers and a writer do not wait for each other, a commit needs no fsync and
 * survives a kill. Two processes that switch a new file at once see SQLITE_BUSY without SQLite
 * waiting, so we do. Where the file system cannot (no shared memory), the rollback journal remains.
 */
static tb_status use_wal(tb_store *store, tb_error *err)
{
    const struct timespec pause = {0, 10 * 1000 * 1000};
    for (int waited_ms = 0;; waited_ms += 10) {
        int code = sqlite3_exec(store->db, "PRAGMA journal_mode = WAL", NULL, NULL, NULL);
        if (code == SQLITE_OK)
            break;
        if ((code & 0xff) != SQLITE_BUSY || waited_ms >= TB_STORE_BUSY_MS)
            return tb_sql_fail(store, err, "opening");
        nanosleep(&pause, NULL);
    }
    return tb_sql_script(store, "PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON", "opening",
                         err);
}

static tb_status open_for_writing(tb_store *store, const char *name, tb_error *err)
{
    tb_status status = connect(store, name, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, err);
    if (status != TB_OK)
        return status;
    /* Versions before anything is written: a newer file stays as it is, to the byte. */
    bool current = false;
    status = tb_schema_check(store, err, &current);
    if (status != TB_OK)
        return status;
    if (sqlite3_db_readonly(store->db, "main") == 1)
        return tb_fail(err, TB_IO, "%s: the database is read-only; give another file with --db",
                       store->path);
    status = use_wal(store, err);
    if (status == TB_OK && !current)
        status = tb_schema_migrate(store, tb_schema_migrations(), tb_store_version(), err);
    return status;
}

/* Replaces the connection by a copy in memory, which can be migrated. */
static tb_status move_to_memory(tb_store *store, tb_error *err)
{
    tb_store copy = {.path = store->path};
    tb_status status = connect(&copy, ":memory:", SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, err);
    if (status == TB_OK) {
        sqlite3_backup *backup = sqlite3_backup_init(copy.db, "main", store->db, "main");
        if (backup) {
            sqlite3_backup_step(backup, -1);
            sqlite3_backup_finish(backup);
        }
        if (sqlite3_errcode(copy.db) != SQLITE_OK)
            status = tb_sql_fail(&copy, err, "copying to memory");
    }
    if (status == TB_OK)
        status = tb_schema_migrate(&copy, tb_schema_migrations(), tb_store_version(), err);
    if (status != TB_OK) {
        disconnect(&copy);
        return status;
    }
    disconnect(store);
    *store = copy;
    return TB_OK;
}

/* "file:<path>?immutable=1" with everything escaped that a URI gives a meaning to. */
static void add_immutable_uri(tb_buf *uri, const char *path)
{
    tb_buf_append_text(uri, "file:");
    for (; *path; path++) {
        if (strchr("%?#", *path))
            tb_buf_printf(uri, "%%%02x", (unsigned)*path);
        else
            tb_buf_append(uri, path, 1);
    }
    tb_buf_append_text(uri, "?immutable=1");
}

/* A log with content beside the file: without it the file alone is not the whole database. */
static bool has_log(const char *path)
{
    tb_buf name = {0};
    tb_buf_printf(&name, "%s-wal", path);
    struct stat about;
    bool has = !name.failed && stat(tb_buf_text(&name), &about) == 0 && about.st_size > 0;
    tb_buf_free(&name);
    return has;
}

static tb_status open_for_reading(tb_store *store, const char *name, tb_error *err)
{
    struct stat about;
    if (strcmp(name, ":memory:") != 0 && stat(name, &about) != 0)
        return tb_fail_errno(err, "%s: cannot open the database", store->path);
    bool current = false;
    /* With the right to write where there is one (SQLite takes less otherwise): the log of a driver
       that was killed is brought in, and no log is left behind. Our statements only read. */
    tb_status status = connect(store, name, SQLITE_OPEN_READWRITE, err);
    if (status == TB_OK)
        status = tb_sql_script(store, "PRAGMA query_only = ON", "opening", err);
    if (status == TB_OK)
        status = tb_schema_check(store, err, &current);
    /* In a folder that cannot be written SQLite cannot make the log's index. Where nobody else has
       the file open for writing it may be read as it stands. */
    if (status == TB_IO && !has_log(name)) {
        disconnect(store);
        tb_buf uri = {0};
        add_immutable_uri(&uri, name);
        status = connect(store, tb_buf_text(&uri), SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, err);
        tb_buf_free(&uri);
        if (status == TB_OK)
            status = tb_schema_check(store, err, &current);
    }
    if (status != TB_OK)
        return status;
    return current ? TB_OK : move_to_memory(store, err);
}

tb_status tb_store_open(const char *path, tb_store_mode mode, tb_error *err, tb_store **store)
{
    *store = NULL;
    if (!path || !*path)
        return tb_fail(err, TB_USAGE, "no database was named");
    tb_store *opened = calloc(1, sizeof *opened);
    char *name = file_name(path);
    if (opened)
        opened->path = strdup(path);
    tb_status status;
    if (!opened || !name || !opened->path)
        status = tb_fail(err, TB_NO_MEMORY, "%s: out of memory", path);
    else if (mode == TB_STORE_WRITE)
        status = open_for_writing(opened, name, err);
    else
        status = open_for_reading(opened, name, err);
    free(name);
    if (status != TB_OK) {
        tb_store_close(opened);
        return status;
    }
    *store = opened;
    return TB_OK;
}

void tb_store_close(tb_store *store)
{
    if (!store)
        return;
    if (store->db && store->in_batch)
        sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
    disconnect(store);
    free(store->path);
    free(store);
}

const char *tb_store_path(const tb_store *store)
{
    return store->path;
}
