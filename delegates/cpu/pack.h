/*
 * Packed weights. They are made once for a model: the runtime keeps them for all its interpreters
 * (tb_host.packed_find and packed_publish); without a runtime of ours, the delegate does.
 */
#ifndef TB_CPU_PACK_H
#define TB_CPU_PACK_H

#include "delegates/cpu/kernels.h"
#include "runtime/base/status.h"
#include "runtime/base/thread_pool.h"
#include "runtime/host.h"
#include "runtime/quant.h"

typedef struct tb_packs tb_packs;

tb_packs *tb_packs_create(void);
void tb_packs_destroy(tb_packs *packs);
/* Blocks go to this host from now on; NULL: stay here. Borrowed. */
void tb_packs_bind(tb_packs *packs, const tb_host *host);
/* A block that was published under these bytes, or NULL. */
const void *tb_packs_find(tb_packs *packs, const void *key, size_t key_size);
/* Zeroed memory for a block, accounted to the host as weights, at a multiple of 64. */
tb_status tb_packs_alloc(tb_packs *packs, size_t bytes, tb_error *err, void **out);
/* Frees a block that is not published; NULL is fine. */
void tb_packs_drop(tb_packs *packs, void *block);
/* Takes a block of tb_packs_alloc; returns the one to use, or NULL without memory. */
const void *tb_packs_publish(tb_packs *packs, const void *key, size_t key_size, void *block);
/* Constants of the model that were packed and are not read again: their pages may go. */
void tb_packs_release(tb_packs *packs, const void *data, size_t bytes);
/* Who packs; NULL: the caller alone. A host brings its own. */
void tb_packs_set_pool(tb_packs *packs, tb_thread_pool *pool);
/* NULL where so few bytes are packed sooner than other threads are awake. */
tb_thread_pool *tb_packs_pool(const tb_packs *packs, size_t bytes);

/* A matrix of weights [n][k], k made of `segs` stretches of k/segs values, as a convolution's filter
   lies in the model; what a panel of it looks like is told in kernels.h. */
typedef struct tb_pack_gemm {
    const void *weights;
    size_t weight_step_k; /* elements from one k to the next, and */
    size_t weight_step_n; /* from one column to the next */
    const void *bias;     /* float or int32; NULL: zeros */
    size_t n, k, segs;
    size_t k_padded; /* of one stretch: a multiple of kr, filled up with zeros */
    size_t nr, kr, vl;
} tb_pack_gemm;

/* What quantisation adds. */
typedef struct tb_pack_q8 {
    bool weights_unsigned;       /* uint8 */
    int32_t weight_zero;         /* of the weights as they are stored */
    int32_t input_zero;          /* of the input as unsigned */
    bool input_signed;           /* the kernel takes it as signed */
    bool wide;                   /* heads of TB_Q8_WIDE, */
    int32_t output_zero;         /* which have the zero point in them, of the unsigned value */
    const tb_multiplier *scales; /* n; NULL: factors, which is TB_Q8_REAL */
    const double *factors;
} tb_pack_q8;

/* Says that heads are to be of TB_Q8_WIDE where the kernel takes that and the scales allow it: sets
   q->wide and q->output_zero and returns the rescaling to use, else what it was given. `min` is the
   smallest output value, of n columns. */
tb_q8_rescale tb_pack_q8_widen(tb_pack_q8 *q, uint16_t kernel_kr, tb_q8_rescale rescale, size_t n,
                               int32_t zero_point, int32_t min);

/* Panels follow each other; a panel of `columns` begins at tb_pack_panel_offset. Both are told in
   bytes; `head` is values of 4 bytes before the weights of one column. */
tb_status tb_pack_f32_gemm(tb_packs *packs, const tb_pack_gemm *p, tb_error *err, const void **out);
tb_status tb_pack_q8_gemm(tb_packs *packs, const tb_pack_gemm *p, const tb_pack_q8 *q,
                          tb_error *err, const void **out);

/* One panel alone, of a matrix that an inference computes; the q8 one's padding of k and n has to be
   zeroed before. */
void tb_pack_f32_panel(const tb_pack_gemm *p, size_t panel, void *to);
void tb_pack_q8_panel(const tb_pack_gemm *p, const tb_pack_q8 *q, size_t panel, void *to);

/* The same of a 3x3 filter (k of 9 taps, segs ignored) for F(size x size): (size + 2)^2 matrices of
   k / 9 rows, each without a bias and at `matrix_bytes` from the one before. */
tb_status tb_pack_f32_winograd(tb_packs *packs, const tb_pack_gemm *p, int size, tb_error *err,
                               const void **out, size_t *matrix_bytes);

/* Bytes of a full panel. */
size_t tb_pack_f32_panel_bytes(const tb_pack_gemm *p);
size_t tb_pack_q8_panel_bytes(const tb_pack_gemm *p);

/* Depthwise: taps [kh * kw][channels]. */
typedef struct tb_pack_dw {
    const void *weights;
    const void *bias;
    size_t kh, kw, row_step, row_dilation;
    size_t channels, vl;
    size_t kr; /* of 8-bit weights */
} tb_pack_dw;
tb_status tb_pack_f32_dw(tb_packs *packs, const tb_pack_dw *p, tb_error *err, const void **out);
tb_status tb_pack_q8_dw(tb_packs *packs, const tb_pack_dw *p, const tb_pack_q8 *q, tb_error *err,
                        const void **out);

#endif
