/* From a partition to a plan: build, fuse, lower, place, bind. */
#include "delegates/gpu/plan.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "delegates/gpu/ops.h"
#include "delegates/gpu/tune.h"
#include "runtime/base/size.h"

/* ---- formats ----------------------------------------------------------------------------------------- */

size_t tb_gpu_format_bytes(tb_gpu_format format)
{
    static const size_t bytes[] = {
#define BYTES(code, size) size,
        TB_GPU_FORMAT_LIST(BYTES)
#undef BYTES
    };
    return bytes[format];
}

const char *tb_gpu_format_name(tb_gpu_format format)
{
    static const char *const names[] = {
#define NAME(code, size) #code,
        TB_GPU_FORMAT_LIST(NAME)
#undef NAME
    };
    return names[format];
}

bool tb_gpu_format_of(TfLiteType type, bool half, tb_gpu_format *out)
{
    switch (type) {
    case kTfLiteFloat32:
        *out = half ? TB_GPU_F16 : TB_GPU_F32;
        return true;
    case kTfLiteInt8:
        *out = TB_GPU_I8;
        return true;
    case kTfLiteUInt8:
        *out = TB_GPU_U8;
        return true;
    case kTfLiteInt16:
        *out = TB_GPU_I16;
        return true;
    case kTfLiteInt32:
        *out = TB_GPU_I32;
        return true;
    case kTfLiteInt64:
        *out = TB_GPU_I64;
        return true;
    case kTfLiteBool:
        *out = TB_GPU_BOOL;
        return true;
    default:
        return false;
    }
}

/* ---- build ------------------------------------------------------------------------------------------- */

typedef struct builder {
    tb_gpu_plan *plan;
    const tb_gpu_partition *partition;
    int *value_of; /* by tensor; -1: none yet */
} builder;

static bool list_has(const TfLiteIntArray *list, int index)
{
    for (int i = 0; i < list->size; i++)
        if (list->data[i] == index)
            return true;
    return false;
}

static tb_status new_value(tb_gpu_plan *plan, tb_error *err, tb_gpu_value **out)
{
    if (plan->value_count == plan->value_capacity) {
        const int capacity = plan->value_capacity ? 2 * plan->value_capacity : 64;
        tb_gpu_value **grown = TB_GPU_NEW(plan, tb_gpu_value *, (size_t)capacity);
        if (!grown)
            return tb_fail(err, TB_NO_MEMORY, "planning a partition");
        if (plan->value_count)
            memcpy(grown, plan->values, (size_t)plan->value_count * sizeof *grown);
        plan->values = grown;
        plan->value_capacity = capacity;
    }
    tb_gpu_value *v = TB_GPU_NEW(plan, tb_gpu_value, 1);
    if (!v)
        return tb_fail(err, TB_NO_MEMORY, "planning a partition");
    *v = (tb_gpu_value){.tensor = -1, .producer = -1, .alias_of = -1, .first = -1, .last = -1};
    plan->values[plan->value_count++] = v;
    *out = v;
    return TB_OK;
}

int tb_gpu_scratch(tb_gpu_plan *plan, tb_gpu_format format, size_t elements)
{
    tb_gpu_value *v;
    size_t bytes;
    if (plan->fault != TB_OK)
        return -1;
    if (!tb_mul_size(elements, tb_gpu_format_bytes(format), &bytes) ||
        new_value(plan, plan->err, &v) != TB_OK) {
        tb_gpu_plan_fail(plan, TB_NO_MEMORY, "%zu elements between two kernels", elements);
        return -1;
    }
    v->format = format;
    v->elements = elements;
    v->bytes = bytes;
    return plan->value_count - 1;
}

