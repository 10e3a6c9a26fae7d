/*
 * GATHER_ND and SCATTER_ND: slices at positions of several coordinates. Coordinates are checked
 * before anything is copied. SCATTER_ND starts from zeros and adds up what meets in one place.
 */
#include "runtime/ops/common.h"
#include "runtime/ops/strings.h"

#include <string.h>

/* A table of `count` positions of `depth` coordinates each, into a tensor of slices. */
typedef struct slice_plan {
    size_t count;
    int depth;
    size_t slice; /* elements */
    size_t extent[TB_MAX_RANK];
    size_t stride[TB_MAX_RANK]; /* elements */
} slice_plan;

static int64_t index_at(const TfLiteTensor *indices, size_t i)
{
    switch (indices->type) {
    case kTfLiteInt16:
        return indices->data.i16[i];
    case kTfLiteInt64:
        return indices->data.i64[i];
    default:
        return indices->data.i32[i];
    }
}

/* `target` is what the coordinates speak of. */
static slice_plan plan_slices(const TfLiteTensor *indices, int rank, const int *target)
{
    int index_rank = tb_tensor_rank(indices);
    slice_plan plan = {
        .count = tb_dims_product(indices, 0, index_rank - 1),
        .depth = tb_tensor_dim(indices, index_rank - 1),
        .slice = 1,
    };
    for (int d = plan.depth; d < rank; d++)
        plan.slice *= (size_t)target[d];
    size_t stride = plan.slice;
    for (int d = plan.depth - 1; d >= 0; d--) {
        plan.extent[d] = (size_t)target[d];
        plan.stride[d] = stride;
        stride *= (size_t)target[d];
    }
    return plan;
}

/* The first element of the i-th slice. */
static TfLiteStatus slice_offset(TfLiteContext *context, const slice_plan *plan,
                                 const TfLiteTensor *indices, size_t i, size_t *offset)
{
    *offset = 0;
    for (int d = 0; d < plan->depth; d++) {
        int64_t index = index_at(indices, i * (size_t)plan->depth + (size_t)d);
        if (index < 0 || (uint64_t)index >= plan->extent[d])
            return tb_op_fail(context, "coordinate %d of position %zu is %lld, expected 0 to %lld",
                              d, i, (long long)index, (long long)plan->extent[d] - 1);
        *offset += (size_t)index * plan->stride[d];
    }
    return kTfLiteOk;
}

/* ---- GATHER_ND --------------------------------------------------------------------------------- */

static TfLiteStatus prepare_gather_nd(TfLiteContext *context, TfLiteNode *node)
{
    const TfLiteTensor *input, *indices;
    TfLiteTensor *output;
    TB_OP_TRY(tb_op_check_inputs(context, node, 2, 2));
    TB_OP_TRY(tb_op_check_outputs(context, node, 1));
    TB_OP_TRY(tb_op_get_input(context, node, 0, "input", &input));
    TB_OP_TRY(tb_op_get_input(context, node, 1, "positions", &indices));
    TB_OP_TRY(tb_op_get_output(context, node, 0, &output));
    TB_OP_TRY(tb_op_check_type(context, input, "input",
                               TB_TYPE_BIT(kTfLiteFloat32) | TB_TYPE_BIT(kTfLiteFloat16) |
                                   TB_TYPE_BIT(kTfLiteBFloat16) | TB_TYPES_QUANTIZED |
                                   TB_TYPE_BIT(kTfLiteInt32) | TB_TYPE_BIT(kTfLiteInt64) |
                                   TB_TYPE_BIT(kTfLiteBool) | TB_TYPE_BIT(kTfLiteString)));
    TB_OP_TRY(tb_op_check_type(context, indices, "positions",
                               TB_TYPE_BIT(kTfLiteInt16) | TB_TYPE_BIT(kTfLiteInt32) |
                                   TB_TYPE_BIT(kTfLiteInt64)));
    TB_OP_TRY(tb_op_check_rank(context, input, "input", 1, TB_MAX_RANK));
    TB_OP_TRY(tb_op_check_rank(context, indices, "positions", 1, TB_MAX_RANK));
    int rank = tb_tensor_rank(input), index_rank = tb_tensor_rank(indices);
    int depth = tb_tensor_dim(indices, index_rank - 1);
    if (depth > rank)
        return tb_op_fail(context, "positions have %d coordinates, input %d dimensions", depth,
                          rank);
    output->type = input->type;
    int dims[2 * TB_MAX_RANK], out_rank = 0;
    for (int d = 0; d < index_rank - 1; d++)
        dims[out_rank++] = tb_tensor_dim(indices, d);
    for (int d = depth; d < rank; d++)
        dims[out_rank++] = tb_tensor_dim(input, d);
    slice_plan *plan = tb_op_make_data(context, node, sizeof *plan);
    if (!plan)
        return kTfLiteError;
    *plan = plan_slices(indices, rank, input->dims->data);
    return tb_op_resize(context, output, out_rank, dims);
}

