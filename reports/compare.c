/* Matching results of two sides and comparing their metrics; see compare.h. */
#include "reports/compare.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reports/describe.h"
#include "reports/selection.h"
#include "reports/stats_tests.h"
#include "reports/store_read.h"
#include "runtime/base/size.h"

#define RESAMPLES   2000
#define LEAST_SCORE 1e-9 /* in the place of 0, which has no ratio */
#define LEVEL       0.95
#define IGNORED     0.005 /* a difference that nobody calls one */
#define ONE_PROCESS 0.05  /* and where it might be just that process */

enum { LOWER, HIGHER };

static const tb_metric_info metric_rows[] = {
#define X(id, key, title, unit, better, deterministic) \
    {key, title, unit, better == HIGHER, deterministic},
    TB_METRIC_LIST(X)
#undef X
};

const tb_metric_info *tb_metric_about(tb_metric metric)
{
    return &metric_rows[metric];
}

double tb_metric_offset(tb_metric metric)
{
    return metric == TB_METRIC_LEFT_BEHIND || metric == TB_METRIC_NOISE ? 1 : 0;
}

tb_metric tb_metric_find(const char *key)
{
    for (size_t k = 0; k < TB_COUNT_OF(metric_rows); k++)
        if (strcmp(metric_rows[k].key, key) == 0)
            return (tb_metric)k;
    return TB_METRIC_COUNT;
}

/* ---- sides ---- */

/* All results of one configuration and build on one side, over all of its runs. */
typedef struct member {
    const tb_result *newest;
    const tb_result **results;
    size_t count;
    double *sorted; /* samples of every process that counts, ascending, one process after another */
    bool taken;
} member;

typedef struct side {
    const tb_selection *selection;
    const tb_results *results;
    tb_figure_values figures; /* of the processes */
    member *members;
    size_t count;
} side;

typedef struct compare_state {
    tb_compared *out;
    side sides[2];
    bool by_arm;
    tb_pool *pool;
    tb_error *err;
} compare_state;

static bool same_text(const char *a, const char *b)
{
    return strcmp(a ? a : "", b ? b : "") == 0;
}

/* What may differ between a configuration and its like, the least telling first. */
enum { LIKE_OPTIONS = 1, LIKE_ENGINE = 2, LIKE_THREADS = 4, LIKE_DELEGATE = 8, LIKE_MODEL = 16 };

static bool alike(const tb_result *a, const tb_result *b, unsigned may_differ)
{
    const tb_result_row *x = &a->row, *y = &b->row;
    return (may_differ & LIKE_MODEL || same_text(x->model, y->model)) &&
           (may_differ & LIKE_ENGINE || same_text(x->engine, y->engine)) &&
           (may_differ & LIKE_DELEGATE || same_text(x->delegate, y->delegate)) &&
           (may_differ & LIKE_THREADS || x->threads.value == y->threads.value) &&
           (may_differ & LIKE_OPTIONS || same_text(x->options, y->options));
}

static tb_status gather(compare_state *state, int number, const tb_results *results)
{
    side *s = &state->sides[number];
    s->results = results;
    s->members = tb_pool_take(state->pool, results->count + 1, sizeof *s->members);
    if (!s->members)
        return tb_pool_check(NULL, state->err);
    for (size_t i = 0; i < results->count; i++) {
        const tb_result *result = &results->items[i];
        if (state->by_arm && !same_text(result->row.arm, number ? "head" : "base"))
            continue;
        member *found = NULL;
        for (size_t m = 0; m < s->count && !found; m++)
            if (alike(s->members[m].newest, result, 0))
                found = &s->members[m];
        if (!found) {
            found = &s->members[s->count++];
            found->newest = result;
            found->results = tb_pool_take(state->pool, results->count - i, sizeof *found->results);
            if (!found->results)
                return tb_pool_check(NULL, state->err);
        }
        found->results[found->count++] = result;
    }
    return tb_read_figure_values(s->selection, state->pool, state->err, &s->figures);
}

