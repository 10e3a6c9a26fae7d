/* Small models and kernels for tests; see rt_fixture.h. */
#include "tests/unit/runtime/rt_fixture.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/writer.h"
#include "runtime/op.h"

/* ---- kernels ---------------------------------------------------------------------------------- */

static TfLiteStatus like_first_input(TfLiteContext *context, TfLiteNode *node)
{
    TB_OP_TRY(tb_op_check_outputs(context, node, 1));
    return tb_op_resize_like(context, tb_op_output(context, node, 0),
                             tb_op_input(context, node, 0));
}

static TfLiteStatus add_prepare(TfLiteContext *context, TfLiteNode *node)
{
    TB_OP_TRY(tb_op_check_inputs(context, node, 2, 2));
    return like_first_input(context, node);
}

static TfLiteStatus add_invoke(TfLiteContext *context, TfLiteNode *node)
{
    const TfLiteTensor *a = tb_op_input(context, node, 0), *b = tb_op_input(context, node, 1);
    TfLiteTensor *out = tb_op_output(context, node, 0);
    int64_t count = tb_tensor_elements(out), other = tb_tensor_elements(b);
    for (int64_t k = 0; k < count; k++)
        out->data.f[k] = a->data.f[k] + b->data.f[other == 1 ? 0 : k];
    return kTfLiteOk;
}

const TfLiteRegistration fx_add = {.prepare = add_prepare, .invoke = add_invoke};

static TfLiteStatus relu_invoke(TfLiteContext *context, TfLiteNode *node)
{
    const TfLiteTensor *in = tb_op_input(context, node, 0);
    TfLiteTensor *out = tb_op_output(context, node, 0);
    for (int64_t k = 0; k < tb_tensor_elements(out); k++)
        out->data.f[k] = in->data.f[k] > 0 ? in->data.f[k] : 0;
    return kTfLiteOk;
}

const TfLiteRegistration fx_relu = {.prepare = like_first_input,
                                    .invoke = relu_invoke,
                                    .inplace_operator = kTfLiteInplaceOpInput0Shared};

static TfLiteStatus copy_invoke(TfLiteContext *context, TfLiteNode *node)
{
    const TfLiteTensor *in = tb_op_input(context, node, 0);
    TfLiteTensor *out = tb_op_output(context, node, 0);
    if (in->data.raw != out->data.raw)
        memcpy(out->data.raw, in->data.raw, out->bytes);
    return kTfLiteOk;
}

const TfLiteRegistration fx_copy = {.prepare = like_first_input,
                                    .invoke = copy_invoke,
                                    .inplace_operator = kTfLiteInplaceOpInput0Shared |
                                                        kTfLiteInplaceOpDataUnmodified};

static TfLiteStatus repeat_prepare(TfLiteContext *context, TfLiteNode *node)
{
    TB_OP_TRY(tb_op_check_inputs(context, node, 2, 2));
    tb_op_set_dynamic(tb_op_output(context, node, 0));
    return kTfLiteOk;
}

static TfLiteStatus repeat_invoke(TfLiteContext *context, TfLiteNode *node)
{
    const TfLiteTensor *in = tb_op_input(context, node, 0), *times = tb_op_input(context, node, 1);
    TfLiteTensor *out = tb_op_output(context, node, 0);
    int length = (int)times->data.f[0];
    TB_OP_TRY(tb_op_resize(context, out, 1, &length));
    for (int k = 0; k < length; k++)
        out->data.f[k] = in->data.f[0];
    return kTfLiteOk;
}

const TfLiteRegistration fx_repeat = {.prepare = repeat_prepare, .invoke = repeat_invoke};

static TfLiteStatus count_invoke(TfLiteContext *context, TfLiteNode *node)
{
    TfLiteTensor *state = tb_op_variable(context, node, 0);
    TfLiteTensor *out = tb_op_output(context, node, 0);
    if (!state)
        return tb_op_fail(context, "state is no variable");
    state->data.f[0] += 1;
    out->data.f[0] = state->data.f[0];
    return kTfLiteOk;
}

const TfLiteRegistration fx_count = {.prepare = like_first_input, .invoke = count_invoke};

static TfLiteStatus refuse_prepare(TfLiteContext *context, TfLiteNode *node)
{
    return tb_op_fail(context, "input has %d dimensions, expected 7",
                      tb_tensor_rank(tb_op_input(context, node, 0)));
}

const TfLiteRegistration fx_refuse = {.prepare = refuse_prepare, .invoke = copy_invoke};

static TfLiteStatus break_invoke(TfLiteContext *context, TfLiteNode *node)
{
    (void)node;
    return tb_op_fail(context, "broken\n");
}

const TfLiteRegistration fx_break = {.prepare = like_first_input, .invoke = break_invoke};

static TfLiteStatus scratch_prepare(TfLiteContext *context, TfLiteNode *node)
{
    int *index = tb_op_persistent(context, sizeof *index);
    if (!index)
        return kTfLiteError;
    node->user_data = index;
    TB_OP_TRY(like_first_input(context, node));
    return tb_op_request_scratch(context, tb_op_input(context, node, 0)->bytes, index);
}

static TfLiteStatus scratch_invoke(TfLiteContext *context, TfLiteNode *node)
{
    const int *index = node->user_data;
    const TfLiteTensor *in = tb_op_input(context, node, 0);
    TfLiteTensor *out = tb_op_output(context, node, 0);
    void *scratch = tb_op_scratch(context, *index);
    if ((uintptr_t)scratch % 64)
        return tb_op_fail(context, "scratch is not aligned");
    memcpy(scratch, in->data.raw, in->bytes);
    memset(out->data.raw, 0, out->bytes);
    memcpy(out->data.raw, scratch, out->bytes);
    return kTfLiteOk;
}

