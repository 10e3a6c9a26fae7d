/*
 * The functions an application uses: load a model, make an interpreter, fill, run, read.
 * libtensorflowlite_c.so exports them under the symbol version VERS_1.0.
 */
#ifndef TB_RUNTIME_TFLITE_ABI_C_API_H
#define TB_RUNTIME_TFLITE_ABI_C_API_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "runtime/tflite_abi/builtin_ops.h"
#include "runtime/tflite_abi/c_api_types.h"
#include "runtime/tflite_abi/operator.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A loaded model; immutable, and shared by any number of interpreters and threads. */
typedef struct TfLiteModel TfLiteModel;
/* How an interpreter is to be made; read at creation, may be deleted afterwards. */
typedef struct TfLiteInterpreterOptions TfLiteInterpreterOptions;
/* A model being run. One thread at a time, but for cancellation. */
typedef struct TfLiteInterpreter TfLiteInterpreter;
/* The view of an interpreter through one signature's names. */
typedef struct TfLiteSignatureRunner TfLiteSignatureRunner;
typedef struct TfLiteTensor TfLiteTensor;

/* ---- library ------------------------------------------------------------------------------- */

/*
 * Release of the runtime, version of the operator and delegate API, version of the .tflite schema
 * it reads. Strings are static.
 */
TFL_CAPI_EXPORT const char *TfLiteVersion(void);
TFL_CAPI_EXPORT const char *TfLiteExtensionApisVersion(void);
TFL_CAPI_EXPORT int TfLiteSchemaVersion(void);

/* ---- model --------------------------------------------------------------------------------- */

/*
 * NULL if the model cannot be read or does not verify; the reporter is told why. The buffer of
 * Create is borrowed and, like the file, must stay as it is for the life of the model and of every
 * interpreter made from it. Delete takes NULL, and may come before the deletion of interpreters
 * made from the model.
 */
TFL_CAPI_EXPORT TfLiteModel *TfLiteModelCreate(const void *model_data, size_t model_size);
TFL_CAPI_EXPORT TfLiteModel *TfLiteModelCreateWithErrorReporter(
    const void *model_data, size_t model_size,
    void (*reporter)(void *user_data, const char *format, va_list args), void *user_data);
TFL_CAPI_EXPORT TfLiteModel *TfLiteModelCreateFromFile(const char *model_path);
TFL_CAPI_EXPORT TfLiteModel *TfLiteModelCreateFromFileWithErrorReporter(
    const char *model_path, void (*reporter)(void *user_data, const char *format, va_list args),
    void *user_data);
TFL_CAPI_EXPORT void TfLiteModelDelete(TfLiteModel *model);

/* ---- options ------------------------------------------------------------------------------- */

/* Operators and delegates are shared by a copy, not copied. Delete takes NULL. */
TFL_CAPI_EXPORT TfLiteInterpreterOptions *TfLiteInterpreterOptionsCreate(void);
TFL_CAPI_EXPORT TfLiteInterpreterOptions *
TfLiteInterpreterOptionsCopy(const TfLiteInterpreterOptions *from);
TFL_CAPI_EXPORT void TfLiteInterpreterOptionsDelete(TfLiteInterpreterOptions *options);

/* -1 leaves the number of threads to the runtime; 0 counts as 1. */
TFL_CAPI_EXPORT void TfLiteInterpreterOptionsSetNumThreads(TfLiteInterpreterOptions *options,
                                                           int32_t num_threads);

/*
 * Delegates are applied in the order they were added, when the interpreter is created. Borrowed:
 * each must outlive the interpreter.
 */
TFL_CAPI_EXPORT void TfLiteInterpreterOptionsAddDelegate(TfLiteInterpreterOptions *options,
                                                         TfLiteOpaqueDelegate *delegate);

/* reporter gets every message of the interpreter, perhaps from another thread. */
TFL_CAPI_EXPORT void TfLiteInterpreterOptionsSetErrorReporter(
    TfLiteInterpreterOptions *options,
    void (*reporter)(void *user_data, const char *format, va_list args), void *user_data);

/*
 * Adds a builtin or custom operator, which wins over the runtime's own. Borrowed as a delegate is.
 */
TFL_CAPI_EXPORT void TfLiteInterpreterOptionsAddOperator(TfLiteInterpreterOptions *options,
                                                         TfLiteOperator *registration);

/* Without this TfLiteInterpreterCancel fails. */
TFL_CAPI_EXPORT TfLiteStatus
TfLiteInterpreterOptionsEnableCancellation(TfLiteInterpreterOptions *options, bool enable);

/* ---- interpreter --------------------------------------------------------------------------- */

/* NULL on failure. NULL options are the defaults. Delete takes NULL. */
TFL_CAPI_EXPORT TfLiteInterpreter *
TfLiteInterpreterCreate(const TfLiteModel *model, const TfLiteInterpreterOptions *optional_options);
TFL_CAPI_EXPORT void TfLiteInterpreterDelete(TfLiteInterpreter *interpreter);

/*
 * The primary subgraph's inputs and outputs, by position; the index arrays turn positions into
 * tensor indices. Tensors are borrowed from the interpreter and their data moves with
 * AllocateTensors; an output is valid after Invoke. NULL if there is no such tensor.
 */
TFL_CAPI_EXPORT int32_t TfLiteInterpreterGetInputTensorCount(const TfLiteInterpreter *interpreter);
TFL_CAPI_EXPORT const int *
TfLiteInterpreterInputTensorIndices(const TfLiteInterpreter *interpreter);
TFL_CAPI_EXPORT TfLiteTensor *TfLiteInterpreterGetInputTensor(const TfLiteInterpreter *interpreter,
                                                              int32_t input_index);
