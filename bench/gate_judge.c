/* What a stored comparison says of a gate's items; see gate.h. */
#include <math.h>
#include <stdarg.h>
#include <string.h>

#include "bench/gate.h"
#include "reports/units.h"

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
                               TB_GATE_BETA * (double)tb_sequential_looks()};
    item->detectable = tb_sequential_detectable(&ratio, &rule, TB_GATE_POWER);
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

static bool passes(const tb_gate_item *item)
{
    return item->verdict == TB_GATE_SAME || item->verdict == TB_GATE_BETTER;
}

/* A verdict for want of something; what is bad already stays so. */
static void undecide(tb_gate_item *item, const char *why)
{
    if (passes(item))
        item->verdict = TB_GATE_UNDECIDED;
    add(item, "%s%s", item->detail[0] ? "; " : "", why);
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
    if (!change->known || !(ratio > 1 + threshold))
        return;
    char base[TB_FIGURE_TEXT_SIZE], head[TB_FIGURE_TEXT_SIZE];
    tb_format_value(change->base, about->unit, base);
    tb_format_value(change->head, about->unit, head);
    add(item, "%s%s %s -> %s", item->detail[0] ? "; " : "", about->title, base, head);
    if (!sure)
        undecide(item, "of too few processes to tell");
    else if (item->verdict != TB_GATE_WRONG && item->verdict != TB_GATE_NONDETERMINISTIC)
        item->verdict = TB_GATE_WORSE;
}

/* All metrics of the policy but the median; those that a rule names must be known, and of those that
   are the same in every run, one at least. */
static void judge_metrics(const tb_comparison *comparison, const tb_gate_policy *policy,
                          tb_gate_item *item)
{
    const tb_result_row *row = &comparison->head->row;
    size_t known = 0;
    for (int m = 0; m < TB_METRIC_COUNT; m++) {
        const tb_metric_change *change = &comparison->metrics[m];
        double threshold;
        if (m == TB_METRIC_MEDIAN || !tb_gate_threshold(policy, (tb_metric)m, row->model,
                                                        row->delegate, change->base, &threshold))
            continue;
        known += change->known;
        judge_metric(comparison, (tb_metric)m, threshold, item);
        if (!change->known && tb_gate_has_rule(policy, (tb_metric)m, row->model, row->delegate)) {
            char why[120];
            snprintf(why, sizeof why, "%s is not known of both sides",
                     tb_metric_about((tb_metric)m)->title);
            undecide(item, why);
        }
    }
    if (policy->deterministic && !known)
        undecide(item, "nothing that is the same in every run is known of both sides");
}

/* Outputs, then everything that has a threshold. */
static void judge(const tb_comparison *comparison, const tb_gate_policy *policy, tb_gate_item *item)
{
    if (comparison->failure) {
        item->verdict = TB_GATE_FAILED;
        snprintf(item->detail, sizeof item->detail, "%.1000s", comparison->failure);
        return;
    }
    if (comparison->nondeterministic) {
        item->verdict = TB_GATE_NONDETERMINISTIC;
        snprintf(item->detail, sizeof item->detail, "the same inputs gave different outputs");
    } else if (comparison->head_wrong) {
        item->verdict = TB_GATE_WRONG;
        snprintf(item->detail, sizeof item->detail, "head's outputs are wrong, base's are not");
    } else if (!policy->deterministic && item->verdict != TB_GATE_WRONG &&
               item->verdict != TB_GATE_NONDETERMINISTIC) {
        explain(comparison, item);
    }
    judge_metrics(comparison, policy, item);
}

static bool same_text(const char *a, const char *b)
{
    return strcmp(a ? a : "", b ? b : "") == 0;
}

/* The comparison of what the item was measured as. */
static const tb_comparison *comparison_of(const tb_compared *compared, const tb_gate_item *item)
{
    for (size_t i = 0; compared && i < compared->count; i++) {
        const tb_result_row *row = &compared->items[i].head->row;
        if (same_text(row->model, item->model) && same_text(row->engine, item->record.engine) &&
            same_text(row->delegate, item->record.delegate) &&
            row->threads.value == item->record.threads.value &&
            same_text(row->options, item->record.options))
            return &compared->items[i];
    }
    return NULL;
}

tb_status tb_gate_judge_measured(const tb_compared *compared, const tb_gate_policy *policy,
                                 tb_error *err, tb_gate_result *out)
{
    (void)err;
    for (size_t i = 0; i < out->count; i++) {
        tb_gate_item *item = &out->items[i];
        const tb_comparison *comparison = comparison_of(compared, item);
        if (item->verdict == TB_GATE_FAILED)
            continue;
        if (comparison)
            judge(comparison, policy, item);
        else
            undecide(item, "nothing of it was stored that can be compared");
    }
    return TB_OK;
}

/* A configuration that one side lacks: of base's nothing tells that it still works; head's has
   nothing to be held against. */
static void judge_unmatched(const char *text, tb_gate_item *item)
{
    bool gone = strncmp(text, "only in base", 12) == 0;
    item->verdict = gone ? TB_GATE_FAILED : TB_GATE_UNDECIDED;
    snprintf(item->detail, sizeof item->detail, "%s",
             gone ? "base has it, head has not" : "head has it, base has not");
}

tb_status tb_gate_judge_stored(const tb_compared *compared, const tb_gate_policy *policy,
                               tb_arena *arena, tb_error *err, tb_gate_result *out)
{
    size_t count = compared->count + compared->unmatched_count;
    *out = (tb_gate_result){
        .count = count, .false_alarms = policy->false_alarms, .power = TB_GATE_POWER};
    out->items = TB_ARENA_NEW(arena, tb_gate_item, count + 1);
    if (!out->items)
        return tb_fail(err, TB_NO_MEMORY, "gate: out of memory");
    for (size_t i = 0; i < count; i++) {
        tb_gate_item *item = &out->items[i];
        const tb_comparison *comparison = i < compared->count ? &compared->items[i] : NULL;
        const char *name = comparison ? comparison->name : compared->unmatched[i - compared->count];
        item->name = tb_arena_text(arena, name, strlen(name));
        if (!item->name)
            return tb_fail(err, TB_NO_MEMORY, "gate: out of memory");
        if (!comparison) {
            judge_unmatched(name, item);
            continue;
        }
        const tb_result_row *row = &comparison->head->row;
        double threshold;
        if (!policy->deterministic) {
            tb_gate_threshold(policy, TB_METRIC_MEDIAN, row->model, row->delegate,
                              comparison->metrics[TB_METRIC_MEDIAN].base, &threshold);
            judge_stored(comparison, threshold, (int)compared->count, policy, item);
        }
        judge(comparison, policy, item);
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
