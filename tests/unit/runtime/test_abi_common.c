/* Arrays, quantization, sparsity and tensors of the C ABI: ownership, copies, bad input. */
#include <criterion/criterion.h>
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/abi_common.h"
#include "runtime/base/size.h"

static TfLiteIntArray *ints(int size, const int *values)
{
    TfLiteIntArray *array = TfLiteIntArrayCreate(size);
    cr_assert_not_null(array);
    memcpy(array->data, values, (size_t)size * sizeof *values);
    return array;
}
#define INTS(...) ints((int)TB_COUNT_OF(((int[]){__VA_ARGS__})), (const int[]){__VA_ARGS__})

/* ---- arrays ------------------------------------------------------------------------------- */

Test(abi_arrays, sizes_count_the_length_and_refuse_what_cannot_be)
{
    cr_expect_eq(TfLiteIntArrayGetSizeInBytes(0), 4);
    cr_expect_eq(TfLiteIntArrayGetSizeInBytes(3), 16);
    cr_expect_eq(TfLiteIntArrayGetSizeInBytes(INT_MAX), 4 + 4 * (size_t)INT_MAX);
    cr_expect_eq(TfLiteIntArrayGetSizeInBytes(-1), 0);
    cr_expect_eq(TfLiteFloatArrayGetSizeInBytes(3), 16);
    cr_expect_eq(TfLiteFloatArrayGetSizeInBytes(INT_MAX), 0, "no int holds it");
    cr_expect_null(TfLiteIntArrayCreate(-1));
    cr_expect_null(TfLiteFloatArrayCreate(INT_MIN));
}

Test(abi_arrays, copies_are_equal_and_apart)
{
    TfLiteIntArray *a = INTS(1, -2, 3);
    TfLiteIntArray *b = TfLiteIntArrayCopy(a);
    cr_assert_not_null(b);
    cr_expect_neq(a, b);
    cr_expect(TfLiteIntArrayEqual(a, b));
    b->data[2] = 4;
    cr_expect_not(TfLiteIntArrayEqual(a, b));
    cr_expect_eq(a->data[2], 3);
    cr_expect_null(TfLiteIntArrayCopy(NULL));
    TfLiteIntArrayFree(a);
    TfLiteIntArrayFree(b);
    TfLiteIntArrayFree(NULL);

    TfLiteFloatArray *f = TfLiteFloatArrayCreate(2);
    cr_assert_not_null(f);
    f->data[0] = 0.5f;
    f->data[1] = -1.5f;
    TfLiteFloatArray *g = TfLiteFloatArrayCopy(f);
    cr_assert_not_null(g);
    cr_expect_eq(g->size, 2);
    cr_expect_eq(g->data[1], -1.5f);
    cr_expect_null(TfLiteFloatArrayCopy(NULL));
    TfLiteFloatArrayFree(f);
    TfLiteFloatArrayFree(g);
    TfLiteFloatArrayFree(NULL);
}

Test(abi_arrays, equality_of_null_and_of_prefixes)
{
    TfLiteIntArray *a = INTS(1, 2, 3);
    TfLiteIntArray *prefix = INTS(1, 2);
    TfLiteIntArray *empty = TfLiteIntArrayCreate(0);
    cr_expect(TfLiteIntArrayEqual(NULL, NULL));
    cr_expect_not(TfLiteIntArrayEqual(a, NULL));
    cr_expect_not(TfLiteIntArrayEqual(NULL, empty));
    cr_expect_not(TfLiteIntArrayEqual(a, prefix));
    cr_expect(TfLiteIntArrayEqualsArray(NULL, 0, NULL));
    cr_expect_not(TfLiteIntArrayEqualsArray(NULL, 1, a->data));
    cr_expect(TfLiteIntArrayEqualsArray(empty, 0, NULL));
    cr_expect(TfLiteIntArrayEqualsArray(a, 3, (const int[]){1, 2, 3}));
    cr_expect_not(TfLiteIntArrayEqualsArray(a, 3, (const int[]){1, 2, 4}));
    cr_expect_not(TfLiteIntArrayEqualsArray(a, -1, NULL));
    TfLiteIntArrayFree(a);
    TfLiteIntArrayFree(prefix);
    TfLiteIntArrayFree(empty);
}

/* ---- quantization and sparsity ------------------------------------------------------------ */

static TfLiteQuantization affine(void)
{
    TfLiteAffineQuantization *params = calloc(1, sizeof *params);
    cr_assert_not_null(params);
    params->scale = TfLiteFloatArrayCreate(2);
    cr_assert_not_null(params->scale);
    params->scale->data[0] = 0.25f;
    params->scale->data[1] = 0.5f;
    params->zero_point = INTS(0, 7);
    params->quantized_dimension = 3;
    return (TfLiteQuantization){.type = kTfLiteAffineQuantization, .params = params};
}

Test(abi_quantization, affine_clone_is_deep)
{
    TfLiteQuantization src = affine(), dst;
    cr_assert(tb_quantization_clone(&src, &dst));
    cr_assert_eq(dst.type, kTfLiteAffineQuantization);
    const TfLiteAffineQuantization *from = src.params, *to = dst.params;
    cr_expect_neq(from, to);
    cr_expect_neq(from->scale, to->scale);
    cr_expect_neq(from->zero_point, to->zero_point);
    cr_expect_eq(to->scale->data[1], 0.5f);
    cr_expect(TfLiteIntArrayEqual(from->zero_point, to->zero_point));
    cr_expect_eq(to->quantized_dimension, 3);
    TfLiteQuantizationFree(&src);
    cr_expect_eq(src.type, kTfLiteNoQuantization);
    cr_expect_null(src.params);
    TfLiteQuantizationFree(&src); /* empty is a valid value */
    TfLiteQuantizationFree(&dst);
    TfLiteQuantizationFree(NULL);
}

Test(abi_quantization, affine_may_lack_any_part)
{
    TfLiteQuantization bare = {.type = kTfLiteAffineQuantization, .params = NULL}, dst;
    cr_expect(tb_quantization_clone(&bare, &dst));
    cr_expect_null(dst.params);
    TfLiteQuantizationFree(&bare);
    TfLiteQuantizationFree(&dst);

    TfLiteQuantization hollow = {.type = kTfLiteAffineQuantization,
                                 .params = calloc(1, sizeof(TfLiteAffineQuantization))};
    cr_assert(tb_quantization_clone(&hollow, &dst));
    cr_assert_not_null(dst.params);
    cr_expect_null(((TfLiteAffineQuantization *)dst.params)->scale);
    TfLiteQuantizationFree(&hollow);
    TfLiteQuantizationFree(&dst);
}

Test(abi_quantization, other_kinds_clone_whole)
{
    TfLiteBlockwiseQuantization block = {
        .scale = 4, .zero_point = 5, .blocksize = 32, .quantized_dimension = 1};
    TfLiteQuantization src = {.type = kTfLiteBlockwiseQuantization, .params = &block}, dst;
    cr_assert(tb_quantization_clone(&src, &dst));
    cr_expect_neq(dst.params, &block);
    cr_expect_eq(memcmp(dst.params, &block, sizeof block), 0);
    TfLiteQuantizationFree(&dst);

    TfLiteMultiAxisQuantization multi = {.scales = 2, .blocksize = 16};
    multi.quantized_dimensions = INTS(0, 2);
    src = (TfLiteQuantization){.type = kTfLiteMultiAxisQuantization, .params = &multi};
    cr_assert(tb_quantization_clone(&src, &dst));
    const TfLiteMultiAxisQuantization *copy = dst.params;
    cr_expect_eq(copy->scales, 2);
    cr_expect_eq(copy->blocksize, 16);
    cr_expect_neq(copy->quantized_dimensions, multi.quantized_dimensions);
    cr_expect(TfLiteIntArrayEqual(copy->quantized_dimensions, multi.quantized_dimensions));
    TfLiteQuantizationFree(&dst);
    TfLiteIntArrayFree(multi.quantized_dimensions);
}

