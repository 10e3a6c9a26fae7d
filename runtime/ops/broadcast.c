/* Walking tensors that broadcast to one output. */
#include "runtime/ops/broadcast.h"

#include <stdio.h>

/* The dimension of `tensor` at `axis` of a shape of `rank` dimensions, 1 where it has none. */
static int aligned_dim(const TfLiteTensor *tensor, int axis, int rank)
{
    int own = axis - (rank - tb_tensor_rank(tensor));
    return own < 0 ? 1 : tb_tensor_dim(tensor, own);
}

static TfLiteStatus refuse(TfLiteContext *context, const TfLiteTensor *const *inputs,
                           const char *const *names, int count)
{
    char text[3 * (TB_SHAPE_TEXT_SIZE + 32)];
    size_t used = 0;
    text[0] = '\0';
    for (int k = 0; k < count; k++) {
        char shape[TB_SHAPE_TEXT_SIZE];
        tb_shape_text(inputs[k]->dims, shape);
        int written =
            snprintf(text + used, sizeof text - used, "%s%s %s", k ? ", " : "", names[k], shape);
        used += written > 0 ? (size_t)written : 0;
    }
    return tb_op_fail(context, "shapes do not broadcast: %s", text);
}

/* Appends a loop, merged with the one outside where all inputs go on evenly. */
static void add_loop(tb_broadcast *plan, int count, size_t extent, const size_t *stride)
{
    if (extent == 1)
        return;
    if (plan->loops > 0) {
        int outer = plan->loops - 1;
        bool even = true;
        for (int k = 0; k < count; k++)
            even &= plan->stride[k][outer] == stride[k] * extent;
        if (even) {
            plan->extent[outer] *= extent;
            for (int k = 0; k < count; k++)
                plan->stride[k][outer] = stride[k];
            return;
        }
    }
    plan->extent[plan->loops] = extent;
    for (int k = 0; k < count; k++)
        plan->stride[k][plan->loops] = stride[k];
    plan->loops++;
}

TfLiteStatus tb_broadcast_prepare(TfLiteContext *context, const TfLiteTensor *const *inputs,
                                  const char *const *names, int count, TfLiteTensor *output,
                                  tb_broadcast *out)
{
    int rank = 0;
    bool same = true;
    for (int k = 0; k < count; k++) {
        rank = TB_MAX(rank, tb_tensor_rank(inputs[k]));
        same &= tb_same_shape(inputs[0], inputs[k]);
    }
    *out = (tb_broadcast){.loops = 0};
    if (same) {
        out->loops = 1;
        out->extent[0] = tb_count(inputs[0]);
        for (int k = 0; k < count; k++)
            out->stride[k][0] = 1;
        return output ? tb_op_resize_like(context, output, inputs[0]) : kTfLiteOk;
    }
    if (rank > TB_MAX_RANK)
        return tb_op_fail(context, "broadcasts over %d dimensions, expected at most %d", rank,
                          TB_MAX_RANK);

    int dims[TB_MAX_RANK];
    size_t stride[TB_BROADCAST_MAX_INPUTS][TB_MAX_RANK];
    size_t step[TB_BROADCAST_MAX_INPUTS] = {1, 1, 1};
    for (int axis = rank - 1; axis >= 0; axis--) {
        dims[axis] = 1;
        for (int k = 0; k < count; k++) {
            int dim = aligned_dim(inputs[k], axis, rank);
            if (dim != 1 && dims[axis] != 1 && dim != dims[axis])
                return refuse(context, inputs, names, count);
            if (dim != 1)
                dims[axis] = dim;
            stride[k][axis] = dim == 1 ? 0 : step[k];
            step[k] *= (size_t)dim;
        }
    }
    if (output)
        TB_OP_TRY(tb_op_resize(context, output, rank, dims));
    for (int axis = 0; axis < rank; axis++) {
        size_t strides[TB_BROADCAST_MAX_INPUTS];
        for (int k = 0; k < count; k++)
            strides[k] = stride[k][axis];
        add_loop(out, count, (size_t)dims[axis], strides);
    }
    if (out->loops == 0) { /* one element */
        out->loops = 1;
        out->extent[0] = 1;
    }
    return kTfLiteOk;
}

/* What a walk over all but the innermost loop keeps. */
typedef struct odometer {
    size_t index[TB_MAX_RANK];
    size_t offset[TB_BROADCAST_MAX_INPUTS]; /* elements */
} odometer;

/* On to the next row; false after the last. */
static bool advance(const tb_broadcast *plan, int count, odometer *o)
{
    for (int loop = plan->loops - 2; loop >= 0; loop--) {
        for (int k = 0; k < count; k++)
            o->offset[k] += plan->stride[k][loop];
        if (++o->index[loop] < plan->extent[loop])
            return true;
        for (int k = 0; k < count; k++)
            o->offset[k] -= plan->stride[k][loop] * plan->extent[loop];
        o->index[loop] = 0;
    }
    return false;
}

static bool is_empty(const tb_broadcast *plan)
{
    for (int loop = 0; loop < plan->loops; loop++)
        if (plan->extent[loop] == 0)
            return true;
    return false;
}

void tb_broadcast_binary(const tb_broadcast *plan, tb_binary_row row, const void *params,
                         const void *a, size_t a_bytes, const void *b, size_t b_bytes, void *out,
                         size_t out_bytes)
{
    if (is_empty(plan))
        return;
    odometer o = {{0}, {0}};
    int inner = plan->loops - 1;
    size_t count = plan->extent[inner], a_step = plan->stride[0][inner];
    size_t b_step = plan->stride[1][inner];
    char *to = out;
    do {
        const char *from_a = (const char *)a + o.offset[0] * a_bytes;
        const char *from_b = (const char *)b + o.offset[1] * b_bytes;
        for (size_t at = 0; at < count && !tb_stopped(); at += TB_BLOCK_ELEMENTS)
            row(params, from_a + at * a_step * a_bytes, a_step, from_b + at * b_step * b_bytes,
                b_step, to + at * out_bytes, TB_MIN(count - at, TB_BLOCK_ELEMENTS));
        to += count * out_bytes;
    } while (advance(plan, 2, &o));
}

void tb_broadcast_ternary(const tb_broadcast *plan, tb_ternary_row row, const void *params,
                          const void *a, size_t a_bytes, const void *b, size_t b_bytes,
                          const void *c, size_t c_bytes, void *out, size_t out_bytes)
{
    if (is_empty(plan))
        return;
    odometer o = {{0}, {0}};
    int inner = plan->loops - 1;
    size_t count = plan->extent[inner], a_step = plan->stride[0][inner];
    size_t b_step = plan->stride[1][inner], c_step = plan->stride[2][inner];
    char *to = out;
    do {
        const char *from_a = (const char *)a + o.offset[0] * a_bytes;
        const char *from_b = (const char *)b + o.offset[1] * b_bytes;
        const char *from_c = (const char *)c + o.offset[2] * c_bytes;
        for (size_t at = 0; at < count && !tb_stopped(); at += TB_BLOCK_ELEMENTS)
            row(params, from_a + at * a_step * a_bytes, a_step, from_b + at * b_step * b_bytes,
                b_step, from_c + at * c_step * c_bytes, c_step, to + at * out_bytes,
                TB_MIN(count - at, TB_BLOCK_ELEMENTS));
        to += count * out_bytes;
    } while (advance(plan, 3, &o));
}
