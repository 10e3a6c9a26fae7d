/*
 * From stored processes to result rows: one a configuration, build and arm of a run, with the
 * samples of all processes that count (ended well, not profiled) and every statistic of them.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "reports/describe.h"
#include "reports/selection.h"
#include "runtime/base/buf.h"
#include "runtime/base/size.h"

/* Of processes that evaluate a data set these alone count. */
#define ACCURACY_PHASE "accuracy"

/* A result being put together. */
typedef struct group {
    tb_process_row **rows; /* borrowed from the run's */
    size_t count;
    tb_result *result;
} group;

typedef struct build_state {
    const tb_selection *selection;
    tb_pool *pool;
    tb_run_summary run;
    tb_array warnings; /* tb_warning_row of the run */
    tb_error *err;
} build_state;

static bool same_text(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

static bool row_counts(const tb_process_row *row)
{
    return row->status == TB_PROCESS_OK && row->process.profiled.value == 0 && !row->process.task;
}

/* Appends "text" to a list separated by ; unless it is there. */
static void add_to_list(tb_buf *list, const char *text)
{
    if (tb_list_has(tb_buf_text(list), text, strlen(text)))
        return;
    if (list->size)
        tb_buf_append_text(list, ";");
    tb_buf_append_text(list, text);
}

/* The list as a pooled text, NULL where empty; frees it. */
static const char *take_list(tb_pool *pool, tb_buf *list)
{
    const char *text = list->size ? tb_pool_text(pool, tb_buf_text(list)) : NULL;
    tb_buf_free(list);
    return text;
}

static const char *iso_time(tb_pool *pool, int64_t unix_ms)
{
    time_t seconds = (time_t)(unix_ms / 1000);
    struct tm parts;
    char text[32];
    if (!gmtime_r(&seconds, &parts) || !strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts))
        return NULL;
    return tb_pool_text(pool, text);
}

/* ---- what ran ---- */

/* "gpu 17/31 nodes, 3 partitions": the delegate's name without its options. */
static const char *label_of_plan(tb_pool *pool, const tb_process_row *row)
{
    const tb_plan *plan = &row->plan;
    if (!row->plan_id || !plan->nodes_total.known)
        return NULL;
    long long total = (long long)plan->nodes_total.value;
    long long taken = (long long)plan->nodes_delegated.value;
    if (!plan->nodes_delegated.known || taken == 0)
        return tb_pool_printf(pool, "portable kernels, %lld node%s", total, total == 1 ? "" : "s");
    const char *name = plan->delegate ? plan->delegate : row->configuration.delegate;
    int length = name ? (int)strcspn(name, ":") : 0;
    long long partitions = (long long)plan->partitions.value;
    if (!plan->partitions.known)
        return tb_pool_printf(pool, "%.*s %lld/%lld nodes", length, name ? name : "", taken, total);
    return tb_pool_printf(pool, "%.*s %lld/%lld nodes, %lld partition%s", length, name ? name : "",
                          taken, total, partitions, partitions == 1 ? "" : "s");
}

/* The worst verdict of any process, with what it says; unknown where none was checked. */
static void set_verdict(const group *members, tb_result_row *row)
{
    static const char *const from_worst[] = {"wrong", "not verifiable on noise", "ok",
                                             "not checked"};
    for (size_t v = 0; v < TB_COUNT_OF(from_worst); v++)
        for (size_t i = 0; i < members->count; i++)
            if (same_text(members->rows[i]->outcome.check_verdict, from_worst[v])) {
                row->check_verdict = from_worst[v];
                row->check_detail = members->rows[i]->outcome.check_detail;
                return;
            }
}

/* The outputs of the first inference; of the last where a file is older (a model with state then
   gives others after other numbers of inferences, and is not told apart). */
static const char *checksum_of(const tb_process_row *row)
{
    const tb_outcome *outcome = &row->outcome;
    return outcome->first_output_checksum ? outcome->first_output_checksum
                                          : outcome->output_checksum;
}

