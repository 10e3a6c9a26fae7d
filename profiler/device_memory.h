/*
 * Memory that a process has beside its pages: buffers shared with devices (dma-buf) and what a GPU's
 * driver holds for it. Read from what the kernel tells of the process's descriptors, without any
 * driver's library:
 *
 *   dma-buf   /proc/PID/fdinfo: "size:" of descriptors with an "exp_name:", a buffer once
 *   GPU       the same folder: "drm-resident-*", else "drm-memory-*", else "drm-total-*" of every client
 *             (Linux's drm-usage-stats), and /sys/class/kgsl/kgsl/proc/PID (Adreno's driver)
 *
 * Memory may stand in both: a dma-buf that a GPU has imported.
 */
#ifndef TB_PROFILER_DEVICE_MEMORY_H
#define TB_PROFILER_DEVICE_MEMORY_H

#include <stdbool.h>
#include <stdint.h>

typedef struct tb_device_bytes {
    bool known;
    uint64_t bytes;
    const char *reason; /* static text; where not known */
} tb_device_bytes;

typedef struct tb_device_memory {
    tb_device_bytes dmabuf, gpu;
} tb_device_memory;

/* `root` stands before every path, so that tests can lay out a tree of their own; "" is the machine.
   `pid` is the process, of which /proc and kgsl have a folder each. */
void tb_device_memory_read(const char *root, int pid, tb_device_memory *out);

#endif
