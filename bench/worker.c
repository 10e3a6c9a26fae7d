/*
 * The worker: load, delegate, allocate, fill, first inference, one watched inference that shows
 * the plan's steps, warm-up, steady state; memory is read between phases. It knows nothing of the
 * store: what it finds out leaves as events.
 */
#include "bench/worker.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bench/count_ops.h"
#include "bench/delegate_arg.h"
#include "bench/engine.h"
#include "bench/event_stream.h"
#include "bench/fault.h"
#include "bench/inputs.h"
#include "bench/job.h"
#include "bench/op_rows.h"
#include "bench/orphan.h"
#include "bench/output_check.h"
#include "bench/say_profile.h"
#include "bench/say_state.h"
#include "bench/steady.h"
#include "bench/worker_say.h"
#include "profiler/alloc_count.h"
#include "runtime/base/arena.h"
#include "runtime/base/clock.h"
#include "runtime/base/sha256.h"
#include "runtime/base/size.h"

/* A profiled process keeps raw times of every op for at most that many numbers, and for as many
   inferences as are stored (TB_STORE_OP_SAMPLES_KEPT): medians and intervals are of these. */
#define MAX_OP_SAMPLES    (1u << 20)
#define MAX_OP_INFERENCES 1000
#define RING_EVENTS       (64u << 10)
#define MAX_RING_EVENTS   (8u << 20)
/* To learn the plan by alone; small, since it would be in the peak of the memory that is reported. */
#define FEW_EVENTS (2u << 10)
/* Single inferences are kept whole until they have so many events, for the timeline. */
#define MAX_LOG_EVENTS     (512u << 10)
#define COUNTING_NS        UINT64_C(200000000)
#define MAX_WARMUP_SAMPLES 200  /* show how it settles; no figure is made from them */
#define MAX_STATE_SAMPLES  1200 /* one each 100 ms */
#define MAX_OPS            (64u << 10)

typedef struct worker {
    tb_event_stream events;
    tb_arena arena;
    tb_job job;
    tb_fault fault;
    const tb_engine *engine;
    tb_evaluate_fn evaluate;
    tb_session *session;
    tb_ring *ring;
    tb_op_times *ops;
    tb_event_log *log;
    tb_state *state;
    tb_op_rows *rows;
    tb_output_check check;
    const char *phase;
    char first_checksum[TB_SHA256_HEX_SIZE]; /* of the first inference's outputs */
    char note[TB_ERROR_TEXT_SIZE];           /* the engine's latest, not said yet */
} worker;

/* ---- what the engine tells --------------------------------------------------------------------- */

static void say_note(worker *w)
{
    if (w->note[0])
        tb_say_warning(&w->events, "engine", "note", w->note);
    w->note[0] = '\0';
}

/* Kept back by one: an error that comes next says the same. */
static void engine_note(void *context, const char *text)
{
    worker *w = context;
    say_note(w);
    snprintf(w->note, sizeof w->note, "%s", text);
}

static void begin_phase(worker *w, const char *phase)
{
    say_note(w);
    w->phase = phase;
    tb_say_phase(&w->events, phase);
}

static void phase_ended(void *context, const char *name, uint64_t begin_ns, uint64_t end_ns)
{
    worker *w = context;
    tb_say_duration(&w->events, name, end_ns - begin_ns);
    tb_say_memory(&w->events, name, w->engine, w->session);
    /* What follows load is delegate, where there is any; the others are begun by us. */
    if (strcmp(name, "load") == 0)
        begin_phase(w, "delegate");
}

/* ---- the phases -------------------------------------------------------------------------------- */

