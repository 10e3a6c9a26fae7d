/*
 * Cold starts: what a process is about to read is evicted from the page cache before it starts.
 */
#ifndef TB_BENCH_COLD_H
#define TB_BENCH_COLD_H

#include <stddef.h>
#include <stdint.h>

#include "runtime/base/status.h"

typedef enum tb_cold {
    TB_COLD_NO,
    TB_COLD_FILE, /* the files alone */
    TB_COLD_ALL   /* the whole page cache besides: every program of the machine pays for it */
} tb_cold;

/* "file", "all", and back; TB_USAGE for another text, TB_UNAVAILABLE for "all" where this user may
   not. */
tb_status tb_cold_parse(const char *text, tb_error *err, tb_cold *out);
const char *tb_cold_text(tb_cold cold);

/* Evicts the files (posix_fadvise), and the page cache where `cold` says so. Gives how many bytes of
   them stayed in memory: pages that others have mapped, and file systems in memory, cannot be
   evicted. The program that runs is among these. */
int64_t tb_cold_evict(tb_cold cold, const char *const *files, size_t count);

#endif