/* Do two processes with the same inputs give different outputs? */
static bool outputs_differ(const group *members)
{
    for (size_t i = 0; i < members->count; i++) {
        const tb_process_row *a = members->rows[i];
        for (size_t k = i + 1; checksum_of(a) && k < members->count; k++) {
            const tb_process_row *b = members->rows[k];
            if (checksum_of(b) && same_text(a->process.input, b->process.input) &&
                !same_text(checksum_of(a), checksum_of(b)))
                return true;
        }
    }
    return false;
}

static void set_plan_fields(build_state *state, const group *members)
{
    tb_result *result = members->result;
    tb_buf fingerprints = {0};
    for (size_t i = 0; i < members->count; i++) {
        const tb_process_row *row = members->rows[i];
        if (!row->plan_id)
            continue;
        if (!result->plan_id) {
            result->plan_id = row->plan_id;
            result->row.ran = label_of_plan(state->pool, row);
            result->partitions = row->plan.partitions;
            result->row.nodes_total = row->plan.nodes_total;
            result->row.nodes_delegated = row->plan.nodes_delegated;
        }
        if (row->plan_fingerprint)
            add_to_list(&fingerprints, row->plan_fingerprint);
    }
    result->row.plan_fingerprint = take_list(state->pool, &fingerprints);
}

/* Stored warnings of the result's processes, then those its samples and plans call for. */
static void set_warnings(build_state *state, const group *members)
{
    tb_result *result = members->result;
    tb_buf kinds = {0};
    const tb_warning_row *stored = state->warnings.items;
    for (size_t w = 0; w < state->warnings.count; w++)
        for (size_t i = 0; i < members->count; i++)
            if (stored[w].process_id == members->rows[i]->process_id && stored[w].warning.kind)
                add_to_list(&kinds, stored[w].warning.kind);
    if (result->status == TB_PROCESS_RUNNING)
        add_to_list(&kinds, "unfinished");
    if (result->sample_count && result->summary.median_interval.level == 0)
        add_to_list(&kinds, "few_samples");
    if (result->sample_count > 1 && result->summary.unstable)
        add_to_list(&kinds, "unstable");
    if (result->row.plan_fingerprint && strchr(result->row.plan_fingerprint, ';'))
        add_to_list(&kinds, "plan_changed");
    if (outputs_differ(members))
        add_to_list(&kinds, "nondeterministic");
    result->row.warnings = take_list(state->pool, &kinds);
}

/* ---- samples ---- */

static tb_status read_group_samples(build_state *state, const group *members)
{
    tb_result *result = members->result;
    tb_array samples = {.item_size = sizeof(uint64_t)};
    for (size_t i = 0; i < members->count; i++) {
        result->processes[i].first_sample = samples.count;
        if (!result->processes[i].counts)
            continue;
        tb_status status = tb_read_samples(state->selection->store, result->processes[i].process_id,
                                           state->pool, state->err, &samples);
        if (status != TB_OK)
            return status;
        result->processes[i].sample_count = samples.count - result->processes[i].first_sample;
    }
    result->latency_ns = samples.items;
    result->sample_count = samples.count;
    double *sorted = tb_pool_take(state->pool, samples.count, sizeof *sorted);
    double *scratch = malloc((samples.count + 1) * sizeof *scratch);
    if (sorted && scratch) {
        for (size_t i = 0; i < samples.count; i++)
            sorted[i] = (double)result->latency_ns[i];
        tb_sort_doubles(sorted, samples.count);
        result->summary = tb_summarise_sorted(sorted, samples.count, scratch);
    }
    free(scratch);
    result->sorted_ns = sorted;
    return sorted && scratch ? TB_OK : tb_pool_check(NULL, state->err);
}

