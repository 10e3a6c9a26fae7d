/*
 * TOPK_V2: the k largest elements of every row (along the last dimension) in falling order, and
 * where they stood. NaN counts as larger than any number; of equal elements the earlier comes first.
 */
#include "runtime/ops/common.h"

#include <math.h>
#include <string.h>

typedef struct topk_data {
    size_t rows;
    size_t length; /* of a row */
    size_t element_bytes;
} topk_data;

/* Orders as the elements do. */
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

/* A heap of elements of a row, kept as their indices where these go in the end: no memory besides. */
typedef struct heap {
    const TfLiteTensor *input;
    size_t begin; /* of the row */
    int32_t *wide;
    int16_t *narrow; /* where indices are int16; else NULL */
} heap;

static size_t get(const heap *h, size_t at)
{
    return h->narrow ? (size_t)h->narrow[at] : (size_t)h->wide[at];
}

static void put(const heap *h, size_t at, size_t index)
{
    if (h->narrow)
        h->narrow[at] = (int16_t)index;
    else
        h->wide[at] = (int32_t)index;
}

static bool before(const heap *h, size_t a, size_t b)
{
    int64_t key_a = key_of(h->input, h->begin + a), key_b = key_of(h->input, h->begin + b);
    return key_a != key_b ? key_a > key_b : a < b;
}

/* Restores the heap, whose root comes last in the order, below position `at`. */
static void sift_down(const heap *h, size_t count, size_t at)
{
    size_t moved = get(h, at);
    for (size_t child; (child = 2 * at + 1) < count; at = child) {
        if (child + 1 < count && before(h, get(h, child), get(h, child + 1)))
            child++;
        if (!before(h, moved, get(h, child)))
            break;
        put(h, at, get(h, child));
    }
    put(h, at, moved);
}

/* The first k of a row of `length`, in order. */
static void select_row(const heap *h, size_t length, size_t k)
{
    for (size_t i = 0; i < k; i++)
        put(h, i, i);
    for (size_t i = k / 2; i-- > 0;)
        sift_down(h, k, i);
    for (size_t i = k; i < length; i++) {
        if (before(h, i, get(h, 0))) {
            put(h, 0, i);
            sift_down(h, k, 0);
        }
    }
    for (size_t left = k; left-- > 1;) {
        size_t last = get(h, 0);
        put(h, 0, get(h, left));
        put(h, left, last);
        sift_down(h, left, 0);
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
    for (size_t row = 0; row < data->rows && !tb_stopped(); row++) {
        heap h = {.input = input, .begin = row * data->length};
        if (indices->type == kTfLiteInt16)
            h.narrow = indices->data.i16 + row * k;
        else
            h.wide = indices->data.i32 + row * k;
        select_row(&h, data->length, k);
        for (size_t i = 0; i < k; i++)
            memcpy(values->data.raw + (row * k + i) * bytes,
                   input->data.raw + (h.begin + get(&h, i)) * bytes, bytes);
    }
    return kTfLiteOk;
}

const TfLiteRegistration tb_op_topk_v2 = {.prepare = prepare, .invoke = invoke};
