/*
 * MediaPipe's MaxPoolingWithArgmax2D and MaxUnpooling2D, of its segmentation models: a max pool over
 * NHWC images that also says, as a float, which tap of the window it took (counted along the rows),
 * and the operator that puts elements back to such places in an image of zeros. After MediaPipe's
 * max_pool_argmax.cc and max_unpooling.cc. Their options are a TfLitePoolParams, byte for byte.
 */
#include <float.h>
#include <math.h>
#include <string.h>

#include "runtime/ops/window.h"

typedef struct unpooling_data {
    tb_window y; /* of the pool: from the larger image to the smaller one */
    tb_window x;
    int batches;
    int depth;
    float min;
    float max;
} unpooling_data;

/* The options' first fields; what follows them is the business of whoever wrote them. */
static TfLiteStatus read_options(TfLiteContext *context, const TfLiteNode *node,
                                 TfLitePoolParams *params)
{
    const size_t bytes = offsetof(TfLitePoolParams, computed);
    if (node->custom_initial_data_size < (int)bytes)
        return tb_op_fail(context, "its options have %d bytes, expected at least %zu",
                          node->custom_initial_data_size, bytes);
    *params = (TfLitePoolParams){.padding = kTfLitePaddingUnknown};
    memcpy(params, node->custom_initial_data, bytes);
    return kTfLiteOk;
}

static TfLiteStatus check_image(TfLiteContext *context, const TfLiteTensor *tensor,
                                const char *what)
{
    TB_OP_TRY(tb_op_check_type(context, tensor, what, TB_TYPE_BIT(kTfLiteFloat32)));
    return tb_op_check_rank(context, tensor, what, 4, 4);
}

/* ---- MaxPoolingWithArgmax2D -------------------------------------------------------------------- */

static TfLiteStatus prepare_pooling(TfLiteContext *context, TfLiteNode *node)
{
    TfLitePoolParams params;
    const TfLiteTensor *input;
    TfLiteTensor *output, *places;
    TB_OP_TRY(tb_op_check_inputs(context, node, 1, 1));
    TB_OP_TRY(tb_op_check_outputs(context, node, 2));
    TB_OP_TRY(tb_op_get_input(context, node, 0, "input", &input));
    TB_OP_TRY(tb_op_get_output(context, node, 0, &output));
    TB_OP_TRY(tb_op_get_output(context, node, 1, &places));
    TB_OP_TRY(check_image(context, input, "input"));
    TB_OP_TRY(tb_op_check_same_type(context, output, "output", input, "input"));
    TB_OP_TRY(tb_op_check_same_type(context, places, "output 1", input, "input"));
    TB_OP_TRY(read_options(context, node, &params));
    unpooling_data *data = tb_op_make_data(context, node, sizeof *data);
    if (!data)
        return kTfLiteError;
    TB_OP_TRY(tb_op_float_range(context, params.activation, &data->min, &data->max));
    const int *in = input->dims->data;
    TB_OP_TRY(tb_window_init(context, "height", params.padding, in[1], params.filter_height,
                             params.stride_height, 1, &data->y));
    TB_OP_TRY(tb_window_init(context, "width", params.padding, in[2], params.filter_width,
                             params.stride_width, 1, &data->x));
    data->batches = in[0];
    data->depth = in[3];
    int dims[] = {in[0], data->y.output, data->x.output, in[3]};
    TB_OP_TRY(tb_op_resize(context, places, 4, dims));
    return tb_op_resize(context, output, 4, dims);
}

/* One window of one channel; `in` is the image's first element of that channel. */
static float pool(const unpooling_data *data, const float *in, int out_y, int out_x, float *place)
{
    int64_t y0, x0, taken = 0;
    int first_y, end_y, first_x, end_x;
    float most = -FLT_MAX;
    tb_window_taps(&data->y, out_y, &y0, &first_y, &end_y);
    tb_window_taps(&data->x, out_x, &x0, &first_x, &end_x);
    for (int fy = first_y; fy < end_y; fy++)
        for (int fx = first_x; fx < end_x; fx++) {
            float x = in[((y0 + fy) * data->x.input + x0 + fx) * data->depth];
            if (x > most) {
                most = x;
                taken = (int64_t)fy * data->x.taps + fx;
            }
        }
    *place = (float)taken + 0.1f; /* so that cutting it gives the tap back */
    return tb_clampf(most, data->min, data->max);
}

static TfLiteStatus invoke_pooling(TfLiteContext *context, TfLiteNode *node)
{
    const unpooling_data *data = node->user_data;
    const float *image = tb_op_input(context, node, 0)->data.f;
    float *out = tb_op_output(context, node, 0)->data.f;
    float *place = tb_op_output(context, node, 1)->data.f;
    const size_t image_size = (size_t)data->y.input * (size_t)data->x.input * (size_t)data->depth;
    for (int batch = 0; batch < data->batches; batch++, image += image_size)
        for (int y = 0; y < data->y.output; y++)
            for (int x = 0; x < data->x.output; x++)
                for (int channel = 0; channel < data->depth; channel++)
                    *out++ = pool(data, image + channel, y, x, place++);
    return kTfLiteOk;
}

