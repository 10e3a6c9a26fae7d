/* One run, process by process; see measure.h. */
#include "bench/measure.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/build_info.h"
#include "bench/command_line.h"
#include "bench/file_identity.h"
#include "bench/interrupt.h"
#include "bench/measure_accuracy.h"
#include "bench/outputs.h"
#include "bench/record_fill.h"
#include "reports/units.h"

/* ---- the run ----------------------------------------------------------------------------------- */

static const char *keep(tb_arena *arena, tb_buf *text)
{
    const char *kept = tb_arena_text(arena, tb_buf_text(text), text->size);
    tb_buf_free(text);
    return kept;
}

tb_status tb_measure_own_build(const char *program_path, tb_arena *arena, tb_error *err,
                               tb_build *out)
{
    tb_file_identity file;
    tb_status status = tb_file_identify(program_path, arena, err, &file);
    if (status != TB_OK)
        return status;
    *out = (tb_build){
        .engine = "native",
        .engine_version = tb_build_version(),
        .git_revision = tb_build_revision(),
        .compiler = tb_build_compiler(),
        .flags = tb_build_flags(),
        .arch = tb_build_target(),
        .sha256 = file.sha256,
        .binary_bytes = file.bytes,
    };
    return TB_OK;
}

static tb_status add_environment(tb_measure *m, const char *moment, tb_error *err)
{
    tb_environment environment = {0};
    tb_record_filler filler = {&tb_environment_type, &environment, &m->arena};
    tb_reading_taker taker = tb_record_taker(&filler);
    tb_environment_read(&taker);
    return tb_store_add_environment(m->store, m->run_id, moment, &environment, err);
}

static tb_status begin_run(tb_measure *m, const tb_build *driver, tb_error *err)
{
    tb_device device = {0};
    tb_record_filler filler = {&tb_device_type, &device, &m->arena};
    tb_reading_taker taker = tb_record_taker(&filler);
    tb_device_read(&taker);
    tb_buf line = {0}, version = {0};
    tb_command_line_put(&line);
    tb_buf_printf(&version, "%s (%s)", tb_build_version(), tb_build_revision());
    char folder[4096];
    tb_run run = {
        .command = m->request->command,
        .command_line = keep(&m->arena, &line),
        .working_directory = getcwd(folder, sizeof folder),
        .seed = tb_int((int64_t)m->request->seed),
        .driver_pid = tb_int(getpid()),
        .tool_version = keep(&m->arena, &version),
    };
    tb_status status = tb_store_begin_run(m->store, &run, &device, driver, m->request->labels,
                                          m->request->label_count, err, &m->run_id);
    return status == TB_OK ? add_environment(m, "start", err) : status;
}

/* ---- one process ------------------------------------------------------------------------------- */

static tb_job make_job(const tb_measure *m, const tb_measure_task *task)
{
    const tb_sweep_request *request = m->request;
    const tb_sweep_configuration *c = &task->side->plan->configurations[task->configuration];
    const tb_case_model *from = task->side->plan->models[c->model].from;
    /* Per-op figures need fewer samples, and never make a headline figure. */
    int64_t fewer = task->profile ? 5 : 1;
    return (tb_job){
        .model = task->side->plan->models[c->model].path,
        .engine = c->engine->name,
        .library = c->library,
        .delegate = c->delegate.canonical,
        .delegate_cache = request->delegate_cache,
        .threads = c->threads,
        .signature = from && from->signature ? from->signature : request->signature,
        .fallback = tb_fallback_text(request->fallback),
        .seed = (int64_t)request->input_seed,
        .custom_ops = request->custom_ops,
        .inputs = from ? from->inputs : request->inputs,
        .shapes = from ? from->shapes : c->shapes,
        .warmup_runs = request->warmup_runs,
        .warmup_ns = (int64_t)request->warmup_ns / fewer,
        .min_runs = (request->min_runs + fewer - 1) / fewer,
        .max_runs = request->max_runs,
        .interval_ns = (int64_t)request->interval_ns,
        .idle_ns = (int64_t)request->idle_ns,
        .min_ns = task->min_ns ? (int64_t)task->min_ns : (int64_t)request->min_ns / fewer,
        .budget_ns = (int64_t)task->budget_ns,
        .profile = task->profile,
        .quantised = task->side->plan->models[c->model].quantised,
        .stateful = task->side->plan->models[c->model].stateful,
        .check_every = request->check_every,
        .counters = task->profile && request->counters,
        .memory_limit_bytes = (int64_t)request->memory_limit_bytes,
    };
}

static void show_samples(void *context)
{
    tb_measure *m = context;
    tb_progress_update(&m->progress, (int64_t)m->ingest.sample_count,
                       tb_ingest_recent_median_ns(&m->ingest));
}

