/* DEPTHWISE_CONV_2D: bands of output rows, each row one call of the kernel. With a single input
   channel it is an ordinary convolution. */
#include <math.h>

#include "delegates/cpu/gemm.h"
#include "delegates/cpu/op_rows.h"
#include "delegates/cpu/pack.h"
#include "delegates/cpu/source.h"
#include "delegates/cpu/split.h"
#include "runtime/base/size.h"
#include "runtime/tflite_abi/builtin_op_data.h"

enum { STAGED_ROWS = 8 }; /* of a band whose input is copied first */

typedef struct depthwise_step {
    tb_cpu_step base;
    tb_source source;
    int in, out;
    int32_t n, out_h, out_w, channels;
    int32_t band_rows, bands;
    bool alone; /* too little for a second thread */
    bool quantized;
    const void *weights;
    const float *slope;
    float min, max;
    int32_t zero_point, q_min, q_max;
    tb_q8_rescale rescale;
    tb_f32_dw_fn f32;
    tb_q8_dw_fn q8;
} depthwise_step;

typedef struct depthwise_run {
    const depthwise_step *step;
    const tb_run *run;
    const tb_view *in, *out;
} depthwise_run;

/* One band of outputs, in stretches of its rows between which it may be stopped: they may be very
   long. `rows` are the input's, moved along. */
static void run_band(const depthwise_step *s, tb_f32_dw *f, tb_q8_dw *q, const char **rows,
                     size_t row_count)
{
    const size_t stretch = tb_stretch_pixels(f->height * f->kh * f->kw * f->channels);
    for (size_t left = (size_t)s->out_w;; left -= stretch) {
        f->width = q->width = left < stretch ? left : stretch;
        if (s->quantized)
            s->q8(q);
        else
            s->f32(f);
        if (left <= stretch || tb_stopped())
            return;
        for (size_t i = 0; i < row_count; i++)
            rows[i] += stretch * f->pixel_step;
        f->out = q->out += stretch * f->out_stride;
    }
}

static void run_bands(void *context, size_t begin, size_t end, int thread)
{
    const depthwise_run *r = context;
    const depthwise_step *s = r->step;
    const tb_window *w = &s->source.window;
    char *scratch = tb_run_scratch(r->run, thread);
    const size_t in_pixel = s->source.staged ? s->source.pixel_bytes : r->in->pixel_bytes;
    tb_f32_dw f = {.kh = (size_t)w->kh,
                   .kw = (size_t)w->kw,
                   .row_step = (size_t)w->stride_h,
                   .row_dilation = (size_t)w->dilation_h,
                   .pixel_step = (size_t)w->stride_w * in_pixel,
                   .tap_step = (size_t)w->dilation_w * in_pixel,
                   .weights = s->weights,
                   .out_stride = r->out->pixel_bytes,
                   .out_row_stride = r->out->row_bytes,
                   .width = (size_t)s->out_w,
                   .channels = (size_t)s->channels,
                   .min = s->min,
                   .max = s->max,
                   .slope = s->slope};
    tb_q8_dw q = {.kh = f.kh,
                  .kw = f.kw,
                  .row_step = f.row_step,
                  .row_dilation = f.row_dilation,
                  .pixel_step = f.pixel_step,
                  .tap_step = f.tap_step,
                  .flip = s->source.flip,
                  .weights = s->weights,
                  .out_stride = f.out_stride,
                  .out_row_stride = f.out_row_stride,
                  .width = f.width,
                  .channels = f.channels,
                  .zero_point = s->zero_point,
                  .min = s->q_min,
                  .max = s->q_max,
                  .rescale = s->rescale};
    for (size_t band = begin; band < end && !tb_stopped(); band++) {
        int32_t image = (int32_t)(band / (size_t)s->bands);
        int32_t y = (int32_t)(band % (size_t)s->bands) * s->band_rows;
        int32_t rows = s->out_h - y < s->band_rows ? s->out_h - y : s->band_rows;
        const char **in =
            tb_source_band(&s->source, r->in, image, y, rows, s->source.in_w, scratch);
        f.rows = q.rows = in;
        f.height = q.height = (size_t)rows;
        f.out = q.out = tb_view_row(r->out, image, y);
        run_band(s, &f, &q, in, (size_t)tb_source_rows(&s->source, rows));
        for (int32_t row = 0; row < rows; row++)
            tb_value_fill_halo(&r->run->plan->values[s->out], tb_view_row(r->out, image, y + row));
    }
}

