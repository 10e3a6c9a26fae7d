/* The interpreter: load, allocate, invoke; shapes, variables, limits, messages. */
#include <criterion/criterion.h>
#include <float.h>
#include <pthread.h>
#include <string.h>

#include "runtime/op.h"
#include "tests/unit/runtime/rt_fixture.h"

static void open_and_allocate(fx_model *fx)
{
    tb_error err = TB_ERROR_NONE;
    cr_assert_eq(fx_open(fx, &err), TB_OK, "%s", err.text);
    cr_assert_eq(tb_interpreter_allocate(fx->interpreter, &err), TB_OK, "%s", err.text);
}

static void invoke(fx_model *fx)
{
    tb_error err = TB_ERROR_NONE;
    cr_assert_eq(tb_interpreter_invoke(fx->interpreter, &err), TB_OK, "%s", err.text);
}

static void fill(fx_model *fx, int count)
{
    for (int k = 0; k < count; k++)
        fx_input(fx, 0)[k] = (float)k;
}

static void expect_plus(fx_model *fx, int count, float plus)
{
    for (int k = 0; k < count; k++)
        cr_expect_eq(fx_output(fx, 0)[k], (float)k + plus);
}

/* ---- the plain way ---------------------------------------------------------------------------- */

Test(interpreter, adds)
{
    fx_model fx;
    fx_begin(&fx);
    fx_add_chain(&fx, 3);
    open_and_allocate(&fx);
    fill(&fx, 4);
    invoke(&fx);
    expect_plus(&fx, 4, 3);
    invoke(&fx); /* inputs are kept */
    expect_plus(&fx, 4, 3);
    cr_expect_eq(fx.report_count, 0);
    fx_end(&fx);
}

Test(interpreter, a_model_without_operators_hands_its_input_on)
{
    fx_model fx;
    fx_begin(&fx);
    int in = fx_tensor(&fx, "in", TB_INTS(4));
    fx_edges(&fx, TB_INTS(in), TB_INTS(in));
    open_and_allocate(&fx);
    fill(&fx, 4);
    invoke(&fx);
    expect_plus(&fx, 4, 0);
    fx_end(&fx);
}

Test(interpreter, names_and_positions)
{
    fx_model fx;
    fx_begin(&fx);
    fx_add_chain(&fx, 1);
    open_and_allocate(&fx);
    cr_expect_eq(tb_interpreter_input_count(fx.interpreter), 1);
    cr_expect_eq(tb_interpreter_output_count(fx.interpreter), 1);
    cr_expect_eq(tb_interpreter_input_by_name(fx.interpreter, "x0"),
                 tb_interpreter_input(fx.interpreter, 0));
    cr_expect_eq(tb_interpreter_output_by_name(fx.interpreter, "x1"),
                 tb_interpreter_output(fx.interpreter, 0));
    cr_expect_null(tb_interpreter_output_by_name(fx.interpreter, "x0"));
    cr_expect_null(tb_interpreter_input(fx.interpreter, 1));
    cr_expect_null(tb_interpreter_input(fx.interpreter, -1));
    tb_node_info info;
    cr_assert(tb_interpreter_node(fx.interpreter, 0, 0, &info));
    cr_expect_str_eq(info.op_name, "ADD");
    cr_expect_null(info.delegate_name);
    cr_expect_null(info.reason);
    cr_expect_not(tb_interpreter_node(fx.interpreter, 0, 1, &info));
    cr_expect_not(tb_interpreter_node(fx.interpreter, 1, 0, &info));
    fx_end(&fx);
}

