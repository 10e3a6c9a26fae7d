/* A run's processes that compare tensors; see measure_numerics.h. */
#include "bench/measure_numerics.h"

#include <math.h>
#include <string.h>

#include "bench/interrupt.h"
#include "bench/outputs.h"

enum { FIGURES_A_TENSOR = 5 };

#define PHASE "numerics"

/* ---- the store --------------------------------------------------------------------------------- */

static tb_figure figure_of(const char *metric, const char *owner, double value, const char *unit,
                           const char *without)
{
    return (tb_figure){.phase = PHASE,
                       .metric = metric,
                       .owner = owner,
                       .value = tb_num(value),
                       .unit = unit,
                       .reason = isfinite(value) ? NULL : without};
}

static tb_status store_tensor(tb_measure *m, const tb_numerics_tensor *t, tb_error *err)
{
    if (!t->compared)
        return TB_OK;
    tb_buf text = {0};
    tb_buf_printf(&text, "%s:%d:%s", t->is_output ? "output" : "node", t->node, t->name);
    const char *owner = tb_buf_text(&text);
    const char *same =
        t->numerics.max_abs > 0 ? "a value is infinite or NaN on one side" : "no difference";
    const tb_figure figures[FIGURES_A_TENSOR] = {
        figure_of("max_abs", owner, t->numerics.max_abs, "value", same),
        figure_of("mse", owner, tb_numerics_mse(&t->numerics), "value", same),
        figure_of("snr_db", owner, tb_numerics_snr_db(&t->numerics), "db", same),
        figure_of("psnr_db", owner, tb_numerics_psnr_db(&t->numerics), "db", same),
        figure_of("cosine", owner, tb_numerics_cosine(&t->numerics), "share", same),
    };
    tb_status status = tb_buf_status(&text, "name of a tensor", err);
    if (status == TB_OK)
        status = tb_store_add_figures(m->store, m->run_id, m->ingest.process_id, figures,
                                      FIGURES_A_TENSOR, err);
    tb_buf_free(&text);
    return status;
}

static tb_status store_reason(tb_measure *m, const char *reason, tb_error *err)
{
    tb_figure figure = {.phase = PHASE, .metric = "tensors", .unit = "count", .reason = reason};
    return tb_store_add_figures(m->store, m->run_id, m->ingest.process_id, &figure, 1, err);
}

/* The noisiest output: the root of its error's share of the signal, 0 where nothing differs. */
static tb_status store_noise(tb_measure *m, const tb_numerics_report *report, tb_error *err)
{
    double noise = 0;
    bool compared = false;
    for (int k = 0; k < report->output_count; k++) {
        const tb_numerics_tensor *t = &report->outputs[k];
        compared |= t->compared;
        if (t->compared && t->numerics.differing)
            noise = fmax(noise, pow(10, -tb_numerics_snr_db(&t->numerics) / 20));
    }
    tb_figure figure = figure_of(
        "output_noise", NULL, compared && !isnan(noise) ? noise : INFINITY, "share",
        compared ? "a value is infinite or NaN on one side" : "no output could be compared");
    return tb_store_add_figures(m->store, m->run_id, m->ingest.process_id, &figure, 1, err);
}

static tb_status store_report(tb_measure *m, const tb_numerics_report *report, tb_error *err)
{
    tb_status status = TB_OK;
    for (int k = 0; status == TB_OK && k < report->output_count; k++)
        status = store_tensor(m, &report->outputs[k], err);
    for (int k = 0; status == TB_OK && k < report->tensor_count; k++)
        if (!report->tensors[k].is_output)
            status = store_tensor(m, &report->tensors[k], err);
    if (status == TB_OK)
        status = store_noise(m, report, err);
    return status == TB_OK && report->without ? store_reason(m, report->without, err) : status;
}

/* ---- one process ------------------------------------------------------------------------------- */

static tb_status forward(void *context, tb_message message, const cJSON *event, tb_error *err)
{
    return tb_ingest_event(&((tb_measure *)context)->ingest, message, event, err);
}

static tb_status run_and_store(tb_measure *m, const tb_measure_numerics_task *task, tb_error *err,
                               tb_numerics_report *report)
{
    tb_launch_result result = {.status = TB_PROCESS_OK};
    tb_error why = TB_ERROR_NONE;
    tb_status status = tb_numerics_run(task->request, &task->side->program, &why, report);
    if (status != TB_OK && !task->optional) {
        result.status = TB_PROCESS_FAILED;
        snprintf(result.reason, sizeof result.reason, "%s", why.text);
        *err = why;
        tb_error ignored = TB_ERROR_NONE;
        (void)tb_ingest_finish(&m->ingest, &result, &ignored);
        return status;
    }
    if (status != TB_OK) {
        *report = (tb_numerics_report){.suspect = -1};
        status = tb_ingest_finish(&m->ingest, &result, err);
        return status == TB_OK ? store_reason(m, why.text, err) : status;
    }
    status = store_report(m, report, err);
    m->ingest.outcome.check_verdict = report->outputs_off ? TB_VERDICT_WRONG : TB_VERDICT_OK;
    if (status == TB_OK)
        status = tb_ingest_finish(&m->ingest, &result, err);
    if (status != TB_OK)
        tb_numerics_report_free(report);
    return status;
}

