/*
 * From an item of a data set to the values of an input tensor, the same for every engine.
 *
 * Pictures: cut to the central part, resized, channels made to fit (grey is repeated; colours become
 * grey by 0.299 R + 0.587 G + 0.114 B), then real = (value - mean) / std. The default resize is the
 * one of TFLite's evaluation tools: bilinear in float, the upper left corners aligned (neither
 * align_corners nor half_pixel_centers), no smoothing before. Crop sizes and offsets are rounded half
 * away from zero, as theirs.
 *
 * An integer input takes round-half-even(real / scale + zero_point), clamped. Where neither mean nor
 * std is given, pictures go into float inputs by the model's own metadata where it has some, into 8-bit
 * inputs as they are (uint8: 0..255, int8: minus 128), as TFLite's tools do it, and arrays of the input's own type go in unchanged.
 */
#ifndef TB_BENCH_PREPROCESS_H
#define TB_BENCH_PREPROCESS_H

#include "bench/dataset.h"
#include "bench/engine.h"

typedef enum tb_resize {
    TB_RESIZE_BILINEAR,   /* corners aligned at the upper left: TFLite's tools */
    TB_RESIZE_HALF_PIXEL, /* bilinear, pixel centres aligned: most Python libraries */
    TB_RESIZE_NEAREST
} tb_resize;

/* "bilinear", "half-pixel", "nearest"; TB_USAGE for another text. */
tb_status tb_resize_parse(const char *text, tb_error *err, tb_resize *out);

typedef struct tb_preprocess {
    int mean_count, std_count; /* 0: not given; 1: for all channels; or one a channel */
    double mean[4], std[4];
    /* What the model's metadata says, for pictures that go into float inputs where neither of the above
       is given; 0: nothing. */
    int model_count;
    double model_mean[4], model_std[4];
    double crop;      /* share of each side that is kept; 0: all */
    bool square_crop; /* of the shorter side */
    tb_resize resize;
} tb_preprocess;

/* Makes `input->bytes` bytes. The message names what does not fit. */
tb_status tb_preprocess_item(const tb_preprocess *preprocess, const tb_dataset_item *item,
                             const tb_io *input, tb_error *err, void *out);

/* Real values into an input of any numeric type. */
tb_status tb_preprocess_reals(const double *reals, size_t count, const tb_io *input, tb_error *err,
                              void *out);

#endif
