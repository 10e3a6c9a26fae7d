/*
 * The options of the builtin operators, decoded from the model: what TfLiteNode.builtin_data points
 * to. A struct comes from malloc, is freed with free, and is not changed after it was parsed.
 */
#ifndef TB_RUNTIME_TFLITE_ABI_BUILTIN_OP_DATA_H
#define TB_RUNTIME_TFLITE_ABI_BUILTIN_OP_DATA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "runtime/tflite_abi/c_api_types.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Capacities of the arrays below; models that need more are refused. */
#define TFLITE_RESHAPE_PARAMS_MAX_DIMENSION_COUNT                 8
#define TFLITE_STABLEHLO_SCATTER_PARAMS_MAX_DIMENSION_COUNT       8
#define TFLITE_STABLEHLO_GATHER_PARAMS_MAX_DIMENSION_COUNT        8
#define TFLITE_STABLEHLO_REDUCE_WINDOW_PARAMS_MAX_DIMENSION_COUNT 8
#define TFLITE_STABLEHLO_PAD_PARAMS_MAX_DIMENSION_COUNT           8
#define TFLITE_STABLEHLO_CASE_PARAMS_MAX_BRANCHES_COUNT           20

/* C has no empty struct; this is what parameterless operators carry. */
typedef struct EmptyStructPlaceholder {
    char dummy;
} EmptyStructPlaceholder;

/* ---- shared by several operators ----------------------------------------------------------- */

/* SAME pads so that output = ceil(input / stride); VALID does not pad. */
typedef enum TfLitePadding {
    kTfLitePaddingUnknown = 0,
    kTfLitePaddingSame = 1,
    kTfLitePaddingValid = 2,
} TfLitePadding;

/* REFLECT mirrors without repeating the border, SYMMETRIC repeats it. */
typedef enum TfLiteMirrorPaddingMode {
    kTfLiteMirrorPaddingUnknown = 0,
    kTfLiteMirrorPaddingReflect = 1,
    kTfLiteMirrorPaddingSymmetric = 2,
} TfLiteMirrorPaddingMode;

/* Applied to an operator's result before it is stored; as clamping bounds where quantized. */
typedef enum TfLiteFusedActivation {
    kTfLiteActNone = 0,
    kTfLiteActRelu = 1,
    kTfLiteActReluN1To1 = 2,
    kTfLiteActRelu6 = 3,
    kTfLiteActTanh = 4,
    kTfLiteActSignBit = 5,
    kTfLiteActSigmoid = 6,
} TfLiteFusedActivation;

/*
 * Zeros put before the first row and column; the offset is the one more put after the last where
 * the sum is odd.
 */
typedef struct TfLitePaddingValues {
    int width;
    int height;
    int width_offset;
    int height_offset;
} TfLitePaddingValues;

/* ---- convolution and pooling --------------------------------------------------------------- */

/*
 * Strides and dilations in elements; a dilation of 1 is none. quantized_bias_type is the
 * accumulator's type, kTfLiteNoType for the default.
 */
typedef struct TfLiteConvParams {
    TfLitePadding padding;
    int stride_width;
    int stride_height;
    TfLiteFusedActivation activation;
    int dilation_width_factor;
    int dilation_height_factor;
    TfLiteType quantized_bias_type;
} TfLiteConvParams;

typedef struct TfLiteConv3DParams {
    TfLitePadding padding;
    int stride_width;
    int stride_height;
    int stride_depth;
    int dilation_width_factor;
    int dilation_height_factor;
    int dilation_depth_factor;
    TfLiteFusedActivation activation;
} TfLiteConv3DParams;

typedef TfLiteConv3DParams TfLiteConv3DTransposeParams;

typedef struct TfLiteDepthwiseConvParams {
    TfLitePadding padding;
    int stride_width;
    int stride_height;
    int depth_multiplier; /* redundant: output channels / input channels */
    TfLiteFusedActivation activation;
    int dilation_width_factor;
    int dilation_height_factor;
} TfLiteDepthwiseConvParams;

typedef struct TfLiteTransposeConvParams {
    TfLitePadding padding;
    int stride_width;
    int stride_height;
    TfLiteFusedActivation activation;
    TfLiteType quantized_bias_type;
} TfLiteTransposeConvParams;