static tb_status forward_event(void *context, tb_message message, const cJSON *event, tb_error *err)
{
    tb_measure *m = context;
    return tb_ingest_event(&m->ingest, message, event, err);
}

/* One a model and set of shapes. */
static tb_reference *reference_of(const tb_measure_task *task)
{
    const tb_sweep_plan *plan = task->side->plan;
    const tb_sweep_configuration *c = &plan->configurations[task->configuration];
    return &task->side->references[c->model * tb_sweep_shape_sets(plan->request) + c->shape_set];
}

static void evict(tb_measure *m, const tb_measure_task *task)
{
    const tb_sweep_configuration *c = &task->side->plan->configurations[task->configuration];
    const char *files[] = {task->side->plan->models[c->model].path, task->side->program.path,
                           c->library};
    m->cold_left_bytes = tb_cold_evict(m->request->cold, files, c->library ? 3 : 2);
}

/* Runs the worker; what cannot even start is a failed process as well. */
static tb_status launch_process(tb_measure *m, const tb_measure_task *task, tb_error *err,
                                tb_launch_result *result)
{
    const tb_sweep_model *model =
        &task->side->plan->models[task->side->plan->configurations[task->configuration].model];
    if (model->status != TB_OK) {
        *result = (tb_launch_result){.status = TB_PROCESS_FAILED, .exit_code = -1, .phase = "load"};
        snprintf(result->reason, sizeof result->reason, "%s", model->reason);
        return TB_OK;
    }
    tb_job job = make_job(m, task);
    if (task->evaluate)
        return tb_measure_evaluate(m, task, &job, forward_event, err, result);
    tb_reference *reference = reference_of(task);
    tb_launch launch = {
        .program = &task->side->program,
        .job = &job,
        .silence_ns = m->request->silence_ns,
        .lent_fd = -1,
        .show_output = m->request->verbose,
        .message = forward_event,
        .tick = show_samples,
        .context = m,
    };
    if (m->request->check) {
        tb_status status = tb_reference_make(reference, &task->side->program, &job, model->from,
                                             m->request->silence_ns, err);
        if (status != TB_OK)
            return status;
    }
    if (m->request->check && reference->fd >= 0) {
        launch.lent_fd = reference->fd;
        job.expect_outputs = tb_lent_path();
    } else {
        m->ingest.outcome.check_detail =
            m->request->check ? reference->reason : "--check off was given";
    }
    if (m->request->cold)
        evict(m, task);
    return tb_launch_run(&launch, err, result);
}

/* What a cold start found in memory all the same. */
static tb_status add_cold(tb_measure *m, const char *text, tb_error *err)
{
    if (!m->request->cold || !m->ingest.process_id)
        return TB_OK;
    tb_figure figure = {.phase = "load",
                        .metric = "cold_left_bytes",
                        .unit = "bytes",
                        .value = tb_num((double)m->cold_left_bytes)};
    tb_status status =
        tb_store_add_figures(m->store, m->run_id, m->ingest.process_id, &figure, 1, err);
    if (status != TB_OK || !m->cold_left_bytes)
        return status;
    char message[160];
    snprintf(message, sizeof message,
             "no cold start: %lld bytes of the model and its program stayed in memory",
             (long long)m->cold_left_bytes);
    tb_warning warning = {.kind = "cold_start", .severity = "warning", .message = message};
    tb_progress_note(&m->progress, "%s: %s", text, message);
    return tb_store_add_warning(m->store, m->run_id, m->ingest.process_id, &warning, err);
}

/* Two processes with different plans are not one population. */
static tb_status compare_plans(tb_measure *m, tb_standing *st, const char *text, tb_error *err)
{
    const tb_ingest *ingest = &m->ingest;
    if (!ingest->plan_known)
        return TB_OK;
    if (!st->fingerprint[0]) {
        memcpy(st->fingerprint, ingest->fingerprint, sizeof st->fingerprint);
        return TB_OK;
    }
    if (strcmp(st->fingerprint, ingest->fingerprint) == 0)
        return TB_OK;
    st->plan_changed = true;
    tb_warning warning = {
        .kind = "plan_changed",
        .severity = "warning",
        .message = "the delegate's plan differs from that of an earlier process of the same "
                   "configuration",
    };
    tb_progress_note(&m->progress, "%s: %s", text, warning.message);
    return tb_store_add_warning(m->store, m->run_id, ingest->process_id, &warning, err);
}

