/*
 * The table of inner kernels: what the steps of a plan call. kernels.def has a row per variant; the
 * rows whose instruction sets this processor has fill the table, the later row winning.
 *
 * Kernels compute, they do not allocate, branch on types or know of tensors. They read and write
 * only the elements that their arguments name. Rows of an image are given by pointer, so that rows
 * may lie anywhere (in a ring, in a shared row of padding); pixels of a row lie `..._stride` bytes
 * apart. Results do not depend on how the work was cut into calls.
 */
#ifndef TB_CPU_KERNELS_H
#define TB_CPU_KERNELS_H

#include <stddef.h>
#include <stdint.h>

#include "runtime/ops/fft.h"

/* ---- matrix products and convolutions: C[m][n] = A[m][k] * B[k][n] + bias ---------------------- */

/*
 * A panel of B is `nr` columns wide (the last one of a matrix is cut to whole vectors): nr biases,
 * then k rows of nr. Row i of A is made of `segs` stretches of k floats: seg[s] + i * a_stride. So
 * a convolution is a product whose stretches are runs of taps. Where m is 1, the next panels may
 * follow the first and n count the columns of all: one row alone would wait for its own sums.
 */
typedef struct tb_f32_gemm {
    const char *const *seg;
    size_t segs;
    size_t k;        /* floats in a stretch */
    size_t a_stride; /* bytes from one row of A to the next */
    const float *b;  /* the panel, or panels */
    size_t n;        /* columns of it that are stored */
    char *c;
    size_t c_stride;
    size_t m;
    float min, max; /* put on the product */
    /* Then, where not NULL, residual[m][n] is added and min2, max2 put on the sum, */
    const char *residual;
    size_t residual_stride;
    float min2, max2;
    /* and negative values are multiplied with slope[n]. */
    const float *slope;
} tb_f32_gemm;
typedef void (*tb_f32_gemm_fn)(const tb_f32_gemm *);

/*
 * How a 32-bit sum becomes a quantised value: arrays of nr, at the head of each panel, in this
 * order; and what they mean. With TB_Q8_REAL, nr doubles stand in the place of multiplier and right
 * shift, and the value is round(sum * factor), halves away from zero.
 *
 * With TB_Q8_WIDE, both roundings of tb_multiply are one: for m the multiplier, r the right shift
 * and z the zero point, value = (sum * m + add) >> (31 + r) in 64 bits, where
 *     add = 2^30 + 2^(30 + r) + z * 2^(31 + r), less 2^31 where the sum is negative.
 * A vector of columns has its addends and then its shifts as int64, the even columns' before the
 * odd ones'; the odd columns' shift is 32 less, so that the value lands in the upper half. The
 * value is unsigned: 128 more than it is where min is negative.
 */
enum { TB_Q8_BIAS, TB_Q8_MULTIPLIER, TB_Q8_RIGHT, TB_Q8_LEFT, TB_Q8_HEAD = 6 };
enum { TB_Q8_ADD = 2, TB_Q8_SHIFT = 4 }; /* each the room of two arrays */
typedef enum tb_q8_rescale {
    TB_Q8_PLAIN, /* tb_multiply where every left shift is 0 and every right shift at least 1 */
    TB_Q8_ANY,   /* tb_multiply */
    TB_Q8_REAL,
    TB_Q8_WIDE,     /* as PLAIN, for kernels with TB_KR_WIDE and right shifts of at most 20 */
    TB_Q8_WIDE_RELU /* the same where min is not below the zero point: nothing is taken off */
} tb_q8_rescale;

/*
 * The same on 8-bit values. A panel is the head above and k/kr rows of nr groups of kr weights.
 * kr 4: A is bytes, which the kernel makes unsigned (with `flip`) or, under TB_KR_SIGNED, signed;
 * weights are int8. kr 2: A is the unsigned bytes as int16, weights are int16 less their zero point.
 */
