/*
 * Operators whose output's elements are the input's, found by a table for each dimension: borders,
 * blocks between space and batch, the nearest pixel, constant positions.
 */
#include <math.h>

#include "delegates/cpu/resize.h"
#include "delegates/gpu/move.h"
#include "runtime/tflite_abi/builtin_op_data.h"

/* Elements of the dimensions behind each of the value's. */
static int32_t stride_of(const tb_gpu_value *v, int dim)
{
    int32_t stride = 1;
    for (int d = v->rank - 1; d > dim; d--)
        stride *= v->dims[d];
    return stride;
}

/* A dimension that is taken as it is. */
static void add_whole(tb_gpu_plan *plan, tb_gpu_map *map, int32_t extent, int32_t stride)
{
    int32_t *table = extent > 1 ? tb_gpu_map_add(plan, map, extent) : NULL;
    for (int32_t i = 0; table && i < extent; i++)
        table[i] = i * stride;
}

/* The byte that stands for zero in a value. */
static uint8_t zero_of(const tb_gpu_value *v)
{
    return tb_type_is_q8(v->type) ? (uint8_t)(v->zero_point & 0xFF) : 0;
}

static int64_t int_of(const tb_gpu_plan *plan, int value, int i)
{
    const tb_gpu_value *v = plan->values[value];
    return v->type == kTfLiteInt64 ? ((const int64_t *)v->constant)[i]
                                   : ((const int32_t *)v->constant)[i];
}

/* Input `k` is a list of integers that is known when the plan is made, of `count` (less than 0: any
   number). */
static bool has_ints(tb_cpu_query *query, int k, const char *what, int count)
{
    const TfLiteTensor *tensor = tb_query_input(query, k);
    if (!tensor || (tensor->type != kTfLiteInt32 && tensor->type != kTfLiteInt64) ||
        (count >= 0 && tb_query_elements(tensor) != (size_t)count) ||
        !tb_query_is_known(query, tensor))
        return tb_query_no(query, "%s are not a constant list of INT32 or INT64", what);
    return true;
}

static bool moves_values(tb_cpu_query *query)
{
    const TfLiteTensor *input = tb_query_input(query, 0), *output = tb_query_output(query, 0);
    if (input->type != output->type)
        return tb_query_no(query, "from %s to %s", TfLiteTypeGetName(input->type),
                           TfLiteTypeGetName(output->type));
    if (tb_type_is_q8(input->type) && (input->params.scale != output->params.scale ||
                                       input->params.zero_point != output->params.zero_point))
        return tb_query_no(query, "input and output are quantised differently");
    return true;
}

/* ---- borders ----------------------------------------------------------------------------------------- */

/* Where a border of `before` is put around `size` indices: the one that index i shows, or -1. */
typedef int32_t (*border_fn)(int32_t i, int32_t size);

static int32_t none_outside(int32_t i, int32_t size)
{
    return i >= 0 && i < size ? i : -1;
}

static int32_t reflected(int32_t i, int32_t size)
{
    return i < 0 ? -i : i >= size ? 2 * size - 2 - i : i;
}

static int32_t repeated(int32_t i, int32_t size)
{
    return i < 0 ? -1 - i : i >= size ? 2 * size - 1 - i : i;
}

static bool takes_border(tb_cpu_query *query)
{
    const TfLiteTensor *input = tb_query_input(query, 0), *output = tb_query_output(query, 0);
    const int rank = input->dims->size;
    if (!moves_values(query) || !has_ints(query, 1, "the paddings", 2 * rank))
        return false;
    if (output->dims->size != rank)
        return tb_query_no(query, "the output has %d dimensions, the input %d", output->dims->size,
                           rank);
    const TfLiteTensor *pads = tb_query_input(query, 1), *fill = tb_query_input(query, 2);
    for (int i = 0; i < rank; i++) {
        const int64_t before =
            pads->type == kTfLiteInt64 ? pads->data.i64[2 * i] : pads->data.i32[2 * i];
        if (before < 0 || before + input->dims->data[i] > output->dims->data[i])
            return tb_query_no(query, "the padding does not give the output's shape");
    }
    if (fill && (fill->type != input->type || tb_query_elements(fill) != 1))
        return tb_query_no(query, "the padding's value is not one of the input's type");
    return true;
}

