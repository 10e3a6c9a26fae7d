/*
 * FlatBuffers, the format of .tflite files: a verifier that walks a whole buffer once, led by a
 * description of its tables, and accessors that afterwards read without looking at bounds.
 *
 * Format (https://flatbuffers.dev/internals): little-endian. The buffer starts with the offset of
 * the root table and a 4-byte file identifier. A table starts with the signed distance back to its
 * vtable: uint16 {bytes of the vtable, bytes of the table, offset of field 0, 1, ...}, where 0, or
 * a vtable too short for the field, means that the field has its default. Strings, vectors, tables
 * and unions are stored as a uint32 offset from where the offset lies. A vector is a uint32 count
 * and its elements; a string is a vector of bytes with a 0 behind it.
 */
#ifndef TB_RUNTIME_FLATBUFFER_H
#define TB_RUNTIME_FLATBUFFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "runtime/base/status.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
               "models and their weights are used where they lie, so the host is little-endian");

/* ---- values ------------------------------------------------------------------------------------
 * Borrowed from the buffer. A field that is absent gives count 0 and data NULL. Elements are
 * aligned for their type (the verifier saw to that). */

typedef struct tb_bytes {
    const uint8_t *data;
    size_t size;
} tb_bytes;

typedef struct tb_i32s {
    const int32_t *data;
    size_t count;
} tb_i32s;

typedef struct tb_u16s {
    const uint16_t *data;
    size_t count;
} tb_u16s;

typedef struct tb_i64s {
    const int64_t *data;
    size_t count;
} tb_i64s;

typedef struct tb_f32s {
    const float *data;
    size_t count;
} tb_f32s;

/* A verified table. One that is absent (tb_fb_present says so) reads as one without any field. */
typedef struct tb_fb_table {
    const uint8_t *at;
    const uint8_t *vtable;
} tb_fb_table;

/* A verified vector of tables. */
typedef struct tb_fb_tables {
    const uint8_t *offsets;
    size_t count;
} tb_fb_tables;

/* A union: `type` 0 is none. A type that the reader's schema does not know has no table. */
typedef struct tb_fb_union {
    uint8_t type;
    tb_fb_table table;
} tb_fb_union;

/* ---- accessors: valid for a buffer that tb_fb_verify accepted ---------------------------------- */

extern const uint16_t tb_fb_empty_vtable[2];

static inline tb_fb_table tb_fb_absent(void)
{
    return (tb_fb_table){NULL, (const uint8_t *)tb_fb_empty_vtable};
}

static inline bool tb_fb_present(tb_fb_table table)
{
    return table.at != NULL;
}

static inline uint16_t tb_fb_load_u16(const uint8_t *at)
{
    uint16_t value;
    memcpy(&value, at, sizeof value);
    return value;
}

static inline uint32_t tb_fb_load_u32(const uint8_t *at)
{
    uint32_t value;
    memcpy(&value, at, sizeof value);
    return value;
}

/* Where field `id` lies, in bytes from the start of its table; 0 where it has its default. */
static inline uint16_t tb_fb_field_offset(tb_fb_table table, unsigned id)
{
    unsigned slot = 4 + 2 * id;
    return slot + 2 <= tb_fb_load_u16(table.vtable) ? tb_fb_load_u16(table.vtable + slot) : 0;
}

/* The same as an address; NULL where the field has its default. */
static inline const uint8_t *tb_fb_field(tb_fb_table table, unsigned id)
{
    uint16_t offset = tb_fb_field_offset(table, id);
    return offset ? table.at + offset : NULL;
}

#define TB_FB_SCALAR(suffix, type)                                                        \
    static inline type tb_fb_##suffix(tb_fb_table table, unsigned id, type default_value) \
    {                                                                                     \
        const uint8_t *at = tb_fb_field(table, id);                                       \
        if (!at)                                                                          \
            return default_value;                                                         \
        type value;                                                                       \
        memcpy(&value, at, sizeof value);                                                 \
        return value;                                                                     \
    }
TB_FB_SCALAR(i8, int8_t)
TB_FB_SCALAR(u8, uint8_t)
TB_FB_SCALAR(i32, int32_t)
TB_FB_SCALAR(u32, uint32_t)
TB_FB_SCALAR(i64, int64_t)
TB_FB_SCALAR(u64, uint64_t)
TB_FB_SCALAR(f32, float)
#undef TB_FB_SCALAR

/* Any byte but 0 is true. */
static inline bool tb_fb_bool(tb_fb_table table, unsigned id, bool default_value)
{
    return tb_fb_u8(table, id, default_value) != 0;
}

/* What the offset in field `id` points at; NULL where the field is absent. */
static inline const uint8_t *tb_fb_target(tb_fb_table table, unsigned id)
{
    const uint8_t *at = tb_fb_field(table, id);
    return at ? at + tb_fb_load_u32(at) : NULL;
}

/* Terminated text; NULL where the field is absent. */
static inline const char *tb_fb_string(tb_fb_table table, unsigned id)
{
    const uint8_t *at = tb_fb_target(table, id);
    return at ? (const char *)at + 4 : NULL;
}

