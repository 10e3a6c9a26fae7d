/*
 * CONV_3D and CONV_3D_TRANSPOSE in float, over [batch, depth, height, width, channels], after
 * TFLite's reference kernels. Filters are [depth, height, width, input, output channels], of the
 * transposed one with output before input channels.
 */
#include "runtime/ops/window.h"

enum { AXES = 3 };

typedef struct conv_3d {
    tb_window window[AXES]; /* depth, height, width */
    int batches;
    size_t input_channels;
    size_t output_channels;
    float min;
    float max;
} conv_3d;

typedef struct conv_3d_tensors {
    const TfLiteTensor *input;
    const TfLiteTensor *filter;
    const TfLiteTensor *bias;  /* or NULL */
    const TfLiteTensor *shape; /* of the transposed one */
    TfLiteTensor *output;
} conv_3d_tensors;

static TfLiteStatus get_tensors(TfLiteContext *context, const TfLiteNode *node, bool transposed,
                                conv_3d_tensors *out)
{
    int first = transposed ? 2 : 0;
    TB_OP_TRY(tb_op_check_inputs(context, node, first + (transposed ? 1 : 2), transposed ? 4 : 3));
    TB_OP_TRY(tb_op_check_outputs(context, node, 1));
    TB_OP_TRY(tb_op_get_input(context, node, first, "input", &out->input));
    TB_OP_TRY(tb_op_get_input(context, node, 1, "filter", &out->filter));
    out->bias = tb_op_input(context, node, transposed ? 3 : 2);
    out->shape = NULL;
    if (transposed)
        TB_OP_TRY(tb_op_get_input(context, node, 0, "output shape", &out->shape));
    return tb_op_get_output(context, node, 0, &out->output);
}

/* `whole` is the image that windows move over: the input, or the transposed one's output. */
static TfLiteStatus set_windows(TfLiteContext *context, const TfLiteConv3DParams *options,
                                const int32_t *whole, const TfLiteTensor *filter, conv_3d *c)
{
    static const char *const names[AXES] = {"depth", "height", "width"};
    const int strides[AXES] = {options->stride_depth, options->stride_height,
                               options->stride_width};
    const int dilations[AXES] = {options->dilation_depth_factor, options->dilation_height_factor,
                                 options->dilation_width_factor};
    for (int i = 0; i < AXES; i++)
        TB_OP_TRY(tb_window_init(context, names[i], options->padding, whole[i],
                                 tb_tensor_dim(filter, i), strides[i], dilations[i],
                                 &c->window[i]));
    return kTfLiteOk;
}

static TfLiteStatus prepare_common(TfLiteContext *context, TfLiteNode *node, bool transposed,
                                   conv_3d_tensors *t, conv_3d **out)
{
    const TfLiteConv3DParams *options = node->builtin_data;
    const uint32_t types = TB_TYPE_BIT(kTfLiteFloat32);
    TB_OP_TRY(get_tensors(context, node, transposed, t));
    TB_OP_TRY(tb_op_check_type(context, t->input, "input", types));
    TB_OP_TRY(tb_op_check_rank(context, t->input, "input", 5, 5));
    TB_OP_TRY(tb_op_check_type(context, t->filter, "filter", types));
    TB_OP_TRY(tb_op_check_rank(context, t->filter, "filter", 5, 5));
    TB_OP_TRY(tb_op_check_type(context, t->output, "output", types));
    conv_3d *c = *out = tb_op_make_data(context, node, sizeof *c);
    if (!c)
        return kTfLiteError;
    c->batches = tb_tensor_dim(t->input, 0);
    c->input_channels = (size_t)tb_tensor_dim(t->input, 4);
    c->output_channels = (size_t)tb_tensor_dim(t->filter, transposed ? 3 : 4);
    size_t expected = (size_t)tb_tensor_dim(t->filter, transposed ? 4 : 3);
    if (c->input_channels != expected)
        return tb_op_fail(context, "filter has %zu input channels, input has %zu", expected,
                          c->input_channels);
    if (t->bias) {
        TB_OP_TRY(tb_op_check_type(context, t->bias, "bias", types));
        if (tb_count(t->bias) != c->output_channels)
            return tb_op_fail(context, "bias has %zu elements, expected %zu", tb_count(t->bias),
                              c->output_channels);
    }
    return tb_op_float_range(context, options->activation, &c->min, &c->max);
}