Test(interpreter, resizing_asks_for_allocate_again)
{
    fx_model fx;
    fx_begin(&fx);
    fx_add_chain(&fx, 5);
    open_and_allocate(&fx);
    tb_error err = TB_ERROR_NONE;
    cr_assert_eq(tb_interpreter_resize_input(fx.interpreter, 0, 2, (int[]){3, 100}, false, &err),
                 TB_OK);
    cr_expect_eq(tb_interpreter_invoke(fx.interpreter, &err), TB_STATE);
    cr_expect_str_eq(err.text, "test.tflite: subgraph 0: its tensors are not allocated");
    cr_assert_eq(tb_interpreter_allocate(fx.interpreter, &err), TB_OK);
    cr_expect_eq(tb_interpreter_output(fx.interpreter, 0)->bytes, 1200u);
    fill(&fx, 300);
    invoke(&fx);
    expect_plus(&fx, 300, 5);
    cr_assert_eq(tb_interpreter_resize_input(fx.interpreter, 0, 2, (int[]){1, 2}, false, &err),
                 TB_OK);
    cr_assert_eq(tb_interpreter_allocate(fx.interpreter, &err), TB_OK);
    fill(&fx, 2);
    invoke(&fx);
    expect_plus(&fx, 2, 5);
    fx_end(&fx);
}

Test(interpreter, impossible_shapes_are_refused)
{
    fx_model fx;
    fx_begin(&fx);
    fx_add_chain(&fx, 1);
    open_and_allocate(&fx);
    tb_error err = TB_ERROR_NONE;
    cr_expect_eq(tb_interpreter_resize_input(fx.interpreter, 0, 1, (int[]){-2}, false, &err),
                 TB_USAGE);
    cr_expect_eq(tb_interpreter_resize_input(fx.interpreter, 0, 4,
                                             (int[]){INT32_MAX, INT32_MAX, INT32_MAX, 9}, false,
                                             &err),
                 TB_USAGE);
    cr_expect_eq(tb_interpreter_resize_input(fx.interpreter, 7, 1, (int[]){1}, false, &err),
                 TB_USAGE);
    cr_expect_eq(tb_interpreter_resize_input(fx.interpreter, 0, 2, (int[]){1, 5}, true, &err),
                 TB_USAGE);
    cr_expect_str_eq(err.text,
                     "test.tflite: subgraph 0: resizing tensor 1 'x0': dimension 1 would become 5; "
                     "it is declared as 4");
    /* None of it touched anything. */
    fill(&fx, 4);
    invoke(&fx);
    expect_plus(&fx, 4, 1);
    fx_end(&fx);
}

/* ---- memory ----------------------------------------------------------------------------------- */

static bool share(const tb_interpreter *interpreter, int a, int b)
{
    return tb_interpreter_tensor(interpreter, 0, a)->data.raw ==
           tb_interpreter_tensor(interpreter, 0, b)->data.raw;
}

Test(interpreter, live_tensors_have_places_of_their_own)
{
    fx_model fx;
    fx_begin(&fx);
    fx_add_chain(&fx, 20);
    open_and_allocate(&fx);
    tb_memory_plan_summary plan;
    tb_interpreter_memory_plan(fx.interpreter, 0, &plan);
    /* Input, two neighbours in the middle, output at the end. */
    cr_expect_eq(plan.lower_bound_bytes, 3u * 64);
    cr_expect_leq(plan.arena_bytes, plan.lower_bound_bytes);
    cr_expect_eq(plan.planned_tensors, 21);
    for (int a = 0; a < tb_interpreter_tensor_count(fx.interpreter, 0); a++) {
        tb_tensor_placement pa, pb;
        if (!tb_interpreter_tensor_placement(fx.interpreter, 0, a, &pa))
            continue;
        for (int b = 0; b < a; b++) {
            if (!tb_interpreter_tensor_placement(fx.interpreter, 0, b, &pb))
                continue;
            bool together = pa.first_use <= pb.last_use && pb.first_use <= pa.last_use;
            bool overlap = pa.offset < pb.offset + pb.bytes && pb.offset < pa.offset + pa.bytes;
            cr_expect_not(together && overlap, "tensors %d and %d", a, b);
        }
    }
    tb_memory_account account;
    tb_interpreter_memory(fx.interpreter, &account);
    cr_expect_eq(account.current_bytes[TB_MEMORY_ARENA], plan.lower_bound_bytes);
    fx_end(&fx);
}