typedef struct gathered_strings {
    TfLiteContext *context;
    tb_strings strings;
    const slice_plan *plan;
    const TfLiteTensor *indices;
} gathered_strings;

static const char *get_gathered(const void *from, size_t i, size_t *length)
{
    const gathered_strings *gathered = from;
    size_t offset = 0; /* checked before */
    slice_offset(gathered->context, gathered->plan, gathered->indices, i / gathered->plan->slice,
                 &offset);
    return tb_strings_get(&gathered->strings, offset + i % gathered->plan->slice, length);
}

static TfLiteStatus invoke_gather_nd(TfLiteContext *context, TfLiteNode *node)
{
    const slice_plan *plan = node->user_data;
    const TfLiteTensor *input = tb_op_input(context, node, 0);
    const TfLiteTensor *indices = tb_op_input(context, node, 1);
    TfLiteTensor *output = tb_op_output(context, node, 0);
    size_t bytes = plan->slice * tb_type_bytes(input->type); /* 0 for strings */
    for (size_t i = 0; i < plan->count && !tb_stopped(); i++) {
        size_t offset;
        TB_OP_TRY(slice_offset(context, plan, indices, i, &offset));
        if (bytes > 0)
            memcpy(output->data.raw + i * bytes,
                   input->data.raw + offset * tb_type_bytes(input->type), bytes);
    }
    if (output->type != kTfLiteString)
        return kTfLiteOk;
    gathered_strings gathered = {.context = context, .plan = plan, .indices = indices};
    TB_OP_TRY(tb_strings_open(context, input, "input", &gathered.strings));
    return tb_strings_write(context, output, tb_count(output),
                            (tb_string_source){get_gathered, &gathered});
}

const TfLiteRegistration tb_op_gather_nd = {.prepare = prepare_gather_nd,
                                            .invoke = invoke_gather_nd};

/* ---- SCATTER_ND -------------------------------------------------------------------------------- */

typedef void (*add_row)(void *to, const void *from, size_t count);

/* Integers wrap around; booleans are added as numbers are, so that true stays true. */
#define DEFINE_ADD(name, type, EXPRESSION)                       \
    static void name(void *to_, const void *from_, size_t count) \
    {                                                            \
        type *to = to_;                                          \
        const type *from = from_;                                \
        for (size_t i = 0; i < count; i++) {                     \
            const type x = to[i], y = from[i];                   \
            to[i] = (type)(EXPRESSION);                          \
        }                                                        \
    }

DEFINE_ADD(add_f32, float, x + y)
DEFINE_ADD(add_u8, uint8_t, x + y)
DEFINE_ADD(add_bool, bool, x || y)
DEFINE_ADD(add_i32, uint32_t, x + y)
DEFINE_ADD(add_i64, uint64_t, x + y)

static add_row add_for(TfLiteType type)
{
    switch (type) {
    case kTfLiteFloat32:
        return add_f32;
    case kTfLiteUInt8:
    case kTfLiteInt8:
        return add_u8;
    case kTfLiteBool:
        return add_bool;
    case kTfLiteInt32:
        return add_i32;
    default:
        return add_i64;
    }
}

typedef struct scatter_data {
    slice_plan plan;
    add_row add;
} scatter_data;