/* ---- values of a metric ---- */

typedef struct values {
    tb_level_process *items; /* one value a process */
    double *numbers;
    size_t count, room;
} values;

static void add_value(values *all, double value, int64_t block, bool head)
{
    if (!(value > 0) || !isfinite(value) || all->count == all->room)
        return;
    all->numbers[all->count] = value;
    all->items[all->count] = (tb_level_process){&all->numbers[all->count], 1, block, head};
    all->count++;
}

/* A block is of its run. */
static int64_t block_of(const tb_result *result, const tb_result_process *process)
{
    return result->run_id * 1000000 + process->process.block.value;
}

static double sample_metric(tb_metric metric, const double *sorted, size_t count)
{
    switch (metric) {
    case TB_METRIC_P90:
        return tb_quantile_sorted(sorted, count, 0.90);
    case TB_METRIC_P95:
        return tb_quantile_sorted(sorted, count, 0.95);
    case TB_METRIC_P99:
        return tb_quantile_sorted(sorted, count, 0.99);
    case TB_METRIC_THROUGHPUT:
        return 1e9 / tb_mean(sorted, count);
    default:
        return tb_median_sorted(sorted, count);
    }
}

static size_t samples_needed(tb_metric metric)
{
    return metric == TB_METRIC_P90   ? tb_percentile_min_count(0.90)
           : metric == TB_METRIC_P95 ? tb_percentile_min_count(0.95)
           : metric == TB_METRIC_P99 ? tb_percentile_min_count(0.99)
                                     : 1;
}

static bool is_error(const char *accuracy_metric)
{
    return same_text(accuracy_metric, "mae") || same_text(accuracy_metric, "rmse");
}

/* Of a process that compared tensors, which makes no other figure. */
static double noise_of(const side *s, const tb_result *result)
{
    /* Ours without a delegate is what others are compared with. */
    if (same_text(result->row.engine, "native") && same_text(result->row.delegate, "reference"))
        return tb_metric_offset(TB_METRIC_NOISE);
    for (size_t k = 0; k < s->figures.count; k++) {
        const tb_figure_value_row *row = &s->figures.items[k];
        if (!same_text(row->phase, "numerics") || !same_text(row->metric, "output_noise"))
            continue;
        for (size_t p = 0; p < result->process_count; p++)
            if (result->processes[p].process_id == row->process_id)
                return row->value + tb_metric_offset(TB_METRIC_NOISE);
    }
    return 0;
}

/* The result's own figure, one value for all of its processes; 0: none. */
static double result_metric(tb_metric metric, const side *s, const tb_result *result)
{
    const tb_result_row *row = &result->row;
    switch (metric) {
    case TB_METRIC_MODEL_BYTES:
        return (double)row->model_bytes.value;
    case TB_METRIC_BINARY_BYTES:
        return (double)result->binary_bytes.value;
    case TB_METRIC_PARTITIONS:
        return (double)result->partitions.value;
    case TB_METRIC_NODES:
        return (double)row->nodes_total.value;
    case TB_METRIC_LEFT_BEHIND:
        return row->nodes_total.known && row->nodes_delegated.known
                   ? (double)(row->nodes_total.value - row->nodes_delegated.value) +
                         tb_metric_offset(metric)
                   : 0;
    case TB_METRIC_ACCURACY:
    case TB_METRIC_TASK_ERROR:
        /* None right, or no error at all, is a value, too. */
        return row->accuracy.known &&
                       is_error(row->accuracy_metric) == (metric == TB_METRIC_TASK_ERROR)
                   ? fmax(row->accuracy.value, LEAST_SCORE)
                   : 0;
    case TB_METRIC_NOISE:
        return noise_of(s, result);
    default:
        return 0;
    }
}

