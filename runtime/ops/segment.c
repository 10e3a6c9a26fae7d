/*
 * SEGMENT_SUM and UNSORTED_SEGMENT_MAX, _MIN, _PROD and _SUM: slices of the data reduced into the
 * segment that an id names. Sorted ids start at 0 and rise by at most 1; unsorted ones may be
 * anything below the number of segments, and negative ones are left out.
 */
#include "runtime/ops/common.h"

#include <float.h>
#include <string.h>

typedef void (*segment_row)(void *to, const void *from, size_t count);

/* EXPRESSION is in terms of a (the segment's element) and b (the data's). */
#define DEFINE_ROW(name, type, EXPRESSION)                       \
    static void name(void *to_, const void *from_, size_t count) \
    {                                                            \
        type *to = to_;                                          \
        const type *from = from_;                                \
        for (size_t i = 0; i < count; i++) {                     \
            const type a = to[i], b = from[i];                   \
            to[i] = (type)(EXPRESSION);                          \
        }                                                        \
    }

DEFINE_ROW(max_i32, int32_t, a < b ? b : a)
DEFINE_ROW(max_f32, float, a < b ? b : a)
DEFINE_ROW(min_i32, int32_t, b < a ? b : a)
DEFINE_ROW(min_f32, float, b < a ? b : a)
DEFINE_ROW(prod_i32, int32_t, (uint32_t)a *(uint32_t)b)
DEFINE_ROW(prod_f32, float, a *b)
DEFINE_ROW(sum_i32, int32_t, (uint32_t)a + (uint32_t)b)
DEFINE_ROW(sum_f32, float, a + b)

typedef struct reduction {
    segment_row i32;
    segment_row f32;
    int32_t start_i32; /* of an empty segment */
    float start_f32;
} reduction;

static const reduction max_reduction = {max_i32, max_f32, INT32_MIN, -FLT_MAX};
static const reduction min_reduction = {min_i32, min_f32, INT32_MAX, FLT_MAX};
static const reduction prod_reduction = {prod_i32, prod_f32, 1, 1.0f};
static const reduction sum_reduction = {sum_i32, sum_f32, 0, 0.0f};

typedef struct segment_data {
    segment_row row;
    char start[4];
    bool sorted;
} segment_data;

/* ---- prepare ----------------------------------------------------------------------------------- */

static TfLiteStatus count_sorted(TfLiteContext *context, const TfLiteTensor *ids, int *segments)
{
    int32_t previous = 0;
    size_t count = tb_count(ids);
    for (size_t i = 0; i < count; i++) {
        int32_t id = ids->data.i32[i];
        if (i == 0 ? id != 0 : id != previous && (int64_t)id - 1 != previous)
            return tb_op_fail(context,
                              "id %zu is %d after %d, expected ids from 0 on in steps of 1", i, id,
                              previous);
        previous = id;
    }
    *segments = count ? previous + 1 : 0;
    return kTfLiteOk;
}

static TfLiteStatus count_unsorted(TfLiteContext *context, const TfLiteTensor *ids,
                                   const TfLiteTensor *number, int *segments)
{
    int32_t limit;
    TB_OP_TRY(tb_op_read_int(context, number, "number of segments", &limit));
    if (limit < 0)
        return tb_op_fail(context, "has %d segments", limit);
    size_t count = tb_count(ids);
    for (size_t i = 0; i < count; i++)
        if (ids->data.i32[i] >= limit)
            return tb_op_fail(context, "id %zu is %d, expected less than %d", i, ids->data.i32[i],
                              limit);
    *segments = limit;
    return kTfLiteOk;
}

/* Checks the ids and gives the output its shape. */
static TfLiteStatus shape_output(TfLiteContext *context, const TfLiteNode *node)
{
    const segment_data *data = node->user_data;
    const TfLiteTensor *input = tb_op_input(context, node, 0);
    const TfLiteTensor *ids = tb_op_input(context, node, 1);
    int dims[TB_MAX_RANK + 1], rank = 1;
    if (tb_count(ids) > 0 && !ids->data.raw)
        return tb_op_fail(context, "segment ids have no values");
    TB_OP_TRY(data->sorted ? count_sorted(context, ids, &dims[0])
                           : count_unsorted(context, ids, tb_op_input(context, node, 2), &dims[0]));
    for (int d = tb_tensor_rank(ids); d < tb_tensor_rank(input); d++)
        dims[rank++] = tb_tensor_dim(input, d);
    return tb_op_resize(context, tb_op_output(context, node, 0), rank, dims);
}

