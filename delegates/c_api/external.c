/* Delegates out of shared libraries, through the C API; see runtime/tflite_abi/external_delegate.h. */
#include "runtime/tflite_abi/external_delegate.h"

#include <stdio.h>

#include "delegates/external/load.h"

TfLiteExternalDelegateOptions TfLiteExternalDelegateOptionsDefault(const char *lib_path)
{
    return (TfLiteExternalDelegateOptions){.lib_path = lib_path,
                                           .insert = TfLiteExternalDelegateOptionsInsert};
}

TfLiteStatus TfLiteExternalDelegateOptionsInsert(TfLiteExternalDelegateOptions *options,
                                                 const char *key, const char *value)
{
    if (options->count < 0 || options->count >= kExternalDelegateMaxOptions)
        return kTfLiteError;
    options->keys[options->count] = key;
    options->values[options->count++] = value;
    return kTfLiteOk;
}

/* The interface has no way to hand an error over; this is where TFLite tells it, too. */
static void tell(const char *message)
{
    fprintf(stderr, "external delegate: %s\n", message);
}

TfLiteDelegate *TfLiteExternalDelegateCreate(const TfLiteExternalDelegateOptions *options)
{
    tb_error err = TB_ERROR_NONE;
    TfLiteDelegate *delegate = NULL;
    if (!options || !options->lib_path || options->count < 0 ||
        options->count > kExternalDelegateMaxOptions)
        return NULL;
    if (tb_external_create(options->lib_path, options->keys, options->values,
                           (size_t)options->count, &err, &delegate) != TB_OK)
        tell(err.text);
    return delegate;
}

void TfLiteExternalDelegateDelete(TfLiteDelegate *delegate)
{
    tb_external_destroy(delegate);
}
