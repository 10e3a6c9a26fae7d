/*
 * The functions of tflite_abi/common.h: arrays, quantization, sparsity, the life of a tensor's
 * bytes, and names.
 *
 * They serve foreign kernels and delegates as well as our own code, so they take every value their
 * types can hold. Memory is malloc's, because callers of this ABI free some of it themselves.
 */
#include "runtime/abi_common.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/base/size.h"

/* ---- arrays ------------------------------------------------------------------------------- */

/* sizeof(int) == sizeof(float), and so both array types have one size rule. */
_Static_assert(sizeof(int) == 4 && sizeof(float) == 4, "arrays of 4-byte values");

/* Bytes of an array of `size` values behind its length; 0 for what cannot be. */
static size_t array_bytes(int size)
{
    size_t data_bytes, bytes;
    if (size < 0 || !tb_mul_size((size_t)size, 4, &data_bytes) ||
        !tb_add_size(data_bytes, sizeof(int), &bytes))
        return 0;
    return bytes;
}

size_t TfLiteIntArrayGetSizeInBytes(int size)
{
    return array_bytes(size);
}

int TfLiteFloatArrayGetSizeInBytes(int size)
{
    size_t bytes = array_bytes(size);
    return bytes <= INT_MAX ? (int)bytes : 0;
}

TfLiteIntArray *TfLiteIntArrayCreate(int size)
{
    size_t bytes = array_bytes(size);
    TfLiteIntArray *array = bytes ? malloc(bytes) : NULL;
    if (array)
        array->size = size;
    return array;
}

TfLiteFloatArray *TfLiteFloatArrayCreate(int size)
{
    size_t bytes = array_bytes(size);
    TfLiteFloatArray *array = bytes ? malloc(bytes) : NULL;
    if (array)
        array->size = size;
    return array;
}

TfLiteIntArray *TfLiteIntArrayCopy(const TfLiteIntArray *src)
{
    TfLiteIntArray *copy = src ? TfLiteIntArrayCreate(src->size) : NULL;
    if (copy)
        memcpy(copy->data, src->data, (size_t)src->size * sizeof src->data[0]);
    return copy;
}

TfLiteFloatArray *TfLiteFloatArrayCopy(const TfLiteFloatArray *src)
{
    TfLiteFloatArray *copy = src ? TfLiteFloatArrayCreate(src->size) : NULL;
    if (copy)
        memcpy(copy->data, src->data, (size_t)src->size * sizeof src->data[0]);
    return copy;
}

int TfLiteIntArrayEqualsArray(const TfLiteIntArray *a, int b_size, const int b_data[])
{
    if (!a)
        return b_size == 0;
    if (a->size != b_size)
        return 0;
    return b_size <= 0 || memcmp(a->data, b_data, (size_t)b_size * sizeof b_data[0]) == 0;
}

int TfLiteIntArrayEqual(const TfLiteIntArray *a, const TfLiteIntArray *b)
{
    if (a == b)
        return 1;
    return a && b && TfLiteIntArrayEqualsArray(a, b->size, b->data);
}

void TfLiteIntArrayFree(TfLiteIntArray *a)
{
    free(a);
}

void TfLiteFloatArrayFree(TfLiteFloatArray *a)
{
    free(a);
}

/* ---- quantization and sparsity ------------------------------------------------------------ */

void TfLiteQuantizationFree(TfLiteQuantization *quantization)
{
    if (!quantization)
        return;
    if (quantization->params) {
        switch (quantization->type) {
        case kTfLiteAffineQuantization: {
            TfLiteAffineQuantization *params = quantization->params;
            TfLiteFloatArrayFree(params->scale);
            TfLiteIntArrayFree(params->zero_point);
            free(params);
            break;
        }
        case kTfLiteMultiAxisQuantization: {
            TfLiteMultiAxisQuantization *params = quantization->params;
            TfLiteIntArrayFree(params->quantized_dimensions);
            free(params);
            break;
        }
        case kTfLiteBlockwiseQuantization:
            free(quantization->params);
            break;
        case kTfLiteNoQuantization: /* params are not ours to interpret */
            break;
        }
    }
    *quantization = (TfLiteQuantization){.type = kTfLiteNoQuantization};
}

/* *out = copy of src; false only if src is something and the copy is not. */
static bool copy_ints(const TfLiteIntArray *src, TfLiteIntArray **out)
{
    *out = TfLiteIntArrayCopy(src);
    return *out || !src;
}

static bool copy_floats(const TfLiteFloatArray *src, TfLiteFloatArray **out)
{
    *out = TfLiteFloatArrayCopy(src);
    return *out || !src;
}

