/*
 * A bump arena: many small allocations that live and die together. No allocation can be given back
 * alone; tb_arena_free gives back all of them.
 *
 * A byte limit bounds what hostile input can make a parser allocate.
 */
#ifndef TB_RUNTIME_BASE_ARENA_H
#define TB_RUNTIME_BASE_ARENA_H

#include <stddef.h>

struct tb_arena_chunk;

/* Zero-initialised is an empty arena without a limit. */
typedef struct tb_arena {
    struct tb_arena_chunk *chunk; /* the newest; older ones hang behind it */
    size_t limit_bytes;           /* of used_bytes; 0: none */
    size_t used_bytes;            /* sum of all allocations, padding included */
} tb_arena;

void tb_arena_init(tb_arena *arena, size_t limit_bytes);
/* Gives back everything; the arena is empty and usable again, its limit kept. */
void tb_arena_free(tb_arena *arena);

/*
 * `size` bytes, zeroed, at a multiple of `alignment` (a power of two, at most 64). NULL where the
 * limit or the system says no; the arena stays sound. A size of 0 gives a unique pointer too.
 */
void *tb_arena_alloc(tb_arena *arena, size_t size, size_t alignment);
/* count * size bytes, zeroed, aligned for any C type; NULL too where the product does not fit. */
void *tb_arena_calloc(tb_arena *arena, size_t count, size_t size);
/* A terminated copy of `size` bytes of text; NULL as above. */
char *tb_arena_text(tb_arena *arena, const char *text, size_t size);

#define TB_ARENA_NEW(arena, type, count) ((type *)tb_arena_calloc((arena), (count), sizeof(type)))

#endif
