/* Every comparison rule accepts what it should and, above all, refuses what it should. */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "bench/case_type.h"
#include "bench/compare_rules.h"
#include "bench/json_get.h"

static tb_rule rule_of(const char *json)
{
    tb_error err = TB_ERROR_NONE;
    cJSON *parsed;
    tb_rule rule = {.kind = TB_RULE_SHAPE};
    cr_assert_eq(tb_json_parse(json, strlen(json), &err, &parsed), TB_OK, "%s", err.text);
    cr_assert_eq(tb_rule_parse(parsed, &err, &rule), TB_OK, "%s", err.text);
    cJSON_Delete(parsed);
    return rule;
}

static tb_difference compare(const char *rule_json, TfLiteType type, int rank, const int *dims,
                             const void *expected, const void *got, size_t bytes)
{
    tb_rule rule = rule_of(rule_json);
    tb_values want = {type, rank, dims, expected, bytes}, have = {type, rank, dims, got, bytes};
    tb_difference difference;
    tb_rule_compare(&rule, &want, &have, &difference);
    cr_expect_eq(difference.matches, difference.text[0] == '\0', "%s", difference.text);
    return difference;
}

static tb_difference compare_floats(const char *rule_json, const float *expected, const float *got,
                                    int count)
{
    return compare(rule_json, kTfLiteFloat32, 1, &count, expected, got,
                   (size_t)count * sizeof *got);
}

static const char exact[] = "{\"kind\": \"exact\"}";
static const char same_value[] = "{\"kind\": \"same_value\"}";
static const char lsb_1[] = "{\"kind\": \"lsb\", \"max\": 1}";
static const char within[] = "{\"kind\": \"float\", \"abs\": 0.5, \"rel\": 0.125}";

Test(compare_rules, exact_looks_at_bytes)
{
    float a[] = {1, 0.0f, 3}, b[] = {1, -0.0f, 3};
    cr_expect(compare_floats(exact, a, a, 3).matches);
    tb_difference difference = compare_floats(exact, a, b, 3);
    cr_expect_not(difference.matches);
    cr_expect(strstr(difference.text, "byte 7 is 0x80, expected 0x00"), "%s", difference.text);
    cr_expect(isinf(difference.of_allowed));
}

Test(compare_rules, exact_names_first_and_worst_element)
{
    int8_t a[] = {1, 2, 3, 4, 5, 6}, b[] = {1, 2, 4, 4, 5, -6};
    int dims[] = {2, 3};
    tb_difference difference = compare(exact, kTfLiteInt8, 2, dims, a, b, sizeof a);
    cr_expect_not(difference.matches);
    cr_expect_eq(difference.worst, 12.0);
    cr_expect_str_eq(difference.text,
                     "element 2 [0,2] is 4, expected 3 (off by 1), allowed is no difference; 2 of "
                     "6 differ; worst: element 5 [1,2] is -6, expected 6 (off by 12)");
}

Test(compare_rules, same_value_knows_zeros_and_nan)
{
    float a[] = {NAN, 0.0f, INFINITY}, b[] = {-NAN, -0.0f, INFINITY}, c[] = {NAN, 0.0f, -INFINITY};
    float d[] = {1, 0.0f, INFINITY};
    cr_expect(compare_floats(same_value, a, b, 3).matches);
    cr_expect_not(compare_floats(same_value, a, c, 3).matches);
    cr_expect_not(compare_floats(same_value, a, d, 3).matches);
    cr_expect_not(compare_floats(same_value, d, a, 3).matches);
}

Test(compare_rules, same_value_is_exact_for_large_integers)
{
    int64_t a[] = {INT64_MAX, INT64_MIN}, b[] = {INT64_MAX - 1, INT64_MIN};
    int dims[] = {2};
    cr_expect(compare(same_value, kTfLiteInt64, 1, dims, a, a, sizeof a).matches);
    tb_difference difference = compare(same_value, kTfLiteInt64, 1, dims, a, b, sizeof a);
    cr_expect_not(difference.matches);
    cr_expect_eq(difference.worst, 1.0);
    uint64_t c[] = {UINT64_MAX, 0}, d[] = {UINT64_MAX, 1};
    cr_expect_not(compare(same_value, kTfLiteUInt64, 1, dims, c, d, sizeof c).matches);
}

