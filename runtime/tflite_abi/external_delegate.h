/*
 * A delegate from a shared library: it exports tflite_plugin_create_delegate and
 * tflite_plugin_destroy_delegate.
 */
#ifndef TB_RUNTIME_TFLITE_ABI_EXTERNAL_DELEGATE_H
#define TB_RUNTIME_TFLITE_ABI_EXTERNAL_DELEGATE_H

#include "runtime/tflite_abi/common.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { kExternalDelegateMaxOptions = 256 };

/* A shared library and the key-value pairs for it. Strings are borrowed. */
typedef struct TfLiteExternalDelegateOptions {
    const char *lib_path;
    int count;
    const char *keys[kExternalDelegateMaxOptions];
    const char *values[kExternalDelegateMaxOptions];
    TfLiteStatus (*insert)(struct TfLiteExternalDelegateOptions *options, const char *key,
                           const char *value);
} TfLiteExternalDelegateOptions;

/* Options with no pairs; kTfLiteError when there are too many. */
TFL_CAPI_EXPORT TfLiteExternalDelegateOptions
TfLiteExternalDelegateOptionsDefault(const char *lib_path);
TFL_CAPI_EXPORT TfLiteStatus TfLiteExternalDelegateOptionsInsert(
    TfLiteExternalDelegateOptions *options, const char *key, const char *value);

/* NULL if the library or its functions cannot be found, or it declines. Delete takes NULL. */
TFL_CAPI_EXPORT TfLiteDelegate *
TfLiteExternalDelegateCreate(const TfLiteExternalDelegateOptions *options);
TFL_CAPI_EXPORT void TfLiteExternalDelegateDelete(TfLiteDelegate *delegate);

/* The two functions such a library exports; report_error may be NULL. */
typedef TfLiteDelegate *(*tflite_plugin_create_delegate_fn)(
    const char *const *keys, const char *const *values, size_t count,
    void (*report_error)(const char *message));
typedef void (*tflite_plugin_destroy_delegate_fn)(TfLiteDelegate *delegate);

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif
