/* Element-wise operators on two operands, with broadcasting and a fused activation: numbers, truth
   values, and sums, differences and products of 8-bit values as the portable kernels scale them. */
#include <math.h>
#include <stdio.h>

#include "delegates/gpu/broadcast.h"
#include "runtime/quant.h"
#include "runtime/tflite_abi/builtin_op_data.h"

enum {
    SCALES = 1,  /* 8-bit values are scaled; without it they are compared as they are */
    PRODUCT = 2, /* ... and multiplied */
    TEST = 4,    /* the output is truth values */
    NO_ZERO = 8  /* the second operand may not be zero */
};

typedef struct binary {
    const char *name, *op;
    unsigned traits;
} binary;

/* ---- what is taken ----------------------------------------------------------------------------------- */

static bool same_scale(const TfLiteTensor *a, const TfLiteTensor *b)
{
    return a->params.scale == b->params.scale && a->params.zero_point == b->params.zero_point;
}

static bool takes(tb_cpu_query *query, const binary *row, TfLiteFusedActivation activation)
{
    const TfLiteTensor *a = tb_query_input(query, 0), *b = tb_query_input(query, 1);
    const TfLiteTensor *output = tb_query_output(query, 0);
    const TfLiteType type = row->traits & TEST ? kTfLiteBool : a->type;
    if (!b || a->type != b->type || output->type != type)
        return tb_query_no(query, "from %s and %s to %s", TfLiteTypeGetName(a->type),
                           b ? TfLiteTypeGetName(b->type) : "nothing",
                           TfLiteTypeGetName(output->type));
    if (!tb_gpu_query_fits(query, a, output) || !tb_gpu_query_fits(query, b, output) ||
        !tb_query_activation(query, activation))
        return false;
    if (a->type == kTfLiteInt64 && activation != kTfLiteActNone)
        return tb_query_no(query, "an activation on INT64");
    if (!tb_type_is_q8(a->type) && a->type != kTfLiteInt16)
        return true;
    if (row->traits & SCALES)
        return tb_query_same_type(query, a, b) && tb_query_same_type(query, a, output);
    return (same_scale(a, b) && same_scale(a, output)) ||
           tb_query_no(query, "operands and output are quantised differently");
}

/* ---- steps ------------------------------------------------------------------------------------------- */

static void int_bounds(TfLiteFusedActivation activation, int32_t *low, int32_t *high)
{
    float min, max;
    tb_float_bounds(activation, &min, &max);
    *low = isinf(min) ? INT32_MIN : (int32_t)min;
    *high = isinf(max) ? INT32_MAX : (int32_t)max;
}

static void add_multiplier(tb_gpu_plan *plan, tb_gpu_step *step, tb_multiplier m)
{
    tb_gpu_arg_int2(plan, step, m.mantissa, m.shift);
}

static tb_status add_scales(tb_gpu_plan *plan, tb_gpu_step *step, const tb_gpu_op *op,
                            const binary *row, TfLiteFusedActivation activation, tb_error *err)
{
    const tb_gpu_value *a = plan->values[op->in[0]], *b = plan->values[op->in[1]];
    const tb_gpu_value *out = plan->values[op->out[0]];
    tb_multiplier ma = {0, 0}, mb = {0, 0}, mo;
    bool sound;
    if (row->traits & PRODUCT) {
        sound = tb_multiplier_from_real((double)(a->scale * b->scale / out->scale), &mo);
    } else {
        const double twice_larger = (double)(2.0f * fmaxf(a->scale, b->scale));
        sound =
            tb_multiplier_from_real((double)a->scale / twice_larger, &ma) &&
            tb_multiplier_from_real((double)b->scale / twice_larger, &mb) &&
            tb_multiplier_from_real(twice_larger / (double)((float)(1 << 20) * out->scale), &mo);
    }
    int32_t low, high;
    if (!sound ||
        !tb_quant_activation_range(activation, out->type, out->scale, out->zero_point, &low, &high))
        return tb_fail(err, TB_UNSUPPORTED, "scales %g, %g and %g have no common one",
                       (double)a->scale, (double)b->scale, (double)out->scale);
    tb_gpu_arg_int(plan, step, a->zero_point);
    tb_gpu_arg_int(plan, step, b->zero_point);
    tb_gpu_arg_int(plan, step, out->zero_point);
    add_multiplier(plan, step, ma);
    add_multiplier(plan, step, mb);
    add_multiplier(plan, step, mo);
    tb_gpu_arg_int(plan, step, low);
    tb_gpu_arg_int(plan, step, high);
    return TB_OK;
}

