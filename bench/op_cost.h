/*
 * What a node costs by its shapes: arithmetic of the operators that are made of multiply-adds, and
 * bytes read and written. Other arithmetic (activations, element-wise ops) is not counted, as the
 * field does.
 */
#ifndef TB_BENCH_OP_COST_H
#define TB_BENCH_OP_COST_H

#include <stdint.h>

#include "runtime/tflite_abi/common.h"

typedef struct tb_op_cost {
    uint64_t flops; /* 2 x multiply-adds; 0: none, or unknown */
    uint64_t bytes; /* of all inputs and outputs, each once */
} tb_op_cost;

/* Gives the tensor of that index, NULL where there is none. */
typedef const TfLiteTensor *(*tb_tensor_lookup)(const void *context, int tensor);

/* Saturates instead of overflowing. */
tb_op_cost tb_op_cost_of(int builtin_code, const TfLiteNode *node, tb_tensor_lookup lookup,
                         const void *context);

#endif
