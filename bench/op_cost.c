/* Multiply-adds by operator: one rule each, chosen by table. */
#include "bench/op_cost.h"

#include <stddef.h>

#include "runtime/base/size.h"
#include "runtime/tflite_abi/builtin_op_data.h"
#include "runtime/tflite_abi/builtin_ops.h"

typedef struct node_view {
    const TfLiteNode *node;
    tb_tensor_lookup lookup;
    const void *context;
} node_view;

static const TfLiteTensor *at(const node_view *view, const TfLiteIntArray *list, int k)
{
    return list && k < list->size && list->data[k] >= 0 ? view->lookup(view->context, list->data[k])
                                                        : NULL;
}

static const TfLiteTensor *input(const node_view *view, int k)
{
    return at(view, view->node->inputs, k);
}

static const TfLiteTensor *output(const node_view *view)
{
    return at(view, view->node->outputs, 0);
}

static uint64_t times(uint64_t a, uint64_t b)
{
    uint64_t product;
    return __builtin_mul_overflow(a, b, &product) ? UINT64_MAX : product;
}

static uint64_t plus(uint64_t a, uint64_t b)
{
    uint64_t sum;
    return __builtin_add_overflow(a, b, &sum) ? UINT64_MAX : sum;
}

static int rank(const TfLiteTensor *tensor)
{
    return tensor && tensor->dims ? tensor->dims->size : 0;
}

/* Dimension k; negative k counts from the end; 0 where there is none. */
static uint64_t dim(const TfLiteTensor *tensor, int k)
{
    int n = rank(tensor);
    if (k < 0)
        k += n;
    return k >= 0 && k < n && tensor->dims->data[k] > 0 ? (uint64_t)tensor->dims->data[k] : 0;
}

/* Elements of dimensions first..last-1 (last 0: the rank); 0 for an absent tensor. */
static uint64_t elements(const TfLiteTensor *tensor, int first, int last)
{
    if (!tensor)
        return 0;
    uint64_t product = 1;
    for (int k = first; k < (last ? last : rank(tensor)); k++)
        product = times(product, dim(tensor, k));
    return product;
}

/* Filter [out, h, w, in]: each output element reads one filter. */
static uint64_t conv_2d(const node_view *view)
{
    return times(elements(output(view), 0, 0), elements(input(view, 1), 1, 0));
}

/* Filter [1, h, w, channels]. */
static uint64_t depthwise_conv_2d(const node_view *view)
{
    return times(elements(output(view), 0, 0), elements(input(view, 1), 1, 3));
}

/* Inputs: output shape, filter [out, h, w, in], data. Each data element meets out * h * w. */
static uint64_t transpose_conv(const node_view *view)
{
    return times(elements(input(view, 2), 0, 0), elements(input(view, 1), 0, 3));
}

/* Filter [d, h, w, in, out]. */
static uint64_t conv_3d(const node_view *view)
{
    return times(elements(output(view), 0, 0), elements(input(view, 1), 0, 4));
}

/* Inputs: output shape, filter [d, h, w, out, in], data. */
static uint64_t conv_3d_transpose(const node_view *view)
{
    return times(elements(input(view, 2), 0, 0), elements(input(view, 1), 0, 4));
}

/* Filter [units, depth]. */
static uint64_t fully_connected(const node_view *view)
{
    return times(elements(output(view), 0, 0), dim(input(view, 1), -1));
}

static uint64_t batch_matmul(const node_view *view)
{
    const TfLiteBatchMatMulParams *params = view->node->builtin_data;
    bool transposed = params && params->adj_x;
    return times(elements(output(view), 0, 0), dim(input(view, 0), transposed ? -2 : -1));
}

/* Recurrent operators: every matrix among the weights meets every step of every batch. */
static uint64_t recurrent(const node_view *view)
{
    const TfLiteTensor *data = input(view, 0);
    uint64_t steps = elements(data, 0, rank(data) - 1);
    uint64_t weights = 0;
    for (int k = 1; view->node->inputs && k < view->node->inputs->size; k++) {
        const TfLiteTensor *tensor = input(view, k);
        if (rank(tensor) == 2 && !tensor->is_variable)
            weights = plus(weights, elements(tensor, 0, 0));
    }
    return times(steps, weights);
}

static const struct rule {
    int builtin_code;
    uint64_t (*multiply_adds)(const node_view *view);
} rules[] = {
    {kTfLiteBuiltinConv2d, conv_2d},
    {kTfLiteBuiltinDepthwiseConv2d, depthwise_conv_2d},
    {kTfLiteBuiltinTransposeConv, transpose_conv},
    {kTfLiteBuiltinConv3d, conv_3d},
    {kTfLiteBuiltinConv3dTranspose, conv_3d_transpose},
    {kTfLiteBuiltinFullyConnected, fully_connected},
    {kTfLiteBuiltinBatchMatmul, batch_matmul},
    {kTfLiteBuiltinSvdf, recurrent},
    {kTfLiteBuiltinRnn, recurrent},
    {kTfLiteBuiltinUnidirectionalSequenceRnn, recurrent},
    {kTfLiteBuiltinBidirectionalSequenceRnn, recurrent},
    {kTfLiteBuiltinLstm, recurrent},
    {kTfLiteBuiltinUnidirectionalSequenceLstm, recurrent},
    {kTfLiteBuiltinBidirectionalSequenceLstm, recurrent},
};

static uint64_t bytes_of(const node_view *view, const TfLiteIntArray *list)
{
    uint64_t sum = 0;
    for (int k = 0; list && k < list->size; k++) {
        bool seen = false;
        for (int i = 0; i < k && !seen; i++)
            seen = list->data[i] == list->data[k];
        const TfLiteTensor *tensor = seen ? NULL : at(view, list, k);
        if (tensor)
            sum = plus(sum, tensor->bytes);
    }
    return sum;
}

tb_op_cost tb_op_cost_of(int builtin_code, const TfLiteNode *node, tb_tensor_lookup lookup,
                         const void *context)
{
    node_view view = {node, lookup, context};
    tb_op_cost cost = {0, plus(bytes_of(&view, node->inputs), bytes_of(&view, node->outputs))};
    for (size_t k = 0; k < TB_COUNT_OF(rules); k++)
        if (rules[k].builtin_code == builtin_code)
            cost.flops = times(2, rules[k].multiply_adds(&view));
    return cost;
}
