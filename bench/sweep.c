/* Measuring a plan, unit by unit; see sweep.h. */
#include "bench/sweep.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/build_info.h"
#include "bench/command_line.h"
#include "bench/ingest.h"
#include "bench/interrupt.h"
#include "bench/launch.h"
#include "bench/noise.h"
#include "bench/outputs.h"
#include "bench/progress.h"
#include "bench/record_fill.h"
#include "bench/reference.h"
#include "reports/units.h"
#include "runtime/base/os.h"
#include "runtime/base/sha256.h"

/* What has become of a configuration so far. */
typedef struct standing {
    int ended, ok;
    bool wrong;
    bool all_delegated;   /* to what works off the processor */
    bool skipped;         /* the same was measured with another thread count */
    bool told_partial;    /* that nodes stayed behind was said */
    char fingerprint[65]; /* of the first process' plan */
} standing;

typedef struct sweep {
    const tb_sweep_plan *plan;
    const tb_sweep_request *request;
    tb_store *store;
    tb_arena arena;
    tb_worker_program program;
    tb_build build;
    tb_progress progress;
    tb_reference *references; /* one a model */
    standing *standings;      /* one a configuration */
    bool *model_told;         /* one a model: that it cannot be read was said */
    tb_ingest ingest;         /* of the unit in hand */
    tb_noise noise;
    int64_t run_id;
} sweep;

/* ---- the run ----------------------------------------------------------------------------------- */

static const char *keep(tb_arena *arena, tb_buf *text)
{
    const char *kept = tb_arena_text(arena, tb_buf_text(text), text->size);
    tb_buf_free(text);
    return kept;
}

/* The build of this program, and of its workers. */
static tb_status describe_build(sweep *s, tb_error *err)
{
    tb_mapping file;
    tb_status status = tb_os_map_file(s->program.path, err, &file);
    if (status != TB_OK)
        return status;
    tb_sha256 hash;
    char hex[TB_SHA256_HEX_SIZE];
    tb_sha256_begin(&hash);
    tb_sha256_add(&hash, file.data, file.size);
    tb_sha256_end(&hash, hex);
    s->build = (tb_build){
        .engine = "native",
        .engine_version = tb_build_version(),
        .git_revision = tb_build_revision(),
        .compiler = tb_build_compiler(),
        .flags = tb_build_flags(),
        .arch = tb_build_target(),
        .sha256 = tb_arena_text(&s->arena, hex, sizeof hex - 1),
        .binary_bytes = tb_int((int64_t)file.size),
    };
    tb_os_unmap(&file);
    return TB_OK;
}

static tb_status add_environment(sweep *s, const char *moment, tb_error *err)
{
    tb_environment environment = {0};
    tb_record_filler filler = {&tb_environment_type, &environment, &s->arena};
    tb_reading_taker taker = tb_record_taker(&filler);
    tb_environment_read(&taker);
    return tb_store_add_environment(s->store, s->run_id, moment, &environment, err);
}

static tb_status begin_run(sweep *s, tb_error *err)
{
    tb_device device = {0};
    tb_record_filler filler = {&tb_device_type, &device, &s->arena};
    tb_reading_taker taker = tb_record_taker(&filler);
    tb_device_read(&taker);
    tb_buf line = {0}, version = {0};
    tb_command_line_put(&line);
    tb_buf_printf(&version, "%s (%s)", tb_build_version(), tb_build_revision());
    char folder[4096];
    tb_run run = {
        .command = s->request->command,
        .command_line = keep(&s->arena, &line),
        .working_directory = getcwd(folder, sizeof folder),
        .seed = tb_int((int64_t)s->request->seed),
        .driver_pid = tb_int(getpid()),
        .tool_version = keep(&s->arena, &version),
    };
    tb_status status = tb_store_begin_run(s->store, &run, &device, &s->build, s->request->labels,
                                          s->request->label_count, err, &s->run_id);
    return status == TB_OK ? add_environment(s, "start", err) : status;
}

/* ---- one unit ---------------------------------------------------------------------------------- */

