/* Everything but the last offset is 8 bytes wide. */
#include "tests/unit/support/flex_map.h"

#include <criterion/criterion.h>
#include <string.h>

enum { WIDE = 8, WIDTH_CODE = 3, TYPE_INT = 1, TYPE_FLOAT = 3, TYPE_MAP = 9, MAX_ENTRIES = 16 };

typedef struct writer {
    uint8_t *bytes;
    size_t size;
} writer;

static void put(writer *w, const void *from, size_t bytes)
{
    cr_assert_leq(w->size + bytes, TB_FLEX_MAX);
    memcpy(w->bytes + w->size, from, bytes);
    w->size += bytes;
}

static void put_uint(writer *w, uint64_t value, size_t bytes)
{
    put(w, &value, bytes);
}

size_t tb_test_flex_map(const tb_flex_entry *entries, size_t count, uint8_t out[TB_FLEX_MAX])
{
    writer w = {out, 0};
    size_t key_at[MAX_ENTRIES];
    cr_assert_leq(count, MAX_ENTRIES);
    for (size_t i = 0; i < count; i++) {
        key_at[i] = w.size;
        put(&w, entries[i].key, strlen(entries[i].key) + 1);
    }
    put_uint(&w, count, WIDE);
    const size_t keys = w.size;
    for (size_t i = 0; i < count; i++)
        put_uint(&w, w.size - key_at[i], WIDE);
    put_uint(&w, w.size - keys, WIDE);
    put_uint(&w, WIDE, WIDE);
    put_uint(&w, count, WIDE);
    const size_t values = w.size;
    for (size_t i = 0; i < count; i++) {
        if (entries[i].is_float)
            put(&w, &entries[i].number, WIDE);
        else
            put(&w, &entries[i].integer, WIDE);
    }
    for (size_t i = 0; i < count; i++)
        put_uint(&w, (uint64_t)(entries[i].is_float ? TYPE_FLOAT : TYPE_INT) << 2 | WIDTH_CODE, 1);
    put_uint(&w, w.size - values, 2);
    put_uint(&w, TYPE_MAP << 2 | WIDTH_CODE, 1);
    put_uint(&w, 2, 1);
    return w.size;
}
