/* HASHTABLE_LOOKUP: rows of a tensor by keys in ascending order; rows of zeros where there is none. */
#include <string.h>

#include "runtime/ops/strings.h"

typedef struct lookup_tensors {
    const TfLiteTensor *wanted;
    const TfLiteTensor *keys;
    const TfLiteTensor *values;
    TfLiteTensor *output;
    TfLiteTensor *hits;
} lookup_tensors;

static TfLiteStatus get_tensors(TfLiteContext *context, const TfLiteNode *node, lookup_tensors *out)
{
    TB_OP_TRY(tb_op_check_inputs(context, node, 3, 3));
    TB_OP_TRY(tb_op_check_outputs(context, node, 2));
    TB_OP_TRY(tb_op_get_input(context, node, 0, "lookup", &out->wanted));
    TB_OP_TRY(tb_op_get_input(context, node, 1, "keys", &out->keys));
    TB_OP_TRY(tb_op_get_input(context, node, 2, "values", &out->values));
    TB_OP_TRY(tb_op_get_output(context, node, 0, &out->output));
    return tb_op_get_output(context, node, 1, &out->hits);
}

static TfLiteStatus prepare(TfLiteContext *context, TfLiteNode *node)
{
    lookup_tensors t;
    TB_OP_TRY(get_tensors(context, node, &t));
    TB_OP_TRY(tb_op_check_type(context, t.wanted, "lookup", TB_TYPE_BIT(kTfLiteInt32)));
    TB_OP_TRY(tb_op_check_rank(context, t.wanted, "lookup", 1, 1));
    TB_OP_TRY(tb_op_check_type(context, t.keys, "keys", TB_TYPE_BIT(kTfLiteInt32)));
    TB_OP_TRY(tb_op_check_rank(context, t.keys, "keys", 1, 1));
    TB_OP_TRY(tb_op_check_rank(context, t.values, "values", 1, TB_MAX_RANK));
    TB_OP_TRY(tb_op_check_same_type(context, t.values, "values", t.output, "output"));
    TB_OP_TRY(tb_op_check_type(context, t.hits, "hits", TB_TYPE_BIT(kTfLiteUInt8)));
    bool is_text = t.values->type == kTfLiteString;
    if (is_text)
        TB_OP_TRY(tb_op_check_rank(context, t.values, "values", 1, 1));
    else if (tb_type_bytes(t.values->type) == 0)
        return tb_op_fail(context, "values are %s, whose rows are not whole bytes",
                          TfLiteTypeGetName(t.values->type));
    int rows = tb_tensor_dim(t.values, 0);
    if (rows < 1 || rows != tb_tensor_dim(t.keys, 0))
        return tb_op_fail(context,
                          "has %d keys and %d rows of values, expected as many, at least 1",
                          tb_tensor_dim(t.keys, 0), rows);
    int dims[TB_MAX_RANK], rank = tb_tensor_rank(t.values);
    for (int i = 0; i < rank; i++)
        dims[i] = tb_tensor_dim(t.values, i);
    dims[0] = tb_tensor_dim(t.wanted, 0);
    TB_OP_TRY(tb_op_resize(context, t.output, rank, dims));
    return tb_op_resize(context, t.hits, 1, dims);
}

/* -1: there is none. Differences wrap, as TFLite's comparison does. */
static ptrdiff_t find_row(const TfLiteTensor *keys, int32_t wanted)
{
    size_t low = 0, high = tb_count(keys);
    while (low < high) {
        size_t middle = (low + high) / 2;
        int32_t difference = tb_wrap_sub(wanted, keys->data.i32[middle]);
        if (difference == 0)
            return (ptrdiff_t)middle;
        if (difference < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return -1;
}

typedef struct found_rows {
    const lookup_tensors *tensors;
    tb_strings strings;
} found_rows;

static const char *found_text(const void *context, size_t i, size_t *length)
{
    const found_rows *f = context;
    ptrdiff_t row = find_row(f->tensors->keys, f->tensors->wanted->data.i32[i]);
    if (row >= 0)
        return tb_strings_get(&f->strings, (size_t)row, length);
    *length = 0;
    return "";
}

static void copy_rows(const lookup_tensors *t)
{
    size_t row_bytes = t->values->bytes / (size_t)tb_tensor_dim(t->values, 0);
    if (row_bytes == 0)
        return;
    for (size_t i = 0; i < tb_count(t->wanted); i++) {
        char *to = t->output->data.raw + i * row_bytes;
        ptrdiff_t row = find_row(t->keys, t->wanted->data.i32[i]);
        if (row >= 0)
            memcpy(to, t->values->data.raw + (size_t)row * row_bytes, row_bytes);
        else
            memset(to, 0, row_bytes);
    }
}

static TfLiteStatus invoke(TfLiteContext *context, TfLiteNode *node)
{
    lookup_tensors t;
    TB_OP_TRY(get_tensors(context, node, &t));
    size_t count = tb_count(t.wanted);
    for (size_t i = 0; i < count; i++)
        t.hits->data.uint8[i] = find_row(t.keys, t.wanted->data.i32[i]) >= 0;
    if (t.values->type != kTfLiteString) {
        copy_rows(&t);
        return kTfLiteOk;
    }
    found_rows f = {.tensors = &t};
    TB_OP_TRY(tb_strings_open(context, t.values, "values", &f.strings));
    return tb_strings_write(context, t.output, count, (tb_string_source){found_text, &f});
}

const TfLiteRegistration tb_op_hashtable_lookup = {.prepare = prepare, .invoke = invoke};
