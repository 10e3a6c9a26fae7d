/*
 * One run of the driver, process by process: what `run`, the quick sweep and interleaved comparisons
 * share. Begins the run's row, runs workers, stores what they say, and closes with what disturbed
 * the machine.
 */
#ifndef TB_BENCH_MEASURE_H
#define TB_BENCH_MEASURE_H

#include "bench/ingest.h"
#include "bench/launch.h"
#include "bench/noise.h"
#include "bench/progress.h"
#include "bench/reference.h"
#include "bench/sweep.h"

/* What has become of a configuration so far. */
typedef struct tb_standing {
    int ended, ok;
    bool wrong;
    bool all_delegated;   /* to what works off the processor */
    bool skipped;         /* the same was measured with another thread count */
    bool told_partial;    /* that nodes stayed behind was said */
    bool plan_changed;    /* a process ran another plan than the first */
    bool outputs_changed; /* the same inputs gave other outputs than in the first process */
    char fingerprint[65]; /* of the first process' plan */
    char checksum[65];    /* of the first process' last outputs */
} tb_standing;

/* The configurations of a plan with the program that runs them. */
typedef struct tb_measure_side {
    const tb_sweep_plan *plan;
    const char *arm; /* base, head; NULL: not a comparison */
    tb_worker_program program;
    tb_build build;           /* of that program */
    tb_standing *standings;   /* one a configuration */
    tb_reference *references; /* one a model and set of shapes */
    int reference_count;
    bool *model_told; /* one a model: that it cannot be read was said */
    /* Where accuracy is asked for: who evaluates, its build, and what came of each configuration. */
    tb_worker_program evaluator;
    tb_build evaluator_build;
    tb_accuracy_items *answers;
    int64_t *evaluations; /* process ids; 0: none that ended well */
} tb_measure_side;

typedef struct tb_measure {
    const tb_sweep_request *request;
    tb_store *store;
    tb_arena arena;
    tb_progress progress;
    tb_noise noise;
    tb_ingest ingest; /* of the process in hand */
    int64_t run_id;
    int order;               /* processes so far */
    int64_t cold_left_bytes; /* that could not be evicted before the process in hand */
    size_t recalled;         /* items of earlier runs that the process in hand need not evaluate */
    tb_buf said;             /* accuracy of the process in hand, for people */
} tb_measure;

/* `path` NULL: this program's own workers. */
tb_status tb_measure_side_open(tb_measure_side *side, const tb_sweep_plan *plan, const char *arm,
                               const char *path, tb_arena *arena, tb_error *err);
void tb_measure_side_close(tb_measure_side *side);

/* Zeroes and begins; `driver` is this program's build. The progress is for `total` processes. */
tb_status tb_measure_begin(tb_measure *measure, const tb_sweep_request *request, tb_store *store,
                           const tb_build *driver, int total, uint64_t expected_ns, tb_error *err);
tb_status tb_measure_end(tb_measure *measure, int exit_code, tb_error *err);
void tb_measure_free(tb_measure *measure);

typedef struct tb_measure_task {
    tb_measure_side *side;
    int configuration;
    int64_t block;
    bool profile;
    bool evaluate;      /* the request's accuracy instead of latency */
    uint64_t budget_ns; /* of warm-up and steady state */
    uint64_t min_ns;    /* to take samples for, at least; 0: as the request says */
} tb_measure_task;

/*
 * Runs one process and stores it. How it went is its result, an error the driver's own. The samples
 * stand in measure->ingest until the next process or tb_measure_free.
 */
tb_status tb_measure_process(tb_measure *measure, const tb_measure_task *task, tb_error *err,
                             tb_launch_result *result);

/* This program's build, as the driver's and its workers'; texts live in `arena`. */
tb_status tb_measure_own_build(const char *program_path, tb_arena *arena, tb_error *err,
                               tb_build *out);

#endif
