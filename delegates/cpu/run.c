/* Runs a plan. */
#include <string.h>

#include "delegates/cpu/plan.h"
#include "runtime/base/clock.h"
#include "runtime/base/fp_mode.h"
#include "runtime/base/stop.h"

/* From the first tile that a thread takes of a loop to its last; a cache line each. */
typedef struct span {
    _Alignas(64) uint64_t begin_ns;
    uint64_t end_ns;
} span;

enum {
    MAX_SPANS = 32,
    ALONE_TILES = 4,
    RANGE_TILES = 4, /* in a range, where there are enough, */
    MOST_RANGES = 4, /* of which a thread gets no more than so many */
    RANGE_UNIT = 64,
    TILES_TO_STOP = 1024, /* between which it may be stopped */
};

typedef struct parallel {
    tb_range_fn fn;
    void *context;
    const tb_stop *stop;
    span *spans; /* MAX_SPANS, where somebody watches; else NULL */
} parallel;

/* Workers have a mode of their own to set; the caller's was set when the run began. */
static void run_range(void *context, size_t begin, size_t end, int thread)
{
    const parallel *p = context;
    const tb_stop *before = tb_stop_enter(p->stop);
    span *mine = p->spans && thread > 0 && thread < MAX_SPANS ? &p->spans[thread] : NULL;
    if (mine && !mine->begin_ns)
        mine->begin_ns = tb_clock_ns();
    if (!tb_stopped()) {
        const tb_fp_mode mode = tb_fp_mode_flush();
        p->fn(p->context, begin, end, thread);
        tb_fp_mode_restore(mode);
    }
    tb_stop_enter(before);
    if (mine)
        mine->end_ns = tb_clock_ns();
}

/* The threads' part of a step and the wait for them, told once the loop is over by the thread that
   invokes. */
static void tell_spans(const tb_run *run, const span *spans, int threads, uint64_t waits_since_ns)
{
    if (waits_since_ns) {
        tb_event event = {.begin_ns = waits_since_ns,
                          .end_ns = tb_clock_ns(),
                          .step = &run->step->wait,
                          .subgraph = run->subgraph,
                          .node = -1,
                          .kind = TB_EVENT_SYNC};
        run->sink->emit(run->sink, &event);
    }
    for (int thread = 1; thread < threads; thread++) {
        if (!spans[thread].begin_ns)
            continue;
        tb_event event = {.begin_ns = spans[thread].begin_ns,
                          .end_ns = spans[thread].end_ns,
                          .step = &run->step->info,
                          .subgraph = run->subgraph,
                          .node = -1,
                          .thread = (uint16_t)thread,
                          .kind = TB_EVENT_WORK};
        run->sink->emit(run->sink, &event);
    }
}

static void share_out(const tb_run *run, size_t count, size_t tile, tb_range_fn fn, void *context)
{
    int threads = run->sink && run->pool ? tb_thread_pool_threads(run->pool) : 1;
    if (threads < 2) {
        parallel p = {fn, context, tb_stop_here, NULL};
        tb_parallel_for(run->pool, count, tile, run_range, &p);
        return;
    }
    span spans[MAX_SPANS];
    threads = threads < MAX_SPANS ? threads : MAX_SPANS;
    for (int k = 0; k < threads; k++)
        spans[k] = (span){0};
    parallel p = {fn, context, tb_stop_here, spans};
    uint64_t waits_since_ns;
    tb_parallel_for_timed(run->pool, count, tile, run_range, &p, &waits_since_ns);
    tell_spans(run, spans, threads, waits_since_ns);
}

void tb_run_tasks(const tb_run *run, size_t count, bool alone, tb_range_fn fn, void *context)
{
    if (alone || count < 2 || run->plan->threads < 2)
        fn(context, 0, count, 0);
    else
        share_out(run, count, 1, fn, context);
}

