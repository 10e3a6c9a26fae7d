/*
 * Look-up tables for functions of one quantised value, as TFLite's LUTPopulate and LUTLookup: 256
 * results for 8-bit types, and for int16 513 samples with linear interpolation between them.
 */
#ifndef TB_RUNTIME_OPS_LUT_H
#define TB_RUNTIME_OPS_LUT_H

#include "runtime/ops/common.h"

typedef float (*tb_lut_function)(float x, const void *params);

/*
 * table[byte] is the quantised result for the input with that byte, of the type the two tensors
 * share (INT8 or UINT8): round(f(dequantised input) / output scale) + output zero point, clamped.
 */
void tb_lut8_fill(const TfLiteTensor *input, const TfLiteTensor *output, tb_lut_function f,
                  const void *params, uint8_t table[256]);

#define TB_LUT16_SIZE 513

/*
 * Samples of f over the int16 range of an affine input, each moved by half the error that the
 * interpolation makes in the middle of its interval. Float arithmetic, as for GELU; the double form
 * is softmax's.
 */
void tb_lut16_fill(float in_scale, int32_t in_zero_point, float out_scale, int32_t out_zero_point,
                   tb_lut_function f, const void *params, int16_t table[TB_LUT16_SIZE]);
void tb_lut16_fill_double(double in_scale, int32_t in_zero_point, double out_scale,
                          int32_t out_zero_point, double (*f)(double x),
                          int16_t table[TB_LUT16_SIZE]);

static inline int16_t tb_lut16(int16_t value, const int16_t *table)
{
    int index = 256 + (value >> 7);
    int offset = value & 0x7F;
    int slope = (int16_t)(table[index + 1] - table[index]);
    return (int16_t)(table[index] + ((slope * offset + 64) >> 7));
}

#endif