typedef struct TfLitePoolParams {
    TfLitePadding padding;
    int stride_width;
    int stride_height;
    int filter_width;
    int filter_height;
    TfLiteFusedActivation activation;
    struct {
        TfLitePaddingValues padding;
    } computed; /* filled in by prepare; nobody else reads it */
} TfLitePoolParams;

/* ---- dense and recurrent ------------------------------------------------------------------- */

typedef enum TfLiteFullyConnectedWeightsFormat {
    kTfLiteFullyConnectedWeightsFormatDefault = 0,
    kTfLiteFullyConnectedWeightsFormatShuffled4x16Int8 = 1,
} TfLiteFullyConnectedWeightsFormat;

/*
 * asymmetric_quantize_inputs: with int8 weights and float input, quantize the input with a zero
 * point. keep_num_dims: the output keeps the input's leading dimensions.
 */
typedef struct TfLiteFullyConnectedParams {
    TfLiteFusedActivation activation;
    TfLiteFullyConnectedWeightsFormat weights_format;
    bool keep_num_dims;
    bool asymmetric_quantize_inputs;
    TfLiteType quantized_bias_type;
} TfLiteFullyConnectedParams;

typedef struct TfLiteBatchMatMulParams {
    bool adj_x;
    bool adj_y;
    bool asymmetric_quantize_inputs;
} TfLiteBatchMatMulParams;

typedef struct TfLiteRNNParams {
    TfLiteFusedActivation activation;
    bool asymmetric_quantize_inputs;
} TfLiteRNNParams;

typedef struct TfLiteSequenceRNNParams {
    bool time_major;
    TfLiteFusedActivation activation;
    bool asymmetric_quantize_inputs;
} TfLiteSequenceRNNParams;

typedef struct TfLiteBidirectionalSequenceRNNParams {
    bool time_major;
    TfLiteFusedActivation activation;
    bool merge_outputs;
    bool asymmetric_quantize_inputs;
} TfLiteBidirectionalSequenceRNNParams;

typedef struct TfLiteSVDFParams {
    int rank;
    TfLiteFusedActivation activation;
    bool asymmetric_quantize_inputs;
} TfLiteSVDFParams;

typedef enum TfLiteLSTMKernelType {
    kTfLiteLSTMFullKernel = 0,
    kTfLiteLSTMBasicKernel = 1,
} TfLiteLSTMKernelType;

/* A clip of 0 is none. time_major: the first dimension is time, the second batch. */
typedef struct TfLiteLSTMParams {
    TfLiteFusedActivation activation;
    float cell_clip;
    float proj_clip;
    TfLiteLSTMKernelType kernel_type;
    bool asymmetric_quantize_inputs;
} TfLiteLSTMParams;

typedef struct TfLiteUnidirectionalSequenceLSTMParams {
    TfLiteFusedActivation activation;
    float cell_clip;
    float proj_clip;
    bool time_major;
    bool asymmetric_quantize_inputs;
    bool diagonal_recurrent_tensors;
} TfLiteUnidirectionalSequenceLSTMParams;

typedef struct TfLiteBidirectionalSequenceLSTMParams {
    TfLiteFusedActivation activation;
    float cell_clip;
    float proj_clip;
    bool merge_outputs;
    bool time_major;
    bool asymmetric_quantize_inputs;
} TfLiteBidirectionalSequenceLSTMParams;

/* ---- arithmetic and activations ------------------------------------------------------------ */

/* pot_scale_int16: the int16 kernel may take every scale to be a power of two. */
typedef struct TfLiteAddParams {
    TfLiteFusedActivation activation;
    bool pot_scale_int16;
} TfLiteAddParams;

typedef struct TfLiteSubParams {
    TfLiteFusedActivation activation;
    bool pot_scale_int16;
} TfLiteSubParams;

typedef struct TfLiteMulParams {
    TfLiteFusedActivation activation;
} TfLiteMulParams;

typedef struct TfLiteDivParams {
    TfLiteFusedActivation activation;
} TfLiteDivParams;

