/* Element-wise operators on two operands, with broadcasting: floats, and quantised sums, differences
   and products. */
#include <math.h>
#include <string.h>

#include "delegates/cpu/op_rows.h"
#include "runtime/base/size.h"
#include "runtime/quant.h"
#include "runtime/tflite_abi/builtin_op_data.h"

enum { CHUNK = 4096, PATTERN = 1024 };

/* How an operand meets a row of the output. */
typedef enum operand_mode {
    OPERAND_SAME,     /* element by element */
    OPERAND_CHANNELS, /* one value a channel */
    OPERAND_SCALAR,   /* one value */
    OPERAND_OTHER     /* anything else */
} operand_mode;

typedef struct operand {
    int value;
    operand_mode mode;
    ptrdiff_t strides[TB_CPU_MAX_RANK]; /* OPERAND_OTHER: elements, by the output's dimensions */
} operand;

typedef struct binary_step {
    tb_cpu_step base;
    operand a, b;
    int out;
    size_t element_bytes;
    bool flat; /* neither halo nor channels: one run of elements */
    /* Where channels are few, their values are repeated in scratch for so many pixels (else 0). */
    size_t pattern_pixels;
    tb_f32_binary_fn f32;
    float min, max;
    tb_q8_binary_fn q8;
    tb_q8_binary q;
} binary_step;

typedef struct binary_run {
    const binary_step *step;
    const tb_run *run;
} binary_run;

static void compute(const binary_step *s, size_t n, const char *a, size_t a_step, const char *b,
                    size_t b_step, char *out)
{
    if (s->f32)
        s->f32(n, (const float *)(const void *)a, a_step, (const float *)(const void *)b, b_step,
               (float *)(void *)out, s->min, s->max);
    else
        s->q8(&s->q, n, (const uint8_t *)a, a_step, (const uint8_t *)b, b_step, (uint8_t *)out);
}

static void run_chunks(void *context, size_t begin, size_t end, int thread)
{
    (void)thread;
    const binary_run *r = context;
    const binary_step *s = r->step;
    const char *a = tb_run_view(r->run, s->a.value)->data;
    const char *b = tb_run_view(r->run, s->b.value)->data;
    char *out = tb_run_view(r->run, s->out)->data;
    const size_t a_step = s->a.mode == OPERAND_SAME, b_step = s->b.mode == OPERAND_SAME;
    const size_t at = begin * s->element_bytes;
    compute(s, end - begin, a + at * a_step, a_step, b + at * b_step, b_step, out + at);
}

/* The channels' values, again for each pixel of the pattern. */
static void make_pattern(const binary_step *s, const char *values, size_t pixel_bytes, char *to)
{
    for (size_t i = 0; i < s->pattern_pixels; i++)
        memcpy(to + i * pixel_bytes, values, pixel_bytes);
}

static void run_rows(void *context, size_t begin, size_t end, int thread)
{
    const binary_run *r = context;
    const binary_step *s = r->step;
    const tb_view *views[2] = {tb_run_view(r->run, s->a.value), tb_run_view(r->run, s->b.value)};
    const operand_mode modes[2] = {s->a.mode, s->b.mode};
    const tb_view *out = tb_run_view(r->run, s->out);
    char *pattern = tb_run_scratch(r->run, thread);
    const size_t pixels_each = s->pattern_pixels ? s->pattern_pixels : 1;
    if (s->pattern_pixels) /* one operand's: two of them are not SAME, and the output is neither */
        make_pattern(s, views[modes[0] == OPERAND_CHANNELS ? 0 : 1]->data, out->pixel_bytes,
                     pattern);
    for (size_t index = begin; index < end; index++) {
        const int32_t image = (int32_t)(index / (size_t)out->h);
        const int32_t y = (int32_t)(index % (size_t)out->h);
        const char *from[2];
        size_t pixel[2];
        for (int i = 0; i < 2; i++) {
            from[i] = modes[i] == OPERAND_SAME ? tb_view_row(views[i], image, y) : views[i]->data;
            if (modes[i] == OPERAND_CHANNELS && s->pattern_pixels)
                from[i] = pattern;
            pixel[i] = modes[i] == OPERAND_SAME ? views[i]->pixel_bytes : 0;
        }
        char *to = tb_view_row(out, image, y);
        const size_t a_step = modes[0] != OPERAND_SCALAR, b_step = modes[1] != OPERAND_SCALAR;
        if (modes[0] != OPERAND_CHANNELS && modes[1] != OPERAND_CHANNELS)
            compute(s, (size_t)out->w * (size_t)out->c, from[0], a_step, from[1], b_step, to);
        else
            for (size_t x = 0; x < (size_t)out->w; x += pixels_each) {
                const size_t left = (size_t)out->w - x;
                compute(s, (left < pixels_each ? left : pixels_each) * (size_t)out->c,
                        from[0] + x * pixel[0], a_step, from[1] + x * pixel[1], b_step,
                        to + x * out->pixel_bytes);
            }
        tb_value_fill_halo(&r->run->plan->values[s->out], to);
    }
}

