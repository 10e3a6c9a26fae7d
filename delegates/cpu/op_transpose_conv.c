/*
 * TRANSPOSE_CONV as products of matrices. Outputs whose row and column leave the same rest by the
 * strides (a phase) meet the same taps, every stride-th one, so that each phase is a convolution of
 * stride 1 over the input, with the taps turned round, and writes every stride-th output.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "delegates/cpu/gemm.h"
#include "delegates/cpu/op_rows.h"
#include "delegates/cpu/pack.h"
#include "delegates/cpu/source.h"
#include "delegates/cpu/split.h"
#include "runtime/base/size.h"
#include "runtime/tflite_abi/builtin_op_data.h"

enum { IN_SHAPE, IN_FILTER, IN_IMAGE, IN_BIAS, BAND = 4 /* output rows of a task */ };

/* Output `phase + stride * j` meets tap `first + stride * t` at input `base + j - t`. */
typedef struct phase {
    int32_t first, taps, base, outputs;
} phase;

typedef struct transpose_conv_step {
    tb_cpu_step base;
    int in, out;
    bool quantized;
    int32_t stride_h, stride_w;
    phase *y, *x;
    int32_t most_taps_y, left, in_h, in_w, in_c, bands; /* of a phase, at most */
    size_t element;                                     /* bytes of a value as staged */
    size_t row_bytes;
    char *padding_row;
    bool widened;
    uint8_t fill, flip;
    size_t panels, panel_columns, out_c;
    const char **packed; /* by phase */
    tb_pack_gemm *pack;
    size_t pointer_offset, sum_offset; /* in scratch, behind the rows */
    float min, max;
    const float *slope;
    tb_f32_gemm_fn f32;
    tb_q8_gemm_fn q8;
    tb_q8_row_sum_fn row_sum;
    int32_t row_sum_factor, zero_point, q_min, q_max;
    tb_q8_rescale rescale;
    bool alone; /* too little for a second thread */
} transpose_conv_step;

typedef struct transpose_conv_run {
    const transpose_conv_step *step;
    const tb_run *run;
} transpose_conv_run;

/* ---- running --------------------------------------------------------------------------------------- */

static void fill(const transpose_conv_step *s, char *to, size_t count)
{
    if (!s->widened) {
        memset(to, s->fill, count * s->element);
        return;
    }
    int16_t *wide = (int16_t *)(void *)to;
    for (size_t i = 0; i < count; i++)
        wide[i] = (uint8_t)(s->fill ^ s->flip);
}

/* An input row with padding on both sides. */
static void stage(const transpose_conv_step *s, const char *from, char *to)
{
    const size_t count = (size_t)s->in_w * (size_t)s->in_c, left = (size_t)(s->left * s->in_c);
    fill(s, to, left);
    to += left * s->element;
    if (s->widened) {
        const uint8_t *bytes = (const uint8_t *)from;
        int16_t *wide = (int16_t *)(void *)to;
        for (size_t i = 0; i < count; i++)
            wide[i] = (uint8_t)(bytes[i] ^ s->flip);
    } else {
        memcpy(to, from, count * s->element);
    }
    fill(s, to + count * s->element, s->row_bytes / s->element - left - count);
}

typedef struct band {
    const phase *y, *x;
    int32_t phase_x;
    const char **rows; /* staged, from the first output's first tap on */
    int32_t count;     /* of output rows */
    char *out[BAND];   /* where they begin */
    size_t pixel_bytes;
    int32_t *sums;
} band;