typedef struct TfLiteSoftmaxParams {
    float beta;
} TfLiteSoftmaxParams;

typedef struct TfLiteLeakyReluParams {
    float alpha;
} TfLiteLeakyReluParams;

typedef struct TfLiteGeluParams {
    bool approximate; /* tanh form instead of erf */
} TfLiteGeluParams;

typedef struct TfLiteL2NormParams {
    TfLiteFusedActivation activation;
} TfLiteL2NormParams;

typedef struct TfLiteLocalResponseNormParams {
    int radius;
    float bias;
    float alpha;
    float beta;
} TfLiteLocalResponseNormParams;

typedef struct TfLiteCastParams {
    TfLiteType in_data_type;
    TfLiteType out_data_type;
} TfLiteCastParams;

typedef struct TfLiteCumsumParams {
    bool exclusive;
    bool reverse;
} TfLiteCumsumParams;

typedef struct TfLiteFakeQuantParams {
    float min;
    float max;
    int num_bits;
    bool narrow_range;
} TfLiteFakeQuantParams;

typedef struct TfLiteBucketizeParams {
    int num_boundaries;
    const float *boundaries; /* borrowed from the model */
} TfLiteBucketizeParams;

/* ---- shape and movement -------------------------------------------------------------------- */

typedef struct TfLiteConcatenationParams {
    int axis;
    TfLiteFusedActivation activation;
} TfLiteConcatenationParams;

typedef struct TfLiteGatherParams {
    int axis;
    int batch_dims;
} TfLiteGatherParams;

typedef struct TfLitePackParams {
    int values_count;
    int axis;
} TfLitePackParams;

typedef struct TfLiteUnpackParams {
    int num;
    int axis;
} TfLiteUnpackParams;

typedef struct TfLiteSplitParams {
    int num_splits;
} TfLiteSplitParams;

typedef struct TfLiteSplitVParams {
    int num_splits;
} TfLiteSplitVParams;

typedef struct TfLiteOneHotParams {
    int axis;
} TfLiteOneHotParams;

typedef struct TfLiteSpaceToDepthParams {
    int block_size;
} TfLiteSpaceToDepthParams;

typedef struct TfLiteDepthToSpaceParams {
    int block_size;
} TfLiteDepthToSpaceParams;

typedef struct TfLiteReshapeParams {
    int32_t shape[TFLITE_RESHAPE_PARAMS_MAX_DIMENSION_COUNT];
    int num_dimensions; /* entries of shape in use */
} TfLiteReshapeParams;

typedef struct TfLiteSqueezeParams {
    int32_t squeeze_dims[8];
    int num_squeeze_dims;
} TfLiteSqueezeParams;

/* Bit i of a mask is about dimension i. offset: end counts from begin. */
typedef struct TfLiteStridedSliceParams {
    int begin_mask;
    int end_mask;
    int ellipsis_mask;
    int new_axis_mask;
    int shrink_axis_mask;
    bool offset;
} TfLiteStridedSliceParams;

typedef struct TfLiteReverseSequenceParams {
    int seq_dim;
    int batch_dim;
} TfLiteReverseSequenceParams;

typedef struct TfLiteMirrorPaddingParams {
    TfLiteMirrorPaddingMode mode;
} TfLiteMirrorPaddingParams;

typedef struct TfLiteResizeBilinearParams {
    bool align_corners;
    bool half_pixel_centers;
} TfLiteResizeBilinearParams;

typedef struct TfLiteResizeNearestNeighborParams {
    bool align_corners;
    bool half_pixel_centers;
} TfLiteResizeNearestNeighborParams;

typedef struct TfLiteSparseToDenseParams {
    bool validate_indices;
} TfLiteSparseToDenseParams;

typedef struct TfLiteSpaceToBatchNDParams {
    EmptyStructPlaceholder placeholder;
} TfLiteSpaceToBatchNDParams;

typedef struct TfLiteBatchToSpaceNDParams {
    EmptyStructPlaceholder placeholder;
} TfLiteBatchToSpaceNDParams;

typedef struct TfLitePadParams {
    EmptyStructPlaceholder placeholder;
} TfLitePadParams;

typedef struct TfLitePadV2Params {
    EmptyStructPlaceholder placeholder;
} TfLitePadV2Params;

typedef struct TfLiteTransposeParams {
    EmptyStructPlaceholder placeholder;
} TfLiteTransposeParams;

typedef struct TfLiteRankParams {
    EmptyStructPlaceholder placeholder;
} TfLiteRankParams;

typedef struct TfLiteMatrixDiagParams {
    EmptyStructPlaceholder placeholder;
} TfLiteMatrixDiagParams;

typedef struct TfLiteMatrixSetDiagParams {
    EmptyStructPlaceholder placeholder;
} TfLiteMatrixSetDiagParams;

/* ---- reductions and index results ---------------------------------------------------------- */

typedef struct TfLiteReducerParams {
    bool keep_dims;
} TfLiteReducerParams;

typedef struct TfLiteArgMaxParams {
    TfLiteType output_type;
} TfLiteArgMaxParams;

typedef struct TfLiteArgMinParams {
    TfLiteType output_type;
} TfLiteArgMinParams;

typedef struct TfLiteShapeParams {
    TfLiteType out_type;
} TfLiteShapeParams;

typedef struct TfLiteUniqueParams {
    TfLiteType index_out_type;
} TfLiteUniqueParams;

/* ---- embeddings and text ------------------------------------------------------------------- */

typedef enum TfLiteLSHProjectionType {
    kTfLiteLshProjectionUnknown = 0,
    kTfLiteLshProjectionSparse = 1,
    kTfLiteLshProjectionDense = 2,
} TfLiteLSHProjectionType;

typedef struct TfLiteLSHProjectionParams {
    TfLiteLSHProjectionType type;
} TfLiteLSHProjectionParams;

typedef enum TfLiteCombinerType {
    kTfLiteCombinerTypeSum = 0,
    kTfLiteCombinerTypeMean = 1,
    kTfLiteCombinerTypeSqrtn = 2,
} TfLiteCombinerType;

typedef struct TfLiteEmbeddingLookupSparseParams {
    TfLiteCombinerType combiner;
} TfLiteEmbeddingLookupSparseParams;

typedef struct TfLiteSkipGramParams {
    int ngram_size;
    int max_skip_size;
    bool include_all_ngrams;
} TfLiteSkipGramParams;

/* ---- control flow, resources, random numbers ----------------------------------------------- */

typedef struct TfLiteIfParams {
    int then_subgraph_index;
    int else_subgraph_index;
} TfLiteIfParams;

typedef struct TfLiteWhileParams {
    int cond_subgraph_index;
    int body_subgraph_index;
} TfLiteWhileParams;

typedef struct TfLiteCallOnceParams {
    int init_subgraph_index;
} TfLiteCallOnceParams;

typedef struct TfLiteHashtableParams {
    int table_id;
    TfLiteType key_dtype;
    TfLiteType value_dtype;
} TfLiteHashtableParams;

/* Names are borrowed from the model. */
typedef struct TfLiteVarHandleParams {
    const char *container;
    const char *shared_name;
} TfLiteVarHandleParams;

/* Two seeds of 0 ask for a nondeterministic one. */
typedef struct TfLiteRandomParams {
    int seed;
    int seed2;
} TfLiteRandomParams;

/* ---- StableHLO ----------------------------------------------------------------------------- */

/*
 * The attributes of the StableHLO operators of these names; a num_... field says how much of its
 * array is in use.
 */
typedef struct TfLiteStablehloConcatenateParams {
    int64_t dimension;
} TfLiteStablehloConcatenateParams;

typedef struct TfLiteStablehloScatterParams {
    bool indices_are_sorted;
    int64_t update_window_dims[TFLITE_STABLEHLO_SCATTER_PARAMS_MAX_DIMENSION_COUNT];
    int num_update_window_dims;
    int64_t inserted_window_dims[TFLITE_STABLEHLO_SCATTER_PARAMS_MAX_DIMENSION_COUNT];
    int num_inserted_window_dims;
    int64_t scatter_dims_to_operand_dims[TFLITE_STABLEHLO_SCATTER_PARAMS_MAX_DIMENSION_COUNT];
    int num_scatter_dims_to_operand_dims;
    int64_t index_vector_dim;
    bool unique_indices;
    int update_computation_subgraph_index;
} TfLiteStablehloScatterParams;

