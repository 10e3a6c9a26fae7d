/* The gate's course; see gate.h. */
#include "bench/gate.h"

#include <math.h>
#include <stdarg.h>
#include <string.h>

#include "bench/interrupt.h"
#include "reports/units.h"
#include "runtime/base/clock.h"

/*
 * Rates. The first look may be wrong in four times the promised share, and what looks worse must do
 * so again in a fresh run at 2 %: under the model that is far below the promise, and leaves room for
 * what no model of this machine's noise has in it. docs/measuring.md has the measured rates.
 */
#define FIRST_ALARMS   4
#define CONFIRM_ALPHA  0.02
#define SAME_BETA      0.005
#define POWER          0.98
#define PROFILE_BLOCKS 2

static const char *const verdict_texts[] = {
#define X(code, text) text,
    TB_GATE_VERDICT_LIST(X)
#undef X
};

const char *tb_gate_verdict_text(tb_gate_verdict verdict)
{
    return verdict_texts[verdict];
}

tb_sequential_rule tb_gate_first_rule(const tb_gate_policy *policy, double threshold, int count)
{
    double alpha = FIRST_ALARMS * policy->false_alarms / (count > 0 ? count : 1);
    return (tb_sequential_rule){threshold, alpha, SAME_BETA};
}

tb_sequential_rule tb_gate_confirm_rule(double threshold)
{
    return (tb_sequential_rule){threshold, CONFIRM_ALPHA, SAME_BETA};
}

/* ---- measuring ---- */

typedef struct course {
    int look;
    bool confirming, done;
    uint64_t spent_ns;
} course;

static const tb_sweep_configuration *configuration_of(const tb_pair_run *run, int k)
{
    return &run->plans[1].configurations[k];
}

static const char *model_of(const tb_pair_run *run, int k)
{
    return run->plans[1].models[configuration_of(run, k)->model].info.name;
}

static double base_median(const tb_pair *pair)
{
    double sum = 0;
    size_t count = 0;
    for (size_t i = 0; i < pair->count; i++)
        if (!pair->level[TB_PAIR_MEDIAN][i].head) {
            sum += pair->value_ns[TB_PAIR_MEDIAN][i];
            count++;
        }
    return count ? sum / (double)count : 0;
}

static void set_failure(const tb_pair *pair, tb_gate_item *item)
{
    item->verdict = TB_GATE_FAILED;
    snprintf(item->detail, sizeof item->detail, "%s %s: %.1000s",
             pair->failed_head ? "head" : "base", tb_process_status_text(pair->failed),
             pair->failure);
}

/* What a decision means where the course stands. */
static void take_decision(tb_decision decision, tb_pair_run *run, int k, course *c,
                          tb_gate_item *item)
{
    tb_pair *pair = &run->pairs[k];
    switch (decision) {
    case TB_DECISION_MORE:
        c->look++;
        return;
    case TB_DECISION_SAME:
        item->verdict = TB_GATE_SAME;
        item->unconfirmed = c->confirming;
        break;
    case TB_DECISION_BETTER:
        item->verdict = c->confirming ? TB_GATE_SAME : TB_GATE_BETTER;
        item->unconfirmed = c->confirming;
        break;
    case TB_DECISION_WORSE:
        if (!c->confirming) {
            c->confirming = true;
            c->look = 0;
            pair->first_block = run->next_block;
            return;
        }
        item->verdict = TB_GATE_WORSE;
        break;
    }
    c->done = true;
}

/* Whichever of the two estimates sees more, each with its half of the rates. */
static double detectable(const tb_gate_item *item, const tb_sequential_rule *rule)
{
    tb_sequential_rule each = {rule->threshold, rule->alpha / 2, rule->beta / 2};
    double low = tb_sequential_detectable(&item->low, &each, POWER);
    double median = tb_sequential_detectable(&item->ratio, &each, POWER);
    return low > 0 && (low < median || median <= 0) ? low : median;
}

