/*
 * The implementation of an operator in opaque form: what TfLiteRegistration is to clients that must
 * not depend on its layout.
 */
#ifndef TB_RUNTIME_TFLITE_ABI_OPERATOR_H
#define TB_RUNTIME_TFLITE_ABI_OPERATOR_H

#include "runtime/tflite_abi/builtin_ops.h"
#include "runtime/tflite_abi/c_api_types.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * custom_name is for kTfLiteBuiltinCustom, NULL otherwise; user_data is passed to every
 * ...WithData callback. Both are borrowed, and like the operator itself have to outlive the
 * interpreters that use it. Delete takes NULL.
 */
TFL_CAPI_EXPORT TfLiteOperator *TfLiteOperatorCreate(TfLiteBuiltinOperator builtin_code,
                                                     const char *custom_name, int version,
                                                     void *user_data);
TFL_CAPI_EXPORT void TfLiteOperatorDelete(TfLiteOperator *registration);

/* What Create was given. */
TFL_CAPI_EXPORT TfLiteBuiltinOperator
TfLiteOperatorGetBuiltInCode(const TfLiteOperator *registration);
TFL_CAPI_EXPORT const char *TfLiteOperatorGetCustomName(const TfLiteOperator *registration);
TFL_CAPI_EXPORT int TfLiteOperatorGetVersion(const TfLiteOperator *registration);
TFL_CAPI_EXPORT void *TfLiteOperatorGetUserData(const TfLiteOperator *registration);

/*
 * The callbacks, each as in TfLiteRegistration; NULL unsets one. If both forms of a callback are
 * set, the ...WithData one is called.
 */
TFL_CAPI_EXPORT void TfLiteOperatorSetInit(TfLiteOperator *registration,
                                           void *(*init)(TfLiteOpaqueContext *context,
                                                         const char *buffer, size_t length));
TFL_CAPI_EXPORT TfLiteStatus TfLiteOperatorSetInitWithData(
    TfLiteOperator *registration, void *(*init)(void *user_data, TfLiteOpaqueContext *context,
                                                const char *buffer, size_t length));
TFL_CAPI_EXPORT void TfLiteOperatorSetFree(TfLiteOperator *registration,
                                           void (*free)(TfLiteOpaqueContext *context, void *data));
TFL_CAPI_EXPORT TfLiteStatus TfLiteOperatorSetFreeWithData(
    TfLiteOperator *registration,
    void (*free)(void *user_data, TfLiteOpaqueContext *context, void *data));
TFL_CAPI_EXPORT void TfLiteOperatorSetPrepare(TfLiteOperator *registration,
                                              TfLiteStatus (*prepare)(TfLiteOpaqueContext *context,
                                                                      TfLiteOpaqueNode *node));
TFL_CAPI_EXPORT TfLiteStatus TfLiteOperatorSetPrepareWithData(
    TfLiteOperator *registration,
    TfLiteStatus (*prepare)(void *user_data, TfLiteOpaqueContext *context, TfLiteOpaqueNode *node));
TFL_CAPI_EXPORT void TfLiteOperatorSetInvoke(TfLiteOperator *registration,
                                             TfLiteStatus (*invoke)(TfLiteOpaqueContext *context,
                                                                    TfLiteOpaqueNode *node));
TFL_CAPI_EXPORT TfLiteStatus TfLiteOperatorSetInvokeWithData(
    TfLiteOperator *registration,
    TfLiteStatus (*invoke)(void *user_data, TfLiteOpaqueContext *context, TfLiteOpaqueNode *node));
TFL_CAPI_EXPORT void
TfLiteOperatorSetAsyncKernel(TfLiteOperator *registration,
                             struct TfLiteAsyncKernel *(*async_kernel)(TfLiteOpaqueContext *context,
                                                                       TfLiteOpaqueNode *node));
TFL_CAPI_EXPORT TfLiteStatus TfLiteOperatorSetAsyncKernelWithData(
    TfLiteOperator *registration,
    struct TfLiteAsyncKernel *(*async_kernel)(void *user_data, TfLiteOpaqueContext *context,
                                              TfLiteOpaqueNode *node));

/* TfLiteInPlaceOp bits. */
TFL_CAPI_EXPORT void TfLiteOperatorSetInplaceOperator(TfLiteOperator *registration,
                                                      uint64_t inplace_operator);

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif
