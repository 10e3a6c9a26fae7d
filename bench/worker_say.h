/* What a worker says: one function an event of the protocol (docs/formats.md). A driver that is
   gone shows in the stream, which the caller looks at now and then. */
#ifndef TB_BENCH_WORKER_SAY_H
#define TB_BENCH_WORKER_SAY_H

#include "bench/engine.h"
#include "bench/event_stream.h"
#include "bench/op_rows.h"
#include "bench/outputs.h"

void tb_say_hello(tb_event_stream *events, const tb_engine *engine, const char *engine_version);
void tb_say_phase(tb_event_stream *events, const char *phase);
/* The readings of profiler/environment.h. */
void tb_say_environment(tb_event_stream *events, const char *moment);
void tb_say_duration(tb_event_stream *events, const char *phase, uint64_t duration_ns);
/* What the process uses right now, and the engine where a session is given. */
void tb_say_memory(tb_event_stream *events, const char *phase, const tb_engine *engine,
                   tb_session *session);
void tb_say_figures(tb_event_stream *events, const char *phase, const tb_engine_figure *figures,
                    int count);
/* The highest resident set of the process. */
void tb_say_peak_memory(tb_event_stream *events);
void tb_say_warning(tb_event_stream *events, const char *kind, const char *severity,
                    const char *message);
void tb_say_check(tb_event_stream *events, const tb_verdict *verdict);
/* `plan` NULL: the engine has none, and only inputs and outputs are known. */
void tb_say_model(tb_event_stream *events, const tb_engine *engine, tb_session *session,
                  const tb_engine_plan *plan);
void tb_say_plan(tb_event_stream *events, const char *delegate, const tb_engine_plan *plan,
                 const tb_op_rows *rows);
void tb_say_error(tb_event_stream *events, const char *phase, const tb_error *err);
/* Checksums of the outputs of the first inference and of the last. */
void tb_say_done(tb_event_stream *events, const char *first_checksum, const char *last_checksum);

#endif
