/*
 * RESIZE_BILINEAR and RESIZE_NEAREST_NEIGHBOR. A row of output is made of two rows of input: floats
 * and INT8 (which the reference computes in integers of ten bits for a position) first between the
 * rows, then between the columns, UINT8 from the four pixels at once, since there the order of the
 * roundings shows.
 */
#include <string.h>

#include "delegates/cpu/op_rows.h"
#include "delegates/cpu/resize.h"
#include "runtime/base/size.h"
#include "runtime/quant.h"
#include "runtime/tflite_abi/builtin_op_data.h"

enum { TASK_ELEMENTS = 4096, ONE = TB_RESIZE_ONE };

typedef struct resize_step {
    tb_cpu_step base;
    int in, out;
    const tb_resize_sample *rows, *columns;
    tb_f32_lerp_fn lerp;
    tb_q8_blend_rows_fn blend_rows;
    tb_q8_blend_columns_fn blend_columns;
    tb_q8_blend_fn blend;
} resize_step;

typedef struct resize_run {
    const resize_step *step;
    const tb_run *run;
} resize_run;

typedef void (*row_fn)(const resize_step *s, const tb_view *in, const tb_view *out, int32_t image,
                       const tb_resize_sample *row, char *line, char *to);

static void row_f32(const resize_step *s, const tb_view *in, const tb_view *out, int32_t image,
                    const tb_resize_sample *row, char *scratch, char *to)
{
    const size_t c = (size_t)in->c;
    float *line = (float *)(void *)scratch;
    s->lerp((size_t)in->w * c, (const float *)(const void *)tb_view_row(in, image, row->low),
            (const float *)(const void *)tb_view_row(in, image, row->high), row->weight, line);
    for (int32_t x = 0; x < out->w; x++) {
        const tb_resize_sample *column = &s->columns[x];
        s->lerp(c, line + (size_t)column->low * c, line + (size_t)column->high * c, column->weight,
                (float *)(void *)(to + (size_t)x * out->pixel_bytes));
    }
}

static void row_i8(const resize_step *s, const tb_view *in, const tb_view *out, int32_t image,
                   const tb_resize_sample *row, char *scratch, char *to)
{
    const size_t c = (size_t)in->c;
    int32_t *line = (int32_t *)(void *)scratch;
    s->blend_rows((size_t)in->w * c, (const uint8_t *)tb_view_row(in, image, row->low),
                  (const uint8_t *)tb_view_row(in, image, row->high), ONE - row->weight10,
                  row->weight10, line);
    for (int32_t x = 0; x < out->w; x++) {
        const tb_resize_sample *column = &s->columns[x];
        s->blend_columns(c, line + (size_t)column->low * c, line + (size_t)column->high * c,
                         ONE - column->weight10, column->weight10,
                         (uint8_t *)to + (size_t)x * out->pixel_bytes);
    }
}

static void row_u8(const resize_step *s, const tb_view *in, const tb_view *out, int32_t image,
                   const tb_resize_sample *row, char *scratch, char *to)
{
    (void)scratch;
    const char *low = tb_view_row(in, image, row->low), *high = tb_view_row(in, image, row->high);
    for (int32_t x = 0; x < out->w; x++) {
        const tb_resize_sample *column = &s->columns[x];
        const size_t left = (size_t)column->low * in->pixel_bytes;
        const size_t right = (size_t)column->high * in->pixel_bytes;
        const uint8_t *const corners[] = {(const uint8_t *)low + left, (const uint8_t *)high + left,
                                          (const uint8_t *)low + right,
                                          (const uint8_t *)high + right};
        s->blend((size_t)in->c, corners, row->weight, column->weight,
                 (uint8_t *)to + (size_t)x * out->pixel_bytes);
    }
}

static void row_nearest(const resize_step *s, const tb_view *in, const tb_view *out, int32_t image,
                        const tb_resize_sample *row, char *scratch, char *to)
{
    (void)scratch;
    const size_t pixel = in->pixel_bytes;
    const char *from = tb_view_row(in, image, row->low);
    if (pixel == sizeof(float)) {
        for (int32_t x = 0; x < out->w; x++, to += sizeof(float))
            memcpy(to, from + (size_t)s->columns[x].low * sizeof(float), sizeof(float));
        return;
    }
    for (int32_t x = 0; x < out->w; x++, to += pixel)
        memcpy(to, from + (size_t)s->columns[x].low * pixel, pixel);
}

static void run_rows(void *context, size_t begin, size_t end, int thread)
{
    const resize_run *r = context;
    const resize_step *s = r->step;
    const row_fn row = s->lerp ? row_f32 : s->blend_rows ? row_i8 : s->blend ? row_u8 : row_nearest;
    const tb_view *in = tb_run_view(r->run, s->in), *out = tb_run_view(r->run, s->out);
    char *scratch = tb_run_scratch(r->run, thread);
    for (size_t index = begin; index < end; index++) {
        const int32_t image = (int32_t)(index / (size_t)out->h);
        const int32_t y = (int32_t)(index % (size_t)out->h);
        char *to = tb_view_row(out, image, y);
        row(s, in, out, image, &s->rows[y], scratch, to);
        tb_value_fill_halo(&r->run->plan->values[s->out], to);
    }
}

