/*
 * The worker's part of accuracy: evaluates a data set's items one by one and says each as an "item"
 * event. An item that cannot be read, fed or run costs itself alone: its event says why.
 */
#ifndef TB_BENCH_EVALUATE_H
#define TB_BENCH_EVALUATE_H

#include "bench/engine.h"
#include "bench/event_stream.h"
#include "bench/job.h"

/* Runs the job's task. TB_OK where at least one item was evaluated, or none was left to do. */
tb_status tb_evaluate(const tb_job *job, const tb_engine *engine, tb_session *session,
                      tb_event_stream *events, tb_error *err);

#endif
