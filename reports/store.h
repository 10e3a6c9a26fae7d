/*
 * The store: one SQLite file that keeps every sample, how it was taken, and why something is absent.
 *
 * Writing. Each call is a transaction of its own and durable when it returns TB_OK: a driver that is
 * killed afterwards loses nothing (WAL, synchronous=NORMAL: a power cut may lose the last calls,
 * never the file's soundness). Call it with batches where there are batches; a call costs some tens
 * of microseconds and no fsync. Two drivers may write one file: a call waits for the other's.
 * Texts are borrowed for the call. Identities (device, build, model, configuration, plan) are looked
 * up by content: the same content is the same row.
 *
 * Order: begin_run, then for each worker add_process, add_figures / add_samples / set_plan /
 * add_op_times in any order, finish_process; at last finish_run. A process that was never finished
 * stays `running`, which readers show as "unfinished".
 *
 * Every failing call composes one line that names the file. Statuses: TB_IO (disk full, read-only,
 * locked too long), TB_NOT_FOUND, TB_CORRUPT (not a database, damaged), TB_UNSUPPORTED (written by a
 * newer version; both are named), TB_STATE (called out of order), TB_USAGE (a record that breaks a
 * rule, e.g. a figure without value and reason).
 *
 * A tb_store belongs to one thread at a time. Nothing of SQLite shows in this header.
 */
#ifndef TB_REPORTS_STORE_H
#define TB_REPORTS_STORE_H

#include <stddef.h>
#include <stdint.h>

#include "reports/record.h"
#include "runtime/base/status.h"

typedef struct tb_store tb_store;

typedef enum tb_store_mode {
    TB_STORE_READ,  /* must exist; a file of an older version is read through a migrated copy */
    TB_STORE_WRITE, /* created where absent, migrated where older */
} tb_store_mode;

/* The version of the schema this program writes (PRAGMA user_version). */
int tb_store_version(void);

tb_status tb_store_open(const char *path, tb_store_mode mode, tb_error *err, tb_store **store);
void tb_store_close(tb_store *store); /* NULL is allowed */
const char *tb_store_path(const tb_store *store);

/* ---- how a process ended ---- */

/* From best to worst; a result has the worst status of its processes. */
#define TB_PROCESS_STATUS_LIST(X)                                                 \
    X(TB_PROCESS_OK, "ok")                                                        \
    X(TB_PROCESS_RUNNING, "running")         /* also: the driver was killed */    \
    X(TB_PROCESS_CANCELLED, "cancelled")     /* the user stopped it */            \
    X(TB_PROCESS_UNAVAILABLE, "unavailable") /* delegate or engine is not here */ \
    X(TB_PROCESS_FAILED, "failed")           /* the worker said why */            \
    X(TB_PROCESS_TIMED_OUT, "timed_out")                                          \
    X(TB_PROCESS_OUT_OF_MEMORY, "out_of_memory")                                  \
    X(TB_PROCESS_CRASHED, "crashed") /* by a signal, or without a word */

typedef enum tb_process_status {
#define TB_PROCESS_STATUS_ENUM(code, text) code,
    TB_PROCESS_STATUS_LIST(TB_PROCESS_STATUS_ENUM)
#undef TB_PROCESS_STATUS_ENUM
} tb_process_status;

const char *tb_process_status_text(tb_process_status status);

/* ---- writing ---- */

typedef struct tb_label {
    const char *key;
    const char *value;
} tb_label;

/* `driver` is the build of the driver itself. The start time is taken now. */
tb_status tb_store_begin_run(tb_store *store, const tb_run *run, const tb_device *device,
                             const tb_build *driver, const tb_label *labels, size_t label_count,
                             tb_error *err, int64_t *run_id);

/* `moment` is "start", "end", or what the run calls it. */
tb_status tb_store_add_environment(tb_store *store, int64_t run_id, const char *moment,
                                   const tb_environment *environment, tb_error *err);

tb_status tb_store_finish_run(tb_store *store, int64_t run_id, int exit_code, tb_error *err);

/* A worker is about to start: `build` is the code under test. A configuration that fails before a
   worker starts (model missing, delegate unavailable) is a process too: add it and finish it. */
