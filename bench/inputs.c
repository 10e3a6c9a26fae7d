/* Inputs from files or from a seed; see inputs.h. */
#include "bench/inputs.h"

#include <stdlib.h>
#include <string.h>

#include "bench/preprocess.h"
#include "runtime/base/os.h"
#include "runtime/base/size.h"

/* splitmix64 (Steele, Lea, Flood 2014). */
static uint64_t next_random(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

/* ---- values by type ---------------------------------------------------------------------------- */

/* 24 random bits: exact in a float, and above the bits that halves drop. */
static float unit_float(uint64_t *state)
{
    return (float)(int32_t)(next_random(state) >> 40) * 0x1p-23f - 1.0f;
}

static void fill_f32(void *data, size_t count, uint64_t *state)
{
    float *out = data;
    for (size_t k = 0; k < count; k++)
        out[k] = unit_float(state);
}

static void fill_f64(void *data, size_t count, uint64_t *state)
{
    double *out = data;
    for (size_t k = 0; k < count; k++)
        out[k] = (double)unit_float(state);
}

/* Halves in [-1, 1) without conversion: a random sign, an exponent that halves its chance with
   every step down, a random mantissa. */
static uint16_t random_small_float(uint64_t *state, int exponent_bias, int mantissa_bits)
{
    uint64_t bits = next_random(state);
    int exponent = exponent_bias - 1;
    for (int step = 0; step < 12 && (bits >> (20 + step) & 1); step++)
        exponent--;
    unsigned mantissa = (unsigned)bits & ((1u << mantissa_bits) - 1);
    unsigned sign = (unsigned)(bits >> 63) << 15;
    return (uint16_t)(sign | (unsigned)exponent << mantissa_bits | mantissa);
}

static void fill_f16(void *data, size_t count, uint64_t *state)
{
    uint16_t *out = data;
    for (size_t k = 0; k < count; k++)
        out[k] = random_small_float(state, 15, 10);
}

static void fill_bf16(void *data, size_t count, uint64_t *state)
{
    uint16_t *out = data;
    for (size_t k = 0; k < count; k++)
        out[k] = random_small_float(state, 127, 7);
}

static void fill_bytes(void *data, size_t count, uint64_t *state)
{
    uint8_t *out = data;
    for (size_t k = 0; k < count; k++)
        out[k] = (uint8_t)(next_random(state) >> 56);
}

/* Both bytes of 16-bit integers are random. */
static void fill_words(void *data, size_t count, uint64_t *state)
{
    uint16_t *out = data;
    for (size_t k = 0; k < count; k++)
        out[k] = (uint16_t)(next_random(state) >> 48);
}

static void fill_bool(void *data, size_t count, uint64_t *state)
{
    uint8_t *out = data;
    for (size_t k = 0; k < count; k++)
        out[k] = (uint8_t)(next_random(state) >> 63);
}

static void fill_i32(void *data, size_t count, uint64_t *state)
{
    uint32_t *out = data;
    for (size_t k = 0; k < count; k++)
        out[k] = (uint32_t)(next_random(state) >> 63);
}

static void fill_i64(void *data, size_t count, uint64_t *state)
{
    uint64_t *out = data;
    for (size_t k = 0; k < count; k++)
        out[k] = next_random(state) >> 63;
}

static const struct {
    TfLiteType type;
    size_t size; /* of what `fill` counts */
    void (*fill)(void *data, size_t count, uint64_t *state);
} fillers[] = {
    {kTfLiteFloat32, 4, fill_f32},   {kTfLiteFloat64, 8, fill_f64},
    {kTfLiteFloat16, 2, fill_f16},   {kTfLiteBFloat16, 2, fill_bf16},
    {kTfLiteComplex64, 4, fill_f32}, {kTfLiteComplex128, 8, fill_f64},
    {kTfLiteInt8, 1, fill_bytes},    {kTfLiteUInt8, 1, fill_bytes},
    {kTfLiteInt4, 1, fill_bytes},    {kTfLiteInt16, 2, fill_words},
    {kTfLiteUInt16, 2, fill_words},  {kTfLiteInt32, 4, fill_i32},
    {kTfLiteUInt32, 4, fill_i32},    {kTfLiteInt64, 8, fill_i64},
    {kTfLiteUInt64, 8, fill_i64},    {kTfLiteBool, 1, fill_bool},
};

/* ---- one input --------------------------------------------------------------------------------- */

static size_t element_count(const tb_io *io)
{
    size_t count = 1;
    for (int k = 0; k < io->rank; k++)
        count *= (size_t)io->dims[k];
    return count;
}

/* Every element the same word, in TFLite's string buffer: count, offsets, bytes. */
static tb_status fill_strings(const tb_engine *engine, tb_session *session, int k, const tb_io *io,
                              tb_error *err)
{
    static const char word[] = "benchmark";
    size_t count = element_count(io), offsets_size, words_size, size;
    if (count > INT32_MAX / sizeof word || !tb_mul_size(count + 2, 4, &offsets_size) ||
        !tb_mul_size(count, sizeof word - 1, &words_size) ||
        !tb_add_size(offsets_size, words_size, &size))
        return tb_fail(err, TB_UNSUPPORTED, "input %d '%s': too many strings", k, io->name);
    char *buffer = malloc(size);
    if (!buffer)
        return tb_fail(err, TB_NO_MEMORY, "input %d '%s': no memory for %zu bytes", k, io->name,
                       size);
    int32_t number = (int32_t)count;
    memcpy(buffer, &number, sizeof number);
    for (size_t i = 0; i <= count; i++) {
        int32_t offset = (int32_t)(offsets_size + i * (sizeof word - 1));
        memcpy(buffer + 4 + 4 * i, &offset, sizeof offset);
        if (i < count)
            memcpy(buffer + offset, word, sizeof word - 1);
    }
    tb_status status = engine->set_input(session, k, buffer, size, err);
    free(buffer);
    return status;
}

static tb_status fill_random(const tb_engine *engine, tb_session *session, int k, uint64_t seed,
                             tb_error *err)
{
    tb_io io;
    tb_status status = engine->input(session, k, err, &io);
    if (status != TB_OK)
        return status;
    if (io.type == kTfLiteString)
        return fill_strings(engine, session, k, &io, err);
    if (io.bytes == 0)
        return TB_OK;
    uint64_t state = seed ^ (uint64_t)k * UINT64_C(0xd1342543de82ef95);
    for (size_t f = 0; f < TB_COUNT_OF(fillers); f++)
        if (fillers[f].type == io.type && io.data) {
            fillers[f].fill(io.data, io.bytes / fillers[f].size, &state);
            return TB_OK;
        }
    return tb_fail(err, TB_UNSUPPORTED,
                   "input %d '%s': no random values of type %d can be made; give a file by --input",
                   k, io.name, (int)io.type);
}

static tb_status fill_from_file(const tb_engine *engine, tb_session *session, int k,
                                const char *path, tb_error *err)
{
    tb_mapping file;
    tb_status status = tb_os_map_file(path, err, &file);
    if (status != TB_OK)
        return status;
    status = engine->set_input(session, k, file.data, file.size, err);
    if (status != TB_OK)
        tb_in(err, "%s", path);
    tb_os_unmap(&file);
    return status;
}

/* ---- real values ------------------------------------------------------------------------------- */

static bool takes_real_values(const tb_io *io)
{
    return io->scale != 0 &&
           (io->type == kTfLiteInt8 || io->type == kTfLiteUInt8 || io->type == kTfLiteInt16);
}

/* What a float input would get, by the input's scale. */
static tb_status fill_quantised(const tb_io *io, int k, const float *values, tb_error *err)
{
    size_t count = element_count(io);
    double *reals = malloc((count + 1) * sizeof *reals);
    if (!reals)
        return tb_fail(err, TB_NO_MEMORY, "input %d '%s': out of memory", k, io->name);
    for (size_t i = 0; i < count; i++)
        reals[i] = (double)values[i];
    tb_status status = tb_preprocess_reals(reals, count, io, err, io->data);
    free(reals);
    return status;
}

static tb_status fill_real(const tb_engine *engine, tb_session *session, int k, const char *path,
                           uint64_t seed, tb_error *err)
{
    tb_io io;
    tb_status status = engine->input(session, k, err, &io);
    if (status != TB_OK)
        return status;
    if (!takes_real_values(&io))
        return path ? fill_from_file(engine, session, k, path, err)
                    : fill_random(engine, session, k, seed, err);
    size_t count = element_count(&io);
    float *values = malloc((count + 1) * sizeof *values);
    if (!values)
        return tb_fail(err, TB_NO_MEMORY, "input %d '%s': out of memory", k, io.name);
    tb_mapping file = {0};
    uint64_t state = seed ^ (uint64_t)k * UINT64_C(0xd1342543de82ef95);
    if (path)
        status = tb_os_map_file(path, err, &file);
    else
        fill_f32(values, count, &state);
    if (status == TB_OK && path && file.size != count * sizeof *values)
        status = tb_fail(err, TB_MISMATCH, "%s: %zu bytes, %zu floats are wanted", path, file.size,
                         count);
    if (status == TB_OK && path && count)
        memcpy(values, file.data, file.size);
    if (status == TB_OK)
        status = fill_quantised(&io, k, values, err);
    tb_os_unmap(&file);
    free(values);
    return status;
}

/* ---- all inputs -------------------------------------------------------------------------------- */

/* The file of "NAME=FILE" where the name is that of input k; NULL: it is another's. */
static const char *file_of_input(const tb_io *io, tb_text_list files)
{
    size_t size = strlen(io->name);
    for (int f = 0; f < files.count; f++)
        if (strncmp(files.items[f], io->name, size) == 0 && files.items[f][size] == '=')
            return files.items[f] + size + 1;
    return NULL;
}

static bool all_named(tb_text_list files)
{
    for (int f = 0; f < files.count; f++)
        if (!strchr(files.items[f], '='))
            return false;
    return files.count > 0;
}

/* Inputs that a "NAME=FILE" names from their files, the others at random; without names a file each,
   in order. */
static tb_status fill_all(const tb_engine *engine, tb_session *session, tb_text_list files,
                          uint64_t seed, bool real, tb_error *err)
{
    int count = engine->input_count(session), used = 0;
    bool named = all_named(files);
    if (files.count && !named && files.count != count)
        return tb_fail(err, TB_USAGE, "the model has %d inputs, %d input files were given", count,
                       files.count);
    for (int k = 0; k < count; k++) {
        tb_io io;
        tb_status status = engine->input(session, k, err, &io);
        if (status != TB_OK)
            return status;
        const char *file = named ? file_of_input(&io, files) : files.count ? files.items[k] : NULL;
        used += file != NULL;
        if (real)
            status = fill_real(engine, session, k, file, seed, err);
        else
            status = file ? fill_from_file(engine, session, k, file, err)
                          : fill_random(engine, session, k, seed, err);
        if (status != TB_OK)
            return status;
    }
    if (used < files.count)
        return tb_fail(err, TB_USAGE, "--input: %d of %d names are names of inputs", used,
                       files.count);
    return TB_OK;
}

tb_status tb_inputs_fill(const tb_engine *engine, tb_session *session, tb_text_list files,
                         uint64_t seed, tb_error *err)
{
    return fill_all(engine, session, files, seed, false, err);
}

tb_status tb_inputs_fill_real(const tb_engine *engine, tb_session *session, tb_text_list files,
                              uint64_t seed, tb_error *err)
{
    return fill_all(engine, session, files, seed, true, err);
}

/* ---- shapes ------------------------------------------------------------------------------------ */

static tb_status find_input(const tb_engine *engine, tb_session *session, const char *name,
                            size_t size, tb_error *err, int *out)
{
    int count = engine->input_count(session);
    char *end;
    long number = strtol(name, &end, 10);
    if (end == name + size && number >= 0 && number < count) {
        *out = (int)number;
        return TB_OK;
    }
    for (int k = 0; k < count; k++) {
        tb_io io;
        tb_status status = engine->input(session, k, err, &io);
        if (status != TB_OK)
            return status;
        if (strlen(io.name) == size && memcmp(io.name, name, size) == 0) {
            *out = k;
            return TB_OK;
        }
    }
    return tb_fail(err, TB_USAGE, "shape of input '%.*s': the model has %d inputs, none of them so",
                   (int)size, name, count);
}

static tb_status parse_dims(const char *text, tb_error *err, int *rank, int dims[TB_MAX_RANK])
{
    *rank = 0;
    while (*text) {
        char *end;
        long value = strtol(text, &end, 10);
        if (end == text || value < 0 || value > INT32_MAX || (*end && *end != ',') ||
            *rank == TB_MAX_RANK)
            return tb_fail(err, TB_USAGE, "shape '%s': not a list of at most %d whole numbers",
                           text, TB_MAX_RANK);
        dims[(*rank)++] = (int)value;
        text = *end ? end + 1 : end;
    }
    return TB_OK;
}

tb_status tb_inputs_resize(const tb_engine *engine, tb_session *session, tb_text_list shapes,
                           tb_error *err)
{
    for (int k = 0; k < shapes.count; k++) {
        /* The last colon: tensor names may have some ("serving_default_x:0"). */
        const char *colon = strrchr(shapes.items[k], '=');
        if (!colon)
            colon = strrchr(shapes.items[k], ':');
        if (!colon)
            return tb_fail(err, TB_USAGE, "shape '%s': goes NAME_OR_INDEX:1,224,224,3",
                           shapes.items[k]);
        int input = 0, rank = 0, dims[TB_MAX_RANK];
        size_t size = (size_t)(colon - shapes.items[k]);
        tb_status status = find_input(engine, session, shapes.items[k], size, err, &input);
        if (status == TB_OK)
            status = parse_dims(colon + 1, err, &rank, dims);
        tb_io io = {0};
        if (status == TB_OK)
            status = engine->input(session, input, err, &io);
        /* What has the shape already may well be an input that takes no other. */
        bool changes = status != TB_OK || io.rank != rank ||
                       (rank && memcmp(io.dims, dims, (size_t)rank * sizeof *dims) != 0);
        if (status == TB_OK && changes)
            status = engine->resize(session, input, rank, dims, err);
        if (status != TB_OK)
            return status;
    }
    return TB_OK;
}