static tb_status add_value(builder *b, int index, tb_error *err, int *out)
{
    if (b->value_of[index] >= 0) {
        *out = b->value_of[index];
        return TB_OK;
    }
    tb_gpu_plan *plan = b->plan;
    const TfLiteTensor *tensor = &plan->context->tensors[index];
    const char *name = tensor->name ? tensor->name : "";
    tb_gpu_value *v;
    tb_status status = new_value(plan, err, &v);
    if (status != TB_OK)
        return status;
    v->tensor = index;
    v->type = tensor->type;
    v->rank = tensor->dims ? tensor->dims->size : 0;
    v->elements = 1;
    for (int i = 0; i < v->rank; i++) {
        const int32_t size = tensor->dims->data[i];
        if (v->rank > TB_GPU_MAX_RANK || size < 1 ||
            !tb_mul_size(v->elements, (size_t)size, &v->elements) || v->elements > INT32_MAX / 8)
            return tb_fail(err, TB_UNSUPPORTED, "tensor %d (%s) has a shape the plan cannot hold",
                           index, name);
        v->dims[i] = size;
    }
    v->scale = tensor->params.scale;
    v->zero_point = tensor->params.zero_point;
    const tb_cpu_fold *fold = tb_folds_get(b->partition->folds, index);
    if (fold)
        status = tb_fold_values(plan->context, fold, plan->gpu->packs, err, &v->constant);
    else if (tb_query_has_values(tensor))
        v->constant = tensor->data.raw_const;
    if (status != TB_OK)
        return status;
    v->home = v->constant ? TB_GPU_CONSTANT : TB_GPU_MEMORY;
    v->is_input = !v->constant && list_has(b->partition->inputs, index);
    v->is_output = list_has(b->partition->outputs, index);
    v->uses = v->is_output;
    /* Constants of other types, as the bits of INT4 weights, are for their operators alone. */
    if (!tb_gpu_format_of(v->type, plan->gpu->half, &v->format)) {
        if (!v->constant)
            return tb_fail(err, TB_UNSUPPORTED, "tensor %d (%s) is %s", index, name,
                           TfLiteTypeGetName(v->type));
        v->format = TB_GPU_U8;
    }
    v->bytes = v->elements * tb_gpu_format_bytes(v->format);
    b->value_of[index] = *out = plan->value_count - 1;
    return TB_OK;
}

static tb_status add_values(builder *b, const TfLiteIntArray *list, tb_error *err, int **out)
{
    int *values = TB_GPU_NEW(b->plan, int, (size_t)list->size + 1);
    if (!values)
        return tb_fail(err, TB_NO_MEMORY, "planning a partition");
    for (int k = 0; k < list->size; k++) {
        values[k] = -1;
        tb_status status = list->data[k] < 0 ? TB_OK : add_value(b, list->data[k], err, &values[k]);
        if (status != TB_OK)
            return status;
    }
    *out = values;
    return TB_OK;
}

/* Nothing to do for a node whose outputs are constants that its readers have. */
static bool is_folded(const builder *b, const tb_gpu_node *node)
{
    for (int k = 0; k < node->outputs->size; k++) {
        const tb_cpu_fold *fold = tb_folds_get(b->partition->folds, node->outputs->data[k]);
        if (!fold)
            return false;
    }
    return true;
}

static tb_status add_op(builder *b, const tb_gpu_node *node, tb_error *err)
{
    tb_gpu_plan *plan = b->plan;
    if (is_folded(b, node))
        return TB_OK;
    tb_gpu_op *op = &plan->ops[plan->op_count];
    *op = (tb_gpu_op){.row = node->row,
                      .params = node->params,
                      .in_count = node->inputs->size,
                      .out_count = node->outputs->size,
                      .node_count = 1,
                      .residual = -1};
    op->nodes = TB_GPU_NEW(plan, int32_t, 1);
    if (!op->nodes)
        return tb_fail(err, TB_NO_MEMORY, "planning a partition");
    op->nodes[0] = node->index;
    tb_status status = add_values(b, node->inputs, err, &op->in);
    if (status == TB_OK)
        status = add_values(b, node->outputs, err, &op->out);
    if (status != TB_OK)
        return status;
    for (int k = 0; k < op->in_count; k++)
        if (op->in[k] >= 0)
            plan->values[op->in[k]]->uses++;
    for (int k = 0; k < op->out_count; k++)
        if (op->out[k] >= 0)
            plan->values[op->out[k]]->producer = plan->op_count;
    plan->op_count++;
    return TB_OK;
}

static tb_status build(tb_gpu_plan *plan, const tb_gpu_partition *partition, tb_error *err)
{
    const size_t tensors = partition->context->tensors_size;
    builder b = {.plan = plan, .partition = partition};
    b.value_of = TB_GPU_NEW(plan, int, tensors);
    plan->ops = TB_GPU_NEW(plan, tb_gpu_op, (size_t)partition->node_count);
    if (!b.value_of || !plan->ops)
        return tb_fail(err, TB_NO_MEMORY, "planning a partition");
    for (size_t i = 0; i < tensors; i++)
        b.value_of[i] = -1;
    for (int i = 0; i < partition->node_count; i++) {
        tb_status status = add_op(&b, &partition->nodes[i], err);
        if (status != TB_OK)
            return status;
    }
    /* What comes in or goes out without any operator in between. */
    for (int i = 0; i < partition->outputs->size; i++) {
        int value;
        tb_status status = add_value(&b, partition->outputs->data[i], err, &value);
        if (status != TB_OK)
            return status;
    }
    return TB_OK;
}

