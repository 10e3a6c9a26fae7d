/* Convolution and fully-connected layers as matrix products. */
#include "delegates/cpu/gemm.h"

#include <math.h>
#include <string.h>

#include "delegates/cpu/pack.h"
#include "delegates/cpu/source.h"
#include "delegates/cpu/split.h"
#include "delegates/cpu/winograd.h"
#include "runtime/base/size.h"

enum {
    BAND_BYTES = 32 << 10,      /* of input, which a first-level cache holds, */
    BIG_BAND_BYTES = 384 << 10, /* and a second-level one, where the weights are many */
    BIG_WEIGHT_BYTES = 384 << 10,
    BAND_PIXELS = 56,
    FLAT_PIXELS = 112, /* a pixel row of a product whose pixels all follow each other */
    TASK_PIXELS = 12,  /* with fewer of them a task had little use of the weights it reads */
    MANY_WEIGHTS = 4,  /* times the bytes of input and output */
    MOST_PRODUCTS = 1 << 28
};

typedef struct gemm_step {
    tb_cpu_step base;
    tb_source source;
    int in, out, residual;
    const float *slope;
    tb_unary after;
    bool quantized;
    /* The image as the step sees it: a 1x1 product over dense values is cut into rows anew. */
    bool flat;
    bool turned; /* an image one pixel wide is done as one row */
    int32_t n, out_h, out_w, last_w;
    size_t in_pixel_bytes, out_pixel_bytes, residual_pixel_bytes; /* where flat */
    int32_t out_c;
    size_t segs, seg_values, real_seg_values;
    const char *packed;
    size_t panel_bytes, panels, panel_columns;
    /* tasks: bands of rows, times groups of panels */
    int32_t band_rows, bands;
    size_t panel_groups;
    size_t tasks; /* that were wanted; 1: too little for a second thread */
    bool by_panels;
    bool one_row;          /* of the product: a call takes many panels */
    size_t seg_offset;     /* in scratch: pointers of each row's stretches, */
    size_t row_sum_offset; /* and the row sums */
    /* What a call of the kernel is told, but for places and how many there are. */
    tb_f32_gemm f32_job;
    tb_q8_gemm q8_job;
    tb_f32_gemm_fn f32;
    tb_q8_gemm_fn q8;
    tb_q8_row_sum_fn row_sum;
    int32_t row_sum_factor;
} gemm_step;

typedef struct gemm_run {
    const gemm_step *step;
    const tb_run *run;
    tb_view in, out, residual;
} gemm_run;

/* A dense value as rows of the step's width, the last row shorter. */
static void flatten(const gemm_step *s, tb_view *view, size_t pixel_bytes)
{
    view->pixel_bytes = pixel_bytes;
    view->row_bytes = (size_t)s->out_w * pixel_bytes;
    view->n = 1;
    view->h = s->out_h;
    view->w = s->out_w;
}

/* A column of pixels as a row. */
static void turn(tb_view *view)
{
    view->pixel_bytes = view->row_bytes;
    view->row_bytes = view->image_bytes;
    view->w = view->h;
    view->h = 1;
}

/* On by so many bytes, or back. */
static void move_segments(const char **seg, size_t count, ptrdiff_t bytes)
{
    for (size_t i = 0; i < count; i++)
        seg[i] += bytes;
}

/*
 * One row of outputs, in stretches between which it may be stopped: a row may be very long. The
 * segments' starts are moved along and back.
 */
#define DEFINE_RUN_ROW(name, job_t, kernel, ALONG)                               \
    static void name(const gemm_step *s, job_t *job, const char **seg, size_t m) \
    {                                                                            \
        const size_t stretch = tb_stretch_pixels(s->segs * job->k * job->n);     \
        size_t x = 0;                                                            \
        for (;; x += stretch) {                                                  \
            job->m = m - x < stretch ? m - x : stretch;                          \
            s->kernel(job);                                                      \
            if (m - x <= stretch || tb_stopped())                                \
                break;                                                           \
            move_segments(seg, s->segs, (ptrdiff_t)(stretch * job->a_stride));   \
            job->c += stretch * job->c_stride;                                   \
            ALONG(job, stretch);                                                 \
        }                                                                        \
        if (x)                                                                   \
            move_segments(seg, s->segs, -(ptrdiff_t)(x * job->a_stride));        \
    }

