/*
 * A suite's case (suite.h) as a model of a sweep: it brings its inputs, in the place of random ones,
 * and what has to come out of them, output by output with the case's rules, in the place of what the
 * reference kernels give. Of a case with several steps it is the first.
 */
#ifndef TB_BENCH_CASE_MODEL_H
#define TB_BENCH_CASE_MODEL_H

#include <stdio.h>

#include "bench/job.h"
#include "bench/suite.h"

typedef struct tb_case_model {
    const tb_suite *suite;
    int k;
    const char *path;      /* of the model */
    const char *name;      /* of the case */
    const char *signature; /* or NULL */
    tb_text_list inputs;   /* as a job has them */
    tb_text_list shapes;
    bool has_outputs; /* it says what has to come out */
} tb_case_model;

/* Reads case k, which must not be packed; texts live in `arena`, the suite is borrowed. */
tb_status tb_case_model_read(const tb_suite *suite, int k, tb_arena *arena, tb_error *err,
                             tb_case_model *out);

/* Writes its outputs as tb_outputs_check reads them. Only where there are any. */
tb_status tb_case_model_write_outputs(const tb_case_model *from, FILE *file, tb_error *err);

#endif
