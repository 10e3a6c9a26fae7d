/* Delegates: partitions, undo and redo on resize, failures that leave the graph as it was, reasons. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/op.h"
#include "tests/unit/runtime/rt_fixture.h"

/* ---- a delegate that claims ADD --------------------------------------------------------------- */

typedef enum fault_at { NOWHERE, IN_PREPARE, IN_INIT, IN_KERNEL_PREPARE, IN_INVOKE } fault_at;

typedef struct adder {
    TfLiteDelegate delegate;
    const tb_host *host;
    fault_at fault;
    bool keep_handles; /* results stay "on the device" until they are fetched */
    int most;          /* how many ADDs it takes at most; 0: all */
    int prepared;      /* calls of Prepare */
    int kernels;       /* alive */
    int invoked;
    int fetched;
    int freed_handles;
} adder;

typedef struct adder_kernel {
    adder *owner;
    const TfLiteDelegateParams *params;
    int node_count;
    int nodes[64][3]; /* a, b, out */
} adder_kernel;

static adder *adder_of(TfLiteDelegate *delegate)
{
    return delegate->data_;
}

static void *kernel_init(TfLiteContext *context, const char *buffer, size_t length)
{
    cr_expect_eq(length, 0u);
    const TfLiteDelegateParams *params = (const void *)buffer;
    adder *owner = adder_of(params->delegate);
    if (owner->fault == IN_INIT)
        return TfLiteKernelInitFailed();
    adder_kernel *kernel = calloc(1, sizeof *kernel);
    kernel->owner = owner;
    kernel->params = params;
    for (int k = 0; k < params->nodes_to_replace->size; k++) {
        TfLiteNode *node;
        TfLiteRegistration *registration;
        cr_assert_eq(context->GetNodeAndRegistration(context, params->nodes_to_replace->data[k],
                                                     &node, &registration),
                     kTfLiteOk);
        int *to = kernel->nodes[kernel->node_count++];
        to[0] = node->inputs->data[0];
        to[1] = node->inputs->data[1];
        to[2] = node->outputs->data[0];
    }
    owner->kernels++;
    return kernel;
}

static void kernel_free(TfLiteContext *context, void *data)
{
    (void)context;
    adder_kernel *kernel = data;
    kernel->owner->kernels--;
    free(kernel);
}

static TfLiteStatus kernel_prepare(TfLiteContext *context, TfLiteNode *node)
{
    adder_kernel *kernel = node->user_data;
    if (kernel->owner->fault == IN_KERNEL_PREPARE)
        return tb_op_fail(context, "no such shape on this device");
    for (int k = 0; k < kernel->node_count; k++)
        TB_OP_TRY(tb_op_resize_like(context, &context->tensors[kernel->nodes[k][2]],
                                    &context->tensors[kernel->nodes[k][0]]));
    if (kernel->owner->host)
        kernel->owner->host->describe_plan(kernel->owner->host, 0, "add them all");
    return kTfLiteOk;
}

static float *values(TfLiteTensor *tensor, float **own)
{
    /* Tensors inside a partition have no memory of the runtime's. */
    if (tensor->data.f)
        return tensor->data.f;
    if (!*own)
        *own = calloc(tensor->bytes / 4 + 1, sizeof(float));
    return *own;
}

static TfLiteStatus kernel_invoke(TfLiteContext *context, TfLiteNode *node)
{
    adder_kernel *kernel = node->user_data;
    kernel->owner->invoked++;
    if (kernel->owner->fault == IN_INVOKE)
        return tb_op_fail(context, "device lost");
    float *inner[64] = {0};
    for (int k = 0; k < kernel->node_count; k++) {
        const int *n = kernel->nodes[k];
        TfLiteTensor *a = &context->tensors[n[0]], *b = &context->tensors[n[1]];
        TfLiteTensor *out = &context->tensors[n[2]];
        float *pa = values(a, &inner[n[0]]), *po = values(out, &inner[n[2]]);
        for (int64_t i = 0; i < tb_tensor_elements(out); i++)
            po[i] = pa[i] + b->data.f[tb_tensor_elements(b) == 1 ? 0 : i];
    }
    for (int k = 0; k < 64; k++)
        free(inner[k]);
    if (kernel->owner->keep_handles) {
        TfLiteTensor *out = &context->tensors[kernel->nodes[kernel->node_count - 1][2]];
        out->buffer_handle = 5;
        out->data_is_stale = true;
        out->data.f[0] += 1000; /* until fetched, the CPU's copy is wrong */
    }
    return kTfLiteOk;
}