static void move_residual(tb_f32_gemm *job, size_t pixels)
{
    if (job->residual)
        job->residual += pixels * job->residual_stride;
}

static void move_row_sum(tb_q8_gemm *job, size_t pixels)
{
    if (job->row_sum)
        job->row_sum += pixels;
}

DEFINE_RUN_ROW(run_f32_row, tb_f32_gemm, f32, move_residual)
DEFINE_RUN_ROW(run_q8_row, tb_q8_gemm, q8, move_row_sum)

static void run_panels(const gemm_run *g, int32_t image, int32_t y, int32_t rows, size_t first,
                       size_t end, char *scratch)
{
    const gemm_step *s = g->step;
    const tb_window *w = &s->source.window;
    const int32_t last_row = s->out_h - 1;
    const int32_t in_w = s->flat && y + rows - 1 == last_row ? s->last_w : s->source.in_w;
    const char *const *in = tb_source_band(&s->source, &g->in, image, y, rows, in_w, scratch);
    const char **seg = (const char **)(void *)(scratch + s->seg_offset);
    int32_t *sums = (int32_t *)(void *)(scratch + s->row_sum_offset);
    const size_t in_pixel = s->source.staged ? s->source.pixel_bytes : g->in.pixel_bytes;
    const size_t taps = s->segs / (size_t)w->kh; /* stretches in a row of taps */
    for (int32_t row = 0; row < rows; row++)
        for (int32_t ky = 0; ky < w->kh; ky++)
            for (size_t kx = 0; kx < taps; kx++)
                seg[((size_t)row * (size_t)w->kh + (size_t)ky) * taps + kx] =
                    in[row * w->stride_h + ky * w->dilation_h] +
                    kx * (size_t)w->dilation_w * in_pixel;

    tb_f32_gemm f = s->f32_job;
    tb_q8_gemm q = s->q8_job;
    f.a_stride = q.a_stride = (size_t)w->stride_w * in_pixel;
    f.c_stride = q.c_stride = g->out.pixel_bytes;
    f.residual_stride = g->residual.pixel_bytes;
    for (int32_t row = 0; s->row_sum && row < rows; row++) {
        q.seg = seg + (size_t)row * s->segs;
        q.m = (size_t)(y + row == last_row ? s->last_w : s->out_w);
        q.k = s->real_seg_values;
        s->row_sum(&q, s->row_sum_factor, sums + (size_t)row * (size_t)s->out_w);
    }
    q.k = s->seg_values;
    const size_t products = s->segs * s->seg_values * s->panel_columns;
    const size_t panels_at_once = s->one_row ? tb_stretch_pixels(products) : 1;
    for (size_t panel = first; panel < end && !tb_stopped(); panel += panels_at_once) {
        const size_t column = panel * s->panel_columns;
        const char *b = s->packed + panel * s->panel_bytes;
        const size_t left = (size_t)s->out_c - column;
        const size_t here = end - panel < panels_at_once ? end - panel : panels_at_once;
        const size_t n = left < here * s->panel_columns ? left : here * s->panel_columns;
        for (int32_t row = 0; row < rows; row++) {
            const size_t m = (size_t)(y + row == last_row ? s->last_w : s->out_w);
            char *c = tb_view_row(&g->out, image, y + row);
            const char **row_seg = seg + (size_t)row * s->segs;
            if (s->quantized) {
                q.seg = row_seg;
                q.b = b;
                q.n = n;
                q.c = c + column;
                q.row_sum = s->row_sum ? sums + (size_t)row * (size_t)s->out_w : NULL;
                run_q8_row(s, &q, row_seg, m);
            } else {
                f.seg = row_seg;
                f.b = (const float *)(const void *)b;
                f.n = n;
                f.c = c + column * sizeof(float);
                f.residual = s->residual < 0 ? NULL
                                             : tb_view_row(&g->residual, image, y + row) +
                                                   column * sizeof(float);
                f.slope = s->slope ? s->slope + column : NULL;
                run_f32_row(s, &f, row_seg, m);
            }
        }
    }
    const size_t begin_c = first * s->panel_columns, end_c = end * s->panel_columns;
    const size_t columns = (end_c < (size_t)s->out_c ? end_c : (size_t)s->out_c) - begin_c;
    for (int32_t row = 0; s->after.fn && row < rows; row++)
        tb_unary_row(&s->after, tb_view_row(&g->out, image, y + row) + begin_c * sizeof(float),
                     (size_t)(y + row == last_row ? s->last_w : s->out_w), g->out.pixel_bytes,
                     columns);
    if (end == s->panels)
        for (int32_t row = 0; row < rows; row++)
            tb_value_fill_halo(&g->run->plan->values[s->out], tb_view_row(&g->out, image, y + row));
}

