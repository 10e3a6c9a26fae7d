/* The peak of float multiply-adds on 128 bits. */
#include "delegates/cpu/simd_neon.h"

#define PEAK_NAME            tb_peak_f32__neon
#define PEAK_TYPE            vf
#define PEAK_START           vf_set1(1e-3f)
#define PEAK_STEP(acc, a, b) vf_fma(a, b, acc)
#define PEAK_OPS             (2 * VL)
#define PEAK_REGISTER        "w"
#include "bench/roof/t_peak.h"

#define READ_NAME     tb_read__neon
#define READ_REGISTER "w"
#include "bench/roof/t_read.h"
