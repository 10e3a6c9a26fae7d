/*
 * Memory of the device: every buffer is counted (the host's tb_memory_owner DEVICE) and given back
 * through here. Constants are kept as long as the delegate, whatever shapes its plans have.
 */
#ifndef TB_GPU_MEMORY_H
#define TB_GPU_MEMORY_H

#include "delegates/gpu/device.h"
#include "runtime/host.h"

typedef struct tb_gpu_buffer {
    cl_mem mem; /* NULL: none */
    size_t bytes;
} tb_gpu_buffer;

typedef struct tb_gpu_constant tb_gpu_constant;

typedef struct tb_gpu_memory {
    const tb_gpu_device *device;
    const tb_host *host; /* NULL: nobody counts */
    tb_gpu_constant *constants;
    uint64_t bytes; /* of all buffers now */
} tb_gpu_memory;

/* `data` (NULL: nothing) is copied into it. `what` is for the message. */
tb_status tb_gpu_buffer_create(tb_gpu_memory *memory, cl_mem_flags flags, size_t bytes,
                               const void *data, const char *what, tb_error *err,
                               tb_gpu_buffer *out);
void tb_gpu_buffer_release(tb_gpu_memory *memory, tb_gpu_buffer *buffer);

/* A constant that was put under these bytes, or NULL. */
cl_mem tb_gpu_constant_find(const tb_gpu_memory *memory, const void *key, size_t key_size);
tb_status tb_gpu_constant_put(tb_gpu_memory *memory, const void *key, size_t key_size,
                              const void *data, size_t bytes, tb_error *err, cl_mem *out);
/* Gives all constants back. */
void tb_gpu_memory_clear(tb_gpu_memory *memory);

#endif
