/*
 * Reading the options of custom operators: a FlexBuffer whose root is a map of scalars, as TFLite's
 * converters write. Every access is checked; what is not there, or not a scalar, is absent.
 */
#ifndef TB_RUNTIME_OPS_FLEX_H
#define TB_RUNTIME_OPS_FLEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct tb_flex_map {
    const uint8_t *bytes;
    size_t size;
    size_t keys; /* offsets of the vectors' first elements */
    size_t values;
    size_t count;
    unsigned key_width;
    unsigned value_width;
} tb_flex_map;

/* False where the bytes are not a FlexBuffer with a map at its root. */
bool tb_flex_open_map(const void *bytes, size_t size, tb_flex_map *out);

/* The scalar under a key, in the type asked for; `otherwise` where there is none. */
double tb_flex_number(const tb_flex_map *map, const char *key, double otherwise);
int64_t tb_flex_int(const tb_flex_map *map, const char *key, int64_t otherwise);
bool tb_flex_has(const tb_flex_map *map, const char *key);

#endif
