/* Building steps: kernels with their arguments, and constants; see ops.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "delegates/gpu/ops.h"
#include "runtime/quant.h"

void tb_gpu_plan_fail(tb_gpu_plan *plan, tb_status status, const char *format, ...)
{
    if (plan->fault != TB_OK)
        return;
    va_list args;
    va_start(args, format);
    plan->fault = tb_vfail(plan->err, status, format, args);
    va_end(args);
}

static tb_gpu_step *new_step(tb_gpu_plan *plan, const char *name, tb_gpu_step_kind kind)
{
    tb_gpu_step *step = TB_GPU_NEW(plan, tb_gpu_step, 1);
    if (!step) {
        tb_gpu_plan_fail(plan, TB_NO_MEMORY, "planning a step");
        return &plan->nowhere;
    }
    step->kind = kind;
    step->info.name = name;
    step->value = -1;
    if (plan->current) {
        step->info.nodes = plan->current->nodes;
        step->info.node_count = plan->current->node_count;
    }
    if (plan->last_step)
        plan->last_step->next = step;
    else
        plan->first_step = step;
    plan->last_step = step;
    plan->step_count++;
    return step;
}

tb_gpu_step *tb_gpu_step_begin(tb_gpu_plan *plan, const char *name, const char *source,
                               const char *function, tb_gpu_format format, const char *options)
{
    tb_gpu_step *step = new_step(plan, name, TB_GPU_KERNEL);
    if (plan->fault != TB_OK)
        return &plan->nowhere;
    char all[512];
    const int length = snprintf(all, sizeof all, "-DT_%s%s%s", tb_gpu_format_name(format),
                                options ? " " : "", options ? options : "");
    if (length < 0 || (size_t)length >= sizeof all) {
        tb_gpu_plan_fail(plan, TB_INTERNAL, "%s: the options are too long", name);
        return &plan->nowhere;
    }
    tb_status status =
        tb_gpu_kernel_create(plan->gpu->programs, source, all, function, plan->err, &step->kernel);
    if (status != TB_OK)
        plan->fault = status;
    const int named = snprintf(NULL, 0, "%s %s", source, all) + 1;
    char *program = TB_GPU_NEW(plan, char, (size_t)named);
    if (program)
        snprintf(program, (size_t)named, "%s %s", source, all);
    step->program = program;
    step->info.kernel = tb_arena_text(&plan->arena, function, strlen(function));
    return step;
}

tb_gpu_step *tb_gpu_step_copy(tb_gpu_plan *plan, const char *name, tb_gpu_step_kind kind, int value)
{
    tb_gpu_step *step = new_step(plan, name, kind);
    if (plan->fault == TB_OK)
        step->value = value;
    return step;
}

static tb_gpu_arg *new_arg(tb_gpu_plan *plan, tb_gpu_step *step, size_t size)
{
    if (plan->fault != TB_OK)
        return &plan->nowhere.args[0];
    if (step->arg_count == TB_GPU_MAX_ARGS) {
        tb_gpu_plan_fail(plan, TB_INTERNAL, "%s has too many arguments", step->info.name);
        return &plan->nowhere.args[0];
    }
    tb_gpu_arg *arg = &step->args[step->arg_count++];
    arg->size = size;
    arg->value = -1;
    return arg;
}

void tb_gpu_arg_mem(tb_gpu_plan *plan, tb_gpu_step *step, cl_mem mem)
{
    new_arg(plan, step, sizeof mem)->bits.mem = mem;
}

void tb_gpu_arg_int(tb_gpu_plan *plan, tb_gpu_step *step, int64_t number)
{
    if (number < INT32_MIN || number > INT32_MAX)
        tb_gpu_plan_fail(plan, TB_UNSUPPORTED, "%s: %lld does not fit in 32 bits", step->info.name,
                         (long long)number);
    new_arg(plan, step, sizeof(int32_t))->bits.i = (int32_t)number;
}

void tb_gpu_arg_ints(tb_gpu_plan *plan, tb_gpu_step *step, const int32_t *numbers, size_t count)
{
    for (size_t i = 0; i < count; i++)
        tb_gpu_arg_int(plan, step, numbers[i]);
}

void tb_gpu_arg_float(tb_gpu_plan *plan, tb_gpu_step *step, float number)
{
    new_arg(plan, step, sizeof number)->bits.f = number;
}

void tb_gpu_arg_int2(tb_gpu_plan *plan, tb_gpu_step *step, int32_t x, int32_t y)
{
    tb_gpu_arg *arg = new_arg(plan, step, sizeof arg->bits.i2);
    arg->bits.i2[0] = x;
    arg->bits.i2[1] = y;
}

/* ---- constants --------------------------------------------------------------------------------------- */