/* in -> ADD -> a -> Copy -> b -> RELU -> c -> ADD -> out, and `a` read once more where `late`. */
static void in_place_model(fx_model *fx, bool late)
{
    float one = 1;
    fx_begin(fx);
    int c1 = fx_constant(fx, "one", kTfLiteFloat32, TB_INTS(1), &one, sizeof one);
    int in = fx_tensor(fx, "in", TB_INTS(1, 8)), a = fx_tensor(fx, "a", TB_INTS(1, 8));
    int b = fx_tensor(fx, "b", TB_INTS(1, 8)), c = fx_tensor(fx, "c", TB_INTS(1, 8));
    int out = fx_tensor(fx, "out", TB_INTS(1, 8));
    fx_op(fx, kTfLiteBuiltinAdd, TB_INTS(in, c1), TB_INTS(a));
    fx_custom(fx, "Copy", TB_INTS(a), TB_INTS(b));
    fx_op(fx, kTfLiteBuiltinRelu, TB_INTS(b), TB_INTS(c));
    fx_op(fx, kTfLiteBuiltinAdd, TB_INTS(c, late ? a : c1), TB_INTS(out));
    fx_edges(fx, TB_INTS(in), TB_INTS(out));
}

Test(interpreter, in_place_operators_share_their_inputs_bytes)
{
    fx_model fx;
    in_place_model(&fx, false);
    open_and_allocate(&fx);
    cr_expect(share(fx.interpreter, 2, 3), "Copy leaves the values where they are");
    cr_expect(share(fx.interpreter, 2, 4), "nobody reads a or b after RELU");
    cr_expect_not(share(fx.interpreter, 1, 2), "the input is the application's");
    cr_expect_not(share(fx.interpreter, 4, 5), "the output is the application's");
    fill(&fx, 8);
    fx_input(&fx, 0)[0] = -5;
    invoke(&fx);
    cr_expect_eq(fx_output(&fx, 0)[0], 1);
    cr_expect_eq(fx_output(&fx, 0)[7], 9);
    fx_end(&fx);
}

Test(interpreter, nothing_is_overwritten_that_is_read_again)
{
    fx_model fx;
    in_place_model(&fx, true);
    open_and_allocate(&fx);
    cr_expect(share(fx.interpreter, 2, 3));
    cr_expect_not(share(fx.interpreter, 2, 4), "the last node reads a, after RELU has run");
    fill(&fx, 8);
    fx_input(&fx, 0)[0] = -5;
    invoke(&fx);
    cr_expect_eq(fx_output(&fx, 0)[0], -4);
    cr_expect_eq(fx_output(&fx, 0)[7], 16);
    fx_end(&fx);
}

Test(interpreter, keep_all_tensors_keeps_every_value)
{
    fx_model fx;
    in_place_model(&fx, false);
    fx.options.keep_all_tensors = true;
    open_and_allocate(&fx);
    fill(&fx, 8);
    fx_input(&fx, 0)[0] = -5;
    invoke(&fx);
    cr_expect_eq(tb_interpreter_tensor(fx.interpreter, 0, 2)->data.f[0], -4);
    cr_expect_eq(tb_interpreter_tensor(fx.interpreter, 0, 3)->data.f[0], -4);
    cr_expect_eq(tb_interpreter_tensor(fx.interpreter, 0, 4)->data.f[0], 0);
    fx_end(&fx);
}

