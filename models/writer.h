/*
 * From a draft to the bytes of a .tflite file (schema version 3, identifier TFL3).
 *
 * Equal drafts give equal bytes on every machine. Buffers' bytes lie at multiples of 16. Operator
 * codes are written once for each (code, custom name, version), in order of first use. Fields at
 * their schema's default are left out.
 */
#ifndef TB_MODELS_WRITER_H
#define TB_MODELS_WRITER_H

#include <stddef.h>
#include <stdint.h>

#include "models/draft.h"
#include "runtime/base/status.h"

/*
 * The caller frees *bytes. Fails with the draft's own first failure, or where something cannot be
 * expressed in the format (an unknown option field, an element type without a code, 2 GiB).
 */
tb_status tb_draft_write(const tb_draft *draft, tb_error *err, uint8_t **bytes, size_t *size);

/* Writes the bytes to a file, all or nothing: under a temporary name beside it, then renamed. */
tb_status tb_model_bytes_save(const char *path, const uint8_t *bytes, size_t size, tb_error *err);

#endif