/* ---- lower ------------------------------------------------------------------------------------------- */

/* Changes how floats are stored, by a kernel. */
static tb_status convert(tb_gpu_plan *plan, const char *name, const char *function, int from,
                         int to, tb_error *err)
{
    (void)err;
    const size_t count = plan->values[from]->elements;
    tb_gpu_step *step = tb_gpu_step_begin(plan, name, "convert", function, TB_GPU_F16, NULL);
    tb_gpu_arg_value(plan, step, from);
    tb_gpu_arg_value(plan, step, to);
    tb_gpu_arg_int(plan, step, (int64_t)count);
    return tb_gpu_step_end(plan, step, count, 1, 1);
}

/* The inputs' bytes to the device. */
static tb_status lower_inputs(tb_gpu_plan *plan, tb_error *err)
{
    const int count = plan->value_count;
    for (int i = 0; i < count && plan->fault == TB_OK; i++) {
        const tb_gpu_value *v = plan->values[i];
        if (!v->is_input)
            continue;
        const bool half = v->format == TB_GPU_F16;
        const int staged = half ? tb_gpu_scratch(plan, TB_GPU_F32, v->elements) : i;
        tb_gpu_step *step = tb_gpu_step_copy(plan, "copy to the device", TB_GPU_WRITE, staged);
        if (plan->fault != TB_OK)
            break;
        plan->values[staged]->tensor = v->tensor;
        step->value = staged;
        if (half)
            convert(plan, "floats to halves", "to_half", staged, i, err);
    }
    return plan->fault;
}

static tb_status lower_outputs(tb_gpu_plan *plan, tb_error *err)
{
    const int count = plan->value_count;
    for (int i = 0; i < count && plan->fault == TB_OK; i++) {
        const tb_gpu_value *v = plan->values[i];
        if (!v->is_output)
            continue;
        const bool half = v->format == TB_GPU_F16 && v->home != TB_GPU_CONSTANT;
        int from = i;
        if (half) {
            from = tb_gpu_scratch(plan, TB_GPU_F32, v->elements);
            convert(plan, "halves to floats", "to_float", i, from, err);
        }
        tb_gpu_step *step = tb_gpu_step_copy(plan, "copy to the host", TB_GPU_READ, from);
        if (plan->fault != TB_OK)
            break;
        plan->values[from]->tensor = v->tensor;
        step->value = from;
    }
    return plan->fault;
}

static bool make_view(tb_gpu_plan *plan, const tb_gpu_op *op)
{
    tb_gpu_value *in = plan->values[op->in[0]], *out = plan->values[op->out[0]];
    if (in->elements != out->elements || in->format != out->format)
        return false;
    if (in->home == TB_GPU_CONSTANT) {
        out->home = TB_GPU_CONSTANT;
        out->constant = in->constant;
        return true;
    }
    out->home = TB_GPU_ALIAS;
    out->alias_of = op->in[0];
    return true;
}

static tb_status lower(tb_gpu_plan *plan, tb_error *err)
{
    tb_status status = lower_inputs(plan, err);
    for (int i = 0; i < plan->op_count && status == TB_OK; i++) {
        tb_gpu_op *op = &plan->ops[i];
        if (op->dead)
            continue;
        plan->current = op;
        if (!(op->row->traits & TB_GPU_IS_VIEW))
            status = op->row->lower(plan, op, err);
        else if (!make_view(plan, op))
            status = tb_fail(err, TB_UNSUPPORTED, "its output has not the input's elements");
        if (status == TB_OK)
            status = plan->fault;
        if (status != TB_OK)
            status = tb_in(err, "node %d", (int)op->nodes[0]);
    }
    plan->current = NULL;
    return status == TB_OK ? lower_outputs(plan, err) : status;
}

/* ---- place ------------------------------------------------------------------------------------------- */

static int root_of(const tb_gpu_plan *plan, int value)
{
    while (plan->values[value]->home == TB_GPU_ALIAS)
        value = plan->values[value]->alias_of;
    return value;
}

static void live(tb_gpu_plan *plan, int value, int step)
{
    tb_gpu_value *v = plan->values[root_of(plan, value)];
    if (v->first < 0)
        v->first = step;
    v->last = step;
}

static void find_lives(tb_gpu_plan *plan)
{
    int index = 0;
    for (const tb_gpu_step *s = plan->first_step; s; s = s->next, index++) {
        if (s->value >= 0)
            live(plan, s->value, index);
        for (int k = 0; k < s->arg_count; k++)
            if (s->args[k].size == 0)
                live(plan, s->args[k].value, index);
    }
}

static int by_size(const void *a, const void *b)
{
    const tb_gpu_value *x = *(tb_gpu_value *const *)a, *y = *(tb_gpu_value *const *)b;
    if (x->bytes != y->bytes)
        return x->bytes < y->bytes ? 1 : -1;
    return x->first != y->first ? (x->first > y->first) - (x->first < y->first)
                                : (x->last > y->last) - (x->last < y->last);
}

typedef struct placing {
    tb_gpu_value **placed; /* in order of block and offset */
    int count;
    size_t alignment, most; /* bytes of a block */
    size_t *tops;           /* by block */
    int blocks;
} placing;

/* The lowest free offset of the block during the value's life; false where it has no room. */
static bool find_offset(const placing *p, const tb_gpu_value *v, int block, size_t *out)
{
    size_t offset = 0;
    for (int k = 0; k < p->count; k++) {
        const tb_gpu_value *other = p->placed[k];
        if (other->block != block || v->first > other->last || other->first > v->last)
            continue;
        if (offset + v->bytes <= other->offset)
            break;
        const size_t end = tb_align_up(other->offset + other->bytes, p->alignment);
        offset = end > offset ? end : offset;
    }
    *out = offset;
    return offset + v->bytes <= p->most;
}

static void insert(placing *p, tb_gpu_value *v)
{
    int at = p->count++;
    for (; at > 0 &&
           (p->placed[at - 1]->block > v->block ||
            (p->placed[at - 1]->block == v->block && p->placed[at - 1]->offset > v->offset));
         at--)
        p->placed[at] = p->placed[at - 1];
    p->placed[at] = v;
    const size_t end = tb_align_up(v->offset + v->bytes, p->alignment);
    p->tops[v->block] = end > p->tops[v->block] ? end : p->tops[v->block];
}

/* Values largest first, each at the lowest offset that is free during its life, in as few buffers as
   the device's largest allows. */
static tb_status place(tb_gpu_plan *plan, tb_error *err)
{
    find_lives(plan);
    const size_t values = (size_t)plan->value_count;
    tb_gpu_value **order = TB_GPU_NEW(plan, tb_gpu_value *, values + 1);
    placing p = {.alignment = plan->gpu->device.buffer_alignment,
                 .most = (size_t)plan->gpu->device.max_buffer_bytes};
    p.placed = TB_GPU_NEW(plan, tb_gpu_value *, values + 1);
    p.tops = TB_GPU_NEW(plan, size_t, values + 1);
    if (!order || !p.placed || !p.tops)
        return tb_fail(err, TB_NO_MEMORY, "placing values");
    int count = 0;
    for (int i = 0; i < plan->value_count; i++)
        if (plan->values[i]->home == TB_GPU_MEMORY && plan->values[i]->first >= 0)
            order[count++] = plan->values[i];
    qsort(order, (size_t)count, sizeof(tb_gpu_value *), by_size);
    for (int i = 0; i < count; i++) {
        tb_gpu_value *v = order[i];
        for (v->block = 0; !find_offset(&p, v, v->block, &v->offset); v->block++)
            if (v->block >= p.blocks)
                return tb_fail(err, TB_NO_MEMORY, "%zu bytes in one buffer, %s has %zu at most",
                               v->bytes, plan->gpu->device.name, p.most);
        p.blocks = v->block >= p.blocks ? v->block + 1 : p.blocks;
        insert(&p, v);
    }
    plan->blocks = TB_GPU_NEW(plan, tb_gpu_buffer, (size_t)p.blocks + 1);
    if (!plan->blocks)
        return tb_fail(err, TB_NO_MEMORY, "placing values");
    for (int i = 0; i < p.blocks; i++) {
        const size_t bytes = p.tops[i] < p.most ? p.tops[i] : p.most;
        tb_status status = tb_gpu_buffer_create(&plan->gpu->memory, CL_MEM_READ_WRITE, bytes, NULL,
                                                "what lies between kernels", err, &plan->blocks[i]);
        if (status != TB_OK)
            return status;
        plan->block_count++;
        plan->memory_bytes += bytes;
    }
    return TB_OK;
}

