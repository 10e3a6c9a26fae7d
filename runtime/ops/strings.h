/*
 * String tensors: an int32 count, count + 1 int32 offsets from the buffer's start (the last one the
 * end), then the bytes. What a model or caller hands in is checked before it is read.
 */
#ifndef TB_RUNTIME_OPS_STRINGS_H
#define TB_RUNTIME_OPS_STRINGS_H

#include "runtime/ops/common.h"

typedef struct tb_strings {
    const char *bytes;
    size_t count;
} tb_strings;

/* Refuses offsets that leave the buffer or go backwards, and a count other than the shape's
   elements. */
TfLiteStatus tb_strings_open(TfLiteContext *context, const TfLiteTensor *tensor, const char *what,
                             tb_strings *out);
/* The i-th string; not terminated. */
const char *tb_strings_get(const tb_strings *strings, size_t i, size_t *length);

/* Where a new string tensor gets its i-th string from. */
typedef struct tb_string_source {
    const char *(*get)(const void *context, size_t i, size_t *length);
    const void *context;
} tb_string_source;

/* Writes a dynamic string tensor of `count` strings, whose shape is set already. */
TfLiteStatus tb_strings_write(TfLiteContext *context, TfLiteTensor *output, size_t count,
                              tb_string_source source);

#endif