static void set_statistics(build_state *state, tb_result *result)
{
    tb_result_row *row = &result->row;
    const tb_summary *summary = &result->summary;
    row->samples = tb_int((int64_t)summary->count);
    if (summary->count == 0)
        return;
    row->median_ns = tb_num(summary->median);
    if (summary->median_interval.level > 0) {
        row->median_low_ns = tb_num(summary->median_interval.low);
        row->median_high_ns = tb_num(summary->median_interval.high);
    }
    row->mean_ns = tb_num(summary->mean);
    if (summary->count > 1)
        row->stddev_ns = tb_num(summary->stddev);
    row->mad_ns = tb_num(summary->mad);
    row->min_ns = tb_num(summary->min);
    row->max_ns = tb_num(summary->max);
    row->outliers = tb_int((int64_t)summary->outliers_far);
    const struct {
        tb_real *field;
        double value;
        size_t least; /* below, the percentile is just the maximum */
        bool ok;
        const char *name;
    } percentiles[] = {
        {&row->p90_ns, summary->p90, 10, summary->p90_ok, "p90"},
        {&row->p95_ns, summary->p95, 20, summary->p95_ok, "p95"},
        {&row->p99_ns, summary->p99, 100, summary->p99_ok, "p99"},
    };
    tb_buf reliable = {0};
    for (size_t i = 0; i < TB_COUNT_OF(percentiles); i++) {
        if (summary->count >= percentiles[i].least)
            *percentiles[i].field = tb_num(percentiles[i].value);
        if (percentiles[i].ok)
            add_to_list(&reliable, percentiles[i].name);
    }
    row->percentiles_ok = take_list(state->pool, &reliable);
}

/* ---- figures ---- */

typedef enum over { over_median, over_max } over;