/* The same inputs must give the same outputs. */
static tb_status compare_outputs(tb_measure *m, tb_standing *st, const char *text, tb_error *err)
{
    const char *checksum = m->ingest.outcome.first_output_checksum;
    if (!checksum)
        return TB_OK;
    if (!st->checksum[0]) {
        snprintf(st->checksum, sizeof st->checksum, "%s", checksum);
        return TB_OK;
    }
    if (strcmp(st->checksum, checksum) == 0)
        return TB_OK;
    tb_warning warning = {
        .kind = "nondeterministic",
        .severity = "warning",
        .message = "the outputs differ from those of an earlier process with the same inputs",
    };
    if (!st->outputs_changed)
        tb_progress_note(&m->progress, "%s: %s", text, warning.message);
    st->outputs_changed = true;
    return tb_store_add_warning(m->store, m->run_id, m->ingest.process_id, &warning, err);
}

/* Says once a configuration that nodes stayed with the interpreter. */
static tb_status note_fallback(tb_measure *m, tb_standing *st, const tb_sweep_configuration *c,
                               tb_error *err)
{
    const tb_ingest *ingest = &m->ingest;
    bool partial =
        c->delegate.row && ingest->plan_known && ingest->nodes_delegated < ingest->nodes_total;
    if (!partial || m->request->fallback == TB_FALLBACK_ALLOW)
        return TB_OK;
    char message[512];
    snprintf(message, sizeof message, "%s took %lld of %lld nodes, %lld partition%s%s%.300s",
             c->delegate.name, (long long)ingest->nodes_delegated, (long long)ingest->nodes_total,
             (long long)ingest->partitions, ingest->partitions == 1 ? "" : "s",
             ingest->first_reason ? "; " : "", ingest->first_reason ? ingest->first_reason : "");
    if (!st->told_partial)
        tb_progress_note(&m->progress, "%s: %s", c->text, message);
    st->told_partial = true;
    tb_warning warning = {.kind = "fallback", .severity = "warning", .message = message};
    return tb_store_add_warning(m->store, m->run_id, ingest->process_id, &warning, err);
}

static void tell_result(tb_measure *m, tb_measure_side *side, const tb_sweep_configuration *c,
                        const tb_launch_result *result)
{
    char text[TB_REASON_SIZE + 64], median[TB_FIGURE_TEXT_SIZE];
    bool failed = result->status != TB_PROCESS_OK;
    const char *verdict = m->ingest.outcome.check_verdict;
    bool wrong = verdict && strcmp(verdict, TB_VERDICT_WRONG) == 0;
    if (failed)
        snprintf(text, sizeof text, "%s: %s", tb_process_status_text(result->status),
                 result->reason);
    else if (m->ingest.accuracy) {
        snprintf(text, sizeof text, "%s", tb_buf_text(&m->said));
    } else {
        tb_format_duration(tb_ingest_final_median_ns(&m->ingest), median);
        snprintf(text, sizeof text, "median %s, %zu samples%s%.400s", median,
                 m->ingest.sample_count, wrong ? ", WRONG: " : "",
                 wrong && m->ingest.outcome.check_detail ? m->ingest.outcome.check_detail : "");
    }
    /* A file that cannot be read fails every configuration for one reason: that is said once. */
    bool *told = &side->model_told[c->model];
    bool unreadable = side->plan->models[c->model].status != TB_OK;
    if (!unreadable || !*told)
        tb_progress_result(&m->progress, failed || wrong, text);
    *told = unreadable;
}

