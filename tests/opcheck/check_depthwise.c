/* Depthwise convolution: float and 8-bit. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "delegates/cpu/pack.h"
#include "tests/opcheck/opcheck.h"

/* A row of output and the input rows it reads. */
typedef struct geometry {
    size_t kh, kw, stride, dilation, width, channels;
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
                  .channels = (size_t)oc_between(r, 1, 70)};
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
    return (g->width - 1) * g->out_pixel + g->channels;
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
    const char *rows[16];
    for (size_t i = 0; i < g.kh; i++) {
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
        const tb_pack_dw pack = {weights, bias, taps, g.channels, kernels->f32_dw.nr};
        const void *packed = NULL;
        tb_error err = TB_ERROR_NONE;
        if (tb_pack_f32_dw(packs, &pack, &err, &packed) != TB_OK)
            abort();
        out[i] = oc_guarded(r, out_values(&g) * sizeof(float));
        memset(out[i], 0x5A, out_values(&g) * sizeof(float));
        const tb_f32_dw d = {.rows = rows,
                             .kh = g.kh,
                             .kw = g.kw,
                             .pixel_step = g.stride * g.pixel * sizeof(float),
                             .tap_step = g.dilation * g.pixel * sizeof(float),
                             .weights = packed,
                             .out = (char *)out[i],
                             .out_stride = g.out_pixel * sizeof(float),
                             .width = g.width,
                             .channels = g.channels,
                             .min = with_relu ? 0.0f : -1e30f,
                             .max = with_relu ? 2.0f : 1e30f,
                             .slope = with_slope ? slope : NULL};
        kernels->f32_dw.fn(&d);
        tb_packs_destroy(packs);
    }
    char what[96];
    snprintf(what, sizeof what, "%zu x %zu, stride %zu, width %zu, %zu channels", g.kh, g.kw,
             g.stride, g.width, g.channels);
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
    const char *rows[16];
    for (size_t i = 0; i < g.kh; i++) {
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
    uint8_t *out[2];
    for (int i = 0; i < 2; i++) {
        const tb_cpu_kernels *kernels = i ? t->variant : t->scalar;
        tb_packs *packs = tb_packs_create();
        const tb_pack_dw pack = {weights, bias, taps, g.channels, kernels->q8_dw.nr};
        const void *packed = NULL;
        tb_error err = TB_ERROR_NONE;
        if (tb_pack_q8_dw(packs, &pack, &q, &err, &packed) != TB_OK)
            abort();
        out[i] = oc_guarded(r, out_values(&g));
        memset(out[i], 0x5A, out_values(&g));
        const tb_q8_dw d = {.rows = rows,
                            .kh = g.kh,
                            .kw = g.kw,
                            .pixel_step = g.stride * g.pixel,
                            .tap_step = g.dilation * g.pixel,
                            .flip = is_signed ? 0x80 : 0,
                            .weights = packed,
                            .out = (char *)out[i],
                            .out_stride = g.out_pixel,
                            .width = g.width,
                            .channels = g.channels,
                            .zero_point = zero,
                            .min = low,
                            .max = low + 255,
                            .rescale = any ? TB_Q8_ANY : TB_Q8_PLAIN};
        kernels->q8_dw.fn(&d);
        tb_packs_destroy(packs);
    }
    free(scales);
    char what[96];
    snprintf(what, sizeof what, "%zu x %zu, stride %zu, width %zu, %zu channels, %s", g.kh, g.kw,
             g.stride, g.width, g.channels, is_signed ? "int8" : "uint8");
    return oc_same_bytes(t, what, out[1], out[0], out_values(&g));
}

const oc_check oc_depthwise_checks[] = {
    {"f32_dw", 1, f32_name, try_f32},
    {"q8_dw", 1, q8_name, try_q8},
    {0},
};
