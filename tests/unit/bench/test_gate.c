/* The gate's policy, its rates on blocks that were measured, and its exit codes. */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "bench/gate_calibrate.h"

static tb_gate_policy read_policy(const char *json, tb_arena *arena, tb_status expected)
{
    tb_gate_policy policy = tb_gate_policy_default();
    tb_error err = TB_ERROR_NONE;
    cJSON *object = cJSON_Parse(json);
    cr_assert(object);
    tb_status status = tb_gate_policy_read(object, arena, &err, &policy);
    cr_expect_eq(status, expected, "%s: %s", json, err.text);
    cJSON_Delete(object);
    return policy;
}

Test(gate, policy)
{
    tb_arena arena = {0};
    double threshold;
    tb_gate_policy policy = read_policy(
        "{\"threshold\": \"2%\", \"false_alarms\": 0.01, \"undecided\": \"warn\", \"rules\": ["
        "{\"metric\": \"peak_rss\", \"threshold\": \"5%\"},"
        "{\"metric\": \"median\", \"model\": \"mobile*\", \"delegate\": \"cpu\", "
        "\"threshold\": \"1%\"},"
        "{\"metric\": \"arena\", \"threshold\": \"4096\"}]}",
        &arena, TB_OK);
    cr_expect_not(policy.undecided_fails);
    cr_expect_float_eq(policy.false_alarms, 0.01, 1e-15);
    cr_expect(tb_gate_threshold(&policy, TB_METRIC_MEDIAN, "resnet", "cpu", 1, &threshold));
    cr_expect_float_eq(threshold, 0.02, 1e-15);
    cr_expect(tb_gate_threshold(&policy, TB_METRIC_MEDIAN, "mobilenet", "cpu", 1, &threshold));
    cr_expect_float_eq(threshold, 0.01, 1e-15);
    cr_expect(tb_gate_threshold(&policy, TB_METRIC_MEDIAN, "mobilenet", "gpu", 1, &threshold));
    cr_expect_float_eq(threshold, 0.02, 1e-15);
    cr_expect(tb_gate_threshold(&policy, TB_METRIC_PEAK_RSS, "x", NULL, 1, &threshold));
    cr_expect_float_eq(threshold, 0.05, 1e-15);
    cr_expect(tb_gate_threshold(&policy, TB_METRIC_ARENA, "x", NULL, 40960, &threshold));
    cr_expect_float_eq(threshold, 0.1, 1e-15);
    cr_expect_not(tb_gate_threshold(&policy, TB_METRIC_P95, "x", NULL, 1, &threshold));
    cr_expect_not(tb_gate_threshold(&policy, TB_METRIC_FLOPS, "x", NULL, 1, &threshold));
    policy.deterministic = true;
    cr_expect(tb_gate_threshold(&policy, TB_METRIC_FLOPS, "x", NULL, 1, &threshold));
    cr_expect_float_eq(threshold, 0, 1e-15);
    tb_arena_free(&arena);
}

Test(gate, policies_that_are_refused)
{
    static const char *const bad[] = {
        "{\"treshold\": \"2%\"}",
        "{\"threshold\": \"2 per cent\"}",
        "{\"threshold\": \"4096\"}",
        "{\"undecided\": \"pass\"}",
        "{\"false_alarms\": 2}",
        "{\"rules\": {}}",
        "{\"rules\": [1]}",
        "{\"rules\": [{\"metric\": \"median\"}]}",
        "{\"rules\": [{\"metric\": \"speed\", \"threshold\": \"1%\"}]}",
        "{\"rules\": [{\"metric\": \"median\", \"threshold\": \"-1%\"}]}",
        "{\"rules\": [{\"metric\": \"median\", \"threshold\": \"1%\", \"color\": \"red\"}]}",
        "[]",
    };
    tb_arena arena = {0};
    for (size_t k = 0; k < sizeof bad / sizeof *bad; k++)
        read_policy(bad[k], &arena, TB_USAGE);
    tb_arena_free(&arena);
}

/* Blocks with a spread of one per cent, one in twenty far off. */
static void make_blocks(tb_gate_block *blocks, size_t count)
{
    tb_random random;
    tb_random_seed(&random, 5);
    for (size_t k = 0; k < count; k++) {
        double radius = sqrt(-2 * log(1 - tb_random_unit(&random)));
        double angle = 6.283185307179586 * tb_random_unit(&random);
        double far = k % 20 == 7 ? 0.05 : k % 20 == 17 ? -0.05 : 0;
        /* The median three times as noisy. */
        blocks[k] = (tb_gate_block){0.01 * radius * cos(angle) + far, 0.03 * radius * sin(angle)};
    }
}