static tb_status open_model(worker *w, tb_error *err)
{
    const tb_job *job = &w->job;
    tb_engine_options options = {
        .library = job->library,
        .delegate = job->delegate,
        .delegate_cache = job->delegate_cache,
        .threads = (int)job->threads,
        .signature = job->signature,
        .custom_ops = job->custom_ops.items,
        .custom_op_count = job->custom_ops.count,
        .memory_limit_bytes = (uint64_t)job->memory_limit_bytes,
        .delegate_first = (int)job->delegate_first,
        .delegate_end = (int)job->delegate_end,
        .observe = job->profile,
        .fail_on_fallback = job->fallback && strcmp(job->fallback, "fail") == 0,
        /* A profile's events point into the plan, which would be gone. */
        .outlive_device =
            !job->profile && (job->task || (job->fallback && strcmp(job->fallback, "allow") == 0)),
        .phase = phase_ended,
        .note = engine_note,
        .context = w,
    };
    begin_phase(w, "load");
    tb_status status = w->engine->open(job->model, &options, err, &w->session);
    if (status != TB_OK)
        return status;
    begin_phase(w, "allocate");
    status = tb_inputs_resize(w->engine, w->session, job->shapes, err);
    if (status == TB_OK)
        status = w->engine->allocate(w->session, err);
    if (status == TB_OK)
        status = (job->real_inputs ? tb_inputs_fill_real : tb_inputs_fill)(
            w->engine, w->session, job->inputs, (uint64_t)job->seed, err);
    return status;
}

static tb_status check_outputs(worker *w, tb_error *err)
{
    const tb_job *job = &w->job;
    tb_status status = TB_OK;
    if (job->write_outputs)
        status = tb_outputs_write(w->engine, w->session, job->write_outputs, err);
    if (status == TB_OK)
        status = tb_output_check_first(&w->check, job, w->engine, w->session, err);
    if (status == TB_OK && w->check.path)
        tb_say_check(&w->events, &w->check.verdict);
    return status;
}

/* What --check every found in the inferences behind the first. */
static void say_later_checks(worker *w)
{
    const tb_output_check *check = &w->check;
    if (!check->path || !check->every)
        return;
    tb_say_check(&w->events, &check->verdict);
    char text[160];
    snprintf(text, sizeof text, "%lld of %lld inferences had other outputs than the first",
             (long long)check->differing, (long long)check->seen + 1);
    if (check->differing)
        tb_say_warning(&w->events, "nondeterministic", "warning", text);
}

static void stop_watching(worker *w)
{
    tb_op_times_destroy(w->ops);
    tb_ring_destroy(w->ring);
    w->ops = NULL;
    w->ring = NULL;
}

/* The ring, and what adds up its events. */
static tb_status make_observers(worker *w, size_t ring_events, tb_error *err)
{
    stop_watching(w);
    tb_status status = tb_ring_create(ring_events, err, &w->ring);
    return status == TB_OK ? tb_op_times_create(MAX_OPS, err, &w->ops) : status;
}

static tb_status first_invoke(worker *w, tb_error *err)
{
    /* A profile shows what each op took the first time, too. */
    bool watched = w->job.profile && w->engine->plan;
    tb_status status = watched ? make_observers(w, RING_EVENTS, err) : TB_OK;
    if (status != TB_OK)
        return status;
    begin_phase(w, "first_invoke");
    if (watched)
        w->engine->set_sink(w->session, &w->ring->sink);
    uint64_t begin_ns = tb_clock_ns();
    status = w->engine->invoke(w->session, err);
    uint64_t end_ns = tb_clock_ns();
    if (status != TB_OK)
        return status;
    if (watched) {
        w->engine->set_sink(w->session, NULL);
        tb_op_times_take(w->ops, w->ring, end_ns - begin_ns);
    }
    tb_say_duration(&w->events, "first_invoke", end_ns - begin_ns);
    tb_say_memory(&w->events, "first_invoke", w->engine, w->session);
    status = tb_outputs_checksum(w->engine, w->session, err, w->first_checksum);
    return status == TB_OK ? check_outputs(w, err) : status;
}

/* One inference under observation shows the steps inside the delegates; it is no sample. Where its
   events do not fit the ring there is another, with a larger one. */