TFL_CAPI_EXPORT int32_t TfLiteInterpreterGetOutputTensorCount(const TfLiteInterpreter *interpreter);
TFL_CAPI_EXPORT const int *
TfLiteInterpreterOutputTensorIndices(const TfLiteInterpreter *interpreter);
TFL_CAPI_EXPORT const TfLiteTensor *
TfLiteInterpreterGetOutputTensor(const TfLiteInterpreter *interpreter, int32_t output_index);
TFL_CAPI_EXPORT TfLiteTensor *TfLiteInterpreterGetTensor(const TfLiteInterpreter *interpreter,
                                                         int index);

/*
 * After a resize AllocateTensors must succeed before the next Invoke; input values are lost with
 * it.
 */
TFL_CAPI_EXPORT TfLiteStatus TfLiteInterpreterResizeInputTensor(TfLiteInterpreter *interpreter,
                                                                int32_t input_index,
                                                                const int *input_dims,
                                                                int32_t input_dims_size);
TFL_CAPI_EXPORT TfLiteStatus TfLiteInterpreterAllocateTensors(TfLiteInterpreter *interpreter);
TFL_CAPI_EXPORT TfLiteStatus TfLiteInterpreterInvoke(TfLiteInterpreter *interpreter);

/* From any thread: an Invoke that is running ends early with kTfLiteCancelled, a later one runs. */
TFL_CAPI_EXPORT TfLiteStatus TfLiteInterpreterCancel(const TfLiteInterpreter *interpreter);

/* ---- signatures ---------------------------------------------------------------------------- */

/*
 * NULL for an unknown key or index; keys are borrowed from the model. A runner shares the
 * interpreter's tensors: use one or the other, from one thread at a time, and delete the runner
 * first.
 */
TFL_CAPI_EXPORT int32_t TfLiteInterpreterGetSignatureCount(const TfLiteInterpreter *interpreter);
TFL_CAPI_EXPORT const char *TfLiteInterpreterGetSignatureKey(const TfLiteInterpreter *interpreter,
                                                             int32_t signature_index);
TFL_CAPI_EXPORT TfLiteSignatureRunner *
TfLiteInterpreterGetSignatureRunner(const TfLiteInterpreter *interpreter,
                                    const char *signature_key);
TFL_CAPI_EXPORT void TfLiteSignatureRunnerDelete(TfLiteSignatureRunner *signature_runner);

/*
 * As the interpreter's functions, by the signature's own names; NULL or kTfLiteError for an unknown
 * name.
 */
TFL_CAPI_EXPORT size_t
TfLiteSignatureRunnerGetInputCount(const TfLiteSignatureRunner *signature_runner);
TFL_CAPI_EXPORT const char *
TfLiteSignatureRunnerGetInputName(const TfLiteSignatureRunner *signature_runner,
                                  int32_t input_index);
TFL_CAPI_EXPORT TfLiteTensor *
TfLiteSignatureRunnerGetInputTensor(TfLiteSignatureRunner *signature_runner,
                                    const char *input_name);
TFL_CAPI_EXPORT size_t
TfLiteSignatureRunnerGetOutputCount(const TfLiteSignatureRunner *signature_runner);
TFL_CAPI_EXPORT const char *
TfLiteSignatureRunnerGetOutputName(const TfLiteSignatureRunner *signature_runner,
                                   int32_t output_index);
TFL_CAPI_EXPORT const TfLiteTensor *
TfLiteSignatureRunnerGetOutputTensor(const TfLiteSignatureRunner *signature_runner,
                                     const char *output_name);
TFL_CAPI_EXPORT TfLiteStatus TfLiteSignatureRunnerResizeInputTensor(
    TfLiteSignatureRunner *signature_runner, const char *input_name, const int *input_dims,
    int32_t input_dims_size);
TFL_CAPI_EXPORT TfLiteStatus
TfLiteSignatureRunnerAllocateTensors(TfLiteSignatureRunner *signature_runner);
TFL_CAPI_EXPORT TfLiteStatus TfLiteSignatureRunnerInvoke(TfLiteSignatureRunner *signature_runner);

/* ---- tensor -------------------------------------------------------------------------------- */

/*
 * Fields of a tensor without its layout. NumDims is -1 before a shape is known; Dim wants 0 <=
 * dim_index < NumDims; Data is NULL before allocation.
 */
TFL_CAPI_EXPORT TfLiteType TfLiteTensorType(const TfLiteTensor *tensor);
TFL_CAPI_EXPORT int32_t TfLiteTensorNumDims(const TfLiteTensor *tensor);
TFL_CAPI_EXPORT int32_t TfLiteTensorDim(const TfLiteTensor *tensor, int32_t dim_index);
TFL_CAPI_EXPORT size_t TfLiteTensorByteSize(const TfLiteTensor *tensor);
TFL_CAPI_EXPORT void *TfLiteTensorData(const TfLiteTensor *tensor);
TFL_CAPI_EXPORT const char *TfLiteTensorName(const TfLiteTensor *tensor);
TFL_CAPI_EXPORT TfLiteQuantizationParams TfLiteTensorQuantizationParams(const TfLiteTensor *tensor);

/* kTfLiteError unless the size is exactly the tensor's byte size and it has bytes. */
TFL_CAPI_EXPORT TfLiteStatus TfLiteTensorCopyFromBuffer(TfLiteTensor *tensor,
                                                        const void *input_data,
                                                        size_t input_data_size);
TFL_CAPI_EXPORT TfLiteStatus TfLiteTensorCopyToBuffer(const TfLiteTensor *output_tensor,
                                                      void *output_data, size_t output_data_size);

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif
