/* The FlatBuffer reader and verifier, on a small schema of the test's own. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/fb_builder.h"
#include "runtime/base/size.h"
#include "runtime/flatbuffer.h"

/* ---- the schema: a root with leaves ------------------------------------------------------------ */

static void label_leaf(tb_fb_table root, tb_fb_table leaf, size_t capacity, char *out)
{
    (void)root;
    snprintf(out, capacity, "'%s'", tb_fb_string(leaf, 1));
}

static const tb_fb_field_def leaf_fields[] = {
    {"name", 1, TB_FB_STRING, NULL, NULL},
    {"number", 0, TB_FB_I32, NULL, NULL},
    {"weights", 2, TB_FB_F32S, NULL, NULL},
};
static const tb_fb_table_def leaf_def = {"Leaf", leaf_fields, TB_COUNT_OF(leaf_fields), label_leaf};
static const tb_fb_table_def *const choice_members[] = {&leaf_def};
static const tb_fb_union_def choice_def = {choice_members, 1};
static const tb_fb_field_def root_fields[] = {
    {"version", 0, TB_FB_U32, NULL, NULL},
    {"leaf", 1, TB_FB_TABLES, &leaf_def, NULL},
    {"favourite", 2, TB_FB_TABLE, &leaf_def, NULL},
    {"choice", 3, TB_FB_UNION, NULL, &choice_def},
    {"longs", 5, TB_FB_I64S, NULL, NULL},
    {"blob", 6, TB_FB_BLOB, NULL, NULL},
    {"flag", 7, TB_FB_BOOL, NULL, NULL},
    {"wide", 8, TB_FB_U64, NULL, NULL},
    {"shorts", 9, TB_FB_U16S, NULL, NULL},
};
static const tb_fb_table_def root_def = {"Root", root_fields, TB_COUNT_OF(root_fields), NULL};

typedef struct file {
    uint8_t *bytes;
    size_t size;
} file;

static file finish(tb_fbb *fb, tb_fbb_ref root)
{
    file f = {0};
    cr_assert_eq(tb_fbb_finish_take(fb, root, "TEST", NULL, &f.bytes, &f.size), TB_OK);
    tb_fbb_free(fb);
    /* The verifier is told of 16-byte alignment; malloc gives that. */
    return f;
}

static tb_fbb_ref add_leaf(tb_fbb *fb, const char *name, int32_t number)
{
    const float weights[] = {0.5f, -2.0f, 8.0f};
    tb_fbb_ref name_ref = tb_fbb_string(fb, name);
    tb_fbb_ref weights_ref = tb_fbb_vector(fb, weights, 3, 4, 0);
    tb_fbb_table_begin(fb);
    tb_fbb_field_i32(fb, 0, number);
    tb_fbb_field_ref(fb, 1, name_ref);
    tb_fbb_field_ref(fb, 2, weights_ref);
    return tb_fbb_table_end(fb);
}

static file make_file(uint8_t choice_type)
{
    tb_fbb fb;
    tb_fbb_init(&fb);
    tb_fbb_ref leaves[] = {add_leaf(&fb, "one", 1), add_leaf(&fb, "two", 2)};
    tb_fbb_ref list = tb_fbb_ref_vector(&fb, leaves, 2);
    tb_fbb_ref choice = add_leaf(&fb, "chosen", 3);
    const int64_t longs[] = {-1, INT64_MAX};
    tb_fbb_ref longs_ref = tb_fbb_vector(&fb, longs, 2, 8, 0);
    tb_fbb_ref blob = tb_fbb_vector(&fb, "blob", 4, 1, 16);
    tb_fbb_table_begin(&fb);
    tb_fbb_field_u32(&fb, 0, 7);
    tb_fbb_field_ref(&fb, 1, list);
    tb_fbb_field_u8(&fb, 3, choice_type);
    tb_fbb_field_ref(&fb, 4, choice);
    tb_fbb_field_ref(&fb, 5, longs_ref);
    tb_fbb_field_ref(&fb, 6, blob);
    tb_fbb_field_u8(&fb, 7, 2);
    return finish(&fb, tb_fbb_table_end(&fb));
}

