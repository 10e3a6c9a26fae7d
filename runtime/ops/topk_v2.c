/*
 * TOPK_V2: the k largest elements of every row (along the last dimension) in falling order, and
 * where they stood. NaN counts as larger than any number; of equal elements the earlier comes first.
 */
#include "runtime/ops/common.h"

#include <math.h>
#include <string.h>

typedef struct ranked {
    int64_t key; /* orders as the elements do */
    size_t index;
} ranked;

typedef struct topk_data {
    size_t rows;
    size_t length; /* of a row */
    size_t element_bytes;
    int heap; /* scratch: one ranked an element of a row */
} topk_data;

static int64_t key_of(const TfLiteTensor *tensor, size_t i)
{
    switch (tensor->type) {
    case kTfLiteFloat32: {
        float value = tensor->data.f[i];
        if (isnan(value))
            return INT64_MAX;
        value += 0.0f; /* -0 to 0 */
        int32_t bits;
        memcpy(&bits, &value, sizeof bits);
        return bits < 0 ? -(int64_t)(bits & INT32_MAX) : bits;
    }
    case kTfLiteUInt8:
        return tensor->data.uint8[i];
    case kTfLiteInt8:
        return tensor->data.int8[i];
    case kTfLiteInt16:
        return tensor->data.i16[i];
    case kTfLiteInt64:
        return tensor->data.i64[i];
    default:
        return tensor->data.i32[i];
    }
}

static TfLiteStatus read_k(TfLiteContext *context, const TfLiteNode *node, size_t *out)
{
    const topk_data *data = node->user_data;
    int32_t k;
    TB_OP_TRY(tb_op_read_int(context, tb_op_input(context, node, 1), "k", &k));
    if (k > 0 && (size_t)k > data->length)
        return tb_op_fail(context, "k is %d, a row has only %zu", k, data->length);
    *out = k > 0 ? (size_t)k : 0;
    return kTfLiteOk;
}

static TfLiteStatus shape_outputs(TfLiteContext *context, const TfLiteNode *node, size_t k)
{
    const TfLiteTensor *input = tb_op_input(context, node, 0);
    int dims[TB_MAX_RANK], rank = tb_tensor_rank(input);
    memcpy(dims, input->dims->data, (size_t)rank * sizeof dims[0]);
    dims[rank - 1] = (int)k;
    TB_OP_TRY(tb_op_resize(context, tb_op_output(context, node, 0), rank, dims));
    return tb_op_resize(context, tb_op_output(context, node, 1), rank, dims);
}

static TfLiteStatus prepare(TfLiteContext *context, TfLiteNode *node)
{
    const TfLiteTensor *input, *k_tensor;
    TfLiteTensor *values, *indices;
    TB_OP_TRY(tb_op_check_inputs(context, node, 2, 2));
    TB_OP_TRY(tb_op_check_outputs(context, node, 2));
    TB_OP_TRY(tb_op_get_input(context, node, 0, "input", &input));
    TB_OP_TRY(tb_op_get_input(context, node, 1, "k", &k_tensor));
    TB_OP_TRY(tb_op_get_output(context, node, 0, &values));
    TB_OP_TRY(tb_op_get_output(context, node, 1, &indices));
    TB_OP_TRY(tb_op_check_type(context, input, "input",
                               TB_TYPE_BIT(kTfLiteFloat32) | TB_TYPES_QUANTIZED |
                                   TB_TYPE_BIT(kTfLiteInt32) | TB_TYPE_BIT(kTfLiteInt64)));
    TB_OP_TRY(tb_op_check_same_type(context, input, "input", values, "output values"));
    const uint32_t index_types = TB_TYPE_BIT(kTfLiteInt32) | TB_TYPE_BIT(kTfLiteInt16);
    TB_OP_TRY(tb_op_check_type(context, k_tensor, "k", index_types));
    TB_OP_TRY(tb_op_check_type(context, indices, "output indices", index_types));
    TB_OP_TRY(tb_op_check_rank(context, input, "input", 1, TB_MAX_RANK));
    topk_data *data = tb_op_make_data(context, node, sizeof *data);
    if (!data)
        return kTfLiteError;
    int rank = tb_tensor_rank(input);
    data->rows = tb_dims_product(input, 0, rank - 1);
    data->length = (size_t)tb_tensor_dim(input, rank - 1);
    data->element_bytes = tb_type_bytes(input->type);
    if (indices->type == kTfLiteInt16 && data->rows > 0 && data->length > INT16_MAX)
        return tb_op_fail(context, "rows of %zu are too long for int16 indices", data->length);
    TB_OP_TRY(tb_op_scratch_array(context, data->length, sizeof(ranked), &data->heap));
    if (tb_tensor_is_constant(k_tensor)) {
        size_t k;
        TB_OP_TRY(read_k(context, node, &k));
        return shape_outputs(context, node, k);
    }
    tb_op_set_dynamic(values);
    tb_op_set_dynamic(indices);
    return kTfLiteOk;
}