static bool clone_params(TfLiteQuantizationType type, const void *src_params, void **out)
{
    switch (type) {
    case kTfLiteNoQuantization:
        return true;
    case kTfLiteAffineQuantization: {
        const TfLiteAffineQuantization *src = src_params;
        TfLiteAffineQuantization *dst = *out = calloc(1, sizeof *dst);
        if (!dst)
            return false;
        dst->quantized_dimension = src->quantized_dimension;
        return copy_floats(src->scale, &dst->scale) && copy_ints(src->zero_point, &dst->zero_point);
    }
    case kTfLiteBlockwiseQuantization: {
        const TfLiteBlockwiseQuantization *src = src_params;
        TfLiteBlockwiseQuantization *dst = *out = calloc(1, sizeof *dst);
        if (!dst)
            return false;
        *dst = *src;
        return true;
    }
    case kTfLiteMultiAxisQuantization: {
        const TfLiteMultiAxisQuantization *src = src_params;
        TfLiteMultiAxisQuantization *dst = *out = calloc(1, sizeof *dst);
        if (!dst)
            return false;
        *dst = *src;
        return copy_ints(src->quantized_dimensions, &dst->quantized_dimensions);
    }
    }
    return false;
}

bool tb_quantization_clone(const TfLiteQuantization *src, TfLiteQuantization *out)
{
    TfLiteQuantization clone = {.type = src->type};
    bool ok = src->params ? clone_params(src->type, src->params, &clone.params) : true;
    if (!ok)
        TfLiteQuantizationFree(&clone);
    *out = clone;
    return ok;
}

/* The arrays of a dense dimension mean nothing and are never touched. */
void TfLiteSparsityFree(TfLiteSparsity *sparsity)
{
    if (!sparsity)
        return;
    TfLiteIntArrayFree(sparsity->traversal_order);
    TfLiteIntArrayFree(sparsity->block_map);
    if (sparsity->dim_metadata) {
        for (int i = 0; i < sparsity->dim_metadata_size; i++) {
            TfLiteDimensionMetadata *dim = &sparsity->dim_metadata[i];
            if (dim->format == kTfLiteDimSparseCSR) {
                TfLiteIntArrayFree(dim->array_segments);
                TfLiteIntArrayFree(dim->array_indices);
            }
        }
        free(sparsity->dim_metadata);
    }
    free(sparsity);
}

static bool clone_dims(const TfLiteSparsity *src, TfLiteSparsity *dst)
{
    if (!src->dim_metadata || src->dim_metadata_size <= 0)
        return true;
    dst->dim_metadata = calloc((size_t)src->dim_metadata_size, sizeof *dst->dim_metadata);
    if (!dst->dim_metadata)
        return false;
    dst->dim_metadata_size = src->dim_metadata_size;
    for (int i = 0; i < src->dim_metadata_size; i++) {
        const TfLiteDimensionMetadata *from = &src->dim_metadata[i];
        TfLiteDimensionMetadata *to = &dst->dim_metadata[i];
        to->format = from->format;
        to->dense_size = from->dense_size;
        if (from->format == kTfLiteDimSparseCSR &&
            !(copy_ints(from->array_segments, &to->array_segments) &&
              copy_ints(from->array_indices, &to->array_indices)))
            return false;
    }
    return true;
}

bool tb_sparsity_clone(const TfLiteSparsity *src, TfLiteSparsity **out)
{
    *out = NULL;
    if (!src)
        return true;
    TfLiteSparsity *clone = calloc(1, sizeof *clone);
    if (!clone)
        return false;
    if (!copy_ints(src->traversal_order, &clone->traversal_order) ||
        !copy_ints(src->block_map, &clone->block_map) || !clone_dims(src, clone)) {
        TfLiteSparsityFree(clone);
        return false;
    }
    *out = clone;
    return true;
}

/* ---- a tensor's bytes --------------------------------------------------------------------- */

/*
 * Every block is this much longer than the tensor: vector kernels, ours and XNNPACK's, may read
 * past the last value. The allocator's callbacks are told sizes with it.
 */
enum { TAIL_BYTES = 16 };

static const size_t ALIGNMENT = _Alignof(max_align_t);

static bool usable(const TfLiteAllocator *allocator)
{
    return allocator && allocator->allocate && allocator->deallocate;
}

static void *take_block(TfLiteAllocator *allocator, size_t bytes)
{
    return usable(allocator) ? allocator->allocate(allocator->data, bytes, ALIGNMENT)
                             : malloc(bytes);
}

