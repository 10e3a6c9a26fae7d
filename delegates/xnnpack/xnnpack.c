/*
 * The delegate `xnnpack`: the kernels of libXNNPACK.so.0, as Debian has it, where that is installed. A
 * second opinion on speed and on results beside the cpu delegate; its XNNPACK is of 2022.
 *
 * A partition is one XNNPACK runtime, and one step to whoever profiles: the library does not tell what
 * its operators take. A new shape makes the runtime anew, which packs again.
 */
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "delegates/cpu/pack.h"
#include "delegates/delegate.h"
#include "delegates/xnnpack/nodes.h"
#include "runtime/base/clock.h"
#include "runtime/base/size.h"
#include "runtime/tflite_abi/builtin_ops.h"

typedef struct xnn_delegate {
    TfLiteDelegate base;
    const tb_xnn *call;
    tb_xnn_pool pool; /* NULL: one thread */
    tb_packs *packs;  /* unpacked constants (fold.h) */
    const tb_cpu_folds *folds;
    const tb_host *host;
} xnn_delegate;

/* A constant that kernels read where it lies, with room to read past its end. */
typedef struct padded_constant {
    int tensor;
    void *bytes;
} padded_constant;

/* A tensor from outside or for the outside. */
typedef struct boundary {
    int tensor;
    bool is_input;
    void *staged; /* where a tensor ends too near the end of its page, an input is copied to */
} boundary;

/* A node as it was when the kernel was made: later it may not be asked for. */
typedef struct kept_node {
    int builtin;
    TfLiteNode node; /* its lists and parameters are the interpreter's */
} kept_node;

typedef struct partition {
    xnn_delegate *delegate;
    int32_t *nodes; /* their numbers */
    kept_node *kept;
    int node_count;
    TfLiteIntArray *inputs, *outputs;
    tb_cpu_fold *folds;
    int fold_count;
    padded_constant *constants;
    int constant_count;
    boundary *boundaries;
    tb_xnn_external *external;
    int boundary_count;
    tb_xnn_runtime runtime;
    tb_step step;
    int subgraph;
} partition;

/* ---- the kernel of a partition ----------------------------------------------------------------- */

static void drop_runtime(partition *p)
{
    if (p->runtime)
        p->delegate->call->xnn_delete_runtime(p->runtime);
    p->runtime = NULL;
    for (int k = 0; k < p->constant_count; k++)
        free(p->constants[k].bytes);
    for (int k = 0; k < p->boundary_count; k++)
        free(p->boundaries[k].staged);
    free(p->constants);
    free(p->boundaries);
    free(p->external);
    p->constants = NULL;
    p->boundaries = NULL;
    p->external = NULL;
    p->constant_count = p->boundary_count = 0;
}

static void kernel_free(TfLiteContext *context, void *buffer)
{
    (void)context;
    partition *p = buffer;
    if (!p || buffer == TfLiteKernelInitFailed())
        return;
    drop_runtime(p);
    free(p->nodes);
    free(p->kept);
    free(p->folds);
    TfLiteIntArrayFree(p->inputs);
    TfLiteIntArrayFree(p->outputs);
    free(p);
}

static void *kernel_init(TfLiteContext *context, const char *buffer, size_t length)
{
    (void)length;
    const TfLiteDelegateParams *params = (const TfLiteDelegateParams *)(const void *)buffer;
    partition *p = calloc(1, sizeof *p);
    if (!p)
        return TfLiteKernelInitFailed();
    p->delegate = params->delegate->data_;
    const tb_cpu_folds *folds = p->delegate->folds;
    const size_t count = (size_t)params->nodes_to_replace->size;
    p->node_count = params->nodes_to_replace->size;
    p->nodes = malloc((count ? count : 1) * sizeof *p->nodes);
    p->kept = calloc(count ? count : 1, sizeof *p->kept);
    p->inputs = TfLiteIntArrayCopy(params->input_tensors);
    p->outputs = TfLiteIntArrayCopy(params->output_tensors);
    p->folds = malloc((size_t)(folds->count + 1) * sizeof *p->folds);
    if (!p->nodes || !p->kept || !p->inputs || !p->outputs || !p->folds)
        goto fail;
    for (size_t k = 0; k < count; k++) {
        TfLiteNode *node;
        TfLiteRegistration *registration;
        p->nodes[k] = params->nodes_to_replace->data[k];
        if (context->GetNodeAndRegistration(context, p->nodes[k], &node, &registration) !=
            kTfLiteOk)
            goto fail;
        p->kept[k] = (kept_node){registration->builtin_code, *node};
    }
    p->fold_count = folds->count;
    if (folds->count)
        memcpy(p->folds, folds->items, (size_t)folds->count * sizeof *p->folds);
    const tb_host *host = p->delegate->host;
    p->subgraph = host ? host->subgraph_index(host, context) : 0;
    p->step = (tb_step){"xnnpack", "libXNNPACK", p->nodes, p->node_count};
    return p;

fail:
    context->ReportError(context, "xnnpack delegate: out of memory, or a node is gone");
    kernel_free(context, p);
    return TfLiteKernelInitFailed();
}

