/*
 * Real models and operator cases, where the shared data is at hand ($TB_SHARED, else ../shared):
 * every case that TFLite runs can be opened and its operators' params built.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "bench/suite.h"
#include "runtime/model.h"
#include "runtime/op_params.h"

static tb_status build_params(const tb_model *model, tb_error *err)
{
    tb_arena arena = {0};
    tb_status status = TB_OK;
    for (size_t s = 0; s < tb_model_subgraph_count(model); s++) {
        size_t count = tb_model_subgraph(model, s).operator_count;
        for (size_t k = 0; k < count && status == TB_OK; k++) {
            tb_operator_def op = tb_model_operator(model, s, k);
            void *params;
            size_t size;
            char place[160];
            status = tb_op_params_parse(&op, op.opcode.builtin_code, &arena, err, &params, &size);
            if (status != TB_OK)
                tb_in(err, "%s", tb_model_operator_place(model, s, k, sizeof place, place));
        }
    }
    tb_arena_free(&arena);
    return status;
}

static tb_status open_case(const tb_suite *suite, int k, tb_error *err)
{
    tb_suite_file file;
    tb_status status = tb_suite_read(suite, k, "model.tflite", err, &file);
    if (status != TB_OK)
        return status;
    tb_model *model;
    status = tb_model_from_memory(file.data, file.size, tb_suite_name(suite, k), err, &model);
    if (status == TB_OK) {
        status = build_params(model, err);
        tb_model_release(model);
    }
    tb_suite_release(&file);
    return status;
}

/* At least `least` cases lie at `place` below the shared data, and those to be run open. */
static void open_all(const char *place, int least)
{
    const char *shared = getenv("TB_SHARED");
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", shared ? shared : "../shared", place);
    if (access(path, R_OK) != 0) {
        printf("# skipped: 1 (there is no %s)\n", path); /* scripts/tally.sh counts it as that */
        fflush(stdout);
        return;
    }
    tb_error err = TB_ERROR_NONE;
    tb_suite *suite;
    cr_assert_eq(tb_suite_create(&err, &suite), TB_OK, "%s", err.text);
    cr_assert_eq(tb_suite_add(suite, path, NULL, 0, &err), TB_OK, "%s", err.text);
    int count = tb_suite_count(suite);
    cr_assert_geq(count, least, "%d cases in %s", count, path);
    for (int k = 0; k < count; k++) {
        tb_case test;
        cr_assert_eq(tb_suite_case(suite, k, &err, &test), TB_OK, "%s", err.text);
        tb_status status = open_case(suite, k, &err);
        if (test.expect == TB_EXPECT_OK)
            cr_expect_eq(status, TB_OK, "%s", err.text);
        tb_case_free(&test);
    }
    tb_suite_destroy(suite);
}

Test(model_corpus, real_models_open)
{
    open_all("models", 80);
}

Test(model_corpus, operator_cases_open)
{
    open_all("conformance/open.tar.zst", 2000);
}
