/* Audio features: spectra of signals whose transform is known, filters worked out by hand. */
#include <criterion/criterion.h>
#include <math.h>

#include "tests/unit/runtime/op_harness.h"
#include "tests/unit/support/flex_map.h"

static void open_custom(const char *name, const tb_flex_entry *entries, size_t count,
                        const tb_test_tensor *inputs, size_t input_count, op_run *run)
{
    uint8_t options[TB_FLEX_MAX];
    const tb_test_tensor output = OP_FLOAT(1, 1, 1);
    size_t size = tb_test_flex_map(entries, count, options);
    op_open_test(run, &(tb_test_op){.code = kTfLiteBuiltinCustom,
                                    .custom_code = name,
                                    .version = 1,
                                    .inputs = inputs,
                                    .input_count = input_count,
                                    .outputs = &output,
                                    .output_count = 1,
                                    .custom_options = count ? options : NULL,
                                    .custom_options_size = count ? size : 0});
}

static void spectrogram(int64_t window, int64_t stride, bool squared, int samples, int channels,
                        op_run *run)
{
    const tb_flex_entry entries[] = {TB_FLEX_INT("magnitude_squared", squared),
                                     TB_FLEX_INT("stride", stride),
                                     TB_FLEX_INT("window_size", window)};
    open_custom("AudioSpectrogram", entries, 3, OP_LIST(OP_FLOAT(samples, channels)), run);
}

/* The window of 4 is 0, 1/2, 1, 1/2. Of a constant 1 that leaves 2, -1, 0. */
Test(ops_audio, a_constant_leaves_the_windows_own_spectrum)
{
    op_run run;
    spectrogram(4, 2, false, 7, 2, &run);
    op_set(&run, 0, (float[]){1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3}, 14 * sizeof(float));
    op_invoke(&run);
    op_expect_floats(&run, 0, 1, TB_INTS(2, 2, 3), TB_FLOATS(2, 1, 0, 2, 1, 0, 6, 3, 0, 6, 3, 0));
    op_close(&run);
}

/* A window of 3 (0, 3/4, 3/4) is filled up to 4: of 1, 1, 2 that leaves 9/4, -3/2 - 3/4 i, 3/4. */
Test(ops_audio, a_window_is_filled_up_to_a_power_of_two)
{
    op_run run;
    spectrogram(3, 9, true, 3, 1, &run);
    op_set(&run, 0, (float[]){1, 1, 2}, 3 * sizeof(float));
    op_invoke(&run);
    op_expect_floats(&run, 0, 1, TB_INTS(1, 1, 3), TB_FLOATS(5.0625f, 2.8125f, 0.5625f));
    op_resize_input(&run, 0, TB_INTS(2, 1)); /* shorter than the window */
    op_expect_shape(&run, 0, TB_INTS(1, 0, 3));
    op_close(&run);
}

Test(ops_audio, spectrogram_options_that_do_not_fit)
{
    op_run run;
    const int64_t broken[][2] = {{1, 1}, {INT64_MAX, 1}, {-4, 1}, {4, 0}, {4, -1}, {4, INT64_MAX}};
    for (int i = 0; i < 6; i++) {
        spectrogram(broken[i][0], broken[i][1], true, 8, 1, &run);
        op_expect_refused(&run, broken[i][1] == 1 ? "window_size" : "stride");
        op_close(&run);
    }
    open_custom("AudioSpectrogram", NULL, 0, OP_LIST(OP_FLOAT(8, 1)), &run);
    op_expect_refused(&run, "options are no map");
    op_close(&run);
}

/* ---- Mfcc -------------------------------------------------------------------------------------- */

static void mfcc(int64_t lower, int64_t upper, int64_t filters, int64_t coefficients,
                 tb_test_tensor rate, op_run *run)
{
    const tb_flex_entry entries[] = {TB_FLEX_INT("dct_coefficient_count", coefficients),
                                     TB_FLEX_INT("filterbank_channel_count", filters),
                                     TB_FLEX_INT("lower_frequency_limit", lower),
                                     TB_FLEX_INT("upper_frequency_limit", upper)};
    open_custom("Mfcc", entries, 4, OP_LIST(OP_FLOAT(1, 1, 3), rate), run);
}

/* 4 samples a second and 3 bins: 0, 1 and 2 Hz. One filter over 0 to 2 Hz has its top at half of
   2 Hz in mel, a little below 1 Hz; the bin at 2 Hz counts nothing. */
