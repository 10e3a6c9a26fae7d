/* Chunks in a list, the newest in front; each allocation is cut from the newest or opens another. */
#include "runtime/base/arena.h"

#include <assert.h>
#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/base/size.h"

enum {
    first_chunk_bytes = 1024,
    largest_usual_chunk_bytes = 256 * 1024,
    largest_alignment = 64,
};

struct tb_arena_chunk {
    struct tb_arena_chunk *older;
    size_t capacity; /* of data */
    size_t used;
    unsigned char data[];
};

void tb_arena_init(tb_arena *arena, size_t limit_bytes)
{
    *arena = (tb_arena){NULL, limit_bytes, 0};
}

void tb_arena_free(tb_arena *arena)
{
    struct tb_arena_chunk *chunk = arena->chunk;
    while (chunk) {
        struct tb_arena_chunk *older = chunk->older;
        free(chunk);
        chunk = older;
    }
    tb_arena_init(arena, arena->limit_bytes);
}

/* The bytes to skip in `chunk` so that the next one lies at a multiple of `alignment`. */
static size_t padding_in(const struct tb_arena_chunk *chunk, size_t alignment)
{
    uintptr_t next = (uintptr_t)chunk->data + chunk->used;
    return (size_t)(-next & (alignment - 1));
}

static struct tb_arena_chunk *open_chunk(tb_arena *arena, size_t least_bytes)
{
    size_t capacity = arena->chunk ? arena->chunk->capacity * 2 : first_chunk_bytes;
    if (capacity > largest_usual_chunk_bytes)
        capacity = largest_usual_chunk_bytes;
    if (capacity < least_bytes)
        capacity = least_bytes;
    size_t bytes;
    if (!tb_add_size(capacity, sizeof(struct tb_arena_chunk), &bytes))
        return NULL;
    struct tb_arena_chunk *chunk = malloc(bytes);
    if (!chunk)
        return NULL;
    *chunk = (struct tb_arena_chunk){arena->chunk, capacity, 0};
    arena->chunk = chunk;
    return chunk;
}

void *tb_arena_alloc(tb_arena *arena, size_t size, size_t alignment)
{
    assert(alignment && !(alignment & (alignment - 1)) && alignment <= largest_alignment);
    if (size == 0)
        size = 1;
    size_t most;
    if (!tb_add_size(size, largest_alignment, &most))
        return NULL;
    struct tb_arena_chunk *chunk = arena->chunk;
    size_t padding = chunk ? padding_in(chunk, alignment) : 0;
    bool fits = chunk && padding <= chunk->capacity - chunk->used &&
                size <= chunk->capacity - chunk->used - padding;
    if (arena->limit_bytes &&
        (arena->used_bytes > arena->limit_bytes || most > arena->limit_bytes - arena->used_bytes))
        return NULL;
    if (!fits) {
        chunk = open_chunk(arena, most);
        if (!chunk)
            return NULL;
        padding = padding_in(chunk, alignment);
    }
    void *at = chunk->data + chunk->used + padding;
    chunk->used += padding + size;
    arena->used_bytes += padding + size;
    return memset(at, 0, size);
}

void *tb_arena_calloc(tb_arena *arena, size_t count, size_t size)
{
    size_t bytes;
    if (!tb_mul_size(count, size, &bytes))
        return NULL;
    return tb_arena_alloc(arena, bytes, alignof(max_align_t));
}

char *tb_arena_text(tb_arena *arena, const char *text, size_t size)
{
    size_t bytes;
    if (!tb_add_size(size, 1, &bytes))
        return NULL;
    char *copy = tb_arena_alloc(arena, bytes, 1);
    if (copy && size)
        memcpy(copy, text, size);
    return copy;
}
