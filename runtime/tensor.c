/* Sizes that follow from type and shape; see tensor.h. */
#include "runtime/tensor.h"

#include <stdio.h>

#include "runtime/base/size.h"

static const uint8_t type_bits[] = {
    [kTfLiteFloat32] = 32,     [kTfLiteInt32] = 32,       [kTfLiteUInt8] = 8,
    [kTfLiteInt64] = 64,       [kTfLiteBool] = 8,         [kTfLiteInt16] = 16,
    [kTfLiteComplex64] = 64,   [kTfLiteInt8] = 8,         [kTfLiteFloat16] = 16,
    [kTfLiteFloat64] = 64,     [kTfLiteComplex128] = 128, [kTfLiteUInt64] = 64,
    [kTfLiteUInt32] = 32,      [kTfLiteUInt16] = 16,      [kTfLiteInt4] = 4,
    [kTfLiteBFloat16] = 16,    [kTfLiteInt2] = 2,         [kTfLiteUInt4] = 4,
    [kTfLiteFloat8E4M3FN] = 8, [kTfLiteFloat8E5M2] = 8,
};

unsigned tb_type_bits(TfLiteType type)
{
    return (unsigned)type < TB_COUNT_OF(type_bits) ? type_bits[type] : 0;
}

/* The product of all dimensions but zeros, times `factor`; `*empty` tells of a zero. */
static bool product_of(int rank, const int *dims, int64_t factor, int64_t *product, bool *empty)
{
    *product = factor;
    *empty = false;
    for (int k = 0; k < rank; k++) {
        if (dims[k] < 0)
            return false;
        if (dims[k] == 0)
            *empty = true;
        else if (__builtin_mul_overflow(*product, (int64_t)dims[k], product))
            return false;
    }
    return true;
}

bool tb_shape_elements(int rank, const int *dims, int64_t *elements)
{
    int64_t product;
    bool empty;
    if (!product_of(rank, dims, 1, &product, &empty))
        return false;
    *elements = empty ? 0 : product;
    return true;
}

bool tb_shape_bytes(TfLiteType type, int rank, const int *dims, size_t *bytes)
{
    unsigned bits = tb_type_bits(type);
    int64_t product;
    bool empty;
    if (!product_of(rank, dims, bits < 8 ? 1 : bits / 8, &product, &empty))
        return false;
    size_t size = empty ? 0 : (size_t)product;
    if (bits == 0)
        size = 0;
    else if (bits < 8)
        size = size / (8 / bits) + (size % (8 / bits) != 0);
    *bytes = size;
    return true;
}

const char *tb_shape_text(const TfLiteIntArray *dims, char out[TB_SHAPE_TEXT_SIZE])
{
    if (!dims)
        return "?";
    size_t used = 0;
    out[used++] = '[';
    for (int k = 0; k < dims->size; k++) {
        /* Room for the longest number, a separator and ",...]". */
        if (used + 20 > TB_SHAPE_TEXT_SIZE) {
            used += (size_t)snprintf(out + used, TB_SHAPE_TEXT_SIZE - used, ",...");
            break;
        }
        used += (size_t)snprintf(out + used, TB_SHAPE_TEXT_SIZE - used, k ? ",%d" : "%d",
                                 dims->data[k]);
    }
    out[used++] = ']';
    out[used] = '\0';
    return out;
}