typedef enum TfLiteRngAlgorithm {
    kTfLiteRngAlgorithmUnknown = 0,
    kTfLiteRngAlgorithmDefault = 1,
    kTfLiteRngAlgorithmPhilox = 2,
    kTfLiteRngAlgorithmThreefry = 3,
} TfLiteRngAlgorithm;

typedef struct TfLiteStablehloRngBitGeneratorParams {
    TfLiteRngAlgorithm algorithm;
} TfLiteStablehloRngBitGeneratorParams;

typedef struct TfLiteStablehloGatherParams {
    int64_t offset_dims[TFLITE_STABLEHLO_GATHER_PARAMS_MAX_DIMENSION_COUNT];
    int num_offset_dims;
    int64_t collapsed_slice_dims[TFLITE_STABLEHLO_GATHER_PARAMS_MAX_DIMENSION_COUNT];
    int num_collapsed_slice_dims;
    int64_t start_index_map[TFLITE_STABLEHLO_GATHER_PARAMS_MAX_DIMENSION_COUNT];
    int num_start_index_map;
    int64_t index_vector_dim;
    int64_t slice_sizes[TFLITE_STABLEHLO_GATHER_PARAMS_MAX_DIMENSION_COUNT];
    int num_slice_sizes;
    bool indices_are_sorted;
} TfLiteStablehloGatherParams;

typedef struct TfLiteStablehloReduceWindowParams {
    int64_t window_dimensions[TFLITE_STABLEHLO_REDUCE_WINDOW_PARAMS_MAX_DIMENSION_COUNT];
    int64_t window_strides[TFLITE_STABLEHLO_REDUCE_WINDOW_PARAMS_MAX_DIMENSION_COUNT];
    int64_t base_dilations[TFLITE_STABLEHLO_REDUCE_WINDOW_PARAMS_MAX_DIMENSION_COUNT];
    int64_t window_dilations[TFLITE_STABLEHLO_REDUCE_WINDOW_PARAMS_MAX_DIMENSION_COUNT];
    int64_t padding
        [2 *
         TFLITE_STABLEHLO_REDUCE_WINDOW_PARAMS_MAX_DIMENSION_COUNT]; /* low, high for each dimension */
    int body_subgraph_index;
} TfLiteStablehloReduceWindowParams;

/* The names lack the usual k. */
enum TfLiteReduceWindowFunction {
    TfLiteReduceWindowFunctionUnsupported = 0,
    TfLiteReduceWindowFunctionAdd = 1,
    TfLiteReduceWindowFunctionMul = 2,
    TfLiteReduceWindowFunctionMin = 3,
    TfLiteReduceWindowFunctionMax = 4,
    TfLiteReduceWindowFunctionAll = 5,
    TfLiteReduceWindowFunctionAny = 6,
};

typedef struct TfLiteReduceWindowParams {
    enum TfLiteReduceWindowFunction reduce_function;
} TfLiteReduceWindowParams;

typedef struct TfLiteStablehloPadParams {
    int64_t edge_padding_low[TFLITE_STABLEHLO_PAD_PARAMS_MAX_DIMENSION_COUNT];
    int64_t edge_padding_high[TFLITE_STABLEHLO_PAD_PARAMS_MAX_DIMENSION_COUNT];
    int64_t interior_padding[TFLITE_STABLEHLO_PAD_PARAMS_MAX_DIMENSION_COUNT];
} TfLiteStablehloPadParams;

/* name and attributes (a flexbuffer) are borrowed from the model. */
typedef struct TfLiteStablehloCompositeParams {
    const char *name;
    int32_t subgraph_index;
    int32_t version;
    const uint8_t *attributes;
    size_t attributes_size;
} TfLiteStablehloCompositeParams;

typedef struct TfLiteStablehloCaseParams {
    int32_t branch_subgraph_indices[TFLITE_STABLEHLO_CASE_PARAMS_MAX_BRANCHES_COUNT];
    uint32_t num_branches;
} TfLiteStablehloCaseParams;

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif
