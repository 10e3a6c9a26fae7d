/*
 * How far one tensor's values lie from another's: figures of all elements, over several runs.
 *
 * With r the reference and d the difference, as real values (quantised ones by their scale):
 *
 *     max_abs  max |d|              mse     mean d^2
 *     snr_db   10 log10(sum r^2 / sum d^2)
 *     psnr_db  10 log10(max r^2 / mse)
 *     cosine   sum r g / sqrt(sum r^2 sum g^2), g = r + d
 *
 * Values that are infinite or NaN on both sides alike count as equal, on one side only as an
 * infinite difference.
 */
#ifndef TB_BENCH_NUMERICS_H
#define TB_BENCH_NUMERICS_H

#include <stdbool.h>
#include <stdint.h>

#include "bench/engine.h"

/* |d| by the largest |r| of its run: bucket k holds [10^(k-9), 10^(k-8)), the first all below, the
   last all above. */
#define TB_NUMERICS_BUCKETS 11

typedef struct tb_numerics {
    uint64_t count, differing;
    double max_abs, peak; /* max |d|, max |r| */
    double sum_d2, sum_r2, sum_g2, sum_rg;
    uint64_t top_same, top_all; /* rows of the last dimension whose largest value is the same one */
    uint64_t histogram[TB_NUMERICS_BUCKETS];
} tb_numerics;

/* Adds one pair of tensors; false where they cannot be compared: other shapes, or no numbers. */
bool tb_numerics_add(tb_numerics *numerics, const tb_io *reference, const tb_io *got);

double tb_numerics_mse(const tb_numerics *numerics);
double tb_numerics_snr_db(const tb_numerics *numerics);  /* infinite without a difference */
double tb_numerics_psnr_db(const tb_numerics *numerics); /* the same */
double tb_numerics_cosine(const tb_numerics *numerics);  /* 1 where both are all zeros */

/*
 * A tensor is off where its difference is large both by itself (max_abs or mse above) and by its
 * values (snr_db or cosine below): tiny values may be off by much of themselves, and large ones by
 * more than a little. The defaults are those of LiteRT's accuracy debugger.
 */
typedef struct tb_numerics_limits {
    double max_abs, mse, snr_db, cosine;
} tb_numerics_limits;

#define TB_NUMERICS_DEFAULTS   \
    {                          \
        5e-3, 1e-5, 30.0, 0.99 \
    }

bool tb_numerics_is_off(const tb_numerics *numerics, const tb_numerics_limits *limits);

#endif