static tb_job make_job(const sweep *s, const tb_sweep_unit *unit)
{
    const tb_sweep_request *request = s->request;
    const tb_sweep_configuration *c = &s->plan->configurations[unit->configuration];
    /* Per-op figures need fewer samples, and never make a headline figure. */
    int64_t fewer = unit->profile ? 5 : 1;
    return (tb_job){
        .model = s->plan->models[c->model].path,
        .engine = c->engine->name,
        .library = c->library,
        .delegate = c->delegate.canonical,
        .threads = c->threads,
        .signature = request->signature,
        .fallback = tb_fallback_text(request->fallback),
        .seed = (int64_t)request->input_seed,
        .inputs = request->inputs,
        .shapes = request->shapes,
        .warmup_runs = request->warmup_runs,
        .warmup_ns = (int64_t)request->warmup_ns / fewer,
        .min_runs = (request->min_runs + fewer - 1) / fewer,
        .max_runs = request->max_runs,
        .min_ns = (int64_t)request->min_ns / fewer,
        .budget_ns = (int64_t)tb_sweep_unit_ns(s->plan, unit),
        .profile = unit->profile,
        .memory_limit_bytes = (int64_t)request->memory_limit_bytes,
    };
}

static void show_samples(void *context)
{
    sweep *s = context;
    tb_progress_update(&s->progress, (int64_t)s->ingest.sample_count,
                       tb_ingest_recent_median_ns(&s->ingest));
}

static tb_status forward_event(void *context, tb_message message, const cJSON *event, tb_error *err)
{
    sweep *s = context;
    return tb_ingest_event(&s->ingest, message, event, err);
}

/* Runs the worker; what cannot even start is a failed process as well. */
static tb_status launch_unit(sweep *s, const tb_sweep_unit *unit, tb_error *err,
                             tb_launch_result *result)
{
    const tb_sweep_model *model =
        &s->plan->models[s->plan->configurations[unit->configuration].model];
    if (model->status != TB_OK) {
        *result = (tb_launch_result){.status = TB_PROCESS_FAILED, .exit_code = -1, .phase = "load"};
        snprintf(result->reason, sizeof result->reason, "%s", model->reason);
        return TB_OK;
    }
    tb_job job = make_job(s, unit);
    tb_reference *reference = &s->references[model - s->plan->models];
    tb_launch launch = {
        .program = &s->program,
        .job = &job,
        .silence_ns = s->request->silence_ns,
        .lent_fd = -1,
        .show_output = s->request->verbose,
        .message = forward_event,
        .tick = show_samples,
        .context = s,
    };
    if (s->request->check) {
        tb_status status =
            tb_reference_make(reference, &s->program, &job, s->request->silence_ns, err);
        if (status != TB_OK)
            return status;
    }
    if (s->request->check && reference->fd >= 0) {
        launch.lent_fd = reference->fd;
        job.expect_outputs = tb_lent_path();
    } else {
        s->ingest.outcome.check_detail =
            s->request->check ? reference->reason : "--check off was given";
    }
    return tb_launch_run(&launch, err, result);
}

/* Two processes with different plans are not one population. */
static tb_status compare_plans(sweep *s, standing *st, const char *text, tb_error *err)
{
    const tb_ingest *ingest = &s->ingest;
    if (!ingest->plan_known)
        return TB_OK;
    if (!st->fingerprint[0]) {
        memcpy(st->fingerprint, ingest->fingerprint, sizeof st->fingerprint);
        return TB_OK;
    }
    if (strcmp(st->fingerprint, ingest->fingerprint) == 0)
        return TB_OK;
    tb_warning warning = {
        .kind = "plan_changed",
        .severity = "warning",
        .message = "the delegate's plan differs from that of an earlier process of the same "
                   "configuration",
    };
    tb_progress_note(&s->progress, "%s: %s", text, warning.message);
    return tb_store_add_warning(s->store, s->run_id, ingest->process_id, &warning, err);
}

/* Says once a configuration that nodes stayed with the interpreter. */
static tb_status note_fallback(sweep *s, standing *st, const tb_sweep_configuration *c,
                               tb_error *err)
{
    const tb_ingest *ingest = &s->ingest;
    bool partial =
        c->delegate.row && ingest->plan_known && ingest->nodes_delegated < ingest->nodes_total;
    if (!partial || s->request->fallback == TB_FALLBACK_ALLOW)
        return TB_OK;
    char message[512];
    snprintf(message, sizeof message, "%s took %lld of %lld nodes, %lld partition%s%s%.300s",
             c->delegate.name, (long long)ingest->nodes_delegated, (long long)ingest->nodes_total,
             (long long)ingest->partitions, ingest->partitions == 1 ? "" : "s",
             ingest->first_reason ? "; " : "", ingest->first_reason ? ingest->first_reason : "");
    if (!st->told_partial)
        tb_progress_note(&s->progress, "%s: %s", c->text, message);
    st->told_partial = true;
    tb_warning warning = {.kind = "fallback", .severity = "warning", .message = message};
    return tb_store_add_warning(s->store, s->run_id, ingest->process_id, &warning, err);
}

