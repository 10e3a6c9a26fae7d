/*
 * Hybrid layers: float images or rows under 8-bit or 4-bit weights. As in TFLite, the input is
 * quantised at each inference, an image or a row with its own scale, integers are multiplied, and
 * the sums scaled. The integers stay in floats here, which hold sums up to 2^24 exactly, so that the
 * float kernels serve.
 */
#include <math.h>
#include <string.h>

#include "delegates/cpu/fold.h"
#include "delegates/cpu/ops.h"
#include "runtime/base/size.h"
#include "runtime/quant.h"
#include "runtime/tflite_abi/builtin_op_data.h"

enum { CHUNK = 8192, ROWS = 16 };

typedef struct hybrid_step {
    tb_cpu_step base;
    int in, scales, out;
    size_t rows, columns;
    bool asymmetric;
    tb_f32_reduce_fn largest, smallest;
    tb_f32_through_q8_fn through;
} hybrid_step;

typedef struct hybrid_run {
    const hybrid_step *step;
    const tb_run *run;
    tb_through_q8 one; /* where there is one row, or a few long ones */
    size_t row;
} hybrid_run;

static const float *in_of(const hybrid_run *r)
{
    return (const float *)(const void *)tb_run_view(r->run, r->step->in)->data;
}
static float *out_of(const hybrid_run *r)
{
    return (float *)(void *)tb_run_view(r->run, r->step->out)->data;
}

/* Of one row, whose scale it leaves for the step behind. */
static tb_through_q8 quantization_of(const hybrid_run *r, size_t row)
{
    const hybrid_step *s = r->step;
    const float *values = in_of(r) + row * s->columns;
    const float min = s->smallest(s->columns, values), max = s->largest(s->columns, values);
    float *scale = (float *)(void *)tb_run_view(r->run, s->scales)->data + row;
    tb_through_q8 q = {.min = s->asymmetric ? -128 : -127};
    *scale = s->asymmetric ? tb_quant_asymmetric(min, max, &q.inverse, &q.zero_point)
                           : tb_quant_symmetric(min, max, &q.inverse);
    return q;
}

static void run_rows(void *context, size_t begin, size_t end, int thread)
{
    (void)thread;
    const hybrid_run *r = context;
    const size_t columns = r->step->columns;
    for (size_t row = begin; row < end; row++) {
        const tb_through_q8 q = quantization_of(r, row);
        r->step->through(&q, columns, in_of(r) + row * columns, out_of(r) + row * columns);
    }
}

static void run_chunks(void *context, size_t begin, size_t end, int thread)
{
    (void)thread;
    const hybrid_run *r = context;
    const size_t at = r->row * r->step->columns + begin;
    r->step->through(&r->one, end - begin, in_of(r) + at, out_of(r) + at);
}

static void run(const tb_cpu_step *step, const tb_run *run)
{
    const hybrid_step *s = (const hybrid_step *)(const void *)step;
    hybrid_run r = {.step = s, .run = run};
    if (s->rows >= ROWS) {
        tb_run_parallel(run, s->rows, CHUNK / s->columns + 1, run_rows, &r);
        return;
    }
    for (r.row = 0; r.row < s->rows; r.row++) {
        r.one = quantization_of(&r, r.row);
        tb_run_parallel(run, s->columns, CHUNK, run_chunks, &r);
    }
}

static tb_status lower(tb_plan *plan, tb_cpu_op *op, tb_error *err)
{
    const tb_cpu_kernels *kernels = plan->kernels;
    hybrid_step *s =
        tb_step_new(plan, op, sizeof *s, "quantize_rows", kernels->f32_through_q8.name, run);
    if (!s)
        return tb_fail(err, TB_NO_MEMORY, "planning a step");
    s->in = op->in[0];
    s->scales = op->in[1];
    s->out = op->out;
    s->rows = op->quantized_rows;
    s->columns = plan->values[s->in].elements / s->rows;
    s->asymmetric = op->asymmetric;
    s->largest = kernels->f32_reduce[TB_REDUCE_LARGEST].fn;
    s->smallest = kernels->f32_reduce[TB_REDUCE_SMALLEST].fn;
    s->through = kernels->f32_through_q8.fn;
    return TB_OK;
}

const tb_cpu_op_row tb_cpu_op_quantize_rows = {.lower = lower};

/* ---- scaling --------------------------------------------------------------------------------------- */

enum { SPAN = 256 /* values that are scaled at a time, in whole pixels */ };

typedef struct scale_step {
    tb_cpu_step base;
    int sums, scales, out;
    bool by_rows;
    size_t pixels, channels;     /* pixels to a scale */
    size_t span;                 /* pixels */
    const float *factors, *bias; /* span * channels; bias may be NULL */
    float min, max;
    tb_f32_binary_fn multiply, add;
} scale_step;

typedef struct scale_run {
    const scale_step *step;
    const tb_run *run;
} scale_run;

/* TFLite multiplies a sum with the filter's scale and then the image's, but a row's sum with the
   product of both. */
static void scale_spans(void *context, size_t begin, size_t end, int thread)
{
    const scale_run *r = context;
    const scale_step *s = r->step;
    const float *sums = (const float *)(const void *)tb_run_view(r->run, s->sums)->data;
    const float *scales = (const float *)(const void *)tb_run_view(r->run, s->scales)->data;
    float *out = (float *)(void *)tb_run_view(r->run, s->out)->data;
    float *both = (float *)(void *)tb_run_scratch(r->run, thread);
    const size_t spans = (s->pixels + s->span - 1) / s->span;
    for (size_t task = begin; task < end; task++) {
        const size_t row = task / spans, first = task % spans * s->span;
        const size_t pixels = s->pixels - first < s->span ? s->pixels - first : s->span;
        const size_t n = pixels * s->channels, at = (row * s->pixels + first) * s->channels;
        const float min = s->bias ? -INFINITY : s->min, max = s->bias ? INFINITY : s->max;
        if (s->by_rows) {
            s->multiply(n, s->factors, 1, &scales[row], 0, both, -INFINITY, INFINITY);
            s->multiply(n, sums + at, 1, both, 1, out + at, min, max);
        } else {
            s->multiply(n, sums + at, 1, s->factors, 1, both, -INFINITY, INFINITY);
            s->multiply(n, both, 1, &scales[row], 0, out + at, min, max);
        }
        if (s->bias)
            s->add(n, out + at, 1, s->bias, 1, out + at, s->min, s->max);
    }
}

static void run_scale(const tb_cpu_step *step, const tb_run *run)
{
    scale_run r = {(const scale_step *)(const void *)step, run};
    const scale_step *s = r.step;
    const size_t spans = (s->pixels + s->span - 1) / s->span;
    const size_t rows = run->plan->values[s->scales].elements;
    tb_run_parallel(run, rows * spans, CHUNK / (s->span * s->channels) + 1, scale_spans, &r);
}

static tb_status lower_scale(tb_plan *plan, tb_cpu_op *op, tb_error *err)
{
    const TfLiteTensor *filter = &plan->context->tensors[op->filter_tensor];
    const TfLiteFloatArray *scales =
        ((const TfLiteAffineQuantization *)filter->quantization.params)->scale;
    const tb_value *out = &plan->values[op->out], *bias = tb_plan_value(plan, op->in[2]);
    scale_step *s = tb_step_new(plan, op, sizeof *s, "scale_rows",
                                plan->kernels->f32_binary[TB_BINARY_MUL].name, run_scale);
    if (!s)
        return tb_fail(err, TB_NO_MEMORY, "planning a step");
    s->sums = op->in[0];
    s->scales = op->in[1];
    s->out = op->out;
    s->by_rows = op->by_rows;
    s->channels = (size_t)out->dims[out->rank - 1];
    s->pixels = out->elements / op->quantized_rows / s->channels;
    s->span = s->channels < SPAN ? SPAN / s->channels : 1;
    const size_t n = s->span * s->channels;
    float *factors = TB_PLAN_NEW(plan, float, n), *biases = TB_PLAN_NEW(plan, float, n);
    if (!factors || !biases)
        return tb_fail(err, TB_NO_MEMORY, "planning the scales of %zu channels", s->channels);
    for (size_t i = 0; i < n; i++) {
        const size_t c = i % s->channels;
        factors[i] = scales->data[scales->size > 1 ? c : (size_t)0];
        biases[i] = bias ? ((const float *)bias->constant)[c] : 0.0f;
    }
    s->factors = factors;
    s->bias = bias ? biases : NULL;
    tb_float_bounds(op->activation, &s->min, &s->max);
    if (op->has_clamp) {
        s->min = fmaxf(s->min, op->clamp_min);
        s->max = fminf(s->max, op->clamp_max);
    }
    s->multiply = plan->kernels->f32_binary[TB_BINARY_MUL].fn;
    s->add = plan->kernels->f32_binary[TB_BINARY_ADD].fn;
    s->base.scratch_bytes = n * sizeof(float);
    return TB_OK;
}

const tb_cpu_op_row tb_cpu_op_scale_rows = {.traits = TB_OP_CLAMPS, .lower = lower_scale};

/* ---- weights --------------------------------------------------------------------------------------- */

bool tb_query_is_hybrid(const TfLiteTensor *input, const TfLiteTensor *filter)
{
    return input->type == kTfLiteFloat32 &&
           (filter->type == kTfLiteInt8 || filter->type == kTfLiteInt4);
}

bool tb_query_hybrid_filter(tb_cpu_query *query, const TfLiteTensor *filter,
                            const TfLiteTensor *bias, int axis)
{
    const TfLiteAffineQuantization *affine = filter->quantization.params;
    if (filter->allocation_type != kTfLiteMmapRo || !filter->data.raw_const || filter->sparsity)
        return tb_query_no(query, "the filter is computed or sparse");
    if (bias && (!tb_query_is_constant(query, bias) || bias->type != kTfLiteFloat32))
        return tb_query_no(query, "the bias is computed or not FLOAT32");
    if (filter->quantization.type != kTfLiteAffineQuantization || !affine || !affine->scale ||
        affine->scale->size < 1)
        return tb_query_no(query, "the filter has no scale");
    if (affine->scale->size > 1 &&
        (affine->quantized_dimension != axis || affine->scale->size != filter->dims->data[axis]))
        return tb_query_no(query, "the filter is quantised along dimension %d",
                           affine->quantized_dimension);
    const size_t count = tb_query_elements(filter);
    return filter->bytes >= (filter->type == kTfLiteInt4 ? (count + 1) / 2 : count) ||
           tb_query_no(query, "the filter has %zu bytes", filter->bytes);
}

bool tb_hybrid_scales_differ(const TfLiteTensor *filter)
{
    const TfLiteFloatArray *scales =
        ((const TfLiteAffineQuantization *)filter->quantization.params)->scale;
    for (int c = 1; c < scales->size; c++)
        if (scales->data[c] < scales->data[0] || scales->data[c] > scales->data[0])
            return true;
    return false;
}
