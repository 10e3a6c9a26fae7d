/* Element-wise operators on two operands, with broadcasting and a fused activation. */
#include <math.h>
#include <stdio.h>

#include "delegates/gpu/ops.h"
#include "runtime/tflite_abi/builtin_op_data.h"

enum { DIMS = 4 };

/* The output's shape with neighbouring dimensions merged wherever both operands go through them
   evenly, and each operand's stride along what is left. */
typedef struct broadcast {
    int rank;
    int32_t extent[TB_GPU_MAX_RANK];
    int32_t stride[2][TB_GPU_MAX_RANK];
} broadcast;

static void make_broadcast(const int32_t *out, int rank, const int32_t *dims[2], const int ranks[2],
                           broadcast *b)
{
    int32_t stride[2] = {1, 1};
    *b = (broadcast){0};
    for (int k = 1; k <= rank; k++) { /* innermost first */
        const int32_t extent = out[rank - k];
        int32_t along[2];
        for (int i = 0; i < 2; i++) {
            const int32_t size = k <= ranks[i] ? dims[i][ranks[i] - k] : 1;
            along[i] = size > 1 ? stride[i] : 0;
            stride[i] *= size;
        }
        if (extent == 1)
            continue;
        const int at = b->rank - 1;
        const bool joins = at >= 0 && along[0] == b->stride[0][at] * b->extent[at] &&
                           along[1] == b->stride[1][at] * b->extent[at];
        if (joins) {
            b->extent[at] *= extent;
            continue;
        }
        b->extent[b->rank] = extent;
        b->stride[0][b->rank] = along[0];
        b->stride[1][b->rank++] = along[1];
    }
}

static bool takes(tb_cpu_query *query, TfLiteFusedActivation activation)
{
    const TfLiteTensor *a = tb_query_input(query, 0), *b = tb_query_input(query, 1);
    const TfLiteTensor *output = tb_query_output(query, 0);
    if (!tb_query_same_type(query, a, output) || !tb_query_same_type(query, b, output) ||
        !tb_query_rank(query, output, "output", 0, TB_GPU_MAX_RANK) ||
        !tb_query_activation(query, activation))
        return false;
    const int32_t *dims[2] = {a->dims->data, b->dims->data};
    const int ranks[2] = {a->dims->size, b->dims->size};
    broadcast shape;
    make_broadcast(output->dims->data, output->dims->size, dims, ranks, &shape);
    if (shape.rank > DIMS)
        return tb_query_no(query, "broadcasting along %d dimensions apart", shape.rank);
    return true;
}

static tb_status lower(tb_gpu_plan *plan, tb_gpu_op *op, TfLiteFusedActivation activation,
                       const char *name)
{
    const tb_gpu_value *a = plan->values[op->in[0]], *b = plan->values[op->in[1]];
    const tb_gpu_value *out = plan->values[op->out[0]];
    const int32_t *dims[2] = {a->dims, b->dims};
    const int ranks[2] = {a->rank, b->rank};
    const bool flat = a->elements == out->elements && b->elements == out->elements;
    char function[48];
    float low, high;
    tb_gpu_bounds(op, activation, &low, &high);
    snprintf(function, sizeof function, "%s%s", name, flat ? "_flat" : "");
    tb_gpu_step *step = tb_gpu_step_begin(plan, name, "binary", function, out->format, NULL);
    tb_gpu_arg_value(plan, step, op->in[0]);
    tb_gpu_arg_value(plan, step, op->in[1]);
    tb_gpu_arg_value(plan, step, op->out[0]);
    tb_gpu_arg_int(plan, step, (int64_t)out->elements);
    tb_gpu_arg_float(plan, step, low);
    tb_gpu_arg_float(plan, step, high);
    if (!flat) {
        broadcast shape;
        make_broadcast(out->dims, out->rank, dims, ranks, &shape);
        for (int k = DIMS - 2; k >= 0; k--)
            tb_gpu_arg_int(plan, step, k < shape.rank ? shape.extent[k] : 1);
        for (int i = 0; i < 2; i++)
            for (int k = DIMS - 1; k >= 0; k--)
                tb_gpu_arg_int(plan, step, k < shape.rank ? shape.stride[i][k] : 0);
    }
    return tb_gpu_step_end(plan, step, out->elements, 1, 1);
}

#define DEFINE_BINARY(name, activation, more)                                      \
    static bool takes_##name(tb_cpu_query *query)                                  \
    {                                                                              \
        const void *options = query->node->builtin_data;                           \
        (void)options;                                                             \
        return takes(query, activation);                                           \
    }                                                                              \
    static tb_status lower_##name(tb_gpu_plan *plan, tb_gpu_op *op, tb_error *err) \
    {                                                                              \
        const void *options = op->params;                                          \
        (void)options;                                                             \
        (void)err;                                                                 \
        return lower(plan, op, activation, #name);                                 \
    }                                                                              \
    const tb_gpu_op_row tb_gpu_op_##name = {                                       \
        .traits = TB_GPU_CLAMPS | (more), .takes = takes_##name, .lower = lower_##name};

#define ACTIVATION_OF(type) (((const type *)options)->activation)

DEFINE_BINARY(add, ACTIVATION_OF(TfLiteAddParams), TB_GPU_IS_ADD)
DEFINE_BINARY(sub, ACTIVATION_OF(TfLiteSubParams), 0)
DEFINE_BINARY(mul, ACTIVATION_OF(TfLiteMulParams), 0)
DEFINE_BINARY(div, ACTIVATION_OF(TfLiteDivParams), 0)
DEFINE_BINARY(maximum, kTfLiteActNone, 0)
DEFINE_BINARY(minimum, kTfLiteActNone, 0)
DEFINE_BINARY(squared_difference, kTfLiteActNone, 0)
