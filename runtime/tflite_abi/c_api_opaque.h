/*
 * What kernels and delegates call that must not depend on the layout of context, node and tensor.
 * Where the meaning is that of a member of common.h, it is described there.
 */
#ifndef TB_RUNTIME_TFLITE_ABI_C_API_OPAQUE_H
#define TB_RUNTIME_TFLITE_ABI_C_API_OPAQUE_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "runtime/tflite_abi/c_api.h"
#include "runtime/tflite_abi/c_api_types.h"
#include "runtime/tflite_abi/common.h"
#include "runtime/tflite_abi/operator.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- tensor -------------------------------------------------------------------------------- */

/*
 * Fields of a tensor without its layout; see TfLiteTensor. NumDims is -1 before a shape is known.
 */
TFL_CAPI_EXPORT TfLiteType TfLiteOpaqueTensorType(const TfLiteOpaqueTensor *opaque_tensor);
TFL_CAPI_EXPORT int32_t TfLiteOpaqueTensorNumDims(const TfLiteOpaqueTensor *opaque_tensor);
TFL_CAPI_EXPORT int32_t TfLiteOpaqueTensorDim(const TfLiteOpaqueTensor *opaque_tensor,
                                              int32_t dim_index);
TFL_CAPI_EXPORT int TfLiteOpaqueTensorIsVariable(const TfLiteOpaqueTensor *opaque_tensor);
TFL_CAPI_EXPORT size_t TfLiteOpaqueTensorByteSize(const TfLiteOpaqueTensor *opaque_tensor);
TFL_CAPI_EXPORT void *TfLiteOpaqueTensorData(const TfLiteOpaqueTensor *opaque_tensor);
TFL_CAPI_EXPORT const char *TfLiteOpaqueTensorName(const TfLiteOpaqueTensor *opaque_tensor);
TFL_CAPI_EXPORT TfLiteQuantization
TfLiteOpaqueTensorGetQuantization(const TfLiteOpaqueTensor *opaque_tensor);
TFL_CAPI_EXPORT TfLiteQuantizationParams
TfLiteOpaqueTensorGetQuantizationParams(const TfLiteOpaqueTensor *opaque_tensor);

/*
 * The shape with -1 where a dimension is free. num_dims is -1 where the model states no such shape;
 * kTfLiteError leaves the result unset.
 */
TFL_CAPI_EXPORT TfLiteStatus
TfLiteOpaqueTensorGetNumDimsSignature(const TfLiteOpaqueTensor *opaque_tensor, int32_t *num_dims);
TFL_CAPI_EXPORT TfLiteStatus TfLiteOpaqueTensorGetDimSignature(
    const TfLiteOpaqueTensor *opaque_tensor, int32_t dim_index, int32_t *dim_length);

/* As the functions of the same name in common.h. */
TFL_CAPI_EXPORT TfLiteAllocationType
TfLiteOpaqueTensorGetAllocationType(const TfLiteOpaqueTensor *opaque_tensor);
TFL_CAPI_EXPORT TfLiteAllocationStrategy
TfLiteOpaqueTensorGetAllocationStrategy(const TfLiteOpaqueTensor *t);
TFL_CAPI_EXPORT TfLiteRunStability
TfLiteOpaqueTensorGetBufferAddressStability(const TfLiteOpaqueTensor *t);
TFL_CAPI_EXPORT TfLiteRunStability TfLiteOpaqueTensorGetDataStability(const TfLiteOpaqueTensor *t);
TFL_CAPI_EXPORT TfLiteRunStep TfLiteOpaqueTensorGetDataKnownStep(const TfLiteOpaqueTensor *t);
TFL_CAPI_EXPORT TfLiteRunStep TfLiteOpaqueTensorGetShapeKnownStep(const TfLiteOpaqueTensor *t);

/* kTfLiteError unless the size is exactly the tensor's byte size. */
TFL_CAPI_EXPORT TfLiteStatus TfLiteOpaqueTensorCopyFromBuffer(TfLiteOpaqueTensor *opaque_tensor,
                                                              const void *input_data,
                                                              size_t input_data_size);