/* What a partition's definition needs to find constants. */
typedef struct finder {
    TfLiteContext *context;
    partition *partition;
    tb_cpu_folds folds;
} finder;

static tb_status pad_constant(partition *p, int tensor, size_t bytes, tb_error *err,
                              const void **data)
{
    padded_constant *grown =
        realloc(p->constants, (size_t)(p->constant_count + 1) * sizeof *p->constants);
    if (grown)
        p->constants = grown;
    char *copy = grown ? calloc(1, bytes + TB_XNN_EXTRA_BYTES) : NULL;
    if (!copy)
        return tb_fail(err, TB_NO_MEMORY, "copying tensor %d: %zu bytes", tensor, bytes);
    memcpy(copy, *data, bytes);
    p->constants[p->constant_count++] = (padded_constant){tensor, copy};
    *data = copy;
    return TB_OK;
}

static tb_status find_constant(void *self, int tensor, bool padded, tb_error *err, const void **out)
{
    finder *f = self;
    const TfLiteTensor *t = &f->context->tensors[tensor];
    const tb_cpu_fold *fold = tb_folds_get(&f->folds, tensor);
    *out = NULL;
    size_t bytes = t->bytes;
    tb_status status = TB_OK;
    if (fold) {
        status = tb_fold_values(f->context, fold, f->partition->delegate->packs, err, out);
        bytes = tb_query_elements(t) * sizeof(float);
    } else if (t->allocation_type == kTfLiteMmapRo) {
        *out = t->data.raw_const;
    }
    return status == TB_OK && *out && padded ? pad_constant(f->partition, tensor, bytes, err, out)
                                             : status;
}

static tb_status define_nodes(TfLiteContext *context, partition *p, tb_xnn_graph graph,
                              bool *defined, tb_error *err)
{
    finder f = {context, p, {p->folds, p->fold_count}};
    const tb_xnn_constants constants = {find_constant, &f};
    tb_xnn_builder b = {.call = p->delegate->call,
                        .graph = graph,
                        .context = context,
                        .constants = &constants,
                        .inputs = p->inputs,
                        .outputs = p->outputs,
                        .defined = defined};
    for (int k = 0; k < p->node_count; k++) {
        const TfLiteNode *node = &p->kept[k].node;
        if (node->outputs->size == 1 && tb_folds_get(&f.folds, node->outputs->data[0]))
            continue; /* a constant by now */
        tb_status status = tb_xnn_define(&b, p->kept[k].builtin, node, err);
        if (status != TB_OK)
            return tb_in(err, "node %d", (int)p->nodes[k]);
    }
    return TB_OK;
}

/* Tensors that cross the partition's boundary and that its nodes do touch. */
static tb_status list_boundaries(const TfLiteContext *context, partition *p, const bool *defined,
                                 tb_error *err)
{
    const tb_cpu_folds folds = {p->folds, p->fold_count};
    const size_t most = (size_t)p->inputs->size + (size_t)p->outputs->size + 1;
    p->boundaries = calloc(most, sizeof *p->boundaries);
    p->external = calloc(most, sizeof *p->external);
    if (!p->boundaries || !p->external)
        return tb_fail(err, TB_NO_MEMORY, "out of memory");
    for (int side = 0; side < 2; side++) {
        const TfLiteIntArray *list = side ? p->outputs : p->inputs;
        for (int k = 0; k < list->size; k++) {
            const int index = list->data[k];
            if (index < 0 || !defined[index] || tb_folds_get(&folds, index) ||
                context->tensors[index].allocation_type == kTfLiteMmapRo)
                continue;
            boundary *at = &p->boundaries[p->boundary_count];
            *at = (boundary){.tensor = index, .is_input = side == 0};
            p->external[p->boundary_count++].id = (uint32_t)index;
            if (at->is_input &&
                !(at->staged = malloc(context->tensors[index].bytes + TB_XNN_EXTRA_BYTES)))
                return tb_fail(err, TB_NO_MEMORY, "out of memory");
        }
    }
    return TB_OK;
}

