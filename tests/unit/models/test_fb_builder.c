/* The FlatBuffer builder: layout, alignment, shared vtables, kept errors. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "models/fb_builder.h"

static uint32_t load_u32(const uint8_t *at)
{
    uint32_t value;
    memcpy(&value, at, sizeof value);
    return value;
}

static uint16_t load_u16(const uint8_t *at)
{
    uint16_t value;
    memcpy(&value, at, sizeof value);
    return value;
}

static const uint8_t *vtable_of(const uint8_t *table)
{
    int32_t back;
    memcpy(&back, table, sizeof back);
    return table - back;
}

/* Where field `id` lies, or NULL. */
static const uint8_t *field_of(const uint8_t *table, unsigned id)
{
    const uint8_t *vtable = vtable_of(table);
    if (load_u16(vtable) < 4 + 2 * (id + 1))
        return NULL;
    uint16_t offset = load_u16(vtable + 4 + 2 * id);
    return offset ? table + offset : NULL;
}

static const uint8_t *follow(const uint8_t *at)
{
    return at + load_u32(at);
}

static uint8_t *finish(tb_fbb *fb, tb_fbb_ref root, size_t *size)
{
    tb_error err = TB_ERROR_NONE;
    uint8_t *bytes = NULL;
    cr_assert_eq(tb_fbb_finish_take(fb, root, "TEST", &err, &bytes, size), TB_OK, "%s", err.text);
    return bytes;
}

Test(fb_builder, scalars_lie_aligned_and_read_back)
{
    tb_fbb fb;
    tb_fbb_init(&fb);
    tb_fbb_table_begin(&fb);
    tb_fbb_field_u8(&fb, 0, 7);
    tb_fbb_field_u64(&fb, 3, UINT64_C(0x1122334455667788));
    tb_fbb_field_f32(&fb, 1, 1.5f);
    tb_fbb_field_i32(&fb, 5, -3);
    tb_fbb_ref root = tb_fbb_table_end(&fb);
    size_t size;
    uint8_t *bytes = finish(&fb, root, &size);

    cr_expect_eq(memcmp(bytes + 4, "TEST", 4), 0);
    const uint8_t *table = follow(bytes);
    cr_expect_eq((size_t)(field_of(table, 3) - bytes) % 8, 0);
    cr_expect_eq((size_t)(field_of(table, 1) - bytes) % 4, 0);
    cr_expect_eq((size_t)(table - bytes) % 4, 0);
    uint64_t wide;
    memcpy(&wide, field_of(table, 3), sizeof wide);
    cr_expect_eq(wide, UINT64_C(0x1122334455667788));
    cr_expect_eq(*field_of(table, 0), 7);
    float real;
    memcpy(&real, field_of(table, 1), sizeof real);
    cr_expect_eq(real, 1.5f);
    cr_expect_eq((int32_t)load_u32(field_of(table, 5)), -3);
    cr_expect_null(field_of(table, 2));
    cr_expect_null(field_of(table, 4));
    cr_expect_null(field_of(table, 6));
    free(bytes);
}

Test(fb_builder, vectors_and_strings_keep_their_alignment)
{
    for (size_t length = 0; length < 40; length++) {
        uint8_t data[40];
        for (size_t i = 0; i < sizeof data; i++)
            data[i] = (uint8_t)(i + length);
        int64_t wide[2] = {-1, 5};
        char text[41];
        memset(text, 'x', length);
        text[length] = '\0';

        tb_fbb fb;
        tb_fbb_init(&fb);
        tb_fbb_ref string = tb_fbb_string(&fb, text);
        tb_fbb_ref blob = tb_fbb_vector(&fb, data, length, 1, 16);
        tb_fbb_ref longs = tb_fbb_vector(&fb, wide, 2, sizeof wide[0], 0);
        tb_fbb_table_begin(&fb);
        tb_fbb_field_ref(&fb, 0, string);
        tb_fbb_field_ref(&fb, 1, blob);
        tb_fbb_field_ref(&fb, 2, longs);
        tb_fbb_ref root = tb_fbb_table_end(&fb);
        size_t size;
        uint8_t *bytes = finish(&fb, root, &size);

        cr_expect_eq(size % 16, 0);
        const uint8_t *table = follow(bytes);
        const uint8_t *at = follow(field_of(table, 0));
        cr_expect_eq(load_u32(at), length);
        cr_expect_str_eq((const char *)at + 4, text);
        at = follow(field_of(table, 1));
        cr_expect_eq(load_u32(at), length);
        cr_expect_eq((size_t)(at + 4 - bytes) % 16, 0);
        cr_expect_eq(memcmp(at + 4, data, length), 0);
        at = follow(field_of(table, 2));
        cr_expect_eq((size_t)(at + 4 - bytes) % 8, 0);
        cr_expect_eq(memcmp(at + 4, wide, sizeof wide), 0);
        free(bytes);
    }
}