static void multiply(const transpose_conv_step *s, const band *b, size_t which)
{
    const tb_pack_gemm *p = &s->pack[which];
    const size_t column = (size_t)(s->left - (b->x->taps - 1) + b->x->base) * (size_t)s->in_c;
    const char *segs[BAND][64];
    for (int32_t row = 0; row < b->count; row++)
        for (int32_t t = 0; t < b->y->taps; t++)
            segs[row][t] = b->rows[row + t] + column * s->element;
    const size_t a_stride = (size_t)s->in_c * s->element;
    const size_t c_stride = (size_t)s->stride_w * b->pixel_bytes;
    tb_f32_gemm f = {.segs = p->segs,
                     .k = p->k_padded,
                     .a_stride = a_stride,
                     .c_stride = c_stride,
                     .m = (size_t)b->x->outputs,
                     .min = s->min,
                     .max = s->max,
                     .min2 = -INFINITY,
                     .max2 = INFINITY};
    tb_q8_gemm q = {.segs = p->segs,
                    .k = p->k,
                    .a_stride = a_stride,
                    .flip = s->flip * 0x01010101u,
                    .c_stride = c_stride,
                    .m = (size_t)b->x->outputs,
                    .zero_point = s->zero_point,
                    .min = s->q_min,
                    .max = s->q_max,
                    .rescale = s->rescale};
    for (int32_t row = 0; s->row_sum && row < b->count; row++) {
        q.seg = segs[row];
        s->row_sum(&q, s->row_sum_factor, b->sums + (size_t)row * q.m);
    }
    q.k = p->k_padded;
    const size_t panel_bytes =
        s->quantized ? tb_pack_q8_panel_bytes(p) : tb_pack_f32_panel_bytes(p);
    for (size_t panel = 0; panel < s->panels; panel++) {
        const size_t first = panel * s->panel_columns, left = s->out_c - first;
        const char *weights = s->packed[which] + panel * panel_bytes;
        for (int32_t row = 0; row < b->count; row++) {
            char *to = b->out[row] + (size_t)b->phase_x * b->pixel_bytes;
            if (s->quantized) {
                q.seg = segs[row];
                q.b = weights;
                q.n = left < s->panel_columns ? left : s->panel_columns;
                q.c = to + first;
                q.row_sum = s->row_sum ? b->sums + (size_t)row * q.m : NULL;
                s->q8(&q);
            } else {
                f.seg = segs[row];
                f.b = (const float *)(const void *)weights;
                f.n = left < s->panel_columns ? left : s->panel_columns;
                f.c = to + first * sizeof(float);
                f.slope = s->slope ? s->slope + first : NULL;
                s->f32(&f);
            }
        }
    }
}

/* Rows [j, j + count) of a phase of one image. */
static void run_band(const transpose_conv_step *s, const tb_run *run, int32_t image,
                     int32_t phase_y, int32_t j, int32_t count, char *scratch)
{
    const tb_view *in = tb_run_view(run, s->in), *out = tb_run_view(run, s->out);
    const phase *y = &s->y[phase_y];
    const char **rows = (const char **)(void *)(scratch + s->pointer_offset);
    for (int32_t i = 0; i < count + y->taps - 1; i++) {
        const int32_t at = y->base + j - (y->taps - 1) + i;
        char *to = scratch + (size_t)i * s->row_bytes;
        rows[i] = s->padding_row;
        if (at >= 0 && at < s->in_h) {
            stage(s, tb_view_row(in, image, at), to);
            rows[i] = to;
        }
    }
    band b = {.y = y,
              .rows = rows,
              .count = count,
              .pixel_bytes = out->pixel_bytes,
              .sums = (int32_t *)(void *)(scratch + s->sum_offset)};
    for (int32_t row = 0; row < count; row++)
        b.out[row] = tb_view_row(out, image, phase_y + s->stride_h * (j + row));
    for (b.phase_x = 0; b.phase_x < s->stride_w; b.phase_x++) {
        b.x = &s->x[b.phase_x];
        if (b.x->outputs > 0)
            multiply(s, &b, (size_t)(phase_y * s->stride_w + b.phase_x));
    }
    for (int32_t row = 0; row < count; row++)
        tb_value_fill_halo(&run->plan->values[s->out], b.out[row]);
}

static void run_tasks(void *context, size_t begin, size_t end, int thread)
{
    const transpose_conv_run *r = context;
    const transpose_conv_step *s = r->step;
    for (size_t task = begin; task < end; task++) {
        const int32_t index = (int32_t)task;
        const int32_t j = index % s->bands * BAND, phase_y = index / s->bands % s->stride_h;
        const int32_t left = s->y[phase_y].outputs - j;
        if (left > 0)
            run_band(s, r->run, index / s->bands / s->stride_h, phase_y, j,
                     left < BAND ? left : BAND, tb_run_scratch(r->run, thread));
    }
}

static void run(const tb_cpu_step *step, const tb_run *run)
{
    transpose_conv_run r = {(const transpose_conv_step *)(const void *)step, run};
    const size_t images = (size_t)tb_run_view(run, r.step->out)->n;
    tb_run_tasks(run, images * (size_t)r.step->bands * (size_t)r.step->stride_h, r.step->alone,
                 run_tasks, &r);
}

/* ---- planning -------------------------------------------------------------------------------------- */

