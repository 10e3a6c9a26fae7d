/*
 * The worker: load, delegate, allocate, fill, first inference, one watched inference that shows
 * the plan's steps, warm-up, steady state; memory is read between phases. It knows nothing of the
 * store: what it finds out leaves as events.
 */
#include "bench/worker.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/build_info.h"
#include "bench/engine.h"
#include "bench/event_stream.h"
#include "bench/fault.h"
#include "bench/inputs.h"
#include "bench/job.h"
#include "bench/op_rows.h"
#include "bench/orphan.h"
#include "bench/outputs.h"
#include "bench/steady.h"
#include "profiler/environment.h"
#include "profiler/memuse.h"
#include "runtime/base/arena.h"
#include "runtime/base/clock.h"
#include "runtime/tflite_abi/common.h"

/* A profiled process keeps raw times of every op for at most that many numbers. */
#define MAX_OP_SAMPLES (2u << 20)
#define RING_EVENTS    (64u << 10)
#define MAX_OPS        16384

typedef struct worker {
    tb_event_stream events;
    tb_arena arena;
    tb_job job;
    tb_fault fault;
    const tb_engine *engine;
    tb_session *session;
    tb_ring *ring;
    tb_op_times *ops;
    tb_op_rows *rows;
    const char *phase;
} worker;

/* ---- events ------------------------------------------------------------------------------------ */

static void send_figure(tb_json_writer *json, const char *phase, const tb_engine_figure *figure)
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

static void send_duration(worker *w, const char *phase, uint64_t duration_ns)
{
    tb_json_writer *json = tb_event_begin(&w->events, TB_MESSAGE_FIGURES);
    tb_json_put_array(json, "figures");
    tb_engine_figure figure = {"duration_ns", NULL, "ns", true, (double)duration_ns, NULL};
    send_figure(json, phase, &figure);
    tb_json_end_array(json);
    tb_event_end(&w->events);
}

/* What the process and the engine use right now. The peak belongs to the process as a whole. */
static void send_memory(worker *w, const char *phase)
{
    bool last = strcmp(phase, "process") == 0;
    tb_memuse memuse;
    tb_memuse_read(&memuse);
    tb_json_writer *json = tb_event_begin(&w->events, TB_MESSAGE_FIGURES);
    tb_json_put_array(json, "figures");
    for (int k = 0; k < TB_MEMUSE_COUNT; k++) {
        if (last != (k == TB_MEMUSE_PEAK_RSS))
            continue;
        tb_engine_figure figure = {tb_memuse_name((tb_memuse_metric)k),
                                   NULL,
                                   "bytes",
                                   memuse.metric[k].known,
                                   (double)memuse.metric[k].bytes,
                                   memuse.metric[k].reason};
        send_figure(json, phase, &figure);
    }
    int count = 0;
    const tb_engine_figure *figures =
        !last && w->session && w->engine->figures ? w->engine->figures(w->session, &count) : NULL;
    for (int k = 0; k < count; k++)
        send_figure(json, phase, &figures[k]);
    tb_json_end_array(json);
    tb_event_end(&w->events);
}

static void begin_phase(worker *w, const char *phase)
{
    w->phase = phase;
    tb_json_writer *json = tb_event_begin(&w->events, TB_MESSAGE_PHASE);
    tb_json_put_text(json, "phase", phase);
    tb_event_end(&w->events);
}

/* The engine has ended a phase of its own. */
static void phase_ended(void *context, const char *name, uint64_t begin_ns, uint64_t end_ns)
{
    worker *w = context;
    send_duration(w, name, end_ns - begin_ns);
    send_memory(w, name);
    /* What follows load is delegate, where there is any; allocate has begun by itself. */
    if (strcmp(name, "load") == 0)
        begin_phase(w, "delegate");
}

static void send_warning(worker *w, const char *kind, const char *severity, const char *message)
{
    tb_json_writer *json = tb_event_begin(&w->events, TB_MESSAGE_WARNING);
    tb_json_put_text(json, "kind", kind);
    tb_json_put_text(json, "severity", severity);
    tb_json_put_text(json, "message", message);
    tb_event_end(&w->events);
}

static void engine_note(void *context, const char *text)
{
    send_warning(context, "engine", "note", text);
}

static void put_reading_text(void *context, const char *name, const char *value)
{
    tb_json_put_text(context, name, value);
}

static void put_reading_number(void *context, const char *name, double value)
{
    tb_json_put_real(context, name, value);
}

