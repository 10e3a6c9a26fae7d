/* Copies of events; see event_log.h. */
#include "profiler/event_log.h"

#include <stdlib.h>
#include <string.h>

#include "runtime/base/size.h"

struct tb_event_log {
    tb_event *events;
    size_t max_events, event_count;
    tb_logged *inferences;
    size_t max_inferences, count;
    size_t offered;
    bool full;
};

tb_status tb_event_log_create(size_t max_events, size_t max_inferences, tb_error *err,
                              tb_event_log **out)
{
    size_t bytes = 0;
    tb_event_log *log = calloc(1, sizeof *log);
    if (log && tb_mul_size(max_events, sizeof *log->events, &bytes))
        log->events = malloc(bytes ? bytes : 1);
    if (log)
        log->inferences = calloc(max_inferences ? max_inferences : 1, sizeof *log->inferences);
    if (!log || !log->events || !log->inferences) {
        tb_event_log_destroy(log);
        return tb_fail(err, TB_NO_MEMORY, "event log: no memory for %zu events of %zu inferences",
                       max_events, max_inferences);
    }
    log->max_events = max_events;
    log->max_inferences = max_inferences;
    *out = log;
    return TB_OK;
}

void tb_event_log_destroy(tb_event_log *log)
{
    if (!log)
        return;
    free(log->events);
    free(log->inferences);
    free(log);
}

void tb_event_log_take(tb_event_log *log, const tb_ring *ring, uint64_t start_ns,
                       uint64_t latency_ns)
{
    size_t count, dropped, inference = log->offered++;
    const tb_event *events = tb_ring_events(ring, &count, &dropped);
    if (log->count == log->max_inferences || count > log->max_events - log->event_count)
        log->full = true;
    if (log->full)
        return;
    tb_event *copy = log->events + log->event_count;
    if (count)
        memcpy(copy, events, count * sizeof *events);
    log->event_count += count;
    log->inferences[log->count++] = (tb_logged){
        .inference = inference,
        .start_ns = start_ns,
        .latency_ns = latency_ns,
        .events = copy,
        .count = count,
        .dropped = dropped,
    };
}

size_t tb_event_log_count(const tb_event_log *log)
{
    return log->count;
}

const tb_logged *tb_event_log_at(const tb_event_log *log, size_t k)
{
    return &log->inferences[k];
}

static int compare_latency(const void *a, const void *b)
{
    const tb_logged *x = *(const tb_logged *const *)a, *y = *(const tb_logged *const *)b;
    if (x->latency_ns != y->latency_ns)
        return x->latency_ns < y->latency_ns ? -1 : 1;
    return (x->inference > y->inference) - (x->inference < y->inference);
}

bool tb_event_log_choose(const tb_event_log *log, tb_log_choice *out)
{
    const tb_logged **sorted = malloc((log->count + 1) * sizeof *sorted);
    size_t whole = 0;
    if (!sorted)
        return false;
    for (size_t k = 0; k < log->count; k++)
        if (!log->inferences[k].dropped)
            sorted[whole++] = &log->inferences[k];
    if (whole) {
        qsort(sorted, whole, sizeof *sorted, compare_latency);
        *out = (tb_log_choice){
            .fastest = (size_t)(sorted[0] - log->inferences),
            .median = (size_t)(sorted[(whole - 1) / 2] - log->inferences),
            .slowest = (size_t)(sorted[whole - 1] - log->inferences),
        };
    }
    free(sorted);
    return whole > 0;
}