static TfLiteStatus prepare(TfLiteContext *context, TfLiteNode *node, const reduction *how,
                            bool sorted)
{
    const TfLiteTensor *input, *ids;
    TfLiteTensor *output;
    TB_OP_TRY(tb_op_check_inputs(context, node, sorted ? 2 : 3, sorted ? 2 : 3));
    TB_OP_TRY(tb_op_check_outputs(context, node, 1));
    TB_OP_TRY(tb_op_get_input(context, node, 0, "data", &input));
    TB_OP_TRY(tb_op_get_input(context, node, 1, "segment ids", &ids));
    TB_OP_TRY(tb_op_get_output(context, node, 0, &output));
    TB_OP_TRY(tb_op_check_type(context, input, "data",
                               TB_TYPE_BIT(kTfLiteFloat32) | TB_TYPE_BIT(kTfLiteInt32)));
    TB_OP_TRY(tb_op_check_same_type(context, input, "data", output, "output"));
    TB_OP_TRY(tb_op_check_type(context, ids, "segment ids", TB_TYPE_BIT(kTfLiteInt32)));
    TB_OP_TRY(tb_op_check_rank(context, input, "data", sorted ? 1 : 0, TB_MAX_RANK));
    int most = sorted ? 1 : tb_tensor_rank(input);
    TB_OP_TRY(tb_op_check_rank(context, ids, "segment ids", sorted ? 1 : 0, most));
    for (int d = 0; d < tb_tensor_rank(ids); d++)
        if (tb_tensor_dim(ids, d) != tb_tensor_dim(input, d))
            return tb_op_fail(context, "dimension %d is %d for the ids, %d for the data", d,
                              tb_tensor_dim(ids, d), tb_tensor_dim(input, d));
    bool known = tb_tensor_is_constant(ids) && (!sorted || tb_tensor_is_constant(input));
    if (!sorted) {
        const TfLiteTensor *number;
        TB_OP_TRY(tb_op_get_input(context, node, 2, "number of segments", &number));
        TB_OP_TRY(
            tb_op_check_type(context, number, "number of segments", TB_TYPE_BIT(kTfLiteInt32)));
        TB_OP_TRY(tb_op_check_rank(context, number, "number of segments", 0, 1));
        known = known && tb_tensor_is_constant(number);
    }
    segment_data *data = tb_op_make_data(context, node, sizeof *data);
    if (!data)
        return kTfLiteError;
    bool is_float = input->type == kTfLiteFloat32;
    data->row = is_float ? how->f32 : how->i32;
    memcpy(data->start, is_float ? (const void *)&how->start_f32 : (const void *)&how->start_i32,
           sizeof data->start);
    data->sorted = sorted;
    if (known)
        return shape_output(context, node);
    tb_op_set_dynamic(output);
    return kTfLiteOk;
}

/* ---- invoke ------------------------------------------------------------------------------------ */

static TfLiteStatus invoke(TfLiteContext *context, TfLiteNode *node)
{
    const segment_data *data = node->user_data;
    const TfLiteTensor *input = tb_op_input(context, node, 0);
    const TfLiteTensor *ids = tb_op_input(context, node, 1);
    TfLiteTensor *output = tb_op_output(context, node, 0);
    /* Otherwise the ids are constant, and were checked in prepare. */
    if (tb_tensor_is_dynamic(output))
        TB_OP_TRY(shape_output(context, node));
    const size_t bytes = sizeof data->start;
    size_t elements = tb_count(output), count = tb_count(ids);
    size_t slice = tb_dims_product(input, tb_tensor_rank(ids), tb_tensor_rank(input));
    for (size_t i = 0; i < elements; i++)
        memcpy(output->data.raw + i * bytes, data->start, bytes);
    for (size_t i = 0; i < count && slice > 0; i++) {
        int32_t id = ids->data.i32[i];
        if (id >= 0)
            data->row(output->data.raw + (size_t)id * slice * bytes,
                      input->data.raw + i * slice * bytes, slice);
    }
    return kTfLiteOk;
}

#define DEFINE_OPERATOR(name, how, sorted)                                       \
    static TfLiteStatus prepare_##name(TfLiteContext *context, TfLiteNode *node) \
    {                                                                            \
        return prepare(context, node, &how, sorted);                             \
    }                                                                            \
    const TfLiteRegistration tb_op_##name = {.prepare = prepare_##name, .invoke = invoke};

DEFINE_OPERATOR(segment_sum, sum_reduction, true)
DEFINE_OPERATOR(unsorted_segment_max, max_reduction, false)
DEFINE_OPERATOR(unsorted_segment_min, min_reduction, false)
DEFINE_OPERATOR(unsorted_segment_prod, prod_reduction, false)
DEFINE_OPERATOR(unsorted_segment_sum, sum_reduction, false)
