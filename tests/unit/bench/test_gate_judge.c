/* What a stored comparison adds to a gate's verdicts: constructed comparisons, no database. */
#include <criterion/criterion.h>
#include <string.h>

#include "bench/gate.h"

static tb_result base_result, head_result;
static tb_comparison comparison;
static tb_gate_policy policy;
static tb_gate_rule rule;

static void begin(void)
{
    base_result = (tb_result){.row = {.model = "m", .engine = "native", .delegate = "cpu"}};
    base_result.row.threads = tb_int(1);
    head_result = base_result;
    comparison =
        (tb_comparison){.name = "m, cpu, 1 thread", .base = &base_result, .head = &head_result};
    policy = tb_gate_policy_default();
}

TestSuite(gate_judge, .init = begin);

static void set_metric(tb_metric metric, double base, double head, double low, double high)
{
    tb_metric_change *change = &comparison.metrics[metric];
    *change = (tb_metric_change){.known = true, .base = base, .head = head};
    change->ratio = (tb_ratio){.ratio = head / base, .interval = {low, high, low > 0 ? 0.95 : 0}};
}

static void add_rule(tb_metric metric, double threshold)
{
    rule = (tb_gate_rule){.metric = metric, .threshold = threshold};
    policy.rules = &rule;
    policy.rule_count = 1;
}

static tb_gate_item judge_measured(tb_gate_verdict before, const char *delegate)
{
    static tb_gate_item item;
    item = (tb_gate_item){.verdict = before, .model = "m"};
    item.ratio.ratio = 1;
    item.record =
        (tb_configuration){.engine = "native", .delegate = delegate, .threads = tb_int(1)};
    tb_compared compared = {.items = &comparison, .count = 1};
    tb_gate_result result = {.items = &item, .count = 1};
    tb_error err = TB_ERROR_NONE;
    cr_assert_eq(tb_gate_judge_measured(&compared, &policy, &err, &result), TB_OK);
    return item;
}

Test(gate_judge, a_rule_decides)
{
    add_rule(TB_METRIC_PEAK_RSS, 0.05);
    set_metric(TB_METRIC_PEAK_RSS, 100, 110, 1.06, 1.14);
    cr_expect_eq(judge_measured(TB_GATE_SAME, "cpu").verdict, TB_GATE_WORSE);
    set_metric(TB_METRIC_PEAK_RSS, 100, 104, 1.03, 1.05);
    cr_expect_eq(judge_measured(TB_GATE_SAME, "cpu").verdict, TB_GATE_SAME);
    add_rule(TB_METRIC_THROUGHPUT, 0.05);
    set_metric(TB_METRIC_THROUGHPUT, 100, 90, 0.88, 0.92);
    cr_expect_eq(judge_measured(TB_GATE_SAME, "cpu").verdict, TB_GATE_WORSE, "higher is better");
}

Test(gate_judge, a_rule_without_data_is_no_pass)
{
    add_rule(TB_METRIC_ENERGY, 0.05);
    tb_gate_item item = judge_measured(TB_GATE_SAME, "cpu");
    cr_expect_eq(item.verdict, TB_GATE_UNDECIDED);
    cr_expect(strstr(item.detail, "is not known of both sides"), "%s", item.detail);
    cr_expect_eq(judge_measured(TB_GATE_WORSE, "cpu").verdict, TB_GATE_WORSE, "bad stays bad");
    /* Far above, but of one process a side. */
    set_metric(TB_METRIC_ENERGY, 100, 150, 0, 0);
    item = judge_measured(TB_GATE_SAME, "cpu");
    cr_expect_eq(item.verdict, TB_GATE_UNDECIDED);
    cr_expect(strstr(item.detail, "too few processes"), "%s", item.detail);
    /* Another configuration's comparison is none of this one. */
    add_rule(TB_METRIC_PEAK_RSS, 0.05);
    set_metric(TB_METRIC_PEAK_RSS, 100, 100, 0.99, 1.01);
    cr_expect_eq(judge_measured(TB_GATE_SAME, "cpu").verdict, TB_GATE_SAME);
    cr_expect_eq(judge_measured(TB_GATE_SAME, "gpu").verdict, TB_GATE_UNDECIDED);
}

Test(gate_judge, deterministic_needs_something_to_compare)
{
    policy.deterministic = true;
    cr_expect_eq(judge_measured(TB_GATE_SAME, "cpu").verdict, TB_GATE_UNDECIDED);
    set_metric(TB_METRIC_ARENA, 4096, 4096, 0, 0);
    cr_expect_eq(judge_measured(TB_GATE_SAME, "cpu").verdict, TB_GATE_SAME);
    set_metric(TB_METRIC_ARENA, 4096, 4097, 0, 0);
    cr_expect_eq(judge_measured(TB_GATE_SAME, "cpu").verdict, TB_GATE_WORSE);
}

Test(gate_judge, outputs_before_everything)
{
    add_rule(TB_METRIC_PEAK_RSS, 0.05);
    set_metric(TB_METRIC_PEAK_RSS, 100, 200, 1.9, 2.1);
    comparison.head_wrong = true;
    cr_expect_eq(judge_measured(TB_GATE_SAME, "cpu").verdict, TB_GATE_WRONG);
    comparison.nondeterministic = true;
    cr_expect_eq(judge_measured(TB_GATE_SAME, "cpu").verdict, TB_GATE_NONDETERMINISTIC);
    comparison.failure = "head crashed: signal 11";
    tb_gate_item item = judge_measured(TB_GATE_SAME, "cpu");
    cr_expect_eq(item.verdict, TB_GATE_FAILED);
    cr_expect_str_eq(item.detail, comparison.failure);
}

Test(gate_judge, nothing_stored_is_no_pass)
{
    tb_gate_item item = {.verdict = TB_GATE_BETTER, .model = "m"};
    tb_gate_result result = {.items = &item, .count = 1};
    tb_error err = TB_ERROR_NONE;
    cr_assert_eq(tb_gate_judge_measured(NULL, &policy, &err, &result), TB_OK);
    cr_expect_eq(item.verdict, TB_GATE_UNDECIDED);
}

Test(gate_judge, what_one_side_lacks)
{
    const char *unmatched[] = {"only in base: m, gpu", "only in head: n, cpu"};
    tb_compared compared = {
        .items = &comparison, .count = 1, .unmatched = unmatched, .unmatched_count = 2};
    set_metric(TB_METRIC_MEDIAN, 100, 100, 0.999, 1.001);
    comparison.metrics[TB_METRIC_MEDIAN].ratio.df = 20;
    comparison.metrics[TB_METRIC_MEDIAN].ratio.log_error = 0.0005;
    tb_arena arena = {0};
    tb_gate_result result = {0};
    tb_error err = TB_ERROR_NONE;
    cr_assert_eq(tb_gate_judge_stored(&compared, &policy, &arena, &err, &result), TB_OK);
    cr_assert_eq(result.count, 3);
    cr_expect_eq(result.items[0].verdict, TB_GATE_SAME);
    cr_expect_eq(result.items[1].verdict, TB_GATE_FAILED);
    cr_expect_eq(result.items[2].verdict, TB_GATE_UNDECIDED);
    cr_expect_eq(tb_gate_exit(&result, &policy), TB_EXIT_PARTIAL);
    tb_arena_free(&arena);
}