#define TB_FB_VECTOR(suffix, span, type)                                         \
    static inline span tb_fb_##suffix(tb_fb_table table, unsigned id)            \
    {                                                                            \
        const uint8_t *at = tb_fb_target(table, id);                             \
        if (!at)                                                                 \
            return (span){NULL, 0};                                              \
        return (span){(const type *)(const void *)(at + 4), tb_fb_load_u32(at)}; \
    }
TB_FB_VECTOR(bytes, tb_bytes, uint8_t)
TB_FB_VECTOR(u16s, tb_u16s, uint16_t)
TB_FB_VECTOR(i32s, tb_i32s, int32_t)
TB_FB_VECTOR(i64s, tb_i64s, int64_t)
TB_FB_VECTOR(f32s, tb_f32s, float)
#undef TB_FB_VECTOR

static inline tb_fb_table tb_fb_table_at(const uint8_t *at)
{
    int32_t back;
    memcpy(&back, at, sizeof back);
    return (tb_fb_table){at, at - back};
}

static inline tb_fb_table tb_fb_subtable(tb_fb_table table, unsigned id)
{
    const uint8_t *at = tb_fb_target(table, id);
    return at ? tb_fb_table_at(at) : tb_fb_absent();
}

static inline tb_fb_tables tb_fb_table_vector(tb_fb_table table, unsigned id)
{
    const uint8_t *at = tb_fb_target(table, id);
    return at ? (tb_fb_tables){at + 4, tb_fb_load_u32(at)} : (tb_fb_tables){NULL, 0};
}

/* `index` < tables.count. */
static inline tb_fb_table tb_fb_tables_get(tb_fb_tables tables, size_t index)
{
    const uint8_t *at = tables.offsets + 4 * index;
    return tb_fb_table_at(at + tb_fb_load_u32(at));
}

/* The union whose type lies in field `id` and whose table lies in field id + 1; `members` is the
   number of types that the schema knows. */
static inline tb_fb_union tb_fb_union_get(tb_fb_table table, unsigned id, unsigned members)
{
    uint8_t type = tb_fb_u8(table, id, 0);
    bool known = type != 0 && type <= members;
    return (tb_fb_union){type, known ? tb_fb_subtable(table, id + 1) : tb_fb_absent()};
}

/* ---- what a buffer should look like ------------------------------------------------------------ */

typedef enum tb_fb_kind {
    TB_FB_BOOL,
    TB_FB_I8,
    TB_FB_U8,
    TB_FB_I32,
    TB_FB_U32,
    TB_FB_I64,
    TB_FB_U64,
    TB_FB_F32,
    TB_FB_STRING,
    TB_FB_BYTES, /* vectors of scalars: U8 or BOOL; then by element */
    TB_FB_U16S,
    TB_FB_I32S,
    TB_FB_I64S,
    TB_FB_F32S,
    TB_FB_BLOB,   /* a vector of bytes that may be large, is never copied and may be shared */
    TB_FB_TABLE,  /* of: tb_fb_table_def */
    TB_FB_TABLES, /* of: tb_fb_table_def; a vector of them */
    TB_FB_UNION   /* of: tb_fb_union_def; takes fields id (the type) and id + 1 */
} tb_fb_kind;

struct tb_fb_table_def;

typedef struct tb_fb_union_def {
    const struct tb_fb_table_def *const *members; /* members[t - 1] is type t */
    size_t member_count;
} tb_fb_union_def;

typedef struct tb_fb_field_def {
    const char *name; /* as messages say it; in TABLES the singular: "tensor" */
    uint8_t id;
    uint8_t kind; /* tb_fb_kind */
    const struct tb_fb_table_def *table;
    const tb_fb_union_def *members;
} tb_fb_field_def;

typedef struct tb_fb_table_def {
    const char *name;
    const tb_fb_field_def *fields; /* walked in this order */
    size_t field_count;
    /*
     * What a message adds behind "tensor 3 " to name this table, e.g. 'conv1'; may be NULL. Called
     * for a fault below the second or a later of `fields`: what may be read is the first of
     * `fields`, and whatever the rows of the tables above list before the way to this one.
     */
    void (*label)(tb_fb_table root, tb_fb_table self, size_t capacity, char *out);
} tb_fb_table_def;

/*
 * Checks everything that the accessors rely on: the file identifier, that every offset, vtable,
 * field, vector and string that `root` describes lies inside the buffer and is aligned for its
 * type, that strings are terminated and that tables nest at most 64 deep. Fields and union types
 * that `root` does not describe are ignored, as the format wants it.
 *
 * Offsets may point at one thing twice, so a small file can describe a large tree. Work and later
 * copies are bounded: the sum of all that is visited, counted as often as it is reached (without
 * BLOBs), may be at most 4 times the file's size + 64 KiB, and tables at most 1,000,000.
 *
 * `file.data` must be aligned to 16 bytes. Blobs are not read. TB_CORRUPT with a message like
 * "subgraph 0, tensor 3 'conv1', quantization, scale: the vector at byte 880 has 2000000 elements
 * of 4 bytes and runs past the end of the file at byte 4096".
 */
tb_status tb_fb_verify(tb_bytes file, const char *identifier, const tb_fb_table_def *root,
                       tb_error *err, tb_fb_table *out);

#endif