/* Blocks up to the next look, then a look. */
static tb_status advance(tb_pair_run *run, int k, const tb_gate_policy *policy, uint64_t max_ns,
                         course *c, tb_gate_item *item, tb_error *err)
{
    tb_pair *pair = &run->pairs[k];
    size_t want = tb_sequential_look((size_t)c->look);
    uint64_t begin_ns = tb_clock_ns();
    tb_status status = TB_OK;
    while (want && tb_pair_blocks(pair) < want && status == TB_OK && !pair->failure[0] &&
           !tb_interrupted() && c->spent_ns + (tb_clock_ns() - begin_ns) < max_ns)
        status = tb_pair_block(run, k, false, err);
    c->spent_ns += tb_clock_ns() - begin_ns;
    if (status != TB_OK)
        return status;
    item->blocks = pair->blocks;
    item->ratio = tb_pair_ratio(pair, TB_PAIR_MEDIAN, 0.95);
    item->low = tb_pair_ratio(pair, TB_PAIR_LOW, 0.95);
    if (pair->failure[0]) {
        set_failure(pair, item);
        c->done = true;
    } else if (!want || tb_pair_blocks(pair) < want) {
        item->verdict = TB_GATE_UNDECIDED;
        c->done = true;
    }
    tb_gate_threshold(policy, TB_METRIC_MEDIAN, model_of(run, k),
                      configuration_of(run, k)->delegate.canonical, base_median(pair),
                      &item->threshold);
    tb_sequential_rule rule = c->confirming
                                  ? tb_gate_confirm_rule(item->threshold)
                                  : tb_gate_first_rule(policy, item->threshold, run->count);
    item->detectable = detectable(item, &rule);
    if (!c->done)
        take_decision(tb_sequential_decide_two(&item->low, &item->ratio, &rule), run, k, c, item);
    return TB_OK;
}

static tb_status decide_all(tb_pair_run *run, const tb_gate_policy *policy, uint64_t max_ns,
                            course *courses, tb_error *err, tb_gate_result *out)
{
    tb_status status = TB_OK;
    for (bool more = true; more && status == TB_OK;) {
        more = false;
        for (int k = 0; k < run->count && status == TB_OK; k++) {
            if (courses[k].done)
                continue;
            status = advance(run, k, policy, max_ns, &courses[k], &out->items[k], err);
            more |= !courses[k].done;
        }
    }
    return status;
}

/* Which ops answer for it: profiled blocks of what is worse. */
static tb_status profile_worse(tb_pair_run *run, const tb_gate_result *out, tb_error *err)
{
    tb_status status = TB_OK;
    for (int k = 0; k < run->count; k++)
        for (int b = 0; b < PROFILE_BLOCKS && out->items[k].verdict == TB_GATE_WORSE; b++)
            if (status == TB_OK && !tb_interrupted())
                status = tb_pair_block(run, k, true, err);
    return status;
}

static void look_at_outputs(const tb_pair_run *run, int k, tb_gate_item *item)
{
    if (item->verdict == TB_GATE_FAILED)
        return;
    bool wrong = run->sides[1].standings[k].wrong && !run->sides[0].standings[k].wrong;
    if (tb_pair_is_nondeterministic(run, k)) {
        item->verdict = TB_GATE_NONDETERMINISTIC;
        snprintf(item->detail, sizeof item->detail,
                 "the same inputs gave different outputs in different processes");
    } else if (wrong) {
        item->verdict = TB_GATE_WRONG;
        snprintf(item->detail, sizeof item->detail, "head's outputs are wrong, base's are not");
    }
}