static double process_metric(tb_metric metric, const side *s, int64_t process_id)
{
    const tb_figure_values *figures = &s->figures;
    switch (metric) {
    case TB_METRIC_PREPARE:
        return tb_figure_value(figures, process_id, "delegate", "duration_ns") +
               tb_figure_value(figures, process_id, "allocate", "duration_ns");
    case TB_METRIC_STARTUP: {
        double load = tb_figure_value(figures, process_id, "load", "duration_ns");
        double first = tb_figure_value(figures, process_id, "first_invoke", "duration_ns");
        return load > 0 && first > 0
                   ? load + first +
                         tb_figure_value(figures, process_id, "delegate", "duration_ns") +
                         tb_figure_value(figures, process_id, "allocate", "duration_ns")
                   : 0;
    }
    case TB_METRIC_RSS:
        return tb_figure_value(figures, process_id, "steady", "rss_bytes");
    case TB_METRIC_PEAK_RSS:
        return tb_figure_value(figures, process_id, "process", "peak_rss_bytes");
    case TB_METRIC_ENERGY:
        return tb_figure_value(figures, process_id, "steady", "energy_uj");
    case TB_METRIC_ARENA:
        return tb_figure_value(figures, process_id, "allocate", "arena_bytes");
    case TB_METRIC_OWNED:
        return tb_figure_value(figures, process_id, "first_invoke", "owned_peak_bytes");
    default:
        return 0;
    }
}

static void add_member_values(const side *s, const member *m, tb_metric metric, bool head,
                              values *all)
{
    const double *sorted = m->sorted;
    for (size_t r = 0; r < m->count; r++) {
        const tb_result *result = m->results[r];
        double whole = result_metric(metric, s, result);
        for (size_t p = 0; p < result->process_count; p++) {
            const tb_result_process *process = &result->processes[p];
            if (!process->counts)
                continue;
            double value = whole;
            if (metric <= TB_METRIC_THROUGHPUT && process->sample_count) {
                value = sample_metric(metric, sorted, process->sample_count);
                sorted += process->sample_count;
            } else if (metric > TB_METRIC_THROUGHPUT && !(value > 0)) {
                value = process_metric(metric, s, process->process_id);
            }
            add_value(all, value, block_of(result, process), head);
        }
    }
}

static double median_of_side(const values *all, bool head, double *scratch)
{
    size_t count = 0;
    for (size_t i = 0; i < all->count; i++)
        if (all->items[i].head == head)
            scratch[count++] = all->numbers[i];
    tb_sort_doubles(scratch, count);
    return count ? tb_median_sorted(scratch, count) : 0;
}

static size_t process_count(const member *m)
{
    size_t count = 0;
    for (size_t r = 0; r < m->count; r++)
        count += m->results[r]->process_count;
    return count;
}

static size_t sample_count(const member *m)
{
    size_t count = 0;
    for (size_t r = 0; r < m->count; r++)
        count += m->results[r]->sample_count;
    return count;
}

/* One process a side: all that is known are its samples. */
static bool one_process_each(const values *all, const member *base, const member *head)
{
    return all->count == 2 && base->count == 1 && head->count == 1;
}

static void compare_metric(compare_state *state, tb_metric metric, const member *base,
                           const member *head, values *all, double *scratch,
                           tb_metric_change *change)
{
    all->count = 0;
    add_member_values(&state->sides[0], base, metric, false, all);
    add_member_values(&state->sides[1], head, metric, true, all);
    *change = (tb_metric_change){.p = 1};
    double of_base = median_of_side(all, false, scratch), of_head;
    of_head = median_of_side(all, true, scratch);
    if (!(of_base > 0) || !(of_head > 0))
        return;
    change->known = true;
    change->base = of_base;
    change->head = of_head;
    change->base -= tb_metric_offset(metric);
    change->head -= tb_metric_offset(metric);
    if (metric == TB_METRIC_MEDIAN && one_process_each(all, base, head)) {
        tb_level_process two[] = {{base->newest->sorted_ns, base->newest->sample_count, 0, false},
                                  {head->newest->sorted_ns, head->newest->sample_count, 0, true}};
        change->ratio = tb_ratio_of_processes(two, 2, LEVEL, RESAMPLES, 1);
    } else {
        change->ratio = tb_ratio_of_processes(all->items, all->count, LEVEL, RESAMPLES, 1);
    }
    if (metric_rows[metric].deterministic)
        change->ratio.ratio = of_head / of_base;
    change->p = change->ratio.p;
    size_t least = samples_needed(metric);
    change->unreliable = sample_count(base) < least || sample_count(head) < least;
}

