/* The gate's course; see gate.h. */
#include "bench/gate.h"

#include <math.h>
#include <string.h>

#include "bench/interrupt.h"
#include "runtime/base/clock.h"

/*
 * Rates. The first look may be wrong in four times the promised share, and what looks worse must do
 * so again in a fresh run at 2 %: under the model that is far below the promise, and leaves room for
 * what no model of this machine's noise has in it. docs/measuring.md has the measured rates.
 */
#define FIRST_ALARMS   4
#define CONFIRM_ALPHA  0.02
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
    return (tb_sequential_rule){threshold, alpha, TB_GATE_BETA};
}

tb_sequential_rule tb_gate_confirm_rule(double threshold)
{
    return (tb_sequential_rule){threshold, CONFIRM_ALPHA, TB_GATE_BETA};
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
    double low = tb_sequential_detectable(&item->low, &each, TB_GATE_POWER);
    double median = tb_sequential_detectable(&item->ratio, &each, TB_GATE_POWER);
    return low > 0 && (low < median || median <= 0) ? low : median;
}

/* How long it will be is not known: the progress is that of the way to the next look. */
static void expect_blocks(tb_pair_run *run, size_t blocks)
{
    size_t processes = blocks * TB_PAIR_BLOCK;
    tb_progress_more(&run->measure.progress, (int)processes, processes * run->process_ns);
}

/* Blocks up to the next look, then a look. */
static tb_status advance(tb_pair_run *run, int k, const tb_gate_policy *policy, uint64_t max_ns,
                         course *c, tb_gate_item *item, tb_error *err)
{
    tb_pair *pair = &run->pairs[k];
    size_t want = tb_sequential_look((size_t)c->look);
    uint64_t begin_ns = tb_clock_ns();
    tb_status status = TB_OK;
    size_t have = tb_pair_blocks(pair);
    if (want > have)
        expect_blocks(run, want - have);
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
        if (out->items[k].verdict == TB_GATE_WORSE)
            expect_blocks(run, PROFILE_BLOCKS);
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
        snprintf(item->detail, sizeof item->detail, "the same inputs gave different outputs");
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
        .count = (size_t)run->count, .false_alarms = policy->false_alarms, .power = TB_GATE_POWER};
    out->items = TB_ARENA_NEW(arena, tb_gate_item, (size_t)run->count + 1);
    course *courses = TB_ARENA_NEW(arena, course, (size_t)run->count + 1);
    if (!out->items || !courses)
        return tb_fail(err, TB_NO_MEMORY, "gate: out of memory");
    for (int k = 0; k < run->count; k++) {
        out->items[k].name = tb_arena_text(arena, run->pairs[k].text, strlen(run->pairs[k].text));
        out->items[k].record = configuration_of(run, k)->record;
        out->items[k].model = model_of(run, k);
        out->items[k].verdict = TB_GATE_UNDECIDED;
    }
    tb_status status = tb_pair_begin(run, store, policy->deterministic ? run->count : 0, err);
    if (status != TB_OK)
        return status;
    out->run_id = run->measure.run_id;
    if (policy->deterministic) {
        for (int k = 0; k < run->count && status == TB_OK; k++) {
            tb_gate_item *item = &out->items[k];
            status = tb_pair_block(run, k, false, err);
            item->blocks = run->pairs[k].blocks;
            if (run->pairs[k].failure[0])
                set_failure(&run->pairs[k], item);
            else if (tb_pair_blocks(&run->pairs[k]) > 0)
                item->verdict = TB_GATE_SAME;
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
