/* Interleaved measuring of two sides; see pair.h. */
#include "bench/pair.h"

#include <stdlib.h>
#include <string.h>

#include "bench/interrupt.h"
#include "bench/measure_numerics.h"

static const char *const arms[] = {"base", "head"};

static tb_status open_side(tb_pair_run *run, int side, const char *text,
                           const tb_sweep_request *request, tb_error *err)
{
    tb_status status = tb_side_parse(text, &run->arena, err, &run->given[side]);
    if (status != TB_OK)
        return tb_in(err, "--%s", arms[side]);
    run->requests[side] = tb_side_request(&run->given[side], request);
    if (!run->requests[side].models.count)
        return tb_fail(err, TB_USAGE, "--%s %s: no model was given", arms[side], text);
    status = tb_sweep_plan_make(&run->requests[side], err, &run->plans[side]);
    if (status == TB_OK)
        status = tb_measure_side_open(&run->sides[side], &run->plans[side], arms[side],
                                      run->given[side].program, &run->arena, err);
    return status;
}

tb_status tb_pair_open(tb_pair_run *run, const char *base, const char *head,
                       const tb_sweep_request *request, tb_error *err)
{
    *run = (tb_pair_run){.process_ns = request->max_ns};
    tb_status status = open_side(run, 0, base, request, err);
    if (status == TB_OK)
        status = open_side(run, 1, head, request, err);
    if (status != TB_OK)
        return status;
    /* The job's text differs where a program is older: it must not read what it does not know. */
    run->count = run->plans[0].configuration_count;
    if (run->plans[1].configuration_count != run->count)
        return tb_fail(err, TB_USAGE,
                       "base has %d configurations and head %d: they are compared one by one",
                       run->count, run->plans[1].configuration_count);
    run->pairs = calloc((size_t)run->count + 1, sizeof *run->pairs);
    if (!run->pairs)
        return tb_fail(err, TB_NO_MEMORY, "comparison: out of memory");
    for (int k = 0; k < run->count; k++)
        run->pairs[k].text = run->plans[1].configurations[k].text;
    return TB_OK;
}

void tb_pair_close(tb_pair_run *run)
{
    for (int k = 0; run->pairs && k < run->count; k++) {
        for (int f = 0; f < TB_PAIR_FIGURES; f++) {
            free(run->pairs[k].value_ns[f]);
            free(run->pairs[k].level[f]);
        }
    }
    free(run->pairs);
    for (int side = 0; side < 2; side++) {
        if (run->sides[side].plan)
            tb_measure_side_close(&run->sides[side]);
        tb_sweep_plan_free(&run->plans[side]);
    }
    if (run->has_run)
        tb_measure_free(&run->measure);
    tb_arena_free(&run->arena);
    *run = (tb_pair_run){0};
}

tb_status tb_pair_begin(tb_pair_run *run, tb_store *store, int64_t blocks, tb_error *err)
{
    run->has_run = true;
    tb_worker_program own;
    tb_build driver;
    tb_status status = tb_worker_program_find(err, &own);
    if (status == TB_OK)
        status = tb_measure_own_build(own.path, &run->arena, err, &driver);
    if (status != TB_OK)
        return status;
    return tb_measure_begin(&run->measure, &run->requests[1], store, &driver,
                            (int)(blocks * TB_PAIR_BLOCK),
                            (uint64_t)blocks * TB_PAIR_BLOCK * run->process_ns, err);
}

static tb_status make_room(tb_pair *pair, tb_error *err)
{
    size_t room = pair->room ? 2 * pair->room : 64;
    for (int f = 0; f < TB_PAIR_FIGURES; f++) {
        double *values = realloc(pair->value_ns[f], room * sizeof *values);
        if (values)
            pair->value_ns[f] = values;
        tb_level_process *level = realloc(pair->level[f], room * sizeof *level);
        if (level)
            pair->level[f] = level;
        if (!values || !level)
            return tb_fail(err, TB_NO_MEMORY, "comparison: out of memory");
        for (size_t k = 0; k < pair->count; k++)
            pair->level[f][k].sorted = &pair->value_ns[f][k];
    }
    pair->room = room;
    return TB_OK;
}

static tb_status keep_process(tb_pair *pair, tb_ingest *ingest, int64_t block, bool head,
                              tb_error *err)
{
    double value_ns[TB_PAIR_FIGURES] = {
        [TB_PAIR_LOW] = tb_ingest_quantile_ns(ingest, TB_PAIR_LOW_QUANTILE),
        [TB_PAIR_MEDIAN] = tb_ingest_final_median_ns(ingest),
    };
    if (!(value_ns[TB_PAIR_LOW] > 0))
        return TB_OK;
    tb_status status = pair->count == pair->room ? make_room(pair, err) : TB_OK;
    if (status != TB_OK)
        return status;
    for (int f = 0; f < TB_PAIR_FIGURES; f++) {
        double *at = &pair->value_ns[f][pair->count];
        *at = value_ns[f];
        pair->level[f][pair->count] = (tb_level_process){at, 1, block, head};
    }
    pair->count++;
    return TB_OK;
}