static void send_environment(worker *w, const char *moment)
{
    tb_json_writer *json = tb_event_begin(&w->events, TB_MESSAGE_ENVIRONMENT);
    tb_json_put_text(json, "moment", moment);
    tb_reading_taker taker = {put_reading_text, put_reading_number, json};
    tb_json_put_object(json, "environment");
    tb_environment_read(&taker);
    tb_json_end_object(json);
    tb_event_end(&w->events);
}

static tb_status say_hello(worker *w, tb_error *err)
{
    tb_buf version = {0};
    tb_status status = w->engine->version(w->job.library, err, &version);
    if (status == TB_OK) {
        tb_json_writer *json = tb_event_begin(&w->events, TB_MESSAGE_HELLO);
        tb_json_put_int(json, "protocol", TB_PROTOCOL_VERSION);
        tb_json_put_text(json, "version", tb_build_version());
        tb_json_put_text(json, "revision", tb_build_revision());
        tb_json_put_int(json, "pid", getpid());
        tb_json_put_text(json, "engine", w->engine->name);
        tb_json_put_text(json, "engine_version", tb_buf_text(&version));
        tb_json_put_text(json, "compiler", tb_build_compiler());
        tb_json_put_text(json, "flags", tb_build_flags());
        tb_json_put_text(json, "arch", tb_build_target());
        tb_event_end(&w->events);
    }
    tb_buf_free(&version);
    return status;
}

/* ---- model and plan ---------------------------------------------------------------------------- */

static void put_tensors(worker *w, tb_json_writer *json, const char *key, int count,
                        tb_status (*get)(tb_session *, int, tb_error *, tb_io *))
{
    tb_buf text = {0};
    for (int k = 0; k < count; k++) {
        tb_io io;
        if (get(w->session, k, NULL, &io) != TB_OK)
            continue;
        tb_buf_printf(&text, "%s%s:%s[", text.size ? ";" : "", io.name, TfLiteTypeGetName(io.type));
        for (int i = 0; i < io.rank; i++)
            tb_buf_printf(&text, "%s%d", i ? "," : "", io.dims[i]);
        tb_buf_append_char(&text, ']');
    }
    tb_json_put_text(json, key, tb_buf_text(&text));
    tb_buf_free(&text);
}

/* "CONV_2D x14, ADD x3", in order of first appearance. */
static void put_operators(tb_json_writer *json, const tb_engine_plan *plan)
{
    tb_buf text = {0};
    for (int k = 0; k < plan->node_count; k++) {
        const char *name = plan->nodes[k].op_name;
        bool seen = !name;
        for (int i = 0; i < k && !seen; i++)
            seen = plan->nodes[i].op_name && strcmp(plan->nodes[i].op_name, name) == 0;
        if (seen)
            continue;
        int count = 0;
        for (int i = k; i < plan->node_count; i++)
            count += plan->nodes[i].op_name && strcmp(plan->nodes[i].op_name, name) == 0;
        tb_buf_printf(&text, "%s%s x%d", text.size ? ", " : "", name, count);
    }
    tb_json_put_text(json, "operators", tb_buf_text(&text));
    tb_buf_free(&text);
}

static void send_model(worker *w, const tb_engine_plan *plan)
{
    uint64_t flops = 0;
    for (int k = 0; k < plan->node_count; k++)
        flops += plan->nodes[k].flops;
    tb_json_writer *json = tb_event_begin(&w->events, TB_MESSAGE_MODEL);
    tb_json_put_object(json, "model");
    tb_json_put_int(json, "node_count", plan->node_count);
    if (plan->tensor_count >= 0)
        tb_json_put_int(json, "tensor_count", plan->tensor_count);
    tb_json_put_uint(json, "flops", flops);
    put_operators(json, plan);
    put_tensors(w, json, "inputs", w->engine->input_count(w->session), w->engine->input);
    put_tensors(w, json, "outputs", w->engine->output_count(w->session), w->engine->output);
    tb_json_end_object(json);
    tb_event_end(&w->events);
}

static void send_plan(worker *w, const tb_engine_plan *plan)
{
    tb_json_writer *json = tb_event_begin(&w->events, TB_MESSAGE_PLAN);
    tb_json_put_object(json, "plan");
    tb_json_put_text(json, "delegate", w->job.delegate);
    tb_json_put_int(json, "nodes_total", plan->node_count);
    tb_json_put_int(json, "nodes_delegated", plan->delegated);
    tb_json_put_int(json, "partitions", plan->partition_count);
    tb_json_put_text(json, "text", plan->text);
    tb_json_end_object(json);
    tb_op_rows_put(w->rows, json);
    tb_event_end(&w->events);
}

