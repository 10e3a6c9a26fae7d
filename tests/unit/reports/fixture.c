/* See fixture.h. */
#include "tests/unit/reports/fixture.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char folder[256];

const char *fixture_folder(void)
{
    if (!*folder) {
        const char *parent = getenv("TMPDIR");
        snprintf(folder, sizeof folder, "%s/tflbench-test-XXXXXX", parent ? parent : "/tmp");
        cr_assert(mkdtemp(folder), "cannot make %s", folder);
    }
    return folder;
}

const char *fixture_path(const char *name)
{
    static char paths[4][512];
    static size_t next;
    char *path = paths[next++ % 4];
    snprintf(path, sizeof paths[0], "%s/%s", fixture_folder(), name);
    return path;
}

void fixture_remove(void)
{
    if (!*folder)
        return;
    DIR *directory = opendir(folder);
    if (directory) {
        const struct dirent *entry;
        while ((entry = readdir(directory)))
            if (entry->d_name[0] != '.')
                unlink(fixture_path(entry->d_name));
        closedir(directory);
    }
    rmdir(folder);
    *folder = '\0';
}

tb_store *fixture_open(const char *path, tb_store_mode mode)
{
    tb_error err = TB_ERROR_NONE;
    tb_store *store;
    cr_assert_eq(tb_store_open(path, mode, &err, &store), TB_OK, "%s", err.text);
    return store;
}

int64_t fixture_run(tb_store *store, const char *label)
{
    tb_error err = TB_ERROR_NONE;
    int64_t run_id;
    const tb_run run = {.command = "run",
                        .command_line = "tflbench run a.tflite",
                        .seed = tb_int(7),
                        .tool_version = "0.1"};
    const tb_device device = {.kind = "local", .name = "bench-host", .arch = "x86_64"};
    const tb_build driver = {.engine = "native", .git_revision = "d00d", .compiler = "gcc 12"};
    const tb_label labels[] = {{"case", label}, {"team", "a"}};
    cr_assert_eq(tb_store_begin_run(store, &run, &device, &driver, labels, 2, &err, &run_id), TB_OK,
                 "%s", err.text);
    return run_id;
}

int64_t fixture_add(tb_store *store, int64_t run_id, const fixture_process *given)
{
    tb_error err = TB_ERROR_NONE;
    int64_t id;
    char hash[32];
    snprintf(hash, sizeof hash, "%08x", (unsigned)given->model[0] * 77);
    const tb_model_info model = {.name = given->model,
                                 .sha256 = hash,
                                 .path = "models/x.tflite",
                                 .size_bytes = tb_int(123456)};
    const tb_configuration configuration = {
        .engine = "native", .delegate = given->delegate, .threads = tb_int(given->threads)};
    const tb_build build = {.engine = "native",
                            .engine_version = "0.1",
                            .git_revision = given->revision ? given->revision : "cafe01"};
    const tb_process process = {.arm = given->arm,
                                .block = tb_int(0),
                                .order_index = tb_int(0),
                                .profiled = tb_int(given->profiled)};
    cr_assert_eq(
        tb_store_add_process(store, run_id, &model, &configuration, &build, &process, &err, &id),
        TB_OK, "%s", err.text);
    for (size_t i = 0; i < given->sample_count; i++) {
        uint64_t latency_ns = given->first_ns + i * 11 % given->sample_count * given->step_ns;
        cr_assert_eq(tb_store_add_samples(store, id, (int64_t)i, &latency_ns, NULL, 1, &err), TB_OK,
                     "%s", err.text);
    }
    if (given->status != TB_PROCESS_RUNNING) {
        const tb_outcome outcome = {.reason = given->status == TB_PROCESS_OK ? NULL : "it broke"};
        cr_assert_eq(tb_store_finish_process(store, id, given->status, &outcome, &err), TB_OK, "%s",
                     err.text);
    }
    return id;
}

void fixture_sql(const char *path, const char *sql)
{
    sqlite3 *db;
    char *message = NULL;
    cr_assert_eq(sqlite3_open(path, &db), SQLITE_OK);
    cr_assert_eq(sqlite3_exec(db, sql, NULL, NULL, &message), SQLITE_OK, "%s", message);
    sqlite3_close(db);
}

double fixture_ask(const char *path, const char *sql)
{
    sqlite3 *db;
    sqlite3_stmt *statement;
    cr_assert_eq(sqlite3_open(path, &db), SQLITE_OK);
    cr_assert_eq(sqlite3_prepare_v2(db, sql, -1, &statement, NULL), SQLITE_OK, "%s: %s", sql,
                 sqlite3_errmsg(db));
    cr_assert_eq(sqlite3_step(statement), SQLITE_ROW, "%s: no row", sql);
    double value = sqlite3_column_double(statement, 0);
    sqlite3_finalize(statement);
    sqlite3_close(db);
    return value;
}

char *fixture_read(const char *path)
{
    FILE *file = fopen(path, "rb");
    cr_assert(file, "cannot open %s", path);
    fseek(file, 0, SEEK_END);
    long size = ftell(file);
    rewind(file);
    char *text = calloc(1, (size_t)size + 1);
    cr_assert(text);
    cr_assert_eq(fread(text, 1, (size_t)size, file), (size_t)size);
    fclose(file);
    return text;
}