static tb_status verify(file f, tb_error *err, tb_fb_table *out)
{
    tb_fb_table ignored;
    return tb_fb_verify((tb_bytes){f.bytes, f.size}, "TEST", &root_def, err, out ? out : &ignored);
}

static tb_fb_table verified(file f)
{
    tb_fb_table root;
    tb_error err = TB_ERROR_NONE;
    cr_assert_eq(verify(f, &err, &root), TB_OK, "%s", err.text);
    return root;
}

static uint8_t *field_of(file f, tb_fb_table table, unsigned id)
{
    return f.bytes + (tb_fb_field(table, id) - f.bytes);
}

static void expect_refused(file f, const char *fragment)
{
    tb_error err = TB_ERROR_NONE;
    cr_assert_eq(verify(f, &err, NULL), TB_CORRUPT, "accepted, expected: %s", fragment);
    cr_expect(strstr(err.text, fragment), "'%s' does not say '%s'", err.text, fragment);
}

/* ---- reading ----------------------------------------------------------------------------------- */

Test(flatbuffer, reads_what_was_written)
{
    file f = make_file(1);
    tb_fb_table root = verified(f);
    cr_expect_eq(tb_fb_u32(root, 0, 0), 7);
    cr_expect(tb_fb_bool(root, 7, false), "any byte but 0 is true");
    tb_fb_tables leaves = tb_fb_table_vector(root, 1);
    cr_assert_eq(leaves.count, 2);
    tb_fb_table two = tb_fb_tables_get(leaves, 1);
    cr_expect_eq(tb_fb_i32(two, 0, 0), 2);
    cr_expect_str_eq(tb_fb_string(two, 1), "two");
    tb_f32s weights = tb_fb_f32s(two, 2);
    cr_assert_eq(weights.count, 3);
    cr_expect_eq(weights.data[1], -2.0f);
    tb_i64s longs = tb_fb_i64s(root, 5);
    cr_assert_eq(longs.count, 2);
    cr_expect_eq(longs.data[1], INT64_MAX);
    tb_bytes blob = tb_fb_bytes(root, 6);
    cr_expect_eq(memcmp(blob.data, "blob", blob.size), 0);
    cr_expect_eq((uintptr_t)blob.data % 16, 0);
    tb_fb_union choice = tb_fb_union_get(root, 3, 1);
    cr_expect_eq(choice.type, 1);
    cr_expect_str_eq(tb_fb_string(choice.table, 1), "chosen");
    free(f.bytes);
}

Test(flatbuffer, absent_fields_and_tables_have_defaults)
{
    file f = make_file(1);
    tb_fb_table root = verified(f);
    cr_expect_eq(tb_fb_u64(root, 8, 99), 99, "behind the end of the vtable");
    cr_expect_eq(tb_fb_u16s(root, 9).count, 0);
    tb_fb_table absent = tb_fb_subtable(root, 2);
    cr_expect_not(tb_fb_present(absent));
    cr_expect_eq(tb_fb_i32(absent, 0, -5), -5);
    cr_expect_null(tb_fb_string(absent, 1));
    cr_expect_eq(tb_fb_table_vector(absent, 3).count, 0);
    cr_expect_eq(tb_fb_union_get(absent, 3, 1).type, 0);
    free(f.bytes);
}

Test(flatbuffer, union_of_an_unknown_type_has_no_table)
{
    file f = make_file(200);
    tb_fb_union choice = tb_fb_union_get(verified(f), 3, 1);
    cr_expect_eq(choice.type, 200);
    cr_expect_not(tb_fb_present(choice.table));
    free(f.bytes);
}

/* ---- refusing ---------------------------------------------------------------------------------- */

Test(flatbuffer, refuses_what_is_no_such_file)
{
    file f = make_file(1);
    expect_refused((file){f.bytes, 0}, "0 bytes");
    expect_refused((file){f.bytes, 7}, "7 bytes");
    f.bytes[4] = 'B';
    f.bytes[5] = '\n';
    expect_refused(f, "'B?ST', 'TEST' is wanted");
    free(f.bytes);
}

