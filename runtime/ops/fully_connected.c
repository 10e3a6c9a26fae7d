/*
 * FULLY_CONNECTED: output[b, o] = activation(sum over i of input[b, i] * filter[o, i] + bias[o]).
 *
 * After TFLite's reference kernels fully_connected.h and integer_ops/fully_connected.h. Integer
 * results are rescaled in double, round(sum * input scale * filter scale / output scale), except
 * with int16 or int4 filters under int16 inputs and with sparse filters, where TFLite uses
 * fixed-point multipliers. A float input under an integer filter ("hybrid") is quantised row by
 * row. Sparse filters are made dense at prepare.
 */
#include "runtime/ops/activation.h"
#include "runtime/ops/dot.h"
#include "runtime/ops/filter.h"
#include "runtime/ops/sparse.h"

#include <math.h>
#include <string.h>

typedef struct fc_data fc_data;

typedef void (*fc_kernel)(const fc_data *data, const void *input, const void *filter,
                          const void *bias, void *output);

struct fc_data {
    fc_kernel kernel;
    size_t batches;
    size_t inputs;  /* of one batch */
    size_t outputs; /* of one batch */
    tb_filter filter;
    const void *dense_filter; /* of a sparse one */

    float float_min;
    float float_max;

    int32_t input_offset;
    int32_t filter_offset;
    int32_t output_offset;
    int32_t min;
    int32_t max;
    const double *factors;            /* one an output, or NULL */
    const tb_multiplier *multipliers; /* one an output, or NULL */

    bool is_hybrid;
    tb_hybrid hybrid;
    TfLiteFusedActivation activation;
    const float *filter_scales;
    size_t filter_scale_step;     /* 1 where there is a scale an output, else 0 */
    const tb_hybrid_rows *rows;   /* set by invoke */
    size_t block_size;            /* of block-wise quantised filters; 0: none */
    const uint16_t *block_scales; /* half floats, [outputs, inputs / block_size] */
};

/* DOT adds all products of a row pair; FINISH(sum, output) makes the result. Both see `batch`. */
#define DEFINE_FC(name, in_t, filter_t, bias_t, out_t, sum_t, DOT, FINISH)                      \
    static void name(const fc_data *data, const void *input_, const void *filter_,              \
                     const void *bias_, void *output_)                                          \
    {                                                                                           \
        const in_t *input = input_;                                                             \
        const filter_t *filter = filter_;                                                       \
        const bias_t *biases = bias_;                                                           \
        out_t *output = output_;                                                                \
        const size_t count = data->inputs;                                                      \
        for (size_t batch = 0; batch < data->batches && !tb_stopped(); batch++, input += count) \
            for (size_t o = 0; o < data->outputs; o++) {                                        \
                sum_t sum = DOT(input, filter + o * count);                                     \
                *output++ = FINISH(sum, o);                                                     \
            }                                                                                   \
    }

static int32_t finish(const fc_data *data, int32_t scaled)
{
    return tb_clamp(tb_wrap_add(scaled, data->output_offset), data->min, data->max);
}

/* round(sum * factor), kept inside 32 bits. */
static int32_t rescale(const fc_data *data, int64_t sum, size_t o)
{
    double scaled = round((double)sum * data->factors[o]);
    if (scaled >= 2147483647.0)
        return INT32_MAX;
    return scaled <= -2147483648.0 ? INT32_MIN : (int32_t)scaled;
}

#define DOT_F32(in, weights) tb_dot_f32(0.0f, in, weights, count)
#define DOT_U8(in, weights) \
    tb_dot_u8(0, in, data->input_offset, weights, data->filter_offset, count)
#define DOT_I8(in, weights) \
    tb_dot_i8(0, in, data->input_offset, weights, data->filter_offset, count)
#define DOT_I16_I8(in, weights) tb_dot_i16_i8(0, in, 0, weights, data->filter_offset, count)
#define DOT_I16_I8_WIDE(in, weights) \
    tb_dot_i16_i8_wide(0, in, 0, weights, data->filter_offset, count)
#define DOT_I16(in, weights)    tb_dot_i16_wide(0, in, 0, weights, data->filter_offset, count)
#define DOT_HYBRID(in, weights) tb_dot_i8(0, in, -data->rows->zero_points[batch], weights, 0, count)