/* ---- one comparison ---- */

static const char *failure_of(const member *m, const char *which, tb_pool *pool)
{
    for (size_t r = 0; r < m->count; r++) {
        const tb_result *result = m->results[r];
        if (result->status != TB_PROCESS_OK)
            return tb_pool_printf(pool, "%s %s: %s", which,
                                  result->row.status ? result->row.status : "failed",
                                  result->row.reason ? result->row.reason : "no reason is known");
    }
    return sample_count(m) ? NULL : tb_pool_printf(pool, "%s has no samples", which);
}

static tb_status sort_samples(member *m, tb_pool *pool, tb_error *err)
{
    m->sorted = tb_pool_take(pool, sample_count(m) + 1, sizeof *m->sorted);
    if (!m->sorted)
        return tb_pool_check(NULL, err);
    double *next = m->sorted;
    for (size_t r = 0; r < m->count; r++)
        for (size_t p = 0; p < m->results[r]->process_count; p++) {
            const tb_result_process *process = &m->results[r]->processes[p];
            if (!process->counts)
                continue;
            for (size_t i = 0; i < process->sample_count; i++)
                next[i] = (double)m->results[r]->latency_ns[process->first_sample + i];
            tb_sort_doubles(next, process->sample_count);
            next += process->sample_count;
        }
    return TB_OK;
}

static bool has_warning(const member *m, const char *kind)
{
    for (size_t r = 0; r < m->count; r++)
        if (tb_list_has(m->results[r]->row.warnings, kind, strlen(kind)))
            return true;
    return false;
}

static const char *name_of(const tb_result *result, tb_pool *pool)
{
    tb_naming naming = {.threads = true, .engine = !same_text(result->row.engine, "native")};
    tb_buf text = {0};
    tb_buf_printf(&text, "%s, ", result->row.model ? result->row.model : "unnamed model");
    tb_describe_configuration(result, &naming, &text);
    const char *kept = tb_pool_text(pool, tb_buf_text(&text));
    tb_buf_free(&text);
    return kept;
}

/* The last that compared tensors; 0: none did. */
static int64_t numerics_process(const tb_result *result)
{
    for (size_t k = result->process_count; k > 0; k--) {
        const tb_result_process *process = &result->processes[k - 1];
        if (process->status == TB_PROCESS_OK && process->process.task &&
            strncmp(process->process.task, "task=numerics;", 14) == 0)
            return process->process_id;
    }
    return 0;
}

/* Like the newest result, with the processes of all: what per-op times are taken from. */
static tb_status all_processes(const member *m, tb_pool *pool, tb_error *err, tb_result *out)
{
    *out = *m->newest;
    out->processes = tb_pool_take(pool, process_count(m) + 1, sizeof *out->processes);
    if (!out->processes)
        return tb_pool_check(NULL, err);
    out->process_count = 0;
    for (size_t r = 0; r < m->count; r++) {
        memcpy(out->processes + out->process_count, m->results[r]->processes,
               m->results[r]->process_count * sizeof *out->processes);
        out->process_count += m->results[r]->process_count;
    }
    return TB_OK;
}

