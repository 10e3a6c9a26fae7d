/*
 * A case: a model, what to feed it step by step, what has to come out, and by which rule the two
 * are compared. Read from the case's case.json; tests/conformance/README.md describes the format.
 */
#ifndef TB_BENCH_CASE_H
#define TB_BENCH_CASE_H

#include <stddef.h>

#include "bench/compare_rules.h"
#include "bench/engine.h"
#include "runtime/base/arena.h"
#include "runtime/base/status.h"

typedef enum tb_expect {
    TB_EXPECT_OK,      /* run it and compare */
    TB_EXPECT_REFUSE,  /* must end in an error at load, allocate or invoke */
    TB_EXPECT_NO_CRASH /* error or result, but neither crash nor hang */
} tb_expect;

/* An input or output of the model. Texts belong to the case. */
typedef struct tb_case_tensor {
    const char *name;           /* "" where the case gives none */
    const char *signature_name; /* its name in the case's signature; NULL without one */
    int position;               /* among the model's inputs or outputs */
    TfLiteType type;
    tb_rule rule; /* outputs only */
    bool has_lenient_rule;
    tb_rule lenient_rule; /* what other variants of TFLite need */
} tb_case_tensor;

/* What one tensor holds in one step. */
typedef struct tb_case_blob {
    const char *file; /* a plain name in the case's folder */
    int rank;
    int dims[TB_MAX_RANK];
} tb_case_blob;

typedef struct tb_case_step {
    tb_case_blob *inputs;  /* as many as the case has inputs */
    tb_case_blob *outputs; /* as many as the case has outputs; none unless TB_EXPECT_OK */
} tb_case_step;

typedef struct tb_case {
    tb_arena arena;
    const char *name;
    const char *op;          /* the operator under test; NULL: a whole model */
    const char *description; /* or NULL */
    tb_expect expect;
    const char *signature; /* its key; NULL: the primary subgraph */
    int input_count;
    tb_case_tensor *inputs;
    int output_count;
    tb_case_tensor *outputs;
    int step_count;
    tb_case_step *steps;
} tb_case;

/*
 * Reads the text of a case.json. Whatever is wrong with it is TB_CORRUPT and one message that names
 * the field. tb_case_free is the caller's, on success only.
 */
tb_status tb_case_parse(const char *text, size_t size, tb_error *err, tb_case *out);
void tb_case_free(tb_case *parsed);

#endif
