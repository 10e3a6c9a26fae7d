/* What profiled workers tell; see say_profile.h. */
#include "bench/say_profile.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/worker_say.h"
#include "runtime/base/size.h"

static const char *const kind_names[TB_EVENT_KIND_COUNT] = {
    [TB_EVENT_INVOKE] = "invoke", [TB_EVENT_SUBGRAPH] = "subgraph", [TB_EVENT_NODE] = "node",
    [TB_EVENT_STEP] = "step",     [TB_EVENT_COPY] = "copy",         [TB_EVENT_SYNC] = "sync",
    [TB_EVENT_PHASE] = "phase",   [TB_EVENT_WORK] = "work",
};

static tb_json_writer *begin_document(tb_event_stream *events, const char *of, const char *kind)
{
    tb_json_writer *json = tb_event_begin(events, TB_MESSAGE_DOCUMENT);
    tb_json_put_text(json, "of", of);
    tb_json_put_text(json, "kind", kind);
    tb_json_put_object(json, "body");
    return json;
}

static void end_document(tb_event_stream *events)
{
    tb_json_end_object(&events->json);
    tb_event_end(events);
}

void tb_say_graph(tb_event_stream *events, const tb_engine *engine, tb_session *session,
                  const tb_engine_plan *plan)
{
    if (!engine->graph)
        return;
    tb_json_writer *json = begin_document(events, "plan", "graph");
    engine->graph(session, plan, json);
    tb_json_put_array(json, "partitions");
    for (int k = 0; k < plan->partition_count; k++) {
        tb_json_put_object(json, NULL);
        tb_json_put_int(json, "partition", k);
        tb_json_put_int(json, "subgraph", plan->partitions[k].subgraph);
        tb_json_put_int(json, "kernel_node", plan->partitions[k].node);
        tb_json_put_text(json, "name", plan->partitions[k].name);
        tb_json_end_object(json);
    }
    tb_json_end_array(json);
    end_document(events);
}

/* ---- per-op times ------------------------------------------------------------------------------ */