/* The window of the convolution that leads from the output back to the input. */
static tb_window window_of(const TfLiteTransposeConvParams *params, const int *filter)
{
    return (tb_window){.kh = filter[1],
                       .kw = filter[2],
                       .stride_h = params->stride_height,
                       .stride_w = params->stride_width,
                       .dilation_h = 1,
                       .dilation_w = 1};
}

static bool takes(tb_cpu_query *query)
{
    const TfLiteTensor *filter = tb_query_input(query, IN_FILTER);
    const TfLiteTensor *input = tb_query_input(query, IN_IMAGE);
    const TfLiteTensor *bias = tb_query_input(query, IN_BIAS), *output = tb_query_output(query, 0);
    const TfLiteTransposeConvParams *params = query->node->builtin_data;
    if (!tb_query_same_type(query, input, output) || !filter ||
        !tb_query_rank(query, input, "input", 4, 4) ||
        !tb_query_rank(query, filter, "filter", 4, 4) ||
        !tb_query_rank(query, output, "output", 4, 4) ||
        !tb_query_filter(query, input, filter, bias, 0) ||
        !tb_query_activation(query, params->activation))
        return false;
    if (!tb_query_is_known(query, tb_query_input(query, IN_SHAPE)))
        return tb_query_no(query, "the output's shape is computed, not a constant");
    if (filter->dims->data[3] != input->dims->data[3] ||
        filter->dims->data[0] != output->dims->data[3] ||
        (bias && tb_query_elements(bias) != (size_t)output->dims->data[3]))
        return tb_query_no(query, "channels of input, filter, bias and output do not fit");
    if (params->stride_height > 8 || params->stride_width > 8 || filter->dims->data[1] > 64)
        return tb_query_no(query, "strides of %d and %d", params->stride_height,
                           params->stride_width);
    const tb_window window = window_of(params, filter->dims->data);
    return tb_query_window(query, output, input, params->padding, &window);
}

static void set_phases(int32_t stride, int32_t pad, int32_t taps, int32_t outputs, phase *out)
{
    for (int32_t p = 0; p < stride; p++) {
        out[p].first = (p + pad) % stride;
        out[p].base = (p + pad) / stride;
        out[p].taps = taps > out[p].first ? (taps - out[p].first + stride - 1) / stride : 0;
        out[p].outputs = outputs > p ? (outputs - p + stride - 1) / stride : 0;
    }
}

typedef struct turned_key {
    const void *filter;
    uint32_t kind; /* no other block has a key of this size */
    int32_t numbers[5];
} turned_key;

/* The filter's taps of one phase, [out_c][taps][in_c], each axis turned round. */
static tb_status turn(tb_plan *plan, const tb_value *filter, const phase *y, const phase *x,
                      const transpose_conv_step *s, tb_error *err, const void **out)
{
    turned_key key;
    memset(&key, 0, sizeof key);
    key.filter = filter->constant;
    key.kind = 0x7C0Fu;
    const int32_t numbers[] = {y->first, x->first, s->stride_h, s->stride_w, y->taps * x->taps};
    memcpy(key.numbers, numbers, sizeof numbers);
    *out = tb_packs_find(plan->packs, &key, sizeof key);
    if (*out)
        return TB_OK;
    const size_t run = (size_t)filter->dims[3] * filter->element_bytes;
    const size_t taps = (size_t)y->taps * (size_t)x->taps;
    const size_t bytes = (size_t)filter->dims[0] * taps * run;
    void *block;
    tb_status status = tb_packs_alloc(plan->packs, bytes, err, &block);
    if (status != TB_OK)
        return status;
    char *to = block;
    for (int32_t channel = 0; channel < filter->dims[0]; channel++)
        for (int32_t ty = y->taps - 1; ty >= 0; ty--)
            for (int32_t tx = x->taps - 1; tx >= 0; tx--, to += run) {
                const size_t fy = (size_t)(y->first + s->stride_h * ty);
                const size_t fx = (size_t)(x->first + s->stride_w * tx);
                const size_t tap =
                    ((size_t)channel * (size_t)filter->dims[1] + fy) * (size_t)filter->dims[2] + fx;
                memcpy(to, (const char *)filter->constant + tap * run, run);
            }
    *out = tb_packs_publish(plan->packs, &key, sizeof key, block);
    return *out ? TB_OK : tb_fail(err, TB_NO_MEMORY, "keeping turned weights");
}

