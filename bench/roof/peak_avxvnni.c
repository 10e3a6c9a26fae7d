/* The peak of byte products on 256 bits. */
#include "delegates/cpu/simd_avx2.h"

#define PEAK_NAME            tb_peak_q8__avxvnni
#define PEAK_TYPE            vi
#define PEAK_START           vi_set1(0x01010101)
#define PEAK_STEP(acc, a, b) _mm256_dpbusd_avx_epi32(acc, a, b)
#define PEAK_OPS             (8 * VL)
#define PEAK_REGISTER        "x"
#include "bench/roof/t_peak.h"