static int compare_u64(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* The median of the inferences in which the op was called: those whose `called` is not 0. */
static uint64_t median_called(const uint64_t *times_ns, const uint64_t *called, size_t count,
                              uint64_t *scratch)
{
    size_t n = 0;
    for (size_t k = 0; k < count; k++)
        if (called[k])
            scratch[n++] = times_ns[k];
    if (n == 0)
        return 0;
    qsort(scratch, n, sizeof *scratch, compare_u64);
    return n % 2 ? scratch[n / 2] : (scratch[n / 2 - 1] + scratch[n / 2]) / 2;
}

typedef struct op_figures {
    uint64_t median_ns, self_median_ns;
    uint64_t self_ns; /* in the inference of the budget */
} op_figures;

static void put_op_time(tb_json_writer *json, int row, const tb_op_total *op, size_t inferences,
                        const op_figures *figures)
{
    tb_json_put_object(json, NULL);
    tb_json_put_int(json, "op", row);
    tb_json_put_uint(json, "calls", op->calls);
    tb_json_put_uint(json, "inferences", inferences);
    tb_json_put_uint(json, "first_ns", op->first_ns);
    tb_json_put_uint(json, "total_ns", op->total_ns);
    tb_json_put_uint(json, "min_ns", op->min_ns);
    if (op->samples_ns) {
        tb_json_put_uint(json, "median_ns", figures->median_ns);
        tb_json_put_uint(json, "self_median_ns", figures->self_median_ns);
        tb_json_put_uint(json, "self_ns", figures->self_ns);
    }
    tb_json_put_uint(json, "max_ns", op->max_ns);
    tb_json_put_uint(json, "self_total_ns", op->own_total_ns);
    tb_json_end_object(json);
}

static void say_op_samples(tb_event_stream *events, int row, const uint64_t *samples_ns,
                           size_t count)
{
    tb_json_writer *json = tb_event_begin(events, TB_MESSAGE_OP_SAMPLES);
    tb_json_put_int(json, "op", row);
    tb_json_put_int(json, "first", 0);
    tb_json_put_array(json, "duration_ns");
    for (size_t k = 0; k < count; k++)
        tb_json_put_uint(json, NULL, samples_ns[k]);
    tb_json_end_array(json);
    tb_event_end(events);
}

static tb_status say_op_times(tb_event_stream *events, const tb_op_times *times,
                              const tb_op_rows *rows, size_t room, const tb_logged *budgeted,
                              tb_error *err)
{
    size_t count, inferences = tb_op_times_inferences(times);
    size_t kept = inferences < room ? inferences : room;
    const tb_op_total *ops = tb_op_times_ops(times, &count);
    uint64_t *scratch = malloc((kept + 1) * sizeof *scratch);
    op_figures *figures = calloc(count + 1, sizeof *figures);
    if (!scratch || !figures) {
        free(scratch);
        free(figures);
        return tb_fail(err, TB_NO_MEMORY, "per-op times: out of memory");
    }
    for (size_t k = 0; k < count; k++) {
        int row = tb_op_rows_find(rows, &ops[k]);
        const uint64_t *samples = ops[k].samples_ns, *own = ops[k].own_samples_ns;
        if (!samples || row < 0)
            continue;
        say_op_samples(events, row, samples, kept);
        figures[k].median_ns = median_called(samples, samples, kept, scratch);
        figures[k].self_median_ns = median_called(own, samples, kept, scratch);
        if (budgeted && budgeted->inference < kept)
            figures[k].self_ns = own[budgeted->inference];
    }
    tb_json_writer *json = tb_event_begin(events, TB_MESSAGE_OP_TIMES);
    tb_json_put_array(json, "op_times");
    for (size_t k = 0; k < count; k++) {
        int row = tb_op_rows_find(rows, &ops[k]);
        if (row >= 0 && ops[k].calls)
            put_op_time(json, row, &ops[k], inferences, &figures[k]);
    }
    tb_json_end_array(json);
    tb_event_end(events);
    free(scratch);
    free(figures);
    return TB_OK;
}

static void warn_of_lost_events(tb_event_stream *events, const tb_op_times *times)
{
    char text[128];
    if (!tb_op_times_dropped(times))
        return;
    snprintf(text, sizeof text, "%zu per-op events were dropped: per-op times are incomplete",
             tb_op_times_dropped(times));
    tb_say_warning(events, "events_dropped", "warning", text);
}

/* ---- the budget -------------------------------------------------------------------------------- */

static tb_engine_figure figure(const char *metric, const char *owner, const char *unit,
                               double value)
{
    return (tb_engine_figure){metric, owner, unit, true, value, NULL};
}

static void say_budget(tb_event_stream *events, const char *metric, const tb_budget *budget,
                       double over)
{
    tb_engine_figure figures[TB_BUDGET_PART_COUNT + 2];
    for (int k = 0; k < TB_BUDGET_PART_COUNT; k++)
        figures[k] = figure(metric, tb_budget_part_name((tb_budget_part)k), "ns",
                            (double)budget->part_ns[k] / over);
    figures[TB_BUDGET_PART_COUNT] =
        figure(metric, "end_to_end", "ns", (double)budget->end_to_end_ns / over);
    figures[TB_BUDGET_PART_COUNT + 1] =
        figure(metric, "node_events", "count", (double)budget->node_events / over);
    tb_say_figures(events, "steady", figures, TB_BUDGET_PART_COUNT + 2);
}

static void say_budgets(tb_event_stream *events, tb_op_times *times, const tb_logged *median,
                        double event_ns)
{
    tb_budget budget;
    uint64_t inferences;
    const tb_budget *sum = tb_op_times_budget(times, &inferences);
    if (inferences)
        say_budget(events, "budget_mean_ns", sum, (double)inferences);
    if (!median ||
        !tb_op_times_own(times, median->events, median->count, median->latency_ns, &budget))
        return;
    say_budget(events, "budget_ns", &budget, 1);
    tb_engine_figure figures[] = {
        figure("budget_inference", NULL, "count", (double)median->inference),
        figure("events", NULL, "count", (double)median->count),
        figure("event_ns", NULL, "ns", event_ns),
    };
    tb_say_figures(events, "steady", figures, 3);
}

/* ---- the timeline ------------------------------------------------------------------------------ */

/* By begin, the enclosing one first: of two equal ones that which ended later in the ring. */
static int compare_begin(const void *a, const void *b)
{
    const tb_event *x = *(const tb_event *const *)a, *y = *(const tb_event *const *)b;
    if (x->thread != y->thread)
        return x->thread < y->thread ? -1 : 1;
    if (x->begin_ns != y->begin_ns)
        return x->begin_ns < y->begin_ns ? -1 : 1;
    if (x->end_ns != y->end_ns)
        return x->end_ns > y->end_ns ? -1 : 1;
    return x > y ? -1 : 1;
}

static void put_event(tb_json_writer *json, const tb_event *event, uint64_t start_ns,
                      const tb_op_rows *rows)
{
    /* A thread's work is for the op that the invoking thread's step is. */
    tb_event op = *event;
    op.kind = event->kind == TB_EVENT_WORK ? TB_EVENT_STEP : event->kind;
    tb_json_put_array(json, NULL);
    tb_json_put_uint(json, NULL, event->begin_ns > start_ns ? event->begin_ns - start_ns : 0);
    tb_json_put_uint(json, NULL, event->end_ns - event->begin_ns);
    tb_json_put_uint(json, NULL, event->thread);
    tb_json_put_text(json, NULL, kind_names[event->kind]);
    tb_json_put_int(json, NULL, tb_op_rows_find_event(rows, &op));
    tb_json_put_int(json, NULL, event->subgraph);
    tb_json_put_uint(json, NULL, event->bytes);
    tb_json_end_array(json);
}

static void put_inference(tb_json_writer *json, const char *label, const tb_logged *logged,
                          uint64_t zero_ns, const tb_op_rows *rows, const tb_event **scratch)
{
    size_t count = 0;
    for (size_t k = 0; k < logged->count; k++)
        if (logged->events[k].end_ns >= logged->events[k].begin_ns)
            scratch[count++] = &logged->events[k];
    if (count)
        qsort(scratch, count, sizeof *scratch, compare_begin);
    tb_json_put_object(json, NULL);
    tb_json_put_uint(json, "inference", logged->inference);
    tb_json_put_text(json, "label", label);
    tb_json_put_uint(json, "start_ns", logged->start_ns - zero_ns);
    tb_json_put_uint(json, "duration_ns", logged->latency_ns);
    tb_json_put_uint(json, "dropped", logged->dropped);
    tb_json_put_array(json, "events");
    for (size_t k = 0; k < count; k++)
        put_event(json, scratch[k], logged->start_ns, rows);
    tb_json_end_array(json);
    tb_json_end_object(json);
}

static tb_status say_timeline(tb_event_stream *events, const tb_event_log *log,
                              const tb_log_choice *choice, const tb_op_rows *rows, tb_error *err)
{
    static const char *const columns[] = {"begin_ns", "duration_ns", "thread", "kind",
                                          "op",       "subgraph",    "bytes"};
    const tb_logged *shown[] = {tb_event_log_at(log, choice->fastest),
                                tb_event_log_at(log, choice->median),
                                tb_event_log_at(log, choice->slowest)};
    static const char *const labels[] = {"fastest", "median", "slowest"};
    size_t most = 1;
    for (size_t k = 0; k < TB_COUNT_OF(shown); k++)
        most = shown[k]->count > most ? shown[k]->count : most;
    const tb_event **scratch = malloc(most * sizeof *scratch);
    if (!scratch)
        return tb_fail(err, TB_NO_MEMORY, "timeline of %zu events: out of memory", most);
    tb_json_writer *json = begin_document(events, "process", "timeline");
    tb_json_put_array(json, "columns");
    for (size_t k = 0; k < TB_COUNT_OF(columns); k++)
        tb_json_put_text(json, NULL, columns[k]);
    tb_json_end_array(json);
    tb_json_put_array(json, "inferences");
    for (size_t k = 0; k < TB_COUNT_OF(shown); k++)
        put_inference(json, labels[k], shown[k], tb_event_log_at(log, 0)->start_ns, rows, scratch);
    tb_json_end_array(json);
    end_document(events);
    free(scratch);
    return TB_OK;
}

tb_status tb_say_profile(tb_event_stream *events, tb_op_times *times, const tb_event_log *log,
                         const tb_op_rows *rows, size_t room, double event_ns, tb_error *err)
{
    tb_log_choice choice;
    bool chosen = tb_event_log_choose(log, &choice);
    const tb_logged *median = chosen ? tb_event_log_at(log, choice.median) : NULL;
    tb_status status = say_op_times(events, times, rows, room, median, err);
    if (status != TB_OK)
        return status;
    warn_of_lost_events(events, times);
    say_budgets(events, times, median, event_ns);
    return chosen ? say_timeline(events, log, &choice, rows, err) : TB_OK;
}