static tb_status make_runtime(TfLiteContext *context, partition *p, tb_error *err)
{
    const tb_xnn *call = p->delegate->call;
    tb_xnn_graph graph = NULL;
    bool *defined = calloc(context->tensors_size + 1, sizeof *defined);
    tb_status status = TB_OK;
    if (!defined || call->xnn_create_subgraph((uint32_t)context->tensors_size, 0, &graph))
        status = tb_fail(err, TB_NO_MEMORY, "out of memory");
    if (status == TB_OK)
        status = define_nodes(context, p, graph, defined, err);
    if (status == TB_OK)
        status = list_boundaries(context, p, defined, err);
    if (status == TB_OK) {
        const int code = call->xnn_create_runtime_v2(graph, p->delegate->pool, 0, &p->runtime);
        if (code != TB_XNN_SUCCESS)
            status =
                tb_fail(err, TB_UNSUPPORTED, "XNNPACK cannot make the runtime of %d nodes (%d)",
                        p->node_count, code);
    }
    if (graph)
        call->xnn_delete_subgraph(graph);
    free(defined);
    return status;
}

static TfLiteStatus kernel_prepare(TfLiteContext *context, TfLiteNode *node)
{
    partition *p = node->user_data;
    drop_runtime(p);
    tb_error err = TB_ERROR_NONE;
    if (make_runtime(context, p, &err) == TB_OK)
        return kTfLiteOk;
    context->ReportError(context, "xnnpack delegate: %s", err.text);
    return kTfLiteDelegateError;
}

/* Kernels read some bytes past an input's end: harmless in the middle of a page. */
static void *where_to_read(const boundary *at, const TfLiteTensor *tensor, size_t page)
{
    const uintptr_t end = (uintptr_t)tensor->data.raw + tensor->bytes;
    if ((end - 1) / page == (end - 1 + TB_XNN_EXTRA_BYTES) / page)
        return tensor->data.raw;
    memcpy(at->staged, tensor->data.raw, tensor->bytes);
    return at->staged;
}

static TfLiteStatus run(TfLiteContext *context, partition *p)
{
    const tb_xnn *call = p->delegate->call;
    const size_t page = 4096; /* the smallest there is */
    for (int k = 0; k < p->boundary_count; k++) {
        const boundary *at = &p->boundaries[k];
        const TfLiteTensor *tensor = &context->tensors[at->tensor];
        p->external[k].data =
            at->is_input ? where_to_read(at, tensor, page) : (void *)tensor->data.raw;
    }
    int code = call->xnn_setup_runtime(p->runtime, (size_t)p->boundary_count, p->external);
    if (code == TB_XNN_SUCCESS)
        code = call->xnn_invoke_runtime(p->runtime);
    if (code == TB_XNN_SUCCESS)
        return kTfLiteOk;
    context->ReportError(context, "xnnpack delegate: XNNPACK fails with %d", code);
    return kTfLiteError;
}

static TfLiteStatus kernel_invoke(TfLiteContext *context, TfLiteNode *node)
{
    partition *p = node->user_data;
    const tb_host *host = p->delegate->host;
    tb_sink *sink = host ? host->sink(host) : NULL;
    if (!sink)
        return run(context, p);
    if (sink->begin)
        sink->begin(sink, 0);
    tb_event event = {.step = &p->step, .subgraph = p->subgraph, .node = -1, .kind = TB_EVENT_STEP};
    event.begin_ns = tb_clock_ns();
    TfLiteStatus status = run(context, p);
    event.end_ns = tb_clock_ns();
    sink->emit(sink, &event);
    return status;
}