Test(interpreter, scratch_is_there_and_aligned)
{
    fx_model fx;
    fx_begin(&fx);
    int in = fx_tensor(&fx, "in", TB_INTS(1, 8)), a = fx_tensor(&fx, "a", TB_INTS(1, 8));
    int out = fx_tensor(&fx, "out", TB_INTS(1, 8));
    fx_custom(&fx, "Scratch", TB_INTS(in), TB_INTS(a));
    fx_custom(&fx, "Scratch", TB_INTS(a), TB_INTS(out));
    fx_edges(&fx, TB_INTS(in), TB_INTS(out));
    open_and_allocate(&fx);
    fill(&fx, 8);
    invoke(&fx);
    expect_plus(&fx, 8, 0);
    tb_memory_account account;
    tb_interpreter_memory(fx.interpreter, &account);
    cr_expect_eq(account.current_bytes[TB_MEMORY_KERNEL], 2 * sizeof(int));
    for (int k = 0; k < 3; k++) { /* asked for anew at every prepare, not piled up */
        tb_error err = TB_ERROR_NONE;
        cr_assert_eq(
            tb_interpreter_resize_input(fx.interpreter, 0, 1, (int[]){20 + k}, false, &err), TB_OK);
        cr_assert_eq(tb_interpreter_allocate(fx.interpreter, &err), TB_OK);
        fill(&fx, 20 + k);
        invoke(&fx);
        expect_plus(&fx, 20 + k, 0);
    }
    tb_interpreter_memory(fx.interpreter, &account);
    cr_expect_eq(account.current_bytes[TB_MEMORY_KERNEL], 2 * sizeof(int));
    fx_end(&fx);
}

Test(interpreter, the_memory_limit_is_counted)
{
    fx_model fx;
    fx_begin(&fx);
    fx_add_chain(&fx, 3);
    fx.options.memory_limit_bytes = 10000;
    open_and_allocate(&fx);
    tb_error err = TB_ERROR_NONE;
    cr_assert_eq(tb_interpreter_resize_input(fx.interpreter, 0, 1, (int[]){100000}, false, &err),
                 TB_OK);
    cr_expect_eq(tb_interpreter_allocate(fx.interpreter, &err), TB_NO_MEMORY);
    cr_expect(strstr(err.text, "memory limit") != NULL, "%s", err.text);
    cr_expect_eq(tb_interpreter_invoke(fx.interpreter, &err), TB_STATE);
    cr_assert_eq(tb_interpreter_resize_input(fx.interpreter, 0, 1, (int[]){100}, false, &err),
                 TB_OK);
    cr_assert_eq(tb_interpreter_allocate(fx.interpreter, &err), TB_OK);
    fill(&fx, 100);
    invoke(&fx);
    expect_plus(&fx, 100, 3);
    fx_end(&fx);
}

/* ---- dynamic shapes --------------------------------------------------------------------------- */

/* in, times -> Repeat -> d -> ADD -> e -> ADD -> out (and in -> ADD -> early -> out's second). */
static void dynamic_model(fx_model *fx)
{
    float one = 1;
    fx_begin(fx);
    int c1 = fx_constant(fx, "one", kTfLiteFloat32, TB_INTS(1), &one, sizeof one);
    int in = fx_tensor(fx, "in", TB_INTS(1)), times = fx_tensor(fx, "times", TB_INTS(1));
    int early = fx_tensor(fx, "early", TB_INTS(1)), d = fx_tensor(fx, "d", TB_INTS(1));
    int e = fx_tensor(fx, "e", TB_INTS(1)), out = fx_tensor(fx, "out", TB_INTS(1));
    fx_op(fx, kTfLiteBuiltinAdd, TB_INTS(in, c1), TB_INTS(early));
    fx_custom(fx, "Repeat", TB_INTS(in, times), TB_INTS(d));
    fx_op(fx, kTfLiteBuiltinAdd, TB_INTS(d, c1), TB_INTS(e));
    fx_op(fx, kTfLiteBuiltinAdd, TB_INTS(e, early), TB_INTS(out));
    fx_edges(fx, TB_INTS(in, times), TB_INTS(out));
}

Test(interpreter, shapes_known_at_invoke_only)
{
    fx_model fx;
    dynamic_model(&fx);
    open_and_allocate(&fx);
    static const int lengths[] = {5, 5, 3000, 2, 0, 7};
    for (size_t k = 0; k < sizeof lengths / sizeof lengths[0]; k++) {
        fx_input(&fx, 0)[0] = 10 + (float)k;
        fx_input(&fx, 1)[0] = (float)lengths[k];
        invoke(&fx);
        const TfLiteTensor *out = tb_interpreter_output(fx.interpreter, 0);
        cr_assert_eq(out->dims->data[0], lengths[k]);
        cr_assert_eq(out->bytes, 4 * (size_t)lengths[k]);
        for (int i = 0; i < lengths[k]; i++)
            cr_assert_eq(out->data.f[i], 2 * (10 + (float)k) + 2);
    }
    fx_end(&fx);
}

