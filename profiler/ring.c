/* The remembering sink; see ring.h. */
#include "profiler/ring.h"

#include <stdlib.h>
#include <string.h>

#include "runtime/base/clock.h"
#include "runtime/base/size.h"

static void emit(tb_sink *sink, const tb_event *event)
{
    tb_ring *ring = (tb_ring *)sink;
    size_t at = atomic_fetch_add_explicit(&ring->emitted, 1, memory_order_relaxed);
    if (at < ring->capacity)
        ring->events[at] = *event;
}

tb_status tb_ring_create(size_t capacity, tb_error *err, tb_ring **out)
{
    size_t bytes = 0;
    tb_ring *ring = calloc(1, sizeof *ring);
    if (ring && tb_mul_size(capacity, sizeof *ring->events, &bytes))
        ring->events = malloc(bytes);
    if (!ring || !ring->events) {
        free(ring);
        return tb_fail(err, TB_NO_MEMORY, "event buffer: no memory for %zu events", capacity);
    }
    memset(ring->events, 0, bytes);
    ring->sink.emit = emit;
    ring->capacity = capacity;
    *out = ring;
    return TB_OK;
}

void tb_ring_destroy(tb_ring *ring)
{
    if (!ring)
        return;
    free(ring->events);
    free(ring);
}

const tb_event *tb_ring_events(const tb_ring *ring, size_t *count, size_t *dropped)
{
    size_t emitted = atomic_load_explicit(&ring->emitted, memory_order_acquire);
    *count = emitted < ring->capacity ? emitted : ring->capacity;
    *dropped = emitted - *count;
    return ring->events;
}

void tb_ring_clear(tb_ring *ring)
{
    atomic_store_explicit(&ring->emitted, 0, memory_order_release);
}

double tb_ring_event_ns(tb_ring *ring)
{
    enum { ROUNDS = 8, EVENTS = 1000 };
    uint64_t least_ns = UINT64_MAX;
    for (int round = 0; round < ROUNDS; round++) {
        tb_ring_clear(ring);
        uint64_t begin_ns = tb_clock_ns(), end_ns = begin_ns;
        for (int k = 0; k < EVENTS; k++) {
            tb_event event = {.begin_ns = tb_clock_ns(), .node = k, .kind = TB_EVENT_NODE};
            event.end_ns = end_ns = tb_clock_ns();
            ring->sink.emit(&ring->sink, &event);
        }
        least_ns = end_ns - begin_ns < least_ns ? end_ns - begin_ns : least_ns;
    }
    tb_ring_clear(ring);
    return (double)least_ns / EVENTS;
}
