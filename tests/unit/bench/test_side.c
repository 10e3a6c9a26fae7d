/* What --base and --head may name. */
#include <criterion/criterion.h>
#include <string.h>

#include "bench/pair_cmd.h"
#include "bench/side.h"

static tb_side parse(const char *text, tb_arena *arena)
{
    tb_side side;
    tb_error err = TB_ERROR_NONE;
    cr_assert_eq(tb_side_parse(text, arena, &err, &side), TB_OK, "%s: %s", text, err.text);
    return side;
}

Test(side, names)
{
    tb_arena arena = {0};
    cr_expect(parse("@-1", &arena).stored);
    cr_expect(parse("label:a=b", &arena).stored);
    cr_expect_str_eq(parse("native", &arena).engine, "native");
    cr_expect_str_eq(parse("tflite:/x/lib.so", &arena).engine, "tflite:/x/lib.so");
    cr_expect_str_eq(parse("a/b.tflite", &arena).model, "a/b.tflite");
    cr_expect_str_eq(parse("reference", &arena).delegate, "reference");
    cr_expect_str_eq(parse("/bin/sh", &arena).program, "/bin/sh");
    tb_side side = parse("delegate=cpu,threads=2,program=./x", &arena);
    cr_expect_str_eq(side.delegate, "cpu");
    cr_expect_str_eq(side.program, "./x");
    cr_expect_eq(side.threads, 2);
    tb_arena_free(&arena);
}

Test(side, nonsense)
{
    static const char *const bad[] = {"nothing-of-that-name", "threads=0", "threads=x", "color=red",
                                      "delegate=cpu,threads"};
    tb_arena arena = {0};
    for (size_t k = 0; k < sizeof bad / sizeof *bad; k++) {
        tb_side side;
        tb_error err = TB_ERROR_NONE;
        cr_expect_eq(tb_side_parse(bad[k], &arena, &err, &side), TB_USAGE, "%s", bad[k]);
        cr_expect(strstr(err.text, bad[k]) || strstr(err.text, "threads"), "%s", err.text);
    }
    tb_arena_free(&arena);
}

Test(side, request)
{
    tb_arena arena = {0};
    static const char *const delegates[] = {"cpu", "reference"};
    int64_t threads[] = {1, 2};
    tb_sweep_request request = {
        .delegates = {delegates, 2}, .threads = threads, .thread_count = 2, .seed = 7};
    tb_side side = parse("threads=4", &arena);
    tb_sweep_request changed = tb_side_request(&side, &request);
    cr_expect_eq(changed.thread_count, 1);
    cr_expect_eq(changed.threads[0], 4);
    cr_expect_eq(changed.delegates.count, 2);
    cr_expect_eq(changed.seed, 7);
    tb_arena_free(&arena);
}

Test(side, target)
{
    double target;
    tb_error err = TB_ERROR_NONE;
    cr_expect_eq(tb_target_parse("1%", &err, &target), TB_OK);
    cr_expect_float_eq(target, 0.01, 1e-15);
    cr_expect_eq(tb_target_parse("0.02", &err, &target), TB_OK);
    cr_expect_float_eq(target, 0.02, 1e-15);
    cr_expect_eq(tb_target_parse(NULL, &err, &target), TB_OK);
    cr_expect_eq(tb_target_parse("one", &err, &target), TB_USAGE);
    cr_expect_eq(tb_target_parse("0%", &err, &target), TB_USAGE);
}
