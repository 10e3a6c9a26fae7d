/* Copies of what a TfLiteTensor owns, beyond those that tflite_abi/common.h declares. */
#ifndef TB_RUNTIME_ABI_COMMON_H
#define TB_RUNTIME_ABI_COMMON_H

#include <stdbool.h>

#include "runtime/tflite_abi/common.h"

/*
 * Deep copies. False without memory or for a quantization type that is none; *out is then empty.
 * Of a sparsity NULL is a copy of NULL.
 */
bool tb_quantization_clone(const TfLiteQuantization *src, TfLiteQuantization *out);
bool tb_sparsity_clone(const TfLiteSparsity *src, TfLiteSparsity **out);

/*
 * The first slots of the virtual table of the C++ object behind a kTfLiteVariantObject tensor
 * (TFLite's VariantData) in the Itanium C++ ABI, which Linux and Android use: the object starts
 * with a pointer to these. clone_to makes a copy in the place of maybe_alloc, or a new one if that
 * is NULL. An object made in C is as good if it starts with such a table.
 */
typedef struct tb_variant_vtable {
    void (*destroy)(void *object);
    void (*destroy_and_free)(void *object);
    void *(*clone_to)(const void *object, void *maybe_alloc);
} tb_variant_vtable;

#endif
