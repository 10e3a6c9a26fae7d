/*
 * From a float network to a fully integer one, by TFLite's int8 specification
 * (https://www.tensorflow.org/lite/performance/quantization_spec): activations int8 with one scale
 * and zero point, from ranges that calibrate.h measured; weights int8, symmetric, with a scale for
 * each output channel where the operator allows it; biases int32 at the product of their input's
 * and weights' scales; the output of SOFTMAX and its like at the scale that the operator prescribes;
 * one scale for all that an operator only moves about (pooling, concatenation, reshaping). Inputs
 * and outputs of the network become int8 as well.
 */
#ifndef TB_MODELS_QUANTIZE_H
#define TB_MODELS_QUANTIZE_H

#include <stdbool.h>

#include "models/draft.h"

/* The values that a tensor took; nothing is known of it before `known`. */
typedef struct tb_range {
    float min;
    float max;
    bool known;
} tb_range;

/* Widens the range to hold the values, those that are no finite number left out. */
void tb_range_add(tb_range *range, const float *values, size_t count);

/* One scale and zero point for int8. */
typedef struct tb_int8_scale {
    float scale;
    int32_t zero_point;
} tb_int8_scale;

/* For values between range.min and range.max; 0 is always among them, exactly represented. */
tb_int8_scale tb_int8_scale_for(tb_range range);

/*
 * Makes `out` the integer form of `model`, which must have a single subgraph, and whose constants
 * must outlive it. `ranges` has an entry for each tensor; those of constants are not needed. Pair
 * with tb_draft_free, whatever the result. TB_UNSUPPORTED: an operator without an integer form
 * here; TB_USAGE: a range is missing.
 */
tb_status tb_quantize_int8(const tb_draft *model, const tb_range *ranges, tb_error *err,
                           tb_draft *out);

#endif
