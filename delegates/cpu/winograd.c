/*
 * The step: blocks of rows of tiles. A block's input is transformed, multiplied with the transformed
 * filter (a matrix product for each element of a tile), and transformed back, while all of it lies in
 * a second-level cache.
 */
#include "delegates/cpu/winograd.h"

#include <math.h>

#include "delegates/cpu/pack.h"
#include "delegates/cpu/source.h"
#include "delegates/cpu/split.h"
#include "runtime/base/size.h"

enum {
    BLOCK_TILES = 28,        /* that a block has at least, where the image has them, ... */
    BLOCK_BYTES = 512 << 10, /* and the matrices that a block may fill beyond that */
    FEWEST_CHANNELS = 16,    /* on both sides */
};

typedef struct winograd_step {
    tb_cpu_step base;
    tb_source source;
    int in, out, residual;
    int32_t n, out_h, out_w, size;
    int32_t tile_rows, row_tiles; /* of the image; of a row */
    int32_t block_rows, blocks;   /* rows of tiles of a block; blocks of an image */
    size_t in_c, out_c;
    const char *packed;
    size_t matrix_bytes, panel_bytes, panel_columns;
    const float *bias, *slope;
    tb_unary after;
    float min, max, min2, max2;
    size_t band_bytes, in_values, out_values; /* scratch: rows, then matrices of either side */
    tb_f32_winograd_fn transform, transform_back;
    tb_f32_gemm_fn multiply;
    bool alone; /* too little for a second thread */
} winograd_step;

typedef struct winograd_run {
    const winograd_step *step;
    const tb_run *run;
    const tb_view *in, *out, *residual;
} winograd_run;

/* Where tile row (or column) `i` of `count` begins, of `length` outputs. */
static int32_t tile_begin(int32_t i, int32_t count, int32_t size, int32_t length)
{
    return i + 1 < count ? i * size : length - size;
}

static void multiply(const winograd_step *s, size_t rows, const float *in, float *out)
{
    const int elements = (s->size + 2) * (s->size + 2);
    for (int e = 0; e < elements; e++) {
        const char *row = (const char *)(in + (size_t)e * s->in_values);
        char *to = (char *)(out + (size_t)e * s->out_values);
        tb_f32_gemm g = {.seg = &row,
                         .segs = 1,
                         .k = s->in_c,
                         .a_stride = s->in_c * sizeof(float),
                         .c_stride = s->out_c * sizeof(float),
                         .m = rows,
                         .min = -INFINITY,
                         .max = INFINITY};
        const char *panel = s->packed + (size_t)e * s->matrix_bytes;
        for (size_t column = 0; column < s->out_c; column += s->panel_columns) {
            const size_t left = s->out_c - column;
            g.b = (const float *)(const void *)panel;
            g.n = left < s->panel_columns ? left : s->panel_columns;
            g.c = to + column * sizeof(float);
            s->multiply(&g);
            panel += s->panel_bytes;
        }
    }
}

static void run_block(const winograd_run *r, int32_t image, int32_t first, int32_t rows,
                      char *scratch)
{
    const winograd_step *s = r->step;
    float *in = (float *)(void *)(scratch + s->band_bytes);
    const size_t elements = (size_t)((s->size + 2) * (s->size + 2));
    float *out = in + elements * s->in_values;
    const size_t row_tiles = (size_t)s->row_tiles;
    const int32_t last_x = s->out_w - s->size;
    tb_f32_winograd t = {.tiles = row_tiles,
                         .channels = s->in_c,
                         .last_x = (size_t)last_x,
                         .row_values = s->in_c,
                         .matrix_values = s->in_values,
                         .pixel_bytes =
                             s->source.staged ? s->source.pixel_bytes : r->in->pixel_bytes};
    for (int32_t i = 0; i < rows; i++) {
        const int32_t y = tile_begin(first + i, s->tile_rows, s->size, s->out_h);
        t.rows = tb_source_band(&s->source, r->in, image, y, s->size, s->source.in_w, scratch);
        t.matrices = in + (size_t)i * row_tiles * s->in_c;
        s->transform(&t);
    }
    multiply(s, (size_t)rows * row_tiles, in, out);
    t.channels = s->out_c;
    t.row_values = s->out_c;
    t.matrix_values = s->out_values;
    t.out_pixel_bytes = r->out->pixel_bytes;
    t.out_row_bytes = r->out->row_bytes;
    t.last_first = (s->row_tiles - 1) * s->size - last_x;
    t.bias = s->bias;
    t.min = s->min;
    t.max = s->max;
    t.min2 = s->min2;
    t.max2 = s->max2;
    t.slope = s->slope;
    for (int32_t i = 0; i < rows; i++) {
        const int32_t y = tile_begin(first + i, s->tile_rows, s->size, s->out_h);
        t.matrices = out + (size_t)i * row_tiles * s->out_c;
        t.first_row = (first + i) * s->size - y;
        t.out = tb_view_row(r->out, image, y);
        if (r->residual) {
            t.residual = tb_view_row(r->residual, image, y);
            t.residual_row_bytes = r->residual->row_bytes;
        }
        s->transform_back(&t);
        for (int32_t row = t.first_row; row < s->size; row++) {
            char *to = tb_view_row(r->out, image, y + row);
            tb_unary_row(&s->after, to, (size_t)s->out_w, r->out->pixel_bytes, s->out_c);
            tb_value_fill_halo(&r->run->plan->values[s->out], to);
        }
    }
}

