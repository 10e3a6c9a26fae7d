/*
 * Running a plan: every step is enqueued, then the queue is waited for once. Watched, the steps go
 * through a queue that keeps times, and what the device tells afterwards becomes rows without holes
 * between them: copies, kernels, from the call to the first of them (submit), what passes between two
 * (launch gap), the wait for the end, and the asking itself.
 *
 * The device's clock is laid over the host's where the first command was queued; what would end after
 * the host saw the end is moved back.
 */
#include <string.h>

#include "delegates/gpu/plan.h"
#include "runtime/base/clock.h"

static const tb_step submit_step = {"submit", NULL, NULL, 0};
static const tb_step gap_step = {"launch gap", NULL, NULL, 0};
static const tb_step finish_step = {"wait for the end", NULL, NULL, 0};
static const tb_step ask_step = {"ask for the times", NULL, NULL, 0};

static const tb_gpu_value *root_of(const tb_gpu_plan *plan, int value)
{
    while (plan->values[value]->home == TB_GPU_ALIAS)
        value = plan->values[value]->alias_of;
    return plan->values[value];
}

static cl_int enqueue(const tb_gpu_plan *plan, const tb_gpu_step *s, cl_command_queue queue,
                      cl_event *event)
{
    const tb_cl *cl = plan->gpu->device.cl;
    if (s->kind == TB_GPU_KERNEL)
        return cl->EnqueueNDRangeKernel(queue, s->kernel, 3, NULL, s->global, s->local, 0, NULL,
                                        event);
    const tb_gpu_value *v = plan->values[s->value], *root = root_of(plan, s->value);
    void *host = plan->context->tensors[v->tensor].data.raw;
    if (s->kind == TB_GPU_WRITE)
        return cl->EnqueueWriteBuffer(queue, root->mem, CL_FALSE, 0, v->bytes, host, 0, NULL,
                                      event);
    if (root->constant) {
        memcpy(host, root->constant, plan->context->tensors[v->tensor].bytes);
        return CL_SUCCESS;
    }
    return cl->EnqueueReadBuffer(queue, root->mem, CL_FALSE, 0, v->bytes, host, 0, NULL, event);
}

/* The node whose kernel met an element that it has no result for, or -1; asked after the steps, known
   when the queue is done. */
static cl_int ask_fault(const tb_gpu_plan *plan, cl_command_queue queue, int32_t *code)
{
    *code = 0;
    if (!plan->fault_code)
        return CL_SUCCESS;
    return plan->gpu->device.cl->EnqueueReadBuffer(queue, plan->fault_code, CL_FALSE, 0,
                                                   sizeof *code, code, 0, NULL, NULL);
}

static tb_status tell_fault(const tb_gpu_plan *plan, cl_command_queue queue, int32_t code,
                            tb_error *err)
{
    const int32_t none = 0;
    if (code == 0)
        return TB_OK;
    plan->gpu->device.cl->EnqueueWriteBuffer(queue, plan->fault_code, CL_TRUE, 0, sizeof none,
                                             &none, 0, NULL, NULL);
    return tb_fail(err, TB_CORRUPT,
                   "node %d: an element has no result: a division by zero, or an index outside",
                   (int)code - 1);
}

/* Enqueues all and waits. `events` (NULL: none) gets one a step. */
static tb_status execute(const tb_gpu_plan *plan, cl_command_queue queue, cl_event *events,
                         tb_error *err)
{
    const tb_gpu_device *d = &plan->gpu->device;
    tb_status status = TB_OK;
    int index = 0;
    for (const tb_gpu_step *s = plan->first_step; s && status == TB_OK; s = s->next, index++) {
        const cl_int code = enqueue(plan, s, queue, events ? &events[index] : NULL);
        if (code != CL_SUCCESS)
            status = tb_cl_fail(err, code, "%s on %s", s->info.name, d->name);
    }
    int32_t fault = 0;
    if (status == TB_OK && ask_fault(plan, queue, &fault) != CL_SUCCESS)
        status = tb_fail(err, TB_UNAVAILABLE, "asking %s how it went", d->name);
    /* After a failure too: what was enqueued still reads and writes the tensors. */
    const cl_int code = d->cl->Finish(queue);
    if (code != CL_SUCCESS && status == TB_OK)
        status = tb_cl_fail(err, code, "waiting for %s", d->name);
    return status == TB_OK ? tell_fault(plan, queue, fault, err) : status;
}

