/* The transforms of Winograd's filtering: tiles to matrices and back. */
#include <stdio.h>
#include <string.h>

#include "tests/opcheck/opcheck.h"

enum { MOST_SIDE = 6 };

static const char *in_name(const tb_cpu_kernels *kernels, int which)
{
    return kernels->f32_winograd_in[which].name;
}

static const char *out_name(const tb_cpu_kernels *kernels, int which)
{
    return kernels->f32_winograd_out[which].name;
}

/* A row of tiles; the last one may share pixels with the one before. */
static tb_f32_winograd make_row(oc_random *r, size_t size)
{
    tb_f32_winograd w = {.tiles = (size_t)oc_between(r, 1, 5),
                         .channels = (size_t)oc_between(r, 1, 40)};
    const size_t shared = w.tiles > 1 ? (size_t)oc_between(r, 0, (int32_t)size - 1) : 0;
    w.last_x = (w.tiles - 1) * size - shared;
    w.last_first = (int)shared;
    w.row_values = w.channels + (size_t)oc_between(r, 0, 5);
    w.matrix_values = w.tiles * w.row_values + (size_t)oc_between(r, 0, 5);
    return w;
}

static size_t matrices_values(const tb_f32_winograd *w, size_t side)
{
    return (side * side - 1) * w->matrix_values + (w->tiles - 1) * w->row_values + w->channels;
}

static bool try_in(oc_trial *t)
{
    oc_random *r = &t->random;
    const size_t size = t->which == TB_WINOGRAD_2 ? 2 : 4, side = size + 2;
    tb_f32_winograd w = make_row(r, size);
    const size_t pixel = w.channels + (size_t)oc_between(r, 0, 3);
    const char *rows[MOST_SIDE];
    for (size_t i = 0; i < side; i++) {
        const size_t values = (w.last_x + side - 1) * pixel + w.channels;
        float *row = oc_guarded(r, values * sizeof *row);
        oc_fill_floats(r, row, values, -1.0f, 1.0f);
        rows[i] = (const char *)row;
    }
    w.rows = rows;
    w.pixel_bytes = pixel * sizeof(float);
    const size_t values = matrices_values(&w, side);
    float *out[2];
    for (int i = 0; i < 2; i++) {
        w.matrices = out[i] = oc_guarded(r, values * sizeof(float));
        memset(w.matrices, 0x5A, values * sizeof(float));
        (i ? t->variant : t->scalar)->f32_winograd_in[t->which].fn(&w);
    }
    return oc_close(t, "matrices", out[1], out[0], values, 1e-5f, 1e-5f);
}

static bool try_out(oc_trial *t)
{
    oc_random *r = &t->random;
    const size_t size = t->which == TB_WINOGRAD_2 ? 2 : 4, side = size + 2;
    tb_f32_winograd w = make_row(r, size);
    const size_t values = matrices_values(&w, side);
    w.matrices = oc_guarded(r, values * sizeof(float));
    oc_fill_floats(r, w.matrices, values, -1.0f, 1.0f);
    float *channels[2];
    for (int i = 0; i < 2; i++) {
        channels[i] = oc_guarded(r, w.channels * sizeof(float));
        oc_fill_floats(r, channels[i], w.channels, -1.0f, 1.0f);
    }
    w.bias = oc_chance(r, 70) ? channels[0] : NULL;
    w.slope = oc_chance(r, 30) ? channels[1] : NULL;
    w.min = oc_chance(r, 50) ? 0.0f : -1e30f;
    w.max = oc_chance(r, 50) ? 6.0f : 1e30f;
    w.min2 = oc_chance(r, 50) ? 0.0f : -1e30f;
    w.max2 = 1e30f;
    w.first_row = oc_between(r, 0, (int32_t)size - 1);
    const size_t pixel = w.channels + (size_t)oc_between(r, 0, 3);
    const size_t row = (w.last_x + size) * pixel;
    w.out_pixel_bytes = pixel * sizeof(float);
    w.out_row_bytes = w.residual_row_bytes = row * sizeof(float);
    const size_t count = (size - 1) * row + (w.last_x + size - 1) * pixel + w.channels;
    if (oc_chance(r, 40)) {
        float *residual = oc_guarded(r, count * sizeof(float));
        oc_fill_floats(r, residual, count, -1.0f, 1.0f);
        w.residual = (const char *)residual;
    }
    float *out[2];
    for (int i = 0; i < 2; i++) {
        out[i] = oc_guarded(r, count * sizeof(float));
        memset(out[i], 0x5A, count * sizeof(float));
        w.out = (char *)out[i];
        (i ? t->variant : t->scalar)->f32_winograd_out[t->which].fn(&w);
    }
    return oc_close(t, "pixels", out[1], out[0], count, 1e-4f, 1e-5f);
}

const oc_check oc_winograd_checks[] = {
    {"f32_winograd_in", TB_WINOGRAD_COUNT, in_name, try_in},
    {"f32_winograd_out", TB_WINOGRAD_COUNT, out_name, try_out},
    {0},
};
