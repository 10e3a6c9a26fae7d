/* Opening files of every kind: older, newer, foreign, damaged, locked away. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "reports/store_internal.h"
#include "runtime/base/size.h"
#include "tests/unit/reports/fixture.h"

TestSuite(store_open, .fini = fixture_remove);

/* A file of version 1 with content, as the first release wrote it. It stays as it is for good. */
static const char version_1[] = {
#include "tests/unit/reports/store_v1.sql.inc"
    , 0};

static tb_status open_status(const char *path, tb_store_mode mode, tb_error *err)
{
    tb_store *store;
    tb_status status = tb_store_open(path, mode, err, &store);
    cr_expect_eq(store != NULL, status == TB_OK);
    tb_store_close(store);
    return status;
}

static void expect_v1_content(tb_store *store)
{
    tb_error err = TB_ERROR_NONE;
    sqlite3_stmt *statement;
    bool found;
    cr_assert_eq(tb_sql_prepare(store,
                                "SELECT s.latency_ns, m.name, b.git_revision, p.check_verdict"
                                " FROM sample s JOIN process p ON p.id = s.process_id"
                                " JOIN configuration c ON c.id = p.configuration_id"
                                " JOIN model m ON m.id = c.model_id"
                                " JOIN build b ON b.id = p.build_id ORDER BY s.idx",
                                &err, &statement),
                 TB_OK, "%s", err.text);
    cr_assert_eq(tb_sql_row(store, statement, "test", &err, &found), TB_OK);
    cr_assert(found);
    cr_expect_eq(sqlite3_column_int64(statement, 0), 1500);
    cr_expect_str_eq((const char *)sqlite3_column_text(statement, 1), "keyword");
    cr_expect_str_eq((const char *)sqlite3_column_text(statement, 2), "0ldbu1ld");
    sqlite3_reset(statement);
}

Test(store_open, a_file_of_version_1_is_brought_up_to_date)
{
    const char *path = fixture_path("v1.sqlite");
    fixture_sql(path, version_1);
    cr_assert_eq(fixture_ask(path, "PRAGMA user_version"), 1);

    /* Reading does not change the file. */
    tb_store *store = fixture_open(path, TB_STORE_READ);
    expect_v1_content(store);
    tb_store_close(store);
    cr_expect_eq(fixture_ask(path, "SELECT count(*) FROM pragma_table_info('process')"
                                   " WHERE name = 'check_verdict'"),
                 0);

    store = fixture_open(path, TB_STORE_WRITE);
    expect_v1_content(store);
    const fixture_process given = {"m", "cpu", NULL, NULL, 1, false, TB_PROCESS_OK, 3, 10, 1};
    fixture_add(store, fixture_run(store, "x"), &given);
    tb_store_close(store);
    cr_expect_eq(fixture_ask(path, "PRAGMA user_version"), tb_store_version());
    cr_expect_eq(fixture_ask(path, "SELECT count(*) FROM sample"), 5);
    cr_expect_eq(fixture_ask(path, "SELECT count(*) FROM pragma_table_info('process')"
                                   " WHERE name = 'check_verdict'"),
                 1);
    cr_expect_eq(fixture_ask(path, "SELECT count(*) FROM pragma_foreign_key_check"), 0);
}

/* The list that takes a file of version 2 to 4, of which the last is refused by the test. */
static const tb_migration later[] = {
    {"first tables", "SELECT 1"},
    {"documents", "SELECT 1"},
    {"notes", "CREATE TABLE note (id INTEGER PRIMARY KEY, text TEXT NOT NULL);"
              "INSERT INTO note (text) SELECT name FROM model;"},
    {"broken", "CREATE TABLE half (id INTEGER PRIMARY KEY); INSERT INTO nowhere VALUES (1);"},
};

Test(store_open, migrations_run_once_and_wholly_or_not_at_all)
{
    const char *path = fixture_path("a.sqlite");
    fixture_sql(path, version_1);
    tb_error err = TB_ERROR_NONE;
    tb_store *store = fixture_open(path, TB_STORE_WRITE);
    cr_expect_eq(tb_schema_migrate(store, later, 4, &err), TB_INTERNAL);
    cr_expect(strstr(err.text, "migration 4 (broken)"), "%s", err.text);
    cr_expect_eq(fixture_ask(path, "PRAGMA user_version"), 2);
    cr_expect_eq(fixture_ask(path, "SELECT count(*) FROM sqlite_master WHERE name = 'note'"), 0);
    cr_expect_eq(tb_schema_migrate(store, later, 3, &err), TB_OK, "%s", err.text);
    cr_expect_eq(tb_schema_migrate(store, later, 3, &err), TB_OK, "%s", err.text);
    tb_store_close(store);
    cr_expect_eq(fixture_ask(path, "PRAGMA user_version"), 3);
    cr_expect_eq(fixture_ask(path, "SELECT count(*) FROM note WHERE text = 'keyword'"), 1);
}

