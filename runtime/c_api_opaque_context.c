/*
 * The opaque API's nodes, contexts and delegates: the structs of common.h behind functions; see
 * c_api_opaque.h.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/interpreter_internal.h"
#include "runtime/op.h"
#include "runtime/operator_internal.h"
#include "runtime/tensor.h"
#include "runtime/tensor_builder.h"
#include "runtime/tflite_abi/c_api_opaque.h"

static const TfLiteContext *plain(const TfLiteOpaqueContext *context)
{
    return (const TfLiteContext *)context;
}

static TfLiteContext *plain_mutable(TfLiteOpaqueContext *context)
{
    return (TfLiteContext *)context;
}

static const TfLiteNode *plain_node(const TfLiteOpaqueNode *node)
{
    return (const TfLiteNode *)node;
}

static const tb_subgraph *subgraph_of(const TfLiteOpaqueContext *context)
{
    return tb_subgraph_of(plain(context));
}

/* ---- nodes ------------------------------------------------------------------------------------ */

const TfLiteOpaqueTensor *TfLiteOpaqueNodeGetInput(const TfLiteOpaqueContext *opaque_context,
                                                   const TfLiteOpaqueNode *opaque_node, int index)
{
    return (const TfLiteOpaqueTensor *)tb_op_input(plain(opaque_context), plain_node(opaque_node),
                                                   index);
}

TfLiteOpaqueTensor *TfLiteOpaqueNodeGetOutput(TfLiteOpaqueContext *opaque_context,
                                              const TfLiteOpaqueNode *opaque_node, int index)
{
    return tb_opaque_tensor(tb_op_output(plain(opaque_context), plain_node(opaque_node), index));
}

static int entry(const TfLiteIntArray *list, int k)
{
    return k >= 0 && k < list->size ? list->data[k] : -1;
}

int TfLiteOpaqueNodeGetInputTensorIndex(const TfLiteOpaqueNode *opaque_node, int index_of_input)
{
    return entry(plain_node(opaque_node)->inputs, index_of_input);
}

int TfLiteOpaqueNodeGetOutputTensorIndex(const TfLiteOpaqueNode *opaque_node, int index_of_output)
{
    return entry(plain_node(opaque_node)->outputs, index_of_output);
}

int TfLiteOpaqueNodeNumberOfInputs(const TfLiteOpaqueNode *opaque_node)
{
    return plain_node(opaque_node)->inputs->size;
}

int TfLiteOpaqueNodeNumberOfOutputs(const TfLiteOpaqueNode *opaque_node)
{
    return plain_node(opaque_node)->outputs->size;
}

static TfLiteStatus give_list(const TfLiteIntArray *list, const int **items, int *count)
{
    *items = list->data;
    *count = list->size;
    return kTfLiteOk;
}

TfLiteStatus TfLiteOpaqueNodeInputs(const TfLiteOpaqueNode *opaque_node, const int **inputs,
                                    int *num_inputs)
{
    return give_list(plain_node(opaque_node)->inputs, inputs, num_inputs);
}

TfLiteStatus TfLiteOpaqueNodeOutputs(const TfLiteOpaqueNode *opaque_node, const int **outputs,
                                     int *num_outputs)
{
    return give_list(plain_node(opaque_node)->outputs, outputs, num_outputs);
}

TfLiteStatus TfLiteOpaqueNodeTemporaries(const TfLiteOpaqueNode *opaque_node,
                                         const int **temporaries, int *num_temporaries)
{
    return give_list(plain_node(opaque_node)->temporaries, temporaries, num_temporaries);
}

TfLiteStatus TfLiteOpaqueNodeSetTemporaries(TfLiteOpaqueNode *opaque_node, const int *temporaries,
                                            int num_temporaries)
{
    TfLiteNode *node = (TfLiteNode *)opaque_node;
    TfLiteIntArray *list = TfLiteIntArrayCreate(num_temporaries);
    if (!list)
        return kTfLiteError;
    if (num_temporaries)
        memcpy(list->data, temporaries, (size_t)num_temporaries * sizeof *temporaries);
    TfLiteIntArrayFree(node->temporaries);
    node->temporaries = list;
    return kTfLiteOk;
}

