/* A function for each pair of FLOAT32, INT32, INT64, INT8, UINT8 and BOOL. Integers wrap around;
   floats truncate towards zero, saturate, and NaN becomes the largest integer. */
#include "runtime/ops/cast_direct.h"

#include <stdbool.h>
#include <stdint.h>

#include "runtime/base/size.h"
#include "runtime/typed.h"

/* `limit` is 2^31 or the like: from there on values are too large. */
#define SATURATED(x, type, min, max, limit) \
    ((x) < (limit) ? ((x) > (float)(min) ? (type)(x) : (min)) : (max))

#define F32_TO_F32(x)  (x)
#define F32_TO_I32(x)  SATURATED(x, int32_t, INT32_MIN, INT32_MAX, 0x1p31f)
#define F32_TO_I64(x)  SATURATED(x, int64_t, INT64_MIN, INT64_MAX, 0x1p63f)
#define F32_TO_I8(x)   SATURATED(x, int8_t, INT8_MIN, INT8_MAX, 127.0f)
#define F32_TO_U8(x)   SATURATED(x, uint8_t, 0, UINT8_MAX, 255.0f)
#define F32_TO_BOOL(x) ((x) < 0.0f || (x) > 0.0f || !((x) == (x)))
#define INT_TO_F32(x)  ((float)(x))
#define INT_TO_I32(x)  ((int32_t)(uint32_t)(uint64_t)(int64_t)(x))
#define INT_TO_I64(x)  ((int64_t)(x))
#define INT_TO_I8(x)   ((int8_t)(uint8_t)(uint64_t)(int64_t)(x))
#define INT_TO_U8(x)   ((uint8_t)(uint64_t)(int64_t)(x))
#define INT_TO_BOOL(x) ((x) != 0)

#define CASTS_FROM(X, kind, from, from_type, LOAD)                \
    X(kind, from, from_type, LOAD, Float32, float, kind##_TO_F32) \
    X(kind, from, from_type, LOAD, Int32, int32_t, kind##_TO_I32) \
    X(kind, from, from_type, LOAD, Int64, int64_t, kind##_TO_I64) \
    X(kind, from, from_type, LOAD, Int8, int8_t, kind##_TO_I8)    \
    X(kind, from, from_type, LOAD, UInt8, uint8_t, kind##_TO_U8)  \
    X(kind, from, from_type, LOAD, Bool, uint8_t, kind##_TO_BOOL)
#define SELF(x)  (x)
#define TRUTH(x) ((x) != 0)
#define CASTS(X)                             \
    CASTS_FROM(X, F32, Float32, float, SELF) \
    CASTS_FROM(X, INT, Int32, int32_t, SELF) \
    CASTS_FROM(X, INT, Int64, int64_t, SELF) \
    CASTS_FROM(X, INT, Int8, int8_t, SELF)   \
    CASTS_FROM(X, INT, UInt8, uint8_t, SELF) \
    CASTS_FROM(X, INT, Bool, uint8_t, TRUTH)

#define DEFINE(kind, from, from_type, LOAD, to, to_type, CONVERT)                \
    static void cast_##from##_to_##to(const void *in_, void *out_, size_t count) \
    {                                                                            \
        const from_type *in = in_;                                               \
        to_type *out = out_;                                                     \
        for (size_t i = 0; i < count; i++) {                                     \
            const from_type x = (from_type)LOAD(in[i]);                          \
            out[i] = CONVERT(x);                                                 \
        }                                                                        \
    }
CASTS(DEFINE)

typedef struct cast_row {
    TfLiteType from, to;
    tb_cast_fn fn;
} cast_row;

#define ROW(kind, from, from_type, LOAD, to, to_type, CONVERT) \
    {kTfLite##from, kTfLite##to, TB_TYPED(from, cast_##from##_to_##to)},
static const cast_row rows[] = {CASTS(ROW)};

tb_cast_fn tb_cast_direct(TfLiteType from, TfLiteType to)
{
    for (size_t i = 0; i < TB_COUNT_OF(rows); i++)
        if (rows[i].from == from && rows[i].to == to)
            return rows[i].fn;
    return NULL;
}
