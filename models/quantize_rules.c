/*
 * The int8 specification, a row an operator; see quantize_rules.h. The facts are those of TFLite's
 * converter (tools/optimize/operator_property.cc), save that FULLY_CONNECTED gets one scale for all
 * its weights, which every runtime takes.
 */
#include "models/quantize_rules.h"

#include <stddef.h>

#include "runtime/base/size.h"

#define PLAIN(name)                \
    {                              \
        .op = kTfLiteBuiltin##name \
    }
/* Moves values about without changing them. */
#define MOVES(name)                                    \
    {                                                  \
        .op = kTfLiteBuiltin##name, .same_scale = true \
    }
#define FIXED(name, scale, zero_point)                                                       \
    {                                                                                        \
        .op = kTfLiteBuiltin##name, .fixed_scale = (scale), .fixed_zero_point = (zero_point) \
    }

/* clang-format off */
static const tb_quantize_rule RULES[] = {
    {.op = kTfLiteBuiltinConv2d, .weights = 1u << 1, .weights_axis = 0,
     .bias_count = 1, .biases = {{.bias = 2, .data = 0, .weights = 1}}},
    {.op = kTfLiteBuiltinDepthwiseConv2d, .weights = 1u << 1, .weights_axis = 3,
     .bias_count = 1, .biases = {{.bias = 2, .data = 0, .weights = 1}}},
    {.op = kTfLiteBuiltinTransposeConv, .weights = 1u << 1, .weights_axis = 0,
     .bias_count = 1, .biases = {{.bias = 3, .data = 2, .weights = 1}}},
    {.op = kTfLiteBuiltinFullyConnected, .weights = 1u << 1, .weights_axis = TB_QUANTIZE_NO_AXIS,
     .bias_count = 1, .biases = {{.bias = 2, .data = 0, .weights = 1}}},
    {.op = kTfLiteBuiltinUnidirectionalSequenceLstm,
     .weights = 0x1fe, .weights_axis = TB_QUANTIZE_NO_AXIS,
     .bias_count = 4, .biases = {{12, 0, 1}, {13, 0, 2}, {14, 0, 3}, {15, 0, 4}},
     .symmetric_output = true, /* releases of TFLite differ in the sign that they give its zero point */
     .tied_input = 18, .cell_input = 19, .intermediate_count = 5},

    PLAIN(Abs), PLAIN(Add), PLAIN(BatchMatmul), PLAIN(Exp), PLAIN(Gelu), PLAIN(HardSwish),
    PLAIN(LeakyRelu), PLAIN(Mean), PLAIN(Mul), PLAIN(Prelu), PLAIN(Relu), PLAIN(Relu6),
    PLAIN(Rsqrt), PLAIN(Sqrt), PLAIN(SquaredDifference), PLAIN(Sub), PLAIN(Sum),

    MOVES(AveragePool2d), MOVES(Concatenation), MOVES(DepthToSpace), MOVES(ExpandDims),
    MOVES(Gather), MOVES(MaxPool2d), MOVES(Maximum), MOVES(Minimum), MOVES(MirrorPad), MOVES(Pack),
    MOVES(Pad), MOVES(ReduceMax), MOVES(ReduceMin), MOVES(Reshape), MOVES(ResizeBilinear),
    MOVES(ResizeNearestNeighbor), MOVES(Slice), MOVES(SpaceToDepth), MOVES(Split), MOVES(Squeeze),
    MOVES(StridedSlice), MOVES(Tile), MOVES(Transpose), MOVES(Unpack),

    FIXED(L2Normalization, 1.0f / 128, 0),
    FIXED(LogSoftmax, 16.0f / 256, 127),
    FIXED(Logistic, 1.0f / 256, -128),
    FIXED(Softmax, 1.0f / 256, -128),
    FIXED(Tanh, 1.0f / 128, 0),
};
/* clang-format on */

const tb_quantize_rule *tb_quantize_rule_find(TfLiteBuiltinOperator op)
{
    for (size_t i = 0; i < TB_COUNT_OF(RULES); i++)
        if (RULES[i].op == op)
            return &RULES[i];
    return NULL;
}
