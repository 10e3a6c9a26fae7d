/* The page of a profile: what it says without scripts, and what it refuses. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reports/html_profile.h"

static const char document[] =
    "{\"schema\":\"tflbench.profile\",\"version\":1,\"sentence\":\"a </script> <b>b</b>\","
    "\"configuration\":{\"model\":\"m<1>\",\"delegate\":\"cpu\"},"
    "\"result\":{\"median_ns\":4210000,\"median_low_ns\":4100000,\"median_high_ns\":4330000},"
    "\"budget\":{\"end_to_end_ns\":2000,\"parts\":[{\"part\":\"control_flow\",\"ns\":500,\"what\":"
    "\"w\"},{\"part\":\"steps\",\"ns\":1500}]},"
    "\"ops\":[{\"op\":\"ADD\",\"self_median_ns\":10},{\"op\":\"CONV_2D\",\"self_median_ns\":90,"
    "\"reason\":\"not done\"},{\"op\":\"NONE\"},{\"op\":7,\"self_median_ns\":\"x\"}],"
    "\"fallbacks\":[{\"op\":\"SOFTMAX\",\"reason\":\"no <kernel>\",\"nodes\":[[0,1],[0,2]]}],"
    "\"warnings\":[{\"kind\":\"few_samples\",\"message\":\"too few\"}]}";

static void expect_has(const tb_buf *page, const char *part)
{
    cr_expect(strstr(tb_buf_text(page), part), "lacks \"%s\"", part);
}

Test(profile_page, says_the_essentials_without_a_script)
{
    tb_buf page = {0};
    tb_error err = TB_ERROR_NONE;
    cr_assert_eq(tb_profile_page(document, "p.json", &err, &page), TB_OK, "%s", err.text);
    expect_has(&page, "<title>m&lt;1&gt;, cpu");
    expect_has(&page, "<h1>a &lt;/script&gt; &lt;b&gt;b&lt;/b&gt;</h1>");
    expect_has(&page, "4.21 ms <small>[4.10–4.33]</small>");
    expect_has(&page, "control flow<small>w</small></th><td class=\"n\">500 ns</td><td "
                      "class=\"n\">25.0 %");
    expect_has(&page, "End to end</th><td class=\"n\">2.00 µs");
    expect_has(&page, "<b>2 nodes SOFTMAX</b> <span>no &lt;kernel&gt;</span>");
    expect_has(&page, "<b>few samples</b> too few");
    /* The costliest comes first, with what is known of why. */
    const char *costly = strstr(tb_buf_text(&page), "The operators that cost most");
    cr_assert(costly);
    const char *conv = strstr(costly, "CONV_2D"), *add = strstr(costly, "ADD");
    cr_expect(conv && add && conv < add);
    expect_has(&page, "left to the interpreter: not done</small></th><td class=\"n\">90 ns</td><td "
                      "class=\"n\">90.0 %");
    /* No text can end the element that carries the data. */
    const char *data = strstr(tb_buf_text(&page), "id=\"tflbench-profile\">");
    cr_assert(data);
    cr_expect(strstr(data, "a \\u003c/script>"));
    cr_expect(!strstr(tb_buf_text(&page), "{{"));
    tb_buf_free(&page);
}

Test(profile_page, absent_figures_have_their_reason)
{
    tb_buf page = {0};
    tb_error err = TB_ERROR_NONE;
    tb_status status = tb_profile_page(
        "{\"schema\":\"tflbench.profile\",\"version\":1,\"result\":{\"reason\":\"it crashed\"},"
        "\"budget\":{\"reason\":\"nothing was profiled\"},\"ops\":3,\"warnings\":{}}",
        "p.json", &err, &page);
    cr_assert_eq(status, TB_OK, "%s", err.text);
    expect_has(&page, "not available<small>it crashed");
    expect_has(&page, "not available: nothing was profiled");
    cr_expect(!strstr(tb_buf_text(&page), "0 ns"));
    tb_buf_free(&page);
}

