/* What a worker tells of energy, clocks and temperatures beside its steady state. */
#ifndef TB_BENCH_SAY_STATE_H
#define TB_BENCH_SAY_STATE_H

#include "bench/event_stream.h"
#include "profiler/state.h"

/* The document "state" (times since the first sample), the figure energy_uj of the steady state, an
   inference, and a warning where the machine throttled. */
void tb_say_state(tb_event_stream *events, const tb_state *state, int64_t inferences);

#endif
