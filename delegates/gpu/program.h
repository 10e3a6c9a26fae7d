/*
 * Programs of the device: the sources of kernels/, built once a set of options, and kept in a folder
 * where one is named (--delegate-cache).
 *
 * A cached file is named by a hash of all that it depends on (device, driver, source, options) and
 * has a checksum of what it holds; one that does not hold together is made anew. Files are written
 * beside their place and renamed into it, so that writers at work together do no harm.
 */
#ifndef TB_GPU_PROGRAM_H
#define TB_GPU_PROGRAM_H

#include "delegates/gpu/device.h"
#include "runtime/base/sha256.h"
#include "runtime/base/status.h"

typedef struct tb_gpu_programs tb_gpu_programs;

/* `device` is borrowed; `folder` (NULL: none) is copied, and made where it is missing. */
tb_status tb_gpu_programs_create(const tb_gpu_device *device, const char *folder, tb_error *err,
                                 tb_gpu_programs **out);
void tb_gpu_programs_destroy(tb_gpu_programs *programs);

/* A kernel of kernels/<source>.cl, behind kernels/common.cl, built with `options` ("-DT_F32 ..."). The
   caller releases it. The driver's build log is in the error. */
tb_status tb_gpu_kernel_create(tb_gpu_programs *programs, const char *source, const char *options,
                               const char *function, tb_error *err, cl_kernel *out);

/* Writes what was built from source into the folder; without one, and where the folder cannot be
   written, nothing: a cache that fails costs time alone. */
void tb_gpu_programs_save(tb_gpu_programs *programs);

/* What a driver is known by, for names of files: hashes device, driver and all sources. */
void tb_gpu_device_key(const tb_gpu_device *device, char key[TB_SHA256_HEX_SIZE]);
/* Writes `head` and `body` into a file of the folder: beside its place, then renamed into it. What fails
   is left out: a cache that is missing costs time alone. */
void tb_gpu_cache_write(const char *path, const void *head, size_t head_bytes, const void *body,
                        size_t body_bytes);

/* How many programs were built from source, and how many were loaded. */
void tb_gpu_programs_count(const tb_gpu_programs *programs, int *built, int *loaded);

#endif
