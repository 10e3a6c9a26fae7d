/* The OpenCL C sources of kernels/, which the build puts into the program. */
#ifndef TB_GPU_SOURCES_H
#define TB_GPU_SOURCES_H

#include "runtime/base/sha256.h"

/* The text of kernels/<name>.cl, or NULL. */
const char *tb_gpu_source(const char *name);

/* Adds all of them. */
void tb_gpu_sources_hash(tb_sha256 *hash);

#endif
