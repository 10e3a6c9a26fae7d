/*
 * FILL, ZEROS_LIKE, RANGE and ONE_HOT: tensors made from a value and a shape.
 */
#include "runtime/ops/common.h"
#include "runtime/ops/strings.h"

#include <math.h>
#include <string.h>

/* `count` copies of one element. */
static void repeat(char *to, const char *element, size_t bytes, size_t count)
{
    for (size_t i = 0; i < count; i++)
        memcpy(to + i * bytes, element, bytes);
}

/* ---- FILL -------------------------------------------------------------------------------------- */

static TfLiteStatus shape_fill(TfLiteContext *context, TfLiteNode *node)
{
    int rank;
    int32_t dims[TB_MAX_RANK];
    TB_OP_TRY(
        tb_op_read_ints(context, tb_op_input(context, node, 0), "shape", TB_MAX_RANK, dims, &rank));
    return tb_op_resize(context, tb_op_output(context, node, 0), rank, dims);
}

static TfLiteStatus prepare_fill(TfLiteContext *context, TfLiteNode *node)
{
    const TfLiteTensor *shape, *value;
    TfLiteTensor *output;
    TB_OP_TRY(tb_op_check_inputs(context, node, 2, 2));
    TB_OP_TRY(tb_op_check_outputs(context, node, 1));
    TB_OP_TRY(tb_op_get_input(context, node, 0, "shape", &shape));
    TB_OP_TRY(tb_op_get_input(context, node, 1, "value", &value));
    TB_OP_TRY(tb_op_get_output(context, node, 0, &output));
    TB_OP_TRY(tb_op_check_type(context, shape, "shape",
                               TB_TYPE_BIT(kTfLiteInt32) | TB_TYPE_BIT(kTfLiteInt64)));
    TB_OP_TRY(tb_op_check_rank(context, shape, "shape", 1, 1));
    TB_OP_TRY(tb_op_check_rank(context, value, "value", 0, 0));
    if (value->type != kTfLiteString && tb_type_bytes(value->type) == 0)
        return tb_op_fail(context, "value is %s, expected elements of whole bytes",
                          TfLiteTypeGetName(value->type));
    TB_OP_TRY(tb_op_check_same_quantization(context, value, "value", output, "output"));
    if (value->type == kTfLiteInt16)
        TB_OP_TRY(tb_op_check_symmetric(context, value, "value"));
    output->type = value->type;
    if (tb_tensor_is_constant(shape))
        return shape_fill(context, node);
    tb_op_set_dynamic(output);
    return kTfLiteOk;
}

static const char *get_first(const void *strings, size_t i, size_t *length)
{
    (void)i;
    return tb_strings_get(strings, 0, length);
}

static TfLiteStatus invoke_fill(TfLiteContext *context, TfLiteNode *node)
{
    const TfLiteTensor *value = tb_op_input(context, node, 1);
    TfLiteTensor *output = tb_op_output(context, node, 0);
    if (tb_tensor_is_dynamic(output))
        TB_OP_TRY(shape_fill(context, node));
    size_t count = tb_count(output);
    if (value->type != kTfLiteString) {
        repeat(output->data.raw, value->data.raw, tb_type_bytes(value->type), count);
        return kTfLiteOk;
    }
    tb_strings strings;
    TB_OP_TRY(tb_strings_open(context, value, "value", &strings));
    return tb_strings_write(context, output, count, (tb_string_source){get_first, &strings});
}

const TfLiteRegistration tb_op_fill = {.prepare = prepare_fill, .invoke = invoke_fill};

/* ---- ZEROS_LIKE -------------------------------------------------------------------------------- */

static TfLiteStatus prepare_zeros_like(TfLiteContext *context, TfLiteNode *node)
{
    const TfLiteTensor *input;
    TfLiteTensor *output;
    TB_OP_TRY(tb_op_unary(context, node, &input, &output));
    TB_OP_TRY(tb_op_check_type(context, input, "input",
                               TB_TYPE_BIT(kTfLiteFloat32) | TB_TYPE_BIT(kTfLiteInt32) |
                                   TB_TYPE_BIT(kTfLiteInt64)));
    output->type = input->type;
    return tb_op_resize_like(context, output, input);
}

static TfLiteStatus invoke_zeros_like(TfLiteContext *context, TfLiteNode *node)
{
    TfLiteTensor *output = tb_op_output(context, node, 0);
    if (output->bytes > 0)
        memset(output->data.raw, 0, output->bytes);
    return kTfLiteOk;
}

const TfLiteRegistration tb_op_zeros_like = {.prepare = prepare_zeros_like,
                                             .invoke = invoke_zeros_like};

/* ---- RANGE ------------------------------------------------------------------------------------- */

typedef struct range_tensors {
    const TfLiteTensor *start;
    const TfLiteTensor *limit;
    const TfLiteTensor *delta;
    TfLiteTensor *output;
} range_tensors;

