/* The peak kernels of this architecture. */
#include "bench/roof/peak.h"

#include "runtime/base/cpu_features.h"

static const tb_peak_row peaks[] = {
#if defined(__x86_64__)
    {"AVX2", TB_CPU_AVX2, tb_peak_f32__avx2, NULL},
    {"AVX-VNNI", TB_CPU_AVXVNNI, NULL, tb_peak_q8__avxvnni},
    {"AVX-512", TB_CPU_AVX512, tb_peak_f32__avx512, NULL},
    {"AVX-512 VNNI", TB_CPU_VNNI, NULL, tb_peak_q8__vnni},
#elif defined(__aarch64__)
    {"NEON", TB_CPU_NEON, tb_peak_f32__neon, NULL},
    {"NEON dot product", TB_CPU_DOTPROD, NULL, tb_peak_q8__dotprod},
#endif
    {NULL, 0, NULL, NULL},
};

static const tb_read_row reads[] = {
#if defined(__x86_64__)
    {TB_CPU_AVX2, tb_read__avx2},
    {TB_CPU_AVX512, tb_read__avx512},
#elif defined(__aarch64__)
    {TB_CPU_NEON, tb_read__neon},
#endif
    {0, NULL},
};

const tb_peak_row *tb_peak_rows(void)
{
    return peaks;
}

const tb_read_row *tb_read_rows(void)
{
    return reads;
}
