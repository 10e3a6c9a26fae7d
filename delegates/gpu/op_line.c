/* Along one axis: CUMSUM, L2_NORMALIZATION, LOCAL_RESPONSE_NORMALIZATION, LOG_SOFTMAX. */
#include "delegates/gpu/ops.h"
#include "runtime/tflite_abi/builtin_op_data.h"

static bool takes_cumsum(tb_cpu_query *query)
{
    return tb_gpu_query_axis(query);
}

static tb_status lower_cumsum(tb_gpu_plan *plan, tb_gpu_op *op, tb_error *err)
{
    (void)err;
    const TfLiteCumsumParams *params = op->params;
    const tb_gpu_axis a = tb_gpu_axis_of(plan, op);
    tb_gpu_step *step = tb_gpu_step_begin(plan, "cumsum", "line", "cumsum",
                                          plan->values[op->in[0]]->format, "-DCUMSUM");
    tb_gpu_arg_value(plan, step, op->in[0]);
    tb_gpu_arg_value(plan, step, op->out[0]);
    tb_gpu_arg_int(plan, step, a.inner);
    tb_gpu_arg_int(plan, step, a.length);
    tb_gpu_arg_int(plan, step, a.outer);
    tb_gpu_arg_int(plan, step, params->reverse ? (a.length - 1) * a.inner : 0);
    tb_gpu_arg_int(plan, step, params->reverse ? -a.inner : a.inner);
    tb_gpu_arg_int(plan, step, params->exclusive);
    return tb_gpu_step_end(plan, step, (size_t)a.inner, (size_t)a.outer, 1);
}
const tb_gpu_op_row tb_gpu_op_cumsum = {.takes = takes_cumsum, .lower = lower_cumsum};

/* ---- rows of the last dimension ---------------------------------------------------------------------- */

static bool takes_rows(tb_cpu_query *query)
{
    const TfLiteTensor *input = tb_query_input(query, 0), *output = tb_query_output(query, 0);
    return tb_query_rank(query, input, "input", 1, TB_GPU_MAX_RANK) &&
           ((input->type == output->type &&
             tb_query_elements(input) == tb_query_elements(output)) ||
            tb_query_no(query, "input and output differ"));
}

static tb_gpu_step *begin_rows(tb_gpu_plan *plan, const tb_gpu_op *op, const char *name,
                               const char *options, size_t *rows, size_t *depth)
{
    const tb_gpu_value *in = plan->values[op->in[0]];
    *depth = (size_t)in->dims[in->rank - 1];
    *rows = in->elements / *depth;
    tb_gpu_step *step = tb_gpu_step_begin(plan, name, "line", name, in->format, options);
    tb_gpu_arg_value(plan, step, op->in[0]);
    tb_gpu_arg_value(plan, step, op->out[0]);
    tb_gpu_arg_int(plan, step, (int64_t)*rows);
    tb_gpu_arg_int(plan, step, (int64_t)*depth);
    return step;
}

static tb_status lower_l2(tb_gpu_plan *plan, tb_gpu_op *op, tb_error *err)
{
    (void)err;
    size_t rows, depth;
    tb_gpu_step *step =
        begin_rows(plan, op, "l2_normalization", "-DL2_NORMALIZATION", &rows, &depth);
    return tb_gpu_step_end(plan, step, rows, 1, 1);
}
const tb_gpu_op_row tb_gpu_op_l2_normalization = {.takes = takes_rows, .lower = lower_l2};

static tb_status lower_log_softmax(tb_gpu_plan *plan, tb_gpu_op *op, tb_error *err)
{
    (void)err;
    size_t rows, depth;
    tb_gpu_step *step = begin_rows(plan, op, "log_softmax", "-DLOG_SOFTMAX", &rows, &depth);
    return tb_gpu_step_end(plan, step, rows, 1, 1);
}
const tb_gpu_op_row tb_gpu_op_log_softmax = {.takes = takes_rows, .lower = lower_log_softmax};

static tb_status lower_local(tb_gpu_plan *plan, tb_gpu_op *op, tb_error *err)
{
    (void)err;
    const TfLiteLocalResponseNormParams *params = op->params;
    size_t rows, depth;
    tb_gpu_step *step = begin_rows(plan, op, "local_response", "-DLOCAL_RESPONSE", &rows, &depth);
    tb_gpu_arg_int(plan, step, params->radius);
    tb_gpu_arg_float(plan, step, params->bias);
    tb_gpu_arg_float(plan, step, params->alpha);
    tb_gpu_arg_float(plan, step, params->beta);
    return tb_gpu_step_end(plan, step, depth, rows, 1);
}
const tb_gpu_op_row tb_gpu_op_local_response = {.takes = takes_rows, .lower = lower_local};
