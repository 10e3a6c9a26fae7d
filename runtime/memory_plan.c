/*
 * The planner; see memory_plan.h.
 *
 * Every attempt takes the blocks in some order and puts each at the lowest (or the tightest) gap
 * among those already placed that live at the same time. What makes a good plan is the order, and
 * none is best for all graphs, so several are tried: by size, by breadth (whoever lives at the
 * fullest position first), by area, by time. The first attempt that reaches the lower bound ends
 * the search, which on ordinary networks is the first of all. Otherwise the best order is mended
 * for a while: blocks that stick out at the top are moved to the front, where they choose first.
 */
#include "runtime/memory_plan.h"

#include <stdlib.h>
#include <string.h>

#include "runtime/base/size.h"

/* An attempt costs about count^2 / 2 steps. The more were spent, the less is asked for: a plan is
   good enough when its excess over the bound is at most the bound divided by `good_enough`. The first
   row must not be felt when a program starts; a million steps are about a millisecond. */
static const struct {
    uint64_t steps;
    uint64_t good_enough; /* 0: whatever it is */
} patience[] = {{60000, UINT64_MAX}, {1500000, 50}, {24000000, 25}, {UINT64_MAX, 0}};
#define MEND_ROUNDS 20000
/* Blocks that have their place already: a later part of a graph whose shapes appear as it runs, which is
   planned again at every run. */
#define FEW_ROUNDS 16
/* With more blocks than this, looking at all pairs even once takes too long. */
#define PAIRWISE_COUNT 16384
/* How many gaps the linear scan looks at before it goes to the top. */
#define SCAN_GAPS 512

#define SIZE_LIMIT (UINT64_C(1) << 62)

typedef struct item {
    uint64_t size; /* rounded */
    int32_t first;
    int32_t last;
} item;

typedef struct placed {
    uint64_t begin;
    uint64_t end;
    int32_t first;
    int32_t last;
} placed;

/* What the sorting functions look at, besides the items themselves. */
typedef struct sort_key {
    uint64_t major; /* larger first */
    uint64_t minor; /* larger first */
    uint32_t index; /* smaller first */
} sort_key;

typedef struct planner {
    const tb_plan_block *blocks;
    item *items;       /* of all blocks */
    uint32_t *movable; /* indices of blocks that are not fixed */
    size_t count;      /* of blocks */
    size_t movable_count;
    placed *fixed; /* sorted by begin */
    size_t fixed_count;
    placed *placed;    /* room for all */
    uint64_t *offsets; /* of the attempt at hand, by block */
    uint64_t *best;    /* of the best attempt */
    uint32_t *order;
    uint32_t *best_order;
    sort_key *keys;
    uint64_t *live; /* bytes live at each position */
    int32_t positions;
    uint64_t bound;
    uint64_t best_peak;
    uint64_t steps;
} planner;

/* ---- one attempt ------------------------------------------------------------------------------ */

typedef enum fit { FIT_LOWEST, FIT_TIGHTEST } fit;

/* The offset for a block among `count` placed ones, which are sorted by begin. */
static uint64_t find_gap(const placed *list, size_t count, const item *block, fit how)
{
    uint64_t top = 0;
    uint64_t best = UINT64_MAX;
    uint64_t best_gap = UINT64_MAX;
    for (size_t k = 0; k < count; k++) {
        const placed *other = &list[k];
        if (other->first > block->last || other->last < block->first)
            continue;
        if (other->begin > top) {
            uint64_t gap = other->begin - top;
            if (gap >= block->size && gap < best_gap) {
                if (how == FIT_LOWEST)
                    return top;
                best = top;
                best_gap = gap;
            }
        }
        if (other->end > top)
            top = other->end;
    }
    return best == UINT64_MAX ? top : best;
}

static void insert_placed(placed *list, size_t count, placed entry)
{
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (list[middle].begin <= entry.begin)
            low = middle + 1;
        else
            high = middle;
    }
    memmove(&list[low + 1], &list[low], (count - low) * sizeof list[0]);
    list[low] = entry;
}

