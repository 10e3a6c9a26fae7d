/*
 * RESIZE_BILINEAR and RESIZE_NEAREST_NEIGHBOR of NHWC images, after TFLite's reference kernels of
 * these names. Float and UINT8 interpolate in float, INT8 and INT16 in integers with ten bits for a
 * position.
 */
#include "runtime/ops/common.h"

#include <math.h>

typedef struct resize_data resize_data;

typedef void (*resize_kernel)(const resize_data *data, const void *input, void *output);

struct resize_data {
    resize_kernel kernel;
    bool align_corners;
    bool half_pixel_centers;
    size_t element_bytes;
    int batches;
    int in_height, in_width;
    int out_height, out_width;
    size_t depth;
};

/* ---- bilinear ---------------------------------------------------------------------------------- */

/* Where an output position falls between two input positions. */
typedef struct between {
    size_t low;
    size_t high;
    float position;
} between;

static float float_scale(const resize_data *data, int in, int out)
{
    if (data->align_corners && out > 1)
        return (float)(in - 1) / (float)(out - 1);
    return (float)in / (float)out;
}

static between find_between(const resize_data *data, int index, float scale, int in)
{
    float position =
        data->half_pixel_centers ? ((float)index + 0.5f) * scale - 0.5f : (float)index * scale;
    int low = (int)floorf(position), high = (int)ceilf(position);
    low = tb_clamp(low, 0, in - 1);
    high = tb_clamp(high, 0, in - 1);
    return (between){(size_t)low, (size_t)high, position};
}

/* ROUND is added before the conversion to the type. */
#define DEFINE_FLOAT_BILINEAR(name, type, ROUND)                                          \
    static void name(const resize_data *data, const void *input_, void *output_)          \
    {                                                                                     \
        const type *input = input_;                                                       \
        type *output = output_;                                                           \
        const size_t row = (size_t)data->in_width * data->depth;                          \
        const float y_scale = float_scale(data, data->in_height, data->out_height);       \
        const float x_scale = float_scale(data, data->in_width, data->out_width);         \
        for (int b = 0; b < data->batches; b++, input += (size_t)data->in_height * row)   \
            for (int out_y = 0; out_y < data->out_height && !tb_stopped(); out_y++) {     \
                const between y = find_between(data, out_y, y_scale, data->in_height);    \
                const float dy = y.position - (float)y.low;                               \
                for (int out_x = 0; out_x < data->out_width; out_x++) {                   \
                    const between x = find_between(data, out_x, x_scale, data->in_width); \
                    const float dx = x.position - (float)x.low;                           \
                    const type *ll = input + y.low * row + x.low * data->depth;           \
                    const type *hl = input + y.high * row + x.low * data->depth;          \
                    const type *lh = input + y.low * row + x.high * data->depth;          \
                    const type *hh = input + y.high * row + x.high * data->depth;         \
                    for (size_t c = 0; c < data->depth; c++)                              \
                        *output++ = (type)((float)ll[c] * (1.0f - dy) * (1.0f - dx) +     \
                                           (float)hl[c] * dy * (1.0f - dx) +              \
                                           (float)lh[c] * (1.0f - dy) * dx +              \
                                           (float)hh[c] * dy * dx + (ROUND));             \
                }                                                                         \
            }                                                                             \
    }

DEFINE_FLOAT_BILINEAR(bilinear_f32, float, 0.0f)
DEFINE_FLOAT_BILINEAR(bilinear_u8, uint8_t, 0.5f)

typedef struct between10 {
    size_t low;
    size_t high;
    int64_t position; /* in 1/1024 */
} between10;

static int64_t scale10(const resize_data *data, int in, int out)
{
    if (data->align_corners && out > 1)
        return (((int64_t)1 << 10) * (in - 1) + (out - 1) / 2) / (out - 1);
    return (((int64_t)1 << 10) * in + out / 2) / out;
}

static between10 find_between10(const resize_data *data, int index, int64_t scale, int in)
{
    int64_t position = index * scale;
    if (data->half_pixel_centers)
        position += scale / 2 - (1 << 9);
    int64_t low = TB_MAX(position / (1 << 10), 0);
    int64_t high = (position + (1 << 10) - 1) / (1 << 10);
    low = TB_MIN(low, in - 1);
    high = TB_MIN(TB_MAX(high, 0), in - 1);
    return (between10){(size_t)low, (size_t)high, position};
}

