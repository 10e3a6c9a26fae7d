/*
 * AVERAGE_POOL_2D, MAX_POOL_2D and L2_POOL_2D over NHWC images, after TFLite's reference kernels
 * pooling.h and integer_ops/pooling.h. Elements outside the image do not take part, not even in the
 * count that an average divides by.
 */
#include "runtime/ops/window.h"

#include <float.h>
#include <math.h>

typedef struct pool_data pool_data;

typedef void (*pool_kernel)(const pool_data *data, const void *input, void *output);

struct pool_data {
    pool_kernel kernel;
    tb_window y;
    tb_window x;
    int batches;
    size_t depth;
    float float_min;
    float float_max;
    int32_t min;
    int32_t max;
};

/* ADD(sum, value) takes one element in, FINISH(sum, count) makes the result. */
#define DEFINE_POOL(name, type, sum_t, initial, ADD, FINISH)                                      \
    static void name(const pool_data *data, const void *input_, void *output_)                    \
    {                                                                                             \
        const type *input = input_;                                                               \
        type *output = output_;                                                                   \
        const size_t row = (size_t)data->x.input * data->depth;                                   \
        for (int batch = 0; batch < data->batches; batch++, input += (size_t)data->y.input * row) \
            for (int out_y = 0; out_y < data->y.output && !tb_stopped(); out_y++)                 \
                for (int out_x = 0; out_x < data->x.output && !tb_stopped(); out_x++) {           \
                    int64_t y0, x0;                                                               \
                    int first_y, end_y, first_x, end_x;                                           \
                    tb_window_taps(&data->y, out_y, &y0, &first_y, &end_y);                       \
                    tb_window_taps(&data->x, out_x, &x0, &first_x, &end_x);                       \
                    const int64_t count = (int64_t)(end_y - first_y) * (end_x - first_x);         \
                    for (size_t channel = 0; channel < data->depth; channel++) {                  \
                        sum_t sum = initial;                                                      \
                        for (int fy = first_y; fy < end_y; fy++)                                  \
                            for (int fx = first_x; fx < end_x; fx++) {                            \
                                size_t at = (size_t)(y0 + fy) * row +                             \
                                            (size_t)(x0 + fx) * data->depth + channel;            \
                                sum = ADD(sum, input[at]);                                        \
                            }                                                                     \
                        *output++ = (type)FINISH(sum, count);                                     \
                    }                                                                             \
                }                                                                                 \
    }

/* Rounded half away from zero; no window is empty, but hostile ones may be vast. */
static int32_t average(const pool_data *data, int64_t sum, int64_t count)
{
    int64_t half = count / 2;
    int64_t quotient = (sum > 0 ? sum + half : sum - half) / TB_MAX(count, 1);
    return tb_clamp((int32_t)quotient, data->min, data->max);
}

#define ADD_PLAIN(sum, value)   (sum + value)
#define ADD_SQUARE(sum, value)  (sum + value * value)
#define ADD_MAX(sum, value)     (value > sum ? value : sum)
#define AVERAGE_F32(sum, count) tb_clampf(sum / (float)count, data->float_min, data->float_max)
#define AVERAGE_INT(sum, count) average(data, sum, count)
#define MAX_F32(sum, count)     ((void)count, tb_clampf(sum, data->float_min, data->float_max))
#define MAX_INT(sum, count)     ((void)count, tb_clamp(sum, data->min, data->max))
#define L2_F32(sum, count)      tb_clampf(sqrtf(sum / (float)count), data->float_min, data->float_max)

DEFINE_POOL(average_f32, float, float, 0.0f, ADD_PLAIN, AVERAGE_F32)
DEFINE_POOL(average_u8, uint8_t, int64_t, 0, ADD_PLAIN, AVERAGE_INT)
DEFINE_POOL(average_i8, int8_t, int64_t, 0, ADD_PLAIN, AVERAGE_INT)
DEFINE_POOL(average_i16, int16_t, int64_t, 0, ADD_PLAIN, AVERAGE_INT)
DEFINE_POOL(max_f32, float, float, -FLT_MAX, ADD_MAX, MAX_F32)
DEFINE_POOL(max_u8, uint8_t, int32_t, 0, ADD_MAX, MAX_INT)
DEFINE_POOL(max_i8, int8_t, int32_t, INT8_MIN, ADD_MAX, MAX_INT)
DEFINE_POOL(max_i16, int16_t, int32_t, INT16_MIN, ADD_MAX, MAX_INT)
DEFINE_POOL(l2_f32, float, float, 0.0f, ADD_SQUARE, L2_F32)

