/*
 * What went wrong, told once: the message gets its place in front where it is composed, is kept for
 * the caller's tb_error, and goes to the report function in the same words.
 */
#include <stdio.h>
#include <string.h>

#include "runtime/base/clock.h"
#include "runtime/interpreter_internal.h"

void tb_interpreter_report(tb_interpreter *interpreter, const char *message)
{
    if (interpreter->report)
        interpreter->report(interpreter->report_context, message);
    else
        fprintf(stderr, "%s\n", message);
}

/* "<file>: subgraph 0, node 12 CONV_2D: " */
static size_t write_place(const tb_interpreter *interpreter, size_t capacity, char *out)
{
    const tb_place *place = &interpreter->place;
    int written = snprintf(out, capacity, "%s: ", tb_model_name(interpreter->model));
    size_t used = written < 0 ? 0 : (size_t)written;
    if (place->subgraph && used < capacity) {
        written = snprintf(out + used, capacity - used, "subgraph %d", place->subgraph->index);
        used += written < 0 ? 0 : (size_t)written;
        if (place->node && used < capacity)
            written = snprintf(out + used, capacity - used, ", node %d %s: ", place->node_index,
                               tb_node_name(place->node));
        else if (used < capacity)
            written =
                snprintf(out + used, capacity - used, place->in_delegate ? ", delegate: " : ": ");
        used += written < 0 ? 0 : (size_t)written;
    }
    return used < capacity ? used : capacity - 1;
}

TfLiteStatus tb_fault(tb_subgraph *subgraph, tb_status status, const char *format, ...)
{
    tb_interpreter *interpreter = subgraph->interpreter;
    tb_error fault = {status, ""};
    tb_place before = interpreter->place;
    if (!before.subgraph)
        interpreter->place.subgraph = subgraph;
    size_t used = write_place(interpreter, sizeof fault.text / 2, fault.text);
    interpreter->place = before;
    va_list args;
    va_start(args, format);
    vsnprintf(fault.text + used, sizeof fault.text - used, format, args);
    va_end(args);
    if (interpreter->fault.status == TB_OK)
        interpreter->fault = fault;
    tb_interpreter_report(interpreter, fault.text);
    return kTfLiteError;
}

const char *tb_tensor_text(const tb_subgraph *subgraph, int tensor, char out[TB_TENSOR_TEXT_SIZE])
{
    const char *name = NULL;
    if (tensor >= 0 && (size_t)tensor < subgraph->context.tensors_size)
        name = subgraph->tensors[tensor].name;
    if (name && name[0])
        snprintf(out, TB_TENSOR_TEXT_SIZE, "tensor %d '%s'", tensor, name);
    else
        snprintf(out, TB_TENSOR_TEXT_SIZE, "tensor %d", tensor);
    return out;
}

tb_status tb_interpreter_stopped(const tb_interpreter *interpreter)
{
    if (interpreter->cancellable && atomic_load(&interpreter->cancelled))
        return TB_CANCELLED;
    if (interpreter->deadline_ns && tb_clock_ns() > interpreter->deadline_ns)
        return TB_TIME_LIMIT;
    return TB_OK;
}

/* As tb_interpreter_stopped, by the cheap clock: where this says yes, that does. */
static bool stop_asked(const void *context)
{
    const tb_interpreter *interpreter = context;
    return (interpreter->cancellable && atomic_load(&interpreter->cancelled)) ||
           (interpreter->deadline_ns && tb_clock_coarse_ns() > interpreter->deadline_ns);
}

TfLiteStatus tb_interpreter_check_stop(tb_subgraph *subgraph)
{
    const tb_interpreter *interpreter = subgraph->interpreter;
    tb_status reason = tb_interpreter_stopped(interpreter);
    if (reason == TB_OK)
        return kTfLiteOk;
    if (interpreter->fault.status == reason)
        return kTfLiteCancelled; /* a kernel asks again on its way out */
    if (reason == TB_CANCELLED)
        tb_fault(subgraph, reason, "cancelled");
    else
        tb_fault(subgraph, reason, "the time limit of %.3f s has passed",
                 (double)interpreter->time_limit_ns * 1e-9);
    return kTfLiteCancelled;
}

/* ---- brackets of a call ----------------------------------------------------------------------- */

tb_status tb_interpreter_begin(tb_interpreter *interpreter, const char *what, tb_error *err)
{
    if (atomic_flag_test_and_set(&interpreter->busy)) {
        tb_error refusal = TB_ERROR_NONE;
        tb_fail(&refusal, TB_STATE, "%s: %s while another call to the same interpreter runs",
                tb_model_name(interpreter->model), what);
        tb_interpreter_report(interpreter, refusal.text);
        if (err)
            *err = refusal;
        return TB_STATE;
    }
    interpreter->fault.status = TB_OK;
    interpreter->place = (tb_place){0};
    atomic_store(&interpreter->cancelled, false);
    interpreter->deadline_ns =
        interpreter->time_limit_ns ? tb_clock_ns() + interpreter->time_limit_ns : 0;
    interpreter->stop = (tb_stop){stop_asked, interpreter};
    bool may_end = interpreter->cancellable || interpreter->deadline_ns;
    interpreter->outer_stop = tb_stop_enter(may_end ? &interpreter->stop : tb_stop_here);
    return TB_OK;
}

static tb_status status_of(TfLiteStatus status)
{
    switch (status) {
    case kTfLiteOk:
        return TB_OK;
    case kTfLiteCancelled:
        return TB_CANCELLED;
    case kTfLiteUnresolvedOps:
        return TB_UNSUPPORTED;
    case kTfLiteDelegateError:
    case kTfLiteApplicationError:
        return TB_UNAVAILABLE;
    default:
        return TB_INTERNAL;
    }
}

tb_status tb_interpreter_end(tb_interpreter *interpreter, const char *what, TfLiteStatus status,
                             tb_error *err)
{
    tb_status result = TB_OK;
    if (status != kTfLiteOk) {
        if (interpreter->fault.status == TB_OK) {
            tb_fail(&interpreter->fault, status_of(status), "%s: %s failed (%d)",
                    tb_model_name(interpreter->model), what, (int)status);
            tb_interpreter_report(interpreter, interpreter->fault.text);
        }
        result = interpreter->fault.status;
        if (err)
            *err = interpreter->fault;
    }
    interpreter->last_result = status;
    interpreter->place = (tb_place){0};
    interpreter->deadline_ns = 0;
    tb_stop_enter(interpreter->outer_stop);
    atomic_flag_clear(&interpreter->busy);
    return result;
}