Test(interpreter, dynamic_memory_is_limited_too)
{
    fx_model fx;
    dynamic_model(&fx);
    fx.options.memory_limit_bytes = 20000;
    open_and_allocate(&fx);
    fx_input(&fx, 0)[0] = 1;
    fx_input(&fx, 1)[0] = 10000;
    tb_error err = TB_ERROR_NONE;
    cr_expect_eq(tb_interpreter_invoke(fx.interpreter, &err), TB_NO_MEMORY);
    cr_expect_str_eq(err.text, "test.tflite: subgraph 0, node 1 Repeat: tensor 4 'd' needs 40000 "
                               "bytes; that passes the memory limit");
    fx_input(&fx, 1)[0] = 10;
    invoke(&fx);
    cr_expect_eq(fx_output(&fx, 0)[9], 4);
    fx_end(&fx);
}

/* ---- variables -------------------------------------------------------------------------------- */

Test(interpreter, variables_start_at_zero_and_last)
{
    fx_model fx;
    fx_begin(&fx);
    int state = fx_tensor(&fx, "state", TB_INTS(1)), out = fx_tensor(&fx, "out", TB_INTS(1));
    fx.draft.subgraphs[0].tensors[state].is_variable = true;
    fx_custom(&fx, "Count", TB_INTS(state), TB_INTS(out));
    fx_edges(&fx, (tb_int_list){0, NULL}, TB_INTS(out));
    open_and_allocate(&fx);
    for (int k = 1; k <= 3; k++) {
        invoke(&fx);
        cr_expect_eq(fx_output(&fx, 0)[0], (float)k);
    }
    cr_assert_eq(tb_interpreter_reset_variables(fx.interpreter, NULL), TB_OK);
    invoke(&fx);
    cr_expect_eq(fx_output(&fx, 0)[0], 1);
    fx_end(&fx);
}

/* ---- messages --------------------------------------------------------------------------------- */

static void one_custom(fx_model *fx, const char *name)
{
    fx_begin(fx);
    int in = fx_tensor(fx, "in", TB_INTS(2)), out = fx_tensor(fx, "out", TB_INTS(2));
    fx_custom(fx, name, TB_INTS(in), TB_INTS(out));
    fx_edges(fx, TB_INTS(in), TB_INTS(out));
}

Test(interpreter, a_refusal_names_the_place_once)
{
    fx_model fx;
    one_custom(&fx, "Refuse");
    tb_error err = TB_ERROR_NONE;
    cr_assert_eq(fx_open(&fx, &err), TB_OK);
    cr_expect_eq(tb_interpreter_allocate(fx.interpreter, &err), TB_UNSUPPORTED);
    cr_expect_str_eq(err.text, "test.tflite: subgraph 0, node 0 Refuse: input has 1 dimensions, "
                               "expected 7");
    cr_expect_eq(fx.report_count, 1);
    cr_expect_eq(strncmp(fx.reported, err.text, strlen(err.text)), 0);
    fx_end(&fx);
}

Test(interpreter, a_failure_names_the_place_once)
{
    fx_model fx;
    one_custom(&fx, "Break");
    open_and_allocate(&fx);
    tb_error err = TB_ERROR_NONE;
    cr_expect_eq(tb_interpreter_invoke(fx.interpreter, &err), TB_CORRUPT);
    cr_expect_str_eq(err.text, "test.tflite: subgraph 0, node 0 Break: broken");
    cr_expect_eq(fx.report_count, 1);
    fx_end(&fx);
}

Test(interpreter, an_unknown_custom_operator_fails_at_allocate)
{
    fx_model fx;
    one_custom(&fx, "Nobody");
    tb_error err = TB_ERROR_NONE;
    cr_assert_eq(fx_open(&fx, &err), TB_OK);
    cr_expect_eq(tb_interpreter_allocate(fx.interpreter, &err), TB_UNSUPPORTED);
    cr_expect_str_eq(err.text,
                     "test.tflite: subgraph 0, node 0 Nobody: this custom operator is not known "
                     "here");
    fx_end(&fx);
}