/* What follows the operands' strides. */
static tb_status add_more(tb_gpu_plan *plan, tb_gpu_step *step, const tb_gpu_op *op,
                          const binary *row, TfLiteFusedActivation activation, tb_error *err)
{
    const TfLiteType type = plan->values[op->in[0]]->type;
    if (row->traits & TEST)
        return TB_OK;
    if (tb_type_is_q8(type))
        return row->traits & SCALES ? add_scales(plan, step, op, row, activation, err) : TB_OK;
    if (type == kTfLiteFloat32) {
        float low, high;
        tb_gpu_bounds(op, activation, &low, &high);
        tb_gpu_arg_float(plan, step, low);
        tb_gpu_arg_float(plan, step, high);
    } else if (activation != kTfLiteActNone) {
        int32_t low, high;
        int_bounds(activation, &low, &high);
        tb_gpu_arg_int(plan, step, low);
        tb_gpu_arg_int(plan, step, high);
    }
    return TB_OK;
}

static tb_status lower(tb_gpu_plan *plan, tb_gpu_op *op, const binary *row,
                       TfLiteFusedActivation activation, tb_error *err)
{
    const tb_gpu_value *operands[] = {plan->values[op->in[0]], plan->values[op->in[1]]};
    const tb_gpu_value *out = plan->values[op->out[0]];
    const bool flat =
        operands[0]->elements == out->elements && operands[1]->elements == out->elements;
    const bool clamps = operands[0]->type == kTfLiteFloat32 || activation != kTfLiteActNone;
    const bool scales = tb_type_is_q8(out->type) && row->traits & SCALES;
    char options[96];
    snprintf(options, sizeof options, "-DOP=%s%s%s%s%s%s%s", row->op, flat ? " -DFLAT" : "",
             row->traits & TEST ? " -DTEST" : "",
             clamps && !scales && !(row->traits & TEST) ? " -DCLAMP" : "", scales ? " -DQ8" : "",
             scales && row->traits & PRODUCT ? " -DPRODUCT" : "",
             row->traits & NO_ZERO ? " -DFAULT" : "");
    tb_gpu_step *step =
        tb_gpu_step_begin(plan, row->name, "binary", "binary", operands[0]->format, options);
    tb_gpu_arg_value(plan, step, op->in[0]);
    tb_gpu_arg_value(plan, step, op->in[1]);
    tb_gpu_arg_value(plan, step, op->out[0]);
    if (row->traits & NO_ZERO)
        tb_gpu_arg_fault(plan, step);
    tb_gpu_broadcast shape;
    tb_gpu_broadcast_make(out, operands, 2, &shape);
    if (flat)
        tb_gpu_arg_int(plan, step, (int64_t)out->elements);
    else
        tb_gpu_broadcast_args(plan, step, &shape);
    tb_status status = add_more(plan, step, op, row, activation, err);
    if (status != TB_OK)
        return status;
    return flat ? tb_gpu_step_end(plan, step, out->elements, 1, 1)
                : tb_gpu_broadcast_end(plan, step, &shape);
}

/* ---- rows -------------------------------------------------------------------------------------------- */

