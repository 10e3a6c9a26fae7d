/* The 8-bit operators on one value as tables of 256 results, exactly as the portable kernels have
   them. */
#ifndef TB_CPU_TABLE_H
#define TB_CPU_TABLE_H

#include <stdbool.h>
#include <stdint.h>

#include "runtime/tflite_abi/common.h"

/* table[byte] is the output's byte for the input's; both are INT8 or UINT8, of one type, with
   scales. False where the scales cannot be brought together. */
typedef bool (*tb_table_fn)(const TfLiteTensor *in, const TfLiteTensor *out, const void *params,
                            uint8_t table[256]);

bool tb_table_logistic(const TfLiteTensor *in, const TfLiteTensor *out, const void *params,
                       uint8_t table[256]);
bool tb_table_tanh(const TfLiteTensor *in, const TfLiteTensor *out, const void *params,
                   uint8_t table[256]);
bool tb_table_gelu(const TfLiteTensor *in, const TfLiteTensor *out, const void *params,
                   uint8_t table[256]);
bool tb_table_exp(const TfLiteTensor *in, const TfLiteTensor *out, const void *params,
                  uint8_t table[256]);
bool tb_table_hard_swish(const TfLiteTensor *in, const TfLiteTensor *out, const void *params,
                         uint8_t table[256]);
bool tb_table_leaky_relu(const TfLiteTensor *in, const TfLiteTensor *out, const void *params,
                         uint8_t table[256]);
/* `params`: the two bounds, floats. */
bool tb_table_clamp(const TfLiteTensor *in, const TfLiteTensor *out, const void *params,
                    uint8_t table[256]);
/* Of CONCATENATION, UINT8. */
bool tb_table_concatenation(const TfLiteTensor *in, const TfLiteTensor *out, const void *params,
                            uint8_t table[256]);
/* Of QUANTIZE, from one scale to another; the types may differ. */
bool tb_table_requantize(const TfLiteTensor *in, const TfLiteTensor *out, const void *params,
                         uint8_t table[256]);
/* INT8 alone. What is below the input's zero point has no root: nothing may look there. */
bool tb_table_rsqrt(const TfLiteTensor *in, const TfLiteTensor *out, const void *params,
                    uint8_t table[256]);

/*
 * SOFTMAX of 8-bit values: by the negated difference to the row's maximum, the exponential in Q0 (0
 * where it is too large to count) and the same as it goes into the sum, which has TB_SOFTMAX_SUM_BITS
 * before its point. False where scale and beta do not go together.
 */
enum { TB_SOFTMAX_SUM_BITS = 12 };
bool tb_table_softmax(float scale, float beta, int32_t e[256], int32_t share[256]);

#endif
