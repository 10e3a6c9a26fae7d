/*
 * Changing a model's file without losing anything of it that the schema knows.
 */
#ifndef TB_MODELS_REWRITE_H
#define TB_MODELS_REWRITE_H

#include <stddef.h>
#include <stdint.h>

#include "runtime/base/status.h"
#include "runtime/flatbuffer.h"

/*
 * The model with `tensors` as further outputs of a subgraph, behind those it has; signatures stay
 * as they are. An engine that fuses operators may fuse fewer of them then. `file` is verified
 * first, and must be aligned to 16 bytes; buffers that lie behind the FlatBuffer come to lie inside.
 * The caller frees *bytes. TB_CORRUPT: the file breaks the format; TB_USAGE: there is no such
 * subgraph or tensor; TB_UNSUPPORTED: the result would exceed 2 GiB.
 */
tb_status tb_rewrite_outputs(tb_bytes file, size_t subgraph, const int32_t *tensors, size_t count,
                             tb_error *err, uint8_t **bytes, size_t *size);

#endif