#define BIASED(sum, o)      (biases ? tb_wrap_add(sum, biases[o]) : (sum))
#define BIASED_WIDE(sum, o) (biases ? tb_wrap_add64(sum, biases[o]) : (sum))
#define FINISH_F32(sum, o) \
    tb_clampf(sum + (biases ? biases[o] : 0.0f), data->float_min, data->float_max)
#define FINISH_REAL(out_t, sum, o) (out_t) finish(data, rescale(data, sum, o))
#define FINISH_U8(sum, o)          FINISH_REAL(uint8_t, BIASED(sum, o), o)
#define FINISH_I8(sum, o)          FINISH_REAL(int8_t, BIASED(sum, o), o)
#define FINISH_I16(sum, o)         FINISH_REAL(int16_t, BIASED(sum, o), o)
#define FINISH_I16_WIDE(sum, o)    FINISH_REAL(int16_t, BIASED_WIDE(sum, o), o)
#define FINISH_FIXED(out_t, sum, o) \
    (out_t) finish(data, tb_multiply(BIASED(sum, o), data->multipliers[o]))
#define FINISH_I8_FIXED(sum, o)  FINISH_FIXED(int8_t, sum, o)
#define FINISH_I16_FIXED(sum, o) FINISH_FIXED(int16_t, sum, o)
#define FINISH_I16_FIXED_WIDE(sum, o) \
    (int16_t) finish(data, tb_multiply64(BIASED_WIDE(sum, o), data->multipliers[o]))

static float finish_hybrid(const fc_data *data, int32_t sum, size_t batch, size_t o,
                           const float *biases)
{
    float scale = data->rows->scales[batch] * data->filter_scales[o * data->filter_scale_step];
    return tb_activate(data->activation, (biases ? biases[o] : 0.0f) + (float)sum * scale);
}
#define FINISH_HYBRID(sum, o) finish_hybrid(data, sum, batch, o, biases)

DEFINE_FC(fc_f32, float, float, float, float, float, DOT_F32, FINISH_F32)
DEFINE_FC(fc_u8, uint8_t, uint8_t, int32_t, uint8_t, int32_t, DOT_U8, FINISH_U8)
DEFINE_FC(fc_u8_to_i16, uint8_t, uint8_t, int32_t, int16_t, int32_t, DOT_U8, FINISH_I16)
DEFINE_FC(fc_i8, int8_t, int8_t, int32_t, int8_t, int32_t, DOT_I8, FINISH_I8)
DEFINE_FC(fc_i8_sparse, int8_t, int8_t, int32_t, int8_t, int32_t, DOT_I8, FINISH_I8_FIXED)
DEFINE_FC(fc_i16_i8, int16_t, int8_t, int32_t, int16_t, int32_t, DOT_I16_I8, FINISH_I16)
DEFINE_FC(fc_i16_i8_wide, int16_t, int8_t, int64_t, int16_t, int64_t, DOT_I16_I8_WIDE,
          FINISH_I16_WIDE)
DEFINE_FC(fc_i16_i4, int16_t, int8_t, int32_t, int16_t, int32_t, DOT_I16_I8, FINISH_I16_FIXED)
DEFINE_FC(fc_i16, int16_t, int16_t, int32_t, int16_t, int64_t, DOT_I16, FINISH_I16_FIXED_WIDE)
DEFINE_FC(fc_i16_wide, int16_t, int16_t, int64_t, int16_t, int64_t, DOT_I16, FINISH_I16_FIXED_WIDE)
DEFINE_FC(fc_hybrid, int8_t, int8_t, float, float, int32_t, DOT_HYBRID, FINISH_HYBRID)

/* Filters with a scale for each block of inputs; as in TFLite, without activation. */
static void fc_blockwise(const fc_data *data, const void *input_, const void *filter_,
                         const void *bias_, void *output_)
{
    const int8_t *input = input_, *filter = filter_;
    const float *biases = bias_;
    float *output = output_;
    size_t blocks = data->inputs / data->block_size;
    for (size_t batch = 0; batch < data->batches && !tb_stopped(); batch++, input += data->inputs)
        for (size_t o = 0; o < data->outputs; o++) {
            const int8_t *weights = filter + o * data->inputs;
            float products = 0.0f, weight_sum = 0.0f;
            for (size_t block = 0; block < blocks; block++) {
                size_t first = block * data->block_size;
                int32_t sum = tb_dot_i8(0, input + first, 0, weights + first, 0, data->block_size);
                int32_t ones = 0;
                for (size_t i = 0; i < data->block_size; i++)
                    ones += weights[first + i];
                float scale = tb_float_from_half(data->block_scales[o * blocks + block]);
                products += (float)sum * scale;
                weight_sum += scale * (float)ones;
            }
            products -= (float)data->rows->zero_points[batch] * weight_sum;
            products *= data->rows->scales[batch];
            *output++ = products + (biases ? biases[o] : 0.0f);
        }
}