/* Reads the shape, which has to be there. */
static TfLiteStatus shape_scatter(TfLiteContext *context, TfLiteNode *node)
{
    scatter_data *data = node->user_data;
    const TfLiteTensor *indices = tb_op_input(context, node, 0);
    const TfLiteTensor *updates = tb_op_input(context, node, 1);
    int rank, index_rank = tb_tensor_rank(indices), update_rank = tb_tensor_rank(updates);
    int32_t dims[TB_MAX_RANK];
    TB_OP_TRY(
        tb_op_read_ints(context, tb_op_input(context, node, 2), "shape", TB_MAX_RANK, dims, &rank));
    int depth = tb_tensor_dim(indices, index_rank - 1), outer = index_rank - 1;
    if (depth > rank || update_rank - outer != rank - depth)
        return tb_op_fail(context,
                          "positions of %d coordinates and updates of %d dimensions do not fit a "
                          "shape of %d",
                          depth, update_rank, rank);
    for (int d = 0; d < update_rank; d++) {
        int wanted = d < outer ? tb_tensor_dim(indices, d) : dims[depth + d - outer];
        if (tb_tensor_dim(updates, d) != wanted)
            return tb_op_fail(context, "dimension %d of the updates has %d, expected %d", d,
                              tb_tensor_dim(updates, d), wanted);
    }
    TB_OP_TRY(tb_op_resize(context, tb_op_output(context, node, 0), rank, dims));
    data->plan = plan_slices(indices, rank, dims);
    return kTfLiteOk;
}

static TfLiteStatus prepare_scatter_nd(TfLiteContext *context, TfLiteNode *node)
{
    const TfLiteTensor *indices, *updates, *shape;
    TfLiteTensor *output;
    TB_OP_TRY(tb_op_check_inputs(context, node, 3, 3));
    TB_OP_TRY(tb_op_check_outputs(context, node, 1));
    TB_OP_TRY(tb_op_get_input(context, node, 0, "positions", &indices));
    TB_OP_TRY(tb_op_get_input(context, node, 1, "updates", &updates));
    TB_OP_TRY(tb_op_get_input(context, node, 2, "shape", &shape));
    TB_OP_TRY(tb_op_get_output(context, node, 0, &output));
    TB_OP_TRY(tb_op_check_type(context, indices, "positions", TB_TYPE_BIT(kTfLiteInt32)));
    TB_OP_TRY(tb_op_check_same_type(context, indices, "positions", shape, "shape"));
    TB_OP_TRY(tb_op_check_type(context, updates, "updates",
                               TB_TYPE_BIT(kTfLiteFloat32) | TB_TYPE_BIT(kTfLiteUInt8) |
                                   TB_TYPE_BIT(kTfLiteBool) | TB_TYPE_BIT(kTfLiteInt8) |
                                   TB_TYPE_BIT(kTfLiteInt32) | TB_TYPE_BIT(kTfLiteInt64)));
    TB_OP_TRY(tb_op_check_rank(context, indices, "positions", 1, TB_MAX_RANK));
    TB_OP_TRY(tb_op_check_rank(context, updates, "updates", 1, TB_MAX_RANK));
    TB_OP_TRY(tb_op_check_rank(context, shape, "shape", 1, 1));
    scatter_data *data = tb_op_make_data(context, node, sizeof *data);
    if (!data)
        return kTfLiteError;
    data->add = add_for(updates->type);
    output->type = updates->type;
    if (tb_tensor_is_constant(shape))
        return shape_scatter(context, node);
    tb_op_set_dynamic(output);
    return kTfLiteOk;
}

static TfLiteStatus invoke_scatter_nd(TfLiteContext *context, TfLiteNode *node)
{
    const scatter_data *data = node->user_data;
    const TfLiteTensor *indices = tb_op_input(context, node, 0);
    const TfLiteTensor *updates = tb_op_input(context, node, 1);
    TfLiteTensor *output = tb_op_output(context, node, 0);
    if (tb_tensor_is_dynamic(output))
        TB_OP_TRY(shape_scatter(context, node));
    if (output->bytes > 0)
        memset(output->data.raw, 0, output->bytes);
    size_t element = tb_type_bytes(updates->type);
    for (size_t i = 0; i < data->plan.count && !tb_stopped(); i++) {
        size_t offset;
        TB_OP_TRY(slice_offset(context, &data->plan, indices, i, &offset));
        data->add(output->data.raw + offset * element,
                  updates->data.raw + i * data->plan.slice * element, data->plan.slice);
    }
    return kTfLiteOk;
}

const TfLiteRegistration tb_op_scatter_nd = {.prepare = prepare_scatter_nd,
                                             .invoke = invoke_scatter_nd};
