/* The gpu delegate: takes the nodes it has kernels for, and runs each partition on an OpenCL device. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "delegates/delegate.h"
#include "delegates/gpu/ops.h"
#include "delegates/gpu/partition.h"
#include "runtime/base/size.h"
#include "runtime/tflite_abi/builtin_ops.h"

typedef struct gpu_delegate {
    TfLiteDelegate base;
    tb_gpu gpu;
    int min_partition;         /* nodes; 0: the cost model decides */
    const tb_cpu_folds *folds; /* of the graph that is being delegated */
} gpu_delegate;

static gpu_delegate *delegate_of(TfLiteDelegate *delegate)
{
    return delegate->data_;
}

/* ---- the kernel of a partition ----------------------------------------------------------------------- */

typedef struct partition_kernel {
    gpu_delegate *delegate;
    tb_gpu_node *nodes;
    int node_count;
    TfLiteIntArray *inputs;
    TfLiteIntArray *outputs;
    tb_gpu_plan plan;
    tb_cpu_folds folds;
    int subgraph;
} partition_kernel;

static void kernel_free(TfLiteContext *context, void *buffer)
{
    (void)context;
    partition_kernel *kernel = buffer;
    if (!kernel || buffer == TfLiteKernelInitFailed())
        return;
    tb_gpu_plan_free(&kernel->plan);
    tb_folds_free(&kernel->folds);
    free(kernel->nodes);
    TfLiteIntArrayFree(kernel->inputs);
    TfLiteIntArrayFree(kernel->outputs);
    free(kernel);
}

static bool copy_folds(const tb_cpu_folds *from, tb_cpu_folds *to)
{
    if (!from || from->count == 0)
        return true;
    to->items = malloc((size_t)from->count * sizeof *to->items);
    if (!to->items)
        return false;
    memcpy(to->items, from->items, (size_t)from->count * sizeof *to->items);
    to->count = from->count;
    return true;
}

static void *kernel_init(TfLiteContext *context, const char *buffer, size_t length)
{
    (void)length;
    const TfLiteDelegateParams *params = (const TfLiteDelegateParams *)(const void *)buffer;
    partition_kernel *kernel = calloc(1, sizeof *kernel);
    if (!kernel)
        return TfLiteKernelInitFailed();
    kernel->delegate = delegate_of(params->delegate);
    kernel->node_count = params->nodes_to_replace->size;
    kernel->nodes = calloc((size_t)kernel->node_count + 1, sizeof *kernel->nodes);
    kernel->inputs = TfLiteIntArrayCopy(params->input_tensors);
    kernel->outputs = TfLiteIntArrayCopy(params->output_tensors);
    if (!kernel->nodes || !kernel->inputs || !kernel->outputs ||
        !copy_folds(kernel->delegate->folds, &kernel->folds))
        goto fail;
    for (int i = 0; i < kernel->node_count; i++) {
        TfLiteNode *node;
        TfLiteRegistration *registration;
        uint32_t types;
        const int index = params->nodes_to_replace->data[i];
        if (context->GetNodeAndRegistration(context, index, &node, &registration) != kTfLiteOk)
            goto fail;
        kernel->nodes[i] = (tb_gpu_node){index, tb_gpu_op_find(registration->builtin_code, &types),
                                         node->builtin_data, node->inputs, node->outputs};
    }
    const tb_host *host = kernel->delegate->gpu.host;
    kernel->subgraph = host ? host->subgraph_index(host, context) : 0;
    return kernel;

fail:
    context->ReportError(context, "gpu delegate: out of memory, or a node is gone");
    kernel_free(context, kernel);
    return TfLiteKernelInitFailed();
}

static TfLiteStatus kernel_prepare(TfLiteContext *context, TfLiteNode *node)
{
    partition_kernel *kernel = node->user_data;
    tb_gpu *gpu = &kernel->delegate->gpu;
    tb_gpu_plan_free(&kernel->plan);
    const tb_gpu_partition partition = {.context = context,
                                        .inputs = kernel->inputs,
                                        .outputs = kernel->outputs,
                                        .folds = &kernel->folds,
                                        .nodes = kernel->nodes,
                                        .node_count = kernel->node_count};
    tb_error err = TB_ERROR_NONE;
    if (tb_gpu_plan_make(gpu, &partition, &err, &kernel->plan) != TB_OK) {
        context->ReportError(context, "gpu delegate: %s", err.text);
        return kTfLiteDelegateError;
    }
    if (gpu->host) {
        tb_buf text = {0};
        tb_gpu_plan_describe(&kernel->plan, &text);
        gpu->host->describe_plan(gpu->host, kernel->subgraph, tb_buf_text(&text));
        tb_buf_free(&text);
    }
    tb_gpu_programs_save(gpu->programs);
    return kTfLiteOk;
}