static void free_block(TfLiteAllocator *allocator, void *block, size_t bytes)
{
    if (!block)
        return;
    if (usable(allocator))
        allocator->deallocate(allocator->data, block, bytes, ALIGNMENT);
    else
        free(block);
}

/* As realloc: on failure NULL, and the old block is untouched. */
static void *grow_block(TfLiteAllocator *allocator, void *block, size_t old_bytes, size_t new_bytes)
{
    if (!usable(allocator))
        return realloc(block, new_bytes);
    if (allocator->reallocate)
        return allocator->reallocate(allocator->data, block, old_bytes, new_bytes, ALIGNMENT);
    void *moved = take_block(allocator, new_bytes);
    if (!moved)
        return NULL;
    memcpy(moved, block, old_bytes < new_bytes ? old_bytes : new_bytes);
    free_block(allocator, block, old_bytes);
    return moved;
}

static bool owns_block(const TfLiteTensor *t)
{
    return t->allocation_type == kTfLiteDynamic || t->allocation_type == kTfLitePersistentRo;
}

static const tb_variant_vtable *vtable_of(const void *object)
{
    const tb_variant_vtable *vtable;
    memcpy(&vtable, object, sizeof vtable);
    return vtable;
}

void TfLiteTensorDataFreeWithAllocator(TfLiteTensor *t, TfLiteAllocator *allocator)
{
    if (!t)
        return;
    if (t->data.data) {
        size_t block_bytes;
        if (t->allocation_type == kTfLiteVariantObject)
            vtable_of(t->data.data)->destroy_and_free(t->data.data);
        else if (owns_block(t) && tb_add_size(t->bytes, TAIL_BYTES, &block_bytes))
            free_block(allocator, t->data.data, block_bytes);
    }
    t->data.data = NULL;
}

void TfLiteTensorDataFree(TfLiteTensor *t)
{
    TfLiteTensorDataFreeWithAllocator(t, NULL);
}

TfLiteStatus TfLiteTensorResizeMaybeCopyWithAllocator(size_t num_bytes, TfLiteTensor *tensor,
                                                      bool preserve_data,
                                                      TfLiteAllocator *allocator)
{
    if (!tensor)
        return kTfLiteError;
    if (!owns_block(tensor))
        return kTfLiteOk;

    size_t new_bytes, old_bytes = 0;
    if (!tb_add_size(num_bytes, TAIL_BYTES, &new_bytes))
        return kTfLiteError;

    /* malloc remembers a block's size, so a shrunken tensor may keep a larger block; an allocator
     * is told the size at the end and has to be told the true one. */
    if (tensor->data.data && num_bytes <= tensor->bytes &&
        !(usable(allocator) && num_bytes < tensor->bytes)) {
        tensor->bytes = num_bytes;
        return kTfLiteOk;
    }
    if (tensor->data.data && !tb_add_size(tensor->bytes, TAIL_BYTES, &old_bytes))
        return kTfLiteError;

    void *block;
    if (tensor->data.data && preserve_data) {
        block = grow_block(allocator, tensor->data.data, old_bytes, new_bytes);
        if (!block)
            return kTfLiteError;
    } else {
        block = take_block(allocator, new_bytes);
        if (!block)
            return kTfLiteError;
        free_block(allocator, tensor->data.data, old_bytes);
    }
    tensor->data.data = block;
    tensor->bytes = num_bytes;
    return kTfLiteOk;
}

TfLiteStatus TfLiteTensorResizeMaybeCopy(size_t num_bytes, TfLiteTensor *tensor, bool preserve_data)
{
    return TfLiteTensorResizeMaybeCopyWithAllocator(num_bytes, tensor, preserve_data, NULL);
}

TfLiteStatus TfLiteTensorReallocWithAllocator(size_t num_bytes, TfLiteTensor *tensor,
                                              TfLiteAllocator *allocator)
{
    return TfLiteTensorResizeMaybeCopyWithAllocator(num_bytes, tensor, true, allocator);
}

TfLiteStatus TfLiteTensorRealloc(size_t num_bytes, TfLiteTensor *tensor)
{
    return TfLiteTensorReallocWithAllocator(num_bytes, tensor, NULL);
}

/* ---- a tensor ----------------------------------------------------------------------------- */

/* dims_signature is const for readers only; the tensor owns it. */
static void free_signature(TfLiteTensor *t)
{
    union {
        const TfLiteIntArray *read;
        TfLiteIntArray *own;
    } signature = {.read = t->dims_signature};
    TfLiteIntArrayFree(signature.own);
    t->dims_signature = NULL;
}

