/* Runs a plan. */
#include <string.h>

#include "delegates/cpu/plan.h"
#include "runtime/base/clock.h"
#include "runtime/base/fp_mode.h"
#include "runtime/base/stop.h"

typedef struct parallel {
    tb_range_fn fn;
    void *context;
    const tb_stop *stop;
} parallel;

/* Workers have a mode of their own to set; the caller's was set when the run began. */
static void run_range(void *context, size_t begin, size_t end, int thread)
{
    const parallel *p = context;
    const tb_stop *before = tb_stop_enter(p->stop);
    if (!tb_stopped()) {
        const tb_fp_mode mode = tb_fp_mode_flush();
        p->fn(p->context, begin, end, thread);
        tb_fp_mode_restore(mode);
    }
    tb_stop_enter(before);
}

void tb_run_parallel(const tb_run *run, size_t count, size_t tile, tb_range_fn fn, void *context)
{
    if (count <= tile) {
        if (count > 0)
            fn(context, 0, count, 0);
        return;
    }
    parallel p = {fn, context, tb_stop_here};
    tb_parallel_for(run->pool, count, tile, run_range, &p);
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
    const tb_run run = {.plan = plan, .pool = pool, .memory = memory, .fault = &fault};
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