static void finish(const conv_3d *c, const TfLiteTensor *bias, TfLiteTensor *output)
{
    float *out = output->data.f;
    const size_t count = tb_count(output);
    for (size_t i = 0; i < count; i++)
        out[i] = tb_clampf(out[i] + (bias ? bias->data.f[i % c->output_channels] : 0.0f), c->min,
                           c->max);
}

/* ---- CONV_3D ----------------------------------------------------------------------------------- */

static TfLiteStatus prepare(TfLiteContext *context, TfLiteNode *node)
{
    conv_3d_tensors t;
    conv_3d *c;
    TB_OP_TRY(prepare_common(context, node, false, &t, &c));
    TB_OP_TRY(set_windows(context, node->builtin_data, t.input->dims->data + 1, t.filter, c));
    return tb_op_resize(context, t.output, 5,
                        (int[]){c->batches, c->window[0].output, c->window[1].output,
                                c->window[2].output, (int)c->output_channels});
}

/* All channels of one output position, without bias. */
static void convolve_at(const conv_3d *c, const float *input, const float *filter,
                        const int position[AXES], float *out)
{
    const tb_window *d = &c->window[0], *h = &c->window[1], *w = &c->window[2];
    int64_t origin[AXES];
    int first[AXES], end[AXES];
    for (int i = 0; i < AXES; i++)
        tb_window_taps(&c->window[i], position[i], &origin[i], &first[i], &end[i]);
    for (size_t channel = 0; channel < c->output_channels; channel++)
        out[channel] = 0.0f;
    for (int fd = first[0]; fd < end[0] && c->input_channels > 0; fd++)
        for (int fy = first[1]; fy < end[1]; fy++)
            for (int fx = first[2]; fx < end[2]; fx++) {
                size_t in_d = (size_t)(origin[0] + (int64_t)d->dilation * fd);
                size_t in_y = (size_t)(origin[1] + (int64_t)h->dilation * fy);
                size_t in_x = (size_t)(origin[2] + (int64_t)w->dilation * fx);
                size_t at = (in_d * (size_t)h->input + in_y) * (size_t)w->input + in_x;
                size_t tap =
                    ((size_t)fd * (size_t)h->taps + (size_t)fy) * (size_t)w->taps + (size_t)fx;
                const float *values = input + at * c->input_channels;
                const float *weights = filter + tap * c->input_channels * c->output_channels;
                for (size_t in = 0; in < c->input_channels; in++)
                    for (size_t channel = 0; channel < c->output_channels; channel++)
                        out[channel] += values[in] * *weights++;
            }
}

static TfLiteStatus invoke(TfLiteContext *context, TfLiteNode *node)
{
    const conv_3d *c = node->user_data;
    conv_3d_tensors t;
    TB_OP_TRY(get_tensors(context, node, false, &t));
    const size_t image = tb_dims_product(t.input, 1, 5);
    float *out = t.output->data.f;
    for (int batch = 0; batch < c->batches; batch++)
        for (int z = 0; z < c->window[0].output; z++)
            for (int y = 0; y < c->window[1].output; y++)
                for (int x = 0; x < c->window[2].output && !tb_stopped(); x++) {
                    convolve_at(c, t.input->data.f + (size_t)batch * image, t.filter->data.f,
                                (int[AXES]){z, y, x}, out);
                    out += c->output_channels;
                }
    finish(c, t.bias, t.output);
    return kTfLiteOk;
}

const TfLiteRegistration tb_op_conv_3d = {.prepare = prepare, .invoke = invoke};

/* ---- CONV_3D_TRANSPOSE ------------------------------------------------------------------------- */

