/* Lowest operator versions; see op_version.h. A rule is a row; an operator's first match counts. */
#include "models/op_version.h"

#include <stdbool.h>

#include "runtime/base/size.h"

enum { YES = 1, NO = -1 };

/* A condition that is left 0 always holds. Types are sets of TYPE() bits. */
typedef struct version_rule {
    TfLiteBuiltinOperator op;
    int32_t version;
    uint32_t in0, in1, in2, out0, out1;
    int rank_above;             /* of input 0 */
    int broadcast_rank_above;   /* of any input, where inputs 0 and 1 differ in shape */
    size_t inputs;              /* how many there are */
    const uint16_t *option;     /* an option's field that is not 0 */
    const uint16_t *option_off; /* one that is 0 */
    int quantized;              /* YES or NO: input 0 has a scale */
    int per_channel_in0;        /* YES: it has more than one scale */
    int per_channel_in1;
    int per_channel_out0;
    bool (*test)(const tb_draft_subgraph *graph, const tb_draft_op *op);
} version_rule;

#define TYPE(name) (1u << kTfLite##name)
#define FLOAT8     (TYPE(Float8E4M3FN) | TYPE(Float8E5M2))
#define BYTE8      (TYPE(Int8) | TYPE(UInt8))

/* The address of a constant, so that field 0 differs from no field. */
#define FIELD(table, field)              \
    (const uint16_t[])                   \
    {                                    \
        tb_schema_##table##_##field##_id \
    }

static const tb_draft_tensor *tensor_at(const tb_draft_subgraph *graph, tb_int_list list, size_t k)
{
    if (k >= list.count || list.items[k] < 0 || (size_t)list.items[k] >= graph->tensor_count)
        return NULL;
    return &graph->tensors[list.items[k]];
}

static bool has_type(const tb_draft_subgraph *graph, tb_int_list list, size_t k, uint32_t types)
{
    if (!types)
        return true;
    const tb_draft_tensor *tensor = tensor_at(graph, list, k);
    return tensor && (types >> tensor->type & 1u);
}

static int rank_of(const tb_draft_subgraph *graph, const tb_draft_op *op, size_t k)
{
    const tb_draft_tensor *tensor = tensor_at(graph, op->inputs, k);
    return tensor ? tensor->rank : -1;
}

static bool same_shape(const tb_draft_tensor *a, const tb_draft_tensor *b)
{
    if (a->rank != b->rank)
        return false;
    for (int i = 0; i < a->rank; i++)
        if (a->shape[i] != b->shape[i])
            return false;
    return true;
}

static bool broadcasts_above(const tb_draft_subgraph *graph, const tb_draft_op *op, int rank)
{
    const tb_draft_tensor *a = tensor_at(graph, op->inputs, 0);
    const tb_draft_tensor *b = tensor_at(graph, op->inputs, 1);
    if (!a || !b || same_shape(a, b))
        return false;
    for (size_t k = 0; k < op->inputs.count; k++)
        if (rank_of(graph, op, k) > rank)
            return true;
    return false;
}

static bool has_scales(const tb_draft_tensor *tensor, size_t at_least)
{
    return tensor && tensor->quant && tensor->quant->count >= at_least;
}

/* A filter of fewer channels than its input has. */
static bool is_grouped(const tb_draft_subgraph *graph, const tb_draft_op *op)
{
    const tb_draft_tensor *input = tensor_at(graph, op->inputs, 0);
    const tb_draft_tensor *filter = tensor_at(graph, op->inputs, 1);
    return input && filter && input->rank == 4 && filter->rank == 4 &&
           input->shape[3] != filter->shape[3];
}

static bool is_dilated_depthwise(const tb_draft_subgraph *graph, const tb_draft_op *op)
{
    (void)graph;
    return tb_op_options_int(&op->options, tb_schema_depthwise_conv_2d_dilation_w_factor_id) != 1 ||
           tb_op_options_int(&op->options, tb_schema_depthwise_conv_2d_dilation_h_factor_id) != 1;
}