/*
 * The legacy shuffled format: both operands have their sign bits flipped, which makes UINT8 with
 * zero point 128 int8, and the filter lies in tiles of 4 outputs by 16 inputs.
 */
static void fc_shuffled(const fc_data *data, const void *input_, const void *filter_,
                        const void *bias_, void *output_)
{
    const uint8_t *input = input_;
    const int8_t *filter = filter_;
    const int32_t *biases = bias_;
    int16_t *output = output_;
    for (size_t batch = 0; batch < data->batches && !tb_stopped(); batch++)
        for (size_t o = 0; o < data->outputs; o++) {
            uint32_t sum = 0;
            for (size_t i = 0; i < data->inputs; i++) {
                size_t tile = (o / 4) * (data->inputs / 16) + i / 16;
                int32_t weight = filter[tile * 64 + (o % 4) * 16 + i % 16];
                sum += (uint32_t)(weight * (input[batch * data->inputs + i] - 128));
            }
            int32_t scaled =
                tb_multiply(tb_wrap_add((int32_t)sum, biases[o]), data->multipliers[o]);
            output[batch * data->outputs + o] = (int16_t)tb_clamp(scaled, data->min, data->max);
        }
}

/* ---- prepare ----------------------------------------------------------------------------------- */

typedef struct fc_tensors {
    const TfLiteTensor *input;
    const TfLiteTensor *filter;
    const TfLiteTensor *bias; /* may be NULL */
    TfLiteTensor *output;
} fc_tensors;

static TfLiteStatus get_tensors(TfLiteContext *context, const TfLiteNode *node, fc_tensors *t)
{
    TB_OP_TRY(tb_op_check_inputs(context, node, 2, 3));
    TB_OP_TRY(tb_op_get_input(context, node, 0, "input", &t->input));
    TB_OP_TRY(tb_op_get_input(context, node, 1, "filter", &t->filter));
    t->bias = tb_op_input(context, node, 2);
    TB_OP_TRY(tb_op_get_output(context, node, 0, &t->output));
    return tb_op_check_rank(context, t->filter, "filter", 2, 2);
}

static TfLiteStatus set_shape(TfLiteContext *context, const TfLiteFullyConnectedParams *params,
                              const fc_tensors *t, fc_data *data)
{
    data->outputs = (size_t)tb_tensor_dim(t->filter, 0);
    data->inputs = (size_t)tb_tensor_dim(t->filter, 1);
    int rank = tb_tensor_rank(t->input);
    size_t leading = rank > 0 ? tb_dims_product(t->input, 0, rank - 1) : 1;
    data->batches = data->inputs ? tb_count(t->input) / data->inputs : leading;
    if (t->bias && tb_count(t->bias) != data->outputs)
        return tb_op_fail(context, "bias has %zu elements, filter has %zu outputs",
                          tb_count(t->bias), data->outputs);
    if (!params->keep_num_dims) {
        if (data->batches > INT32_MAX)
            return tb_op_fail(context, "input has %zu rows: too many", data->batches);
        int dims[] = {(int)data->batches, (int)data->outputs};
        return tb_op_resize(context, t->output, 2, dims);
    }
    if (rank < 1 || rank > TB_MAX_RANK)
        return tb_op_fail(context, "input has %d dimensions, expected 1 to %d", rank, TB_MAX_RANK);
    int last = tb_tensor_dim(t->input, rank - 1);
    if (data->inputs && (size_t)last != data->inputs)
        return tb_op_fail(context, "filter has %zu inputs, input's last dimension is %d",
                          data->inputs, last);
    int dims[TB_MAX_RANK];
    memcpy(dims, t->input->dims->data, (size_t)rank * sizeof dims[0]);
    dims[rank - 1] = (int)data->outputs;
    return tb_op_resize(context, t->output, rank, dims);
}