TFL_CAPI_EXPORT TfLiteStatus TfLiteOpaqueTensorCopyToBuffer(const TfLiteOpaqueTensor *opaque_tensor,
                                                            void *output_data,
                                                            size_t output_data_size);

/*
 * String tensors. A string has a length and no terminator; a returned one is borrowed from the
 * tensor. Writing replaces everything the tensor held, its shape included for WriteStrings of
 * several. The count is -1 if the tensor's bytes are not a string buffer.
 */
TFL_CAPI_EXPORT int TfLiteOpaqueTensorGetStringCount(const TfLiteOpaqueTensor *tensor);
TFL_CAPI_EXPORT TfLiteStatus TfLiteOpaqueTensorGetString(const TfLiteOpaqueTensor *tensor,
                                                         int index, const char **str, int *len);
TFL_CAPI_EXPORT TfLiteStatus TfLiteOpaqueTensorWriteStrings(TfLiteOpaqueTensor *tensor,
                                                            const char *const *str_array,
                                                            int str_array_len,
                                                            const int *str_n_len);
TFL_CAPI_EXPORT TfLiteStatus TfLiteOpaqueTensorWriteString(TfLiteOpaqueTensor *tensor,
                                                           const char *str, int len);

/* Changes who owns the bytes; a kernel does it in prepare, for an output. */
TFL_CAPI_EXPORT void TfLiteOpaqueTensorSetAllocationTypeToDynamic(TfLiteOpaqueTensor *tensor);
TFL_CAPI_EXPORT void TfLiteOpaqueTensorSetNonCpuAllocation(TfLiteOpaqueTensor *tensor);

/* Describes a tensor to be added by a delegate. */
typedef struct TfLiteOpaqueTensorBuilder TfLiteOpaqueTensorBuilder;

/*
 * Setters return their builder. An added tensor takes the quantization, and the data, which has to
 * be there for a kTfLiteDynamic one and absent for an arena one; other kinds cannot be added.
 */
TFL_CAPI_EXPORT TfLiteOpaqueTensorBuilder *TfLiteOpaqueTensorBuilderCreate(void);
TFL_CAPI_EXPORT void TfLiteOpaqueTensorBuilderDelete(TfLiteOpaqueTensorBuilder *builder);
TFL_CAPI_EXPORT TfLiteOpaqueTensorBuilder *
TfLiteOpaqueTensorBuilderSetType(TfLiteOpaqueTensorBuilder *builder, TfLiteType type);
TFL_CAPI_EXPORT TfLiteOpaqueTensorBuilder *
TfLiteOpaqueTensorBuilderSetData(TfLiteOpaqueTensorBuilder *builder, void *data);
TFL_CAPI_EXPORT TfLiteOpaqueTensorBuilder *
TfLiteOpaqueTensorBuilderSetAllocationType(TfLiteOpaqueTensorBuilder *builder,
                                           TfLiteAllocationType allocation_type);
TFL_CAPI_EXPORT TfLiteOpaqueTensorBuilder *
TfLiteOpaqueTensorBuilderSetQuantizationParams(TfLiteOpaqueTensorBuilder *builder,
                                               TfLiteQuantizationParams params);
TFL_CAPI_EXPORT TfLiteOpaqueTensorBuilder *
TfLiteOpaqueTensorBuilderSetQuantization(TfLiteOpaqueTensorBuilder *builder,
                                         TfLiteQuantization quantization);

/* ---- node ---------------------------------------------------------------------------------- */

/*
 * Tensors and tensor indices of a node; arrays are borrowed from it. NULL or -1 for a position out
 * of range, and for an optional tensor that is absent.
 */
TFL_CAPI_EXPORT const TfLiteOpaqueTensor *
TfLiteOpaqueNodeGetInput(const TfLiteOpaqueContext *opaque_context,
                         const TfLiteOpaqueNode *opaque_node, int index);
