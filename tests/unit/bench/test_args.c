/* The command-line grammar: values, defaults, lists, refusals. */
#include <criterion/criterion.h>
#include <string.h>

#include "bench/args.h"
#include "bench/nearest.h"

static const tb_option rows[] = {
    {.name = "Some heading", .kind = TB_OPTION_HEADING},
    {.name = "verbose", .letter = 'v', .kind = TB_OPTION_FLAG},
    {.name = "profile", .kind = TB_OPTION_FLAG, .default_text = "on"},
    {.name = "db", .kind = TB_OPTION_TEXT, .default_text = "a.sqlite"},
    {.name = "runs", .letter = 'n', .kind = TB_OPTION_INT, .default_text = "10", .min = 1},
    {.name = "alpha", .kind = TB_OPTION_NUMBER, .min = 0, .max = 1},
    {.name = "max-seconds", .kind = TB_OPTION_SECONDS, .default_text = "10"},
    {.name = "memory-limit", .kind = TB_OPTION_BYTES},
    {.name = "threads", .letter = 't', .kind = TB_OPTION_INT_LIST, .default_text = "1", .min = 1},
    {.name = "delegate", .kind = TB_OPTION_LIST, .default_text = "cpu"},
    {.name = "label", .kind = TB_OPTION_LIST, .no_split = true},
    {.name = NULL},
};

#define PARSE(...)                      \
    char *argv[] = {__VA_ARGS__, NULL}; \
    tb_error err = TB_ERROR_NONE;       \
    tb_args *args = NULL;               \
    tb_status status = tb_args_parse(rows, (int)(sizeof argv / sizeof *argv) - 1, argv, &err, &args)

static void refuse(int argc, char **argv, const char *expected)
{
    tb_error err = TB_ERROR_NONE;
    tb_args *args = NULL;
    cr_assert_eq(tb_args_parse(rows, argc, argv, &err, &args), TB_USAGE, "%s", argv[0]);
    cr_assert_null(args);
    cr_assert(strstr(err.text, expected), "'%s' does not say '%s'", err.text, expected);
}

#define REFUSED(expected, ...)                                        \
    do {                                                              \
        char *words[] = {__VA_ARGS__};                                \
        refuse((int)(sizeof words / sizeof *words), words, expected); \
    } while (0)

Test(args, defaults_stand_where_nothing_is_given)
{
    PARSE("model.tflite");
    cr_assert_eq(status, TB_OK);
    int count = 0;
    cr_assert_str_eq(tb_args_text(args, "db"), "a.sqlite");
    cr_assert_eq(tb_args_int(args, "runs"), 10);
    cr_assert_eq(tb_args_ns(args, "max-seconds"), UINT64_C(10000000000));
    cr_assert_eq(tb_args_ints(args, "threads", &count)[0], 1);
    cr_assert_eq(count, 1);
    cr_assert_str_eq(tb_args_list(args, "delegate", &count)[0], "cpu");
    cr_assert_eq(count, 1);
    cr_assert(tb_args_list(args, "label", &count) == NULL && count == 0);
    cr_assert_not(tb_args_given(args, "db"));
    cr_assert_not(tb_args_flag(args, "verbose"));
    cr_assert(tb_args_flag(args, "profile"));
    cr_assert_eq(tb_args_operand_count(args), 1);
    cr_assert_str_eq(tb_args_operand(args, 0), "model.tflite");
    tb_args_free(args);
}

Test(args, every_way_to_write_a_value)
{
    PARSE("--db=b.sqlite", "-n5", "one", "--max-seconds", "250ms", "-v", "--memory-limit", "1.5G",
          "--alpha=0.05", "--", "--two", "-");
    cr_assert_eq(status, TB_OK, "%s", err.text);
    cr_assert_str_eq(tb_args_text(args, "db"), "b.sqlite");
    cr_assert(tb_args_given(args, "db"));
    cr_assert_eq(tb_args_int(args, "runs"), 5);
    cr_assert_eq(tb_args_ns(args, "max-seconds"), 250000000u);
    cr_assert_eq(tb_args_bytes(args, "memory-limit"), UINT64_C(1610612736));
    cr_assert_float_eq(tb_args_number(args, "alpha"), 0.05, 1e-12);
    cr_assert(tb_args_flag(args, "verbose"));
    cr_assert_eq(tb_args_operand_count(args), 3);
    cr_assert_str_eq(tb_args_operand(args, 1), "--two");
    cr_assert_str_eq(tb_args_operand(args, 2), "-");
    tb_args_free(args);
}

Test(args, lists_add_up_and_replace_their_default)
{
    PARSE("--threads", "1,2", "-t", "8", "--delegate", "cpu,gpu:precision=fp16;x=1", "--delegate",
          "nnapi", "--label", "a=1,2");
    cr_assert_eq(status, TB_OK, "%s", err.text);
    int count = 0;
    const int64_t *threads = tb_args_ints(args, "threads", &count);
    cr_assert_eq(count, 3);
    cr_assert(threads[0] == 1 && threads[1] == 2 && threads[2] == 8);
    const char *const *delegates = tb_args_list(args, "delegate", &count);
    cr_assert_eq(count, 3);
    cr_assert_str_eq(delegates[1], "gpu:precision=fp16;x=1");
    cr_assert_str_eq(delegates[2], "nnapi");
    cr_assert_str_eq(tb_args_list(args, "label", &count)[0], "a=1,2");
    cr_assert_eq(count, 1);
    tb_args_free(args);
}

Test(args, a_flag_can_be_taken_back)
{
    PARSE("--verbose", "--no-verbose", "--no-profile");
    cr_assert_eq(status, TB_OK);
    cr_assert_not(tb_args_flag(args, "profile"));
    cr_assert_not(tb_args_flag(args, "verbose"));
    tb_args_free(args);
}

Test(args, refusals_say_what_is_wrong)
{
    REFUSED("did you mean --threads?", "--thraeds", "2");
    REFUSED("no such option", "--quite-another");
    REFUSED("-x: no such option", "-x");
    REFUSED("needs a value", "--db");
    REFUSED("needs a value", "--db", "--verbose");
    REFUSED("takes no value", "--verbose=yes");
    REFUSED("not a whole number", "--runs", "5x");
    REFUSED("not a whole number", "--runs", "");
    REFUSED("at least 1", "--runs", "0");
    REFUSED("at least 1", "--threads", "2,0");
    REFUSED("between 0 and 1", "--alpha", "1.5");
    REFUSED("not a duration", "--max-seconds", "5 parsecs");
    REFUSED("not a duration", "--max-seconds", "nan");
    REFUSED("must not be negative", "--max-seconds", "-1");
    REFUSED("not a size", "--memory-limit", "12Q");
    REFUSED("empty item", "--delegate", "cpu,,gpu");
    REFUSED("no such option", "--no-db");
}

Test(args, the_nearest_word)
{
    tb_nearest nearest;
    tb_nearest_begin(&nearest, "dlegate");
    tb_nearest_try(&nearest, "threads");
    tb_nearest_try(&nearest, NULL);
    tb_nearest_try(&nearest, "delegate");
    cr_assert_str_eq(nearest.best, "delegate");
    tb_nearest_begin(&nearest, "zzz");
    tb_nearest_try(&nearest, "db");
    cr_assert_null(nearest.best);
}
