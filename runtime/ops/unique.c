/*
 * UNIQUE: the distinct elements of a vector in order of first appearance, and for every element the
 * position of its like among them. NaN is treated as TFLite's ordered map does: behind other
 * elements it counts as the smallest so far, and after a NaN in front everything counts as it.
 */
#include "runtime/ops/common.h"

#include <math.h>
#include <string.h>

typedef struct unique_data {
    size_t slots; /* of the table, a power of two of at least twice the elements */
    int table;    /* scratch: int32 positions among the distinct, plus one; 0: free */
    int firsts;   /* scratch: int32, where each distinct element appeared first */
} unique_data;

/* Equal elements have equal keys. */
static uint64_t key_of(const TfLiteTensor *tensor, size_t i)
{
    switch (tb_type_bytes(tensor->type)) {
    case 1:
        return tensor->data.uint8[i];
    case 2:
        return tensor->data.ui16[i];
    case 4:
        if (tensor->type == kTfLiteFloat32 && tensor->data.f[i] == 0.0f)
            return 0;
        return tensor->data.u32[i];
    default:
        return tensor->data.u64[i];
    }
}

static TfLiteStatus prepare(TfLiteContext *context, TfLiteNode *node)
{
    const TfLiteUniqueParams *params = node->builtin_data;
    const TfLiteTensor *input;
    TfLiteTensor *values, *indices;
    TB_OP_TRY(tb_op_check_inputs(context, node, 1, 1));
    TB_OP_TRY(tb_op_check_outputs(context, node, 2));
    TB_OP_TRY(tb_op_get_input(context, node, 0, "input", &input));
    TB_OP_TRY(tb_op_get_output(context, node, 0, &values));
    TB_OP_TRY(tb_op_get_output(context, node, 1, &indices));
    TB_OP_TRY(tb_op_check_type(context, input, "input",
                               TB_TYPE_BIT(kTfLiteFloat32) | TB_TYPES_QUANTIZED |
                                   TB_TYPE_BIT(kTfLiteInt32) | TB_TYPE_BIT(kTfLiteInt64)));
    TB_OP_TRY(tb_op_check_same_type(context, input, "input", values, "output values"));
    TB_OP_TRY(tb_op_check_type(context, indices, "output indices",
                               TB_TYPE_BIT(kTfLiteInt32) | TB_TYPE_BIT(kTfLiteInt64)));
    if (!params || params->index_out_type != indices->type)
        return tb_op_fail(context, "output indices are of type %s, its options say %s",
                          TfLiteTypeGetName(indices->type),
                          params ? TfLiteTypeGetName(params->index_out_type) : "nothing");
    TB_OP_TRY(tb_op_check_rank(context, input, "input", 1, 1));
    unique_data *data = tb_op_make_data(context, node, sizeof *data);
    if (!data)
        return kTfLiteError;
    size_t count = tb_count(input);
    for (data->slots = 2; data->slots < 2 * count;)
        data->slots *= 2;
    TB_OP_TRY(tb_op_scratch_array(context, data->slots, sizeof(int32_t), &data->table));
    TB_OP_TRY(tb_op_scratch_array(context, TB_MAX(count, 1), sizeof(int32_t), &data->firsts));
    tb_op_set_dynamic(values);
    return tb_op_resize_like(context, indices, input);
}

/* The distinct elements found so far. */
typedef struct distinct {
    const TfLiteTensor *input;
    int32_t *table;
    size_t slots;
    int32_t *firsts;
    int32_t count;
    int32_t least; /* position of the smallest, for NaN */
} distinct;

static bool is_nan(const TfLiteTensor *input, size_t i)
{
    return input->type == kTfLiteFloat32 && isnan(input->data.f[i]);
}

/* The position of element i, which is added if it is new. */
static int32_t find_or_add(distinct *d, size_t i)
{
    if (d->count > 0 && (is_nan(d->input, i) || is_nan(d->input, (size_t)d->firsts[0])))
        return d->least;
    uint64_t key = key_of(d->input, i);
    size_t slot = (size_t)((key * 0x9E3779B97F4A7C15u) >> 32) & (d->slots - 1);
    for (; d->table[slot]; slot = (slot + 1) & (d->slots - 1)) {
        int32_t position = d->table[slot] - 1;
        if (key_of(d->input, (size_t)d->firsts[position]) == key)
            return position;
    }
    d->firsts[d->count] = (int32_t)i;
    if (d->input->type == kTfLiteFloat32 &&
        d->input->data.f[i] < d->input->data.f[d->firsts[d->least]])
        d->least = d->count;
    d->table[slot] = ++d->count;
    return d->count - 1;
}

static TfLiteStatus invoke(TfLiteContext *context, TfLiteNode *node)
{
    const unique_data *data = node->user_data;
    const TfLiteTensor *input = tb_op_input(context, node, 0);
    TfLiteTensor *values = tb_op_output(context, node, 0);
    TfLiteTensor *indices = tb_op_output(context, node, 1);
    distinct d = {.input = input,
                  .table = tb_op_scratch(context, data->table),
                  .slots = data->slots,
                  .firsts = tb_op_scratch(context, data->firsts)};
    memset(d.table, 0, data->slots * sizeof d.table[0]);
    size_t count = tb_count(input), bytes = tb_type_bytes(input->type);
    for (size_t i = 0; i < count && !tb_stopped(); i++) {
        int32_t position = find_or_add(&d, i);
        if (indices->type == kTfLiteInt64)
            indices->data.i64[i] = position;
        else
            indices->data.i32[i] = position;
    }
    TB_OP_TRY(tb_op_resize(context, values, 1, &d.count));
    for (size_t i = 0; i < (size_t)d.count; i++)
        memcpy(values->data.raw + i * bytes, input->data.raw + (size_t)d.firsts[i] * bytes, bytes);
    return kTfLiteOk;
}

const TfLiteRegistration tb_op_unique = {.prepare = prepare, .invoke = invoke};