static void run_tasks(void *context, size_t begin, size_t end, int thread)
{
    const gemm_run *g = context;
    const gemm_step *s = g->step;
    char *scratch = tb_run_scratch(g->run, thread);
    for (size_t task = begin; task < end && !tb_stopped(); task++) {
        size_t band = task / s->panel_groups, group = task % s->panel_groups;
        int32_t image = (int32_t)(band / (size_t)s->bands);
        int32_t y = (int32_t)(band % (size_t)s->bands) * s->band_rows;
        int32_t rows = s->out_h - y < s->band_rows ? s->out_h - y : s->band_rows;
        run_panels(g, image, y, rows, s->panels * group / s->panel_groups,
                   s->panels * (group + 1) / s->panel_groups, scratch);
    }
}

static void run(const tb_cpu_step *step, const tb_run *run)
{
    const gemm_step *s = (const gemm_step *)(const void *)step;
    gemm_run g = {s, run, *tb_run_view(run, s->in), *tb_run_view(run, s->out), {0}};
    if (s->residual >= 0)
        g.residual = *tb_run_view(run, s->residual);
    if (s->flat) {
        flatten(s, &g.in, s->in_pixel_bytes);
        flatten(s, &g.out, s->out_pixel_bytes);
        flatten(s, &g.residual, s->residual_pixel_bytes);
    } else if (s->turned) {
        turn(&g.in);
        turn(&g.out);
        turn(&g.residual);
    }
    const size_t tasks = (size_t)s->n * (size_t)s->bands * s->panel_groups;
    tb_run_tasks(run, tasks, s->tasks < 2, run_tasks, &g);
}

/* One row whose values lie as they are needed, by the caller alone: nothing is left to find out. */
static void run_one_row(const tb_cpu_step *step, const tb_run *run)
{
    const gemm_step *s = (const gemm_step *)(const void *)step;
    const char *seg = tb_run_view(run, s->in)->data;
    if (s->source.staged) { /* since the kernel may read a few bytes more */
        char *copy = tb_run_scratch(run, 0);
        memcpy(copy, seg, s->real_seg_values * s->source.element_bytes);
        seg = copy;
    }
    char *out = tb_run_view(run, s->out)->data;
    if (s->quantized) {
        tb_q8_gemm q = s->q8_job;
        int32_t sum;
        q.seg = &seg;
        q.c = out;
        if (s->row_sum) {
            q.k = s->real_seg_values;
            s->row_sum(&q, s->row_sum_factor, &sum);
            q.k = s->seg_values;
            q.row_sum = &sum;
        }
        s->q8(&q);
    } else {
        tb_f32_gemm f = s->f32_job;
        f.seg = &seg;
        f.c = out;
        f.residual = s->residual < 0 ? NULL : tb_run_view(run, s->residual)->data;
        s->f32(&f);
        tb_unary_row(&s->after, out, 1, (size_t)s->out_c * sizeof(float), (size_t)s->out_c);
    }
}

