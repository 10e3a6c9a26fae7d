/*
 * What follows from a tensor's type and shape: sizes, with every product checked.
 */
#ifndef TB_RUNTIME_TENSOR_H
#define TB_RUNTIME_TENSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "runtime/tflite_abi/common.h"

/* Bits of one element: 2 and 4 for the packed types, 0 where a type has no fixed size (string,
   resource, variant, none). */
unsigned tb_type_bits(TfLiteType type);

/* True for string, resource and variant tensors: their bytes do not follow from the shape. */
static inline bool tb_type_is_unsized(TfLiteType type)
{
    return type == kTfLiteString || type == kTfLiteResource || type == kTfLiteVariant;
}

/*
 * The product of the dimensions. False where one is negative, or where the product of those that are
 * not zero does not fit 63 bits: so the product of any of a tensor's dimensions fits, also where
 * another one is zero.
 */
bool tb_shape_elements(int rank, const int *dims, int64_t *elements);

/*
 * Bytes of a tensor of this type and shape, packed types rounded up to whole bytes; 0 for the types
 * without a size. False as above, with the size of an element as a further factor.
 */
bool tb_shape_bytes(TfLiteType type, int rank, const int *dims, size_t *bytes);

static inline bool tb_dims_equal(const TfLiteIntArray *dims, int rank, const int *data)
{
    return TfLiteIntArrayEqualsArray(dims, rank, data) != 0;
}

/*
 * "[1,224,224,3]", cut to fit; "[]" for a scalar, "?" where the shape is not known. Returns `out`.
 */
#define TB_SHAPE_TEXT_SIZE 96
const char *tb_shape_text(const TfLiteIntArray *dims, char out[TB_SHAPE_TEXT_SIZE]);

#endif
