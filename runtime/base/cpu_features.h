/*
 * Which instruction sets this processor offers, one bit a set that kernels are written for.
 *
 * The environment variable TB_CPU_FEATURES hides some of them, so that tests reach every variant:
 * a comma list of the names below. Each name stands for itself and for everything it builds on
 * ("vnni" has avx512, avx2 and sse41 in it); "scalar" alone hides all. A name that is unknown, or
 * that this processor does not have, adds nothing.
 */
#ifndef TB_RUNTIME_BASE_CPU_FEATURES_H
#define TB_RUNTIME_BASE_CPU_FEATURES_H

#include <stdint.h>

#include "runtime/base/buf.h"

/* id, name, what it builds on */
#define TB_CPU_FEATURE_LIST(X)                                                             \
    X(SSE41, "sse41", 0)                                                                   \
    X(AVX2, "avx2", TB_CPU_SSE41)                               /* with FMA and F16C */    \
    X(AVXVNNI, "avxvnni", TB_CPU_SSE41 | TB_CPU_AVX2)           /* vpdpbusd on 256 bits */ \
    X(AVX512, "avx512", TB_CPU_SSE41 | TB_CPU_AVX2)             /* F, BW, DQ and VL */     \
    X(VNNI, "vnni", TB_CPU_SSE41 | TB_CPU_AVX2 | TB_CPU_AVX512) /* AVX512_VNNI */          \
    X(VBMI, "vbmi", TB_CPU_SSE41 | TB_CPU_AVX2 | TB_CPU_AVX512) /* AVX512_VBMI */          \
    X(NEON, "neon", 0)                                                                     \
    X(DOTPROD, "dotprod", TB_CPU_NEON)            /* sdot, udot */                         \
    X(I8MM, "i8mm", TB_CPU_NEON | TB_CPU_DOTPROD) /* smmla, usdot */

enum tb_cpu_feature_bit {
#define TB_CPU_FEATURE_BIT(id, name, base) TB_CPU_BIT_##id,
    TB_CPU_FEATURE_LIST(TB_CPU_FEATURE_BIT)
#undef TB_CPU_FEATURE_BIT
        TB_CPU_FEATURE_COUNT
};

enum tb_cpu_feature {
#define TB_CPU_FEATURE_ENUM(id, name, base) TB_CPU_##id = 1 << TB_CPU_BIT_##id,
    TB_CPU_FEATURE_LIST(TB_CPU_FEATURE_ENUM)
#undef TB_CPU_FEATURE_ENUM
};

/* What the processor (and the system, where registers have to be saved) offers: TB_CPU_... bits. */
uint32_t tb_cpu_detect(void);
/* The bits that a list such as "avx2,avxvnni" stands for. */
uint32_t tb_cpu_parse(const char *list);
/* tb_cpu_detect less what TB_CPU_FEATURES hides. */
uint32_t tb_cpu_features(void);
/* Appends the names, separated by spaces; "scalar" where there are none. */
void tb_cpu_describe(uint32_t features, tb_buf *out);

#endif
