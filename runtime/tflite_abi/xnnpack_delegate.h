/*
 * The XNNPACK delegate of a stock libtensorflowlite_c.so. Ours has the same functions and gives its
 * own cpu delegate for them (delegates/c_api/xnnpack.c).
 */
#ifndef TB_RUNTIME_TFLITE_ABI_XNNPACK_DELEGATE_H
#define TB_RUNTIME_TFLITE_ABI_XNNPACK_DELEGATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "runtime/tflite_abi/common.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Bits of flags. */
#define TFLITE_XNNPACK_DELEGATE_FLAG_QS8                               0x00000001u
#define TFLITE_XNNPACK_DELEGATE_FLAG_QU8                               0x00000002u
#define TFLITE_XNNPACK_DELEGATE_FLAG_FORCE_FP16                        0x00000004u
#define TFLITE_XNNPACK_DELEGATE_FLAG_DYNAMIC_FULLY_CONNECTED           0x00000008u
#define TFLITE_XNNPACK_DELEGATE_FLAG_VARIABLE_OPERATORS                0x00000010u
#define TFLITE_XNNPACK_DELEGATE_FLAG_TRANSIENT_INDIRECTION_BUFFER      0x00000020u
#define TFLITE_XNNPACK_DELEGATE_FLAG_ENABLE_LATEST_OPERATORS           0x00000040u
#define TFLITE_XNNPACK_DELEGATE_FLAG_ENABLE_SUBGRAPH_RESHAPING         0x00000080u
#define TFLITE_XNNPACK_DELEGATE_FLAG_SLOW_CONSISTENT_ARITHMETIC        0x00000200u
#define TFLITE_XNNPACK_DELEGATE_FLAG_DISABLE_SUBGRAPH_RESHAPING        0x00000400u
#define TFLITE_XNNPACK_DELEGATE_FLAG_DISABLE_DYNAMICALLY_QUANTIZED_OPS 0x00000800u

struct TfLiteXNNPackDelegateWeightsCache;

/*
 * num_threads counts as in the interpreter's options. Pointers are borrowed for the delegate's
 * life.
 */
typedef struct TfLiteXNNPackDelegateOptions {
    int32_t num_threads;
    uint32_t runtime_flags;
    uint32_t flags;
    struct TfLiteXNNPackDelegateWeightsCache *weights_cache;
    bool handle_variable_ops; /* superseded by its flag */
    const char *weight_cache_file_path;
    int weight_cache_file_descriptor;
    void *weight_cache_provider;
    bool weight_cache_lock_memory;
} TfLiteXNNPackDelegateOptions;

/*
 * NULL options are the defaults; CreateWithThreadpool shares the pool of the context's CPU backend.
 * NULL on failure; Delete takes NULL.
 */
TFL_CAPI_EXPORT TfLiteXNNPackDelegateOptions TfLiteXNNPackDelegateOptionsDefault(void);
TFL_CAPI_EXPORT TfLiteDelegate *
TfLiteXNNPackDelegateCreate(const TfLiteXNNPackDelegateOptions *options);
TFL_CAPI_EXPORT TfLiteDelegate *
TfLiteXNNPackDelegateCreateWithThreadpool(const TfLiteXNNPackDelegateOptions *options,
                                          TfLiteContext *context);
TFL_CAPI_EXPORT void TfLiteXNNPackDelegateDelete(TfLiteDelegate *delegate);

/* What a delegate was made with; borrowed from it. */
TFL_CAPI_EXPORT const TfLiteXNNPackDelegateOptions *
TfLiteXNNPackDelegateGetOptions(TfLiteDelegate *delegate);
TFL_CAPI_EXPORT int TfLiteXNNPackDelegateGetFlags(TfLiteDelegate *delegate);
TFL_CAPI_EXPORT void *TfLiteXNNPackDelegateGetThreadPool(TfLiteDelegate *delegate);

/*
 * A cache of packed weights that several delegates share. Finalize before the first Invoke: soft
 * still admits what fits into the space left, hard admits nothing.
 */
TFL_CAPI_EXPORT struct TfLiteXNNPackDelegateWeightsCache *
TfLiteXNNPackDelegateWeightsCacheCreate(void);
TFL_CAPI_EXPORT struct TfLiteXNNPackDelegateWeightsCache *
TfLiteXNNPackDelegateWeightsCacheCreateWithSize(size_t size);
TFL_CAPI_EXPORT bool
TfLiteXNNPackDelegateWeightsCacheFinalizeSoft(struct TfLiteXNNPackDelegateWeightsCache *cache);
TFL_CAPI_EXPORT bool
TfLiteXNNPackDelegateWeightsCacheFinalizeHard(struct TfLiteXNNPackDelegateWeightsCache *cache);
TFL_CAPI_EXPORT void
TfLiteXNNPackDelegateWeightsCacheDelete(struct TfLiteXNNPackDelegateWeightsCache *cache);

/* The weight_cache_file_path that asks for an in-memory cache, and whether this system has one. */
TFL_CAPI_EXPORT const char *TfLiteXNNPackDelegateInMemoryFilePath(void);
TFL_CAPI_EXPORT bool TfLiteXNNPackDelegateCanUseInMemoryWeightCacheProvider(void);

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif
