/*
 * Deciding while measuring: after each look at the blocks so far, is head worse than base by as much
 * as matters, better, or the same, at stated error rates? Pure.
 *
 * The threshold t is the smallest change that matters. A verdict "worse" needs a change above t / 2
 * that is above none at all at level alpha; "same" needs one that is below t at level beta, or an
 * interval so narrow that it cannot reach from t / 2 to t. Both levels are divided by the number of
 * looks (Bonferroni), and errors are Student's of the blocks' trimmed mean (stats_bootstrap.h), so
 * that few blocks cost width, not honesty. Once the half-width is below t / 2 there always is a
 * verdict.
 */
#ifndef TB_REPORTS_STATS_SEQUENTIAL_H
#define TB_REPORTS_STATS_SEQUENTIAL_H

#include "reports/stats_bootstrap.h"

typedef enum tb_decision {
    TB_DECISION_MORE, /* not yet: take more blocks */
    TB_DECISION_SAME,
    TB_DECISION_WORSE,
    TB_DECISION_BETTER
} tb_decision;

typedef struct tb_sequential_rule {
    double threshold; /* relative: 0.03 */
    double alpha;     /* of "worse" (and of "better") where nothing changed, over all looks */
    double beta;      /* of "same" where the change is the threshold, over all looks */
} tb_sequential_rule;

/* The blocks after which one looks, in order: 4, 6, 9, ... ; 0 past the last. */
size_t tb_sequential_look(size_t number);
size_t tb_sequential_looks(void);

/* `ratio` is of the blocks so far, head / base, lower is better. */
tb_decision tb_sequential_decide(const tb_ratio *ratio, const tb_sequential_rule *rule);

/*
 * Two estimates of one change from the same blocks, the rates shared between them: `low` of what
 * inferences take undisturbed, `median` of the middle one. Worse where either is. Same, or better,
 * where one is and the other is below twice the threshold at 95 %: a machine that disturbs half of
 * all inferences would otherwise take the median's word for ever, and a regression that spares the
 * fastest inferences would otherwise pass unseen however large.
 */
tb_decision tb_sequential_decide_two(const tb_ratio *low, const tb_ratio *median,
                                     const tb_sequential_rule *rule);

/* The smallest true change that a look with this error would have called worse in `power` of all
   cases: what a verdict "same" excludes. 0: unknown. */
double tb_sequential_detectable(const tb_ratio *ratio, const tb_sequential_rule *rule,
                                double power);

#endif
