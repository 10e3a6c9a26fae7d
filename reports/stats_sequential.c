/* Sequential verdicts; see stats_sequential.h. */
#include "reports/stats_sequential.h"

#include <math.h>

#include "reports/stats_special.h"
#include "runtime/base/size.h"

static const size_t looks[] = {4, 6, 9, 13, 19, 28, 40, 60};

size_t tb_sequential_looks(void)
{
    return TB_COUNT_OF(looks);
}

size_t tb_sequential_look(size_t number)
{
    return number < TB_COUNT_OF(looks) ? looks[number] : 0;
}

static double half_width(const tb_ratio *ratio, double level)
{
    double each = level / (double)TB_COUNT_OF(looks);
    return tb_student_quantile(1 - each, ratio->df) * ratio->log_error;
}

tb_decision tb_sequential_decide(const tb_ratio *ratio, const tb_sequential_rule *rule)
{
    if (!(ratio->ratio > 0) || !(ratio->df > 0) || ratio->one_process)
        return TB_DECISION_MORE;
    double change = log(ratio->ratio), threshold = log1p(rule->threshold);
    double sure = half_width(ratio, rule->alpha), close = half_width(ratio, rule->beta);
    if (change > threshold / 2 && change - sure > 0)
        return TB_DECISION_WORSE;
    if (change < -threshold / 2 && change + sure < 0)
        return TB_DECISION_BETTER;
    bool below = change + close<threshold, above = change - close> - threshold;
    bool narrow = fabs(change) <= threshold / 2 && close < threshold / 2;
    return (below && above) || narrow ? TB_DECISION_SAME : TB_DECISION_MORE;
}

static bool is_not_far(const tb_ratio *ratio, double threshold)
{
    return ratio->ratio > 0 && ratio->df > 0 &&
           log(ratio->ratio) + tb_student_quantile(0.95, ratio->df) * ratio->log_error <
               2 * log1p(threshold);
}

tb_decision tb_sequential_decide_two(const tb_ratio *low, const tb_ratio *median,
                                     const tb_sequential_rule *rule)
{
    tb_sequential_rule each = {rule->threshold, rule->alpha / 2, rule->beta / 2};
    const tb_ratio *both[2] = {low, median};
    tb_decision decisions[2], out = TB_DECISION_MORE;
    for (int k = 0; k < 2; k++) {
        decisions[k] = tb_sequential_decide(both[k], &each);
        if (decisions[k] == TB_DECISION_WORSE)
            return TB_DECISION_WORSE;
    }
    for (int k = 0; k < 2; k++) {
        bool passes = decisions[k] != TB_DECISION_MORE;
        if (passes && out != TB_DECISION_BETTER && is_not_far(both[1 - k], rule->threshold))
            out = decisions[k];
    }
    return out;
}

double tb_sequential_detectable(const tb_ratio *ratio, const tb_sequential_rule *rule, double power)
{
    if (!(ratio->log_error > 0) || !(ratio->df > 0))
        return 0;
    double reach =
        half_width(ratio, rule->alpha) + tb_student_quantile(power, ratio->df) * ratio->log_error;
    double least =
        log1p(rule->threshold) / 2 + tb_student_quantile(power, ratio->df) * ratio->log_error;
    return expm1(fmax(reach, least));
}