/* ---- invoke ------------------------------------------------------------------------------------ */

static bool before(ranked a, ranked b)
{
    return a.key != b.key ? a.key > b.key : a.index < b.index;
}

/* Restores the heap, whose root comes last in the order, below position `at`. */
static void sift_down(ranked *heap, size_t count, size_t at)
{
    for (size_t child; (child = 2 * at + 1) < count; at = child) {
        if (child + 1 < count && before(heap[child], heap[child + 1]))
            child++;
        if (!before(heap[at], heap[child]))
            return;
        ranked swap = heap[at];
        heap[at] = heap[child];
        heap[child] = swap;
    }
}

/* The first k of a row of `length` from `begin` on, in order. */
static void select_row(const TfLiteTensor *input, size_t begin, size_t length, ranked *heap,
                       size_t k)
{
    for (size_t i = 0; i < k; i++)
        heap[i] = (ranked){key_of(input, begin + i), i};
    for (size_t i = k / 2; i-- > 0;)
        sift_down(heap, k, i);
    for (size_t i = k; i < length; i++) {
        ranked element = {key_of(input, begin + i), i};
        if (before(element, heap[0])) {
            heap[0] = element;
            sift_down(heap, k, 0);
        }
    }
    for (size_t left = k; left-- > 1;) {
        ranked last = heap[0];
        heap[0] = heap[left];
        heap[left] = last;
        sift_down(heap, left, 0);
    }
}

static TfLiteStatus invoke(TfLiteContext *context, TfLiteNode *node)
{
    const topk_data *data = node->user_data;
    const TfLiteTensor *input = tb_op_input(context, node, 0);
    TfLiteTensor *values = tb_op_output(context, node, 0);
    TfLiteTensor *indices = tb_op_output(context, node, 1);
    size_t k, bytes = data->element_bytes;
    TB_OP_TRY(read_k(context, node, &k));
    if (tb_tensor_is_dynamic(values))
        TB_OP_TRY(shape_outputs(context, node, k));
    if (k == 0)
        return kTfLiteOk;
    ranked *heap = tb_op_scratch(context, data->heap);
    for (size_t row = 0; row < data->rows && !tb_stopped(); row++) {
        size_t begin = row * data->length;
        select_row(input, begin, data->length, heap, k);
        for (size_t i = 0, to = row * k; i < k; i++, to++) {
            memcpy(values->data.raw + to * bytes, input->data.raw + (begin + heap[i].index) * bytes,
                   bytes);
            if (indices->type == kTfLiteInt16)
                indices->data.i16[to] = (int16_t)heap[i].index;
            else
                indices->data.i32[to] = (int32_t)heap[i].index;
        }
    }
    return kTfLiteOk;
}

const TfLiteRegistration tb_op_topk_v2 = {.prepare = prepare, .invoke = invoke};