/* The half-float scales of a block-wise quantised filter. */
static TfLiteStatus prepare_blockwise(TfLiteContext *context, const fc_tensors *t, fc_data *data)
{
    const TfLiteBlockwiseQuantization *blocks = t->filter->quantization.params;
    TB_OP_TRY(tb_op_check_type(context, t->filter, "filter", TB_TYPE_BIT(kTfLiteInt4)));
    if (!blocks || blocks->blocksize < 1 || data->inputs % (size_t)blocks->blocksize != 0)
        return tb_op_fail(context, "filter has blocks of %d, expected a divisor of %zu inputs",
                          blocks ? blocks->blocksize : 0, data->inputs);
    if (blocks->scale < 0 || (size_t)blocks->scale >= context->tensors_size)
        return tb_op_fail(context, "filter's scales are tensor %d, which does not exist",
                          blocks->scale);
    const TfLiteTensor *scales = &context->tensors[blocks->scale];
    TB_OP_TRY(tb_op_check_type(context, scales, "filter's scales", TB_TYPE_BIT(kTfLiteFloat16)));
    data->block_size = (size_t)blocks->blocksize;
    size_t expected = data->outputs * (data->inputs / data->block_size);
    if (!tb_tensor_is_constant(scales) || tb_count(scales) != expected)
        return tb_op_fail(context, "filter has %zu block scales, expected %zu constant ones",
                          tb_count(scales), expected);
    data->block_scales = &scales->data.f16->data;
    data->kernel = TB_TYPED(Float32, fc_blockwise);
    return tb_hybrid_prepare(context, data->batches, data->inputs, true, &data->hybrid);
}

static TfLiteStatus prepare_float(TfLiteContext *context, const TfLiteFullyConnectedParams *params,
                                  const fc_tensors *t, fc_data *data)
{
    TB_OP_TRY(tb_op_check_type(context, t->output, "output", TB_TYPE_BIT(kTfLiteFloat32)));
    if (t->bias)
        TB_OP_TRY(tb_op_check_type(context, t->bias, "bias", TB_TYPE_BIT(kTfLiteFloat32)));
    if (t->filter->type == kTfLiteFloat32) {
        data->kernel = TB_TYPED(Float32, fc_f32);
        return tb_op_float_range(context, params->activation, &data->float_min, &data->float_max);
    }
    TB_OP_TRY(tb_op_check_type(context, t->filter, "filter",
                               TB_TYPE_BIT(kTfLiteFloat32) | TB_TYPE_BIT(kTfLiteInt8) |
                                   TB_TYPE_BIT(kTfLiteUInt8) | TB_TYPE_BIT(kTfLiteInt4) |
                                   TB_TYPE_BIT(kTfLiteInt2)));
    data->is_hybrid = true;
    data->activation = params->activation;
    if (t->filter->quantization.type == kTfLiteBlockwiseQuantization)
        return prepare_blockwise(context, t, data);
    bool packed = t->filter->type == kTfLiteInt4 || t->filter->type == kTfLiteInt2;
    int count;
    TB_OP_TRY(tb_filter_scales(context, t->filter, (int)data->outputs, 0, packed,
                               &data->filter_scales, &count));
    data->filter_scale_step = count > 1;
    data->kernel = TB_TYPED(Float32, fc_hybrid);
    return tb_hybrid_prepare(context, data->batches, data->inputs,
                             params->asymmetric_quantize_inputs, &data->hybrid);
}

/* Both forms of the factor for each output; the kernel reads the one it needs. */
static TfLiteStatus set_factors(TfLiteContext *context, const fc_tensors *t, fc_data *data)
{
    const float *scales;
    int count;
    bool packed = t->filter->type == kTfLiteInt4 || t->filter->type == kTfLiteInt2;
    TB_OP_TRY(tb_filter_scales(context, t->filter, (int)data->outputs, 0, packed, &scales, &count));
    double legacy = 0;
    if (count == 1) {
        TB_OP_TRY(tb_op_check_quantized(context, t->filter, "filter"));
        data->filter_offset = -t->filter->params.zero_point;
        TB_OP_TRY(tb_filter_factor(context, t->input, t->filter, t->bias, t->output, &legacy));
    } else if (t->input->type == kTfLiteUInt8) {
        return tb_op_fail(context, "filter has %d scales, expected 1 for UINT8", count);
    }
    double *factors = tb_op_persistent_array(context, data->outputs, sizeof *factors);
    tb_multiplier *multipliers =
        tb_op_persistent_array(context, data->outputs, sizeof *multipliers);
    if (!factors || !multipliers)
        return kTfLiteError;
    for (size_t o = 0; o < data->outputs; o++) {
        factors[o] = (double)t->input->params.scale * (double)scales[count > 1 ? o : 0] /
                     (double)t->output->params.scale;
        TB_OP_TRY(tb_op_multiplier(context, count > 1 ? factors[o] : legacy,
                                   "input scale * filter scale / output scale", &multipliers[o]));
    }
    data->factors = factors;
    data->multipliers = multipliers;
    return kTfLiteOk;
}

