/* AVERAGE_POOL_2D and MAX_POOL_2D: padding takes no part, so windows are cut at the border. */
#include "delegates/cpu/op_rows.h"
#include "runtime/tflite_abi/builtin_op_data.h"

enum { TASK_TAPS = 16384 /* values of the input in about a microsecond */ };

typedef struct pool_step {
    tb_cpu_step base;
    tb_window window;
    int in, out;
    int32_t in_h, in_w, n, out_h, out_w, channels;
    size_t element_bytes;
    uint32_t flip;
    float min, max;
    int32_t q_min, q_max;
    tb_f32_pool_fn f32;
    tb_q8_pool_fn q8;
} pool_step;

typedef struct pool_run {
    const pool_step *step;
    const tb_run *run;
} pool_run;

/* The part [*first, *end) of a window at `origin` that lies in [0, size). */
static void cut(int32_t origin, int32_t taps, int32_t size, int32_t *first, int32_t *end)
{
    *first = origin < 0 ? 0 : origin;
    *end = origin + taps < size ? origin + taps : size;
}

static void run_rows(void *context, size_t begin, size_t end, int thread)
{
    const pool_run *r = context;
    const pool_step *s = r->step;
    const tb_window *w = &s->window;
    const tb_view *in = tb_run_view(r->run, s->in), *out = tb_run_view(r->run, s->out);
    const char **taps = (const char **)(void *)tb_run_scratch(r->run, thread);
    for (size_t index = begin; index < end && !tb_stopped(); index++) {
        int32_t image = (int32_t)(index / (size_t)s->out_h);
        int32_t y = (int32_t)(index % (size_t)s->out_h), y0, y1;
        cut(y * w->stride_h - w->top, w->kh, s->in_h, &y0, &y1);
        char *row = tb_view_row(out, image, y);
        for (int32_t x = 0; x < s->out_w && !tb_stopped(); x++) {
            int32_t x0, x1;
            cut(x * w->stride_w - w->left, w->kw, s->in_w, &x0, &x1);
            size_t count = 0;
            for (int32_t yy = y0; yy < y1; yy++)
                for (int32_t xx = x0; xx < x1; xx++)
                    taps[count++] = tb_view_row(in, image, yy) + (size_t)xx * in->pixel_bytes;
            char *to = row + (size_t)x * out->pixel_bytes;
            if (s->f32)
                s->f32(taps, count, (size_t)s->channels, (float *)(void *)to, s->min, s->max);
            else
                s->q8(taps, count, (size_t)s->channels, (uint8_t *)to, s->flip, s->q_min, s->q_max);
        }
        tb_value_fill_halo(&r->run->plan->values[s->out], row);
    }
}

static void run(const tb_cpu_step *step, const tb_run *run)
{
    const pool_step *s = (const pool_step *)(const void *)step;
    pool_run r = {s, run};
    size_t rows = (size_t)s->n * (size_t)s->out_h;
    const size_t taps = (size_t)s->window.kh * (size_t)s->window.kw;
    const size_t row = taps * (size_t)s->out_w * (size_t)s->channels;
    tb_run_parallel(run, rows, TASK_TAPS / row + 1, run_rows, &r);
}

/* ---- planning -------------------------------------------------------------------------------------- */

static tb_window window_of(const TfLitePoolParams *params)
{
    return (tb_window){.kh = params->filter_height,
                       .kw = params->filter_width,
                       .stride_h = params->stride_height,
                       .stride_w = params->stride_width,
                       .dilation_h = 1,
                       .dilation_w = 1};
}

static bool takes(tb_cpu_query *query)
{
    const TfLiteTensor *input = tb_query_input(query, 0), *output = tb_query_output(query, 0);
    const TfLitePoolParams *params = query->node->builtin_data;
    if (!tb_query_same_type(query, input, output) || !tb_query_rank(query, input, "input", 4, 4) ||
        !tb_query_activation(query, params->activation))
        return false;
    if (input->type != kTfLiteFloat32 && (input->params.scale != output->params.scale ||
                                          input->params.zero_point != output->params.zero_point))
        return tb_query_no(query, "input and output are quantised differently");
    if (input->dims->data[3] != output->dims->data[3])
        return tb_query_no(query, "the output has other channels than the input");
    const tb_window window = window_of(params);
    if ((int64_t)window.kh * window.kw >= 1 << 15)
        return tb_query_no(query, "the window is %d x %d", window.kh, window.kw);
    return tb_query_window(query, input, output, params->padding, &window);
}

static tb_status lower(tb_plan *plan, tb_cpu_op *op, const char *name, tb_error *err,
                       pool_step **out)
{
    const TfLitePoolParams *params = op->params;
    const tb_value *in = &plan->values[op->in[0]], *result = &plan->values[op->out];
    pool_step *s = tb_step_new(plan, op, sizeof *s, name, NULL, run);
    if (!s)
        return tb_fail(err, TB_NO_MEMORY, "planning a step");
    s->window = window_of(params);
    tb_op_window_pad(op, in, params->padding, &s->window);
    s->in = op->in[0];
    s->out = op->out;
    s->in_h = in->dims[1];
    s->in_w = in->dims[2];
    s->n = in->dims[0];
    s->out_h = result->dims[1];
    s->out_w = result->dims[2];
    s->channels = in->dims[3];
    s->flip = tb_value_flip(in);
    s->base.scratch_bytes = (size_t)s->window.kh * (size_t)s->window.kw * sizeof(char *);
    *out = s;
    if (tb_type_is_q8(in->type))
        return tb_quantized_bounds(result, params->activation, err, &s->q_min, &s->q_max);
    tb_float_bounds(params->activation, &s->min, &s->max);
    return TB_OK;
}

static tb_status lower_average(tb_plan *plan, tb_cpu_op *op, tb_error *err)
{
    pool_step *s;
    tb_status status = lower(plan, op, "average_pool_2d", err, &s);
    if (status != TB_OK)
        return status;
    if (plan->values[op->in[0]].type == kTfLiteFloat32)
        s->f32 = plan->kernels->f32_average_pool.fn;
    else
        s->q8 = plan->kernels->q8_average_pool.fn;
    s->base.info.kernel =
        s->f32 ? plan->kernels->f32_average_pool.name : plan->kernels->q8_average_pool.name;
    return TB_OK;
}

static tb_status lower_max(tb_plan *plan, tb_cpu_op *op, tb_error *err)
{
    pool_step *s;
    tb_status status = lower(plan, op, "max_pool_2d", err, &s);
    if (status != TB_OK)
        return status;
    if (plan->values[op->in[0]].type == kTfLiteFloat32)
        s->f32 = plan->kernels->f32_max_pool.fn;
    else
        s->q8 = plan->kernels->q8_max_pool.fn;
    s->base.info.kernel =
        s->f32 ? plan->kernels->f32_max_pool.name : plan->kernels->q8_max_pool.name;
    return TB_OK;
}

const tb_cpu_op_row tb_cpu_op_average_pool = {
    .traits = TB_OP_VIEWS, .takes = takes, .lower = lower_average};
const tb_cpu_op_row tb_cpu_op_max_pool = {
    .traits = TB_OP_VIEWS, .takes = takes, .lower = lower_max};