/* ---- bind -------------------------------------------------------------------------------------------- */

static tb_status cut_buffers(tb_gpu_plan *plan, tb_error *err)
{
    const tb_gpu_device *d = &plan->gpu->device;
    for (int i = 0; i < plan->value_count; i++) {
        tb_gpu_value *v = plan->values[i];
        if (v->home != TB_GPU_MEMORY || v->first < 0)
            continue;
        const cl_buffer_region region = {v->offset, v->bytes};
        cl_int code;
        v->mem = d->cl->CreateSubBuffer(plan->blocks[v->block].mem, CL_MEM_READ_WRITE,
                                        CL_BUFFER_CREATE_TYPE_REGION, &region, &code);
        if (code != CL_SUCCESS) {
            v->mem = NULL;
            return tb_cl_fail(err, code, "a part of %zu bytes of a buffer", v->bytes);
        }
    }
    return TB_OK;
}

static tb_status set_args(tb_gpu_plan *plan, tb_error *err)
{
    const tb_cl *cl = plan->gpu->device.cl;
    for (tb_gpu_step *s = plan->first_step; s; s = s->next)
        for (int k = 0; k < s->arg_count; k++) {
            tb_gpu_arg *arg = &s->args[k];
            if (arg->size == 0)
                arg->bits.mem = plan->values[arg->value]->mem;
            const cl_int code = cl->SetKernelArg(
                s->kernel, (cl_uint)k, arg->size ? arg->size : sizeof arg->bits.mem, &arg->bits);
            if (code != CL_SUCCESS)
                return tb_cl_fail(err, code, "argument %d of %s", k, s->info.kernel);
        }
    return TB_OK;
}

/* ---- the whole --------------------------------------------------------------------------------------- */

tb_status tb_gpu_plan_make(tb_gpu *gpu, const tb_gpu_partition *partition, tb_error *err,
                           tb_gpu_plan *plan)
{
    tb_arena_init(&plan->arena, 0);
    plan->gpu = gpu;
    plan->context = partition->context;
    plan->err = err;
    tb_status status = build(plan, partition, err);
    if (status == TB_OK)
        status = tb_gpu_fuse(plan, err);
    if (status == TB_OK)
        status = lower(plan, err);
    if (status == TB_OK)
        status = place(plan, err);
    if (status == TB_OK)
        status = cut_buffers(plan, err);
    if (status == TB_OK)
        status = set_args(plan, err);
    if (status == TB_OK && gpu->tuning)
        tb_gpu_tune(plan);
    plan->err = NULL;
    if (status != TB_OK)
        return status;
    plan->events = TB_GPU_NEW(plan, cl_event, (size_t)plan->step_count + 1);
    return plan->events ? TB_OK : tb_fail(err, TB_NO_MEMORY, "planning a partition");
}

void tb_gpu_plan_free(tb_gpu_plan *plan)
{
    if (!plan->gpu)
        return;
    const tb_cl *cl = plan->gpu->device.cl;
    for (tb_gpu_step *s = plan->first_step; s; s = s->next)
        if (s->kernel)
            cl->ReleaseKernel(s->kernel);
    for (int i = 0; i < plan->value_count; i++)
        if (plan->values[i]->mem)
            cl->ReleaseMemObject(plan->values[i]->mem);
    for (int i = 0; i < plan->block_count; i++)
        tb_gpu_buffer_release(&plan->gpu->memory, &plan->blocks[i]);
    for (int i = 0; i < plan->own_count; i++)
        tb_gpu_buffer_release(&plan->gpu->memory, &plan->own[i]);
    tb_arena_free(&plan->arena);
    *plan = (tb_gpu_plan){0};
}

void tb_gpu_plan_describe(const tb_gpu_plan *plan, tb_buf *out)
{
    for (const tb_gpu_step *s = plan->first_step; s; s = s->next) {
        tb_buf_printf(out, "%s", s->info.name);
        if (s->info.kernel)
            tb_buf_printf(out, " %s", s->info.kernel);
        for (int k = 0; k < s->info.node_count; k++)
            tb_buf_printf(out, "%s%d", k ? "," : " nodes ", s->info.nodes[k]);
        tb_buf_append_char(out, '\n');
    }
}