Test(gate, rates_of_whole_invocations)
{
    tb_gate_block blocks[200];
    make_blocks(blocks, 200);
    tb_gate_policy policy = tb_gate_policy_default();
    tb_gate_rates same = tb_gate_simulate(blocks, 200, 0, &policy, 0.03, 1, 1000, 1);
    tb_gate_rates slow = tb_gate_simulate(blocks, 200, log(1.03), &policy, 0.03, 1, 1000, 1);
    tb_gate_rates tenth = tb_gate_simulate(blocks, 200, log(1.10), &policy, 0.03, 1, 1000, 1);
    cr_expect_leq(same.worse, 0.005, "%g", same.worse);
    cr_expect_geq(slow.worse, 0.97, "%g", slow.worse);
    cr_expect_geq(tenth.worse, 0.999, "%g", tenth.worse);
    cr_expect_float_eq(same.worse + same.better + same.same + same.undecided, 1, 1e-9);
    /* The promise is for all configurations together. */
    tb_gate_rates one_of_twenty = tb_gate_simulate(blocks, 200, 0, &policy, 0.03, 20, 1000, 1);
    cr_expect_leq(one_of_twenty.worse, 0.001);
}

static tb_exit exit_of(tb_gate_verdict first, tb_gate_verdict second, bool undecided_fails)
{
    tb_gate_item items[2] = {{.verdict = first}, {.verdict = second}};
    tb_gate_result result = {.items = items, .count = 2};
    tb_gate_policy policy = tb_gate_policy_default();
    policy.undecided_fails = undecided_fails;
    return tb_gate_exit(&result, &policy);
}

Test(gate, exit_codes)
{
    cr_expect_eq(exit_of(TB_GATE_SAME, TB_GATE_BETTER, true), TB_EXIT_OK);
    cr_expect_eq(exit_of(TB_GATE_SAME, TB_GATE_UNDECIDED, true), TB_EXIT_UNDECIDED);
    cr_expect_eq(exit_of(TB_GATE_SAME, TB_GATE_UNDECIDED, false), TB_EXIT_OK);
    cr_expect_eq(exit_of(TB_GATE_UNDECIDED, TB_GATE_FAILED, false), TB_EXIT_PARTIAL);
    cr_expect_eq(exit_of(TB_GATE_FAILED, TB_GATE_WORSE, false), TB_EXIT_WORSE);
    cr_expect_eq(exit_of(TB_GATE_SAME, TB_GATE_WRONG, false), TB_EXIT_WORSE);
    cr_expect_eq(exit_of(TB_GATE_SAME, TB_GATE_NONDETERMINISTIC, false), TB_EXIT_WORSE);
    tb_gate_result nothing = {0};
    tb_gate_policy policy = tb_gate_policy_default();
    cr_expect_eq(tb_gate_exit(&nothing, &policy), TB_EXIT_PARTIAL, "no data is no pass");
}

Test(gate, reports_are_escaped)
{
    tb_gate_item item = {
        .name = "a<b>&\"c\", cpu", .verdict = TB_GATE_WORSE, .detail = "+4 %\n|x|"};
    tb_gate_result result = {.items = &item, .count = 1, .false_alarms = 0.005, .power = 0.98};
    tb_buf text = {0};
    tb_gate_junit(&result, &text);
    cr_expect(strstr(tb_buf_text(&text), "a&lt;b&gt;&amp;"));
    cr_expect(strstr(tb_buf_text(&text), "failures=\"1\""));
    tb_buf_clear(&text);
    tb_gate_json(&result, &text);
    cJSON *json = cJSON_Parse(tb_buf_text(&text));
    cr_expect(json);
    cJSON_Delete(json);
    tb_buf_clear(&text);
    tb_gate_markdown(&result, &text);
    cr_expect(strstr(tb_buf_text(&text), "\\|x\\|"));
    tb_buf_free(&text);
    char line[512] = "";
    FILE *file = tmpfile();
    tb_gate_annotations(&result, file);
    rewind(file);
    cr_expect(fgets(line, sizeof line, file));
    cr_expect(strstr(line, "::error"));
    cr_expect(strstr(line, "%25%0A"));
    fclose(file);
}
