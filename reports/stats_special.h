/*
 * Distribution functions that the tests and intervals need, to about twelve digits: normal, Student,
 * beta and binomial. Pure; arguments outside the stated ranges are a caller's bug.
 */
#ifndef TB_REPORTS_STATS_SPECIAL_H
#define TB_REPORTS_STATS_SPECIAL_H

#include <stddef.h>

/* P(Z <= z) for a standard normal Z, and its inverse for 0 < p < 1 (Wichura's AS 241). */
double tb_normal_cdf(double z);
double tb_normal_quantile(double p);

/* The regularised incomplete beta function I_x(a, b), a, b > 0, 0 <= x <= 1: Lentz's continued
   fraction. Its inverse by bisection, 0 <= p <= 1. */
double tb_beta_cdf(double x, double a, double b);
double tb_beta_quantile(double p, double a, double b);

/* Student's t with df > 0 degrees of freedom (not always whole: Welch). */
double tb_student_cdf(double t, double df);
double tb_student_quantile(double p, double df);

/* P(X <= k) for X ~ Binomial(n, p). */
double tb_binomial_cdf(size_t k, size_t n, double p);

#endif
