/*
 * The verifier: walks a buffer once, led by table descriptions. It holds positions, not pointers:
 * every position is checked against the end of the file before a byte there is read.
 */
#include "runtime/flatbuffer.h"

#include <stdarg.h>
#include <stdio.h>

const uint16_t tb_fb_empty_vtable[2] = {4, 4};

enum {
    max_depth = 64,
    max_tables = 1000000,
    allowance_factor = 4,
    allowance_bytes = 65536,
    table_charge_bytes = 8, /* the offset that leads to a table and the one it starts with */
};

/* A table on the way from the root to where the walk is. */
typedef struct step {
    const tb_fb_table_def *def;
    size_t at;
    size_t vtable;
    size_t vtable_bytes;
    const tb_fb_field_def *field; /* the one being checked; NULL: the table's own head */
    size_t index;                 /* of the element in `field`, where that is TABLES */
    bool in_element;
} step;

typedef struct walk {
    const uint8_t *data;
    size_t size;
    size_t allowance; /* bytes that may still be visited */
    size_t tables;
    tb_error *err;
    size_t depth; /* steps in use */
    step steps[max_depth];
} walk;

/* ---- messages ---------------------------------------------------------------------------------- */

static tb_fb_table table_at(const walk *w, const step *s)
{
    return tb_fb_table_at(w->data + s->at);
}

/* A label reads the first field of its table, and so has to wait until that one is checked. */
static bool may_label(const step *s)
{
    return s->def->label && s->field && s->field != s->def->fields;
}

/* "subgraph 0, tensor 3 'conv1', quantization, scale" */
static void write_place(const walk *w, size_t capacity, char *out)
{
    size_t used = 0;
    out[0] = 0;
    for (size_t k = 0; k < w->depth; k++) {
        const step *s = &w->steps[k];
        if (!s->field)
            break;
        const char *comma = k ? ", " : "";
        int n;
        if (s->in_element)
            n = snprintf(out + used, capacity - used, "%s%s %zu", comma, s->field->name, s->index);
        else
            n = snprintf(out + used, capacity - used, "%s%s", comma, s->field->name);
        if (n < 0 || (size_t)n >= capacity - used)
            return;
        used += (size_t)n;
        const step *below = k + 1 < w->depth ? &w->steps[k + 1] : NULL;
        if (!below || !may_label(below) || capacity - used < 2)
            continue;
        char label[96] = "";
        below->def->label(table_at(w, &w->steps[0]), table_at(w, below), sizeof label, label);
        n = snprintf(out + used, capacity - used, "%s%s", label[0] ? " " : "", label);
        if (n < 0 || (size_t)n >= capacity - used)
            return;
        used += (size_t)n;
    }
}

static tb_status fault(const walk *w, const char *format, ...) TB_PRINTF(2, 3);
static tb_status fault(const walk *w, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    tb_vfail(w->err, TB_CORRUPT, format, args);
    va_end(args);
    char place[384];
    write_place(w, sizeof place, place);
    if (place[0])
        tb_in(w->err, "%s", place);
    return TB_CORRUPT;
}

/* ---- parts ------------------------------------------------------------------------------------- */

static bool inside(const walk *w, size_t at, size_t bytes)
{
    return at <= w->size && bytes <= w->size - at;
}

static tb_status charge(walk *w, size_t bytes)
{
    if (bytes > w->allowance)
        return fault(w,
                     "the file's parts are reached so often that together they exceed %d times its "
                     "%zu bytes",
                     allowance_factor, w->size);
    w->allowance -= bytes;
    return TB_OK;
}

/* Follows the offset stored at `at`, which is inside the file, to something of at least 4 bytes. */
static tb_status follow(const walk *w, size_t at, size_t *out)
{
    uint32_t offset = tb_fb_load_u32(w->data + at);
    if (offset == 0 || !inside(w, at + offset, 4))
        return fault(w, "the offset at byte %zu points %u bytes on, the file ends at byte %zu", at,
                     offset, w->size);
    if ((at + offset) % 4)
        return fault(w, "the offset at byte %zu points to byte %zu, which is not a multiple of 4",
                     at, at + offset);
    *out = at + offset;
    return TB_OK;
}

