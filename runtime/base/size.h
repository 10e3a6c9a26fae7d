/* Arithmetic on sizes that come from outside: every sum and product is checked. */
#ifndef TB_RUNTIME_BASE_SIZE_H
#define TB_RUNTIME_BASE_SIZE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* *out = a * b; false (and *out untouched) where that does not fit. */
static inline bool tb_mul_size(size_t a, size_t b, size_t *out)
{
    size_t product;
    if (__builtin_mul_overflow(a, b, &product))
        return false;
    *out = product;
    return true;
}

/* *out = a + b; false (and *out untouched) where that does not fit. */
static inline bool tb_add_size(size_t a, size_t b, size_t *out)
{
    size_t sum;
    if (__builtin_add_overflow(a, b, &sum))
        return false;
    *out = sum;
    return true;
}

/* The next multiple of `alignment` (a power of two). The caller knows that it fits. */
static inline size_t tb_align_up(size_t value, size_t alignment)
{
    return (value + alignment - 1) & ~(alignment - 1);
}

#define TB_COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

#endif