/* Places all movable blocks in this order; gives up (UINT64_MAX) once it is worse than the best. */
static uint64_t attempt(planner *plan, const uint32_t *order, fit how)
{
    size_t count = plan->fixed_count;
    uint64_t peak = 0;
    memcpy(plan->placed, plan->fixed, count * sizeof plan->placed[0]);
    for (size_t k = 0; k < count; k++) {
        if (plan->fixed[k].end > peak)
            peak = plan->fixed[k].end;
    }
    for (size_t k = 0; k < plan->movable_count; k++) {
        uint32_t index = order[k];
        const item *block = &plan->items[index];
        plan->steps += count;
        uint64_t begin = find_gap(plan->placed, count, block, how);
        uint64_t end = begin + block->size;
        if (end > peak)
            peak = end;
        if (peak > plan->best_peak)
            return UINT64_MAX;
        plan->offsets[index] = begin;
        placed entry = {begin, end, block->first, block->last};
        insert_placed(plan->placed, count++, entry);
    }
    return peak;
}

static bool done(const planner *plan)
{
    if (plan->best_peak <= plan->bound)
        return true;
    if (plan->best_peak == UINT64_MAX)
        return false;
    size_t row = 0;
    while (plan->steps > patience[row].steps)
        row++;
    /* A row's demand holds until its steps are spent; then the next, lower one. */
    uint64_t excess = plan->best_peak - plan->bound;
    return patience[row].good_enough == 0 || excess <= plan->bound / patience[row].good_enough;
}

static void try_order(planner *plan, fit how)
{
    uint64_t peak = attempt(plan, plan->order, how);
    /* A plan that is as good replaces the best one too: so the search wanders on a plateau instead of
       standing still. */
    if (peak == UINT64_MAX)
        return;
    plan->best_peak = peak;
    memcpy(plan->best, plan->offsets, plan->count * sizeof plan->best[0]);
    memcpy(plan->best_order, plan->order, plan->movable_count * sizeof plan->order[0]);
}

/* ---- orders ----------------------------------------------------------------------------------- */

static int compare_keys(const void *left, const void *right)
{
    const sort_key *a = left, *b = right;
    if (a->major != b->major)
        return a->major > b->major ? -1 : 1;
    if (a->minor != b->minor)
        return a->minor > b->minor ? -1 : 1;
    return a->index < b->index ? -1 : a->index > b->index;
}

typedef sort_key (*key_fn)(const planner *plan, const item *block);

static void sort_by(planner *plan, key_fn key)
{
    for (size_t k = 0; k < plan->movable_count; k++) {
        plan->keys[k] = key(plan, &plan->items[plan->movable[k]]);
        plan->keys[k].index = plan->movable[k];
    }
    qsort(plan->keys, plan->movable_count, sizeof plan->keys[0], compare_keys);
    for (size_t k = 0; k < plan->movable_count; k++)
        plan->order[k] = plan->keys[k].index;
}

static uint64_t earliness(const item *block)
{
    return (uint64_t)(INT32_MAX - block->first);
}

static uint64_t length(const item *block)
{
    return (uint64_t)(block->last - block->first);
}

/* Blocks that live throughout cannot share with anybody and go to the bottom; then by size, before it
   is rounded: the block that ends up at the top then is one with more of it unused. */
static sort_key by_size(const planner *plan, const item *block)
{
    bool throughout = block->first == 0 && block->last >= plan->positions - 1;
    uint64_t bytes = plan->blocks[block - plan->items].bytes;
    return (sort_key){throughout ? UINT64_MAX : bytes, earliness(block), 0};
}

/* Whoever lives at the fullest position first. */
static sort_key by_breadth(const planner *plan, const item *block)
{
    uint64_t widest = 0;
    for (int32_t at = block->first; at <= block->last && at < plan->positions; at++) {
        if (plan->live[at] > widest)
            widest = plan->live[at];
    }
    return (sort_key){widest, block->size, 0};
}

static sort_key by_area(const planner *plan, const item *block)
{
    (void)plan;
    uint64_t span = length(block) + 1;
    uint64_t area = block->size > UINT64_MAX / span ? UINT64_MAX : block->size * span;
    return (sort_key){area, block->size, 0};
}

static sort_key by_length(const planner *plan, const item *block)
{
    (void)plan;
    return (sort_key){length(block), block->size, 0};
}

