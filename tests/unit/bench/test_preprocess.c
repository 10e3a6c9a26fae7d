/* Pictures and arrays into input tensors: resizing against values worked out by hand, rounding, and
   what does not fit. Decoding: small files of each kind, whole and cut. */
#include <criterion/criterion.h>
#include <string.h>

#include "bench/media.h"
#include "bench/preprocess.h"

static tb_io input_of(TfLiteType type, int height, int width, int channels, size_t element,
                      void *data)
{
    return (tb_io){.name = "in",
                   .type = type,
                   .rank = 4,
                   .dims = {1, height, width, channels},
                   .data = data,
                   .bytes = (size_t)height * (size_t)width * (size_t)channels * element};
}

static tb_dataset_item picture_of(const uint8_t *pixels, int height, int width, int channels)
{
    return (tb_dataset_item){.type = kTfLiteUInt8,
                             .rank = 3,
                             .dims = {height, width, channels},
                             .data = pixels,
                             .bytes = (size_t)height * (size_t)width * (size_t)channels,
                             .is_picture = true};
}

static void expect_floats(const tb_preprocess *how, const tb_dataset_item *item, int height,
                          int width, const float *wanted)
{
    float got[64];
    tb_error err = TB_ERROR_NONE;
    tb_io input = input_of(kTfLiteFloat32, height, width, 1, 4, got);
    cr_assert_eq(tb_preprocess_item(how, item, &input, &err, got), TB_OK, "%s", err.text);
    for (int k = 0; k < height * width; k++)
        cr_expect_float_eq(got[k], wanted[k], 1e-4, "%d: %g, not %g", k, (double)got[k],
                           (double)wanted[k]);
}

Test(preprocess, the_corner_rules_of_resizing)
{
    const uint8_t row[2] = {0, 100};
    tb_dataset_item item = picture_of(row, 1, 2, 1);
    /* Sources 0, 0.5, 1, 1.5 and -0.25, 0.25, 0.75, 1.25. */
    expect_floats(&(tb_preprocess){0}, &item, 1, 4, (float[]){0, 50, 100, 100});
    expect_floats(&(tb_preprocess){.resize = TB_RESIZE_HALF_PIXEL}, &item, 1, 4,
                  (float[]){0, 25, 75, 100});
    expect_floats(&(tb_preprocess){.resize = TB_RESIZE_NEAREST}, &item, 1, 4,
                  (float[]){0, 0, 100, 100});
}

Test(preprocess, the_central_part_is_kept)
{
    const uint8_t grid[16] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    tb_dataset_item item = picture_of(grid, 4, 4, 1);
    expect_floats(&(tb_preprocess){.crop = 0.5}, &item, 2, 2, (float[]){5, 6, 9, 10});
    tb_dataset_item wide = picture_of(grid, 2, 8, 1);
    /* Two by two in the middle of eight: columns 3 and 4. */
    expect_floats(&(tb_preprocess){.crop = 1, .square_crop = true}, &wide, 2, 2,
                  (float[]){3, 4, 11, 12});
}

Test(preprocess, the_models_own_normalisation_where_none_is_asked_for)
{
    const uint8_t pixel[1] = {30};
    tb_dataset_item item = picture_of(pixel, 1, 1, 1);
    tb_preprocess how = {.model_count = 1, .model_mean = {10}, .model_std = {10}};
    expect_floats(&how, &item, 1, 1, (float[]){2});
    how.mean_count = 1;
    expect_floats(&how, &item, 1, 1, (float[]){30});
    how.mean_count = 0;
    uint8_t got[1];
    tb_error err = TB_ERROR_NONE;
    tb_io input = input_of(kTfLiteUInt8, 1, 1, 1, 1, got);
    cr_assert_eq(tb_preprocess_item(&how, &item, &input, &err, got), TB_OK, "%s", err.text);
    cr_expect_eq(got[0], 30, "an 8-bit input takes pixels as they are");
}

Test(preprocess, mean_and_std_by_channel_and_grey)
{
    const uint8_t pixel[3] = {10, 20, 30};
    tb_dataset_item item = picture_of(pixel, 1, 1, 3);
    float got[3];
    tb_error err = TB_ERROR_NONE;
    tb_io input = input_of(kTfLiteFloat32, 1, 1, 3, 4, got);
    tb_preprocess how = {.mean_count = 3, .mean = {10, 10, 10}, .std_count = 1, .std = {10}};
    cr_assert_eq(tb_preprocess_item(&how, &item, &input, &err, got), TB_OK, "%s", err.text);
    cr_expect(got[0] == 0 && got[1] == 1 && got[2] == 2);
    expect_floats(&(tb_preprocess){0}, &item, 1, 1, (float[]){2.99f + 11.74f + 3.42f});
    how.mean_count = 2;
    cr_expect_eq(tb_preprocess_item(&how, &item, &input, &err, got), TB_USAGE);
}

Test(preprocess, integers_round_half_to_even_and_are_clamped)
{
    int8_t got[5];
    tb_error err = TB_ERROR_NONE;
    tb_io input = {.name = "in", .type = kTfLiteInt8, .scale = 0.5f, .zero_point = 1, .data = got};
    const double reals[5] = {0.25, 0.75, -0.25, 1000, -1000};
    cr_assert_eq(tb_preprocess_reals(reals, 5, &input, &err, got), TB_OK);
    cr_expect(got[0] == 2 && got[1] == 2 && got[2] == 0 && got[3] == 127 && got[4] == -128,
              "%d %d %d %d %d", got[0], got[1], got[2], got[3], got[4]);
}

Test(preprocess, pictures_go_into_bytes_as_they_are)
{
    const uint8_t pixels[3] = {0, 128, 255};
    tb_dataset_item item = picture_of(pixels, 1, 3, 1);
    int8_t low[3];
    uint8_t plain[3];
    tb_error err = TB_ERROR_NONE;
    tb_io input = input_of(kTfLiteInt8, 1, 3, 1, 1, low);
    input.scale = 0.0078f;
    input.zero_point = -1;
    cr_assert_eq(tb_preprocess_item(&(tb_preprocess){0}, &item, &input, &err, low), TB_OK);
    cr_expect(low[0] == -128 && low[1] == 0 && low[2] == 127);
    input = input_of(kTfLiteUInt8, 1, 3, 1, 1, plain);
    input.scale = 0.0078f;
    input.zero_point = 127;
    cr_assert_eq(tb_preprocess_item(&(tb_preprocess){0}, &item, &input, &err, plain), TB_OK);
    cr_expect_arr_eq(plain, pixels, 3);
}

Test(preprocess, what_does_not_fit_is_refused)
{
    const int8_t values[4] = {1, 2, 3, 4};
    int8_t got[4];
    tb_error err = TB_ERROR_NONE;
    tb_dataset_item item = {
        .type = kTfLiteInt8, .rank = 1, .dims = {4}, .data = values, .bytes = 4};
    tb_io input = {.name = "in", .type = kTfLiteInt8, .rank = 1, .dims = {3}, .bytes = 3};
    cr_expect_eq(tb_preprocess_item(&(tb_preprocess){0}, &item, &input, &err, got), TB_MISMATCH);
    input.dims[0] = 4;
    input.bytes = 4;
    cr_expect_eq(tb_preprocess_item(&(tb_preprocess){0}, &item, &input, &err, got), TB_OK);
    cr_expect_arr_eq(got, values, 4);
    const uint8_t pixel = 1;
    tb_dataset_item picture = picture_of(&pixel, 1, 1, 1);
    cr_expect_eq(tb_preprocess_item(&(tb_preprocess){0}, &picture, &input, &err, got),
                 TB_UNSUPPORTED);
}

/* ---- decoding ---------------------------------------------------------------------------------- */

/* 2 x 1 pixels, grey 8 bit: 0 and 255. */
static const uint8_t png[] = {
    0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0x00, 0x00, 0x00, 0x0d, 0x49, 0x48,
    0x44, 0x52, 0x00, 0x00, 0x00, 0x02, 0x00, 0x00, 0x00, 0x01, 0x08, 0x00, 0x00, 0x00,
    0x00, 0xd1, 0x49, 0x20, 0x56, 0x00, 0x00, 0x00, 0x0b, 0x49, 0x44, 0x41, 0x54, 0x78,
    0x9c, 0x63, 0x60, 0xf8, 0x0f, 0x00, 0x01, 0x02, 0x01, 0x00, 0x42, 0xbe, 0xbc, 0x68,
    0x00, 0x00, 0x00, 0x00, 0x49, 0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82};

Test(media, a_png_and_a_cut_one)
{
    tb_picture picture;
    tb_error err = TB_ERROR_NONE;
    for (size_t size = 0; size + 12 < sizeof png; size++) {
        cr_expect_eq(tb_picture_decode(png, size, &err, &picture), TB_CORRUPT, "%zu", size);
        cr_expect_null(picture.pixels);
    }
    cr_assert_eq(tb_picture_decode(png, sizeof png, &err, &picture), TB_OK, "%s", err.text);
    cr_expect(picture.width == 2 && picture.height == 1 && picture.channels == 1);
    cr_expect(picture.pixels[0] == 0 && picture.pixels[1] == 255);
    tb_picture_free(&picture);
}

/* One second's beginning: 16-bit mono, 8 kHz, the samples 0 and -32768. */
static const uint8_t wav[] = {'R',  'I',  'F', 'F', 40,   0,    0, 0, 'W', 'A', 'V', 'E',
                              'f',  'm',  't', ' ', 16,   0,    0, 0, 1,   0,   1,   0,
                              0x40, 0x1f, 0,   0,   0x80, 0x3e, 0, 0, 2,   0,   16,  0,
                              'd',  'a',  't', 'a', 4,    0,    0, 0, 0,   0,   0,   0x80};

Test(media, a_sound)
{
    tb_sound sound;
    tb_error err = TB_ERROR_NONE;
    cr_assert_eq(tb_sound_decode(wav, sizeof wav, &err, &sound), TB_OK, "%s", err.text);
    cr_expect_eq(sound.rate_hz, 8000);
    cr_assert_eq(sound.count, 2);
    cr_expect(sound.samples[0] == 0 && sound.samples[1] == -1);
    tb_sound_free(&sound);
    cr_expect_eq(tb_sound_decode("nothing", 7, &err, &sound), TB_CORRUPT);
    cr_expect_eq(tb_picture_decode("nothing", 7, &err, &(tb_picture){0}), TB_CORRUPT);
}
