/*
 * Operators whose output is their input seen through other strides: TRANSPOSE, SLICE, STRIDED_SLICE,
 * SPLIT, SPLIT_V, UNPACK, DEPTH_TO_SPACE, SPACE_TO_DEPTH; what delegates ask and plan with.
 */
#ifndef TB_CPU_STRIDES_H
#define TB_CPU_STRIDES_H

#include "delegates/cpu/ops.h"

enum { TB_STRIDES_RANK = 8 };

/* The output's elements in order are those at offset + sum of index * stride. */
typedef struct tb_strides {
    int rank;
    size_t extent[TB_STRIDES_RANK];    /* outermost first */
    ptrdiff_t stride[TB_STRIDES_RANK]; /* in elements of the input */
    ptrdiff_t offset;
} tb_strides;

/* Appends an innermost dimension, merged with the one before where they go on evenly. A rank above
   TB_STRIDES_RANK says that there were too many. */
void tb_strides_add(tb_strides *v, size_t extent, ptrdiff_t stride);

/* What an operator is asked with: its tensors, whose bytes are there but for those of the one that is
   seen, and the number of the output. */
typedef struct tb_strides_node {
    const TfLiteTensor *in[4];
    const void *params;
    int part;
    int parts;
} tb_strides_node;

typedef struct tb_strides_kind {
    const char *name;
    bool (*view)(const tb_strides_node *node, tb_strides *out); /* false: a form that is not done */
    int input;                                                  /* that is seen */
    int inputs;
} tb_strides_kind;

extern const tb_strides_kind tb_strides_transpose, tb_strides_slice, tb_strides_strided_slice,
    tb_strides_split, tb_strides_split_v, tb_strides_unpack, tb_strides_depth_to_space,
    tb_strides_space_to_depth;

/* Whether all elements lie in the input, and are as many as the output's. */
bool tb_strides_inside(const tb_strides *v, size_t in_elements, size_t out_elements);
/* A row's `takes`: all outputs are such views. */
bool tb_strides_take(tb_cpu_query *query, const tb_strides_kind *kind);

#endif
