/*
 * A sweep: the product of models, engines, delegates and thread counts, each configuration measured
 * by one or more processes, in a random order that a seed fixes, and stored as it comes.
 */
#ifndef TB_BENCH_SWEEP_H
#define TB_BENCH_SWEEP_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "bench/accuracy_run.h"
#include "bench/case_model.h"
#include "bench/cmd.h"
#include "bench/cold.h"
#include "bench/delegate_arg.h"
#include "bench/engine.h"
#include "bench/job.h"
#include "reports/store.h"
#include "runtime/base/arena.h"

typedef enum tb_fallback { TB_FALLBACK_ALLOW, TB_FALLBACK_WARN, TB_FALLBACK_FAIL } tb_fallback;

/* "allow", "warn", "fail" and back; TB_USAGE for another text. */
tb_status tb_fallback_parse(const char *text, tb_error *err, tb_fallback *out);
const char *tb_fallback_text(tb_fallback fallback);

/* What was asked for. Everything is borrowed. */
typedef struct tb_sweep_request {
    const char *command; /* as the store keeps it: run, quick, ... */
    const char *program; /* whose workers measure; NULL: this one's own */
    tb_text_list models;
    tb_text_list engines;
    tb_text_list delegates;
    const int64_t *threads;
    int thread_count;
    bool threads_for_first; /* thread counts but the first are for the first delegate alone */
    tb_text_list custom_ops;
    tb_text_list inputs;
    tb_text_list shapes;
    tb_text_list shape_sets; /* "a=1,8;b=1,4" each: configurations of their own */
    const char *signature;
    const tb_label *labels;
    size_t label_count;
    uint64_t seed;       /* of the order */
    uint64_t input_seed; /* of random inputs */
    int64_t warmup_runs;
    uint64_t warmup_ns;
    int64_t min_runs;
    int64_t max_runs; /* 0: no bound */
    uint64_t min_ns;
    uint64_t max_ns;      /* of warm-up and measuring, over all processes of a configuration */
    uint64_t interval_ns; /* from begin to begin of inferences; 0: one after the other */
    uint64_t idle_ns;     /* pause behind each */
    tb_cold cold;         /* what is evicted from memory before every process */
    int64_t priority;     /* nice value that everything runs at; 0: as started */
    double target_ci;     /* relative half-width of the median interval to go on for; 0: none */
    int processes;        /* a configuration, those with per-op profiling not counted */
    bool profile;         /* one process more, with it */
    bool counters;        /* and with counters, behind what is timed */
    const tb_accuracy *accuracy;  /* one more, which evaluates a data set; NULL: none */
    const char *numerics_against; /* one more, which compares every tensor with this delegate (its
                                     canonical name); NULL: none */
    const int64_t *tiers;         /* of cases in folders; none given: all */
    int tier_count;
    bool check;
    bool check_every; /* with `check`: every inference, not the first alone */
    bool random_order;
    tb_fallback fallback;
    const char *delegate_cache; /* folder; NULL: none */
    uint64_t memory_limit_bytes;
    uint64_t silence_ns; /* after which a worker counts as hung */
    bool verbose;
    bool quiet;
} tb_sweep_request;

typedef struct tb_sweep_model {
    const char *path;
    tb_model_info info; /* name, path; hash and size where the file can be read */
    bool quantised;     /* computes in integers of 8 or 16 bits, somewhere */
    bool stateful;      /* keeps state from one inference to the next */
    tb_status status;   /* not TB_OK: the file cannot be read, and `reason` says why */
    const char *reason;
    const tb_case_model *from; /* the case it comes with, or NULL */
} tb_sweep_model;

typedef struct tb_sweep_configuration {
    int model;
    const tb_engine *engine;
    const char *library; /* of the engine, or NULL */
    tb_build library_build;
    tb_delegate_arg delegate;
    int threads;
    int shape_set;       /* of the request; 0 where there are none */
    tb_text_list shapes; /* the request's and the set's */
    const char *text;    /* for people: "mobilenet, cpu, 2 threads" */
    tb_configuration record;
} tb_sweep_configuration;

/* One process to be. */
typedef struct tb_sweep_unit {
    int configuration;
    int process; /* 0, 1, ... of the configuration */
    bool profile;
    bool evaluate;
} tb_sweep_unit;

/* Sets of shapes that every model is measured with; 1 where none were given. */
int tb_sweep_shape_sets(const tb_sweep_request *request);
/* Processes of each configuration. */
int tb_sweep_processes(const tb_sweep_request *request);

typedef struct tb_sweep_plan {
    tb_arena arena; /* owns all below */
    const tb_sweep_request *request;
    tb_suite *suite; /* where cases are among the models; NULL: none are */
    tb_sweep_model *models;
    int model_count;
    tb_sweep_configuration *configurations;
    int configuration_count;
    tb_sweep_unit *units; /* in the order in which they run */
    int unit_count;
} tb_sweep_plan;

/* Makes the plan: equal configurations once, order by seed. A model that cannot be read stays in
   (its configurations will fail and say so); an unknown name is TB_USAGE. The request is borrowed
   until the plan is freed. */
tb_status tb_sweep_plan_make(const tb_sweep_request *request, tb_error *err, tb_sweep_plan *out);
void tb_sweep_plan_free(tb_sweep_plan *plan);

/* What warm-up and measuring take at most. */
uint64_t tb_sweep_plan_ns(const tb_sweep_plan *plan);
/* What one process of the plan may take of that. */
uint64_t tb_sweep_unit_ns(const tb_sweep_plan *plan, const tb_sweep_unit *unit);
/* For people: how much there is to do and how long it takes; every unit where `all`. */
void tb_sweep_plan_print(const tb_sweep_plan *plan, bool all, FILE *to);

typedef struct tb_sweep_result {
    int64_t run_id;
    int ok;     /* configurations */
    int failed; /* ended badly, or not at all */
    int wrong;  /* measured, but with wrong outputs */
    bool interrupted;
} tb_sweep_result;

/* The exit code of a run that ended so. */
tb_exit tb_sweep_exit(const tb_sweep_result *result);

/* Measures the plan. What happens to a configuration is its result; an error here is the driver's
   own (database, disk), and what was measured before it is stored. */
tb_status tb_sweep_run(const tb_sweep_plan *plan, tb_store *store, tb_error *err,
                       tb_sweep_result *out);

#endif
