/* The cost of a node: one rule an operator, chosen by table. */
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

struct rule {
    int builtin_code;
    uint64_t (*count)(const node_view *view);
};

static const struct rule multiply_add_rules[] = {
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

/* ---- other arithmetic, and how much of an input is read ---------------------------------------- */

/* What the rows of op_cost.def say of one operator; absent ones are all zero. */
typedef struct cost_row {
    uint8_t each_output;
    uint8_t each_input;
    uint8_t each_in_window;
    uint8_t part_of_input; /* 1 + the input's number */
} cost_row;

static const cost_row cost_rows[] = {
#define TB_COST_OUTPUT(name, n) [kTfLiteBuiltin##name] = {.each_output = (n)},
#define TB_COST_INPUT(name, n)  [kTfLiteBuiltin##name] = {.each_input = (n)},
#define TB_COST_WINDOW(name, n) [kTfLiteBuiltin##name] = {.each_in_window = (n)},
#define TB_COST_PART(name, k)   [kTfLiteBuiltin##name] = {.part_of_input = (k) + 1},
#include "bench/op_cost.def"
};

static const cost_row *row_of(int builtin_code)
{
    static const cost_row none = {0};
    return builtin_code >= 0 && (size_t)builtin_code < TB_COUNT_OF(cost_rows)
               ? &cost_rows[builtin_code]
               : &none;
}

static uint64_t window(const node_view *view)
{
    const TfLitePoolParams *params = view->node->builtin_data;
    if (!params || params->filter_height <= 0 || params->filter_width <= 0)
        return 0;
    return times((uint64_t)params->filter_height, (uint64_t)params->filter_width);
}

/* Each output element sums the squares of its neighbours along the channels. */
static uint64_t local_response(const node_view *view)
{
    const TfLiteLocalResponseNormParams *params = view->node->builtin_data;
    uint64_t width = params && params->radius >= 0 ? 2 * (uint64_t)params->radius + 1 : 0;
    return times(elements(output(view), 0, 0), plus(times(2, width), 3));
}

/* n numbers summed take n - 1 additions for each element. */
static uint64_t add_n(const node_view *view)
{
    int inputs = view->node->inputs ? view->node->inputs->size : 0;
    return inputs > 1 ? times(elements(output(view), 0, 0), (uint64_t)inputs - 1) : 0;
}

/* The usual count of a radix-2 transform of n real numbers: 2.5 n log2 n. */
static uint64_t rfft_2d(const node_view *view)
{
    const TfLiteTensor *data = input(view, 0), *to = output(view);
    uint64_t columns = dim(to, -1) > 0 ? 2 * (dim(to, -1) - 1) : 0;
    uint64_t points = times(dim(to, -2), columns), log2 = 0;
    while (log2 < 63 && points >> (log2 + 1))
        log2++;
    uint64_t transforms = rank(data) >= 2 ? elements(data, 0, rank(data) - 2) : 0;
    return times(transforms, times(points, log2) / 2 * 5);
}

static const struct rule other_rules[] = {
    {kTfLiteBuiltinLocalResponseNormalization, local_response},
    {kTfLiteBuiltinAddN, add_n},
    {kTfLiteBuiltinRfft2d, rfft_2d},
};

static uint64_t by_rule(const struct rule *table, size_t count, int builtin_code,
                        const node_view *view)
{
    for (size_t k = 0; k < count; k++)
        if (table[k].builtin_code == builtin_code)
            return table[k].count(view);
    return 0;
}

static uint64_t other_arithmetic(int builtin_code, const node_view *view)
{
    const cost_row *row = row_of(builtin_code);
    uint64_t out = elements(output(view), 0, 0);
    uint64_t sum = by_rule(other_rules, TB_COUNT_OF(other_rules), builtin_code, view);
    sum = plus(sum, times(row->each_output, out));
    if (row->each_input)
        sum = plus(sum, times(row->each_input, elements(input(view, 0), 0, 0)));
    if (row->each_in_window)
        sum = plus(sum, times(row->each_in_window, times(out, window(view))));
    return sum;
}

/* ---- bytes ------------------------------------------------------------------------------------- */

static bool seen_before(const TfLiteIntArray *list, int k)
{
    for (int i = 0; i < k; i++)
        if (list->data[i] == list->data[k])
            return true;
    return false;
}

/* `part`: this one entry counts for at most so many bytes. */
static uint64_t bytes_of(const node_view *view, const TfLiteIntArray *list, int part, uint64_t most)
{
    uint64_t sum = 0;
    for (int k = 0; list && k < list->size; k++) {
        const TfLiteTensor *tensor = seen_before(list, k) ? NULL : at(view, list, k);
        if (!tensor)
            continue;
        sum = plus(sum, k == part && tensor->bytes > most ? most : tensor->bytes);
    }
    return sum;
}

tb_op_cost tb_op_cost_of(int builtin_code, const TfLiteNode *node, tb_tensor_lookup lookup,
                         const void *context)
{
    node_view view = {node, lookup, context};
    uint64_t written = bytes_of(&view, node->outputs, -1, 0);
    uint64_t read = bytes_of(&view, node->inputs, row_of(builtin_code)->part_of_input - 1, written);
    tb_op_cost cost = {.bytes = plus(read, written)};
    cost.multiply_adds =
        by_rule(multiply_add_rules, TB_COUNT_OF(multiply_add_rules), builtin_code, &view);
    cost.flops = plus(times(2, cost.multiply_adds), other_arithmetic(builtin_code, &view));
    return cost;
}