tb_status tb_measure_numerics(tb_measure *m, const tb_measure_numerics_task *task, tb_error *err,
                              tb_numerics_report *report)
{
    const tb_sweep_plan *plan = task->side->plan;
    const tb_sweep_configuration *c = &plan->configurations[task->configuration];
    tb_buf described = {0};
    tb_buf_printf(&described, "task=numerics;against=%s", task->request->reference.delegate);
    if (strcmp(task->request->reference.model, task->request->candidate.model) != 0)
        tb_buf_printf(&described, ";model=%s", task->request->reference.model);
    tb_process process = {.arm = task->side->arm,
                          .block = tb_int(0),
                          .order_index = tb_int(m->order++),
                          .profiled = tb_int(0),
                          .task = tb_buf_text(&described),
                          .input = task->request->inputs.count ? "file" : "seed"};
    tb_ingest_free(&m->ingest);
    tb_ingest_init(&m->ingest, m->store, m->run_id, &plan->models[c->model].info, &c->record,
                   c->library ? &c->library_build : &task->side->build, &process);
    m->ingest.outcome.check_verdict = TB_VERDICT_NOT_CHECKED;
    task->request->message = forward;
    task->request->context = m;
    tb_status status = tb_buf_status(&described, "task", err);
    if (status == TB_OK)
        status = run_and_store(m, task, err, report);
    tb_buf_free(&described);
    return status;
}

/* ---- all configurations ------------------------------------------------------------------------ */

/* The node with the least signal to noise, for people. */
static void tell(tb_measure *m, const char *text, const tb_numerics_report *report)
{
    const tb_numerics_tensor *worst = NULL;
    for (int k = 0; k < report->tensor_count; k++) {
        const tb_numerics_tensor *t = &report->tensors[k];
        if (t->compared &&
            (!worst || tb_numerics_snr_db(&t->numerics) < tb_numerics_snr_db(&worst->numerics)))
            worst = t;
    }
    const char *verdict = report->outputs_off ? "the outputs are off" : "the outputs are right";
    if (!worst || !isfinite(tb_numerics_snr_db(&worst->numerics)))
        tb_progress_note(&m->progress, "%s: %s", text, verdict);
    else
        tb_progress_note(&m->progress, "%s: %s, least signal to noise %.1f dB at node %d %s", text,
                         verdict, tb_numerics_snr_db(&worst->numerics), worst->node,
                         worst->op ? worst->op : "");
}

static tb_status measure_configuration(tb_measure *m, tb_measure_side *side, int number,
                                       tb_error *err)
{
    const tb_sweep_request *asked = m->request;
    const tb_sweep_configuration *c = &side->plan->configurations[number];
    const char *model = side->plan->models[c->model].path;
    const tb_case_model *from = side->plan->models[c->model].from;
    tb_numerics_request request = {
        .reference = {model, "native", NULL, asked->numerics_against, c->threads},
        .candidate = {model, c->engine->name, c->library, c->delegate.canonical, c->threads},
        .inputs = from ? from->inputs : asked->inputs,
        .shapes = from ? from->shapes : c->shapes,
        .custom_ops = asked->custom_ops,
        .seed = asked->input_seed,
        .runs = 1,
        .limits = TB_NUMERICS_DEFAULTS,
        .memory_limit_bytes = asked->memory_limit_bytes,
        .silence_ns = asked->silence_ns,
    };
    tb_measure_numerics_task task = {side, number, &request, true};
    tb_numerics_report report;
    if (!asked->quiet)
        tb_progress_note(&m->progress, "%s: comparing every tensor with %s", c->text,
                         asked->numerics_against);
    tb_status status = tb_measure_numerics(m, &task, err, &report);
    if (status != TB_OK)
        return status;
    side->standings[number].wrong = side->standings[number].wrong || report.outputs_off;
    if (!asked->quiet && report.tensor_count)
        tell(m, c->text, &report);
    tb_numerics_report_free(&report);
    return TB_OK;
}

tb_status tb_measure_all_numerics(tb_measure *m, tb_measure_side *side, tb_error *err)
{
    tb_status status = TB_OK;
    for (int k = 0; status == TB_OK && k < side->plan->configuration_count; k++) {
        const tb_sweep_configuration *c = &side->plan->configurations[k];
        bool is_reference = !c->library && strcmp(c->engine->name, "native") == 0 &&
                            strcmp(c->delegate.canonical, m->request->numerics_against) == 0;
        if (side->standings[k].ok && !is_reference && !tb_interrupted())
            status = measure_configuration(m, side, k, err);
    }
    return status;
}
