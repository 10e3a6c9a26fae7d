/*
 * What select.c and results.c ask the store for. Texts and arrays go to the pool that is passed;
 * whoever hands the result out calls tb_pool_check.
 */
#ifndef TB_REPORTS_STORE_READ_H
#define TB_REPORTS_STORE_READ_H

#include "reports/pool.h"
#include "reports/select.h"
#include "reports/store.h"

typedef struct tb_ids {
    int64_t *items; /* newest first */
    size_t count;
} tb_ids;

/* Runs by their place (0: the last), number, label, or revision (its start) of a build under test.
   None found is TB_OK and an empty list. */
tb_status tb_read_run_back(tb_store *store, int64_t back, tb_pool *pool, tb_error *err,
                           tb_ids *runs);
tb_status tb_read_run_number(tb_store *store, int64_t number, tb_pool *pool, tb_error *err,
                             tb_ids *runs);
tb_status tb_read_runs_labelled(tb_store *store, const char *key, const char *value, tb_pool *pool,
                                tb_error *err, tb_ids *runs);
tb_status tb_read_runs_of_revision(tb_store *store, const char *start, tb_pool *pool, tb_error *err,
                                   tb_ids *runs);

/* For messages: a short list of what there is ("@1 to @9", labels, revisions); NULL where nothing. */
const char *tb_read_known_runs(tb_store *store, tb_pool *pool);
const char *tb_read_known_labels(tb_store *store, tb_pool *pool);
const char *tb_read_known_revisions(tb_store *store, tb_pool *pool);

/* Every run (tb_store_list_runs), or one. */
tb_status tb_read_run(tb_store *store, int64_t run_id, tb_pool *pool, tb_error *err,
                      tb_run_summary *run);

/* A process with all that identifies it. */
typedef struct tb_process_row {
    int64_t process_id, configuration_id, build_id, model_id;
    int64_t plan_id; /* 0: none; then plan is all unknown */
    tb_process_status status;
    tb_process process;
    tb_outcome outcome;
    tb_configuration configuration;
    tb_model_info model;
    tb_build build;
    tb_plan plan; /* without its text */
    const char *plan_fingerprint;
} tb_process_row;

typedef struct tb_process_rows {
    tb_process_row *items; /* as started */
    size_t count;
} tb_process_rows;

tb_status tb_read_processes(tb_store *store, int64_t run_id, tb_pool *pool, tb_error *err,
                            tb_process_rows *rows);

/* Appends the latencies of a process to an array of uint64_t. */
tb_status tb_read_samples(tb_store *store, int64_t process_id, tb_pool *pool, tb_error *err,
                          tb_array *latency_ns);

/* Appends tb_figure_row of a process; process_id 0: those of the run itself. `phase` NULL: of all
   phases but the items of data sets (store_items.h). */
tb_status tb_read_figures(tb_store *store, int64_t run_id, int64_t process_id, const char *phase,
                          tb_pool *pool, tb_error *err, tb_array *figures);

/* Figures of processes that comparisons are made of (known value; empty owner, or all
   owners of owned_peak_bytes), by process. */
typedef struct tb_figure_value_row {
    int64_t process_id;
    const char *phase, *metric;
    double value;
} tb_figure_value_row;

typedef struct tb_figure_values {
    tb_figure_value_row *items; /* ascending by process */
    size_t count;
} tb_figure_values;

/* Of all runs of a selection. */
tb_status tb_read_figure_values(const tb_selection *selection, tb_pool *pool, tb_error *err,
                                tb_figure_values *values);
/* Summed over owners; 0: there is none. */
double tb_figure_value(const tb_figure_values *values, int64_t process_id, const char *phase,
                       const char *metric);

/* Appends tb_warning_row of a run and its processes. */
tb_status tb_read_warnings(tb_store *store, int64_t run_id, tb_pool *pool, tb_error *err,
                           tb_array *warnings);

/* Appends tb_op_row of a plan, times unknown. */
tb_status tb_read_ops(tb_store *store, int64_t plan_id, tb_pool *pool, tb_error *err, tb_array *ops,
                      const char **fingerprint, const char **text);

/* Fills times[op index] of a profiled process; count places. */
tb_status tb_read_op_times(tb_store *store, int64_t process_id, tb_pool *pool, tb_error *err,
                           tb_op_time *times, size_t count);

/* NULL: there is none of that kind. */
tb_status tb_read_process_document(tb_store *store, int64_t process_id, const char *kind,
                                   tb_pool *pool, tb_error *err, const char **body);
tb_status tb_read_plan_document(tb_store *store, int64_t plan_id, const char *kind, tb_pool *pool,
                                tb_error *err, const char **body);

/* One inference of an op. */
typedef struct tb_op_sample {
    int64_t op, index;
    uint64_t duration_ns;
} tb_op_sample;
/* Appends tb_op_sample, by op and inference. */
tb_status tb_read_op_samples(tb_store *store, int64_t process_id, tb_pool *pool, tb_error *err,
                             tb_array *samples);

/* Appends tb_figure_row of phases "roof" and "roof_block": those of the newest run that measured the
   roof of the device of `run_id`, and when (0: no such run). */
tb_status tb_read_roof(tb_store *store, int64_t run_id, tb_pool *pool, tb_error *err,
                       tb_array *figures, int64_t *measured_unix_ms);

/* A process that compared tensors of the same model, engine, delegate, options and build as a
   profiled one: of the same run, else the newest; with as many threads where there is a choice.
   process_id 0: there is none that ended well. */
typedef struct tb_numerics_source {
    int64_t process_id, run_id;
    const char *task, *input;
} tb_numerics_source;
tb_status tb_read_numerics_source(tb_store *store, int64_t profiled_process_id, tb_pool *pool,
                                  tb_error *err, tb_numerics_source *source);

/* The other way round: a profiled process of the same model, engine, options and build as one that
   compared tensors, with the delegate given (NULL: the same). profiled_id 0: there is none. */
tb_status tb_read_profile_source(tb_store *store, int64_t numerics_process_id, const char *delegate,
                                 tb_error *err, int64_t *run_id, int64_t *profiled_id);

/* Device, driver and environments of a run. */
tb_status tb_read_context(tb_store *store, int64_t run_id, tb_pool *pool, tb_error *err,
                          tb_run_context *context);

#endif