static tb_status watch_inference(worker *w, tb_error *err)
{
    tb_status status = w->ring ? TB_OK : make_observers(w, FEW_EVENTS, err);
    for (;;) {
        size_t count, dropped;
        if (status != TB_OK)
            return status;
        w->engine->set_sink(w->session, &w->ring->sink);
        status = w->engine->invoke(w->session, err);
        w->engine->set_sink(w->session, NULL);
        tb_ring_events(w->ring, &count, &dropped);
        tb_op_times_take(w->ops, w->ring, 0);
        size_t wanted = (count + dropped) / 4 * 5;
        if (status != TB_OK || !dropped || wanted > MAX_RING_EVENTS)
            return status;
        status = make_observers(w, wanted, err);
    }
}

/* Which nodes are the model's own; those behind are delegates' kernels. */
static tb_status tell_own_nodes(worker *w, const tb_engine_plan *plan, tb_error *err)
{
    int subgraphs = plan->node_count ? plan->nodes[plan->node_count - 1].subgraph + 1 : 0;
    int32_t *own = TB_ARENA_NEW(&w->arena, int32_t, (size_t)subgraphs);
    if (!own && subgraphs)
        return tb_fail(err, TB_NO_MEMORY, "plan of %d nodes: out of memory", plan->node_count);
    for (int k = 0; k < plan->node_count; k++)
        if (plan->nodes[k].subgraph >= 0 && plan->nodes[k].subgraph < subgraphs)
            own[plan->nodes[k].subgraph]++;
    return tb_op_times_set_own_nodes(w->ops, own, (size_t)subgraphs, err);
}

/* An engine that cannot tell what runs where: a stored reason, and no observers. */
static tb_status do_without_plan(worker *w, const char *reason)
{
    tb_say_model(&w->events, w->engine, w->session, NULL);
    if (w->job.profile && reason)
        tb_say_warning(&w->events, "no_op_times", "note", reason);
    stop_watching(w);
    return TB_OK;
}

static tb_status learn_plan(worker *w, tb_error *err)
{
    tb_engine_plan plan;
    if (!w->engine->plan)
        return do_without_plan(w, "the engine does not tell of its operators");
    tb_error why = TB_ERROR_NONE;
    tb_status status = w->engine->plan(w->session, &why, &plan);
    if (status == TB_UNAVAILABLE)
        return do_without_plan(w, why.text);
    status = watch_inference(w, err);
    /* Some engines know more once they were watched. */
    if (status == TB_OK)
        status = w->engine->plan(w->session, err, &plan);
    if (status == TB_OK)
        status = tell_own_nodes(w, &plan, err);
    if (status == TB_OK)
        status = tb_op_rows_make(&plan, w->ops, &w->arena, err, &w->rows);
    if (status != TB_OK)
        return status;
    tb_say_model(&w->events, w->engine, w->session, &plan);
    tb_say_plan(&w->events, w->job.delegate, &plan, w->rows);
    if (w->job.profile)
        tb_say_graph(&w->events, w->engine, w->session, &plan);
    return TB_OK;
}

/* Without --profile the observers go before anything is timed. */
static void keep_watching_or_not(worker *w)
{
    if (w->job.profile && w->ring) {
        w->engine->set_sink(w->session, &w->ring->sink);
        return;
    }
    stop_watching(w);
}

/* Room for the samples of every op, so that the steady state allocates nothing. */
static tb_status reserve_op_samples(worker *w, tb_error *err, size_t *room)
{
    size_t ops = 0;
    *room = 0;
    if (!w->ops)
        return TB_OK;
    tb_op_times_ops(w->ops, &ops);
    *room = MAX_OP_SAMPLES / (ops ? ops : 1);
    *room = *room < MAX_OP_INFERENCES ? *room : MAX_OP_INFERENCES;
    if (w->job.max_runs && (uint64_t)w->job.max_runs < *room)
        *room = (size_t)w->job.max_runs;
    tb_status status = tb_op_times_reserve(w->ops, *room, err);
    return status == TB_OK ? tb_event_log_create(MAX_LOG_EVENTS, *room, err, &w->log) : status;
}

