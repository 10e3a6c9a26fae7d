/* Depthwise convolution: float and 8-bit. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "delegates/cpu/pack.h"
#include "tests/opcheck/opcheck.h"

enum { MAX_ROWS = 64 };

/* Rows of output and the input rows it reads. */
typedef struct geometry {
    size_t kh, kw, stride, row_step, dilation, row_dilation, width, height, channels;
    size_t in_height;
    size_t in_width; /* pixels of an input row */
    size_t pixel;    /* values from one input pixel to the next */
    size_t out_pixel;
} geometry;

static geometry make_geometry(oc_random *r)
{
    static const uint8_t sizes[][2] = {{3, 3}, {3, 3}, {5, 5},  {1, 3},
                                       {7, 7}, {2, 2}, {10, 4}, {1, 1}};
    const uint8_t *size = sizes[oc_between(r, 0, 7)];
    geometry g = {.kh = size[0],
                  .kw = size[1],
                  .stride = (size_t)oc_between(r, 1, 3),
                  .dilation = oc_chance(r, 80) ? 1 : (size_t)oc_between(r, 2, 4),
                  .width = (size_t)oc_between(r, 1, 20),
                  .height = (size_t)oc_between(r, 1, 5),
                  .channels = (size_t)oc_between(r, 1, oc_chance(r, 50) ? 70 : 200)};
    g.row_dilation = oc_chance(r, 90) ? g.dilation : (size_t)oc_between(r, 1, 3);
    g.row_step = oc_chance(r, 90) ? g.stride : (size_t)oc_between(r, 1, 3);
    g.in_height = (g.height - 1) * g.row_step + (g.kh - 1) * g.row_dilation + 1;
    g.in_width = (g.width - 1) * g.stride + (g.kw - 1) * g.dilation + 1;
    g.pixel = g.channels + (size_t)(oc_chance(r, 20) ? oc_between(r, 1, 9) : 0);
    g.out_pixel = g.channels + (size_t)(oc_chance(r, 20) ? oc_between(r, 1, 9) : 0);
    return g;
}

static size_t row_values(const geometry *g)
{
    return (g->in_width - 1) * g->pixel + g->channels;
}

static size_t out_values(const geometry *g)
{
    return (g->height * g->width - 1) * g->out_pixel + g->channels;
}

static tb_pack_dw make_pack(const geometry *g, const void *weights, const void *bias, size_t vl,
                            size_t kr)
{
    return (tb_pack_dw){.weights = weights,
                        .bias = bias,
                        .kh = g->kh,
                        .kw = g->kw,
                        .row_step = g->row_step,
                        .row_dilation = g->row_dilation,
                        .channels = g->channels,
                        .vl = vl,
                        .kr = kr};
}

/* ---- floats ---------------------------------------------------------------------------------------- */

static const char *f32_name(const tb_cpu_kernels *kernels, int which)
{
    (void)which;
    return kernels->f32_dw.name;
}

static bool try_f32(oc_trial *t)
{
    oc_random *r = &t->random;
    const geometry g = make_geometry(r);
    const char *rows[MAX_ROWS];
    for (size_t i = 0; i < g.in_height; i++) {
        float *row = oc_guarded(r, row_values(&g) * sizeof(float));
        oc_fill_floats(r, row, row_values(&g), -1.0f, 1.0f);
        rows[i] = (const char *)row;
    }
    const size_t taps = g.kh * g.kw;
    float *weights = oc_guarded(r, taps * g.channels * sizeof(float));
    float *bias = oc_guarded(r, g.channels * sizeof(float));
    float *slope = oc_guarded(r, g.channels * sizeof(float));
    oc_fill_floats(r, weights, taps * g.channels, -1.0f, 1.0f);
    oc_fill_floats(r, bias, g.channels, -1.0f, 1.0f);
    oc_fill_floats(r, slope, g.channels, -1.0f, 1.0f);
    const bool with_slope = oc_chance(r, 30), with_relu = oc_chance(r, 50);
    float *out[2];
    for (int i = 0; i < 2; i++) {
        const tb_cpu_kernels *kernels = i ? t->variant : t->scalar;
        tb_packs *packs = tb_packs_create();
        const tb_pack_dw pack = make_pack(&g, weights, bias, kernels->f32_dw.nr, 1);
        const void *packed = NULL;
        tb_error err = TB_ERROR_NONE;
        if (tb_pack_f32_dw(packs, &pack, &err, &packed) != TB_OK)
            abort();
        out[i] = oc_guarded(r, out_values(&g) * sizeof(float));
        memset(out[i], 0x5A, out_values(&g) * sizeof(float));
        const tb_f32_dw d = {.rows = rows,
                             .kh = g.kh,
                             .kw = g.kw,
                             .row_step = g.row_step,
                             .row_dilation = g.row_dilation,
                             .pixel_step = g.stride * g.pixel * sizeof(float),
                             .tap_step = g.dilation * g.pixel * sizeof(float),
                             .weights = packed,
                             .out = (char *)out[i],
                             .out_stride = g.out_pixel * sizeof(float),
                             .out_row_stride = g.width * g.out_pixel * sizeof(float),
                             .width = g.width,
                             .height = g.height,
                             .channels = g.channels,
                             .min = with_relu ? 0.0f : -1e30f,
                             .max = with_relu ? 2.0f : 1e30f,
                             .slope = with_slope ? slope : NULL};
        kernels->f32_dw.fn(&d);
        tb_packs_destroy(packs);
    }
    char what[96];
    snprintf(what, sizeof what, "%zu x %zu, stride %zu, %zu x %zu, %zu channels", g.kh, g.kw,
             g.stride, g.height, g.width, g.channels);
    return oc_close(t, what, out[1], out[0], out_values(&g), 2e-7f * (float)(taps + 4), 2e-6f);
}

