/*
 * The interpreter: its life, and the calls that run it. What it consists of lies in subgraph_*.c;
 * what is shown of it in interpreter_info.c.
 */
#include "runtime/interpreter.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/base/clock.h"
#include "runtime/base/fp_mode.h"
#include "runtime/base/thread_pool.h"
#include "runtime/interpreter_internal.h"

/* ---- life ------------------------------------------------------------------------------------- */

static void take_options(tb_interpreter *interpreter, const tb_interpreter_options *options)
{
    interpreter->threads = 1;
    if (!options)
        return;
    if (options->threads > 1)
        interpreter->threads = options->threads;
    interpreter->memory.limit_bytes = options->memory_limit_bytes;
    interpreter->time_limit_ns = options->time_limit_ns;
    interpreter->cancellable = options->cancellable;
    interpreter->keep_all_tensors = options->keep_all_tensors;
    interpreter->delegate_first = options->delegate_first;
    interpreter->delegate_end = options->delegate_end;
    interpreter->report = options->report;
    interpreter->report_context = options->report_context;
}

static tb_status build(tb_interpreter *interpreter, const tb_resolver *resolver, tb_error *err)
{
    const tb_model *model = interpreter->model;
    size_t opcodes = tb_model_opcode_count(model);
    size_t subgraphs = tb_model_subgraph_count(model);
    if (subgraphs > INT_MAX)
        return tb_fail(err, TB_UNSUPPORTED, "%zu subgraphs", subgraphs);
    interpreter->registrations = calloc(opcodes + 1, sizeof(TfLiteRegistration *));
    interpreter->subgraphs = TB_ARENA_NEW(&interpreter->arena, tb_subgraph, subgraphs);
    interpreter->resources = tb_resources_create();
    if (!interpreter->registrations || !interpreter->subgraphs || !interpreter->resources)
        return tb_fail(err, TB_NO_MEMORY, "cannot allocate %zu subgraphs", subgraphs);
    interpreter->subgraph_count = (int)subgraphs;
    tb_status status = tb_thread_pool_create(interpreter->threads, err, &interpreter->pool);
    if (status != TB_OK)
        return status;
    interpreter->resolver = resolver;
    for (size_t k = 0; k < subgraphs; k++) {
        status = tb_subgraph_build(&interpreter->subgraphs[k], interpreter, (int)k, err);
        if (status != TB_OK)
            return status;
    }
    interpreter->resolver = NULL;
    free(interpreter->registrations);
    interpreter->registrations = NULL;
    interpreter->place = (tb_place){0};
    return tb_signatures_build(interpreter, err);
}

tb_status tb_interpreter_create(tb_model *model, const tb_interpreter_options *options,
                                tb_error *err, tb_interpreter **out)
{
    tb_error local = TB_ERROR_NONE;
    err = err ? err : &local;
    tb_interpreter *interpreter = calloc(1, sizeof *interpreter);
    if (!interpreter)
        return tb_fail(err, TB_NO_MEMORY, "%s: cannot allocate an interpreter",
                       tb_model_name(model));
    interpreter->model = tb_model_retain(model);
    tb_arena_init(&interpreter->arena, 0);
    atomic_flag_clear(&interpreter->busy);
    take_options(interpreter, options);

    tb_resolver *own = NULL;
    const tb_resolver *resolver = options ? options->resolver : NULL;
    tb_status status = TB_OK;
    if (!resolver) {
        status = tb_resolver_create(err, &own);
        resolver = own;
    }
    if (status == TB_OK)
        status = build(interpreter, resolver, err);
    tb_resolver_destroy(own);
    if (status == TB_OK) {
        *out = interpreter;
        return TB_OK;
    }
    if (interpreter->fault.status == TB_OK) { /* else a kernel has told already */
        tb_in(err, "%s", tb_model_name(model));
        tb_interpreter_report(interpreter, err->text);
    }
    tb_interpreter_destroy(interpreter);
    return status;
}

void tb_interpreter_destroy(tb_interpreter *interpreter)
{
    if (!interpreter)
        return;
    for (int k = 0; k < interpreter->subgraph_count; k++)
        tb_subgraph_free(&interpreter->subgraphs[k]);
    tb_interpreter_free_delegates(interpreter);
    tb_resources_destroy(interpreter->resources);
    tb_thread_pool_destroy(interpreter->pool);
    free(interpreter->registrations);
    tb_arena_free(&interpreter->arena);
    tb_model_release(interpreter->model);
    free(interpreter);
}