/* ---- telling ----------------------------------------------------------------------------------------- */

typedef struct teller {
    tb_sink *sink;
    int subgraph;
    uint64_t now_ns; /* up to where rows reach */
} teller;

static void tell(teller *t, tb_event_kind kind, const tb_step *step, uint64_t end_ns, size_t bytes)
{
    if (end_ns <= t->now_ns && kind == TB_EVENT_SYNC)
        return;
    const tb_event event = {.begin_ns = t->now_ns,
                            .end_ns = end_ns > t->now_ns ? end_ns : t->now_ns,
                            .step = step,
                            .subgraph = t->subgraph,
                            .node = -1,
                            .kind = (uint16_t)kind,
                            .bytes = bytes > UINT32_MAX ? UINT32_MAX : (uint32_t)bytes};
    t->sink->emit(t->sink, &event);
    t->now_ns = event.end_ns;
}

static cl_ulong time_of(const tb_cl *cl, cl_event event, cl_profiling_info what)
{
    cl_ulong ns = 0;
    if (!event || cl->GetEventProfilingInfo(event, what, sizeof ns, &ns, NULL) != CL_SUCCESS)
        return 0;
    return ns;
}

/* What is added to the device's times to have the host's. */
static uint64_t clock_offset(const tb_gpu_plan *plan, uint64_t begin_ns, uint64_t end_ns)
{
    const tb_cl *cl = plan->gpu->device.cl;
    const cl_ulong first = time_of(cl, plan->events[0], CL_PROFILING_COMMAND_QUEUED);
    cl_ulong last = 0;
    for (int i = 0; i < plan->step_count; i++) {
        const cl_ulong end = time_of(cl, plan->events[i], CL_PROFILING_COMMAND_END);
        last = end > last ? end : last;
    }
    uint64_t offset = begin_ns - first;
    return (int64_t)(last + offset - end_ns) > 0 ? end_ns - last : offset;
}

static void tell_steps(tb_gpu_plan *plan, teller *t, uint64_t end_ns)
{
    const tb_cl *cl = plan->gpu->device.cl;
    const uint64_t offset = clock_offset(plan, t->now_ns, end_ns);
    int index = 0;
    for (tb_gpu_step *s = plan->first_step; s; s = s->next, index++) {
        const cl_event event = plan->events[index];
        const cl_ulong began = time_of(cl, event, CL_PROFILING_COMMAND_START);
        const cl_ulong ended = time_of(cl, event, CL_PROFILING_COMMAND_END);
        if (began && ended >= began) {
            const uint64_t from = began + offset, to = ended + offset;
            tell(t, TB_EVENT_SYNC, s == plan->first_step ? &submit_step : &gap_step,
                 from < end_ns ? from : end_ns, 0);
            const bool kernel = s->kind == TB_GPU_KERNEL;
            tell(t, kernel ? TB_EVENT_STEP : TB_EVENT_COPY, &s->info, to < end_ns ? to : end_ns,
                 kernel ? 0 : plan->values[s->value]->bytes);
        }
    }
    tell(t, TB_EVENT_SYNC, &finish_step, end_ns, 0);
}

tb_status tb_gpu_plan_run(tb_gpu_plan *plan, tb_sink *sink, int subgraph, tb_error *err)
{
    tb_gpu_device *d = &plan->gpu->device;
    if (!sink)
        return execute(plan, d->queue, NULL, err);
    teller t = {.sink = sink, .subgraph = subgraph, .now_ns = tb_clock_ns()};
    tb_status status = tb_gpu_device_timed(d, err);
    if (status != TB_OK)
        return status;
    memset(plan->events, 0, (size_t)plan->step_count * sizeof *plan->events);
    status = execute(plan, d->timed, plan->events, err);
    if (status == TB_OK)
        tell_steps(plan, &t, tb_clock_ns());
    for (int i = 0; i < plan->step_count; i++)
        if (plan->events[i])
            d->cl->ReleaseEvent(plan->events[i]);
    if (status == TB_OK)
        tell(&t, TB_EVENT_SYNC, &ask_step, tb_clock_ns(), 0);
    return status;
}
