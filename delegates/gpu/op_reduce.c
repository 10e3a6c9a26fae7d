/* MEAN, SUM and the like over any axes; ARG_MAX and ARG_MIN. */
#include <stdio.h>
#include <string.h>

#include "delegates/gpu/broadcast.h"
#include "runtime/quant.h"
#include "runtime/tflite_abi/builtin_op_data.h"

enum { GONE = 4 /* dimensions that go, merged */ };

enum {
    QUANTIZED = 1 /* scales may differ */,
    EXTREME = 2 /* starts from the first element alone */
};

typedef struct reduction {
    const char *name, *op;
    unsigned traits;
} reduction;

/* The input's dimensions as runs that stay or go together. */
typedef struct loops {
    tb_gpu_broadcast kept; /* innermost first */
    int gone_count;
    int32_t gone[GONE], gone_stride[GONE];
    int32_t count; /* elements to each output */
} loops;

/* False where too many go apart. */
static bool make_loops(const TfLiteTensor *input, const TfLiteTensor *axes, loops *l)
{
    const int rank = input->dims->size;
    unsigned goes = 0;
    *l = (loops){.kept = {.operands = 1}, .count = 1};
    for (size_t i = 0; i < tb_query_elements(axes); i++) {
        const int32_t axis = axes->data.i32[i];
        if (axis < -rank || axis >= rank)
            return false;
        goes |= 1u << (axis + (axis < 0 ? rank : 0));
    }
    int32_t stride = 1;
    int last = -1; /* whether the run before went */
    for (int d = rank - 1; d >= 0; d--) {
        const int32_t extent = input->dims->data[d];
        const bool is_gone = goes >> d & 1;
        if (extent == 1)
            continue;
        if (is_gone) {
            l->count *= extent;
            if (last == 1) {
                l->gone[l->gone_count - 1] *= extent;
            } else {
                if (l->gone_count == GONE)
                    return false;
                l->gone[l->gone_count] = extent;
                l->gone_stride[l->gone_count++] = stride;
            }
        } else if (last == 0) {
            l->kept.extent[l->kept.rank - 1] *= extent;
        } else {
            l->kept.extent[l->kept.rank] = extent;
            l->kept.stride[0][l->kept.rank++] = stride;
        }
        last = is_gone;
        stride *= extent;
    }
    return true;
}

static bool takes(tb_cpu_query *query, const reduction *row)
{
    const TfLiteTensor *input = tb_query_input(query, 0), *output = tb_query_output(query, 0);
    const TfLiteTensor *axes = tb_query_input(query, 1);
    loops l;
    if (input->type != output->type)
        return tb_query_no(query, "from %s to %s", TfLiteTypeGetName(input->type),
                           TfLiteTypeGetName(output->type));
    if (!axes || axes->type != kTfLiteInt32 || !tb_query_is_known(query, axes))
        return tb_query_no(query, "the axes are not a constant of INT32");
    if (tb_type_is_q8(input->type) &&
        !(row->traits & QUANTIZED ? tb_query_same_type(query, input, output)
                                  : input->params.scale == output->params.scale &&
                                        input->params.zero_point == output->params.zero_point))
        return tb_query_no(query, "input and output are quantised differently");
    if (!make_loops(input, axes, &l))
        return tb_query_no(query, "the axes are outside the input, or too many apart");
    return tb_query_elements(output) * (size_t)l.count == tb_query_elements(input) ||
           tb_query_no(query, "the output has not the shape that is left");
}

static tb_status add_scales(tb_gpu_plan *plan, tb_gpu_step *step, const tb_gpu_op *op,
                            int32_t count, bool mean, tb_error *err)
{
    const tb_gpu_value *in = plan->values[op->in[0]], *out = plan->values[op->out[0]];
    int32_t low, high;
    tb_multiplier scale = {0, 0};
    tb_quant_limits(out->type, &low, &high);
    if (mean && !tb_mean_multiplier(in->scale, out->scale, (size_t)count, &scale))
        return tb_fail(err, TB_UNSUPPORTED, "scales %g and %g", (double)in->scale,
                       (double)out->scale);
    const float ratio = in->scale / out->scale;
    tb_gpu_arg_int(plan, step, in->zero_point);
    tb_gpu_arg_int(plan, step, out->zero_point);
    tb_gpu_arg_int(plan, step, low);
    tb_gpu_arg_int(plan, step, high);
    tb_gpu_arg_int2(plan, step, scale.mantissa, scale.shift);
    tb_gpu_arg_float(plan, step, ratio);
    tb_gpu_arg_float(plan, step, (float)-in->zero_point * ratio * (float)count);
    return TB_OK;
}