Test(abi_quantization, unknown_kind_is_refused)
{
    int nothing = 0;
    TfLiteQuantization src = {.type = (TfLiteQuantizationType)77, .params = &nothing};
    TfLiteQuantization dst = {.type = kTfLiteAffineQuantization, .params = &nothing};
    cr_expect_not(tb_quantization_clone(&src, &dst));
    cr_expect_eq(dst.type, kTfLiteNoQuantization);
    cr_expect_null(dst.params);
}

static TfLiteSparsity *sparsity(void)
{
    TfLiteSparsity *s = calloc(1, sizeof *s);
    cr_assert_not_null(s);
    s->traversal_order = INTS(0, 1);
    s->dim_metadata_size = 2;
    s->dim_metadata = calloc(2, sizeof *s->dim_metadata);
    cr_assert_not_null(s->dim_metadata);
    s->dim_metadata[0] = (TfLiteDimensionMetadata){.format = kTfLiteDimDense, .dense_size = 5};
    s->dim_metadata[1] = (TfLiteDimensionMetadata){
        .format = kTfLiteDimSparseCSR, .array_segments = INTS(0, 2), .array_indices = INTS(1, 3)};
    return s;
}

Test(abi_sparsity, clone_is_deep)
{
    TfLiteSparsity *src = sparsity(), *dst;
    cr_assert(tb_sparsity_clone(src, &dst));
    cr_assert_not_null(dst);
    cr_expect_neq(src->traversal_order, dst->traversal_order);
    cr_expect(TfLiteIntArrayEqual(src->traversal_order, dst->traversal_order));
    cr_expect_null(dst->block_map);
    cr_assert_eq(dst->dim_metadata_size, 2);
    cr_expect_eq(dst->dim_metadata[0].dense_size, 5);
    cr_expect_neq(src->dim_metadata[1].array_indices, dst->dim_metadata[1].array_indices);
    cr_expect(TfLiteIntArrayEqual(src->dim_metadata[1].array_indices,
                                  dst->dim_metadata[1].array_indices));
    cr_expect(TfLiteIntArrayEqual(src->dim_metadata[1].array_segments,
                                  dst->dim_metadata[1].array_segments));
    TfLiteSparsityFree(src);
    TfLiteSparsityFree(dst);
    TfLiteSparsityFree(NULL);
    cr_expect(tb_sparsity_clone(NULL, &dst));
    cr_expect_null(dst);
}

/* ---- a tensor's bytes --------------------------------------------------------------------- */

Test(abi_tensor, realloc_keeps_values)
{
    TfLiteTensor t = {.type = kTfLiteUInt8, .allocation_type = kTfLiteDynamic};
    cr_assert_eq(TfLiteTensorRealloc(4, &t), kTfLiteOk);
    memcpy(t.data.raw, "abcd", 4);
    cr_assert_eq(TfLiteTensorRealloc(1 << 20, &t), kTfLiteOk);
    cr_expect_eq(t.bytes, 1 << 20);
    cr_expect_eq(memcmp(t.data.raw, "abcd", 4), 0);
    void *before = t.data.data;
    cr_assert_eq(TfLiteTensorRealloc(2, &t), kTfLiteOk);
    cr_expect_eq(t.data.data, before, "a shrunken tensor keeps its block");
    cr_expect_eq(t.bytes, 2);
    TfLiteTensorDataFree(&t);
    cr_expect_null(t.data.data);
    TfLiteTensorDataFree(&t);
    TfLiteTensorDataFree(NULL);
}

Test(abi_tensor, realloc_leaves_other_kinds_alone)
{
    char arena[8] = "arena";
    const TfLiteAllocationType kinds[] = {kTfLiteMemNone,           kTfLiteMmapRo, kTfLiteArenaRw,
                                          kTfLiteArenaRwPersistent, kTfLiteCustom, kTfLiteNonCpu};
    for (size_t i = 0; i < TB_COUNT_OF(kinds); i++) {
        TfLiteTensor t = {.allocation_type = kinds[i], .data.raw = arena, .bytes = sizeof arena};
        cr_expect_eq(TfLiteTensorRealloc(100, &t), kTfLiteOk);
        cr_expect_eq(t.data.raw, arena);
        cr_expect_eq(t.bytes, sizeof arena);
        TfLiteTensorDataFree(&t); /* not the tensor's to free */
        cr_expect_null(t.data.raw);
    }
    cr_expect_eq(TfLiteTensorRealloc(1, NULL), kTfLiteError);
}

