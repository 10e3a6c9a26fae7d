/* Looking operators up: rows, versions, what was added by name, other people's tables. */
#include <criterion/criterion.h>
#include <string.h>

#include "runtime/builtin_names.h"
#include "runtime/op.h"
#include "runtime/resolver.h"
#include "runtime/tflite_abi/builtin_ops.h"

static const TfLiteRegistration first = {.version = 1};
static const TfLiteRegistration second = {.version = 2};

Test(resolver, rows_are_in_order_and_sound)
{
    int count;
    const tb_op_row *rows = tb_resolver_rows(&count);
    for (int k = 0; k < count; k++) {
        cr_expect_not_null(rows[k].registration->invoke, "%s has no invoke",
                           tb_op_row_name(&rows[k]));
        cr_expect_geq(rows[k].min_version, 1);
        cr_expect_leq(rows[k].min_version, rows[k].max_version);
        cr_expect_neq(rows[k].types, 0u);
        bool custom = rows[k].builtin_code == kTfLiteBuiltinCustom;
        cr_expect_eq(custom, rows[k].name != NULL);
        if (k == 0)
            continue;
        bool after_custom = rows[k - 1].builtin_code == kTfLiteBuiltinCustom;
        cr_expect(custom || (!after_custom && rows[k - 1].builtin_code <= rows[k].builtin_code),
                  "row %s is out of order", tb_op_row_name(&rows[k]));
    }
}

Test(resolver, every_row_is_found_under_its_versions)
{
    int count;
    const tb_op_row *rows = tb_resolver_rows(&count);
    tb_resolver *resolver = NULL;
    cr_assert_eq(tb_resolver_create(NULL, &resolver), TB_OK);
    for (int k = 0; k < count; k++) {
        const TfLiteRegistration *found = NULL;
        tb_error err = TB_ERROR_NONE;
        cr_expect_eq(tb_resolver_find(resolver, rows[k].builtin_code, rows[k].name,
                                      rows[k].max_version, &err, &found),
                     TB_OK, "%s", err.text);
        cr_expect_not_null(found);
    }
    tb_resolver_destroy(resolver);
}

Test(resolver, a_missing_version_and_a_missing_operator_read_differently)
{
    tb_resolver *resolver = NULL;
    cr_assert_eq(tb_resolver_create_empty(NULL, &resolver), TB_OK);
    cr_assert_eq(tb_resolver_add_builtin(resolver, kTfLiteBuiltinAdd, &first, 1, 3, NULL), TB_OK);
    const TfLiteRegistration *found = NULL;
    tb_error err = TB_ERROR_NONE;
    cr_expect_eq(tb_resolver_find(resolver, kTfLiteBuiltinAdd, NULL, 3, &err, &found), TB_OK);
    cr_expect_eq(found, &first);
    cr_expect_eq(tb_resolver_find(resolver, kTfLiteBuiltinAdd, NULL, 4, &err, &found),
                 TB_UNSUPPORTED);
    cr_expect_str_eq(err.text, "operator ADD has version 4; versions 1 to 3 are supported");
    cr_expect_eq(tb_resolver_find(resolver, kTfLiteBuiltinSub, NULL, 1, &err, &found),
                 TB_UNSUPPORTED);
    cr_expect_str_eq(err.text, "operator SUB (code 41) is not supported");
    cr_expect_eq(tb_resolver_find(resolver, 100000, NULL, 1, &err, &found), TB_UNSUPPORTED);
    cr_expect_eq(tb_resolver_find(resolver, -5, NULL, 1, &err, &found), TB_UNSUPPORTED);
    tb_resolver_destroy(resolver);
}

Test(resolver, the_newest_addition_wins_and_copies_are_their_own)
{
    tb_resolver *resolver = NULL, *copy = NULL;
    cr_assert_eq(tb_resolver_create(NULL, &resolver), TB_OK);
    char name[] = "Mine";
    cr_assert_eq(tb_resolver_add_custom(resolver, name, &first, 1, 1, NULL), TB_OK);
    name[0] = 'x'; /* the name was copied */
    cr_assert_eq(tb_resolver_copy(resolver, NULL, &copy), TB_OK);
    cr_assert_eq(tb_resolver_add_custom(resolver, "Mine", &second, 1, 2, NULL), TB_OK);
    const TfLiteRegistration *found = NULL;
    cr_expect_eq(tb_resolver_find(resolver, kTfLiteBuiltinCustom, "Mine", 1, NULL, &found), TB_OK);
    cr_expect_eq(found, &second);
    cr_expect_eq(tb_resolver_find(copy, kTfLiteBuiltinCustom, "Mine", 1, NULL, &found), TB_OK);
    cr_expect_eq(found, &first);
    cr_expect_eq(tb_resolver_find(copy, kTfLiteBuiltinCustom, "Mine", 2, NULL, &found),
                 TB_UNSUPPORTED);
    cr_expect_eq(tb_resolver_find(copy, kTfLiteBuiltinCustom, NULL, 1, NULL, &found),
                 TB_UNSUPPORTED);
    tb_resolver_destroy(resolver);
    tb_resolver_destroy(copy);
}

static const TfLiteRegistration *lookup_builtin(void *context, int code, int version)
{
    (void)version;
    return code == kTfLiteBuiltinMul ? context : NULL;
}

Test(resolver, a_lookup_is_asked_after_what_was_added)
{
    tb_resolver *resolver = NULL;
    cr_assert_eq(tb_resolver_create_empty(NULL, &resolver), TB_OK);
    tb_resolver_lookup lookup = {lookup_builtin, NULL, (void *)(uintptr_t)&second};
    tb_resolver_set_lookup(resolver, &lookup);
    const TfLiteRegistration *found = NULL;
    cr_expect_eq(tb_resolver_find(resolver, kTfLiteBuiltinMul, NULL, 9, NULL, &found), TB_OK);
    cr_expect_eq(found, &second);
    cr_assert_eq(tb_resolver_add_builtin(resolver, kTfLiteBuiltinMul, &first, 9, 9, NULL), TB_OK);
    cr_expect_eq(tb_resolver_find(resolver, kTfLiteBuiltinMul, NULL, 9, NULL, &found), TB_OK);
    cr_expect_eq(found, &first);
    cr_expect_eq(tb_resolver_find(resolver, kTfLiteBuiltinCustom, "Any", 1, NULL, &found),
                 TB_UNSUPPORTED);
    tb_resolver_destroy(resolver);
}
