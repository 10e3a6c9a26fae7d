/* This machine's limits, measured: what the kernels' figures are shares of. */
#ifndef TB_BENCH_ROOF_PEAK_H
#define TB_BENCH_ROOF_PEAK_H

#include <stddef.h>
#include <stdint.h>

/* Does `rounds` rounds of independent multiply-adds in registers; returns how many operations (a
   multiplication and an addition are two) one round has. What it computes goes to *sink. */
typedef size_t (*tb_peak_fn)(size_t rounds, float *sink);

typedef struct tb_peak_row {
    const char *name;
    uint32_t feature; /* what the processor needs */
    tb_peak_fn f32, q8;
} tb_peak_row;

/* Reads a block, a multiple of 512 bytes at a multiple of 64. */
typedef void (*tb_read_fn)(const float *block, size_t bytes);

typedef struct tb_read_row {
    uint32_t feature;
    tb_read_fn read;
} tb_read_row;

/* Ascending: the last one that the processor has is its best. They end with a row without
   functions. */
const tb_peak_row *tb_peak_rows(void);
const tb_read_row *tb_read_rows(void);

void tb_read__avx2(const float *block, size_t bytes);
void tb_read__avx512(const float *block, size_t bytes);
void tb_read__neon(const float *block, size_t bytes);
size_t tb_peak_f32__avx2(size_t rounds, float *sink);
size_t tb_peak_f32__avx512(size_t rounds, float *sink);
size_t tb_peak_f32__neon(size_t rounds, float *sink);
size_t tb_peak_q8__avxvnni(size_t rounds, float *sink);
size_t tb_peak_q8__vnni(size_t rounds, float *sink);
size_t tb_peak_q8__dotprod(size_t rounds, float *sink);

#endif