static TfLiteStatus prepare_int16(TfLiteContext *context, const TfLiteFullyConnectedParams *params,
                                  const fc_tensors *t, fc_data *data)
{
    TB_OP_TRY(tb_op_check_type(context, t->filter, "filter",
                               TB_TYPE_BIT(kTfLiteInt8) | TB_TYPE_BIT(kTfLiteInt4) |
                                   TB_TYPE_BIT(kTfLiteInt2) | TB_TYPE_BIT(kTfLiteInt16)));
    TB_OP_TRY(tb_op_check_symmetric(context, t->input, "input"));
    TB_OP_TRY(tb_op_check_symmetric(context, t->output, "output"));
    TfLiteType asked = params->quantized_bias_type;
    if (t->bias && (asked == kTfLiteInt32 || asked == kTfLiteInt64) && t->bias->type != asked)
        return tb_op_fail(context, "bias is %s, the options ask for %s",
                          TfLiteTypeGetName(t->bias->type), TfLiteTypeGetName(asked));
    bool wide = t->bias ? t->bias->type == kTfLiteInt64 : asked == kTfLiteInt64;
    if (t->filter->type == kTfLiteInt16)
        data->kernel = TB_TYPED(Int16, wide ? fc_i16_wide : fc_i16);
    else if (wide)
        data->kernel = TB_TYPED(Int16, fc_i16_i8_wide);
    else
        data->kernel = TB_TYPED(Int16, t->filter->type == kTfLiteInt4 ? fc_i16_i4 : fc_i16_i8);
    return kTfLiteOk;
}

static TfLiteStatus prepare_quantized(TfLiteContext *context,
                                      const TfLiteFullyConnectedParams *params, const fc_tensors *t,
                                      fc_data *data)
{
    TB_OP_TRY(tb_op_check_quantized(context, t->input, "input"));
    TB_OP_TRY(tb_op_check_quantized(context, t->output, "output"));
    TB_OP_TRY(
        tb_op_quantized_range(context, params->activation, t->output, &data->min, &data->max));
    data->input_offset = -t->input->params.zero_point;
    data->output_offset = t->output->params.zero_point;
    uint32_t outputs = TB_TYPE_BIT(t->input->type);
    uint32_t biases = TB_TYPE_BIT(kTfLiteInt32);
    switch (t->input->type) {
    case kTfLiteUInt8:
        TB_OP_TRY(tb_op_check_type(context, t->filter, "filter", TB_TYPE_BIT(kTfLiteUInt8)));
        outputs |= TB_TYPE_BIT(kTfLiteInt16);
        data->kernel = TB_TYPED(UInt8, t->output->type == kTfLiteInt16 ? fc_u8_to_i16 : fc_u8);
        break;
    case kTfLiteInt8:
        TB_OP_TRY(tb_op_check_type(context, t->filter, "filter",
                                   TB_TYPE_BIT(kTfLiteInt8) | TB_TYPE_BIT(kTfLiteInt4) |
                                       TB_TYPE_BIT(kTfLiteInt2)));
        data->kernel = TB_TYPED(Int8, t->filter->sparsity ? fc_i8_sparse : fc_i8);
        break;
    default:
        biases |= TB_TYPE_BIT(kTfLiteInt64);
        TB_OP_TRY(prepare_int16(context, params, t, data));
        break;
    }
    TB_OP_TRY(tb_op_check_type(context, t->output, "output", outputs));
    if (t->bias)
        TB_OP_TRY(tb_op_check_type(context, t->bias, "bias", biases));
    return set_factors(context, t, data);
}