#define DEFINE_INTEGER_BILINEAR(name, type)                                                        \
    static void name(const resize_data *data, const void *input_, void *output_)                   \
    {                                                                                              \
        const type *input = input_;                                                                \
        type *output = output_;                                                                    \
        const size_t row = (size_t)data->in_width * data->depth;                                   \
        const int64_t y_scale = scale10(data, data->in_height, data->out_height);                  \
        const int64_t x_scale = scale10(data, data->in_width, data->out_width);                    \
        for (int b = 0; b < data->batches; b++, input += (size_t)data->in_height * row)            \
            for (int out_y = 0; out_y < data->out_height && !tb_stopped(); out_y++) {              \
                const between10 y = find_between10(data, out_y, y_scale, data->in_height);         \
                const int64_t dy = y.position - (int64_t)(y.low << 10), ry = (1 << 10) - dy;       \
                for (int out_x = 0; out_x < data->out_width; out_x++) {                            \
                    const between10 x = find_between10(data, out_x, x_scale, data->in_width);      \
                    const int64_t dx = x.position - (int64_t)(x.low << 10), rx = (1 << 10) - dx;   \
                    const type *ll = input + y.low * row + x.low * data->depth;                    \
                    const type *hl = input + y.high * row + x.low * data->depth;                   \
                    const type *lh = input + y.low * row + x.high * data->depth;                   \
                    const type *hh = input + y.high * row + x.high * data->depth;                  \
                    for (size_t c = 0; c < data->depth; c++) {                                     \
                        int64_t sum =                                                              \
                            ll[c] * ry * rx + hl[c] * dy * rx + lh[c] * ry * dx + hh[c] * dy * dx; \
                        sum += sum > 0 ? 1 << 19 : -(1 << 19);                                     \
                        *output++ = (type)(sum / (1 << 20));                                       \
                    }                                                                              \
                }                                                                                  \
            }                                                                                      \
    }

DEFINE_INTEGER_BILINEAR(bilinear_i8, int8_t)
DEFINE_INTEGER_BILINEAR(bilinear_i16, int16_t)

/* ---- nearest ----------------------------------------------------------------------------------- */

static size_t find_nearest(const resize_data *data, int index, int in, int out)
{
    float scale = float_scale(data, in, out);
    float position = ((float)index + (data->half_pixel_centers ? 0.5f : 0.0f)) * scale;
    int nearest = (int)(data->align_corners ? roundf(position) : floorf(position));
    return (size_t)tb_clamp(nearest, 0, in - 1);
}

static void nearest(const resize_data *data, const void *input_, void *output_)
{
    const char *input = input_;
    char *output = output_;
    const size_t pixel = data->depth * data->element_bytes;
    const size_t row = (size_t)data->in_width * pixel;
    for (int b = 0; b < data->batches; b++, input += (size_t)data->in_height * row)
        for (int y = 0; y < data->out_height && !tb_stopped(); y++) {
            const char *from =
                input + find_nearest(data, y, data->in_height, data->out_height) * row;
            for (int x = 0; x < data->out_width; x++, output += pixel)
                tb_copy_bytes(output,
                              from + find_nearest(data, x, data->in_width, data->out_width) * pixel,
                              pixel);
        }
}

/* ---- prepare ----------------------------------------------------------------------------------- */

static TfLiteStatus shape_output(TfLiteContext *context, const TfLiteNode *node, resize_data *data)
{
    const TfLiteTensor *input = tb_op_input(context, node, 0);
    int32_t size[2];
    int count;
    TB_OP_TRY(tb_op_read_ints(context, tb_op_input(context, node, 1), "size", 2, size, &count));
    if (count != 2 || size[0] < 1 || size[1] < 1)
        return tb_op_fail(context, "new size is %d x %d, expected at least 1 x 1",
                          count > 0 ? size[0] : 0, count > 1 ? size[1] : 0);
    const int *in = input->dims->data;
    if (in[1] < 1 || in[2] < 1)
        return tb_op_fail(context, "input is %d x %d, expected at least 1 x 1", in[1], in[2]);
    data->batches = in[0];
    data->in_height = in[1];
    data->in_width = in[2];
    data->out_height = size[0];
    data->out_width = size[1];
    data->depth = (size_t)in[3];
    int dims[] = {in[0], size[0], size[1], in[3]};
    return tb_op_resize(context, tb_op_output(context, node, 0), 4, dims);
}