Test(fb_builder, equal_vtables_are_written_once)
{
    tb_fbb fb;
    tb_fbb_init(&fb);
    tb_fbb_ref tables[3];
    for (unsigned i = 0; i < 3; i++) {
        tb_fbb_table_begin(&fb);
        tb_fbb_field_i32(&fb, i == 2 ? 1 : 0, (int32_t)i);
        tables[i] = tb_fbb_table_end(&fb);
    }
    tb_fbb_ref vector = tb_fbb_ref_vector(&fb, tables, 3);
    tb_fbb_table_begin(&fb);
    tb_fbb_field_ref(&fb, 0, vector);
    tb_fbb_ref root = tb_fbb_table_end(&fb);
    cr_expect_eq(fb.vtable_count, 2); /* field 0 alone is 4 wide whether a number or an offset */
    size_t size;
    uint8_t *bytes = finish(&fb, root, &size);
    const uint8_t *at = follow(field_of(follow(bytes), 0));
    cr_assert_eq(load_u32(at), 3);
    const uint8_t *first = follow(at + 4), *second = follow(at + 8), *third = follow(at + 12);
    cr_expect_eq(vtable_of(first), vtable_of(second));
    cr_expect_neq(vtable_of(first), vtable_of(third));
    cr_expect_eq(load_u32(field_of(second, 0)), 1);
    cr_expect_eq(load_u32(field_of(third, 1)), 2);
    free(bytes);
}

Test(fb_builder, absent_references_are_absent_fields)
{
    tb_fbb fb;
    tb_fbb_init(&fb);
    tb_fbb_ref none = tb_fbb_string(&fb, NULL);
    cr_expect_eq(none, TB_FBB_NONE);
    tb_fbb_table_begin(&fb);
    tb_fbb_field_ref(&fb, 0, none);
    tb_fbb_ref root = tb_fbb_table_end(&fb);
    size_t size;
    uint8_t *bytes = finish(&fb, root, &size);
    cr_expect_null(field_of(follow(bytes), 0));
    free(bytes);
}

Test(fb_builder, the_first_misuse_is_reported)
{
    tb_fbb fb;
    tb_fbb_init(&fb);
    tb_fbb_table_begin(&fb);
    tb_fbb_field_u8(&fb, 1, 1);
    tb_fbb_field_u8(&fb, 1, 2);
    tb_fbb_string(&fb, "inside");
    tb_error err = TB_ERROR_NONE;
    uint8_t *bytes;
    size_t size;
    cr_expect_eq(tb_fbb_finish_take(&fb, tb_fbb_table_end(&fb), "TEST", &err, &bytes, &size),
                 TB_STATE);
    cr_expect_str_eq(err.text, "write FlatBuffer: field 1 was set twice");
    cr_expect_null(bytes);
    tb_fbb_free(&fb);
}

Test(fb_builder, a_reference_that_was_not_written_is_refused)
{
    tb_fbb fb;
    tb_fbb_init(&fb);
    tb_fbb_ref bogus[] = {4000};
    tb_fbb_ref_vector(&fb, bogus, 1);
    tb_error err = TB_ERROR_NONE;
    uint8_t *bytes;
    size_t size;
    cr_expect_eq(tb_fbb_finish_take(&fb, 4, "TEST", &err, &bytes, &size), TB_INTERNAL);
    tb_fbb_free(&fb);
}

Test(fb_builder, a_vector_beyond_the_format_is_refused)
{
    tb_fbb fb;
    tb_fbb_init(&fb);
    uint8_t byte = 0;
    tb_fbb_vector(&fb, &byte, SIZE_MAX / 2, 4, 0);
    tb_error err = TB_ERROR_NONE;
    uint8_t *bytes;
    size_t size;
    cr_expect_eq(tb_fbb_finish_take(&fb, 4, "TEST", &err, &bytes, &size), TB_UNSUPPORTED);
    tb_fbb_free(&fb);
}