static const char *first_checksum(const member *m)
{
    for (size_t p = 0; p < m->newest->process_count; p++) {
        const tb_outcome *outcome = &m->newest->processes[p].outcome;
        if (outcome->first_output_checksum)
            return outcome->first_output_checksum;
    }
    return NULL;
}

static tb_status compare_members(compare_state *state, member *base, member *head,
                                 tb_comparison *item)
{
    const char *failed = failure_of(base, "base", state->pool);
    *item = (tb_comparison){.base = base->newest,
                            .head = head->newest,
                            .name = name_of(head->newest, state->pool),
                            .failure = failed ? failed : failure_of(head, "head", state->pool)};
    const char *base_name = name_of(base->newest, state->pool);
    if (!same_text(base_name, item->name))
        item->base_name = base_name;
    item->nondeterministic =
        has_warning(base, "nondeterministic") || has_warning(head, "nondeterministic");
    item->head_wrong = same_text(head->newest->row.check_verdict, "wrong") &&
                       !same_text(base->newest->row.check_verdict, "wrong");
    const char *a = first_checksum(base), *b = first_checksum(head);
    item->outputs_differ = a && b && strcmp(a, b) != 0;
    item->plan_changed =
        base->newest->row.plan_fingerprint && head->newest->row.plan_fingerprint &&
        !same_text(base->newest->row.plan_fingerprint, head->newest->row.plan_fingerprint);
    size_t room = process_count(base) + process_count(head) + 1;
    tb_status status = sort_samples(base, state->pool, state->err);
    if (status == TB_OK)
        status = sort_samples(head, state->pool, state->err);
    if (status != TB_OK)
        return status;
    values all = {.items = calloc(room, sizeof *all.items),
                  .numbers = calloc(room, sizeof *all.numbers),
                  .room = room};
    double *scratch = calloc(room, sizeof *scratch);
    if (!all.items || !all.numbers || !scratch)
        status = tb_fail(state->err, TB_NO_MEMORY, "comparison: out of memory");
    for (int k = 0; status == TB_OK && k < TB_METRIC_COUNT; k++)
        compare_metric(state, (tb_metric)k, base, head, &all, scratch, &item->metrics[k]);
    free(all.items);
    free(all.numbers);
    free(scratch);
    tb_result base_all = {0}, head_all = {0};
    if (status == TB_OK)
        status = all_processes(base, state->pool, state->err, &base_all);
    if (status == TB_OK)
        status = all_processes(head, state->pool, state->err, &head_all);
    if (status == TB_OK)
        status = tb_compare_ops(state->sides[0].selection, &base_all, state->sides[1].selection,
                                &head_all, state->pool, item, state->err);
    int64_t compared = status == TB_OK ? numerics_process(&head_all) : 0;
    if (compared)
        status = tb_costs_read(state->sides[1].selection->store, compared, state->pool, state->err,
                               &item->costs);
    return status;
}

/* ---- matching ---- */

/* The one member that is like `m` but for what may differ; NULL: none, or several. */
static member *only_like(side *s, const member *m, unsigned may_differ)
{
    member *found = NULL;
    for (size_t i = 0; i < s->count; i++) {
        if (s->members[i].taken || !alike(s->members[i].newest, m->newest, may_differ))
            continue;
        if (found)
            return NULL;
        found = &s->members[i];
    }
    return found;
}

