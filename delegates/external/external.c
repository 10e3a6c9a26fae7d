/*
 * The delegate `external`: whatever a shared library offers by TFLite's plugin interface, as
 * --delegate 'external:lib.so;key=value'. The options go to the library as they are.
 */
#include "delegates/delegate.h"
#include "delegates/external/load.h"
#include "runtime/tflite_abi/external_delegate.h"

#include <string.h>

enum { MAX_OPTIONS = kExternalDelegateMaxOptions };

static tb_status probe(tb_error *err, tb_buf *what_found)
{
    (void)err;
    tb_buf_append_text(what_found, "loads the library that is named: external:lib.so");
    return TB_OK;
}

static tb_status create(const tb_delegate_option *options, int option_count, int threads,
                        tb_error *err, TfLiteDelegate **out)
{
    (void)threads; /* each library has a name of its own for that */
    const char *keys[MAX_OPTIONS], *values[MAX_OPTIONS], *library = NULL;
    size_t count = 0;
    for (int k = 0; k < option_count && count < MAX_OPTIONS; k++) {
        if (strcmp(options[k].key, "library") == 0) {
            library = options[k].value;
            continue;
        }
        keys[count] = options[k].key;
        values[count++] = options[k].value;
    }
    if (!library)
        return tb_fail(err, TB_USAGE, "external: which library? as external:lib.so");
    return tb_external_create(library, keys, values, count, err, out);
}

static const tb_delegate_option_spec specs[] = {
    {"library", "FILE",
     "the shared library; external:FILE is short for it. Other options are the "
     "library's own"},
    {0},
};

const tb_delegate_row tb_delegate_external = {
    .name = "external",
    .what = "any delegate built as a TFLite plugin, out of a shared library",
    .options = specs,
    .probe = probe,
    .create = create,
    .destroy = tb_external_destroy,
    .bind = tb_external_bind,
};
