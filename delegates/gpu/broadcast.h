/* Operands that are repeated along dimensions of an output: how kernels walk them. */
#ifndef TB_GPU_BROADCAST_H
#define TB_GPU_BROADCAST_H

#include "delegates/gpu/ops.h"

enum { TB_GPU_OPERANDS = 3 };

/* The output's shape with neighbouring dimensions merged wherever all operands go through them
   evenly, and each operand's stride along what is left; innermost first. */
typedef struct tb_gpu_broadcast {
    int rank, operands;
    int32_t extent[TB_GPU_MAX_RANK];
    int32_t stride[TB_GPU_OPERANDS][TB_GPU_MAX_RANK];
} tb_gpu_broadcast;

/* Shapes are those of `count` values. */
void tb_gpu_broadcast_make(const tb_gpu_value *out, const tb_gpu_value *const *operands, int count,
                           tb_gpu_broadcast *b);
/* A kernel's EXTENTS and its operands' STRIDES. */
void tb_gpu_broadcast_args(tb_gpu_plan *plan, tb_gpu_step *step, const tb_gpu_broadcast *b);
tb_status tb_gpu_broadcast_end(tb_gpu_plan *plan, tb_gpu_step *step, const tb_gpu_broadcast *b);

/* Whether the tensor's dimensions are, from the last on, 1 or the output's. */
bool tb_gpu_query_fits(tb_cpu_query *query, const TfLiteTensor *operand,
                       const TfLiteTensor *output);

#endif