/* ---- choosing nodes ---------------------------------------------------------------------------- */

/* The graph that is being delegated; `taken` by position in the order. */
typedef struct choice {
    TfLiteContext *context;
    xnn_delegate *delegate;
    TfLiteIntArray *order;
    uint8_t *writers;
    bool *taken;
    bool *read; /* by tensor: some node reads it */
    tb_cpu_folds folds;
    int subgraph;
} choice;

static bool get_node(const choice *c, int position, TfLiteNode **node, TfLiteRegistration **kind)
{
    return c->context->GetNodeAndRegistration(c->context, c->order->data[position], node, kind) ==
           kTfLiteOk;
}

static void mark_read(choice *c)
{
    for (int i = 0; i < c->order->size; i++) {
        TfLiteNode *node;
        TfLiteRegistration *registration;
        if (!get_node(c, i, &node, &registration))
            continue;
        for (int k = 0; k < node->inputs->size; k++)
            if (node->inputs->data[k] >= 0)
                c->read[node->inputs->data[k]] = true;
    }
}

/* XNNPACK has no value that goes nowhere. Another runtime than ours does not tell its outputs, and
   has no nodes that nobody needs. */
static bool is_needed(const choice *c, tb_cpu_query *query)
{
    const tb_host *host = c->delegate->host;
    const int tensor = query->node->outputs->size == 1 ? query->node->outputs->data[0] : -1;
    if (!host || tensor < 0 || c->read[tensor] || host->is_graph_output(host, c->subgraph, tensor))
        return true;
    return tb_query_no(query, "nobody reads its output");
}

static void take_nodes(choice *c)
{
    const tb_host *host = c->delegate->host;
    for (int i = 0; i < c->order->size; i++) {
        TfLiteNode *node;
        TfLiteRegistration *registration;
        if (!get_node(c, i, &node, &registration))
            continue;
        if (node->outputs->size == 1 && tb_folds_get(&c->folds, node->outputs->data[0]))
            continue;
        tb_cpu_query query = {.context = c->context, .node = node, .folds = &c->folds};
        c->taken[i] = is_needed(c, &query) &&
                      tb_xnn_takes(c->delegate->call, &query, registration, c->writers);
        if (!c->taken[i] && host)
            host->reject(host, c->subgraph, c->order->data[i], query.reason);
    }
}

/* A node that unpacks constants goes where all who read its output go. */
static void take_folds(choice *c)
{
    const tb_host *host = c->delegate->host;
    for (int i = c->order->size - 1; i >= 0; i--) {
        TfLiteNode *node, *reader;
        TfLiteRegistration *registration;
        if (!get_node(c, i, &node, &registration) || node->outputs->size != 1)
            continue;
        const int tensor = node->outputs->data[0];
        if (!tb_folds_get(&c->folds, tensor))
            continue;
        bool inside = host && !host->is_graph_output(host, c->subgraph, tensor);
        for (int k = i + 1; k < c->order->size && inside; k++) {
            if (!get_node(c, k, &reader, &registration))
                inside = false;
            for (int n = 0; inside && n < reader->inputs->size; n++)
                inside = reader->inputs->data[n] != tensor || c->taken[k];
        }
        c->taken[i] = inside;
        if (!inside && host)
            host->reject(host, c->subgraph, c->order->data[i],
                         "a node that XNNPACK does not take reads the constant");
    }
}

static TfLiteStatus replace(choice *c)
{
    TfLiteIntArray *nodes = TfLiteIntArrayCreate(c->order->size);
    if (!nodes)
        return kTfLiteError;
    nodes->size = 0;
    for (int i = 0; i < c->order->size; i++)
        if (c->taken[i])
            nodes->data[nodes->size++] = c->order->data[i];
    const TfLiteRegistration kernel = {.init = kernel_init,
                                       .free = kernel_free,
                                       .prepare = kernel_prepare,
                                       .invoke = kernel_invoke,
                                       .builtin_code = kTfLiteBuiltinDelegate,
                                       .custom_name = "tflbench_xnnpack",
                                       .version = 1};
    c->delegate->folds = &c->folds;
    TfLiteStatus status = c->context->ReplaceNodeSubsetsWithDelegateKernels(
        c->context, kernel, nodes, &c->delegate->base);
    c->delegate->folds = NULL;
    TfLiteIntArrayFree(nodes);
    return status;
}