TFL_CAPI_EXPORT TfLiteOpaqueTensor *TfLiteOpaqueNodeGetOutput(TfLiteOpaqueContext *opaque_context,
                                                              const TfLiteOpaqueNode *opaque_node,
                                                              int index);
TFL_CAPI_EXPORT int TfLiteOpaqueNodeGetInputTensorIndex(const TfLiteOpaqueNode *opaque_node,
                                                        int index_of_input);
TFL_CAPI_EXPORT int TfLiteOpaqueNodeGetOutputTensorIndex(const TfLiteOpaqueNode *opaque_node,
                                                         int index_of_output);
TFL_CAPI_EXPORT int TfLiteOpaqueNodeNumberOfInputs(const TfLiteOpaqueNode *opaque_node);
TFL_CAPI_EXPORT int TfLiteOpaqueNodeNumberOfOutputs(const TfLiteOpaqueNode *opaque_node);
TFL_CAPI_EXPORT TfLiteStatus TfLiteOpaqueNodeInputs(const TfLiteOpaqueNode *opaque_node,
                                                    const int **inputs, int *num_inputs);
TFL_CAPI_EXPORT TfLiteStatus TfLiteOpaqueNodeOutputs(const TfLiteOpaqueNode *opaque_node,
                                                     const int **outputs, int *num_outputs);

/* Temporaries are copied from an array of tensor indices. */
TFL_CAPI_EXPORT TfLiteStatus TfLiteOpaqueNodeSetTemporaries(TfLiteOpaqueNode *opaque_node,
                                                            const int *temporaries,
                                                            int num_temporaries);
TFL_CAPI_EXPORT TfLiteStatus TfLiteOpaqueNodeTemporaries(const TfLiteOpaqueNode *opaque_node,
                                                         const int **temporaries,
                                                         int *num_temporaries);

/* user_data, builtin_data and custom_initial_data of TfLiteNode. */
TFL_CAPI_EXPORT void *TfLiteOpaqueNodeGetUserData(const TfLiteOpaqueNode *opaque_node);
TFL_CAPI_EXPORT void *TfLiteOpaqueNodeGetBuiltinData(const TfLiteOpaqueNode *opaque_node);
TFL_CAPI_EXPORT TfLiteStatus TfLiteOpaqueNodeGetCustomInitialData(
    const TfLiteOpaqueNode *opaque_node, const void **init_data, int *size);

/* ---- context ------------------------------------------------------------------------------- */

/* The members of TfLiteContext of the same names. */
TFL_CAPI_EXPORT TfLiteStatus TfLiteOpaqueContextGetExecutionPlan(
    TfLiteOpaqueContext *opaque_context, TfLiteIntArray **execution_plan);
TFL_CAPI_EXPORT TfLiteStatus TfLiteOpaqueContextGetExternalContext(
    TfLiteOpaqueContext *opaque_context, void **external_context, TfLiteExternalContextType type);
TFL_CAPI_EXPORT TfLiteStatus TfLiteOpaqueContextGetNodeAndRegistration(
    TfLiteOpaqueContext *opaque_context, int node_index, TfLiteOpaqueNode **node,
    TfLiteOperator **registration_external);
TFL_CAPI_EXPORT TfLiteStatus TfLiteOpaqueContextReplaceNodeSubsetsWithDelegateKernels(
    TfLiteOpaqueContext *opaque_context, TfLiteOperator *registration_external,
    const TfLiteIntArray *nodes_to_replace, TfLiteOpaqueDelegate *opaque_delegate);
TFL_CAPI_EXPORT TfLiteOpaqueTensor *
TfLiteOpaqueContextGetOpaqueTensor(const TfLiteOpaqueContext *opaque_context, int index);
TFL_CAPI_EXPORT TfLiteStatus TfLiteOpaqueContextResizeTensor(TfLiteOpaqueContext *context,
                                                             TfLiteOpaqueTensor *tensor,
                                                             TfLiteIntArray *new_size);
TFL_CAPI_EXPORT TfLiteStatus
TfLiteOpaqueContextAcquireSubgraphContext(TfLiteOpaqueContext *opaque_context, int subgraph_index,
                                          TfLiteOpaqueContext **acquired_opaque_context);
