/* Costs of nodes from shapes, against counts made by hand. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "bench/op_cost.h"
#include "runtime/tflite_abi/builtin_op_data.h"
#include "runtime/tflite_abi/builtin_ops.h"

enum { MOST = 8 };

/* float32 tensors by index, made of shapes. */
typedef struct tensors {
    TfLiteTensor at[MOST];
    int count;
} tensors;

static int add_tensor(tensors *to, int rank, const int *dims)
{
    TfLiteTensor *tensor = &to->at[to->count];
    *tensor = (TfLiteTensor){.type = kTfLiteFloat32, .bytes = 4};
    tensor->dims = TfLiteIntArrayCreate(rank);
    for (int k = 0; k < rank; k++) {
        tensor->dims->data[k] = dims[k];
        tensor->bytes *= (size_t)dims[k];
    }
    return to->count++;
}

#define TENSOR(to, ...) \
    add_tensor(&(to), (int)(sizeof((int[]){__VA_ARGS__}) / sizeof(int)), (int[]){__VA_ARGS__})

static const TfLiteTensor *look_up(const void *context, int tensor)
{
    const tensors *from = context;
    return tensor < from->count ? &from->at[tensor] : NULL;
}

/* All tensors but the last are inputs, the last is the output. */
static tb_op_cost cost_of(int code, tensors *from, void *params)
{
    TfLiteNode node = {.builtin_data = params};
    node.inputs = TfLiteIntArrayCreate(from->count - 1);
    node.outputs = TfLiteIntArrayCreate(1);
    for (int k = 0; k < from->count - 1; k++)
        node.inputs->data[k] = k;
    node.outputs->data[0] = from->count - 1;
    tb_op_cost cost = tb_op_cost_of(code, &node, look_up, from);
    TfLiteIntArrayFree(node.inputs);
    TfLiteIntArrayFree(node.outputs);
    for (int k = 0; k < from->count; k++)
        TfLiteIntArrayFree(from->at[k].dims);
    from->count = 0;
    return cost;
}

Test(op_cost, convolutions)
{
    tensors t = {.count = 0};
    TENSOR(t, 1, 8, 8, 3);
    TENSOR(t, 16, 3, 3, 3);
    TENSOR(t, 16);
    TENSOR(t, 1, 4, 4, 16);
    tb_op_cost cost = cost_of(kTfLiteBuiltinConv2d, &t, NULL);
    cr_expect_eq(cost.multiply_adds, 4 * 4 * 16 * 3 * 3 * 3);
    cr_expect_eq(cost.flops, 2 * cost.multiply_adds);
    cr_expect_eq(cost.bytes, 4 * (192 + 432 + 16 + 256));
    TENSOR(t, 1, 8, 8, 6);
    TENSOR(t, 1, 3, 3, 6);
    TENSOR(t, 1, 8, 8, 6);
    cr_expect_eq(cost_of(kTfLiteBuiltinDepthwiseConv2d, &t, NULL).multiply_adds, 8 * 8 * 6 * 9);
    TENSOR(t, 4);
    TENSOR(t, 5, 2, 2, 3);
    TENSOR(t, 1, 4, 4, 3);
    TENSOR(t, 1, 8, 8, 5);
    cr_expect_eq(cost_of(kTfLiteBuiltinTransposeConv, &t, NULL).multiply_adds, 4 * 4 * 3 * 5 * 4);
}