static sort_key by_start(const planner *plan, const item *block)
{
    (void)plan;
    return (sort_key){earliness(block), block->size, 0};
}

static sort_key by_end(const planner *plan, const item *block)
{
    (void)plan;
    return (sort_key){(uint64_t)block->last, block->size, 0};
}

static const struct {
    key_fn key;
    fit how;
} attempts[] = {
    {by_size, FIT_LOWEST},    {by_breadth, FIT_LOWEST}, {by_size, FIT_TIGHTEST},
    {by_area, FIT_LOWEST},    {by_length, FIT_LOWEST},  {by_breadth, FIT_TIGHTEST},
    {by_start, FIT_LOWEST},   {by_end, FIT_LOWEST},     {by_area, FIT_TIGHTEST},
    {by_start, FIT_TIGHTEST}, {by_end, FIT_TIGHTEST},
};

/*
 * Moves the blocks that reach highest in the best plan to the front of its order, keeping the order
 * among them and among the rest. `share` says how far from the top counts as high.
 */
static void promote_top(planner *plan, uint64_t share)
{
    uint64_t line = plan->best_peak - plan->best_peak / share;
    size_t front = 0, back = 0;
    for (size_t k = 0; k < plan->movable_count; k++) {
        uint32_t index = plan->best_order[k];
        if (plan->best[index] + plan->items[index].size > line)
            plan->order[front++] = index;
        else
            plan->keys[back++].index = index;
    }
    for (size_t k = 0; k < back; k++)
        plan->order[front + k] = plan->keys[k].index;
}

static uint32_t next_random(uint32_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state;
}

/* Lets a block that reaches high choose earlier than a random other one. The seed is fixed: the
   search is the same every time. */
static void shuffle_top(planner *plan, uint32_t *seed)
{
    memcpy(plan->order, plan->best_order, plan->movable_count * sizeof plan->order[0]);
    uint32_t moves = 1 + next_random(seed) % 3;
    for (uint32_t m = 0; m < moves; m++) {
        size_t from = next_random(seed) % plan->movable_count;
        if (m == 0) {
            uint64_t highest = 0;
            for (size_t k = 0; k < plan->movable_count; k++) {
                uint32_t index = plan->order[k];
                uint64_t end = plan->best[index] + plan->items[index].size;
                if (end > highest)
                    highest = end, from = k;
            }
        }
        size_t to = from ? next_random(seed) % from : 0;
        uint32_t index = plan->order[from];
        memmove(&plan->order[to + 1], &plan->order[to], (from - to) * sizeof plan->order[0]);
        plan->order[to] = index;
    }
}

static void search(planner *plan)
{
    for (size_t k = 0; k < TB_COUNT_OF(attempts); k++) {
        sort_by(plan, attempts[k].key);
        try_order(plan, attempts[k].how);
        if (done(plan))
            return;
    }
    static const uint64_t shares[] = {64, 16, 8, 4};
    for (size_t k = 0; k < TB_COUNT_OF(shares); k++) {
        promote_top(plan, shares[k]);
        try_order(plan, FIT_LOWEST);
        if (done(plan))
            return;
    }
    uint32_t seed = 2463534242u;
    const int rounds = plan->fixed_count ? FEW_ROUNDS : MEND_ROUNDS;
    for (int round = 0; round < rounds && !done(plan); round++) {
        shuffle_top(plan, &seed);
        try_order(plan, round % 4 == 3 ? FIT_TIGHTEST : FIT_LOWEST);
    }
}

/* ---- very many blocks ------------------------------------------------------------------------- */

typedef struct gap {
    uint64_t begin;
    uint64_t end;
} gap;

static int compare_starts(const void *left, const void *right)
{
    return compare_keys(left, right);
}

/* Gives [begin, end) back to the list of gaps, which is sorted and has no neighbours that touch. */
static void free_range(gap *gaps, size_t *count, uint64_t begin, uint64_t end)
{
    size_t low = 0, high = *count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (gaps[middle].begin < begin)
            low = middle + 1;
        else
            high = middle;
    }
    bool joins_left = low > 0 && gaps[low - 1].end == begin;
    bool joins_right = low < *count && gaps[low].begin == end;
    if (joins_left && joins_right) {
        gaps[low - 1].end = gaps[low].end;
        memmove(&gaps[low], &gaps[low + 1], (*count - low - 1) * sizeof gaps[0]);
        (*count)--;
    } else if (joins_left) {
        gaps[low - 1].end = end;
    } else if (joins_right) {
        gaps[low].begin = begin;
    } else {
        memmove(&gaps[low + 1], &gaps[low], (*count - low) * sizeof gaps[0]);
        gaps[low] = (gap){begin, end};
        (*count)++;
    }
}

