/*
 * FlexBuffer maps of scalars. The format: the last byte is the width of the root, the one before it
 * the root's packed type, before them the root itself. A map is stored as a vector of values, with a
 * packed type byte for each behind it, and in front of it its length, the width of its keys vector
 * and the offset back to that; keys are offsets back to terminated strings. Offsets count from where
 * they stand.
 */
#include "runtime/ops/flex.h"

#include <math.h>
#include <string.h>

#include "runtime/quant.h"

/* Types of the format that matter here. */
enum {
    FLEX_NULL = 0,
    FLEX_INT = 1,
    FLEX_UINT = 2,
    FLEX_FLOAT = 3,
    FLEX_INDIRECT_INT = 6,
    FLEX_INDIRECT_UINT = 7,
    FLEX_INDIRECT_FLOAT = 8,
    FLEX_MAP = 9,
    FLEX_BOOL = 26,
};

static bool read_uint(const tb_flex_map *map, size_t at, unsigned width, uint64_t *out)
{
    if (at > map->size || map->size - at < width)
        return false;
    *out = 0;
    for (unsigned i = 0; i < width; i++)
        *out |= (uint64_t)map->bytes[at + i] << (8 * i);
    return true;
}

/* Where the offset that stands at `at` leads. */
static bool follow(const tb_flex_map *map, size_t at, unsigned width, size_t *out)
{
    uint64_t back;
    if (!read_uint(map, at, width, &back) || back > at)
        return false;
    *out = at - (size_t)back;
    return true;
}

bool tb_flex_open_map(const void *bytes, size_t size, tb_flex_map *out)
{
    *out = (tb_flex_map){.bytes = bytes, .size = size};
    if (!bytes || size < 3)
        return false;
    unsigned root_width = out->bytes[size - 1], packed = out->bytes[size - 2];
    if (packed >> 2 != FLEX_MAP || size - 2 < root_width ||
        (root_width != 1 && root_width != 2 && root_width != 4 && root_width != 8))
        return false;
    unsigned width = 1u << (packed & 3);
    if (!follow(out, size - 2 - root_width, root_width, &out->values) || out->values < 3 * width)
        return false;
    uint64_t count, key_width, key_count;
    if (!read_uint(out, out->values - width, width, &count) ||
        !read_uint(out, out->values - 2 * width, width, &key_width) ||
        !follow(out, out->values - 3 * width, width, &out->keys))
        return false;
    if ((key_width != 1 && key_width != 2 && key_width != 4 && key_width != 8) ||
        out->keys < key_width ||
        !read_uint(out, out->keys - (size_t)key_width, (unsigned)key_width, &key_count) ||
        key_count != count || count > size)
        return false;
    out->count = (size_t)count;
    out->key_width = (unsigned)key_width;
    out->value_width = width;
    return out->values + out->count * (width + 1) <= size;
}

static bool key_equals(const tb_flex_map *map, size_t index, const char *key)
{
    size_t at, length = strlen(key) + 1;
    if (!follow(map, map->keys + index * map->key_width, map->key_width, &at))
        return false;
    return map->size - at >= length && memcmp(map->bytes + at, key, length) == 0;
}

static double float_of(uint64_t bits, unsigned width)
{
    float narrow;
    double wide;
    switch (width) {
    case 2:
        return (double)tb_float_from_half((uint16_t)bits);
    case 4:
        memcpy(&narrow, &(uint32_t){(uint32_t)bits}, sizeof narrow);
        return (double)narrow;
    case 8:
        memcpy(&wide, &bits, sizeof wide);
        return wide;
    default:
        return 0.0;
    }
}

static int64_t signed_of(uint64_t bits, unsigned width)
{
    unsigned unused = 64 - 8 * width;
    return (int64_t)(bits << unused) >> unused;
}

/* A scalar as both an integer and a number. */
typedef struct scalar {
    int64_t integer;
    double number;
} scalar;

static bool find(const tb_flex_map *map, const char *key, scalar *out)
{
    size_t index = 0;
    while (index < map->count && !key_equals(map, index, key))
        index++;
    if (index == map->count)
        return false;
    unsigned packed = map->bytes[map->values + map->count * map->value_width + index];
    unsigned type = packed >> 2, width = map->value_width;
    size_t at = map->values + index * width;
    if (type == FLEX_INDIRECT_INT || type == FLEX_INDIRECT_UINT || type == FLEX_INDIRECT_FLOAT) {
        if (!follow(map, at, width, &at))
            return false;
        width = 1u << (packed & 3);
    }
    uint64_t bits;
    if (!read_uint(map, at, width, &bits))
        return false;
    switch (type) {
    case FLEX_INT:
    case FLEX_INDIRECT_INT:
        out->integer = signed_of(bits, width);
        out->number = (double)out->integer;
        return true;
    case FLEX_UINT:
    case FLEX_INDIRECT_UINT:
    case FLEX_BOOL:
        out->integer = bits > INT64_MAX ? INT64_MAX : (int64_t)bits;
        out->number = (double)bits;
        return true;
    case FLEX_FLOAT:
    case FLEX_INDIRECT_FLOAT:
        out->number = float_of(bits, width);
        out->integer = isnan(out->number) || fabs(out->number) >= 0x1p62 ? 0 : (int64_t)out->number;
        return true;
    default:
        return false;
    }
}

double tb_flex_number(const tb_flex_map *map, const char *key, double otherwise)
{
    scalar value;
    return find(map, key, &value) ? value.number : otherwise;
}

int64_t tb_flex_int(const tb_flex_map *map, const char *key, int64_t otherwise)
{
    scalar value;
    return find(map, key, &value) ? value.integer : otherwise;
}

bool tb_flex_has(const tb_flex_map *map, const char *key)
{
    scalar value;
    return find(map, key, &value);
}
