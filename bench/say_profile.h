/*
 * What a profiled worker tells beyond the others: the graph, per-op times, the time budget, and
 * single inferences with all their events.
 */
#ifndef TB_BENCH_SAY_PROFILE_H
#define TB_BENCH_SAY_PROFILE_H

#include "bench/engine.h"
#include "bench/event_stream.h"
#include "bench/op_rows.h"
#include "profiler/event_log.h"
#include "profiler/sink_ops.h"

/* The document "graph" of the plan; nothing where the engine has none. */
void tb_say_graph(tb_event_stream *events, const tb_engine *engine, tb_session *session,
                  const tb_engine_plan *plan);

/*
 * Everything that was seen of the steady state: op_samples and op_times (of at most `room`
 * inferences, for which `times` has samples), the budget's figures, and the document "timeline".
 * `event_ns`: what the note of one event takes.
 */
tb_status tb_say_profile(tb_event_stream *events, tb_op_times *times, const tb_event_log *log,
                         const tb_op_rows *rows, size_t room, double event_ns, tb_error *err);

#endif
