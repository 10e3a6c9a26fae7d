/*
 * Holding a process' outputs to the expected ones (--check): those of its first inference, or of
 * every one. Where each is checked, outputs that are the first's bit by bit share its verdict, and
 * the worst verdict of all is the process'.
 */
#ifndef TB_BENCH_OUTPUT_CHECK_H
#define TB_BENCH_OUTPUT_CHECK_H

#include "bench/job.h"
#include "bench/outputs.h"
#include "runtime/base/buf.h"

typedef struct tb_output_check {
    const tb_engine *engine;
    tb_session *session;
    const char *path; /* of the expected outputs; NULL: nothing is checked */
    tb_check_terms terms;
    bool every;
    tb_verdict verdict;
    tb_buf first;      /* the bytes of the first inference's outputs */
    int64_t seen;      /* inferences besides the first */
    int64_t differing; /* of these, with other outputs than the first */
} tb_output_check;

/* After the first inference. The job is borrowed no longer than the call, its texts are. */
tb_status tb_output_check_first(tb_output_check *check, const tb_job *job, const tb_engine *engine,
                                tb_session *session, tb_error *err);
/* After a later one; `context` is the tb_output_check. Does nothing unless every one is checked. */
tb_status tb_output_check_next(void *context, tb_error *err);
void tb_output_check_free(tb_output_check *check);

#endif
