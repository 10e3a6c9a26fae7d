/* 3x3 convolutions of floats by Winograd's minimal filtering: 16 multiplications instead of 36 for
   2x2 outputs, or 36 instead of 144 for 4x4, on transformed tiles. */
#ifndef TB_CPU_WINOGRAD_H
#define TB_CPU_WINOGRAD_H

#include "delegates/cpu/gemm.h"

/* The size of tiles (2 or 4) that the convolution should be done with; 0: directly. It follows from
   shapes alone, so that a model's plan is the same everywhere. */
int tb_winograd_size(const tb_plan *plan, const tb_gemm_spec *spec);

tb_status tb_winograd_lower(tb_plan *plan, tb_cpu_op *op, const tb_gemm_spec *spec, int size,
                            tb_error *err);

#endif
