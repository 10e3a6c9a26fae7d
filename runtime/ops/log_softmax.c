/*
 * LOG_SOFTMAX over the last dimension, after TFLite's reference kernels: x - max - log(sum of
 * exp(x - max)), for 8-bit tensors in gemmlowp's fixed point.
 */
#include "runtime/fixed_point.h"
#include "runtime/math.h"
#include "runtime/ops/common.h"

#include <float.h>
#include <math.h>

#define DIFF_INTEGER_BITS   5  /* of a scaled difference, and of the logarithm */
#define SUM_INTEGER_BITS    12 /* of the sum of exponentials */
#define OUTPUT_INTEGER_BITS 4
#define LOG_INTEGER_BITS    6 /* while the logarithm is computed */

typedef struct log_softmax_data {
    size_t rows;
    size_t depth;
    tb_multiplier multiplier; /* of differences to the maximum */
    tb_multiplier reverse;    /* back to differences */
    int32_t diff_min;         /* smaller differences add nothing to the sum */
} log_softmax_data;

/* The natural logarithm in Q5 of a Q12 number of at least 1, after log_x_for_x_greater_than... of
   TFLite's internal/common.h: the exponent times log(2), and a rational function of the mantissa. */
static int32_t log_of_sum(int32_t sum)
{
    const int32_t log_2 = 1488522236, sqrt_sqrt_half = 1805811301, sqrt_half = 1518500250;
    const int32_t quarter = 536870912 >> LOG_INTEGER_BITS;
    const int32_t alpha_n = 117049297, alpha_d = 127690142, alpha_i = 1057819769;
    const int32_t alpha_f = 638450708;
    const int unit = 31 - LOG_INTEGER_BITS;
    if (sum <= 0) /* wrapped: no row of a sound model is so long */
        sum = INT32_MAX;
    int shift_a = __builtin_clz((uint32_t)sum) - 1;
    int32_t mantissa_a =
        tb_fx_shift(tb_fx_mul(tb_fx_shift(sum, shift_a, 32), sqrt_half, 32), 1, 32);
    int32_t power_a = tb_fx_add(tb_fx_shift(SUM_INTEGER_BITS - shift_a - 1, unit, 32), quarter, 32);
    int32_t scaled = tb_fx_mul(sum, sqrt_half, 32);
    int shift_b = scaled > 0 ? __builtin_clz((uint32_t)scaled) - 1 : 31;
    int32_t mantissa_b = tb_fx_shift(sum, shift_b, 32);
    int32_t power_b = tb_fx_sub(tb_fx_shift(SUM_INTEGER_BITS - shift_b, unit, 32), quarter, 32);

    int32_t r = TB_MIN(mantissa_a, mantissa_b), power = TB_MAX(power_a, power_b);
    int32_t p = tb_fx_rounding_half_sum(r, sqrt_sqrt_half);
    int32_t q = tb_fx_sub(r, sqrt_sqrt_half, 32);
    q = tb_fx_add(q, q, 32);
    int32_t square = tb_fx_mul(q, q, 32);
    int32_t numerator =
        tb_fx_add(tb_fx_mul(q, r, 32), tb_fx_mul(tb_fx_mul(q, square, 32), alpha_n, 32), 32);
    int32_t inner = tb_fx_add(tb_fx_add(alpha_i, q, 32), tb_fx_mul(alpha_d, square, 32), 32);
    int32_t denominator =
        tb_fx_add(tb_fx_mul(p, inner, 32), tb_fx_mul(alpha_f, q, 32), 32); /* minus 1 */
    int32_t fraction = tb_fx_mul(tb_fx_shift(numerator, -LOG_INTEGER_BITS, 32),
                                 tb_fx_one_over_one_plus(denominator, 32), 32);
    return tb_fx_shift(tb_fx_add(tb_fx_mul(power, log_2, 32), fraction, 32),
                       LOG_INTEGER_BITS - DIFF_INTEGER_BITS, 32);
}

static void row_f32(const log_softmax_data *data, const float *in, float *out)
{
    float max = -FLT_MAX, sum = 0.0f;
    for (size_t c = 0; c < data->depth; c++)
        max = max < in[c] ? in[c] : max;
    for (size_t c = 0; c < data->depth; c++)
        sum += tb_expf(in[c] - max);
    const float log_sum = tb_logf(sum);
    for (size_t c = 0; c < data->depth; c++)
        out[c] = in[c] - max - log_sum;
}

