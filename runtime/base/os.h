/*
 * What is asked of the operating system, one function a need. os_<system>.c answers; nobody else
 * asks which system this is.
 */
#ifndef TB_RUNTIME_BASE_OS_H
#define TB_RUNTIME_BASE_OS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "runtime/base/status.h"

/* A file's bytes, read-only. `data` is page-aligned, or NULL where the file is empty. */
typedef struct tb_mapping {
    const void *data;
    size_t size;
} tb_mapping;

/*
 * Maps a regular file. The message names `path`: TB_NOT_FOUND where there is none, TB_IO where it
 * cannot be read or is no regular file. As with any mapping, reading past a point where somebody
 * truncates the file later ends in SIGBUS.
 */
tb_status tb_os_map_file(const char *path, tb_error *err, tb_mapping *out);
/* Forgets the mapping and zeroes *mapping; nothing happens where it is empty. */
void tb_os_unmap(tb_mapping *mapping);

/*
 * A file that exists in memory alone, holding a copy of the bytes; it goes when `*descriptor` is
 * closed. `path` (of `capacity` bytes) gets a path at which this process can open it until then.
 */
tb_status tb_os_memory_file(const char *name, const void *data, size_t size, tb_error *err,
                            int *descriptor, size_t capacity, char *path);

size_t tb_os_page_size(void);

/* Asks for large pages where whole ones lie among these bytes, which are to be written and read as a
   whole. Where the system does not know how, nothing happens. */
enum { TB_OS_LARGE_PAGE = 2 << 20 };
void tb_os_want_large_pages(void *data, size_t size);

/* Lets the whole pages among these bytes of a mapped file go: they count no more as this process's
   until it reads them again. For mappings of tb_os_map_file alone: other memory would be zeroed. */
void tb_os_release_pages(const void *data, size_t size);

/* Zeroed memory straight from the system, page-aligned; NULL where it says no. It costs nothing
   until it is touched, and giving it back returns it at once. */
void *tb_os_take_pages(size_t size);
void tb_os_give_pages(void *pages, size_t size);

/* The absolute path of the running program, terminated; TB_IO where it does not fit. */
tb_status tb_os_executable_path(size_t capacity, tb_error *err, char *out);

/*
 * Sleeping until somebody changes a word. wait returns once it is not `expected` any more, when it
 * is woken, or for no reason: look again. It sleeps only if the word still is `expected`.
 */
void tb_os_wait_word(_Atomic uint32_t *word, uint32_t expected);
void tb_os_wake_word(_Atomic uint32_t *word, int waiters);

/* What an Arm processor offers beyond NEON, as the system tells it; false elsewhere. */
bool tb_os_has_arm_dotprod(void);
bool tb_os_has_arm_i8mm(void);

#endif
