/*
 * SOFTMAX over the last dimension, after TFLite's reference kernel softmax.h: float in the obvious
 * way, 8-bit in gemmlowp's fixed point, int16 by interpolated tables of exp and 1 / (1 + x).
 */
#include "runtime/fixed_point.h"
#include "runtime/math.h"
#include "runtime/ops/common.h"
#include "runtime/ops/lut.h"

#include <float.h>
#include <math.h>

typedef struct softmax_data softmax_data;

typedef void (*softmax_kernel)(const softmax_data *data, const void *input, void *output);

struct softmax_data {
    softmax_kernel kernel;
    size_t rows;
    size_t depth;
    float beta;
    tb_multiplier multiplier; /* of differences to the maximum */
    int32_t diff_min;         /* smaller differences have a result of 0 */
    int16_t exp_table[TB_LUT16_SIZE];
    int16_t reciprocal_table[TB_LUT16_SIZE];
};

/* ---- float ------------------------------------------------------------------------------------- */

#define SELF(x) (x)

/* Intermediate results are of the tensor's type, sums are float. */
#define DEFINE_FLOAT(name, type, TO_FLOAT, FROM_FLOAT, lowest)                    \
    static void name(const softmax_data *data, const void *input_, void *output_) \
    {                                                                             \
        const type *input = input_;                                               \
        type *output = output_;                                                   \
        const size_t depth = data->depth;                                         \
        for (size_t row = 0; row < data->rows && !tb_stopped();                   \
             row++, input += depth, output += depth) {                            \
            float max = lowest;                                                   \
            for (size_t c = 0; c < depth; c++)                                    \
                max = TO_FLOAT(input[c]) > max ? TO_FLOAT(input[c]) : max;        \
            float sum = 0.0f;                                                     \
            for (size_t c = 0; c < depth; c++) {                                  \
                const float e = tb_expf((TO_FLOAT(input[c]) - max) * data->beta); \
                output[c] = FROM_FLOAT(e);                                        \
                sum += e;                                                         \
            }                                                                     \
            for (size_t c = 0; c < depth; c++)                                    \
                output[c] = FROM_FLOAT(TO_FLOAT(output[c]) / sum);                \
        }                                                                         \
    }

DEFINE_FLOAT(softmax_f32, float, SELF, SELF, -FLT_MAX)
DEFINE_FLOAT(softmax_f16, uint16_t, tb_float_from_half, tb_half_from_float, -65504.0f)

/* ---- 8-bit ------------------------------------------------------------------------------------- */

#define DIFF_INTEGER_BITS 5  /* of a scaled difference */
#define SUM_INTEGER_BITS  12 /* of the sum of exponentials */

/* exp of a difference to the maximum, in Q0. */
static int32_t exp_of_difference(const softmax_data *data, int32_t difference)
{
    return tb_fx_exp_on_negative(tb_multiply(difference, data->multiplier), DIFF_INTEGER_BITS, 32);
}

/* Results are in [0, 2^bits) from `out_min` on. */
#define DEFINE_8BIT(name, in_t, in_min, out_t, out_min, out_max)                            \
    static void name(const softmax_data *data, const void *input_, void *output_)           \
    {                                                                                       \
        const in_t *input = input_;                                                         \
        out_t *output = output_;                                                            \
        const size_t depth = data->depth;                                                   \
        for (size_t row = 0; row < data->rows && !tb_stopped();                             \
             row++, input += depth, output += depth) {                                      \
            int32_t max = in_min, sum = 0;                                                  \
            for (size_t c = 0; c < depth; c++)                                              \
                max = input[c] > max ? input[c] : max;                                      \
            for (size_t c = 0; c < depth; c++)                                              \
                if (input[c] - max >= data->diff_min) {                                     \
                    int32_t e = exp_of_difference(data, input[c] - max);                    \
                    sum = tb_wrap_add(sum, tb_fx_shift(e, -SUM_INTEGER_BITS, 32));          \
                }                                                                           \
            int bits_over_unit;                                                             \
            int32_t scale = tb_fx_reciprocal(sum, SUM_INTEGER_BITS, &bits_over_unit);       \
            int exponent = tb_clamp(bits_over_unit + 31 - 8 * (int)sizeof(out_t), 0, 31);   \
            for (size_t c = 0; c < depth; c++) {                                            \
                output[c] = out_min;                                                        \
                if (input[c] - max < data->diff_min)                                        \
                    continue;                                                               \
                int32_t e = exp_of_difference(data, input[c] - max);                        \
                int32_t value = tb_rounding_shift(tb_high_mul(scale, e), exponent);         \
                output[c] = (out_t)tb_clamp(tb_wrap_add(value, out_min), out_min, out_max); \
            }                                                                               \
        }                                                                                   \
    }