static void run_blocks(void *context, size_t begin, size_t end, int thread)
{
    const winograd_run *r = context;
    const winograd_step *s = r->step;
    for (size_t i = begin; i < end; i++) {
        const int32_t first = (int32_t)(i % (size_t)s->blocks) * s->block_rows;
        const int32_t left = s->tile_rows - first;
        run_block(r, (int32_t)(i / (size_t)s->blocks), first,
                  left < s->block_rows ? left : s->block_rows, tb_run_scratch(r->run, thread));
    }
}

static void run(const tb_cpu_step *step, const tb_run *run)
{
    const winograd_step *s = (const winograd_step *)(const void *)step;
    winograd_run r = {s, run, tb_run_view(run, s->in), tb_run_view(run, s->out), NULL};
    if (s->residual >= 0)
        r.residual = tb_run_view(run, s->residual);
    tb_run_tasks(run, (size_t)s->n * (size_t)s->blocks, s->alone, run_blocks, &r);
}

/* ---- planning -------------------------------------------------------------------------------------- */

/* Rows of tiles in a block. */
static int32_t block_rows(const tb_gemm_spec *spec, int size)
{
    const int64_t side = size + 2, tiles = (spec->out_w + size - 1) / size;
    const int64_t tile_bytes = side * side * (spec->in_c + spec->out_c) * (int64_t)sizeof(float);
    int64_t wanted = BLOCK_BYTES / tile_bytes;
    wanted = wanted < BLOCK_TILES ? BLOCK_TILES : wanted;
    const int64_t rows = wanted / tiles, all = (spec->out_h + size - 1) / size;
    return (int32_t)(rows < 1 ? 1 : rows > all ? all : rows);
}

/*
 * Costs in multiply-adds of one channel for one output pixel. A multiply-add of the products counts
 * 1; transforms have about so many operations an element and input or output channel, and the filter
 * is read again for each block, from where 16 values take as long as the operations on them.
 */
static double cost(const tb_gemm_spec *spec, int size)
{
    const double in_c = spec->in_c, out_c = spec->out_c;
    if (size == 0)
        return 9 * in_c * out_c;
    const double side = size + 2, elements = side * side, pixels = size * size;
    const int32_t rows = block_rows(spec, size), all = (spec->out_h + size - 1) / size;
    const double blocks = (all + rows - 1) / rows;
    const double tile_outputs = (double)all * ((spec->out_w + size - 1) / size);
    const double transforms = 14 * elements / pixels * (in_c + out_c);
    const double filter = 2 * blocks * elements * in_c * out_c / (tile_outputs * pixels);
    /* tiles reach beyond the image */
    const double surplus = tile_outputs * pixels / ((double)spec->out_h * spec->out_w);
    return surplus * (elements / pixels * in_c * out_c + transforms + filter);
}

int tb_winograd_size(const tb_plan *plan, const tb_gemm_spec *spec)
{
    const tb_window *w = &spec->window;
    if (plan->no_winograd || plan->values[spec->input].type != kTfLiteFloat32 || w->kh != 3 ||
        w->kw != 3 || w->stride_h != 1 || w->stride_w != 1 || w->dilation_h != 1 ||
        w->dilation_w != 1 || spec->in_c < FEWEST_CHANNELS || spec->out_c < FEWEST_CHANNELS)
        return 0;
    int best = 0;
    double least = cost(spec, 0);
    for (int size = 2; size <= 4; size += 2) {
        const double here = cost(spec, size);
        if (spec->out_h >= size && spec->out_w >= size && here < least) {
            least = here;
            best = size;
        }
    }
    return best;
}