Test(abi_tensor, realloc_to_an_impossible_size_changes_nothing)
{
    TfLiteTensor t = {.allocation_type = kTfLitePersistentRo};
    cr_assert_eq(TfLiteTensorRealloc(4, &t), kTfLiteOk);
    void *before = t.data.data;
    cr_expect_eq(TfLiteTensorRealloc(SIZE_MAX, &t), kTfLiteError);
    cr_expect_eq(TfLiteTensorResizeMaybeCopy(SIZE_MAX - 15, &t, false), kTfLiteError);
    cr_expect_eq(t.data.data, before);
    cr_expect_eq(t.bytes, 4);
    TfLiteTensorDataFree(&t);
}

/* Counts what is out, and checks that blocks come back with the size they were taken with. */
typedef struct counting_heap {
    size_t blocks, bytes;
    bool refuse;
} counting_heap;

static void *heap_allocate(void *data, size_t bytes, size_t alignment)
{
    counting_heap *heap = data;
    cr_expect_geq(alignment, sizeof(void *));
    if (heap->refuse)
        return NULL;
    size_t *block = malloc(16 + bytes);
    cr_assert_not_null(block);
    *block = bytes;
    heap->blocks++;
    heap->bytes += bytes;
    return (char *)block + 16;
}

static void heap_deallocate(void *data, void *ptr, size_t bytes, size_t alignment)
{
    counting_heap *heap = data;
    size_t *block = (size_t *)(void *)((char *)ptr - 16);
    (void)alignment;
    cr_expect_eq(*block, bytes, "freed as %zu bytes, was %zu", bytes, *block);
    heap->blocks--;
    heap->bytes -= bytes;
    free(block);
}

Test(abi_tensor, an_allocator_is_told_true_sizes)
{
    counting_heap heap = {0};
    TfLiteAllocator allocator = {
        .data = &heap, .allocate = heap_allocate, .deallocate = heap_deallocate};
    TfLiteTensor t = {.allocation_type = kTfLiteDynamic};

    cr_assert_eq(TfLiteTensorReallocWithAllocator(8, &t, &allocator), kTfLiteOk);
    memcpy(t.data.raw, "12345678", 8);
    cr_expect_geq(heap.bytes, 8);
    cr_assert_eq(TfLiteTensorReallocWithAllocator(64, &t, &allocator), kTfLiteOk);
    cr_expect_eq(memcmp(t.data.raw, "12345678", 8), 0);
    cr_assert_eq(TfLiteTensorReallocWithAllocator(4, &t, &allocator), kTfLiteOk);
    cr_expect_eq(memcmp(t.data.raw, "1234", 4), 0);
    cr_expect_lt(heap.bytes, 64, "shrinking gives memory back");
    cr_assert_eq(TfLiteTensorResizeMaybeCopyWithAllocator(32, &t, false, &allocator), kTfLiteOk);
    cr_expect_eq(heap.blocks, 1);

    heap.refuse = true;
    void *before = t.data.data;
    cr_expect_eq(TfLiteTensorReallocWithAllocator(128, &t, &allocator), kTfLiteError);
    cr_expect_eq(TfLiteTensorResizeMaybeCopyWithAllocator(128, &t, false, &allocator),
                 kTfLiteError);
    cr_expect_eq(t.data.data, before);
    cr_expect_eq(t.bytes, 32);

    TfLiteTensorDataFreeWithAllocator(&t, &allocator);
    cr_expect_eq(heap.blocks, 0);
    cr_expect_eq(heap.bytes, 0);
}

/* ---- tensors ------------------------------------------------------------------------------ */

Test(abi_tensor, free_leaves_an_empty_tensor)
{
    TfLiteTensor t = {.type = kTfLiteInt8, .allocation_type = kTfLiteDynamic, .name = "x"};
    cr_assert_eq(TfLiteTensorRealloc(6, &t), kTfLiteOk);
    t.dims = INTS(2, 3);
    t.dims_signature = INTS(-1, 3);
    t.quantization = affine();
    t.sparsity = sparsity();
    TfLiteTensorFree(&t);
    cr_expect_null(t.data.data);
    cr_expect_null(t.dims);
    cr_expect_null(t.dims_signature);
    cr_expect_null(t.quantization.params);
    cr_expect_null(t.sparsity);
    TfLiteTensorFree(&t);
    TfLiteTensorFree(NULL);
}

Test(abi_tensor, reset_frees_and_sets)
{
    char buffer[8] = {0};
    TfLiteTensor t = {.allocation_type = kTfLiteDynamic};
    cr_assert_eq(TfLiteTensorRealloc(4, &t), kTfLiteOk);
    t.dims = INTS(4);
    t.quantization = affine();
    TfLiteIntArray *dims = INTS(2, 1);
    TfLiteTensorReset(kTfLiteFloat32, "name", dims, (TfLiteQuantizationParams){0.5f, 3}, buffer,
                      sizeof buffer, kTfLiteArenaRw, &t, true, &t);
    cr_expect_eq(t.type, kTfLiteFloat32);
    cr_expect_str_eq(t.name, "name");
    cr_expect_eq(t.dims, dims);
    cr_expect_eq(t.params.scale, 0.5f);
    cr_expect_eq(t.params.zero_point, 3);
    cr_expect_eq(t.data.raw, buffer);
    cr_expect_eq(t.bytes, sizeof buffer);
    cr_expect_eq(t.allocation_type, kTfLiteArenaRw);
    cr_expect_eq(t.allocation, &t);
    cr_expect(t.is_variable);
    cr_expect_eq(t.quantization.type, kTfLiteNoQuantization);
    TfLiteTensorFree(&t);
}

Test(abi_tensor, copy_moves_values_shape_and_handle)
{
    TfLiteDelegate delegate = TfLiteDelegateCreate();
    int32_t from[2] = {7, 8}, to[2] = {0};
    TfLiteTensor src = {.type = kTfLiteInt32,
                        .data.i32 = from,
                        .bytes = sizeof from,
                        .dims = INTS(1, 2),
                        .delegate = &delegate,
                        .buffer_handle = 9,
                        .data_is_stale = true};
    TfLiteTensor dst = {.type = kTfLiteFloat32,
                        .data.i32 = to,
                        .bytes = sizeof to,
                        .dims = INTS(2),
                        .allocation_type = kTfLiteArenaRw};
    cr_assert_eq(TfLiteTensorCopy(&src, &dst), kTfLiteOk);
    cr_expect_eq(to[1], 8);
    cr_expect_eq(dst.type, kTfLiteInt32);
    cr_expect(TfLiteIntArrayEqual(dst.dims, src.dims));
    cr_expect_neq(dst.dims, src.dims);
    cr_expect_eq(dst.delegate, &delegate);
    cr_expect_eq(dst.buffer_handle, 9);
    cr_expect(dst.data_is_stale);
    cr_expect_eq(dst.allocation_type, kTfLiteArenaRw);

    TfLiteTensor small = dst;
    small.bytes = 4;
    cr_expect_eq(TfLiteTensorCopy(&src, &small), kTfLiteError);
    TfLiteTensor blank = dst;
    blank.data.raw = NULL;
    cr_expect_eq(TfLiteTensorCopy(&src, &blank), kTfLiteError);
    cr_expect_eq(TfLiteTensorCopy(&blank, &dst), kTfLiteError);
    cr_expect_eq(TfLiteTensorCopy(NULL, &dst), kTfLiteOk);
    cr_expect_eq(TfLiteTensorCopy(&src, NULL), kTfLiteOk);
    cr_expect_eq(TfLiteTensorCopy(&src, &src), kTfLiteOk);
    TfLiteTensorFree(&src);
    TfLiteTensorFree(&dst);
}

