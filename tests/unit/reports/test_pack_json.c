/* Packing: each form a column can take, what keeps its digits, and what stays as it is. */
#include <criterion/criterion.h>
#include <string.h>

#include "reports/pack_json.h"

static char packed[16384];

/* <row> sixteen times, with %d for the row's number at most twice. */
static const char *pack_rows(const char *row)
{
    tb_buf json = {0}, out = {0};
    tb_error err = TB_ERROR_NONE;
    tb_buf_append_text(&json, "{\"list\":[");
    for (int k = 0; k < TB_PACK_FEWEST_ROWS; k++) {
        tb_buf_append_text(&json, k ? "," : "");
        for (const char *at = row; *at; at++) {
            if (*at == '#')
                tb_buf_printf(&json, "%d", k);
            else
                tb_buf_append_char(&json, *at);
        }
    }
    tb_buf_append_text(&json, "]}");
    cJSON *document = cJSON_Parse(tb_buf_text(&json));
    cr_assert(document, "%s", tb_buf_text(&json));
    cr_assert_eq(tb_pack_json(document, &err, &out), TB_OK, "%s", err.text);
    cr_assert(out.size < sizeof packed);
    memcpy(packed, tb_buf_text(&out), out.size + 1);
    cJSON_Delete(document);
    tb_buf_free(&json);
    tb_buf_free(&out);
    return packed;
}

static void expect_has(const char *text, const char *part)
{
    cr_expect(strstr(text, part), "lacks %s: %s", part, text);
}

Test(pack_json, objects_become_columns)
{
    const char *text = pack_rows("{\"a\":7,\"b\":\"n#\",\"c\":1000#,\"d\":null,\"e\":[#,1],"
                                 "\"f\":{\"g\":true,\"h\":{\"i\":\"x\"}},\"j\":[{\"k\":1}]}");
    expect_has(text,
               "{\"packed\":1,\"document\":{\"list\":{\"$rows\":16,\"of\":{\"a\":{\"$same\":7}");
    expect_has(text, "\"b\":{\"$few\":[\"n0\",\"n1\"");
    expect_has(text, "\"c\":{\"$steps\":[1e4,1,1,1,1,1,1,1,1,1,");
    expect_has(text, "\"e\":{\"$lists\":[2,2,");
    expect_has(text, "\"of\":[0,1,1,1,2,1,3,1,");
    expect_has(text, "\"f\":{\"$members\":{\"g\":{\"$same\":true},\"h\":{\"$members\":{\"i\":{"
                     "\"$same\":\"x\"}}}}}");
    expect_has(text, "\"j\":{\"$lists\":[1,1,");
    expect_has(text, "\"of\":{\"$members\":{\"k\":{\"$same\":1}}}");
    cr_expect(!strstr(text, "\"d\""), "an absent member makes no column");
    expect_has(text, "\"texts\":[]}");
}

Test(pack_json, lists_of_one_length_become_columns)
{
    const char *text = pack_rows("[5#0,\"t\",-1,0.123456789]");
    expect_has(text, "{\"$tuples\":16,\"of\":[");
    expect_has(text, "{\"$same\":\"t\"},{\"$same\":-1},{\"$same\":0.123456789}");
}

Test(pack_json, what_has_no_common_form_stays)
{
    expect_has(pack_rows("[#,[1]]"), "[[0,[1]],[1,[1]],");
    expect_has(pack_rows("#"), "{\"list\":[0,1,2,3,");
    tb_buf out = {0};
    tb_error err = TB_ERROR_NONE;
    cJSON *document = cJSON_Parse("{\"a\":[{\"b\":1},{\"b\":2.5}],\"t\":\"q\\\"\\\\\\n\"}");
    cr_assert_eq(tb_pack_json(document, &err, &out), TB_OK);
    cr_expect_str_eq(tb_buf_text(&out), "{\"packed\":1,\"document\":{\"a\":[{\"b\":1},{\"b\":2.5}],"
                                        "\"t\":\"q\\\"\\\\\\u000a\"},\"texts\":[]}");
    cJSON_Delete(document);
    tb_buf_free(&out);
}

Test(pack_json, many_texts_stand_once)
{
    tb_buf json = {0}, out = {0};
    tb_error err = TB_ERROR_NONE;
    tb_buf_append_text(&json, "{\"list\":[");
    for (int k = 0; k < 3000; k++)
        tb_buf_printf(&json, "%s{\"a\":\"name %d\",\"b\":\"name %d\"}", k ? "," : "", k, 2999 - k);
    tb_buf_append_text(&json, ",{\"b\":\"name 5\"}]}");
    cJSON *document = cJSON_Parse(tb_buf_text(&json));
    cr_assert_eq(tb_pack_json(document, &err, &out), TB_OK);
    const char *text = tb_buf_text(&out);
    expect_has(text, "\"a\":{\"$texts\":[0,1,2,3,");
    expect_has(text, ",2999,-1]}");
    expect_has(text, "\"b\":{\"$texts\":[2999,2998,");
    const char *found = strstr(text, "\"name 1234\"");
    cr_expect(found && !strstr(found + 1, "\"name 1234\""));
    cJSON_Delete(document);
    tb_buf_free(&json);
    tb_buf_free(&out);
}

Test(pack_json, figures_keep_the_digits_people_read)
{
    static const struct {
        double value;
        const char *text;
    } cases[] = {
        {0, "0"},
        {1800000000, "18e8"},
        {-1200, "-1200"},
        {-12000, "-12e3"},
        {100, "100"},
        {9007199254740991, "9007199254740991"},
        {123456789.123, "12346e4"},
        {12345.678, "12346"},
        {0.123456789, "0.12346"},
        {0.00001234567, "1.2346e-05"},
        {0.999999876543, "0.999999876543"},
        {0.95123456, "0.9512346"},
        {1.0000001, "1"},
    };
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        char text[32];
        tb_pack_figure(cases[k].value, text);
        cr_expect_str_eq(text, cases[k].text);
    }
}