static range_tensors get_range(const TfLiteContext *context, const TfLiteNode *node)
{
    return (range_tensors){
        tb_op_input(context, node, 0),
        tb_op_input(context, node, 1),
        tb_op_input(context, node, 2),
        tb_op_output(context, node, 0),
    };
}

static TfLiteStatus range_of_floats(TfLiteContext *context, float start, float limit, float delta,
                                    double *count)
{
    bool fits = (start >= limit && delta < 0.0f) || (start <= limit && delta > 0.0f);
    if (!fits)
        return tb_op_fail(context, "from %g to %g by %g never arrives", (double)start,
                          (double)limit, (double)delta);
    *count = (double)ceilf(fabsf((limit - start) / delta));
    return kTfLiteOk;
}

static TfLiteStatus range_of_ints(TfLiteContext *context, int64_t start, int64_t limit,
                                  int64_t delta, double *count)
{
    uint64_t step = delta < 0 ? 0 - (uint64_t)delta : (uint64_t)delta;
    if (step == 0 || (delta < 0 ? start < limit : start > limit))
        return tb_op_fail(context, "from %lld to %lld by %lld never arrives", (long long)start,
                          (long long)limit, (long long)delta);
    uint64_t way =
        delta < 0 ? (uint64_t)start - (uint64_t)limit : (uint64_t)limit - (uint64_t)start;
    *count = (double)(way / step + (way % step != 0));
    return kTfLiteOk;
}

/* The values of the three inputs have to be there. */
static TfLiteStatus shape_range(TfLiteContext *context, TfLiteNode *node)
{
    range_tensors t = get_range(context, node);
    double count = 0.0;
    if (t.start->type == kTfLiteFloat32)
        TB_OP_TRY(range_of_floats(context, t.start->data.f[0], t.limit->data.f[0],
                                  t.delta->data.f[0], &count));
    else if (t.start->type == kTfLiteInt64)
        TB_OP_TRY(range_of_ints(context, t.start->data.i64[0], t.limit->data.i64[0],
                                t.delta->data.i64[0], &count));
    else
        TB_OP_TRY(range_of_ints(context, t.start->data.i32[0], t.limit->data.i32[0],
                                t.delta->data.i32[0], &count));
    if (!(count <= (double)INT32_MAX))
        return tb_op_fail(context, "makes %g elements, expected at most %d", count, INT32_MAX);
    int dim = (int)count;
    return tb_op_resize(context, t.output, 1, &dim);
}

static void write_range(const range_tensors *t)
{
    size_t count = tb_count(t->output);
    if (t->start->type == kTfLiteFloat32) {
        float value = t->start->data.f[0];
        for (size_t i = 0; i < count; i++, value += t->delta->data.f[0])
            t->output->data.f[i] = value;
    } else if (t->start->type == kTfLiteInt64) {
        int64_t value = t->start->data.i64[0];
        for (size_t i = 0; i < count; i++, value = tb_wrap_add64(value, t->delta->data.i64[0]))
            t->output->data.i64[i] = value;
    } else {
        int32_t value = t->start->data.i32[0];
        for (size_t i = 0; i < count; i++, value = tb_wrap_add(value, t->delta->data.i32[0]))
            t->output->data.i32[i] = value;
    }
}

static TfLiteStatus prepare_range(TfLiteContext *context, TfLiteNode *node)
{
    static const char *const names[] = {"start", "limit", "step"};
    TB_OP_TRY(tb_op_check_inputs(context, node, 3, 3));
    TB_OP_TRY(tb_op_check_outputs(context, node, 1));
    const TfLiteTensor *inputs[3];
    TfLiteTensor *output;
    bool known = true;
    for (int k = 0; k < 3; k++) {
        TB_OP_TRY(tb_op_get_input(context, node, k, names[k], &inputs[k]));
        TB_OP_TRY(tb_op_check_type(context, inputs[k], names[k],
                                   TB_TYPE_BIT(kTfLiteFloat32) | TB_TYPE_BIT(kTfLiteInt32) |
                                       TB_TYPE_BIT(kTfLiteInt64)));
        TB_OP_TRY(tb_op_check_same_type(context, inputs[0], "start", inputs[k], names[k]));
        TB_OP_TRY(tb_op_check_rank(context, inputs[k], names[k], 0, 0));
        known &= tb_tensor_is_constant(inputs[k]);
    }
    TB_OP_TRY(tb_op_get_output(context, node, 0, &output));
    output->type = inputs[0]->type;
    if (!known) {
        tb_op_set_dynamic(output);
        return kTfLiteOk;
    }
    /* Constant for what comes behind, too. */
    tb_op_set_constant(output);
    TB_OP_TRY(shape_range(context, node));
    range_tensors t = get_range(context, node);
    write_range(&t);
    return kTfLiteOk;
}

static TfLiteStatus invoke_range(TfLiteContext *context, TfLiteNode *node)
{
    if (!tb_tensor_is_dynamic(tb_op_output(context, node, 0)))
        return kTfLiteOk; /* prepare wrote it */
    TB_OP_TRY(shape_range(context, node));
    range_tensors t = get_range(context, node);
    write_range(&t);
    return kTfLiteOk;
}

const TfLiteRegistration tb_op_range = {.prepare = prepare_range, .invoke = invoke_range};

/* ---- ONE_HOT ----------------------------------------------------------------------------------- */

static TfLiteStatus shape_one_hot(TfLiteContext *context, TfLiteNode *node)
{
    const TfLiteOneHotParams *params = node->builtin_data;
    const TfLiteTensor *indices = tb_op_input(context, node, 0);
    int rank = tb_tensor_rank(indices), axis = params->axis == -1 ? rank : params->axis;
    int32_t depth;
    TB_OP_TRY(tb_op_read_int(context, tb_op_input(context, node, 1), "depth", &depth));
    int dims[TB_MAX_RANK + 1];
    for (int d = 0; d <= rank; d++)
        dims[d] = d < axis    ? tb_tensor_dim(indices, d)
                  : d == axis ? depth
                              : tb_tensor_dim(indices, d - 1);
    return tb_op_resize(context, tb_op_output(context, node, 0), rank + 1, dims);
}

static TfLiteStatus prepare_one_hot(TfLiteContext *context, TfLiteNode *node)
{
    const TfLiteOneHotParams *params = node->builtin_data;
    const TfLiteTensor *indices, *depth, *on, *off;
    TfLiteTensor *output;
    TB_OP_TRY(tb_op_check_inputs(context, node, 4, 4));
    TB_OP_TRY(tb_op_check_outputs(context, node, 1));
    TB_OP_TRY(tb_op_get_input(context, node, 0, "indices", &indices));
    TB_OP_TRY(tb_op_get_input(context, node, 1, "depth", &depth));
    TB_OP_TRY(tb_op_get_input(context, node, 2, "value for on", &on));
    TB_OP_TRY(tb_op_get_input(context, node, 3, "value for off", &off));
    TB_OP_TRY(tb_op_get_output(context, node, 0, &output));
    TB_OP_TRY(tb_op_check_type(context, indices, "indices",
                               TB_TYPE_BIT(kTfLiteInt32) | TB_TYPE_BIT(kTfLiteInt64)));
    TB_OP_TRY(tb_op_check_type(context, depth, "depth", TB_TYPE_BIT(kTfLiteInt32)));
    TB_OP_TRY(tb_op_check_rank(context, indices, "indices", 0, TB_MAX_RANK));
    TB_OP_TRY(tb_op_check_type(context, on, "value for on",
                               TB_TYPE_BIT(kTfLiteFloat32) | TB_TYPES_QUANTIZED |
                                   TB_TYPE_BIT(kTfLiteInt32) | TB_TYPE_BIT(kTfLiteInt64) |
                                   TB_TYPE_BIT(kTfLiteBool)));
    TB_OP_TRY(tb_op_check_same_type(context, on, "value for on", off, "value for off"));
    if (tb_count(depth) != 1 || tb_count(on) != 1 || tb_count(off) != 1)
        return tb_op_fail(context, "depth and both values have to be one element each");
    if (params->axis < -1 || params->axis > tb_tensor_rank(indices))
        return tb_op_fail(context, "axis is %d, expected -1 to %d", params->axis,
                          tb_tensor_rank(indices));
    output->type = on->type;
    if (tb_tensor_is_constant(depth))
        return shape_one_hot(context, node);
    tb_op_set_dynamic(output);
    return kTfLiteOk;
}

static TfLiteStatus invoke_one_hot(TfLiteContext *context, TfLiteNode *node)
{
    const TfLiteOneHotParams *params = node->builtin_data;
    const TfLiteTensor *indices = tb_op_input(context, node, 0);
    TfLiteTensor *output = tb_op_output(context, node, 0);
    if (tb_tensor_is_dynamic(output))
        TB_OP_TRY(shape_one_hot(context, node));
    int rank = tb_tensor_rank(indices), axis = params->axis == -1 ? rank : params->axis;
    size_t bytes = tb_type_bytes(output->type), inner = tb_dims_product(indices, axis, rank);
    size_t depth = (size_t)tb_tensor_dim(output, axis), count = tb_count(indices);
    repeat(output->data.raw, tb_op_input(context, node, 3)->data.raw, bytes, tb_count(output));
    const char *on = tb_op_input(context, node, 2)->data.raw;
    for (size_t i = 0; i < count; i++) {
        int64_t index = indices->type == kTfLiteInt64 ? indices->data.i64[i] : indices->data.i32[i];
        if (index >= 0 && (uint64_t)index < depth)
            repeat(output->data.raw +
                       ((i / inner * depth + (size_t)index) * inner + i % inner) * bytes,
                   on, bytes, 1);
    }
    return kTfLiteOk;
}

const TfLiteRegistration tb_op_one_hot = {.prepare = prepare_one_hot, .invoke = invoke_one_hot};
