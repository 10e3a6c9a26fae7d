/*
 * The part of the application's interface that TFLite calls experimental: variables, buffer handles,
 * operators and resolvers, delegates applied late, telemetry.
 */
#ifndef TB_RUNTIME_TFLITE_ABI_C_API_EXPERIMENTAL_H
#define TB_RUNTIME_TFLITE_ABI_C_API_EXPERIMENTAL_H

#include <stdbool.h>
#include <stdint.h>

#include "runtime/tflite_abi/builtin_ops.h"
#include "runtime/tflite_abi/c_api.h"
#include "runtime/tflite_abi/common.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- interpreter --------------------------------------------------------------------------- */

/* Sets every variable tensor to zero; the zero point, where it is int8. */
TFL_CAPI_EXPORT TfLiteStatus TfLiteInterpreterResetVariableTensors(TfLiteInterpreter *interpreter);

/* The primary subgraph's variable tensors, by position. */
TFL_CAPI_EXPORT int32_t
TfLiteInterpreterGetVariableTensorCount(const TfLiteInterpreter *interpreter);
TFL_CAPI_EXPORT TfLiteTensor *
TfLiteInterpreterGetVariableTensor(const TfLiteInterpreter *interpreter, int32_t variable_index);

/* Tensor index of an input or output by position; -1 if there is none. */
TFL_CAPI_EXPORT int32_t TfLiteInterpreterGetInputTensorIndex(const TfLiteInterpreter *interpreter,
                                                             int32_t input_index);
TFL_CAPI_EXPORT int32_t TfLiteInterpreterGetOutputTensorIndex(const TfLiteInterpreter *interpreter,
                                                              int32_t output_index);

/*
 * Applies a delegate after creation, instead of through the options; borrowed, it must outlive the
 * interpreter. After kTfLiteDelegateError no delegate is applied, earlier ones included.
 */
TFL_CAPI_EXPORT TfLiteStatus TfLiteInterpreterModifyGraphWithDelegate(
    const TfLiteInterpreter *interpreter, TfLiteDelegate *delegate);

/*
 * Makes an arena tensor live in the application's memory: 64-byte aligned unless flags
 * (TfLiteCustomAllocationFlags) say not to look, large enough at each AllocateTensors, and there as
 * long as the interpreter. AllocateTensors must follow.
 */
TFL_CAPI_EXPORT TfLiteStatus TfLiteInterpreterSetCustomAllocationForTensor(
    TfLiteInterpreter *interpreter, int tensor_index, const TfLiteCustomAllocation *allocation,
    int64_t flags);

/*
 * Lets an input or output be a delegate's own buffer instead of CPU memory. Outputs are fetched to
 * the CPU after each Invoke unless AllowBufferHandleOutput is set; EnsureTensorDataIsReadable then
 * fetches one on demand.
 */
TFL_CAPI_EXPORT TfLiteStatus TfLiteInterpreterSetBufferHandle(TfLiteInterpreter *interpreter,
                                                              TfLiteTensor *tensor,
                                                              TfLiteBufferHandle buffer_handle,
                                                              TfLiteOpaqueDelegate *delegate);
TFL_CAPI_EXPORT TfLiteStatus TfLiteInterpreterGetBufferHandle(TfLiteInterpreter *interpreter,
                                                              int tensor_index,
                                                              TfLiteBufferHandle *buffer_handle,
                                                              TfLiteOpaqueDelegate **delegate);
TFL_CAPI_EXPORT void TfLiteSetAllowBufferHandleOutput(const TfLiteInterpreter *interpreter,
                                                      bool allow_buffer_handle_output);
TFL_CAPI_EXPORT TfLiteStatus
TfLiteInterpreterEnsureTensorDataIsReadable(TfLiteInterpreter *interpreter, int tensor_index);

/* As TfLiteInterpreterCancel. */
TFL_CAPI_EXPORT TfLiteStatus TfLiteSignatureRunnerCancel(TfLiteSignatureRunner *signature_runner);

/* ---- operators ----------------------------------------------------------------------------- */

/*
 * Adds an implementation for a range of versions. The registration is copied; name must outlive the
 * options. Not together with a resolver.
 */
TFL_CAPI_EXPORT void TfLiteInterpreterOptionsAddBuiltinOp(TfLiteInterpreterOptions *options,
                                                          TfLiteBuiltinOperator op,
                                                          const TfLiteRegistration *registration,
                                                          int32_t min_version, int32_t max_version);
TFL_CAPI_EXPORT void TfLiteInterpreterOptionsAddCustomOp(TfLiteInterpreterOptions *options,
                                                         const char *name,
                                                         const TfLiteRegistration *registration,
                                                         int32_t min_version, int32_t max_version);

/*
 * Functions asked for operators that were not added by name; NULL means "not known". What they
 * return is borrowed and must outlive the interpreter. The numbered forms give older registrations,
 * which are widened with zeros. The one WithFallback asks its external pair first, and its other
 * pair where that gives an operator without callbacks.
 */
TFL_CAPI_EXPORT void TfLiteInterpreterOptionsSetOpResolver(
    TfLiteInterpreterOptions *options,
    const TfLiteRegistration *(*find_builtin_op)(void *user_data, TfLiteBuiltinOperator op,
                                                 int version),
    const TfLiteRegistration *(*find_custom_op)(void *user_data, const char *custom_op,
                                                int version),
    void *op_resolver_user_data);
