/* What a sweep will do: the product, each configuration once, the order, the time. */
#include <criterion/criterion.h>
#include <string.h>

#include "bench/sweep.h"
#include "bench/units.h"

static const char *const models[] = {"/nowhere/a.tflite", "/nowhere/b/model.tflite",
                                     "/nowhere/a.tflite"};
static const char *const engines[] = {"native"};
static const char *const delegates[] = {"reference", "reference"};
static const int64_t threads[] = {1, 2, 1};

static tb_sweep_request request_of(uint64_t seed)
{
    return (tb_sweep_request){
        .command = "run",
        .models = {models, 3},
        .engines = {engines, 1},
        .delegates = {delegates, 2},
        .threads = threads,
        .thread_count = 3,
        .seed = seed,
        .min_runs = 1,
        .max_ns = 1000,
        .processes = 2,
        .profile = true,
        .random_order = true,
    };
}

static void make(const tb_sweep_request *request, tb_sweep_plan *plan)
{
    tb_error err = TB_ERROR_NONE;
    cr_assert_eq(tb_sweep_plan_make(request, &err, plan), TB_OK, "%s", err.text);
}

Test(sweep_plan, every_configuration_once)
{
    tb_sweep_request request = request_of(1);
    tb_sweep_plan plan;
    make(&request, &plan);
    cr_assert_eq(plan.model_count, 2);
    cr_assert_eq(plan.configuration_count, 4);
    cr_assert_eq(plan.unit_count, 12);
    int seen[4][3] = {{0}};
    for (int k = 0; k < plan.unit_count; k++) {
        const tb_sweep_unit *unit = &plan.units[k];
        seen[unit->configuration][unit->process]++;
        cr_assert_eq(unit->profile, unit->process == 2);
    }
    for (int c = 0; c < 4; c++)
        for (int p = 0; p < 3; p++)
            cr_assert_eq(seen[c][p], 1);
    tb_sweep_plan_free(&plan);
}

Test(sweep_plan, every_set_of_shapes_is_a_configuration)
{
    static const char *const each[] = {"x=1,8"};
    static const char *const sets[] = {"a=1,8;b=1,4", "a=2,8"};
    tb_sweep_request request = request_of(1);
    request.shapes = (tb_text_list){each, 1};
    request.shape_sets = (tb_text_list){sets, 2};
    tb_sweep_plan plan;
    make(&request, &plan);
    cr_assert_eq(plan.configuration_count, 8);
    const tb_sweep_configuration *first = &plan.configurations[0], *second = &first[1];
    cr_assert_eq(first->shapes.count, 3);
    cr_expect_str_eq(first->shapes.items[0], "x=1,8");
    cr_expect_str_eq(first->shapes.items[1], "a=1,8");
    cr_expect_str_eq(first->shapes.items[2], "b=1,4");
    cr_assert_eq(second->shapes.count, 2);
    cr_expect_str_eq(second->shapes.items[1], "a=2,8");
    cr_expect_str_neq(first->record.options, second->record.options);
    cr_expect_str_neq(first->text, second->text);
    tb_sweep_plan_free(&plan);
}

Test(sweep_plan, names_and_unreadable_models)
{
    tb_sweep_request request = request_of(1);
    tb_sweep_plan plan;
    make(&request, &plan);
    cr_assert_str_eq(plan.models[0].info.name, "a");
    cr_assert_str_eq(plan.models[1].info.name, "b", "a model.tflite is called as its folder");
    cr_assert_eq(plan.models[0].status, TB_NOT_FOUND);
    cr_assert(strstr(plan.models[0].reason, "/nowhere/a.tflite"));
    cr_assert_str_eq(plan.configurations[0].text, "a, reference, 1 thread");
    cr_assert_str_eq(plan.configurations[1].text, "a, reference, 2 threads");
    tb_sweep_plan_free(&plan);
}

static bool same_order(const tb_sweep_plan *a, const tb_sweep_plan *b)
{
    for (int k = 0; k < a->unit_count; k++)
        if (a->units[k].configuration != b->units[k].configuration ||
            a->units[k].process != b->units[k].process)
            return false;
    return true;
}

Test(sweep_plan, the_seed_is_the_order)
{
    tb_sweep_request first = request_of(7), again = request_of(7), other = request_of(8);
    tb_sweep_request given = request_of(7);
    given.random_order = false;
    tb_sweep_plan plans[4];
    make(&first, &plans[0]);
    make(&again, &plans[1]);
    make(&other, &plans[2]);
    make(&given, &plans[3]);
    cr_assert(same_order(&plans[0], &plans[1]));
    cr_assert_not(same_order(&plans[0], &plans[2]));
    cr_assert_not(same_order(&plans[0], &plans[3]));
    for (int k = 0; k < 4; k++) {
        cr_assert_eq(plans[3].units[k].configuration, k);
        tb_sweep_plan_free(&plans[k]);
    }
}

Test(sweep_plan, the_time_of_a_configuration_is_shared_out)
{
    tb_sweep_request request = request_of(1);
    tb_sweep_plan plan;
    make(&request, &plan);
    tb_sweep_unit headline = {.process = 0}, profiled = {.process = 2, .profile = true};
    cr_assert_eq(tb_sweep_unit_ns(&plan, &headline), 400);
    cr_assert_eq(tb_sweep_unit_ns(&plan, &profiled), 200);
    cr_assert_eq(tb_sweep_plan_ns(&plan), 4000);
    tb_sweep_plan_free(&plan);
}

Test(sweep_plan, unknown_names_are_usage)
{
    static const char *const wrong[] = {"refrence"};
    tb_sweep_request request = request_of(1);
    request.delegates = (tb_text_list){wrong, 1};
    tb_error err = TB_ERROR_NONE;
    tb_sweep_plan plan;
    cr_assert_eq(tb_sweep_plan_make(&request, &err, &plan), TB_USAGE);
    cr_assert(strstr(err.text, "did you mean reference?"), "%s", err.text);
}

Test(sweep_plan, thread_counts_may_be_for_the_first_delegate_alone)
{
    static const char *const two[] = {"cpu", "reference"};
    tb_sweep_request request = request_of(1);
    request.delegates = (tb_text_list){two, 2};
    request.threads_for_first = true;
    tb_sweep_plan plan;
    make(&request, &plan);
    cr_assert_eq(plan.configuration_count, 6);
    tb_sweep_plan_free(&plan);
}

Test(delegate_arg, options_in_canonical_order)
{
    tb_arena arena = {0};
    tb_error err = TB_ERROR_NONE;
    tb_delegate_arg arg;
    cr_assert_eq(tb_delegate_arg_parse("cpu:b=2;a=1", &arena, &err, &arg), TB_OK, "%s", err.text);
    cr_assert_str_eq(arg.canonical, "cpu:a=1;b=2");
    cr_assert_eq(arg.option_count, 2);
    cr_assert_str_eq(arg.options[0].key, "a");
    cr_assert_str_eq(arg.options[1].value, "2");
    cr_assert_eq(tb_delegate_arg_parse("cpu:a=1;a=2", &arena, &err, &arg), TB_USAGE);
    cr_assert_eq(tb_delegate_arg_parse("reference:a=1", &arena, &err, &arg), TB_USAGE);
    cr_assert_eq(tb_delegate_arg_parse("reference", &arena, &err, &arg), TB_OK);
    cr_assert_null(arg.row);
    tb_arena_free(&arena);
}

Test(units, waiting_times)
{
    char text[TB_WAIT_TEXT_SIZE];
    cr_assert_str_eq(tb_wait_text(0, text), "0 s");
    cr_assert_str_eq(tb_wait_text(UINT64_C(59400000000), text), "59 s");
    cr_assert_str_eq(tb_wait_text(UINT64_C(125000000000), text), "2 min 5 s");
    cr_assert_str_eq(tb_wait_text(UINT64_C(4800000000000), text), "1 h 20 min");
}
