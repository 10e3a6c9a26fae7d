/* Counted memory; see memory_count.h. */
#include "runtime/memory_count.h"

bool tb_memory_take(tb_memory_count *count, tb_memory_owner owner, uint64_t bytes)
{
    uint64_t total;
    if (__builtin_add_overflow(count->total_bytes, bytes, &total))
        return false;
    if (count->limit_bytes && total > count->limit_bytes && bytes > 0)
        return false;
    count->total_bytes = total;
    count->current_bytes[owner] += bytes;
    if (count->current_bytes[owner] > count->peak_bytes[owner])
        count->peak_bytes[owner] = count->current_bytes[owner];
    return true;
}

void tb_memory_give(tb_memory_count *count, tb_memory_owner owner, uint64_t bytes)
{
    if (bytes > count->current_bytes[owner])
        bytes = count->current_bytes[owner];
    count->current_bytes[owner] -= bytes;
    count->total_bytes -= bytes;
}

bool tb_memory_change(tb_memory_count *count, tb_memory_owner owner, uint64_t old_bytes,
                      uint64_t new_bytes)
{
    if (new_bytes > old_bytes)
        return tb_memory_take(count, owner, new_bytes - old_bytes);
    tb_memory_give(count, owner, old_bytes - new_bytes);
    return true;
}
