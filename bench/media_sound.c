/* Sound files through libsndfile, out of memory; see media.h. */
#include <sndfile.h>
#include <stdlib.h>
#include <string.h>

#include "bench/media.h"
#include "runtime/base/size.h"

#define MAX_FRAMES   ((sf_count_t)1 << 28)
#define MAX_CHANNELS 64

/* A file in memory, as the library wants to read it. */
typedef struct memory_file {
    const char *bytes;
    sf_count_t size, at;
} memory_file;

static sf_count_t file_size(void *context)
{
    return ((memory_file *)context)->size;
}

static sf_count_t file_seek(sf_count_t offset, int whence, void *context)
{
    memory_file *file = context;
    sf_count_t from = whence == SEEK_SET ? 0 : whence == SEEK_CUR ? file->at : file->size;
    sf_count_t to;
    if (__builtin_add_overflow(from, offset, &to) || to < 0 || to > file->size)
        return -1;
    return file->at = to;
}

static sf_count_t file_read(void *out, sf_count_t count, void *context)
{
    memory_file *file = context;
    sf_count_t left = file->size - file->at;
    sf_count_t taken = count < left ? count : left;
    memcpy(out, file->bytes + file->at, (size_t)taken);
    file->at += taken;
    return taken;
}

static sf_count_t file_tell(void *context)
{
    return ((memory_file *)context)->at;
}

static tb_status read_frames(SNDFILE *sound, const SF_INFO *info, tb_error *err, tb_sound *out)
{
    enum { FRAMES = 1024 };
    float *piece = malloc((size_t)FRAMES * (size_t)info->channels * sizeof *piece);
    *out = (tb_sound){.rate_hz = info->samplerate,
                      .samples = malloc(((size_t)info->frames + 1) * sizeof(float))};
    if (!piece || !out->samples) {
        free(piece);
        tb_sound_free(out);
        return tb_fail(err, TB_NO_MEMORY, "out of memory for a sound");
    }
    sf_count_t got;
    while (out->count < (size_t)info->frames && (got = sf_readf_float(sound, piece, FRAMES)) > 0)
        for (sf_count_t f = 0; f < got && out->count < (size_t)info->frames; f++) {
            float sum = 0;
            for (int c = 0; c < info->channels; c++)
                sum += piece[f * info->channels + c];
            out->samples[out->count++] = sum / (float)info->channels;
        }
    free(piece);
    if (out->count == (size_t)info->frames)
        return TB_OK;
    tb_status status = tb_fail(err, TB_CORRUPT, "the sound ends after %zu of %lld frames",
                               out->count, (long long)info->frames);
    tb_sound_free(out);
    return status;
}

tb_status tb_sound_decode(const void *bytes, size_t size, tb_error *err, tb_sound *out)
{
    static SF_VIRTUAL_IO access = {
        .get_filelen = file_size, .seek = file_seek, .read = file_read, .tell = file_tell};
    memory_file file = {.bytes = bytes, .size = (sf_count_t)size};
    SF_INFO info = {0};
    *out = (tb_sound){0};
    SNDFILE *sound = sf_open_virtual(&access, SFM_READ, &info, &file);
    if (!sound)
        return tb_fail(err, TB_CORRUPT, "not a sound that can be read: %s", sf_strerror(NULL));
    tb_status status;
    if (info.frames < 0 || info.frames > MAX_FRAMES || info.channels < 1 ||
        info.channels > MAX_CHANNELS)
        status = tb_fail(err, TB_UNSUPPORTED, "a sound of %lld frames in %d channels",
                         (long long)info.frames, info.channels);
    else
        status = read_frames(sound, &info, err, out);
    sf_close(sound);
    return status;
}

void tb_sound_free(tb_sound *sound)
{
    free(sound->samples);
    *sound = (tb_sound){0};
}
