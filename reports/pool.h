/*
 * An arena that owns what a query gave: everything in it lives until the pool is freed.
 *
 * Running out of memory is latched: allocations then give NULL (texts: ""), and whoever hands out
 * the result asks tb_pool_check once.
 */
#ifndef TB_REPORTS_POOL_H
#define TB_REPORTS_POOL_H

#include <stddef.h>

#include "runtime/base/status.h"

typedef struct tb_pool tb_pool;

tb_pool *tb_pool_create(void); /* NULL: out of memory */
void tb_pool_free(tb_pool *pool);

/* TB_NO_MEMORY where any allocation so far has failed, or pool is NULL. */
tb_status tb_pool_check(const tb_pool *pool, tb_error *err);

/* Zeroed, aligned for any type. A NULL pool gives NULL. */
void *tb_pool_take(tb_pool *pool, size_t count, size_t size);
/* A copy; NULL stays NULL. */
const char *tb_pool_text(tb_pool *pool, const char *text);
const char *tb_pool_printf(tb_pool *pool, const char *format, ...) TB_PRINTF(2, 3);

/* An array that grows in a pool. Start with {.item_size = sizeof(T)}. */
typedef struct tb_array {
    void *items;
    size_t count, capacity, item_size;
} tb_array;

/* Room for one more item, zeroed; NULL: out of memory. Moves the items now and then. */
void *tb_array_push(tb_pool *pool, tb_array *array);

#endif