size_t tb_gpu_float_bytes(const tb_gpu_plan *plan)
{
    return plan->gpu->half ? 2 : 4;
}

void tb_gpu_store_floats(const tb_gpu_plan *plan, const float *from, size_t count, void *to)
{
    if (!plan->gpu->half) {
        memcpy(to, from, count * sizeof *from);
        return;
    }
    uint16_t *halves = to;
    for (size_t i = 0; i < count; i++)
        halves[i] = tb_half_from_float(from[i]);
}

/* A buffer that goes with the plan: of constants that may be others at the next shape. */
static tb_status own_buffer(tb_gpu_plan *plan, cl_mem_flags flags, const void *data, size_t bytes,
                            tb_error *err, cl_mem *out)
{
    if (plan->own_count == plan->own_capacity) {
        const int capacity = plan->own_capacity ? 2 * plan->own_capacity : 8;
        tb_gpu_buffer *grown = TB_GPU_NEW(plan, tb_gpu_buffer, (size_t)capacity);
        if (!grown)
            return tb_fail(err, TB_NO_MEMORY, "planning a partition");
        if (plan->own_count)
            memcpy(grown, plan->own, (size_t)plan->own_count * sizeof *grown);
        plan->own = grown;
        plan->own_capacity = capacity;
    }
    tb_gpu_buffer *buffer = &plan->own[plan->own_count];
    tb_status status =
        tb_gpu_buffer_create(&plan->gpu->memory, flags, bytes, data, "a constant", err, buffer);
    if (status != TB_OK)
        return status;
    plan->own_count++;
    *out = buffer->mem;
    return TB_OK;
}

cl_mem tb_gpu_own_constant(tb_gpu_plan *plan, const void *data, size_t bytes)
{
    cl_mem mem = NULL;
    if (plan->fault == TB_OK)
        plan->fault = own_buffer(plan, CL_MEM_READ_ONLY, data, bytes, plan->err, &mem);
    return mem;
}

void tb_gpu_arg_fault(tb_gpu_plan *plan, tb_gpu_step *step)
{
    const int32_t none = 0;
    if (plan->fault == TB_OK && !plan->fault_code)
        plan->fault =
            own_buffer(plan, CL_MEM_READ_WRITE, &none, sizeof none, plan->err, &plan->fault_code);
    tb_gpu_arg_mem(plan, step, plan->fault_code);
    tb_gpu_arg_int(plan, step, plan->current ? plan->current->nodes[0] + 1 : 1);
}

/* Whether the bytes stay what they are as long as the delegate lives. */
static bool is_lasting(const tb_gpu_plan *plan, const tb_gpu_value *v)
{
    return v->tensor >= 0 && plan->context->tensors[v->tensor].allocation_type == kTfLiteMmapRo;
}

cl_mem tb_gpu_packed(tb_gpu_plan *plan, int value, const char *layout, size_t bytes,
                     tb_gpu_fill_fn fill, const void *context)
{
    if (plan->fault != TB_OK)
        return NULL;
    const tb_gpu_value *v = plan->values[value];
    char key[256] = {0};
    const bool lasting = is_lasting(plan, v);
    const int length = snprintf(key, sizeof key, "%p %zu %s", v->constant, bytes, layout);
    if (length < 0 || (size_t)length >= sizeof key) {
        tb_gpu_plan_fail(plan, TB_INTERNAL, "the layout %s has too long a name", layout);
        return NULL;
    }
    tb_gpu_memory *memory = &plan->gpu->memory;
    cl_mem mem = lasting ? tb_gpu_constant_find(memory, key, (size_t)length) : NULL;
    if (mem)
        return mem;
    void *data = calloc(1, bytes ? bytes : 1);
    if (!data) {
        tb_gpu_plan_fail(plan, TB_NO_MEMORY, "packing %zu bytes", bytes);
        return NULL;
    }
    fill(plan, context, data);
    tb_status status =
        lasting ? tb_gpu_constant_put(memory, key, (size_t)length, data, bytes, plan->err, &mem)
                : own_buffer(plan, CL_MEM_READ_ONLY, data, bytes, plan->err, &mem);
    free(data);
    if (status != TB_OK) {
        plan->fault = status;
        return NULL;
    }
    return mem;
}

static void fill_constant(const tb_gpu_plan *plan, const void *context, void *to)
{
    const tb_gpu_value *v = context;
    if (v->format == TB_GPU_F16)
        tb_gpu_store_floats(plan, v->constant, v->elements, to);
    else
        memcpy(to, v->constant, v->bytes);
}

void tb_gpu_arg_value(tb_gpu_plan *plan, tb_gpu_step *step, int value)
{
    if (plan->fault != TB_OK)
        return;
    int root = value;
    while (plan->values[root]->home == TB_GPU_ALIAS)
        root = plan->values[root]->alias_of;
    tb_gpu_value *v = plan->values[root];
    if (v->home == TB_GPU_CONSTANT) {
        tb_gpu_arg_mem(
            plan, step,
            tb_gpu_packed(plan, root, tb_gpu_format_name(v->format), v->bytes, fill_constant, v));
        return;
    }
    new_arg(plan, step, 0)->value = root;
}

/* ---- ranges ------------------------------------------------------------------------------------------ */

enum { GROUP = 64 }; /* items of a group that is not tuned: one or two of the hardware's own */

static size_t round_up(size_t n, size_t to)
{
    return (n + to - 1) / to * to;
}

/* One of 1, 4, 16, 64: enough, or the largest that `most` allows. */
static size_t group_side(size_t n, size_t most)
{
    size_t side = 64;
    while (side > most || (side > 1 && side / 4 >= n))
        side /= 4;
    return side ? side : 1;
}

void tb_gpu_step_group(tb_gpu_step *step, const size_t local[3])
{
    for (int k = 0; k < 3; k++) {
        step->local[k] = local[k];
        step->global[k] = round_up(step->wanted[k], local[k]);
    }
}

tb_status tb_gpu_step_end(tb_gpu_plan *plan, tb_gpu_step *step, size_t x, size_t y, size_t z)
{
    if (plan->fault != TB_OK)
        return plan->fault;
    const tb_gpu_device *d = &plan->gpu->device;
    size_t kernel_most = 0;
    step->most = d->max_group ? d->max_group : 1;
    if (d->cl->GetKernelWorkGroupInfo(step->kernel, d->id, CL_KERNEL_WORK_GROUP_SIZE,
                                      sizeof kernel_most, &kernel_most, NULL) == CL_SUCCESS &&
        kernel_most > 0 && kernel_most < step->most)
        step->most = kernel_most;
    const size_t wanted[3] = {x, y, z};
    size_t most = step->most < GROUP ? step->most : GROUP, local[3];
    for (int k = 0; k < 3; k++) {
        const size_t limit = d->max_items[k] ? d->max_items[k] : 1;
        step->wanted[k] = wanted[k] ? wanted[k] : 1;
        local[k] = k < 2 ? group_side(wanted[k], most < limit ? most : limit) : 1;
        most /= local[k];
    }
    tb_gpu_step_group(step, local);
    return TB_OK;
}