static tb_status match(compare_state *state)
{
    static const unsigned from_closest[] = {
        0,
        LIKE_OPTIONS,
        LIKE_ENGINE | LIKE_OPTIONS,
        LIKE_THREADS | LIKE_OPTIONS,
        LIKE_DELEGATE | LIKE_OPTIONS,
        LIKE_ENGINE | LIKE_DELEGATE | LIKE_THREADS | LIKE_OPTIONS,
        LIKE_MODEL | LIKE_OPTIONS,
        LIKE_MODEL | LIKE_ENGINE | LIKE_DELEGATE | LIKE_THREADS | LIKE_OPTIONS,
    };
    side *base = &state->sides[0], *head = &state->sides[1];
    tb_compared *out = state->out;
    size_t room = base->count + head->count + 1;
    out->items = tb_pool_take(state->pool, room, sizeof *out->items);
    out->unmatched = tb_pool_take(state->pool, room, sizeof *out->unmatched);
    if (!out->items || !out->unmatched)
        return tb_pool_check(NULL, state->err);
    tb_status status = TB_OK;
    for (size_t step = 0; step < TB_COUNT_OF(from_closest); step++)
        for (size_t i = 0; i < head->count && status == TB_OK; i++) {
            member *m = &head->members[i];
            member *like = m->taken ? NULL : only_like(base, m, from_closest[step]);
            if (!like || only_like(head, like, from_closest[step]) != m)
                continue;
            m->taken = like->taken = true;
            status = compare_members(state, like, m, &out->items[out->count++]);
        }
    for (int s = 0; s < 2; s++)
        for (size_t i = 0; i < state->sides[s].count; i++)
            if (!state->sides[s].members[i].taken)
                out->unmatched[out->unmatched_count++] =
                    tb_pool_printf(state->pool, "only in %s: %s", s ? "head" : "base",
                                   name_of(state->sides[s].members[i].newest, state->pool));
    return status;
}

/* ---- all of them ---- */

static void adjust(tb_compared *out, tb_metric metric)
{
    double *p = calloc(out->count + 1, sizeof *p);
    size_t count = 0;
    for (size_t i = 0; p && i < out->count; i++)
        if (out->items[i].metrics[metric].known)
            p[count++] = out->items[i].metrics[metric].p;
    if (p && tb_holm(p, count)) {
        count = 0;
        for (size_t i = 0; i < out->count; i++)
            if (out->items[i].metrics[metric].known)
                out->items[i].metrics[metric].p = p[count++];
    }
    free(p);
}

static void set_mean(tb_compared *out)
{
    double *ratios = calloc(out->count + 1, sizeof *ratios);
    tb_interval *intervals = calloc(out->count + 1, sizeof *intervals);
    for (size_t i = 0; ratios && intervals && i < out->count; i++) {
        const tb_metric_change *change = &out->items[i].metrics[TB_METRIC_MEDIAN];
        if (!change->known || out->items[i].failure)
            continue;
        ratios[out->mean_count] = change->ratio.ratio;
        intervals[out->mean_count++] = change->ratio.interval;
    }
    if (out->mean_count)
        out->mean = tb_geometric_mean(ratios, intervals, out->mean_count);
    free(ratios);
    free(intervals);
}

static bool has_arm(const tb_results *results, const char *arm)
{
    for (size_t i = 0; i < results->count; i++)
        if (same_text(results->items[i].row.arm, arm))
            return true;
    return false;
}

static tb_status fill(compare_state *state, const tb_selection *base, const tb_selection *head)
{
    tb_compared *out = state->out;
    bool same = base == head;
    tb_status status = tb_selection_results(base, state->err, &out->base_results);
    if (status == TB_OK && !same)
        status = tb_selection_results(head, state->err, &out->head_results);
    if (status != TB_OK)
        return status;
    state->by_arm = same;
    if (same && !(has_arm(&out->base_results, "base") && has_arm(&out->base_results, "head")))
        return tb_fail(state->err, TB_NOT_FOUND,
                       "%s was not measured with --base and --head: name a second result to "
                       "compare it with",
                       tb_selection_name(base));
    state->sides[0].selection = base;
    state->sides[1].selection = head;
    status = gather(state, 0, &out->base_results);
    if (status == TB_OK)
        status = gather(state, 1, same ? &out->base_results : &out->head_results);
    if (status == TB_OK)
        status = match(state);
    if (status == TB_OK && !out->count)
        return tb_fail(state->err, TB_NOT_FOUND,
                       "%s and %s have no configuration in common (model, delegate, threads)",
                       tb_selection_name(base), tb_selection_name(head));
    out->interleaved = same;
    if (status == TB_OK && !same)
        status = tb_compare_context(base, head, out, state->err);
    for (size_t k = 0; k < out->caveat_count; k++)
        out->refused |= out->caveats[k].refuses;
    for (int k = 0; k < TB_METRIC_COUNT; k++)
        adjust(out, (tb_metric)k);
    set_mean(out);
    return status == TB_OK ? tb_pool_check(state->pool, state->err) : status;
}