/* ---- 8 bits ---------------------------------------------------------------------------------------- */

static const char *q8_name(const tb_cpu_kernels *kernels, int which)
{
    (void)which;
    return kernels->q8_dw.name;
}

static bool try_q8(oc_trial *t)
{
    oc_random *r = &t->random;
    const geometry g = make_geometry(r);
    const char *rows[MAX_ROWS];
    for (size_t i = 0; i < g.in_height; i++) {
        rows[i] = oc_guarded(r, row_values(&g));
        oc_fill_bytes(r, (char *)(uintptr_t)rows[i], row_values(&g));
    }
    const size_t taps = g.kh * g.kw;
    void *weights = oc_guarded(r, taps * g.channels);
    oc_fill_bytes(r, weights, taps * g.channels);
    int32_t *bias = oc_guarded(r, g.channels * sizeof(int32_t));
    const bool is_signed = oc_chance(r, 50), any = oc_chance(r, 40);
    tb_multiplier *scales = malloc(g.channels * sizeof *scales);
    if (!scales)
        abort();
    for (size_t i = 0; i < g.channels; i++) {
        bias[i] = oc_between(r, -(1 << 16), 1 << 16);
        scales[i] =
            (tb_multiplier){oc_between(r, 1 << 30, INT32_MAX), oc_between(r, -14, any ? 2 : -1)};
    }
    tb_pack_q8 q = {.weights_unsigned = !is_signed,
                    .weight_zero = is_signed ? 0 : oc_between(r, 0, 255),
                    .input_zero = oc_between(r, 0, 255),
                    .scales = scales};
    const int32_t low = is_signed ? -128 : 0, zero = low + oc_between(r, 0, 255);
    const int32_t min = oc_chance(r, 50) ? zero : low;
    const int32_t max = oc_chance(r, 20) ? oc_between(r, min, low + 255) : low + 255;
    uint8_t *out[2];
    for (int i = 0; i < 2; i++) {
        const tb_cpu_kernels *kernels = i ? t->variant : t->scalar;
        tb_packs *packs = tb_packs_create();
        const tb_pack_dw pack =
            make_pack(&g, weights, bias, kernels->q8_dw.nr, kernels->q8_dw.kr & 0xFF);
        tb_pack_q8 wide = q;
        const tb_q8_rescale rescale = tb_pack_q8_widen(
            &wide, kernels->q8_dw.kr, any ? TB_Q8_ANY : TB_Q8_PLAIN, g.channels, zero, min);
        const void *packed = NULL;
        tb_error err = TB_ERROR_NONE;
        if (tb_pack_q8_dw(packs, &pack, &wide, &err, &packed) != TB_OK)
            abort();
        out[i] = oc_guarded(r, out_values(&g));
        memset(out[i], 0x5A, out_values(&g));
        const tb_q8_dw d = {.rows = rows,
                            .kh = g.kh,
                            .kw = g.kw,
                            .row_step = g.row_step,
                            .row_dilation = g.row_dilation,
                            .pixel_step = g.stride * g.pixel,
                            .tap_step = g.dilation * g.pixel,
                            .flip = is_signed ? 0x80 : 0,
                            .weights = packed,
                            .out = (char *)out[i],
                            .out_stride = g.out_pixel,
                            .out_row_stride = g.width * g.out_pixel,
                            .width = g.width,
                            .height = g.height,
                            .channels = g.channels,
                            .zero_point = zero,
                            .min = min,
                            .max = max,
                            .rescale = rescale};
        kernels->q8_dw.fn(&d);
        tb_packs_destroy(packs);
    }
    free(scales);
    char what[96];
    snprintf(what, sizeof what, "%zu x %zu, stride %zu, %zu x %zu, %zu channels, %s", g.kh, g.kw,
             g.stride, g.height, g.width, g.channels, is_signed ? "int8" : "uint8");
    return oc_same_bytes(t, what, out[1], out[0], out_values(&g));
}

const oc_check oc_depthwise_checks[] = {
    {"f32_dw", 1, f32_name, try_f32},
    {"q8_dw", 1, q8_name, try_q8},
    {0},
};