static TfLiteStatus fetch(TfLiteContext *context, TfLiteDelegate *delegate,
                          TfLiteBufferHandle handle, TfLiteTensor *tensor)
{
    (void)context;
    cr_expect_eq(handle, 5);
    adder_of(delegate)->fetched++;
    tensor->data.f[0] -= 1000;
    return kTfLiteOk;
}

static void free_handle(TfLiteContext *context, TfLiteDelegate *delegate,
                        TfLiteBufferHandle *handle)
{
    (void)context, (void)handle;
    adder_of(delegate)->freed_handles++;
}

static TfLiteStatus delegate_prepare(TfLiteContext *context, TfLiteDelegate *delegate)
{
    adder *self = adder_of(delegate);
    self->prepared++;
    if (self->fault == IN_PREPARE)
        return tb_op_fail(context, "no device");
    TfLiteIntArray *plan;
    TB_OP_TRY(context->GetExecutionPlan(context, &plan));
    TfLiteIntArray *wanted = TfLiteIntArrayCreate(plan->size);
    wanted->size = 0;
    for (int k = 0; k < plan->size; k++) {
        TfLiteNode *node;
        TfLiteRegistration *registration;
        TB_OP_TRY(context->GetNodeAndRegistration(context, plan->data[k], &node, &registration));
        bool takes = registration->builtin_code == kTfLiteBuiltinAdd &&
                     (self->most == 0 || wanted->size < self->most);
        if (takes)
            wanted->data[wanted->size++] = plan->data[k];
        else if (self->host)
            self->host->reject(self->host, self->host->subgraph_index(self->host, context),
                               plan->data[k], "only ADD");
    }
    TfLiteDelegateParams *previews;
    int count;
    TB_OP_TRY(context->PreviewDelegatePartitioning(context, wanted, &previews, &count));
    cr_expect(wanted->size == 0 || count > 0);
    TfLiteRegistration kernel = {.init = kernel_init,
                                 .free = kernel_free,
                                 .prepare = kernel_prepare,
                                 .invoke = kernel_invoke,
                                 .custom_name = "Adder"};
    TfLiteStatus status =
        context->ReplaceNodeSubsetsWithDelegateKernels(context, kernel, wanted, delegate);
    TfLiteIntArrayFree(wanted);
    return status;
}

static adder *new_adder(int64_t flags)
{
    adder *self = calloc(1, sizeof *self);
    self->delegate = (TfLiteDelegate){.data_ = self,
                                      .Prepare = delegate_prepare,
                                      .CopyFromBufferHandle = fetch,
                                      .FreeBufferHandle = free_handle,
                                      .flags = flags};
    return self;
}

static TfLiteStatus bind(TfLiteDelegate *delegate, const tb_host *host)
{
    if (host->version != TB_HOST_VERSION || host->size < sizeof(tb_host))
        return kTfLiteError;
    adder_of(delegate)->host = host;
    return kTfLiteOk;
}

/* in -ADD- a -ADD- b -RELU- c -ADD- out */
static void holed_model(fx_model *fx)
{
    float one = 1;
    fx_begin(fx);
    int c1 = fx_constant(fx, "one", kTfLiteFloat32, TB_INTS(1), &one, sizeof one);
    int in = fx_tensor(fx, "in", TB_INTS(1, 4)), a = fx_tensor(fx, "a", TB_INTS(1, 4));
    int b = fx_tensor(fx, "b", TB_INTS(1, 4)), c = fx_tensor(fx, "c", TB_INTS(1, 4));
    int out = fx_tensor(fx, "out", TB_INTS(1, 4));
    fx_op(fx, kTfLiteBuiltinAdd, TB_INTS(in, c1), TB_INTS(a));
    fx_op(fx, kTfLiteBuiltinAdd, TB_INTS(a, c1), TB_INTS(b));
    fx_op(fx, kTfLiteBuiltinRelu, TB_INTS(b), TB_INTS(c));
    fx_op(fx, kTfLiteBuiltinAdd, TB_INTS(c, c1), TB_INTS(out));
    fx_edges(fx, TB_INTS(in), TB_INTS(out));
    tb_error err = TB_ERROR_NONE;
    cr_assert_eq(fx_open(fx, &err), TB_OK, "%s", err.text);
}

