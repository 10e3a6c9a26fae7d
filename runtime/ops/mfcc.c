/*
 * Mfcc: mel-frequency cepstral coefficients of a spectrogram of squared magnitudes, [channels,
 * windows, frequencies], whose sample rate is the other input. Frequencies are collected by
 * filterbank_channel_count triangular filters that are evenly spaced on the mel scale; the cosine
 * transform of their logarithms follows. After TFLite's mfcc.cc and internal/mfcc*.cc, in double
 * precision as those.
 */
#include <math.h>

#include "runtime/math.h"
#include "runtime/ops/common.h"
#include "runtime/ops/flex.h"

/* Quieter filters count as this. */
#define FLOOR 1e-12

typedef struct mfcc {
    double lower_frequency;
    double upper_frequency;
    size_t filters;
    size_t coefficients;
    size_t bins; /* frequencies of the spectrogram */
    size_t rows; /* spectra */

    /* by sample rate */
    size_t first_bin; /* that takes part; none does where it is >= end_bin */
    size_t end_bin;
    bool too_high;   /* the upper limit is beyond the spectrum: all coefficients are 0 */
    int *filter;     /* by bin: the filter on whose falling side it lies; -1: before the first */
    double *weight;  /* by bin: its share in that filter; the rest is the next one's */
    double *centers; /* mel frequencies of the filters, and of the upper end */

    double *cosines; /* [coefficients][filters] */
    double *energy;  /* by filter; of the spectrum at hand */
} mfcc;

/* ---- prepare ----------------------------------------------------------------------------------- */

/* Counts are read as TFLite reads them, limits as whole numbers. */
static TfLiteStatus read_options(TfLiteContext *context, const TfLiteNode *node, mfcc *m)
{
    tb_flex_map map;
    if (node->custom_initial_data_size < 1 ||
        !tb_flex_open_map(node->custom_initial_data, (size_t)node->custom_initial_data_size, &map))
        return tb_op_fail(context, "its options are no map");
    m->lower_frequency = (double)(float)tb_flex_int(&map, "lower_frequency_limit", 0);
    m->upper_frequency = (double)(float)tb_flex_int(&map, "upper_frequency_limit", 0);
    int64_t filters = tb_flex_int(&map, "filterbank_channel_count", 0);
    int64_t coefficients = tb_flex_int(&map, "dct_coefficient_count", 0);
    if (!(m->lower_frequency >= 0.0) || !(m->upper_frequency > m->lower_frequency))
        return tb_op_fail(context, "frequency limits are %g and %g, expected 0 <= lower < upper",
                          m->lower_frequency, m->upper_frequency);
    if (filters < 1 || filters >= INT32_MAX || coefficients < 1 || coefficients > filters)
        return tb_op_fail(context,
                          "has %lld coefficients of %lld filters, expected at least 1 and at most "
                          "as many as filters",
                          (long long)coefficients, (long long)filters);
    m->filters = (size_t)filters;
    m->coefficients = (size_t)coefficients;
    return kTfLiteOk;
}

static TfLiteStatus make_tables(TfLiteContext *context, mfcc *m)
{
    size_t cosines;
    if (!tb_mul_size(m->coefficients, m->filters, &cosines))
        return tb_op_fail(context, "has %zu coefficients of %zu filters: too many", m->coefficients,
                          m->filters);
    m->filter = tb_op_persistent_array(context, m->bins, sizeof *m->filter);
    m->weight = tb_op_persistent_array(context, m->bins, sizeof *m->weight);
    m->centers = tb_op_persistent_array(context, m->filters + 1, sizeof *m->centers);
    m->energy = tb_op_persistent_array(context, m->filters, sizeof *m->energy);
    m->cosines = tb_op_persistent_array(context, cosines, sizeof *m->cosines);
    if (!m->filter || !m->weight || !m->centers || !m->energy || !m->cosines)
        return kTfLiteError;
    const double norm = sqrt(2.0 / (double)m->filters);
    const double step = 3.14159265358979323846 / (double)m->filters;
    for (size_t i = 0; i < m->coefficients; i++)
        for (size_t j = 0; j < m->filters; j++)
            m->cosines[i * m->filters + j] = norm * tb_cos((double)i * step * ((double)j + 0.5));
    return kTfLiteOk;
}

static double mel(double frequency)
{
    return 1127.0 * tb_log1p(frequency / 700.0);
}