/* The kernels of one operator by type; NULL where there is none. */
typedef struct pool_kernels {
    pool_kernel f32, u8, i8, i16;
    bool is_quantized;
} pool_kernels;

static TfLiteStatus prepare(TfLiteContext *context, TfLiteNode *node, const pool_kernels *kernels)
{
    const TfLitePoolParams *params = node->builtin_data;
    const TfLiteTensor *input;
    TfLiteTensor *output;
    TB_OP_TRY(tb_op_unary(context, node, &input, &output));
    TB_OP_TRY(tb_op_check_rank(context, input, "input", 4, 4));
    TB_OP_TRY(tb_op_check_type(context, input, "input",
                               TB_TYPE_BIT(kTfLiteFloat32) |
                                   (kernels->is_quantized ? TB_TYPES_QUANTIZED : 0u)));
    TB_OP_TRY(tb_op_check_same_type(context, input, "input", output, "output"));
    pool_data *data = tb_op_make_data(context, node, sizeof *data);
    if (!data)
        return kTfLiteError;
    if (input->type == kTfLiteFloat32)
        TB_OP_TRY(
            tb_op_float_range(context, params->activation, &data->float_min, &data->float_max));
    else
        TB_OP_TRY(
            tb_op_quantized_range(context, params->activation, output, &data->min, &data->max));
    data->kernel = input->type == kTfLiteFloat32 ? kernels->f32
                   : input->type == kTfLiteUInt8 ? kernels->u8
                   : input->type == kTfLiteInt8  ? kernels->i8
                                                 : kernels->i16;
    const int *in = input->dims->data;
    TB_OP_TRY(tb_window_init(context, "height", params->padding, in[1], params->filter_height,
                             params->stride_height, 1, &data->y));
    TB_OP_TRY(tb_window_init(context, "width", params->padding, in[2], params->filter_width,
                             params->stride_width, 1, &data->x));
    data->batches = in[0];
    data->depth = (size_t)in[3];
    int dims[] = {in[0], data->y.output, data->x.output, in[3]};
    return tb_op_resize(context, output, 4, dims);
}

static TfLiteStatus prepare_average(TfLiteContext *context, TfLiteNode *node)
{
    static const pool_kernels kernels = {TB_TYPED(Float32, average_f32),
                                         TB_TYPED(UInt8, average_u8), TB_TYPED(Int8, average_i8),
                                         TB_TYPED(Int16, average_i16), true};
    return prepare(context, node, &kernels);
}

static TfLiteStatus prepare_max(TfLiteContext *context, TfLiteNode *node)
{
    static const pool_kernels kernels = {TB_TYPED(Float32, max_f32), TB_TYPED(UInt8, max_u8),
                                         TB_TYPED(Int8, max_i8), TB_TYPED(Int16, max_i16), true};
    return prepare(context, node, &kernels);
}

static TfLiteStatus prepare_l2(TfLiteContext *context, TfLiteNode *node)
{
    static const pool_kernels kernels = {TB_TYPED(Float32, l2_f32), NULL, NULL, NULL, false};
    return prepare(context, node, &kernels);
}

static TfLiteStatus invoke(TfLiteContext *context, TfLiteNode *node)
{
    const pool_data *data = node->user_data;
    data->kernel(data, tb_op_input(context, node, 0)->data.raw,
                 tb_op_output(context, node, 0)->data.raw);
    return kTfLiteOk;
}

const TfLiteRegistration tb_op_average_pool_2d = {.prepare = prepare_average, .invoke = invoke};
const TfLiteRegistration tb_op_max_pool_2d = {.prepare = prepare_max, .invoke = invoke};
const TfLiteRegistration tb_op_l2_pool_2d = {.prepare = prepare_l2, .invoke = invoke};
