/*
 * One OpenCL device: its context, two in-order queues, and what was asked about it once. Made in the
 * process that uses it: drivers' threads do not survive a fork.
 */
#ifndef TB_GPU_DEVICE_H
#define TB_GPU_DEVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "delegates/gpu/cl.h"
#include "runtime/base/buf.h"

typedef struct tb_gpu_device {
    const tb_cl *cl;
    cl_platform_id platform;
    cl_device_id id;
    cl_context context;
    cl_command_queue queue; /* for runs that nobody watches */
    cl_command_queue timed; /* with the times of each command; NULL until asked for */
    cl_device_type type;
    char *name, *vendor, *driver, *version; /* as the driver tells them */
    bool has_half;                          /* cl_khr_fp16: half arithmetic */
    bool shares_memory;                     /* with the host */
    size_t max_group;                       /* work items of a group */
    size_t max_items[3];
    uint64_t memory_bytes, max_buffer_bytes;
    size_t buffer_alignment; /* of sub-buffers, in bytes */
    uint32_t compute_units;
} tb_gpu_device;

/* What to choose: a number among all devices of all platforms, or a part of a device's name; NULL for
   the first GPU, else the first accelerator, else whatever there is. `library`: as tb_cl_load. */
typedef struct tb_gpu_choice {
    const char *library;
    const char *device;
} tb_gpu_choice;

/* Finds the device and asks about it; no context yet. TB_UNAVAILABLE with the reason. */
tb_status tb_gpu_device_find(const tb_gpu_choice *choice, tb_error *err, tb_gpu_device *out);
/* The context and the queue of a device that was found. */
tb_status tb_gpu_device_open(tb_gpu_device *device, tb_error *err);
/* The queue that keeps times, made at the first call. */
tb_status tb_gpu_device_timed(tb_gpu_device *device, tb_error *err);
/* Gives everything back; fine at any point after find. */
void tb_gpu_device_close(tb_gpu_device *device);

/* One line for people. */
void tb_gpu_device_describe(const tb_gpu_device *device, tb_buf *out);

#endif
