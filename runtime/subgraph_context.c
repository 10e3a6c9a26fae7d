/*
 * The functions behind TfLiteContext. The members that only a delegate's Prepare may call are
 * switched to functions that refuse as soon as it has returned.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/interpreter_internal.h"
#include "runtime/op.h"
#include "runtime/tensor.h"

/* ---- for everybody ---------------------------------------------------------------------------- */

static TfLiteStatus resize_tensor(TfLiteContext *context, TfLiteTensor *tensor,
                                  TfLiteIntArray *dims)
{
    return tb_subgraph_resize_tensor(tb_subgraph_of(context), tensor, dims);
}

static TfLiteStatus resize_tensor_explicit(TfLiteContext *context, TfLiteTensor *tensor, int rank,
                                           const int *shape)
{
    tb_subgraph *subgraph = tb_subgraph_of(context);
    if (rank < 0 || (rank > 0 && !shape))
        return tb_fault(subgraph, TB_INTERNAL, "a tensor was to be resized to no shape");
    TfLiteIntArray *dims = TfLiteIntArrayCreate(rank);
    if (!dims)
        return tb_fault(subgraph, TB_NO_MEMORY, "cannot allocate a shape of %d dimensions", rank);
    if (rank)
        memcpy(dims->data, shape, (size_t)rank * sizeof *shape);
    return tb_subgraph_resize_tensor(subgraph, tensor, dims);
}

__attribute__((format(printf, 2, 3))) static void report_error(TfLiteContext *context,
                                                               const char *format, ...)
{
    tb_subgraph *subgraph = tb_subgraph_of(context);
    char text[TB_ERROR_TEXT_SIZE];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    /* Messages written for a console end in a line break. */
    size_t length = strlen(text);
    while (length && text[length - 1] == '\n')
        text[--length] = '\0';
    tb_fault(subgraph, subgraph->interpreter->preparing ? TB_UNSUPPORTED : TB_CORRUPT, "%s", text);
}

static TfLiteStatus add_tensors(TfLiteContext *context, int count, int *first)
{
    tb_subgraph *subgraph = tb_subgraph_of(context);
    int begin = 0;
    if (count < 0 || !tb_subgraph_add_tensors(subgraph, (size_t)count, &begin))
        return tb_fault(subgraph, count < 0 ? TB_INTERNAL : TB_NO_MEMORY, "cannot add %d tensors",
                        count);
    if (first)
        *first = begin;
    return kTfLiteOk;
}

static TfLiteExternalContext *get_external_context(TfLiteContext *context,
                                                   TfLiteExternalContextType type)
{
    if ((int)type < 0 || type >= kTfLiteMaxExternalContexts)
        return NULL;
    return tb_subgraph_of(context)->interpreter->external_contexts[type];
}

static void set_external_context(TfLiteContext *context, TfLiteExternalContextType type,
                                 TfLiteExternalContext *external)
{
    if ((int)type >= 0 && type < kTfLiteMaxExternalContexts)
        tb_subgraph_of(context)->interpreter->external_contexts[type] = external;
}

static TfLiteStatus get_model_metadata(const TfLiteContext *context, const char *name,
                                       const char **bytes, size_t *size)
{
    if (!bytes || !size || !name)
        return kTfLiteError;
    *bytes = NULL;
    *size = 0;
    tb_bytes found;
    if (!tb_model_find_metadata(tb_subgraph_of(context)->interpreter->model, name, &found))
        return kTfLiteError;
    *bytes = (const char *)found.data;
    *size = found.size;
    return kTfLiteOk;
}

static TfLiteTensor *get_tensor(const TfLiteContext *context, int index)
{
    if (index < 0 || (size_t)index >= context->tensors_size)
        return NULL;
    return &context->tensors[index];
}

/* ---- memory for kernels ----------------------------------------------------------------------- */

static tb_block *new_block(tb_subgraph *subgraph, size_t bytes, tb_block **list)
{
    size_t size;
    tb_block *block = NULL;
    bool counted = tb_memory_take(&subgraph->interpreter->memory, TB_MEMORY_KERNEL, bytes);
    if (counted && tb_add_size(bytes, sizeof *block, &size))
        block = calloc(1, size);
    if (!block) {
        if (counted)
            tb_memory_give(&subgraph->interpreter->memory, TB_MEMORY_KERNEL, bytes);
        tb_fault(subgraph, TB_NO_MEMORY, "its kernel needs %zu bytes; %s", bytes,
                 counted ? "there is no memory" : "the memory limit is reached");
        return NULL;
    }
    block->bytes = bytes;
    block->next = *list;
    *list = block;
    return block;
}

static tb_node *current_node(const tb_subgraph *subgraph)
{
    const tb_place *place = &subgraph->interpreter->place;
    if (place->subgraph != subgraph || !place->node)
        return NULL;
    return subgraph->nodes[place->node_index];
}

static void *allocate_persistent(TfLiteContext *context, size_t bytes)
{
    tb_subgraph *subgraph = tb_subgraph_of(context);
    tb_node *node = current_node(subgraph);
    if (!node) {
        tb_fault(subgraph, TB_INTERNAL, "persistent memory is given in init and prepare only");
        return NULL;
    }
    tb_block *block =
        new_block(subgraph, bytes, subgraph->in_init ? &node->init_blocks : &node->prepare_blocks);
    return block ? block->data : NULL;
}

static TfLiteStatus allocate_for_eval(TfLiteContext *context, size_t bytes, void **out)
{
    tb_subgraph *subgraph = tb_subgraph_of(context);
    tb_block *block = new_block(subgraph, bytes, &subgraph->eval_blocks);
    if (!block)
        return kTfLiteError;
    *out = block->data;
    return kTfLiteOk;
}

static TfLiteStatus request_scratch(TfLiteContext *context, size_t bytes, int *index)
{
    tb_subgraph *subgraph = tb_subgraph_of(context);
    if (subgraph->current_position < 0)
        return tb_fault(subgraph, TB_INTERNAL, "scratch memory is given in prepare only");
    if (subgraph->scratch_count == subgraph->scratch_capacity) {
        int capacity = subgraph->scratch_capacity ? 2 * subgraph->scratch_capacity : 16;
        tb_scratch *grown = realloc(subgraph->scratch, (size_t)capacity * sizeof *grown);
        if (!grown)
            return tb_fault(subgraph, TB_NO_MEMORY, "cannot allocate a list of scratch buffers");
        subgraph->scratch = grown;
        subgraph->scratch_capacity = capacity;
    }
    subgraph->scratch[subgraph->scratch_count] =
        (tb_scratch){subgraph->current_position, bytes, TB_NOT_PLACED};
    *index = subgraph->scratch_count++;
    return kTfLiteOk;
}

static void *get_scratch(TfLiteContext *context, int index)
{
    const tb_subgraph *subgraph = tb_subgraph_of(context);
    if (index < 0 || index >= subgraph->scratch_count)
        return NULL;
    const tb_scratch *scratch = &subgraph->scratch[index];
    return scratch->offset == TB_NOT_PLACED ? NULL : subgraph->arena + scratch->offset;
}

/* ---- for delegates ---------------------------------------------------------------------------- */

static TfLiteStatus get_execution_plan(TfLiteContext *context, TfLiteIntArray **plan)
{
    tb_subgraph *subgraph = tb_subgraph_of(context);
    TfLiteIntArray *copy = TfLiteIntArrayCreate(subgraph->plan_count);
    if (!copy)
        return tb_fault(subgraph, TB_NO_MEMORY, "cannot copy the execution plan");
    if (subgraph->plan_count)
        memcpy(copy->data, subgraph->plan, (size_t)subgraph->plan_count * sizeof copy->data[0]);
    TfLiteIntArrayFree(subgraph->plan_copy);
    subgraph->plan_copy = copy;
    *plan = copy;
    return kTfLiteOk;
}

static TfLiteStatus get_node(TfLiteContext *context, int index, TfLiteNode **node,
                             TfLiteRegistration **registration)
{
    tb_subgraph *subgraph = tb_subgraph_of(context);
    if (index < 0 || index >= subgraph->node_count || !node || !registration)
        return tb_fault(subgraph, TB_INTERNAL, "a delegate asked for node %d of %d", index,
                        subgraph->node_count);
    *node = &subgraph->nodes[index]->node;
    *registration = &subgraph->nodes[index]->registration;
    return kTfLiteOk;
}

static TfLiteStatus replace_nodes(TfLiteContext *context, TfLiteRegistration registration,
                                  const TfLiteIntArray *nodes, TfLiteDelegate *delegate)
{
    return tb_subgraph_replace_nodes(tb_subgraph_of(context), registration, nodes, delegate);
}

static TfLiteStatus preview(TfLiteContext *context, const TfLiteIntArray *nodes,
                            TfLiteDelegateParams **previews, int *count)
{
    return tb_subgraph_preview(tb_subgraph_of(context), nodes, previews, count);
}

static tb_subgraph *subgraph_at(TfLiteContext *context, int index)
{
    tb_subgraph *subgraph = tb_subgraph_of(context);
    tb_interpreter *interpreter = subgraph->interpreter;
    if (index >= 0 && index < interpreter->subgraph_count)
        return &interpreter->subgraphs[index];
    tb_fault(subgraph, TB_INTERNAL, "a delegate asked for subgraph %d of %d", index,
             interpreter->subgraph_count);
    return NULL;
}

static TfLiteStatus acquire_subgraph(TfLiteContext *context, int index, TfLiteContext **acquired)
{
    tb_subgraph *other = subgraph_at(context, index);
    if (!other)
        return kTfLiteError;
    tb_context_enter_delegate(other);
    *acquired = &other->context;
    return kTfLiteOk;
}

static TfLiteStatus release_subgraph(TfLiteContext *context, int index)
{
    tb_subgraph *other = subgraph_at(context, index);
    if (!other || other->delegate_context_depth == 0)
        return kTfLiteError;
    tb_context_leave_delegate(other);
    return kTfLiteOk;
}

/* ---- the same for kernels --------------------------------------------------------------------- */

static TfLiteStatus forbidden(TfLiteContext *context, const char *name)
{
    return tb_fault(tb_subgraph_of(context), TB_INTERNAL, "%s is for a delegate's Prepare only",
                    name);
}

static TfLiteStatus no_execution_plan(TfLiteContext *context, TfLiteIntArray **plan)
{
    (void)plan;
    return forbidden(context, "GetExecutionPlan");
}

static TfLiteStatus no_node(TfLiteContext *context, int index, TfLiteNode **node,
                            TfLiteRegistration **registration)
{
    (void)index, (void)node, (void)registration;
    return forbidden(context, "GetNodeAndRegistration");
}

static TfLiteStatus no_replace(TfLiteContext *context, TfLiteRegistration registration,
                               const TfLiteIntArray *nodes, TfLiteDelegate *delegate)
{
    (void)registration, (void)nodes, (void)delegate;
    return forbidden(context, "ReplaceNodeSubsetsWithDelegateKernels");
}

static TfLiteStatus no_preview(TfLiteContext *context, const TfLiteIntArray *nodes,
                               TfLiteDelegateParams **previews, int *count)
{
    (void)nodes, (void)previews, (void)count;
    return forbidden(context, "PreviewDelegatePartitioning");
}

static TfLiteStatus no_acquire(TfLiteContext *context, int index, TfLiteContext **acquired)
{
    (void)index, (void)acquired;
    return forbidden(context, "AcquireSubgraphContext");
}

static TfLiteStatus no_release(TfLiteContext *context, int index)
{
    (void)index;
    return forbidden(context, "ReleaseSubgraphContext");
}

/* ---- switching -------------------------------------------------------------------------------- */

static void set_delegate_functions(TfLiteContext *context, bool allowed)
{
    context->GetExecutionPlan = allowed ? get_execution_plan : no_execution_plan;
    context->GetNodeAndRegistration = allowed ? get_node : no_node;
    context->ReplaceNodeSubsetsWithDelegateKernels = allowed ? replace_nodes : no_replace;
    context->PreviewDelegatePartitioning = allowed ? preview : no_preview;
    context->AcquireSubgraphContext = allowed ? acquire_subgraph : no_acquire;
    context->ReleaseSubgraphContext = allowed ? release_subgraph : no_release;
}

void tb_context_init(tb_subgraph *subgraph)
{
    subgraph->context = (TfLiteContext){
        .impl_ = subgraph,
        .ResizeTensor = resize_tensor,
        .ReportError = report_error,
        .AddTensors = add_tensors,
        .recommended_num_threads = subgraph->interpreter->threads,
        .GetExternalContext = get_external_context,
        .SetExternalContext = set_external_context,
        .AllocatePersistentBuffer = allocate_persistent,
        .AllocateBufferForEval = allocate_for_eval,
        .RequestScratchBufferInArena = request_scratch,
        .GetScratchBuffer = get_scratch,
        .ResizeTensorExplicit = resize_tensor_explicit,
        .GetTensor = get_tensor,
        .GetModelMetadata = get_model_metadata,
    };
    set_delegate_functions(&subgraph->context, false);
}

void tb_context_enter_delegate(tb_subgraph *subgraph)
{
    if (subgraph->delegate_context_depth++ == 0)
        set_delegate_functions(&subgraph->context, true);
}

void tb_context_leave_delegate(tb_subgraph *subgraph)
{
    if (--subgraph->delegate_context_depth > 0)
        return;
    set_delegate_functions(&subgraph->context, false);
    tb_subgraph_free_previews(subgraph);
    TfLiteIntArrayFree(subgraph->plan_copy);
    subgraph->plan_copy = NULL;
}

/* ---- behind op.h and resources.h -------------------------------------------------------------- */

bool tb_op_cancelled(TfLiteContext *context)
{
    tb_subgraph *subgraph = tb_subgraph_of(context);
    return tb_interpreter_check_stop(subgraph) != kTfLiteOk;
}

tb_resources *tb_op_resources(const TfLiteContext *context)
{
    return tb_subgraph_of(context)->interpreter->resources;
}

tb_memory_count *tb_op_memory_count(const TfLiteContext *context)
{
    return &tb_subgraph_of(context)->interpreter->memory;
}