enum { TB_KR_SIGNED = 4 | 0x100, TB_KR_WIDE = 0x200 /* a flag: takes TB_Q8_WIDE */ };
typedef struct tb_q8_gemm {
    const char *const *seg;
    size_t segs;
    size_t k; /* values in a stretch, a multiple of kr */
    size_t a_stride;
    uint32_t flip; /* 0x80808080 where A is int8, 0 where it is uint8 */
    const void *b;
    size_t n;
    char *c;
    size_t c_stride;
    size_t m;
    const int32_t *row_sum; /* added to every column of row m; NULL: nothing */
    int32_t zero_point, min, max;
    tb_q8_rescale rescale;
} tb_q8_gemm;
typedef void (*tb_q8_gemm_fn)(const tb_q8_gemm *);

/* out[i] = factor * (sum of row i's bytes after the flip), for weights with a zero point. */
typedef void (*tb_q8_row_sum_fn)(const tb_q8_gemm *, int32_t factor, int32_t *out);

/* ---- Winograd's minimal filtering for 3x3 windows, stride 1 ----------------------------------------- */

enum { TB_WINOGRAD_2, TB_WINOGRAD_4, TB_WINOGRAD_COUNT }; /* F(2x2) and F(4x4) */

/*
 * A row of tiles of `size` x `size` output pixels. In: size + 2 rows of input, each from the column
 * left of the first output pixel, become (size + 2)^2 matrices of a row per tile and a column per
 * channel. Out: products of them become pixels. The last tile begins at last_x, and of what it
 * shares with the one before, and the row of tiles with the one above, nothing is stored.
 */
typedef struct tb_f32_winograd {
    size_t tiles, channels;
    size_t last_x;
    float *matrices;
    size_t row_values, matrix_values; /* from one row, and from one matrix, to the next */
    /* in */
    const char *const *rows;
    size_t pixel_bytes;
    /* out */
    char *out;
    size_t out_pixel_bytes, out_row_bytes;
    int first_row, last_first; /* rows, and columns of the last tile, that are not stored */
    const float *bias;         /* NULL: zeros */
    float min, max;
    const char *residual; /* as in tb_f32_gemm; its pixels lie as far apart as those of out */
    size_t residual_row_bytes;
    float min2, max2;
    const float *slope;
} tb_f32_winograd;
typedef void (*tb_f32_winograd_fn)(const tb_f32_winograd *);

/* ---- depthwise convolution ---------------------------------------------------------------------- */

/*
 * Rows of output: tap row ky of output row y is rows[y * row_step + ky * row_dilation], each at the
 * leftmost tap of the first output pixel. Weights are packed per vector of channels: nr biases,
 * then kh * kw taps of nr.
 */
typedef struct tb_f32_dw {
    const char *const *rows;
    size_t kh, kw;
    size_t row_step, row_dilation;
    size_t pixel_step; /* bytes from one output pixel's taps to the next's */
    size_t tap_step;   /* bytes from one tap to the next in a row */
    const float *weights;
    char *out;
    size_t out_stride, out_row_stride;
    size_t width, height, channels;
    float min, max;
    const float *slope; /* as above; NULL: none */
} tb_f32_dw;
typedef void (*tb_f32_dw_fn)(const tb_f32_dw *);

/*
 * The same on 8-bit values. kr 2: weights per vector of channels are the head, then
 * ceil(kh * kw / 2) pairs of int16 per channel, zero points taken off.
 *
 * kr 4: taps that stand above each other are multiplied four at a time, and where four hold the
 * taps of two rows of output (tb_q8_dw_pairs), both are made from the same input. A block of
 * channels is 64, for the last ones 32 or 16 where that is enough. It begins with TB_Q8_DW_CONTROL
 * values, the first the number of passes; then the head; then for each pass, row of output, group
 * of four tap rows and column of taps four int8 per channel. A weight less its zero point that is
 * no int8 is the sum of those of two passes. Channel c of a block of 16 Q is column
 * c % 4Q / 4 * 16 + c / 4Q * 4 + c % 4, which is where unpacking bytes puts it.
 */
