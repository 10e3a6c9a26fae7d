#include "tests/fuzz/mutator.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/base/size.h"
#include "runtime/flatbuffer.h"
#include "runtime/schema.h"

/* ---- places -------------------------------------------------------------------------------------- */

typedef enum place_kind {
    PLACE_NUMBER,   /* a scalar field, or an element of a list of integers */
    PLACE_FLOAT,    /* the same of floats */
    PLACE_CHOICE,   /* a union's type, an enumeration, any single byte */
    PLACE_COUNT,    /* of a vector */
    PLACE_OFFSET,   /* to a table, vector or string */
    PLACE_VTABLE,   /* an entry of a vtable */
    PLACE_BACK,     /* a table's distance to its vtable */
    PLACE_CONSTANT, /* a word of a small constant: axes, shapes, paddings live there */
    PLACE_KIND_COUNT
} place_kind;

static const char *const place_names[PLACE_KIND_COUNT] = {
    "number", "float", "choice", "count", "offset", "vtable entry", "vtable distance", "constant"};

/* How often an edit picks a place of the kind, of 100. Numbers change what kernels see, the others
   mostly what the verifier does. */
static const unsigned place_weights[PLACE_KIND_COUNT] = {40, 6, 14, 5, 6, 5, 2, 22};

typedef struct place {
    uint32_t at;
    uint8_t width;
} place;

typedef struct place_list {
    place *items;
    size_t count, capacity;
} place_list;

struct tb_mutator {
    uint8_t *bytes;
    size_t size;
    place_list places[PLACE_KIND_COUNT];
    bool failed; /* an allocation, while mapping */
};

enum { largest_mapped_list = 64, largest_mapped_constant = 128, most_places = 1 << 20 };

static void add_place(tb_mutator *m, place_kind kind, const uint8_t *at, size_t width)
{
    place_list *list = &m->places[kind];
    if (m->failed || list->count == most_places)
        return;
    if (list->count == list->capacity) {
        size_t capacity = list->capacity ? 2 * list->capacity : 64;
        place *items = realloc(list->items, capacity * sizeof *items);
        if (!items) {
            m->failed = true;
            return;
        }
        list->items = items;
        list->capacity = capacity;
    }
    list->items[list->count++] = (place){(uint32_t)(at - m->bytes), (uint8_t)width};
}

static void add_list(tb_mutator *m, place_kind kind, const uint8_t *vector, size_t width,
                     size_t most)
{
    add_place(m, PLACE_COUNT, vector, 4);
    size_t count = tb_fb_load_u32(vector);
    for (size_t k = 0; k < count && k < most; k++)
        add_place(m, kind, vector + 4 + k * width, width);
}

static void map_table(tb_mutator *m, const tb_fb_table_def *def, tb_fb_table table);

static void map_tables(tb_mutator *m, const tb_fb_table_def *def, const uint8_t *vector)
{
    add_list(m, PLACE_OFFSET, vector, 4, SIZE_MAX);
    tb_fb_tables tables = {vector + 4, tb_fb_load_u32(vector)};
    for (size_t k = 0; k < tables.count; k++)
        map_table(m, def, tb_fb_tables_get(tables, k));
}

/* What the offset at `at` leads to. */
static void map_target(tb_mutator *m, const tb_fb_field_def *field, const uint8_t *at)
{
    add_place(m, PLACE_OFFSET, at, 4);
    const uint8_t *target = at + tb_fb_load_u32(at);
    switch ((tb_fb_kind)field->kind) {
    case TB_FB_TABLE:
        map_table(m, field->table, tb_fb_table_at(target));
        break;
    case TB_FB_TABLES:
        map_tables(m, field->table, target);
        break;
    case TB_FB_U16S:
        add_list(m, PLACE_NUMBER, target, 2, largest_mapped_list);
        break;
    case TB_FB_I32S:
        add_list(m, PLACE_NUMBER, target, 4, largest_mapped_list);
        break;
    case TB_FB_I64S:
        add_list(m, PLACE_NUMBER, target, 8, largest_mapped_list);
        break;
    case TB_FB_F32S:
        add_list(m, PLACE_FLOAT, target, 4, largest_mapped_list);
        break;
    case TB_FB_BLOB:
        add_place(m, PLACE_COUNT, target, 4);
        for (size_t k = 0; k + 4 <= tb_fb_load_u32(target) && k < largest_mapped_constant; k += 4)
            add_place(m, PLACE_CONSTANT, target + 4 + k, 4);
        break;
    default:
        add_list(m, PLACE_CHOICE, target, 1, largest_mapped_list);
    }
}

