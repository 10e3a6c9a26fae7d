/* 8-bit products by sdot: signed times signed bytes, four a lane. */
#include "delegates/cpu/simd_neon.h"

#define TB_ISA                 dotprod
#define TB_GEMM_MR             8
#define TB_GEMM_NV             2
#define TB_GEMM_MR_LIST(X)     X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8)
#define TB_GEMM_NV_LIST(T, MR) T(MR, 1) T(MR, 2)

#define TB_Q8_KR          4
#define TB_Q8_SIGNED      1
#define Q8_DOT(acc, a, b) vdotq_s32(acc, vreinterpretq_s8_s32(a), vreinterpretq_s8_s32(b))
#define TB_GEMM_NAME      q8_gemm_8x8
#include "delegates/cpu/t_q8_gemm.h"
