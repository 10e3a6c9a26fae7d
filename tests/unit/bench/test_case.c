/* case.json: what a good one gives, and one clear error for everything else. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/case.h"

static const char good[] =
    "{\"format\": 1, \"name\": \"OP/two_steps\", \"op\": \"OP\", \"expect\": \"ok\","
    "\"signature\": \"serve\","
    "\"inputs\": [{\"name\": \"x:0\", \"index\": 1, \"signature_name\": \"x\","
    "  \"dtype\": \"int8\", \"shape\": [2]},"
    " {\"name\": \"y\", \"dtype\": \"string\", \"shape\": []}],"
    "\"outputs\": [{\"name\": \"z\", \"dtype\": \"float32\", \"shape\": [2],"
    "  \"rule\": {\"kind\": \"exact\"}, \"lenient_rule\": {\"kind\": \"float\", \"abs\": 1,"
    "  \"rel\": 0}}],"
    "\"steps\": [{\"inputs\": [{\"file\": \"input_0.bin\", \"shape\": [2]},"
    "   {\"file\": \"input_1.bin\", \"shape\": []}],"
    "  \"outputs\": [{\"file\": \"expected_0.bin\", \"shape\": [2]}]},"
    " {\"inputs\": [{\"file\": \"step1_input_0.bin\", \"shape\": [4]},"
    "   {\"file\": \"input_1.bin\", \"shape\": []}],"
    "  \"outputs\": [{\"file\": \"step1_expected_0.bin\", \"shape\": [4]}]}]}";

static tb_status parse(const char *text, tb_error *err, tb_case *out)
{
    return tb_case_parse(text, strlen(text), err, out);
}

Test(case, everything_is_read)
{
    tb_error err = TB_ERROR_NONE;
    tb_case parsed;
    cr_assert_eq(parse(good, &err, &parsed), TB_OK, "%s", err.text);
    cr_expect_str_eq(parsed.name, "OP/two_steps");
    cr_expect_str_eq(parsed.op, "OP");
    cr_expect_str_eq(parsed.signature, "serve");
    cr_expect_null(parsed.description);
    cr_expect_eq(parsed.expect, TB_EXPECT_OK);
    cr_expect_eq(parsed.input_count, 2);
    cr_expect_eq(parsed.inputs[0].position, 1);
    cr_expect_str_eq(parsed.inputs[0].signature_name, "x");
    cr_expect_eq(parsed.inputs[1].position, 1);
    cr_expect_eq(parsed.inputs[1].type, kTfLiteString);
    cr_expect_eq(parsed.output_count, 1);
    cr_expect_eq(parsed.outputs[0].rule.kind, TB_RULE_EXACT);
    cr_expect(parsed.outputs[0].has_lenient_rule);
    cr_expect_eq(parsed.outputs[0].lenient_rule.kind, TB_RULE_FLOAT);
    cr_expect_eq(parsed.step_count, 2);
    cr_expect_str_eq(parsed.steps[1].inputs[0].file, "step1_input_0.bin");
    cr_expect_eq(parsed.steps[1].inputs[0].dims[0], 4);
    cr_expect_eq(parsed.steps[0].inputs[1].rank, 0);
    cr_expect_eq(parsed.steps[1].outputs[0].dims[0], 4);
    tb_case_free(&parsed);
}

Test(case, what_must_be_refused_needs_no_tensors)
{
    tb_error err = TB_ERROR_NONE;
    tb_case parsed;
    cr_assert_eq(
        parse("{\"format\": 1, \"expect\": \"no_crash\", \"rule\": \"text\"}", &err, &parsed),
        TB_OK, "%s", err.text);
    cr_expect_eq(parsed.expect, TB_EXPECT_NO_CRASH);
    cr_expect_eq(parsed.step_count, 0);
    tb_case_free(&parsed);
}

/* The good text with the first `from` replaced. */
static char *with(const char *from, const char *to)
{
    const char *at = strstr(good, from);
    cr_assert(at, "%s", from);
    size_t size = strlen(good) + strlen(to) + 1;
    char *text = malloc(size);
    snprintf(text, size, "%.*s%s%s", (int)(at - good), good, to, at + strlen(from));
    return text;
}

Test(case, each_fault_is_named)
{
    static const struct {
        const char *from, *to, *message;
    } faults[] = {
        {"\"format\": 1", "\"format\": 2", "\"format\" is 2"},
        {"\"expect\": \"ok\"", "\"expect\": \"maybe\"", "\"expect\" is \"maybe\""},
        {"\"expect\": \"ok\"", "\"expect\": null", "\"expect\" is not a text"},
        {"\"int8\"", "\"int9\"", "\"inputs\"[0]: \"dtype\" \"int9\" is not known"},
        {"\"kind\": \"exact\"", "\"kind\": \"x\"", "\"outputs\"[0]: \"rule\": \"kind\" is \"x\""},
        {"\"input_0.bin\"", "\"../secret\"", "\"file\" is \"../secret\""},
        {"\"input_0.bin\"", "\"\"", "not a plain name"},
        {"\"input_0.bin\"", "7", "\"steps\"[0]: \"inputs\"[0]: \"file\" is not a text"},
        {"\"shape\": [4]", "\"shape\": [-4]", "\"steps\"[1]: \"inputs\"[0]: \"shape\"[0]"},
        {"\"shape\": [4]", "\"shape\": [1,1,1,1,1,1,1,1,1]", "has 9 elements"},
        {"\"shape\": [4]", "\"shape\": [1e30]", "a dimension"},
        {"\"steps\": [", "\"steps\": [], \"x\": [", "\"steps\" is empty"},
        {"\"index\": 1", "\"index\": -1", "\"index\" is -1"},
        {"{\"file\": \"input_1.bin\", \"shape\": []}", "", ""},
        {"\"inputs\": [{\"name\"", "\"inputs\": 5, \"x\": [{\"name\"",
         "\"inputs\" is not an array"},
    };
    for (size_t k = 0; k < sizeof faults / sizeof faults[0]; k++) {
        char *text = with(faults[k].from, faults[k].to);
        tb_error err = TB_ERROR_NONE;
        tb_case parsed;
        cr_expect_neq(parse(text, &err, &parsed), TB_OK, "%s", faults[k].to);
        cr_expect(strstr(err.text, faults[k].message), "%s: %s", faults[k].to, err.text);
        free(text);
    }
}

Test(case, every_truncation_is_an_error)
{
    for (size_t size = 0; size + 1 < sizeof good - 1; size++) {
        char *copy = malloc(size + 1); /* exact, so that a read past the end is seen */
        memcpy(copy, good, size);
        tb_error err = TB_ERROR_NONE;
        tb_case parsed;
        cr_assert_eq(tb_case_parse(copy, size, &err, &parsed), TB_CORRUPT, "%zu", size);
        cr_assert(strstr(err.text, "JSON"), "%s", err.text);
        free(copy);
    }
}

Test(case, deep_nesting_and_trailing_text)
{
    enum { DEPTH = 100000 };
    char *deep = malloc(DEPTH);
    memset(deep, '[', DEPTH);
    tb_error err = TB_ERROR_NONE;
    tb_case parsed;
    cr_expect_eq(tb_case_parse(deep, DEPTH, &err, &parsed), TB_CORRUPT);
    free(deep);
    cr_expect_eq(parse("{\"format\": 1, \"expect\": \"refuse\"} x", &err, &parsed), TB_CORRUPT);
    cr_expect(strstr(err.text, "follows"), "%s", err.text);
    cr_expect_eq(parse("[1]", &err, &parsed), TB_CORRUPT);
}
