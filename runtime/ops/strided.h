/*
 * A tensor seen through other strides: what TRANSPOSE, slices, broadcasts and reversals are. The
 * view's elements in order, each at an offset of the input, become the output.
 */
#ifndef TB_RUNTIME_OPS_STRIDED_H
#define TB_RUNTIME_OPS_STRIDED_H

#include "runtime/ops/common.h"

#define TB_STRIDED_MAX_RANK 16

typedef struct tb_strided {
    int rank;
    size_t extent[TB_STRIDED_MAX_RANK];    /* outermost first */
    ptrdiff_t stride[TB_STRIDED_MAX_RANK]; /* input elements; negative ones go backwards */
    size_t offset;                         /* of the first element */
} tb_strided;

/* Appends an innermost dimension, merged with the one before where they go on evenly. */
void tb_strided_add(tb_strided *view, size_t extent, ptrdiff_t stride);

/* Walks a view. Start with {0}; the offset is that of the current element. */
typedef struct tb_strided_walk {
    size_t index[TB_STRIDED_MAX_RANK];
    size_t offset;
} tb_strided_walk;
void tb_strided_begin(const tb_strided *view, tb_strided_walk *walk);
void tb_strided_next(const tb_strided *view, tb_strided_walk *walk);

/* The input offset of the view's i-th element. */
size_t tb_strided_offset(const tb_strided *view, size_t i);

/* Copies all elements of `element_bytes` (1, 2, 4, 8 or 16) each. */
void tb_strided_copy(const tb_strided *view, size_t element_bytes, const void *in, void *out);
/* The same for packed INT4; `out_bytes` is the output's size. */
void tb_strided_copy_int4(const tb_strided *view, const uint8_t *in, uint8_t *out,
                          size_t out_bytes);

/* From one tensor to another of the same type: of whole bytes, INT4 or strings. The output has its
   shape. */
TfLiteStatus tb_strided_copy_tensor(TfLiteContext *context, const tb_strided *view,
                                    const TfLiteTensor *input, TfLiteTensor *output);

/* Moves one 4-bit element. The target's other half is kept. */
static inline void tb_copy_nibble(const uint8_t *in, size_t from, uint8_t *out, size_t to)
{
    unsigned nibble = (in[from / 2] >> (from % 2 * 4)) & 0xFu;
    unsigned shift = (unsigned)(to % 2 * 4);
    out[to / 2] = (uint8_t)((out[to / 2] & (0xF0u >> shift)) | nibble << shift);
}

#endif
