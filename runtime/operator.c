/* TfLiteOperator: an operator's implementation in opaque form; see tflite_abi/operator.h. */
#include <stdlib.h>
#include <string.h>

#include "runtime/operator_internal.h"

TfLiteOperator *TfLiteOperatorCreate(TfLiteBuiltinOperator builtin_code, const char *custom_name,
                                     int version, void *user_data)
{
    TfLiteOperator *created = calloc(1, sizeof *created);
    if (!created)
        return NULL;
    if (custom_name && !(created->custom_name = strdup(custom_name))) {
        free(created);
        return NULL;
    }
    created->builtin_code = (int32_t)builtin_code;
    created->version = version;
    created->user_data = user_data;
    return created;
}

void TfLiteOperatorDelete(TfLiteOperator *registration)
{
    if (!registration)
        return;
    free(registration->custom_name);
    free(registration);
}

TfLiteBuiltinOperator TfLiteOperatorGetBuiltInCode(const TfLiteOperator *registration)
{
    return (TfLiteBuiltinOperator)registration->builtin_code;
}

const char *TfLiteOperatorGetCustomName(const TfLiteOperator *registration)
{
    return registration->custom_name;
}

int TfLiteOperatorGetVersion(const TfLiteOperator *registration)
{
    return registration ? registration->version : -1;
}

void *TfLiteOperatorGetUserData(const TfLiteOperator *registration)
{
    return registration ? registration->user_data : NULL;
}

void TfLiteOperatorSetInit(TfLiteOperator *registration,
                           void *(*init)(TfLiteOpaqueContext *context, const char *buffer,
                                         size_t length))
{
    registration->init = init;
}

TfLiteStatus TfLiteOperatorSetInitWithData(TfLiteOperator *registration,
                                           void *(*init)(void *user_data,
                                                         TfLiteOpaqueContext *context,
                                                         const char *buffer, size_t length))
{
    registration->init_with_data = init;
    return kTfLiteOk;
}

void TfLiteOperatorSetFree(TfLiteOperator *registration,
                           void (*free)(TfLiteOpaqueContext *context, void *data))
{
    registration->free = free;
}

TfLiteStatus TfLiteOperatorSetFreeWithData(TfLiteOperator *registration,
                                           void (*free)(void *user_data,
                                                        TfLiteOpaqueContext *context, void *data))
{
    registration->free_with_data = free;
    return kTfLiteOk;
}

void TfLiteOperatorSetPrepare(TfLiteOperator *registration,
                              TfLiteStatus (*prepare)(TfLiteOpaqueContext *context,
                                                      TfLiteOpaqueNode *node))
{
    registration->prepare = prepare;
}

TfLiteStatus TfLiteOperatorSetPrepareWithData(TfLiteOperator *registration,
                                              TfLiteStatus (*prepare)(void *user_data,
                                                                      TfLiteOpaqueContext *context,
                                                                      TfLiteOpaqueNode *node))
{
    registration->prepare_with_data = prepare;
    return kTfLiteOk;
}

void TfLiteOperatorSetInvoke(TfLiteOperator *registration,
                             TfLiteStatus (*invoke)(TfLiteOpaqueContext *context,
                                                    TfLiteOpaqueNode *node))
{
    registration->invoke = invoke;
}

TfLiteStatus TfLiteOperatorSetInvokeWithData(TfLiteOperator *registration,
                                             TfLiteStatus (*invoke)(void *user_data,
                                                                    TfLiteOpaqueContext *context,
                                                                    TfLiteOpaqueNode *node))
{
    registration->invoke_with_data = invoke;
    return kTfLiteOk;
}

void TfLiteOperatorSetAsyncKernel(
    TfLiteOperator *registration,
    struct TfLiteAsyncKernel *(*async_kernel)(TfLiteOpaqueContext *context, TfLiteOpaqueNode *node))
{
    registration->async_kernel = async_kernel;
}

TfLiteStatus TfLiteOperatorSetAsyncKernelWithData(
    TfLiteOperator *registration,
    struct TfLiteAsyncKernel *(*async_kernel)(void *user_data, TfLiteOpaqueContext *context,
                                              TfLiteOpaqueNode *node))
{
    registration->async_kernel_with_data = async_kernel;
    return kTfLiteOk;
}

void TfLiteOperatorSetInplaceOperator(TfLiteOperator *registration, uint64_t inplace_operator)
{
    registration->inplace_operator = inplace_operator;
}

TfLiteRegistration tb_operator_registration(TfLiteOperator *operator_)
{
    return (TfLiteRegistration){
        .builtin_code = operator_->builtin_code,
        .custom_name = operator_->custom_name,
        .version = operator_->version,
        .registration_external = operator_,
        .inplace_operator = operator_->inplace_operator,
    };
}
