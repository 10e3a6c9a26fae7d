/*
 * Shared objects opened at run time: a driver, a plugin, another runtime. One place turns dlsym's
 * object pointer into a function pointer.
 */
#ifndef TB_RUNTIME_BASE_LIBRARY_H
#define TB_RUNTIME_BASE_LIBRARY_H

#include <stdbool.h>

#include "runtime/base/status.h"

typedef struct tb_library tb_library;
typedef void (*tb_function)(void);

/*
 * Opens `path` (searched as dlopen does where it has no slash). `isolated`: the library's own
 * functions win over those of the same name that this program exports, as a second TFLite needs.
 * TB_UNAVAILABLE with the loader's reason.
 */
tb_status tb_library_open(const char *path, bool isolated, tb_error *err, tb_library **out);
/* Unloads; a NULL library is fine. Nothing that came from it may be used afterwards. */
void tb_library_close(tb_library *library);

/* The function of that name, or NULL. Cast it to its true type before the call. */
tb_function tb_library_find(const tb_library *library, const char *name);

#endif