static tb_status run_one(tb_pair_run *run, int number, int side, int64_t block, bool profile,
                         tb_error *err)
{
    tb_pair *pair = &run->pairs[number];
    char text[200];
    snprintf(text, sizeof text, "%.120s, %s%s", pair->text, arms[side],
             profile ? ", per-op profiling" : "");
    tb_progress_unit(&run->measure.progress, text, run->process_ns);
    tb_measure_task task = {
        .side = &run->sides[side],
        .configuration = number,
        .block = block,
        .profile = profile,
        .budget_ns = run->process_ns,
        /* Processes are short: a fifth of that shows too little of an op. */
        .min_ns = profile ? run->requests[side].min_ns : 0,
    };
    tb_launch_result result;
    tb_status status = tb_measure_process(&run->measure, &task, err, &result);
    if (status != TB_OK)
        return status;
    tb_ingest *ingest = &run->measure.ingest;
    if (result.status != TB_PROCESS_OK) {
        if (!pair->failure[0]) {
            snprintf(pair->failure, sizeof pair->failure, "%s", result.reason);
            pair->failed = result.status;
            pair->failed_head = side == 1;
        }
        return TB_OK;
    }
    if (profile || !ingest->sample_count)
        return TB_OK;
    return keep_process(pair, ingest, block, side == 1, err);
}

tb_status tb_pair_block(tb_pair_run *run, int number, bool profile, tb_error *err)
{
    tb_pair *pair = &run->pairs[number];
    int64_t block = run->next_block++;
    tb_status status = TB_OK;
    for (int k = 0; k < TB_PAIR_BLOCK && status == TB_OK && !tb_interrupted(); k++) {
        int side = (k == 1 || k == 2) != (block % 2 == 1); /* ABBA, then BAAB */
        status = run_one(run, number, side, block, profile, err);
        if (pair->failure[0])
            break;
    }
    if (!profile)
        pair->blocks++;
    return status;
}

static tb_status evaluate(tb_pair_run *run, int number, int side, tb_error *err)
{
    char text[200];
    snprintf(text, sizeof text, "%.120s, %s, accuracy", run->pairs[number].text, arms[side]);
    tb_progress_unit(&run->measure.progress, text, 0);
    tb_measure_task task = {.side = &run->sides[side], .configuration = number, .evaluate = true};
    tb_launch_result result;
    return tb_measure_process(&run->measure, &task, err, &result);
}

tb_status tb_pair_examine(tb_pair_run *run, tb_error *err)
{
    tb_status status = TB_OK;
    for (int side = 0; side < 2; side++) {
        const tb_sweep_request *request = &run->requests[side];
        for (int k = 0; request->accuracy && k < run->count && status == TB_OK; k++)
            if (!run->pairs[k].failure[0] && !tb_interrupted())
                status = evaluate(run, k, side, err);
        if (status == TB_OK && request->numerics_against)
            status = tb_measure_all_numerics(&run->measure, &run->sides[side], err);
    }
    return status;
}

tb_status tb_pair_end(tb_pair_run *run, int exit_code, tb_error *err)
{
    return tb_measure_end(&run->measure, exit_code, err);
}

static size_t first_of_stage(const tb_pair *pair)
{
    size_t first = 0;
    while (first < pair->count && pair->level[0][first].block < pair->first_block)
        first++;
    return first;
}

tb_ratio tb_pair_ratio(const tb_pair *pair, tb_pair_figure figure, double level)
{
    size_t first = first_of_stage(pair);
    if (first == pair->count)
        return (tb_ratio){.p = 1};
    return tb_ratio_of_processes(pair->level[figure] + first, pair->count - first, level, 2000, 1);
}

size_t tb_pair_blocks(const tb_pair *pair)
{
    return (pair->count - first_of_stage(pair)) / TB_PAIR_BLOCK;
}

bool tb_pair_is_nondeterministic(const tb_pair_run *run, int pair)
{
    return run->sides[0].standings[pair].outputs_changed ||
           run->sides[1].standings[pair].outputs_changed;
}

bool tb_pair_outputs_differ(const tb_pair_run *run, int pair)
{
    const char *base = run->sides[0].standings[pair].checksum;
    const char *head = run->sides[1].standings[pair].checksum;
    return *base && *head && strcmp(base, head) != 0;
}
