/* Counters at both ends of every node and step; see counters.h. */
#include <stdlib.h>

#include "profiler/counters.h"

/* Deeper nesting (control flow within control flow) is not counted. */
#define MAX_DEPTH 256

struct tb_counter_sink {
    tb_sink sink; /* first */
    tb_counters *counters;
    tb_counted *events;
    size_t capacity, count, dropped;
    size_t depth;
    tb_counter_reading begun[MAX_DEPTH];
};

static void begin(tb_sink *sink, uint16_t thread)
{
    tb_counter_sink *self = (tb_counter_sink *)sink;
    if (thread != 0)
        return;
    if (self->depth < MAX_DEPTH)
        tb_counters_read(self->counters, &self->begun[self->depth]);
    self->depth++;
}

static void emit(tb_sink *sink, const tb_event *event)
{
    tb_counter_sink *self = (tb_counter_sink *)sink;
    bool has_begun = event->kind == TB_EVENT_NODE || event->kind == TB_EVENT_STEP;
    if (event->thread != 0 || !has_begun || self->depth == 0)
        return;
    size_t depth = --self->depth;
    if (depth >= MAX_DEPTH || self->count == self->capacity) {
        self->dropped++;
        return;
    }
    tb_counter_reading now;
    tb_counters_read(self->counters, &now);
    tb_counted *counted = &self->events[self->count++];
    counted->event = *event;
    counted->inside = (tb_counter_reading){0};
    tb_counters_add(&counted->inside, &self->begun[depth], &now);
}

tb_status tb_counter_sink_create(tb_counters *counters, size_t capacity, tb_error *err,
                                 tb_counter_sink **out)
{
    tb_counter_sink *self = calloc(1, sizeof *self);
    if (self)
        self->events = calloc(capacity ? capacity : 1, sizeof *self->events);
    /* Touched here: no emission meets a page fault, which would be counted. */
    for (size_t k = 0; self && self->events && k < capacity; k++)
        self->events[k].event.thread = UINT16_MAX;
    if (!self || !self->events) {
        free(self);
        return tb_fail(err, TB_NO_MEMORY, "counters of %zu events: out of memory", capacity);
    }
    self->sink = (tb_sink){.emit = emit, .begin = begin};
    self->counters = counters;
    self->capacity = capacity;
    *out = self;
    return TB_OK;
}

void tb_counter_sink_destroy(tb_counter_sink *sink)
{
    if (!sink)
        return;
    free(sink->events);
    free(sink);
}

tb_sink *tb_counter_sink_sink(tb_counter_sink *sink)
{
    return &sink->sink;
}

const tb_counted *tb_counter_sink_events(const tb_counter_sink *sink, size_t *count,
                                         size_t *dropped)
{
    *count = sink->count;
    *dropped = sink->dropped;
    return sink->events;
}

void tb_counter_sink_clear(tb_counter_sink *sink)
{
    sink->count = 0;
    sink->dropped = 0;
    sink->depth = 0;
}
