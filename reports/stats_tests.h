/*
 * Tests and intervals of proportions: pure functions, two-sided unless said. p-values are
 * probabilities under the null hypothesis; 1 where the data cannot speak.
 */
#ifndef TB_REPORTS_STATS_TESTS_H
#define TB_REPORTS_STATS_TESTS_H

#include <stddef.h>

#include "reports/stats.h"

typedef struct tb_mann_whitney {
    double u; /* of the first sample: pairs in which it is larger, ties count half */
    double p;
    bool exact; /* from all orders; else the normal approximation with ties and continuity */
} tb_mann_whitney;

/* Mann & Whitney 1947. Exact without ties up to 8 in the smaller and 50 in the larger sample, as
   SciPy's method="auto" would be with method="exact". Allocates; p is 1 where that fails or a sample
   is empty. The smallest p that four and four can reach is .029, five and five .0079, nine and nine
   4.1e-5. */
tb_mann_whitney tb_mann_whitney_test(const double *a, size_t a_count, const double *b,
                                     size_t b_count);

/* Welch's t-test of equal means; both counts at least 2, else p is 1. Equal constants: 1; different
   constants: 0. */
double tb_welch_p(const double *a, size_t a_count, const double *b, size_t b_count);

/* Exact McNemar (paired yes/no): b and c are the two kinds of disagreement. */
double tb_mcnemar_p(size_t b, size_t c);

/* Wilson's score interval of a proportion, n > 0, and Clopper and Pearson's exact one. */
tb_interval tb_wilson_interval(size_t successes, size_t n, double level);
tb_interval tb_exact_interval(size_t successes, size_t n, double level);

/* Adjusted p-values in place of `p`, in the order given: Holm 1979 (family-wise error),
   Benjamini & Hochberg 1995 (false discovery rate). Allocates; false where that fails. */
bool tb_holm(double *p, size_t count);
bool tb_benjamini_hochberg(double *p, size_t count);

#endif