static void run(const tb_cpu_step *step, const tb_run *run)
{
    const depthwise_step *s = (const depthwise_step *)(const void *)step;
    depthwise_run r = {s, run, tb_run_view(run, s->in), tb_run_view(run, s->out)};
    tb_run_tasks(run, (size_t)s->n * (size_t)s->bands, s->alone, run_bands, &r);
}

/* ---- planning -------------------------------------------------------------------------------------- */

static bool takes(tb_cpu_query *query)
{
    const TfLiteTensor *input = tb_query_input(query, 0), *filter = tb_query_input(query, 1);
    const TfLiteTensor *bias = tb_query_input(query, 2), *output = tb_query_output(query, 0);
    const TfLiteDepthwiseConvParams *params = query->node->builtin_data;
    if (!tb_query_same_type(query, input, output) || !tb_query_rank(query, input, "input", 4, 4) ||
        !tb_query_rank(query, filter, "filter", 4, 4) ||
        !tb_query_filter(query, input, filter, bias, 3) ||
        !tb_query_activation(query, params->activation))
        return false;
    const int32_t channels = output->dims->data[3], in_channels = input->dims->data[3];
    if (filter->dims->data[0] != 1 || filter->dims->data[3] != channels ||
        (bias && tb_query_elements(bias) != (size_t)channels))
        return tb_query_no(query, "filter or bias do not have the output's %d channels", channels);
    if (in_channels != channels && in_channels != 1 &&
        !(query->any_groups && channels % in_channels == 0))
        return tb_query_no(query, "%d output channels for %d input channels", channels,
                           in_channels);
    const tb_window window = {.kh = filter->dims->data[1],
                              .kw = filter->dims->data[2],
                              .stride_h = params->stride_height,
                              .stride_w = params->stride_width,
                              .dilation_h = params->dilation_height_factor,
                              .dilation_w = params->dilation_width_factor};
    return tb_query_window(query, input, output, params->padding, &window);
}

static void window_of(const tb_plan *plan, const tb_cpu_op *op, tb_window *out)
{
    const TfLiteDepthwiseConvParams *params = op->params;
    const tb_value *in = &plan->values[op->in[0]], *filter = &plan->values[op->in[1]];
    *out = (tb_window){.kh = filter->dims[1],
                       .kw = filter->dims[2],
                       .stride_h = params->stride_height,
                       .stride_w = params->stride_width,
                       .dilation_h = params->dilation_height_factor,
                       .dilation_w = params->dilation_width_factor};
    tb_op_window_pad(op, in, params->padding, out);
}

/* One input channel: filter [1][kh][kw][channels] as a matrix with k = kh * kw. */
static tb_status lower_single_channel(tb_plan *plan, tb_cpu_op *op, const tb_window *window,
                                      tb_error *err)
{
    const TfLiteDepthwiseConvParams *params = op->params;
    const tb_value *in = &plan->values[op->in[0]], *out = &plan->values[op->out];
    const tb_gemm_spec spec = {.input = op->in[0],
                               .filter = op->in[1],
                               .bias = op->in_count > 2 ? op->in[2] : -1,
                               .weight_step_k = (size_t)out->dims[3],
                               .weight_step_n = 1,
                               .activation = params->activation,
                               .window = *window,
                               .n = in->dims[0],
                               .in_h = in->dims[1],
                               .in_w = in->dims[2],
                               .in_c = 1,
                               .out_h = out->dims[1],
                               .out_w = out->dims[2],
                               .out_c = out->dims[3],
                               .name = "depthwise_conv_2d_as_conv"};
    return tb_gemm_lower(plan, op, &spec, err);
}

static tb_status lower_q8(tb_plan *plan, tb_cpu_op *op, const tb_pack_dw *pack, tb_error *err,
                          depthwise_step *s)
{
    const TfLiteDepthwiseConvParams *params = op->params;
    const tb_value *in = &plan->values[op->in[0]], *result = &plan->values[op->result];
    const tb_value *filter = &plan->values[op->in[1]];
    tb_pack_q8 q = {.weights_unsigned = filter->type == kTfLiteUInt8,
                    .weight_zero = filter->zero_point,
                    .input_zero = tb_value_unsigned_zero(in)};
    tb_status status =
        tb_gemm_scales(plan, op, op->in[0], op->in[1], s->channels, err, &q.scales, &s->rescale);
    if (status != TB_OK)
        return status;
    s->quantized = true;
    s->zero_point = result->zero_point;
    s->q8 = plan->kernels->q8_dw.fn;
    status = tb_quantized_bounds(result, params->activation, err, &s->q_min, &s->q_max);
    if (status != TB_OK)
        return status;
    s->rescale = tb_pack_q8_widen(&q, plan->kernels->q8_dw.kr, s->rescale, pack->channels,
                                  result->zero_point, s->q_min);
    return tb_pack_q8_dw(plan->packs, pack, &q, err, &s->weights);
}

