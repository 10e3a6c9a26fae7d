/* 8-bit products by vpdpbusd on 512 bits: unsigned times signed bytes, four a lane, summed in 32
   bits without saturation. */
#include "delegates/cpu/simd_avx512.h"

#define TB_ISA     vnni
#define TB_GEMM_MR 14
#define TB_GEMM_NV 2
#define TB_GEMM_MR_LIST(X) \
    X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11) X(12) X(13) X(14)
#define TB_GEMM_NV_LIST(T, MR) T(MR, 1) T(MR, 2)

#define TB_Q8_KR          4
#define Q8_DOT(acc, a, b) _mm512_dpbusd_epi32(acc, a, b)
#define TB_GEMM_NAME      q8_gemm_14x32
#include "delegates/cpu/t_q8_gemm.h"

#include "delegates/cpu/t_q8_dw_quads.h"
#include "delegates/cpu/t_q8_row_sum.h"