/* One inference under observation shows the steps inside the delegates; it is no sample. */
static tb_status observe_plan(worker *w, tb_error *err)
{
    tb_engine_plan plan;
    if (!w->engine->plan)
        return TB_OK;
    tb_status status = tb_ring_create(RING_EVENTS, err, &w->ring);
    if (status == TB_OK)
        status = tb_op_times_create(MAX_OPS, err, &w->ops);
    if (status != TB_OK)
        return status;
    w->engine->set_sink(w->session, &w->ring->sink);
    status = w->engine->invoke(w->session, err);
    tb_op_times_take(w->ops, w->ring);
    if (!w->job.profile)
        w->engine->set_sink(w->session, NULL);
    if (status == TB_OK)
        status = w->engine->plan(w->session, err, &plan);
    if (status == TB_OK)
        status = tb_op_rows_make(&plan, w->ops, &w->arena, err, &w->rows);
    if (status != TB_OK)
        return status;
    send_model(w, &plan);
    send_plan(w, &plan);
    if (!w->job.profile) {
        tb_op_times_destroy(w->ops);
        tb_ring_destroy(w->ring);
        w->ops = NULL;
        w->ring = NULL;
    }
    return TB_OK;
}

/* ---- per-op times ------------------------------------------------------------------------------ */

