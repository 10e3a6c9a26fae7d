/* Elements at positions that a tensor tells: GATHER, ONE_HOT. */
#include <stdio.h>

#include "delegates/gpu/move.h"
#include "runtime/tflite_abi/builtin_op_data.h"

static tb_gpu_step *begin(tb_gpu_plan *plan, const tb_gpu_op *op, const char *name,
                          const char *which, int positions)
{
    const size_t bytes = tb_gpu_format_bytes(plan->values[op->out[0]]->format);
    char options[48];
    snprintf(options, sizeof options, "-D%s -DINDEX=%s", which,
             plan->values[positions]->type == kTfLiteInt64 ? "long" : "int");
    return tb_gpu_step_begin(plan, name, "gather", name, tb_gpu_move_format(bytes), options);
}

static tb_status lower_gather(tb_gpu_plan *plan, tb_gpu_op *op, tb_error *err)
{
    (void)err;
    const TfLiteGatherParams *params = op->params;
    const tb_gpu_value *in = plan->values[op->in[0]], *positions = plan->values[op->in[1]];
    const int axis = params->axis + (params->axis < 0 ? in->rank : 0);
    const int batches = params->batch_dims + (params->batch_dims < 0 ? positions->rank : 0);
    int32_t batch = 1, outer = 1, count = 1, inner = 1;
    for (int d = 0; d < in->rank; d++) {
        batch *= d < batches ? in->dims[d] : 1;
        outer *= d >= batches && d < axis ? in->dims[d] : 1;
        inner *= d > axis ? in->dims[d] : 1;
    }
    for (int d = batches; d < positions->rank; d++)
        count *= positions->dims[d];
    const int32_t numbers[] = {batch, outer, in->dims[axis], count, inner};
    tb_gpu_step *step = begin(plan, op, "gather", "GATHER", op->in[1]);
    tb_gpu_arg_value(plan, step, op->in[0]);
    tb_gpu_arg_value(plan, step, op->in[1]);
    tb_gpu_arg_value(plan, step, op->out[0]);
    tb_gpu_arg_fault(plan, step);
    tb_gpu_arg_ints(plan, step, numbers, sizeof numbers / sizeof *numbers);
    return tb_gpu_step_end(plan, step, (size_t)inner, (size_t)count, (size_t)batch * (size_t)outer);
}
const tb_gpu_op_row tb_gpu_op_gather = {.lower = lower_gather};

/* ---- ONE_HOT ----------------------------------------------------------------------------------------- */

static bool takes_one_hot(tb_cpu_query *query)
{
    const TfLiteTensor *positions = tb_query_input(query, 0), *depth = tb_query_input(query, 1);
    const TfLiteTensor *on = tb_query_input(query, 2), *off = tb_query_input(query, 3);
    const TfLiteTensor *output = tb_query_output(query, 0);
    if (!depth || !tb_query_is_known(query, depth))
        return tb_query_no(query, "the depth is computed, not a constant");
    if ((positions->type != kTfLiteInt32 && positions->type != kTfLiteInt64) || !on || !off ||
        on->type != output->type || off->type != output->type || tb_query_elements(on) != 1 ||
        tb_query_elements(off) != 1)
        return tb_query_no(query, "positions of %s, or values that are not one of the output's",
                           TfLiteTypeGetName(positions->type));
    return true;
}

static tb_status lower_one_hot(tb_gpu_plan *plan, tb_gpu_op *op, tb_error *err)
{
    (void)err;
    const TfLiteOneHotParams *params = op->params;
    const tb_gpu_value *out = plan->values[op->out[0]];
    const int axis = params->axis + (params->axis < 0 ? out->rank : 0);
    int32_t outer = 1, inner = 1;
    for (int d = 0; d < out->rank; d++) {
        outer *= d < axis ? out->dims[d] : 1;
        inner *= d > axis ? out->dims[d] : 1;
    }
    const int32_t depth = out->dims[axis];
    tb_gpu_step *step = begin(plan, op, "one_hot", "ONE_HOT", op->in[0]);
    tb_gpu_arg_value(plan, step, op->in[0]);
    tb_gpu_arg_value(plan, step, op->in[2]);
    tb_gpu_arg_value(plan, step, op->in[3]);
    tb_gpu_arg_value(plan, step, op->out[0]);
    tb_gpu_arg_int(plan, step, outer);
    tb_gpu_arg_int(plan, step, depth);
    tb_gpu_arg_int(plan, step, inner);
    return tb_gpu_step_end(plan, step, (size_t)inner, (size_t)depth, (size_t)outer);
}
const tb_gpu_op_row tb_gpu_op_one_hot = {.takes = takes_one_hot, .lower = lower_one_hot};