const TfLiteRegistration tb_op_max_pooling_with_argmax_2d = {.prepare = prepare_pooling,
                                                             .invoke = invoke_pooling};

/* ---- MaxUnpooling2D ---------------------------------------------------------------------------- */

/* The window whose pool leads from an axis `taps` times as long to this one, padded as MediaPipe
   pads it. */
static TfLiteStatus grow(TfLiteContext *context, const char *axis, int size, int taps, int stride,
                         tb_window *out)
{
    int64_t grown = (int64_t)size * taps;
    if (taps < 1 || stride < 1 || grown > INT32_MAX)
        return tb_op_fail(context,
                          "%s of %d has filter %d and stride %d, expected at least 1 and "
                          "no more than 2^31 elements",
                          axis, size, taps, stride);
    int64_t padded = ((int64_t)size - 1) * stride + taps - grown;
    *out = (tb_window){.input = (int)grown,
                       .taps = taps,
                       .stride = stride,
                       .dilation = 1,
                       .output = size,
                       .pad = (int)TB_MIN(TB_MAX(padded, 0) / 2, INT32_MAX)};
    return kTfLiteOk;
}

static TfLiteStatus prepare_unpooling(TfLiteContext *context, TfLiteNode *node)
{
    TfLitePoolParams params;
    const TfLiteTensor *input, *places;
    TfLiteTensor *output;
    TB_OP_TRY(tb_op_check_inputs(context, node, 2, 2));
    TB_OP_TRY(tb_op_check_outputs(context, node, 1));
    TB_OP_TRY(tb_op_get_input(context, node, 0, "input", &input));
    TB_OP_TRY(tb_op_get_input(context, node, 1, "places", &places));
    TB_OP_TRY(tb_op_get_output(context, node, 0, &output));
    TB_OP_TRY(check_image(context, input, "input"));
    TB_OP_TRY(check_image(context, places, "places"));
    TB_OP_TRY(tb_op_check_same_type(context, output, "output", input, "input"));
    if (!tb_same_shape(input, places))
        return tb_op_fail(context,
                          "input has %zu elements and there are %zu places, expected one "
                          "shape",
                          tb_count(input), tb_count(places));
    TB_OP_TRY(read_options(context, node, &params));
    unpooling_data *data = tb_op_make_data(context, node, sizeof *data);
    if (!data)
        return kTfLiteError;
    const int *in = input->dims->data;
    TB_OP_TRY(grow(context, "height", in[1], params.filter_height, params.stride_height, &data->y));
    TB_OP_TRY(grow(context, "width", in[2], params.filter_width, params.stride_width, &data->x));
    data->batches = in[0];
    data->depth = in[3];
    int dims[] = {in[0], data->y.input, data->x.input, in[3]};
    return tb_op_resize(context, output, 4, dims);
}

/* Where the pool took an element from; false where that is outside the image. */
static bool find_place(const unpooling_data *data, float place, int y, int x, int64_t *out)
{
    if (!(place > -1.0f && place < 0x1p31f))
        return false;
    int64_t tap = (int64_t)place;
    int64_t at_y = (int64_t)y * data->y.stride - data->y.pad + tap / data->x.taps;
    int64_t at_x = (int64_t)x * data->x.stride - data->x.pad + tap % data->x.taps;
    *out = at_y * data->x.input + at_x;
    return at_y >= 0 && at_y < data->y.input && at_x >= 0 && at_x < data->x.input;
}

static TfLiteStatus invoke_unpooling(TfLiteContext *context, TfLiteNode *node)
{
    const unpooling_data *data = node->user_data;
    const float *in = tb_op_input(context, node, 0)->data.f;
    const float *place = tb_op_input(context, node, 1)->data.f;
    TfLiteTensor *output = tb_op_output(context, node, 0);
    float *image = output->data.f;
    const int64_t image_size = (int64_t)data->y.input * data->x.input * data->depth;
    tb_zero_bytes(image, output->bytes);
    for (int batch = 0; batch < data->batches; batch++, image += image_size)
        for (int y = 0; y < data->y.output; y++)
            for (int x = 0; x < data->x.output; x++)
                for (int channel = 0; channel < data->depth; channel++, place++, in++) {
                    int64_t at;
                    if (!find_place(data, *place, y, x, &at))
                        return tb_op_fail(context,
                                          "the element at %d, %d, channel %d, comes from tap %g: "
                                          "outside the output",
                                          y, x, channel, (double)*place);
                    image[at * data->depth + channel] = *in;
                }
    return kTfLiteOk;
}

const TfLiteRegistration tb_op_max_unpooling_2d = {.prepare = prepare_unpooling,
                                                   .invoke = invoke_unpooling};
