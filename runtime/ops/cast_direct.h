/*
 * CAST between the types that models mostly cast between, element by element without a detour.
 */
#ifndef TB_RUNTIME_OPS_CAST_DIRECT_H
#define TB_RUNTIME_OPS_CAST_DIRECT_H

#include <stddef.h>

#include "runtime/tflite_abi/common.h"

/* count elements; the values are those of CAST (cast.c). */
typedef void (*tb_cast_fn)(const void *in, void *out, size_t count);

/* NULL: not among them. */
tb_cast_fn tb_cast_direct(TfLiteType from, TfLiteType to);

#endif
