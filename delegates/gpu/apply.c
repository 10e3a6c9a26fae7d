/* Choosing nodes, and the kernel of a partition; see apply.h. */
#include "delegates/gpu/apply.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "delegates/gpu/ops.h"
#include "delegates/gpu/partition.h"
#include "runtime/tflite_abi/builtin_ops.h"

/* ---- the kernel of a partition ----------------------------------------------------------------------- */

struct tb_gpu_kernel {
    tb_gpu_kernel *next; /* among those that are ready */
    tb_gpu_delegate *delegate;
    tb_gpu_node *nodes;
    int node_count;
    TfLiteIntArray *inputs;
    TfLiteIntArray *outputs;
    tb_gpu_plan plan;
    bool is_planned; /* for the shapes that tensors have, and not yet prepared by the runtime */
    tb_cpu_folds folds;
    int subgraph;
};

static void free_kernel(tb_gpu_kernel *kernel)
{
    if (!kernel)
        return;
    tb_gpu_plan_free(&kernel->plan);
    tb_folds_free(&kernel->folds);
    free(kernel->nodes);
    TfLiteIntArrayFree(kernel->inputs);
    TfLiteIntArrayFree(kernel->outputs);
    free(kernel);
}

static bool add_nodes(TfLiteContext *context, const TfLiteIntArray *list, tb_gpu_kernel *kernel)
{
    for (int i = 0; i < list->size; i++) {
        TfLiteNode *node;
        TfLiteRegistration *registration;
        uint32_t types;
        const int index = list->data[i];
        if (context->GetNodeAndRegistration(context, index, &node, &registration) != kTfLiteOk)
            return false;
        kernel->nodes[kernel->node_count++] =
            (tb_gpu_node){index, tb_gpu_op_find(registration->builtin_code, &types),
                          node->builtin_data, node->inputs, node->outputs};
    }
    return true;
}

static tb_status make_kernel(TfLiteContext *context, tb_gpu_delegate *delegate,
                             const TfLiteDelegateParams *part, const tb_cpu_folds *folds,
                             tb_error *err, tb_gpu_kernel **out)
{
    tb_gpu_kernel *kernel = calloc(1, sizeof *kernel);
    if (!kernel)
        return tb_fail(err, TB_NO_MEMORY, "planning a partition");
    const tb_host *host = delegate->gpu.host;
    kernel->delegate = delegate;
    kernel->nodes = calloc((size_t)part->nodes_to_replace->size + 1, sizeof *kernel->nodes);
    kernel->inputs = TfLiteIntArrayCopy(part->input_tensors);
    kernel->outputs = TfLiteIntArrayCopy(part->output_tensors);
    kernel->subgraph = host ? host->subgraph_index(host, context) : 0;
    if (!kernel->nodes || !kernel->inputs || !kernel->outputs ||
        !tb_folds_copy(folds, &kernel->folds) ||
        !add_nodes(context, part->nodes_to_replace, kernel)) {
        free_kernel(kernel);
        return tb_fail(err, TB_NO_MEMORY, "planning a partition");
    }
    *out = kernel;
    return TB_OK;
}

static tb_status plan_kernel(TfLiteContext *context, tb_gpu_kernel *kernel, tb_error *err)
{
    const tb_gpu_partition partition = {.context = context,
                                        .inputs = kernel->inputs,
                                        .outputs = kernel->outputs,
                                        .folds = &kernel->folds,
                                        .nodes = kernel->nodes,
                                        .node_count = kernel->node_count};
    tb_gpu_plan_free(&kernel->plan);
    return tb_gpu_plan_make(&kernel->delegate->gpu, &partition, err, &kernel->plan);
}

static void kernel_free(TfLiteContext *context, void *buffer)
{
    (void)context;
    if (buffer != TfLiteKernelInitFailed())
        free_kernel(buffer);
}

/* Takes the kernel that was made ready for these nodes. */
static void *kernel_init(TfLiteContext *context, const char *buffer, size_t length)
{
    (void)length;
    const TfLiteDelegateParams *params = (const TfLiteDelegateParams *)(const void *)buffer;
    const TfLiteIntArray *nodes = params->nodes_to_replace;
    tb_gpu_kernel **link = &tb_gpu_delegate_of(params->delegate)->ready;
    while (*link &&
           ((*link)->node_count != nodes->size || (*link)->nodes[0].index != nodes->data[0]))
        link = &(*link)->next;
    tb_gpu_kernel *kernel = *link;
    if (!kernel) {
        context->ReportError(context, "gpu delegate: a partition of %d nodes that it did not plan",
                             nodes->size);
        return TfLiteKernelInitFailed();
    }
    *link = kernel->next;
    kernel->next = NULL;
    return kernel;
}

static TfLiteStatus kernel_prepare(TfLiteContext *context, TfLiteNode *node)
{
    tb_gpu_kernel *kernel = node->user_data;
    const tb_host *host = kernel->delegate->gpu.host;
    tb_error err = TB_ERROR_NONE;
    if (!kernel->is_planned && plan_kernel(context, kernel, &err) != TB_OK) {
        context->ReportError(context, "gpu delegate: %s", err.text);
        return kTfLiteDelegateError;
    }
    kernel->is_planned = false;
    if (!host)
        return kTfLiteOk;
    tb_buf text = {0};
    tb_gpu_plan_describe(&kernel->plan, &text);
    host->describe_plan(host, kernel->subgraph, tb_buf_text(&text));
    tb_buf_free(&text);
    return kTfLiteOk;
}

