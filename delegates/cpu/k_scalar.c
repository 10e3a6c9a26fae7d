/* All kernels that need no more than SCALAR, made from the templates. */
#include "delegates/cpu/simd_scalar.h"

#define TB_ISA                 scalar
#define TB_GEMM_MR             4
#define TB_GEMM_NV             4
#define TB_GEMM_MR_LIST(X)     X(1) X(2) X(3) X(4)
#define TB_GEMM_NV_LIST(T, MR) T(MR, 1) T(MR, 2) T(MR, 3) T(MR, 4)

#define TB_GEMM_NAME f32_gemm_4x4
#include "delegates/cpu/t_f32_gemm.h"
#undef TB_GEMM_NAME

#define TB_Q8_KR          2
#define Q8_DOT(acc, a, b) vi_dot2(acc, a, b)
#define TB_GEMM_NAME      q8_gemm_4x4
#include "delegates/cpu/t_q8_gemm.h"

#define TB_DW_ROWS 1
#include "delegates/cpu/t_f32_dw.h"
#include "delegates/cpu/t_f32_winograd.h"
#include "delegates/cpu/t_f64_rfft.h"
#include "delegates/cpu/t_q8_dw.h"
#include "delegates/cpu/t_reduce.h"
#include "delegates/cpu/t_rows.h"

void tb_q8_lut__scalar(size_t n, const uint8_t *in, const uint8_t *table, uint8_t *out)
{
    for (size_t i = 0; i < n; i++)
        out[i] = table[in[i]];
}
