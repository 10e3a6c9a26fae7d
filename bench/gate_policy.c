/* Thresholds of gates; see gate_policy.h. */
#include "bench/gate_policy.h"

#include <fnmatch.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

tb_gate_policy tb_gate_policy_default(void)
{
    return (tb_gate_policy){.threshold = 0.03, .false_alarms = 0.005, .undecided_fails = true};
}

tb_status tb_gate_threshold_parse(const char *text, tb_error *err, bool *absolute, double *out)
{
    char *end;
    double value = strtod(text, &end);
    bool percent = *end == '%';
    end += percent;
    if (end == text || *end || !(value >= 0) || !isfinite(value))
        return tb_fail(err, TB_USAGE,
                       "threshold \"%s\": goes 3%%, or a number in the metric's unit", text);
    *absolute = !percent;
    *out = percent ? value / 100 : value;
    return TB_OK;
}

static const char *text_of(const cJSON *object, const char *key)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, key);
    return cJSON_IsString(item) ? item->valuestring : NULL;
}

static tb_status known_keys(const cJSON *object, const char *const *keys, const char *what,
                            tb_error *err)
{
    for (const cJSON *item = object->child; item; item = item->next) {
        bool known = false;
        for (size_t k = 0; keys[k] && !known; k++)
            known = strcmp(item->string, keys[k]) == 0;
        if (!known)
            return tb_fail(err, TB_USAGE, "%s: '%s' is not known", what, item->string);
    }
    return TB_OK;
}

static const char *keep(tb_arena *arena, const char *text)
{
    return text ? tb_arena_text(arena, text, strlen(text)) : NULL;
}

static tb_status read_rule(const cJSON *object, tb_arena *arena, tb_error *err, tb_gate_rule *rule)
{
    static const char *const keys[] = {"metric", "model", "delegate", "threshold", NULL};
    if (!cJSON_IsObject(object))
        return tb_fail(err, TB_USAGE, "gate rules: a rule is an object");
    tb_status status = known_keys(object, keys, "gate rules", err);
    const char *metric = text_of(object, "metric"), *threshold = text_of(object, "threshold");
    if (status != TB_OK)
        return status;
    if (!metric || !threshold)
        return tb_fail(err, TB_USAGE,
                       "gate rules: a rule has 'metric' and 'threshold', both texts");
    *rule = (tb_gate_rule){.metric = tb_metric_find(metric),
                           .model = keep(arena, text_of(object, "model")),
                           .delegate = keep(arena, text_of(object, "delegate"))};
    if (rule->metric == TB_METRIC_COUNT)
        return tb_fail(err, TB_USAGE, "gate rules: no metric is named '%s'", metric);
    return tb_gate_threshold_parse(threshold, err, &rule->absolute, &rule->threshold);
}

static tb_status read_rules(const cJSON *list, tb_arena *arena, tb_error *err,
                            tb_gate_policy *policy)
{
    if (!cJSON_IsArray(list))
        return tb_fail(err, TB_USAGE, "gate: 'rules' is a list");
    policy->rules = TB_ARENA_NEW(arena, tb_gate_rule, (size_t)cJSON_GetArraySize(list) + 1);
    if (!policy->rules)
        return tb_fail(err, TB_NO_MEMORY, "gate: out of memory");
    tb_status status = TB_OK;
    for (const cJSON *item = list->child; item && status == TB_OK; item = item->next)
        status = read_rule(item, arena, err, &policy->rules[policy->rule_count++]);
    return status;
}

tb_status tb_gate_policy_read(const cJSON *gate, tb_arena *arena, tb_error *err,
                              tb_gate_policy *policy)
{
    static const char *const keys[] = {"threshold", "false_alarms", "undecided", "rules", NULL};
    if (!gate)
        return TB_OK;
    if (!cJSON_IsObject(gate))
        return tb_fail(err, TB_USAGE, "gate: is no object");
    tb_status status = known_keys(gate, keys, "gate", err);
    const char *threshold = text_of(gate, "threshold"), *undecided = text_of(gate, "undecided");
    const cJSON *alarms = cJSON_GetObjectItemCaseSensitive(gate, "false_alarms");
    bool absolute = false;
    if (status == TB_OK && threshold)
        status = tb_gate_threshold_parse(threshold, err, &absolute, &policy->threshold);
    if (status == TB_OK && absolute)
        status = tb_fail(err, TB_USAGE, "gate: 'threshold' is a share, like \"3%%\"");
    if (status == TB_OK && undecided) {
        policy->undecided_fails = strcmp(undecided, "warn") != 0;
        if (policy->undecided_fails && strcmp(undecided, "fail") != 0)
            status = tb_fail(err, TB_USAGE, "gate: 'undecided' goes warn or fail");
    }
    if (status == TB_OK && alarms) {
        if (!cJSON_IsNumber(alarms) || !(alarms->valuedouble > 0 && alarms->valuedouble < 0.5))
            return tb_fail(err, TB_USAGE, "gate: 'false_alarms' is a share between 0 and 0.5");
        policy->false_alarms = alarms->valuedouble;
    }
    const cJSON *rules = cJSON_GetObjectItemCaseSensitive(gate, "rules");
    return status == TB_OK && rules ? read_rules(rules, arena, err, policy) : status;
}

static bool fits(const char *pattern, const char *text)
{
    return !pattern || fnmatch(pattern, text ? text : "", 0) == 0;
}

bool tb_gate_has_rule(const tb_gate_policy *policy, tb_metric metric, const char *model,
                      const char *delegate)
{
    for (size_t k = 0; k < policy->rule_count; k++) {
        const tb_gate_rule *rule = &policy->rules[k];
        if (rule->metric == metric && fits(rule->model, model) && fits(rule->delegate, delegate))
            return true;
    }
    return false;
}

bool tb_gate_threshold(const tb_gate_policy *policy, tb_metric metric, const char *model,
                       const char *delegate, double base, double *threshold)
{
    for (size_t k = policy->rule_count; k > 0; k--) {
        const tb_gate_rule *rule = &policy->rules[k - 1];
        if (rule->metric != metric || !fits(rule->model, model) || !fits(rule->delegate, delegate))
            continue;
        base += tb_metric_offset(metric);
        *threshold = !rule->absolute ? rule->threshold : base > 0 ? rule->threshold / base : 0;
        return true;
    }
    bool deterministic = tb_metric_about(metric)->deterministic;
    *threshold = deterministic ? 0 : policy->threshold;
    return policy->deterministic ? deterministic : metric == TB_METRIC_MEDIAN;
}