Test(profile_page, what_is_no_profile_is_refused)
{
    static const struct {
        const char *json, *said;
        tb_status status;
    } cases[] = {
        {"[1,", "no JSON", TB_CORRUPT},
        {"[]", "\"schema\"", TB_CORRUPT},
        {"{\"schema\":\"tflbench.results\",\"version\":1}", "tflbench.results", TB_CORRUPT},
        {"{\"schema\":\"tflbench.profile\",\"version\":9}", "version is 9", TB_UNSUPPORTED},
        {"{\"schema\":\"tflbench.profile\"}", "version", TB_UNSUPPORTED},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        tb_buf page = {0};
        tb_error err = TB_ERROR_NONE;
        cr_expect_eq(tb_profile_page(cases[i].json, "p.json", &err, &page), cases[i].status);
        cr_expect(strstr(err.text, cases[i].said), "%s", err.text);
        cr_expect(strstr(err.text, "p.json"), "%s", err.text);
        tb_buf_free(&page);
    }
}

/* Three configurations: none is as fast and as right as the first two; the third is beaten. */
Test(profile_page, speed_is_held_against_accuracy)
{
    static const char json[] =
        "{\"schema\":\"tflbench.profile\",\"version\":1,\"configuration\":{\"model\":\"m\","
        "\"delegate\":\"cpu\"},\"results\":["
        "{\"model\":\"m\",\"delegate\":\"cpu\",\"threads\":1,\"median_ns\":4e6,"
        "\"accuracy\":0.71,\"accuracy_metric\":\"top1\"},"
        "{\"model\":\"m\",\"delegate\":\"gpu:a=<b>\",\"threads\":1,\"median_ns\":1e6,"
        "\"accuracy\":0.70},"
        "{\"model\":\"m\",\"delegate\":\"cpu\",\"threads\":2,\"median_ns\":5e6,"
        "\"accuracy\":0.71},"
        "{\"model\":\"other\",\"delegate\":\"cpu\",\"threads\":9,\"median_ns\":1}]}";
    tb_buf page = {0};
    tb_error err = TB_ERROR_NONE;
    cr_assert_eq(tb_profile_page(json, "p.json", &err, &page), TB_OK, "%s", err.text);
    expect_has(&page, "Upwards: top1");
    const char *text = tb_buf_text(&page), *figure = strstr(text, "<figure id=\"speed\"");
    cr_assert(figure);
    size_t best = 0;
    for (const char *at = figure; (at = strstr(at, "<tr class=\"best\">")); at++)
        best++;
    cr_expect_eq(best, 2, "%zu", best);
    expect_has(&page, "</span>gpu:a=&lt;b&gt;, 1 thread<small>none is faster and as right");
    expect_has(&page, "4.00 ms <small></small></td><td class=\"n\">71.0 %");
    cr_expect(!strstr(figure, "9 threads"), "another model is no competitor");
    tb_buf_free(&page);
}

Test(profile_page, without_labels_the_distance_to_the_reference_is_shown_or_why_not)
{
    static const char head[] =
        "{\"schema\":\"tflbench.profile\",\"version\":1,\"configuration\":{\"model\":\"m\","
        "\"delegate\":\"cpu\",\"threads\":1},\"results\":["
        "{\"model\":\"m\",\"delegate\":\"cpu\",\"threads\":1,\"median_ns\":4e6},"
        "{\"model\":\"m\",\"delegate\":\"reference\",\"threads\":1,\"median_ns\":9e6}]";
    static const struct {
        const char *numerics, *says[2];
    } cases[] = {
        {",\"numerics\":{\"reference\":\"reference\",\"output_snr_db\":116.24}}",
         {"116.2 dB", "the reference"}},
        {",\"numerics\":{\"reference\":\"reference\",\"outputs_exact\":true}}",
         {"<td class=\"n\">exact", "none is faster and as right"}},
        {"}", {"Accuracy: not available: no labelled data", "not compared"}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char json[1024];
        snprintf(json, sizeof json, "%s%s", head, cases[i].numerics);
        tb_buf page = {0};
        tb_error err = TB_ERROR_NONE;
        cr_assert_eq(tb_profile_page(json, "p.json", &err, &page), TB_OK, "%s", err.text);
        for (int k = 0; k < 2; k++)
            expect_has(&page, cases[i].says[k]);
        tb_buf_free(&page);
    }
}
