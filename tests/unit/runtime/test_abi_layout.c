/*
 * Our restatement of TFLite's C ABI keeps the layout of the original: every record, member,
 * enumerator, operator code and function type of abi_facts.inc. A row that our headers lack does
 * not compile; a row that differs fails here by name.
 */
#include <criterion/criterion.h>
#include <stdint.h>
#include <string.h>

#include "runtime/base/size.h"
#include "runtime/builtin_names.h"
#include "runtime/tflite_abi/builtin_op_data.h"
#include "runtime/tflite_abi/builtin_ops.h"
#include "runtime/tflite_abi/c_api.h"
#include "runtime/tflite_abi/c_api_experimental.h"
#include "runtime/tflite_abi/c_api_opaque.h"
#include "runtime/tflite_abi/common.h"
#include "runtime/tflite_abi/external_delegate.h"
#include "runtime/tflite_abi/operator.h"
#include "runtime/tflite_abi/xnnpack_delegate.h"

#define HAS_TYPE(expression, ...) __builtin_types_compatible_p(__typeof__(expression), __VA_ARGS__)

static const struct {
    const char *name;
    size_t size, size_fact, align, align_fact;
} records[] = {
#define ABI_STRUCT(type, size, alignment) {#type, sizeof(type), size, _Alignof(type), alignment},
#include "tests/unit/runtime/abi_facts.inc"
};

Test(abi_layout, records_have_their_size_and_alignment)
{
    cr_assert_gt(TB_COUNT_OF(records), 100);
    for (size_t i = 0; i < TB_COUNT_OF(records); i++) {
        cr_expect_eq(records[i].size, records[i].size_fact, "sizeof(%s) is %zu, not %zu",
                     records[i].name, records[i].size, records[i].size_fact);
        cr_expect_eq(records[i].align, records[i].align_fact, "_Alignof(%s) is %zu, not %zu",
                     records[i].name, records[i].align, records[i].align_fact);
    }
}

static const struct {
    const char *name;
    size_t offset, offset_fact;
    bool type_fits;
} members[] = {
#define ABI_FIELD(type, member, offset, ...) \
    {#type "." #member, offsetof(type, member), offset, HAS_TYPE(((type *)0)->member, __VA_ARGS__)},
#define ABI_UNNAMED(type, member, offset) {#type "." #member, offsetof(type, member), offset, true},
#include "tests/unit/runtime/abi_facts.inc"
};

Test(abi_layout, members_have_their_offset_and_type)
{
    cr_assert_gt(TB_COUNT_OF(members), 400);
    for (size_t i = 0; i < TB_COUNT_OF(members); i++) {
        cr_expect_eq(members[i].offset, members[i].offset_fact, "%s is at %zu, not %zu",
                     members[i].name, members[i].offset, members[i].offset_fact);
        cr_expect(members[i].type_fits, "%s has another type", members[i].name);
    }
}

static const struct {
    const char *name;
    uint64_t value, value_fact;
} constants[] = {
#define ABI_ENUM(constant, value) {#constant, constant, value},
#include "tests/unit/runtime/abi_facts.inc"
};

Test(abi_layout, constants_have_their_value)
{
    cr_assert_gt(TB_COUNT_OF(constants), 100);
    for (size_t i = 0; i < TB_COUNT_OF(constants); i++)
        cr_expect_eq(constants[i].value, constants[i].value_fact, "%s", constants[i].name);
    cr_expect_eq(sizeof(TfLiteType), 4);
    cr_expect_eq(sizeof(TfLiteInPlaceOp), 8);
}

static const struct {
    const char *name;
    int code, code_fact;
} builtins[] = {
#define ABI_BUILTIN(name, code) {#name, kTfLiteBuiltin##name, code},
#include "tests/unit/runtime/abi_facts.inc"
};

/* "AveragePool2d" and "AVERAGE_POOL_2D" are one name: letters and digits agree without case. */
static bool same_name(const char *camel, const char *upper)
{
    for (; *camel; camel++, upper++) {
        while (*upper == '_')
            upper++;
        char c = *camel;
        if (c >= 'a' && c <= 'z')
            c = (char)(c - 'a' + 'A');
        if (c != *upper)
            return false;
    }
    return *upper == '\0';
}

Test(abi_layout, builtin_operators_have_their_code_and_name)
{
    static const struct {
        int code;
#define TB_BUILTIN_OP(code, name, schema_name) {code},
    } rows[] = {
#include "runtime/tflite_abi/builtin_ops.def"
    };
    cr_expect_eq(TB_COUNT_OF(builtins), TB_COUNT_OF(rows));
    for (size_t i = 0; i < TB_COUNT_OF(builtins); i++) {
        cr_expect_eq(builtins[i].code, builtins[i].code_fact, "%s", builtins[i].name);
        cr_expect(same_name(builtins[i].name, tb_builtin_name(builtins[i].code)), "%s is called %s",
                  builtins[i].name, tb_builtin_name(builtins[i].code));
    }
    for (size_t i = 0; i < TB_COUNT_OF(rows); i++)
        cr_expect_eq(rows[i].code, (int)i, "rows are in the order of their codes");
    cr_expect_str_eq(tb_builtin_name(kTfLiteBuiltinConv2d), "CONV_2D");
    cr_expect_str_eq(tb_builtin_name(-1), "UNKNOWN");
    cr_expect_str_eq(tb_builtin_name((int)TB_COUNT_OF(rows)), "UNKNOWN");
    cr_expect_str_eq(tb_builtin_name(INT32_MIN), "UNKNOWN");
}

/* Only their types: nothing here asks that the functions exist. */
static const struct {
    const char *name;
    bool type_fits;
} functions[] = {
#define ABI_FUNCTION(name, ...)          {#name, HAS_TYPE(name, __VA_ARGS__)},
#define ABI_FUNCTION_EXTENDED(name, ...) {#name, HAS_TYPE(name, __VA_ARGS__)},
#include "tests/unit/runtime/abi_facts.inc"
};

Test(abi_layout, functions_have_their_type)
{
    cr_assert_gt(TB_COUNT_OF(functions), 200);
    for (size_t i = 0; i < TB_COUNT_OF(functions); i++)
        cr_expect(functions[i].type_fits, "%s is declared otherwise", functions[i].name);
}

/* A registration of an older generation is a prefix of the present one. */
Test(abi_layout, older_registrations_are_prefixes)
{
    cr_expect_eq(offsetof(TfLiteRegistration, registration_external),
                 sizeof(TfLiteRegistration_V1));
    cr_expect_eq(offsetof(TfLiteRegistration, async_kernel), sizeof(TfLiteRegistration_V2));
    cr_expect_eq(offsetof(TfLiteRegistration, inplace_operator), sizeof(TfLiteRegistration_V3));
}