static void scratch_free(TfLiteContext *context, void *data)
{
    (void)context, (void)data; /* the block is the runtime's */
}

const TfLiteRegistration fx_scratch = {
    .free = scratch_free, .prepare = scratch_prepare, .invoke = scratch_invoke};

/* ---- models ----------------------------------------------------------------------------------- */

static void keep_report(void *context, const char *message)
{
    fx_model *fx = context;
    size_t used = strlen(fx->reported);
    snprintf(fx->reported + used, sizeof fx->reported - used, "%s\n", message);
    fx->report_count++;
}

void fx_begin(fx_model *fx)
{
    *fx = (fx_model){0};
    tb_draft_init(&fx->draft, "test");
    tb_draft_subgraph_add(&fx->draft, "main");
    cr_assert_eq(tb_resolver_create_empty(NULL, &fx->resolver), TB_OK);
    static const struct {
        const char *name;
        const TfLiteRegistration *registration;
    } customs[] = {{"Copy", &fx_copy},     {"Repeat", &fx_repeat}, {"Count", &fx_count},
                   {"Refuse", &fx_refuse}, {"Break", &fx_break},   {"Scratch", &fx_scratch}};
    tb_resolver_add_builtin(fx->resolver, kTfLiteBuiltinAdd, &fx_add, 1, 9, NULL);
    tb_resolver_add_builtin(fx->resolver, kTfLiteBuiltinRelu, &fx_relu, 1, 9, NULL);
    for (size_t k = 0; k < TB_COUNT_OF(customs); k++)
        tb_resolver_add_custom(fx->resolver, customs[k].name, customs[k].registration, 1, 9, NULL);
    fx->options = (tb_interpreter_options){
        .threads = 1, .resolver = fx->resolver, .report = keep_report, .report_context = fx};
}

int fx_tensor(fx_model *fx, const char *name, tb_int_list shape)
{
    tb_draft_tensor tensor = {.name = name,
                              .type = kTfLiteFloat32,
                              .rank = (int)shape.count,
                              .shape = shape.items,
                              .has_rank = true};
    return tb_draft_tensor_add(&fx->draft, 0, &tensor);
}

int fx_constant(fx_model *fx, const char *name, TfLiteType type, tb_int_list shape,
                const void *data, size_t size)
{
    void *copy = tb_draft_alloc(&fx->draft, size, 1);
    memcpy(copy, data, size);
    tb_draft_tensor tensor = {.name = name,
                              .type = type,
                              .rank = (int)shape.count,
                              .shape = shape.items,
                              .has_rank = true,
                              .buffer = (uint32_t)tb_draft_buffer_add(&fx->draft, copy, size)};
    return tb_draft_tensor_add(&fx->draft, 0, &tensor);
}

int fx_op(fx_model *fx, TfLiteBuiltinOperator code, tb_int_list inputs, tb_int_list outputs)
{
    tb_draft_op op = {.code = code, .version = 1, .inputs = inputs, .outputs = outputs};
    return tb_draft_op_add(&fx->draft, 0, &op);
}

int fx_custom(fx_model *fx, const char *name, tb_int_list inputs, tb_int_list outputs)
{
    tb_draft_op op = {.code = kTfLiteBuiltinCustom,
                      .custom_code = name,
                      .version = 1,
                      .inputs = inputs,
                      .outputs = outputs};
    return tb_draft_op_add(&fx->draft, 0, &op);
}

void fx_edges(fx_model *fx, tb_int_list inputs, tb_int_list outputs)
{
    tb_draft_inputs_set(&fx->draft, 0, inputs);
    tb_draft_outputs_set(&fx->draft, 0, outputs);
}

tb_status fx_open(fx_model *fx, tb_error *err)
{
    tb_error own = TB_ERROR_NONE;
    tb_status status = tb_draft_write(&fx->draft, &own, &fx->bytes, &fx->size);
    cr_assert_eq(status, TB_OK, "%s", own.text);
    status = tb_model_from_memory(fx->bytes, fx->size, "test.tflite", &own, &fx->model);
    cr_assert_eq(status, TB_OK, "%s", own.text);
    return tb_interpreter_create(fx->model, &fx->options, err, &fx->interpreter);
}

void fx_end(fx_model *fx)
{
    tb_interpreter_destroy(fx->interpreter);
    tb_model_release(fx->model);
    tb_resolver_destroy(fx->resolver);
    free(fx->bytes);
    tb_draft_free(&fx->draft);
}

float *fx_input(fx_model *fx, int k)
{
    return tb_interpreter_input(fx->interpreter, k)->data.f;
}

const float *fx_output(fx_model *fx, int k)
{
    return tb_interpreter_output(fx->interpreter, k)->data.f;
}

void fx_add_chain(fx_model *fx, int length)
{
    float one = 1;
    int c = fx_constant(fx, "one", kTfLiteFloat32, TB_INTS(1), &one, sizeof one);
    int last = fx_tensor(fx, "x0", TB_INTS(1, 4));
    int first = last;
    for (int k = 0; k < length; k++) {
        char name[16];
        snprintf(name, sizeof name, "x%d", k + 1);
        int next = fx_tensor(fx, name, TB_INTS(1, 4));
        fx_op(fx, kTfLiteBuiltinAdd, TB_INTS(last, c), TB_INTS(next));
        last = next;
    }
    fx_edges(fx, TB_INTS(first), TB_INTS(last));
}