static const struct {
    size_t offset; /* of a tb_real in tb_result_row */
    const char *phase, *metric;
    over over;
} figure_fields[] = {
#define TB_RESULT_FIGURE(name, phase, metric, how, doc) \
    {offsetof(tb_result_row, name), phase, metric, over_##how},
#include "reports/record.def"
};

static double combine(double *values, size_t count, over how)
{
    tb_sort_doubles(values, count);
    return how == over_max ? values[count - 1] : tb_median_sorted(values, count);
}

static tb_status set_figures(build_state *state, const group *members)
{
    tb_array figures = {.item_size = sizeof(tb_figure_row)};
    for (size_t i = 0; i < members->count; i++) {
        const tb_process_row *row = members->rows[i];
        bool evaluated = row->status == TB_PROCESS_OK && row->process.task;
        if (!members->result->processes[i].counts && !evaluated)
            continue;
        tb_status status =
            tb_read_figures(state->selection->store, state->run.run_id, row->process_id,
                            evaluated ? ACCURACY_PHASE : NULL, state->pool, state->err, &figures);
        if (status != TB_OK)
            return status;
    }
    double *values = malloc((figures.count + 1) * sizeof *values);
    if (!values)
        return tb_pool_check(NULL, state->err);
    const tb_figure_row *items = figures.items;
    for (size_t i = 0; i < figures.count; i++)
        if (same_text(items[i].figure.phase, ACCURACY_PHASE) &&
            same_text(items[i].figure.metric, "score"))
            members->result->row.accuracy_metric = items[i].figure.unit;
    for (size_t f = 0; f < TB_COUNT_OF(figure_fields); f++) {
        size_t count = 0;
        for (size_t i = 0; i < figures.count; i++) {
            const tb_figure *figure = &items[i].figure;
            if (figure->value.known && same_text(figure->phase, figure_fields[f].phase) &&
                same_text(figure->metric, figure_fields[f].metric) &&
                (!figure->owner || !*figure->owner))
                values[count++] = figure->value.value;
        }
        if (count) {
            tb_real combined = tb_num(combine(values, count, figure_fields[f].over));
            memcpy((char *)&members->result->row + figure_fields[f].offset, &combined,
                   sizeof combined);
        }
    }
    free(values);
    return TB_OK;
}

/* ---- one result ---- */

static void set_identity(build_state *state, const group *members)
{
    const tb_process_row *first = members->rows[0];
    tb_result *result = members->result;
    result->run_id = state->run.run_id;
    result->configuration_id = first->configuration_id;
    result->build_id = first->build_id;
    result->model_id = first->model_id;
    result->binary_bytes = first->build.binary_bytes;
    tb_result_row *row = &result->row;
    row->run = tb_int(state->run.run_id);
    row->started = iso_time(state->pool, state->run.started_unix_ms);
    row->labels = state->run.labels;
    row->device = state->run.device.name;
    row->model = first->model.name;
    row->model_sha256 = first->model.sha256;
    row->model_bytes = first->model.size_bytes;
    row->engine = first->configuration.engine;
    row->engine_version = first->build.engine_version;
    row->git_revision = first->build.git_revision;
    row->arm = first->process.arm;
    row->delegate = first->configuration.delegate;
    row->threads = first->configuration.threads;
    row->options = first->configuration.options;
}

/* Status and reason of the worst process, and who counts. */
static void set_outcome(const group *members)
{
    tb_result *result = members->result;
    const tb_process_row *worst = members->rows[0];
    int64_t counted = 0;
    bool evaluated = false;
    for (size_t i = 0; i < members->count; i++) {
        const tb_process_row *row = members->rows[i];
        tb_result_process *process = &result->processes[i];
        process->process_id = row->process_id;
        process->plan_id = row->plan_id;
        process->process = row->process;
        process->outcome = row->outcome;
        process->status = row->status;
        process->counts = row_counts(row);
        counted += process->counts;
        evaluated = evaluated || row->process.task;
        if (row->status > worst->status)
            worst = row;
    }
    result->process_count = members->count;
    result->status = worst->status;
    result->row.processes = tb_int((int64_t)members->count);
    result->row.processes_ok = tb_int(counted);
    result->row.status =
        worst->status == TB_PROCESS_RUNNING ? "unfinished" : tb_process_status_text(worst->status);
    set_verdict(members, &result->row);
    if (worst->status == TB_PROCESS_RUNNING)
        result->row.reason = "the driver ended before this process did, or both still run";
    else if (worst->status != TB_PROCESS_OK)
        result->row.reason = worst->outcome.reason;
    else if (counted == 0 && !evaluated)
        result->row.reason = "only profiled processes, which make no headline figures";
}

static tb_status complete(build_state *state, const group *members)
{
    tb_result *result = members->result;
    result->processes = tb_pool_take(state->pool, members->count, sizeof *result->processes);
    if (!result->processes)
        return tb_pool_check(state->pool, state->err);
    set_identity(state, members);
    set_outcome(members);
    tb_status status = read_group_samples(state, members);
    if (status == TB_OK)
        status = set_figures(state, members);
    if (status != TB_OK)
        return status;
    set_statistics(state, result);
    if (result->row.processes_ok.value && !result->sample_count && !result->row.reason)
        result->row.reason = "no samples were stored";
    set_plan_fields(state, members);
    set_warnings(state, members);
    return TB_OK;
}

/* ---- grouping ---- */

/* Who evaluates is another program than who measures: of the same sources they are one build. */
static bool same_build(const tb_process_row *first, const tb_process_row *row)
{
    return first->build_id == row->build_id ||
           (row->process.task && row->build.git_revision &&
            same_text(first->build.git_revision, row->build.git_revision) &&
            same_text(first->build.engine, row->build.engine));
}

static bool belongs(const group *members, const tb_process_row *row)
{
    const tb_process_row *first = members->rows[0];
    return first->configuration_id == row->configuration_id && same_build(first, row) &&
           same_text(first->process.arm, row->process.arm);
}

static tb_status put_in_group(build_state *state, tb_process_row *row, size_t room,
                              tb_array *groups)
{
    group *found = NULL;
    for (size_t g = 0; g < groups->count && !found; g++)
        if (belongs((group *)groups->items + g, row))
            found = (group *)groups->items + g;
    if (!found) {
        found = tb_array_push(state->pool, groups);
        if (found)
            found->rows = tb_pool_take(state->pool, room, sizeof *found->rows);
        if (!found || !found->rows)
            return tb_pool_check(state->pool, state->err);
    }
    found->rows[found->count++] = row;
    return TB_OK;
}

/* Makes the groups of a run's processes: first those that measured, so that the others find theirs. */
static tb_status group_processes(build_state *state, const tb_process_rows *rows, tb_array *groups,
                                 size_t *left_out)
{
    tb_status status = TB_OK;
    for (int tasks = 0; tasks < 2; tasks++)
        for (size_t i = 0; i < rows->count && status == TB_OK; i++) {
            tb_process_row *row = &rows->items[i];
            if ((row->process.task != NULL) != (tasks == 1))
                continue;
            if (tb_selection_takes(state->selection, row))
                status = put_in_group(state, row, rows->count, groups);
            else
                ++*left_out;
        }
    return status;
}

static int compare_texts(const char *a, const char *b)
{
    return strcmp(a ? a : "", b ? b : "");
}

static int compare_results(const void *left, const void *right)
{
    const tb_result_row *a = &((const tb_result *)left)->row;
    const tb_result_row *b = &((const tb_result *)right)->row;
    if (a->run.value != b->run.value)
        return a->run.value < b->run.value ? 1 : -1;
    const char *const texts[][2] = {{a->model, b->model},
                                    {a->model_sha256, b->model_sha256},
                                    {a->engine, b->engine},
                                    {a->delegate, b->delegate}};
    for (size_t i = 0; i < TB_COUNT_OF(texts); i++)
        if (compare_texts(texts[i][0], texts[i][1]))
            return compare_texts(texts[i][0], texts[i][1]);
    if (a->threads.value != b->threads.value)
        return a->threads.value < b->threads.value ? -1 : 1;
    if (compare_texts(a->options, b->options))
        return compare_texts(a->options, b->options);
    return compare_texts(a->arm, b->arm);
}

static tb_status add_run(build_state *state, int64_t run_id, tb_array *results, size_t *left_out)
{
    tb_store *store = state->selection->store;
    tb_process_rows rows = {0};
    tb_array groups = {.item_size = sizeof(group)};
    state->warnings = (tb_array){.item_size = sizeof(tb_warning_row)};
    tb_status status = tb_read_run(store, run_id, state->pool, state->err, &state->run);
    if (status == TB_OK)
        status = tb_read_processes(store, run_id, state->pool, state->err, &rows);
    if (status == TB_OK)
        status = tb_read_warnings(store, run_id, state->pool, state->err, &state->warnings);
    if (status == TB_OK)
        status = group_processes(state, &rows, &groups, left_out);
    for (size_t g = 0; status == TB_OK && g < groups.count; g++) {
        group *members = (group *)groups.items + g;
        members->result = tb_array_push(state->pool, results);
        status =
            members->result ? complete(state, members) : tb_pool_check(state->pool, state->err);
    }
    return status;
}

tb_status tb_selection_results(const tb_selection *selection, tb_error *err, tb_results *results)
{
    *results = (tb_results){.pool = tb_pool_create()};
    build_state state = {.selection = selection, .pool = results->pool, .err = err};
    tb_array array = {.item_size = sizeof(tb_result)};
    size_t left_out = 0;
    tb_status status = tb_pool_check(results->pool, err);
    for (size_t i = 0; status == TB_OK && i < selection->runs.count; i++)
        status = add_run(&state, selection->runs.items[i], &array, &left_out);
    if (status == TB_OK)
        status = tb_pool_check(results->pool, err);
    if (status == TB_OK && array.count == 0 && left_out > 0)
        status = tb_fail(err, TB_NOT_FOUND,
                         "%s: none of the %zu measurements of %s meets the conditions",
                         tb_store_path(selection->store), left_out, selection->name);
    if (status != TB_OK) {
        tb_results_free(results);
        return status;
    }
    results->items = array.items;
    results->count = array.count;
    if (results->count)
        qsort(results->items, results->count, sizeof *results->items, compare_results);
    return TB_OK;
}

void tb_results_free(tb_results *results)
{
    tb_pool_free(results->pool);
    *results = (tb_results){0};
}