Test(abi_tensor, clone_duplicates_what_is_owned)
{
    TfLiteTensor src = {.type = kTfLiteInt8, .allocation_type = kTfLiteDynamic, .name = "n"};
    cr_assert_eq(TfLiteTensorRealloc(3, &src), kTfLiteOk);
    memcpy(src.data.raw, "abc", 3);
    src.dims = INTS(3);
    src.dims_signature = INTS(-1);
    src.quantization = affine();
    src.sparsity = sparsity();
    TfLiteTensor dst = TfLiteTensorClone(src);
    cr_expect_neq(dst.data.raw, src.data.raw);
    cr_expect_neq(dst.dims, src.dims);
    cr_expect_neq(dst.dims_signature, src.dims_signature);
    cr_expect_neq(dst.quantization.params, src.quantization.params);
    cr_expect_neq(dst.sparsity, src.sparsity);
    TfLiteTensorFree(&src);
    cr_expect_eq(memcmp(dst.data.raw, "abc", 3), 0);
    cr_expect_eq(dst.dims->data[0], 3);
    cr_expect_eq(dst.dims_signature->data[0], -1);
    cr_expect_str_eq(dst.name, "n");
    TfLiteTensorFree(&dst);

    char arena[4] = "xyz";
    TfLiteTensor borrowed = {
        .allocation_type = kTfLiteArenaRw, .data.raw = arena, .bytes = sizeof arena};
    dst = TfLiteTensorClone(borrowed);
    cr_expect_eq(dst.data.raw, arena);
    TfLiteTensorFree(&dst);
}

Test(abi_tensor, clone_fails_as_a_whole)
{
    int nothing = 0;
    TfLiteTensor src = {.type = kTfLiteInt8, .allocation_type = kTfLiteDynamic};
    cr_assert_eq(TfLiteTensorRealloc(3, &src), kTfLiteOk);
    memset(src.data.raw, 0, 3);
    src.dims = INTS(3);
    src.quantization = (TfLiteQuantization){(TfLiteQuantizationType)77, &nothing};
    TfLiteTensor dst = TfLiteTensorClone(src), zero = {.type = kTfLiteNoType};
    cr_expect_eq(dst.type, zero.type);
    cr_expect_null(dst.data.data);
    cr_expect_null(dst.dims);
    cr_expect_eq(dst.bytes, 0);
    src.quantization.params = NULL;
    TfLiteTensorFree(&src);
}

Test(abi_tensor, signature_falls_back_to_shape)
{
    TfLiteIntArray *dims = INTS(1, 4), *free_dims = INTS(-1, 4);
    TfLiteIntArray *none = TfLiteIntArrayCreate(0);
    TfLiteTensor t = {.dims = dims, .dims_signature = free_dims};
    cr_expect_eq(TfLiteTensorGetDimsSignature(&t), free_dims);
    t.dims_signature = none;
    cr_expect_eq(TfLiteTensorGetDimsSignature(&t), dims);
    t.dims_signature = NULL;
    cr_expect_eq(TfLiteTensorGetDimsSignature(&t), dims);
    TfLiteIntArrayFree(dims);
    TfLiteIntArrayFree(free_dims);
    TfLiteIntArrayFree(none);
}

/* ---- variant objects ---------------------------------------------------------------------- */

typedef struct counter {
    const tb_variant_vtable *vtable;
    int value;
} counter;

static int living;

static void counter_destroy(void *object)
{
    (void)object;
    living--;
}

static void counter_delete(void *object)
{
    living--;
    free(object);
}

static void *counter_clone_to(const void *object, void *maybe_alloc)
{
    counter *copy = maybe_alloc;
    if (!copy) {
        copy = malloc(sizeof *copy);
        cr_assert_not_null(copy);
        living++;
    }
    *copy = *(const counter *)object;
    return copy;
}

static const tb_variant_vtable counter_vtable = {counter_destroy, counter_delete, counter_clone_to};

