/*
 * The smallest vocabulary of TFLite's C ABI: export macro, status, element types, per-tensor scale,
 * and the names of the opaque types. Every other header of this folder builds on it.
 *
 * The headers of this folder restate the binary interface of the LiteRT C headers at commit
 * f67457790 (x86-64 and arm64, LP64) in our own words; tests/unit/runtime/test_abi_layout.c holds
 * the sizes, offsets and values they have to keep. Spelling follows that ABI, not our own style.
 */
#ifndef TB_RUNTIME_TFLITE_ABI_C_API_TYPES_H
#define TB_RUNTIME_TFLITE_ABI_C_API_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Marks what libtensorflowlite_c.so exports; everything else is compiled hidden. */
#ifndef TFL_CAPI_EXPORT
#define TFL_CAPI_EXPORT __attribute__((visibility("default")))
#endif

/* Result of nearly every call. Values other than kTfLiteOk are all failures. */
typedef enum TfLiteStatus {
    kTfLiteOk = 0,
    kTfLiteError = 1,            /* the runtime's own or unspecified fault */
    kTfLiteDelegateError = 2,    /* a delegate failed; the graph may still run without it */
    kTfLiteApplicationError = 3, /* the graph and a delegate do not fit each other */
    kTfLiteDelegateDataNotFound = 4,
    kTfLiteDelegateDataWriteError = 5,
    kTfLiteDelegateDataReadError = 6,
    kTfLiteUnresolvedOps = 7, /* the model has operators the resolver does not know */
    kTfLiteCancelled = 8,
    kTfLiteOutputShapeNotKnown = 9, /* not known before invoke */
} TfLiteStatus;

/* Element type of a tensor. Four- and two-bit types are packed, low bits first. */
typedef enum TfLiteType {
    kTfLiteNoType = 0,
    kTfLiteFloat32 = 1,
    kTfLiteInt32 = 2,
    kTfLiteUInt8 = 3,
    kTfLiteInt64 = 4,
    kTfLiteString = 5,
    kTfLiteBool = 6,
    kTfLiteInt16 = 7,
    kTfLiteComplex64 = 8,
    kTfLiteInt8 = 9,
    kTfLiteFloat16 = 10,
    kTfLiteFloat64 = 11,
    kTfLiteComplex128 = 12,
    kTfLiteUInt64 = 13,
    kTfLiteResource = 14,
    kTfLiteVariant = 15,
    kTfLiteUInt32 = 16,
    kTfLiteUInt16 = 17,
    kTfLiteInt4 = 18,
    kTfLiteBFloat16 = 19,
    kTfLiteInt2 = 20,
    kTfLiteUInt4 = 21,
    kTfLiteFloat8E4M3FN = 22,
    kTfLiteFloat8E5M2 = 23,
} TfLiteType;

/*
 * One scale for the whole tensor: real = scale * (stored - zero_point). Both are 0 where the tensor
 * is not quantized or has a scale per channel; TfLiteQuantization is the full account.
 */
typedef struct TfLiteQuantizationParams {
    float scale;
    int32_t zero_point;
} TfLiteQuantizationParams;

/* How one dimension of a sparse tensor is stored. */
typedef enum TfLiteDimensionType {
    kTfLiteDimDense = 0,
    kTfLiteDimSparseCSR = 1,
} TfLiteDimensionType;

/* Direction of a tensor seen from an asynchronous kernel. */
typedef enum TfLiteIoType {
    kTfLiteIoTypeUnknown = 0,
    kTfLiteIoTypeInput = 1,
    kTfLiteIoTypeOutput = 2,
} TfLiteIoType;

/*
 * The opaque API's views of context, node and tensor. In this runtime they are the structs of
 * common.h under another name; a client never dereferences them.
 */
typedef struct TfLiteOpaqueContext TfLiteOpaqueContext;
typedef struct TfLiteOpaqueNode TfLiteOpaqueNode;
typedef struct TfLiteOpaqueTensor TfLiteOpaqueTensor;

/* An "opaque delegate" is a TfLiteDelegate; clients of the opaque API just may not look inside. */
typedef struct TfLiteDelegate TfLiteDelegate;
typedef TfLiteDelegate TfLiteOpaqueDelegate;

/* An operator's implementation as the opaque API sees it; see operator.h. */
typedef struct TfLiteOperator TfLiteOperator;
typedef TfLiteOperator TfLiteRegistrationExternal; /* its older name */

/* Named by TfLiteRegistration; this runtime runs no asynchronous kernels. */
typedef struct TfLiteAsyncKernel TfLiteAsyncKernel;
typedef struct TfLiteExecutionTask TfLiteExecutionTask;

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif
