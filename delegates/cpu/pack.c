/* Packs weights into the layouts of kernels.h and keeps the blocks. */
#include "delegates/cpu/pack.h"

#include <string.h>

#include "runtime/base/size.h"

/* ---- keys ------------------------------------------------------------------------------------------ */

/* Everything a block depends on. Zeroed before it is filled, since it is compared as bytes. */
typedef struct pack_key {
    const void *weights;
    const void *bias;
    size_t numbers[8];
    int64_t zeros[5];
    uint64_t scales_hash;
    uint32_t kind;
} pack_key;

enum { KIND_F32_GEMM, KIND_F32_WINOGRAD, KIND_Q8_GEMM, KIND_F32_DW, KIND_Q8_DW };

/* FNV-1a. */
static uint64_t hash_bytes(const void *bytes, size_t size)
{
    const unsigned char *at = bytes;
    uint64_t hash = 14695981039346656037u;
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ at[i]) * 1099511628211u;
    return hash;
}

static void key_of(pack_key *key, uint32_t kind, const void *weights, const void *bias,
                   const size_t numbers[8], const tb_pack_q8 *q, size_t scales)
{
    memset(key, 0, sizeof *key);
    key->kind = kind;
    key->weights = weights;
    key->bias = bias;
    memcpy(key->numbers, numbers, sizeof key->numbers);
    if (q) {
        key->zeros[0] = q->weights_unsigned;
        key->zeros[1] = q->weight_zero;
        key->zeros[2] = q->input_zero;
        key->zeros[3] = (q->factors != NULL) | q->input_signed << 1 | q->wide << 2;
        key->zeros[4] = q->output_zero;
        key->scales_hash = q->factors ? hash_bytes(q->factors, scales * sizeof *q->factors)
                                      : hash_bytes(q->scales, scales * sizeof *q->scales);
    }
}

/* Keeps what was packed; the model's own bytes are not read again. */
static tb_status keep(tb_packs *packs, const pack_key *key, size_t weight_bytes, void *block,
                      tb_error *err, const void **out)
{
    *out = tb_packs_publish(packs, key, sizeof *key, block);
    tb_packs_release(packs, key->weights, weight_bytes);
    return *out ? TB_OK : tb_fail(err, TB_NO_MEMORY, "keeping packed weights");
}

/* ---- matrices -------------------------------------------------------------------------------------- */

size_t tb_pack_f32_panel_bytes(const tb_pack_gemm *p)
{
    return p->nr * (1 + p->segs * p->k_padded) * sizeof(float);
}

static size_t q8_weight_bytes(const tb_pack_gemm *p)
{
    return p->kr == 4 ? 1 : 2;
}

size_t tb_pack_q8_panel_bytes(const tb_pack_gemm *p)
{
    return p->nr * (TB_Q8_HEAD * sizeof(int32_t) + p->segs * p->k_padded * q8_weight_bytes(p));
}

static size_t panel_columns(const tb_pack_gemm *p, size_t first)
{
    size_t left = p->n - first;
    return left >= p->nr ? p->nr : tb_align_up(left, p->vl);
}

enum { PACK_ROWS = 16 };

