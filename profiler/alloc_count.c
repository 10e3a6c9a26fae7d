/* Stand-ins that count and pass on; the linker puts them in place (--wrap). */
#include "profiler/alloc_count.h"

#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>

static atomic_uint_fast64_t count;

/* The linker's names; absent where the program is linked without --wrap. */
#define REAL __attribute__((weak)) extern
REAL void *__real_malloc(size_t size);
REAL void *__real_calloc(size_t items, size_t size);
REAL void *__real_realloc(void *block, size_t size);
REAL void *__real_aligned_alloc(size_t alignment, size_t size);
REAL int __real_posix_memalign(void **out, size_t alignment, size_t size);

void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t items, size_t size);
void *__wrap_realloc(void *block, size_t size);
void *__wrap_aligned_alloc(size_t alignment, size_t size);
int __wrap_posix_memalign(void **out, size_t alignment, size_t size);

static void note(void)
{
    atomic_fetch_add_explicit(&count, 1, memory_order_relaxed);
}

void *__wrap_malloc(size_t size)
{
    note();
    return __real_malloc(size);
}

void *__wrap_calloc(size_t items, size_t size)
{
    note();
    return __real_calloc(items, size);
}

void *__wrap_realloc(void *block, size_t size)
{
    note();
    return __real_realloc(block, size);
}

void *__wrap_aligned_alloc(size_t alignment, size_t size)
{
    note();
    return __real_aligned_alloc(alignment, size);
}

int __wrap_posix_memalign(void **out, size_t alignment, size_t size)
{
    note();
    return __real_posix_memalign(out, alignment, size);
}

bool tb_alloc_count(uint64_t *out)
{
    *out = atomic_load_explicit(&count, memory_order_relaxed);
    return __real_malloc != NULL;
}
