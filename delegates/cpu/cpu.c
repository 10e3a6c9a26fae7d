/* The cpu delegate: takes the nodes it has kernels for, and runs each partition by a plan. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "delegates/cpu/ops.h"
#include "delegates/cpu/pack.h"
#include "delegates/delegate.h"
#include "runtime/base/cpu_features.h"
#include "runtime/base/size.h"
#include "runtime/tflite_abi/builtin_ops.h"

typedef struct cpu_delegate {
    TfLiteDelegate base;
    tb_cpu_kernels kernels;
    tb_packs *packs;
    int threads;
    bool no_winograd;
    const tb_cpu_folds *folds; /* of the graph that is being delegated */
    const tb_host *host;       /* NULL in a runtime that is not ours */
    tb_thread_pool *own_pool;  /* where there is no host's */
    /* While somebody watches, events name steps of plans that a loop's next round may have replaced. */
    bool watched;
    tb_arena *retired; /* those plans' */
    size_t retired_count;
} cpu_delegate;

static cpu_delegate *delegate_of(TfLiteDelegate *delegate)
{
    return delegate->data_;
}

/* ---- the kernel of a partition --------------------------------------------------------------------- */

typedef struct partition_kernel {
    cpu_delegate *delegate;
    tb_cpu_node *nodes;
    int node_count;
    TfLiteIntArray *node_list;
    TfLiteIntArray *inputs;
    TfLiteIntArray *outputs;
    int memory_tensor; /* index of the temporary that holds the plan's memory; -1: none yet */
    tb_plan plan;
    tb_cpu_folds folds;
    int subgraph;
} partition_kernel;

static void drop_retired(cpu_delegate *delegate)
{
    for (size_t i = 0; i < delegate->retired_count; i++)
        tb_arena_free(&delegate->retired[i]);
    free(delegate->retired);
    delegate->retired = NULL;
    delegate->retired_count = 0;
}

/* The plan goes; what events point to stays for as long as somebody watches. */
static void retire_plan(partition_kernel *kernel)
{
    cpu_delegate *delegate = kernel->delegate;
    const size_t slots = delegate->retired_count + 1;
    tb_arena *grown = delegate->watched && kernel->plan.step_count > 0
                          ? realloc(delegate->retired, slots * sizeof *grown)
                          : NULL;
    if (grown) {
        delegate->retired = grown;
        delegate->retired[delegate->retired_count++] = kernel->plan.arena;
        tb_arena_init(&kernel->plan.arena, 0);
    }
    tb_plan_free(&kernel->plan);
}

static void kernel_free(TfLiteContext *context, void *buffer)
{
    (void)context;
    partition_kernel *kernel = buffer;
    if (!kernel || buffer == TfLiteKernelInitFailed())
        return;
    retire_plan(kernel);
    tb_folds_free(&kernel->folds);
    free(kernel->nodes);
    TfLiteIntArrayFree(kernel->node_list);
    TfLiteIntArrayFree(kernel->inputs);
    TfLiteIntArrayFree(kernel->outputs);
    free(kernel);
}

static void *kernel_init(TfLiteContext *context, const char *buffer, size_t length)
{
    (void)length;
    const TfLiteDelegateParams *params = (const TfLiteDelegateParams *)(const void *)buffer;
    partition_kernel *kernel = calloc(1, sizeof *kernel);
    if (!kernel)
        return TfLiteKernelInitFailed();
    kernel->delegate = delegate_of(params->delegate);
    kernel->memory_tensor = -1;
    kernel->node_count = params->nodes_to_replace->size;
    kernel->nodes = calloc((size_t)kernel->node_count, sizeof *kernel->nodes);
    kernel->node_list = TfLiteIntArrayCopy(params->nodes_to_replace);
    kernel->inputs = TfLiteIntArrayCopy(params->input_tensors);
    kernel->outputs = TfLiteIntArrayCopy(params->output_tensors);
    if (!kernel->nodes || !kernel->node_list || !kernel->inputs || !kernel->outputs)
        goto fail;
    if (!tb_folds_copy(kernel->delegate->folds, &kernel->folds))
        goto fail;
    for (int i = 0; i < kernel->node_count; i++) {
        TfLiteNode *node;
        TfLiteRegistration *registration;
        const int index = params->nodes_to_replace->data[i];
        if (context->GetNodeAndRegistration(context, index, &node, &registration) != kTfLiteOk)
            goto fail;
        kernel->nodes[i] = (tb_cpu_node){index, tb_cpu_op_find(registration->builtin_code),
                                         node->builtin_data, node->inputs, node->outputs};
    }
    const tb_host *host = kernel->delegate->host;
    kernel->subgraph = host ? host->subgraph_index(host, context) : 0;
    return kernel;

fail:
    context->ReportError(context, "cpu delegate: out of memory, or a node is gone");
    kernel_free(context, kernel);
    return TfLiteKernelInitFailed();
}