Test(flatbuffer, refuses_every_truncation)
{
    file f = make_file(1);
    for (size_t size = 0; size < f.size; size++) {
        uint8_t *cut = malloc(size + 1);
        memcpy(cut, f.bytes, size);
        uint8_t *exact = realloc(cut, size ? size : 1); /* so that a read behind it is seen */
        cr_expect_eq(verify((file){exact, size}, NULL, NULL), TB_CORRUPT, "%zu bytes", size);
        free(exact);
    }
    free(f.bytes);
}

Test(flatbuffer, says_where_and_what_is_wrong)
{
    static const struct {
        unsigned leaf, field; /* leaf 9: the root */
        int32_t offset;       /* from the field, or (field_target) from what it points at */
        bool target;
        uint32_t value;
        const char *message;
    } faults[] = {
        {1, 1, 0, false, 100000, "leaf 1, name: the offset at byte"},
        {1, 1, 0, false, 0, "leaf 1, name: the offset at byte"},
        {1, 2, 0, false, 6, "leaf 1 'two', weights: the offset at byte"},
        {0, 2, 0, true, 5000, "leaf 0 'one', weights: the vector at byte"},
        {0, 2, 0, true, UINT32_MAX, "runs past the end of the file"},
        {0, 1, 0, true, 5000, "leaf 0, name: the string at byte"},
        {0, 1, 0, true, 2, "leaf 0, name: the string at byte"},
        {9, 1, 0, true, 0x40000001, "leaf: the vector at byte"},
        {9, 5, 0, true, 0x20000000, "longs: the vector at byte"},
        {9, 6, 0, true, 0x7fffffff, "blob: the vector at byte"},
        {9, 4, 0, false, 0x7ffffffc, "choice: the offset at byte"},
    };
    for (size_t k = 0; k < TB_COUNT_OF(faults); k++) {
        file f = make_file(1);
        tb_fb_table root = verified(f);
        tb_fb_table table = faults[k].leaf == 9
                                ? root
                                : tb_fb_tables_get(tb_fb_table_vector(root, 1), faults[k].leaf);
        uint8_t *at = field_of(f, table, faults[k].field);
        if (faults[k].target)
            at += tb_fb_load_u32(at);
        memcpy(at + faults[k].offset, &faults[k].value, 4);
        expect_refused(f, faults[k].message);
        free(f.bytes);
    }
}

Test(flatbuffer, refuses_bad_vtables)
{
    static const struct {
        int32_t back; /* stored in the root table; 0: its own */
        uint16_t bytes;
        const char *message;
    } faults[] = {
        {INT32_MAX, 0, "has its vtable at byte -"},
        {INT32_MIN, 0, "has its vtable at byte 21474"},
        {-100000, 0, "has its vtable at byte 100"},
        {0, 2, "has 2 bytes"},
        {0, 7, "has 7 bytes"},
        {0, 65534, "has 65534 bytes"},
    };
    for (size_t k = 0; k < TB_COUNT_OF(faults); k++) {
        file f = make_file(1);
        tb_fb_table root = verified(f);
        if (faults[k].back)
            memcpy(f.bytes + (root.at - f.bytes), &faults[k].back, 4);
        else
            memcpy(f.bytes + (root.vtable - f.bytes), &faults[k].bytes, 2);
        expect_refused(f, faults[k].message);
        free(f.bytes);
    }
}

Test(flatbuffer, refuses_fields_outside_and_misaligned)
{
    file f = make_file(1);
    tb_fb_table root = verified(f);
    uint8_t *slot = f.bytes + (root.vtable - f.bytes) + 4; /* of field 0 */
    uint16_t right = tb_fb_load_u16(slot);
    uint16_t wrong = 65532;
    memcpy(slot, &wrong, 2);
    expect_refused(f, "version: the field at byte");
    wrong = (uint16_t)(right + 1);
    memcpy(slot, &wrong, 2);
    expect_refused(f, "not aligned to its 4 bytes");
    free(f.bytes);
}

Test(flatbuffer, an_unterminated_string_is_refused)
{
    file f = make_file(1);
    tb_fb_table leaf = tb_fb_tables_get(tb_fb_table_vector(verified(f), 1), 0);
    uint8_t *text = f.bytes + ((const uint8_t *)tb_fb_string(leaf, 1) - f.bytes);
    text[3] = '!';
    expect_refused(f, "is not terminated");
    free(f.bytes);
}