void TfLiteTensorFree(TfLiteTensor *t)
{
    if (!t)
        return;
    TfLiteTensorDataFree(t);
    TfLiteIntArrayFree(t->dims);
    t->dims = NULL;
    free_signature(t);
    TfLiteQuantizationFree(&t->quantization);
    TfLiteSparsityFree(t->sparsity);
    t->sparsity = NULL;
}

void TfLiteTensorReset(TfLiteType type, const char *name, TfLiteIntArray *dims,
                       TfLiteQuantizationParams quantization, char *buffer, size_t size,
                       TfLiteAllocationType allocation_type, const void *allocation,
                       bool is_variable, TfLiteTensor *tensor)
{
    if (!tensor)
        return;
    TfLiteTensorFree(tensor);
    tensor->type = type;
    tensor->name = name;
    tensor->dims = dims;
    tensor->params = quantization;
    tensor->data.raw = buffer;
    tensor->bytes = size;
    tensor->allocation_type = allocation_type;
    tensor->allocation = allocation;
    tensor->is_variable = is_variable;
}

/* Gives dst, which shares src's bytes, bytes of its own if src owns them. */
static bool clone_bytes(const TfLiteTensor *src, TfLiteTensor *dst)
{
    if (!src->data.data)
        return true;
    if (src->allocation_type == kTfLiteVariantObject) {
        dst->data.data = vtable_of(src->data.data)->clone_to(src->data.data, NULL);
        return dst->data.data != NULL;
    }
    if (!owns_block(src))
        return true;
    size_t bytes;
    dst->data.data = tb_add_size(src->bytes, TAIL_BYTES, &bytes) ? malloc(bytes) : NULL;
    if (!dst->data.data)
        return false;
    memcpy(dst->data.data, src->data.data, src->bytes);
    return true;
}

TfLiteTensor TfLiteTensorClone(TfLiteTensor src)
{
    TfLiteTensor dst = src;
    TfLiteIntArray *signature = NULL;
    dst.dims = NULL;
    dst.dims_signature = NULL;
    dst.quantization = (TfLiteQuantization){.type = kTfLiteNoQuantization};
    dst.sparsity = NULL;
    if (!clone_bytes(&src, &dst)) {
        dst.data.data = NULL;
        goto fail;
    }
    if (!copy_ints(src.dims, &dst.dims) || !copy_ints(src.dims_signature, &signature))
        goto fail;
    dst.dims_signature = signature;
    if (!tb_quantization_clone(&src.quantization, &dst.quantization) ||
        !tb_sparsity_clone(src.sparsity, &dst.sparsity))
        goto fail;
    return dst;

fail:
    TfLiteTensorFree(&dst);
    return (TfLiteTensor){.type = kTfLiteNoType};
}

TfLiteStatus TfLiteTensorCopy(const TfLiteTensor *src, TfLiteTensor *dst)
{
    if (!src || !dst || src == dst)
        return kTfLiteOk;
    if (src->bytes != dst->bytes)
        return kTfLiteError;

    bool variant = src->allocation_type == kTfLiteVariantObject;
    if (variant && !src->data.data)
        return kTfLiteError;
    /* A variant in dst is no place for plain bytes: it is dropped below. */
    void *place = dst->allocation_type == kTfLiteVariantObject ? NULL : dst->data.data;
    if (!variant && src->bytes > 0 && (!src->data.data || !place))
        return kTfLiteError;

    TfLiteIntArray *dims;
    if (!copy_ints(src->dims, &dims))
        return kTfLiteError;

    if (variant) {
        if (dst->allocation_type != kTfLiteVariantObject) {
            TfLiteTensorDataFree(dst);
            dst->allocation_type = kTfLiteVariantObject;
        }
        dst->data.data = vtable_of(src->data.data)->clone_to(src->data.data, dst->data.data);
    } else {
        if (dst->allocation_type == kTfLiteVariantObject) {
            TfLiteTensorDataFree(dst);
            dst->allocation_type = src->allocation_type;
        }
        if (src->bytes > 0)
            memmove(place, src->data.data, src->bytes);
    }
    TfLiteIntArrayFree(dst->dims);
    dst->dims = dims;
    dst->type = src->type;
    dst->buffer_handle = src->buffer_handle;
    dst->data_is_stale = src->data_is_stale;
    dst->delegate = src->delegate;
    return kTfLiteOk;
}

const TfLiteIntArray *TfLiteTensorGetDimsSignature(const TfLiteTensor *t)
{
    return t->dims_signature && t->dims_signature->size != 0 ? t->dims_signature : t->dims;
}

