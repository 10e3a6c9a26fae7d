/*
 * Runs one case on an engine and judges it: opens the model, makes every step on one session,
 * compares every output by its rule. The result can be written as one JSON object and read back,
 * which is how it comes from a child process and what `verify --json` prints.
 */
#ifndef TB_BENCH_VERIFY_CASE_H
#define TB_BENCH_VERIFY_CASE_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stdint.h>

#include "bench/engine.h"
#include "bench/json_write.h"
#include "bench/suite.h"
#include "runtime/base/arena.h"
#include "runtime/base/status.h"

typedef enum tb_verdict {
    TB_VERDICT_PASSED,
    TB_VERDICT_FAILED,
    TB_VERDICT_SKIPPED,
    TB_VERDICT_CRASHED,  /* counts as failed; the message names the signal */
    TB_VERDICT_TIMED_OUT /* counts as failed */
} tb_verdict;

const char *tb_verdict_name(tb_verdict verdict);

typedef struct tb_verify_options {
    const tb_engine *engine;
    tb_engine_options engine_options; /* its signature is set by each case */
    bool lenient;                     /* hold outputs to the lenient rule where they have one */
    /* Floats may be off by a hundredth and a hundredth of their value, as after half floats; a case
       with values beyond those is skipped. */
    bool halves;
    bool supported_only; /* a case whose operator is not in ops.def is skipped */
    double plan_limit;   /* memory plan at most so much above its lower bound, 0.05:
                                         5 %; negative: not looked at */
} tb_verify_options;

/* How nodes of one operator were placed. `reason`: why the delegate left them; one row for each. */
typedef struct tb_verify_nodes {
    const char *op;
    const char *reason; /* NULL: taken by the delegate, or none was asked */
    int delegated;
    int left;
} tb_verify_nodes;

/* Texts and arrays live in the arena that the function was given. */
typedef struct tb_verify_result {
    const char *name;
    const char *op; /* the operator under test; for whole models the name's first part */
    tb_verdict verdict;
    const char *message; /* why not passed; for a refusal that was expected, the refusal; or NULL */
    bool has_error;      /* the next two are meaningful */
    double worst;        /* largest error of any output: see tb_difference; may be infinite */
    double of_allowed;
    uint64_t arena_bytes, lower_bound_bytes; /* of the memory plan; 0: not known */
    tb_verify_nodes *nodes;
    int node_count;
} tb_verify_result;

/* Never fails: what goes wrong is the result. */
void tb_verify_case(const tb_suite *suite, int k, const tb_verify_options *options, tb_arena *arena,
                    tb_verify_result *out);

/* Puts the result as one object. An infinite error is null, as JSON has no infinity. */
void tb_verify_result_print(const tb_verify_result *result, tb_json_writer *json);
tb_status tb_verify_result_from_json(const cJSON *json, tb_arena *arena, tb_error *err,
                                     tb_verify_result *out);

#endif