void tb_run_parallel(const tb_run *run, size_t count, size_t tile, tb_range_fn fn, void *context)
{
    const size_t tiles = count / tile + (count % tile != 0);
    const size_t threads = run->pool ? (size_t)tb_thread_pool_threads(run->pool) : 1;
    if (threads < 2 || (tiles < ALONE_TILES && !run->plan->share_all)) {
        for (size_t begin = 0; begin < count && !tb_stopped(); begin += tile * TILES_TO_STOP)
            fn(context, begin,
               count - begin < tile * TILES_TO_STOP ? count : begin + tile * TILES_TO_STOP, 0);
        return;
    }
    const size_t each = tiles / threads / RANGE_TILES;
    const size_t ranges = threads * (each < 1 ? 1 : each > MOST_RANGES ? MOST_RANGES : each);
    size_t range = count / ranges + (count % ranges != 0);
    if (range > RANGE_UNIT * 16) /* ends at lines of the cache, whatever an item is */
        range = (range + RANGE_UNIT - 1) / RANGE_UNIT * RANGE_UNIT;
    share_out(run, count, range, fn, context);
}

void tb_value_fill_halo(const tb_value *value, char *row)
{
    const tb_view *view = &value->view;
    if (!view->left && !view->right)
        return;
    const int byte = tb_type_is_q8(value->type) ? tb_value_fill_byte(value) : 0;
    const size_t left = (size_t)view->left * view->pixel_bytes;
    memset(row - left, byte, left);
    memset(row + (size_t)view->w * view->pixel_bytes, byte,
           (size_t)view->right * view->pixel_bytes);
}

static void locate_values(tb_plan *plan, char *memory)
{
    for (int i = 0; i < plan->value_count; i++) {
        tb_value *v = &plan->values[i];
        const tb_value *root = v;
        size_t offset = 0;
        for (; root->home == TB_HOME_ALIAS; root = &plan->values[root->alias_of])
            offset += root->alias_offset;
        char *base = NULL;
        if (root->home == TB_HOME_MEMORY)
            base = memory + root->offset;
        else if (root->home == TB_HOME_TENSOR)
            base = plan->context->tensors[root->tensor].data.raw;
        else if (root->home == TB_HOME_CONSTANT)
            base = (char *)(uintptr_t)root->constant;
        v->view.data = base ? base + offset + (size_t)v->left * v->view.pixel_bytes : NULL;
    }
}

TfLiteStatus tb_plan_run(tb_plan *plan, tb_thread_pool *pool, char *memory,
                         const tb_plan_watch *watch)
{
    locate_values(plan, memory);
    const char *fault = NULL;
    tb_run run = {.plan = plan,
                  .pool = pool,
                  .memory = memory,
                  .fault = &fault,
                  .sink = watch->sink,
                  .subgraph = watch->subgraph};
    const tb_fp_mode mode = tb_fp_mode_flush();
    /* A plugin has a `here` of its own, which the runtime cannot set. */
    const tb_stop watched = {watch->cancelled, watch->cancel_context};
    const tb_stop *stop = tb_stop_here;
    tb_stop_enter(stop || !watch->cancelled ? stop : &watched);
    TfLiteStatus status = kTfLiteOk;
    for (int i = 0; i < plan->step_count && status == kTfLiteOk; i++) {
        const tb_cpu_step *step = plan->steps[i];
        if (!watch->sink) {
            step->run(step, &run);
        } else {
            if (watch->sink->begin)
                watch->sink->begin(watch->sink, 0);
            tb_event event = {.step = &step->info,
                              .subgraph = watch->subgraph,
                              .node = -1,
                              .kind = TB_EVENT_STEP};
            run.step = step;
            event.begin_ns = tb_clock_ns();
            step->run(step, &run);
            event.end_ns = tb_clock_ns();
            watch->sink->emit(watch->sink, &event);
        }
        if (fault) {
            plan->context->ReportError(plan->context, "node %d %s: %s", (int)step->info.nodes[0],
                                       step->info.name, fault);
            status = kTfLiteError;
        }
        if (status == kTfLiteOk && watch->cancelled && watch->cancelled(watch->cancel_context))
            status = kTfLiteCancelled;
    }
    tb_stop_enter(stop);
    tb_fp_mode_restore(mode);
    return status;
}