/* Such a row, of few enough weights that nobody wants to stop. */
static bool is_plain_row(const gemm_step *s)
{
    return s->one_row && s->flat && s->tasks < 2 && !s->source.widened &&
           (double)s->seg_values * (double)s->out_c < MOST_PRODUCTS;
}

/* ---- planning -------------------------------------------------------------------------------------- */

tb_status tb_gemm_factors(tb_plan *plan, const tb_cpu_op *op, int input, int filter,
                          bool float_product, int32_t channels, tb_error *err, const double **out)
{
    const tb_value *in = &plan->values[input], *result = &plan->values[op->result];
    const TfLiteTensor *weights = &plan->context->tensors[plan->values[filter].tensor];
    const TfLiteAffineQuantization *affine = weights->quantization.params;
    const int count = affine->scale->size;
    double *factors = TB_PLAN_NEW(plan, double, (size_t)channels);
    if (!factors)
        return tb_fail(err, TB_NO_MEMORY, "planning the scales of %d channels", channels);
    for (int32_t c = 0; c < channels; c++) {
        const float scale = affine->scale->data[count > 1 ? c : 0];
        const double product = float_product ? (double)(in->scale * weights->params.scale)
                                             : (double)in->scale * (double)scale;
        factors[c] = product / (double)result->scale;
    }
    *out = factors;
    return TB_OK;
}

tb_status tb_gemm_scales(tb_plan *plan, const tb_cpu_op *op, int input, int filter,
                         int32_t channels, tb_error *err, const tb_multiplier **out,
                         tb_q8_rescale *rescale)
{
    const double *factors;
    const bool unsigned_type = plan->values[input].type == kTfLiteUInt8;
    tb_status status =
        tb_gemm_factors(plan, op, input, filter, unsigned_type, channels, err, &factors);
    if (status != TB_OK)
        return status;
    tb_multiplier *scales = TB_PLAN_NEW(plan, tb_multiplier, (size_t)channels);
    if (!scales)
        return tb_fail(err, TB_NO_MEMORY, "planning the scales of %d channels", channels);
    *rescale = TB_Q8_PLAIN;
    for (int32_t c = 0; c < channels; c++) {
        if (!tb_multiplier_from_real(factors[c], &scales[c]))
            return tb_fail(err, TB_UNSUPPORTED,
                           "channel %d: input scale * filter scale / output scale is %g", c,
                           factors[c]);
        if (scales[c].shift >= 0)
            *rescale = TB_Q8_ANY;
    }
    *out = scales;
    return TB_OK;
}

/* How many tasks, and whether they get panels each rather than rows. Rows leave a thread what it
   wrote itself, in its own cache; but each thread reads all weights. */
static void choose_tasks(const tb_plan *plan, const tb_gemm_spec *spec, gemm_step *s)
{
    const tb_value *in = &plan->values[spec->input], *out = &plan->values[s->out];
    const double pixels = (double)spec->n * (double)spec->out_h * (double)spec->out_w;
    const double k = (double)spec->window.kh * (double)spec->window.kw * (double)spec->in_c;
    const double weights = k * (double)spec->out_c * (double)in->element_bytes;
    const double moved = (double)in->elements * (double)in->element_bytes +
                         pixels * (double)spec->out_c * (double)out->element_bytes;
    const size_t at_once = s->quantized ? plan->kernels->q8_gemm.kr & 0xFFu : 1;
    s->tasks = tb_split_tasks(
        plan, spec->input,
        tb_split_ns(plan, pixels * k * (double)spec->out_c, at_once, weights + moved));
    tb_split_set_spread(plan, s->out, s->tasks > 1);
    const size_t threads = (size_t)plan->threads;
    s->by_panels = s->panels > 1 && (pixels < (double)(threads * TASK_PIXELS) ||
                                     (s->panels >= 2 * threads && weights > MANY_WEIGHTS * moved));
}

