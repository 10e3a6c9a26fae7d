/* The timed loops; see steady.h. */
#include "bench/steady.h"

#include <time.h>

#include "profiler/alloc_count.h"
#include "runtime/base/clock.h"

#define BATCH_ROOM 8192
#define FLUSH_NS   UINT64_C(100000000)
#define SLACK_NS   UINT64_C(100000)

typedef struct batch {
    uint64_t latency_ns[BATCH_ROOM];
    uint64_t start_ns[BATCH_ROOM]; /* since the first sample of the loop */
    int count;
    int64_t first; /* index of the first sample in the loop */
    uint64_t flushed_ns;
} batch;

bool tb_stop_now(const tb_stop_rule *rule, int64_t runs, uint64_t begin_ns, uint64_t now_ns)
{
    if (runs < 1)
        return false;
    if (rule->max_runs > 0 && runs >= rule->max_runs)
        return true;
    if (rule->deadline_ns > 0 && now_ns >= rule->deadline_ns)
        return true;
    return runs >= rule->min_runs && now_ns - begin_ns >= rule->min_ns;
}

static void put_times(tb_json_writer *json, const char *key, const uint64_t *times, int count)
{
    tb_json_put_array(json, key);
    for (int k = 0; k < count; k++)
        tb_json_put_uint(json, NULL, times[k]);
    tb_json_end_array(json);
}

static void sample_state(const tb_steady *steady)
{
    if (steady->state)
        tb_state_sample(steady->state, tb_clock_ns());
}

/* An empty batch is sent too: it is a sign of life. */
static bool flush(batch *b, const tb_steady *steady)
{
    sample_state(steady);
    tb_json_writer *json = tb_event_begin(steady->events, TB_MESSAGE_SAMPLES);
    tb_json_put_text(json, "phase", steady->phase);
    tb_json_put_int(json, "first", b->first);
    put_times(json, "latency_ns", b->latency_ns, b->count);
    put_times(json, "start_ns", b->start_ns, b->count);
    b->first += b->count;
    b->count = 0;
    b->flushed_ns = tb_clock_ns();
    return tb_event_end(steady->events);
}

/* Waits until the next inference is due: asleep, but for what a timer may be late. */
static void wait_for_turn(const tb_steady *steady, int64_t runs, uint64_t begin_ns)
{
    uint64_t now_ns = tb_clock_ns();
    uint64_t due_ns = runs > 0 ? now_ns + steady->idle_ns : now_ns;
    if (steady->interval_ns) {
        uint64_t turn_ns = begin_ns + (uint64_t)runs * steady->interval_ns;
        if (steady->late && turn_ns + steady->interval_ns / 10 < now_ns)
            ++*steady->late;
        due_ns = turn_ns > due_ns ? turn_ns : due_ns;
    }
    while (now_ns < due_ns) {
        uint64_t sleep_ns = due_ns - now_ns > SLACK_NS ? due_ns - now_ns - SLACK_NS : 0;
        struct timespec rest = {(time_t)(sleep_ns / 1000000000), (long)(sleep_ns % 1000000000)};
        if (sleep_ns)
            nanosleep(&rest, NULL);
        now_ns = tb_clock_ns();
    }
}

tb_status tb_steady_run(const tb_steady *steady, tb_error *err, int64_t *runs)
{
    /* Static, touched before the first sample: no page fault falls into one. A process has one
       loop at a time. */
    static batch b;
    for (int k = 0; k < BATCH_ROOM; k++)
        b.latency_ns[k] = b.start_ns[k] = 0;
    b.count = 0;
    b.first = 0;
    *runs = 0;
    sample_state(steady);
    uint64_t begin_ns = tb_clock_ns();
    b.flushed_ns = begin_ns;
    uint64_t now_ns = begin_ns;
    tb_status status = TB_OK;
    while (!tb_stop_now(&steady->stop, *runs, begin_ns, now_ns)) {
        if (steady->interval_ns || steady->idle_ns)
            wait_for_turn(steady, *runs, begin_ns);
        if (steady->fault)
            status = tb_fault_strike(steady->fault, *runs, err);
        if (status != TB_OK)
            break;
        uint64_t allocated = 0, allocated_after = 0;
        tb_alloc_count(&allocated);
        uint64_t start_ns = tb_clock_ns();
        status = steady->engine->invoke(steady->session, err);
        now_ns = tb_clock_ns();
        if (status != TB_OK)
            break;
        tb_alloc_count(&allocated_after);
        if (steady->allocations)
            *steady->allocations += allocated_after - allocated;
        if (steady->ring && steady->log)
            tb_event_log_take(steady->log, steady->ring, start_ns, now_ns - start_ns);
        if (steady->ring)
            tb_op_times_take(steady->ops, steady->ring, now_ns - start_ns);
        if (!steady->keep || *runs < steady->keep) {
            b.latency_ns[b.count] = now_ns - start_ns;
            b.start_ns[b.count++] = start_ns - begin_ns;
        }
        ++*runs;
        if (steady->after)
            status = steady->after(steady->after_context, err);
        if (status != TB_OK)
            break;
        bool due = b.count == BATCH_ROOM || now_ns - b.flushed_ns >= FLUSH_NS;
        if (due && !flush(&b, steady))
            return tb_fail(err, TB_CANCELLED, "the driver is gone");
    }
    if (!flush(&b, steady) && status == TB_OK)
        status = tb_fail(err, TB_CANCELLED, "the driver is gone");
    return status;
}