void tb_pack_f32_panel(const tb_pack_gemm *p, size_t panel, void *to)
{
    const float *weights = p->weights, *bias = p->bias;
    const size_t k = p->segs * p->k;
    const size_t first = panel * p->nr, columns = panel_columns(p, first);
    const size_t used = p->n - first < columns ? p->n - first : columns;
    float *head = to;
    if (used < columns)
        memset(to, 0, columns * (1 + k) * sizeof(float));
    for (size_t j = 0; j < used; j++)
        head[j] = bias ? bias[first + j] : 0.0f;
    if (p->weight_step_n == 1) { /* a row of the panel lies together */
        for (size_t i = 0; i < k; i++)
            memcpy(head + (1 + i) * columns, weights + first + i * p->weight_step_k,
                   used * sizeof *weights);
        return;
    }
    /* A few rows at a time, so that what is written lies together as well as what is read. */
    for (size_t i = 0; i < k; i += PACK_ROWS) {
        const size_t rows = k - i < PACK_ROWS ? k - i : PACK_ROWS;
        for (size_t j = 0; j < used; j++) {
            const float *from = weights + (first + j) * p->weight_step_n + i * p->weight_step_k;
            float *to_row = head + (1 + i) * columns + j;
            if (rows == PACK_ROWS && p->weight_step_k == 1) {
                for (size_t r = 0; r < PACK_ROWS; r++)
                    to_row[r * columns] = from[r];
                continue;
            }
            for (size_t r = 0; r < rows; r++)
                to_row[r * columns] = from[r * p->weight_step_k];
        }
    }
}

/* Panels are packed by all threads: what a model's start takes is mostly this. */
typedef struct panel_work {
    const tb_pack_gemm *p;
    const tb_pack_q8 *q; /* NULL: floats */
    char *block;
} panel_work;

static void pack_panels(void *context, size_t begin, size_t end, int thread)
{
    (void)thread;
    const panel_work *all = context;
    for (size_t panel = begin; panel < end; panel++) {
        if (all->q)
            tb_pack_q8_panel(all->p, all->q, panel,
                             all->block + panel * tb_pack_q8_panel_bytes(all->p));
        else
            tb_pack_f32_panel(all->p, panel, all->block + panel * tb_pack_f32_panel_bytes(all->p));
    }
}

tb_status tb_pack_f32_gemm(tb_packs *packs, const tb_pack_gemm *p, tb_error *err, const void **out)
{
    pack_key key;
    const size_t numbers[8] = {p->n,  p->k,  p->segs, p->weight_step_k, p->weight_step_n,
                               p->nr, p->vl, 0};
    key_of(&key, KIND_F32_GEMM, p->weights, p->bias, numbers, NULL, 0);
    *out = tb_packs_find(packs, &key, sizeof key);
    if (*out)
        return TB_OK;
    const size_t count = (p->n + p->nr - 1) / p->nr;
    void *block;
    tb_status status = tb_packs_alloc(packs, count * tb_pack_f32_panel_bytes(p), err, &block);
    if (status != TB_OK)
        return status;
    panel_work all = {p, NULL, block};
    tb_thread_pool *pool = tb_packs_pool(packs, count * tb_pack_f32_panel_bytes(p));
    tb_parallel_for(pool, count, 1, pack_panels, &all);
    return keep(packs, &key, p->n * p->segs * p->k * sizeof(float), block, err, out);
}

/* Filter transforms: a row for each point, in powers of x. */
static const double winograd_2[4][3] = {{1, 0, 0}, {0.5, 0.5, 0.5}, {0.5, -0.5, 0.5}, {0, 0, 1}};
static const double winograd_4[6][3] = {{1.0 / 4, 0, 0},
                                        {-1.0 / 6, -1.0 / 6, -1.0 / 6},
                                        {-1.0 / 6, 1.0 / 6, -1.0 / 6},
                                        {1.0 / 24, 1.0 / 12, 1.0 / 6},
                                        {1.0 / 24, -1.0 / 12, 1.0 / 6},
                                        {0, 0, 1}};

enum { FILTERS = 16 };

/* Transforms `count` filters that lie `step` apart, taps `tap_step` apart, by rows and then by columns;
   element e of filter f goes to out[e][f]. */
static void transform_filters(const double (*g)[3], int side, const float *taps, size_t step,
                              size_t tap_step, size_t count, float (*out)[FILTERS])
{
    double in[9][FILTERS] = {{0}}, half[6][3][FILTERS];
    for (size_t tap = 0; tap < 9; tap++)
        for (size_t f = 0; f < count; f++)
            in[tap][f] = (double)taps[tap * tap_step + f * step];
    for (int i = 0; i < side; i++)
        for (int x = 0; x < 3; x++)
            for (int f = 0; f < FILTERS; f++)
                half[i][x][f] =
                    g[i][0] * in[x][f] + g[i][1] * in[3 + x][f] + g[i][2] * in[6 + x][f];
    for (int i = 0; i < side; i++)
        for (int j = 0; j < side; j++)
            for (int f = 0; f < FILTERS; f++)
                out[i * side + j][f] = (float)(g[j][0] * half[i][0][f] + g[j][1] * half[i][1][f] +
                                               g[j][2] * half[i][2][f]);
}

typedef struct winograd_matrices {
    const tb_pack_gemm *p;
    const double (*g)[3];
    int side;
    size_t channels, panel_bytes, matrix_bytes;
    size_t groups; /* of so many filters as are transformed together, in a panel */
    char *block;
} winograd_matrices;

/* Groups of neighbouring columns, in all matrices. */
static void pack_winograd_groups(void *context, size_t begin, size_t end, int thread)
{
    (void)thread;
    const winograd_matrices *m = context;
    const tb_pack_gemm *p = m->p;
    float out[36][FILTERS];
    for (size_t group = begin; group < end; group++) {
        const size_t panel = group / m->groups, at = group % m->groups * FILTERS;
        const size_t first = panel * p->nr + at, columns = panel_columns(p, panel * p->nr);
        const size_t room = at < columns ? columns - at : 0;
        const size_t left = first < p->n ? p->n - first : 0;
        const size_t most = room < left ? room : left, count = most < FILTERS ? most : FILTERS;
        const float *from = (const float *)p->weights + first * p->weight_step_n;
        for (size_t c = 0; c < m->channels && count; c++) {
            transform_filters(m->g, m->side, from + c * p->weight_step_k, p->weight_step_n,
                              m->channels * p->weight_step_k, count, out);
            for (int e = 0; e < m->side * m->side; e++)
                memcpy(m->block + (size_t)e * m->matrix_bytes + panel * m->panel_bytes +
                           ((c + 1) * columns + at) * sizeof(float),
                       out[e], count * sizeof(float));
        }
    }
}

tb_status tb_pack_f32_winograd(tb_packs *packs, const tb_pack_gemm *p, int size, tb_error *err,
                               const void **out, size_t *matrix_bytes)
{
    pack_key key;
    const size_t numbers[8] = {p->n,  p->k, (size_t)size, p->weight_step_k, p->weight_step_n, p->nr,
                               p->vl, 0};
    key_of(&key, KIND_F32_WINOGRAD, p->weights, NULL, numbers, NULL, 0);
    const size_t panels = (p->n + p->nr - 1) / p->nr, channels = p->k / 9;
    const size_t panel_bytes = p->nr * (1 + channels) * sizeof(float);
    const int side = size + 2;
    *matrix_bytes = panels * panel_bytes;
    *out = tb_packs_find(packs, &key, sizeof key);
    if (*out)
        return TB_OK;
    void *block;
    tb_status status = tb_packs_alloc(packs, (size_t)(side * side) * *matrix_bytes, err, &block);
    if (status != TB_OK)
        return status;
    const size_t groups = (p->nr + FILTERS - 1) / FILTERS;
    winograd_matrices all = {.p = p,
                             .g = size == 2 ? winograd_2 : winograd_4,
                             .side = side,
                             .channels = channels,
                             .panel_bytes = panel_bytes,
                             .matrix_bytes = *matrix_bytes,
                             .groups = groups,
                             .block = block};
    tb_parallel_for(tb_packs_pool(packs, (size_t)(side * side) * *matrix_bytes), panels * groups, 1,
                    pack_winograd_groups, &all);
    return keep(packs, &key, p->n * p->k * sizeof(float), block, err, out);
}

/* Sum of n signed bytes, of which `flip` was to be taken from the bits. */
static int32_t sum_bytes(const uint8_t *bytes, size_t n, uint8_t flip)
{
    uint32_t sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += (uint8_t)(bytes[i] ^ flip ^ 0x80);
    return (int32_t)(sum - 128 * (uint32_t)n);
}

static int32_t q8_weight(const tb_pack_q8 *q, const void *weights, size_t at)
{
    return q->weights_unsigned ? (int32_t)((const uint8_t *)weights)[at] - 128
                               : ((const int8_t *)weights)[at];
}

enum { WIDEST_SHIFT = 20 }; /* keeps product and addend within 63 bits */

tb_q8_rescale tb_pack_q8_widen(tb_pack_q8 *q, uint16_t kernel_kr, tb_q8_rescale rescale, size_t n,
                               int32_t zero_point, int32_t min)
{
    if (!(kernel_kr & TB_KR_WIDE) || rescale != TB_Q8_PLAIN)
        return rescale;
    for (size_t c = 0; c < n; c++)
        if (q->scales[c].shift < -WIDEST_SHIFT)
            return rescale;
    q->wide = true;
    q->output_zero = zero_point + (min < 0 ? 128 : 0);
    return min >= zero_point ? TB_Q8_WIDE_RELU : TB_Q8_WIDE;
}

/* Element j of a vector-wise array of int64, even columns before odd ones. */
static void set_wide(int32_t *array, size_t j, size_t vl, int64_t value)
{
    size_t at = j / vl * vl + j % vl / 2 + (j % 2 ? vl / 2 : 0);
    memcpy(array + 2 * at, &value, sizeof value);
}

/* Column `c` of the matrix in the head of its panel, whose column j of `columns` it is. */
static void set_head(int32_t *head, size_t columns, size_t vl, size_t j, int32_t bias,
                     const tb_pack_q8 *q, size_t c)
{
    head[TB_Q8_BIAS * columns + j] = bias;
    if (q->wide) {
        const int right = -q->scales[c].shift;
        const int64_t add = ((int64_t)1 << 30) + ((int64_t)1 << (30 + right)) +
                            (int64_t)q->output_zero * ((int64_t)1 << (31 + right));
        head[TB_Q8_MULTIPLIER * columns + j] = q->scales[c].mantissa;
        set_wide(head + TB_Q8_ADD * columns, j, vl, add);
        set_wide(head + TB_Q8_SHIFT * columns, j, vl, j % 2 ? right - 1 : right + 31);
        return;
    }
    if (q->factors) {
        memcpy(head + TB_Q8_MULTIPLIER * columns + 2 * j, &q->factors[c], sizeof *q->factors);
        return;
    }
    const int32_t shift = q->scales[c].shift;
    head[TB_Q8_MULTIPLIER * columns + j] = q->scales[c].mantissa;
    head[TB_Q8_RIGHT * columns + j] = shift > 0 ? 0 : -shift;
    head[TB_Q8_LEFT * columns + j] = shift > 0 ? shift : 0;
}

/*
 * With a the unsigned input, za its zero point, w and zw those of the (signed) weight, the sum over
 * k of (a - za)(w - zw) is, where the kernel multiplies a with w (kr 4),
 *     sum a w - za sum w - zw sum a + k za zw,
 * of which the third term is the row sum (where the kernel takes a and za less 128, as signed, the
 * third and fourth term together stay what they are); and where it multiplies a with w - zw (kr 2),
 *     sum a (w - zw) - za sum (w - zw).
 */
/* Weights of one stretch whose k lie together, for kernels that take four at a time; adds up each
   column. */
