/*
 * Writes FlatBuffers: tables, vectors and strings, from the back of the file to its front.
 *
 * The order of calls alone decides the bytes: no hashing, no addresses, no padding but zeros. What
 * a table or vector refers to is written before it, so a file is built leaves first and its root
 * last. Equal vtables are written once. The format is the public FlatBuffers wire format
 * (https://flatbuffers.dev/internals): little endian, 32-bit offsets, at most 2 GiB - 1.
 *
 * Errors are kept until tb_fbb_finish: every call after the first failure does nothing and returns
 * TB_FBB_NONE, so that the caller need not check each.
 */
#ifndef TB_MODELS_FB_BUILDER_H
#define TB_MODELS_FB_BUILDER_H

#include <stddef.h>
#include <stdint.h>

#include "runtime/base/arena.h"
#include "runtime/base/status.h"

/* Where an object was written: its distance from the end of the file. */
typedef uint32_t tb_fbb_ref;
#define TB_FBB_NONE ((tb_fbb_ref)0)

/* The highest number of fields that one table may have set. */
#define TB_FBB_FIELD_LIMIT 32

/* The highest field id, exclusive. */
#define TB_FBB_ID_LIMIT 64

typedef struct tb_fbb_field {
    uint16_t id;
    uint8_t size;   /* bytes: 1, 2, 4 or 8 */
    uint8_t is_ref; /* the value is a tb_fbb_ref, stored as an offset */
    uint64_t value; /* the bits, low end first */
} tb_fbb_field;

typedef struct tb_fbb {
    uint8_t *bytes; /* the file's end lies at bytes + capacity */
    size_t capacity;
    size_t used;                             /* counted from the end */
    size_t alignment;                        /* the largest that any object asked for */
    tb_fbb_field fields[TB_FBB_FIELD_LIMIT]; /* of the table being written */
    unsigned field_count;
    int in_table;
    tb_fbb_ref *vtables; /* one each of the vtables written */
    size_t vtable_count, vtable_capacity;
    tb_arena scratch;
    tb_error error; /* the first failure, or TB_OK */
} tb_fbb;

void tb_fbb_init(tb_fbb *fb);
void tb_fbb_free(tb_fbb *fb);

/* A zero-terminated string; TB_FBB_NONE for NULL, so that an absent string is an absent field. */
tb_fbb_ref tb_fbb_string(tb_fbb *fb, const char *text);

/*
 * A vector of `count` scalars of `element_size` bytes, in the machine's order (little endian), its
 * first element aligned to `alignment` (a power of two, at least element_size; 0 means that).
 */
tb_fbb_ref tb_fbb_vector(tb_fbb *fb, const void *elements, size_t count, size_t element_size,
                         size_t alignment);

/* Room for a list of references while a vector is being made: the builder's, until it is freed;
   NULL after a failure. */
tb_fbb_ref *tb_fbb_scratch(tb_fbb *fb, size_t count);

/* A vector of offsets to tables or strings. */
tb_fbb_ref tb_fbb_ref_vector(tb_fbb *fb, const tb_fbb_ref *refs, size_t count);

/*
 * A table: begin, fields in any order, end. The fields are laid out widest first, then by id. One
 * table at a time; strings, vectors and inner tables come before begin. A field that is left out
 * has its schema's default; setting one always writes it.
 */
void tb_fbb_table_begin(tb_fbb *fb);
void tb_fbb_field_u8(tb_fbb *fb, unsigned id, uint8_t value);
void tb_fbb_field_u32(tb_fbb *fb, unsigned id, uint32_t value);
void tb_fbb_field_i32(tb_fbb *fb, unsigned id, int32_t value);
void tb_fbb_field_u64(tb_fbb *fb, unsigned id, uint64_t value);
void tb_fbb_field_f32(tb_fbb *fb, unsigned id, float value);
/* Left out where `ref` is TB_FBB_NONE. */
void tb_fbb_field_ref(tb_fbb *fb, unsigned id, tb_fbb_ref ref);
tb_fbb_ref tb_fbb_table_end(tb_fbb *fb);

/*
 * Closes the file with its root table and a four-character identifier. The bytes are handed over
 * (free() them) and the builder is left empty, ready for tb_fbb_free.
 */
tb_status tb_fbb_finish_take(tb_fbb *fb, tb_fbb_ref root, const char identifier[4], tb_error *err,
                             uint8_t **bytes, size_t *size);

#endif