/* Which bins go to which filters, for a sample rate. The bin of no frequency never takes part. */
static TfLiteStatus place_filters(TfLiteContext *context, const TfLiteTensor *rate, mfcc *m)
{
    const int32_t samples_per_s = rate->data.i32[0];
    if (samples_per_s < 1)
        return tb_op_fail(context, "sample rate is %d, expected at least 1", samples_per_s);
    const double low = mel(m->lower_frequency);
    const double spacing = (mel(m->upper_frequency) - low) / (double)(m->filters + 1);
    for (size_t i = 0; i <= m->filters; i++)
        m->centers[i] = low + spacing * (double)(i + 1);
    const double hz_per_bin = 0.5 * (double)samples_per_s / (double)(m->bins - 1);
    const double first = 1.5 + m->lower_frequency / hz_per_bin;
    const double last = m->upper_frequency / hz_per_bin;
    m->too_high = last >= (double)m->bins;
    m->first_bin = first < (double)m->bins ? (size_t)first : m->bins;
    m->end_bin = m->too_high ? m->bins : (size_t)last + 1;
    size_t channel = 0;
    for (size_t i = m->first_bin; i < m->end_bin; i++) {
        double at = mel((double)i * hz_per_bin);
        while (channel < m->filters && m->centers[channel] < at)
            channel++;
        double above = m->centers[channel], below = channel ? m->centers[channel - 1] : low;
        m->filter[i] = (int)channel - 1;
        m->weight[i] = (above - at) / (above - below);
    }
    return kTfLiteOk;
}

static TfLiteStatus prepare(TfLiteContext *context, TfLiteNode *node)
{
    const TfLiteTensor *input, *rate;
    TfLiteTensor *output;
    TB_OP_TRY(tb_op_check_inputs(context, node, 2, 2));
    TB_OP_TRY(tb_op_check_outputs(context, node, 1));
    TB_OP_TRY(tb_op_get_input(context, node, 0, "spectrogram", &input));
    TB_OP_TRY(tb_op_get_input(context, node, 1, "sample rate", &rate));
    TB_OP_TRY(tb_op_get_output(context, node, 0, &output));
    TB_OP_TRY(tb_op_check_rank(context, input, "spectrogram", 3, 3));
    TB_OP_TRY(tb_op_check_type(context, input, "spectrogram", TB_TYPE_BIT(kTfLiteFloat32)));
    TB_OP_TRY(tb_op_check_type(context, rate, "sample rate", TB_TYPE_BIT(kTfLiteInt32)));
    TB_OP_TRY(tb_op_check_same_type(context, output, "output", input, "spectrogram"));
    if (tb_tensor_elements(rate) != 1)
        return tb_op_fail(context, "has %zu sample rates, expected 1", tb_count(rate));
    if (tb_tensor_dim(input, 2) < 2)
        return tb_op_fail(context, "spectrogram has %d frequencies, expected at least 2",
                          tb_tensor_dim(input, 2));
    mfcc *m = tb_op_make_data(context, node, sizeof *m);
    if (!m)
        return kTfLiteError;
    TB_OP_TRY(read_options(context, node, m));
    m->bins = (size_t)tb_tensor_dim(input, 2);
    m->rows = tb_dims_product(input, 0, 2);
    TB_OP_TRY(make_tables(context, m));
    if (tb_tensor_is_constant(rate))
        TB_OP_TRY(place_filters(context, rate, m));
    int dims[] = {tb_tensor_dim(input, 0), tb_tensor_dim(input, 1), (int)m->coefficients};
    return tb_op_resize(context, output, 3, dims);
}

/* ---- invoke ------------------------------------------------------------------------------------ */

static void collect(const mfcc *m, const float *spectrum)
{
    for (size_t k = 0; k < m->filters; k++)
        m->energy[k] = 0.0;
    for (size_t i = m->first_bin; i < m->end_bin; i++) {
        double magnitude = sqrt((double)spectrum[i]), share = magnitude * m->weight[i];
        int filter = m->filter[i];
        if (filter >= 0)
            m->energy[filter] += share;
        if ((size_t)(filter + 1) < m->filters)
            m->energy[filter + 1] += magnitude - share;
    }
    for (size_t k = 0; k < m->filters; k++)
        m->energy[k] = tb_log(m->energy[k] < FLOOR ? FLOOR : m->energy[k]);
}

static TfLiteStatus invoke(TfLiteContext *context, TfLiteNode *node)
{
    mfcc *m = node->user_data;
    const TfLiteTensor *input = tb_op_input(context, node, 0),
                       *rate = tb_op_input(context, node, 1);
    TfLiteTensor *output = tb_op_output(context, node, 0);
    if (!tb_tensor_is_constant(rate))
        TB_OP_TRY(place_filters(context, rate, m));
    if (m->too_high) {
        tb_zero_bytes(output->data.raw, output->bytes);
        return kTfLiteOk;
    }
    float *out = output->data.f;
    for (size_t row = 0; row < m->rows; row++) {
        if (tb_op_cancelled(context))
            return kTfLiteCancelled;
        collect(m, input->data.f + row * m->bins);
        for (size_t i = 0; i < m->coefficients; i++) {
            double sum = 0.0;
            for (size_t k = 0; k < m->filters; k++)
                sum += m->cosines[i * m->filters + k] * m->energy[k];
            *out++ = (float)sum;
        }
    }
    return kTfLiteOk;
}

const TfLiteRegistration tb_op_mfcc = {.prepare = prepare, .invoke = invoke};
