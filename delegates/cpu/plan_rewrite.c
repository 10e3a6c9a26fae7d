/* Operators that say together what another one says alone. */
#include <string.h>

#include "delegates/cpu/op_rows.h"
#include "runtime/tflite_abi/builtin_op_data.h"

static bool is_all_zero(const tb_value *v)
{
    const float *values = v->constant;
    if (!values || v->type != kTfLiteFloat32)
        return false;
    for (size_t i = 0; i < v->elements; i++)
        if (values[i] < 0.0f || values[i] > 0.0f)
            return false;
    return true;
}

/* The operator that makes the value, where nobody but one reader sees it; NULL else. */
static tb_cpu_op *only_maker(tb_plan *plan, int value, uint32_t trait)
{
    const tb_value *v = &plan->values[value];
    if (v->producer < 0 || v->uses != 1 || v->is_output)
        return NULL;
    tb_cpu_op *op = &plan->ops[v->producer];
    return !op->dead && op->row->traits & trait ? op : NULL;
}

/* x > 0 ? x : x * slope, with a constant slope a channel, is PRELU. */
static tb_status rewrite_prelu(tb_plan *plan, tb_cpu_op *select, tb_error *err)
{
    const int x = select->in[1];
    const tb_value *v = &plan->values[x];
    tb_cpu_op *greater = only_maker(plan, select->in[0], TB_OP_IS_GREATER);
    tb_cpu_op *mul = only_maker(plan, select->in[2], TB_OP_IS_MUL);
    if (!greater || !mul || v->type != kTfLiteFloat32 || v->rank < 1 || greater->in[0] != x ||
        !is_all_zero(&plan->values[greater->in[1]]) ||
        v->elements != plan->values[select->out].elements)
        return TB_OK;
    const int slope = mul->in[0] == x ? mul->in[1] : mul->in[0];
    const tb_value *slopes = &plan->values[slope];
    if ((mul->in[0] != x && mul->in[1] != x) || !slopes->constant || slopes->rank < 1 ||
        slopes->elements != (size_t)v->dims[v->rank - 1] ||
        slopes->dims[slopes->rank - 1] != v->dims[v->rank - 1] ||
        ((const TfLiteMulParams *)mul->params)->activation != kTfLiteActNone)
        return TB_OK;
    const int count = select->node_count + greater->node_count + mul->node_count;
    int32_t *nodes = TB_PLAN_NEW(plan, int32_t, (size_t)count);
    int *in = TB_PLAN_NEW(plan, int, 2);
    if (!nodes || !in)
        return tb_fail(err, TB_NO_MEMORY, "planning a partition");
    int32_t *to = nodes;
    const tb_cpu_op *const parts[] = {greater, mul, select};
    for (int i = 0; i < 3; i++) {
        memcpy(to, parts[i]->nodes, (size_t)parts[i]->node_count * sizeof *to);
        to += parts[i]->node_count;
    }
    plan->values[greater->out].home = plan->values[mul->out].home = TB_HOME_NOWHERE;
    greater->dead = mul->dead = true;
    plan->values[x].uses -= 2;
    in[0] = x;
    in[1] = slope;
    select->row = &tb_cpu_op_prelu;
    select->in = in;
    select->in_count = 2;
    select->nodes = nodes;
    select->node_count = count;
    return TB_OK;
}

/* x * LOGISTIC(x) */
static tb_status rewrite_silu(tb_plan *plan, tb_cpu_op *mul, tb_error *err)
{
    if (mul->in_count != 2 || plan->values[mul->out].type != kTfLiteFloat32 ||
        ((const TfLiteMulParams *)mul->params)->activation != kTfLiteActNone)
        return TB_OK;
    tb_cpu_op *logistic = NULL;
    for (int k = 0; k < 2 && !logistic; k++) {
        logistic = only_maker(plan, mul->in[k], TB_OP_IS_LOGISTIC);
        if (logistic && logistic->in[0] != mul->in[1 - k])
            logistic = NULL;
    }
    if (!logistic)
        return TB_OK;
    const int x = logistic->in[0], count = logistic->node_count + mul->node_count;
    int32_t *nodes = TB_PLAN_NEW(plan, int32_t, (size_t)count);
    int *in = TB_PLAN_NEW(plan, int, 1);
    if (!nodes || !in)
        return tb_fail(err, TB_NO_MEMORY, "planning a partition");
    memcpy(nodes, logistic->nodes, (size_t)logistic->node_count * sizeof *nodes);
    memcpy(nodes + logistic->node_count, mul->nodes, (size_t)mul->node_count * sizeof *nodes);
    plan->values[logistic->out].home = TB_HOME_NOWHERE;
    plan->values[x].uses--;
    logistic->dead = true;
    in[0] = x;
    mul->row = &tb_cpu_op_silu;
    mul->in = in;
    mul->in_count = 1;
    mul->nodes = nodes;
    mul->node_count = count;
    return TB_OK;
}

tb_status tb_plan_rewrite(tb_plan *plan, tb_error *err)
{
    for (int i = 0; i < plan->op_count; i++) {
        tb_cpu_op *op = &plan->ops[i];
        tb_status status = TB_OK;
        if (!op->dead && op->row->traits & TB_OP_IS_SELECT)
            status = rewrite_prelu(plan, op, err);
        else if (!op->dead && op->row->traits & TB_OP_IS_MUL)
            status = rewrite_silu(plan, op, err);
        if (status != TB_OK)
            return status;
    }
    return TB_OK;
}
