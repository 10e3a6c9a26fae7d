/* 8-bit products by vpdpbusd on 256 bits. */
#include "delegates/cpu/simd_avx2.h"

#define TB_ISA                 avxvnni
#define TB_GEMM_MR             6
#define TB_GEMM_NV             2
#define TB_GEMM_MR_LIST(X)     X(1) X(2) X(3) X(4) X(5) X(6)
#define TB_GEMM_NV_LIST(T, MR) T(MR, 1) T(MR, 2)

#define TB_Q8_KR          4
#define Q8_DOT(acc, a, b) _mm256_dpbusd_avx_epi32(acc, a, b)
#define TB_GEMM_NAME      q8_gemm_6x16
#include "delegates/cpu/t_q8_gemm.h"