static void map_field(tb_mutator *m, const tb_fb_field_def *field, tb_fb_table table)
{
    const uint8_t *at = tb_fb_field(table, field->id);
    if (!at)
        return;
    switch ((tb_fb_kind)field->kind) {
    case TB_FB_BOOL:
    case TB_FB_I8:
    case TB_FB_U8:
        add_place(m, PLACE_CHOICE, at, 1);
        break;
    case TB_FB_I32:
    case TB_FB_U32:
        add_place(m, PLACE_NUMBER, at, 4);
        break;
    case TB_FB_I64:
    case TB_FB_U64:
        add_place(m, PLACE_NUMBER, at, 8);
        break;
    case TB_FB_F32:
        add_place(m, PLACE_FLOAT, at, 4);
        break;
    case TB_FB_UNION:
        add_place(m, PLACE_CHOICE, at, 1);
        if (*at && *at <= field->members->member_count && tb_fb_field(table, field->id + 1u)) {
            add_place(m, PLACE_OFFSET, tb_fb_field(table, field->id + 1u), 4);
            map_table(m, field->members->members[*at - 1], tb_fb_subtable(table, field->id + 1u));
        }
        break;
    default:
        map_target(m, field, at);
    }
}

static void map_table(tb_mutator *m, const tb_fb_table_def *def, tb_fb_table table)
{
    add_place(m, PLACE_BACK, table.at, 4);
    size_t vtable_bytes = tb_fb_load_u16(table.vtable);
    for (size_t k = 0; k + 2 <= vtable_bytes; k += 2)
        add_place(m, PLACE_VTABLE, table.vtable + k, 2);
    for (size_t k = 0; k < def->field_count; k++)
        map_field(m, &def->fields[k], table);
}

tb_status tb_mutator_create(const uint8_t *bytes, size_t size, tb_error *err, tb_mutator **out)
{
    tb_mutator *m = calloc(1, sizeof *m);
    size_t rounded = tb_align_up(size + 1, 16);
    if (m)
        m->bytes = aligned_alloc(16, rounded);
    if (!m || !m->bytes) {
        free(m);
        return tb_fail(err, TB_NO_MEMORY, "no memory to mutate a model of %zu bytes", size);
    }
    memcpy(m->bytes, bytes, size);
    m->size = size;
    tb_fb_table root;
    tb_status status = tb_fb_verify((tb_bytes){m->bytes, size}, TB_SCHEMA_IDENTIFIER,
                                    tb_schema_root(), err, &root);
    if (status == TB_OK) {
        add_place(m, PLACE_OFFSET, m->bytes, 4);
        map_table(m, tb_schema_root(), root);
        if (m->failed)
            status = tb_fail(err, TB_NO_MEMORY, "no memory to map the parts of a model");
    }
    if (status != TB_OK) {
        tb_mutator_destroy(m);
        return status;
    }
    *out = m;
    return TB_OK;
}

void tb_mutator_destroy(tb_mutator *m)
{
    if (!m)
        return;
    for (size_t k = 0; k < PLACE_KIND_COUNT; k++)
        free(m->places[k].items);
    free(m->bytes);
    free(m);
}

/* ---- chance -------------------------------------------------------------------------------------- */

