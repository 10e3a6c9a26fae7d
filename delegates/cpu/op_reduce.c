/*
 * MEAN, SUM, REDUCE_MAX and REDUCE_MIN over any axes. The input's dimensions are merged into runs
 * that are kept or taken together. Where the innermost run goes, a kernel makes one value of it;
 * where it stays, whole runs are taken together element by element, in the order of the input.
 */
#include <float.h>
#include <math.h>
#include <string.h>

#include "delegates/cpu/op_rows.h"
#include "runtime/base/size.h"
#include "runtime/math.h"
#include "runtime/quant.h"
#include "runtime/tflite_abi/builtin_op_data.h"

enum { TASK_ELEMENTS = 8192, BLOCK = 512 /* elements of a kept innermost run */ };

typedef enum reduction { MEAN, SUM, LARGEST, SMALLEST } reduction;

typedef struct loop {
    size_t extent, stride; /* in elements of the input */
} loop;

typedef struct reduce_step {
    tb_cpu_step base;
    int in, out;
    reduction kind;
    loop kept[TB_CPU_MAX_RANK], reduced[TB_CPU_MAX_RANK]; /* outermost first, without the run */
    int kept_count, reduced_count;
    size_t run; /* elements of the innermost one */
    bool run_stays;
    size_t outputs; /* runs or, where the run goes, values */
    size_t inputs;  /* runs to each */
    size_t count;   /* elements to each value */
    tb_f32_reduce_fn f32;
    tb_f32_binary_fn combine;
    tb_f32_binary_fn divide;
    float first;     /* before anything was taken in */
    bool from_first; /* starts with the first element instead */
    bool quantized;
    tb_q8_accumulate_fn accumulate;
    uint32_t flip;
    int32_t in_zero, out_zero, min, max;
    tb_multiplier multiplier;
    float scale, bias;
} reduce_step;

typedef struct reduce_run {
    const reduce_step *step;
    const tb_run *run;
} reduce_run;

static size_t offset_of(const loop *loops, int count, size_t index)
{
    size_t offset = 0;
    for (int d = count - 1; d >= 0; d--) {
        offset += index % loops[d].extent * loops[d].stride;
        index /= loops[d].extent;
    }
    return offset;
}

/* ---- floats ---------------------------------------------------------------------------------------- */

static float take_in(reduction kind, float value, float x)
{
    switch (kind) {
    case LARGEST:
        return x > value ? x : value;
    case SMALLEST:
        return x < value ? x : value;
    default:
        return value + x;
    }
}

static void f32_runs_go(const reduce_step *s, const float *in, size_t begin, size_t end, float *out)
{
    for (size_t o = begin; o < end; o++) {
        const float *from = in + offset_of(s->kept, s->kept_count, o);
        float value = s->from_first ? *from : s->first;
        for (size_t i = 0; i < s->inputs; i++)
            value = take_in(s->kind, value,
                            s->f32(s->run, from + offset_of(s->reduced, s->reduced_count, i)));
        out[o] = s->kind == MEAN ? value / (float)s->count : value;
    }
}

/* Elements [x, x + n) of run `o`. */
static void f32_run_stays(const reduce_step *s, const float *in, size_t o, size_t x, size_t n,
                          float *out)
{
    const float *from = in + offset_of(s->kept, s->kept_count, o) + x;
    float *to = out + o * s->run + x;
    for (size_t i = 0; i < n; i++)
        to[i] = s->from_first ? from[i] : s->first;
    for (size_t i = 0; i < s->inputs; i++)
        s->combine(n, from + offset_of(s->reduced, s->reduced_count, i), 1, to, 1, to, -INFINITY,
                   INFINITY);
    if (s->kind == MEAN) {
        const float count = (float)s->count;
        s->divide(n, to, 1, &count, 0, to, -INFINITY, INFINITY);
    }
}

/* ---- quantised ------------------------------------------------------------------------------------- */

/* `sum` is of bytes after the flip. */
static uint8_t finish(const reduce_step *s, int32_t sum)
{
    const int64_t typed = (int64_t)sum - (int64_t)s->flip * (int64_t)s->count;
    int32_t value;
    if (s->kind == SUM) {
        const float rounded = roundf((float)typed * s->scale + s->bias);
        const float clamped = rounded < -1e9f ? -1e9f : rounded > 1e9f ? 1e9f : rounded;
        const float moved = clamped + (float)s->out_zero;
        value = isnan(moved) ? 0 : (int32_t)moved;
    } else {
        const int64_t shifted = typed - (int64_t)s->in_zero * (int64_t)s->count;
        value = tb_wrap_add(tb_multiply((int32_t)(uint32_t)(uint64_t)shifted, s->multiplier),
                            s->out_zero);
    }
    return (uint8_t)(tb_clamp(value, s->min, s->max) & 0xFF);
}