static void pack_quads(const tb_pack_gemm *p, const tb_pack_q8 *q, size_t stretch, size_t first,
                       size_t used, size_t columns, int8_t *to, int32_t *sums)
{
    const uint8_t *weights = (const uint8_t *)p->weights + stretch * p->k;
    const uint8_t flip = q->weights_unsigned ? 0x80 : 0;
    const uint32_t flips = flip * 0x01010101u;
    const size_t whole = p->k / 4;
    for (size_t j = 0; j < used; j++)
        sums[j] =
            tb_wrap_add(sums[j], sum_bytes(weights + (first + j) * p->weight_step_n, p->k, flip));
    /* A cache line of each column at a time. */
    for (size_t i = 0; i < whole; i += 16) {
        const size_t quads = whole - i < 16 ? whole - i : 16;
        for (size_t j = 0; j < used; j++) {
            const uint8_t *from = weights + (first + j) * p->weight_step_n + 4 * i;
            int8_t *column = to + (i * columns + j) * 4;
            for (size_t r = 0; r < quads; r++) {
                uint32_t quad;
                memcpy(&quad, from + 4 * r, sizeof quad);
                quad ^= flips;
                memcpy(column + 4 * r * columns, &quad, sizeof quad);
            }
        }
    }
    for (size_t j = 0; j < used && p->k % 4; j++)
        for (size_t i = 4 * whole; i < p->k; i++)
            to[(whole * columns + j) * 4 + i % 4] =
                (int8_t)(weights[(first + j) * p->weight_step_n + i] ^ flip);
}

void tb_pack_q8_panel(const tb_pack_gemm *p, const tb_pack_q8 *q, size_t panel, void *to_panel)
{
    const int32_t *bias = p->bias;
    const int32_t zw = q->weights_unsigned ? q->weight_zero - 128 : q->weight_zero;
    const bool wide = p->kr == 2;
    const size_t first = panel * p->nr, columns = panel_columns(p, first);
    const size_t used = p->n - first < columns ? p->n - first : columns;
    int32_t *head = to_panel;
    int8_t *narrow_to = (int8_t *)(head + TB_Q8_HEAD * columns);
    int16_t *wide_to = (int16_t *)(void *)narrow_to;
    enum { MOST_COLUMNS = 128 };
    int32_t sums[MOST_COLUMNS] = {0};
    const bool quads = p->kr == 4 && p->weight_step_k == 1 && used <= MOST_COLUMNS;
    for (size_t s = 0; quads && s < p->segs; s++)
        pack_quads(p, q, s, first, used, columns, narrow_to + s * p->k_padded * columns, sums);
    for (size_t j = 0; j < used; j++) {
        const size_t column = (first + j) * p->weight_step_n;
        int32_t sum = quads ? sums[j] : 0;
        for (size_t s = 0; !quads && s < p->segs; s++)
            for (size_t i = 0; i < p->k; i++) {
                int32_t w = q8_weight(q, p->weights, column + (s * p->k + i) * p->weight_step_k);
                size_t at = s * p->k_padded + i;
                size_t to = at / p->kr * columns * p->kr + j * p->kr + at % p->kr;
                if (wide)
                    wide_to[to] = (int16_t)(w -= zw);
                else
                    narrow_to[to] = (int8_t)w;
                sum = tb_wrap_add(sum, w);
            }
        int32_t total = bias ? bias[first + j] : 0;
        const int32_t za = q->input_zero - (q->input_signed ? 128 : 0);
        total = tb_wrap_sub(total, tb_wrap_mul(za, sum));
        if (!wide)
            total = tb_wrap_add(
                total, tb_wrap_mul((int32_t)(p->segs * p->k), tb_wrap_mul(q->input_zero, zw)));
        set_head(head, columns, p->vl, j, total, q, first + j);
    }
}