static void run(const tb_cpu_step *step, const tb_run *run)
{
    const resize_step *s = (const resize_step *)(const void *)step;
    const tb_view *out = tb_run_view(run, s->out);
    resize_run r = {s, run};
    const size_t row = (size_t)out->w * (size_t)out->c;
    tb_run_parallel(run, (size_t)out->n * (size_t)out->h, TASK_ELEMENTS / row + 1, run_rows, &r);
}

/* ---- planning -------------------------------------------------------------------------------------- */

static bool takes(tb_cpu_query *query)
{
    const TfLiteTensor *input = tb_query_input(query, 0), *output = tb_query_output(query, 0);
    if (!input || !output || input->type != output->type || !tb_cpu_is_plain(input->type))
        return tb_query_no(query, "from %s to %s", input ? TfLiteTypeGetName(input->type) : "none",
                           output ? TfLiteTypeGetName(output->type) : "none");
    if (!tb_query_rank(query, input, "input", 4, 4) ||
        !tb_query_rank(query, output, "output", 4, 4))
        return false;
    if (output->dims->data[0] != input->dims->data[0] ||
        output->dims->data[3] != input->dims->data[3])
        return tb_query_no(query, "the output has other images or channels than the input");
    if (tb_type_is_q8(input->type) && (input->params.scale != output->params.scale ||
                                       input->params.zero_point != output->params.zero_point))
        return tb_query_no(query, "input and output are quantised differently");
    if (!tb_query_is_known(query, tb_query_input(query, 1)))
        return tb_query_no(query, "the size is computed, not a constant");
    return true;
}

static bool takes_bilinear(tb_cpu_query *query)
{
    const TfLiteTensor *input = tb_query_input(query, 0);
    return takes(query) && (input->type == kTfLiteFloat32 || tb_type_is_q8(input->type) ||
                            tb_query_no(query, "not done for %s", TfLiteTypeGetName(input->type)));
}

static const tb_resize_sample *samples(tb_plan *plan, TfLiteType type, int32_t in, int32_t out,
                                       const TfLiteResizeBilinearParams *p)
{
    tb_resize_sample *all = TB_PLAN_NEW(plan, tb_resize_sample, (size_t)out);
    if (all)
        tb_resize_samples(type, in, out, p, all);
    return all;
}

static const tb_resize_sample *nearest_samples(tb_plan *plan, int32_t in, int32_t out,
                                               const TfLiteResizeNearestNeighborParams *p)
{
    tb_resize_sample *all = TB_PLAN_NEW(plan, tb_resize_sample, (size_t)out);
    for (int32_t i = 0; all && i < out; i++)
        all[i].low = tb_resize_nearest(in, out, i, p);
    return all;
}

static resize_step *new_step(tb_plan *plan, tb_cpu_op *op, const char *name)
{
    resize_step *s = tb_step_new(plan, op, sizeof *s, name, NULL, run);
    if (!s)
        return NULL;
    s->in = op->in[0];
    s->out = op->out;
    return s;
}

static tb_status lower_bilinear(tb_plan *plan, tb_cpu_op *op, tb_error *err)
{
    const tb_value *in = &plan->values[op->in[0]], *out = &plan->values[op->out];
    const tb_cpu_kernels *kernels = plan->kernels;
    resize_step *s = new_step(plan, op, "resize_bilinear");
    if (!s)
        return tb_fail(err, TB_NO_MEMORY, "planning a step");
    s->rows = samples(plan, in->type, in->dims[1], out->dims[1], op->params);
    s->columns = samples(plan, in->type, in->dims[2], out->dims[2], op->params);
    if (!s->rows || !s->columns)
        return tb_fail(err, TB_NO_MEMORY, "planning a step");
    s->base.scratch_bytes = (size_t)in->dims[2] * (size_t)in->dims[3] * sizeof(float);
    if (in->type == kTfLiteFloat32) {
        s->lerp = kernels->f32_lerp.fn;
        s->base.info.kernel = kernels->f32_lerp.name;
    } else if (in->type == kTfLiteInt8) {
        s->blend_rows = kernels->q8_blend_rows.fn;
        s->blend_columns = kernels->q8_blend_columns.fn;
        s->base.info.kernel = kernels->q8_blend_columns.name;
    } else {
        s->blend = kernels->q8_blend.fn;
        s->base.info.kernel = kernels->q8_blend.name;
    }
    return TB_OK;
}

static tb_status lower_nearest(tb_plan *plan, tb_cpu_op *op, tb_error *err)
{
    const tb_value *in = &plan->values[op->in[0]], *out = &plan->values[op->out];
    resize_step *s = new_step(plan, op, "resize_nearest_neighbor");
    if (!s)
        return tb_fail(err, TB_NO_MEMORY, "planning a step");
    s->rows = nearest_samples(plan, in->dims[1], out->dims[1], op->params);
    s->columns = nearest_samples(plan, in->dims[2], out->dims[2], op->params);
    return s->rows && s->columns ? TB_OK : tb_fail(err, TB_NO_MEMORY, "planning a step");
}

const tb_cpu_op_row tb_cpu_op_resize_bilinear = {
    .traits = TB_OP_VIEWS, .takes = takes_bilinear, .lower = lower_bilinear};
const tb_cpu_op_row tb_cpu_op_resize_nearest_neighbor = {
    .traits = TB_OP_VIEWS, .takes = takes, .lower = lower_nearest};