Test(flatbuffer, a_misaligned_vector_is_refused_unless_empty)
{
    for (uint32_t count = 0; count < 2; count++) {
        /* The first of these words lies at a multiple of 8; read as the length of a vector of longs
           it puts those at an odd multiple of 4. */
        const uint32_t words[] = {count, 1, 0};
        tb_fbb fb;
        tb_fbb_init(&fb);
        tb_fbb_ref vector = tb_fbb_vector(&fb, words, 3, 4, 8);
        tb_fbb_table_begin(&fb);
        tb_fbb_field_ref(&fb, 5, vector);
        file f = finish(&fb, tb_fbb_table_end(&fb));
        tb_fb_table root = tb_fb_table_at(f.bytes + tb_fb_load_u32(f.bytes));
        uint8_t *offset = field_of(f, root, 5);
        uint32_t beyond = tb_fb_load_u32(offset) + 4;
        memcpy(offset, &beyond, 4);
        if (count)
            expect_refused(f, "longs: the vector at byte");
        else
            cr_expect_eq(tb_fb_i64s(verified(f), 5).count, 0);
        free(f.bytes);
    }
}

/* ---- hostile shapes ---------------------------------------------------------------------------- */

static const tb_fb_table_def node_def;
static const tb_fb_field_def node_fields[] = {{"child", 0, TB_FB_TABLES, &node_def, NULL},
                                              {"name", 1, TB_FB_STRING, NULL, NULL}};
static const tb_fb_table_def node_def = {"Node", node_fields, TB_COUNT_OF(node_fields), NULL};

Test(flatbuffer, work_is_bounded_where_parts_are_shared)
{
    /* 12 levels of 16 references to the same table: 16^12 paths in a file of a kilobyte. */
    tb_fbb fb;
    tb_fbb_init(&fb);
    tb_fbb_table_begin(&fb);
    tb_fbb_ref node = tb_fbb_table_end(&fb);
    for (int level = 0; level < 12; level++) {
        tb_fbb_ref children[16];
        for (int k = 0; k < 16; k++)
            children[k] = node;
        tb_fbb_ref list = tb_fbb_ref_vector(&fb, children, 16);
        tb_fbb_table_begin(&fb);
        tb_fbb_field_ref(&fb, 0, list);
        node = tb_fbb_table_end(&fb);
    }
    file f = finish(&fb, node);
    tb_error err;
    tb_fb_table root;
    cr_assert_eq(tb_fb_verify((tb_bytes){f.bytes, f.size}, "TEST", &node_def, &err, &root),
                 TB_CORRUPT);
    cr_expect(strstr(err.text, "reached so often"), "%s", err.text);
    free(f.bytes);
}

Test(flatbuffer, some_sharing_is_fine)
{
    tb_fbb fb;
    tb_fbb_init(&fb);
    tb_fbb_ref name = tb_fbb_string(&fb, "shared");
    tb_fbb_ref children[100];
    for (int k = 0; k < 100; k++) {
        tb_fbb_table_begin(&fb);
        tb_fbb_field_ref(&fb, 1, name);
        children[k] = tb_fbb_table_end(&fb);
    }
    tb_fbb_ref list = tb_fbb_ref_vector(&fb, children, 100);
    tb_fbb_table_begin(&fb);
    tb_fbb_field_ref(&fb, 0, list);
    file f = finish(&fb, tb_fbb_table_end(&fb));
    tb_fb_table root;
    cr_expect_eq(tb_fb_verify((tb_bytes){f.bytes, f.size}, "TEST", &node_def, NULL, &root), TB_OK);
    free(f.bytes);
}

