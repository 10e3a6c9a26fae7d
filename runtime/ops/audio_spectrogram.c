/*
 * AudioSpectrogram: the short-time Fourier transform of audio, as (squared) magnitudes. A periodic
 * Hann window of window_size samples moves on by stride; what it shows is filled up with zeros to a
 * power of two. Input: [samples, channels]; output: [channels, windows, frequencies]. After TFLite's
 * audio_spectrogram.cc and internal/spectrogram.cc, in double precision as those.
 */
#include <math.h>

#include "runtime/math.h"
#include "runtime/ops/common.h"
#include "runtime/ops/fft.h"
#include "runtime/ops/flex.h"

#define MAX_WINDOW (1 << 28)

typedef struct spectrogram {
    size_t window_size;
    size_t stride;
    bool squared;
    size_t fft_size;
    size_t windows; /* a channel */
    double *window;
    int values; /* scratch: fft_size of them */
    tb_fft_plan plan;
} spectrogram;

static TfLiteStatus read_options(TfLiteContext *context, const TfLiteNode *node, spectrogram *s)
{
    tb_flex_map map;
    if (node->custom_initial_data_size < 1 ||
        !tb_flex_open_map(node->custom_initial_data, (size_t)node->custom_initial_data_size, &map))
        return tb_op_fail(context, "its options are no map");
    int64_t window = tb_flex_int(&map, "window_size", 0), stride = tb_flex_int(&map, "stride", 0);
    if (window < 2 || window > MAX_WINDOW)
        return tb_op_fail(context, "window_size is %lld, expected 2 to %d", (long long)window,
                          MAX_WINDOW);
    if (stride < 1 || stride > INT32_MAX)
        return tb_op_fail(context, "stride is %lld, expected 1 to 2^31 - 1", (long long)stride);
    s->window_size = (size_t)window;
    s->stride = (size_t)stride;
    s->squared = tb_flex_int(&map, "magnitude_squared", 0) != 0;
    return kTfLiteOk;
}

static TfLiteStatus prepare(TfLiteContext *context, TfLiteNode *node)
{
    const TfLiteTensor *input;
    TfLiteTensor *output;
    TB_OP_TRY(tb_op_unary(context, node, &input, &output));
    TB_OP_TRY(tb_op_check_rank(context, input, "input", 2, 2));
    TB_OP_TRY(tb_op_check_type(context, input, "input", TB_TYPE_BIT(kTfLiteFloat32)));
    TB_OP_TRY(tb_op_check_same_type(context, output, "output", input, "input"));
    spectrogram *s = tb_op_make_data(context, node, sizeof *s);
    if (!s)
        return kTfLiteError;
    TB_OP_TRY(read_options(context, node, s));
    for (s->fft_size = 2; s->fft_size < s->window_size;)
        s->fft_size *= 2;
    s->window = tb_op_persistent_array(context, s->window_size, sizeof *s->window);
    if (!s->window)
        return kTfLiteError;
    const double pi = 3.14159265358979323846;
    for (size_t i = 0; i < s->window_size; i++)
        s->window[i] = 0.5 - 0.5 * tb_cos(2.0 * pi * (double)i / (double)s->window_size);
    TB_OP_TRY(tb_op_scratch_array(context, s->fft_size, sizeof(tb_complex), &s->values));
    size_t samples = (size_t)tb_tensor_dim(input, 0);
    s->windows = samples < s->window_size ? 0 : 1 + (samples - s->window_size) / s->stride;
    if (s->windows > 0) {
        size_t bytes;
        void *tables = tb_fft_plan_bytes(s->fft_size, &bytes)
                           ? tb_op_persistent_array(context, bytes, 1)
                           : NULL;
        if (!tables)
            return kTfLiteError;
        tb_fft_plan_fill(s->fft_size, tables, &s->plan);
    }
    int dims[] = {tb_tensor_dim(input, 1), (int)s->windows, (int)(s->fft_size / 2 + 1)};
    return tb_op_resize(context, output, 3, dims);
}

/* One window of one channel, whose samples lie `channels` apart. */
static void transform_window(const spectrogram *s, const float *in, size_t channels,
                             tb_complex *values, float *out)
{
    for (size_t i = 0; i < s->fft_size; i++) {
        double sample = i < s->window_size ? (double)in[i * channels] * s->window[i] : 0.0;
        values[i] = (tb_complex){sample, 0.0};
    }
    tb_fft(&s->plan, values, 1);
    for (size_t i = 0; i <= s->fft_size / 2; i++) {
        double re = values[i].real, im = values[i].imaginary;
        float square = (float)(re * re + im * im);
        out[i] = s->squared ? square : sqrtf(square);
    }
}

static TfLiteStatus invoke(TfLiteContext *context, TfLiteNode *node)
{
    const spectrogram *s = node->user_data;
    const TfLiteTensor *input = tb_op_input(context, node, 0);
    float *out = tb_op_output(context, node, 0)->data.f;
    tb_complex *values = tb_op_scratch(context, s->values);
    size_t channels = (size_t)tb_tensor_dim(input, 1);
    for (size_t channel = 0; channel < channels; channel++)
        for (size_t k = 0; k < s->windows; k++) {
            if (tb_op_cancelled(context))
                return kTfLiteCancelled;
            transform_window(s, input->data.f + k * s->stride * channels + channel, channels,
                             values, out);
            out += s->fft_size / 2 + 1;
        }
    return kTfLiteOk;
}

const TfLiteRegistration tb_op_audio_spectrogram = {.prepare = prepare, .invoke = invoke};
