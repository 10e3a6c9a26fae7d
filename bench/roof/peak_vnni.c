/* The peak of byte products on 512 bits. */
#include "delegates/cpu/simd_avx512.h"

#define PEAK_NAME            tb_peak_q8__vnni
#define PEAK_TYPE            vi
#define PEAK_START           vi_set1(0x01010101)
#define PEAK_STEP(acc, a, b) _mm512_dpbusd_epi32(acc, a, b)
#define PEAK_OPS             (8 * VL)
#define PEAK_REGISTER        "v"
#include "bench/roof/t_peak.h"