static tb_status lower(tb_plan *plan, tb_cpu_op *op, tb_error *err)
{
    const TfLiteDepthwiseConvParams *params = op->params;
    const tb_value *in = &plan->values[op->in[0]], *out = &plan->values[op->out];
    tb_window window;
    window_of(plan, op, &window);
    if (in->dims[3] != out->dims[3])
        return lower_single_channel(plan, op, &window, err);
    const bool quantized = tb_type_is_q8(in->type);
    const char *kernel = quantized ? plan->kernels->q8_dw.name : plan->kernels->f32_dw.name;
    depthwise_step *s = tb_step_new(plan, op, sizeof *s, "depthwise_conv_2d", kernel, run);
    if (!s)
        return tb_fail(err, TB_NO_MEMORY, "planning a step");
    s->in = op->in[0];
    s->out = op->out;
    s->n = in->dims[0];
    s->out_h = out->dims[1];
    s->out_w = out->dims[2];
    s->channels = out->dims[3];
    const tb_source_spec source = {.value = op->in[0],
                                   .window = window,
                                   .in_h = in->dims[1],
                                   .in_w = in->dims[2],
                                   .channels = s->channels,
                                   .out_w = s->out_w};
    tb_status status = tb_source_init(plan, &source, err, &s->source);
    if (status != TB_OK)
        return status;
    tb_pack_dw pack = {.weights = plan->values[op->in[1]].constant,
                       .kh = (size_t)window.kh,
                       .kw = (size_t)window.kw,
                       .row_step = (size_t)window.stride_h,
                       .row_dilation = (size_t)window.dilation_h,
                       .channels = (size_t)s->channels,
                       .kr = plan->kernels->q8_dw.kr & 0xFFu,
                       .vl = quantized ? plan->kernels->q8_dw.nr : plan->kernels->f32_dw.nr};
    if (op->in_count > 2 && op->in[2] >= 0)
        pack.bias = plan->values[op->in[2]].constant;
    if (quantized) {
        status = lower_q8(plan, op, &pack, err, s);
    } else {
        tb_float_bounds(params->activation, &s->min, &s->max);
        if (op->has_clamp) {
            s->min = fmaxf(s->min, op->clamp_min);
            s->max = fminf(s->max, op->clamp_max);
        }
        if (op->slope >= 0)
            s->slope = plan->values[op->slope].constant;
        s->f32 = plan->kernels->f32_dw.fn;
        status = tb_pack_f32_dw(plan->packs, &pack, err, &s->weights);
    }
    if (status != TB_OK)
        return status;
    const double moved = (double)(in->elements + out->elements) * (double)in->element_bytes;
    const double products = (double)out->elements * (double)window.kh * (double)window.kw;
    const int32_t most = s->source.staged ? STAGED_ROWS : s->out_h;
    size_t tasks = tb_split_tasks(plan, op->in[0], tb_split_ns(plan, products, 1, moved));
    s->alone = tasks == 1;
    tb_split_set_spread(plan, s->out, !s->alone);
    /* rather fewer tasks than an odd number of rows, since kernels do two at a time */
    do
        s->band_rows = tb_split_rows(plan, s->n, s->out_h, most, tasks);
    while (s->band_rows % 2 && tasks > (size_t)plan->threads && (tasks -= (size_t)plan->threads));
    s->bands = (s->out_h + s->band_rows - 1) / s->band_rows;
    s->base.scratch_bytes = tb_source_scratch(&s->source, s->band_rows);
    return TB_OK;
}

/* Hybrid ones always are. */
static bool is_asymmetric(const void *params, const TfLiteTensor *filter)
{
    (void)params;
    (void)filter;
    return true;
}

const tb_cpu_op_row tb_cpu_op_depthwise = {
    .traits = TB_OP_VIEWS | TB_OP_PADS | TB_OP_CLAMPS | TB_OP_SLOPE | TB_OP_WINDOWED | TB_OP_HYBRID,
    .channel_axis = 3,
    .asymmetric = is_asymmetric,
    .params_bytes = sizeof(TfLiteDepthwiseConvParams),
    .activation_offset = offsetof(TfLiteDepthwiseConvParams, activation),
    .takes = takes,
    .lower = lower,
    .window = window_of,
};