/* "seed:42", "file:a.bin,b.bin", or "case:classification/mobilenet" */
static void describe_input(const tb_sweep_request *request, const tb_case_model *from, tb_buf *out)
{
    if (from) {
        tb_buf_printf(out, "case:%s", from->name);
        return;
    }
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

tb_status tb_measure_process(tb_measure *m, const tb_measure_task *task, tb_error *err,
                             tb_launch_result *result)
{
    tb_measure_side *side = task->side;
    const tb_sweep_configuration *c = &side->plan->configurations[task->configuration];
    tb_standing *st = &side->standings[task->configuration];
    tb_buf input = {0}, evaluated = {0};
    describe_input(m->request, side->plan->models[c->model].from, &input);
    tb_buf_clear(&m->said);
    if (task->evaluate) {
        tb_buf_clear(&input);
        tb_buf_printf(&input, "data:%s", m->request->accuracy->data);
        tb_accuracy_describe(m->request->accuracy, &evaluated);
    }
    tb_process process = {
        .arm = side->arm,
        .block = tb_int(task->block),
        .order_index = tb_int(m->order++),
        .profiled = tb_int(task->profile),
        .input = tb_buf_text(&input),
        .task = task->evaluate ? tb_buf_text(&evaluated) : NULL,
    };
    tb_ingest_free(&m->ingest);
    tb_ingest_init(&m->ingest, m->store, m->run_id, &side->plan->models[c->model].info, &c->record,
                   c->library       ? &c->library_build
                   : task->evaluate ? &side->evaluator_build
                                    : &side->build,
                   &process);
    if (task->evaluate) {
        m->ingest.accuracy = m->request->accuracy;
        m->ingest.items = &side->answers[task->configuration];
    }
    m->ingest.outcome.check_verdict = TB_VERDICT_NOT_CHECKED;
    m->ingest.outcome.check_detail = "the process ended before that";
    tb_status status = launch_process(m, task, err, result);
    if (status == TB_OK)
        status = compare_plans(m, st, c->text, err);
    if (status == TB_OK && !task->evaluate)
        status = compare_outputs(m, st, c->text, err);
    if (status == TB_OK)
        status = note_fallback(m, st, c, err);
    if (status == TB_OK)
        status = add_cold(m, c->text, err);
    if (status == TB_OK && task->evaluate)
        status = tb_measure_sum_up(m, task, result, err);
    if (status == TB_OK)
        status = tb_ingest_finish(&m->ingest, result, err);
    if (status == TB_OK) {
        const char *verdict = m->ingest.outcome.check_verdict;
        st->all_delegated = st->all_delegated || takes_all_elsewhere(c, &m->ingest);
        st->ended++;
        st->ok += result->status == TB_PROCESS_OK;
        st->wrong = st->wrong || (verdict && strcmp(verdict, TB_VERDICT_WRONG) == 0);
        tell_result(m, side, c, result);
    }
    tb_noise_tick(&m->noise);
    tb_buf_free(&input);
    tb_buf_free(&evaluated);
    return status;
}

/* ---- begin and end ----------------------------------------------------------------------------- */

tb_status tb_measure_side_open(tb_measure_side *side, const tb_sweep_plan *plan, const char *arm,
                               const char *path, tb_arena *arena, tb_error *err)
{
    *side = (tb_measure_side){.plan = plan, .arm = arm};
    side->reference_count = plan->model_count * tb_sweep_shape_sets(plan->request);
    side->references = calloc((size_t)side->reference_count + 1, sizeof *side->references);
    side->standings = calloc((size_t)plan->configuration_count + 1, sizeof *side->standings);
    side->model_told = calloc((size_t)plan->model_count + 1, sizeof *side->model_told);
    side->answers = calloc((size_t)plan->configuration_count + 1, sizeof *side->answers);
    side->evaluations = calloc((size_t)plan->configuration_count + 1, sizeof *side->evaluations);
    if (!side->references || !side->standings || !side->model_told || !side->answers ||
        !side->evaluations)
        return tb_fail(err, TB_NO_MEMORY, "sweep: out of memory");
    tb_status status = path ? tb_worker_program_at(path, err, &side->program)
                            : tb_worker_program_find(err, &side->program);
    if (status == TB_OK)
        status = tb_measure_own_build(side->program.path, arena, err, &side->build);
    if (status != TB_OK || !plan->request->accuracy)
        return status;
    /* Decoding pictures takes libraries that the measuring worker does without. */
    status = path ? tb_worker_program_at(path, err, &side->evaluator)
                  : tb_worker_program_self(err, &side->evaluator);
    return status == TB_OK
               ? tb_measure_own_build(side->evaluator.path, arena, err, &side->evaluator_build)
               : status;
}

void tb_measure_side_close(tb_measure_side *side)
{
    for (int k = 0; side->references && k < side->reference_count; k++)
        tb_reference_free(&side->references[k]);
    free(side->references);
    free(side->standings);
    free(side->model_told);
    for (int k = 0; side->answers && k < side->plan->configuration_count; k++)
        tb_accuracy_items_free(&side->answers[k]);
    free(side->answers);
    free(side->evaluations);
    *side = (tb_measure_side){0};
}

tb_status tb_measure_begin(tb_measure *m, const tb_sweep_request *request, tb_store *store,
                           const tb_build *driver, int total, uint64_t expected_ns, tb_error *err)
{
    *m = (tb_measure){.request = request, .store = store};
    tb_status status = begin_run(m, driver, err);
    if (status != TB_OK)
        return status;
    tb_interrupt_catch();
    tb_progress_begin(&m->progress, total, expected_ns, request->quiet);
    tb_noise_begin(&m->noise, &m->arena);
    return TB_OK;
}

static void tell_noise(void *context, const char *text)
{
    tb_measure *m = context;
    if (!m->request->quiet)
        tb_progress_note(&m->progress, "this machine: %s", text);
}

tb_status tb_measure_end(tb_measure *m, int exit_code, tb_error *err)
{
    tb_progress_end(&m->progress);
    tb_status status = add_environment(m, "end", err);
    if (status == TB_OK)
        status = tb_noise_end(&m->noise, m->store, m->run_id, tell_noise, m, err);
    if (status == TB_OK)
        status = tb_store_finish_run(m->store, m->run_id, exit_code, err);
    return status;
}

void tb_measure_free(tb_measure *m)
{
    tb_ingest_free(&m->ingest);
    tb_buf_free(&m->said);
    tb_arena_free(&m->arena);
    *m = (tb_measure){0};
}
