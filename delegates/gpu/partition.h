/* Which partitions are worth leaving the interpreter for. */
#ifndef TB_GPU_PARTITION_H
#define TB_GPU_PARTITION_H

#include <stdint.h>

#include "delegates/cpu/ops.h"
#include "runtime/base/status.h"
#include "runtime/host.h"

/*
 * Takes nodes out of `taken` whose partition is not worth its copies: below `min_partition` nodes, or,
 * where that is 0, by an estimate of what it saves and what its boundary costs; the partition with the
 * most work stays then in any case, since somebody asked for the device. `host` (may be NULL) is told
 * why.
 */
tb_status tb_gpu_drop_partitions(TfLiteContext *context, const tb_host *host, int subgraph,
                                 int min_partition, bool shares_memory, TfLiteIntArray *taken,
                                 tb_error *err);

/* Marks the nodes of a partition that stay, and tells `host` (may be NULL) why; then: without them. */
void tb_gpu_leave(const TfLiteIntArray *nodes, const char *reason, const tb_host *host,
                  int subgraph, TfLiteIntArray *taken);
void tb_gpu_compact(TfLiteIntArray *taken);

#endif
