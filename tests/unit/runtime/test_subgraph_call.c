/* Kernels that run other subgraphs: values in and out, dynamic shapes, bounded depth; resources. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/writer.h"
#include "runtime/op.h"
#include "runtime/resources.h"
#include "runtime/subgraph_call.h"
#include "tests/unit/runtime/rt_fixture.h"

/* ---- "Call": runs the subgraph whose number its options hold ---------------------------------- */

static void *call_init(TfLiteContext *context, const char *buffer, size_t length)
{
    (void)context;
    cr_assert_eq(length, sizeof(int));
    int *target = malloc(sizeof *target);
    memcpy(target, buffer, sizeof *target);
    return target;
}

static void call_free(TfLiteContext *context, void *data)
{
    (void)context;
    free(data);
}

static TfLiteStatus shape_callee(TfLiteContext *context, TfLiteNode *node, tb_subgraph *callee)
{
    const TfLiteTensor *in = tb_op_input(context, node, 0);
    TB_OP_TRY(tb_call_resize_input(context, callee, 0, in->dims->size, in->dims->data));
    return tb_call_allocate(context, callee);
}

static TfLiteStatus call_prepare(TfLiteContext *context, TfLiteNode *node)
{
    tb_subgraph *callee = tb_call_find(context, *(int *)node->user_data);
    if (!callee)
        return kTfLiteError;
    TB_OP_TRY(shape_callee(context, node, callee));
    TfLiteTensor *out = tb_op_output(context, node, 0);
    if (tb_call_is_dynamic(callee)) {
        tb_op_set_dynamic(out);
        return kTfLiteOk;
    }
    return tb_op_resize_like(context, out, tb_call_output(callee, 0));
}

static TfLiteStatus call_invoke(TfLiteContext *context, TfLiteNode *node)
{
    tb_subgraph *callee = tb_call_find(context, *(int *)node->user_data);
    TB_OP_TRY(shape_callee(context, node, callee));
    const TfLiteTensor *in = tb_op_input(context, node, 0);
    memcpy(tb_call_input(callee, 0)->data.raw, in->data.raw, in->bytes);
    TB_OP_TRY(tb_call_invoke(context, callee));
    const TfLiteTensor *from = tb_call_output(callee, 0);
    TfLiteTensor *out = tb_op_output(context, node, 0);
    if (tb_tensor_is_dynamic(out))
        TB_OP_TRY(tb_op_resize_like(context, out, from));
    memcpy(out->data.raw, from->data.raw, out->bytes);
    return kTfLiteOk;
}

static const TfLiteRegistration call_op = {
    .init = call_init, .free = call_free, .prepare = call_prepare, .invoke = call_invoke};

/* ---- models of several subgraphs -------------------------------------------------------------- */

static int add_tensor(fx_model *fx, int subgraph, const char *name)
{
    tb_draft_tensor tensor = {
        .name = name, .type = kTfLiteFloat32, .rank = 1, .shape = (int32_t[]){4}, .has_rank = true};
    return tb_draft_tensor_add(&fx->draft, subgraph, &tensor);
}

/* A subgraph "in -> custom operator -> out"; `target` is the operator's options. */
static void add_subgraph(fx_model *fx, int subgraph, const char *custom, int target)
{
    while (fx->draft.subgraph_count <= (size_t)subgraph)
        tb_draft_subgraph_add(&fx->draft, "sub");
    int in = add_tensor(fx, subgraph, "in"), out = add_tensor(fx, subgraph, "out");
    int *options = tb_draft_alloc(&fx->draft, 1, sizeof *options);
    *options = target;
    tb_draft_op op = {.code = kTfLiteBuiltinCustom,
                      .custom_code = custom,
                      .version = 1,
                      .inputs = TB_INTS(in),
                      .outputs = TB_INTS(out),
                      .custom_options = options,
                      .custom_options_size = sizeof *options};
    tb_draft_op_add(&fx->draft, subgraph, &op);
    tb_draft_inputs_set(&fx->draft, subgraph, TB_INTS(in));
    tb_draft_outputs_set(&fx->draft, subgraph, TB_INTS(out));
}

static TfLiteStatus increment_invoke(TfLiteContext *context, TfLiteNode *node)
{
    const TfLiteTensor *in = tb_op_input(context, node, 0);
    TfLiteTensor *out = tb_op_output(context, node, 0);
    for (int64_t k = 0; k < tb_tensor_elements(out); k++)
        out->data.f[k] = in->data.f[k] + 1;
    return kTfLiteOk;
}

static TfLiteStatus increment_prepare(TfLiteContext *context, TfLiteNode *node)
{
    return tb_op_resize_like(context, tb_op_output(context, node, 0),
                             tb_op_input(context, node, 0));
}

/* Doubles the length of its input, and only tells when it runs. */
static TfLiteStatus stretch_prepare(TfLiteContext *context, TfLiteNode *node)
{
    tb_op_set_dynamic(tb_op_output(context, node, 0));
    return kTfLiteOk;
}

static TfLiteStatus stretch_invoke(TfLiteContext *context, TfLiteNode *node)
{
    const TfLiteTensor *in = tb_op_input(context, node, 0);
    TfLiteTensor *out = tb_op_output(context, node, 0);
    int length = 2 * in->dims->data[0];
    TB_OP_TRY(tb_op_resize(context, out, 1, &length));
    for (int k = 0; k < length; k++)
        out->data.f[k] = in->data.f[k / 2];
    return kTfLiteOk;
}

static const TfLiteRegistration increment_op = {.prepare = increment_prepare,
                                                .invoke = increment_invoke};
static const TfLiteRegistration stretch_op = {.prepare = stretch_prepare, .invoke = stretch_invoke};

static void begin(fx_model *fx)
{
    fx_begin(fx);
    tb_resolver_add_custom(fx->resolver, "Call", &call_op, 1, 1, NULL);
    tb_resolver_add_custom(fx->resolver, "Increment", &increment_op, 1, 1, NULL);
    tb_resolver_add_custom(fx->resolver, "Stretch", &stretch_op, 1, 1, NULL);
}

Test(subgraph_call, values_go_through)
{
    fx_model fx;
    begin(&fx);
    add_subgraph(&fx, 0, "Call", 2);
    add_subgraph(&fx, 1, "Increment", 0);
    add_subgraph(&fx, 2, "Call", 1);
    tb_error err = TB_ERROR_NONE;
    cr_assert_eq(fx_open(&fx, &err), TB_OK, "%s", err.text);
    for (int length = 1; length < 200; length += 60) {
        cr_assert_eq(
            tb_interpreter_resize_input(fx.interpreter, 0, 1, (int[]){length}, false, &err), TB_OK);
        cr_assert_eq(tb_interpreter_allocate(fx.interpreter, &err), TB_OK, "%s", err.text);
        for (int k = 0; k < length; k++)
            fx_input(&fx, 0)[k] = (float)k;
        cr_assert_eq(tb_interpreter_invoke(fx.interpreter, &err), TB_OK, "%s", err.text);
        for (int k = 0; k < length; k++)
            cr_expect_eq(fx_output(&fx, 0)[k], (float)k + 1);
    }
    cr_expect_eq(fx.report_count, 0);
    fx_end(&fx);
}

Test(subgraph_call, dynamic_shapes_come_out)
{
    fx_model fx;
    begin(&fx);
    add_subgraph(&fx, 0, "Call", 1);
    add_subgraph(&fx, 1, "Stretch", 0);
    tb_error err = TB_ERROR_NONE;
    cr_assert_eq(fx_open(&fx, &err), TB_OK);
    cr_assert_eq(tb_interpreter_allocate(fx.interpreter, &err), TB_OK, "%s", err.text);
    for (int round = 0; round < 3; round++) {
        for (int k = 0; k < 4; k++)
            fx_input(&fx, 0)[k] = (float)(k + round);
        cr_assert_eq(tb_interpreter_invoke(fx.interpreter, &err), TB_OK, "%s", err.text);
        cr_expect_eq(tb_interpreter_output(fx.interpreter, 0)->dims->data[0], 8);
        cr_expect_eq(fx_output(&fx, 0)[7], (float)(3 + round));
    }
    fx_end(&fx);
}

Test(subgraph_call, circles_are_refused)
{
    fx_model fx;
    begin(&fx);
    add_subgraph(&fx, 0, "Call", 1);
    add_subgraph(&fx, 1, "Call", 2);
    add_subgraph(&fx, 2, "Call", 1);
    tb_error err = TB_ERROR_NONE;
    cr_assert_eq(fx_open(&fx, &err), TB_OK);
    cr_expect_eq(tb_interpreter_allocate(fx.interpreter, &err), TB_UNSUPPORTED);
    cr_expect_str_eq(err.text, "test.tflite: subgraph 2, node 0 Call: subgraph 1 calls itself");
    cr_expect_eq(fx.report_count, 1);
    fx_end(&fx);
}

