/* Measuring a plan, unit by unit; see sweep.h. */
#include "bench/sweep.h"

#include <string.h>

#include "bench/interrupt.h"
#include "bench/measure_accuracy.h"
#include "bench/measure_numerics.h"

typedef struct sweep {
    const tb_sweep_plan *plan;
    tb_measure measure;
    tb_measure_side side;
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
    s->measure.order = number;
    tb_launch_result result;
    return tb_measure_process(&s->measure, &task, err, &result);
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
    tb_status status = tb_measure_side_open(&s.side, plan, NULL, NULL, &arena, err);
    if (status == TB_OK)
        status = run_all(&s, store, err, out);
    tb_measure_free(&s.measure);
    tb_measure_side_close(&s.side);
    tb_arena_free(&arena);
    return status;
}