#define DEFINE_ROW(name, type, low, high)                                                  \
    static void name(const log_softmax_data *data, const type *in, type *out)              \
    {                                                                                      \
        int32_t max = low, sum = 0;                                                        \
        for (size_t c = 0; c < data->depth; c++)                                           \
            max = in[c] > max ? in[c] : max;                                               \
        for (size_t c = 0; c < data->depth; c++)                                           \
            if (in[c] - max >= data->diff_min) {                                           \
                const int32_t e = tb_fx_exp_on_negative(                                   \
                    tb_multiply(in[c] - max, data->multiplier), DIFF_INTEGER_BITS, 32);    \
                sum = tb_wrap_add(sum, tb_fx_shift(e, -SUM_INTEGER_BITS, 32));             \
            }                                                                              \
        const int32_t log_sum = log_of_sum(sum);                                           \
        const int32_t least = tb_multiply(tb_wrap_add(log_sum, INT32_MIN), data->reverse); \
        const int32_t limit = TB_MAX(data->diff_min - 1, least);                           \
        for (size_t c = 0; c < data->depth; c++) {                                         \
            out[c] = low;                                                                  \
            if (in[c] - max <= limit)                                                      \
                continue;                                                                  \
            const int32_t log_p =                                                          \
                tb_wrap_sub(tb_multiply(in[c] - max, data->multiplier), log_sum);          \
            const int exponent = 31 - DIFF_INTEGER_BITS - OUTPUT_INTEGER_BITS;             \
            out[c] = (type)tb_clamp(tb_rounding_shift(log_p, exponent) + high, low, high); \
        }                                                                                  \
    }

DEFINE_ROW(row_u8, uint8_t, 0, UINT8_MAX)
DEFINE_ROW(row_i8, int8_t, INT8_MIN, INT8_MAX)

static TfLiteStatus prepare_8bit(TfLiteContext *context, const TfLiteTensor *input,
                                 const TfLiteTensor *output, log_softmax_data *data)
{
    int32_t min, max;
    TB_OP_TRY(tb_op_check_quantized(context, input, "input"));
    tb_quant_limits(output->type, &min, &max);
    if (output->params.scale != 16.0f / 256 || output->params.zero_point != max)
        return tb_op_fail(context, "output has scale %g and zero point %d, expected 1/16 and %d",
                          (double)output->params.scale, output->params.zero_point, max);
    double factor = (double)input->params.scale * (double)(1 << (31 - DIFF_INTEGER_BITS));
    factor = TB_MIN(factor, 2147483647.0);
    if (!(factor > 1.0))
        return tb_op_fail(context, "input scale is %g, expected more than 2^-26",
                          (double)input->params.scale);
    TB_OP_TRY(tb_op_multiplier(context, factor, "input scale", &data->multiplier));
    double reverse = ldexp(1.0, 31 - data->multiplier.shift) / (double)data->multiplier.mantissa;
    TB_OP_TRY(tb_op_multiplier(context, reverse, "the reverse of the input scale", &data->reverse));
    const double radius =
        ldexp((1 << DIFF_INTEGER_BITS) - 1, 31 - DIFF_INTEGER_BITS - data->multiplier.shift);
    data->diff_min = -(int32_t)floor(radius);
    return kTfLiteOk;
}

static TfLiteStatus prepare(TfLiteContext *context, TfLiteNode *node)
{
    const TfLiteTensor *input;
    TfLiteTensor *output;
    TB_OP_TRY(tb_op_unary(context, node, &input, &output));
    TB_OP_TRY(tb_op_check_type(context, input, "input",
                               TB_TYPE_BIT(kTfLiteFloat32) | TB_TYPE_BIT(kTfLiteUInt8) |
                                   TB_TYPE_BIT(kTfLiteInt8)));
    TB_OP_TRY(tb_op_check_same_type(context, input, "input", output, "output"));
    TB_OP_TRY(tb_op_check_rank(context, input, "input", 1, TB_MAX_RANK));
    log_softmax_data *data = tb_op_make_data(context, node, sizeof *data);
    if (!data)
        return kTfLiteError;
    int rank = tb_tensor_rank(input);
    data->rows = tb_dims_product(input, 0, rank - 1);
    data->depth = (size_t)tb_tensor_dim(input, rank - 1);
    if (input->type != kTfLiteFloat32)
        TB_OP_TRY(prepare_8bit(context, input, output, data));
    return tb_op_resize_like(context, output, input);
}

static TfLiteStatus invoke(TfLiteContext *context, TfLiteNode *node)
{
    const log_softmax_data *data = node->user_data;
    const TfLiteTensor *input = tb_op_input(context, node, 0);
    TfLiteTensor *output = tb_op_output(context, node, 0);
    for (size_t row = 0; row < data->rows && !tb_stopped(); row++) {
        size_t at = row * data->depth;
        if (input->type == kTfLiteFloat32)
            row_f32(data, input->data.f + at, output->data.f + at);
        else if (input->type == kTfLiteUInt8)
            row_u8(data, input->data.uint8 + at, output->data.uint8 + at);
        else
            row_i8(data, input->data.int8 + at, output->data.int8 + at);
    }
    return kTfLiteOk;
}

const TfLiteRegistration tb_op_log_softmax = {.prepare = prepare, .invoke = invoke};