Test(interpreter, an_unknown_builtin_operator_fails_at_create)
{
    fx_model fx;
    fx_begin(&fx);
    int in = fx_tensor(&fx, "in", TB_INTS(2)), out = fx_tensor(&fx, "out", TB_INTS(2));
    fx_op(&fx, kTfLiteBuiltinNeg, TB_INTS(in), TB_INTS(out));
    fx_edges(&fx, TB_INTS(in), TB_INTS(out));
    tb_error err = TB_ERROR_NONE;
    cr_expect_eq(fx_open(&fx, &err), TB_UNSUPPORTED);
    cr_expect_str_eq(err.text, "test.tflite: subgraph 0, node 0 NEG: operator NEG (code 59) is "
                               "not supported");
    cr_expect_eq(fx.report_count, 1);
    fx_end(&fx);
}

Test(interpreter, broken_graphs_are_refused)
{
    enum { BEFORE, NOBODY, CONSTANT, CASES };
    static const char *const expected[CASES] = {
        "test.tflite: subgraph 0, node 0 ADD: it reads tensor 2 'b' before node 1 ADD writes it",
        "test.tflite: subgraph 0: output 0, tensor 3 'c', is written by no node",
        "test.tflite: subgraph 0, node 0 ADD: it writes tensor 4 'k', which is a constant",
    };
    for (int which = 0; which < CASES; which++) {
        fx_model fx;
        fx_begin(&fx);
        float one = 1;
        int in = fx_tensor(&fx, "in", TB_INTS(1)), a = fx_tensor(&fx, "a", TB_INTS(1));
        int b = fx_tensor(&fx, "b", TB_INTS(1)), c = fx_tensor(&fx, "c", TB_INTS(1));
        int k = fx_constant(&fx, "k", kTfLiteFloat32, TB_INTS(1), &one, sizeof one);
        if (which == BEFORE) {
            fx_op(&fx, kTfLiteBuiltinAdd, TB_INTS(in, b), TB_INTS(a));
            fx_op(&fx, kTfLiteBuiltinAdd, TB_INTS(a, in), TB_INTS(b));
        } else {
            fx_op(&fx, kTfLiteBuiltinAdd, TB_INTS(in, in), TB_INTS(which == CONSTANT ? k : a));
        }
        fx_edges(&fx, TB_INTS(in), TB_INTS(which == NOBODY ? c : a));
        tb_error err = TB_ERROR_NONE;
        tb_status status = fx_open(&fx, &err);
        if (status == TB_OK)
            status = tb_interpreter_allocate(fx.interpreter, &err);
        cr_expect_eq(status, TB_CORRUPT, "case %d", which);
        cr_expect_str_eq(err.text, expected[which]);
        cr_expect_eq(fx.report_count, 1);
        fx_end(&fx);
    }
}

Test(interpreter, an_input_that_is_written_after_it_was_read_keeps_its_shape)
{
    fx_model fx;
    fx_begin(&fx);
    int small = fx_tensor(&fx, "small", TB_INTS(1)), t = fx_tensor(&fx, "t", TB_INTS(100));
    int out = fx_tensor(&fx, "out", TB_INTS(100));
    fx_op(&fx, kTfLiteBuiltinRelu, TB_INTS(t), TB_INTS(out));
    fx_op(&fx, kTfLiteBuiltinRelu, TB_INTS(small), TB_INTS(t));
    fx_edges(&fx, TB_INTS(small, t), TB_INTS(out));
    tb_error err = TB_ERROR_NONE;
    cr_assert_eq(fx_open(&fx, &err), TB_OK);
    cr_expect_eq(tb_interpreter_allocate(fx.interpreter, &err), TB_UNSUPPORTED);
    cr_expect_str_eq(err.text, "test.tflite: subgraph 0, node 1 RELU: it changes the shape of "
                               "tensor 1 't', which an earlier node uses too");
    fx_end(&fx);
}