tb_status tb_compare(const tb_selection *base, const tb_selection *head, tb_error *err,
                     tb_compared *out)
{
    *out = (tb_compared){.pool = tb_pool_create()};
    compare_state state = {.out = out, .pool = out->pool, .err = err};
    tb_status status = tb_pool_check(out->pool, err);
    if (status == TB_OK)
        status = fill(&state, base, head);
    if (status != TB_OK)
        tb_compared_free(out);
    return status;
}

void tb_compared_free(tb_compared *compared)
{
    tb_results_free(&compared->base_results);
    tb_results_free(&compared->head_results);
    tb_pool_free(compared->pool);
    *compared = (tb_compared){0};
}

/* ---- words ---- */

void tb_format_change(const tb_ratio *ratio, char text[96])
{
    double change = (ratio->ratio - 1) * 100;
    int digits = fabs(change) < 10 ? 1 : 0;
    if (ratio->interval.level <= 0) {
        snprintf(text, 96, "%+.*f %%", digits, change);
        return;
    }
    double low = (ratio->interval.low - 1) * 100, high = (ratio->interval.high - 1) * 100;
    if (high - low < 0.2)
        digits = 2;
    snprintf(text, 96, "%+.*f %% [%.*f, %.*f]", digits, change, digits, low, digits, high);
}

const char *tb_change_word(tb_metric metric, const tb_metric_change *change)
{
    const tb_metric_info *about = &metric_rows[metric];
    bool time = strcmp(about->unit, "ns") == 0 || strcmp(about->unit, "/s") == 0;
    const char *more = about->higher_is_better ? "faster" : time ? "slower" : "larger";
    const char *less = about->higher_is_better ? "slower" : time ? "faster" : "smaller";
    double off = change->ratio.ratio - 1;
    if (about->deterministic)
        return fabs(off) < 1e-12 ? "same" : off > 0 ? more : less;
    const tb_interval *interval = &change->ratio.interval;
    if (interval->level <= 0 || change->unreliable)
        return "unclear";
    /* Many metrics stand side by side: those that nobody asked about need to be surer. */
    double sure = metric == TB_METRIC_MEDIAN ? 0.05 : 0.01;
    double least = change->ratio.one_process ? ONE_PROCESS : IGNORED;
    if (interval->low > 1 && off > least && change->p <= sure)
        return more;
    if (interval->high < 1 && off < -least && change->p <= sure)
        return less;
    bool near = !change->ratio.one_process && interval->low > 1 - 0.03 && interval->high < 1 + 0.03;
    return near ? "same" : "unclear";
}

void tb_describe_change(const tb_comparison *item, tb_buf *out)
{
    const tb_metric_change *change = &item->metrics[TB_METRIC_MEDIAN];
    if (!change->known)
        return;
    char text[96];
    tb_format_change(&change->ratio, text);
    tb_buf_append_text(out, text);
    double total = item->op_head_ns - item->op_base_ns;
    if (item->op_count && fabs(change->ratio.ratio - 1) > IGNORED && item->ops[0].share > 0 &&
        (total > 0) == (change->ratio.ratio > 1))
        tb_buf_printf(out, "; %.0f %% of it in %s #%s", item->ops[0].share * 100, item->ops[0].op,
                      item->ops[0].nodes);
}