/* ---- running ---------------------------------------------------------------------------------- */

tb_status tb_run_resize(tb_interpreter *interpreter, int subgraph, int tensor, int rank,
                        const int *dims, bool strict, tb_error *err)
{
    static const char what[] = "resizing an input";
    tb_status status = tb_interpreter_begin(interpreter, what, err);
    if (status != TB_OK)
        return status;
    TfLiteStatus result =
        tb_subgraph_resize_input(&interpreter->subgraphs[subgraph], tensor, rank, dims, strict);
    return tb_interpreter_end(interpreter, what, result, err);
}

tb_status tb_run_allocate(tb_interpreter *interpreter, int subgraph, tb_error *err)
{
    static const char what[] = "allocating";
    tb_status status = tb_interpreter_begin(interpreter, what, err);
    if (status != TB_OK)
        return status;
    TfLiteStatus result = tb_subgraph_allocate(&interpreter->subgraphs[subgraph]);
    return tb_interpreter_end(interpreter, what, result, err);
}

static TfLiteStatus fetch_outputs(tb_subgraph *subgraph)
{
    for (int k = 0; k < subgraph->output_count; k++) {
        if (subgraph->outputs[k] < 0)
            continue;
        TfLiteStatus status = tb_subgraph_ensure_readable(subgraph, subgraph->outputs[k]);
        if (status != kTfLiteOk)
            return status;
    }
    return kTfLiteOk;
}

tb_status tb_run_invoke(tb_interpreter *interpreter, int subgraph_index, tb_error *err)
{
    static const char what[] = "invoking";
    tb_status status = tb_interpreter_begin(interpreter, what, err);
    if (status != TB_OK)
        return status;
    tb_subgraph *subgraph = &interpreter->subgraphs[subgraph_index];
    tb_sink *sink = interpreter->sink = interpreter->next_sink;
    uint64_t begin_ns = sink ? tb_clock_ns() : 0;
    tb_fp_mode mode = tb_fp_mode_flush();
    TfLiteStatus result = tb_subgraph_invoke(subgraph);
    if (result == kTfLiteOk && !interpreter->allow_buffer_handle_output)
        result = fetch_outputs(subgraph);
    tb_fp_mode_restore(mode);
    if (sink) {
        tb_event event = {.begin_ns = begin_ns,
                          .end_ns = tb_clock_ns(),
                          .subgraph = subgraph_index,
                          .node = -1,
                          .kind = TB_EVENT_INVOKE};
        sink->emit(sink, &event);
    }
    interpreter->sink = NULL;
    return tb_interpreter_end(interpreter, what, result, err);
}

tb_status tb_interpreter_resize_input(tb_interpreter *interpreter, int input, int rank,
                                      const int *dims, bool strict, tb_error *err)
{
    const tb_subgraph *primary = &interpreter->subgraphs[0];
    int tensor = input >= 0 && input < primary->input_count ? primary->inputs[input] : -1;
    return tb_run_resize(interpreter, 0, tensor, rank, dims, strict, err);
}

tb_status tb_interpreter_allocate(tb_interpreter *interpreter, tb_error *err)
{
    return tb_run_allocate(interpreter, 0, err);
}

tb_status tb_interpreter_invoke(tb_interpreter *interpreter, tb_error *err)
{
    return tb_run_invoke(interpreter, 0, err);
}

tb_status tb_interpreter_reset_variables(tb_interpreter *interpreter, tb_error *err)
{
    static const char what[] = "resetting variables";
    tb_status status = tb_interpreter_begin(interpreter, what, err);
    if (status != TB_OK)
        return status;
    TfLiteStatus result = kTfLiteOk;
    for (int k = 0; k < interpreter->subgraph_count && result == kTfLiteOk; k++)
        result = tb_subgraph_reset_variables(&interpreter->subgraphs[k]);
    return tb_interpreter_end(interpreter, what, result, err);
}

void tb_interpreter_cancel(tb_interpreter *interpreter)
{
    atomic_store(&interpreter->cancelled, true);
}

void tb_interpreter_set_sink(tb_interpreter *interpreter, tb_sink *sink)
{
    interpreter->next_sink = sink;
}

tb_thread_pool *tb_interpreter_pool(const tb_interpreter *interpreter)
{
    return interpreter->pool;
}
