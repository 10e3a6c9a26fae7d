/* Steps that only move elements, whatever these are. */
#ifndef TB_GPU_MOVE_H
#define TB_GPU_MOVE_H

#include "delegates/gpu/ops.h"

enum { TB_GPU_MOVE_RANK = 8 };

/* The format of integers of so many bytes: 1, 2, 4 or 8. */
tb_gpu_format tb_gpu_move_format(size_t bytes);

/* From strided places to strided places, in elements. */
typedef struct tb_gpu_move {
    int rank;
    int32_t extent[TB_GPU_MOVE_RANK], from[TB_GPU_MOVE_RANK], to[TB_GPU_MOVE_RANK];
    int32_t from_offset, to_offset;
    cl_mem table; /* what bytes become on the way (256 of them); NULL: what they are */
} tb_gpu_move;

/* Appends an innermost dimension, merged with the one before where both sides go on evenly. A rank
   above TB_GPU_MOVE_RANK says that there were too many. */
void tb_gpu_move_add(tb_gpu_move *move, int32_t extent, int32_t from, int32_t to);
tb_status tb_gpu_move_step(tb_gpu_plan *plan, const char *name, const tb_gpu_move *move, int in,
                           int out);

/* For a dense output: by dimension and index, how much the input's offset grows; less than 0: the
   element is the fill. */
typedef struct tb_gpu_map {
    int rank;
    int32_t extent[TB_GPU_MOVE_RANK];
    const int32_t *table[TB_GPU_MOVE_RANK];
} tb_gpu_map;

/* Appends an innermost dimension, whose table is zeroed for the caller to fill; NULL after a failure,
   which the plan keeps. */
int32_t *tb_gpu_map_add(tb_gpu_plan *plan, tb_gpu_map *map, int32_t extent);
/* `fill` is one element, a value of in's format, or -1: it is `zero` in every byte, or not needed. */
tb_status tb_gpu_map_step(tb_gpu_plan *plan, const char *name, const tb_gpu_map *map, int in,
                          int fill, uint8_t zero, int out);

#endif