static float one_filter(double square)
{
    double share = 2.0 * (1.0 - log1p(1.0 / 700.0) / log1p(2.0 / 700.0));
    return (float)(sqrt(2.0) * log(fmax(share * sqrt(square), 1e-12)));
}

Test(ops_audio, one_mel_filter)
{
    op_run run;
    mfcc(0, 2, 1, 1, OP_WITH(OP_TENSOR(kTfLiteInt32, 1), int32_t, 4), &run);
    op_set(&run, 0, (float[]){1e6f, 16, 1e-20f}, 12);
    op_invoke(&run);
    op_expect_floats(&run, 0, 4, TB_INTS(1, 1, 1), TB_FLOATS(one_filter(16)));
    op_set(&run, 0, (float[]){1e6f, 0, 0}, 12);
    op_invoke(&run);
    op_expect_floats(&run, 0, 4, TB_INTS(1, 1, 1), TB_FLOATS(one_filter(0)));
    op_close(&run);
}

Test(ops_audio, a_computed_sample_rate)
{
    op_run run;
    mfcc(0, 2, 1, 1, OP_TENSOR(kTfLiteInt32, 1), &run);
    op_set(&run, 0, (float[]){1e6f, 16, 0}, 12);
    op_set(&run, 1, (int32_t[]){4}, 4);
    op_invoke(&run);
    op_expect_floats(&run, 0, 4, TB_INTS(1, 1, 1), TB_FLOATS(one_filter(16)));
    op_set(&run, 1, (int32_t[]){2}, 4); /* up to 1 Hz: the filter would end above */
    op_invoke(&run);
    op_expect_floats(&run, 0, 0, TB_INTS(1, 1, 1), TB_FLOATS(0));
    op_set(&run, 1, (int32_t[]){0}, 4);
    op_invoke(&run);
    op_expect_refused(&run, "sample rate is 0");
    op_close(&run);
}

Test(ops_audio, mfcc_options_that_do_not_fit)
{
    const int64_t broken[][4] = {{2, 2, 1, 1}, {-1, 2, 1, 1}, {0, 2, 0, 0},
                                 {0, 2, 1, 2}, {0, 2, 1, 0},  {0, 2, INT64_MAX, INT64_MAX}};
    op_run run;
    for (int i = 0; i < 6; i++) {
        mfcc(broken[i][0], broken[i][1], broken[i][2], broken[i][3],
             OP_WITH(OP_TENSOR(kTfLiteInt32, 1), int32_t, 4), &run);
        op_expect_refused(&run, i < 2 ? "frequency limits" : "coefficients");
        op_close(&run);
    }
}

/* ---- NumericVerify ----------------------------------------------------------------------------- */

static void numeric_verify(double tolerance, bool log_if_failed, int references, op_run *run)
{
    const tb_flex_entry entries[] = {TB_FLEX_INT("log_if_failed", log_if_failed),
                                     TB_FLEX_FLOAT("tolerance", tolerance)};
    open_custom("NumericVerify", entries, 2,
                OP_LIST(OP_QUANTIZED(kTfLiteInt8, 0.5f, -2, 3), OP_FLOAT(references)), run);
}

Test(ops_audio, numeric_verify_subtracts_and_can_fail)
{
    const float reference[] = {1, 2, -3};
    op_run run;
    numeric_verify(5, false, 3, &run);
    op_set(&run, 0, (int8_t[]){0, 2, -8}, 3); /* 1, 2, -3 */
    op_set(&run, 1, reference, 12);
    op_invoke(&run);
    op_expect_floats(&run, 0, 0, TB_INTS(3), TB_FLOATS(0, 0, 0));
    op_set(&run, 0, (int8_t[]){2, 127, -128}, 3);
    op_invoke(&run);
    op_expect_floats(&run, 0, 0, TB_INTS(3), TB_FLOATS(1, 62.5f, -60));
    op_close(&run);
    numeric_verify(1.5, true, 3, &run); /* at most 0.75 */
    op_set(&run, 0, (int8_t[]){1, 2, -8}, 3);
    op_set(&run, 1, reference, 12);
    op_invoke(&run);
    op_expect_floats(&run, 0, 0, TB_INTS(3), TB_FLOATS(0.5f, 0, 0));
    op_set(&run, 0, (int8_t[]){2, 2, -8}, 3);
    op_invoke(&run);
    op_expect_refused(&run, "element 0 is 1, 1 away: more than 0.75");
    op_close(&run);
    numeric_verify(5, false, 2, &run);
    op_expect_refused(&run, "reference 2");
    op_close(&run);
}
