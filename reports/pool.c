/* An arena with a latched failure; see pool.h. */
#include "reports/pool.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/base/arena.h"

struct tb_pool {
    tb_arena arena;
    bool failed;
};

tb_pool *tb_pool_create(void)
{
    return calloc(1, sizeof(tb_pool));
}

void tb_pool_free(tb_pool *pool)
{
    if (!pool)
        return;
    tb_arena_free(&pool->arena);
    free(pool);
}

tb_status tb_pool_check(const tb_pool *pool, tb_error *err)
{
    if (pool && !pool->failed)
        return TB_OK;
    return tb_fail(err, TB_NO_MEMORY, "out of memory while loading results");
}

void *tb_pool_take(tb_pool *pool, size_t count, size_t size)
{
    if (!pool)
        return NULL;
    void *taken = tb_arena_calloc(&pool->arena, count, size);
    pool->failed |= !taken;
    return taken;
}

const char *tb_pool_text(tb_pool *pool, const char *text)
{
    if (!text)
        return NULL;
    const char *copy = pool ? tb_arena_text(&pool->arena, text, strlen(text)) : NULL;
    if (pool)
        pool->failed |= !copy;
    return copy ? copy : "";
}

const char *tb_pool_printf(tb_pool *pool, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int length = vsnprintf(NULL, 0, format, args);
    va_end(args);
    char *text = length < 0 ? NULL : tb_pool_take(pool, (size_t)length + 1, 1);
    if (text)
        vsnprintf(text, (size_t)length + 1, format, again);
    va_end(again);
    return text ? text : "";
}

void *tb_array_push(tb_pool *pool, tb_array *array)
{
    if (array->count == array->capacity) {
        size_t capacity = array->capacity ? 2 * array->capacity : 16;
        void *items = tb_pool_take(pool, capacity, array->item_size);
        if (!items)
            return NULL;
        if (array->count)
            memcpy(items, array->items, array->count * array->item_size);
        array->items = items;
        array->capacity = capacity;
    }
    return (unsigned char *)array->items + array->item_size * array->count++;
}