static void tell_result(sweep *s, const tb_sweep_configuration *c, const tb_launch_result *result)
{
    char text[TB_REASON_SIZE + 64], median[TB_FIGURE_TEXT_SIZE];
    bool failed = result->status != TB_PROCESS_OK;
    const char *verdict = s->ingest.outcome.check_verdict;
    bool wrong = verdict && strcmp(verdict, TB_VERDICT_WRONG) == 0;
    if (failed)
        snprintf(text, sizeof text, "%s: %s", tb_process_status_text(result->status),
                 result->reason);
    else {
        tb_format_duration(tb_ingest_final_median_ns(&s->ingest), median);
        snprintf(text, sizeof text, "median %s, %zu samples%s%.400s", median,
                 s->ingest.sample_count, wrong ? ", WRONG: " : "",
                 wrong && s->ingest.outcome.check_detail ? s->ingest.outcome.check_detail : "");
    }
    /* A file that cannot be read fails every configuration for one reason: that is said once. */
    bool *told = &s->model_told[c->model];
    bool unreadable = s->plan->models[c->model].status != TB_OK;
    if (!unreadable || !*told)
        tb_progress_result(&s->progress, failed || wrong, text);
    *told = unreadable;
}

/* "seed:42" or "file:a.bin,b.bin" */
static void describe_input(const tb_sweep_request *request, tb_buf *out)
{
    if (!request->inputs.count)
        tb_buf_printf(out, "seed:%llu", (unsigned long long)request->input_seed);
    for (int k = 0; k < request->inputs.count; k++)
        tb_buf_printf(out, "%s%s", k ? "," : "file:", request->inputs.items[k]);
}

static bool takes_all_elsewhere(const tb_sweep_configuration *c, const tb_ingest *ingest)
{
    return c->delegate.row && c->delegate.row->off_cpu && ingest->plan_known &&
           ingest->nodes_delegated == ingest->nodes_total;
}

/* Was the same already measured with another thread count, where threads do not matter? */
static bool is_collapsed(const sweep *s, int number)
{
    const tb_sweep_configuration *all = s->plan->configurations, *c = &all[number];
    for (int k = 0; k < s->plan->configuration_count; k++)
        if (k != number && s->standings[k].all_delegated && all[k].model == c->model &&
            strcmp(all[k].record.engine, c->record.engine) == 0 &&
            strcmp(all[k].delegate.canonical, c->delegate.canonical) == 0)
            return true;
    return false;
}

/* A model that cannot be read fails at once. */
static uint64_t expected_ns(const tb_sweep_plan *plan, const tb_sweep_unit *unit)
{
    int model = plan->configurations[unit->configuration].model;
    return plan->models[model].status == TB_OK ? tb_sweep_unit_ns(plan, unit) : 0;
}

static tb_status run_unit(sweep *s, int number, tb_error *err)
{
    const tb_sweep_unit *unit = &s->plan->units[number];
    const tb_sweep_configuration *c = &s->plan->configurations[unit->configuration];
    standing *st = &s->standings[unit->configuration];
    char text[200];
    snprintf(text, sizeof text, "%.150s%s", c->text, unit->profile ? ", per-op profiling" : "");
    tb_progress_unit(&s->progress, text, expected_ns(s->plan, unit));
    if (st->skipped || (!st->ended && is_collapsed(s, unit->configuration))) {
        if (!st->skipped)
            tb_progress_result(&s->progress, false,
                               "left out: everything runs on the delegate's device, and was "
                               "measured with another thread count");
        st->skipped = true;
        return TB_OK;
    }
    tb_buf input = {0};
    describe_input(s->request, &input);
    tb_process process = {
        .block = tb_int(0),
        .order_index = tb_int(number),
        .profiled = tb_int(unit->profile),
        .input = tb_buf_text(&input),
    };
    /* Of a library nothing is known before it says hello. */
    tb_build library = {.engine = c->engine->name};
    tb_ingest_init(&s->ingest, s->store, s->run_id, &s->plan->models[c->model].info, &c->record,
                   c->library ? &library : &s->build, &process);
    s->ingest.outcome.check_verdict = TB_VERDICT_NOT_CHECKED;
    s->ingest.outcome.check_detail = "the process ended before that";
    tb_launch_result result;
    tb_status status = launch_unit(s, unit, err, &result);
    if (status == TB_OK)
        status = compare_plans(s, st, c->text, err);
    if (status == TB_OK)
        status = note_fallback(s, st, c, err);
    if (status == TB_OK)
        status = tb_ingest_finish(&s->ingest, &result, err);
    if (status == TB_OK) {
        const char *verdict = s->ingest.outcome.check_verdict;
        st->all_delegated = st->all_delegated || takes_all_elsewhere(c, &s->ingest);
        st->ended++;
        st->ok += result.status == TB_PROCESS_OK;
        st->wrong = st->wrong || (verdict && strcmp(verdict, TB_VERDICT_WRONG) == 0);
        tell_result(s, c, &result);
    }
    tb_ingest_free(&s->ingest);
    tb_buf_free(&input);
    return status;
}

