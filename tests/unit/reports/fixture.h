/* Helpers of the report tests: a file in a folder of its own, and a run with content. */
#ifndef TB_TESTS_UNIT_REPORTS_FIXTURE_H
#define TB_TESTS_UNIT_REPORTS_FIXTURE_H

#include <stdbool.h>
#include <stddef.h>

#include "reports/store.h"

/* A fresh folder under $TMPDIR or /tmp; borrowed, removed with its files by fixture_remove. */
const char *fixture_folder(void);
/* "<folder>/<name>"; borrowed until the next four calls. */
const char *fixture_path(const char *name);
void fixture_remove(void);

/* Fail the test unless the call succeeds. */
tb_store *fixture_open(const char *path, tb_store_mode mode);
/* A run labelled case=<label>. */
int64_t fixture_run(tb_store *store, const char *label);

typedef struct fixture_process {
    const char *model, *delegate, *arm, *revision;
    int threads;
    bool profiled;
    tb_process_status status; /* RUNNING: left unfinished */
    size_t sample_count;
    uint64_t first_ns, step_ns; /* sample i is first_ns + (i * 11 % sample_count) * step_ns */
} fixture_process;

int64_t fixture_add(tb_store *store, int64_t run_id, const fixture_process *process);

/* Runs the sqlite3 library directly on a file: statements without results. */
void fixture_sql(const char *path, const char *sql);
/* The first column of the first row as a number. */
double fixture_ask(const char *path, const char *sql);
/* The whole of a text file; the caller frees. */
char *fixture_read(const char *path);

#endif
