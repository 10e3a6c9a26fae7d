/* Elements of another type or scale: CAST, QUANTIZE, DEQUANTIZE, and constants that the model stores in
   another form than it computes with (delegates/cpu/fold.h); choosing between elements: SELECT. */
#include <stdio.h>

#include "delegates/cpu/table.h"
#include "delegates/gpu/broadcast.h"
#include "delegates/gpu/move.h"
#include "runtime/quant.h"

static tb_gpu_step *begin(tb_gpu_plan *plan, const tb_gpu_op *op, const char *name,
                          const char *function, const char *which)
{
    const tb_gpu_value *in = plan->values[op->in[0]], *out = plan->values[op->out[0]];
    char options[48];
    snprintf(options, sizeof options, "-DTO_%s -D%s", tb_gpu_format_name(out->format), which);
    tb_gpu_step *step = tb_gpu_step_begin(plan, name, "cast", function, in->format, options);
    tb_gpu_arg_value(plan, step, op->in[0]);
    tb_gpu_arg_value(plan, step, op->out[0]);
    tb_gpu_arg_int(plan, step, (int64_t)out->elements);
    return step;
}

static bool same_count(tb_cpu_query *query)
{
    return tb_query_elements(tb_query_input(query, 0)) ==
               tb_query_elements(tb_query_output(query, 0)) ||
           tb_query_no(query, "input and output differ in shape");
}

/* ---- CAST -------------------------------------------------------------------------------------------- */

static bool takes_cast(tb_cpu_query *query)
{
    tb_gpu_format format;
    const TfLiteTensor *output = tb_query_output(query, 0);
    return tb_gpu_format_of(output->type, false, &format)
               ? same_count(query)
               : tb_query_no(query, "to %s", TfLiteTypeGetName(output->type));
}

static tb_status lower_cast(tb_gpu_plan *plan, tb_gpu_op *op, tb_error *err)
{
    (void)err;
    tb_gpu_step *step = begin(plan, op, "cast", "cast", "CAST");
    return tb_gpu_step_end(plan, step, plan->values[op->out[0]]->elements, 1, 1);
}
const tb_gpu_op_row tb_gpu_op_cast = {.takes = takes_cast, .lower = lower_cast};

/* ---- scales ------------------------------------------------------------------------------------------ */

static tb_status lower_requantize(tb_gpu_plan *plan, const tb_gpu_op *op, tb_error *err)
{
    const TfLiteTensor *tensors = plan->context->tensors;
    const TfLiteTensor *in = &tensors[plan->values[op->in[0]]->tensor];
    const TfLiteTensor *out = &tensors[plan->values[op->out[0]]->tensor];
    uint8_t table[256];
    if (!tb_table_requantize(in, out, NULL, table))
        return tb_fail(err, TB_UNSUPPORTED, "requantising from scale %g to %g",
                       (double)in->params.scale, (double)out->params.scale);
    return tb_gpu_lower_table(plan, op, "requantize", table);
}

static tb_status lower_quantize(tb_gpu_plan *plan, tb_gpu_op *op, tb_error *err)
{
    const tb_gpu_value *in = plan->values[op->in[0]], *out = plan->values[op->out[0]];
    if (in->type != kTfLiteFloat32)
        return lower_requantize(plan, op, err);
    int32_t low, high;
    tb_quant_limits(out->type, &low, &high);
    tb_gpu_step *step = begin(plan, op, "quantize", "quantize", "QUANTIZE");
    tb_gpu_arg_float(plan, step, out->scale);
    tb_gpu_arg_float(plan, step, 1.0f / out->scale);
    tb_gpu_arg_int(plan, step, out->zero_point);
    tb_gpu_arg_int(plan, step, low);
    tb_gpu_arg_int(plan, step, high);
    return tb_gpu_step_end(plan, step, out->elements, 1, 1);
}
const tb_gpu_op_row tb_gpu_op_quantize = {.lower = lower_quantize};