#define DEFINE_BINARY(name_, OP, traits_, activation, more)                         \
    static const binary name_##_row = {#name_, #OP, traits_};                       \
    static bool takes_##name_(tb_cpu_query *query)                                  \
    {                                                                               \
        const void *options = query->node->builtin_data;                            \
        (void)options;                                                              \
        return takes(query, &name_##_row, activation);                              \
    }                                                                               \
    static tb_status lower_##name_(tb_gpu_plan *plan, tb_gpu_op *op, tb_error *err) \
    {                                                                               \
        const void *options = op->params;                                           \
        (void)options;                                                              \
        return lower(plan, op, &name_##_row, activation, err);                      \
    }                                                                               \
    const tb_gpu_op_row tb_gpu_op_##name_ = {                                       \
        .traits = (more), .takes = takes_##name_, .lower = lower_##name_};

#define ACTIVATION_OF(type) (options ? ((const type *)options)->activation : kTfLiteActNone)

DEFINE_BINARY(add, ADD, SCALES, ACTIVATION_OF(TfLiteAddParams), TB_GPU_CLAMPS | TB_GPU_IS_ADD)
DEFINE_BINARY(sub, SUB, SCALES, ACTIVATION_OF(TfLiteSubParams), TB_GPU_CLAMPS)
DEFINE_BINARY(mul, MUL, SCALES | PRODUCT, ACTIVATION_OF(TfLiteMulParams), TB_GPU_CLAMPS)
DEFINE_BINARY(div, DIV, 0, ACTIVATION_OF(TfLiteDivParams), TB_GPU_CLAMPS)

#define DEFINE_PLAIN(name, OP, traits, more) DEFINE_BINARY(name, OP, traits, kTfLiteActNone, more)

DEFINE_PLAIN(maximum, MAXIMUM, 0, TB_GPU_CLAMPS)
DEFINE_PLAIN(minimum, MINIMUM, 0, TB_GPU_CLAMPS)
DEFINE_PLAIN(squared_difference, SQUARED_DIFFERENCE, 0, TB_GPU_CLAMPS)
DEFINE_PLAIN(floor_div, FLOOR_DIV, NO_ZERO, TB_GPU_CLAMPS)
DEFINE_PLAIN(floor_mod, FLOOR_MOD, 0, TB_GPU_CLAMPS)
DEFINE_PLAIN(pow, POW, 0, TB_GPU_CLAMPS)
DEFINE_PLAIN(atan2, ATAN2, 0, TB_GPU_CLAMPS)
DEFINE_PLAIN(prelu, PRELU, 0, TB_GPU_CLAMPS)
DEFINE_PLAIN(greater, GREATER, TEST, 0)
DEFINE_PLAIN(greater_equal, GREATER_EQUAL, TEST, 0)
DEFINE_PLAIN(less, LESS, TEST, 0)
DEFINE_PLAIN(less_equal, LESS_EQUAL, TEST, 0)
DEFINE_PLAIN(equal, EQUAL, TEST, 0)
DEFINE_PLAIN(not_equal, NOT_EQUAL, TEST, 0)
DEFINE_PLAIN(logical_and, LOGICAL_AND, TEST, 0)
DEFINE_PLAIN(logical_or, LOGICAL_OR, TEST, 0)

/* ---- any number of operands -------------------------------------------------------------------------- */

static bool takes_add_n(tb_cpu_query *query)
{
    const TfLiteTensor *output = tb_query_output(query, 0);
    if (query->node->inputs->size < 2)
        return tb_query_no(query, "it has one operand");
    for (int k = 0; k < query->node->inputs->size; k++) {
        const TfLiteTensor *input = tb_query_input(query, k);
        if (!input || input->type != output->type ||
            tb_query_elements(input) != tb_query_elements(output))
            return tb_query_no(query, "operand %d is missing or differs from the output", k);
    }
    return true;
}

/* The output takes in one operand after the other. */
static tb_status lower_add_n(tb_gpu_plan *plan, tb_gpu_op *op, tb_error *err)
{
    int in[] = {op->in[0], op->in[1]};
    tb_gpu_op pair = *op;
    pair.in = in;
    pair.in_count = 2;
    tb_status status = TB_OK;
    for (int k = 1; k < op->in_count && status == TB_OK; k++) {
        in[0] = k > 1 ? op->out[0] : in[0];
        in[1] = op->in[k];
        status = lower(plan, &pair, &add_row, kTfLiteActNone, err);
    }
    return status;
}
const tb_gpu_op_row tb_gpu_op_add_n = {.takes = takes_add_n, .lower = lower_add_n};
