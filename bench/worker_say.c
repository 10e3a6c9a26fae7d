/* Events of the worker; see worker_say.h. */
#include "bench/worker_say.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/build_info.h"
#include "profiler/environment.h"
#include "profiler/memuse.h"
#include "runtime/tflite_abi/common.h"

void tb_say_hello(tb_event_stream *events, const tb_engine *engine, const char *engine_version)
{
    tb_json_writer *json = tb_event_begin(events, TB_MESSAGE_HELLO);
    tb_json_put_int(json, "protocol", TB_PROTOCOL_VERSION);
    tb_json_put_text(json, "version", tb_build_version());
    tb_json_put_text(json, "revision", tb_build_revision());
    tb_json_put_int(json, "pid", getpid());
    tb_json_put_text(json, "engine", engine->name);
    tb_json_put_text(json, "engine_version", engine_version);
    tb_json_put_text(json, "compiler", tb_build_compiler());
    tb_json_put_text(json, "flags", tb_build_flags());
    tb_json_put_text(json, "arch", tb_build_target());
    tb_event_end(events);
}

void tb_say_phase(tb_event_stream *events, const char *phase)
{
    tb_json_writer *json = tb_event_begin(events, TB_MESSAGE_PHASE);
    tb_json_put_text(json, "phase", phase);
    tb_event_end(events);
}

static void put_reading_text(void *context, const char *name, const char *value)
{
    tb_json_put_text(context, name, value);
}

static void put_reading_number(void *context, const char *name, double value)
{
    tb_json_put_real(context, name, value);
}

void tb_say_environment(tb_event_stream *events, const char *moment)
{
    tb_json_writer *json = tb_event_begin(events, TB_MESSAGE_ENVIRONMENT);
    tb_json_put_text(json, "moment", moment);
    tb_reading_taker taker = {put_reading_text, put_reading_number, json};
    tb_json_put_object(json, "environment");
    tb_environment_read(&taker);
    tb_json_end_object(json);
    tb_event_end(events);
}

void tb_say_warning(tb_event_stream *events, const char *kind, const char *severity,
                    const char *message)
{
    tb_json_writer *json = tb_event_begin(events, TB_MESSAGE_WARNING);
    tb_json_put_text(json, "kind", kind);
    tb_json_put_text(json, "severity", severity);
    tb_json_put_text(json, "message", message);
    tb_event_end(events);
}

void tb_say_check(tb_event_stream *events, const tb_verdict *verdict)
{
    tb_json_writer *json = tb_event_begin(events, TB_MESSAGE_CHECK);
    tb_json_put_text(json, "check_verdict", verdict->verdict);
    tb_json_put_text(json, "check_detail", verdict->detail);
    tb_event_end(events);
}

void tb_say_error(tb_event_stream *events, const char *phase, const tb_error *err)
{
    tb_json_writer *json = tb_event_begin(events, TB_MESSAGE_ERROR);
    tb_json_put_text(json, "status", tb_status_text(err->status));
    tb_json_put_text(json, "phase", phase);
    tb_json_put_text(json, "message", err->text);
    tb_event_end(events);
}

void tb_say_done(tb_event_stream *events, const char *first_checksum, const char *last_checksum)
{
    tb_json_writer *json = tb_event_begin(events, TB_MESSAGE_DONE);
    tb_json_put_text(json, "first_output_checksum", first_checksum);
    tb_json_put_text(json, "output_checksum", last_checksum);
    tb_event_end(events);
}

/* ---- figures ----------------------------------------------------------------------------------- */

static tb_json_writer *begin_figures(tb_event_stream *events)
{
    tb_json_writer *json = tb_event_begin(events, TB_MESSAGE_FIGURES);
    tb_json_put_array(json, "figures");
    return json;
}

static void end_figures(tb_event_stream *events)
{
    tb_json_end_array(&events->json);
    tb_event_end(events);
}

static void put_figure(tb_json_writer *json, const char *phase, const tb_engine_figure *figure)
{
    tb_json_put_object(json, NULL);
    tb_json_put_text(json, "phase", phase);
    tb_json_put_text(json, "metric", figure->metric);
    tb_json_put_text(json, "owner", figure->owner);
    if (figure->known)
        tb_json_put_real(json, "value", figure->value);
    tb_json_put_text(json, "unit", figure->unit);
    tb_json_put_text(json, "reason", figure->reason);
    tb_json_end_object(json);
}

static void put_memuse(tb_json_writer *json, const char *phase, const tb_memuse *memuse,
                       tb_memuse_metric metric)
{
    tb_engine_figure figure = {
        .metric = tb_memuse_name(metric),
        .unit = "bytes",
        .known = memuse->metric[metric].known,
        .value = (double)memuse->metric[metric].bytes,
        .reason = memuse->metric[metric].reason,
    };
    put_figure(json, phase, &figure);
}

