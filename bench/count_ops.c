/* Counting ops; see count_ops.h. */
#include "bench/count_ops.h"

#include <math.h>
#include <stdlib.h>

#include "profiler/counters.h"
#include "runtime/base/clock.h"

#define MAX_INFERENCES 50
#define MAX_THREADS    256

typedef struct counting {
    const tb_engine *engine;
    tb_session *session;
    const tb_op_rows *rows;
    tb_counters *counters;
    tb_counter_sink *sink;
    tb_counter_reading *ops; /* one a row */
    tb_counter_reading all;
    int inferences;
    size_t dropped;
    size_t threads;
    double read_ns;
} counting;

static double time_a_reading(tb_counters *counters)
{
    enum { ROUNDS = 16 };
    uint64_t least_ns = UINT64_MAX;
    for (int k = 0; k < ROUNDS; k++) {
        tb_counter_reading reading;
        uint64_t begin_ns = tb_clock_ns();
        tb_counters_read(counters, &reading);
        uint64_t took_ns = tb_clock_ns() - begin_ns;
        least_ns = took_ns < least_ns ? took_ns : least_ns;
    }
    return (double)least_ns;
}

static tb_status count_one(counting *c, tb_error *err)
{
    tb_counter_reading before, after;
    tb_counter_sink_clear(c->sink);
    c->engine->set_sink(c->session, tb_counter_sink_sink(c->sink));
    tb_counters_read(c->counters, &before);
    tb_status status = c->engine->invoke(c->session, err);
    tb_counters_read(c->counters, &after);
    c->engine->set_sink(c->session, NULL);
    if (status != TB_OK)
        return status;
    tb_counters_add(&c->all, &before, &after);
    size_t count, dropped;
    const tb_counted *events = tb_counter_sink_events(c->sink, &count, &dropped);
    const tb_counter_reading zero = {0};
    for (size_t k = 0; k < count; k++) {
        int row = tb_op_rows_find_event(c->rows, &events[k].event);
        if (row >= 0)
            tb_counters_add(&c->ops[row], &zero, &events[k].inside);
    }
    c->dropped += dropped;
    c->inferences++;
    return TB_OK;
}

/* ---- telling ------------------------------------------------------------------------------------ */

static void put_value(tb_json_writer *json, const char *key, const tb_counter_value *value,
                      int inferences)
{
    double scaled;
    if (inferences && tb_counters_scaled(value, &scaled))
        tb_json_put_real(json, key, scaled / inferences);
    else if (!key)
        tb_json_put_real(json, NULL, NAN); /* null */
}

static void put_rows(tb_json_writer *json, const counting *c)
{
    tb_json_put_array(json, "rows");
    for (int k = 0; k < TB_COUNTER_COUNT; k++) {
        tb_counter counter = (tb_counter)k;
        const tb_counter_value *value = &c->all.value[k];
        bool has = tb_counters_has(c->counters, counter);
        tb_json_put_object(json, NULL);
        tb_json_put_text(json, "name", tb_counter_name(counter));
        tb_json_put_text(json, "kind", tb_counter_is_hardware(counter) ? "hardware" : "software");
        tb_json_put_bool(json, "available", has);
        tb_json_put_text(json, "reason", tb_counters_reason(c->counters, counter));
        if (has) {
            put_value(json, "total", value, c->inferences);
            if (value->enabled_ns)
                tb_json_put_real(json, "scaled",
                                 (double)value->running_ns / (double)value->enabled_ns);
        }
        tb_json_end_object(json);
    }
    tb_json_end_array(json);
}

/* An array an op: its row, and a value for each counter there is; null where it was not counted. */
static void put_ops(tb_json_writer *json, const counting *c)
{
    tb_json_put_array(json, "columns");
    tb_json_put_text(json, NULL, "op");
    for (int k = 0; k < TB_COUNTER_COUNT; k++)
        if (tb_counters_has(c->counters, (tb_counter)k))
            tb_json_put_text(json, NULL, tb_counter_name((tb_counter)k));
    tb_json_end_array(json);
    tb_json_put_array(json, "ops");
    for (int row = 0; row < tb_op_rows_count(c->rows); row++) {
        bool counted = false;
        for (int k = 0; k < TB_COUNTER_COUNT; k++)
            counted = counted || c->ops[row].value[k].running_ns;
        if (!counted)
            continue;
        tb_json_put_array(json, NULL);
        tb_json_put_int(json, NULL, row);
        for (int k = 0; k < TB_COUNTER_COUNT; k++)
            if (tb_counters_has(c->counters, (tb_counter)k))
                put_value(json, NULL, &c->ops[row].value[k], c->inferences);
        tb_json_end_array(json);
    }
    tb_json_end_array(json);
}

static void say(tb_event_stream *events, const counting *c)
{
    tb_json_writer *json = tb_event_begin(events, TB_MESSAGE_DOCUMENT);
    tb_json_put_text(json, "of", "process");
    tb_json_put_text(json, "kind", "counters");
    tb_json_put_object(json, "body");
    tb_json_put_int(json, "inferences", c->inferences);
    tb_json_put_uint(json, "threads", c->threads);
    if (tb_counters_any(c->counters))
        tb_json_put_real(json, "read_ns", c->read_ns);
    tb_json_put_uint(json, "dropped", c->dropped);
    put_rows(json, c);
    put_ops(json, c);
    tb_json_end_object(json);
    tb_event_end(events);
}

tb_status tb_count_ops(const tb_engine *engine, tb_session *session, tb_event_stream *events,
                       const tb_op_rows *rows, size_t event_count, uint64_t for_ns, tb_error *err)
{
    int tids[MAX_THREADS];
    counting c = {.engine = engine, .session = session, .rows = rows};
    c.threads = tb_threads_of_process(tids, MAX_THREADS);
    c.ops = calloc((size_t)tb_op_rows_count(rows) + 1, sizeof *c.ops);
    tb_status status =
        c.ops ? tb_counters_open(tb_perf_calls_kernel(), tids, c.threads, err, &c.counters)
              : tb_fail(err, TB_NO_MEMORY, "counters: out of memory");
    if (status == TB_OK && tb_counters_any(c.counters)) {
        c.read_ns = time_a_reading(c.counters);
        status = tb_counter_sink_create(c.counters, event_count, err, &c.sink);
        uint64_t until_ns = tb_clock_ns() + for_ns;
        while (status == TB_OK && c.inferences < MAX_INFERENCES &&
               (c.inferences == 0 || tb_clock_ns() < until_ns))
            status = count_one(&c, err);
    }
    if (status == TB_OK)
        say(events, &c);
    tb_counter_sink_destroy(c.sink);
    tb_counters_close(c.counters);
    free(c.ops);
    return status;
}