static tb_status lower_dequantize(tb_gpu_plan *plan, tb_gpu_op *op, tb_error *err)
{
    (void)err;
    const tb_gpu_value *in = plan->values[op->in[0]];
    tb_gpu_step *step = begin(plan, op, "dequantize", "dequantize", "DEQUANTIZE");
    tb_gpu_arg_float(plan, step, in->scale);
    tb_gpu_arg_int(plan, step, in->zero_point);
    return tb_gpu_step_end(plan, step, in->elements, 1, 1);
}
const tb_gpu_op_row tb_gpu_op_dequantize = {.lower = lower_dequantize};

/* Only constants are taken, and the plan has these already. */
static tb_status lower_densify(tb_gpu_plan *plan, tb_gpu_op *op, tb_error *err)
{
    (void)plan;
    (void)op;
    return tb_fail(err, TB_INTERNAL, "DENSIFY of what is no constant");
}
const tb_gpu_op_row tb_gpu_op_densify = {.lower = lower_densify};

/* ---- SELECT ------------------------------------------------------------------------------------------ */

/* SELECT's condition may be one for each row. */
static bool is_by_row(int condition_rank, int32_t size, int choice_rank, int32_t first)
{
    return condition_rank == 1 && choice_rank > 1 && size == first;
}

static bool takes_choices(tb_cpu_query *query)
{
    const TfLiteTensor *condition = tb_query_input(query, 0), *output = tb_query_output(query, 0);
    if (condition->type != kTfLiteBool)
        return tb_query_no(query, "the condition is %s", TfLiteTypeGetName(condition->type));
    for (int k = 1; k < 3; k++) {
        const TfLiteTensor *choice = tb_query_input(query, k);
        if (!choice || choice->type != output->type)
            return tb_query_no(query, "choice %d is missing or of another type", k);
        if (!tb_gpu_query_fits(query, choice, output))
            return false;
    }
    return true;
}

static bool takes_select(tb_cpu_query *query)
{
    const TfLiteTensor *condition = tb_query_input(query, 0), *output = tb_query_output(query, 0);
    if (!takes_choices(query))
        return false;
    return (condition->dims->size == 1 && output->dims->size > 1 &&
            is_by_row(1, condition->dims->data[0], output->dims->size, output->dims->data[0])) ||
           tb_gpu_query_fits(query, condition, output);
}

static bool takes_select_v2(tb_cpu_query *query)
{
    return takes_choices(query) &&
           tb_gpu_query_fits(query, tb_query_input(query, 0), tb_query_output(query, 0));
}

static tb_status lower_choice(tb_gpu_plan *plan, tb_gpu_op *op, bool by_row)
{
    const tb_gpu_value *out = plan->values[op->out[0]];
    tb_gpu_value condition = *plan->values[op->in[0]];
    if (by_row && is_by_row(condition.rank, condition.dims[0], out->rank, out->dims[0])) {
        condition.rank = out->rank;
        for (int d = 1; d < out->rank; d++)
            condition.dims[d] = 1;
    }
    const tb_gpu_value *operands[] = {&condition, plan->values[op->in[1]], plan->values[op->in[2]]};
    tb_gpu_broadcast shape;
    tb_gpu_broadcast_make(out, operands, 3, &shape);
    tb_gpu_step *step =
        tb_gpu_step_begin(plan, "select", "select", "select_of",
                          tb_gpu_move_format(tb_gpu_format_bytes(out->format)), NULL);
    for (int k = 0; k < 3; k++)
        tb_gpu_arg_value(plan, step, op->in[k]);
    tb_gpu_arg_value(plan, step, op->out[0]);
    tb_gpu_broadcast_args(plan, step, &shape);
    return tb_gpu_broadcast_end(plan, step, &shape);
}

static tb_status lower_select(tb_gpu_plan *plan, tb_gpu_op *op, tb_error *err)
{
    (void)err;
    return lower_choice(plan, op, true);
}
const tb_gpu_op_row tb_gpu_op_select = {.takes = takes_select, .lower = lower_select};

static tb_status lower_select_v2(tb_gpu_plan *plan, tb_gpu_op *op, tb_error *err)
{
    (void)err;
    return lower_choice(plan, op, false);
}
const tb_gpu_op_row tb_gpu_op_select_v2 = {.takes = takes_select_v2, .lower = lower_select_v2};
