/* Operators absorb what follows them: a RELU, the ADD of a residual. */
#include <string.h>

#include "delegates/gpu/ops.h"
#include "runtime/tflite_abi/builtin_op_data.h"

static bool same_dims(const tb_gpu_value *a, const tb_gpu_value *b)
{
    return a->rank == b->rank && memcmp(a->dims, b->dims, sizeof a->dims) == 0;
}

/* The only operator that reads the value; NULL where there are more, or the partition's user does. */
static tb_gpu_op *sole_reader(const tb_gpu_plan *plan, int value)
{
    if (plan->values[value]->uses != 1 || plan->values[value]->is_output)
        return NULL;
    for (int i = 0; i < plan->op_count; i++)
        for (int k = 0; !plan->ops[i].dead && k < plan->ops[i].in_count; k++)
            if (plan->ops[i].in[k] == value)
                return &plan->ops[i];
    return NULL;
}

/* `op` now does `other`'s work too, and writes what that wrote. */
static tb_status absorb(tb_gpu_plan *plan, tb_gpu_op *op, tb_gpu_op *other, tb_error *err)
{
    const int count = op->node_count + other->node_count;
    int32_t *nodes = TB_GPU_NEW(plan, int32_t, (size_t)count);
    if (!nodes)
        return tb_fail(err, TB_NO_MEMORY, "planning a partition");
    memcpy(nodes, op->nodes, (size_t)op->node_count * sizeof *nodes);
    memcpy(nodes + op->node_count, other->nodes, (size_t)other->node_count * sizeof *nodes);
    op->nodes = nodes;
    op->node_count = count;
    other->dead = true;
    plan->values[op->out[0]]->home = TB_GPU_NOWHERE;
    op->out[0] = other->out[0];
    plan->values[op->out[0]]->producer = (int)(op - plan->ops);
    return TB_OK;
}

static void add_clamp(tb_gpu_op *op, float min, float max)
{
    op->has_clamp = true;
    op->clamp_min = min;
    op->clamp_max = max;
}

/* What an ADD adds to `value`, where the operator that made it can: of the same shape, and there before
   that operator runs; -1: it cannot. */
static int residual_of(const tb_gpu_plan *plan, const tb_gpu_op *add, int value, int op)
{
    const int other = add->in[0] == value ? add->in[1] : add->in[0];
    if (other < 0 || other == value)
        return -1;
    const tb_gpu_value *v = plan->values[other];
    if (!same_dims(v, plan->values[value]) || v->format != plan->values[value]->format ||
        v->producer >= op)
        return -1;
    return other;
}

static tb_status fuse_followers(tb_gpu_plan *plan, int index, tb_error *err)
{
    tb_gpu_op *op = &plan->ops[index];
    while (op->out_count == 1 && plan->values[op->out[0]]->type == kTfLiteFloat32) {
        tb_gpu_op *next = sole_reader(plan, op->out[0]);
        const uint32_t can = op->row->traits, is = next ? next->row->traits : 0;
        if (is & TB_GPU_IS_CLAMP && can & TB_GPU_CLAMPS && !op->has_clamp) {
            add_clamp(op, next->row->clamp_min, next->row->clamp_max);
        } else if (is & TB_GPU_IS_ADD && can & TB_GPU_RESIDUAL && op->residual < 0 &&
                   !op->has_clamp) {
            const int other = residual_of(plan, next, op->out[0], index);
            if (other < 0)
                return TB_OK;
            op->residual = other;
            op->residual_activation = ((const TfLiteAddParams *)next->params)->activation;
        } else {
            return TB_OK;
        }
        tb_status status = absorb(plan, op, next, err);
        if (status != TB_OK)
            return status;
    }
    return TB_OK;
}

tb_status tb_gpu_fuse(tb_gpu_plan *plan, tb_error *err)
{
    tb_status status = TB_OK;
    for (int i = 0; i < plan->op_count && status == TB_OK; i++)
        if (!plan->ops[i].dead)
            status = fuse_followers(plan, i, err);
    return status;
}