/* The vector that starts at `at`; its elements need no charge if `free_bytes`. */
static tb_status check_vector(walk *w, size_t at, size_t element, bool free_bytes)
{
    size_t count = tb_fb_load_u32(w->data + at);
    if (count > (w->size - at - 4) / element)
        return fault(w,
                     "the vector at byte %zu has %zu elements of %zu bytes and runs past the end "
                     "of the file at byte %zu",
                     at, count, element, w->size);
    /* Writers align a vector for its elements, of which an empty one has none. */
    if (count && (at + 4) % element)
        return fault(w, "the vector at byte %zu has elements of %zu bytes that are not aligned", at,
                     element);
    return charge(w, 4 + (free_bytes ? 0 : count * element));
}

static tb_status check_string(walk *w, size_t at)
{
    size_t count = tb_fb_load_u32(w->data + at);
    if (count >= w->size - at - 4)
        return fault(w,
                     "the string at byte %zu has %zu characters and runs past the end of the file "
                     "at byte %zu",
                     at, count, w->size);
    if (w->data[at + 4 + count])
        return fault(w, "the string at byte %zu is not terminated", at);
    return charge(w, 5 + count);
}

/* Bytes that a field of a kind takes inside its table. */
static size_t inline_size(tb_fb_kind kind)
{
    switch (kind) {
    case TB_FB_BOOL:
    case TB_FB_I8:
    case TB_FB_U8:
    case TB_FB_UNION: /* its type; the table is a field of its own */
        return 1;
    case TB_FB_I64:
    case TB_FB_U64:
        return 8;
    default:
        return 4;
    }
}

/* Bytes of an element of a vector of scalars. */
static size_t element_size(tb_fb_kind kind)
{
    switch (kind) {
    case TB_FB_U16S:
        return 2;
    case TB_FB_I32S:
    case TB_FB_F32S:
        return 4;
    case TB_FB_I64S:
        return 8;
    default:
        return 1;
    }
}

/* Where field `id` of `table` lies, 0 if it is absent. The head of the table is checked. */
static size_t field_at(const walk *w, const step *table, unsigned id)
{
    size_t slot = 4 + 2 * (size_t)id;
    if (slot + 2 > table->vtable_bytes)
        return 0;
    uint16_t offset = tb_fb_load_u16(w->data + table->vtable + slot);
    return offset ? table->at + offset : 0;
}

static tb_status check_inline(const walk *w, size_t at, size_t bytes)
{
    if (!inside(w, at, bytes))
        return fault(w, "the field at byte %zu lies past the end of the file at byte %zu", at,
                     w->size);
    if (at % bytes)
        return fault(w, "the field at byte %zu is not aligned to its %zu bytes", at, bytes);
    return TB_OK;
}

static tb_status check_table(walk *w, const tb_fb_table_def *def, size_t at);

static tb_status check_tables(walk *w, const tb_fb_table_def *def, size_t at)
{
    step *s = &w->steps[w->depth - 1];
    tb_status status = check_vector(w, at, 4, false);
    size_t count = status == TB_OK ? tb_fb_load_u32(w->data + at) : 0;
    for (size_t k = 0; k < count && status == TB_OK; k++) {
        s->in_element = true;
        s->index = k;
        size_t target;
        status = follow(w, at + 4 + 4 * k, &target);
        if (status == TB_OK)
            status = check_table(w, def, target);
    }
    s->in_element = false;
    return status;
}

/* The union whose type lies at `at`: its table, where the type is known, lies in the next field. */
static tb_status check_union(walk *w, const tb_fb_field_def *field, size_t at)
{
    uint8_t type = w->data[at];
    if (type == 0 || type > field->members->member_count)
        return TB_OK;
    size_t value = field_at(w, &w->steps[w->depth - 1], field->id + 1u);
    if (!value)
        return TB_OK;
    size_t target;
    tb_status status = check_inline(w, value, 4);
    if (status == TB_OK)
        status = follow(w, value, &target);
    if (status == TB_OK)
        status = check_table(w, field->members->members[type - 1], target);
    return status;
}

static tb_status check_field(walk *w, const tb_fb_field_def *field)
{
    step *s = &w->steps[w->depth - 1];
    size_t at = field_at(w, s, field->id);
    if (!at)
        return TB_OK;
    tb_fb_kind kind = (tb_fb_kind)field->kind;
    tb_status status = check_inline(w, at, inline_size(kind));
    if (status != TB_OK || kind < TB_FB_STRING)
        return status;
    if (kind == TB_FB_UNION)
        return check_union(w, field, at);
    size_t target;
    status = follow(w, at, &target);
    if (status != TB_OK)
        return status;
    switch (kind) {
    case TB_FB_STRING:
        return check_string(w, target);
    case TB_FB_TABLE:
        return check_table(w, field->table, target);
    case TB_FB_TABLES:
        return check_tables(w, field->table, target);
    default:
        return check_vector(w, target, element_size(kind), kind == TB_FB_BLOB);
    }
}

/* Finds the vtable of the table of `s`, which is aligned and has 4 bytes. */
static tb_status check_head(walk *w, step *s)
{
    int32_t back;
    memcpy(&back, w->data + s->at, sizeof back);
    int64_t vtable = (int64_t)s->at - back;
    if (vtable < 0 || vtable % 2 || !inside(w, (size_t)vtable, 4))
        return fault(w, "the table at byte %zu has its vtable at byte %lld of a file of %zu", s->at,
                     (long long)vtable, w->size);
    s->vtable = (size_t)vtable;
    s->vtable_bytes = tb_fb_load_u16(w->data + vtable);
    if (s->vtable_bytes < 4 || s->vtable_bytes % 2 || !inside(w, s->vtable, s->vtable_bytes))
        return fault(w, "the vtable at byte %lld has %zu bytes, in a file of %zu",
                     (long long)vtable, s->vtable_bytes, w->size);
    return charge(w, table_charge_bytes);
}

static tb_status check_table(walk *w, const tb_fb_table_def *def, size_t at)
{
    if (w->depth == max_depth)
        return fault(w, "tables nest more than %d deep", max_depth);
    if (++w->tables > max_tables)
        return fault(w, "more than %d tables are reached", max_tables);
    step *s = &w->steps[w->depth++];
    *s = (step){.def = def, .at = at};
    tb_status status = check_head(w, s);
    for (size_t k = 0; k < def->field_count && status == TB_OK; k++) {
        s->field = &def->fields[k];
        status = check_field(w, s->field);
    }
    w->depth--;
    return status;
}

tb_status tb_fb_verify(tb_bytes file, const char *identifier, const tb_fb_table_def *root,
                       tb_error *err, tb_fb_table *out)
{
    if (file.size < 8)
        return tb_fail(err, TB_CORRUPT, "the file has %zu bytes, the smallest model has more",
                       file.size);
    if (memcmp(file.data + 4, identifier, 4) != 0) {
        char found[5];
        for (size_t k = 0; k < 4; k++)
            found[k] =
                file.data[4 + k] > ' ' && file.data[4 + k] < 127 ? (char)file.data[4 + k] : '?';
        found[4] = 0;
        return tb_fail(err, TB_CORRUPT, "the file identifier is '%s', '%s' is wanted", found,
                       identifier);
    }
    walk w = {.data = file.data, .size = file.size, .err = err};
    if (__builtin_mul_overflow(file.size, (size_t)allowance_factor, &w.allowance) ||
        __builtin_add_overflow(w.allowance, (size_t)allowance_bytes, &w.allowance))
        w.allowance = SIZE_MAX;
    size_t at = 0;
    tb_status status = follow(&w, 0, &at);
    if (status == TB_OK)
        status = check_table(&w, root, at);
    if (status == TB_OK)
        *out = tb_fb_table_at(file.data + at);
    return status;
}
