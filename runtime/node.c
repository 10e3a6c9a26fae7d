/*
 * Calling an operator's implementation, whether it came as a plain TfLiteRegistration or in opaque
 * form. Where both forms of an opaque callback are set, the one with user data is called.
 */
#include "runtime/builtin_names.h"
#include "runtime/interpreter_internal.h"
#include "runtime/operator_internal.h"
#include "runtime/tflite_abi/builtin_ops.h"

void *tb_node_init(tb_subgraph *subgraph, const tb_node *node, const char *buffer, size_t size)
{
    const TfLiteRegistration *registration = &node->registration;
    const TfLiteOperator *opaque = registration->registration_external;
    TfLiteContext *context = &subgraph->context;
    if (opaque && opaque->init_with_data)
        return opaque->init_with_data(opaque->user_data, tb_opaque_context(context), buffer, size);
    if (opaque && opaque->init)
        return opaque->init(tb_opaque_context(context), buffer, size);
    return registration->init ? registration->init(context, buffer, size) : NULL;
}

void tb_node_free(tb_subgraph *subgraph, const tb_node *node, void *user_data)
{
    if (!user_data)
        return;
    const TfLiteRegistration *registration = &node->registration;
    const TfLiteOperator *opaque = registration->registration_external;
    TfLiteContext *context = &subgraph->context;
    if (opaque && opaque->free_with_data)
        opaque->free_with_data(opaque->user_data, tb_opaque_context(context), user_data);
    else if (opaque && opaque->free)
        opaque->free(tb_opaque_context(context), user_data);
    else if (registration->free)
        registration->free(context, user_data);
}

TfLiteStatus tb_node_prepare(tb_subgraph *subgraph, tb_node *node)
{
    const TfLiteRegistration *registration = &node->registration;
    const TfLiteOperator *opaque = registration->registration_external;
    TfLiteContext *context = &subgraph->context;
    if (!node->resolved) {
        tb_fault(subgraph, TB_UNSUPPORTED, "this custom operator is not known here");
        return kTfLiteUnresolvedOps;
    }
    if (opaque && opaque->prepare_with_data)
        return opaque->prepare_with_data(opaque->user_data, tb_opaque_context(context),
                                         tb_opaque_node(&node->node));
    if (opaque && opaque->prepare)
        return opaque->prepare(tb_opaque_context(context), tb_opaque_node(&node->node));
    return registration->prepare ? registration->prepare(context, &node->node) : kTfLiteOk;
}

TfLiteStatus tb_node_invoke(tb_subgraph *subgraph, tb_node *node)
{
    const TfLiteRegistration *registration = &node->registration;
    const TfLiteOperator *opaque = registration->registration_external;
    TfLiteContext *context = &subgraph->context;
    if (opaque && opaque->invoke_with_data)
        return opaque->invoke_with_data(opaque->user_data, tb_opaque_context(context),
                                        tb_opaque_node(&node->node));
    if (opaque && opaque->invoke)
        return opaque->invoke(tb_opaque_context(context), tb_opaque_node(&node->node));
    if (!registration->invoke)
        return tb_fault(subgraph, TB_UNSUPPORTED, "this operator has no implementation to run");
    return registration->invoke(context, &node->node);
}

const char *tb_node_name(const tb_node *node)
{
    const TfLiteRegistration *registration = &node->registration;
    bool named = registration->builtin_code == kTfLiteBuiltinCustom ||
                 registration->builtin_code == kTfLiteBuiltinDelegate;
    if (named && registration->custom_name)
        return registration->custom_name;
    return tb_builtin_name(registration->builtin_code);
}