/* splitmix64 (Steele, Lea, Flood 2014): every seed gives a good sequence. */
static uint64_t next(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

/* 0 .. below - 1 */
static size_t pick(uint64_t *state, size_t below)
{
    return (size_t)(next(state) % below);
}

/* ---- edits --------------------------------------------------------------------------------------- */

typedef struct edit {
    const tb_mutator *m;
    uint8_t *bytes; /* as many as the model has */
    uint64_t state;
    tb_buf *what;
} edit;

static uint64_t load(const uint8_t *at, size_t width)
{
    uint64_t value = 0;
    memcpy(&value, at, width);
    return value;
}

static const place *any_place(edit *e, place_kind kind)
{
    const place_list *list = &e->m->places[kind];
    return list->count ? &list->items[pick(&e->state, list->count)] : NULL;
}

static uint64_t odd_number(edit *e, uint64_t old)
{
    static const int64_t values[] = {0,    1,       -1,      2,         3,         4,        5,
                                     6,    7,       8,       9,         12,        16,       31,
                                     32,   33,      64,      127,       128,       255,      256,
                                     1000, 32767,   65535,   INT32_MAX, INT32_MIN, -2,       -3,
                                     -4,   1 << 16, 1 << 24, 1 << 30,   INT64_MAX, INT64_MIN};
    switch (pick(&e->state, 8)) {
    case 0:
    case 1:
        return (uint64_t)values[pick(&e->state, TB_COUNT_OF(values))];
    case 2:
        return old + 1;
    case 3:
        return old - 1;
    case 4:
        return old ^ (uint64_t)1 << pick(&e->state, 32);
    case 5:
        return old * 2;
    case 6:
        return pick(&e->state, 12);
    default:
        return 0 - old;
    }
}

static uint64_t odd_float(edit *e)
{
    static const float values[] = {0.0f, -0.0f,  1.0f,  -1.0f, 1e-30f,   1e30f,     -1e30f,
                                   0.5f, 255.0f, 1e-6f, NAN,   INFINITY, -INFINITY, 3.0e9f};
    float value = values[pick(&e->state, TB_COUNT_OF(values))];
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

/* An offset to what another offset leads to, or to nowhere in particular. */
static uint64_t odd_offset(edit *e, const place *p, uint64_t old)
{
    const place *other = any_place(e, PLACE_OFFSET);
    uint64_t target = other->at + load(e->m->bytes + other->at, 4);
    switch (pick(&e->state, 6)) {
    case 0:
    case 1:
    case 2:
        return target - p->at;
    case 3:
        return old + 4 * pick(&e->state, 8) - 16;
    case 4:
        return 4 * pick(&e->state, e->m->size / 4 + 1) - p->at;
    default:
        return odd_number(e, old);
    }
}

/* The distance to another table's vtable: one table read as if it were another. */
static uint64_t odd_back(edit *e, const place *p, uint64_t old)
{
    const place *other = any_place(e, PLACE_BACK);
    uint64_t vtable = other->at - load(e->m->bytes + other->at, 4);
    return pick(&e->state, 4) ? p->at - vtable : old + 4 * pick(&e->state, 8) - 16;
}

static uint64_t odd_value(edit *e, place_kind kind, const place *p, uint64_t old)
{
    /* Often what another place of the kind has: plausible, and so it comes further. */
    if (kind != PLACE_OFFSET && kind != PLACE_BACK && pick(&e->state, 3) == 0) {
        const place *other = any_place(e, kind);
        return load(e->m->bytes + other->at, other->width);
    }
    switch (kind) {
    case PLACE_FLOAT:
        return odd_float(e);
    case PLACE_CHOICE:
        return pick(&e->state, 2) ? pick(&e->state, 24) : next(&e->state);
    case PLACE_OFFSET:
        return odd_offset(e, p, old);
    case PLACE_VTABLE:
        return pick(&e->state, 2) ? 0 : odd_number(e, old);
    case PLACE_BACK:
        return odd_back(e, p, old);
    default:
        return odd_number(e, old);
    }
}

static place_kind pick_kind(edit *e)
{
    unsigned ticket = (unsigned)pick(&e->state, 100);
    for (unsigned k = 0; k < PLACE_KIND_COUNT; k++) {
        if (ticket < place_weights[k])
            return (place_kind)k;
        ticket -= place_weights[k];
    }
    return PLACE_NUMBER;
}

static void edit_table(edit *e)
{
    place_kind kind = pick_kind(e);
    const place *p = any_place(e, kind);
    if (!p)
        return;
    uint64_t old = load(e->bytes + p->at, p->width);
    uint64_t value = odd_value(e, kind, p, old);
    memcpy(e->bytes + p->at, &value, p->width);
    if (e->what)
        tb_buf_printf(e->what, "; %s of %u bytes at %u: %llx -> %llx", place_names[kind], p->width,
                      p->at, (unsigned long long)old,
                      (unsigned long long)load(e->bytes + p->at, p->width));
}

static void flip_anything(edit *e)
{
    size_t at = pick(&e->state, e->m->size);
    unsigned bit = (unsigned)pick(&e->state, 8);
    e->bytes[at] ^= (uint8_t)(1u << bit);
    if (e->what)
        tb_buf_printf(e->what, "; bit %u of byte %zu flipped", bit, at);
}

uint8_t *tb_mutator_make(const tb_mutator *m, uint64_t number, tb_buf *what, size_t *size)
{
    uint8_t *bytes = malloc(m->size);
    if (!bytes)
        return NULL;
    memcpy(bytes, m->bytes, m->size);
    edit e = {m, bytes, number * 0xd1342543de82ef95u + 1, what};
    do {
        if (pick(&e.state, 16) == 0)
            flip_anything(&e);
        else
            edit_table(&e);
    } while (pick(&e.state, 5) < 2);
    *size = m->size;
    if (pick(&e.state, 40) == 0) {
        *size = 1 + pick(&e.state, m->size);
        uint8_t *cut = realloc(bytes, *size);
        bytes = cut ? cut : bytes;
        if (what)
            tb_buf_printf(what, "; cut to %zu bytes", *size);
    }
    return bytes;
}
