/* Delegates out of shared libraries, through the C API; see runtime/tflite_abi/external_delegate.h. */
#include "runtime/tflite_abi/external_delegate.h"

#include <stdio.h>
#include <stdlib.h>

#include "delegates/c_api/made.h"
#include "runtime/base/library.h"

/* What a delegate came from. */
typedef struct origin {
    tb_library *library;
    tflite_plugin_destroy_delegate_fn destroy;
} origin;

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

static TfLiteDelegate *create(const TfLiteExternalDelegateOptions *options, tb_library *library,
                              origin *from)
{
    tflite_plugin_create_delegate_fn make =
        (tflite_plugin_create_delegate_fn)tb_library_find(library, "tflite_plugin_create_delegate");
    *from = (origin){library, (tflite_plugin_destroy_delegate_fn)tb_library_find(
                                  library, "tflite_plugin_destroy_delegate")};
    if (make && from->destroy && options->count >= 0 &&
        options->count <= kExternalDelegateMaxOptions)
        return make(options->keys, options->values, (size_t)options->count, tell);
    tell("the library lacks tflite_plugin_create_delegate or tflite_plugin_destroy_delegate");
    return NULL;
}

TfLiteDelegate *TfLiteExternalDelegateCreate(const TfLiteExternalDelegateOptions *options)
{
    tb_error err = TB_ERROR_NONE;
    tb_library *library = NULL;
    if (!options || !options->lib_path)
        return NULL;
    if (tb_library_open(options->lib_path, false, &err, &library) != TB_OK) {
        tell(err.text);
        return NULL;
    }
    origin *from = calloc(1, sizeof *from);
    TfLiteDelegate *delegate = from ? create(options, library, from) : NULL;
    if (delegate && tb_made_put(delegate, from))
        return delegate;
    if (delegate)
        from->destroy(delegate);
    free(from);
    tb_library_close(library);
    return NULL;
}

void TfLiteExternalDelegateDelete(TfLiteDelegate *delegate)
{
    origin *from = delegate ? tb_made_take(delegate) : NULL;
    if (!from)
        return;
    from->destroy(delegate);
    tb_library_close(from->library);
    free(from);
}
