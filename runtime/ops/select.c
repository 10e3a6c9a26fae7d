/*
 * SELECT and SELECT_V2: elements of one input or the other, as a condition says. SELECT takes a
 * condition of the same shape, a scalar, or a vector along the first dimension; SELECT_V2
 * broadcasts all three.
 */
#include "runtime/ops/broadcast.h"

#include <string.h>

typedef struct select_data {
    tb_broadcast plan;
    tb_ternary_row row;
    size_t element_bytes;
} select_data;

#define DEFINE_ROW(name, type)                                                             \
    static void name(const void *params, const void *a, size_t a_step, const void *b,      \
                     size_t b_step, const void *c, size_t c_step, void *out, size_t count) \
    {                                                                                      \
        const bool *condition = a;                                                         \
        const type *x = b, *y = c;                                                         \
        type *to = out;                                                                    \
        (void)params;                                                                      \
        for (size_t i = 0; i < count; i++)                                                 \
            to[i] = condition[i * a_step] ? x[i * b_step] : y[i * c_step];                 \
    }

DEFINE_ROW(select_1, uint8_t)
DEFINE_ROW(select_2, uint16_t)
DEFINE_ROW(select_4, uint32_t)
DEFINE_ROW(select_8, uint64_t)

static tb_ternary_row row_for(size_t element_bytes)
{
    switch (element_bytes) {
    case 1:
        return select_1;
    case 2:
        return select_2;
    case 4:
        return select_4;
    case 8:
        return select_8;
    default:
        return NULL;
    }
}

typedef struct select_tensors {
    const TfLiteTensor *condition;
    const TfLiteTensor *x;
    const TfLiteTensor *y;
    TfLiteTensor *output;
} select_tensors;

static TfLiteStatus get_tensors(TfLiteContext *context, TfLiteNode *node, select_tensors *t,
                                select_data **data)
{
    TB_OP_TRY(tb_op_check_inputs(context, node, 3, 3));
    TB_OP_TRY(tb_op_check_outputs(context, node, 1));
    TB_OP_TRY(tb_op_get_input(context, node, 0, "condition", &t->condition));
    TB_OP_TRY(tb_op_get_input(context, node, 1, "first choice", &t->x));
    TB_OP_TRY(tb_op_get_input(context, node, 2, "second choice", &t->y));
    TB_OP_TRY(tb_op_get_output(context, node, 0, &t->output));
    TB_OP_TRY(tb_op_check_type(context, t->condition, "condition", TB_TYPE_BIT(kTfLiteBool)));
    TB_OP_TRY(tb_op_check_same_type(context, t->x, "first choice", t->y, "second choice"));
    *data = tb_op_make_data(context, node, sizeof **data);
    if (!*data)
        return kTfLiteError;
    (*data)->element_bytes = tb_type_bytes(t->x->type);
    (*data)->row = row_for((*data)->element_bytes);
    if (!(*data)->row)
        return tb_op_fail(context, "chooses among %s, expected elements of 1, 2, 4 or 8 bytes",
                          TfLiteTypeGetName(t->x->type));
    t->output->type = t->x->type;
    return kTfLiteOk;
}

static bool is_single(const TfLiteTensor *tensor)
{
    return tb_count(tensor) == 1;
}

/* Where everything is one element, the output keeps the rank that the model gives it. */
static bool keeps_output_shape(const select_tensors *t)
{
    return is_single(t->condition) && is_single(t->x) && is_single(t->y) && t->output->dims &&
           is_single(t->output);
}

/* One element, or rows that each depend on one element of the condition. */
static void plan_rows(select_data *data, size_t rows, size_t row, bool per_row)
{
    tb_broadcast *plan = &data->plan;
    plan->loops = 2;
    plan->extent[0] = rows;
    plan->extent[1] = row;
    plan->stride[0][0] = per_row;
    plan->stride[0][1] = 0;
    for (int k = 1; k < 3; k++) {
        plan->stride[k][0] = row;
        plan->stride[k][1] = 1;
    }
}

static TfLiteStatus prepare_v1(TfLiteContext *context, TfLiteNode *node)
{
    select_tensors t;
    select_data *data;
    TB_OP_TRY(get_tensors(context, node, &t, &data));
    if (keeps_output_shape(&t)) {
        plan_rows(data, 1, 1, false);
        return tb_op_resize(context, t.output, t.output->dims->size, t.output->dims->data);
    }
    if (!tb_same_shape(t.x, t.y))
        return tb_op_fail(context, "the two choices have different shapes");
    const TfLiteTensor *inputs[] = {t.condition, t.x, t.y};
    static const char *const names[] = {"condition", "first choice", "second choice"};
    if (tb_same_shape(t.condition, t.x))
        return tb_broadcast_prepare(context, inputs, names, 3, t.output, &data->plan);
    int rank = tb_tensor_rank(t.x);
    bool vector = tb_tensor_rank(t.condition) == 1 && rank > 0 &&
                  tb_tensor_dim(t.condition, 0) == tb_tensor_dim(t.x, 0);
    if (!vector && tb_tensor_rank(t.condition) != 0)
        return tb_op_fail(context,
                          "condition is neither a scalar, nor of the choices' shape, nor a "
                          "vector along their first dimension");
    if (vector)
        plan_rows(data, (size_t)tb_tensor_dim(t.x, 0), tb_dims_product(t.x, 1, rank), true);
    else
        plan_rows(data, 1, tb_count(t.x), false);
    return tb_op_resize_like(context, t.output, t.x);
}

static TfLiteStatus prepare_v2(TfLiteContext *context, TfLiteNode *node)
{
    select_tensors t;
    select_data *data;
    TB_OP_TRY(get_tensors(context, node, &t, &data));
    if (keeps_output_shape(&t)) {
        plan_rows(data, 1, 1, false);
        return tb_op_resize(context, t.output, t.output->dims->size, t.output->dims->data);
    }
    const TfLiteTensor *inputs[] = {t.condition, t.x, t.y};
    static const char *const names[] = {"condition", "first choice", "second choice"};
    return tb_broadcast_prepare(context, inputs, names, 3, t.output, &data->plan);
}

static TfLiteStatus invoke(TfLiteContext *context, TfLiteNode *node)
{
    const select_data *data = node->user_data;
    TfLiteTensor *output = tb_op_output(context, node, 0);
    if (tb_count(output) == 0)
        return kTfLiteOk;
    tb_broadcast_ternary(&data->plan, data->row, NULL, tb_op_input(context, node, 0)->data.raw,
                         sizeof(bool), tb_op_input(context, node, 1)->data.raw, data->element_bytes,
                         tb_op_input(context, node, 2)->data.raw, data->element_bytes,
                         output->data.raw, data->element_bytes);
    return kTfLiteOk;
}

const TfLiteRegistration tb_op_select = {.prepare = prepare_v1, .invoke = invoke};
const TfLiteRegistration tb_op_select_v2 = {.prepare = prepare_v2, .invoke = invoke};
