/*
 * What a node costs by its shapes: arithmetic, and bytes read and written. Multiply-adds of
 * convolutions, matrix products and recurrent layers follow from filter and output; other
 * arithmetic is counted by the rows of op_cost.def. Biases and fused activations are not counted.
 */
#ifndef TB_BENCH_OP_COST_H
#define TB_BENCH_OP_COST_H

#include <stdint.h>

#include "runtime/tflite_abi/common.h"

typedef struct tb_op_cost {
    uint64_t multiply_adds;
    uint64_t
        flops; /* 2 x multiply-adds and all other arithmetic, integer too; 0: none, or unknown */
    uint64_t bytes; /* of all inputs and outputs, each once; of an input that is only looked up in,
                       what is read */
} tb_op_cost;

/* Gives the tensor of that index, NULL where there is none. */
typedef const TfLiteTensor *(*tb_tensor_lookup)(const void *context, int tensor);

/* Saturates instead of overflowing. */
tb_op_cost tb_op_cost_of(int builtin_code, const TfLiteNode *node, tb_tensor_lookup lookup,
                         const void *context);

#endif
