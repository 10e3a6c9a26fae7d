/*
 * Pictures and sound as people store them, decoded by libraries: JPEG (libjpeg-turbo, the accurate
 * integer transform, smooth chroma upsampling: what TFLite's evaluation tools use), PNG (libpng),
 * BMP (stb_image), and whatever libsndfile reads. The same bytes give the same values on every run.
 */
#ifndef TB_BENCH_MEDIA_H
#define TB_BENCH_MEDIA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "runtime/base/status.h"

/* Rows from the top, channels interleaved: grey, or red, green, blue. Transparency is dropped: the
   colours are taken as they are stored. */
typedef struct tb_picture {
    int width, height;
    int channels; /* 1 or 3 */
    uint8_t *pixels;
} tb_picture;

/* Bytes of a picture of any kind; larger than 2^28 values is TB_UNSUPPORTED. Messages do not name
   the file. */
tb_status tb_picture_decode(const void *bytes, size_t size, tb_error *err, tb_picture *out);
void tb_picture_free(tb_picture *picture);

/* The indices of a paletted PNG as one channel, for masks whose colours only illustrate them; any
   other picture as tb_picture_decode. */
tb_status tb_picture_decode_indices(const void *bytes, size_t size, tb_error *err, tb_picture *out);

/* Samples in [-1, 1), channels averaged to one. */
typedef struct tb_sound {
    int rate_hz;
    size_t count;
    float *samples;
} tb_sound;

/* At most 2^28 frames. Messages do not name the file. */
tb_status tb_sound_decode(const void *bytes, size_t size, tb_error *err, tb_sound *out);
void tb_sound_free(tb_sound *sound);

/* By the name's end: .jpg .jpeg .png .bmp; .wav .flac. */
bool tb_name_is_picture(const char *name);
bool tb_name_is_sound(const char *name);

#endif
