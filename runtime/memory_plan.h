/*
 * Where blocks of memory lie whose lifetimes are known beforehand, so that they need little room
 * together: dynamic storage allocation, offline.
 *
 * The planner knows nothing of tensors. Positions count the nodes of an execution plan; a block
 * lives from its first to its last position, both included. Sizes are rounded up to
 * TB_PLAN_ALIGNMENT and offsets are multiples of it. The same blocks give the same plan, always.
 */
#ifndef TB_RUNTIME_MEMORY_PLAN_H
#define TB_RUNTIME_MEMORY_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "runtime/base/status.h"

#define TB_PLAN_ALIGNMENT 64

typedef struct tb_plan_block {
    uint64_t bytes; /* at most 2^62 */
    int32_t first;  /* 0 <= first <= last */
    int32_t last;
    bool fixed;      /* has its place already: `offset` is read, not written */
    uint64_t offset; /* from the start of the arena */
} tb_plan_block;

typedef struct tb_plan_result {
    uint64_t peak_bytes;  /* largest offset + rounded size */
    uint64_t bound_bytes; /* no plan can be smaller: the largest sum of live blocks */
    int32_t bound_at;     /* the first position where that sum is reached; -1 without blocks */
} tb_plan_result;

/*
 * Gives every block that is not fixed an offset at which it overlaps no block that lives at the
 * same time. Fixed blocks keep theirs (whether those overlap is the caller's affair). TB_NO_MEMORY
 * where a sum does not fit 63 bits or there is no memory to plan with.
 */
tb_status tb_memory_plan(tb_plan_block *blocks, size_t count, tb_error *err, tb_plan_result *out);

#endif
