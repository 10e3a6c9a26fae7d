/*
 * CAST: from any number type to any other, after TFLite's cast.cc. Integers wrap around; floats
 * truncate towards zero, saturate, and NaN becomes the largest integer; packed types only convert
 * from and to float, saturating.
 *
 * Values pass through int64 or double in blocks: both hold every source type exactly, so that each
 * value is rounded once.
 */
#include "runtime/ops/cast_direct.h"
#include "runtime/ops/common.h"

#include <math.h>

#define BLOCK        256
#define DIRECT_BLOCK 65536

/* Reads `count` elements from the `from`-th on into integers or reals, whichever is its kind. */
typedef void (*load_fn)(const void *data, size_t from, size_t count, int64_t *integers,
                        double *reals);
typedef void (*store_integers_fn)(const int64_t *values, void *data, size_t to, size_t count);
typedef void (*store_reals_fn)(const double *values, void *data, size_t to, size_t count);

typedef struct cast_type {
    TfLiteType type;
    bool is_real;
    load_fn load;
    store_integers_fn store_integers;
    store_reals_fn store_reals;
} cast_type;

/* Truncated and saturated; NaN gives the maximum. */
static int64_t to_integer(double value, double min, double max, int64_t int_min, int64_t int_max)
{
    if (isnan(value) || value >= max)
        return int_max;
    return value <= min ? int_min : (int64_t)value;
}

#define DEFINE_INTEGER(suffix, type, min, max)                                                  \
    static void load_##suffix(const void *data, size_t from, size_t count, int64_t *integers,   \
                              double *reals)                                                    \
    {                                                                                           \
        (void)reals;                                                                            \
        for (size_t i = 0; i < count; i++)                                                      \
            integers[i] = (int64_t)((const type *)data)[from + i];                              \
    }                                                                                           \
    static void store_integers_##suffix(const int64_t *values, void *data, size_t to,           \
                                        size_t count)                                           \
    {                                                                                           \
        for (size_t i = 0; i < count; i++)                                                      \
            ((type *)data)[to + i] = (type)(uint64_t)values[i];                                 \
    }                                                                                           \
    static void store_reals_##suffix(const double *values, void *data, size_t to, size_t count) \
    {                                                                                           \
        for (size_t i = 0; i < count; i++)                                                      \
            ((type *)data)[to + i] =                                                            \
                (type)to_integer(values[i], (double)min, (double)max, min, max);                \
    }

DEFINE_INTEGER(i8, int8_t, INT8_MIN, INT8_MAX)
DEFINE_INTEGER(u8, uint8_t, 0, UINT8_MAX)
DEFINE_INTEGER(i16, int16_t, INT16_MIN, INT16_MAX)
DEFINE_INTEGER(u16, uint16_t, 0, UINT16_MAX)
DEFINE_INTEGER(i32, int32_t, INT32_MIN, INT32_MAX)
DEFINE_INTEGER(u32, uint32_t, 0, UINT32_MAX)
DEFINE_INTEGER(i64, int64_t, INT64_MIN, INT64_MAX)

/* LOAD(x) is the value of a stored x; STORE(v) what is stored for a double or int64_t v. */
#define DEFINE_REAL(suffix, type, LOAD, STORE)                                                  \
    static void load_##suffix(const void *data, size_t from, size_t count, int64_t *integers,   \
                              double *reals)                                                    \
    {                                                                                           \
        (void)integers;                                                                         \
        for (size_t i = 0; i < count; i++)                                                      \
            reals[i] = (double)LOAD(((const type *)data)[from + i]);                            \
    }                                                                                           \
    static void store_integers_##suffix(const int64_t *values, void *data, size_t to,           \
                                        size_t count)                                           \
    {                                                                                           \
        for (size_t i = 0; i < count; i++)                                                      \
            ((type *)data)[to + i] = STORE(values[i]);                                          \
    }                                                                                           \
    static void store_reals_##suffix(const double *values, void *data, size_t to, size_t count) \
    {                                                                                           \
        for (size_t i = 0; i < count; i++)                                                      \
            ((type *)data)[to + i] = STORE(values[i]);                                          \
    }

#define SELF(x)        (x)
#define AS_FLOAT(x)    ((float)(x))
#define AS_DOUBLE(x)   ((double)(x))
#define AS_HALF(x)     tb_half_from_float((float)(x))
#define AS_BFLOAT16(x) tb_bfloat16_from_float((float)(x))
#define REAL_PART(x)   ((x).re)
#define AS_COMPLEX(x)  ((TfLiteComplex64){(float)(x), 0.0f})
#define TRUTH(x)       ((uint8_t)((x) != 0))

DEFINE_REAL(f32, float, SELF, AS_FLOAT)
DEFINE_REAL(f64, double, SELF, AS_DOUBLE)
DEFINE_REAL(f16, uint16_t, tb_float_from_half, AS_HALF)
DEFINE_REAL(bf16, uint16_t, tb_float_from_bfloat16, AS_BFLOAT16)
DEFINE_REAL(c64, TfLiteComplex64, REAL_PART, AS_COMPLEX)
DEFINE_REAL(bool, uint8_t, TRUTH, TRUTH)

