/* Sizes from type and shape: packed types, empty tensors, overflow. */
#include <criterion/criterion.h>
#include <limits.h>
#include <string.h>

#include "runtime/tensor.h"

Test(tensor, bytes_follow_type_and_shape)
{
    static const struct {
        TfLiteType type;
        int rank;
        int dims[4];
        bool ok;
        size_t bytes;
    } cases[] = {
        {kTfLiteFloat32, 0, {0}, true, 4},
        {kTfLiteFloat32, 2, {3, 5}, true, 60},
        {kTfLiteInt8, 1, {7}, true, 7},
        {kTfLiteInt4, 1, {7}, true, 4},
        {kTfLiteInt2, 1, {5}, true, 2},
        {kTfLiteComplex128, 1, {2}, true, 32},
        {kTfLiteString, 1, {9}, true, 0},
        {kTfLiteFloat32, 2, {0, 5}, true, 0},
        {kTfLiteFloat32, 1, {-1}, false, 0},
        {kTfLiteFloat32, 4, {INT_MAX, INT_MAX, INT_MAX, INT_MAX}, false, 0},
        {kTfLiteFloat32, 4, {INT_MAX, INT_MAX, INT_MAX, 0}, false, 0},
        {kTfLiteFloat32, 4, {0, INT_MAX, INT_MAX, INT_MAX}, false, 0},
        {kTfLiteInt8, 2, {INT_MAX, INT_MAX}, true, (size_t)INT_MAX * INT_MAX},
        {kTfLiteFloat64, 2, {INT_MAX, INT_MAX}, false, 0},
    };
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        size_t bytes = 12345;
        bool ok = tb_shape_bytes(cases[k].type, cases[k].rank, cases[k].dims, &bytes);
        cr_expect_eq(ok, cases[k].ok, "case %zu", k);
        if (ok)
            cr_expect_eq(bytes, cases[k].bytes, "case %zu: %zu", k, bytes);
    }
}

/* So that kernels may multiply any of the dimensions, in any order. */
Test(tensor, a_zero_hides_no_overflow)
{
    static const int dims[] = {1 << 30, 1 << 30, 8, 0};
    int64_t elements = -1;
    cr_expect_not(tb_shape_elements(4, dims, &elements));
    cr_expect_not(tb_shape_elements(3, dims, &elements), "2^63");
    cr_expect(tb_shape_elements(2, dims, &elements));
    cr_expect_eq(elements, (int64_t)1 << 60);
    cr_expect(tb_shape_elements(2, dims + 2, &elements));
    cr_expect_eq(elements, 0);
}

Test(tensor, shape_text_is_cut_to_fit)
{
    char out[TB_SHAPE_TEXT_SIZE];
    cr_expect_str_eq(tb_shape_text(NULL, out), "?");
    TfLiteIntArray *dims = TfLiteIntArrayCreate(0);
    cr_expect_str_eq(tb_shape_text(dims, out), "[]");
    TfLiteIntArrayFree(dims);
    dims = TfLiteIntArrayCreate(3);
    dims->data[0] = 1, dims->data[1] = -1, dims->data[2] = INT_MIN;
    cr_expect_str_eq(tb_shape_text(dims, out), "[1,-1,-2147483648]");
    TfLiteIntArrayFree(dims);
    dims = TfLiteIntArrayCreate(40);
    for (int k = 0; k < 40; k++)
        dims->data[k] = INT_MIN;
    tb_shape_text(dims, out);
    cr_expect_lt(strlen(out), TB_SHAPE_TEXT_SIZE);
    cr_expect_str_eq(out + strlen(out) - 5, ",...]");
    TfLiteIntArrayFree(dims);
}