Test(compare_rules, lsb_allows_so_many_steps)
{
    uint8_t a[] = {0, 100, 255}, b[] = {1, 99, 255}, c[] = {2, 100, 255};
    int dims[] = {3};
    tb_difference near = compare(lsb_1, kTfLiteUInt8, 1, dims, a, b, sizeof a);
    cr_expect(near.matches);
    cr_expect_eq(near.worst, 1.0);
    cr_expect_eq(near.of_allowed, 1.0);
    tb_difference far = compare(lsb_1, kTfLiteUInt8, 1, dims, a, c, sizeof a);
    cr_expect_not(far.matches);
    cr_expect_eq(far.of_allowed, 2.0);
    cr_expect(strstr(far.text, "element 0 is 2, expected 0 (off by 2), allowed is 1; 1 of 3"), "%s",
              far.text);
}

Test(compare_rules, packed_integers_are_compared_by_element)
{
    /* int4: 1, -1, 7 and padding; one step off in the second. */
    uint8_t a[] = {0xf1, 0x07}, b[] = {0xe1, 0x07}, c[] = {0xf1, 0x97}, d[] = {0xf1, 0x08};
    int dims[] = {3};
    cr_expect(compare(lsb_1, kTfLiteInt4, 1, dims, a, b, 2).matches);
    cr_expect(compare(lsb_1, kTfLiteInt4, 1, dims, a, c, 2).matches, "padding is no element");
    tb_difference far = compare(lsb_1, kTfLiteInt4, 1, dims, a, d, 2);
    cr_expect_not(far.matches);
    cr_expect(strstr(far.text, "element 2 is -8, expected 7"), "%s", far.text);
    cr_expect_not(compare(exact, kTfLiteInt4, 1, dims, a, c, 2).matches, "exact means every byte");
    /* int2: 1, -2, 0, -1 against one more in the last. */
    uint8_t e[] = {0xc9}, f[] = {0x89};
    int four[] = {4};
    cr_expect_not(compare(same_value, kTfLiteInt2, 1, four, e, f, 1).matches);
    cr_expect_eq(tb_case_type_read(kTfLiteInt2, e, 1).i, -2);
    cr_expect_eq(tb_case_type_read(kTfLiteInt2, e, 3).i, -1);
}

Test(compare_rules, float_takes_both_tolerances)
{
    float a[] = {0, 8, -8}, b[] = {0.5f, 9.5f, -9.5f}, c[] = {0.5625f, 8, -8},
          d[] = {0, 8, -9.625f};
    tb_difference edge = compare_floats(within, a, b, 3);
    cr_expect(edge.matches);
    cr_expect_eq(edge.of_allowed, 1.0);
    cr_expect_eq(edge.worst, 1.5);
    cr_expect_not(compare_floats(within, a, c, 3).matches);
    tb_difference far = compare_floats(within, a, d, 3);
    cr_expect_not(far.matches);
    cr_expect(strstr(far.text, "element 2 is -9.625, expected -8"), "%s", far.text);
}

Test(compare_rules, float_wants_nan_and_infinity_to_agree)
{
    float a[] = {NAN, INFINITY, 1}, b[] = {NAN, INFINITY, 1.25f}, c[] = {0, INFINITY, 1};
    float d[] = {NAN, 3e38f, 1}, e[] = {NAN, INFINITY, NAN};
    cr_expect(compare_floats(within, a, b, 3).matches);
    cr_expect_not(compare_floats(within, a, c, 3).matches);
    cr_expect_not(compare_floats(within, a, d, 3).matches);
    cr_expect_not(compare_floats(within, a, e, 3).matches);
}

Test(compare_rules, only_leading_elements)
{
    float a[] = {1, 2, 3, 4}, b[] = {1, 2, 30, NAN}, c[] = {1, 20, 3, 4};
    static const char two[] = "{\"kind\": \"float\", \"abs\": 0, \"rel\": 0, \"elements\": 2}";
    cr_expect(compare_floats(two, a, b, 4).matches);
    cr_expect_not(compare_floats(two, a, c, 4).matches);
    static const char beyond[] = "{\"kind\": \"exact\", \"elements\": 100}";
    cr_expect_not(compare_floats(beyond, a, b, 4).matches);
    static const char none[] = "{\"kind\": \"exact\", \"elements\": 0}";
    cr_expect(compare_floats(none, a, b, 4).matches);
}