/* Any broadcast: the innermost dimension at a time. */
static void run_general(void *context, size_t begin, size_t end, int thread)
{
    (void)thread;
    const binary_run *r = context;
    const binary_step *s = r->step;
    const tb_value *out = &r->run->plan->values[s->out];
    const int inner = out->rank - 1;
    const size_t n = (size_t)out->dims[inner];
    for (size_t row = begin; row < end; row++) {
        ptrdiff_t a = 0, b = 0;
        size_t rest = row;
        for (int axis = inner - 1; axis >= 0; axis--) {
            ptrdiff_t at = (ptrdiff_t)(rest % (size_t)out->dims[axis]);
            rest /= (size_t)out->dims[axis];
            a += at * s->a.strides[axis];
            b += at * s->b.strides[axis];
        }
        compute(s, n, tb_run_view(r->run, s->a.value)->data + (size_t)a * s->element_bytes,
                (size_t)s->a.strides[inner],
                tb_run_view(r->run, s->b.value)->data + (size_t)b * s->element_bytes,
                (size_t)s->b.strides[inner], out->view.data + row * n * s->element_bytes);
    }
}

static void run(const tb_cpu_step *step, const tb_run *run)
{
    const binary_step *s = (const binary_step *)(const void *)step;
    const tb_value *out = &run->plan->values[s->out];
    binary_run r = {s, run};
    if (s->a.mode == OPERAND_OTHER || s->b.mode == OPERAND_OTHER) {
        size_t inner = (size_t)out->dims[out->rank - 1];
        tb_run_parallel(run, out->elements / inner, CHUNK / inner + 1, run_general, &r);
    } else if (s->flat) {
        tb_run_parallel(run, out->elements, CHUNK, run_chunks, &r);
    } else {
        size_t row = (size_t)out->view.w * (size_t)out->view.c;
        tb_run_parallel(run, (size_t)out->view.n * (size_t)out->view.h, CHUNK / row + 1, run_rows,
                        &r);
    }
}

/* ---- planning -------------------------------------------------------------------------------------- */

static bool takes(tb_cpu_query *query, TfLiteFusedActivation activation, bool quantized_too)
{
    const TfLiteTensor *a = tb_query_input(query, 0), *b = tb_query_input(query, 1);
    const TfLiteTensor *output = tb_query_output(query, 0);
    if (!tb_query_same_type(query, a, output) || !tb_query_same_type(query, b, output) ||
        !tb_query_rank(query, output, "output", 0, TB_CPU_MAX_RANK) ||
        !tb_query_activation(query, activation))
        return false;
    if (output->type != kTfLiteFloat32 && !quantized_too)
        return tb_query_no(query, "%s is not done for %s", "this operator",
                           TfLiteTypeGetName(output->type));
    return true;
}

static operand operand_of(const tb_plan *plan, int value, const tb_value *out)
{
    const tb_value *v = &plan->values[value];
    operand o = {.value = value, .mode = OPERAND_OTHER};
    if (v->elements == out->elements)
        o.mode = OPERAND_SAME; /* broadcasting adds only dimensions of 1 */
    else if (v->elements == 1)
        o.mode = OPERAND_SCALAR;
    else if (out->rank > 0 && v->rank > 0 && v->elements == (size_t)v->dims[v->rank - 1] &&
             v->dims[v->rank - 1] == out->dims[out->rank - 1])
        o.mode = OPERAND_CHANNELS;
    ptrdiff_t stride = 1;
    for (int i = 1; i <= out->rank; i++) {
        int32_t size = i <= v->rank ? v->dims[v->rank - i] : 1;
        o.strides[out->rank - i] = size > 1 ? stride : 0;
        stride *= size;
    }
    return o;
}

static tb_status set_quantized(tb_plan *plan, tb_cpu_op *op, int which,
                               TfLiteFusedActivation activation, tb_error *err, binary_step *s)
{
    const tb_value *a = &plan->values[op->in[0]], *b = &plan->values[op->in[1]];
    const tb_value *out = &plan->values[op->out];
    s->q = (tb_q8_binary){.flip_a = tb_value_flip(a),
                          .flip_b = tb_value_flip(b),
                          .zero_a = tb_value_unsigned_zero(a),
                          .zero_b = tb_value_unsigned_zero(b),
                          .sign_b = which == TB_BINARY_SUB ? -1 : 1,
                          .zero_out = out->zero_point};
    tb_multiplier ma = {0, 0}, mb = {0, 0}, mo;
    bool sound;
    if (which == TB_BINARY_MUL) {
        sound = tb_multiplier_from_real((double)(a->scale * b->scale / out->scale), &mo);
    } else {
        double twice_larger = (double)(2.0f * fmaxf(a->scale, b->scale));
        sound =
            tb_multiplier_from_real((double)a->scale / twice_larger, &ma) &&
            tb_multiplier_from_real((double)b->scale / twice_larger, &mb) &&
            tb_multiplier_from_real(twice_larger / (double)((float)(1 << 20) * out->scale), &mo);
    }
    if (!sound)
        return tb_fail(err, TB_UNSUPPORTED, "scales %g, %g and %g have no common one",
                       (double)a->scale, (double)b->scale, (double)out->scale);
    s->q.a = (tb_q8_scale){ma.mantissa, ma.shift};
    s->q.b = (tb_q8_scale){mb.mantissa, mb.shift};
    s->q.out = (tb_q8_scale){mo.mantissa, mo.shift};
    return tb_quantized_bounds(out, activation, err, &s->q.min, &s->q.max);
}