static int compare_u64(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* The median of the inferences in which the op was called; sorts `times`. */
static uint64_t median_called(uint64_t *times, size_t count)
{
    qsort(times, count, sizeof *times, compare_u64);
    size_t skip = 0;
    while (skip < count && times[skip] == 0)
        skip++;
    size_t called = count - skip;
    if (called == 0)
        return 0;
    const uint64_t *first = times + skip;
    return called % 2 ? first[called / 2] : (first[called / 2 - 1] + first[called / 2]) / 2;
}

static void put_op_time(tb_json_writer *json, int row, const tb_op_total *op, size_t inferences,
                        uint64_t median_ns)
{
    tb_json_put_object(json, NULL);
    tb_json_put_int(json, "op", row);
    tb_json_put_uint(json, "calls", op->calls);
    tb_json_put_uint(json, "inferences", inferences);
    tb_json_put_uint(json, "first_ns", op->first_ns);
    tb_json_put_uint(json, "total_ns", op->total_ns);
    tb_json_put_uint(json, "min_ns", op->min_ns);
    tb_json_put_uint(json, "median_ns", median_ns);
    tb_json_put_uint(json, "max_ns", op->max_ns);
    tb_json_end_object(json);
}

static void send_op_samples(worker *w, int row, const uint64_t *samples_ns, size_t count)
{
    tb_json_writer *json = tb_event_begin(&w->events, TB_MESSAGE_OP_SAMPLES);
    tb_json_put_int(json, "op", row);
    tb_json_put_int(json, "first", 0);
    tb_json_put_array(json, "duration_ns");
    for (size_t k = 0; k < count; k++)
        tb_json_put_uint(json, NULL, samples_ns[k]);
    tb_json_end_array(json);
    tb_event_end(&w->events);
}

static tb_status send_op_times(worker *w, size_t room, tb_error *err)
{
    size_t count, inferences = tb_op_times_inferences(w->ops);
    size_t kept = inferences < room ? inferences : room;
    const tb_op_total *ops = tb_op_times_ops(w->ops, &count);
    uint64_t *scratch = malloc((kept ? kept : 1) * sizeof *scratch);
    uint64_t *medians = calloc(count ? count : 1, sizeof *medians);
    if (!scratch || !medians) {
        free(scratch);
        free(medians);
        return tb_fail(err, TB_NO_MEMORY, "per-op times: out of memory");
    }
    for (size_t k = 0; k < count; k++) {
        int row = tb_op_rows_find(w->rows, &ops[k]);
        if (!ops[k].samples_ns || row < 0)
            continue;
        send_op_samples(w, row, ops[k].samples_ns, kept);
        memcpy(scratch, ops[k].samples_ns, kept * sizeof *scratch);
        medians[k] = median_called(scratch, kept);
    }
    tb_json_writer *json = tb_event_begin(&w->events, TB_MESSAGE_OP_TIMES);
    tb_json_put_array(json, "op_times");
    for (size_t k = 0; k < count; k++) {
        int row = tb_op_rows_find(w->rows, &ops[k]);
        if (row >= 0 && ops[k].calls)
            put_op_time(json, row, &ops[k], inferences, medians[k]);
    }
    tb_json_end_array(json);
    tb_event_end(&w->events);
    free(scratch);
    free(medians);
    if (tb_op_times_dropped(w->ops)) {
        char text[128];
        snprintf(text, sizeof text, "%zu per-op events were dropped: per-op times are incomplete",
                 tb_op_times_dropped(w->ops));
        send_warning(w, "events_dropped", "warning", text);
    }
    return TB_OK;
}

/* ---- the phases -------------------------------------------------------------------------------- */

static tb_status open_model(worker *w, tb_error *err)
{
    const tb_job *job = &w->job;
    tb_engine_options options = {
        .library = job->library,
        .delegate = job->delegate,
        .threads = (int)job->threads,
        .signature = job->signature,
        .memory_limit_bytes = (uint64_t)job->memory_limit_bytes,
        .fail_on_fallback = job->fallback && strcmp(job->fallback, "fail") == 0,
        .phase = phase_ended,
        .note = engine_note,
        .context = w,
    };
    begin_phase(w, "load");
    tb_status status = w->engine->open(job->model, &options, err, &w->session);
    if (status == TB_OK)
        status = tb_inputs_resize(w->engine, w->session, job->shapes, err);
    if (status != TB_OK)
        return status;
    begin_phase(w, "allocate");
    status = w->engine->allocate(w->session, err);
    if (status == TB_OK)
        status = tb_inputs_fill(w->engine, w->session, job->inputs, (uint64_t)job->seed, err);
    return status;
}

static tb_status check_outputs(worker *w, tb_error *err)
{
    const tb_job *job = &w->job;
    tb_status status = TB_OK;
    if (job->write_outputs)
        status = tb_outputs_write(w->engine, w->session, job->write_outputs, err);
    if (status != TB_OK || !job->expect_outputs)
        return status;
    /* Our own kernels have to agree bit by bit whatever the input. */
    bool ours = strcmp(w->engine->name, "native") == 0 &&
                (strncmp(job->delegate, "cpu", 3) == 0 || strcmp(job->delegate, "reference") == 0);
    tb_verdict verdict;
    status = tb_outputs_check(w->engine, w->session, job->expect_outputs,
                              ours || job->inputs.count > 0, err, &verdict);
    if (status != TB_OK)
        return status;
    tb_json_writer *json = tb_event_begin(&w->events, TB_MESSAGE_CHECK);
    tb_json_put_text(json, "check_verdict", verdict.verdict);
    tb_json_put_text(json, "check_detail", verdict.detail);
    tb_event_end(&w->events);
    return TB_OK;
}

static tb_status first_invoke(worker *w, tb_error *err)
{
    begin_phase(w, "first_invoke");
    uint64_t begin_ns = tb_clock_ns();
    tb_status status = w->engine->invoke(w->session, err);
    uint64_t end_ns = tb_clock_ns();
    if (status != TB_OK)
        return status;
    send_duration(w, "first_invoke", end_ns - begin_ns);
    send_memory(w, "first_invoke");
    return check_outputs(w, err);
}

static tb_status run_loops(worker *w, tb_error *err)
{
    const tb_job *job = &w->job;
    uint64_t deadline_ns = job->budget_ns ? tb_clock_ns() + (uint64_t)job->budget_ns : 0;
    tb_steady loop = {
        .engine = w->engine,
        .session = w->session,
        .events = &w->events,
        .phase = "warmup",
        .stop = {job->warmup_runs, 0, (uint64_t)job->warmup_ns, deadline_ns},
        .ring = w->ring,
        .ops = w->ops,
    };
    int64_t runs = 0;
    tb_status status = TB_OK;
    begin_phase(w, "warmup");
    if (job->warmup_runs || job->warmup_ns)
        status = tb_steady_run(&loop, err, &runs);
    size_t op_count = 0, room = 0;
    if (status == TB_OK && w->ops) {
        tb_op_times_ops(w->ops, &op_count);
        room = MAX_OP_SAMPLES / (op_count ? op_count : 1);
        if (job->max_runs && (uint64_t)job->max_runs < room)
            room = (size_t)job->max_runs;
        status = tb_op_times_reserve(w->ops, room, err);
    }
    if (status != TB_OK)
        return status;
    begin_phase(w, "steady");
    loop.phase = "steady";
    loop.stop = (tb_stop_rule){job->min_runs, job->max_runs, (uint64_t)job->min_ns, deadline_ns};
    loop.fault = &w->fault;
    status = tb_steady_run(&loop, err, &runs);
    if (status != TB_OK)
        return status;
    send_memory(w, "steady");
    if (w->ops && w->rows)
        status = send_op_times(w, room, err);
    if (status == TB_OK && runs < job->min_runs) {
        char text[160];
        snprintf(text, sizeof text,
                 "%lld samples were taken, not %lld: the time for this configuration was up",
                 (long long)runs, (long long)job->min_runs);
        send_warning(w, "few_samples", "warning", text);
    }
    return status;
}

static tb_status measure(worker *w, tb_error *err)
{
    tb_status status = open_model(w, err);
    if (status == TB_OK)
        status = first_invoke(w, err);
    if (status != TB_OK || w->job.outputs_only)
        return status;
    status = observe_plan(w, err);
    if (status == TB_OK)
        status = run_loops(w, err);
    return status;
}

static tb_status finish(worker *w, tb_error *err)
{
    char checksum[TB_SHA256_HEX_SIZE];
    tb_status status = tb_outputs_checksum(w->engine, w->session, err, checksum);
    if (status != TB_OK)
        return status;
    send_memory(w, "process");
    send_environment(w, "end");
    tb_json_writer *json = tb_event_begin(&w->events, TB_MESSAGE_DONE);
    tb_json_put_text(json, "output_checksum", checksum);
    tb_event_end(&w->events);
    return TB_OK;
}

/* ---- the process ------------------------------------------------------------------------------- */

static tb_status read_all(int fd, tb_buf *out, tb_error *err)
{
    for (;;) {
        char piece[4096];
        ssize_t got = read(fd, piece, sizeof piece);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return tb_fail_errno(err, "worker: cannot read the job");
        if (got == 0)
            return tb_buf_status(out, "job", err);
        tb_buf_append(out, piece, (size_t)got);
    }
}

static tb_status read_job(worker *w, int job_fd, tb_error *err)
{
    tb_buf text = {0};
    tb_status status = read_all(job_fd, &text, err);
    if (status == TB_OK)
        status = tb_job_parse(tb_buf_text(&text), text.size, &w->arena, err, &w->job);
    tb_buf_free(&text);
    if (status != TB_OK)
        return status;
    if (!w->job.model || !w->job.engine)
        return tb_fail(err, TB_CORRUPT, "job: 'model' and 'engine' must be given");
    if (!w->job.delegate)
        w->job.delegate = "reference";
    w->engine = tb_engine_find(w->job.engine);
    if (!w->engine)
        return tb_fail(err, TB_UNSUPPORTED, "job: no engine is named '%s'", w->job.engine);
    return tb_fault_read(&w->job, err, &w->fault);
}

static void send_error(worker *w, const tb_error *err)
{
    tb_json_writer *json = tb_event_begin(&w->events, TB_MESSAGE_ERROR);
    tb_json_put_text(json, "status", tb_status_text(err->status));
    tb_json_put_text(json, "phase", w->phase);
    tb_json_put_text(json, "message", err->text);
    tb_event_end(&w->events);
}

tb_exit tb_worker_run(int job_fd, int events_fd)
{
    worker w = {.phase = "start"};
    tb_error err = TB_ERROR_NONE;
    tb_event_stream_init(&w.events, events_fd);
    tb_status status = read_job(&w, job_fd, &err);
    if (status == TB_OK)
        status = tb_orphan_guard(events_fd, w.job.driver_pid, &err);
    if (status == TB_OK)
        status = say_hello(&w, &err);
    if (status == TB_OK) {
        send_environment(&w, "start");
        status = measure(&w, &err);
    }
    if (status == TB_OK)
        status = finish(&w, &err);
    /* Cancelled without a text is the planned fault "exit". */
    if (status != TB_OK && err.text[0])
        send_error(&w, &err);
    if (w.session)
        w.engine->close(w.session);
    tb_op_times_destroy(w.ops);
    tb_ring_destroy(w.ring);
    tb_arena_free(&w.arena);
    tb_event_stream_free(&w.events);
    return status == TB_OK && !w.events.failed ? TB_EXIT_OK : TB_EXIT_WORSE;
}
