/*
 * ARG_MAX and ARG_MIN: the index of the first extreme along one axis, after TFLite's reference
 * kernel arg_min_max.h. NaN loses against every number.
 */
#include "runtime/ops/common.h"

#include <math.h>

typedef struct arg_data arg_data;

typedef void (*arg_kernel)(const arg_data *data, const void *input, TfLiteTensor *output);

struct arg_data {
    arg_kernel kernel;
    size_t outer;
    size_t length; /* of the axis */
    size_t inner;
};

static void store_index(TfLiteTensor *output, size_t at, size_t index)
{
    if (output->type == kTfLiteInt64)
        output->data.i64[at] = (int64_t)index;
    else
        output->data.i32[at] = (int32_t)index;
}

/* WINS(candidate, best) says that the candidate takes its place. */
#define DEFINE_ARG(name, type, WINS)                                                   \
    static void name(const arg_data *data, const void *input_, TfLiteTensor *output)   \
    {                                                                                  \
        const type *input = input_;                                                    \
        for (size_t outer = 0; outer < data->outer && !tb_stopped(); outer++)          \
            for (size_t inner = 0; inner < data->inner; inner++) {                     \
                const type *from = input + outer * data->length * data->inner + inner; \
                type best = from[0];                                                   \
                size_t best_index = 0;                                                 \
                for (size_t i = 1; i < data->length; i++) {                            \
                    const type candidate = from[i * data->inner];                      \
                    if (WINS(candidate, best)) {                                       \
                        best = candidate;                                              \
                        best_index = i;                                                \
                    }                                                                  \
                }                                                                      \
                store_index(output, outer * data->inner + inner, best_index);          \
            }                                                                          \
    }

#define GREATER(a, b)       ((a) > (b))
#define LESS(a, b)          ((a) < (b))
#define GREATER_FLOAT(a, b) (!isnan(a) && (isnan(b) || (a) > (b)))
#define LESS_FLOAT(a, b)    (!isnan(a) && (isnan(b) || (a) < (b)))

DEFINE_ARG(max_f32, float, GREATER_FLOAT)
DEFINE_ARG(max_u8, uint8_t, GREATER) /* BOOL too */
DEFINE_ARG(max_i8, int8_t, GREATER)
DEFINE_ARG(max_i32, int32_t, GREATER)
DEFINE_ARG(min_f32, float, LESS_FLOAT)
DEFINE_ARG(min_u8, uint8_t, LESS)
DEFINE_ARG(min_i8, int8_t, LESS)
DEFINE_ARG(min_i32, int32_t, LESS)

static TfLiteStatus shape_output(TfLiteContext *context, const TfLiteNode *node, arg_data *data)
{
    const TfLiteTensor *input = tb_op_input(context, node, 0);
    int32_t value;
    int axis, rank = tb_tensor_rank(input);
    TB_OP_TRY(tb_op_read_int(context, tb_op_input(context, node, 1), "axis", &value));
    TB_OP_TRY(tb_op_axis(context, value, rank, "axis", &axis));
    if (tb_tensor_dim(input, axis) < 1)
        return tb_op_fail(context, "axis %d has no elements", axis);
    data->outer = tb_dims_product(input, 0, axis);
    data->length = (size_t)tb_tensor_dim(input, axis);
    data->inner = tb_dims_product(input, axis + 1, rank);
    int dims[TB_MAX_RANK];
    for (int d = 0; d < rank - 1; d++)
        dims[d] = tb_tensor_dim(input, d < axis ? d : d + 1);
    return tb_op_resize(context, tb_op_output(context, node, 0), rank - 1, dims);
}

typedef struct arg_kernels {
    arg_kernel f32, u8, i8, i32;
} arg_kernels;

static TfLiteStatus prepare(TfLiteContext *context, TfLiteNode *node, TfLiteType output_type,
                            const arg_kernels *kernels)
{
    const TfLiteTensor *input, *axis;
    TfLiteTensor *output;
    TB_OP_TRY(tb_op_check_inputs(context, node, 2, 2));
    TB_OP_TRY(tb_op_check_outputs(context, node, 1));
    TB_OP_TRY(tb_op_get_input(context, node, 0, "input", &input));
    TB_OP_TRY(tb_op_get_input(context, node, 1, "axis", &axis));
    TB_OP_TRY(tb_op_get_output(context, node, 0, &output));
    TB_OP_TRY(tb_op_check_type(context, input, "input",
                               TB_TYPE_BIT(kTfLiteFloat32) | TB_TYPE_BIT(kTfLiteUInt8) |
                                   TB_TYPE_BIT(kTfLiteInt8) | TB_TYPE_BIT(kTfLiteInt32) |
                                   TB_TYPE_BIT(kTfLiteBool)));
    TB_OP_TRY(tb_op_check_rank(context, input, "input", 1, TB_MAX_RANK));
    TB_OP_TRY(tb_op_check_type(context, axis, "axis",
                               TB_TYPE_BIT(kTfLiteInt32) | TB_TYPE_BIT(kTfLiteInt64)));
    if (tb_tensor_elements(axis) != 1)
        return tb_op_fail(context, "axis has %lld elements, expected 1",
                          (long long)tb_tensor_elements(axis));
    if (output_type != kTfLiteInt32 && output_type != kTfLiteInt64)
        return tb_op_fail(context, "asks for indices of %s, expected INT32 or INT64",
                          TfLiteTypeGetName(output_type));
    output->type = output_type;
    arg_data *data = tb_op_make_data(context, node, sizeof *data);
    if (!data)
        return kTfLiteError;
    data->kernel = input->type == kTfLiteFloat32 ? kernels->f32
                   : input->type == kTfLiteInt8  ? kernels->i8
                   : input->type == kTfLiteInt32 ? kernels->i32
                                                 : kernels->u8;
    if (tb_tensor_is_constant(axis))
        return shape_output(context, node, data);
    tb_op_set_dynamic(output);
    return kTfLiteOk;
}

static TfLiteStatus prepare_max(TfLiteContext *context, TfLiteNode *node)
{
    static const arg_kernels kernels = {TB_TYPED(Float32, max_f32), TB_TYPED(UInt8, max_u8),
                                        TB_TYPED(Int8, max_i8), TB_TYPED(Int32, max_i32)};
    const TfLiteArgMaxParams *params = node->builtin_data;
    return prepare(context, node, params->output_type, &kernels);
}

static TfLiteStatus prepare_min(TfLiteContext *context, TfLiteNode *node)
{
    static const arg_kernels kernels = {TB_TYPED(Float32, min_f32), TB_TYPED(UInt8, min_u8),
                                        TB_TYPED(Int8, min_i8), TB_TYPED(Int32, min_i32)};
    const TfLiteArgMinParams *params = node->builtin_data;
    return prepare(context, node, params->output_type, &kernels);
}

static TfLiteStatus invoke(TfLiteContext *context, TfLiteNode *node)
{
    arg_data *data = node->user_data;
    TfLiteTensor *output = tb_op_output(context, node, 0);
    if (tb_tensor_is_dynamic(output))
        TB_OP_TRY(shape_output(context, node, data));
    data->kernel(data, tb_op_input(context, node, 0)->data.raw, output);
    return kTfLiteOk;
}

const TfLiteRegistration tb_op_arg_max = {.prepare = prepare_max, .invoke = invoke};
const TfLiteRegistration tb_op_arg_min = {.prepare = prepare_min, .invoke = invoke};
