/*
 * What the int8 specification asks of each operator's tensors. Float inputs that a rule does not
 * mention are activations (or constants treated as such); the others keep their type.
 */
#ifndef TB_MODELS_QUANTIZE_RULES_H
#define TB_MODELS_QUANTIZE_RULES_H

#include <stdbool.h>
#include <stdint.h>

#include "runtime/tflite_abi/builtin_ops.h"

/* Positions among the operator's inputs. */
typedef struct tb_quantize_bias {
    int8_t bias, data, weights;
} tb_quantize_bias;

enum { TB_QUANTIZE_NO_AXIS = -1, TB_QUANTIZE_MAX_BIASES = 4 };

typedef struct tb_quantize_rule {
    TfLiteBuiltinOperator op;
    uint32_t weights; /* bit k: input k is weights, symmetric */
    int weights_axis; /* of a scale each; TB_QUANTIZE_NO_AXIS: one scale for all */
    int bias_count;
    tb_quantize_bias biases[TB_QUANTIZE_MAX_BIASES];
    bool same_scale;   /* activations in and out share theirs */
    float fixed_scale; /* of output 0; 0: from its range */
    int32_t fixed_zero_point;
    bool symmetric_output;  /* output 0 has zero point 0 */
    int tied_input;         /* shares the scale of output 0; 0: none */
    int cell_input;         /* int16 at a power of two that covers cell_clip; 0: none */
    int intermediate_count; /* tensors that the integer kernel wants; the last is like output 0 */
} tb_quantize_rule;

/* NULL where the operator has no integer form here. */
const tb_quantize_rule *tb_quantize_rule_find(TfLiteBuiltinOperator op);

#endif
