/* Matrix products: float and 8-bit. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "delegates/cpu/pack.h"
#include "tests/opcheck/opcheck.h"

/* The left side: `segs` stretches of k values for each of m rows, `stride` bytes apart. */
typedef struct left_side {
    size_t segs, k, stride, m;
    char *seg[12];
} left_side;

static left_side make_left(oc_random *r, size_t value_bytes, size_t multiple)
{
    left_side a = {.segs = (size_t)oc_between(r, 1, oc_chance(r, 60) ? 1 : 10),
                   .m = (size_t)(oc_chance(r, 20) ? 1 : oc_between(r, 1, 40))};
    a.k = (size_t)oc_between(r, 1, a.segs > 1 ? 40 : 300);
    a.k = (a.k + multiple - 1) / multiple * multiple;
    /* rows may overlap, as the taps of a convolution do */
    a.stride = (oc_chance(r, 50) ? a.k : (size_t)oc_between(r, 1, (int32_t)a.k + 9)) * value_bytes;
    for (size_t s = 0; s < a.segs; s++) {
        size_t bytes = (a.m - 1) * a.stride + a.k * value_bytes;
        a.seg[s] = oc_guarded(r, bytes);
    }
    return a;
}

/* Now and then many panels. */
static size_t columns_of(oc_random *r)
{
    return (size_t)oc_between(r, 1, oc_chance(r, 20) ? 400 : 100);
}

static size_t left_bytes(const left_side *a, size_t value_bytes)
{
    return (a->m - 1) * a->stride + a->k * value_bytes;
}

/* ---- floats ---------------------------------------------------------------------------------------- */

static const char *f32_gemm_name(const tb_cpu_kernels *kernels, int which)
{
    (void)which;
    return kernels->f32_gemm.name;
}

typedef struct f32_case {
    left_side a;
    size_t n;
    float *weights, *bias, *residual, *slope;
    size_t c_stride, residual_stride;
    float min, max, min2, max2;
} f32_case;

/* Runs one variant over all panels into a guarded matrix. */
static float *run_f32(oc_trial *t, const f32_case *c, const tb_cpu_kernels *kernels)
{
    tb_packs *packs = tb_packs_create();
    const tb_pack_gemm pack = {.weights = c->weights,
                               .weight_step_k = 1,
                               .weight_step_n = c->a.segs * c->a.k,
                               .bias = c->bias,
                               .n = c->n,
                               .k = c->a.k,
                               .segs = c->a.segs,
                               .k_padded = c->a.k,
                               .nr = kernels->f32_gemm.nr,
                               .kr = 1,
                               .vl = kernels->f32_dw.nr};
    const void *packed = NULL;
    tb_error err = TB_ERROR_NONE;
    if (tb_pack_f32_gemm(packs, &pack, &err, &packed) != TB_OK)
        abort();
    char *out = oc_guarded(&t->random, (c->a.m - 1) * c->c_stride + c->n * sizeof(float));
    memset(out, 0x5A, (c->a.m - 1) * c->c_stride + c->n * sizeof(float));
    /* one row takes all panels in a call */
    const size_t most = c->a.m == 1 ? c->n : pack.nr;
    for (size_t column = 0; column < c->n; column += most) {
        const tb_f32_gemm g = {
            .seg = (const char *const *)c->a.seg,
            .segs = c->a.segs,
            .k = c->a.k,
            .a_stride = c->a.stride,
            .b = (const float *)(const void *)((const char *)packed +
                                               column / pack.nr * tb_pack_f32_panel_bytes(&pack)),
            .n = c->n - column < most ? c->n - column : most,
            .c = out + column * sizeof(float),
            .c_stride = c->c_stride,
            .m = c->a.m,
            .min = c->min,
            .max = c->max,
            .residual = c->residual ? (const char *)(c->residual + column) : NULL,
            .residual_stride = c->residual_stride,
            .min2 = c->min2,
            .max2 = c->max2,
            .slope = c->slope ? c->slope + column : NULL};
        kernels->f32_gemm.fn(&g);
    }
    tb_packs_destroy(packs);
    return (float *)(void *)out;
}