tb_status tb_pack_q8_gemm(tb_packs *packs, const tb_pack_gemm *p, const tb_pack_q8 *q,
                          tb_error *err, const void **out)
{
    pack_key key;
    const size_t numbers[8] = {p->n,  p->k,  p->segs, p->weight_step_k, p->weight_step_n,
                               p->nr, p->vl, p->kr};
    key_of(&key, KIND_Q8_GEMM, p->weights, p->bias, numbers, q, p->n);
    *out = tb_packs_find(packs, &key, sizeof key);
    if (*out)
        return TB_OK;
    const size_t count = (p->n + p->nr - 1) / p->nr;
    void *block;
    tb_status status = tb_packs_alloc(packs, count * tb_pack_q8_panel_bytes(p), err, &block);
    if (status != TB_OK)
        return status;
    panel_work all = {p, q, block};
    tb_thread_pool *pool = tb_packs_pool(packs, count * tb_pack_q8_panel_bytes(p));
    tb_parallel_for(pool, count, 1, pack_panels, &all);
    return keep(packs, &key, p->n * p->segs * p->k, block, err, out);
}

/* ---- depthwise ------------------------------------------------------------------------------------- */

tb_status tb_pack_f32_dw(tb_packs *packs, const tb_pack_dw *p, tb_error *err, const void **out)
{
    pack_key key;
    const size_t taps = p->kh * p->kw;
    const size_t numbers[8] = {taps, p->channels, p->vl};
    key_of(&key, KIND_F32_DW, p->weights, p->bias, numbers, NULL, 0);
    *out = tb_packs_find(packs, &key, sizeof key);
    if (*out)
        return TB_OK;
    const size_t blocks = (p->channels + p->vl - 1) / p->vl, size = (taps + 1) * p->vl;
    void *block;
    tb_status status = tb_packs_alloc(packs, blocks * size * sizeof(float), err, &block);
    if (status != TB_OK)
        return status;
    const float *weights = p->weights, *bias = p->bias;
    float *to = block;
    for (size_t c = 0; c < p->channels; c++) {
        float *column = to + c / p->vl * size + c % p->vl;
        column[0] = bias ? bias[c] : 0.0f;
        for (size_t tap = 0; tap < taps; tap++)
            column[(tap + 1) * p->vl] = weights[tap * p->channels + c];
    }
    return keep(packs, &key, taps * p->channels * sizeof(float), block, err, out);
}

/* What the head's column j of `columns` gets of channel c; `sum` of its weights less their zero. */
static void set_dw_head(int32_t *head, size_t columns, size_t j, const tb_pack_dw *p,
                        const tb_pack_q8 *q, size_t c, int32_t sum)
{
    const int32_t *bias = p->bias;
    int32_t total = tb_wrap_sub(bias ? bias[c] : 0, tb_wrap_mul(q->input_zero, sum));
    set_head(head, columns, p->vl, j, total, q, c);
}

static int32_t q8_dw_weight(const tb_pack_dw *p, const tb_pack_q8 *q, size_t tap, size_t c)
{
    const int32_t zw = q->weights_unsigned ? q->weight_zero - 128 : q->weight_zero;
    return q8_weight(q, p->weights, tap * p->channels + c) - zw;
}

static tb_status pack_dw_pairs(tb_packs *packs, const tb_pack_dw *p, const tb_pack_q8 *q,
                               tb_error *err, void **out)
{
    const size_t taps = p->kh * p->kw;
    const size_t pairs = (taps + 1) / 2, size = (TB_Q8_HEAD + pairs) * p->vl;
    const size_t blocks = (p->channels + p->vl - 1) / p->vl;
    tb_status status = tb_packs_alloc(packs, blocks * size * sizeof(int32_t), err, out);
    if (status != TB_OK)
        return status;
    int32_t *to = *out;
    for (size_t c = 0; c < p->channels; c++) {
        int32_t *head = to + c / p->vl * size, sum = 0;
        const size_t lane = c % p->vl;
        int32_t *pair = head + TB_Q8_HEAD * p->vl + lane;
        for (size_t tap = 0; tap < taps; tap++) {
            int32_t w = q8_dw_weight(p, q, tap, c);
            uint32_t bits = (uint32_t)w & 0xFFFF;
            uint32_t old = (uint32_t)pair[tap / 2 * p->vl];
            pair[tap / 2 * p->vl] = (int32_t)(tap % 2 ? old | bits << 16 : bits);
            sum = tb_wrap_add(sum, w);
        }
        set_dw_head(head, p->vl, lane, p, q, c, sum);
    }
    return TB_OK;
}