static TfLiteStatus prepare_shuffled(TfLiteContext *context,
                                     const TfLiteFullyConnectedParams *params,
                                     const TfLiteNode *node, const fc_tensors *t, fc_data *data)
{
    TfLiteTensor *workspace;
    TB_OP_TRY(tb_op_get_output(context, node, 1, &workspace));
    TB_OP_TRY(tb_op_check_type(context, t->input, "input", TB_TYPE_BIT(kTfLiteUInt8)));
    TB_OP_TRY(tb_op_check_type(context, t->filter, "filter", TB_TYPE_BIT(kTfLiteUInt8)));
    TB_OP_TRY(tb_op_check_type(context, t->output, "output", TB_TYPE_BIT(kTfLiteInt16)));
    TB_OP_TRY(tb_op_check_type(context, t->bias, "bias", TB_TYPE_BIT(kTfLiteInt32)));
    TB_OP_TRY(tb_op_check_type(context, workspace, "workspace", TB_TYPE_BIT(kTfLiteUInt8)));
    TB_OP_TRY(tb_op_check_quantized(context, t->input, "input"));
    TB_OP_TRY(tb_op_check_quantized(context, t->output, "output"));
    if ((data->batches != 1 && data->batches != 4) || data->inputs % 16 || data->outputs % 4)
        return tb_op_fail(context,
                          "shuffled weights are %zu x %zu for %zu rows, expected multiples of 4 x "
                          "16 and 1 or 4 rows",
                          data->outputs, data->inputs, data->batches);
    TB_OP_TRY(
        tb_op_quantized_range(context, params->activation, t->output, &data->min, &data->max));
    data->kernel = TB_TYPED(UInt8, fc_shuffled);
    return set_factors(context, t, data);
}

static TfLiteStatus prepare_sparse_filter(TfLiteContext *context, const fc_tensors *t,
                                          fc_data *data)
{
    TB_OP_TRY(tb_op_check_type(context, t->filter, "sparse filter",
                               TB_TYPE_BIT(kTfLiteFloat32) | TB_TYPE_BIT(kTfLiteInt8)));
    if (!tb_tensor_is_constant(t->filter))
        return tb_op_fail(context, "sparse filter is not constant");
    void *dense =
        tb_op_persistent_array(context, tb_count(t->filter), tb_type_bytes(t->filter->type));
    if (!dense)
        return kTfLiteError;
    data->dense_filter = dense;
    return tb_sparse_densify(context, t->filter, "filter", dense);
}

static TfLiteStatus prepare(TfLiteContext *context, TfLiteNode *node)
{
    const TfLiteFullyConnectedParams *params = node->builtin_data;
    fc_tensors t;
    TB_OP_TRY(get_tensors(context, node, &t));
    bool shuffled = params->weights_format != kTfLiteFullyConnectedWeightsFormatDefault;
    TB_OP_TRY(tb_op_check_outputs(context, node, shuffled ? 2 : 1));
    fc_data *data = tb_op_make_data(context, node, sizeof *data);
    if (!data)
        return kTfLiteError;
    TB_OP_TRY(tb_op_check_type(context, t.input, "input",
                               TB_TYPE_BIT(kTfLiteFloat32) | TB_TYPES_QUANTIZED));
    TB_OP_TRY(set_shape(context, params, &t, data));
    if (shuffled)
        TB_OP_TRY(prepare_shuffled(context, params, node, &t, data));
    else if (t.input->type == kTfLiteFloat32)
        TB_OP_TRY(prepare_float(context, params, &t, data));
    else
        TB_OP_TRY(prepare_quantized(context, params, &t, data));
    if (t.filter->sparsity)
        return prepare_sparse_filter(context, &t, data);
    return tb_filter_prepare(context, t.filter, &data->filter);
}

static TfLiteStatus invoke(TfLiteContext *context, TfLiteNode *node)
{
    fc_data *data = node->user_data;
    const TfLiteTensor *filter = tb_op_input(context, node, 1);
    const TfLiteTensor *bias = tb_op_input(context, node, 2);
    const void *input = tb_op_input(context, node, 0)->data.raw;
    const void *weights =
        data->dense_filter ? data->dense_filter : tb_filter_data(context, &data->filter, filter);
    tb_hybrid_rows rows;
    if (data->is_hybrid) {
        tb_hybrid_quantize(context, &data->hybrid, input, &rows);
        data->rows = &rows;
        input = rows.values;
    }
    data->kernel(data, input, weights, bias ? bias->data.raw : NULL,
                 tb_op_output(context, node, 0)->data.raw);
    data->rows = NULL;
    return kTfLiteOk;
}

const TfLiteRegistration tb_op_fully_connected = {.prepare = prepare, .invoke = invoke};
