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

bool tb_shape_elements(int rank, const int *dims, int64_t *elements)
{
    /* A zero anywhere makes the product zero, however large the others are. */
    int64_t product = 1;
    bool overflow = false;
    bool empty = false;
    for (int k = 0; k < rank; k++) {
        if (dims[k] < 0)
            return false;
        empty |= dims[k] == 0;
        overflow |= __builtin_mul_overflow(product, (int64_t)dims[k], &product);
    }
    if (empty)
        product = 0;
    else if (overflow)
        return false;
    *elements = product;
    return true;
}

bool tb_shape_bytes(TfLiteType type, int rank, const int *dims, size_t *bytes)
{
    int64_t elements;
    if (!tb_shape_elements(rank, dims, &elements))
        return false;
    unsigned bits = tb_type_bits(type);
    if (bits < 8) {
        unsigned per_byte = bits ? 8 / bits : 1;
        *bytes = bits ? (size_t)elements / per_byte + ((size_t)elements % per_byte != 0) : 0;
        return true;
    }
    int64_t size;
    if (__builtin_mul_overflow(elements, (int64_t)(bits / 8), &size))
        return false;
    *bytes = (size_t)size;
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