Test(op_cost, matrices_and_recurrence)
{
    tensors t = {.count = 0};
    TENSOR(t, 2, 10);
    TENSOR(t, 7, 10);
    TENSOR(t, 2, 7);
    cr_expect_eq(cost_of(kTfLiteBuiltinFullyConnected, &t, NULL).multiply_adds, 2 * 7 * 10);
    TENSOR(t, 3, 4, 5);
    TENSOR(t, 3, 5, 6);
    TENSOR(t, 3, 4, 6);
    cr_expect_eq(cost_of(kTfLiteBuiltinBatchMatmul, &t, NULL).multiply_adds, 3 * 4 * 6 * 5);
    TfLiteBatchMatMulParams transposed = {.adj_x = true};
    TENSOR(t, 3, 5, 4);
    TENSOR(t, 3, 5, 6);
    TENSOR(t, 3, 4, 6);
    cr_expect_eq(cost_of(kTfLiteBuiltinBatchMatmul, &t, &transposed).multiply_adds, 3 * 4 * 6 * 5);
    TENSOR(t, 2, 9, 4);
    TENSOR(t, 8, 4);
    TENSOR(t, 8, 8);
    TENSOR(t, 8);
    TENSOR(t, 2, 9, 8);
    cr_expect_eq(cost_of(kTfLiteBuiltinUnidirectionalSequenceRnn, &t, NULL).multiply_adds,
                 2 * 9 * (32 + 64));
}

Test(op_cost, other_arithmetic)
{
    tensors t = {.count = 0};
    TENSOR(t, 2, 3);
    TENSOR(t, 3);
    TENSOR(t, 2, 3);
    tb_op_cost cost = cost_of(kTfLiteBuiltinAdd, &t, NULL);
    cr_expect_eq(cost.multiply_adds, 0);
    cr_expect_eq(cost.flops, 6);
    cr_expect_eq(cost.bytes, 4 * (6 + 3 + 6));
    TENSOR(t, 4, 5);
    TENSOR(t, 1);
    TENSOR(t, 4);
    cr_expect_eq(cost_of(kTfLiteBuiltinSum, &t, NULL).flops, 20);
    TfLitePoolParams pool = {.filter_width = 3, .filter_height = 2};
    TENSOR(t, 1, 8, 8, 2);
    TENSOR(t, 1, 4, 4, 2);
    cr_expect_eq(cost_of(kTfLiteBuiltinMaxPool2d, &t, &pool).flops, 32 * 6);
    TENSOR(t, 6);
    TENSOR(t, 6);
    TENSOR(t, 6);
    TENSOR(t, 6);
    cr_expect_eq(cost_of(kTfLiteBuiltinAddN, &t, NULL).flops, 12);
    TENSOR(t, 3, 8, 8);
    TENSOR(t, 2);
    TENSOR(t, 3, 8, 5);
    cr_expect_eq(cost_of(kTfLiteBuiltinRfft2d, &t, NULL).flops, 3 * (64 * 6 * 5 / 2));
}

Test(op_cost, moving_data_costs_bytes_alone)
{
    tensors t = {.count = 0};
    TENSOR(t, 100);
    TENSOR(t, 10);
    tb_op_cost cost = cost_of(kTfLiteBuiltinReshape, &t, NULL);
    cr_expect_eq(cost.flops, 0);
    cr_expect_eq(cost.bytes, 440);
    TENSOR(t, 1000, 8);
    TENSOR(t, 2);
    TENSOR(t, 2, 8);
    cost = cost_of(kTfLiteBuiltinGather, &t, NULL);
    cr_expect_eq(cost.bytes, 4 * (16 + 2 + 16), "only two rows of the table are read");
    TENSOR(t, 2);
    TENSOR(t, 1000, 8);
    TENSOR(t, 2, 8);
    cr_expect_eq(cost_of(kTfLiteBuiltinEmbeddingLookup, &t, NULL).bytes, 4 * (2 + 16 + 16));
}

Test(op_cost, absent_tensors_unknown_operators_and_huge_shapes)
{
    tensors t = {.count = 0};
    TfLiteNode empty = {.inputs = NULL};
    for (int code = -1; code < 300; code++) {
        tb_op_cost cost = tb_op_cost_of(code, &empty, look_up, &t);
        cr_expect_eq(cost.flops, 0, "%d", code);
        cr_expect_eq(cost.bytes, 0, "%d", code);
    }
    TENSOR(t, 1);
    TENSOR(t, 2147483647, 2147483647, 2147483647, 2147483647);
    TENSOR(t, 2147483647, 2147483647, 2147483647, 2147483647);
    cr_expect_eq(cost_of(kTfLiteBuiltinConv2d, &t, NULL).flops, UINT64_MAX);
}
