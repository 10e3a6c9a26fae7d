/*
 * Operators whose output is their inputs' elements at other places: views through other strides
 * (delegates/cpu/strides.h), inputs side by side, elements repeated, blocks between space and batch.
 */
#include <string.h>

#include "delegates/cpu/strides.h"
#include "delegates/cpu/table.h"
#include "delegates/gpu/move.h"
#include "runtime/tflite_abi/builtin_op_data.h"

static void row_strides(const tb_gpu_value *v, int32_t out[TB_GPU_MAX_RANK])
{
    int32_t stride = 1;
    for (int d = v->rank - 1; d >= 0; d--) {
        out[d] = stride;
        stride *= v->dims[d];
    }
}

/* ---- one input, through other strides ---------------------------------------------------------------- */

/* What `view` sees of `in`, densely to `out`. */
static tb_status copy_view(tb_gpu_plan *plan, const char *name, const tb_strides *view, int in,
                           int out)
{
    tb_gpu_move move = {.from_offset = (int32_t)view->offset};
    int32_t to = (int32_t)plan->values[out]->elements;
    for (int d = 0; d < view->rank; d++) {
        to /= (int32_t)view->extent[d];
        tb_gpu_move_add(&move, (int32_t)view->extent[d], (int32_t)view->stride[d], to);
    }
    return tb_gpu_move_step(plan, name, &move, in, out);
}

static tb_status lower_view(tb_gpu_plan *plan, tb_gpu_op *op, const tb_strides_kind *kind,
                            tb_error *err)
{
    const int in = op->in[kind->input];
    tb_strides_node node = {.params = op->params, .parts = op->out_count};
    for (int k = 0; k < kind->inputs; k++)
        node.in[k] = &plan->context->tensors[plan->values[op->in[k]]->tensor];
    for (; node.part < node.parts; node.part++) {
        tb_strides view = {0};
        const int out = op->out[node.part];
        if (!kind->view(&node, &view) ||
            !tb_strides_inside(&view, plan->values[in]->elements, plan->values[out]->elements))
            return tb_fail(err, TB_INTERNAL, "%s is another one than it was", kind->name);
        tb_status status = copy_view(plan, kind->name, &view, in, out);
        if (status != TB_OK)
            return status;
    }
    return TB_OK;
}

#define DEFINE_VIEW(name)                                                          \
    static bool takes_##name(tb_cpu_query *query)                                  \
    {                                                                              \
        return tb_strides_take(query, &tb_strides_##name);                         \
    }                                                                              \
    static tb_status lower_##name(tb_gpu_plan *plan, tb_gpu_op *op, tb_error *err) \
    {                                                                              \
        return lower_view(plan, op, &tb_strides_##name, err);                      \
    }                                                                              \
    const tb_gpu_op_row tb_gpu_op_##name = {.takes = takes_##name, .lower = lower_##name};

DEFINE_VIEW(transpose)
DEFINE_VIEW(slice)
DEFINE_VIEW(strided_slice)
DEFINE_VIEW(split)
DEFINE_VIEW(split_v)
DEFINE_VIEW(unpack)
DEFINE_VIEW(depth_to_space)
DEFINE_VIEW(space_to_depth)

/* ---- inputs side by side ----------------------------------------------------------------------------- */

/* What an input's bytes become where the output is of another scale. */
static cl_mem table_of(tb_gpu_plan *plan, int in, int out)
{
    const tb_gpu_value *v = plan->values[in];
    const TfLiteTensor *from = &plan->context->tensors[v->tensor];
    const TfLiteTensor *to = &plan->context->tensors[plan->values[out]->tensor];
    uint8_t table[256];
    if (!tb_type_is_q8(v->type) || (from->params.scale == to->params.scale &&
                                    from->params.zero_point == to->params.zero_point))
        return NULL;
    tb_table_concatenation(from, to, NULL, table);
    return tb_gpu_own_constant(plan, table, sizeof table);
}

static tb_status lower_join(tb_gpu_plan *plan, tb_gpu_op *op, int axis, const char *name)
{
    const tb_gpu_value *out = plan->values[op->out[0]];
    int32_t outer = 1, at = 0;
    for (int d = 0; d < axis; d++)
        outer *= out->dims[d];
    const int32_t row = (int32_t)out->elements / outer;
    for (int k = 0; k < op->in_count; k++) {
        const int32_t piece = (int32_t)plan->values[op->in[k]]->elements / outer;
        tb_gpu_move move = {.to_offset = at, .table = table_of(plan, op->in[k], op->out[0])};
        tb_gpu_move_add(&move, outer, piece, row);
        tb_gpu_move_add(&move, piece, 1, 1);
        tb_status status = tb_gpu_move_step(plan, name, &move, op->in[k], op->out[0]);
        if (status != TB_OK)
            return status;
        at += piece;
    }
    return TB_OK;
}

static tb_status lower_concatenation(tb_gpu_plan *plan, tb_gpu_op *op, tb_error *err)
{
    (void)err;
    const TfLiteConcatenationParams *params = op->params;
    const int rank = plan->values[op->out[0]]->rank;
    return lower_join(plan, op, params->axis + (params->axis < 0 ? rank : 0), "concatenation");
}
const tb_gpu_op_row tb_gpu_op_concatenation = {.lower = lower_concatenation};

static tb_status lower_pack(tb_gpu_plan *plan, tb_gpu_op *op, tb_error *err)
{
    (void)err;
    const TfLitePackParams *params = op->params;
    const int rank = plan->values[op->out[0]]->rank;
    return lower_join(plan, op, params->axis + (params->axis < 0 ? rank : 0), "pack");
}
const tb_gpu_op_row tb_gpu_op_pack = {.lower = lower_pack};

/* ---- elements repeated ------------------------------------------------------------------------------- */

/* Every dimension of the output is a multiple of the input's, which are the last of its own. */
static bool takes_repeat(tb_cpu_query *query)
{
    const TfLiteTensor *input = tb_query_input(query, 0), *output = tb_query_output(query, 0);
    if (!tb_query_input(query, 1) || !tb_query_is_known(query, tb_query_input(query, 1)))
        return tb_query_no(query, "the shape is computed, not a constant");
    const int rank = input->dims->size, more = output->dims->size - rank;
    if (input->type != output->type || more < 0)
        return tb_query_no(query, "from %s to %s", TfLiteTypeGetName(input->type),
                           TfLiteTypeGetName(output->type));
    tb_gpu_move move = {0};
    for (int d = 0; d < output->dims->size; d++) {
        const int32_t size = d < more ? 1 : input->dims->data[d - more];
        if (output->dims->data[d] % size)
            return tb_query_no(query, "dimension %d is no multiple of the input's", d);
        tb_gpu_move_add(&move, output->dims->data[d] / size, 0, 1 << 20);
        tb_gpu_move_add(&move, size, 1, 1);
    }
    return move.rank <= TB_GPU_MOVE_RANK ||
           tb_query_no(query, "it goes along %d dimensions", move.rank);
}

static tb_status lower_repeat(tb_gpu_plan *plan, tb_gpu_op *op, const char *name)
{
    const tb_gpu_value *in = plan->values[op->in[0]], *out = plan->values[op->out[0]];
    const int more = out->rank - in->rank;
    int32_t from[TB_GPU_MAX_RANK], to[TB_GPU_MAX_RANK];
    row_strides(in, from);
    row_strides(out, to);
    tb_gpu_move move = {0};
    for (int d = 0; d < out->rank; d++) {
        const int32_t size = d < more ? 1 : in->dims[d - more];
        tb_gpu_move_add(&move, out->dims[d] / size, 0, to[d] * size);
        tb_gpu_move_add(&move, size, d < more ? 0 : from[d - more], to[d]);
    }
    return tb_gpu_move_step(plan, name, &move, op->in[0], op->out[0]);
}

static tb_status lower_tile(tb_gpu_plan *plan, tb_gpu_op *op, tb_error *err)
{
    (void)err;
    return lower_repeat(plan, op, "tile");
}
const tb_gpu_op_row tb_gpu_op_tile = {.takes = takes_repeat, .lower = lower_tile};

static tb_status lower_broadcast_to(tb_gpu_plan *plan, tb_gpu_op *op, tb_error *err)
{
    (void)err;
    return lower_repeat(plan, op, "broadcast_to");
}
const tb_gpu_op_row tb_gpu_op_broadcast_to = {.takes = takes_repeat, .lower = lower_broadcast_to};

/* ---- backwards --------------------------------------------------------------------------------------- */

static bool takes_reverse(tb_cpu_query *query)
{
    const TfLiteTensor *input = tb_query_input(query, 0), *axes = tb_query_input(query, 1);
    if (!axes || axes->type != kTfLiteInt32 || !tb_query_is_known(query, axes))
        return tb_query_no(query, "the axes are not a constant of INT32");
    for (size_t i = 0; i < tb_query_elements(axes); i++)
        if (axes->data.i32[i] < -input->dims->size || axes->data.i32[i] >= input->dims->size)
            return tb_query_no(query, "axis %d of %d dimensions", axes->data.i32[i],
                               input->dims->size);
    return true;
}

static tb_status lower_reverse(tb_gpu_plan *plan, tb_gpu_op *op, tb_error *err)
{
    (void)err;
    const tb_gpu_value *in = plan->values[op->in[0]], *axes = plan->values[op->in[1]];
    const int32_t *axis = axes->constant;
    int32_t stride[TB_GPU_MAX_RANK];
    row_strides(in, stride);
    unsigned turned = 0;
    for (size_t i = 0; i < axes->elements; i++)
        turned |= 1u << (axis[i] + (axis[i] < 0 ? in->rank : 0));
    tb_gpu_move move = {0};
    for (int d = 0; d < in->rank; d++) {
        const bool back = turned >> d & 1;
        move.from_offset += back ? (in->dims[d] - 1) * stride[d] : 0;
        tb_gpu_move_add(&move, in->dims[d], back ? -stride[d] : stride[d], stride[d]);
    }
    return tb_gpu_move_step(plan, "reverse_v2", &move, op->in[0], op->out[0]);
}
const tb_gpu_op_row tb_gpu_op_reverse = {.takes = takes_reverse, .lower = lower_reverse};