Test(store_open, a_newer_file_is_refused_and_left_alone)
{
    const char *path = fixture_path("a.sqlite");
    tb_store_close(fixture_open(path, TB_STORE_WRITE));
    fixture_sql(path, "PRAGMA user_version = 4711");
    struct stat before, after;
    cr_assert_eq(stat(path, &before), 0);
    for (int mode = TB_STORE_READ; mode <= TB_STORE_WRITE; mode++) {
        tb_error err = TB_ERROR_NONE;
        cr_expect_eq(open_status(path, (tb_store_mode)mode, &err), TB_UNSUPPORTED);
        char ours[40];
        snprintf(ours, sizeof ours, "up to %d", tb_store_version());
        cr_expect(strstr(err.text, "4711") && strstr(err.text, ours), "%s", err.text);
        cr_expect(strstr(err.text, path));
        cr_expect_null(strchr(err.text, '\n'));
    }
    cr_assert_eq(stat(path, &after), 0);
    cr_expect_eq(before.st_mtim.tv_nsec, after.st_mtim.tv_nsec);
    /* Also where nothing but the number is there. */
    const char *bare = fixture_path("bare.sqlite");
    fixture_sql(bare, "PRAGMA user_version = 99");
    tb_error err = TB_ERROR_NONE;
    cr_expect_eq(open_status(bare, TB_STORE_WRITE, &err), TB_UNSUPPORTED);
}

static void write_file(const char *path, const char *bytes, size_t size)
{
    FILE *file = fopen(path, "wb");
    cr_assert(file);
    cr_assert_eq(fwrite(bytes, 1, size, file), size);
    fclose(file);
}

Test(store_open, what_is_no_store_is_said_in_one_line)
{
    const char *foreign = fixture_path("foreign.sqlite");
    fixture_sql(foreign, "CREATE TABLE t (a)");
    char prose[4096];
    memset(prose, 'x', sizeof prose);
    const char *text = fixture_path("text.sqlite");
    write_file(text, prose, sizeof prose);
    static const struct {
        const char *file;
        tb_store_mode mode;
        tb_status status;
        const char *says;
    } cases[] = {
        {"foreign.sqlite", TB_STORE_WRITE, TB_CORRUPT, "not one of tflbench"},
        {"foreign.sqlite", TB_STORE_READ, TB_CORRUPT, "not one of tflbench"},
        {"text.sqlite", TB_STORE_WRITE, TB_CORRUPT, "not a database"},
        {"text.sqlite", TB_STORE_READ, TB_CORRUPT, "not a database"},
        {"absent.sqlite", TB_STORE_READ, TB_NOT_FOUND, "No such file"},
        {"no/such/folder.sqlite", TB_STORE_WRITE, TB_IO, "cannot open"},
        {".", TB_STORE_WRITE, TB_IO, "cannot open"},
    };
    for (size_t i = 0; i < TB_COUNT_OF(cases); i++) {
        tb_error err = TB_ERROR_NONE;
        const char *path = fixture_path(cases[i].file);
        cr_expect_eq(open_status(path, cases[i].mode, &err), cases[i].status, "%s: %s", path,
                     err.text);
        cr_expect(strstr(err.text, cases[i].says), "%s", err.text);
        cr_expect(strstr(err.text, path), "%s", err.text);
        cr_expect_null(strchr(err.text, '\n'));
    }
    tb_error err = TB_ERROR_NONE;
    cr_expect_eq(open_status("", TB_STORE_WRITE, &err), TB_USAGE);
    cr_expect_eq(open_status(NULL, TB_STORE_READ, &err), TB_USAGE);
}

