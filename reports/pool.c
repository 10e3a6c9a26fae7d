/* Chunks in a list, filled from the front. */
#include "reports/pool.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/base/size.h"

#define CHUNK_BYTES 16384

typedef struct chunk {
    struct chunk *next;
    size_t used, size;
    _Alignas(max_align_t) unsigned char data[];
} chunk;

struct tb_pool {
    chunk *chunks; /* the first is being filled */
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
    for (chunk *at = pool->chunks; at;) {
        chunk *next = at->next;
        free(at);
        at = next;
    }
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
    size_t bytes;
    if (!pool || pool->failed)
        return NULL;
    if (!tb_mul_size(count, size, &bytes) || bytes > SIZE_MAX / 2) {
        pool->failed = true;
        return NULL;
    }
    bytes = tb_align_up(bytes ? bytes : 1, _Alignof(max_align_t));
    chunk *at = pool->chunks;
    if (!at || at->size - at->used < bytes) {
        size_t room = bytes > CHUNK_BYTES ? bytes : CHUNK_BYTES;
        at = calloc(1, sizeof *at + room);
        if (!at) {
            pool->failed = true;
            return NULL;
        }
        at->size = room;
        /* A chunk of its own for something large goes second: the first still has room. */
        if (pool->chunks && bytes > CHUNK_BYTES) {
            at->next = pool->chunks->next;
            pool->chunks->next = at;
        } else {
            at->next = pool->chunks;
            pool->chunks = at;
        }
    }
    void *taken = at->data + at->used;
    at->used += bytes;
    return taken;
}

const char *tb_pool_text(tb_pool *pool, const char *text)
{
    if (!text)
        return NULL;
    size_t size = strlen(text) + 1;
    char *copy = tb_pool_take(pool, size, 1);
    return copy ? memcpy(copy, text, size) : "";
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