#define PACKED_LOAD(suffix, per_byte, UNPACK)                                                 \
    static void load_##suffix(const void *data, size_t from, size_t count, int64_t *integers, \
                              double *reals)                                                  \
    {                                                                                         \
        int8_t values[BLOCK];                                                                 \
        (void)reals;                                                                          \
        UNPACK((const uint8_t *)data + from / (per_byte), count, values);                     \
        for (size_t i = 0; i < count; i++)                                                    \
            integers[i] = values[i];                                                          \
    }
PACKED_LOAD(i4, 2, tb_unpack_int4)
PACKED_LOAD(u4, 2, tb_unpack_uint4)
PACKED_LOAD(i2, 4, tb_unpack_int2)

#define PACKED_STORE(suffix, bits, min, max)                                                    \
    static void store_reals_##suffix(const double *values, void *data, size_t to, size_t count) \
    {                                                                                           \
        uint8_t *bytes = (uint8_t *)data + to / (8 / (bits));                                   \
        tb_zero_bytes(bytes, (count * (bits) + 7) / 8);                                         \
        for (size_t i = 0; i < count; i++) {                                                    \
            unsigned value =                                                                    \
                (unsigned)to_integer(values[i], min, max, min, max) & ((1u << (bits)) - 1);     \
            bytes[i * (bits) / 8] |= (uint8_t)(value << (i * (bits) % 8));                      \
        }                                                                                       \
    }
PACKED_STORE(i4, 4, -8, 7)
PACKED_STORE(u4, 4, 0, 15)
PACKED_STORE(i2, 2, -2, 1)

#define PLAIN(type, is_real, suffix)                                                \
    {                                                                               \
        type, is_real, load_##suffix, store_integers_##suffix, store_reals_##suffix \
    }

/* Types without store_integers only convert from and to FLOAT32. */
static const cast_type cast_types[] = {
    PLAIN(kTfLiteFloat32, true, f32),
    PLAIN(kTfLiteFloat64, true, f64),
    PLAIN(kTfLiteFloat16, true, f16),
    PLAIN(kTfLiteBFloat16, true, bf16),
    PLAIN(kTfLiteComplex64, true, c64),
    PLAIN(kTfLiteBool, true, bool),
    PLAIN(kTfLiteInt8, false, i8),
    PLAIN(kTfLiteUInt8, false, u8),
    PLAIN(kTfLiteInt16, false, i16),
    PLAIN(kTfLiteUInt16, false, u16),
    PLAIN(kTfLiteInt32, false, i32),
    PLAIN(kTfLiteUInt32, false, u32),
    PLAIN(kTfLiteInt64, false, i64),
    {kTfLiteInt4, false, load_i4, NULL, store_reals_i4},
    {kTfLiteUInt4, false, load_u4, NULL, store_reals_u4},
    {kTfLiteInt2, false, load_i2, NULL, store_reals_i2},
};

typedef struct cast_data {
    const cast_type *from;
    const cast_type *to; /* NULL: the same type, bytes are copied */
    tb_cast_fn direct;   /* NULL: by way of the two */
} cast_data;

static const cast_type *find(TfLiteType type)
{
    for (size_t i = 0; i < TB_COUNT_OF(cast_types); i++)
        if (cast_types[i].type == type)
            return &cast_types[i];
    return NULL;
}

static TfLiteStatus prepare(TfLiteContext *context, TfLiteNode *node)
{
    const TfLiteTensor *input;
    TfLiteTensor *output;
    TB_OP_TRY(tb_op_unary(context, node, &input, &output));
    cast_data *data = tb_op_make_data(context, node, sizeof *data);
    if (!data)
        return kTfLiteError;
    data->from = find(input->type);
    data->to = find(output->type);
    bool packed =
        data->from && data->to && (!data->from->store_integers || !data->to->store_integers);
    bool one_is_float = input->type == kTfLiteFloat32 || output->type == kTfLiteFloat32;
    if (!data->from || !data->to || (packed && !one_is_float))
        return tb_op_fail(context, "does not take %s to %s", TfLiteTypeGetName(input->type),
                          TfLiteTypeGetName(output->type));
    data->direct = tb_cast_direct(input->type, output->type);
    if (input->type == output->type)
        data->to = NULL;
    return tb_op_resize_like(context, output, input);
}

static TfLiteStatus invoke(TfLiteContext *context, TfLiteNode *node)
{
    const cast_data *data = node->user_data;
    const TfLiteTensor *input = tb_op_input(context, node, 0);
    TfLiteTensor *output = tb_op_output(context, node, 0);
    if (!data->to) {
        tb_copy_bytes(output->data.raw, input->data.raw, input->bytes);
        return kTfLiteOk;
    }
    int64_t integers[BLOCK];
    double reals[BLOCK];
    size_t count = tb_count(input);
    for (size_t at = 0; at < count && data->direct && !tb_stopped(); at += DIRECT_BLOCK)
        data->direct(input->data.raw + at * tb_type_bytes(input->type),
                     output->data.raw + at * tb_type_bytes(output->type),
                     TB_MIN(count - at, DIRECT_BLOCK));
    if (data->direct)
        return kTfLiteOk;
    for (size_t at = 0; at < count && !tb_stopped(); at += BLOCK) {
        size_t block = TB_MIN(count - at, BLOCK);
        data->from->load(input->data.raw, at, block, integers, reals);
        if (data->from->is_real)
            data->to->store_reals(reals, output->data.raw, at, block);
        else
            data->to->store_integers(integers, output->data.raw, at, block);
    }
    return kTfLiteOk;
}

const TfLiteRegistration tb_op_cast = {.prepare = prepare, .invoke = invoke};