Test(flatbuffer, a_table_that_holds_itself_is_refused)
{
    tb_fbb fb;
    tb_fbb_init(&fb);
    tb_fbb_table_begin(&fb);
    tb_fbb_ref child = tb_fbb_table_end(&fb);
    tb_fbb_ref list = tb_fbb_ref_vector(&fb, &child, 1);
    tb_fbb_table_begin(&fb);
    tb_fbb_field_ref(&fb, 0, list);
    file f = finish(&fb, tb_fbb_table_end(&fb));
    tb_fb_table root;
    tb_bytes bytes = {f.bytes, f.size};
    cr_assert_eq(tb_fb_verify(bytes, "TEST", &node_def, NULL, &root), TB_OK);
    /* Offsets are unsigned, so the way back to the root goes round through 2^32: refused as such. */
    uint8_t *element = f.bytes + (tb_fb_table_vector(root, 0).offsets - f.bytes);
    uint32_t back = (uint32_t)(root.at - element);
    memcpy(element, &back, 4);
    tb_error err;
    cr_assert_eq(tb_fb_verify(bytes, "TEST", &node_def, &err, &root), TB_CORRUPT);
    cr_expect(strstr(err.text, "child 0: the offset at byte"), "%s", err.text);
    free(f.bytes);
}

Test(flatbuffer, depth_is_bounded)
{
    tb_fbb fb;
    tb_fbb_init(&fb);
    tb_fbb_table_begin(&fb);
    tb_fbb_ref node = tb_fbb_table_end(&fb);
    for (int level = 1; level < 65; level++) {
        tb_fbb_ref list = tb_fbb_ref_vector(&fb, &node, 1);
        tb_fbb_table_begin(&fb);
        tb_fbb_field_ref(&fb, 0, list);
        node = tb_fbb_table_end(&fb);
    }
    file f = finish(&fb, node);
    tb_error err;
    tb_fb_table root;
    cr_assert_eq(tb_fb_verify((tb_bytes){f.bytes, f.size}, "TEST", &node_def, &err, &root),
                 TB_CORRUPT);
    cr_expect(strstr(err.text, "nest more than 64 deep"), "%s", err.text);
    free(f.bytes);
}

/* Reads all that is reachable; the sum keeps the reads from being optimised away. */
static unsigned read_leaf(tb_fb_table leaf)
{
    unsigned sum = (unsigned)tb_fb_i32(leaf, 0, 0);
    const char *name = tb_fb_string(leaf, 1);
    sum += name ? (unsigned)strlen(name) : 0;
    tb_f32s weights = tb_fb_f32s(leaf, 2);
    for (size_t k = 0; k < weights.count; k++)
        sum += weights.data[k] > 0;
    return sum;
}

static unsigned read_all(tb_fb_table root)
{
    unsigned sum = tb_fb_u32(root, 0, 0) + (unsigned)tb_fb_u64(root, 8, 0);
    tb_fb_tables leaves = tb_fb_table_vector(root, 1);
    for (size_t k = 0; k < leaves.count; k++)
        sum += read_leaf(tb_fb_tables_get(leaves, k));
    sum += read_leaf(tb_fb_subtable(root, 2)) + read_leaf(tb_fb_union_get(root, 3, 1).table);
    tb_i64s longs = tb_fb_i64s(root, 5);
    for (size_t k = 0; k < longs.count; k++)
        sum += (unsigned)longs.data[k];
    tb_bytes blob = tb_fb_bytes(root, 6);
    for (size_t k = 0; k < blob.size; k++)
        sum += blob.data[k];
    return sum;
}

static volatile unsigned read_sum;

Test(flatbuffer, whatever_is_accepted_can_be_read)
{
    static const uint8_t changes[] = {0x01, 0x02, 0x04, 0x08, 0x10, 0x40, 0x80, 0xff};
    file f = make_file(1);
    size_t accepted = 0, refused = 0;
    for (size_t at = 0; at < f.size; at++) {
        for (size_t k = 0; k < TB_COUNT_OF(changes); k++) {
            uint8_t *copy = malloc(f.size);
            memcpy(copy, f.bytes, f.size);
            copy[at] ^= changes[k];
            tb_fb_table root;
            tb_error err = TB_ERROR_NONE;
            if (verify((file){copy, f.size}, &err, &root) == TB_OK) {
                read_sum += read_all(root);
                accepted++;
            } else {
                cr_expect_neq(err.text[0], 0);
                refused++;
            }
            free(copy);
        }
    }
    cr_expect_gt(accepted, 0);
    cr_expect_gt(refused, 100);
    free(f.bytes);
}