/* ---- all of them ------------------------------------------------------------------------------- */

static void sum_up(const sweep *s, tb_sweep_result *out)
{
    int each = s->request->processes + (s->request->profile ? 1 : 0);
    *out = (tb_sweep_result){.run_id = s->run_id, .interrupted = tb_interrupted()};
    for (int k = 0; k < s->plan->configuration_count; k++) {
        const standing *st = &s->standings[k];
        if (st->skipped)
            continue;
        bool complete = st->ended == each && st->ok == each;
        out->ok += complete && !st->wrong;
        out->wrong += complete && st->wrong;
        out->failed += !complete;
    }
}

tb_exit tb_sweep_exit(const tb_sweep_result *result)
{
    return result->failed ? TB_EXIT_PARTIAL : result->wrong ? TB_EXIT_WORSE : TB_EXIT_OK;
}

static void tell_noise(void *context, const char *text)
{
    sweep *s = context;
    if (!s->request->quiet)
        tb_progress_note(&s->progress, "this machine: %s", text);
}

static tb_status run_all(sweep *s, tb_error *err, tb_sweep_result *out)
{
    tb_status status = tb_worker_program_find(err, &s->program);
    if (status == TB_OK)
        status = describe_build(s, err);
    if (status == TB_OK)
        status = begin_run(s, err);
    if (status != TB_OK)
        return status;
    tb_interrupt_catch();
    uint64_t all_ns = 0;
    for (int k = 0; k < s->plan->unit_count; k++)
        all_ns += expected_ns(s->plan, &s->plan->units[k]);
    tb_progress_begin(&s->progress, s->plan->unit_count, all_ns, s->request->quiet);
    tb_noise_begin(&s->noise, &s->arena);
    for (int k = 0; k < s->plan->unit_count && status == TB_OK && !tb_interrupted(); k++) {
        status = run_unit(s, k, err);
        tb_noise_tick(&s->noise);
    }
    tb_progress_end(&s->progress);
    sum_up(s, out);
    if (status == TB_OK)
        status = add_environment(s, "end", err);
    if (status == TB_OK)
        status = tb_noise_end(&s->noise, s->store, s->run_id, tell_noise, s, err);
    if (status == TB_OK)
        status = tb_store_finish_run(s->store, s->run_id, (int)tb_sweep_exit(out), err);
    return status;
}

tb_status tb_sweep_run(const tb_sweep_plan *plan, tb_store *store, tb_error *err,
                       tb_sweep_result *out)
{
    sweep s = {.plan = plan, .request = plan->request, .store = store};
    s.references = calloc((size_t)plan->model_count, sizeof *s.references);
    s.standings = calloc((size_t)plan->configuration_count, sizeof *s.standings);
    s.model_told = calloc((size_t)plan->model_count, sizeof *s.model_told);
    tb_status status = TB_OK;
    if (!s.references || !s.standings || !s.model_told)
        status = tb_fail(err, TB_NO_MEMORY, "sweep: out of memory");
    if (status == TB_OK)
        status = run_all(&s, err, out);
    for (int k = 0; s.references && k < plan->model_count; k++)
        tb_reference_free(&s.references[k]);
    free(s.references);
    free(s.standings);
    free(s.model_told);
    tb_arena_free(&s.arena);
    return status;
}
