/*
 * Naming stored results, and loading them.
 *
 *     @            the last run             @-1   the one before      @42   number 42
 *     label:k=v    every run so labelled    rev:R results of builds whose revision starts with R
 *     db:FILE      the last run of another file; db:FILE@-1, db:FILE@42 as above (a file whose own
 *                  name ends so is found first)
 *
 * Conditions narrow any of them: "model=NAME,delegate=cpu,threads=2" with the keys of
 * tb_condition_keys(). Within a key alternatives are separated by |; text is compared whole, or as a
 * pattern where it has * or ?. model also matches the path and the hash (6 digits or more), rev the
 * start of the revision. "\," is a comma that belongs to a value.
 */
#ifndef TB_REPORTS_SELECT_H
#define TB_REPORTS_SELECT_H

#include "reports/stats.h"
#include "reports/store.h"

typedef struct tb_selection tb_selection;

/* `store` is borrowed and must outlive the selection (db: opens its own). `where` may be NULL.
   TB_NOT_FOUND names what was looked for and what there is; TB_USAGE for a name or condition that
   is malformed. */
tb_status tb_selection_open(tb_store *store, const char *name, const char *where, tb_error *err,
                            tb_selection **selection);
void tb_selection_close(tb_selection *selection); /* NULL is allowed */

const char *tb_selection_name(const tb_selection *selection);
/* The store the results lie in: `store` above, or that of db:. */
tb_store *tb_selection_store(const tb_selection *selection);
/* Run numbers, newest first. */
const int64_t *tb_selection_runs(const tb_selection *selection, size_t *count);
/* The keys a condition may have, NULL-terminated. */
const char *const *tb_condition_keys(void);

/* ---- runs, for `ls` ---- */

typedef struct tb_run_summary {
    int64_t run_id;
    tb_run run;
    tb_device device;
    int64_t started_unix_ms;
    tb_integer finished_unix_ms; /* unknown: still running, or killed */
    tb_integer exit_code;
    const char *labels; /* key=value;... */
    const char *models; /* names, separated by commas */
    int64_t process_count, process_ok_count, sample_count;
} tb_run_summary;

typedef struct tb_runs {
    tb_run_summary *items; /* newest first */
    size_t count;
    struct tb_pool *pool; /* owns the texts */
} tb_runs;

tb_status tb_store_list_runs(tb_store *store, tb_error *err, tb_runs *runs);
void tb_runs_free(tb_runs *runs);

/* ---- results: one a configuration, build and arm of a run ---- */

typedef struct tb_result_process {
    int64_t process_id;
    int64_t plan_id; /* 0: none */
    tb_process process;
    tb_outcome outcome;
    tb_process_status status;
    bool counts;         /* its samples make the figures: ok and not profiled */
    size_t first_sample; /* in tb_result.latency_ns */
    size_t sample_count;
} tb_result_process;

typedef struct tb_result {
    tb_result_row row;
    int64_t run_id, configuration_id, build_id, model_id;
    int64_t plan_id;         /* of the first process that has one; 0: none */
    tb_integer binary_bytes; /* of the program or library under test */
    tb_integer partitions;   /* of the plan */
    tb_process_status status;
    tb_result_process *processes; /* in the order they ran */
    size_t process_count;
    const uint64_t *latency_ns; /* samples of the processes that count, in the order taken */
    const double *sorted_ns;    /* the same, ascending */
    size_t sample_count;
    tb_summary summary; /* of the samples */
} tb_result;

typedef struct tb_results {
    tb_result *items; /* by run (newest first), model, engine, delegate, threads, options, arm */
    size_t count;
    struct tb_pool *pool; /* owns everything the items point to */
} tb_results;

/* TB_NOT_FOUND where conditions leave nothing of what there is; a run without results is none. */
tb_status tb_selection_results(const tb_selection *selection, tb_error *err, tb_results *results);
void tb_results_free(tb_results *results);

/* ---- what hangs on a result ---- */

/* An op of a plan with its times over the profiled processes of the result (medians of medians). */
typedef struct tb_op_row {
    int64_t index;
    tb_op op;
    tb_op_time time; /* all unknown where no process was profiled */
} tb_op_row;

typedef struct tb_ops {
    tb_op_row *items;
    size_t count;
    const char *plan_fingerprint, *plan_text;
    tb_real end_to_end_ns; /* median of the profiled processes' own samples */
    size_t profiled_count; /* processes the times come from */
    struct tb_pool *pool;
} tb_ops;

tb_status tb_selection_ops(const tb_selection *selection, const tb_result *result, tb_error *err,
                           tb_ops *ops);
void tb_ops_free(tb_ops *ops);

typedef struct tb_figure_row {
    int64_t run_id, process_id; /* process 0: the run */
    tb_figure figure;
} tb_figure_row;

typedef struct tb_figures {
    tb_figure_row *items;
    size_t count;
    struct tb_pool *pool;
} tb_figures;

/* Of every process of the result. */
tb_status tb_selection_figures(const tb_selection *selection, const tb_result *result,
                               tb_error *err, tb_figures *figures);
void tb_figures_free(tb_figures *figures);

/* What holds for the runs of a selection. */
typedef struct tb_run_context {
    int64_t run_id;
    tb_device device;
    tb_build driver;
    tb_environment start, end;
} tb_run_context;

typedef struct tb_warning_row {
    int64_t run_id, process_id, configuration_id; /* 0 where not of a process */
    tb_warning warning;
} tb_warning_row;

typedef struct tb_context {
    tb_run_context *runs; /* as in tb_selection_runs */
    size_t run_count;
    tb_warning_row *warnings;
    size_t warning_count;
    struct tb_pool *pool;
} tb_context;

tb_status tb_selection_context(const tb_selection *selection, tb_error *err, tb_context *context);
/* Of the newest run alone, without warnings. */
tb_status tb_selection_newest_context(const tb_selection *selection, tb_error *err,
                                      tb_context *context);
void tb_context_free(tb_context *context);

#endif
