/* The remembering sink; see ring.h. */
#include "profiler/ring.h"

#include <stdlib.h>
#include <string.h>

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
