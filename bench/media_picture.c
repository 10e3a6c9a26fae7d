/* JPEG, PNG and BMP through their libraries; see media.h. */
#include <png.h>
#include <stb/stb_image.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <turbojpeg.h>

#include "bench/media.h"
#include "runtime/base/size.h"

#define MAX_VALUES ((size_t)1 << 28)

static tb_status take_pixels(int width, int height, int channels, tb_error *err, tb_picture *out)
{
    size_t count;
    if (width <= 0 || height <= 0)
        return tb_fail(err, TB_CORRUPT, "the picture is %d by %d pixels", width, height);
    if (!tb_mul_size((size_t)width, (size_t)height, &count) ||
        !tb_mul_size(count, (size_t)channels, &count) || count > MAX_VALUES)
        return tb_fail(err, TB_UNSUPPORTED, "a picture of %d by %d pixels is larger than is read",
                       width, height);
    *out = (tb_picture){width, height, channels, malloc(count)};
    return out->pixels ? TB_OK : tb_fail(err, TB_NO_MEMORY, "out of memory for a picture");
}

void tb_picture_free(tb_picture *picture)
{
    free(picture->pixels);
    *picture = (tb_picture){0};
}

/* ---- JPEG -------------------------------------------------------------------------------------- */

static tb_status jpeg_failed(tjhandle handle, tb_picture *out, tb_error *err)
{
    tb_status status = tb_fail(err, TB_CORRUPT, "not a sound JPEG: %s", tjGetErrorStr2(handle));
    tb_picture_free(out);
    tjDestroy(handle);
    return status;
}

static tb_status decode_jpeg(const void *bytes, size_t size, tb_error *err, tb_picture *out)
{
    int width, height, subsampling, colours;
    tjhandle handle = tjInitDecompress();
    if (!handle)
        return tb_fail(err, TB_NO_MEMORY, "out of memory for the JPEG library");
    if (tjDecompressHeader3(handle, bytes, (unsigned long)size, &width, &height, &subsampling,
                            &colours) != 0)
        return jpeg_failed(handle, out, err);
    bool grey = colours == TJCS_GRAY;
    tb_status status = take_pixels(width, height, grey ? 1 : 3, err, out);
    if (status != TB_OK) {
        tjDestroy(handle);
        return status;
    }
    /* A warning (a file that ends early, say) counts as an error: half a picture is none. */
    if (tjDecompress2(handle, bytes, (unsigned long)size, out->pixels, width, 0, height,
                      grey ? TJPF_GRAY : TJPF_RGB, TJFLAG_ACCURATEDCT) != 0)
        return jpeg_failed(handle, out, err);
    tjDestroy(handle);
    return TB_OK;
}

/* ---- PNG --------------------------------------------------------------------------------------- */

static tb_status png_failed(png_image *image, tb_picture *out, tb_error *err)
{
    tb_status status = tb_fail(err, TB_CORRUPT, "not a sound PNG: %s", image->message);
    tb_picture_free(out);
    png_image_free(image);
    return status;
}

static tb_status decode_png(const void *bytes, size_t size, bool indices, tb_error *err,
                            tb_picture *out)
{
    png_image image = {.version = PNG_IMAGE_VERSION};
    if (!png_image_begin_read_from_memory(&image, bytes, size))
        return png_failed(&image, out, err);
    bool paletted = (image.format & PNG_FORMAT_FLAG_COLORMAP) != 0;
    bool colour = (image.format & PNG_FORMAT_FLAG_COLOR) != 0;
    bool alpha = (image.format & PNG_FORMAT_FLAG_ALPHA) != 0;
    int channels = indices && paletted ? 1 : colour ? 3 : 1;
    /* What the library writes: with the alpha channel, else it would blend. */
    int stride = indices && paletted ? 1 : channels + alpha;
    if (image.width > INT32_MAX || image.height > INT32_MAX) {
        png_image_free(&image);
        return tb_fail(err, TB_UNSUPPORTED, "the picture is larger than is read");
    }
    int width = (int)image.width, height = (int)image.height;
    tb_status status = take_pixels(width, height, stride, err, out);
    if (status != TB_OK) {
        png_image_free(&image);
        return status;
    }
    png_byte colours[256 * 4];
    if (indices && paletted)
        image.format = PNG_FORMAT_RGBA_COLORMAP;
    else
        image.format =
            (colour ? PNG_FORMAT_RGB : PNG_FORMAT_GRAY) | (alpha ? PNG_FORMAT_FLAG_ALPHA : 0);
    if (!png_image_finish_read(&image, NULL, out->pixels, 0, colours))
        return png_failed(&image, out, err);
    size_t count = (size_t)width * (size_t)height;
    for (size_t p = 0; stride != channels && p < count; p++)
        memmove(out->pixels + p * (size_t)channels, out->pixels + p * (size_t)stride,
                (size_t)channels);
    out->channels = channels;
    return TB_OK;
}

