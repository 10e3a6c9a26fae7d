/* The peak of byte products on 128 bits. */
#include "delegates/cpu/simd_neon.h"

#define PEAK_NAME            tb_peak_q8__dotprod
#define PEAK_TYPE            vi
#define PEAK_START           vi_set1(0x01010101)
#define PEAK_STEP(acc, a, b) vdotq_s32(acc, vreinterpretq_s8_s32(a), vreinterpretq_s8_s32(b))
#define PEAK_OPS             (8 * VL)
#define PEAK_REGISTER        "w"
#include "bench/roof/t_peak.h"