static TfLiteStatus kernel_invoke(TfLiteContext *context, TfLiteNode *node)
{
    partition_kernel *kernel = node->user_data;
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

static tb_status take_nodes(TfLiteContext *context, gpu_delegate *delegate, int subgraph,
                            const TfLiteIntArray *order, const tb_cpu_folds *folds,
                            TfLiteIntArray *taken, tb_error *err)
{
    const tb_host *host = delegate->gpu.host;
    uint8_t *writers = calloc(context->tensors_size ? context->tensors_size : 1, 1);
    if (!writers)
        return tb_fail(err, TB_NO_MEMORY, "choosing nodes");
    tb_gpu_count_writers(context, order, writers);
    taken->size = 0;
    for (int i = 0; i < order->size; i++) {
        tb_cpu_query query = {.context = context, .folds = folds};
        TfLiteNode *node;
        TfLiteRegistration *registration;
        if (context->GetNodeAndRegistration(context, order->data[i], &node, &registration) !=
            kTfLiteOk)
            continue;
        query.node = node;
        if (tb_gpu_is_written_once(&query, writers) &&
            tb_gpu_op_takes(&query, registration->builtin_code))
            taken->data[taken->size++] = order->data[i];
        else if (host)
            host->reject(host, subgraph, order->data[i], query.reason);
    }
    free(writers);
    return TB_OK;
}

static TfLiteStatus delegate_nodes(TfLiteContext *context, gpu_delegate *delegate,
                                   const TfLiteIntArray *order, TfLiteIntArray *taken,
                                   tb_cpu_folds *folds, tb_error *err)
{
    const tb_host *host = delegate->gpu.host;
    const int subgraph = host ? host->subgraph_index(host, context) : 0;
    tb_status status = tb_folds_find(context, order, err, folds);
    if (status == TB_OK)
        status = take_nodes(context, delegate, subgraph, order, folds, taken, err);
    if (status == TB_OK)
        status =
            tb_gpu_drop_partitions(context, host, subgraph, delegate->min_partition, taken, err);
    if (status != TB_OK)
        return kTfLiteDelegateError;
    const TfLiteRegistration kernel = {.init = kernel_init,
                                       .free = kernel_free,
                                       .prepare = kernel_prepare,
                                       .invoke = kernel_invoke,
                                       .builtin_code = kTfLiteBuiltinDelegate,
                                       .custom_name = "tflbench_gpu",
                                       .version = 1};
    delegate->folds = folds;
    const TfLiteStatus result =
        context->ReplaceNodeSubsetsWithDelegateKernels(context, kernel, taken, &delegate->base);
    delegate->folds = NULL;
    return result;
}

static TfLiteStatus delegate_prepare(TfLiteContext *context, TfLiteDelegate *base)
{
    TfLiteIntArray *plan;
    if (context->GetExecutionPlan(context, &plan) != kTfLiteOk)
        return kTfLiteDelegateError;
    /* Asking for nodes may invalidate the plan. */
    TfLiteIntArray *order = TfLiteIntArrayCopy(plan);
    TfLiteIntArray *taken = order ? TfLiteIntArrayCreate(order->size) : NULL;
    tb_cpu_folds folds = {NULL, 0};
    tb_error err = TB_ERROR_NONE;
    TfLiteStatus status = kTfLiteDelegateError;
    if (taken)
        status = delegate_nodes(context, delegate_of(base), order, taken, &folds, &err);
    if (status != kTfLiteOk && err.status != TB_OK)
        context->ReportError(context, "gpu delegate: %s", err.text);
    tb_folds_free(&folds);
    TfLiteIntArrayFree(taken);
    TfLiteIntArrayFree(order);
    return status;
}

/* ---- the row of the delegate table ------------------------------------------------------------------- */

typedef struct options {
    tb_gpu_choice choice;
    const char *precision, *cache;
    int min_partition;
} options;

static tb_status read_option(const tb_delegate_option *option, tb_error *err, options *out)
{
    if (strcmp(option->key, "device") == 0) {
        out->choice.device = option->value;
    } else if (strcmp(option->key, "library") == 0) {
        out->choice.library = option->value;
    } else if (strcmp(option->key, "cache") == 0) {
        out->cache = option->value;
    } else if (strcmp(option->key, "precision") == 0) {
        out->precision = option->value;
        if (strcmp(option->value, "fp32") != 0 && strcmp(option->value, "fp16") != 0 &&
            strcmp(option->value, "auto") != 0)
            return tb_fail(err, TB_USAGE,
                           "the gpu delegate's option precision is fp32, fp16 or auto, not '%s'",
                           option->value);
    } else if (strcmp(option->key, "min-partition") == 0) {
        char *end;
        const long count = strtol(option->value, &end, 10);
        const bool is_auto = strcmp(option->value, "auto") == 0;
        if (!is_auto && (end == option->value || *end || count < 1 || count > 1 << 20))
            return tb_fail(err, TB_USAGE,
                           "the gpu delegate's option min-partition is auto or a number of nodes "
                           "from 1, not '%s'",
                           option->value);
        out->min_partition = is_auto ? 0 : (int)count;
    } else {
        return tb_fail(err, TB_USAGE, "the gpu delegate has no option '%s'", option->key);
    }
    return TB_OK;
}

static tb_status probe(tb_error *err, tb_buf *what_found)
{
    tb_gpu_device device;
    const tb_gpu_choice choice = {0};
    tb_status status = tb_gpu_device_find(&choice, err, &device);
    if (status != TB_OK)
        return status;
    tb_gpu_device_describe(&device, what_found);
    tb_gpu_device_close(&device);
    return TB_OK;
}

static void destroy(TfLiteDelegate *base)
{
    if (!base)
        return;
    gpu_delegate *delegate = delegate_of(base);
    delegate->gpu.memory.host = NULL; /* may be gone, and its accounts with it */
    tb_gpu_memory_clear(&delegate->gpu.memory);
    tb_gpu_programs_destroy(delegate->gpu.programs);
    tb_gpu_device_close(&delegate->gpu.device);
    tb_packs_destroy(delegate->gpu.packs);
    free(delegate);
}

static tb_status open_gpu(const options *o, tb_error *err, tb_gpu *gpu)
{
    gpu->packs = tb_packs_create();
    if (!gpu->packs)
        return tb_fail(err, TB_NO_MEMORY, "creating the gpu delegate");
    tb_status status = tb_gpu_device_find(&o->choice, err, &gpu->device);
    if (status == TB_OK)
        status = tb_gpu_device_open(&gpu->device, err);
    if (status == TB_OK)
        status = tb_gpu_programs_create(&gpu->device, o->cache, err, &gpu->programs);
    gpu->memory.device = &gpu->device;
    gpu->half = strcmp(o->precision, "fp16") == 0 ||
                (strcmp(o->precision, "auto") == 0 && gpu->device.has_half);
    return status;
}

static tb_status create(const tb_delegate_option *given, int given_count, int threads,
                        tb_error *err, TfLiteDelegate **out)
{
    (void)threads;
    options o = {.precision = "auto"};
    for (int i = 0; i < given_count; i++) {
        tb_status status = read_option(&given[i], err, &o);
        if (status != TB_OK)
            return status;
    }
    gpu_delegate *delegate = calloc(1, sizeof *delegate);
    if (!delegate)
        return tb_fail(err, TB_NO_MEMORY, "creating the gpu delegate");
    delegate->base = TfLiteDelegateCreate();
    delegate->base.data_ = delegate;
    delegate->base.Prepare = delegate_prepare;
    delegate->min_partition = o.min_partition;
    tb_status status = open_gpu(&o, err, &delegate->gpu);
    if (status != TB_OK) {
        destroy(&delegate->base);
        return status;
    }
    *out = &delegate->base;
    return TB_OK;
}

static TfLiteStatus bind(TfLiteDelegate *base, const tb_host *host)
{
    tb_gpu *gpu = &delegate_of(base)->gpu;
    if (host->version != TB_HOST_VERSION || host->size < sizeof *host)
        return kTfLiteError;
    gpu->host = gpu->memory.host = host;
    tb_packs_bind(gpu->packs, host);
    return kTfLiteOk;
}

static const tb_delegate_option_spec option_specs[] = {
    {"device", "auto|N|NAME",
     "the OpenCL device: by its number or a part of its name; auto is the first GPU, else what "
     "there is"},
    {"precision", "auto|fp32|fp16",
     "how floats are stored: fp16 in halves; auto is fp16 where the device computes in it"},
    {"min-partition", "auto|N",
     "the fewest nodes worth a copy to the device and back; 1 takes whatever it can, auto weighs "
     "the copies against the work"},
    {"cache", "DIR", "keeps compiled programs there (--delegate-cache)"},
    {"library", "FILE", "the OpenCL library, instead of the usual places"},
    {0},
};

const tb_delegate_row tb_delegate_gpu = {
    .name = "gpu",
    .what = "an OpenCL device, 1.2 or later",
    .options = option_specs,
    .off_cpu = true,
    .probe = probe,
    .create = create,
    .destroy = destroy,
    .bind = bind,
};
