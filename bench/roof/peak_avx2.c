/* The peak of float multiply-adds on 256 bits. */
#include "delegates/cpu/simd_avx2.h"

#define PEAK_NAME            tb_peak_f32__avx2
#define PEAK_TYPE            vf
#define PEAK_START           vf_set1(1e-3f)
#define PEAK_STEP(acc, a, b) vf_fma(a, b, acc)
#define PEAK_OPS             (2 * VL)
#define PEAK_REGISTER        "x"
#include "bench/roof/t_peak.h"

#define READ_NAME     tb_read__avx2
#define READ_REGISTER "x"
#include "bench/roof/t_read.h"
