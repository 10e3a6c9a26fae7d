/*
 * Some inferences more under counters, once everything is timed: reading counters takes longer than
 * many ops do.
 */
#ifndef TB_BENCH_COUNT_OPS_H
#define TB_BENCH_COUNT_OPS_H

#include "bench/engine.h"
#include "bench/event_stream.h"
#include "bench/op_rows.h"

/* Makes inferences until `for_ns` are over (at least one, at most 50), and tells the document
   "counters": which there are, why others are not, and the mean of each an inference and an op.
   `events`: nodes and steps an inference has, about. */
tb_status tb_count_ops(const tb_engine *engine, tb_session *session, tb_event_stream *events,
                       const tb_op_rows *rows, size_t event_count, uint64_t for_ns, tb_error *err);

#endif