static TfLiteStatus delegate_prepare(TfLiteContext *context, TfLiteDelegate *base)
{
    choice c = {.context = context, .delegate = base->data_};
    const tb_host *host = c.delegate->host;
    c.subgraph = host ? host->subgraph_index(host, context) : 0;
    TfLiteIntArray *plan;
    if (context->GetExecutionPlan(context, &plan) != kTfLiteOk)
        return kTfLiteDelegateError;
    TfLiteStatus status = kTfLiteDelegateError;
    c.order = TfLiteIntArrayCopy(plan); /* asking for nodes may invalidate the plan */
    if (c.order)
        c.writers = tb_cpu_count_writers(context, c.order);
    if (c.writers)
        c.taken = calloc((size_t)c.order->size + 1, sizeof *c.taken);
    if (c.taken)
        c.read = calloc(context->tensors_size + 1, sizeof *c.read);
    if (c.read && tb_folds_find(context, c.order, NULL, &c.folds) == TB_OK) {
        mark_read(&c);
        take_nodes(&c);
        take_folds(&c);
        status = replace(&c);
        tb_folds_free(&c.folds);
    }
    free(c.read);
    free(c.taken);
    free(c.writers);
    TfLiteIntArrayFree(c.order);
    return status;
}

/* ---- the row of the delegate table ------------------------------------------------------------- */

static tb_status probe(tb_error *err, tb_buf *what_found)
{
    const tb_xnn *call;
    tb_status status = tb_xnn_open(NULL, err, &call);
    if (status != TB_OK)
        return status;
    tb_buf_append_text(what_found, "libXNNPACK.so.0");
    if (call->missing)
        tb_buf_printf(what_found, ", without %d of its operators of 2022", call->missing);
    return TB_OK;
}

static void destroy(TfLiteDelegate *base)
{
    if (!base)
        return;
    xnn_delegate *delegate = base->data_;
    if (delegate->pool)
        delegate->call->pthreadpool_destroy(delegate->pool);
    tb_packs_destroy(delegate->packs);
    free(delegate);
}

static tb_status create(const tb_delegate_option *options, int option_count, int threads,
                        tb_error *err, TfLiteDelegate **out)
{
    const char *path = NULL;
    for (int k = 0; k < option_count; k++) {
        if (strcmp(options[k].key, "library") != 0)
            return tb_fail(err, TB_USAGE, "the xnnpack delegate has no option '%s'",
                           options[k].key);
        path = options[k].value;
    }
    const tb_xnn *call;
    tb_status status = tb_xnn_open(path, err, &call);
    if (status != TB_OK)
        return status;
    xnn_delegate *delegate = calloc(1, sizeof *delegate);
    tb_packs *packs = delegate ? tb_packs_create() : NULL;
    tb_xnn_pool pool = packs && threads > 1 ? call->pthreadpool_create((size_t)threads) : NULL;
    if (!packs || (threads > 1 && !pool)) {
        tb_packs_destroy(packs);
        free(delegate);
        return tb_fail(err, TB_NO_MEMORY, "creating the xnnpack delegate");
    }
    delegate->base = TfLiteDelegateCreate();
    delegate->base.data_ = delegate;
    delegate->base.Prepare = delegate_prepare;
    delegate->call = call;
    delegate->pool = pool;
    delegate->packs = packs;
    *out = &delegate->base;
    return TB_OK;
}

static TfLiteStatus bind(TfLiteDelegate *base, const tb_host *host)
{
    xnn_delegate *delegate = base->data_;
    if (host->version != TB_HOST_VERSION || host->size < sizeof *host)
        return kTfLiteError;
    delegate->host = host;
    tb_packs_bind(delegate->packs, host);
    return kTfLiteOk;
}

static const tb_delegate_option_spec option_specs[] = {
    {"library", "FILE", "the library to load in the place of libXNNPACK.so.0"},
    {0},
};

const tb_delegate_row tb_delegate_xnnpack = {
    .name = "xnnpack",
    .what = "XNNPACK of 2022, where libXNNPACK.so.0 is installed: a second opinion",
    .options = option_specs,
    .probe = probe,
    .create = create,
    .destroy = destroy,
    .bind = bind,
};
