/*
 * How much memory this process uses, read from /proc between phases (a reading takes some tens of
 * microseconds and keeps nothing allocated). What each figure means is said in docs/measuring.md.
 */
#ifndef TB_PROFILER_MEMUSE_H
#define TB_PROFILER_MEMUSE_H

#include <stdbool.h>
#include <stdint.h>

/* The metrics, by the names they are stored under, all in bytes. */
#define TB_MEMUSE_LIST(X)                                                           \
    X(RSS, "rss_bytes")           /* resident pages, exact (smaps_rollup) */        \
    X(PSS, "pss_bytes")           /* the same, shared pages divided by sharers */   \
    X(USS, "uss_bytes")           /* the pages that this process alone has */       \
    X(ANON, "anon_bytes")         /* resident pages that belong to no file */       \
    X(FILE, "file_bytes")         /* resident pages of files: code, mapped model */ \
    X(SWAP, "swap_bytes")         /* swapped out */                                 \
    X(HEAP, "heap_bytes")         /* handed out by malloc */                        \
    X(DMABUF, "dmabuf_bytes")     /* buffers shared with devices */                 \
    X(GPU, "gpu_bytes")           /* what a GPU's driver holds for this process */  \
    X(PEAK_RSS, "peak_rss_bytes") /* highest resident set so far (VmHWM) */

typedef enum tb_memuse_metric {
#define TB_MEMUSE_ENUM(code, name) TB_MEMUSE_##code,
    TB_MEMUSE_LIST(TB_MEMUSE_ENUM)
#undef TB_MEMUSE_ENUM
        TB_MEMUSE_COUNT
} tb_memuse_metric;

typedef struct tb_memuse {
    struct {
        bool known;
        uint64_t bytes;
        const char *reason; /* static text; where not known */
    } metric[TB_MEMUSE_COUNT];
} tb_memuse;

const char *tb_memuse_name(tb_memuse_metric metric);
void tb_memuse_read(tb_memuse *out);

#endif
