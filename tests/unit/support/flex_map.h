/* The options of custom operators for tests: a FlexBuffer that is a map of numbers. */
#ifndef TB_TESTS_SUPPORT_FLEX_MAP_H
#define TB_TESTS_SUPPORT_FLEX_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct tb_flex_entry {
    const char *key;
    bool is_float;
    int64_t integer;
    double number;
} tb_flex_entry;

#define TB_FLEX_INT(key_, value) ((tb_flex_entry){.key = (key_), .integer = (value)})
#define TB_FLEX_FLOAT(key_, value) \
    ((tb_flex_entry){.key = (key_), .is_float = true, .number = (value)})

enum { TB_FLEX_MAX = 512 };

/* Writes the map, its entries in order of their keys; the bytes it takes. */
size_t tb_test_flex_map(const tb_flex_entry *entries, size_t count, uint8_t out[TB_FLEX_MAX]);

#endif
