/* The bump arena: alignment, zeroing, growth, the limit. */
#include <criterion/criterion.h>
#include <stdint.h>
#include <string.h>

#include "runtime/base/arena.h"

Test(arena, gives_distinct_aligned_zeroed_memory)
{
    tb_arena arena = {0};
    unsigned char *last_end = NULL;
    for (size_t k = 1; k < 3000; k++) {
        size_t alignment = (size_t)1 << (k % 7);
        unsigned char *at = tb_arena_alloc(&arena, k % 97, alignment);
        cr_assert_not_null(at);
        cr_assert_eq((uintptr_t)at % alignment, 0);
        cr_assert_neq(at, last_end ? last_end - 1 : NULL);
        for (size_t i = 0; i < k % 97; i++)
            cr_assert_eq(at[i], 0);
        memset(at, 0xab, k % 97);
        last_end = at + k % 97 + (k % 97 == 0);
    }
    tb_arena_free(&arena);
    cr_assert_null(arena.chunk);
    cr_assert_eq(arena.used_bytes, 0);
}

Test(arena, takes_one_allocation_larger_than_any_chunk)
{
    tb_arena arena = {0};
    size_t size = 3 << 20;
    char *small = tb_arena_text(&arena, "before", 6);
    char *large = tb_arena_alloc(&arena, size, 64);
    cr_assert_not_null(large);
    memset(large, 1, size);
    cr_assert_str_eq(small, "before");
    tb_arena_free(&arena);
}

Test(arena, refuses_beyond_its_limit_and_stays_usable)
{
    tb_arena arena;
    tb_arena_init(&arena, 1000);
    cr_assert_not_null(tb_arena_alloc(&arena, 500, 8));
    cr_assert_null(tb_arena_alloc(&arena, 600, 8));
    cr_assert_null(tb_arena_alloc(&arena, SIZE_MAX, 8));
    cr_assert_not_null(tb_arena_alloc(&arena, 100, 8));
    tb_arena_free(&arena);
    cr_assert_not_null(tb_arena_alloc(&arena, 900, 8));
    tb_arena_free(&arena);
}

Test(arena, refuses_a_product_that_does_not_fit)
{
    tb_arena arena = {0};
    cr_assert_null(tb_arena_calloc(&arena, SIZE_MAX / 2, 3));
    int64_t *numbers = TB_ARENA_NEW(&arena, int64_t, 3);
    cr_assert_eq(numbers[2], 0);
    tb_arena_free(&arena);
}