static void allocate_and_check(fx_model *fx, int count)
{
    tb_error err = TB_ERROR_NONE;
    cr_assert_eq(tb_interpreter_allocate(fx->interpreter, &err), TB_OK, "%s", err.text);
    for (int k = 0; k < count; k++)
        fx_input(fx, 0)[k] = (float)(k - 5);
    cr_assert_eq(tb_interpreter_invoke(fx->interpreter, &err), TB_OK, "%s", err.text);
    for (int k = 0; k < count; k++) {
        float sum = (float)(k - 5) + 2;
        cr_expect_eq(fx_output(fx, 0)[k], (sum > 0 ? sum : 0) + 1);
    }
}

static void apply(fx_model *fx, adder *self)
{
    tb_error err = TB_ERROR_NONE;
    cr_assert_eq(tb_interpreter_apply_delegate(fx->interpreter, &self->delegate, bind, &err), TB_OK,
                 "%s", err.text);
}

static void end(fx_model *fx, adder *self)
{
    fx_end(fx);
    cr_expect_eq(self->kernels, 0);
    free(self);
}

/* ---- tests ------------------------------------------------------------------------------------ */

Test(delegation, two_partitions_with_a_hole_between)
{
    fx_model fx;
    holed_model(&fx);
    adder *self = new_adder(0);
    apply(&fx, self);
    int count;
    const int *plan = tb_interpreter_execution_plan(fx.interpreter, 0, &count);
    cr_assert_eq(count, 3);
    cr_expect_eq(plan[0], 4);
    cr_expect_eq(plan[1], 2);
    cr_expect_eq(plan[2], 5);
    tb_node_info info;
    cr_assert(tb_interpreter_node(fx.interpreter, 0, 0, &info));
    cr_expect_str_eq(info.delegate_name, "Adder");
    cr_expect_eq(info.delegated_to, 4);
    cr_expect_null(info.reason);
    cr_assert(tb_interpreter_node(fx.interpreter, 0, 2, &info));
    cr_expect_null(info.delegate_name);
    cr_expect_eq(info.delegated_to, -1);
    cr_expect_str_eq(info.reason, "only ADD");
    cr_assert(tb_interpreter_node(fx.interpreter, 0, 4, &info));
    cr_expect_str_eq(info.op_name, "Adder");
    allocate_and_check(&fx, 4);
    cr_expect_eq(self->invoked, 2);
    cr_expect_str_eq(tb_interpreter_plan_text(fx.interpreter, 0), "add them all");
    /* What happens inside a partition needs no place. */
    tb_tensor_placement placement;
    cr_expect_not(tb_interpreter_tensor_placement(fx.interpreter, 0, 2, &placement));
    end(&fx, self);
}

Test(delegation, resizing_undoes_and_redoes)
{
    fx_model fx;
    holed_model(&fx);
    adder *self = new_adder(0);
    apply(&fx, self);
    allocate_and_check(&fx, 4);
    for (int k = 1; k <= 3; k++) {
        cr_assert_eq(tb_interpreter_resize_input(fx.interpreter, 0, 2, (int[]){k, 9}, false, NULL),
                     TB_OK);
        cr_expect_eq(self->kernels, 0, "undone");
        allocate_and_check(&fx, 9 * k);
        cr_expect_eq(self->kernels, 2);
        cr_expect_eq(self->prepared, 1 + k);
        cr_expect_eq(tb_interpreter_node_count(fx.interpreter, 0), 6);
    }
    end(&fx, self);
}

Test(delegation, one_that_takes_dynamic_shapes_is_only_prepared_again)
{
    fx_model fx;
    holed_model(&fx);
    adder *self = new_adder(kTfLiteDelegateFlagsAllowDynamicTensors);
    apply(&fx, self);
    allocate_and_check(&fx, 4);
    cr_assert_eq(tb_interpreter_resize_input(fx.interpreter, 0, 2, (int[]){2, 9}, false, NULL),
                 TB_OK);
    cr_expect_eq(self->kernels, 2);
    allocate_and_check(&fx, 18);
    cr_expect_eq(self->prepared, 1);
    end(&fx, self);
}

Test(delegation, propagated_shapes_are_known_inside)
{
    fx_model fx;
    holed_model(&fx);
    adder *self = new_adder(kTfLiteDelegateFlagsAllowDynamicTensors |
                            kTfLiteDelegateFlagsRequirePropagatedShapes);
    apply(&fx, self);
    cr_assert_eq(tb_interpreter_resize_input(fx.interpreter, 0, 2, (int[]){2, 9}, false, NULL),
                 TB_OK);
    allocate_and_check(&fx, 18);
    cr_expect_eq(tb_interpreter_tensor(fx.interpreter, 0, 2)->bytes, 72u);
    end(&fx, self);
}