/* One channel of a block, column j of `columns`. Weights of pass 0 and, beyond int8, of pass 1. */
static void pack_dw_channel(const tb_pack_dw *p, const tb_pack_q8 *q, size_t c, int32_t *block,
                            size_t columns, size_t j)
{
    const size_t groups = tb_q8_dw_groups(p->kh);
    const size_t sets = tb_q8_dw_pairs(p->kh, p->row_step, p->row_dilation) ? 2 : 1;
    int8_t *to = (int8_t *)(block + TB_Q8_DW_CONTROL + TB_Q8_HEAD * columns);
    const size_t pass_bytes = sets * groups * p->kw * columns * 4;
    int32_t sum = 0;
    for (size_t ky = 0; ky < p->kh; ky++)
        for (size_t kx = 0; kx < p->kw; kx++) {
            const int32_t w = q8_dw_weight(p, q, ky * p->kw + kx, c);
            const int32_t first = w < -128 ? -128 : w > 127 ? 127 : w;
            sum = tb_wrap_add(sum, w);
            for (size_t set = 0; set < sets; set++) {
                const size_t row = ky + set * p->row_step;
                const size_t tap = (set * groups + row / 4) * p->kw + kx;
                const size_t at = (tap * columns + j) * 4 + row % 4;
                to[at] = (int8_t)first;
                if (w != first) {
                    to[pass_bytes + at] = (int8_t)(w - first);
                    block[0] = 2;
                }
            }
        }
    set_dw_head(block + TB_Q8_DW_CONTROL, columns, j, p, q, c, sum);
}

static tb_status pack_dw_quads(tb_packs *packs, const tb_pack_dw *p, const tb_pack_q8 *q,
                               tb_error *err, void **out)
{
    size_t bytes = 0;
    for (size_t c = 0; c < p->channels; c += TB_Q8_DW_BLOCK)
        bytes +=
            tb_q8_dw_block_values(p->kh, p->kw, p->row_step, p->row_dilation, p->channels - c) *
            sizeof(int32_t);
    tb_status status = tb_packs_alloc(packs, bytes, err, out);
    if (status != TB_OK)
        return status;
    int32_t *block = *out;
    for (size_t first = 0; first < p->channels; first += TB_Q8_DW_BLOCK) {
        const size_t left = p->channels - first, columns = tb_q8_dw_block(left);
        const size_t group = columns / 4; /* channels of a group of 16 bytes */
        block[0] = 1;
        for (size_t i = 0; i < columns && i < left; i++) {
            const size_t j = i % group / 4 * 16 + i / group * 4 + i % 4;
            pack_dw_channel(p, q, first + i, block, columns, j);
        }
        block += tb_q8_dw_block_values(p->kh, p->kw, p->row_step, p->row_dilation, left);
    }
    return TB_OK;
}

tb_status tb_pack_q8_dw(tb_packs *packs, const tb_pack_dw *p, const tb_pack_q8 *q, tb_error *err,
                        const void **out)
{
    pack_key key;
    const size_t numbers[8] = {p->kh, p->kw,       p->channels,    p->vl,
                               p->kr, p->row_step, p->row_dilation};
    key_of(&key, KIND_Q8_DW, p->weights, p->bias, numbers, q, p->channels);
    *out = tb_packs_find(packs, &key, sizeof key);
    if (*out)
        return TB_OK;
    void *block;
    tb_status status = p->kr == 4 ? pack_dw_quads(packs, p, q, err, &block)
                                  : pack_dw_pairs(packs, p, q, err, &block);
    return status == TB_OK ? keep(packs, &key, p->kh * p->kw * p->channels, block, err, out)
                           : status;
}
