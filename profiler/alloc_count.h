/*
 * How often this program has asked the C library for memory. Programs that are linked with
 * -Wl,--wrap for the functions of alloc_count.c are counted (the Makefile's `counted`); what lies in
 * shared libraries is not.
 */
#ifndef TB_PROFILER_ALLOC_COUNT_H
#define TB_PROFILER_ALLOC_COUNT_H

#include <stdbool.h>
#include <stdint.h>

/* Calls of malloc, calloc, realloc, aligned_alloc and posix_memalign so far, of all threads; false
   where this program was linked without counting. */
bool tb_alloc_count(uint64_t *out);

#endif