static uint64_t take_range(gap *gaps, size_t *count, uint64_t *top, uint64_t size)
{
    size_t looked = *count < SCAN_GAPS ? *count : SCAN_GAPS;
    for (size_t k = 0; k < looked; k++) {
        if (gaps[k].end - gaps[k].begin < size)
            continue;
        uint64_t begin = gaps[k].begin;
        gaps[k].begin += size;
        if (gaps[k].begin == gaps[k].end) {
            memmove(&gaps[k], &gaps[k + 1], (*count - k - 1) * sizeof gaps[0]);
            (*count)--;
        }
        return begin;
    }
    uint64_t begin = *top;
    *top += size;
    return begin;
}

/* Allocates and frees along the time line, as a heap would; fixed blocks bar everything below. */
static tb_status linear_scan(planner *plan, tb_error *err)
{
    size_t count = plan->movable_count;
    sort_key *ends = malloc(count * sizeof *ends);
    gap *gaps = malloc((count + 1) * sizeof *gaps);
    if (!ends || !gaps) {
        free(ends);
        free(gaps);
        return tb_fail(err, TB_NO_MEMORY, "planning memory: cannot allocate for %zu blocks", count);
    }
    sort_by(plan, by_start);
    for (size_t k = 0; k < count; k++) {
        uint32_t index = plan->movable[k];
        ends[k] = (sort_key){(uint64_t)(INT32_MAX - plan->items[index].last), 0, index};
    }
    qsort(ends, count, sizeof *ends, compare_starts);
    uint64_t top = 0;
    for (size_t k = 0; k < plan->fixed_count; k++) {
        if (plan->fixed[k].end > top)
            top = plan->fixed[k].end;
    }
    size_t gap_count = 0, ended = 0;
    for (size_t k = 0; k < count; k++) {
        uint32_t index = plan->order[k];
        const item *block = &plan->items[index];
        while (ended < k && plan->items[ends[ended].index].last < block->first) {
            uint32_t gone = ends[ended++].index;
            free_range(gaps, &gap_count, plan->best[gone],
                       plan->best[gone] + plan->items[gone].size);
        }
        plan->best[index] = take_range(gaps, &gap_count, &top, block->size);
    }
    plan->best_peak = top;
    free(ends);
    free(gaps);
    return TB_OK;
}

/* ---- bound, set-up ---------------------------------------------------------------------------- */

static bool round_up(uint64_t bytes, uint64_t *out)
{
    if (bytes > SIZE_LIMIT)
        return false;
    *out = tb_align_up(bytes, TB_PLAN_ALIGNMENT);
    return true;
}

/* plan->live[p]: the sum of all blocks that live at p; false where one does not fit. */
static bool sum_live(planner *plan)
{
    /* Differences first: wrap-around cancels out where the true sum fits. The total of all blocks
       bounds every sum, so one check of it is enough. */
    uint64_t total = 0;
    for (size_t k = 0; k < plan->count; k++) {
        const item *block = &plan->items[k];
        total += block->size;
        if (total > SIZE_LIMIT)
            return false;
        plan->live[block->first] += block->size;
        if (block->last + 1 < plan->positions)
            plan->live[block->last + 1] -= block->size;
    }
    for (int32_t at = 1; at < plan->positions; at++)
        plan->live[at] += plan->live[at - 1];
    return true;
}

static void sort_fixed(planner *plan)
{
    size_t count = 0;
    for (size_t k = 0; k < plan->count; k++) {
        const tb_plan_block *block = &plan->blocks[k];
        if (!block->fixed || plan->items[k].size == 0)
            continue;
        placed entry = {block->offset, block->offset + plan->items[k].size, block->first,
                        block->last};
        insert_placed(plan->fixed, count++, entry);
    }
    plan->fixed_count = count;
}