/* ---- BMP --------------------------------------------------------------------------------------- */

static tb_status decode_bmp(const void *bytes, size_t size, tb_error *err, tb_picture *out)
{
    int width, height, stored;
    if (size > INT32_MAX)
        return tb_fail(err, TB_UNSUPPORTED, "a BMP of more than 2 GiB");
    if (!stbi_info_from_memory(bytes, (int)size, &width, &height, &stored))
        return tb_fail(err, TB_CORRUPT, "not a sound BMP: %s", stbi_failure_reason());
    tb_status status = take_pixels(width, height, 3, err, out);
    if (status != TB_OK)
        return status;
    stbi_uc *pixels = stbi_load_from_memory(bytes, (int)size, &width, &height, &stored, 3);
    if (!pixels) {
        tb_picture_free(out);
        return tb_fail(err, TB_CORRUPT, "not a sound BMP: %s", stbi_failure_reason());
    }
    size_t count = (size_t)width * (size_t)height;
    bool grey = true;
    for (size_t p = 0; p < count && grey; p++)
        grey = pixels[p * 3] == pixels[p * 3 + 1] && pixels[p * 3] == pixels[p * 3 + 2];
    memcpy(out->pixels, pixels, count * 3);
    stbi_image_free(pixels);
    /* A BMP has no notion of grey but a palette of greys. */
    out->channels = grey ? 1 : 3;
    for (size_t p = 0; grey && p < count; p++)
        out->pixels[p] = out->pixels[p * 3];
    return TB_OK;
}

/* ---- any --------------------------------------------------------------------------------------- */

static bool starts_with(const void *bytes, size_t size, const char *magic, size_t length)
{
    return size >= length && memcmp(bytes, magic, length) == 0;
}

static tb_status decode(const void *bytes, size_t size, bool indices, tb_error *err,
                        tb_picture *out)
{
    *out = (tb_picture){0};
    if (starts_with(bytes, size, "\xff\xd8", 2))
        return decode_jpeg(bytes, size, err, out);
    if (starts_with(bytes, size, "\x89PNG\r\n\x1a\n", 8))
        return decode_png(bytes, size, indices, err, out);
    if (starts_with(bytes, size, "BM", 2))
        return decode_bmp(bytes, size, err, out);
    return tb_fail(err, TB_CORRUPT, "neither a JPEG, a PNG nor a BMP");
}

tb_status tb_picture_decode(const void *bytes, size_t size, tb_error *err, tb_picture *out)
{
    return decode(bytes, size, false, err, out);
}

tb_status tb_picture_decode_indices(const void *bytes, size_t size, tb_error *err, tb_picture *out)
{
    return decode(bytes, size, true, err, out);
}

static bool ends_with_one_of(const char *name, const char *const *endings, size_t count)
{
    const char *dot = strrchr(name, '.');
    for (size_t k = 0; dot && k < count; k++)
        if (strcasecmp(dot, endings[k]) == 0)
            return true;
    return false;
}

bool tb_name_is_picture(const char *name)
{
    static const char *const endings[] = {".jpg", ".jpeg", ".png", ".bmp"};
    return ends_with_one_of(name, endings, TB_COUNT_OF(endings));
}

bool tb_name_is_sound(const char *name)
{
    static const char *const endings[] = {".wav", ".flac"};
    return ends_with_one_of(name, endings, TB_COUNT_OF(endings));
}