static void q8_runs_go(const reduce_step *s, const uint8_t *in, size_t begin, size_t end,
                       uint8_t *out)
{
    const uint8_t flip = (uint8_t)s->flip;
    for (size_t o = begin; o < end; o++) {
        const uint8_t *from = in + offset_of(s->kept, s->kept_count, o);
        uint32_t sum = 0;
        for (size_t i = 0; i < s->inputs; i++) {
            const uint8_t *run = from + offset_of(s->reduced, s->reduced_count, i);
            for (size_t k = 0; k < s->run; k++)
                sum += (uint8_t)(run[k] ^ flip);
        }
        out[o] = finish(s, (int32_t)sum);
    }
}

static void q8_run_stays(const reduce_step *s, const uint8_t *in, size_t o, size_t x, size_t n,
                         uint8_t *out)
{
    int32_t sums[BLOCK] = {0};
    const uint8_t *from = in + offset_of(s->kept, s->kept_count, o) + x;
    for (size_t i = 0; i < s->inputs; i++)
        s->accumulate(n, from + offset_of(s->reduced, s->reduced_count, i), s->flip, sums);
    for (size_t i = 0; i < n; i++)
        out[o * s->run + x + i] = finish(s, sums[i]);
}

/* ---- the step -------------------------------------------------------------------------------------- */

static void runs_go(void *context, size_t begin, size_t end, int thread)
{
    (void)thread;
    const reduce_run *r = context;
    const char *in = tb_run_view(r->run, r->step->in)->data;
    char *out = tb_run_view(r->run, r->step->out)->data;
    if (r->step->quantized)
        q8_runs_go(r->step, (const uint8_t *)in, begin, end, (uint8_t *)out);
    else
        f32_runs_go(r->step, (const float *)(const void *)in, begin, end, (float *)(void *)out);
}

/* Tasks are blocks of the runs. */
static void runs_stay(void *context, size_t begin, size_t end, int thread)
{
    (void)thread;
    const reduce_run *r = context;
    const reduce_step *s = r->step;
    const char *in = tb_run_view(r->run, s->in)->data;
    char *out = tb_run_view(r->run, s->out)->data;
    const size_t blocks = (s->run + BLOCK - 1) / BLOCK;
    for (size_t task = begin; task < end; task++) {
        const size_t x = task % blocks * BLOCK, n = s->run - x < BLOCK ? s->run - x : BLOCK;
        if (s->quantized)
            q8_run_stays(s, (const uint8_t *)in, task / blocks, x, n, (uint8_t *)out);
        else
            f32_run_stays(s, (const float *)(const void *)in, task / blocks, x, n,
                          (float *)(void *)out);
    }
}

static void run(const tb_cpu_step *step, const tb_run *run)
{
    const reduce_step *s = (const reduce_step *)(const void *)step;
    reduce_run r = {s, run};
    if (s->run_stays) {
        const size_t blocks = (s->run + BLOCK - 1) / BLOCK;
        const size_t work = s->inputs * (s->run < BLOCK ? s->run : BLOCK);
        tb_run_parallel(run, s->outputs * blocks, TASK_ELEMENTS / work + 1, runs_stay, &r);
    } else {
        tb_run_parallel(run, s->outputs, TASK_ELEMENTS / s->count + 1, runs_go, &r);
    }
}

/* ---- planning -------------------------------------------------------------------------------------- */

static bool reduced_axes(const TfLiteTensor *axes, int rank, bool reduced[TB_CPU_MAX_RANK])
{
    memset(reduced, 0, TB_CPU_MAX_RANK * sizeof *reduced);
    for (size_t i = 0; i < tb_query_elements(axes); i++) {
        const int32_t axis = axes->data.i32[i];
        if (axis < -rank || axis >= rank)
            return false;
        reduced[axis < 0 ? axis + rank : axis] = true;
    }
    return true;
}

static bool takes(tb_cpu_query *query, bool with_scale)
{
    const TfLiteTensor *input = tb_query_input(query, 0), *output = tb_query_output(query, 0);
    const TfLiteTensor *axes = tb_query_input(query, 1);
    if (!tb_query_same_type(query, input, output) ||
        !tb_query_rank(query, input, "input", 1, TB_CPU_MAX_RANK))
        return false;
    if (!axes || axes->type != kTfLiteInt32 || !tb_query_is_known(query, axes))
        return tb_query_no(query, "the axes are not a constant of INT32");
    if (input->type != kTfLiteFloat32 && !with_scale)
        return tb_query_no(query, "not done for %s", TfLiteTypeGetName(input->type));
    bool reduced[TB_CPU_MAX_RANK];
    if (!reduced_axes(axes, input->dims->size, reduced))
        return tb_query_no(query, "an axis is outside the input's dimensions");
    size_t outputs = 1;
    for (int d = 0; d < input->dims->size; d++)
        outputs *= reduced[d] ? 1 : (size_t)input->dims->data[d];
    return outputs == tb_query_elements(output) ||
           tb_query_no(query, "the output has not the shape that is left");
}

static void add_loop(loop *loops, int *count, size_t extent, size_t stride)
{
    if (*count > 0 && loops[*count - 1].stride == stride * extent) {
        loops[*count - 1].extent *= extent;
        loops[*count - 1].stride = stride;
        return;
    }
    loops[(*count)++] = (loop){extent, stride};
}

static void set_loops(const tb_plan *plan, const tb_cpu_op *op, reduce_step *s)
{
    const tb_value *in = &plan->values[op->in[0]], *out = &plan->values[op->out];
    bool reduced[TB_CPU_MAX_RANK];
    reduced_axes(&plan->context->tensors[plan->values[op->in[1]].tensor], in->rank, reduced);
    size_t stride = in->elements;
    bool last_goes = false;
    for (int d = 0; d < in->rank; d++) {
        const size_t extent = (size_t)in->dims[d];
        stride /= extent;
        if (extent == 1)
            continue;
        last_goes = reduced[d];
        if (reduced[d])
            add_loop(s->reduced, &s->reduced_count, extent, stride);
        else
            add_loop(s->kept, &s->kept_count, extent, stride);
    }
    s->count = in->elements / out->elements;
    s->run = 1;
    s->run_stays = !last_goes;
    if (last_goes)
        s->run = s->reduced[--s->reduced_count].extent;
    else if (s->kept_count > 0)
        s->run = s->kept[--s->kept_count].extent;
    s->outputs = s->run_stays ? out->elements / s->run : out->elements;
    s->inputs = s->run_stays ? s->count : s->count / s->run;
    s->from_first = out->elements == 1;
}

static tb_status lower_quantized(tb_plan *plan, const tb_cpu_op *op, tb_error *err, reduce_step *s)
{
    const tb_value *in = &plan->values[op->in[0]], *out = &plan->values[op->out];
    s->quantized = true;
    s->accumulate = plan->kernels->q8_accumulate.fn;
    s->base.info.kernel = plan->kernels->q8_accumulate.name;
    s->flip = tb_value_flip(in);
    s->in_zero = in->zero_point;
    s->out_zero = out->zero_point;
    if (s->kind == MEAN && !tb_mean_multiplier(in->scale, out->scale, s->count, &s->multiplier))
        return tb_fail(err, TB_UNSUPPORTED, "scales %g and %g", (double)in->scale,
                       (double)out->scale);
    s->scale = in->scale / out->scale;
    s->bias = (float)-s->in_zero * s->scale * (float)s->count;
    return tb_quantized_bounds(out, kTfLiteActNone, err, &s->min, &s->max);
}

static tb_status lower(tb_plan *plan, tb_cpu_op *op, reduction kind, const char *name,
                       tb_error *err)
{
    static const int combine[] = {TB_BINARY_ADD, TB_BINARY_ADD, TB_BINARY_MAXIMUM,
                                  TB_BINARY_MINIMUM};
    static const int reduce[] = {TB_REDUCE_SUM, TB_REDUCE_SUM, TB_REDUCE_LARGEST,
                                 TB_REDUCE_SMALLEST};
    static const float first[] = {0.0f, 0.0f, -FLT_MAX, FLT_MAX};
    reduce_step *s = tb_step_new(plan, op, sizeof *s, name, NULL, run);
    if (!s)
        return tb_fail(err, TB_NO_MEMORY, "planning a step");
    s->in = op->in[0];
    s->out = op->out;
    s->kind = kind;
    set_loops(plan, op, s);
    if (plan->values[s->in].type != kTfLiteFloat32)
        return lower_quantized(plan, op, err, s);
    s->f32 = plan->kernels->f32_reduce[reduce[kind]].fn;
    s->combine = plan->kernels->f32_binary[combine[kind]].fn;
    s->divide = plan->kernels->f32_binary[TB_BINARY_DIV].fn;
    s->base.info.kernel = s->run_stays ? plan->kernels->f32_binary[combine[kind]].name
                                       : plan->kernels->f32_reduce[reduce[kind]].name;
    s->first = first[kind];
    s->from_first = s->from_first && (kind == LARGEST || kind == SMALLEST);
    return TB_OK;
}

#define DEFINE_REDUCE(name, kind, with_scale)                                  \
    static bool takes_##name(tb_cpu_query *query)                              \
    {                                                                          \
        return takes(query, with_scale);                                       \
    }                                                                          \
    static tb_status lower_##name(tb_plan *plan, tb_cpu_op *op, tb_error *err) \
    {                                                                          \
        return lower(plan, op, kind, #name, err);                              \
    }                                                                          \
    const tb_cpu_op_row tb_cpu_op_##name = {.takes = takes_##name, .lower = lower_##name};

DEFINE_REDUCE(mean, MEAN, true)
DEFINE_REDUCE(sum, SUM, true)
DEFINE_REDUCE(reduce_max, LARGEST, false)
DEFINE_REDUCE(reduce_min, SMALLEST, false)