/* All arrays in one allocation, which `items` starts. */
static bool allocate_arrays(planner *plan)
{
    size_t n = plan->count;
    size_t sizes[] = {
        n * sizeof(item),
        n * sizeof(placed),
        n * sizeof(placed),
        n * sizeof(uint64_t),
        n * sizeof(uint64_t),
        n * sizeof(sort_key),
        (size_t)plan->positions * sizeof(uint64_t),
        n * sizeof(uint32_t),
        n * sizeof(uint32_t),
        n * sizeof(uint32_t),
    };
    size_t total = 0;
    for (size_t k = 0; k < TB_COUNT_OF(sizes); k++)
        total += sizes[k] = tb_align_up(sizes[k], _Alignof(max_align_t));
    char *at = calloc(1, total);
    if (!at)
        return false;
    void *parts[TB_COUNT_OF(sizes)];
    for (size_t k = 0; k < TB_COUNT_OF(sizes); k++) {
        parts[k] = at;
        at += sizes[k];
    }
    plan->items = parts[0];
    plan->fixed = parts[1];
    plan->placed = parts[2];
    plan->offsets = parts[3];
    plan->best = parts[4];
    plan->keys = parts[5];
    plan->live = parts[6];
    plan->movable = parts[7];
    plan->order = parts[8];
    plan->best_order = parts[9];
    return true;
}

static int32_t position_count(const tb_plan_block *blocks, size_t count)
{
    /* Positions past every block's first one add nothing to the bound: who lives there lived at the
       latest first position too, or does not live any more. */
    int32_t latest = 0;
    for (size_t k = 0; k < count; k++) {
        if (blocks[k].first > latest)
            latest = blocks[k].first;
    }
    return latest + 1;
}

tb_status tb_memory_plan(tb_plan_block *blocks, size_t count, tb_error *err, tb_plan_result *out)
{
    *out = (tb_plan_result){0, 0, -1};
    if (count == 0)
        return TB_OK;
    planner plan = {.blocks = blocks, .count = count};
    plan.positions = position_count(blocks, count);
    if (count > UINT32_MAX / 64 || !allocate_arrays(&plan))
        return tb_fail(err, TB_NO_MEMORY, "planning memory: cannot allocate for %zu blocks", count);
    tb_status status = TB_OK;
    for (size_t k = 0; k < count && status == TB_OK; k++) {
        plan.items[k] = (item){0, blocks[k].first, blocks[k].last};
        if (!round_up(blocks[k].bytes, &plan.items[k].size))
            status = tb_fail(err, TB_NO_MEMORY, "planning memory: a block of %llu bytes",
                             (unsigned long long)blocks[k].bytes);
        else if (!blocks[k].fixed && plan.items[k].size > 0)
            plan.movable[plan.movable_count++] = (uint32_t)k;
    }
    if (status == TB_OK && !sum_live(&plan))
        status = tb_fail(err, TB_NO_MEMORY,
                         "planning memory: %zu blocks together need more than 2^62 bytes", count);
    if (status != TB_OK)
        goto end;
    for (int32_t at = 0; at < plan.positions; at++) {
        if (plan.live[at] > out->bound_bytes) {
            out->bound_bytes = plan.live[at];
            out->bound_at = at;
        }
    }
    plan.best_peak = UINT64_MAX;
    sort_fixed(&plan);
    plan.bound = out->bound_bytes;
    for (size_t k = 0; k < plan.fixed_count; k++) {
        if (plan.fixed[k].end > plan.bound)
            plan.bound = plan.fixed[k].end;
    }
    if (plan.movable_count > PAIRWISE_COUNT)
        status = linear_scan(&plan, err);
    else
        search(&plan);
    if (status != TB_OK)
        goto end;
    for (size_t k = 0; k < plan.movable_count; k++)
        blocks[plan.movable[k]].offset = plan.best[plan.movable[k]];
    for (size_t k = 0; k < count; k++) {
        uint64_t end = blocks[k].offset + plan.items[k].size;
        if (plan.items[k].size > 0 && end > out->peak_bytes)
            out->peak_bytes = end;
    }
end:
    free(plan.items);
    return status;
}