Test(interpreter, an_input_that_nobody_fills_is_noticed)
{
    fx_model fx;
    fx_begin(&fx);
    int in = fx_tensor(&fx, "in", TB_INTS(1)), ghost = fx_tensor(&fx, "ghost", TB_INTS(1));
    int out = fx_tensor(&fx, "out", TB_INTS(1));
    fx_op(&fx, kTfLiteBuiltinAdd, TB_INTS(in, ghost), TB_INTS(out));
    fx_edges(&fx, TB_INTS(in), TB_INTS(out));
    open_and_allocate(&fx);
    tb_error err = TB_ERROR_NONE;
    cr_expect_eq(tb_interpreter_invoke(fx.interpreter, &err), TB_CORRUPT);
    cr_expect_str_eq(err.text,
                     "test.tflite: subgraph 0, node 0 ADD: input 1, tensor 1 'ghost', has "
                     "no data: nobody wrote it");
    fx_end(&fx);
}

/* ---- stopping --------------------------------------------------------------------------------- */

static fx_model *cancelled_model;

static TfLiteStatus cancel_invoke(TfLiteContext *context, TfLiteNode *node)
{
    (void)context, (void)node;
    tb_interpreter_cancel(cancelled_model->interpreter);
    return kTfLiteOk;
}

static TfLiteStatus no_prepare(TfLiteContext *context, TfLiteNode *node)
{
    (void)context, (void)node;
    return kTfLiteOk;
}

static void cancelling_model(fx_model *fx, const TfLiteRegistration *registration)
{
    fx_begin(fx);
    tb_resolver_add_custom(fx->resolver, "Cancel", registration, 1, 1, NULL);
    int in = fx_tensor(fx, "in", TB_INTS(1)), a = fx_tensor(fx, "a", TB_INTS(1));
    int out = fx_tensor(fx, "out", TB_INTS(1));
    fx_custom(fx, "Cancel", TB_INTS(in), TB_INTS(a));
    fx_op(fx, kTfLiteBuiltinRelu, TB_INTS(a), TB_INTS(out));
    fx_edges(fx, TB_INTS(in), TB_INTS(out));
}

Test(interpreter, cancelling_ends_one_invoke)
{
    static const TfLiteRegistration cancel = {.prepare = no_prepare, .invoke = cancel_invoke};
    fx_model fx;
    cancelling_model(&fx, &cancel);
    fx.options.cancellable = true;
    open_and_allocate(&fx);
    cancelled_model = &fx;
    tb_error err = TB_ERROR_NONE;
    tb_interpreter_cancel(fx.interpreter); /* before an invoke: forgotten */
    cr_expect_eq(tb_interpreter_invoke(fx.interpreter, &err), TB_CANCELLED);
    cr_expect_str_eq(err.text, "test.tflite: subgraph 0, node 0 Cancel: cancelled");
    cr_expect_eq(fx.report_count, 1);
    cr_expect_eq(tb_interpreter_invoke(fx.interpreter, &err), TB_CANCELLED);
    fx_end(&fx);
}

Test(interpreter, cancelling_needs_to_be_enabled)
{
    static const TfLiteRegistration cancel = {.prepare = no_prepare, .invoke = cancel_invoke};
    fx_model fx;
    cancelling_model(&fx, &cancel);
    open_and_allocate(&fx);
    cancelled_model = &fx;
    invoke(&fx);
    fx_end(&fx);
}

static TfLiteStatus endless_invoke(TfLiteContext *context, TfLiteNode *node)
{
    (void)node;
    while (!tb_op_cancelled(context)) {
    }
    return kTfLiteCancelled;
}

Test(interpreter, the_time_limit_ends_an_endless_kernel)
{
    static const TfLiteRegistration endless = {.prepare = no_prepare, .invoke = endless_invoke};
    fx_model fx;
    cancelling_model(&fx, &endless);
    fx.options.time_limit_ns = 20000000;
    open_and_allocate(&fx);
    tb_error err = TB_ERROR_NONE;
    cr_expect_eq(tb_interpreter_invoke(fx.interpreter, &err), TB_TIME_LIMIT);
    cr_expect_str_eq(err.text, "test.tflite: subgraph 0, node 0 Cancel: the time limit of 0.020 s "
                               "has passed");
    cr_expect_eq(fx.report_count, 1);
    fx_end(&fx);
}