static tb_status lower_border(tb_gpu_plan *plan, tb_gpu_op *op, border_fn border, const char *name)
{
    const tb_gpu_value *in = plan->values[op->in[0]], *out = plan->values[op->out[0]];
    tb_gpu_map map = {0};
    for (int d = 0; d < in->rank; d++) {
        const int32_t before = (int32_t)int_of(plan, op->in[1], 2 * d), size = in->dims[d];
        int32_t *table = out->dims[d] > 1 ? tb_gpu_map_add(plan, &map, out->dims[d]) : NULL;
        for (int32_t i = 0; table && i < out->dims[d]; i++) {
            const int32_t at = border(i - before, size);
            table[i] = at < 0 || at >= size ? -1 : at * stride_of(in, d);
        }
    }
    return tb_gpu_map_step(plan, name, &map, op->in[0], op->in_count > 2 ? op->in[2] : -1,
                           zero_of(out), op->out[0]);
}

static tb_status lower_pad(tb_gpu_plan *plan, tb_gpu_op *op, tb_error *err)
{
    (void)err;
    return lower_border(plan, op, none_outside, "pad");
}
const tb_gpu_op_row tb_gpu_op_pad = {.takes = takes_border, .lower = lower_pad};

static tb_status lower_mirror_pad(tb_gpu_plan *plan, tb_gpu_op *op, tb_error *err)
{
    (void)err;
    const TfLiteMirrorPaddingParams *params = op->params;
    return lower_border(
        plan, op, params->mode == kTfLiteMirrorPaddingReflect ? reflected : repeated, "mirror_pad");
}
const tb_gpu_op_row tb_gpu_op_mirror_pad = {.takes = takes_border, .lower = lower_mirror_pad};

/* ---- blocks ------------------------------------------------------------------------------------------ */

static bool takes_blocks(tb_cpu_query *query)
{
    const int spatial = tb_query_input(query, 0)->dims->size - 2;
    if (spatial < 1 || spatial > 2)
        return tb_query_no(query, "the input has %d dimensions", spatial + 2);
    return moves_values(query) && has_ints(query, 1, "the blocks", spatial) &&
           has_ints(query, 2, "the borders", 2 * spatial);
}

/* Numbers of one spatial dimension; the second is of one where there is none. */
typedef struct blocked {
    int32_t block, before;
    int32_t in, out; /* sizes */
    int32_t stride;  /* of the input's */
} blocked;

static void get_blocks(const tb_gpu_plan *plan, const tb_gpu_op *op, blocked at[2])
{
    const tb_gpu_value *in = plan->values[op->in[0]], *out = plan->values[op->out[0]];
    for (int k = 0; k < 2; k++) {
        at[k] = (blocked){1, 0, 1, 1, 0};
        if (k < in->rank - 2)
            at[k] = (blocked){(int32_t)int_of(plan, op->in[1], k),
                              (int32_t)int_of(plan, op->in[2], 2 * k), in->dims[1 + k],
                              out->dims[1 + k], stride_of(in, 1 + k)};
    }
}

static tb_status lower_batch_to_space(tb_gpu_plan *plan, tb_gpu_op *op, tb_error *err)
{
    (void)err;
    const tb_gpu_value *in = plan->values[op->in[0]], *out = plan->values[op->out[0]];
    blocked at[2];
    get_blocks(plan, op, at);
    const int32_t batch = stride_of(in, 0), batches = out->dims[0];
    tb_gpu_map map = {0};
    add_whole(plan, &map, batches, batch);
    for (int k = 0; k < 2; k++) {
        int32_t *table = tb_gpu_map_add(plan, &map, at[k].out);
        const int32_t inner = k == 0 ? at[1].block : 1;
        for (int32_t i = 0; table && i < at[k].out; i++) {
            const int32_t wide = i + at[k].before;
            table[i] =
                wide % at[k].block * inner * batches * batch + wide / at[k].block * at[k].stride;
        }
    }
    add_whole(plan, &map, in->dims[in->rank - 1], 1);
    return tb_gpu_map_step(plan, "batch_to_space_nd", &map, op->in[0], -1, 0, op->out[0]);
}
const tb_gpu_op_row tb_gpu_op_batch_to_space = {.takes = takes_blocks,
                                                .lower = lower_batch_to_space};

/* The image with its border, then its blocks. */
static tb_status lower_space_to_batch(tb_gpu_plan *plan, tb_gpu_op *op, tb_error *err)
{
    (void)err;
    const tb_gpu_value *in = plan->values[op->in[0]], *out = plan->values[op->out[0]];
    const int32_t n = in->dims[0], c = in->dims[in->rank - 1];
    blocked at[2];
    get_blocks(plan, op, at);
    tb_gpu_map map = {0};
    add_whole(plan, &map, n, stride_of(in, 0));
    int32_t wide[2];
    for (int k = 0; k < 2; k++) {
        wide[k] = at[k].out * at[k].block;
        int32_t *table = tb_gpu_map_add(plan, &map, wide[k]);
        for (int32_t i = 0; table && i < wide[k]; i++) {
            const int32_t from = none_outside(i - at[k].before, at[k].in);
            table[i] = from < 0 ? -1 : from * at[k].stride;
        }
    }
    add_whole(plan, &map, c, 1);
    const int padded = tb_gpu_scratch(plan, in->format, out->elements);
    if (padded < 0)
        return plan->fault;
    tb_status status =
        tb_gpu_map_step(plan, "space_to_batch_nd", &map, op->in[0], -1, zero_of(out), padded);
    if (status != TB_OK)
        return status;
    const int32_t image = at[0].out * at[1].out * c;
    tb_gpu_move move = {0};
    tb_gpu_move_add(&move, at[0].block, wide[1] * c, at[1].block * n * image);
    tb_gpu_move_add(&move, at[1].block, c, n * image);
    tb_gpu_move_add(&move, n, wide[0] * wide[1] * c, image);
    tb_gpu_move_add(&move, at[0].out, at[0].block * wide[1] * c, at[1].out * c);
    tb_gpu_move_add(&move, at[1].out, at[1].block * c, c);
    tb_gpu_move_add(&move, c, 1, 1);
    return tb_gpu_move_step(plan, "space_to_batch_nd", &move, padded, op->out[0]);
}
const tb_gpu_op_row tb_gpu_op_space_to_batch = {.takes = takes_blocks,
                                                .lower = lower_space_to_batch};

/* ---- the nearest pixel ------------------------------------------------------------------------------- */

static tb_status lower_nearest(tb_gpu_plan *plan, tb_gpu_op *op, tb_error *err)
{
    (void)err;
    const tb_gpu_value *in = plan->values[op->in[0]], *out = plan->values[op->out[0]];
    tb_gpu_map map = {0};
    add_whole(plan, &map, in->dims[0], stride_of(in, 0));
    for (int d = 1; d < 3; d++) {
        int32_t *table = tb_gpu_map_add(plan, &map, out->dims[d]);
        for (int32_t i = 0; table && i < out->dims[d]; i++)
            table[i] =
                tb_resize_nearest(in->dims[d], out->dims[d], i, op->params) * stride_of(in, d);
    }
    add_whole(plan, &map, in->dims[3], 1);
    return tb_gpu_map_step(plan, "resize_nearest_neighbor", &map, op->in[0], -1, 0, op->out[0]);
}
const tb_gpu_op_row tb_gpu_op_resize_nearest = {.lower = lower_nearest};
