/* Measuring a plan, unit by unit; see sweep.h. */
#include "bench/sweep.h"

#include <stdlib.h>
#include <string.h>

#include "bench/interrupt.h"
#include "bench/measure_accuracy.h"
#include "bench/measure_numerics.h"
#include "bench/settle.h"
#include "runtime/base/clock.h"

typedef struct sweep {
    const tb_sweep_plan *plan;
    tb_measure measure;
    tb_measure_side side;
    tb_settle *settles;    /* one a configuration, where there is a target; else NULL */
    int64_t *last_process; /* with it: the newest that counts, as the store numbers them */
} sweep;

/* Was the same already measured with another thread count, where threads do not matter? */
static bool is_collapsed(const sweep *s, int number)
{
    const tb_sweep_configuration *all = s->plan->configurations, *c = &all[number];
    for (int k = 0; k < s->plan->configuration_count; k++)
        if (k != number && s->side.standings[k].all_delegated && all[k].model == c->model &&
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

/* Runs one process; with a target, its samples count towards it. */
static tb_status run_task(sweep *s, const tb_measure_task *task, tb_error *err)
{
    tb_launch_result result;
    uint64_t begin_ns = tb_clock_ns();
    tb_status status = tb_measure_process(&s->measure, task, err, &result);
    tb_ingest *ingest = &s->measure.ingest;
    if (status != TB_OK || !s->settles || task->profile || task->evaluate ||
        result.status != TB_PROCESS_OK || !ingest->sample_count)
        return status;
    s->last_process[task->configuration] = ingest->process_id;
    tb_sort_doubles(ingest->latency_ns, ingest->sample_count);
    return tb_settle_add(&s->settles[task->configuration], ingest->latency_ns, ingest->sample_count,
                         tb_clock_ns() - begin_ns, err);
}

static tb_status run_unit(sweep *s, int number, tb_error *err)
{
    const tb_sweep_unit *unit = &s->plan->units[number];
    const tb_sweep_configuration *c = &s->plan->configurations[unit->configuration];
    tb_standing *st = &s->side.standings[unit->configuration];
    char text[200];
    snprintf(text, sizeof text, "%.150s%s", c->text,
             unit->profile    ? ", per-op profiling"
             : unit->evaluate ? ", accuracy"
                              : "");
    tb_progress_unit(&s->measure.progress, text, expected_ns(s->plan, unit));
    if (st->skipped || (!st->ended && is_collapsed(s, unit->configuration))) {
        if (!st->skipped)
            tb_progress_result(&s->measure.progress, false,
                               "left out: everything runs on the delegate's device, and was "
                               "measured with another thread count");
        st->skipped = true;
        return TB_OK;
    }
    tb_measure_task task = {
        .side = &s->side,
        .configuration = unit->configuration,
        .profile = unit->profile,
        .evaluate = unit->evaluate,
        .budget_ns = tb_sweep_unit_ns(s->plan, unit),
    };
    if (s->settles && !unit->profile && !unit->evaluate)
        task.block = unit->process;
    s->measure.order = number;
    return run_task(s, &task, err);
}

/* ---- until a target is reached ----------------------------------------------------------------- */

/* No process samples for longer: what differs between processes does not shrink with it. */
#define MOST_SAMPLE_NS UINT64_C(1000000000)

/* Time that the configuration's processes may take, profiled ones not counted. */
static uint64_t settle_budget_ns(const sweep *s)
{
    const tb_sweep_request *request = s->plan->request;
    return request->max_ns - (request->profile ? request->max_ns / 5 : 0);
}

static bool wants_more(const sweep *s, int k)
{
    const tb_standing *st = &s->side.standings[k];
    const tb_settle *settle = &s->settles[k];
    return !st->skipped && st->ok > 0 && st->ok == st->ended && settle->count > 0 &&
           settle->spent_ns + settle->spent_ns / settle->count <= settle_budget_ns(s) &&
           tb_settle_half_width(settle) > s->plan->request->target_ci;
}

static tb_status run_more(sweep *s, int k, int64_t block, tb_error *err)
{
    const tb_sweep_request *request = s->plan->request;
    const tb_settle *settle = &s->settles[k];
    uint64_t each_ns = settle->spent_ns / settle->count;
    char text[200];
    snprintf(text, sizeof text, "%.150s, +-%.2g %%", s->plan->configurations[k].text,
             tb_settle_half_width(settle) * 100);
    tb_progress_more(&s->measure.progress, 1, each_ns);
    tb_progress_unit(&s->measure.progress, text, each_ns);
    tb_measure_task task = {
        .side = &s->side,
        .configuration = k,
        .block = block,
        .budget_ns = settle_budget_ns(s) - settle->spent_ns,
        .min_ns = tb_settle_sample_ns(settle, request->min_ns / 4, MOST_SAMPLE_NS),
    };
    return run_task(s, &task, err);
}

/* What came of the target, in words where it was missed. */
static tb_status tell_target(sweep *s, int k, tb_error *err)
{
    double target = s->plan->request->target_ci;
    const tb_settle *settle = &s->settles[k];
    double half = tb_settle_half_width(settle);
    if (s->side.standings[k].skipped || settle->count < 2 || half <= target)
        return TB_OK;
    size_t needed = tb_settle_processes_for(settle, target);
    needed = needed > TB_SETTLE_PILOT ? needed : TB_SETTLE_PILOT;
    double each_s = (double)settle->spent_ns / (double)settle->count / 1e9;
    char message[300], so_far[80] = "";
    if (settle->count >= TB_SETTLE_PILOT)
        snprintf(so_far, sizeof so_far, "the median is known to +-%.2g %% after %zu processes; ",
                 half * 100, settle->count);
    snprintf(message, sizeof message,
             "too few samples: %s+-%.2g %% would take about %zu processes, --max-seconds %.0f",
             so_far, target * 100, needed, 1 + each_s * (double)needed);
    tb_progress_note(&s->measure.progress, "%s: %s", s->plan->configurations[k].text, message);
    tb_warning warning = {.kind = "too_few_samples", .severity = "warning", .message = message};
    return tb_store_add_warning(s->measure.store, s->measure.run_id, s->last_process[k], &warning,
                                err);
}

/* Blocks of one process a configuration, until each is settled or out of time. */
static tb_status settle_all(sweep *s, tb_error *err)
{
    tb_status status = TB_OK;
    int64_t block = s->plan->request->processes;
    for (bool more = true; more && status == TB_OK && !tb_interrupted(); block++) {
        more = false;
        for (int k = 0; k < s->plan->configuration_count && status == TB_OK; k++) {
            if (tb_interrupted() || !wants_more(s, k))
                continue;
            more = true;
            status = run_more(s, k, block, err);
        }
    }
    for (int k = 0; k < s->plan->configuration_count && status == TB_OK; k++)
        status = tell_target(s, k, err);
    return status;
}

/* ---- all of them ------------------------------------------------------------------------------- */

static void sum_up(const sweep *s, tb_sweep_result *out)
{
    int each = tb_sweep_processes(s->plan->request);
    *out = (tb_sweep_result){.run_id = s->measure.run_id, .interrupted = tb_interrupted()};
    for (int k = 0; k < s->plan->configuration_count; k++) {
        const tb_standing *st = &s->side.standings[k];
        if (st->skipped)
            continue;
        bool complete = st->ended >= each && st->ok == st->ended;
        out->ok += complete && !st->wrong;
        out->wrong += complete && st->wrong;
        out->failed += !complete;
    }
}

tb_exit tb_sweep_exit(const tb_sweep_result *result)
{
    return result->failed ? TB_EXIT_PARTIAL : result->wrong ? TB_EXIT_WORSE : TB_EXIT_OK;
}

static tb_status run_all(sweep *s, tb_store *store, tb_error *err, tb_sweep_result *out)
{
    uint64_t all_ns = 0;
    for (int k = 0; k < s->plan->unit_count; k++)
        all_ns += expected_ns(s->plan, &s->plan->units[k]);
    tb_status status = tb_measure_begin(&s->measure, s->plan->request, store, &s->side.build,
                                        s->plan->unit_count, all_ns, err);
    if (status != TB_OK)
        return status;
    for (int k = 0; k < s->plan->unit_count && status == TB_OK && !tb_interrupted(); k++)
        status = run_unit(s, k, err);
    if (status == TB_OK && s->settles)
        status = settle_all(s, err);
    if (status == TB_OK && s->plan->request->accuracy)
        status = tb_measure_pairs(&s->measure, &s->side, err);
    if (status == TB_OK && s->plan->request->numerics_against)
        status = tb_measure_all_numerics(&s->measure, &s->side, err);
    sum_up(s, out);
    return status == TB_OK ? tb_measure_end(&s->measure, (int)tb_sweep_exit(out), err) : status;
}

tb_status tb_sweep_run(const tb_sweep_plan *plan, tb_store *store, tb_error *err,
                       tb_sweep_result *out)
{
    sweep s = {.plan = plan};
    tb_arena arena = {0};
    tb_status status =
        tb_measure_side_open(&s.side, plan, NULL, plan->request->program, &arena, err);
    size_t count = (size_t)plan->configuration_count + 1;
    if (status == TB_OK && plan->request->target_ci > 0) {
        s.settles = calloc(count, sizeof *s.settles);
        s.last_process = calloc(count, sizeof *s.last_process);
        if (!s.settles || !s.last_process)
            status = tb_fail(err, TB_NO_MEMORY, "sweep: out of memory");
    }
    if (status == TB_OK)
        status = run_all(&s, store, err, out);
    for (size_t k = 0; s.settles && k < count; k++)
        tb_settle_free(&s.settles[k]);
    free(s.settles);
    free(s.last_process);
    tb_measure_free(&s.measure);
    tb_measure_side_close(&s.side);
    tb_arena_free(&arena);
    return status;
}
