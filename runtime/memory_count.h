/*
 * Counted memory: who holds how many bytes, the peak of each, and a limit on the sum. The limit is
 * counted instead of being asked of the system, because RLIMIT_AS breaks sanitizers and GPU
 * drivers. One thread at a time.
 */
#ifndef TB_RUNTIME_MEMORY_COUNT_H
#define TB_RUNTIME_MEMORY_COUNT_H

#include <stdbool.h>
#include <stdint.h>

#include "runtime/host.h"

typedef struct tb_memory_count {
    uint64_t limit_bytes; /* of total_bytes; 0: none */
    uint64_t total_bytes;
    uint64_t current_bytes[TB_MEMORY_OWNER_COUNT];
    uint64_t peak_bytes[TB_MEMORY_OWNER_COUNT];
} tb_memory_count;

/* False where that passes the limit; nothing is counted then. */
bool tb_memory_take(tb_memory_count *count, tb_memory_owner owner, uint64_t bytes);
/* Gives back what was taken; more than that counts as all of it. */
void tb_memory_give(tb_memory_count *count, tb_memory_owner owner, uint64_t bytes);
/* From `old_bytes` to `new_bytes` in one step. */
bool tb_memory_change(tb_memory_count *count, tb_memory_owner owner, uint64_t old_bytes,
                      uint64_t new_bytes);

#endif