static void expect_untouched(fx_model *fx)
{
    int count;
    const int *plan = tb_interpreter_execution_plan(fx->interpreter, 0, &count);
    cr_assert_eq(count, 4);
    for (int k = 0; k < 4; k++)
        cr_expect_eq(plan[k], k);
    cr_expect_eq(tb_interpreter_node_count(fx->interpreter, 0), 4);
    cr_expect_null(tb_interpreter_plan_text(fx->interpreter, 0));
    allocate_and_check(fx, 4);
}

Test(delegation, failures_leave_the_graph_as_it_was)
{
    static const struct {
        fault_at fault;
        const char *text;
    } cases[] = {
        {IN_PREPARE, "test.tflite: subgraph 0, delegate: no device"},
        {IN_INIT, "test.tflite: subgraph 0, node 4 Adder: the delegate's kernel cannot be "
                  "initialised"},
        {IN_KERNEL_PREPARE, "test.tflite: subgraph 0, node 4 Adder: no such shape on this device"},
    };
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        fx_model fx;
        holed_model(&fx);
        adder *self = new_adder(0);
        self->fault = cases[k].fault;
        tb_error err = TB_ERROR_NONE;
        cr_expect_neq(tb_interpreter_apply_delegate(fx.interpreter, &self->delegate, bind, &err),
                      TB_OK);
        cr_expect_str_eq(err.text, cases[k].text);
        cr_expect_eq(fx.report_count, 1);
        cr_expect_eq(self->kernels, 0);
        expect_untouched(&fx);
        end(&fx, self);
    }
}

Test(delegation, a_failing_second_delegate_leaves_the_first)
{
    fx_model fx;
    holed_model(&fx);
    adder *first = new_adder(0), *second = new_adder(0);
    first->most = 1;
    second->fault = IN_KERNEL_PREPARE;
    apply(&fx, first);
    tb_error err = TB_ERROR_NONE;
    cr_expect_neq(tb_interpreter_apply_delegate(fx.interpreter, &second->delegate, bind, &err),
                  TB_OK);
    cr_expect_eq(first->kernels, 1);
    cr_expect_eq(second->kernels, 0);
    allocate_and_check(&fx, 4);
    cr_expect_eq(first->invoked, 1);
    fx_end(&fx);
    free(first);
    free(second);
}

Test(delegation, several_delegates_in_order)
{
    fx_model fx;
    holed_model(&fx);
    adder *first = new_adder(0), *second = new_adder(0);
    first->most = 1;
    apply(&fx, first);
    apply(&fx, second);
    tb_node_info info;
    cr_assert(tb_interpreter_node(fx.interpreter, 0, 1, &info));
    cr_expect_str_eq(info.delegate_name, "Adder");
    allocate_and_check(&fx, 4);
    cr_expect_eq(first->invoked, 1);
    cr_expect_eq(second->invoked, 2);
    cr_assert_eq(tb_interpreter_resize_input(fx.interpreter, 0, 2, (int[]){5, 5}, false, NULL),
                 TB_OK);
    allocate_and_check(&fx, 25);
    cr_expect_eq(first->invoked, 2);
    cr_expect_eq(second->invoked, 4);
    fx_end(&fx);
    free(first);
    free(second);
}

Test(delegation, a_failing_invoke_names_the_kernel)
{
    fx_model fx;
    holed_model(&fx);
    adder *self = new_adder(0);
    self->fault = IN_INVOKE;
    apply(&fx, self);
    tb_error err = TB_ERROR_NONE;
    cr_assert_eq(tb_interpreter_allocate(fx.interpreter, &err), TB_OK);
    cr_expect_neq(tb_interpreter_invoke(fx.interpreter, &err), TB_OK);
    cr_expect_str_eq(err.text, "test.tflite: subgraph 0, node 4 Adder: device lost");
    self->fault = NOWHERE;
    allocate_and_check(&fx, 4);
    end(&fx, self);
}

Test(delegation, values_are_fetched_where_the_cpu_reads_them)
{
    fx_model fx;
    holed_model(&fx);
    adder *self = new_adder(0);
    self->keep_handles = true;
    apply(&fx, self);
    allocate_and_check(&fx, 4);
    cr_expect_eq(self->fetched, 2, "RELU's input, and the output");
    fx_end(&fx);
    cr_expect_eq(self->freed_handles, 2);
    free(self);
}