static tb_status pack_phases(tb_plan *plan, const tb_cpu_op *op, const tb_pack_q8 *q, size_t nr,
                             size_t kr, tb_error *err, transpose_conv_step *s)
{
    const tb_value *filter = &plan->values[op->in[IN_FILTER]];
    const tb_value *bias = op->in_count > IN_BIAS ? tb_plan_value(plan, op->in[IN_BIAS]) : NULL;
    for (int32_t i = 0; i < s->stride_h * s->stride_w; i++) {
        const phase *y = &s->y[i / s->stride_w], *x = &s->x[i % s->stride_w];
        const void *turned;
        tb_status status = turn(plan, filter, y, x, s, err, &turned);
        if (status != TB_OK)
            return status;
        const size_t k = (size_t)(x->taps * s->in_c);
        s->pack[i] = (tb_pack_gemm){.weights = turned,
                                    .weight_step_k = 1,
                                    .weight_step_n = (size_t)y->taps * k,
                                    .bias = bias ? bias->constant : NULL,
                                    .n = s->out_c,
                                    .k = k,
                                    .segs = x->taps > 0 ? (size_t)y->taps : 0,
                                    .k_padded = (k + kr - 1) / kr * kr,
                                    .nr = nr,
                                    .kr = kr,
                                    .vl = plan->kernels->f32_dw.nr};
        const void *packed;
        status = q ? tb_pack_q8_gemm(plan->packs, &s->pack[i], q, err, &packed)
                   : tb_pack_f32_gemm(plan->packs, &s->pack[i], err, &packed);
        if (status != TB_OK)
            return status;
        s->packed[i] = packed;
    }
    return TB_OK;
}

static tb_status lower_quantized(tb_plan *plan, tb_cpu_op *op, TfLiteFusedActivation activation,
                                 tb_error *err, transpose_conv_step *s)
{
    const tb_value *in = &plan->values[s->in], *out = &plan->values[op->out];
    const tb_value *filter = &plan->values[op->in[IN_FILTER]];
    const uint16_t kr = plan->kernels->q8_gemm.kr;
    tb_pack_q8 q = {.weights_unsigned = filter->type == kTfLiteUInt8,
                    .weight_zero = filter->zero_point,
                    .input_zero = tb_value_unsigned_zero(in),
                    .input_signed = (kr & TB_KR_SIGNED & ~0xFF) != 0};
    tb_status status = tb_gemm_scales(plan, op, s->in, op->in[IN_FILTER], (int32_t)s->out_c, err,
                                      &q.scales, &s->rescale);
    if (status == TB_OK)
        status = tb_quantized_bounds(out, activation, err, &s->q_min, &s->q_max);
    if (status != TB_OK)
        return status;
    s->zero_point = out->zero_point;
    s->rescale = tb_pack_q8_widen(&q, kr, s->rescale, s->out_c, s->zero_point, s->q_min);
    s->q8 = plan->kernels->q8_gemm.fn;
    const int32_t zw = q.weights_unsigned ? q.weight_zero - 128 : q.weight_zero;
    if ((kr & 0xFF) == 4 && zw != 0) {
        s->row_sum = plan->kernels->q8_row_sum.fn;
        s->row_sum_factor = -zw;
    }
    return pack_phases(plan, op, &q, plan->kernels->q8_gemm.nr, kr & 0xFFu, err, s);
}

static tb_status set_geometry(tb_plan *plan, const tb_cpu_op *op, tb_error *err,
                              transpose_conv_step *s)
{
    const TfLiteTransposeConvParams *params = op->params;
    const tb_value *in = &plan->values[s->in], *out = &plan->values[op->out];
    tb_window w = window_of(params, plan->values[op->in[IN_FILTER]].dims);
    const tb_cpu_op plain = {.row = op->row};
    tb_op_window_pad(&plain, out, params->padding, &w);
    s->stride_h = w.stride_h;
    s->stride_w = w.stride_w;
    const size_t phases = (size_t)w.stride_h * (size_t)w.stride_w;
    s->y = TB_PLAN_NEW(plan, phase, (size_t)w.stride_h);
    s->x = TB_PLAN_NEW(plan, phase, (size_t)w.stride_w);
    s->pack = TB_PLAN_NEW(plan, tb_pack_gemm, phases);
    s->packed = TB_PLAN_NEW(plan, const char *, phases);
    if (!s->y || !s->x || !s->pack || !s->packed)
        return tb_fail(err, TB_NO_MEMORY, "planning %zu phases", phases);
    set_phases(w.stride_h, w.top, w.kh, out->dims[1], s->y);
    set_phases(w.stride_w, w.left, w.kw, out->dims[2], s->x);
    s->in_h = in->dims[1];
    s->in_w = in->dims[2];
    s->in_c = in->dims[3];
    int32_t rows = 0, right = 0;
    for (int32_t p = 0; p < w.stride_h; p++) {
        s->most_taps_y = s->y[p].taps > s->most_taps_y ? s->y[p].taps : s->most_taps_y;
        rows = s->y[p].outputs > rows ? s->y[p].outputs : rows;
    }
    for (int32_t p = 0; p < w.stride_w; p++) {
        const int32_t before = s->x[p].taps - 1 - s->x[p].base;
        const int32_t after = s->x[p].base + s->x[p].outputs - s->in_w;
        s->left = before > s->left ? before : s->left;
        right = after > right ? after : right;
    }
    s->bands = (rows + BAND - 1) / BAND;
    const size_t pixels = (size_t)(s->left + s->in_w + right);
    s->row_bytes =
        tb_align_up(pixels * (size_t)s->in_c * s->element + TB_SOURCE_SLACK, TB_CPU_ALIGNMENT);
    s->padding_row = tb_arena_alloc(&plan->arena, s->row_bytes, TB_CPU_ALIGNMENT);
    if (!s->padding_row)
        return tb_fail(err, TB_NO_MEMORY, "planning a row of padding");
    fill(s, s->padding_row, s->row_bytes / s->element);
    const size_t staged = (size_t)(s->most_taps_y + BAND);
    s->pointer_offset = staged * s->row_bytes;
    s->sum_offset = tb_align_up(s->pointer_offset + staged * sizeof(char *), TB_CPU_ALIGNMENT);
    s->base.scratch_bytes = s->sum_offset + BAND * (size_t)out->dims[2] * sizeof(int32_t);
    return TB_OK;
}

static tb_status lower(tb_plan *plan, tb_cpu_op *op, tb_error *err)
{
    const TfLiteTransposeConvParams *params = op->params;
    const tb_cpu_kernels *kernels = plan->kernels;
    const tb_value *in = &plan->values[op->in[IN_IMAGE]];
    const bool quantized = tb_type_is_q8(in->type);
    transpose_conv_step *s =
        tb_step_new(plan, op, sizeof *s, "transpose_conv",
                    quantized ? kernels->q8_gemm.name : kernels->f32_gemm.name, run);
    if (!s)
        return tb_fail(err, TB_NO_MEMORY, "planning a step");
    s->in = op->in[IN_IMAGE];
    s->out = op->out;
    s->quantized = quantized;
    s->widened = quantized && (kernels->q8_gemm.kr & 0xFF) == 2;
    s->element = s->widened ? 2 : in->element_bytes;
    s->flip = (uint8_t)tb_value_flip(in);
    s->fill = quantized ? tb_value_fill_byte(in) : 0;
    s->out_c = (size_t)plan->values[op->out].dims[3];
    s->panel_columns = quantized ? kernels->q8_gemm.nr : kernels->f32_gemm.nr;
    s->panels = (s->out_c + s->panel_columns - 1) / s->panel_columns;
    const tb_value *filter = &plan->values[op->in[IN_FILTER]];
    const double products = (double)in->elements * (double)filter->elements / (double)in->dims[3];
    s->alone = tb_split_tasks(plan, s->in, tb_split_ns(plan, products, 1, 0)) < 2;
    tb_status status = set_geometry(plan, op, err, s);
    if (status != TB_OK)
        return status;
    if (quantized)
        return lower_quantized(plan, op, params->activation, err, s);
    tb_float_bounds(params->activation, &s->min, &s->max);
    if (op->has_clamp) {
        s->min = fmaxf(s->min, op->clamp_min);
        s->max = fminf(s->max, op->clamp_max);
    }
    if (op->slope >= 0)
        s->slope = plan->values[op->slope].constant;
    s->f32 = kernels->f32_gemm.fn;
    return pack_phases(plan, op, NULL, kernels->f32_gemm.nr, 1, err, s);
}

const tb_cpu_op_row tb_cpu_op_transpose_conv = {
    .traits = TB_OP_VIEWS | TB_OP_CLAMPS | TB_OP_SLOPE, .takes = takes, .lower = lower};
