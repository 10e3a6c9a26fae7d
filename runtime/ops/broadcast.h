/*
 * Walking two or three tensors that broadcast to one output, row by row.
 *
 * A row kernel handles `count` outputs in a run; each input advances by its step, 1 or 0 (0: the one
 * element serves the whole row). Kernels see neither shapes nor types: prepare picks the kernel for
 * the types at hand.
 */
#ifndef TB_RUNTIME_OPS_BROADCAST_H
#define TB_RUNTIME_OPS_BROADCAST_H

#include "runtime/ops/common.h"

#define TB_BROADCAST_MAX_INPUTS 3

typedef struct tb_broadcast {
    int loops;                                           /* dimensions left after merging; >= 1 */
    size_t extent[TB_MAX_RANK];                          /* outermost first */
    size_t stride[TB_BROADCAST_MAX_INPUTS][TB_MAX_RANK]; /* elements; 0 where broadcast */
} tb_broadcast;

/*
 * The common shape of `count` (2 or 3) inputs by the usual rule, aligned at the last dimension, and
 * the plan to walk them. Gives the output its shape unless `output` is NULL. Refuses shapes that do
 * not fit each other, and more than TB_MAX_RANK dimensions where any input really broadcasts.
 */
TfLiteStatus tb_broadcast_prepare(TfLiteContext *context, const TfLiteTensor *const *inputs,
                                  const char *const *names, int count, TfLiteTensor *output,
                                  tb_broadcast *out);

typedef void (*tb_binary_row)(const void *params, const void *a, size_t a_step, const void *b,
                              size_t b_step, void *out, size_t count);
typedef void (*tb_ternary_row)(const void *params, const void *a, size_t a_step, const void *b,
                               size_t b_step, const void *c, size_t c_step, void *out,
                               size_t count);

/* Element sizes are in bytes. */
void tb_broadcast_binary(const tb_broadcast *plan, tb_binary_row row, const void *params,
                         const void *a, size_t a_bytes, const void *b, size_t b_bytes, void *out,
                         size_t out_bytes);
void tb_broadcast_ternary(const tb_broadcast *plan, tb_ternary_row row, const void *params,
                          const void *a, size_t a_bytes, const void *b, size_t b_bytes,
                          const void *c, size_t c_bytes, void *out, size_t out_bytes);

/*
 * Makes a tb_binary_row: EXPRESSION is in terms of x and y (the elements) and p (the params).
 * For functions of no parameters params_t is void.
 */
#define TB_DEFINE_BINARY(name, params_t, a_t, b_t, out_t, EXPRESSION)                    \
    static void name(const void *params_, const void *a_, size_t a_step, const void *b_, \
                     size_t b_step, void *out_, size_t count)                            \
    {                                                                                    \
        const params_t *p = params_;                                                     \
        const a_t *a = a_;                                                               \
        const b_t *b = b_;                                                               \
        out_t *out = out_;                                                               \
        (void)p;                                                                         \
        for (size_t i = 0; i < count; i++) {                                             \
            const a_t x = a[i * a_step];                                                 \
            const b_t y = b[i * b_step];                                                 \
            out[i] = (out_t)(EXPRESSION);                                                \
        }                                                                                \
    }

#endif