static TfLiteStatus prepare(TfLiteContext *context, TfLiteNode *node, uint32_t types,
                            resize_data **out)
{
    const TfLiteTensor *input, *size;
    TfLiteTensor *output;
    TB_OP_TRY(tb_op_check_inputs(context, node, 2, 2));
    TB_OP_TRY(tb_op_check_outputs(context, node, 1));
    TB_OP_TRY(tb_op_get_input(context, node, 0, "input", &input));
    TB_OP_TRY(tb_op_get_input(context, node, 1, "size", &size));
    TB_OP_TRY(tb_op_get_output(context, node, 0, &output));
    TB_OP_TRY(tb_op_check_type(context, input, "input", types));
    TB_OP_TRY(tb_op_check_rank(context, input, "input", 4, 4));
    TB_OP_TRY(tb_op_check_type(context, size, "size", TB_TYPE_BIT(kTfLiteInt32)));
    TB_OP_TRY(tb_op_check_rank(context, size, "size", 1, 1));
    if (tb_tensor_dim(size, 0) != 2)
        return tb_op_fail(context, "size has %d elements, expected 2", tb_tensor_dim(size, 0));
    output->type = input->type;
    resize_data *data = *out = tb_op_make_data(context, node, sizeof *data);
    if (!data)
        return kTfLiteError;
    data->element_bytes = tb_type_bytes(input->type);
    if (tb_tensor_is_constant(size))
        return shape_output(context, node, data);
    tb_op_set_dynamic(output);
    return kTfLiteOk;
}

static TfLiteStatus prepare_bilinear(TfLiteContext *context, TfLiteNode *node)
{
    const TfLiteResizeBilinearParams *params = node->builtin_data;
    if (params->align_corners && params->half_pixel_centers)
        return tb_op_fail(context, "asks for aligned corners and half-pixel centres at once");
    resize_data *data;
    TB_OP_TRY(prepare(context, node, TB_TYPE_BIT(kTfLiteFloat32) | TB_TYPES_QUANTIZED, &data));
    data->align_corners = params->align_corners;
    data->half_pixel_centers = params->half_pixel_centers;
    switch (tb_op_input(context, node, 0)->type) {
    case kTfLiteFloat32:
        data->kernel = TB_TYPED(Float32, bilinear_f32);
        break;
    case kTfLiteUInt8:
        data->kernel = TB_TYPED(UInt8, bilinear_u8);
        break;
    case kTfLiteInt8:
        data->kernel = TB_TYPED(Int8, bilinear_i8);
        break;
    default:
        data->kernel = TB_TYPED(Int16, bilinear_i16);
        break;
    }
    return kTfLiteOk;
}

static TfLiteStatus prepare_nearest(TfLiteContext *context, TfLiteNode *node)
{
    const TfLiteResizeNearestNeighborParams *params = node->builtin_data;
    resize_data *data;
    TB_OP_TRY(prepare(context, node,
                      TB_TYPES_QUANTIZED | TB_TYPE_BIT(kTfLiteFloat32) |
                          TB_TYPE_BIT(kTfLiteFloat16) | TB_TYPE_BIT(kTfLiteBFloat16) |
                          TB_TYPE_BIT(kTfLiteInt32) | TB_TYPE_BIT(kTfLiteUInt32) |
                          TB_TYPE_BIT(kTfLiteUInt16) | TB_TYPE_BIT(kTfLiteBool),
                      &data));
    data->align_corners = params->align_corners;
    data->half_pixel_centers = params->half_pixel_centers;
    data->kernel = nearest;
    return kTfLiteOk;
}

static TfLiteStatus invoke(TfLiteContext *context, TfLiteNode *node)
{
    resize_data *data = node->user_data;
    TfLiteTensor *output = tb_op_output(context, node, 0);
    if (tb_tensor_is_dynamic(output))
        TB_OP_TRY(shape_output(context, node, data));
    if (tb_tensor_elements(output) > 0)
        data->kernel(data, tb_op_input(context, node, 0)->data.raw, output->data.raw);
    return kTfLiteOk;
}

const TfLiteRegistration tb_op_resize_bilinear = {.prepare = prepare_bilinear, .invoke = invoke};
const TfLiteRegistration tb_op_resize_nearest_neighbor = {.prepare = prepare_nearest,
                                                          .invoke = invoke};
