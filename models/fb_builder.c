/* The FlatBuffer builder; see fb_builder.h. Little-endian hosts only, which is all we build for. */
#include "models/fb_builder.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/base/size.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the file is written as memory lies");

/* Offsets are 32 bits, and those from a table to its vtable are signed. */
#define SIZE_LIMIT     ((size_t)INT32_MAX)
#define FIRST_CAPACITY ((size_t)4096)

void tb_fbb_init(tb_fbb *fb)
{
    memset(fb, 0, sizeof *fb);
    fb->alignment = sizeof(uint32_t);
}

void tb_fbb_free(tb_fbb *fb)
{
    free(fb->bytes);
    free(fb->vtables);
    tb_arena_free(&fb->scratch);
    tb_fbb_init(fb);
}

static bool failed(const tb_fbb *fb)
{
    return fb->error.status != TB_OK;
}

/* Room for `size` more bytes in front of what is written; false after an error. */
static bool reserve(tb_fbb *fb, size_t size)
{
    if (failed(fb))
        return false;
    size_t needed;
    if (!tb_add_size(fb->used, size, &needed) || needed > SIZE_LIMIT) {
        tb_fail(&fb->error, TB_UNSUPPORTED,
                "write FlatBuffer: the file would exceed the format's limit of 2 GiB");
        return false;
    }
    if (needed <= fb->capacity)
        return true;
    size_t capacity = fb->capacity ? fb->capacity : FIRST_CAPACITY;
    while (capacity < needed)
        capacity *= 2;
    uint8_t *bytes = malloc(capacity);
    if (!bytes) {
        tb_fail(&fb->error, TB_NO_MEMORY, "write FlatBuffer: cannot allocate %zu bytes", capacity);
        return false;
    }
    if (fb->used)
        memcpy(bytes + capacity - fb->used, fb->bytes + fb->capacity - fb->used, fb->used);
    free(fb->bytes);
    fb->bytes = bytes;
    fb->capacity = capacity;
    return true;
}

static uint8_t *at(tb_fbb *fb, size_t distance_from_end)
{
    return fb->bytes + fb->capacity - distance_from_end;
}

/* Puts bytes in front of what is written. The room was reserved. */
static void put(tb_fbb *fb, const void *bytes, size_t size)
{
    fb->used += size;
    if (size)
        memcpy(at(fb, fb->used), bytes, size);
}

static void put_u32(tb_fbb *fb, uint32_t value)
{
    put(fb, &value, sizeof value);
}

/*
 * Zeros, so that once `size` more bytes are written the front is a multiple of `alignment` away
 * from the end; and room for both. The end itself is aligned when the file is finished.
 */
static bool align_for(tb_fbb *fb, size_t size, size_t alignment)
{
    if (alignment > fb->alignment)
        fb->alignment = alignment;
    size_t padding = (0 - (fb->used + size)) & (alignment - 1);
    size_t room;
    if (!tb_add_size(size, padding, &room))
        room = SIZE_LIMIT; /* refused by reserve, as it would be on top of anything */
    if (!reserve(fb, room))
        return false;
    fb->used += padding;
    if (padding)
        memset(at(fb, fb->used), 0, padding);
    return true;
}

static bool outside_table(tb_fbb *fb, const char *what)
{
    if (failed(fb))
        return false;
    if (!fb->in_table)
        return true;
    tb_fail(&fb->error, TB_STATE, "write FlatBuffer: a %s was begun inside an open table", what);
    return false;
}

/* The length in front of a vector's elements, which lie there already. */
static tb_fbb_ref put_length(tb_fbb *fb, size_t count)
{
    put_u32(fb, (uint32_t)count);
    return (tb_fbb_ref)fb->used;
}

tb_fbb_ref tb_fbb_string(tb_fbb *fb, const char *text)
{
    if (!text || !outside_table(fb, "string"))
        return TB_FBB_NONE;
    size_t length = strlen(text);
    if (!align_for(fb, length + 1, sizeof(uint32_t)) || !reserve(fb, length + 1 + sizeof(uint32_t)))
        return TB_FBB_NONE;
    put(fb, text, length + 1);
    return put_length(fb, length);
}

tb_fbb_ref tb_fbb_vector(tb_fbb *fb, const void *elements, size_t count, size_t element_size,
                         size_t alignment)
{
    if (!outside_table(fb, "vector"))
        return TB_FBB_NONE;
    size_t size;
    if (!tb_mul_size(count, element_size, &size) || size > SIZE_LIMIT - sizeof(uint32_t)) {
        tb_fail(&fb->error, TB_UNSUPPORTED,
                "write FlatBuffer: a vector of %zu elements of %zu bytes exceeds 2 GiB", count,
                element_size);
        return TB_FBB_NONE;
    }
    if (alignment < element_size)
        alignment = element_size;
    if (alignment < sizeof(uint32_t))
        alignment = sizeof(uint32_t);
    if (!align_for(fb, size, alignment) || !reserve(fb, size + sizeof(uint32_t)))
        return TB_FBB_NONE;
    put(fb, elements, size);
    return put_length(fb, count);
}