Test(compare_rules, statistics)
{
    static const char rule[] = "{\"kind\": \"statistics\", \"min\": 0, \"max\": 4, \"mean\": 2,"
                               "\"mean_tolerance\": 0.25, \"std\": 1, \"std_tolerance\": 0.25}";
    float expected[] = {0, 0, 0, 0};
    float good[] = {1, 3, 1, 3}, shifted[] = {2, 4, 2, 4}, narrow[] = {2, 2, 2, 2};
    float outside[] = {1, 3, -1, 5}, broken[] = {1, 3, NAN, 2};
    cr_expect(compare_floats(rule, expected, good, 4).matches);
    cr_expect_not(compare_floats(rule, expected, shifted, 4).matches);
    cr_expect_not(compare_floats(rule, expected, narrow, 4).matches);
    cr_expect_not(compare_floats(rule, expected, outside, 4).matches);
    cr_expect_not(compare_floats(rule, expected, broken, 4).matches);
}

Test(compare_rules, shape_type_and_size_always_count)
{
    float a[] = {1, 2, 3, 4}, b[] = {5, 6, 7, 8};
    int flat[] = {4}, square[] = {2, 2};
    tb_rule rule = rule_of("{\"kind\": \"shape\"}");
    tb_values want = {kTfLiteFloat32, 1, flat, a, sizeof a};
    tb_values have = {kTfLiteFloat32, 1, flat, b, sizeof b};
    tb_difference difference;
    tb_rule_compare(&rule, &want, &have, &difference);
    cr_expect(difference.matches);
    have.rank = 2;
    have.dims = square;
    tb_rule_compare(&rule, &want, &have, &difference);
    cr_expect_str_eq(difference.text, "shape [2,2], expected [4]");
    have = (tb_values){kTfLiteInt32, 1, flat, b, sizeof b};
    tb_rule_compare(&rule, &want, &have, &difference);
    cr_expect_str_eq(difference.text, "type int32, expected float32");
    have = (tb_values){kTfLiteFloat32, 1, flat, b, 8};
    tb_rule_compare(&rule, &want, &have, &difference);
    cr_expect_str_eq(difference.text, "8 bytes, expected 16");
    have = (tb_values){kTfLiteFloat32, 1, flat, NULL, 16};
    tb_rule_compare(&rule, &want, &have, &difference);
    cr_expect_not(difference.matches);
}

Test(compare_rules, scalars_and_empty_tensors)
{
    float a = 1, b = 2;
    cr_expect(compare(within, kTfLiteFloat32, 0, NULL, &a, &a, 4).matches);
    cr_expect_not(compare(exact, kTfLiteFloat32, 0, NULL, &a, &b, 4).matches);
    int empty[] = {2, 0, 3};
    cr_expect(compare(exact, kTfLiteFloat32, 3, empty, NULL, NULL, 0).matches);
    cr_expect(compare(within, kTfLiteFloat32, 3, empty, NULL, NULL, 0).matches);
}

Test(compare_rules, half_and_brain_floats)
{
    /* 1.0 and the next number up, 2^-10 away; -2 against -2. */
    uint16_t a[] = {0x3c00, 0xc000}, b[] = {0x3c01, 0xc000};
    int dims[] = {2};
    static const char tight[] = "{\"kind\": \"float\", \"abs\": 0.0009, \"rel\": 0}";
    static const char wide[] = "{\"kind\": \"float\", \"abs\": 0.001, \"rel\": 0}";
    cr_expect_not(compare(tight, kTfLiteFloat16, 1, dims, a, b, 4).matches);
    cr_expect(compare(wide, kTfLiteFloat16, 1, dims, a, b, 4).matches);
    uint16_t subnormal = 1, infinity = 0xfc00, not_a_number = 0x7e00, one = 0x3f80;
    cr_expect_eq(tb_case_type_read(kTfLiteFloat16, &subnormal, 0).f, ldexp(1, -24));
    cr_expect_eq(tb_case_type_read(kTfLiteFloat16, &infinity, 0).f, -INFINITY);
    cr_expect(isnan(tb_case_type_read(kTfLiteFloat16, &not_a_number, 0).f));
    cr_expect_eq(tb_case_type_read(kTfLiteBFloat16, &one, 0).f, 1.0);
    uint8_t largest = 0x7e, none = 0x7f;
    cr_expect_eq(tb_case_type_read(kTfLiteFloat8E4M3FN, &largest, 0).f, 448.0);
    cr_expect(isnan(tb_case_type_read(kTfLiteFloat8E4M3FN, &none, 0).f));
}