static TfLiteStatus kernel_invoke(TfLiteContext *context, TfLiteNode *node)
{
    tb_gpu_kernel *kernel = node->user_data;
    const tb_host *host = kernel->delegate->gpu.host;
    tb_error err = TB_ERROR_NONE;
    if (tb_gpu_plan_run(&kernel->plan, host ? host->sink(host) : NULL, kernel->subgraph, &err) !=
        TB_OK) {
        context->ReportError(context, "gpu delegate: %s", err.text);
        return kTfLiteDelegateError;
    }
    return host && host->cancelled(host) ? kTfLiteCancelled : kTfLiteOk;
}

/* ---- choosing nodes ---------------------------------------------------------------------------------- */

typedef struct choice {
    TfLiteContext *context;
    tb_gpu_delegate *delegate;
    const tb_host *host;
    int subgraph;
    const TfLiteIntArray *order;
    tb_cpu_folds folds;
    TfLiteIntArray *taken;
} choice;

static tb_status take_nodes(choice *c, tb_error *err)
{
    TfLiteContext *context = c->context;
    uint8_t *writers = tb_cpu_count_writers(context, c->order);
    if (!writers)
        return tb_fail(err, TB_NO_MEMORY, "choosing nodes");
    c->taken->size = 0;
    for (int i = 0; i < c->order->size; i++) {
        tb_cpu_query query = {.context = context, .folds = &c->folds};
        TfLiteNode *node;
        TfLiteRegistration *registration;
        const int index = c->order->data[i];
        if (context->GetNodeAndRegistration(context, index, &node, &registration) != kTfLiteOk)
            continue;
        query.node = node;
        if (tb_query_written_once(&query, writers) &&
            tb_gpu_op_takes(&query, registration->builtin_code))
            c->taken->data[c->taken->size++] = index;
        else if (c->host)
            c->host->reject(c->host, c->subgraph, index, query.reason);
    }
    free(writers);
    return TB_OK;
}

/* Plans every partition before any node is replaced, so that one that cannot be stays as it is. */
static tb_status plan_partitions(choice *c, tb_error *err)
{
    TfLiteDelegateParams *parts = NULL;
    int count = 0;
    if (c->taken->size > 0 &&
        c->context->PreviewDelegatePartitioning(c->context, c->taken, &parts, &count) != kTfLiteOk)
        return tb_fail(err, TB_UNAVAILABLE, "the runtime does not say how it would cut the graph");
    for (int i = 0; i < count; i++) {
        tb_gpu_kernel *kernel = NULL;
        tb_status status = make_kernel(c->context, c->delegate, &parts[i], &c->folds, err, &kernel);
        if (status != TB_OK)
            return status;
        tb_error why = TB_ERROR_NONE;
        if (plan_kernel(c->context, kernel, &why) != TB_OK) {
            free_kernel(kernel);
            tb_gpu_leave(parts[i].nodes_to_replace, why.text, c->host, c->subgraph, c->taken);
            continue;
        }
        kernel->is_planned = true;
        kernel->next = c->delegate->ready;
        c->delegate->ready = kernel;
    }
    tb_gpu_compact(c->taken);
    return TB_OK;
}

static TfLiteStatus choose_and_replace(choice *c, tb_error *err)
{
    tb_gpu_delegate *delegate = c->delegate;
    tb_status status = tb_folds_find(c->context, c->order, err, &c->folds);
    if (status == TB_OK)
        status = take_nodes(c, err);
    if (status == TB_OK)
        status = tb_gpu_drop_partitions(c->context, c->host, c->subgraph, delegate->min_partition,
                                        delegate->gpu.device.shares_memory, c->taken, err);
    if (status == TB_OK)
        status = plan_partitions(c, err);
    if (status != TB_OK)
        return kTfLiteDelegateError;
    const TfLiteRegistration kernel = {.init = kernel_init,
                                       .free = kernel_free,
                                       .prepare = kernel_prepare,
                                       .invoke = kernel_invoke,
                                       .builtin_code = kTfLiteBuiltinDelegate,
                                       .custom_name = "tflbench_gpu",
                                       .version = 1};
    return c->context->ReplaceNodeSubsetsWithDelegateKernels(c->context, kernel, c->taken,
                                                             &delegate->base);
}

TfLiteStatus tb_gpu_apply(TfLiteContext *context, TfLiteDelegate *base)
{
    tb_gpu_delegate *delegate = tb_gpu_delegate_of(base);
    const tb_host *host = delegate->gpu.host;
    TfLiteIntArray *plan;
    if (context->GetExecutionPlan(context, &plan) != kTfLiteOk)
        return kTfLiteDelegateError;
    /* Asking for nodes may invalidate the plan. */
    TfLiteIntArray *order = TfLiteIntArrayCopy(plan);
    choice c = {.context = context,
                .delegate = delegate,
                .host = host,
                .subgraph = host ? host->subgraph_index(host, context) : 0,
                .order = order,
                .taken = order ? TfLiteIntArrayCreate(order->size) : NULL};
    tb_error err = TB_ERROR_NONE;
    TfLiteStatus status = c.taken ? choose_and_replace(&c, &err) : kTfLiteDelegateError;
    if (status != kTfLiteOk && err.status != TB_OK)
        context->ReportError(context, "gpu delegate: %s", err.text);
    while (delegate->ready) { /* nobody asked for them */
        tb_gpu_kernel *kernel = delegate->ready;
        delegate->ready = kernel->next;
        free_kernel(kernel);
    }
    tb_folds_free(&c.folds);
    TfLiteIntArrayFree(c.taken);
    TfLiteIntArrayFree(order);
    return status;
}
