/* The worker protocol: jobs there and back, JSON texts, when loops end. */
#include <criterion/criterion.h>
#include <string.h>

#include "bench/job.h"
#include "bench/json_write.h"
#include "bench/steady.h"

Test(job, survives_the_way_there)
{
    static const char *const inputs[] = {"a\"b", "c\\d\n", "\xc3\xa4"};
    tb_job job = {
        .model = "/models/m.tflite",
        .engine = "native",
        .delegate = "gpu:precision=fp16",
        .threads = 4,
        .inputs = {inputs, 3},
        .budget_ns = INT64_C(5000000000000),
        .profile = true,
    };
    tb_buf text = {0};
    tb_job_print(&job, &text);
    tb_arena arena = {0};
    tb_error err = TB_ERROR_NONE;
    tb_job back;
    cr_assert_eq(tb_job_parse(tb_buf_text(&text), text.size, &arena, &err, &back), TB_OK, "%s",
                 err.text);
    cr_assert_str_eq(back.model, job.model);
    cr_assert_str_eq(back.delegate, job.delegate);
    cr_assert_null(back.signature);
    cr_assert_eq(back.threads, 4);
    cr_assert_eq(back.budget_ns, job.budget_ns);
    cr_assert(back.profile && !back.outputs_only);
    cr_assert_eq(back.inputs.count, 3);
    for (int k = 0; k < 3; k++)
        cr_assert_str_eq(back.inputs.items[k], inputs[k]);
    tb_arena_free(&arena);
    tb_buf_free(&text);
}

static void refuse(const char *text, tb_status expected, const char *says)
{
    tb_arena arena = {0};
    tb_error err = TB_ERROR_NONE;
    tb_job job;
    cr_assert_eq(tb_job_parse(text, strlen(text), &arena, &err, &job), expected, "%s", text);
    cr_assert(strstr(err.text, says), "'%s' does not say '%s'", err.text, says);
    tb_arena_free(&arena);
}

Test(job, refuses_what_it_does_not_understand)
{
    refuse("", TB_CORRUPT, "not a JSON object");
    refuse("[1]", TB_CORRUPT, "not a JSON object");
    refuse("{}", TB_UNSUPPORTED, "protocol version");
    refuse("{\"protocol\":2}", TB_UNSUPPORTED, "protocol version 2");
    refuse("{\"protocol\":1,\"memory_limits\":1}", TB_UNSUPPORTED, "unknown field 'memory_limits'");
    refuse("{\"protocol\":1,\"threads\":1.5}", TB_UNSUPPORTED, "'threads' is not a whole number");
    refuse("{\"protocol\":1,\"threads\":1e300}", TB_UNSUPPORTED, "'threads' is not a whole number");
    refuse("{\"protocol\":1,\"profile\":1}", TB_UNSUPPORTED, "'profile' is not true or false");
    refuse("{\"protocol\":1,\"model\":null}", TB_UNSUPPORTED, "'model' is not a text");
    refuse("{\"protocol\":1,\"inputs\":[1]}", TB_UNSUPPORTED, "'inputs' is not a text");
}

Test(job, every_message_has_its_name)
{
    for (int k = 0; k < TB_MESSAGE_COUNT; k++)
        cr_assert_eq(tb_message_find(tb_message_text((tb_message)k)), (tb_message)k);
    cr_assert_eq(tb_message_find("gossip"), TB_MESSAGE_COUNT);
}

Test(json_write, escapes_and_replaces)
{
    tb_buf text = {0};
    tb_json_writer json = {.out = &text};
    tb_json_put_object(&json, NULL);
    tb_json_put_text(&json, "a", "q\" b\\ n\n \x7f \xff \xe2\x82\xac \xed\xa0\x80");
    tb_json_put_text(&json, "absent", NULL);
    tb_json_put_array(&json, "b");
    tb_json_put_int(&json, NULL, INT64_MIN);
    tb_json_put_uint(&json, NULL, UINT64_MAX);
    tb_json_put_real(&json, NULL, 0.1);
    tb_json_put_real(&json, NULL, 0.0 / 0.0);
    tb_json_put_bool(&json, NULL, true);
    tb_json_end_array(&json);
    tb_json_put_object(&json, "c");
    tb_json_end_object(&json);
    tb_json_end_object(&json);
    cr_assert_str_eq(tb_buf_text(&text),
                     "{\"a\":\"q\\\" b\\\\ n\\u000a \\u007f \\ufffd \xe2\x82\xac "
                     "\\ufffd\\ufffd\\ufffd\",\"b\":[-9223372036854775808,18446744073709551615,"
                     "0.10000000000000001,null,true],\"c\":{}}");
    tb_buf_free(&text);
}

Test(stop_rule, minima_bounds_and_the_deadline)
{
    tb_stop_rule rule = {.min_runs = 10, .max_runs = 0, .min_ns = 100, .deadline_ns = 0};
    cr_assert_not(tb_stop_now(&rule, 9, 0, 1000));
    cr_assert_not(tb_stop_now(&rule, 10, 0, 99));
    cr_assert(tb_stop_now(&rule, 10, 0, 100));
    rule.max_runs = 5;
    cr_assert(tb_stop_now(&rule, 5, 0, 1));
    rule.max_runs = 0;
    rule.deadline_ns = 50;
    cr_assert(tb_stop_now(&rule, 1, 0, 50));
    cr_assert_not(tb_stop_now(&rule, 0, 0, 50), "at least one inference is made");
}