static void choose_bands(const tb_plan *plan, gemm_step *s, size_t pixel_bytes)
{
    size_t weights = s->panels * s->panel_bytes;
    size_t budget = weights > BIG_WEIGHT_BYTES ? BIG_BAND_BYTES : BAND_BYTES;
    size_t pixels = budget / (pixel_bytes ? pixel_bytes : 1);
    if (pixels < BAND_PIXELS)
        pixels = BAND_PIXELS;
    const size_t rows = pixels / (size_t)s->out_w;
    const int32_t most = rows < 1 ? 1 : rows > (size_t)s->out_h ? s->out_h : (int32_t)rows;
    s->band_rows = tb_split_rows(plan, s->n, s->out_h, most, s->by_panels ? 1 : s->tasks);
    s->bands = (s->out_h + s->band_rows - 1) / s->band_rows;
    s->panel_groups = 1;
    if (s->by_panels) {
        const size_t bands = (size_t)s->n * (size_t)s->bands;
        s->panel_groups = (s->tasks + bands - 1) / bands;
        if (s->panel_groups > s->panels)
            s->panel_groups = s->panels;
    }
}

void tb_gemm_float_bounds(const tb_cpu_op *op, TfLiteFusedActivation activation, float *min,
                          float *max, float *min2, float *max2)
{
    tb_float_bounds(activation, min, max);
    *min2 = -INFINITY;
    *max2 = INFINITY;
    if (op->residual >= 0)
        tb_float_bounds(((const TfLiteAddParams *)op->add_params)->activation, min2, max2);
    if (op->has_clamp) {
        float *low = op->residual >= 0 ? min2 : min, *high = op->residual >= 0 ? max2 : max;
        *low = fmaxf(*low, op->clamp_min);
        *high = fminf(*high, op->clamp_max);
    }
}

static tb_status lower_float(tb_plan *plan, tb_cpu_op *op, const tb_gemm_spec *spec,
                             const tb_pack_gemm *pack, tb_error *err, gemm_step *s)
{
    tb_f32_gemm *job = &s->f32_job;
    job->segs = s->segs;
    job->k = s->seg_values;
    tb_gemm_float_bounds(op, spec->activation, &job->min, &job->max, &job->min2, &job->max2);
    if (op->slope >= 0)
        s->slope = plan->values[op->slope].constant;
    s->f32 = plan->kernels->f32_gemm.fn;
    s->panel_bytes = tb_pack_f32_panel_bytes(pack);
    const void *packed;
    tb_status status = tb_pack_f32_gemm(plan->packs, pack, err, &packed);
    s->packed = packed;
    return status;
}

static tb_status lower_q8(tb_plan *plan, tb_cpu_op *op, const tb_gemm_spec *spec,
                          const tb_pack_gemm *pack, tb_error *err, gemm_step *s)
{
    const tb_value *in = &plan->values[spec->input], *result = &plan->values[op->result];
    const tb_value *filter = &plan->values[spec->filter];
    tb_pack_q8 q = {.weights_unsigned = filter->type == kTfLiteUInt8,
                    .weight_zero = filter->zero_point,
                    .input_zero = tb_value_unsigned_zero(in),
                    .input_signed = plan->kernels->q8_gemm.kr == TB_KR_SIGNED};
    tb_q8_gemm *job = &s->q8_job;
    tb_status status;
    if (spec->real_factors) {
        job->rescale = TB_Q8_REAL;
        status = tb_gemm_factors(plan, op, spec->input, spec->filter, false, spec->out_c, err,
                                 &q.factors);
    } else {
        status = tb_gemm_scales(plan, op, spec->input, spec->filter, spec->out_c, err, &q.scales,
                                &job->rescale);
    }
    if (status != TB_OK)
        return status;
    status = tb_quantized_bounds(result, spec->activation, err, &job->min, &job->max);
    if (status != TB_OK)
        return status;
    job->rescale = tb_pack_q8_widen(&q, plan->kernels->q8_gemm.kr, job->rescale,
                                    (size_t)spec->out_c, result->zero_point, job->min);
    job->segs = s->segs;
    job->k = s->seg_values;
    job->zero_point = result->zero_point;
    job->flip = in->type == kTfLiteInt8 ? 0x80808080u : 0;
    s->q8 = plan->kernels->q8_gemm.fn;
    int32_t zw = q.weights_unsigned ? q.weight_zero - 128 : q.weight_zero;
    if (pack->kr == 4 && zw != 0) {
        s->row_sum = plan->kernels->q8_row_sum.fn;
        s->row_sum_factor = -zw;
    }
    s->panel_bytes = tb_pack_q8_panel_bytes(pack);
    const void *packed;
    status = tb_pack_q8_gemm(plan->packs, pack, &q, err, &packed);
    s->packed = packed;
    return status;
}

