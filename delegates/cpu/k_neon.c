/* All kernels that need no more than NEON, made from the templates. */
#include "delegates/cpu/simd_neon.h"

#define TB_ISA                 neon
#define TB_GEMM_MR             8
#define TB_GEMM_NV             2
#define TB_GEMM_MR_LIST(X)     X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8)
#define TB_GEMM_NV_LIST(T, MR) T(MR, 1) T(MR, 2)

#define TB_GEMM_NAME f32_gemm_8x8
#include "delegates/cpu/t_f32_gemm.h"
#undef TB_GEMM_NAME

#define TB_Q8_KR          2
#define Q8_DOT(acc, a, b) vi_dot2(acc, a, b)
#define TB_GEMM_NAME      q8_gemm_8x8
#include "delegates/cpu/t_q8_gemm.h"

#define TB_DW_ROWS 2
#include "delegates/cpu/t_f32_dw.h"
#include "delegates/cpu/t_f32_winograd.h"
#include "delegates/cpu/t_f64_rfft.h"
#include "delegates/cpu/t_q8_dw.h"
#include "delegates/cpu/t_reduce.h"
#include "delegates/cpu/t_rows.h"
