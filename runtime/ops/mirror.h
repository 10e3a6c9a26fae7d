/*
 * A tensor with a border that mirrors what it borders on: the copying behind MIRROR_PAD.
 */
#ifndef TB_RUNTIME_OPS_MIRROR_H
#define TB_RUNTIME_OPS_MIRROR_H

#include <stddef.h>

enum { TB_MIRROR_RANK = 8 };

typedef struct tb_mirror {
    int rank;
    size_t edge; /* 1: the edge is not repeated (reflect), 0: it is (symmetric) */
    size_t element_bytes;
    size_t dims[TB_MIRROR_RANK];                          /* of the input, at least 1 each */
    size_t before[TB_MIRROR_RANK], after[TB_MIRROR_RANK]; /* at most dims - edge */
    /* set by tb_mirror_plan */
    int axis;         /* the last that has a border */
    size_t run_bytes; /* of what lies behind it */
    size_t rows;      /* of the output, along that axis */
    size_t row_bytes;
} tb_mirror;

/* Whatever is not "set by" is set before. */
void tb_mirror_plan(tb_mirror *mirror);
/* Writes rows [begin, end) of the output to their places. */
void tb_mirror_rows(const tb_mirror *mirror, const char *in, char *out, size_t begin, size_t end);

#endif
