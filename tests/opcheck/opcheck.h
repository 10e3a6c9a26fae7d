/*
 * opcheck: every variant of every inner kernel of the cpu delegate against the scalar one, on
 * random arguments whose memory ends at pages that cannot be touched; then whole operators and
 * small networks under the delegate against the portable kernels; and, with --bench, what the
 * kernels reach of this machine's measured peaks.
 */
#ifndef TB_TESTS_OPCHECK_H
#define TB_TESTS_OPCHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "delegates/cpu/kernels.h"

/* ---- random numbers: the same sequence everywhere -------------------------------------------------- */

typedef struct oc_random {
    uint64_t state;
} oc_random;

uint32_t oc_next(oc_random *r);
int32_t oc_between(oc_random *r, int32_t low, int32_t high); /* both ends included */
float oc_float(oc_random *r, float low, float high);
bool oc_chance(oc_random *r, int percent);
void oc_fill_floats(oc_random *r, float *to, size_t count, float low, float high);
void oc_fill_bytes(oc_random *r, void *to, size_t count);

/* ---- guarded memory -------------------------------------------------------------------------------- */

/* `bytes` that end where a page begins that faults (or, by chance, begin behind one). Lives until
   oc_release_all. */
void *oc_guarded(oc_random *r, size_t bytes);
void oc_release_all(void);

/* ---- checks ---------------------------------------------------------------------------------------- */

typedef struct oc_trial {
    oc_random random;
    const tb_cpu_kernels *scalar;
    const tb_cpu_kernels *variant;
    int which;      /* of a slot that is an array */
    char text[256]; /* what went wrong */
} oc_trial;

/* Composes the text; returns false. */
bool oc_wrong(oc_trial *t, const char *format, ...) __attribute__((format(printf, 2, 3)));
bool oc_same_bytes(oc_trial *t, const char *what, const void *got, const void *expected,
                   size_t count);
/* |got - expected| <= absolute + relative * |expected|; NaN only where NaN is expected. */
bool oc_close(oc_trial *t, const char *what, const float *got, const float *expected, size_t count,
              float absolute, float relative);

typedef struct oc_check {
    const char *slot;
    int count; /* of a slot that is an array; 1 else */
    const char *(*name)(const tb_cpu_kernels *kernels, int which);
    bool (*trial)(oc_trial *t);
} oc_check;

extern const oc_check oc_product_checks[], oc_winograd_checks[], oc_depthwise_checks[],
    oc_row_checks[], oc_reduce_checks[];

/* Operators and networks under the delegate, with at most so many threads; counts into *passed,
   *failed. */
void oc_check_graphs(uint64_t seed, int rounds, int threads, int *passed, int *failed);

/* Prints the table; false where a peak could not be measured. */
bool oc_bench(const char *filter);

/* The feature sets that this processor can run, each with a name for TB_CPU_FEATURES. */
typedef struct oc_features {
    const char *name;
    uint32_t mask;
} oc_features;
int oc_feature_sets(oc_features *out, int capacity);

#endif