enum { TB_Q8_DW_CONTROL = 16, TB_Q8_DW_BLOCK = 64 };
typedef struct tb_q8_dw {
    const char *const *rows;
    size_t kh, kw;
    size_t row_step, row_dilation;
    size_t pixel_step, tap_step;
    uint32_t flip; /* 0x80 or 0 */
    const int32_t *weights;
    char *out;
    size_t out_stride, out_row_stride;
    size_t width, height, channels;
    int32_t zero_point, min, max;
    tb_q8_rescale rescale; /* not TB_Q8_REAL */
} tb_q8_dw;
typedef void (*tb_q8_dw_fn)(const tb_q8_dw *);

/* Groups of four rows of taps that kr 4 multiplies, */
static inline size_t tb_q8_dw_groups(size_t kh)
{
    return (kh + 3) / 4;
}
/* whether they hold a second row of output as well, */
static inline int tb_q8_dw_pairs(size_t kh, size_t row_step, size_t row_dilation)
{
    return row_dilation == 1 && tb_q8_dw_groups(kh + row_step) == tb_q8_dw_groups(kh);
}
/* and the channels of the block that begins where `left` are left. */
static inline size_t tb_q8_dw_block(size_t left)
{
    return left > 32 ? 64 : left > 16 ? 32 : 16;
}

/* Values (of 32 bits) from the beginning of that block to the next's. */
static inline size_t tb_q8_dw_block_values(size_t kh, size_t kw, size_t row_step,
                                           size_t row_dilation, size_t left)
{
    const size_t sets = tb_q8_dw_pairs(kh, row_step, row_dilation) ? 2 : 1, passes = 2;
    return TB_Q8_DW_CONTROL +
           (TB_Q8_HEAD + passes * sets * tb_q8_dw_groups(kh) * kw) * tb_q8_dw_block(left);
}

/* ---- one output pixel of a pooling: taps[0..count), each with `channels` values ------------------- */

typedef void (*tb_f32_pool_fn)(const char *const *taps, size_t count, size_t channels, float *out,
                               float min, float max);
/* flip: 0x80 where values are int8. Rounds half away from zero on the values as they are typed. */
typedef void (*tb_q8_pool_fn)(const char *const *taps, size_t count, size_t channels, uint8_t *out,
                              uint32_t flip, int32_t min, int32_t max);

/* ---- many values to one (t_reduce.h) -------------------------------------------------------------- */

#define TB_REDUCE_LIST(X) X(SUM) X(LARGEST) X(SMALLEST)
enum {
#define TB_REDUCE_ENUM(id) TB_REDUCE_##id,
    TB_REDUCE_LIST(TB_REDUCE_ENUM)
#undef TB_REDUCE_ENUM
        TB_REDUCE_COUNT
};
typedef float (*tb_f32_reduce_fn)(size_t n, const float *in);
/* acc[i] += in[i] after the flip (0x80 or 0) */
typedef void (*tb_q8_accumulate_fn)(size_t n, const uint8_t *in, uint32_t flip, int32_t *acc);
/* indices[row]: where the first of the largest bytes (after `flip`: the byte is xor-ed with it) of a
   row of `length` is. */
typedef void (*tb_q8_arg_max_fn)(size_t rows, size_t length, const uint8_t *in, uint32_t flip,
                                 int32_t *indices);
enum { TB_Q8_ARG_MOST = 1 << 23 }; /* below that a row's length has to be */

/* ---- element-wise -------------------------------------------------------------------------------- */

#define TB_BINARY_LIST(X) X(ADD) X(SUB) X(MUL) X(DIV) X(MINIMUM) X(MAXIMUM) X(SQUARED_DIFFERENCE)
enum {
#define TB_BINARY_ENUM(id) TB_BINARY_##id,
    TB_BINARY_LIST(TB_BINARY_ENUM)
#undef TB_BINARY_ENUM
        TB_BINARY_COUNT
};
/* out[i] = clamp(a[i * a_step] op b[i * b_step]), steps 0 or 1. */
typedef void (*tb_f32_binary_fn)(size_t n, const float *a, size_t a_step, const float *b,
                                 size_t b_step, float *out, float min, float max);

/* clang-format off */
#define TB_UNARY_LIST(X)                                          \
    X(CLAMP) X(LOGISTIC) X(TANH) X(HARD_SWISH) X(EXP) X(NEG) X(ABS) \
    X(SQRT) X(RSQRT) X(SQUARE) X(LEAKY_RELU) X(GELU) X(GELU_TANH) X(LOG) X(SILU)
/* clang-format on */
enum {
#define TB_UNARY_ENUM(id) TB_UNARY_##id,
    TB_UNARY_LIST(TB_UNARY_ENUM)
#undef TB_UNARY_ENUM
        TB_UNARY_COUNT
};
/* CLAMP: to [p, q]; LEAKY_RELU: p is the slope. in and out may be the same. */
typedef void (*tb_f32_unary_fn)(size_t n, const float *in, float *out, float p, float q);

/* out[i][c] = in[i][c] < 0 ? in[i][c] * slope[c] : in[i][c] */
typedef void (*tb_f32_prelu_fn)(size_t pixels, size_t channels, const float *in, const float *slope,
                                float *out);

/* Absolute values of n pairs of a real and an imaginary part. */
typedef void (*tb_f32_complex_abs_fn)(size_t n, const float *in, float *out);

/* nr rows at a time are transformed side by side: what the work is to have room for. */
typedef void (*tb_rfft_fn)(const tb_rfft *);

/* A row of softmax; in and out may be the same. */
typedef void (*tb_f32_softmax_fn)(size_t n, const float *in, float *out, float beta);

/* out[c] = a[c] + (b[c] - a[c]) * t for two pixels or rows. */
typedef void (*tb_f32_lerp_fn)(size_t n, const float *a, const float *b, float t, float *out);

/* Pixels of int8 between two rows: out = a * weight_a + b * weight_b, and between two columns of
   such: round((a * weight_a + b * weight_b) / 2^20), halves away from zero. */
typedef void (*tb_q8_blend_rows_fn)(size_t n, const uint8_t *a, const uint8_t *b, int32_t weight_a,
                                    int32_t weight_b, int32_t *out);
typedef void (*tb_q8_blend_columns_fn)(size_t n, const int32_t *a, const int32_t *b,
                                       int32_t weight_a, int32_t weight_b, uint8_t *out);
/* Pixels of uint8 between upper left, lower left, upper right, lower right: the sum of each times
   its vertical, then its horizontal weight, in this order, and 1/2, truncated. */
typedef void (*tb_q8_blend_fn)(size_t n, const uint8_t *const corners[4], float lower, float right,
                               uint8_t *out);

/* Quantised addition and subtraction: both inputs brought to one scale, shifted left by 20, added,
   scaled down. Multiplication: `a`, `b` unused. */
typedef struct tb_q8_scale {
    int32_t mantissa;
    int32_t shift;
} tb_q8_scale;
typedef struct tb_q8_binary {
    uint32_t flip_a, flip_b; /* 0x80 or 0 */
    int32_t zero_a, zero_b;  /* after the flip */
    tb_q8_scale a, b, out;   /* b is negative for a subtraction: see sign_b */
    int32_t sign_b;          /* 1 or -1 */
    int32_t zero_out, min, max;
} tb_q8_binary;
typedef void (*tb_q8_binary_fn)(const tb_q8_binary *, size_t n, const uint8_t *a, size_t a_step,
                                const uint8_t *b, size_t b_step, uint8_t *out);

/* out[i] = table[in[i]] */
typedef void (*tb_q8_lut_fn)(size_t n, const uint8_t *in, const uint8_t *table, uint8_t *out);
/* out = (in - zero) * scale, zero after the flip */
typedef void (*tb_q8_dequantize_fn)(size_t n, const uint8_t *in, uint32_t flip, int32_t zero,
                                    float scale, float *out);
/* out = clamp(round(in / scale) + zero), halves away from zero */
typedef void (*tb_q8_quantize_fn)(size_t n, const float *in, float scale, int32_t zero, int32_t min,
                                  int32_t max, uint8_t *out);

/* out = clamp(round(zero_point + in * inverse), min, 127) - zero_point, halves away from zero; of NaN
   anything. */