DEFINE_8BIT(softmax_i8, int8_t, INT8_MIN, int8_t, INT8_MIN, INT8_MAX)
DEFINE_8BIT(softmax_i8_to_i16, int8_t, INT8_MIN, int16_t, INT16_MIN, INT16_MAX)
DEFINE_8BIT(softmax_u8, uint8_t, 0, uint8_t, 0, UINT8_MAX)
DEFINE_8BIT(softmax_u8_to_i16, uint8_t, 0, int16_t, INT16_MIN, INT16_MAX)

static TfLiteStatus prepare_8bit(TfLiteContext *context, const TfLiteTensor *input,
                                 softmax_data *data)
{
    TB_OP_TRY(tb_op_check_quantized(context, input, "input"));
    double factor =
        (double)data->beta * (double)input->params.scale * (double)(1 << (31 - DIFF_INTEGER_BITS));
    factor = TB_MIN(factor, 2147483647.0);
    if (!(factor > 1.0))
        return tb_op_fail(context, "beta * input scale is %g, expected more than 2^-26",
                          (double)data->beta * (double)input->params.scale);
    TB_OP_TRY(tb_op_multiplier(context, factor, "beta * input scale", &data->multiplier));
    const double radius = ((1 << DIFF_INTEGER_BITS) - 1) *
                          (double)((int64_t)1 << (31 - DIFF_INTEGER_BITS)) /
                          (double)((int64_t)1 << data->multiplier.shift);
    data->diff_min = -(int32_t)floor(radius);
    return kTfLiteOk;
}

/* ---- int16 ------------------------------------------------------------------------------------- */

static int16_t saturate(int32_t value)
{
    return (int16_t)tb_clamp(value, INT16_MIN, INT16_MAX);
}

static void softmax_i16(const softmax_data *data, const void *input_, void *output_)
{
    const int16_t *input = input_;
    int16_t *output = output_;
    const size_t depth = data->depth;
    for (size_t row = 0; row < data->rows && !tb_stopped();
         row++, input += depth, output += depth) {
        int16_t max = INT16_MIN;
        for (size_t c = 0; c < depth; c++)
            max = input[c] > max ? input[c] : max;
        /* [-65535, 0] stands for [-10, 0]: the table is centred. The output holds the
           exponentials for now, in Q0.15. */
        uint32_t sum = 0;
        for (size_t c = 0; c < depth; c++) {
            int32_t scaled = tb_multiply(input[c] - max, data->multiplier);
            int32_t e = tb_lut16(saturate(tb_wrap_add(scaled, 32767)), data->exp_table);
            output[c] = (int16_t)e;
            sum += (uint32_t)e;
        }
        /* sum = 2^k (1 + x): the table has 1 / (1 + x) over x in [0, 1], centred. */
        int headroom = sum ? __builtin_clz(sum) : 31;
        headroom = TB_MAX(headroom, 1);
        int32_t shifted = (int32_t)((((int64_t)sum << (headroom - 1)) + (1 << 13)) >> 14);
        int16_t reciprocal =
            tb_lut16(saturate(shifted - (1 << 15) - (1 << 16)), data->reciprocal_table);
        int right_shift = 31 - headroom;
        int64_t round = right_shift > 0 ? (int64_t)1 << (right_shift - 1) : 0;
        for (size_t c = 0; c < depth; c++) {
            int64_t product = (int64_t)output[c] * reciprocal + round;
            output[c] = (int16_t)tb_clamp((int32_t)(product >> right_shift), 0, INT16_MAX);
        }
    }
}

static double one_over_one_plus(double x)
{
    return 1.0 / (1.0 + x);
}

