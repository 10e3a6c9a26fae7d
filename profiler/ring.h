/*
 * A sink that only remembers: events go into memory that was taken beforehand, in the order in
 * which their ends came, and are read between inferences. An emission is one atomic addition and
 * one copy; any thread may emit. What does not fit is counted and dropped.
 */
#ifndef TB_PROFILER_RING_H
#define TB_PROFILER_RING_H

#include <stdatomic.h>
#include <stddef.h>

#include "profiler/sink.h"
#include "runtime/base/status.h"

typedef struct tb_ring {
    tb_sink sink; /* first: the sink is the ring */
    tb_event *events;
    size_t capacity;
    atomic_size_t emitted; /* since the last clear, those dropped included */
} tb_ring;

/* The memory is touched here, so that no emission meets a page fault. */
tb_status tb_ring_create(size_t capacity, tb_error *err, tb_ring **out);
void tb_ring_destroy(tb_ring *ring);

/* While nobody emits: what is there, and how many more did not fit. */
const tb_event *tb_ring_events(const tb_ring *ring, size_t *count, size_t *dropped);
void tb_ring_clear(tb_ring *ring);

/* What noting one event takes right now, two clock readings included: the least of some rounds.
   Clears the ring. */
double tb_ring_event_ns(tb_ring *ring);

#endif