Test(compare_rules, complex_and_bool)
{
    float a[] = {1, 2, 3, 4}, b[] = {1, 2, 3, 5};
    int dims[] = {2};
    tb_difference difference = compare(within, kTfLiteComplex64, 1, dims, a, b, sizeof a);
    cr_expect(difference.matches);
    difference = compare(exact, kTfLiteComplex64, 1, dims, a, b, sizeof a);
    cr_expect(strstr(difference.text, "element 1, imaginary part, is 5, expected 4"), "%s",
              difference.text);
    uint8_t c[] = {1, 0}, d[] = {255, 0}, e[] = {1, 1};
    cr_expect(compare(same_value, kTfLiteBool, 1, dims, c, d, 2).matches);
    cr_expect_not(compare(same_value, kTfLiteBool, 1, dims, c, e, 2).matches);
    cr_expect_not(compare(exact, kTfLiteBool, 1, dims, c, d, 2).matches);
}

/* "ab", "c" as a string buffer: count, three offsets, bytes. */
static const int32_t strings_head[] = {2, 16, 18, 19};

Test(compare_rules, strings)
{
    char a[19], b[19];
    memcpy(a, strings_head, 16);
    memcpy(a + 16, "abc", 3);
    memcpy(b, a, sizeof a);
    int dims[] = {2};
    cr_expect(compare(exact, kTfLiteString, 1, dims, a, b, sizeof a).matches);
    b[18] = 'd';
    tb_difference difference = compare(exact, kTfLiteString, 1, dims, a, b, sizeof a);
    cr_expect_str_eq(difference.text, "string 1 is \"d\", expected \"c\"");
    int32_t wild = 1 << 30;
    memcpy(b + 12, &wild, 4);
    difference = compare(exact, kTfLiteString, 1, dims, a, b, sizeof a);
    cr_expect(strstr(difference.text, "outside the buffer"), "%s", difference.text);
    int32_t count = -5;
    memcpy(b, &count, 4);
    cr_expect_not(compare(exact, kTfLiteString, 1, dims, a, b, sizeof a).matches);
    cr_expect_not(compare(exact, kTfLiteString, 1, dims, b, a, sizeof a).matches);
}

Test(compare_rules, hostile_rules_are_refused)
{
    static const char *const bad[] = {
        "{}",
        "[]",
        "{\"kind\": 3}",
        "{\"kind\": \"about\"}",
        "{\"kind\": \"lsb\"}",
        "{\"kind\": \"lsb\", \"max\": \"1\"}",
        "{\"kind\": \"lsb\", \"max\": -1}",
        "{\"kind\": \"float\", \"abs\": 1}",
        "{\"kind\": \"float\", \"abs\": 1, \"rel\": -1e-9}",
        "{\"kind\": \"float\", \"abs\": 1e999, \"rel\": 0}",
        "{\"kind\": \"exact\", \"elements\": -1}",
        "{\"kind\": \"exact\", \"elements\": 1.5}",
        "{\"kind\": \"statistics\", \"min\": 0, \"max\": 1}",
    };
    for (size_t k = 0; k < sizeof bad / sizeof bad[0]; k++) {
        tb_error err = TB_ERROR_NONE;
        cJSON *json;
        tb_rule rule;
        cr_assert_eq(tb_json_parse(bad[k], strlen(bad[k]), &err, &json), TB_OK);
        cr_expect_eq(tb_rule_parse(json, &err, &rule), TB_CORRUPT, "%s", bad[k]);
        cr_expect_neq(err.text[0], '\0');
        cJSON_Delete(json);
    }
}

Test(compare_rules, type_names_and_sizes)
{
    cr_expect_eq(tb_case_type_find("bfloat16"), kTfLiteBFloat16);
    cr_expect_eq(tb_case_type_find("unknown type"), kTfLiteNoType);
    cr_expect_str_eq(tb_case_type_name((TfLiteType)99), "unknown type");
    cr_expect_eq(tb_case_type_numbers(kTfLiteInt2, 3), 12);
    cr_expect_eq(tb_case_type_numbers(kTfLiteComplex64, 16), 4);
}