void *TfLiteOpaqueNodeGetUserData(const TfLiteOpaqueNode *opaque_node)
{
    return plain_node(opaque_node)->user_data;
}

void *TfLiteOpaqueNodeGetBuiltinData(const TfLiteOpaqueNode *opaque_node)
{
    return plain_node(opaque_node)->builtin_data;
}

TfLiteStatus TfLiteOpaqueNodeGetCustomInitialData(const TfLiteOpaqueNode *opaque_node,
                                                  const void **init_data, int *size)
{
    *init_data = plain_node(opaque_node)->custom_initial_data;
    *size = plain_node(opaque_node)->custom_initial_data_size;
    return kTfLiteOk;
}

/* ---- the context, for a delegate's Prepare ---------------------------------------------------- */

TfLiteStatus TfLiteOpaqueContextGetExecutionPlan(TfLiteOpaqueContext *opaque_context,
                                                 TfLiteIntArray **execution_plan)
{
    TfLiteContext *context = plain_mutable(opaque_context);
    return context->GetExecutionPlan(context, execution_plan);
}

/* The node's registration in opaque form, made when it is first asked for. */
static TfLiteOperator *opaque_view(tb_node *node)
{
    const TfLiteRegistration *registration = &node->registration;
    if (registration->registration_external)
        return registration->registration_external;
    if (!node->opaque_view)
        node->opaque_view =
            TfLiteOperatorCreate((TfLiteBuiltinOperator)registration->builtin_code,
                                 registration->custom_name, registration->version, NULL);
    return node->opaque_view;
}

TfLiteStatus TfLiteOpaqueContextGetNodeAndRegistration(TfLiteOpaqueContext *opaque_context,
                                                       int node_index, TfLiteOpaqueNode **node,
                                                       TfLiteOperator **registration_external)
{
    TfLiteContext *context = plain_mutable(opaque_context);
    TfLiteNode *found;
    TfLiteRegistration *registration;
    TfLiteStatus status =
        context->GetNodeAndRegistration(context, node_index, &found, &registration);
    if (status != kTfLiteOk)
        return status;
    TfLiteOperator *view = opaque_view(tb_subgraph_of(context)->nodes[node_index]);
    if (!view)
        return kTfLiteError;
    *node = tb_opaque_node(found);
    *registration_external = view;
    return kTfLiteOk;
}

TfLiteStatus TfLiteOpaqueContextReplaceNodeSubsetsWithDelegateKernels(
    TfLiteOpaqueContext *opaque_context, TfLiteOperator *registration_external,
    const TfLiteIntArray *nodes_to_replace, TfLiteOpaqueDelegate *opaque_delegate)
{
    TfLiteContext *context = plain_mutable(opaque_context);
    if (!registration_external)
        return kTfLiteError;
    return context->ReplaceNodeSubsetsWithDelegateKernels(
        context, tb_operator_registration(registration_external), nodes_to_replace,
        opaque_delegate);
}

TfLiteStatus
TfLiteOpaqueContextAcquireSubgraphContext(TfLiteOpaqueContext *opaque_context, int subgraph_index,
                                          TfLiteOpaqueContext **acquired_opaque_context)
{
    TfLiteContext *context = plain_mutable(opaque_context);
    TfLiteContext *acquired;
    TfLiteStatus status = context->AcquireSubgraphContext(context, subgraph_index, &acquired);
    if (status == kTfLiteOk)
        *acquired_opaque_context = tb_opaque_context(acquired);
    return status;
}

TfLiteStatus TfLiteOpaqueContextReleaseSubgraphContext(TfLiteOpaqueContext *opaque_context,
                                                       int subgraph_index)
{
    TfLiteContext *context = plain_mutable(opaque_context);
    return context->ReleaseSubgraphContext(context, subgraph_index);
}

