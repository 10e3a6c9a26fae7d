/* The planner: nothing that lives at once overlaps, the bound is the bound, plans are near it. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/memory_plan.h"

static uint64_t rounded(const tb_plan_block *block)
{
    return (block->bytes + 63) / 64 * 64;
}

static bool overlap(const tb_plan_block *a, const tb_plan_block *b)
{
    bool in_time = a->first <= b->last && b->first <= a->last;
    bool in_space = a->offset < b->offset + rounded(b) && b->offset < a->offset + rounded(a);
    return in_time && in_space && a->bytes && b->bytes;
}

static uint64_t bound_by_counting(const tb_plan_block *blocks, size_t count, int positions)
{
    uint64_t bound = 0;
    for (int at = 0; at < positions; at++) {
        uint64_t live = 0;
        for (size_t k = 0; k < count; k++) {
            if (blocks[k].first <= at && at <= blocks[k].last)
                live += rounded(&blocks[k]);
        }
        bound = live > bound ? live : bound;
    }
    return bound;
}

static void check(const tb_plan_block *blocks, size_t count, const tb_plan_result *result)
{
    uint64_t peak = 0;
    for (size_t k = 0; k < count; k++) {
        cr_assert_eq(blocks[k].offset % 64, 0u);
        if (blocks[k].bytes && blocks[k].offset + rounded(&blocks[k]) > peak)
            peak = blocks[k].offset + rounded(&blocks[k]);
        for (size_t j = 0; j < k; j++) {
            if (blocks[j].fixed && blocks[k].fixed)
                continue;
            cr_assert(!overlap(&blocks[j], &blocks[k]), "blocks %zu and %zu overlap", j, k);
        }
    }
    cr_assert_eq(result->peak_bytes, peak);
}

static uint32_t seed = 12345;

static uint32_t draw(uint32_t below)
{
    seed = seed * 1664525u + 1013904223u;
    return (seed >> 8) % below;
}

Test(memory_plan, random_blocks_never_overlap)
{
    double worst = 0;
    for (int round = 0; round < 300; round++) {
        size_t count = 1 + draw(120);
        int positions = 1 + (int)draw(60);
        tb_plan_block *blocks = calloc(count, sizeof *blocks);
        for (size_t k = 0; k < count; k++) {
            blocks[k].bytes = draw(10) == 0 ? 0 : 1 + draw(1u << (4 + draw(16)));
            blocks[k].first = (int32_t)draw((uint32_t)positions);
            uint32_t left = (uint32_t)(positions - blocks[k].first);
            blocks[k].last =
                blocks[k].first + (int32_t)draw(draw(4) ? (left < 5 ? left : 5) : left);
        }
        tb_plan_result result;
        cr_assert_eq(tb_memory_plan(blocks, count, NULL, &result), TB_OK);
        check(blocks, count, &result);
        cr_assert_geq(result.peak_bytes, result.bound_bytes);
        cr_assert_eq(result.bound_bytes, bound_by_counting(blocks, count, positions));
        if (result.bound_bytes) {
            double excess = (double)result.peak_bytes / (double)result.bound_bytes;
            worst = excess > worst ? excess : worst;
        }
        free(blocks);
    }
    cr_expect_lt(worst, 1.05, "the worst plan is %.3f times the bound", worst);
}

Test(memory_plan, fixed_blocks_stay_and_others_go_around)
{
    for (int round = 0; round < 100; round++) {
        size_t count = 2 + draw(60);
        tb_plan_block *blocks = calloc(count, sizeof *blocks);
        for (size_t k = 0; k < count; k++) {
            blocks[k].bytes = 1 + draw(5000);
            blocks[k].first = (int32_t)draw(30);
            blocks[k].last = blocks[k].first + (int32_t)draw(6);
            blocks[k].fixed = k % 3 == 0;
            blocks[k].offset = blocks[k].fixed ? 64 * draw(400) : 0;
        }
        tb_plan_block before = blocks[0];
        tb_plan_result result;
        cr_assert_eq(tb_memory_plan(blocks, count, NULL, &result), TB_OK);
        check(blocks, count, &result);
        cr_assert_eq(blocks[0].offset, before.offset);
        free(blocks);
    }
}

Test(memory_plan, the_same_blocks_give_the_same_plan)
{
    enum { COUNT = 80 };
    tb_plan_block blocks[COUNT] = {0}, again[COUNT];
    for (int k = 0; k < COUNT; k++) {
        blocks[k].bytes = 1 + draw(100000);
        blocks[k].first = (int32_t)draw(40);
        blocks[k].last = blocks[k].first + (int32_t)draw(9);
    }
    memcpy(again, blocks, sizeof blocks);
    tb_plan_result result;
    cr_assert_eq(tb_memory_plan(blocks, COUNT, NULL, &result), TB_OK);
    cr_assert_eq(tb_memory_plan(again, COUNT, NULL, &result), TB_OK);
    for (int k = 0; k < COUNT; k++)
        cr_expect_eq(blocks[k].offset, again[k].offset);
}

Test(memory_plan, a_chain_needs_its_two_largest_neighbours)
{
    tb_plan_block blocks[4] = {{.bytes = 1000, .first = 0, .last = 1},
                               {.bytes = 3000, .first = 1, .last = 2},
                               {.bytes = 2000, .first = 2, .last = 3},
                               {.bytes = 100, .first = 3, .last = 4}};
    tb_plan_result result;
    cr_assert_eq(tb_memory_plan(blocks, 4, NULL, &result), TB_OK);
    cr_expect_eq(result.bound_bytes, 3008u + 2048u);
    cr_expect_eq(result.bound_at, 2);
    cr_expect_eq(result.peak_bytes, result.bound_bytes);
}

Test(memory_plan, nothing_and_too_much)
{
    tb_plan_result result;
    cr_expect_eq(tb_memory_plan(NULL, 0, NULL, &result), TB_OK);
    cr_expect_eq(result.bound_at, -1);
    tb_plan_block huge[2] = {{.bytes = UINT64_C(1) << 62}, {.bytes = UINT64_C(1) << 62}};
    cr_expect_eq(tb_memory_plan(huge, 2, NULL, &result), TB_NO_MEMORY);
    tb_plan_block beyond = {.bytes = UINT64_MAX};
    cr_expect_eq(tb_memory_plan(&beyond, 1, NULL, &result), TB_NO_MEMORY);
}

Test(memory_plan, very_many_blocks)
{
    size_t count = 20000;
    tb_plan_block *blocks = calloc(count, sizeof *blocks);
    for (size_t k = 0; k < count; k++) {
        blocks[k].bytes = 1 + draw(4000);
        blocks[k].first = (int32_t)(k / 2);
        blocks[k].last = blocks[k].first + (int32_t)draw(20);
    }
    tb_plan_result result;
    cr_assert_eq(tb_memory_plan(blocks, count, NULL, &result), TB_OK);
    uint64_t peak = 0;
    for (size_t k = 0; k < count; k++) {
        if (blocks[k].offset + rounded(&blocks[k]) > peak)
            peak = blocks[k].offset + rounded(&blocks[k]);
        for (size_t j = k; j-- > 0 && blocks[j].first + 20 >= blocks[k].first;)
            cr_assert(!overlap(&blocks[j], &blocks[k]));
    }
    cr_expect_eq(result.peak_bytes, peak);
    free(blocks);
}
