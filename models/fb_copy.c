/* Copying described tables; see fb_copy.h. */
#include "models/fb_copy.h"

#define BYTES_ALIGNMENT 16

typedef struct copier {
    tb_fbb *fb;
    tb_fbb_replace_fn replace;
    void *context;
} copier;

static tb_fbb_ref copy_table(copier *c, tb_fb_table table, const tb_fb_table_def *def);

/* ---- one field -------------------------------------------------------------------------------------- */

/* Bytes that a number takes; 0 for what is stored by offset. */
static uint8_t scalar_size(uint8_t kind)
{
    switch (kind) {
    case TB_FB_BOOL:
    case TB_FB_I8:
    case TB_FB_U8:
        return 1;
    case TB_FB_I32:
    case TB_FB_U32:
    case TB_FB_F32:
        return 4;
    case TB_FB_I64:
    case TB_FB_U64:
        return 8;
    default:
        return 0;
    }
}

static size_t element_size(uint8_t kind)
{
    switch (kind) {
    case TB_FB_U16S:
        return 2;
    case TB_FB_I32S:
    case TB_FB_F32S:
        return 4;
    case TB_FB_I64S:
        return 8;
    default: /* TB_FB_BYTES, TB_FB_BLOB */
        return 1;
    }
}

static tb_fbb_ref copy_vector(copier *c, tb_fb_table table, const tb_fb_field_def *field)
{
    const uint8_t *at = tb_fb_target(table, field->id);
    size_t size = element_size(field->kind);
    return tb_fbb_vector(c->fb, at + 4, tb_fb_load_u32(at), size,
                         size == 1 ? BYTES_ALIGNMENT : size);
}

static tb_fbb_ref copy_tables(copier *c, tb_fb_tables tables, const tb_fb_table_def *def)
{
    tb_fbb_ref *refs = tb_fbb_scratch(c->fb, tables.count);
    for (size_t i = 0; refs && i < tables.count; i++)
        refs[i] = copy_table(c, tb_fb_tables_get(tables, i), def);
    return refs ? tb_fbb_ref_vector(c->fb, refs, tables.count) : TB_FBB_NONE;
}

/* The table of a union whose type the description knows. */
static tb_fbb_ref copy_member(copier *c, tb_fb_table table, const tb_fb_field_def *field)
{
    tb_fb_union value = tb_fb_union_get(table, field->id, (unsigned)field->members->member_count);
    if (!tb_fb_present(value.table))
        return TB_FBB_NONE;
    return copy_table(c, value.table, field->members->members[value.type - 1]);
}

/* Whatever the field's offset leads to. */
static tb_fbb_ref copy_target(copier *c, tb_fb_table table, const tb_fb_field_def *field)
{
    if (field->kind == TB_FB_UNION)
        return copy_member(c, table, field);
    if (!tb_fb_field(table, field->id) || scalar_size(field->kind))
        return TB_FBB_NONE;
    switch (field->kind) {
    case TB_FB_STRING:
        return tb_fbb_string(c->fb, tb_fb_string(table, field->id));
    case TB_FB_TABLE:
        return copy_table(c, tb_fb_subtable(table, field->id), field->table);
    case TB_FB_TABLES:
        return copy_tables(c, tb_fb_table_vector(table, field->id), field->table);
    default:
        return copy_vector(c, table, field);
    }
}

static void put_bits(tb_fbb *fb, unsigned id, uint8_t size, uint64_t bits)
{
    if (size == 1)
        tb_fbb_field_u8(fb, id, (uint8_t)bits);
    else if (size == 4)
        tb_fbb_field_u32(fb, id, (uint32_t)bits);
    else
        tb_fbb_field_u64(fb, id, bits);
}

/* ---- one table -------------------------------------------------------------------------------------- */

/* Numbers as they are, offsets as they were prepared. */
static void put_field(copier *c, tb_fb_table table, const tb_fb_field_def *field,
                      const tb_fbb_instead *instead)
{
    uint8_t size = scalar_size(field->kind);
    if (instead->is_scalar) {
        put_bits(c->fb, field->id, size, instead->value);
    } else if (field->kind == TB_FB_UNION) {
        if (instead->ref == TB_FBB_NONE)
            return;
        tb_fbb_field_u8(c->fb, field->id, tb_fb_u8(table, field->id, 0));
        tb_fbb_field_ref(c->fb, field->id + 1u, instead->ref);
    } else if (!size) {
        tb_fbb_field_ref(c->fb, field->id, instead->ref);
    }
}

static tb_fbb_ref copy_table(copier *c, tb_fb_table table, const tb_fb_table_def *def)
{
    if (def->field_count > TB_FBB_FIELD_LIMIT) {
        tb_fail(&c->fb->error, TB_INTERNAL, "copy FlatBuffer: %s has too many fields", def->name);
        return TB_FBB_NONE;
    }
    tb_fbb_instead values[TB_FBB_FIELD_LIMIT] = {{0}};
    /* From the last field to the first, because what is written first lies last: so a model's
       buffers come behind its subgraphs, and its tables close together in front. */
    for (size_t i = def->field_count; i-- > 0;) {
        const tb_fb_field_def *field = &def->fields[i];
        if (c->replace && c->replace(c->context, c->fb, table, def, field, &values[i]))
            continue;
        const uint8_t *at = tb_fb_field(table, field->id);
        uint8_t size = scalar_size(field->kind);
        if (size && at) {
            values[i].is_scalar = true;
            memcpy(&values[i].value, at, size);
        } else {
            values[i].ref = copy_target(c, table, field);
        }
    }
    tb_fbb_table_begin(c->fb);
    for (size_t i = 0; i < def->field_count; i++)
        put_field(c, table, &def->fields[i], &values[i]);
    return tb_fbb_table_end(c->fb);
}

tb_fbb_ref tb_fbb_copy_table(tb_fbb *fb, tb_fb_table table, const tb_fb_table_def *def,
                             tb_fbb_replace_fn replace, void *context)
{
    copier c = {fb, replace, context};
    return copy_table(&c, table, def);
}