Test(store_open, a_damaged_file_does_not_crash)
{
    const char *path = fixture_path("a.sqlite");
    tb_store *store = fixture_open(path, TB_STORE_WRITE);
    const fixture_process given = {"m", "cpu", NULL, NULL, 1, false, TB_PROCESS_OK, 50, 10, 1};
    fixture_add(store, fixture_run(store, "x"), &given);
    tb_store_close(store);
    char *whole = fixture_read(path);
    struct stat about;
    cr_assert_eq(stat(path, &about), 0);
    const char *cut = fixture_path("cut.sqlite");
    for (off_t keep = 0; keep < about.st_size; keep += 3000) {
        write_file(cut, whole, (size_t)keep);
        tb_error err = TB_ERROR_NONE;
        tb_status status = open_status(cut, TB_STORE_READ, &err);
        cr_expect(status == TB_OK || status == TB_CORRUPT || status == TB_IO, "%d bytes: %s",
                  (int)keep, err.text);
    }
    free(whole);
}

/* A reader that is the last to close takes SQLite's log away with it. */
Test(store_open, readers_leave_no_files_behind)
{
    const char *path = fixture_path("a.sqlite");
    tb_store_close(fixture_open(path, TB_STORE_WRITE));
    tb_store *store = fixture_open(path, TB_STORE_READ);
    tb_error err = TB_ERROR_NONE;
    cr_expect_neq(tb_store_finish_run(store, 1, 0, &err), TB_OK, "it only reads");
    tb_store_close(store);
    struct stat about;
    cr_expect_neq(stat(fixture_path("a.sqlite-wal"), &about), 0);
    cr_expect_neq(stat(fixture_path("a.sqlite-shm"), &about), 0);
}

/* Root may write anywhere; for others the folder and the file are closed to writing. */
Test(store_open, a_folder_that_cannot_be_written_can_be_read)
{
    const char *path = fixture_path("a.sqlite");
    tb_store *store = fixture_open(path, TB_STORE_WRITE);
    const fixture_process given = {"m", "cpu", NULL, NULL, 1, false, TB_PROCESS_OK, 5, 10, 1};
    fixture_add(store, fixture_run(store, "x"), &given);
    tb_store_close(store);
    cr_assert_eq(chmod(path, 0444), 0);
    cr_assert_eq(chmod(fixture_folder(), 0555), 0);
    bool bound = geteuid() != 0;
    tb_error err = TB_ERROR_NONE;
    cr_expect_eq(open_status(path, TB_STORE_READ, &err), TB_OK, "%s", err.text);
    if (bound) {
        cr_expect_eq(open_status(path, TB_STORE_WRITE, &err), TB_IO);
        cr_expect(strstr(err.text, "read-only"), "%s", err.text);
    }
    cr_assert_eq(chmod(fixture_folder(), 0755), 0);
}

Test(store_open, odd_names_are_plain_names)
{
    static const char *const names[] = {"a?mode=memory#x%20.sqlite", "it's \"so\".sqlite"};
    for (size_t i = 0; i < TB_COUNT_OF(names); i++) {
        const char *path = fixture_path(names[i]);
        tb_store_close(fixture_open(path, TB_STORE_WRITE));
        struct stat about;
        cr_expect_eq(stat(path, &about), 0, "%s", path);
    }
    cr_assert_eq(chdir(fixture_folder()), 0);
    tb_store_close(fixture_open("file:x.sqlite", TB_STORE_WRITE));
    struct stat about;
    cr_expect_eq(stat("file:x.sqlite", &about), 0);
}

/* A row of record.def that a file lacks is added; one that this program does not know is kept. */
Test(store_open, columns_follow_record_def_both_ways)
{
    const char *path = fixture_path("a.sqlite");
    tb_store_close(fixture_open(path, TB_STORE_WRITE));
    fixture_sql(path, "ALTER TABLE model DROP COLUMN flops;"
                      "ALTER TABLE model ADD COLUMN of_the_future TEXT");
    tb_store *store = fixture_open(path, TB_STORE_READ);
    bool current;
    tb_error err = TB_ERROR_NONE;
    cr_expect_eq(tb_schema_check(store, &err, &current), TB_OK);
    cr_expect(current, "the copy has all columns");
    tb_store_close(store);
    store = fixture_open(path, TB_STORE_WRITE);
    const fixture_process given = {"m", "cpu", NULL, NULL, 1, false, TB_PROCESS_OK, 1, 10, 1};
    fixture_add(store, fixture_run(store, "x"), &given);
    tb_store_close(store);
    cr_expect_eq(fixture_ask(path, "SELECT count(*) FROM model WHERE flops IS NULL"
                                   " AND of_the_future IS NULL"),
                 1);
}