Test(delegation, dynamic_graphs_are_for_those_who_take_them)
{
    for (int takes = 0; takes < 2; takes++) {
        fx_model fx;
        float one = 1;
        fx_begin(&fx);
        int c1 = fx_constant(&fx, "one", kTfLiteFloat32, TB_INTS(1), &one, sizeof one);
        int in = fx_tensor(&fx, "in", TB_INTS(1)), times = fx_tensor(&fx, "times", TB_INTS(1));
        int d = fx_tensor(&fx, "d", TB_INTS(1)), out = fx_tensor(&fx, "out", TB_INTS(1));
        fx_custom(&fx, "Repeat", TB_INTS(in, times), TB_INTS(d));
        fx_op(&fx, kTfLiteBuiltinAdd, TB_INTS(d, c1), TB_INTS(out));
        fx_edges(&fx, TB_INTS(in, times), TB_INTS(out));
        tb_error err = TB_ERROR_NONE;
        cr_assert_eq(fx_open(&fx, &err), TB_OK);
        adder *self = new_adder(takes ? kTfLiteDelegateFlagsAllowDynamicTensors : 0);
        tb_status status =
            tb_interpreter_apply_delegate(fx.interpreter, &self->delegate, NULL, &err);
        cr_expect_eq(status, takes ? TB_OK : TB_UNAVAILABLE);
        if (!takes)
            cr_expect_str_eq(err.text, "test.tflite: subgraph 0, delegate: it takes static shapes "
                                       "only, and tensor 3 'd' gets its shape while the model "
                                       "runs");
        cr_assert_eq(tb_interpreter_allocate(fx.interpreter, &err), TB_OK);
        for (int length = 3; length < 6; length++) {
            fx_input(&fx, 0)[0] = 4;
            fx_input(&fx, 1)[0] = (float)length;
            cr_assert_eq(tb_interpreter_invoke(fx.interpreter, &err), TB_OK, "%s", err.text);
            cr_expect_eq(tb_interpreter_output(fx.interpreter, 0)->dims->data[0], length);
            cr_expect_eq(fx_output(&fx, 0)[length - 1], 5);
        }
        cr_expect_eq(self->invoked, takes ? 3 : 0);
        end(&fx, self);
    }
}

Test(delegation, applied_after_allocate)
{
    fx_model fx;
    holed_model(&fx);
    allocate_and_check(&fx, 4);
    adder *self = new_adder(0);
    apply(&fx, self);
    allocate_and_check(&fx, 4);
    cr_expect_eq(self->invoked, 2);
    end(&fx, self);
}

Test(delegation, a_subgraph_that_is_none_for_it_stays_whole)
{
    fx_model fx;
    fx_begin(&fx);
    int in = fx_tensor(&fx, "in", TB_INTS(4)), out = fx_tensor(&fx, "out", TB_INTS(4));
    fx_op(&fx, kTfLiteBuiltinAdd, TB_INTS(in, in), TB_INTS(out));
    fx_edges(&fx, TB_INTS(in), TB_INTS(out));
    int other = tb_draft_subgraph_add(&fx.draft, "other");
    tb_draft_tensor tensor = {
        .type = kTfLiteFloat32, .rank = 1, .shape = (int32_t[]){1}, .has_rank = true};
    int tensors[3];
    for (int k = 0; k < 3; k++)
        tensors[k] = tb_draft_tensor_add(&fx.draft, other, &tensor);
    tb_draft_op repeat = {.code = kTfLiteBuiltinCustom,
                          .custom_code = "Repeat",
                          .version = 1,
                          .inputs = TB_INTS(tensors[0], tensors[1]),
                          .outputs = TB_INTS(tensors[2])};
    tb_draft_op_add(&fx.draft, other, &repeat);
    tb_draft_inputs_set(&fx.draft, other, TB_INTS(tensors[0], tensors[1]));
    tb_draft_outputs_set(&fx.draft, other, TB_INTS(tensors[2]));
    tb_error err = TB_ERROR_NONE;
    cr_assert_eq(fx_open(&fx, &err), TB_OK, "%s", err.text);
    adder *self = new_adder(0);
    apply(&fx, self);
    cr_expect_eq(self->prepared, 1);
    tb_node_info info;
    cr_assert(tb_interpreter_node(fx.interpreter, 0, 0, &info));
    cr_expect_str_eq(info.delegate_name, "Adder");
    cr_assert(tb_interpreter_node(fx.interpreter, 1, 0, &info));
    cr_expect_null(info.delegate_name);
    cr_expect(strstr(info.reason, "it takes static shapes only"), "%s", info.reason);
    cr_expect_eq(tb_interpreter_allocate(fx.interpreter, &err), TB_OK);
    cr_expect_eq(tb_interpreter_invoke(fx.interpreter, &err), TB_OK);
    end(&fx, self);
}

