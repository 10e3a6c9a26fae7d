/* Finding OpenCL; see cl.h. */
#include "delegates/gpu/cl.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/base/library.h"
#include "runtime/base/size.h"

/* ICD loaders by their usual names first, then where Android's vendors put their drivers; what is for
   the other width of pointers does not load. */
static const char *const places[] = {
    "libOpenCL.so.1",
    "libOpenCL.so",
    "libOpenCL-pixel.so",
    "libOpenCL-car.so",
    "/vendor/lib64/libOpenCL.so",
    "/system/vendor/lib64/libOpenCL.so",
    "/vendor/lib64/egl/libGLES_mali.so",
    "/system/vendor/lib64/egl/libGLES_mali.so",
    "/vendor/lib64/libPVROCL.so",
    "/system/lib64/libOpenCL.so",
    "/vendor/lib/libOpenCL.so",
    "/system/vendor/lib/libOpenCL.so",
    "/vendor/lib/egl/libGLES_mali.so",
    "/system/vendor/lib/egl/libGLES_mali.so",
    "/vendor/lib/libPVROCL.so",
    "/system/lib/libOpenCL.so",
    "libGLES_mali.so",
    "libmali.so",
    "libPVROCL.so",
};

typedef struct loaded {
    struct loaded *next;
    char *path; /* NULL: the one that was found */
    tb_library *library;
    tb_cl functions;
} loaded;

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static loaded *libraries;

static tb_status find_functions(const tb_library *library, const char *path, tb_error *err,
                                tb_cl *out)
{
    const char *missing = NULL;
#define TB_CL(name)                                                           \
    out->name = (__typeof__(cl##name) *)tb_library_find(library, "cl" #name); \
    missing = out->name ? missing : "cl" #name;
#include "delegates/gpu/cl.def"
#undef TB_CL
    if (missing)
        return tb_fail(err, TB_UNAVAILABLE, "%s is no OpenCL 1.2: it has no %s", path, missing);
    return TB_OK;
}

/* Pixels' library gives its functions only after it was asked to. */
static void enable_pixel(const tb_library *library)
{
    typedef void (*enable_fn)(void);
    enable_fn enable = (enable_fn)tb_library_find(library, "enableOpenCL");
    if (enable)
        enable();
}

static tb_status open_one(const char *path, tb_error *err, loaded *out)
{
    tb_status status = tb_library_open(path, false, err, &out->library);
    if (status != TB_OK)
        return status;
    enable_pixel(out->library);
    status = find_functions(out->library, path, err, &out->functions);
    if (status != TB_OK)
        tb_library_close(out->library);
    return status;
}

static tb_status open_first(tb_error *err, loaded *out)
{
    tb_error first = TB_ERROR_NONE;
    for (size_t i = 0; i < TB_COUNT_OF(places); i++) {
        tb_error why = TB_ERROR_NONE;
        if (open_one(places[i], &why, out) == TB_OK)
            return TB_OK;
        /* The most telling reason: of a library that is there. */
        if (first.status == TB_OK || strstr(why.text, "is no OpenCL"))
            first = why;
    }
    return tb_fail(err, TB_UNAVAILABLE, "no OpenCL library is found: %s", first.text);
}

static const loaded *find_loaded(const char *path)
{
    for (const loaded *l = libraries; l; l = l->next)
        if (path ? l->path && strcmp(l->path, path) == 0 : !l->path)
            return l;
    return NULL;
}

static tb_status load_locked(const char *path, tb_error *err, const tb_cl **out)
{
    const loaded *known = find_loaded(path);
    if (known) {
        *out = &known->functions;
        return TB_OK;
    }
    loaded *made = calloc(1, sizeof *made);
    char *copy = path ? strdup(path) : NULL;
    if (!made || (path && !copy)) {
        free(made);
        free(copy);
        return tb_fail(err, TB_NO_MEMORY, "loading OpenCL");
    }
    made->path = copy;
    tb_status status = path ? open_one(path, err, made) : open_first(err, made);
    if (status != TB_OK) {
        free(copy);
        free(made);
        return status;
    }
    made->next = libraries;
    libraries = made;
    *out = &made->functions;
    return TB_OK;
}

tb_status tb_cl_load(const char *path, tb_error *err, const tb_cl **out)
{
    pthread_mutex_lock(&mutex);
    tb_status status = load_locked(path, err, out);
    pthread_mutex_unlock(&mutex);
    return status;
}

/* ---- errors ------------------------------------------------------------------------------------------ */

#define CODES(X)                                    \
    X(CL_DEVICE_NOT_FOUND)                          \
    X(CL_DEVICE_NOT_AVAILABLE)                      \
    X(CL_COMPILER_NOT_AVAILABLE)                    \
    X(CL_MEM_OBJECT_ALLOCATION_FAILURE)             \
    X(CL_OUT_OF_RESOURCES)                          \
    X(CL_OUT_OF_HOST_MEMORY)                        \
    X(CL_PROFILING_INFO_NOT_AVAILABLE)              \
    X(CL_BUILD_PROGRAM_FAILURE)                     \
    X(CL_MISALIGNED_SUB_BUFFER_OFFSET)              \
    X(CL_EXEC_STATUS_ERROR_FOR_EVENTS_IN_WAIT_LIST) \
    X(CL_INVALID_VALUE)                             \
    X(CL_INVALID_PLATFORM)                          \
    X(CL_INVALID_DEVICE)                            \
    X(CL_INVALID_CONTEXT)                           \
    X(CL_INVALID_COMMAND_QUEUE)                     \
    X(CL_INVALID_MEM_OBJECT)                        \
    X(CL_INVALID_BINARY)                            \
    X(CL_INVALID_PROGRAM_EXECUTABLE)                \
    X(CL_INVALID_KERNEL_NAME)                       \
    X(CL_INVALID_KERNEL)                            \
    X(CL_INVALID_ARG_INDEX)                         \
    X(CL_INVALID_ARG_VALUE)                         \
    X(CL_INVALID_ARG_SIZE)                          \
    X(CL_INVALID_KERNEL_ARGS)                       \
    X(CL_INVALID_WORK_GROUP_SIZE)                   \
    X(CL_INVALID_WORK_ITEM_SIZE)                    \
    X(CL_INVALID_EVENT)                             \
    X(CL_INVALID_OPERATION)                         \
    X(CL_INVALID_BUFFER_SIZE)

const char *tb_cl_error_text(cl_int code, char text[48])
{
    switch (code) {
#define CASE(name) \
    case name:     \
        return #name;
        CODES(CASE)
#undef CASE
    case -1001:
        return "no platform is installed (-1001)";
    default:
        snprintf(text, 48, "OpenCL error %d", (int)code);
        return text;
    }
}

tb_status tb_cl_fail(tb_error *err, cl_int code, const char *format, ...)
{
    char what[256], text[48];
    va_list args;
    va_start(args, format);
    vsnprintf(what, sizeof what, format, args);
    va_end(args);
    const bool memory = code == CL_MEM_OBJECT_ALLOCATION_FAILURE || code == CL_OUT_OF_HOST_MEMORY;
    return tb_fail(err, memory ? TB_NO_MEMORY : TB_UNAVAILABLE, "%s: %s", what,
                   tb_cl_error_text(code, text));
}
