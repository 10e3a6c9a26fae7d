/* Items into input tensors; see preprocess.h. */
#include "bench/preprocess.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench/case_type.h"
#include "runtime/base/size.h"

static const struct {
    const char *name;
    tb_resize resize;
} resizes[] = {
    {"bilinear", TB_RESIZE_BILINEAR},
    {"half-pixel", TB_RESIZE_HALF_PIXEL},
    {"nearest", TB_RESIZE_NEAREST},
};

tb_status tb_resize_parse(const char *text, tb_error *err, tb_resize *out)
{
    for (size_t k = 0; k < TB_COUNT_OF(resizes); k++)
        if (strcmp(text, resizes[k].name) == 0) {
            *out = resizes[k].resize;
            return TB_OK;
        }
    return tb_fail(err, TB_USAGE, "--resize %s: goes bilinear, half-pixel or nearest", text);
}

static tb_status no_memory(tb_error *err)
{
    return tb_fail(err, TB_NO_MEMORY, "out of memory for an item's values");
}

/* ---- values into a tensor ---------------------------------------------------------------------- */

static tb_status no_such_input(const tb_io *input, tb_error *err)
{
    return tb_fail(err, TB_UNSUPPORTED, "input '%s' is of type %s, which takes no such items",
                   input->name ? input->name : "", tb_case_type_name(input->type));
}

/* nearbyint rounds half to even in the mode that C starts in. */
static double quantised(double real, const tb_io *input, double low, double high)
{
    double scale = input->scale != 0 ? (double)input->scale : 1;
    double stored = nearbyint(real / scale + (double)input->zero_point);
    return stored < low ? low : stored > high ? high : stored == stored ? stored : low;
}

tb_status tb_preprocess_reals(const double *reals, size_t count, const tb_io *input, tb_error *err,
                              void *out)
{
    for (size_t k = 0; k < count; k++) {
        switch (input->type) {
        case kTfLiteFloat32:
            ((float *)out)[k] = (float)reals[k];
            break;
        case kTfLiteUInt8:
            ((uint8_t *)out)[k] = (uint8_t)quantised(reals[k], input, 0, UINT8_MAX);
            break;
        case kTfLiteInt8:
            ((int8_t *)out)[k] = (int8_t)quantised(reals[k], input, INT8_MIN, INT8_MAX);
            break;
        case kTfLiteInt16:
            ((int16_t *)out)[k] = (int16_t)quantised(reals[k], input, INT16_MIN, INT16_MAX);
            break;
        case kTfLiteInt32:
            ((int32_t *)out)[k] = (int32_t)quantised(reals[k], input, INT32_MIN, INT32_MAX);
            break;
        default:
            return no_such_input(input, err);
        }
    }
    return TB_OK;
}

static size_t elements_of(const tb_io *input)
{
    size_t count = 1;
    for (int k = 0; k < input->rank; k++)
        count *= (size_t)input->dims[k];
    return count;
}

/* ---- pictures ---------------------------------------------------------------------------------- */

/* A part of a picture. */
typedef struct view {
    const uint8_t *pixels;
    int stride; /* values a row */
    int width, height, channels;
} view;

static tb_status crop(const tb_preprocess *preprocess, view *v, tb_error *err)
{
    if (preprocess->crop <= 0)
        return TB_OK;
    int height = (int)round(preprocess->crop * v->height);
    int width = (int)round(preprocess->crop * v->width);
    if (preprocess->square_crop)
        height = width = height < width ? height : width;
    if (width < 1 || height < 1 || width > v->width || height > v->height)
        return tb_fail(err, TB_UNSUPPORTED, "--crop leaves nothing of %d by %d pixels", v->width,
                       v->height);
    int left = (int)round((v->width - width) / 2.0), top = (int)round((v->height - height) / 2.0);
    left = left + width > v->width ? v->width - width : left;
    top = top + height > v->height ? v->height - height : top;
    v->pixels += (size_t)top * (size_t)v->stride + (size_t)left * (size_t)v->channels;
    v->width = width;
    v->height = height;
    return TB_OK;
}

/* Where an output coordinate lies in the source: between `low` and `high`, `share` of the latter. */
typedef struct tap {
    int low, high;
    float share;
} tap;

static tap find_tap(tb_resize resize, int at, int from, int to)
{
    float scale = (float)from / (float)to;
    if (resize == TB_RESIZE_NEAREST) {
        int nearest = (int)floorf((float)at * scale);
        nearest = nearest < from ? nearest : from - 1;
        return (tap){nearest, nearest, 0};
    }
    float source =
        resize == TB_RESIZE_HALF_PIXEL ? ((float)at + 0.5f) * scale - 0.5f : (float)at * scale;
    int low = (int)floorf(source);
    float share = source - (float)low;
    int high = low + 1 < from ? low + 1 : from - 1;
    low = low < 0 ? 0 : low < from ? low : from - 1;
    return (tap){low, high, share};
}

static float value_at(const view *v, int y, int x, int c)
{
    return (float)
        v->pixels[(size_t)y * (size_t)v->stride + (size_t)x * (size_t)v->channels + (size_t)c];
}

static float sample(const view *v, tap y, tap x, int c)
{
    float top =
        value_at(v, y.low, x.low, c) * (1 - x.share) + value_at(v, y.low, x.high, c) * x.share;
    float bottom =
        value_at(v, y.high, x.low, c) * (1 - x.share) + value_at(v, y.high, x.high, c) * x.share;
    return top * (1 - y.share) + bottom * y.share;
}