void tb_say_figures(tb_event_stream *events, const char *phase, const tb_engine_figure *figures,
                    int count)
{
    tb_json_writer *json = begin_figures(events);
    for (int k = 0; k < count; k++)
        put_figure(json, phase, &figures[k]);
    end_figures(events);
}

void tb_say_duration(tb_event_stream *events, const char *phase, uint64_t duration_ns)
{
    tb_engine_figure figure = {"duration_ns", NULL, "ns", true, (double)duration_ns, NULL};
    tb_say_figures(events, phase, &figure, 1);
}

void tb_say_memory(tb_event_stream *events, const char *phase, const tb_engine *engine,
                   tb_session *session)
{
    tb_memuse memuse;
    tb_memuse_read(&memuse);
    tb_json_writer *json = begin_figures(events);
    for (int k = 0; k < TB_MEMUSE_COUNT; k++)
        if (k != TB_MEMUSE_PEAK_RSS)
            put_memuse(json, phase, &memuse, (tb_memuse_metric)k);
    int count = 0;
    const tb_engine_figure *figures =
        session && engine->figures ? engine->figures(session, &count) : NULL;
    for (int k = 0; k < count; k++)
        put_figure(json, phase, &figures[k]);
    end_figures(events);
}

void tb_say_peak_memory(tb_event_stream *events)
{
    tb_memuse memuse;
    tb_memuse_read(&memuse);
    put_memuse(begin_figures(events), "process", &memuse, TB_MEMUSE_PEAK_RSS);
    end_figures(events);
}

/* ---- model and plan ---------------------------------------------------------------------------- */

/* "name:FLOAT32[1,224,224,3];..." */
static void put_tensors(tb_json_writer *json, const char *key, tb_session *session, int count,
                        tb_status (*get)(tb_session *, int, tb_error *, tb_io *))
{
    tb_buf text = {0};
    for (int k = 0; k < count; k++) {
        tb_io io;
        if (get(session, k, NULL, &io) != TB_OK)
            continue;
        tb_buf_printf(&text, "%s%s:%s[", text.size ? ";" : "", io.name, TfLiteTypeGetName(io.type));
        for (int i = 0; i < io.rank; i++)
            tb_buf_printf(&text, "%s%d", i ? "," : "", io.dims[i]);
        tb_buf_append_char(&text, ']');
    }
    tb_json_put_text(json, key, tb_buf_text(&text));
    tb_buf_free(&text);
}

static bool same_operator(const tb_engine_node *a, const tb_engine_node *b)
{
    return a->op_name && b->op_name && strcmp(a->op_name, b->op_name) == 0;
}

/* "CONV_2D x14, ADD x3", in order of first appearance. */
static void put_operators(tb_json_writer *json, const tb_engine_plan *plan)
{
    tb_buf text = {0};
    for (int k = 0; k < plan->node_count; k++) {
        const tb_engine_node *node = &plan->nodes[k];
        bool seen = !node->op_name;
        for (int i = 0; i < k && !seen; i++)
            seen = same_operator(&plan->nodes[i], node);
        if (seen)
            continue;
        int count = 0;
        for (int i = k; i < plan->node_count; i++)
            count += same_operator(&plan->nodes[i], node);
        tb_buf_printf(&text, "%s%s x%d", text.size ? ", " : "", node->op_name, count);
    }
    tb_json_put_text(json, "operators", tb_buf_text(&text));
    tb_buf_free(&text);
}

void tb_say_model(tb_event_stream *events, const tb_engine *engine, tb_session *session,
                  const tb_engine_plan *plan)
{
    tb_json_writer *json = tb_event_begin(events, TB_MESSAGE_MODEL);
    tb_json_put_object(json, "model");
    if (plan) {
        uint64_t flops = 0;
        for (int k = 0; k < plan->node_count; k++)
            flops += plan->nodes[k].flops;
        tb_json_put_int(json, "node_count", plan->node_count);
        if (plan->tensor_count >= 0)
            tb_json_put_int(json, "tensor_count", plan->tensor_count);
        /* Some engines tell of no node's. */
        if (flops)
            tb_json_put_uint(json, "flops", flops);
        put_operators(json, plan);
    }
    put_tensors(json, "inputs", session, engine->input_count(session), engine->input);
    put_tensors(json, "outputs", session, engine->output_count(session), engine->output);
    tb_json_end_object(json);
    tb_event_end(events);
}

void tb_say_plan(tb_event_stream *events, const char *delegate, const tb_engine_plan *plan,
                 const tb_op_rows *rows)
{
    tb_json_writer *json = tb_event_begin(events, TB_MESSAGE_PLAN);
    tb_json_put_object(json, "plan");
    tb_json_put_text(json, "delegate", delegate);
    tb_json_put_int(json, "nodes_total", plan->node_count);
    tb_json_put_int(json, "nodes_delegated", plan->delegated);
    tb_json_put_int(json, "partitions", plan->partition_count);
    tb_json_put_text(json, "text", plan->text);
    tb_json_end_object(json);
    tb_op_rows_put(rows, json);
    tb_event_end(events);
}