TfLiteStatus
TfLiteOpaqueContextMarkSubgraphAsDelegationSkippable(TfLiteOpaqueContext *opaque_context,
                                                     int subgraph_index)
{
    tb_interpreter *interpreter = subgraph_of(opaque_context)->interpreter;
    /* The primary subgraph is not inlined anywhere. */
    if (subgraph_index <= 0 || subgraph_index >= interpreter->subgraph_count)
        return kTfLiteError;
    interpreter->subgraphs[subgraph_index].delegation_skippable = true;
    return kTfLiteOk;
}

/* ---- the context, for everybody --------------------------------------------------------------- */

TfLiteStatus TfLiteOpaqueContextGetExternalContext(TfLiteOpaqueContext *opaque_context,
                                                   void **external_context,
                                                   TfLiteExternalContextType type)
{
    TfLiteContext *context = plain_mutable(opaque_context);
    *external_context = context->GetExternalContext(context, type);
    return kTfLiteOk;
}

TfLiteOpaqueTensor *TfLiteOpaqueContextGetOpaqueTensor(const TfLiteOpaqueContext *opaque_context,
                                                       int index)
{
    const TfLiteContext *context = plain(opaque_context);
    if (index < 0 || (size_t)index >= context->tensors_size)
        return NULL;
    return tb_opaque_tensor(&context->tensors[index]);
}

TfLiteStatus TfLiteOpaqueContextResizeTensor(TfLiteOpaqueContext *context,
                                             TfLiteOpaqueTensor *tensor, TfLiteIntArray *new_size)
{
    TfLiteContext *c = plain_mutable(context);
    return c->ResizeTensor(c, (TfLiteTensor *)tensor, new_size);
}

TfLiteStatus TfLiteOpaqueContextGetInputs(const TfLiteOpaqueContext *opaque_context,
                                          const int **inputs, int *num_inputs)
{
    const tb_subgraph *subgraph = subgraph_of(opaque_context);
    *inputs = subgraph->inputs;
    *num_inputs = subgraph->input_count;
    return kTfLiteOk;
}

TfLiteStatus TfLiteOpaqueContextGetOutputs(const TfLiteOpaqueContext *opaque_context,
                                           const int **outputs, int *num_outputs)
{
    const tb_subgraph *subgraph = subgraph_of(opaque_context);
    *outputs = subgraph->outputs;
    *num_outputs = subgraph->output_count;
    return kTfLiteOk;
}

TfLiteStatus TfLiteOpaqueContextGetVariables(const TfLiteOpaqueContext *opaque_context,
                                             const int **variables, int *num_variables)
{
    const tb_subgraph *subgraph = subgraph_of(opaque_context);
    *variables = subgraph->variables;
    *num_variables = subgraph->variable_count;
    return kTfLiteOk;
}

size_t TfLiteOpaqueContextGetNumNodes(const TfLiteOpaqueContext *opaque_context)
{
    return (size_t)subgraph_of(opaque_context)->node_count;
}

size_t TfLiteOpaqueContextGetNumTensors(const TfLiteOpaqueContext *opaque_context)
{
    return plain(opaque_context)->tensors_size;
}

const char *TfLiteOpaqueContextGetName(const TfLiteOpaqueContext *opaque_context)
{
    return subgraph_of(opaque_context)->name;
}

TfLiteStatus TfLiteOpaqueContextGetNodeInitDataMmapInfo(const TfLiteOpaqueContext *context,
                                                        const TfLiteOpaqueNode *node, int *fd,
                                                        int64_t *custom_initial_data_offset_in_file,
                                                        int64_t *custom_initial_data_size)
{
    /* The model's descriptor is closed once the file is mapped. */
    (void)context, (void)node;
    *fd = -1;
    *custom_initial_data_offset_in_file = -1;
    *custom_initial_data_size = -1;
    return kTfLiteError;
}