static TfLiteStatus shape_transposed(TfLiteContext *context, const TfLiteNode *node,
                                     const conv_3d_tensors *t)
{
    conv_3d *c = node->user_data;
    int32_t dims[5];
    int count;
    TB_OP_TRY(tb_op_read_ints(context, t->shape, "output shape", 5, dims, &count));
    if (count != 5 || dims[0] != c->batches || dims[4] < 0 || (size_t)dims[4] != c->output_channels)
        return tb_op_fail(context,
                          "output shape has %d dimensions, %d batches and %d channels, expected 5, "
                          "%d and %zu",
                          count, count > 0 ? dims[0] : 0, count > 4 ? dims[4] : 0, c->batches,
                          c->output_channels);
    TB_OP_TRY(tb_op_resize(context, t->output, 5, dims));
    return set_windows(context, node->builtin_data, dims + 1, t->filter, c);
}

static TfLiteStatus prepare_transposed(TfLiteContext *context, TfLiteNode *node)
{
    conv_3d_tensors t;
    conv_3d *c;
    TB_OP_TRY(prepare_common(context, node, true, &t, &c));
    TB_OP_TRY(tb_op_check_type(context, t.shape, "output shape", TB_TYPE_BIT(kTfLiteInt32)));
    TB_OP_TRY(tb_op_check_rank(context, t.shape, "output shape", 1, 1));
    if (tb_tensor_is_constant(t.shape))
        return shape_transposed(context, node, &t);
    tb_op_set_dynamic(t.output);
    return kTfLiteOk;
}

/* Adds what one input position gives to the outputs it reaches. */
static void scatter_from(const conv_3d *c, const float *values, const float *filter,
                         const int position[AXES], float *out)
{
    const tb_window *d = &c->window[0], *h = &c->window[1], *w = &c->window[2];
    int64_t origin[AXES];
    for (int i = 0; i < AXES; i++)
        origin[i] = (int64_t)position[i] * c->window[i].stride - c->window[i].pad;
    /* Without channels a filter has no bytes that would bound its taps. */
    for (int fd = 0; fd < d->taps && c->input_channels > 0; fd++)
        for (int fy = 0; fy < h->taps; fy++)
            for (int fx = 0; fx < w->taps; fx++) {
                const float *weights = filter;
                filter += c->output_channels * c->input_channels;
                int64_t z = origin[0] + (int64_t)d->dilation * fd;
                int64_t y = origin[1] + (int64_t)h->dilation * fy;
                int64_t x = origin[2] + (int64_t)w->dilation * fx;
                if (z < 0 || z >= d->input || y < 0 || y >= h->input || x < 0 || x >= w->input)
                    continue;
                float *to = out + (size_t)((z * h->input + y) * w->input + x) * c->output_channels;
                for (size_t channel = 0; channel < c->output_channels; channel++)
                    for (size_t in = 0; in < c->input_channels; in++)
                        to[channel] += values[in] * *weights++;
            }
}

static TfLiteStatus invoke_transposed(TfLiteContext *context, TfLiteNode *node)
{
    const conv_3d *c = node->user_data;
    conv_3d_tensors t;
    TB_OP_TRY(get_tensors(context, node, true, &t));
    if (tb_tensor_is_dynamic(t.output))
        TB_OP_TRY(shape_transposed(context, node, &t));
    const size_t count = tb_count(t.output), image = tb_dims_product(t.output, 1, 5);
    for (size_t i = 0; i < count; i++)
        t.output->data.f[i] = 0.0f;
    const float *values = t.input->data.f;
    const int batches =
        tb_count(t.input) > 0 ? c->batches : 0; /* else some dimension may be huge */
    for (int batch = 0; batch < batches; batch++)
        for (int z = 0; z < tb_tensor_dim(t.input, 1); z++)
            for (int y = 0; y < tb_tensor_dim(t.input, 2); y++)
                for (int x = 0; x < tb_tensor_dim(t.input, 3) && !tb_stopped(); x++) {
                    scatter_from(c, values, t.filter->data.f, (int[AXES]){z, y, x},
                                 t.output->data.f + (size_t)batch * image);
                    values += c->input_channels;
                }
    finish(c, t.bias, t.output);
    return kTfLiteOk;
}

const TfLiteRegistration tb_op_conv_3d_transpose = {.prepare = prepare_transposed,
                                                    .invoke = invoke_transposed};