tb_status tb_winograd_lower(tb_plan *plan, tb_cpu_op *op, const tb_gemm_spec *spec, int size,
                            tb_error *err)
{
    const int which = size == 2 ? TB_WINOGRAD_2 : TB_WINOGRAD_4;
    const tb_cpu_kernels *kernels = plan->kernels;
    winograd_step *s = tb_step_new(plan, op, sizeof *s,
                                   size == 2 ? "conv_2d_winograd_2x2" : "conv_2d_winograd_4x4",
                                   kernels->f32_gemm.name, run);
    if (!s)
        return tb_fail(err, TB_NO_MEMORY, "planning a step");
    s->in = spec->input;
    s->out = op->out;
    s->residual = op->residual;
    s->after = op->after;
    s->n = spec->n;
    s->out_h = spec->out_h;
    s->out_w = spec->out_w;
    s->size = size;
    s->tile_rows = (spec->out_h + size - 1) / size;
    s->row_tiles = (spec->out_w + size - 1) / size;
    s->in_c = (size_t)spec->in_c;
    s->out_c = (size_t)spec->out_c;
    s->transform = kernels->f32_winograd_in[which].fn;
    s->transform_back = kernels->f32_winograd_out[which].fn;
    s->multiply = kernels->f32_gemm.fn;
    tb_gemm_float_bounds(op, spec->activation, &s->min, &s->max, &s->min2, &s->max2);
    if (spec->bias >= 0)
        s->bias = plan->values[spec->bias].constant;
    if (op->slope >= 0)
        s->slope = plan->values[op->slope].constant;

    const tb_source_spec source = {.value = spec->input,
                                   .window = spec->window,
                                   .in_h = spec->in_h,
                                   .in_w = spec->in_w,
                                   .channels = spec->in_c,
                                   .out_w = spec->out_w};
    tb_status status = tb_source_init(plan, &source, err, &s->source);
    if (status != TB_OK)
        return status;
    const tb_pack_gemm pack = {.weights = plan->values[spec->filter].constant,
                               .weight_step_k = spec->weight_step_k,
                               .weight_step_n = spec->weight_step_n,
                               .n = s->out_c,
                               .k = 9 * s->in_c,
                               .nr = kernels->f32_gemm.nr,
                               .vl = kernels->f32_dw.nr};
    const void *packed;
    status = tb_pack_f32_winograd(plan->packs, &pack, size, err, &packed, &s->matrix_bytes);
    if (status != TB_OK)
        return status;
    s->packed = packed;
    s->panel_columns = pack.nr;
    s->panel_bytes = pack.nr * (1 + s->in_c) * sizeof(float);

    const double products = cost(spec, size) * (double)s->n * (double)s->out_h * (double)s->out_w;
    size_t tasks = tb_split_tasks(plan, spec->input, tb_split_ns(plan, products, 1, 0));
    s->alone = tasks < 2;
    tb_split_set_spread(plan, s->out, !s->alone);
    const int32_t most = block_rows(spec, size);
    do
        s->block_rows = tb_split_rows(plan, s->n, s->tile_rows, most, tasks);
    while (s->block_rows * s->row_tiles < BLOCK_TILES && tasks > (size_t)plan->threads &&
           (tasks -= (size_t)plan->threads));
    s->blocks = (s->tile_rows + s->block_rows - 1) / s->block_rows;
    /* a cache line more from one matrix to the next, so that they do not lie at one multiple of a
       cache's way all of them */
    const size_t tiles = (size_t)s->block_rows * (size_t)s->row_tiles;
    s->in_values = tiles * s->in_c + TB_CPU_ALIGNMENT / sizeof(float);
    s->out_values = tiles * s->out_c + TB_CPU_ALIGNMENT / sizeof(float);
    s->band_bytes = tb_align_up(tb_source_scratch(&s->source, size), TB_CPU_ALIGNMENT);
    const size_t elements = (size_t)((size + 2) * (size + 2));
    s->base.scratch_bytes =
        s->band_bytes + elements * (s->in_values + s->out_values) * sizeof(float);
    return TB_OK;
}