static void warn_of_few(worker *w, int64_t runs)
{
    /* A profiled process makes no headline figure. */
    if (runs >= w->job.min_runs || w->job.profile)
        return;
    char text[160];
    snprintf(text, sizeof text,
             "%lld samples were taken, not %lld: the time for this configuration was up",
             (long long)runs, (long long)w->job.min_runs);
    tb_say_warning(&w->events, "few_samples", "warning", text);
}

/* Allocations after the warm-up: there should be none. */
static void say_allocations(worker *w, uint64_t allocations, int64_t runs)
{
    uint64_t unused;
    tb_engine_figure figures[] = {
        {"allocations", NULL, "count", true, (double)allocations, NULL},
        {"allocations_per_inference", NULL, "count", true, (double)allocations / (double)runs,
         NULL},
    };
    const char *reason = NULL;
    if (strcmp(w->engine->name, "native") != 0)
        reason = "those of a shared library are not seen";
    else if (!tb_alloc_count(&unused))
        reason = "this program was linked without counting them";
    for (size_t k = 0; reason && k < TB_COUNT_OF(figures); k++) {
        figures[k].known = false;
        figures[k].reason = reason;
    }
    tb_say_figures(&w->events, "steady", figures, TB_COUNT_OF(figures));
}

/* At a fixed rate: how many inferences could not begin in time. */
static void say_late(worker *w, int64_t late, int64_t runs)
{
    if (!w->job.interval_ns)
        return;
    double share = (double)late / (double)runs;
    tb_engine_figure figure = {"late_share", NULL, "share", true, share, NULL};
    tb_say_figures(&w->events, "steady", &figure, 1);
    if (share <= 0.01)
        return;
    char text[200];
    snprintf(text, sizeof text,
             "%.0f %% of the inferences began late: the rate asked for, one each %.3g ms, is more "
             "than is reached",
             share * 100, (double)w->job.interval_ns / 1e6);
    tb_say_warning(&w->events, "late", "warning", text);
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
        .keep = MAX_WARMUP_SAMPLES,
        .interval_ns = (uint64_t)job->interval_ns,
        .idle_ns = (uint64_t)job->idle_ns,
        .stop = {job->warmup_runs, 0, (uint64_t)job->warmup_ns, deadline_ns},
        .ring = w->ring,
        .ops = w->ops,
        .after = tb_output_check_next,
        .after_context = &w->check,
    };
    int64_t runs = 0;
    size_t room = 0;
    tb_status status = TB_OK;
    begin_phase(w, "warmup");
    if (job->warmup_runs || job->warmup_ns)
        status = tb_steady_run(&loop, err, &runs);
    if (status == TB_OK)
        status = reserve_op_samples(w, err, &room);
    if (status != TB_OK)
        return status;
    begin_phase(w, "steady");
    loop.phase = "steady";
    loop.keep = 0;
    loop.stop = (tb_stop_rule){job->min_runs, job->max_runs, (uint64_t)job->min_ns, deadline_ns};
    uint64_t allocations = 0;
    loop.allocations = &allocations;
    int64_t late = 0;
    loop.late = &late;
    status = tb_state_open("", MAX_STATE_SAMPLES, err, &w->state);
    if (status != TB_OK)
        return status;
    loop.state = w->state;
    loop.fault = &w->fault;
    loop.log = w->log;
    status = tb_steady_run(&loop, err, &runs);
    if (status != TB_OK)
        return status;
    say_later_checks(w);
    tb_say_memory(&w->events, "steady", w->engine, w->session);
    say_allocations(w, allocations, runs);
    say_late(w, late, runs);
    tb_say_state(&w->events, w->state, runs);
    warn_of_few(w, runs);
    if (!w->ops)
        return TB_OK;
    double event_ns = tb_ring_event_ns(w->ring);
    status = tb_say_profile(&w->events, w->ops, w->log, w->rows, room, event_ns, err);
    if (status != TB_OK || !job->counters)
        return status;
    w->engine->set_sink(w->session, NULL);
    size_t events = tb_event_log_count(w->log) ? tb_event_log_at(w->log, 0)->count : 0;
    return tb_count_ops(w->engine, w->session, &w->events, w->rows, 2 * events + 1000, COUNTING_NS,
                        err);
}