static bool is_not_rank_4(const tb_draft_subgraph *graph, const tb_draft_op *op)
{
    return rank_of(graph, op, 0) != 4;
}

static bool has_rank_5(const tb_draft_subgraph *graph, const tb_draft_op *op)
{
    return rank_of(graph, op, 0) == 5 || rank_of(graph, op, 1) == 5 || rank_of(graph, op, 2) == 5;
}

static bool has_fourth_input(const tb_draft_subgraph *graph, const tb_draft_op *op)
{
    return op->inputs.count == 4 && tensor_at(graph, op->inputs, 3);
}

/* The product's scale is at least the output's: the multiplier shifts left. */
static bool scales_up(const tb_draft_subgraph *graph, const tb_draft_op *op)
{
    const tb_draft_tensor *a = tensor_at(graph, op->inputs, 0);
    const tb_draft_tensor *b = tensor_at(graph, op->inputs, 1);
    const tb_draft_tensor *out = tensor_at(graph, op->outputs, 0);
    if (!has_scales(a, 1) || !has_scales(b, 1) || !has_scales(out, 1))
        return false;
    float sa = a->quant->scale[0], sb = b->quant->scale[0], so = out->quant->scale[0];
    return sa != 0 && sb != 0 && so != 0 && sa * sb / so >= 1.0f;
}

#define RULE(name, number, ...)                                      \
    {                                                                \
        .op = kTfLiteBuiltin##name, .version = (number), __VA_ARGS__ \
    }

/* Both operators of a pair follow the same rules. */
#define RULE2(a, b, number, ...) RULE(a, number, __VA_ARGS__), RULE(b, number, __VA_ARGS__)