TFL_CAPI_EXPORT TfLiteStatus
TfLiteOpaqueContextReleaseSubgraphContext(TfLiteOpaqueContext *opaque_context, int subgraph_index);

/* What the subgraph consists of; arrays and name are borrowed from it. */
TFL_CAPI_EXPORT TfLiteStatus TfLiteOpaqueContextGetInputs(const TfLiteOpaqueContext *opaque_context,
                                                          const int **inputs, int *num_inputs);
TFL_CAPI_EXPORT TfLiteStatus TfLiteOpaqueContextGetOutputs(
    const TfLiteOpaqueContext *opaque_context, const int **outputs, int *num_outputs);
TFL_CAPI_EXPORT TfLiteStatus TfLiteOpaqueContextGetVariables(
    const TfLiteOpaqueContext *opaque_context, const int **variables, int *num_variables);
TFL_CAPI_EXPORT size_t TfLiteOpaqueContextGetNumNodes(const TfLiteOpaqueContext *opaque_context);
TFL_CAPI_EXPORT size_t TfLiteOpaqueContextGetNumTensors(const TfLiteOpaqueContext *opaque_context);
TFL_CAPI_EXPORT const char *TfLiteOpaqueContextGetName(const TfLiteOpaqueContext *opaque_context);

/* Tells the runtime to leave a subgraph alone that this delegate runs as part of another. */
TFL_CAPI_EXPORT TfLiteStatus TfLiteOpaqueContextMarkSubgraphAsDelegationSkippable(
    TfLiteOpaqueContext *opaque_context, int subgraph_index);

/*
 * Where a node's custom options lie in the model file; kTfLiteError if the model is not a mapped
 * file.
 */
TFL_CAPI_EXPORT TfLiteStatus TfLiteOpaqueContextGetNodeInitDataMmapInfo(
    const TfLiteOpaqueContext *context, const TfLiteOpaqueNode *node, int *fd,
    int64_t *custom_initial_data_offset_in_file, int64_t *custom_initial_data_size);

/* Adds one tensor and says at which index; new_tensor_index may be NULL. */
TFL_CAPI_EXPORT TfLiteStatus TfLiteOpaqueContextAddTensor(TfLiteOpaqueContext *context,
                                                          TfLiteOpaqueTensorBuilder *builder,
                                                          int *new_tensor_index);

/* Bytes of one element; kTfLiteError for types without a fixed size. */
TFL_CAPI_EXPORT TfLiteStatus TfLiteOpaqueContextGetSizeOfType(TfLiteOpaqueContext *context,
                                                              TfLiteType type, size_t *bytes);

/* The model's metadata buffer of that name, borrowed. */
TFL_CAPI_EXPORT TfLiteStatus TfLiteOpaqueContextGetMetadata(TfLiteOpaqueContext *context,
                                                            const char *name, const char **ptr,
                                                            size_t *bytes);

/* printf-like; one message a fault. */
TFL_CAPI_EXPORT void TfLiteOpaqueContextReportError(TfLiteOpaqueContext *opaque_context,
                                                    const char *format, ...);
TFL_CAPI_EXPORT void TfLiteOpaqueContextReportErrorVa(TfLiteOpaqueContext *opaque_context,
                                                      const char *format, va_list vlist);

/* ---- delegate ------------------------------------------------------------------------------ */

/*
 * The builder is copied. The delegate belongs to the caller; Delete takes NULL. GetData is the
 * builder's data, NULL for a delegate that was not made here.
 */
TFL_CAPI_EXPORT TfLiteOpaqueDelegate *
TfLiteOpaqueDelegateCreate(const TfLiteOpaqueDelegateBuilder *opaque_delegate_builder);
TFL_CAPI_EXPORT void TfLiteOpaqueDelegateDelete(TfLiteOpaqueDelegate *delegate);
TFL_CAPI_EXPORT void *TfLiteOpaqueDelegateGetData(const TfLiteOpaqueDelegate *delegate);

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif
