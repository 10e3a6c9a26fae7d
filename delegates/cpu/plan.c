/* From a partition to a plan: build, fuse, lay out, lower, place. */
#include "delegates/cpu/plan.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "delegates/cpu/ops.h"
#include "delegates/cpu/source.h"
#include "runtime/base/size.h"
#include "runtime/tflite_abi/builtin_op_data.h"

enum { SPREAD_ELEMENTS = 16384 };

/* ---- build ----------------------------------------------------------------------------------------- */

typedef struct builder {
    tb_plan *plan;
    const tb_partition *partition;
    int *value_of; /* by tensor; -1: none yet */
    int capacity;
} builder;

static bool list_has(const TfLiteIntArray *list, int index)
{
    for (int i = 0; i < list->size; i++)
        if (list->data[i] == index)
            return true;
    return false;
}

/* The value as an image: [.., c] has its leading dimensions in n, h and w, fewer are w = 1. */
static void set_view(tb_value *v)
{
    tb_view *view = &v->view;
    *view = (tb_view){.n = 1, .h = 1, .w = 1, .c = 1, .left = v->left, .right = v->right};
    const int rank = v->rank;
    if (rank >= 1)
        view->c = v->dims[rank - 1];
    if (rank >= 2)
        view->w = v->dims[rank - 2];
    if (rank >= 3)
        view->h = v->dims[rank - 3];
    for (int i = 0; i < rank - 3; i++)
        view->n *= v->dims[i];
    view->pixel_bytes = (size_t)view->c * v->element_bytes;
    view->row_bytes = (size_t)(v->left + view->w + v->right) * view->pixel_bytes;
    view->image_bytes = (size_t)view->h * view->row_bytes;
    v->bytes = (size_t)view->n * view->image_bytes;
}

static tb_status add_value(builder *b, int tensor_index, tb_error *err, int *out)
{
    if (b->value_of[tensor_index] >= 0) {
        *out = b->value_of[tensor_index];
        return TB_OK;
    }
    const TfLiteTensor *tensor = &b->partition->context->tensors[tensor_index];
    tb_value v = {.tensor = tensor_index, .type = tensor->type, .producer = -1, .alias_of = -1};
    v.element_bytes = tb_cpu_element_bytes(tensor->type);
    v.rank = tensor->dims ? tensor->dims->size : 0;
    v.elements = 1;
    for (int i = 0; i < v.rank; i++) {
        int32_t size = tensor->dims->data[i];
        if (v.rank > TB_CPU_MAX_RANK || size < 1 ||
            !tb_mul_size(v.elements, (size_t)size, &v.elements) || v.elements > INT32_MAX / 8)
            return tb_fail(err, TB_UNSUPPORTED, "tensor %d (%s) has a shape the plan cannot hold",
                           tensor_index, tensor->name ? tensor->name : "");
        v.dims[i] = size;
    }
    v.scale = tensor->params.scale;
    v.zero_point = tensor->params.zero_point;
    v.is_input = list_has(b->partition->inputs, tensor_index);
    v.is_output = list_has(b->partition->outputs, tensor_index);
    const tb_cpu_fold *fold = tb_folds_get(b->partition->folds, tensor_index);
    if (fold) {
        tb_status status =
            tb_fold_values(b->partition->context, fold, b->partition->packs, err, &v.constant);
        if (status != TB_OK)
            return status;
        v.home = v.is_output && fold->kept ? TB_HOME_TENSOR : TB_HOME_CONSTANT;
    } else if (tb_query_has_values(tensor)) {
        v.constant = tensor->data.raw_const;
        v.home = TB_HOME_CONSTANT;
    } else {
        v.home = v.is_input || v.is_output ? TB_HOME_TENSOR : TB_HOME_MEMORY;
    }
    v.uses = v.is_output ? 1 : 0;
    set_view(&v);
    *out = b->plan->value_count;
    b->value_of[tensor_index] = *out;
    b->plan->values[b->plan->value_count++] = v;
    return TB_OK;
}

static bool is_hybrid(const builder *b, const tb_cpu_node *node)
{
    const TfLiteTensor *tensors = b->partition->context->tensors;
    return (node->row->traits & TB_OP_HYBRID) &&
           tb_query_is_hybrid(&tensors[node->inputs->data[0]], &tensors[node->inputs->data[1]]);
}

static int new_value(tb_plan *plan, int like)
{
    const int index = plan->value_count++;
    tb_value *v = &plan->values[index];
    *v = plan->values[like];
    v->home = TB_HOME_MEMORY;
    v->constant = NULL;
    v->is_input = v->is_output = false;
    v->uses = 1;
    v->producer = -1;
    return index;
}

/* `op` works on sums of integers: its parameters ask for no activation, its bias comes later. */
static tb_status strip(tb_plan *plan, tb_cpu_op *op, tb_error *err,
                       TfLiteFusedActivation *activation)
{
    const TfLiteFusedActivation none = kTfLiteActNone;
    char *params = tb_arena_alloc(&plan->arena, op->row->params_bytes, _Alignof(max_align_t));
    if (!params)
        return tb_fail(err, TB_NO_MEMORY, "planning a partition");
    memcpy(params, op->params, op->row->params_bytes);
    memcpy(activation, params + op->row->activation_offset, sizeof *activation);
    memcpy(params + op->row->activation_offset, &none, sizeof none);
    op->params = params;
    if (op->in_count > 2)
        op->in[2] = -1;
    op->exact = true;
    return TB_OK;
}

/* The last operator becomes three: quantising its input, sums, scaling them. */
static tb_status make_hybrid(builder *b, tb_error *err)
{
    tb_plan *plan = b->plan;
    tb_cpu_op *op = &plan->ops[plan->op_count];
    const tb_cpu_op_row *row = op->row;
    const int out = op->out, bias = op->in_count > 2 ? op->in[2] : -1;
    const tb_value *input = &plan->values[op->in[0]];
    const int filter_tensor = plan->values[op->in[1]].tensor;
    const TfLiteTensor *filter = &plan->context->tensors[filter_tensor];
    const bool by_rows = (row->traits & TB_OP_HYBRID_ROWS) != 0;
    const size_t rows =
        by_rows ? input->elements / (size_t)filter->dims->data[1] : (size_t)input->dims[0];
    const int quantized = new_value(plan, op->in[0]), sums = new_value(plan, out);
    const int scales = new_value(plan, op->in[0]), weights = new_value(plan, op->in[1]);
    tb_value *v = &plan->values[scales];
    v->rank = 1;
    v->dims[0] = (int32_t)rows;
    v->elements = rows;
    set_view(v);
    v = &plan->values[weights];
    v->type = kTfLiteFloat32;
    v->element_bytes = sizeof(float);
    v->home = TB_HOME_CONSTANT;
    set_view(v);
    tb_status status = tb_fold_weights(filter, b->partition->packs, err, &v->constant);
    int *in = TB_PLAN_NEW(plan, int, 2), *behind = TB_PLAN_NEW(plan, int, 3);
    if (status != TB_OK || !in || !behind)
        return status != TB_OK ? status : tb_fail(err, TB_NO_MEMORY, "planning a partition");
    in[0] = op->in[0];
    in[1] = behind[1] = scales;
    behind[0] = sums;
    behind[2] = bias;
    const tb_cpu_op around = {.nodes = op->nodes,
                              .node_count = 1,
                              .residual = -1,
                              .slope = -1,
                              .quantized_rows = rows,
                              .asymmetric = row->asymmetric(op->params, filter),
                              .by_rows = by_rows,
                              .filter_tensor = filter_tensor};
    tb_cpu_op *first = op, *last = op + 2;
    op = first + 1;
    *op = *first;
    op->in[0] = quantized;
    op->in[1] = weights;
    op->out = op->result = sums;
    *first = *last = around;
    status = strip(plan, op, err, &last->activation);
    first->row = &tb_cpu_op_quantize_rows;
    first->in = in;
    first->in_count = 2;
    first->out = first->result = quantized;
    last->row = &tb_cpu_op_scale_rows;
    last->in = behind;
    last->in_count = 3;
    last->out = last->result = out;
    plan->values[quantized].producer = plan->op_count++;
    plan->values[sums].producer = plan->op_count++;
    return status;
}

/* The operator that makes output `part` of the node. */
static tb_status add_op(builder *b, const tb_cpu_node *node, int part, tb_error *err)
{
    tb_plan *plan = b->plan;
    const int output = node->outputs->data[part];
    const tb_cpu_fold *fold = tb_folds_get(b->partition->folds, output);
    if (output < 0 || (fold && !(fold->kept && list_has(b->partition->outputs, output))))
        return TB_OK; /* its readers have the values */
    tb_cpu_op *op = &plan->ops[plan->op_count];
    *op = (tb_cpu_op){.row = node->row,
                      .params = node->params,
                      .in_count = node->inputs->size,
                      .part = part,
                      .parts = node->outputs->size,
                      .residual = -1,
                      .slope = -1};
    op->in = TB_PLAN_NEW(plan, int, (size_t)op->in_count);
    op->nodes = TB_PLAN_NEW(plan, int32_t, 1);
    if (!op->in || !op->nodes)
        return tb_fail(err, TB_NO_MEMORY, "planning a partition");
    op->nodes[0] = node->index;
    op->node_count = 1;
    for (int k = 0; k < op->in_count; k++) {
        int tensor = node->inputs->data[k];
        op->in[k] = -1;
        if (tensor < 0)
            continue;
        tb_status status = add_value(b, tensor, err, &op->in[k]);
        if (status != TB_OK)
            return status;
        plan->values[op->in[k]].uses++;
    }
    tb_status status = add_value(b, output, err, &op->out);
    if (status != TB_OK)
        return status;
    op->result = op->out;
    const int output_value = op->out;
    if (is_hybrid(b, node)) {
        status = make_hybrid(b, err);
        if (status != TB_OK)
            return status;
    }
    plan->values[output_value].producer = plan->op_count++;
    return TB_OK;
}

static tb_status build(tb_plan *plan, const tb_partition *partition, const tb_cpu_node *nodes,
                       int node_count, tb_error *err)
{
    size_t tensors = partition->context->tensors_size, references = 0, outputs = 0;
    for (int i = 0; i < node_count; i++) {
        references += (size_t)nodes[i].inputs->size + (size_t)nodes[i].outputs->size;
        outputs += (size_t)nodes[i].outputs->size;
    }
    builder b = {.plan = plan, .partition = partition};
    b.value_of = TB_PLAN_NEW(plan, int, tensors);
    plan->values = TB_PLAN_NEW(plan, tb_value, references + 4 * outputs);
    plan->ops = TB_PLAN_NEW(plan, tb_cpu_op, 3 * outputs);
    plan->steps = TB_PLAN_NEW(plan, tb_cpu_step *, 3 * outputs);
    if (!b.value_of || !plan->values || !plan->ops || !plan->steps)
        return tb_fail(err, TB_NO_MEMORY, "planning a partition");
    for (size_t i = 0; i < tensors; i++)
        b.value_of[i] = -1;
    for (int i = 0; i < node_count; i++)
        for (int part = 0; part < nodes[i].outputs->size; part++) {
            tb_status status = add_op(&b, &nodes[i], part, err);
            if (status != TB_OK)
                return status;
        }
    return TB_OK;
}

/* ---- fuse ------------------------------------------------------------------------------------------ */

static bool same_dims(const tb_value *a, const tb_value *b)
{
    return a->rank == b->rank && memcmp(a->dims, b->dims, sizeof a->dims) == 0;
}

/* Whose only reader is operator `reader`. */
static int sole_reader(const tb_plan *plan, int value)
{
    if (plan->values[value].uses != 1 || plan->values[value].is_output)
        return -1;
    for (int i = 0; i < plan->op_count; i++)
        for (int k = 0; !plan->ops[i].dead && k < plan->ops[i].in_count; k++)
            if (plan->ops[i].in[k] == value)
                return i;
    return -1;
}

/* `op` now does `other`'s work too. */
static tb_status take_over(tb_plan *plan, tb_cpu_op *op, tb_cpu_op *other, tb_error *err)
{
    int count = op->node_count + other->node_count;
    int32_t *nodes = TB_PLAN_NEW(plan, int32_t, (size_t)count);
    if (!nodes)
        return tb_fail(err, TB_NO_MEMORY, "planning a partition");
    memcpy(nodes, op->nodes, (size_t)op->node_count * sizeof *nodes);
    memcpy(nodes + op->node_count, other->nodes, (size_t)other->node_count * sizeof *nodes);
    op->nodes = nodes;
    op->node_count = count;
    other->dead = true;
    return TB_OK;
}

/* `op` writes what `follower` wrote; the value between is gone. */
static tb_status absorb(tb_plan *plan, tb_cpu_op *op, tb_cpu_op *follower, tb_error *err)
{
    plan->values[op->out].home = TB_HOME_NOWHERE;
    op->out = follower->out;
    plan->values[op->out].producer = (int)(op - plan->ops);
    return take_over(plan, op, follower, err);
}

static bool is_float(const tb_plan *plan, int value)
{
    return plan->values[value].type == kTfLiteFloat32;
}

/* A PAD of height and width alone becomes its reader's padding. */
static tb_status fuse_pad(tb_plan *plan, tb_cpu_op *pad, tb_error *err)
{
    const int reader = sole_reader(plan, pad->out);
    if (reader < 0 || plan->values[pad->out].rank != 4)
        return TB_OK;
    tb_cpu_op *op = &plan->ops[reader];
    if (!(op->row->traits & TB_OP_PADS) || op->in[0] != pad->out || op->has_pad)
        return TB_OK;
    const int32_t *pads = plan->values[pad->in[1]].constant;
    if (pads[0] || pads[1] || pads[6] || pads[7])
        return TB_OK;
    op->has_pad = true;
    op->pad_top = pads[2];
    op->pad_bottom = pads[3];
    op->pad_left = pads[4];
    op->pad_right = pads[5];
    plan->values[pad->out].home = TB_HOME_NOWHERE;
    op->in[0] = pad->in[0];
    return take_over(plan, op, pad, err);
}

/* The operand of an ADD that is not `value`, where it can be added in place: of the same shape, and
   there before operator `op` runs. */
static int residual_of(const tb_plan *plan, const tb_cpu_op *add, int value, int op)
{
    int other = add->in[0] == value ? add->in[1] : add->in[0];
    const tb_value *v = tb_plan_value(plan, other);
    if (other == value || !v || !same_dims(v, &plan->values[value]) || v->producer >= op)
        return -1;
    return other;
}

static tb_status fuse_followers(tb_plan *plan, int index, tb_error *err)
{
    tb_cpu_op *op = &plan->ops[index];
    while (op->slope < 0 && !op->after.fn && is_float(plan, op->out)) {
        const int reader = sole_reader(plan, op->out);
        tb_cpu_op *next = reader < 0 ? NULL : &plan->ops[reader];
        const uint32_t can = op->row->traits, is = next ? next->row->traits : 0;
        if (is & TB_OP_IS_CLAMP && can & TB_OP_CLAMPS && !op->has_clamp) {
            op->has_clamp = true;
            op->clamp_min = next->row->clamp_min;
            op->clamp_max = next->row->clamp_max;
        } else if (is & TB_OP_IS_PRELU && can & TB_OP_SLOPE && next->in[0] == op->out) {
            op->slope = next->in[1];
        } else if (next && next->row->unary && can & TB_OP_UNARY) {
            next->row->unary(plan, next, &op->after);
        } else if (is & TB_OP_IS_ADD && can & TB_OP_RESIDUAL && op->residual < 0 &&
                   !op->has_clamp) {
            int other = residual_of(plan, next, op->out, index);
            if (other < 0)
                return TB_OK;
            op->residual = other;
            op->add_params = next->params;
        } else {
            return TB_OK;
        }
        tb_status status = absorb(plan, op, next, err);
        if (status != TB_OK)
            return status;
    }
    return TB_OK;
}

static tb_status fuse(tb_plan *plan, tb_error *err)
{
    for (int i = 0; i < plan->op_count; i++) {
        tb_cpu_op *op = &plan->ops[i];
        if (op->dead)
            continue;
        tb_status status =
            op->row->traits & TB_OP_IS_PAD ? fuse_pad(plan, op, err) : fuse_followers(plan, i, err);
        if (status != TB_OK)
            return status;
    }
    return TB_OK;
}

/* ---- lay out --------------------------------------------------------------------------------------- */

/* Finds values that are bytes of another one. */
static void find_aliases(tb_plan *plan)
{
    for (int i = 0; i < plan->op_count; i++) {
        const tb_cpu_op *op = &plan->ops[i];
        int from;
        size_t offset;
        if (op->dead || !op->row->alias || !op->row->alias(plan, op, &from, &offset))
            continue;
        tb_value *in = &plan->values[from], *out = &plan->values[op->out];
        if (out->home == TB_HOME_MEMORY && in->home != TB_HOME_CONSTANT) {
            out->home = TB_HOME_ALIAS;
            out->alias_of = from;
            out->alias_offset = offset;
        } else if (in->home == TB_HOME_MEMORY && in->elements == out->elements) {
            in->home = TB_HOME_ALIAS;
            in->alias_of = op->out;
            in->alias_offset = 0;
        }
    }
}

/* Values that a concatenation would copy are written where it wants them, if nobody else needs them
   in one piece. */
static void find_slices(tb_plan *plan)
{
    for (int i = 0; i < plan->op_count; i++) {
        const tb_cpu_op *op = &plan->ops[i];
        for (int k = 0; k < op->in_count && !op->dead && op->row->slice; k++) {
            size_t offset;
            bool one_run;
            tb_value *v = tb_plan_value(plan, op->in[k]);
            const tb_value *out = &plan->values[op->out];
            if (!v || v->home != TB_HOME_MEMORY || v->producer < 0 ||
                !op->row->slice(plan, op, k, &offset, &one_run))
                continue;
            if (!one_run) {
                const tb_cpu_op *maker = &plan->ops[v->producer];
                if (v->uses != 1 || maker->out != op->in[k] || !maker->row->writes_apart ||
                    !maker->row->writes_apart(plan, maker))
                    continue;
                v->apart = true;
                v->view.pixel_bytes = out->view.pixel_bytes;
                v->view.row_bytes = out->view.row_bytes;
                v->view.image_bytes = out->view.image_bytes;
            }
            v->home = TB_HOME_ALIAS;
            v->alias_of = op->out;
            v->alias_offset = offset;
        }
    }
}

static int root_of(const tb_plan *plan, int value)
{
    while (plan->values[value].home == TB_HOME_ALIAS)
        value = plan->values[value].alias_of;
    return value;
}

/* True where the operator can read and write values that have a halo. */
static bool takes_views(const tb_plan *plan, const tb_cpu_op *op)
{
    if (op->row->traits & TB_OP_VIEWS)
        return true;
    if (!(op->row->traits & TB_OP_SAME_SHAPE_VIEWS))
        return false;
    for (int k = 0; k < op->in_count; k++) {
        const tb_value *in = tb_plan_value(plan, op->in[k]);
        if (in && !in->constant && !same_dims(in, &plan->values[op->out]))
            return false;
    }
    return true;
}

/* Gives values the halo that their readers' windows want, where everybody who touches them can. */
static void lay_out_halos(tb_plan *plan)
{
    bool *fixed = TB_PLAN_NEW(plan, bool, (size_t)plan->value_count);
    if (!fixed)
        return; /* without a halo everything works too */
    for (int v = 0; v < plan->value_count; v++) {
        const tb_value *value = &plan->values[v];
        if (value->home != TB_HOME_MEMORY)
            fixed[root_of(plan, v)] = fixed[v] = true;
    }
    for (int i = 0; i < plan->op_count; i++) {
        const tb_cpu_op *op = &plan->ops[i];
        if (op->dead || takes_views(plan, op))
            continue;
        fixed[op->out] = true;
        for (int k = 0; k < op->in_count; k++)
            if (op->in[k] >= 0)
                fixed[op->in[k]] = true;
    }
    for (int i = 0; i < plan->op_count; i++) {
        const tb_cpu_op *op = &plan->ops[i];
        if (op->dead || !(op->row->traits & TB_OP_WINDOWED) || fixed[op->in[0]])
            continue;
        tb_value *in = &plan->values[op->in[0]];
        const tb_value *out = &plan->values[op->out];
        tb_window w;
        op->row->window(plan, op, &w);
        int32_t right = (out->dims[2] - 1) * w.stride_w + (w.kw - 1) * w.dilation_w - w.left -
                        (in->dims[2] - 1);
        in->left = w.left > in->left ? w.left : in->left;
        in->right = right > in->right ? right : in->right;
        set_view(in);
    }
}

/* ---- place ----------------------------------------------------------------------------------------- */

static void live(tb_plan *plan, int value, int step)
{
    tb_value *v = &plan->values[root_of(plan, value)];
    if (v->first < 0 || step < v->first)
        v->first = step;
    if (step > v->last)
        v->last = step;
}

static int by_size(const void *a, const void *b)
{
    const tb_value *x = *(tb_value *const *)a, *y = *(tb_value *const *)b;
    if (x->bytes != y->bytes)
        return x->bytes < y->bytes ? 1 : -1;
    return x < y ? -1 : x > y; /* so that a plan is the same every time */
}

static bool overlap_in_time(const tb_value *a, const tb_value *b)
{
    return a->first <= b->last && b->first <= a->last;
}

/* Values largest first, each at the lowest offset that is free during its life. */
static tb_status place(tb_plan *plan, tb_error *err)
{
    for (int v = 0; v < plan->value_count; v++)
        plan->values[v].first = plan->values[v].last = -1;
    for (int i = 0; i < plan->op_count; i++) {
        const tb_cpu_op *op = &plan->ops[i];
        if (op->dead)
            continue;
        live(plan, op->out, i);
        for (int k = 0; k < op->in_count; k++)
            if (op->in[k] >= 0)
                live(plan, op->in[k], i);
        if (op->residual >= 0)
            live(plan, op->residual, i);
    }
    tb_value **placed = TB_PLAN_NEW(plan, tb_value *, (size_t)plan->value_count);
    tb_value **order = TB_PLAN_NEW(plan, tb_value *, (size_t)plan->value_count);
    if (!placed || !order)
        return tb_fail(err, TB_NO_MEMORY, "placing values");
    int count = 0, done = 0;
    for (int v = 0; v < plan->value_count; v++)
        if (plan->values[v].home == TB_HOME_MEMORY && plan->values[v].first >= 0)
            order[count++] = &plan->values[v];
    qsort(order, (size_t)count, sizeof *order, by_size);
    size_t top = 0;
    for (int i = 0; i < count; i++) {
        tb_value *v = order[i];
        size_t offset = 0;
        /* `placed` is in order of offset */
        for (int k = 0; k < done; k++) {
            const tb_value *other = placed[k];
            if (!overlap_in_time(v, other))
                continue;
            if (offset + v->bytes + TB_SOURCE_SLACK <= other->offset)
                break;
            size_t end =
                tb_align_up(other->offset + other->bytes + TB_SOURCE_SLACK, TB_CPU_ALIGNMENT);
            offset = end > offset ? end : offset;
        }
        v->offset = offset;
        int at = done++;
        for (; at > 0 && placed[at - 1]->offset > offset; at--)
            placed[at] = placed[at - 1];
        placed[at] = v;
        size_t end = tb_align_up(offset + v->bytes + TB_SOURCE_SLACK, TB_CPU_ALIGNMENT);
        top = end > top ? end : top;
    }
    plan->scratch_offset = top;
    for (int i = 0; i < plan->step_count; i++)
        if (plan->steps[i]->scratch_bytes > plan->scratch_stride)
            plan->scratch_stride = plan->steps[i]->scratch_bytes;
    plan->scratch_stride = tb_align_up(plan->scratch_stride, TB_CPU_ALIGNMENT);
    plan->memory_bytes = top + plan->scratch_stride * (size_t)plan->threads;
    return TB_OK;
}

/* ---- the whole ------------------------------------------------------------------------------------- */

static tb_status lower(tb_plan *plan, tb_error *err)
{
    for (int i = 0; i < plan->op_count; i++) {
        tb_cpu_op *op = &plan->ops[i];
        if (op->dead)
            continue;
        /* operators that do not know better share loops of so many elements */
        tb_value *out = tb_plan_value(plan, op->out);
        if (out && out->home != TB_HOME_ALIAS)
            out->spread = out->elements >= SPREAD_ELEMENTS;
        tb_status status = op->row->lower(plan, op, err);
        if (status != TB_OK)
            return tb_in(err, "node %d", op->nodes[0]);
        if (op->step)
            plan->steps[plan->step_count++] = op->step;
    }
    return TB_OK;
}

tb_status tb_plan_make(const tb_partition *partition, const tb_cpu_node *nodes, int node_count,
                       tb_error *err, tb_plan *plan)
{
    tb_arena_init(&plan->arena, 0);
    plan->kernels = partition->kernels;
    plan->context = partition->context;
    plan->packs = partition->packs;
    plan->threads = partition->threads;
    plan->no_winograd = partition->no_winograd;
    plan->share_all = getenv("TB_CPU_SHARE") != NULL;
    tb_status status = build(plan, partition, nodes, node_count, err);
    if (status == TB_OK)
        status = tb_plan_rewrite(plan, err);
    if (status == TB_OK)
        status = fuse(plan, err);
    if (status != TB_OK)
        return status;
    find_aliases(plan);
    find_slices(plan);
    lay_out_halos(plan);
    status = lower(plan, err);
    return status == TB_OK ? place(plan, err) : status;
}

void tb_plan_free(tb_plan *plan)
{
    tb_arena_free(&plan->arena);
    *plan = (tb_plan){0};
}

void tb_plan_describe(const tb_plan *plan, tb_buf *out)
{
    for (int i = 0; i < plan->step_count; i++) {
        const tb_step *step = &plan->steps[i]->info;
        tb_buf_printf(out, "%s", step->name);
        if (step->kernel)
            tb_buf_printf(out, " %s", step->kernel);
        for (int k = 0; k < step->node_count; k++)
            tb_buf_printf(out, "%s%d", k ? "," : " nodes ", step->nodes[k]);
        tb_buf_append_char(out, '\n');
    }
}
