/*
 * Single inferences with all their events, for timelines: a log takes copies out of the ring between
 * inferences until it is full. Nothing is allocated after its creation.
 */
#ifndef TB_PROFILER_EVENT_LOG_H
#define TB_PROFILER_EVENT_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "profiler/ring.h"
#include "runtime/base/status.h"

typedef struct tb_logged {
    size_t inference;       /* how many were offered before */
    uint64_t start_ns;      /* tb_clock_ns() */
    uint64_t latency_ns;    /* measured around the call */
    const tb_event *events; /* in the order of their ends */
    size_t count;
    size_t dropped; /* events that the ring had no room for */
} tb_logged;

typedef struct tb_event_log tb_event_log;

tb_status tb_event_log_create(size_t max_events, size_t max_inferences, tb_error *err,
                              tb_event_log **out);
void tb_event_log_destroy(tb_event_log *log);

/* Copies what the ring holds; the ring stays as it is. An inference that does not fit is left out,
   and so are all after it: those kept are the first ones. */
void tb_event_log_take(tb_event_log *log, const tb_ring *ring, uint64_t start_ns,
                       uint64_t latency_ns);

size_t tb_event_log_count(const tb_event_log *log);
const tb_logged *tb_event_log_at(const tb_event_log *log, size_t k);

/* Positions of the fastest, the median (the lower of two) and the slowest of those kept that lost no
   event. False: there is none, or no memory to sort them. */
typedef struct tb_log_choice {
    size_t fastest, median, slowest;
} tb_log_choice;
bool tb_event_log_choose(const tb_event_log *log, tb_log_choice *out);

#endif
