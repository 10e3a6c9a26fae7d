/*
 * From a worker's events to the store, at once: one tb_ingest a process. The process's row is made
 * when the worker says hello (or when it ends without), since only then the build under test is
 * known.
 */
#ifndef TB_BENCH_INGEST_H
#define TB_BENCH_INGEST_H

#include <cjson/cJSON.h>

#include "bench/accuracy_run.h"
#include "bench/launch.h"
#include "reports/store.h"
#include "runtime/base/arena.h"

typedef struct tb_ingest {
    tb_store *store;
    int64_t run_id;
    tb_model_info model;
    tb_configuration configuration;
    tb_build build; /* of this program; replaced by what hello says */
    tb_process process;
    tb_arena arena;     /* texts of the above that came by events */
    int64_t process_id; /* 0: no row yet */
    tb_outcome outcome; /* as far as events told */
    double *latency_ns; /* every sample so far */
    size_t sample_count, sample_room;
    bool plan_known;
    int64_t nodes_total, nodes_delegated, partitions;
    char fingerprint[65];        /* of the plan */
    const char *first_reason;    /* the first node that stayed behind, and why; or NULL */
    const tb_accuracy *accuracy; /* what "item" events belong to; NULL: none are taken */
    tb_accuracy_items *items;    /* where they go */
} tb_ingest;

/* Fills what is known beforehand; texts are borrowed. */
void tb_ingest_init(tb_ingest *ingest, tb_store *store, int64_t run_id, const tb_model_info *model,
                    const tb_configuration *configuration, const tb_build *build,
                    const tb_process *process);
/* Stores one event; the `message` of a tb_launch. `context` is the tb_ingest. */
tb_status tb_ingest_event(void *context, tb_message message, const cJSON *event, tb_error *err);
/* Stores how the process ended. */
tb_status tb_ingest_finish(tb_ingest *ingest, const tb_launch_result *result, tb_error *err);
void tb_ingest_free(tb_ingest *ingest);

/* Of the latest samples, for people who watch; 0 where there are none. */
double tb_ingest_recent_median_ns(const tb_ingest *ingest);
/* Of all samples; puts them in order, so nothing may be added any more. */
double tb_ingest_final_median_ns(tb_ingest *ingest);
/* Any other quantile, p in [0, 1]; the same. */
double tb_ingest_quantile_ns(tb_ingest *ingest, double p);

#endif