Test(abi_tensor, variants_are_cloned_and_deleted_by_their_table)
{
    counter *object = malloc(sizeof *object);
    cr_assert_not_null(object);
    *object = (counter){.vtable = &counter_vtable, .value = 5};
    living = 1;
    TfLiteTensor src = {
        .type = kTfLiteVariant, .allocation_type = kTfLiteVariantObject, .data.data = object};

    TfLiteTensor clone = TfLiteTensorClone(src);
    cr_expect_eq(living, 2);
    cr_expect_neq(clone.data.data, src.data.data);
    cr_expect_eq(((counter *)clone.data.data)->value, 5);

    TfLiteTensor dst = {.allocation_type = kTfLiteDynamic};
    cr_assert_eq(TfLiteTensorCopy(&src, &dst), kTfLiteOk);
    cr_expect_eq(dst.allocation_type, kTfLiteVariantObject);
    cr_expect_eq(living, 3);
    object->value = 6;
    void *place = dst.data.data;
    cr_assert_eq(TfLiteTensorCopy(&src, &dst), kTfLiteOk);
    cr_expect_eq(dst.data.data, place, "copied into the object that is there");
    cr_expect_eq(((counter *)dst.data.data)->value, 6);

    char bytes[4] = "abc";
    TfLiteTensor plain = {
        .allocation_type = kTfLiteArenaRw, .data.raw = bytes, .bytes = sizeof bytes};
    dst.bytes = sizeof bytes;
    cr_expect_eq(TfLiteTensorCopy(&plain, &dst), kTfLiteError, "an object is no place for bytes");

    TfLiteTensorFree(&src);
    TfLiteTensorFree(&clone);
    TfLiteTensorFree(&dst);
    cr_expect_eq(living, 0);
}

/* ---- names and traits --------------------------------------------------------------------- */

Test(abi_tensor, every_type_has_a_name_of_its_own)
{
    for (int i = kTfLiteNoType; i <= kTfLiteFloat8E5M2; i++) {
        const char *name = TfLiteTypeGetName((TfLiteType)i);
        cr_assert_not_null(name, "type %d", i);
        for (int j = kTfLiteNoType; j < i; j++)
            cr_expect_str_neq(name, TfLiteTypeGetName((TfLiteType)j));
    }
    cr_expect_str_eq(TfLiteTypeGetName(kTfLiteBFloat16), "BFLOAT16");
    cr_expect_str_eq(TfLiteTypeGetName((TfLiteType)24), "Unknown type");
    cr_expect_str_eq(TfLiteTypeGetName((TfLiteType)-1), "Unknown type");
}

Test(abi_tensor, traits_follow_the_allocation_type)
{
    TfLiteTensor t = {.allocation_type = kTfLiteMmapRo};
    cr_expect_eq(TfLiteTensorGetAllocationStrategy(&t), kTfLiteAllocationStrategyMMap);
    cr_expect_eq(TfLiteTensorGetBufferAddressStability(&t), kTfLiteRunStabilityAcrossRuns);
    cr_expect_eq(TfLiteTensorGetDataKnownStep(&t), kTfLiteRunStepInit);
    t.allocation_type = kTfLiteArenaRw;
    cr_expect_eq(TfLiteTensorGetBufferAddressStability(&t), kTfLiteRunStabilityUnstable);
    cr_expect_eq(TfLiteTensorGetDataStability(&t), kTfLiteRunStabilitySingleRun);
    cr_expect_eq(TfLiteTensorGetShapeKnownStep(&t), kTfLiteRunStepPrepare);
    t.allocation_type = kTfLiteArenaRwPersistent;
    cr_expect_eq(TfLiteTensorGetDataStability(&t), kTfLiteRunStabilityAcrossRuns);
    t.allocation_type = kTfLiteDynamic;
    cr_expect_eq(TfLiteTensorGetShapeKnownStep(&t), kTfLiteRunStepEval);
    t.allocation_type = kTfLitePersistentRo;
    cr_expect_eq(TfLiteTensorGetDataKnownStep(&t), kTfLiteRunStepPrepare);
    t.allocation_type = (TfLiteAllocationType)99;
    cr_expect_eq(TfLiteTensorGetAllocationStrategy(&t), kTfLiteAllocationStrategyUnknown);
    cr_expect_eq(TfLiteTensorGetShapeKnownStep(&t), kTfLiteRunStepUnknown);
}

Test(abi_tensor, failed_init_is_no_valid_pointer)
{
    cr_expect_eq((uintptr_t)TfLiteKernelInitFailed(), UINTPTR_MAX);
}