/* The plan's memory is a temporary of the node, so that the interpreter plans it among its own. */
static TfLiteStatus reserve_memory(TfLiteContext *context, TfLiteNode *node,
                                   partition_kernel *kernel)
{
    if (kernel->memory_tensor < 0 &&
        context->AddTensors(context, 1, &kernel->memory_tensor) != kTfLiteOk)
        return kTfLiteError;
    TfLiteIntArrayFree(node->temporaries);
    node->temporaries = TfLiteIntArrayCreate(1);
    TfLiteIntArray *shape = TfLiteIntArrayCreate(1);
    if (!node->temporaries || !shape || kernel->plan.memory_bytes > INT32_MAX) {
        TfLiteIntArrayFree(shape);
        context->ReportError(context, "cpu delegate: %zu bytes between the operators are too many",
                             kernel->plan.memory_bytes);
        return kTfLiteError;
    }
    node->temporaries->data[0] = kernel->memory_tensor;
    TfLiteTensor *tensor = &context->tensors[kernel->memory_tensor];
    tensor->type = kTfLiteUInt8;
    tensor->allocation_type = kTfLiteArenaRw;
    shape->data[0] = (int)kernel->plan.memory_bytes;
    return context->ResizeTensor(context, tensor, shape);
}

static TfLiteStatus kernel_prepare(TfLiteContext *context, TfLiteNode *node)
{
    partition_kernel *kernel = node->user_data;
    cpu_delegate *delegate = kernel->delegate;
    retire_plan(kernel);
    const tb_partition partition = {.context = context,
                                    .nodes = kernel->node_list,
                                    .inputs = kernel->inputs,
                                    .outputs = kernel->outputs,
                                    .kernels = &delegate->kernels,
                                    .packs = delegate->packs,
                                    .folds = &kernel->folds,
                                    .threads = delegate->threads,
                                    .no_winograd = delegate->no_winograd};
    tb_error err = TB_ERROR_NONE;
    if (tb_plan_make(&partition, kernel->nodes, kernel->node_count, &err, &kernel->plan) != TB_OK) {
        context->ReportError(context, "cpu delegate: %s", err.text);
        return kTfLiteDelegateError;
    }
    const tb_host *host = delegate->host;
    if (host) {
        tb_buf text = {0};
        tb_plan_describe(&kernel->plan, &text);
        host->describe_plan(host, kernel->subgraph, tb_buf_text(&text));
        tb_buf_free(&text);
    }
    return reserve_memory(context, node, kernel);
}

static bool is_cancelled(const void *context)
{
    const tb_host *host = context;
    return host->cancelled(host);
}

static TfLiteStatus kernel_invoke(TfLiteContext *context, TfLiteNode *node)
{
    partition_kernel *kernel = node->user_data;
    const tb_host *host = kernel->delegate->host;
    char *memory = context->tensors[kernel->memory_tensor].data.raw;
    const tb_plan_watch watch = {.sink = host ? host->sink(host) : NULL,
                                 .subgraph = kernel->subgraph,
                                 .cancelled = host ? is_cancelled : NULL,
                                 .cancel_context = host};
    tb_thread_pool *pool = host ? host->pool : kernel->delegate->own_pool;
    kernel->delegate->watched = watch.sink != NULL;
    if (!watch.sink)
        drop_retired(kernel->delegate);
    return tb_plan_run(&kernel->plan, pool, memory, &watch);
}

/* ---- choosing nodes -------------------------------------------------------------------------------- */

static bool has_known_shapes(tb_cpu_query *query, const TfLiteIntArray *list, bool variables)
{
    for (int i = 0; i < list->size; i++) {
        if (list->data[i] < 0)
            continue;
        const TfLiteTensor *tensor = &query->context->tensors[list->data[i]];
        if (tensor->allocation_type == kTfLiteDynamic)
            return tb_query_no(query, "tensor %d has no fixed shape", list->data[i]);
        if (tensor->is_variable && !variables)
            return tb_query_no(query, "tensor %d is a variable", list->data[i]);
        for (int k = 0; tensor->dims && k < tensor->dims->size; k++)
            if (tensor->dims->data[k] < 1)
                return tb_query_no(query, "tensor %d has no elements", list->data[i]);
        if (tb_query_elements(tensor) > INT32_MAX / 8)
            return tb_query_no(query, "tensor %d is too large", list->data[i]);
    }
    return true;
}