/* ---- what an allocation type implies ------------------------------------------------------ */

typedef struct allocation_traits {
    TfLiteAllocationStrategy strategy;
    TfLiteRunStability address;
    TfLiteRunStability data;
    TfLiteRunStep data_known;
    TfLiteRunStep shape_known;
} allocation_traits;

#define STRATEGY(x)  kTfLiteAllocationStrategy##x
#define STABILITY(x) kTfLiteRunStability##x
#define STEP(x)      kTfLiteRunStep##x
#define ROW(allocation, strategy, address, data, data_known, shape_known)                      \
    [allocation] = {STRATEGY(strategy), STABILITY(address), STABILITY(data), STEP(data_known), \
                    STEP(shape_known)}

static const allocation_traits traits[] = {
    ROW(kTfLiteMemNone, None, AcrossRuns, AcrossRuns, Init, Init),
    ROW(kTfLiteMmapRo, MMap, AcrossRuns, AcrossRuns, Init, Init),
    ROW(kTfLiteArenaRw, Arena, Unstable, SingleRun, Eval, Prepare),
    ROW(kTfLiteArenaRwPersistent, Arena, Unstable, AcrossRuns, Eval, Prepare),
    ROW(kTfLiteDynamic, Malloc, SingleRun, SingleRun, Eval, Eval),
    ROW(kTfLitePersistentRo, Malloc, SingleRun, SingleRun, Prepare, Prepare),
    ROW(kTfLiteCustom, Unknown, Unknown, Unknown, Unknown, Unknown),
    ROW(kTfLiteVariantObject, New, AcrossRuns, SingleRun, Eval, Eval),
    ROW(kTfLiteNonCpu, Unknown, Unknown, Unknown, Unknown, Unknown),
};

static const allocation_traits *traits_of(const TfLiteTensor *t)
{
    size_t type = (size_t)t->allocation_type;
    return &traits[type < TB_COUNT_OF(traits) ? type : kTfLiteCustom];
}

TfLiteAllocationStrategy TfLiteTensorGetAllocationStrategy(const TfLiteTensor *t)
{
    return traits_of(t)->strategy;
}

TfLiteRunStability TfLiteTensorGetBufferAddressStability(const TfLiteTensor *t)
{
    return traits_of(t)->address;
}

TfLiteRunStability TfLiteTensorGetDataStability(const TfLiteTensor *t)
{
    return traits_of(t)->data;
}

TfLiteRunStep TfLiteTensorGetDataKnownStep(const TfLiteTensor *t)
{
    return traits_of(t)->data_known;
}

TfLiteRunStep TfLiteTensorGetShapeKnownStep(const TfLiteTensor *t)
{
    return traits_of(t)->shape_known;
}

/* ---- names and constants ------------------------------------------------------------------ */

static const char *const type_names[] = {
    [kTfLiteNoType] = "NOTYPE",
    [kTfLiteFloat32] = "FLOAT32",
    [kTfLiteInt32] = "INT32",
    [kTfLiteUInt8] = "UINT8",
    [kTfLiteInt64] = "INT64",
    [kTfLiteString] = "STRING",
    [kTfLiteBool] = "BOOL",
    [kTfLiteInt16] = "INT16",
    [kTfLiteComplex64] = "COMPLEX64",
    [kTfLiteInt8] = "INT8",
    [kTfLiteFloat16] = "FLOAT16",
    [kTfLiteFloat64] = "FLOAT64",
    [kTfLiteComplex128] = "COMPLEX128",
    [kTfLiteUInt64] = "UINT64",
    [kTfLiteResource] = "RESOURCE",
    [kTfLiteVariant] = "VARIANT",
    [kTfLiteUInt32] = "UINT32",
    [kTfLiteUInt16] = "UINT16",
    [kTfLiteInt4] = "INT4",
    [kTfLiteBFloat16] = "BFLOAT16",
    [kTfLiteInt2] = "INT2",
    [kTfLiteUInt4] = "UINT4",
    [kTfLiteFloat8E4M3FN] = "FLOAT8_E4M3FN",
    [kTfLiteFloat8E5M2] = "FLOAT8_E5M2",
};

const char *TfLiteTypeGetName(TfLiteType type)
{
    size_t index = (size_t)type;
    return index < TB_COUNT_OF(type_names) ? type_names[index] : "Unknown type";
}

TfLiteDelegate TfLiteDelegateCreate(void)
{
    return (TfLiteDelegate){.data_ = NULL};
}

/* No allocator gives this address. */
void *TfLiteKernelInitFailed(void)
{
    return (void *)UINTPTR_MAX;
}