tb_fbb_ref *tb_fbb_scratch(tb_fbb *fb, size_t count)
{
    if (failed(fb))
        return NULL;
    tb_fbb_ref *refs = TB_ARENA_NEW(&fb->scratch, tb_fbb_ref, count);
    if (!refs)
        tb_fail(&fb->error, TB_NO_MEMORY, "write FlatBuffer: cannot hold %zu references", count);
    return refs;
}

tb_fbb_ref tb_fbb_ref_vector(tb_fbb *fb, const tb_fbb_ref *refs, size_t count)
{
    if (!outside_table(fb, "vector"))
        return TB_FBB_NONE;
    size_t size;
    if (!tb_mul_size(count, sizeof(uint32_t), &size))
        size = SIZE_LIMIT; /* refused by reserve */
    if (!align_for(fb, size, sizeof(uint32_t)) || !reserve(fb, size + sizeof(uint32_t)))
        return TB_FBB_NONE;
    for (size_t i = count; i-- > 0;) {
        if (refs[i] == TB_FBB_NONE || refs[i] > fb->used) {
            tb_fail(&fb->error, TB_INTERNAL,
                    "write FlatBuffer: element %zu of a vector of %zu was not written", i, count);
            return TB_FBB_NONE;
        }
        put_u32(fb, (uint32_t)(fb->used + sizeof(uint32_t)) - refs[i]);
    }
    return put_length(fb, count);
}

void tb_fbb_table_begin(tb_fbb *fb)
{
    if (!outside_table(fb, "table"))
        return;
    fb->in_table = 1;
    fb->field_count = 0;
}

static void add_field(tb_fbb *fb, unsigned id, uint8_t size, bool is_ref, uint64_t value)
{
    if (failed(fb))
        return;
    if (!fb->in_table || id >= TB_FBB_ID_LIMIT || fb->field_count == TB_FBB_FIELD_LIMIT) {
        tb_fail(&fb->error, TB_STATE, "write FlatBuffer: field %u %s", id,
                !fb->in_table           ? "was set outside a table"
                : id >= TB_FBB_ID_LIMIT ? "is beyond the highest field id"
                                        : "is one field too many for a table");
        return;
    }
    for (unsigned i = 0; i < fb->field_count; i++)
        if (fb->fields[i].id == id) {
            tb_fail(&fb->error, TB_STATE, "write FlatBuffer: field %u was set twice", id);
            return;
        }
    fb->fields[fb->field_count++] = (tb_fbb_field){(uint16_t)id, size, is_ref, value};
}

void tb_fbb_field_u8(tb_fbb *fb, unsigned id, uint8_t value)
{
    add_field(fb, id, sizeof value, false, value);
}

void tb_fbb_field_u32(tb_fbb *fb, unsigned id, uint32_t value)
{
    add_field(fb, id, sizeof value, false, value);
}

void tb_fbb_field_i32(tb_fbb *fb, unsigned id, int32_t value)
{
    add_field(fb, id, sizeof value, false, (uint32_t)value);
}

void tb_fbb_field_u64(tb_fbb *fb, unsigned id, uint64_t value)
{
    add_field(fb, id, sizeof value, false, value);
}

void tb_fbb_field_f32(tb_fbb *fb, unsigned id, float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    add_field(fb, id, sizeof bits, false, bits);
}

void tb_fbb_field_ref(tb_fbb *fb, unsigned id, tb_fbb_ref ref)
{
    if (ref != TB_FBB_NONE)
        add_field(fb, id, sizeof(uint32_t), true, ref);
}

/* Widest first keeps every field aligned without gaps; then by id. */
static int by_layout(const void *a, const void *b)
{
    const tb_fbb_field *x = a, *y = b;
    if (x->size != y->size)
        return x->size > y->size ? -1 : 1;
    return x->id < y->id ? -1 : x->id > y->id;
}

/* Finds a vtable with these bytes, or writes it; returns its place. */
static tb_fbb_ref place_vtable(tb_fbb *fb, const uint16_t *vtable, size_t count)
{
    size_t size = count * sizeof *vtable;
    for (size_t i = 0; i < fb->vtable_count; i++) {
        const uint8_t *other = at(fb, fb->vtables[i]);
        uint16_t other_size;
        memcpy(&other_size, other, sizeof other_size);
        if (other_size == size && memcmp(other, vtable, size) == 0)
            return fb->vtables[i];
    }
    if (fb->vtable_count == fb->vtable_capacity) {
        size_t capacity = fb->vtable_capacity ? 2 * fb->vtable_capacity : 32;
        tb_fbb_ref *vtables = realloc(fb->vtables, capacity * sizeof *vtables);
        if (!vtables) {
            tb_fail(&fb->error, TB_NO_MEMORY, "write FlatBuffer: cannot remember a vtable");
            return TB_FBB_NONE;
        }
        fb->vtables = vtables;
        fb->vtable_capacity = capacity;
    }
    if (!align_for(fb, size, sizeof *vtable))
        return TB_FBB_NONE;
    put(fb, vtable, size);
    return fb->vtables[fb->vtable_count++] = (tb_fbb_ref)fb->used;
}

/* The open table's fields, last one first. The room was reserved. */
static bool put_fields(tb_fbb *fb)
{
    for (unsigned i = fb->field_count; i-- > 0;) {
        const tb_fbb_field *field = &fb->fields[i];
        uint64_t value = field->value;
        if (field->is_ref) {
            if (value > fb->used) {
                tb_fail(&fb->error, TB_INTERNAL, "write FlatBuffer: field %u was not written",
                        field->id);
                return false;
            }
            value = fb->used + sizeof(uint32_t) - value;
        }
        put(fb, &value, field->size);
    }
    return true;
}

tb_fbb_ref tb_fbb_table_end(tb_fbb *fb)
{
    if (failed(fb))
        return TB_FBB_NONE;
    if (!fb->in_table) {
        tb_fail(&fb->error, TB_STATE, "write FlatBuffer: a table was ended that was not begun");
        return TB_FBB_NONE;
    }
    fb->in_table = 0;
    qsort(fb->fields, fb->field_count, sizeof fb->fields[0], by_layout);

    uint16_t vtable[2 + TB_FBB_ID_LIMIT] = {0};
    size_t entries = 2;
    size_t offset = sizeof(int32_t); /* the table starts with the distance to its vtable */
    for (unsigned i = 0; i < fb->field_count; i++) {
        const tb_fbb_field *field = &fb->fields[i];
        vtable[2 + field->id] = (uint16_t)offset;
        offset += field->size;
        if (entries < 3u + field->id)
            entries = 3u + field->id;
    }
    vtable[0] = (uint16_t)(entries * sizeof vtable[0]);
    vtable[1] = (uint16_t)offset;

    /* The widest fields come first, so aligning the first aligns them all; zeros behind the last
       keep the distance in front of the first on a multiple of 4. */
    size_t field_bytes = offset - sizeof(int32_t);
    size_t padded_bytes = tb_align_up(field_bytes, sizeof(int32_t));
    size_t alignment = fb->field_count && fb->fields[0].size == 8 ? 8 : sizeof(int32_t);
    if (!align_for(fb, padded_bytes, alignment) || !reserve(fb, padded_bytes + sizeof(int32_t)))
        return TB_FBB_NONE;
    fb->used += padded_bytes - field_bytes;
    memset(at(fb, fb->used), 0, padded_bytes - field_bytes);
    if (!put_fields(fb))
        return TB_FBB_NONE;
    fb->used += sizeof(int32_t);
    tb_fbb_ref table = (tb_fbb_ref)fb->used;
    tb_fbb_ref place = place_vtable(fb, vtable, entries);
    if (place == TB_FBB_NONE)
        return TB_FBB_NONE;
    int32_t distance = (int32_t)((int64_t)place - (int64_t)table);
    memcpy(at(fb, table), &distance, sizeof distance);
    return table;
}

tb_status tb_fbb_finish_take(tb_fbb *fb, tb_fbb_ref root, const char identifier[4], tb_error *err,
                             uint8_t **bytes, size_t *size)
{
    *bytes = NULL;
    *size = 0;
    size_t head = sizeof(uint32_t) + 4;
    if (outside_table(fb, "root") && align_for(fb, head, fb->alignment)) {
        put(fb, identifier, 4);
        put_u32(fb, (uint32_t)(fb->used + sizeof(uint32_t)) - root);
    }
    if (failed(fb)) {
        if (err)
            *err = fb->error;
        return fb->error.status;
    }
    memmove(fb->bytes, at(fb, fb->used), fb->used);
    *bytes = fb->bytes;
    *size = fb->used;
    fb->bytes = NULL;
    tb_fbb_free(fb);
    return TB_OK;
}