/* By tensor, how many nodes of the plan write it (up to 2); NULL: out of memory. The caller frees. */
uint8_t *tb_cpu_count_writers(TfLiteContext *context, const TfLiteIntArray *order)
{
    uint8_t *writers = calloc(context->tensors_size ? context->tensors_size : 1, 1);
    for (int i = 0; writers && i < order->size; i++) {
        TfLiteNode *node;
        TfLiteRegistration *registration;
        if (context->GetNodeAndRegistration(context, order->data[i], &node, &registration) !=
            kTfLiteOk)
            continue;
        for (int k = 0; k < node->outputs->size; k++)
            if (node->outputs->data[k] >= 0 && writers[node->outputs->data[k]] < 2)
                writers[node->outputs->data[k]]++;
    }
    return writers;
}

bool tb_query_written_once(tb_cpu_query *query, const uint8_t *writers)
{
    const TfLiteNode *node = query->node;
    for (int i = 0; i < node->outputs->size; i++) {
        int tensor = node->outputs->data[i];
        if (tensor >= 0 && writers[tensor] > 1)
            return tb_query_no(query, "tensor %d is written by other nodes too", tensor);
        for (int k = 0; k < node->inputs->size; k++)
            if (node->inputs->data[k] == tensor)
                return tb_query_no(query, "tensor %d is both read and written", tensor);
    }
    return true;
}

/* Finds computed constants that a node which is not taken reads, or the graph's user. A stock TFLite
   does not tell who that is. */
static void mark_kept(TfLiteContext *context, const tb_host *host, int subgraph,
                      const TfLiteIntArray *order, const TfLiteIntArray *taken,
                      const tb_cpu_folds *folds)
{
    int next = 0; /* `taken` is a part of `order` */
    bool *outside = calloc(context->tensors_size ? context->tensors_size : 1, sizeof *outside);
    for (int i = 0; outside && i < order->size; i++) {
        const bool is_taken = next < taken->size && taken->data[next] == order->data[i];
        next += is_taken;
        TfLiteNode *node;
        TfLiteRegistration *registration;
        if (context->GetNodeAndRegistration(context, order->data[i], &node, &registration) !=
            kTfLiteOk)
            continue;
        for (int k = 0; k < node->inputs->size; k++)
            if (!is_taken && node->inputs->data[k] >= 0)
                outside[node->inputs->data[k]] = true;
    }
    for (int i = 0; i < folds->count; i++) {
        tb_cpu_fold *fold = &folds->items[i];
        fold->kept = !host || !outside || outside[fold->tensor] ||
                     host->is_graph_output(host, subgraph, fold->tensor);
    }
    free(outside);
}

bool tb_cpu_takes_node(tb_cpu_query *query, const TfLiteRegistration *registration,
                       const uint8_t *writers)
{
    const tb_cpu_op_row *row = tb_cpu_op_find(registration->builtin_code);
    if (!row)
        return tb_query_no(query, "the cpu delegate has no kernel for this operator");
    if (query->node->inputs->size < 1 || query->node->outputs->size < 1 ||
        (query->node->outputs->size > 1 && !(row->traits & TB_OP_PARTS)))
        return tb_query_no(query, "has %d inputs and %d outputs", query->node->inputs->size,
                           query->node->outputs->size);
    query->hybrid = (row->traits & TB_OP_HYBRID) != 0;
    return tb_query_written_once(query, writers) &&
           has_known_shapes(query, query->node->inputs, (row->traits & TB_OP_STATE) != 0) &&
           has_known_shapes(query, query->node->outputs, false) && row->takes(query);
}

static TfLiteStatus delegate_prepare(TfLiteContext *context, TfLiteDelegate *base)
{
    cpu_delegate *delegate = delegate_of(base);
    const tb_host *host = delegate->host;
    const int subgraph = host ? host->subgraph_index(host, context) : 0;
    TfLiteIntArray *plan;
    if (context->GetExecutionPlan(context, &plan) != kTfLiteOk)
        return kTfLiteDelegateError;
    /* Asking for nodes may invalidate the plan. */
    TfLiteIntArray *order = TfLiteIntArrayCopy(plan);
    TfLiteIntArray *taken = order ? TfLiteIntArrayCreate(order->size) : NULL;
    uint8_t *writers = taken ? tb_cpu_count_writers(context, order) : NULL;
    tb_cpu_folds folds = {NULL, 0};
    tb_error err = TB_ERROR_NONE;
    if (!writers || tb_folds_find(context, order, &err, &folds) != TB_OK) {
        free(writers);
        TfLiteIntArrayFree(taken);
        TfLiteIntArrayFree(order);
        return kTfLiteDelegateError;
    }
    taken->size = 0;
    for (int i = 0; i < order->size; i++) {
        tb_cpu_query query = {.context = context, .folds = &folds};
        TfLiteNode *node;
        TfLiteRegistration *registration;
        if (context->GetNodeAndRegistration(context, order->data[i], &node, &registration) !=
            kTfLiteOk)
            continue;
        query.node = node;
        const bool known = !host || host->has_known_shapes(host, subgraph, order->data[i]) ||
                           tb_query_no(&query, "its shapes are computed while the model runs");
        if (known && tb_cpu_takes_node(&query, registration, writers))
            taken->data[taken->size++] = order->data[i];
        else if (host)
            host->reject(host, subgraph, order->data[i], query.reason);
    }
    const TfLiteRegistration kernel = {.init = kernel_init,
                                       .free = kernel_free,
                                       .prepare = kernel_prepare,
                                       .invoke = kernel_invoke,
                                       .builtin_code = kTfLiteBuiltinDelegate,
                                       .custom_name = "tflbench_cpu",
                                       .version = 1};
    mark_kept(context, host, subgraph, order, taken, &folds);
    delegate->folds = &folds;
    TfLiteStatus status =
        context->ReplaceNodeSubsetsWithDelegateKernels(context, kernel, taken, base);
    delegate->folds = NULL;
    tb_folds_free(&folds);
    free(writers);
    TfLiteIntArrayFree(taken);
    TfLiteIntArrayFree(order);
    return status;
}

