/* LSTM in its basic form, a cell: input and output of the step before side by side, one product with all
   gates' weights, then the cell. */
#include "delegates/gpu/conv.h"
#include "delegates/gpu/move.h"
#include "runtime/tflite_abi/builtin_op_data.h"

enum { IN_DATA, IN_ACTIVATION, IN_WEIGHTS, IN_BIAS, IN_STATE, INPUTS };
enum { OUT_ACTIVATION, OUT_STATE, OUT_JOINED, OUT_GATES, OUTPUTS };

static bool takes(tb_cpu_query *query)
{
    const TfLiteLSTMParams *params = query->node->builtin_data;
    if (!params || params->kernel_type != kTfLiteLSTMBasicKernel ||
        query->node->inputs->size != INPUTS || query->node->outputs->size != OUTPUTS)
        return tb_query_no(query, "only the basic form is done");
    for (int k = 0; k < INPUTS; k++) {
        const TfLiteTensor *tensor = tb_query_input(query, k);
        if (!tensor || tensor->type != kTfLiteFloat32 ||
            tensor->dims->size != (k == IN_BIAS ? 1 : 2))
            return tb_query_no(query, "input %d is missing, or not a matrix of FLOAT32", k);
    }
    const int *data = tb_query_input(query, IN_DATA)->dims->data;
    const int *before = tb_query_input(query, IN_ACTIVATION)->dims->data;
    const int *weights = tb_query_input(query, IN_WEIGHTS)->dims->data;
    const int *state = tb_query_input(query, IN_STATE)->dims->data;
    if (before[0] != data[0] || state[0] != data[0] || state[1] != before[1] ||
        weights[0] != 4 * (int64_t)state[1] || weights[1] != (int64_t)data[1] + before[1] ||
        tb_query_input(query, IN_BIAS)->dims->data[0] != weights[0])
        return tb_query_no(query, "the shapes do not fit");
    const size_t expected[] = {
        (size_t)state[0] * (size_t)state[1], (size_t)state[0] * (size_t)state[1],
        (size_t)data[0] * (size_t)weights[1], (size_t)data[0] * (size_t)weights[0]};
    for (int k = 0; k < OUTPUTS; k++)
        if (!tb_query_output(query, k) || tb_query_output(query, k)->type != kTfLiteFloat32 ||
            tb_query_elements(tb_query_output(query, k)) != expected[k])
            return tb_query_no(query, "output %d is not as the cell makes it", k);
    return true;
}

/* Columns of `in` into those of the joined matrix from `at` on. */
static tb_status join(tb_gpu_plan *plan, int in, int32_t at, int out)
{
    const int32_t *from = plan->values[in]->dims;
    const int32_t width = (int32_t)plan->values[out]->elements / from[0];
    tb_gpu_move move = {.to_offset = at};
    tb_gpu_move_add(&move, from[0], from[1], width);
    tb_gpu_move_add(&move, from[1], 1, 1);
    return tb_gpu_move_step(plan, "lstm", &move, in, out);
}

static tb_status lower(tb_gpu_plan *plan, tb_gpu_op *op, tb_error *err)
{
    const tb_gpu_value *state = plan->values[op->in[IN_STATE]];
    const int joined = op->out[OUT_JOINED], gates = op->out[OUT_GATES];
    tb_status status = join(plan, op->in[IN_DATA], 0, joined);
    if (status == TB_OK)
        status = join(plan, op->in[IN_ACTIVATION], plan->values[op->in[IN_DATA]]->dims[1], joined);
    int in[] = {joined, op->in[IN_WEIGHTS], op->in[IN_BIAS]}, out[] = {gates};
    tb_gpu_op product = *op;
    product.in = in;
    product.in_count = 3;
    product.out = out;
    product.out_count = 1;
    if (status == TB_OK)
        status = tb_gpu_lower_rows(plan, &product, kTfLiteActNone, err);
    if (status != TB_OK)
        return status;
    tb_gpu_step *step = tb_gpu_step_begin(plan, "lstm", "lstm", "lstm_cell", state->format, NULL);
    tb_gpu_arg_value(plan, step, gates);
    tb_gpu_arg_value(plan, step, op->in[IN_STATE]);
    tb_gpu_arg_value(plan, step, op->out[OUT_STATE]);
    tb_gpu_arg_value(plan, step, op->out[OUT_ACTIVATION]);
    tb_gpu_arg_ints(plan, step, state->dims, 2);
    return tb_gpu_step_end(plan, step, (size_t)state->dims[1], (size_t)state->dims[0], 1);
}

const tb_gpu_op_row tb_gpu_op_lstm = {.takes = takes, .lower = lower};
