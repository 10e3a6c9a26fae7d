/* Shared objects; see library.h. */
#include "runtime/base/library.h"

#include <dlfcn.h>
#include <string.h>

/* A tb_library is the loader's handle: there is nothing else to keep. */

#if defined(__SANITIZE_ADDRESS__)
#define HAS_ADDRESS_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HAS_ADDRESS_SANITIZER 1
#endif
#endif

tb_status tb_library_open(const char *path, bool isolated, tb_error *err, tb_library **out)
{
    int flags = RTLD_NOW | RTLD_LOCAL;
/* The address sanitizer refuses to live with a library that binds to itself first. */
#if defined(RTLD_DEEPBIND) && !defined(HAS_ADDRESS_SANITIZER)
    if (isolated)
        flags |= RTLD_DEEPBIND;
#else
    (void)isolated;
#endif
    void *handle = dlopen(path, flags);
    if (!handle) {
        const char *reason = dlerror();
        return tb_fail(err, TB_UNAVAILABLE, "%s", reason ? reason : path);
    }
    *out = handle;
    return TB_OK;
}

void tb_library_close(tb_library *library)
{
    if (library)
        dlclose(library);
}

tb_function tb_library_find(const tb_library *library, const char *name)
{
    union {
        const tb_library *in;
        void *out;
    } handle = {library};
    void *object = dlsym(handle.out, name);
    tb_function function = NULL;
    _Static_assert(sizeof function == sizeof object, "function and object pointers are one size");
    memcpy(&function, &object, sizeof function);
    return function;
}