/* ---- the row of the delegate table ----------------------------------------------------------------- */

static tb_status probe(tb_error *err, tb_buf *what_found)
{
    (void)err;
    tb_cpu_describe(tb_cpu_features(), what_found);
    return TB_OK;
}

static void destroy(TfLiteDelegate *base)
{
    if (!base)
        return;
    cpu_delegate *delegate = delegate_of(base);
    if (delegate->own_pool)
        tb_thread_pool_destroy(delegate->own_pool);
    drop_retired(delegate);
    tb_packs_destroy(delegate->packs);
    free(delegate);
}

static tb_status create(const tb_delegate_option *options, int option_count, int threads,
                        tb_error *err, TfLiteDelegate **out)
{
    bool no_winograd = false;
    for (int i = 0; i < option_count; i++) {
        if (strcmp(options[i].key, "winograd") != 0)
            return tb_fail(err, TB_USAGE, "the cpu delegate has no option '%s'", options[i].key);
        no_winograd = strcmp(options[i].value, "off") == 0;
        if (!no_winograd && strcmp(options[i].value, "auto") != 0)
            return tb_fail(err, TB_USAGE,
                           "the cpu delegate's option winograd is auto or off, not '%s'",
                           options[i].value);
    }
    cpu_delegate *delegate = calloc(1, sizeof *delegate);
    tb_packs *packs = tb_packs_create();
    if (!delegate || !packs) {
        free(delegate);
        tb_packs_destroy(packs);
        return tb_fail(err, TB_NO_MEMORY, "creating the cpu delegate");
    }
    delegate->base = TfLiteDelegateCreate();
    delegate->base.data_ = delegate;
    delegate->base.Prepare = delegate_prepare;
    delegate->packs = packs;
    delegate->threads = threads < 1 ? 1 : threads;
    delegate->no_winograd = no_winograd;
    tb_cpu_kernels_select(tb_cpu_features(), &delegate->kernels);
    if (threads > 1) {
        tb_status status = tb_thread_pool_create(threads, err, &delegate->own_pool);
        if (status != TB_OK) {
            destroy(&delegate->base);
            return status;
        }
        tb_packs_set_pool(packs, delegate->own_pool);
    }
    *out = &delegate->base;
    return TB_OK;
}

static TfLiteStatus bind(TfLiteDelegate *base, const tb_host *host)
{
    cpu_delegate *delegate = delegate_of(base);
    if (host->version != TB_HOST_VERSION || host->size < sizeof *host)
        return kTfLiteError;
    delegate->host = host;
    delegate->base.flags |= TB_DELEGATE_TAKES_KNOWN_SHAPES; /* the host says which they are */
    delegate->threads = host->pool ? tb_thread_pool_threads(host->pool) : 1;
    tb_packs_bind(delegate->packs, host);
    if (delegate->own_pool) {
        tb_thread_pool_destroy(delegate->own_pool);
        delegate->own_pool = NULL;
    }
    return kTfLiteOk;
}

static const tb_delegate_option_spec option_specs[] = {
    {"winograd", "auto|off",
     "3x3 convolutions of floats by Winograd's filtering where that pays; off saves its memory"},
    {0},
};

const tb_delegate_row tb_delegate_cpu = {
    .name = "cpu",
    .what = "vector kernels for this processor, chosen at run time; the default",
    .options = option_specs,
    .in_default_sweep = true,
    .probe = probe,
    .create = create,
    .destroy = destroy,
    .bind = bind,
};
