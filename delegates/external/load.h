/*
 * Delegates out of shared libraries that keep to TFLite's plugin interface: they export
 * tflite_plugin_create_delegate and tflite_plugin_destroy_delegate. A delegate of ours has
 * tb_delegate_bind beside them.
 */
#ifndef TB_DELEGATES_EXTERNAL_LOAD_H
#define TB_DELEGATES_EXTERNAL_LOAD_H

#include <stddef.h>

#include "runtime/base/status.h"
#include "runtime/host.h"
#include "runtime/tflite_abi/common.h"

/* Loads and asks for a delegate; keys and values are borrowed for the call. TB_UNAVAILABLE: no such
   library, it lacks the functions, or it declines; the message has what it said. */
tb_status tb_external_create(const char *library, const char *const *keys,
                             const char *const *values, size_t count, tb_error *err,
                             TfLiteDelegate **out);
/* For a delegate of tb_external_create; NULL is fine. Unloads the library too. */
void tb_external_destroy(TfLiteDelegate *delegate);
/* Offers it the host, where its library knows ours. */
TfLiteStatus tb_external_bind(TfLiteDelegate *delegate, const tb_host *host);

#endif