static bool is_column(const tb_plan *plan, const tb_cpu_op *op, const tb_gemm_spec *spec)
{
    const tb_value *residual = tb_plan_value(plan, op->residual);
    const tb_window *w = &spec->window;
    return spec->in_w == 1 && spec->out_w == 1 && w->kw == 1 && !w->left && !w->right &&
           spec->out_h > 1 && tb_view_is_dense(&plan->values[spec->input].view) &&
           tb_view_is_dense(&plan->values[op->out].view) &&
           (!residual || tb_view_is_dense(&residual->view));
}

/* With height and width exchanged. */
static tb_gemm_spec turned_spec(const tb_gemm_spec *spec)
{
    const tb_window *w = &spec->window;
    tb_gemm_spec turned = *spec;
    turned.in_h = spec->in_w;
    turned.in_w = spec->in_h;
    turned.out_h = spec->out_w;
    turned.out_w = spec->out_h;
    turned.window = (tb_window){.kh = w->kw,
                                .kw = w->kh,
                                .stride_h = w->stride_w,
                                .stride_w = w->stride_h,
                                .dilation_h = w->dilation_w,
                                .dilation_w = w->dilation_h,
                                .top = w->left,
                                .left = w->top,
                                .bottom = w->right,
                                .right = w->bottom};
    return turned;
}