/* clang-format off */
static const version_rule RULES[] = {
    RULE(Conv2d, 8, .in0 = TYPE(Int16), .in1 = TYPE(Int8), .out0 = TYPE(Int16),
         .option = FIELD(conv_2d, quantized_bias_type)),
    RULE(Conv2d, 6, .test = is_grouped),
    RULE(Conv2d, 4, .in0 = TYPE(Int16), .in1 = TYPE(Int16), .out0 = TYPE(Int16)),
    RULE(Conv2d, 3, .in0 = TYPE(Int8), .in1 = TYPE(Int8), .out0 = TYPE(Int8)),
    RULE(Conv2d, 7, .in0 = TYPE(Int8), .in1 = TYPE(Int4), .out0 = TYPE(Int8)),
    RULE(Conv2d, 5, .in0 = TYPE(Float32), .in1 = TYPE(Int8), .per_channel_in1 = YES),
    RULE(Conv2d, 2, .in0 = TYPE(Float32), .in1 = TYPE(Int8), .out0 = TYPE(Float32)),

    RULE(DepthwiseConv2d, 5, .in0 = TYPE(Int16), .in1 = TYPE(Int16), .out0 = TYPE(Int16)),
    RULE(DepthwiseConv2d, 6, .in0 = TYPE(Float32), .in1 = TYPE(Int8), .per_channel_in1 = YES),
    RULE(DepthwiseConv2d, 4, .in0 = TYPE(Float32), .in1 = TYPE(Int8), .out0 = TYPE(Float32)),
    RULE(DepthwiseConv2d, 3, .in0 = TYPE(Int8), .in1 = TYPE(Int8), .out0 = TYPE(Int8)),
    RULE(DepthwiseConv2d, 7, .in0 = TYPE(Int8), .in1 = TYPE(Int4), .out0 = TYPE(Int8)),
    RULE(DepthwiseConv2d, 2, .test = is_dilated_depthwise),

    RULE(EmbeddingLookup, 4, .in1 = TYPE(Int4)),
    RULE(EmbeddingLookup, 4, .per_channel_in1 = YES),
    RULE(EmbeddingLookup, 5, .in1 = TYPE(Int2)),

    RULE(FakeQuant, 2, .option = FIELD(fake_quant, narrow_range)),

    RULE(FullyConnected, 14, .in1 = TYPE(Int2)),
    RULE(FullyConnected, 13, .in0 = TYPE(Int16), .in1 = TYPE(Int4), .out0 = TYPE(Int16)),
    RULE(FullyConnected, 12, .in0 = TYPE(Float32), .in1 = TYPE(Int8), .out0 = TYPE(Float32),
         .per_channel_in1 = YES),
    RULE(FullyConnected, 11, .in0 = TYPE(Int16), .in1 = TYPE(Int8), .out0 = TYPE(Int16),
         .option = FIELD(fully_connected, quantized_bias_type)),
    RULE(FullyConnected, 7, .in0 = TYPE(Int16), .in1 = TYPE(Int16), .out0 = TYPE(Int16)),
    RULE(FullyConnected, 6, .inputs = 2),
    RULE(FullyConnected, 5, .option = FIELD(fully_connected, keep_num_dims)),
    RULE(FullyConnected, 4, .in0 = TYPE(Int8), .in1 = TYPE(Int8), .out0 = TYPE(Int8)),
    RULE(FullyConnected, 10, .in0 = TYPE(Int8), .in1 = TYPE(Int4), .out0 = TYPE(Int8)),
    RULE(FullyConnected, 9, .in0 = TYPE(Float32), .in1 = TYPE(Int8), .out0 = TYPE(Float32),
         .option = FIELD(fully_connected, asymmetric_quantize_inputs)),
    RULE(FullyConnected, 3, .in0 = TYPE(Float32), .in1 = TYPE(Int8), .out0 = TYPE(Float32)),
    RULE(FullyConnected, 2, .option = FIELD(fully_connected, weights_format)),

    RULE(Gather, 8, .in0 = FLOAT8),
    RULE(Gather, 7, .in0 = TYPE(Int4)),
    RULE(Gather, 6, .in1 = TYPE(Int16)),
    RULE(Gather, 5, .option = FIELD(gather, batch_dims)),
    RULE(Gather, 4, .in0 = TYPE(Int16)),
    RULE(Gather, 3, .in0 = TYPE(Bool)),
    RULE(Gather, 2, .in0 = TYPE(Int8)),

    RULE(Svdf, 3, .in0 = TYPE(Int8)),
    RULE(Svdf, 4, .in0 = TYPE(Float32), .in1 = TYPE(Int8), .out0 = TYPE(Float32),
         .option = FIELD(svdf, asymmetric_quantize_inputs)),
    RULE(Svdf, 2, .in0 = TYPE(Float32), .in1 = TYPE(Int8), .out0 = TYPE(Float32)),

    RULE(Sign, 2, .in0 = TYPE(Int32)),
    RULE2(Sin, Cos, 2, .in0 = TYPE(Float16)),

    RULE(Mul, 8, .in0 = TYPE(Float16)),
    RULE(Mul, 7, .in0 = TYPE(Int16), .quantized = NO),
    RULE(Mul, 7, .in0 = TYPE(UInt32)),
    RULE(Mul, 6, .in0 = TYPE(Complex64)),
    RULE(Mul, 5, .in0 = TYPE(Int64)),
    RULE(Mul, 4, .in0 = TYPE(Int16)),
    RULE(Mul, 3, .test = scales_up),
    RULE(Mul, 2, .in0 = TYPE(Int8)),

    RULE2(MaxPool2d, AveragePool2d, 3, .in0 = TYPE(Int16), .out0 = TYPE(Int16)),
    RULE2(MaxPool2d, AveragePool2d, 2, .in0 = TYPE(Int8)),

    RULE(Transpose, 9, .in0 = TYPE(Float16)),
    RULE(Transpose, 8, .rank_above = 6),
    RULE(Transpose, 8, .in0 = TYPE(BFloat16)),
    RULE(Transpose, 7, .in0 = TYPE(Int4)),
    RULE(Transpose, 6, .rank_above = 5),
    RULE(Transpose, 5, .in0 = TYPE(Int16)),
    RULE(Transpose, 4, .rank_above = 4),
    RULE(Transpose, 3, .in0 = TYPE(Bool)),
    RULE(Transpose, 2, .in0 = TYPE(Int8)),

    RULE(TransposeConv, 5, .in0 = TYPE(Int16), .in1 = TYPE(Int8), .out0 = TYPE(Int16),
         .option = FIELD(transpose_conv, quantized_bias_type)),
    RULE(TransposeConv, 4, .option = FIELD(transpose_conv, fused_activation_function)),
    RULE(TransposeConv, 3, .test = has_fourth_input),
    RULE(TransposeConv, 2, .in1 = TYPE(Int8)),

    RULE(Lstm, 5, .in0 = TYPE(Int16), .in2 = TYPE(Int8), .out0 = TYPE(Int16),
         .option_off = FIELD(lstm, kernel_type)),
    RULE(Lstm, 4, .in0 = TYPE(Float32), .in2 = TYPE(Int8), .out0 = TYPE(Float32),
         .option = FIELD(lstm, asymmetric_quantize_inputs),
         .option_off = FIELD(lstm, kernel_type)),
    RULE(Lstm, 3, .in0 = TYPE(Float32), .in2 = TYPE(Int8), .out0 = TYPE(Float32),
         .option_off = FIELD(lstm, kernel_type)),
    RULE(Lstm, 2, .option = FIELD(lstm, kernel_type)),

    RULE(Split, 5, .in1 = FLOAT8),
    RULE(Split, 4, .in1 = TYPE(Int16)),
    RULE(Split, 3, .in1 = TYPE(Int32)),
    RULE(Split, 2, .in1 = TYPE(Int8)),

    RULE(SparseToDense, 3, .in2 = BYTE8),
    RULE(SparseToDense, 2, .in2 = TYPE(Int64)),

    RULE(Slice, 8, .in0 = TYPE(Float16)),
    RULE(Slice, 7, .in0 = TYPE(Int4)),
    RULE(Slice, 6, .in0 = TYPE(UInt32)),
    RULE(Slice, 5, .rank_above = 4),
    RULE(Slice, 4, .in0 = TYPE(Int16)),
    RULE(Slice, 3, .in0 = TYPE(String)),
    RULE(Slice, 2, .in0 = TYPE(Int8)),

    RULE(Unpack, 6, .in0 = FLOAT8),
    RULE(Unpack, 2, .in0 = BYTE8),
    RULE(Unpack, 3, .in0 = TYPE(Bool)),
    RULE(Unpack, 4, .in0 = TYPE(Int16), .out0 = TYPE(Int16)),
    RULE(Unpack, 5, .in0 = TYPE(Float16) | TYPE(BFloat16)),

    RULE(Dequantize, 9, .in0 = FLOAT8),
    RULE(Dequantize, 8, .in0 = TYPE(UInt4)),
    RULE(Dequantize, 7, .in0 = TYPE(Int2)),
    RULE(Dequantize, 6, .in0 = TYPE(Int4)),
    RULE(Dequantize, 3, .in0 = TYPE(Int16) | TYPE(Float16)),
    RULE(Dequantize, 5, .in0 = TYPE(Int8), .per_channel_in0 = YES),
    RULE(Dequantize, 2, .in0 = TYPE(Int8)),

    RULE(Quantize, 5, .in0 = TYPE(UInt4)),
    RULE(Quantize, 5, .out0 = TYPE(UInt4)),
    RULE(Quantize, 4, .in0 = TYPE(Int4)),
    RULE(Quantize, 4, .out0 = TYPE(Int4)),
    RULE(Quantize, 3, .per_channel_out0 = YES),
    RULE(Quantize, 2, .out0 = TYPE(Int16)),

    RULE(FloorDiv, 3, .in0 = TYPE(Int16) | TYPE(Int8)),
    RULE(FloorDiv, 2, .in0 = TYPE(Float32)),
    RULE(FloorMod, 2, .in0 = TYPE(Int16) | TYPE(Int8)),
    RULE(L2Normalization, 2, .out0 = TYPE(Int8)),

    RULE(Abs, 5, .in0 = TYPE(Int32)),
    RULE(Abs, 3, .in0 = TYPE(Int16), .quantized = YES),
    RULE(Abs, 4, .in0 = TYPE(Int16)),
    RULE(Abs, 2, .in0 = BYTE8),
    RULE(Relu, 3, .in0 = TYPE(Int16)),
    RULE(Relu, 2, .in0 = BYTE8),

    RULE(StridedSlice, 8, .option = FIELD(strided_slice, offset)),
    RULE(StridedSlice, 7, .in0 = TYPE(UInt32)),
    RULE(StridedSlice, 6, .option = FIELD(strided_slice, ellipsis_mask)),
    RULE(StridedSlice, 6, .option = FIELD(strided_slice, new_axis_mask)),
    RULE(StridedSlice, 5, .in0 = TYPE(String)),
    RULE(StridedSlice, 4, .rank_above = 4),
    RULE(StridedSlice, 3, .in0 = TYPE(Bool)),
    RULE(StridedSlice, 2, .in0 = TYPE(Int8)),

    RULE(ReverseV2, 4, .in0 = FLOAT8),
    RULE(ReverseV2, 3, .in0 = TYPE(Int8)),
    RULE(ReverseV2, 2, .in0 = TYPE(Bool)),

    RULE2(ResizeBilinear, ResizeNearestNeighbor, 4, .in0 = TYPE(Int16)),
    RULE(ResizeBilinear, 3, .option = FIELD(resize_bilinear, half_pixel_centers)),
    RULE(ResizeNearestNeighbor, 3,
         .option = FIELD(resize_nearest_neighbor, half_pixel_centers)),
    RULE(ResizeNearestNeighbor, 3, .option = FIELD(resize_nearest_neighbor, align_corners)),
    RULE2(ResizeBilinear, ResizeNearestNeighbor, 2, .in0 = TYPE(Int8)),

    RULE2(Maximum, Minimum, 4, .in0 = TYPE(Int16), .out0 = TYPE(Int16)),
    RULE2(Maximum, Minimum, 3, .broadcast_rank_above = 4),
    RULE2(Maximum, Minimum, 2, .in0 = TYPE(Int8)),

    RULE(Pack, 5, .in0 = FLOAT8),
    RULE(Pack, 2, .in0 = TYPE(Int8)),
    RULE(Pack, 3, .in0 = TYPE(Int16), .out0 = TYPE(Int16)),
    RULE(Pack, 4, .in0 = TYPE(UInt32)),

    RULE(Tile, 3, .in0 = TYPE(Int8)),
    RULE(Tile, 2, .in0 = TYPE(String)),
    RULE(Squeeze, 2, .in0 = TYPE(String)),

    RULE2(SpaceToBatchNd, BatchToSpaceNd, 4, .in0 = TYPE(Int16)),
    RULE2(SpaceToBatchNd, BatchToSpaceNd, 3, .test = is_not_rank_4),
    RULE2(SpaceToBatchNd, BatchToSpaceNd, 2, .in0 = TYPE(Int8)),

    RULE(Add, 6, .in0 = TYPE(Float16)),
    RULE(Add, 5, .in0 = TYPE(Int16), .quantized = NO),
    RULE(Add, 4, .in0 = TYPE(Int64)),
    RULE(Add, 3, .in0 = TYPE(Int16), .out0 = TYPE(Int16),
         .option_off = FIELD(add, pot_scale_int16)),
    RULE(Add, 2, .in0 = TYPE(Int8)),
    RULE(Sub, 5, .in0 = TYPE(Int16), .out0 = TYPE(Int16),
         .option_off = FIELD(sub, pot_scale_int16)),
    RULE(Sub, 4, .in0 = TYPE(Int64)),
    RULE(Sub, 3, .broadcast_rank_above = 4),
    RULE(Sub, 2, .in0 = TYPE(Int8)),
    RULE(Div, 2, .broadcast_rank_above = 4),

    RULE(GatherNd, 6, .in0 = FLOAT8),
    RULE(GatherNd, 5, .in0 = TYPE(Bool)),
    RULE(GatherNd, 4, .in1 = TYPE(Int16)),
    RULE(GatherNd, 3, .in0 = TYPE(Int16)),
    RULE(GatherNd, 2, .in0 = TYPE(String)),

    RULE2(Tanh, Logistic, 3, .in0 = TYPE(Int16), .out0 = TYPE(Int16)),
    RULE2(Tanh, Logistic, 2, .in0 = TYPE(Int8)),

    RULE(Fill, 5, .in1 = FLOAT8),
    RULE(Fill, 4, .in1 = TYPE(Float16)),
    RULE(Fill, 3, .in1 = TYPE(Int8) | TYPE(Int16)),
    RULE(Fill, 2, .in1 = TYPE(Bool) | TYPE(String)),

    RULE(Equal, 5, .in0 = TYPE(Int16)),
    RULE(NotEqual, 4, .in0 = TYPE(Int16)),
    RULE2(Equal, NotEqual, 3, .in0 = TYPE(String)),
    RULE2(Equal, NotEqual, 2, .in0 = TYPE(Int8)),
    RULE2(Less, GreaterEqual, 3, .in0 = TYPE(Int16)),
    RULE2(Less, GreaterEqual, 2, .in0 = TYPE(Int8)),
    RULE2(Greater, LessEqual, 2, .in0 = TYPE(Int8)),

    RULE(LeakyRelu, 2, .in0 = TYPE(Int16)),
    RULE(Range, 2, .in0 = TYPE(Int64)),

    RULE(BatchMatmul, 3, .in0 = TYPE(Int16)),
    RULE(BatchMatmul, 2, .in0 = TYPE(Int8)),
    RULE(BatchMatmul, 4, .in0 = TYPE(Float32), .in1 = TYPE(Int8), .out0 = TYPE(Float32),
         .option = FIELD(batch_matmul, asymmetric_quantize_inputs)),

    RULE2(Pad, Padv2, 6, .in0 = FLOAT8),
    RULE2(Pad, Padv2, 5, .in0 = TYPE(Bool)),
    RULE2(Pad, Padv2, 4, .rank_above = 4),
    RULE2(Pad, Padv2, 3, .in0 = TYPE(Int16)),
    RULE2(Pad, Padv2, 2, .in0 = TYPE(Int8)),

    RULE(Concatenation, 7, .in0 = FLOAT8),
    RULE(Concatenation, 6, .in0 = TYPE(Float16)),
    RULE(Concatenation, 5, .in0 = TYPE(Int4)),
    RULE(Concatenation, 4, .in0 = TYPE(UInt32)),
    RULE(Concatenation, 3, .in0 = TYPE(Int16)),
    RULE(Concatenation, 2, .in0 = TYPE(Int8)),

    RULE(Softmax, 4, .in0 = TYPE(Float16)),
    RULE2(Softmax, Mean, 3, .in0 = TYPE(Int16)),
    RULE2(Softmax, Mean, 2, .in0 = TYPE(Int8)),
    RULE2(ReduceMax, ReduceMin, 3, .in0 = TYPE(Int16)),
    RULE2(ReduceMax, ReduceMin, 2, .in0 = TYPE(Int8)),
    RULE2(Relu6, Rsqrt, 3, .in0 = TYPE(Int16)),
    RULE2(Relu6, Rsqrt, 2, .in0 = TYPE(Int8)),
    RULE(MirrorPad, 3, .in0 = TYPE(Int16)),
    RULE(MirrorPad, 2, .in0 = TYPE(Int8)),

    RULE(Rnn, 3, .in1 = TYPE(Int8), .out0 = TYPE(Float32),
         .option = FIELD(rnn, asymmetric_quantize_inputs)),
    RULE(Rnn, 2, .in1 = TYPE(Int8), .out0 = TYPE(Float32)),
    RULE(UnidirectionalSequenceRnn, 3, .in1 = TYPE(Int8), .out0 = TYPE(Float32),
         .option = FIELD(sequence_rnn, asymmetric_quantize_inputs)),
    RULE(UnidirectionalSequenceRnn, 2, .in1 = TYPE(Int8), .out0 = TYPE(Float32)),
    RULE(BidirectionalSequenceRnn, 3, .in1 = TYPE(Int8), .out0 = TYPE(Float32),
         .option = FIELD(bidirectional_sequence_rnn, asymmetric_quantize_inputs)),
    RULE(BidirectionalSequenceRnn, 2, .in1 = TYPE(Int8), .out0 = TYPE(Float32)),
    RULE(BidirectionalSequenceLstm, 3, .in1 = TYPE(Int8), .out0 = TYPE(Float32),
         .option = FIELD(bidirectional_sequence_lstm, asymmetric_quantize_inputs)),
    RULE(BidirectionalSequenceLstm, 2, .in1 = TYPE(Int8), .out0 = TYPE(Float32)),

    RULE(UnidirectionalSequenceLstm, 5, .in0 = TYPE(Int16), .in2 = TYPE(Int8),
         .out0 = TYPE(Int16)),
    RULE(UnidirectionalSequenceLstm, 4,
         .option = FIELD(unidirectional_sequence_lstm, diagonal_recurrent_tensors)),
    RULE(UnidirectionalSequenceLstm, 3, .in0 = TYPE(Float32), .in2 = TYPE(Int8),
         .out0 = TYPE(Float32),
         .option = FIELD(unidirectional_sequence_lstm, asymmetric_quantize_inputs)),
    RULE(UnidirectionalSequenceLstm, 2, .in0 = TYPE(Float32), .in2 = TYPE(Int8),
         .out0 = TYPE(Float32)),

    RULE2(ArgMax, ArgMin, 3, .in0 = TYPE(Bool)),
    RULE2(ArgMax, ArgMin, 2, .in0 = TYPE(Int8)),

    RULE(Select, 4, .in0 = TYPE(UInt32)),
    RULE(Select, 3, .test = has_rank_5),
    RULE(Select, 2, .in0 = TYPE(Int8)),
    RULE(SelectV2, 2, .in0 = TYPE(UInt32)),

    RULE(SplitV, 3, .in0 = FLOAT8),
    RULE2(SplitV, SpaceToDepth, 2, .in0 = TYPE(Int8)),
    RULE2(Sum, LogSoftmax, 2, .in0 = TYPE(Int8)),
    RULE2(SquaredDifference, DepthToSpace, 2, .in0 = TYPE(Int8)),

    RULE(TopkV2, 3, .in0 = TYPE(Int16)),
    RULE(TopkV2, 3, .in1 = TYPE(Int16)),
    RULE(TopkV2, 3, .out1 = TYPE(Int16)),
    RULE(TopkV2, 2, .in0 = TYPE(Int8)),

    RULE2(Exp, Log, 2, .in0 = TYPE(Int8) | TYPE(Int16)),
    RULE2(ReduceProd, Sqrt, 2, .in0 = TYPE(Int8) | TYPE(Int16)),

    RULE(DynamicUpdateSlice, 6, .in0 = TYPE(BFloat16)),
    RULE(DynamicUpdateSlice, 5, .in0 = TYPE(Int4)),
    RULE(DynamicUpdateSlice, 4, .in0 = TYPE(Int16)),
    RULE(DynamicUpdateSlice, 3, .in0 = TYPE(Float16)),
    RULE(DynamicUpdateSlice, 2, .in2 = TYPE(Int64)),

    RULE(BroadcastTo, 4, .in0 = FLOAT8),
    RULE(BroadcastTo, 3, .in0 = TYPE(Int8) | TYPE(Int16)),
    RULE(BroadcastTo, 2, .in0 = 0),

    RULE(Cast, 9, .in0 = FLOAT8),
    RULE(Cast, 9, .out0 = FLOAT8),
    RULE(Cast, 8, .in0 = TYPE(Int2) | TYPE(UInt4)),
    RULE(Cast, 8, .out0 = TYPE(Int2) | TYPE(UInt4)),
    RULE(Cast, 7, .in0 = TYPE(BFloat16)),
    RULE(Cast, 7, .out0 = TYPE(BFloat16)),
    RULE(Cast, 6, .in0 = TYPE(Int4), .out0 = TYPE(Float32)),
    RULE(Cast, 5, .in0 = TYPE(Float64) | TYPE(Float16)),
    RULE(Cast, 5, .out0 = TYPE(Float64) | TYPE(Float16)),
    RULE(Cast, 4, .in0 = TYPE(UInt16)),
    RULE(Cast, 4, .out0 = TYPE(UInt16)),
    RULE(Cast, 3, .in0 = TYPE(Int8)),
    RULE(Cast, 3, .out0 = TYPE(Int8)),
    RULE(Cast, 2, .in0 = TYPE(UInt32)),
    RULE(Cast, 2, .out0 = TYPE(UInt32)),

    RULE(Where, 2, .in0 = ~TYPE(Bool)),
    RULE(Gelu, 3, .in0 = TYPE(Float16)),
    RULE(Gelu, 2, .in0 = BYTE8),
};
/* clang-format on */

static bool option_is_on(const tb_draft_op *op, const uint16_t *field)
{
    return tb_op_options_int(&op->options, *field) != 0;
}

/* `wanted` is 0 where it does not matter. */
static bool fits(int wanted, bool is)
{
    return wanted == 0 || (wanted == YES) == is;
}

static bool holds(const version_rule *rule, const tb_draft_subgraph *graph, const tb_draft_op *op)
{
    const tb_draft_tensor *in0 = tensor_at(graph, op->inputs, 0);
    const tb_draft_tensor *in1 = tensor_at(graph, op->inputs, 1);
    const tb_draft_tensor *out0 = tensor_at(graph, op->outputs, 0);
    return has_type(graph, op->inputs, 0, rule->in0) && has_type(graph, op->inputs, 1, rule->in1) &&
           has_type(graph, op->inputs, 2, rule->in2) &&
           has_type(graph, op->outputs, 0, rule->out0) &&
           has_type(graph, op->outputs, 1, rule->out1) &&
           (!rule->rank_above || rank_of(graph, op, 0) > rule->rank_above) &&
           (!rule->broadcast_rank_above ||
            broadcasts_above(graph, op, rule->broadcast_rank_above)) &&
           (!rule->inputs || op->inputs.count == rule->inputs) &&
           (!rule->option || option_is_on(op, rule->option)) &&
           (!rule->option_off || !option_is_on(op, rule->option_off)) &&
           fits(rule->quantized, has_scales(in0, 1)) &&
           fits(rule->per_channel_in0, has_scales(in0, 2)) &&
           fits(rule->per_channel_in1, has_scales(in1, 2)) &&
           fits(rule->per_channel_out0, has_scales(out0, 2)) &&
           (!rule->test || rule->test(graph, op));
}

int32_t tb_op_version(const tb_draft_subgraph *graph, const tb_draft_op *op)
{
    for (size_t i = 0; i < TB_COUNT_OF(RULES); i++)
        if (RULES[i].op == op->code && holds(&RULES[i], graph, op))
            return RULES[i].version;
    return 1;
}