tb_status tb_gate_measure(tb_pair_run *run, const tb_gate_policy *policy, tb_store *store,
                          uint64_t max_ns, tb_arena *arena, tb_error *err, tb_gate_result *out)
{
    uint64_t begin_ns = tb_clock_ns();
    *out = (tb_gate_result){
        .count = (size_t)run->count, .false_alarms = policy->false_alarms, .power = POWER};
    out->items = TB_ARENA_NEW(arena, tb_gate_item, (size_t)run->count + 1);
    course *courses = TB_ARENA_NEW(arena, course, (size_t)run->count + 1);
    if (!out->items || !courses)
        return tb_fail(err, TB_NO_MEMORY, "gate: out of memory");
    for (int k = 0; k < run->count; k++) {
        out->items[k].name = tb_arena_text(arena, run->pairs[k].text, strlen(run->pairs[k].text));
        out->items[k].verdict = TB_GATE_UNDECIDED;
    }
    tb_status status = tb_pair_begin(run, store, (int64_t)run->count * 6, err);
    if (status != TB_OK)
        return status;
    out->run_id = run->measure.run_id;
    if (policy->deterministic) {
        for (int k = 0; k < run->count && status == TB_OK; k++) {
            status = tb_pair_block(run, k, false, err);
            out->items[k].verdict = TB_GATE_SAME;
            out->items[k].blocks = 1;
            if (run->pairs[k].failure[0])
                set_failure(&run->pairs[k], &out->items[k]);
        }
    } else {
        status = decide_all(run, policy, max_ns, courses, err, out);
        if (status == TB_OK)
            status = profile_worse(run, out, err);
    }
    for (int k = 0; k < run->count; k++)
        look_at_outputs(run, k, &out->items[k]);
    out->seconds = (double)(tb_clock_ns() - begin_ns) / 1e9;
    return status;
}

/* ---- judging ---- */

/* Appends to the sentence. */
static void add(tb_gate_item *item, const char *format, ...) TB_PRINTF(2, 3);
static void add(tb_gate_item *item, const char *format, ...)
{
    size_t used = strlen(item->detail);
    va_list args;
    va_start(args, format);
    vsnprintf(item->detail + used, sizeof item->detail - used, format, args);
    va_end(args);
}

static void explain(const tb_comparison *comparison, tb_gate_item *item)
{
    char median[96], low[96];
    tb_format_change(&item->ratio, median);
    tb_format_change(&item->low, low);
    item->detail[0] = '\0';
    if (item->low.ratio > 0)
        add(item, "latency %s (1st percentile), median %s", low, median);
    else
        add(item, "median latency %s", median);
    bool named = item->verdict == TB_GATE_WORSE && comparison && comparison->op_count &&
                 comparison->ops[0].share > 0;
    if (named)
        add(item, "; %.0f %% of it in %.100s #%.60s", comparison->ops[0].share * 100,
            comparison->ops[0].op, comparison->ops[0].nodes);
    else if (item->unconfirmed)
        add(item, "; a first look was worse, a fresh run was not");
    else if (item->verdict == TB_GATE_UNDECIDED)
        add(item, "; the time was up before a verdict");
}

/* Stored samples: the interval decides, there is no second look. */
static void judge_stored(const tb_comparison *comparison, double threshold, int count,
                         const tb_gate_policy *policy, tb_gate_item *item)
{
    tb_ratio ratio = comparison->metrics[TB_METRIC_MEDIAN].ratio;
    item->ratio = ratio;
    item->threshold = threshold;
    tb_sequential_rule rule = {threshold,
                               policy->false_alarms / count * (double)tb_sequential_looks(),
                               SAME_BETA * (double)tb_sequential_looks()};
    item->detectable = tb_sequential_detectable(&ratio, &rule, POWER);
    switch (tb_sequential_decide(&ratio, &rule)) {
    case TB_DECISION_MORE:
        item->verdict = TB_GATE_UNDECIDED;
        break;
    case TB_DECISION_SAME:
        item->verdict = TB_GATE_SAME;
        break;
    case TB_DECISION_WORSE:
        item->verdict = TB_GATE_WORSE;
        break;
    case TB_DECISION_BETTER:
        item->verdict = TB_GATE_BETTER;
        break;
    }
}