/* One output value: the picture's channels made to fit. */
static double channel_value(const view *v, tap y, tap x, int c, int channels)
{
    if (v->channels == channels)
        return (double)sample(v, y, x, c);
    if (v->channels == 1)
        return (double)sample(v, y, x, 0);
    return 0.299 * (double)sample(v, y, x, 0) + 0.587 * (double)sample(v, y, x, 1) +
           0.114 * (double)sample(v, y, x, 2);
}

static double part(const double *values, int count, int c, double otherwise)
{
    return count == 0 ? otherwise : values[count == 1 ? 0 : c];
}

/* Into which real value a stored picture value goes without mean and std: see the header. */
static double as_it_is(double value, const tb_io *input)
{
    if (input->type != kTfLiteUInt8 && input->type != kTfLiteInt8)
        return value;
    double stored = nearbyint(value) - (input->type == kTfLiteInt8 ? 128 : 0);
    double scale = input->scale != 0 ? (double)input->scale : 1;
    return (stored - input->zero_point) * scale;
}

/* The model's own normalisation in the place of none. */
static void use_metadata(tb_preprocess *preprocess, const tb_io *input)
{
    if (preprocess->mean_count || preprocess->std_count || input->type != kTfLiteFloat32)
        return;
    preprocess->mean_count = preprocess->std_count = preprocess->model_count;
    memcpy(preprocess->mean, preprocess->model_mean, sizeof preprocess->mean);
    memcpy(preprocess->std, preprocess->model_std, sizeof preprocess->std);
}

static tb_status put_picture(const tb_preprocess *asked, const tb_dataset_item *item,
                             const tb_io *input, tb_error *err, void *out)
{
    tb_preprocess with_metadata = *asked, *preprocess = &with_metadata;
    use_metadata(preprocess, input);
    int channels = input->rank > 0 ? input->dims[input->rank - 1] : 0;
    if (input->rank != 4 || input->dims[0] != 1 || (channels != 1 && channels != 3))
        return tb_fail(err, TB_UNSUPPORTED,
                       "a picture goes into an input of shape [1, height, width, 1 or 3]; input "
                       "'%s' has another",
                       input->name ? input->name : "");
    if ((preprocess->mean_count > 1 && preprocess->mean_count != channels) ||
        (preprocess->std_count > 1 && preprocess->std_count != channels))
        return tb_fail(err, TB_USAGE,
                       "--mean and --std take one number, or one for each of %d "
                       "channels",
                       channels);
    view v = {item->data, item->dims[1] * item->dims[2], item->dims[1], item->dims[0],
              item->dims[2]};
    tb_status status = crop(preprocess, &v, err);
    if (status != TB_OK)
        return status;
    int height = input->dims[1], width = input->dims[2];
    bool plain = !preprocess->mean_count && !preprocess->std_count;
    size_t row_count = (size_t)width * (size_t)channels;
    double *row = malloc((row_count + 1) * sizeof *row);
    tap *taps = malloc(((size_t)width + 1) * sizeof *taps);
    if (!row || !taps)
        status = no_memory(err);
    for (int x = 0; status == TB_OK && x < width; x++)
        taps[x] = find_tap(preprocess->resize, x, v.width, width);
    size_t row_bytes = height ? input->bytes / (size_t)height : 0;
    for (int y = 0; status == TB_OK && y < height; y++) {
        tap down = find_tap(preprocess->resize, y, v.height, height);
        for (int x = 0; x < width; x++)
            for (int c = 0; c < channels; c++) {
                double value = channel_value(&v, down, taps[x], c, channels);
                double mean = part(preprocess->mean, preprocess->mean_count, c, 0);
                double std = part(preprocess->std, preprocess->std_count, c, 1);
                row[(size_t)x * (size_t)channels + (size_t)c] =
                    plain ? as_it_is(value, input) : (value - mean) / std;
            }
        status =
            tb_preprocess_reals(row, row_count, input, err, (char *)out + (size_t)y * row_bytes);
    }
    free(row);
    free(taps);
    return status;
}

/* ---- arrays ------------------------------------------------------------------------------------ */

static tb_status put_array(const tb_preprocess *preprocess, const tb_dataset_item *item,
                           const tb_io *input, tb_error *err, void *out)
{
    const tb_case_type *type = tb_case_type_of(item->type);
    size_t count = tb_case_type_numbers(item->type, item->bytes), wanted = elements_of(input);
    bool plain = !preprocess->mean_count && !preprocess->std_count;
    /* A sound of another length is cut or followed by silence. */
    bool may_differ = item->rate_hz != 0;
    if (count != wanted && !may_differ)
        return tb_fail(err, TB_MISMATCH, "%zu values for input '%s', which takes %zu", count,
                       input->name ? input->name : "", wanted);
    if (plain && item->type == input->type && item->bytes == input->bytes) {
        memcpy(out, item->data, item->bytes);
        return TB_OK;
    }
    double *reals = calloc(wanted + 1, sizeof *reals);
    if (!reals)
        return no_memory(err);
    double mean = part(preprocess->mean, preprocess->mean_count, 0, 0);
    double std = part(preprocess->std, preprocess->std_count, 0, 1);
    for (size_t k = 0; k < wanted && k < count; k++) {
        tb_number number = tb_case_type_read(item->type, item->data, k);
        reals[k] = (tb_number_value(type->kind, &number) - mean) / std;
    }
    tb_status status = tb_preprocess_reals(reals, wanted, input, err, out);
    free(reals);
    return status;
}

tb_status tb_preprocess_item(const tb_preprocess *preprocess, const tb_dataset_item *item,
                             const tb_io *input, tb_error *err, void *out)
{
    return item->is_picture ? put_picture(preprocess, item, input, err, out)
                            : put_array(preprocess, item, input, err, out);
}