tb_status tb_gemm_lower(tb_plan *plan, tb_cpu_op *op, const tb_gemm_spec *given, tb_error *err)
{
    const bool turned = is_column(plan, op, given);
    const tb_gemm_spec as_row = turned_spec(given), *spec = turned ? &as_row : given;
    const int winograd = op->exact ? 0 : tb_winograd_size(plan, spec);
    if (winograd)
        return tb_winograd_lower(plan, op, spec, winograd, err);
    const tb_value *in = &plan->values[spec->input], *out = &plan->values[op->out];
    const bool quantized = tb_type_is_q8(in->type);
    const char *kernel = quantized ? plan->kernels->q8_gemm.name : plan->kernels->f32_gemm.name;
    gemm_step *s = tb_step_new(plan, op, sizeof *s, spec->name, kernel, run);
    if (!s)
        return tb_fail(err, TB_NO_MEMORY, "planning a step");
    s->in = spec->input;
    s->out = op->out;
    s->residual = op->residual;
    s->after = op->after;
    s->turned = turned;
    s->out_c = spec->out_c;
    s->n = spec->n;
    s->out_h = spec->out_h;
    s->out_w = spec->out_w;
    s->last_w = spec->out_w;

    const tb_window *w = &spec->window;
    const bool pointwise = w->kh == 1 && w->kw == 1 && w->stride_h == 1 && w->stride_w == 1 &&
                           !w->top && !w->left && !w->bottom && !w->right;
    const tb_value *residual = tb_plan_value(plan, op->residual);
    s->flat = pointwise && tb_view_is_dense(&in->view) && tb_view_is_dense(&out->view) &&
              (!residual || tb_view_is_dense(&residual->view)) &&
              (int64_t)spec->n * spec->out_h * spec->out_w <= INT32_MAX - FLAT_PIXELS;
    int32_t in_w = spec->in_w, in_h = spec->in_h;
    s->quantized = quantized;
    s->panel_columns = quantized ? plan->kernels->q8_gemm.nr : plan->kernels->f32_gemm.nr;
    s->panels = ((size_t)spec->out_c + s->panel_columns - 1) / s->panel_columns;
    choose_tasks(plan, spec, s);
    if (s->flat) {
        s->in_pixel_bytes = (size_t)spec->in_c * in->element_bytes;
        s->residual_pixel_bytes = (size_t)spec->out_c * out->element_bytes;
        s->out_pixel_bytes = out->apart ? out->view.pixel_bytes : s->residual_pixel_bytes;
        int32_t pixels = spec->n * spec->out_h * spec->out_w;
        s->n = 1;
        s->out_h = (pixels + FLAT_PIXELS - 1) / FLAT_PIXELS;
        if (s->tasks > 1 && !s->by_panels) /* as many for each thread */
            s->out_h = (s->out_h + plan->threads - 1) / plan->threads * plan->threads;
        s->out_w = s->out_h > 1 ? (pixels + s->out_h - 1) / s->out_h : pixels;
        s->out_h = (pixels + s->out_w - 1) / s->out_w;
        s->last_w = pixels - (s->out_h - 1) * s->out_w;
        in_w = s->out_w;
        in_h = s->out_h;
    }

    /* Taps of a row that follow each other in memory are one stretch. */
    const size_t kr = quantized ? plan->kernels->q8_gemm.kr & 0xFFu : 1;
    const bool joined = w->dilation_w == 1;
    s->segs = (size_t)w->kh * (joined ? 1u : (size_t)w->kw);
    s->real_seg_values = (size_t)spec->in_c * (joined ? (size_t)w->kw : 1u);
    s->seg_values = (s->real_seg_values + kr - 1) / kr * kr;
    const bool overruns = s->seg_values != s->real_seg_values;
    const tb_source_spec source = {.value = spec->input,
                                   .window = *w,
                                   .in_h = in_h,
                                   .in_w = in_w,
                                   .channels = spec->in_c,
                                   .out_w = s->out_w,
                                   .widened = quantized && kr == 2,
                                   .may_overrun = overruns};
    tb_status status = tb_source_init(plan, &source, err, &s->source);
    if (status != TB_OK)
        return status;

    tb_pack_gemm pack = {.weights = plan->values[spec->filter].constant,
                         .weight_step_k = spec->weight_step_k,
                         .weight_step_n = spec->weight_step_n,
                         .n = (size_t)spec->out_c,
                         .k = s->real_seg_values,
                         .segs = s->segs,
                         .k_padded = s->seg_values,
                         .kr = kr};
    if (spec->bias >= 0)
        pack.bias = plan->values[spec->bias].constant;
    pack.nr = s->panel_columns;
    pack.vl = plan->kernels->f32_dw.nr;
    status = quantized ? lower_q8(plan, op, spec, &pack, err, s)
                       : lower_float(plan, op, spec, &pack, err, s);
    if (status != TB_OK)
        return status;

    s->one_row = s->n == 1 && s->out_h == 1 && s->out_w == 1;
    choose_bands(plan, s, s->segs * s->seg_values * s->source.element_bytes / (size_t)w->kh);
    if (s->flat && s->source.staged)
        s->band_rows = 1, s->bands = s->out_h; /* so that a band has one width */
    size_t rows = (size_t)s->band_rows;
    s->seg_offset = tb_align_up(tb_source_scratch(&s->source, s->band_rows), TB_CPU_ALIGNMENT);
    s->row_sum_offset =
        tb_align_up(s->seg_offset + rows * s->segs * sizeof(char *), TB_CPU_ALIGNMENT);
    s->base.scratch_bytes = s->row_sum_offset + rows * (size_t)s->out_w * sizeof(int32_t);
    if (is_plain_row(s)) {
        s->q8_job.m = s->f32_job.m = 1;
        s->q8_job.n = s->f32_job.n = (size_t)s->out_c;
        s->q8_job.b = s->packed;
        s->f32_job.b = (const float *)(const void *)s->packed;
        s->f32_job.slope = s->slope;
        s->base.run = run_one_row;
    }
    return TB_OK;
}