static tb_status lower(tb_gpu_plan *plan, tb_gpu_op *op, const reduction *row, tb_error *err)
{
    const tb_gpu_value *in = plan->values[op->in[0]], *out = plan->values[op->out[0]];
    const TfLiteTensor *tensors = plan->context->tensors;
    const bool scales = tb_type_is_q8(in->type) && row->traits & QUANTIZED;
    const bool mean = strcmp(row->op, "MEAN") == 0;
    loops l;
    if (!make_loops(&tensors[in->tensor], &tensors[plan->values[op->in[1]]->tensor], &l))
        return tb_fail(err, TB_INTERNAL, "%s is another one than it was", row->name);
    char options[64];
    snprintf(options, sizeof options, "-DOP=%s%s%s%s", row->op, scales ? " -DQ8" : "",
             mean ? " -DMEANS" : "", row->traits & EXTREME && out->elements == 1 ? " -DFIRST" : "");
    tb_gpu_step *step = tb_gpu_step_begin(plan, row->name, "reduce", "reduce", in->format, options);
    tb_gpu_arg_value(plan, step, op->in[0]);
    tb_gpu_arg_value(plan, step, op->out[0]);
    tb_gpu_broadcast_args(plan, step, &l.kept);
    for (int k = GONE - 1; k >= 0; k--)
        tb_gpu_arg_int(plan, step, k < l.gone_count ? l.gone[k] : 1);
    for (int k = GONE - 1; k >= 0; k--)
        tb_gpu_arg_int(plan, step, k < l.gone_count ? l.gone_stride[k] : 0);
    tb_gpu_arg_int(plan, step, l.count);
    tb_status status = scales ? add_scales(plan, step, op, l.count, mean, err) : TB_OK;
    return status == TB_OK ? tb_gpu_broadcast_end(plan, step, &l.kept) : status;
}

#define DEFINE_REDUCE(name_, OP, traits_)                                           \
    static const reduction name_##_row = {#name_, #OP, traits_};                    \
    static bool takes_##name_(tb_cpu_query *query)                                  \
    {                                                                               \
        return takes(query, &name_##_row);                                          \
    }                                                                               \
    static tb_status lower_##name_(tb_gpu_plan *plan, tb_gpu_op *op, tb_error *err) \
    {                                                                               \
        return lower(plan, op, &name_##_row, err);                                  \
    }                                                                               \
    const tb_gpu_op_row tb_gpu_op_##name_ = {.takes = takes_##name_, .lower = lower_##name_};

DEFINE_REDUCE(mean, MEAN, QUANTIZED)
DEFINE_REDUCE(sum, SUM, QUANTIZED)
DEFINE_REDUCE(reduce_prod, PROD, 0)
DEFINE_REDUCE(reduce_max, MAX, EXTREME)
DEFINE_REDUCE(reduce_min, MIN, EXTREME)
DEFINE_REDUCE(reduce_any, ANY, 0)
DEFINE_REDUCE(reduce_all, ALL, 0)

/* ---- one axis ---------------------------------------------------------------------------------------- */

bool tb_gpu_query_axis(tb_cpu_query *query)
{
    const TfLiteTensor *input = tb_query_input(query, 0), *axis = tb_query_input(query, 1);
    const int rank = input->dims->size;
    if (!axis || axis->type != kTfLiteInt32 || tb_query_elements(axis) != 1 ||
        !tb_query_is_known(query, axis))
        return tb_query_no(query, "the axis is not a constant of INT32");
    return (axis->data.i32[0] >= -rank && axis->data.i32[0] < rank) ||
           tb_query_no(query, "axis %d of %d dimensions", axis->data.i32[0], rank);
}

tb_gpu_axis tb_gpu_axis_of(const tb_gpu_plan *plan, const tb_gpu_op *op)
{
    const tb_gpu_value *in = plan->values[op->in[0]];
    const int32_t given = *(const int32_t *)plan->values[op->in[1]]->constant;
    const int axis = given + (given < 0 ? in->rank : 0);
    tb_gpu_axis a = {.inner = 1, .length = in->dims[axis], .outer = 1};
    for (int d = 0; d < in->rank; d++) {
        a.outer *= d < axis ? in->dims[d] : 1;
        a.inner *= d > axis ? in->dims[d] : 1;
    }
    return a;
}

static bool takes_arg(tb_cpu_query *query)
{
    const TfLiteTensor *output = tb_query_output(query, 0);
    return tb_gpu_query_axis(query) &&
           (output->type == kTfLiteInt32 || output->type == kTfLiteInt64 ||
            tb_query_no(query, "to %s", TfLiteTypeGetName(output->type)));
}

static tb_status lower_arg(tb_gpu_plan *plan, tb_gpu_op *op, const char *name, bool least)
{
    const tb_gpu_value *in = plan->values[op->in[0]], *out = plan->values[op->out[0]];
    const tb_gpu_axis a = tb_gpu_axis_of(plan, op);
    char options[48];
    snprintf(options, sizeof options, "-DINDEX=%s%s", out->type == kTfLiteInt64 ? "long" : "int",
             least ? " -DLEAST" : "");
    tb_gpu_step *step = tb_gpu_step_begin(plan, name, "arg", "arg", in->format, options);
    tb_gpu_arg_value(plan, step, op->in[0]);
    tb_gpu_arg_value(plan, step, op->out[0]);
    tb_gpu_arg_int(plan, step, a.inner);
    tb_gpu_arg_int(plan, step, a.length);
    tb_gpu_arg_int(plan, step, a.outer);
    return tb_gpu_step_end(plan, step, (size_t)a.inner, (size_t)a.outer, 1);
}

static tb_status lower_arg_max(tb_gpu_plan *plan, tb_gpu_op *op, tb_error *err)
{
    (void)err;
    return lower_arg(plan, op, "arg_max", false);
}
const tb_gpu_op_row tb_gpu_op_arg_max = {.takes = takes_arg, .lower = lower_arg_max};

static tb_status lower_arg_min(tb_gpu_plan *plan, tb_gpu_op *op, tb_error *err)
{
    (void)err;
    return lower_arg(plan, op, "arg_min", true);
}
const tb_gpu_op_row tb_gpu_op_arg_min = {.takes = takes_arg, .lower = lower_arg_min};