static bool try_f32_gemm(oc_trial *t)
{
    oc_random *r = &t->random;
    f32_case c = {.a = make_left(r, sizeof(float), 1), .n = columns_of(r)};
    for (size_t s = 0; s < c.a.segs; s++)
        oc_fill_floats(r, (float *)(void *)c.a.seg[s], left_bytes(&c.a, 4) / 4, -1.0f, 1.0f);
    const size_t k = c.a.segs * c.a.k;
    c.weights = oc_guarded(r, c.n * k * sizeof(float));
    oc_fill_floats(r, c.weights, c.n * k, -1.0f, 1.0f);
    if (oc_chance(r, 70)) {
        c.bias = oc_guarded(r, c.n * sizeof(float));
        oc_fill_floats(r, c.bias, c.n, -1.0f, 1.0f);
    }
    c.c_stride = (c.n + (size_t)oc_between(r, 0, 7)) * sizeof(float);
    c.min = oc_chance(r, 50) ? 0.0f : -1e30f;
    c.max = oc_chance(r, 50) ? 3.0f : 1e30f;
    c.min2 = oc_chance(r, 50) ? 0.0f : -1e30f;
    c.max2 = 1e30f;
    if (oc_chance(r, 40)) {
        c.residual_stride = (c.n + (size_t)oc_between(r, 0, 7)) * sizeof(float);
        size_t bytes = (c.a.m - 1) * c.residual_stride + c.n * sizeof(float);
        c.residual = oc_guarded(r, bytes);
        oc_fill_floats(r, c.residual, bytes / 4, -1.0f, 1.0f);
    }
    if (oc_chance(r, 40)) {
        c.slope = oc_guarded(r, c.n * sizeof(float));
        oc_fill_floats(r, c.slope, c.n, -1.0f, 1.0f);
    }
    const float *expected = run_f32(t, &c, t->scalar), *got = run_f32(t, &c, t->variant);
    /* the padding between rows is compared too: nobody may have written it */
    size_t count = ((c.a.m - 1) * c.c_stride + c.n * 4) / 4;
    char what[96];
    snprintf(what, sizeof what, "m %zu, n %zu, %zu x k %zu", c.a.m, c.n, c.a.segs, c.a.k);
    return oc_close(t, what, got, expected, count, 2e-7f * (float)(k + 4), 2e-6f);
}

/* ---- 8 bits ---------------------------------------------------------------------------------------- */

static const char *q8_gemm_name(const tb_cpu_kernels *kernels, int which)
{
    (void)which;
    return kernels->q8_gemm.name;
}

typedef struct q8_case {
    left_side a;
    bool is_signed;
    size_t n;
    void *weights;
    int32_t *bias;
    tb_pack_q8 q;
    tb_q8_rescale rescale;
    size_t c_stride;
    int32_t zero_point, min, max;
} q8_case;

static uint8_t *run_q8(oc_trial *t, const q8_case *c, const tb_cpu_kernels *kernels)
{
    const size_t kr = kernels->q8_gemm.kr & 0xFF;
    tb_packs *packs = tb_packs_create();
    tb_pack_q8 q = c->q;
    q.input_signed = kernels->q8_gemm.kr == TB_KR_SIGNED;
    const tb_pack_gemm pack = {.weights = c->weights,
                               .weight_step_k = 1,
                               .weight_step_n = c->a.segs * c->a.k,
                               .bias = c->bias,
                               .n = c->n,
                               .k = c->a.k,
                               .segs = c->a.segs,
                               .k_padded = (c->a.k + kr - 1) / kr * kr,
                               .nr = kernels->q8_gemm.nr,
                               .kr = kr,
                               .vl = kernels->f32_dw.nr};
    const tb_q8_rescale rescale =
        tb_pack_q8_widen(&q, kernels->q8_gemm.kr, c->rescale, c->n, c->zero_point, c->min);
    const void *packed = NULL;
    tb_error err = TB_ERROR_NONE;
    if (tb_pack_q8_gemm(packs, &pack, &q, &err, &packed) != TB_OK)
        abort();

    /* kr 2 wants the left side widened, with the stride that this gives */
    left_side a = c->a;
    const uint32_t flip = c->is_signed ? 0x80808080u : 0;
    if (kr == 2) {
        a.stride *= 2;
        for (size_t s = 0; s < a.segs; s++) {
            size_t count = left_bytes(&c->a, 1);
            int16_t *wide = oc_guarded(&t->random, count * 2);
            for (size_t i = 0; i < count; i++)
                wide[i] = (int16_t)(uint8_t)((uint8_t)c->a.seg[s][i] ^ (flip & 0xFF));
            a.seg[s] = (char *)wide;
        }
    }
    int32_t *sums = oc_guarded(&t->random, a.m * sizeof(int32_t));
    char *out = oc_guarded(&t->random, (a.m - 1) * c->c_stride + c->n);
    memset(out, 0x5A, (a.m - 1) * c->c_stride + c->n);
    tb_q8_gemm g = {.seg = (const char *const *)a.seg,
                    .segs = a.segs,
                    .k = pack.k_padded,
                    .a_stride = a.stride,
                    .flip = flip,
                    .c_stride = c->c_stride,
                    .m = a.m,
                    .zero_point = c->zero_point,
                    .min = c->min,
                    .max = c->max,
                    .rescale = rescale};
    const int32_t zw = c->q.weights_unsigned ? c->q.weight_zero - 128 : c->q.weight_zero;
    if (kr == 4 && zw != 0) {
        kernels->q8_row_sum.fn(&g, -zw, sums);
        g.row_sum = sums;
    }
    const size_t most = a.m == 1 ? c->n : pack.nr;
    for (size_t column = 0; column < c->n; column += most) {
        g.b = (const char *)packed + column / pack.nr * tb_pack_q8_panel_bytes(&pack);
        g.n = c->n - column < most ? c->n - column : most;
        g.c = out + column;
        kernels->q8_gemm.fn(&g);
    }
    tb_packs_destroy(packs);
    return (uint8_t *)out;
}