static void *second_invoke(void *argument)
{
    fx_model *fx = argument;
    tb_error err = TB_ERROR_NONE;
    tb_status status = tb_interpreter_invoke(fx->interpreter, &err);
    cr_expect_str_eq(err.text,
                     "test.tflite: invoking while another call to the same interpreter runs");
    return status == TB_STATE ? fx : NULL;
}

static TfLiteStatus intrude_invoke(TfLiteContext *context, TfLiteNode *node)
{
    (void)context, (void)node;
    pthread_t thread;
    void *refused = NULL;
    pthread_create(&thread, NULL, second_invoke, cancelled_model);
    pthread_join(thread, &refused);
    return refused ? kTfLiteOk : kTfLiteError;
}

Test(interpreter, a_second_invoke_while_one_runs_is_refused)
{
    static const TfLiteRegistration intrude = {.prepare = no_prepare, .invoke = intrude_invoke};
    fx_model fx;
    cancelling_model(&fx, &intrude);
    open_and_allocate(&fx);
    cancelled_model = &fx;
    invoke(&fx);
    fx_end(&fx);
}

/* ---- arithmetic and events -------------------------------------------------------------------- */

static TfLiteStatus denormal_invoke(TfLiteContext *context, TfLiteNode *node)
{
    volatile float tiny = FLT_MIN;
    tiny = tiny / 4;
    tb_op_output(context, node, 0)->data.f[0] = tiny;
    return kTfLiteOk;
}

Test(interpreter, denormals_are_flushed_inside_and_only_there)
{
    static const TfLiteRegistration denormal = {.prepare = no_prepare, .invoke = denormal_invoke};
    fx_model fx;
    cancelling_model(&fx, &denormal);
    open_and_allocate(&fx);
    invoke(&fx);
    cr_expect_eq(fx_output(&fx, 0)[0], 0);
    volatile float tiny = FLT_MIN;
    tiny = tiny / 4;
    cr_expect_neq(tiny, 0);
    fx_end(&fx);
}

typedef struct recorder {
    tb_sink sink;
    tb_event events[64];
    int count;
    int begun;
} recorder;

static void record(tb_sink *sink, const tb_event *event)
{
    recorder *r = (recorder *)sink;
    if (r->count < 64)
        r->events[r->count++] = *event;
}

static void begun(tb_sink *sink, uint16_t thread)
{
    recorder *r = (recorder *)sink;
    r->begun += thread == 0;
}

Test(interpreter, events_nest)
{
    fx_model fx;
    fx_begin(&fx);
    fx_add_chain(&fx, 3);
    open_and_allocate(&fx);
    recorder r = {.sink = {record, begun}};
    tb_interpreter_set_sink(fx.interpreter, &r.sink);
    invoke(&fx);
    cr_assert_eq(r.count, 5);
    cr_expect_eq(r.begun, 3);
    for (int k = 0; k < 3; k++) {
        cr_expect_eq(r.events[k].kind, TB_EVENT_NODE);
        cr_expect_eq(r.events[k].node, k);
        cr_expect_leq(r.events[k].begin_ns, r.events[k].end_ns);
        cr_expect_geq(r.events[k].begin_ns, r.events[3].begin_ns);
        cr_expect_leq(r.events[k].end_ns, r.events[3].end_ns);
    }
    cr_expect_eq(r.events[3].kind, TB_EVENT_SUBGRAPH);
    cr_expect_eq(r.events[4].kind, TB_EVENT_INVOKE);
    cr_expect_leq(r.events[4].begin_ns, r.events[3].begin_ns);
    cr_expect_geq(r.events[4].end_ns, r.events[3].end_ns);
    tb_interpreter_set_sink(fx.interpreter, NULL);
    invoke(&fx);
    cr_expect_eq(r.count, 5);
    fx_end(&fx);
}