typedef struct tb_through_q8 {
    float inverse;
    int32_t zero_point, min;
} tb_through_q8;
typedef void (*tb_f32_through_q8_fn)(const tb_through_q8 *q, size_t n, const float *in, float *out);

/* ---- the table ----------------------------------------------------------------------------------- */

/* nr: columns or channels of one packed panel; kr: values of k that lie together; mr: rows that one
   tile computes. 0 where they mean nothing. */
#define TB_KERNEL_SLOT(type) \
    struct {                 \
        type fn;             \
        const char *name;    \
        uint16_t mr, nr, kr; \
    }

typedef struct tb_cpu_kernels {
    uint32_t features;
    TB_KERNEL_SLOT(tb_f32_gemm_fn) f32_gemm;
    TB_KERNEL_SLOT(tb_f32_winograd_fn) f32_winograd_in[TB_WINOGRAD_COUNT];
    TB_KERNEL_SLOT(tb_f32_winograd_fn) f32_winograd_out[TB_WINOGRAD_COUNT];
    TB_KERNEL_SLOT(tb_f32_dw_fn) f32_dw;
    TB_KERNEL_SLOT(tb_q8_gemm_fn) q8_gemm;
    TB_KERNEL_SLOT(tb_q8_row_sum_fn) q8_row_sum;
    TB_KERNEL_SLOT(tb_q8_dw_fn) q8_dw;
    TB_KERNEL_SLOT(tb_f32_pool_fn) f32_max_pool;
    TB_KERNEL_SLOT(tb_f32_pool_fn) f32_average_pool;
    TB_KERNEL_SLOT(tb_q8_pool_fn) q8_max_pool;
    TB_KERNEL_SLOT(tb_q8_pool_fn) q8_average_pool;
    TB_KERNEL_SLOT(tb_f32_reduce_fn) f32_reduce[TB_REDUCE_COUNT];
    TB_KERNEL_SLOT(tb_q8_accumulate_fn) q8_accumulate;
    TB_KERNEL_SLOT(tb_q8_arg_max_fn) q8_arg_max;
    TB_KERNEL_SLOT(tb_f32_binary_fn) f32_binary[TB_BINARY_COUNT];
    TB_KERNEL_SLOT(tb_f32_unary_fn) f32_unary[TB_UNARY_COUNT];
    TB_KERNEL_SLOT(tb_f32_prelu_fn) f32_prelu;
    TB_KERNEL_SLOT(tb_f32_complex_abs_fn) f32_complex_abs;
    TB_KERNEL_SLOT(tb_rfft_fn) f64_rfft;
    TB_KERNEL_SLOT(tb_f32_softmax_fn) f32_softmax;
    TB_KERNEL_SLOT(tb_f32_lerp_fn) f32_lerp;
    TB_KERNEL_SLOT(tb_q8_blend_rows_fn) q8_blend_rows;
    TB_KERNEL_SLOT(tb_q8_blend_columns_fn) q8_blend_columns;
    TB_KERNEL_SLOT(tb_q8_blend_fn) q8_blend;
    TB_KERNEL_SLOT(tb_q8_binary_fn) q8_add;
    TB_KERNEL_SLOT(tb_q8_binary_fn) q8_mul;
    TB_KERNEL_SLOT(tb_q8_lut_fn) q8_lut;
    TB_KERNEL_SLOT(tb_q8_dequantize_fn) q8_dequantize;
    TB_KERNEL_SLOT(tb_q8_quantize_fn) q8_quantize;
    TB_KERNEL_SLOT(tb_f32_through_q8_fn) f32_through_q8;
} tb_cpu_kernels;

/* The best variants for these TB_CPU_... bits. */
void tb_cpu_kernels_select(uint32_t features, tb_cpu_kernels *out);

/* Every row of kernels.def. */
typedef struct tb_cpu_kernel_row {
    const char *slot;
    const char *name;
    uint32_t feature; /* 0: scalar */
} tb_cpu_kernel_row;
const tb_cpu_kernel_row *tb_cpu_kernel_rows(int *count);

#endif
