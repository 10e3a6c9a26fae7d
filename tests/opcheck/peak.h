/* This machine's limits, measured: what the kernels' figures are shares of. */
#ifndef TB_TESTS_OPCHECK_PEAK_H
#define TB_TESTS_OPCHECK_PEAK_H

#include <stddef.h>
#include <stdint.h>

/* Does `rounds` rounds of independent multiply-adds in registers; returns how many operations (a
   multiplication and an addition are two) one round has. What it computes goes to *sink. */
typedef size_t (*oc_peak_fn)(size_t rounds, float *sink);

typedef struct oc_peak_row {
    const char *name;
    uint32_t feature; /* what the processor needs */
    oc_peak_fn f32, q8;
} oc_peak_row;

size_t oc_peak_f32__avx2(size_t rounds, float *sink);
size_t oc_peak_f32__avx512(size_t rounds, float *sink);
size_t oc_peak_f32__neon(size_t rounds, float *sink);
size_t oc_peak_q8__avxvnni(size_t rounds, float *sink);
size_t oc_peak_q8__vnni(size_t rounds, float *sink);
size_t oc_peak_q8__dotprod(size_t rounds, float *sink);

#endif