static TfLiteStatus prepare_int16(TfLiteContext *context, const TfLiteTensor *input,
                                  softmax_data *data)
{
    TB_OP_TRY(tb_op_check_quantized(context, input, "input"));
    TB_OP_TRY(tb_op_check_symmetric(context, input, "input"));
    const double range = INT16_MAX - INT16_MIN;
    tb_lut16_fill_double(10.0 / range, INT16_MAX, 2.0 / range, 0, tb_exp, data->exp_table);
    tb_lut16_fill_double(1.0 / range, INT16_MIN, 2.0 / range, 0, one_over_one_plus,
                         data->reciprocal_table);
    double factor = (double)(input->params.scale * data->beta) / (10.0 / 65535.0);
    return tb_op_multiplier(context, factor, "beta * input scale", &data->multiplier);
}

/* ---- the operator ------------------------------------------------------------------------------ */

static TfLiteStatus check_output_scale(TfLiteContext *context, const TfLiteTensor *output,
                                       float scale, int32_t zero_point)
{
    if (fabsf(output->params.scale - scale) <= 0.001f * scale &&
        output->params.zero_point == zero_point)
        return kTfLiteOk;
    return tb_op_fail(context, "output has scale %g and zero point %d, expected %g and %d",
                      (double)output->params.scale, output->params.zero_point, (double)scale,
                      zero_point);
}

static TfLiteStatus prepare(TfLiteContext *context, TfLiteNode *node)
{
    const TfLiteSoftmaxParams *params = node->builtin_data;
    const TfLiteTensor *input;
    TfLiteTensor *output;
    TB_OP_TRY(tb_op_unary(context, node, &input, &output));
    TB_OP_TRY(tb_op_check_type(context, input, "input",
                               TB_TYPE_BIT(kTfLiteFloat32) | TB_TYPE_BIT(kTfLiteFloat16) |
                                   TB_TYPES_QUANTIZED));
    int rank = tb_tensor_rank(input);
    if (rank < 1)
        return tb_op_fail(context, "input is a scalar, expected at least 1 dimension");
    softmax_data *data = tb_op_make_data(context, node, sizeof *data);
    if (!data)
        return kTfLiteError;
    data->rows = tb_dims_product(input, 0, rank - 1);
    data->depth = (size_t)tb_tensor_dim(input, rank - 1);
    data->beta = params->beta;

    const bool eight_bits = input->type == kTfLiteInt8 || input->type == kTfLiteUInt8;
    TB_OP_TRY(
        tb_op_check_type(context, output, "output",
                         TB_TYPE_BIT(input->type) | (eight_bits ? TB_TYPE_BIT(kTfLiteInt16) : 0u)));
    const bool to_int16 = output->type == kTfLiteInt16;
    switch (input->type) {
    case kTfLiteFloat32:
        data->kernel = TB_TYPED(Float32, softmax_f32);
        break;
    case kTfLiteFloat16:
        data->kernel = TB_TYPED(Float16, softmax_f16);
        break;
    case kTfLiteInt8:
        if (!to_int16)
            TB_OP_TRY(check_output_scale(context, output, 1.0f / 256, -128));
        data->kernel = TB_TYPED(Int8, to_int16 ? softmax_i8_to_i16 : softmax_i8);
        TB_OP_TRY(prepare_8bit(context, input, data));
        break;
    case kTfLiteUInt8:
        data->kernel = TB_TYPED(UInt8, to_int16 ? softmax_u8_to_i16 : softmax_u8);
        TB_OP_TRY(prepare_8bit(context, input, data));
        break;
    default:
        TB_OP_TRY(check_output_scale(context, output, 1.0f / 32768, 0));
        data->kernel = TB_TYPED(Int16, softmax_i16);
        TB_OP_TRY(prepare_int16(context, input, data));
        break;
    }
    return tb_op_resize_like(context, output, input);
}

static TfLiteStatus invoke(TfLiteContext *context, TfLiteNode *node)
{
    const softmax_data *data = node->user_data;
    data->kernel(data, tb_op_input(context, node, 0)->data.raw,
                 tb_op_output(context, node, 0)->data.raw);
    return kTfLiteOk;
}

const TfLiteRegistration tb_op_softmax = {.prepare = prepare, .invoke = invoke};