static tb_status lower(tb_plan *plan, tb_cpu_op *op, int which, TfLiteFusedActivation activation,
                       const char *name, tb_error *err)
{
    const tb_value *out = &plan->values[op->out];
    binary_step *s = tb_step_new(plan, op, sizeof *s, name, NULL, run);
    if (!s)
        return tb_fail(err, TB_NO_MEMORY, "planning a step");
    s->out = op->out;
    s->element_bytes = out->element_bytes;
    s->a = operand_of(plan, op->in[0], out);
    s->b = operand_of(plan, op->in[1], out);
    const tb_value *a = &plan->values[op->in[0]], *b = &plan->values[op->in[1]];
    s->flat = tb_view_is_dense(&out->view) && tb_view_is_dense(&a->view) &&
              tb_view_is_dense(&b->view) && s->a.mode != OPERAND_CHANNELS &&
              s->b.mode != OPERAND_CHANNELS;
    const size_t pixel_bytes = out->view.pixel_bytes;
    if ((s->a.mode == OPERAND_CHANNELS) != (s->b.mode == OPERAND_CHANNELS) &&
        s->a.mode != OPERAND_OTHER && s->b.mode != OPERAND_OTHER && pixel_bytes <= PATTERN / 4) {
        s->pattern_pixels = PATTERN / pixel_bytes;
        s->base.scratch_bytes = PATTERN;
    }
    if (out->type == kTfLiteFloat32) {
        tb_float_bounds(activation, &s->min, &s->max);
        if (op->has_clamp) {
            s->min = fmaxf(s->min, op->clamp_min);
            s->max = fminf(s->max, op->clamp_max);
        }
        s->f32 = plan->kernels->f32_binary[which].fn;
        s->base.info.kernel = plan->kernels->f32_binary[which].name;
        return TB_OK;
    }
    const bool product = which == TB_BINARY_MUL;
    s->q8 = product ? plan->kernels->q8_mul.fn : plan->kernels->q8_add.fn;
    s->base.info.kernel = product ? plan->kernels->q8_mul.name : plan->kernels->q8_add.name;
    return set_quantized(plan, op, which, activation, err, s);
}

#define DEFINE_BINARY(name, ID, activation, quantized, more)                                    \
    static bool takes_##name(tb_cpu_query *query)                                               \
    {                                                                                           \
        const void *options = query->node->builtin_data;                                        \
        (void)options;                                                                          \
        return takes(query, activation, quantized);                                             \
    }                                                                                           \
    static tb_status lower_##name(tb_plan *plan, tb_cpu_op *op, tb_error *err)                  \
    {                                                                                           \
        const void *options = op->params;                                                       \
        (void)options;                                                                          \
        return lower(plan, op, TB_BINARY_##ID, activation, #name, err);                         \
    }                                                                                           \
    const tb_cpu_op_row tb_cpu_op_##name = {.traits =                                           \
                                                TB_OP_SAME_SHAPE_VIEWS | TB_OP_CLAMPS | (more), \
                                            .takes = takes_##name,                              \
                                            .lower = lower_##name};

#define ACTIVATION_OF(type) (((const type *)options)->activation)

DEFINE_BINARY(add, ADD, ACTIVATION_OF(TfLiteAddParams), true, TB_OP_IS_ADD)
DEFINE_BINARY(sub, SUB, ACTIVATION_OF(TfLiteSubParams), true, 0)
DEFINE_BINARY(mul, MUL, ACTIVATION_OF(TfLiteMulParams), true, TB_OP_IS_MUL)
DEFINE_BINARY(div, DIV, ACTIVATION_OF(TfLiteDivParams), false, 0)
DEFINE_BINARY(maximum, MAXIMUM, kTfLiteActNone, false, 0)
DEFINE_BINARY(minimum, MINIMUM, kTfLiteActNone, false, 0)
DEFINE_BINARY(squared_difference, SQUARED_DIFFERENCE, kTfLiteActNone, false, 0)