/* ---- what only a delegate's Prepare may do ---------------------------------------------------- */

static TfLiteStatus meddle_prepare(TfLiteContext *context, TfLiteNode *node)
{
    (void)node;
    TfLiteIntArray *plan;
    TfLiteNode *other;
    TfLiteRegistration *registration = NULL;
    TfLiteContext *acquired;
    cr_expect_eq(context->GetExecutionPlan(context, &plan), kTfLiteError);
    cr_expect_eq(context->GetNodeAndRegistration(context, 0, &other, &registration), kTfLiteError);
    cr_expect_eq(context->AcquireSubgraphContext(context, 0, &acquired), kTfLiteError);
    cr_expect_eq(context->ReleaseSubgraphContext(context, 0), kTfLiteError);
    return kTfLiteOk;
}

static TfLiteStatus meddle_invoke(TfLiteContext *context, TfLiteNode *node)
{
    return meddle_prepare(context, node);
}

Test(delegation, kernels_may_not_change_the_graph)
{
    static const TfLiteRegistration meddler = {.prepare = meddle_prepare, .invoke = meddle_invoke};
    fx_model fx;
    fx_begin(&fx);
    tb_resolver_add_custom(fx.resolver, "Meddle", &meddler, 1, 1, NULL);
    int in = fx_tensor(&fx, "in", TB_INTS(1)), out = fx_tensor(&fx, "out", TB_INTS(1));
    fx_custom(&fx, "Meddle", TB_INTS(in), TB_INTS(out));
    fx_edges(&fx, TB_INTS(in), TB_INTS(out));
    cr_assert_eq(fx_open(&fx, NULL), TB_OK);
    cr_assert_eq(tb_interpreter_allocate(fx.interpreter, NULL), TB_OK);
    cr_assert_eq(tb_interpreter_invoke(fx.interpreter, NULL), TB_OK);
    cr_expect_eq(fx.report_count, 8);
    cr_expect(strstr(fx.reported, "GetExecutionPlan is for a delegate's Prepare only"));
    fx_end(&fx);
}

/* ---- packed weights --------------------------------------------------------------------------- */

static int destroyed;

static void destroy_block(void *block)
{
    destroyed++;
    free(block);
}

Test(delegation, packed_weights_are_shared_by_the_interpreters_of_a_model)
{
    fx_model fx;
    holed_model(&fx);
    adder *self = new_adder(0), *other = new_adder(0);
    apply(&fx, self);
    tb_interpreter *second;
    cr_assert_eq(tb_interpreter_create(fx.model, &fx.options, NULL, &second), TB_OK);
    cr_assert_eq(tb_interpreter_apply_delegate(second, &other->delegate, bind, NULL), TB_OK);
    const tb_host *a = self->host, *b = other->host;
    cr_expect_null(a->packed_find(a, "key", 3));
    void *block = malloc(1), *late = malloc(1);
    cr_expect_eq(a->packed_publish(a, "key", 3, block, destroy_block), block);
    cr_expect_eq(b->packed_find(b, "key", 3), block);
    cr_expect_null(b->packed_find(b, "ke", 2));
    cr_expect_eq(b->packed_publish(b, "key", 3, late, destroy_block), block);
    cr_expect_eq(destroyed, 1, "the one that came too late");
    tb_interpreter_destroy(second);
    cr_expect_eq(destroyed, 1, "the first interpreter still uses it");
    cr_expect_eq(a->packed_find(a, "key", 3), block);
    cr_expect(a->account(a, TB_MEMORY_WEIGHTS, 100));
    tb_memory_account account;
    tb_interpreter_memory(fx.interpreter, &account);
    cr_expect_eq(account.current_bytes[TB_MEMORY_WEIGHTS], 100u);
    cr_expect(a->account(a, TB_MEMORY_WEIGHTS, -100));
    fx_end(&fx);
    cr_expect_eq(destroyed, 2);
    free(self);
    free(other);
}