static tb_status evaluate_items(worker *w, tb_error *err)
{
    begin_phase(w, "evaluate");
    return w->evaluate(&w->job, w->engine, w->session, &w->events, err);
}

static tb_status measure(worker *w, tb_error *err)
{
    tb_status status = open_model(w, err);
    if (status == TB_OK)
        status = first_invoke(w, err);
    if (status != TB_OK || w->job.outputs_only)
        return status;
    status = learn_plan(w, err);
    if (status != TB_OK)
        return status;
    keep_watching_or_not(w);
    return w->job.task ? evaluate_items(w, err) : run_loops(w, err);
}

static tb_status finish(worker *w, tb_error *err)
{
    char checksum[TB_SHA256_HEX_SIZE];
    tb_status status = tb_outputs_checksum(w->engine, w->session, err, checksum);
    if (status != TB_OK)
        return status;
    bool differ = strcmp(checksum, w->first_checksum) != 0;
    if (differ && !w->job.task && !w->job.stateful && !w->check.every)
        tb_say_warning(&w->events, "nondeterministic", "warning",
                       "the last inference had other outputs than the first, on the same inputs");
    say_note(w);
    tb_say_peak_memory(&w->events);
    tb_say_environment(&w->events, "end");
    tb_say_done(&w->events, w->first_checksum, checksum);
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
        w->job.delegate = TB_DELEGATE_REFERENCE;
    w->engine = tb_engine_find(w->job.engine);
    if (!w->engine)
        return tb_fail(err, TB_UNSUPPORTED, "job: no engine is named '%s'", w->job.engine);
    if (w->job.task && !w->evaluate)
        return tb_fail(err, TB_UNSUPPORTED,
                       "job: this worker only measures; `tflbench worker` "
                       "evaluates '%s'",
                       w->job.task);
    status = tb_fault_read(&w->job, err, &w->fault);
    /* Other inputs than asked for: outputs that vary from process to process. */
    if (status == TB_OK && w->fault.kind == TB_FAULT_VARY)
        w->job.seed = getpid();
    return status;
}

static tb_status say_hello(worker *w, tb_error *err)
{
    tb_buf version = {0};
    tb_status status = w->engine->version(w->job.library, err, &version);
    if (status == TB_OK) {
        tb_say_hello(&w->events, w->engine, tb_buf_text(&version));
        tb_say_environment(&w->events, "start");
    }
    tb_buf_free(&version);
    return status;
}

static void clean_up(worker *w)
{
    if (w->session)
        w->engine->close(w->session);
    tb_output_check_free(&w->check);
    tb_state_close(w->state);
    tb_event_log_destroy(w->log);
    tb_op_times_destroy(w->ops);
    tb_ring_destroy(w->ring);
    tb_arena_free(&w->arena);
    tb_event_stream_free(&w->events);
}

tb_exit tb_worker_run(int job_fd, int events_fd, tb_evaluate_fn evaluate)
{
    worker w = {.phase = "start", .evaluate = evaluate};
    tb_error err = TB_ERROR_NONE;
    tb_event_stream_init(&w.events, events_fd);
    tb_status status = read_job(&w, job_fd, &err);
    if (status == TB_OK)
        status = tb_orphan_guard(events_fd, w.job.driver_pid, &err);
    if (status == TB_OK)
        status = say_hello(&w, &err);
    if (status == TB_OK)
        status = measure(&w, &err);
    if (status == TB_OK)
        status = finish(&w, &err);
    if (status != TB_OK && strcmp(w.note, err.text) != 0)
        say_note(&w);
    /* Cancelled without a text is the planned fault "exit". */
    if (status != TB_OK && err.text[0])
        tb_say_error(&w.events, w.phase, &err);
    bool told = !w.events.failed;
    clean_up(&w);
    return status == TB_OK && told ? TB_EXIT_OK : TB_EXIT_WORSE;
}