tb_status tb_store_add_process(tb_store *store, int64_t run_id, const tb_model_info *model,
                               const tb_configuration *configuration, const tb_build *build,
                               const tb_process *process, tb_error *err, int64_t *process_id);

/* What the worker learned about the model after the process was added (node counts, hash, ...):
   fields known here replace those given before. */
tb_status tb_store_set_model(tb_store *store, int64_t process_id, const tb_model_info *model,
                             tb_error *err);

/* Latencies first_index .. first_index + count - 1 of the steady state, in the order taken.
   gap_ns (may be NULL): idle time before each, since the one before ended; kept in us. */
tb_status tb_store_add_samples(tb_store *store, int64_t process_id, int64_t first_index,
                               const uint64_t *latency_ns, const uint64_t *gap_ns, size_t count,
                               tb_error *err);

/* As above for warm-up inferences, which no figure is made from: those with an index below
   TB_STORE_WARMUP_KEPT are kept, since a warm-up of microseconds has more of them than samples. */
#define TB_STORE_WARMUP_KEPT 200
tb_status tb_store_add_warmup(tb_store *store, int64_t process_id, int64_t first_index,
                              const uint64_t *latency_ns, size_t count, tb_error *err);

/* process_id 0: figures and warnings of the run as a whole. NULL owner is the empty owner. */
tb_status tb_store_add_figures(tb_store *store, int64_t run_id, int64_t process_id,
                               const tb_figure *figures, size_t count, tb_error *err);
tb_status tb_store_add_warning(tb_store *store, int64_t run_id, int64_t process_id,
                               const tb_warning *warning, tb_error *err);

/* The process runs this plan. The fingerprint (64 hex digits and a NUL) is made from its contents
   and given back; `fingerprint` may be NULL. Ops are in execution order; op i is number i in
   op_times. */
tb_status tb_store_set_plan(tb_store *store, int64_t process_id, const tb_plan *plan,
                            const tb_op *ops, size_t op_count, tb_error *err, char fingerprint[65]);

/* times[i] belongs to op i of the process's plan; ops never called are left unknown. */
tb_status tb_store_add_op_times(tb_store *store, int64_t process_id, const tb_op_time *times,
                                size_t count, tb_error *err);

/* Raw per-inference times of one op, first_index as in add_samples; of the inferences below
   TB_STORE_OP_SAMPLES_KEPT: op_times speaks for all. */
#define TB_STORE_OP_SAMPLES_KEPT 1000
tb_status tb_store_add_op_samples(tb_store *store, int64_t process_id, int64_t op_index,
                                  int64_t first_index, const uint64_t *duration_ns, size_t count,
                                  tb_error *err);

/* A JSON text that is read whole: of the process, or of the plan it runs (set before; the first one
   of a kind stays). Kinds: docs/formats.md, "Store". */
tb_status tb_store_add_process_document(tb_store *store, int64_t process_id, const char *kind,
                                        const char *body, tb_error *err);
tb_status tb_store_add_plan_document(tb_store *store, int64_t process_id, const char *kind,
                                     const char *body, tb_error *err);

/* status is not TB_PROCESS_RUNNING; a status other than OK needs outcome->reason. */
tb_status tb_store_finish_process(tb_store *store, int64_t process_id, tb_process_status status,
                                  const tb_outcome *outcome, tb_error *err);

/* Everything between begin and end is one transaction: for bulk writing (merge, tests) only, since
   it keeps other writers out. An error in between rolls all of it back at the end. */
tb_status tb_store_batch_begin(tb_store *store, tb_error *err);
tb_status tb_store_batch_end(tb_store *store, tb_error *err);

/* Copies the runs of another file, with all that hangs on them; a run that is here already (by start,
   driver and device) is left out. *runs: how many came. The other file must be writable where it is
   of an older version: it is migrated first. */
tb_status tb_store_merge(tb_store *store, const char *path, tb_error *err, int64_t *runs);

/* Gives a run a label, in the place of one of the same key; `value` NULL takes it away. */
tb_status tb_store_set_label(tb_store *store, int64_t run_id, const char *key, const char *value,
                             tb_error *err);

/* Removes a run and all that hangs on it. */
tb_status tb_store_remove_run(tb_store *store, int64_t run_id, tb_error *err);

#endif
