/* Loading plugins; see load.h. */
#include "delegates/external/load.h"

#include <stdio.h>
#include <stdlib.h>

#include "delegates/made.h"
#include "runtime/base/library.h"
#include "runtime/tflite_abi/external_delegate.h"

/* What a delegate came from. */
typedef struct origin {
    tb_library *library;
    tflite_plugin_destroy_delegate_fn destroy;
    tb_delegate_bind_fn bind; /* NULL: not one of ours */
} origin;

/* What a plugin says while it is asked; its interface hands no context over. */
static _Thread_local char said[256];

static void hear(const char *message)
{
    snprintf(said, sizeof said, "%s", message ? message : "");
}

static tb_status ask(const char *library, const char *const *keys, const char *const *values,
                     size_t count, origin *from, tb_error *err, TfLiteDelegate **out)
{
    tflite_plugin_create_delegate_fn make = (tflite_plugin_create_delegate_fn)tb_library_find(
        from->library, "tflite_plugin_create_delegate");
    from->destroy = (tflite_plugin_destroy_delegate_fn)tb_library_find(
        from->library, "tflite_plugin_destroy_delegate");
    from->bind = (tb_delegate_bind_fn)tb_library_find(from->library, TB_DELEGATE_BIND_SYMBOL);
    if (!make || !from->destroy)
        return tb_fail(err, TB_UNAVAILABLE, "%s: no delegate's library: it does not export %s",
                       library,
                       make ? "tflite_plugin_destroy_delegate" : "tflite_plugin_create_delegate");
    said[0] = '\0';
    *out = make(keys, values, count, hear);
    if (*out)
        return TB_OK;
    return tb_fail(err, TB_UNAVAILABLE, "%s: it makes no delegate%s%s", library,
                   said[0] ? ": " : " and does not say why", said);
}

tb_status tb_external_create(const char *library, const char *const *keys,
                             const char *const *values, size_t count, tb_error *err,
                             TfLiteDelegate **out)
{
    origin *from = calloc(1, sizeof *from);
    TfLiteDelegate *delegate = NULL;
    *out = NULL;
    if (!from)
        return tb_fail(err, TB_NO_MEMORY, "%s: out of memory", library);
    tb_status status = tb_library_open(library, false, err, &from->library);
    if (status == TB_OK)
        status = ask(library, keys, values, count, from, err, &delegate);
    if (status == TB_OK && !tb_made_put(delegate, from)) {
        from->destroy(delegate);
        status = tb_fail(err, TB_NO_MEMORY, "%s: out of memory", library);
    }
    if (status != TB_OK) {
        tb_library_close(from->library);
        free(from);
        return status;
    }
    *out = delegate;
    return TB_OK;
}

void tb_external_destroy(TfLiteDelegate *delegate)
{
    origin *from = delegate ? tb_made_take(delegate) : NULL;
    if (!from)
        return;
    from->destroy(delegate);
    tb_library_close(from->library);
    free(from);
}

TfLiteStatus tb_external_bind(TfLiteDelegate *delegate, const tb_host *host)
{
    const origin *from = tb_made_find(delegate);
    return from && from->bind ? from->bind(delegate, host) : kTfLiteOk;
}