static TfLiteStatus refuse_builder(TfLiteOpaqueContext *context, const char *why)
{
    TfLiteOpaqueContextReportError(context, "adding a tensor: %s", why);
    return kTfLiteError;
}

TfLiteStatus TfLiteOpaqueContextAddTensor(TfLiteOpaqueContext *context,
                                          TfLiteOpaqueTensorBuilder *builder, int *new_tensor_index)
{
    bool dynamic = builder->allocation_type == kTfLiteDynamic;
    bool planned = builder->allocation_type == kTfLiteArenaRw ||
                   builder->allocation_type == kTfLiteArenaRwPersistent;
    if (!dynamic && !planned)
        return refuse_builder(context, "its memory is neither dynamic nor planned");
    if (dynamic && !builder->data)
        return refuse_builder(context, "it is dynamic and has no data");
    if (planned && builder->data)
        return refuse_builder(context, "its memory is planned, and it has data already");
    TfLiteContext *c = plain_mutable(context);
    int index = -1;
    TfLiteStatus status = c->AddTensors(c, 1, &index);
    if (status != kTfLiteOk)
        return status;
    TfLiteTensor *tensor = &c->tensors[index];
    tensor->type = builder->type;
    tensor->data.data = builder->data;
    tensor->allocation_type = builder->allocation_type;
    tensor->params = builder->params;
    tensor->quantization = builder->quantization;
    if (new_tensor_index)
        *new_tensor_index = index;
    return kTfLiteOk;
}

TfLiteStatus TfLiteOpaqueContextGetSizeOfType(TfLiteOpaqueContext *context, TfLiteType type,
                                              size_t *bytes)
{
    unsigned bits = tb_type_bits(type);
    if (bits < 8) {
        *bytes = 0;
        TfLiteOpaqueContextReportError(context, "an element of type %s has no whole bytes",
                                       TfLiteTypeGetName(type));
        return kTfLiteError;
    }
    *bytes = bits / 8;
    return kTfLiteOk;
}

TfLiteStatus TfLiteOpaqueContextGetMetadata(TfLiteOpaqueContext *context, const char *name,
                                            const char **ptr, size_t *bytes)
{
    const TfLiteContext *c = plain(context);
    return c->GetModelMetadata(c, name, ptr, bytes);
}

void TfLiteOpaqueContextReportErrorVa(TfLiteOpaqueContext *opaque_context, const char *format,
                                      va_list vlist)
{
    char text[TB_ERROR_TEXT_SIZE];
    TfLiteContext *context = plain_mutable(opaque_context);
    vsnprintf(text, sizeof text, format, vlist);
    context->ReportError(context, "%s", text);
}

void TfLiteOpaqueContextReportError(TfLiteOpaqueContext *opaque_context, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    TfLiteOpaqueContextReportErrorVa(opaque_context, format, args);
    va_end(args);
}

/* ---- delegates -------------------------------------------------------------------------------- */

TfLiteOpaqueDelegate *
TfLiteOpaqueDelegateCreate(const TfLiteOpaqueDelegateBuilder *opaque_delegate_builder)
{
    if (!opaque_delegate_builder)
        return NULL;
    TfLiteDelegate *delegate = calloc(1, sizeof *delegate);
    TfLiteOpaqueDelegateBuilder *builder = malloc(sizeof *builder);
    if (!delegate || !builder) {
        free(delegate);
        free(builder);
        return NULL;
    }
    *builder = *opaque_delegate_builder;
    delegate->opaque_delegate_builder = builder;
    return delegate;
}

void TfLiteOpaqueDelegateDelete(TfLiteOpaqueDelegate *delegate)
{
    if (!delegate)
        return;
    free(delegate->opaque_delegate_builder);
    free(delegate);
}

void *TfLiteOpaqueDelegateGetData(const TfLiteOpaqueDelegate *delegate)
{
    if (!delegate)
        return NULL;
    return delegate->opaque_delegate_builder ? delegate->opaque_delegate_builder->data
                                             : delegate->data_;
}