static bool try_q8_gemm(oc_trial *t)
{
    oc_random *r = &t->random;
    q8_case c = {.a = make_left(r, 1, 4), .n = columns_of(r)};
    const size_t k = c.a.segs * c.a.k;
    for (size_t s = 0; s < c.a.segs; s++)
        oc_fill_bytes(r, c.a.seg[s], left_bytes(&c.a, 1));
    c.is_signed = oc_chance(r, 50);
    c.weights = oc_guarded(r, c.n * k);
    oc_fill_bytes(r, c.weights, c.n * k);
    if (oc_chance(r, 70)) {
        c.bias = oc_guarded(r, c.n * sizeof(int32_t));
        for (size_t i = 0; i < c.n; i++)
            c.bias[i] = oc_between(r, -(1 << 20), 1 << 20);
    }
    c.q.weights_unsigned = !c.is_signed;
    c.q.weight_zero = c.is_signed ? 0 : oc_between(r, 0, 255);
    c.q.input_zero = oc_between(r, 0, 255);
    c.rescale = (tb_q8_rescale)oc_between(r, TB_Q8_PLAIN, TB_Q8_REAL);
    tb_multiplier *scales = malloc(c.n * sizeof *scales);
    double *factors = malloc(c.n * sizeof *factors);
    if (!scales || !factors)
        abort();
    for (size_t i = 0; i < c.n; i++) {
        int32_t shift = oc_between(r, -20, c.rescale == TB_Q8_ANY ? 2 : -1);
        scales[i] = (tb_multiplier){oc_between(r, 1 << 30, INT32_MAX), shift};
        factors[i] = (double)oc_float(r, 1e-5f, 0.01f);
    }
    if (c.rescale == TB_Q8_REAL)
        c.q.factors = factors;
    else
        c.q.scales = scales;
    c.c_stride = c.n + (size_t)oc_between(r, 0, 7);
    c.zero_point = c.is_signed ? oc_between(r, -128, 127) : oc_between(r, 0, 255);
    c.min = c.is_signed ? -128 : 0;
    c.max = c.min + 255;
    if (oc_chance(r, 40))
        c.min = c.zero_point;
    if (oc_chance(r, 20))
        c.max = oc_between(r, c.min, c.max);
    const uint8_t *expected = run_q8(t, &c, t->scalar), *got = run_q8(t, &c, t->variant);
    free(scales);
    free(factors);
    char what[128];
    snprintf(what, sizeof what, "m %zu, n %zu, %zu x k %zu, %s, rescale %d", c.a.m, c.n, c.a.segs,
             c.a.k, c.is_signed ? "int8" : "uint8", (int)c.rescale);
    return oc_same_bytes(t, what, got, expected, (c.a.m - 1) * c.c_stride + c.n);
}

static const char *q8_row_sum_name(const tb_cpu_kernels *kernels, int which)
{
    (void)which;
    return kernels->q8_row_sum.name;
}

static bool try_q8_row_sum(oc_trial *t)
{
    oc_random *r = &t->random;
    left_side a = make_left(r, 1, 1);
    for (size_t s = 0; s < a.segs; s++)
        oc_fill_bytes(r, a.seg[s], left_bytes(&a, 1));
    const tb_q8_gemm g = {.seg = (const char *const *)a.seg,
                          .segs = a.segs,
                          .k = a.k,
                          .a_stride = a.stride,
                          .flip = oc_chance(r, 50) ? 0x80808080u : 0,
                          .m = a.m};
    int32_t *expected = oc_guarded(r, a.m * 4), *got = oc_guarded(r, a.m * 4);
    int32_t factor = oc_between(r, -128, 127);
    t->scalar->q8_row_sum.fn(&g, factor, expected);
    t->variant->q8_row_sum.fn(&g, factor, got);
    return oc_same_bytes(t, "row sums", got, expected, a.m * 4);
}

const oc_check oc_product_checks[] = {
    {"f32_gemm", 1, f32_gemm_name, try_f32_gemm},
    {"q8_gemm", 1, q8_gemm_name, try_q8_gemm},
    {"q8_row_sum", 1, q8_row_sum_name, try_q8_row_sum},
    {0},
};
