/*
 * What the kernels share beyond op.h: their data, parameters in the form they need, axes and shapes
 * from tensors, multipliers and clamping bounds with a refusal that names the culprit.
 */
#ifndef TB_RUNTIME_OPS_COMMON_H
#define TB_RUNTIME_OPS_COMMON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "runtime/base/stop.h"
#include "runtime/op.h"
#include "runtime/quant.h"
#include "runtime/tensor.h"
#include "runtime/typed.h"

/* Operators that work dimension by dimension take tensors up to this rank. */
#define TB_MAX_RANK 8

#define TB_TYPES_QUANTIZED \
    (TB_TYPE_BIT(kTfLiteUInt8) | TB_TYPE_BIT(kTfLiteInt8) | TB_TYPE_BIT(kTfLiteInt16))

#define TB_MIN(a, b) ((a) < (b) ? (a) : (b))
#define TB_MAX(a, b) ((a) > (b) ? (a) : (b))

/* Zeroed memory that lives until the next prepare; it becomes node->user_data. NULL after an error
   was reported. */
void *tb_op_make_data(TfLiteContext *context, TfLiteNode *node, size_t bytes);

/* Persistent memory for count elements; NULL after an error was reported. */
void *tb_op_persistent_array(TfLiteContext *context, size_t count, size_t element_bytes);
/* The same until this invoke of the node has ended: for what only the values decide. */
void *tb_op_invoke_array(TfLiteContext *context, size_t count, size_t element_bytes);
/* Scratch for count elements. */
TfLiteStatus tb_op_scratch_array(TfLiteContext *context, size_t count, size_t element_bytes,
                                 int *index);

/* The one input and the one output of an operator that has just these; refuses otherwise. */
TfLiteStatus tb_op_unary(TfLiteContext *context, const TfLiteNode *node, const TfLiteTensor **input,
                         TfLiteTensor **output);

/* The k-th input or output; refuses where it is absent. `what` is "filter", ... */
TfLiteStatus tb_op_get_input(TfLiteContext *context, const TfLiteNode *node, int k,
                             const char *what, const TfLiteTensor **out);
TfLiteStatus tb_op_get_output(TfLiteContext *context, const TfLiteNode *node, int k,
                              TfLiteTensor **out);

/* The bytes of one element; 0 for types without a whole number of bytes and for strings. */
static inline size_t tb_type_bytes(TfLiteType type)
{
    unsigned bits = tb_type_bits(type);
    return bits % 8 ? 0 : bits / 8;
}

/* The number of elements, for loops. */
static inline size_t tb_count(const TfLiteTensor *tensor)
{
    return (size_t)tb_tensor_elements(tensor);
}

/* Makes an output one that prepare fills and later nodes may read in their prepare; tb_op_resize
   then gives it memory at once. */
void tb_op_set_constant(TfLiteTensor *output);

/* Flat loops go in blocks of so many elements, between which they may be stopped. */
#define TB_BLOCK_ELEMENTS ((size_t)1 << 16)

/* memcpy and memset, which must not see the NULL of an empty tensor. */
static inline void tb_copy_bytes(void *to, const void *from, size_t bytes)
{
    if (bytes > 0)
        memcpy(to, from, bytes);
}

static inline void tb_zero_bytes(void *to, size_t bytes)
{
    if (bytes > 0)
        memset(to, 0, bytes);
}

bool tb_same_shape(const TfLiteTensor *a, const TfLiteTensor *b);
/* The product of dimensions [from, to). */
size_t tb_dims_product(const TfLiteTensor *tensor, int from, int to);
/* axis in [-rank, rank) to [0, rank). */
TfLiteStatus tb_op_axis(TfLiteContext *context, int64_t axis, int rank, const char *what, int *out);

/* The elements of an integer tensor (int8, int16, int32, int64, uint8, uint32 or bool) of at most
   `capacity`, each within int32. The tensor's bytes must be there: constant, or at invoke. */
TfLiteStatus tb_op_read_ints(TfLiteContext *context, const TfLiteTensor *tensor, const char *what,
                             int capacity, int32_t *out, int *count);
/* The one element of such a tensor. */
TfLiteStatus tb_op_read_int(TfLiteContext *context, const TfLiteTensor *tensor, const char *what,
                            int32_t *out);

/* tb_multiplier_from_real, or a refusal: "<what> is 1e40, ...". */
TfLiteStatus tb_op_multiplier(TfLiteContext *context, double factor, const char *what,
                              tb_multiplier *out);

/* The clamping bounds of a fused activation, where only clamping ones are allowed. */
TfLiteStatus tb_op_float_range(TfLiteContext *context, TfLiteFusedActivation activation, float *min,
                               float *max);
TfLiteStatus tb_op_int_range(TfLiteContext *context, TfLiteFusedActivation activation,
                             TfLiteType type, int64_t *min, int64_t *max);
TfLiteStatus tb_op_quantized_range(TfLiteContext *context, TfLiteFusedActivation activation,
                                   const TfLiteTensor *output, int32_t *min, int32_t *max);

/* Zero points that have to be 0, as int16 tensors' always. */
TfLiteStatus tb_op_check_symmetric(TfLiteContext *context, const TfLiteTensor *tensor,
                                   const char *what);
/* Equal scale and zero point. */
TfLiteStatus tb_op_check_same_quantization(TfLiteContext *context, const TfLiteTensor *a,
                                           const char *a_name, const TfLiteTensor *b,
                                           const char *b_name);

/* min(max(x, low), high) that hands NaN through. */
static inline float tb_clampf(float x, float low, float high)
{
    x = x < low ? low : x;
    return x > high ? high : x;
}

#endif