static void judge_metric(const tb_comparison *comparison, tb_metric metric, double threshold,
                         tb_gate_item *item)
{
    const tb_metric_change *change = &comparison->metrics[metric];
    const tb_metric_info *about = tb_metric_about(metric);
    double ratio = about->higher_is_better && change->ratio.ratio > 0 ? 1 / change->ratio.ratio
                                                                      : change->ratio.ratio;
    if (metric == TB_METRIC_LEFT_BEHIND)
        ratio = change->head > change->base ? HUGE_VAL : 1;
    double low = about->higher_is_better && change->ratio.interval.high > 0
                     ? 1 / change->ratio.interval.high
                     : change->ratio.interval.low;
    bool sure = about->deterministic || (change->ratio.interval.level > 0 && low > 1);
    if (!change->known || !(ratio > 1 + threshold) || !sure)
        return;
    char base[TB_FIGURE_TEXT_SIZE], head[TB_FIGURE_TEXT_SIZE];
    tb_format_value(change->base, about->unit, base);
    tb_format_value(change->head, about->unit, head);
    add(item, "%s%s %s -> %s", item->detail[0] ? "; " : "", about->title, base, head);
    item->verdict = TB_GATE_WORSE;
}

static const tb_comparison *comparison_of(const tb_compared *compared, const char *name)
{
    for (size_t i = 0; i < compared->count; i++)
        if (strcmp(compared->items[i].name, name) == 0)
            return &compared->items[i];
    return compared->count == 1 ? &compared->items[0] : NULL;
}

tb_status tb_gate_judge(const tb_compared *compared, const tb_gate_policy *policy, bool by_place,
                        tb_arena *arena, tb_error *err, tb_gate_result *out)
{
    if (!by_place) {
        *out = (tb_gate_result){
            .count = compared->count, .false_alarms = policy->false_alarms, .power = POWER};
        out->items = TB_ARENA_NEW(arena, tb_gate_item, compared->count + 1);
        if (!out->items)
            return tb_fail(err, TB_NO_MEMORY, "gate: out of memory");
    }
    for (size_t i = 0; i < out->count; i++) {
        tb_gate_item *item = &out->items[i];
        const tb_comparison *comparison =
            by_place ? comparison_of(compared, item->name) : &compared->items[i];
        if (!by_place)
            item->name = tb_arena_text(arena, comparison->name, strlen(comparison->name));
        if (!comparison || item->verdict == TB_GATE_FAILED)
            continue;
        const tb_result_row *row = &comparison->head->row;
        double threshold;
        if (comparison->failure) {
            item->verdict = TB_GATE_FAILED;
            snprintf(item->detail, sizeof item->detail, "%.1000s", comparison->failure);
            continue;
        }
        if (!by_place && !policy->deterministic) {
            tb_gate_threshold(policy, TB_METRIC_MEDIAN, row->model, row->delegate,
                              comparison->metrics[TB_METRIC_MEDIAN].base, &threshold);
            judge_stored(comparison, threshold, (int)compared->count, policy, item);
        }
        if (!by_place && comparison->nondeterministic)
            item->verdict = TB_GATE_NONDETERMINISTIC;
        if (!policy->deterministic && item->verdict != TB_GATE_NONDETERMINISTIC &&
            item->verdict != TB_GATE_WRONG)
            explain(comparison, item);
        for (int m = 0; m < TB_METRIC_COUNT; m++)
            if (m != TB_METRIC_MEDIAN &&
                tb_gate_threshold(policy, (tb_metric)m, row->model, row->delegate,
                                  comparison->metrics[m].base, &threshold))
                judge_metric(comparison, (tb_metric)m, threshold, item);
    }
    return TB_OK;
}

tb_exit tb_gate_exit(const tb_gate_result *result, const tb_gate_policy *policy)
{
    bool worse = false, failed = result->count == 0, undecided = false;
    for (size_t k = 0; k < result->count; k++) {
        tb_gate_verdict verdict = result->items[k].verdict;
        worse |= verdict == TB_GATE_WORSE || verdict == TB_GATE_WRONG ||
                 verdict == TB_GATE_NONDETERMINISTIC;
        failed |= verdict == TB_GATE_FAILED;
        undecided |= verdict == TB_GATE_UNDECIDED;
    }
    return worse                                  ? TB_EXIT_WORSE
           : failed                               ? TB_EXIT_PARTIAL
           : undecided && policy->undecided_fails ? TB_EXIT_UNDECIDED
                                                  : TB_EXIT_OK;
}
