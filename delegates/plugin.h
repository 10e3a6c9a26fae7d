/*
 * The exported functions of a delegate that is a shared library of its own: a delegate's plugin.c sets
 * PLUGIN_NAME to the name of its row and includes this. Options are those of the delegate, and
 * num_threads. A runtime of ours finds tb_delegate_bind here too.
 */
#include <stdlib.h>
#include <string.h>

#include "delegates/delegate.h"
#include "runtime/tflite_abi/external_delegate.h"

#define PLUGIN_JOIN_(a, b) a##b
#define PLUGIN_JOIN(a, b)  PLUGIN_JOIN_(a, b)
#define PLUGIN_ROW         PLUGIN_JOIN(tb_delegate_, PLUGIN_NAME)

extern const tb_delegate_row PLUGIN_ROW;

enum { MAX_OPTIONS = kExternalDelegateMaxOptions };

TFL_CAPI_EXPORT TfLiteDelegate *
tflite_plugin_create_delegate(const char *const *keys, const char *const *values, size_t count,
                              void (*report_error)(const char *message));
TFL_CAPI_EXPORT void tflite_plugin_destroy_delegate(TfLiteDelegate *delegate);
TFL_CAPI_EXPORT TfLiteStatus tb_delegate_bind(TfLiteDelegate *delegate, const tb_host *host);

TfLiteDelegate *tflite_plugin_create_delegate(const char *const *keys, const char *const *values,
                                              size_t count,
                                              void (*report_error)(const char *message))
{
    tb_delegate_option options[MAX_OPTIONS];
    int option_count = 0, threads = 1;
    tb_error err = TB_ERROR_NONE;
    TfLiteDelegate *delegate = NULL;
    if (count > MAX_OPTIONS) {
        tb_fail(&err, TB_USAGE, "%s delegate: %zu options, at most %d are taken", PLUGIN_ROW.name,
                count, (int)MAX_OPTIONS);
        count = 0;
    }
    for (size_t i = 0; i < count && err.status == TB_OK; i++) {
        if (strcmp(keys[i], "num_threads") != 0) {
            options[option_count++] = (tb_delegate_option){keys[i], values[i]};
            continue;
        }
        char *end;
        long asked = strtol(values[i], &end, 10);
        if (*end || end == values[i] || asked < 1 || asked > 1024)
            tb_fail(&err, TB_USAGE, "%s delegate: num_threads is '%s', expected 1 to 1024",
                    PLUGIN_ROW.name, values[i]);
        threads = (int)asked;
    }
    if (err.status == TB_OK)
        PLUGIN_ROW.create(options, option_count, threads, &err, &delegate);
    if (!delegate && report_error)
        report_error(err.text);
    return delegate;
}

void tflite_plugin_destroy_delegate(TfLiteDelegate *delegate)
{
    PLUGIN_ROW.destroy(delegate);
}

TfLiteStatus tb_delegate_bind(TfLiteDelegate *delegate, const tb_host *host)
{
    return PLUGIN_ROW.bind(delegate, host);
}