TFL_CAPI_EXPORT void TfLiteInterpreterOptionsSetOpResolverExternal(
    TfLiteInterpreterOptions *options,
    const TfLiteOperator *(*find_builtin_op)(void *user_data, int op, int version),
    const TfLiteOperator *(*find_custom_op)(void *user_data, const char *custom_op, int version),
    void *op_resolver_user_data);
TFL_CAPI_EXPORT void TfLiteInterpreterOptionsSetOpResolverExternalWithFallback(
    TfLiteInterpreterOptions *options,
    const TfLiteOperator *(*find_builtin_op_external)(void *user_data, int op, int version),
    const TfLiteOperator *(*find_custom_op_external)(void *user_data, const char *custom_op,
                                                     int version),
    const TfLiteRegistration *(*find_builtin_op)(void *user_data, TfLiteBuiltinOperator op,
                                                 int version),
    const TfLiteRegistration *(*find_custom_op)(void *user_data, const char *op, int version),
    void *op_resolver_user_data);
TFL_CAPI_EXPORT void TfLiteInterpreterOptionsSetOpResolverV3(
    TfLiteInterpreterOptions *options,
    const TfLiteRegistration_V3 *(*find_builtin_op_v3)(void *user_data, TfLiteBuiltinOperator op,
                                                       int version),
    const TfLiteRegistration_V3 *(*find_custom_op_v3)(void *user_data, const char *op, int version),
    void *op_resolver_user_data);
TFL_CAPI_EXPORT void TfLiteInterpreterOptionsSetOpResolverV2(
    TfLiteInterpreterOptions *options,
    const TfLiteRegistration_V2 *(*find_builtin_op_v2)(void *user_data, TfLiteBuiltinOperator op,
                                                       int version),
    const TfLiteRegistration_V2 *(*find_custom_op_v2)(void *user_data, const char *op, int version),
    void *op_resolver_user_data);
TFL_CAPI_EXPORT void TfLiteInterpreterOptionsSetOpResolverV1(
    TfLiteInterpreterOptions *options,
    const TfLiteRegistration_V1 *(*find_builtin_op_v1)(void *user_data, TfLiteBuiltinOperator op,
                                                       int version),
    const TfLiteRegistration_V1 *(*find_custom_op_v1)(void *user_data, const char *op, int version),
    void *op_resolver_user_data);

/* An interpreter with the operators in the options and no others. */
TFL_CAPI_EXPORT TfLiteInterpreter *
TfLiteInterpreterCreateWithSelectedOps(const TfLiteModel *model,
                                       const TfLiteInterpreterOptions *options);

/* ---- options ------------------------------------------------------------------------------- */

/* Asks a stock runtime for its NNAPI delegate; this one has a delegate for that. */
TFL_CAPI_EXPORT void TfLiteInterpreterOptionsSetUseNNAPI(TfLiteInterpreterOptions *options,
                                                         bool enable);

/*
 * When a delegate fails in Invoke, undo every delegate and run again without. That Invoke then
 * answers kTfLiteDelegateError with valid outputs; tensor addresses and variables do not survive
 * it.
 */
TFL_CAPI_EXPORT void
TfLiteInterpreterOptionsSetEnableDelegateFallback(TfLiteInterpreterOptions *options, bool enable);

/* ---- telemetry ----------------------------------------------------------------------------- */

/* A settings blob of one kind; source says whose, data is a struct of that source's own. */
typedef struct TfLiteTelemetrySettings {
    uint32_t source;
    const void *data;
} TfLiteTelemetrySettings;

/*
 * Callbacks of a profiler given from outside. Its layout is that of this ABI generation only: ask
 * TfLiteVersion before handing one to another library. elapsed_time is in microseconds; status
 * packs a TfLiteStatus with the delegate's own code.
 */
typedef struct TfLiteTelemetryProfilerStruct {
    void *data;
    void (*ReportTelemetryEvent)(struct TfLiteTelemetryProfilerStruct *profiler,
                                 const char *event_name, uint64_t status);
    void (*ReportTelemetryOpEvent)(struct TfLiteTelemetryProfilerStruct *profiler,
                                   const char *event_name, int64_t op_idx, int64_t subgraph_idx,
                                   uint64_t status);
    void (*ReportSettings)(struct TfLiteTelemetryProfilerStruct *profiler, const char *setting_name,
                           const TfLiteTelemetrySettings *settings);
    uint32_t (*ReportBeginOpInvokeEvent)(struct TfLiteTelemetryProfilerStruct *profiler,
                                         const char *op_name, int64_t op_idx, int64_t subgraph_idx);
    void (*ReportEndOpInvokeEvent)(struct TfLiteTelemetryProfilerStruct *profiler,
                                   uint32_t event_handle);
    void (*ReportOpInvokeEvent)(struct TfLiteTelemetryProfilerStruct *profiler, const char *op_name,
                                uint64_t elapsed_time, int64_t op_idx, int64_t subgraph_idx);
} TfLiteTelemetryProfilerStruct;

/* Borrowed; must outlive the interpreter. */
TFL_CAPI_EXPORT void
TfLiteInterpreterOptionsSetTelemetryProfiler(TfLiteInterpreterOptions *options,
                                             struct TfLiteTelemetryProfilerStruct *profiler);

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif
