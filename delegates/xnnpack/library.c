/* Finding libXNNPACK; see library.h. */
#include "delegates/xnnpack/library.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define LIBRARY "libXNNPACK.so.0"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static tb_xnn functions;
static char *opened; /* path of the library that `functions` are of; NULL: none yet */

static void find(const tb_library *library, const char *name, void *slot)
{
    tb_function function = tb_library_find(library, name);
    memcpy(slot, &function, sizeof function);
}

static tb_status load(const char *path, tb_error *err)
{
    tb_library *library;
    tb_status status = tb_library_open(path, false, err, &library);
    if (status != TB_OK)
        return tb_in(err, "delegate xnnpack (Debian has it as libxnnpack0)");
    tb_xnn found = {.missing = 0};
    const char *lacks = NULL;
    /* libpthreadpool is what libXNNPACK needs itself, so that its functions are found with it. */
#define X(name, result, arguments)             \
    find(library, #name, (void *)&found.name); \
    if (!found.name)                           \
        lacks = #name;
    TB_XNN_REQUIRED(X)
#undef X
#define X(name, result, arguments)             \
    find(library, #name, (void *)&found.name); \
    found.missing += !found.name;
    TB_XNN_OPTIONAL(X)
#undef X
    if (lacks)
        status =
            tb_fail(err, TB_UNAVAILABLE, "delegate xnnpack: %s does not export %s", path, lacks);
    else if (found.xnn_initialize(NULL) != TB_XNN_SUCCESS)
        status =
            tb_fail(err, TB_UNAVAILABLE, "delegate xnnpack: %s does not take this processor", path);
    else if (!(opened = strdup(path)))
        status = tb_fail(err, TB_NO_MEMORY, "delegate xnnpack: out of memory");
    if (status != TB_OK)
        tb_library_close(library);
    else
        functions = found;
    return status;
}

tb_status tb_xnn_open(const char *path, tb_error *err, const tb_xnn **out)
{
    tb_status status = TB_OK;
    pthread_mutex_lock(&lock);
    if (!opened)
        status = load(path ? path : LIBRARY, err);
    else if (path && strcmp(path, opened) != 0)
        status = tb_fail(err, TB_UNAVAILABLE, "delegate xnnpack: %s is open already, not %s",
                         opened, path);
    *out = status == TB_OK ? &functions : NULL;
    pthread_mutex_unlock(&lock);
    return status;
}