Test(subgraph_call, depth_is_bounded)
{
    enum { DEPTH = 100 };
    fx_model fx;
    begin(&fx);
    for (int k = 0; k < DEPTH; k++)
        add_subgraph(&fx, k, "Call", k + 1);
    add_subgraph(&fx, DEPTH, "Increment", 0);
    tb_error err = TB_ERROR_NONE;
    cr_assert_eq(fx_open(&fx, &err), TB_OK);
    cr_expect_eq(tb_interpreter_allocate(fx.interpreter, &err), TB_UNSUPPORTED);
    cr_expect_str_eq(err.text, "test.tflite: subgraph 64, node 0 Call: subgraphs call each other "
                               "more than 64 deep");
    cr_expect_eq(fx.report_count, 1);
    fx_end(&fx);
}

Test(subgraph_call, wrong_numbers_are_refused)
{
    static const int targets[] = {5, -1, 0};
    static const char *const expected[] = {"it calls subgraph 5; there are 1",
                                           "it calls subgraph -1; there are 1",
                                           "it calls the subgraph it is in"};
    for (int k = 0; k < 3; k++) {
        fx_model fx;
        begin(&fx);
        add_subgraph(&fx, 0, "Call", targets[k]);
        tb_error err = TB_ERROR_NONE;
        cr_assert_eq(fx_open(&fx, &err), TB_OK);
        cr_expect_eq(tb_interpreter_allocate(fx.interpreter, &err), TB_CORRUPT);
        cr_expect(strstr(err.text, expected[k]), "%s", err.text);
        fx_end(&fx);
    }
}

/* ---- resources -------------------------------------------------------------------------------- */

typedef struct counter {
    tb_resource resource;
    int *destroyed;
} counter;

static const char counter_kind[] = "counter";

static void destroy_counter(tb_resource *resource)
{
    counter *c = (counter *)resource;
    ++*c->destroyed;
    free(c);
}

static tb_resource *new_counter(int *destroyed)
{
    counter *c = malloc(sizeof *c);
    *c = (counter){{counter_kind, destroy_counter}, destroyed};
    return &c->resource;
}

Test(resources, names_have_ids)
{
    tb_resources *resources = tb_resources_create();
    int32_t a = tb_resources_id(resources, "", "a"), b = tb_resources_id(resources, NULL, "b");
    cr_expect_neq(a, b);
    cr_expect_eq(tb_resources_id(resources, NULL, "a"), a);
    cr_expect_neq(tb_resources_id(resources, "a", ""), a, "the container counts");
    for (int k = 0; k < 100; k++) {
        char name[16];
        snprintf(name, sizeof name, "n%d", k % 50);
        int32_t id = tb_resources_id(resources, "c", name);
        cr_expect_eq(id, tb_resources_id(resources, "c", name));
    }
    tb_resources_destroy(resources);
}

Test(resources, are_kept_replaced_and_destroyed_once)
{
    int destroyed = 0;
    tb_resources *resources = tb_resources_create();
    cr_expect_null(tb_resources_find(resources, 3));
    tb_resource *first = new_counter(&destroyed), *second = new_counter(&destroyed);
    cr_assert(tb_resources_put_take(resources, 3, first));
    cr_expect_eq(tb_resources_find(resources, 3), first);
    cr_assert(tb_resources_put_take(resources, 3, first));
    cr_expect_eq(destroyed, 0, "put where it is already");
    cr_assert(tb_resources_put_take(resources, 3, second));
    cr_expect_eq(destroyed, 1);
    tb_resource *refused = new_counter(&destroyed);
    cr_expect_not(tb_resources_put_take(resources, -1, refused));
    refused->destroy(refused);
    for (int k = 10; k < 30; k++)
        cr_assert(tb_resources_put_take(resources, k, new_counter(&destroyed)));
    cr_expect_not(tb_resources_initialized(resources, 2));
    cr_assert(tb_resources_set_initialized(resources, 2));
    cr_expect(tb_resources_initialized(resources, 2));
    tb_resources_destroy(resources);
    cr_expect_eq(destroyed, 23);
}
