/*
 * MEAN, SUM, REDUCE_PROD, REDUCE_MAX, REDUCE_MIN, REDUCE_ANY and REDUCE_ALL, after TFLite's
 * reference kernel reduce.h. One output at a time takes in its elements in the order of the input.
 *
 * Quantised: MEAN rescales the integer sum with a multiplier that holds 1 / count; REDUCE_PROD
 * rescales after every factor; SUM follows TFLite's optimised kernel, in float; REDUCE_MAX and
 * REDUCE_MIN take equal scales.
 */
#include "runtime/math.h"
#include "runtime/ops/common.h"

#include <float.h>
#include <math.h>

/* Nested loops over some dimensions of the input, outermost first. */
typedef struct loops {
    int count;
    size_t extent[TB_MAX_RANK];
    size_t stride[TB_MAX_RANK];
} loops;

typedef struct reduce_data reduce_data;

typedef void (*reduce_kernel)(const reduce_data *data, const void *input, void *output);

struct reduce_data {
    reduce_kernel kernel;
    loops kept;
    loops reduced; /* but for the innermost one, the run */
    size_t run;
    size_t run_stride;
    size_t outputs;
    size_t count; /* elements an output */
    bool whole;   /* everything is reduced to one */

    int32_t in_zero_point;
    int32_t out_zero_point;
    int32_t min;
    int32_t max;
    tb_multiplier multiplier;
    float scale; /* of SUM */
    float bias;
};

/* ---- walking ----------------------------------------------------------------------------------- */

static bool next(const loops *l, size_t index[TB_MAX_RANK], size_t *offset)
{
    for (int d = l->count - 1; d >= 0; d--) {
        *offset += l->stride[d];
        if (++index[d] < l->extent[d])
            return true;
        *offset -= l->stride[d] * l->extent[d];
        index[d] = 0;
    }
    return false;
}

/* INITIAL and FINISH may use `first`, the output's first element; STEP(sum, x) takes one in. Where
   the input is empty, every output is EMPTY. */
#define DEFINE_REDUCE(name, in_t, sum_t, out_t, INITIAL, STEP, FINISH, EMPTY)    \
    static void name(const reduce_data *data, const void *input_, void *output_) \
    {                                                                            \
        const in_t *input = input_;                                              \
        out_t *output = output_;                                                 \
        size_t kept_index[TB_MAX_RANK] = {0}, base = 0;                          \
        for (size_t o = 0; o < data->outputs && !tb_stopped(); o++) {            \
            if (data->count == 0) {                                              \
                output[o] = (out_t)(EMPTY);                                      \
                continue;                                                        \
            }                                                                    \
            size_t index[TB_MAX_RANK] = {0}, offset = base;                      \
            const in_t first = input[base];                                      \
            sum_t sum = (sum_t)(INITIAL);                                        \
            (void)first;                                                         \
            do {                                                                 \
                for (size_t i = 0; i < data->run; i++) {                         \
                    const in_t x = input[offset + i * data->run_stride];         \
                    sum = (sum_t)(STEP);                                         \
                }                                                                \
            } while (next(&data->reduced, index, &offset) && !tb_stopped());     \
            output[o] = (out_t)(FINISH);                                         \
            next(&data->kept, kept_index, &base);                                \
        }                                                                        \
    }

/* ---- kernels ----------------------------------------------------------------------------------- */

static int32_t quantized_mean(const reduce_data *data, int32_t sum)
{
    int64_t shifted = (int64_t)sum - (int64_t)data->in_zero_point * (int64_t)data->count;
    int32_t scaled = tb_multiply((int32_t)(uint32_t)(uint64_t)shifted, data->multiplier);
    return tb_clamp(tb_wrap_add(scaled, data->out_zero_point), data->min, data->max);
}

static int32_t quantized_sum(const reduce_data *data, int32_t sum)
{
    float rounded = roundf((float)sum * data->scale + data->bias);
    float value = tb_clampf(rounded, -1e9f, 1e9f) + (float)data->out_zero_point;
    return tb_clamp(isnan(value) ? 0 : (int32_t)value, data->min, data->max);
}

static int32_t quantized_factor(const reduce_data *data, int32_t product, int32_t x)
{
    return tb_multiply64((int64_t)product * (x - data->in_zero_point), data->multiplier);
}

static int32_t quantized_product(const reduce_data *data, int32_t product)
{
    int32_t scaled = tb_multiply64(product, data->multiplier);
    return tb_clamp(tb_wrap_add(scaled, data->out_zero_point), data->min, data->max);
}

#define MEAN(suffix, type, sum_t, STEP, EMPTY) \
    DEFINE_REDUCE(mean_##suffix, type, sum_t, type, 0, STEP, sum / (sum_t)data->count, EMPTY)
MEAN(f32, float, float, sum + x, NAN)
MEAN(i32, int32_t, int64_t, sum + x, 0)
MEAN(i64, int64_t, int64_t, tb_wrap_add64(sum, x), 0)

#define QUANTIZED(suffix, type)                                                        \
    DEFINE_REDUCE(mean_##suffix, type, int32_t, type, 0, tb_wrap_add(sum, x),          \
                  quantized_mean(data, sum), 0)                                        \
    DEFINE_REDUCE(quantized_sum_##suffix, type, int32_t, type, 0, tb_wrap_add(sum, x), \
                  quantized_sum(data, sum), data->out_zero_point)
QUANTIZED(u8, uint8_t)
QUANTIZED(i8, int8_t)
QUANTIZED(i16, int16_t)

DEFINE_REDUCE(sum_f32, float, float, float, 0, sum + x, sum, 0)
DEFINE_REDUCE(sum_i32, int32_t, int32_t, int32_t, 0, tb_wrap_add(sum, x), sum, 0)
DEFINE_REDUCE(sum_i64, int64_t, int64_t, int64_t, 0, tb_wrap_add64(sum, x), sum, 0)
DEFINE_REDUCE(prod_f32, float, float, float, 1, sum *x, sum, 1)
DEFINE_REDUCE(prod_u8, uint8_t, uint32_t, uint8_t, 1, sum *x, sum, 1)
DEFINE_REDUCE(prod_i8, int8_t, int32_t, int8_t, 1, tb_wrap_mul(sum, x), sum, 1)
DEFINE_REDUCE(prod_i16, int16_t, int32_t, int16_t, 1, tb_wrap_mul(sum, x), sum, 1)
DEFINE_REDUCE(prod_i32, int32_t, int32_t, int32_t, 1, tb_wrap_mul(sum, x), sum, 1)
DEFINE_REDUCE(prod_i64, int64_t, int64_t, int64_t, 1, tb_wrap_mul64(sum, x), sum, 1)
DEFINE_REDUCE(any_bool, uint8_t, uint8_t, uint8_t, 0, sum || x, sum, 0)
DEFINE_REDUCE(all_bool, uint8_t, uint8_t, uint8_t, 1, sum &&x, sum, 1)

/* The first factor is taken unscaled: the sum starts as "none yet". */
#define QUANTIZED_PROD(suffix, type)                                                            \
    static void quantized_prod_##suffix(const reduce_data *data, const void *input_,            \
                                        void *output_)                                          \
    {                                                                                           \
        const type *input = input_;                                                             \
        type *output = output_;                                                                 \
        size_t kept_index[TB_MAX_RANK] = {0}, base = 0;                                         \
        for (size_t o = 0; o < data->outputs && data->count > 0 && !tb_stopped(); o++) {        \
            size_t index[TB_MAX_RANK] = {0}, offset = base;                                     \
            int32_t product = 0;                                                                \
            bool started = false;                                                               \
            do {                                                                                \
                for (size_t i = 0; i < data->run; i++) {                                        \
                    const type x = input[offset + i * data->run_stride];                        \
                    product =                                                                   \
                        started ? quantized_factor(data, product, x) : x - data->in_zero_point; \
                    started = true;                                                             \
                }                                                                               \
            } while (next(&data->reduced, index, &offset) && !tb_stopped());                    \
            output[o] = (type)quantized_product(data, product);                                 \
            next(&data->kept, kept_index, &base);                                               \
        }                                                                                       \
    }
QUANTIZED_PROD(i8, int8_t)
QUANTIZED_PROD(i16, int16_t)

/* A reduction to one element starts from the first, others from the type's limit: it shows where
   there are NaN and infinities. */
#define EXTREMES(suffix, type, LOWEST, HIGHEST)                                                    \
    DEFINE_REDUCE(max_##suffix, type, type, type, data->whole ? first : LOWEST, x > sum ? x : sum, \
                  sum, LOWEST)                                                                     \
    DEFINE_REDUCE(min_##suffix, type, type, type, data->whole ? first : HIGHEST,                   \
                  x < sum ? x : sum, sum, HIGHEST)
EXTREMES(f32, float, -FLT_MAX, FLT_MAX)
EXTREMES(u8, uint8_t, 0, UINT8_MAX)
EXTREMES(i8, int8_t, INT8_MIN, INT8_MAX)
EXTREMES(i16, int16_t, INT16_MIN, INT16_MAX)
EXTREMES(i32, int32_t, INT32_MIN, INT32_MAX)
EXTREMES(i64, int64_t, INT64_MIN, INT64_MAX)

/* ---- planning ---------------------------------------------------------------------------------- */

static void add_loop(loops *l, size_t extent, size_t stride)
{
    if (extent == 1)
        return;
    if (l->count > 0 && l->stride[l->count - 1] == stride * extent) {
        l->extent[l->count - 1] *= extent;
        l->stride[l->count - 1] = stride;
        return;
    }
    l->extent[l->count] = extent;
    l->stride[l->count] = stride;
    l->count++;
}

/* Loops and the output's shape from the input's shape and the axes, which are there by now. */
static TfLiteStatus plan(TfLiteContext *context, const TfLiteNode *node, reduce_data *data)
{
    const TfLiteReducerParams *params = node->builtin_data;
    const TfLiteTensor *input = tb_op_input(context, node, 0);
    const TfLiteTensor *axes = tb_op_input(context, node, 1);
    enum { MAX_AXES = 64 }; /* repeated ones count */
    int32_t values[MAX_AXES];
    int axis_count, rank = tb_tensor_rank(input);
    TB_OP_TRY(tb_op_read_ints(context, axes, "axes", MAX_AXES, values, &axis_count));
    bool is_reduced[TB_MAX_RANK] = {false};
    for (int k = 0; k < axis_count && rank > 0; k++) {
        int axis;
        TB_OP_TRY(tb_op_axis(context, values[k], rank, "axis", &axis));
        is_reduced[axis] = true;
    }

    int dims[TB_MAX_RANK], out_rank = 0;
    size_t strides[TB_MAX_RANK], stride = 1;
    for (int d = rank - 1; d >= 0; d--) {
        strides[d] = stride;
        stride *= (size_t)tb_tensor_dim(input, d);
    }
    data->kept = data->reduced = (loops){.count = 0};
    data->outputs = data->count = 1;
    data->whole = rank > 0;
    for (int d = 0; d < rank; d++) {
        size_t extent = (size_t)tb_tensor_dim(input, d);
        add_loop(is_reduced[d] ? &data->reduced : &data->kept, extent, strides[d]);
        *(is_reduced[d] ? &data->count : &data->outputs) *= extent;
        data->whole &= is_reduced[d];
        if (!is_reduced[d] || params->keep_dims)
            dims[out_rank++] = is_reduced[d] ? 1 : tb_tensor_dim(input, d);
    }
    data->run = data->run_stride = 1;
    if (data->reduced.count > 0) {
        int innermost = --data->reduced.count;
        data->run = data->reduced.extent[innermost];
        data->run_stride = data->reduced.stride[innermost];
    }
    return tb_op_resize(context, tb_op_output(context, node, 0), out_rank, dims);
}

/* ---- prepare ----------------------------------------------------------------------------------- */

typedef struct reduce_row {
    TfLiteType type;
    reduce_kernel kernel;
} reduce_row;

#define KERNEL(type, kernel)                  \
    {                                         \
        kTfLite##type, TB_TYPED(type, kernel) \
    }

/* What is left to do once the counts are known. */
typedef TfLiteStatus (*reduce_finish)(TfLiteContext *context, const TfLiteNode *node,
                                      reduce_data *data);

static TfLiteStatus find_kernel(TfLiteContext *context, const reduce_row *rows, size_t count,
                                const TfLiteTensor *input, reduce_data *data)
{
    uint32_t types = 0;
    for (size_t i = 0; i < count; i++) {
        types |= TB_TYPE_BIT(rows[i].type);
        if (rows[i].type == input->type)
            data->kernel = rows[i].kernel;
    }
    return tb_op_check_type(context, input, "input", types);
}

static TfLiteStatus make(TfLiteContext *context, TfLiteNode *node, reduce_data **data)
{
    const TfLiteTensor *input, *axes;
    TfLiteTensor *output;
    TB_OP_TRY(tb_op_check_inputs(context, node, 2, 2));
    TB_OP_TRY(tb_op_check_outputs(context, node, 1));
    TB_OP_TRY(tb_op_get_input(context, node, 0, "input", &input));
    TB_OP_TRY(tb_op_get_input(context, node, 1, "axes", &axes));
    TB_OP_TRY(tb_op_get_output(context, node, 0, &output));
    TB_OP_TRY(tb_op_check_type(context, axes, "axes", TB_TYPE_BIT(kTfLiteInt32)));
    TB_OP_TRY(tb_op_check_same_type(context, input, "input", output, "output"));
    TB_OP_TRY(tb_op_check_rank(context, input, "input", 0, TB_MAX_RANK));
    *data = tb_op_make_data(context, node, sizeof **data);
    if (!*data)
        return kTfLiteError;
    (*data)->in_zero_point = input->params.zero_point;
    (*data)->out_zero_point = output->params.zero_point;
    if (input->type == kTfLiteInt16) {
        TB_OP_TRY(tb_op_check_symmetric(context, input, "input"));
        TB_OP_TRY(tb_op_check_symmetric(context, output, "output"));
    }
    return kTfLiteOk;
}

/* Plans now, or in invoke where the axes are computed. */
static TfLiteStatus plan_or_wait(TfLiteContext *context, const TfLiteNode *node, reduce_data *data,
                                 reduce_finish finish)
{
    if (!tb_tensor_is_constant(tb_op_input(context, node, 1))) {
        tb_op_set_dynamic(tb_op_output(context, node, 0));
        return kTfLiteOk;
    }
    TB_OP_TRY(plan(context, node, data));
    return finish ? finish(context, node, data) : kTfLiteOk;
}

static TfLiteStatus run(TfLiteContext *context, const TfLiteNode *node, reduce_finish finish)
{
    reduce_data *data = node->user_data;
    TfLiteTensor *output = tb_op_output(context, node, 0);
    if (tb_tensor_is_dynamic(output)) {
        TB_OP_TRY(plan(context, node, data));
        if (finish)
            TB_OP_TRY(finish(context, node, data));
    }
    data->kernel(data, tb_op_input(context, node, 0)->data.raw, output->data.raw);
    return kTfLiteOk;
}

static bool is_quantized_type(const TfLiteTensor *tensor)
{
    return (TB_TYPES_QUANTIZED & TB_TYPE_BIT(tensor->type)) != 0;
}

static TfLiteStatus check_scales(TfLiteContext *context, const TfLiteNode *node, reduce_data *data)
{
    const TfLiteTensor *output = tb_op_output(context, node, 0);
    TB_OP_TRY(tb_op_check_quantized(context, tb_op_input(context, node, 0), "input"));
    TB_OP_TRY(tb_op_check_quantized(context, output, "output"));
    tb_quant_limits(output->type, &data->min, &data->max);
    return kTfLiteOk;
}

/* ---- MEAN and SUM ------------------------------------------------------------------------------ */

/* Takes 1 / count into the multiplier, with as many more bits as there are for it. */
static TfLiteStatus finish_mean(TfLiteContext *context, const TfLiteNode *node, reduce_data *data)
{
    const TfLiteTensor *input = tb_op_input(context, node, 0);
    if (!is_quantized_type(input) || data->count == 0)
        return kTfLiteOk;
    const float out_scale = tb_op_output(context, node, 0)->params.scale;
    if (!tb_mean_multiplier(input->params.scale, out_scale, data->count, &data->multiplier))
        return tb_op_fail(context, "input scale / output scale is %g, expected less than 2^31",
                          (double)input->params.scale / (double)out_scale);
    return kTfLiteOk;
}

static TfLiteStatus prepare_mean(TfLiteContext *context, TfLiteNode *node)
{
    static const reduce_row rows[] = {
        KERNEL(Float32, mean_f32), KERNEL(Int32, mean_i32), KERNEL(Int64, mean_i64),
        KERNEL(UInt8, mean_u8),    KERNEL(Int8, mean_i8),   KERNEL(Int16, mean_i16),
    };
    reduce_data *data;
    TB_OP_TRY(make(context, node, &data));
    const TfLiteTensor *input = tb_op_input(context, node, 0);
    TB_OP_TRY(find_kernel(context, rows, TB_COUNT_OF(rows), input, data));
    if (is_quantized_type(input))
        TB_OP_TRY(check_scales(context, node, data));
    return plan_or_wait(context, node, data, finish_mean);
}

static TfLiteStatus invoke_mean(TfLiteContext *context, TfLiteNode *node)
{
    return run(context, node, finish_mean);
}

static TfLiteStatus finish_sum(TfLiteContext *context, const TfLiteNode *node, reduce_data *data)
{
    const TfLiteTensor *input = tb_op_input(context, node, 0);
    if (!is_quantized_type(input))
        return kTfLiteOk;
    data->scale = input->params.scale / tb_op_output(context, node, 0)->params.scale;
    data->bias = (float)-data->in_zero_point * data->scale * (float)data->count;
    return kTfLiteOk;
}

static TfLiteStatus prepare_sum(TfLiteContext *context, TfLiteNode *node)
{
    static const reduce_row rows[] = {
        KERNEL(Float32, sum_f32),       KERNEL(Int32, sum_i32),
        KERNEL(Int64, sum_i64),         KERNEL(UInt8, quantized_sum_u8),
        KERNEL(Int8, quantized_sum_i8), KERNEL(Int16, quantized_sum_i16),
    };
    reduce_data *data;
    TB_OP_TRY(make(context, node, &data));
    const TfLiteTensor *input = tb_op_input(context, node, 0);
    TB_OP_TRY(find_kernel(context, rows, TB_COUNT_OF(rows), input, data));
    if (is_quantized_type(input))
        TB_OP_TRY(check_scales(context, node, data));
    return plan_or_wait(context, node, data, finish_sum);
}

static TfLiteStatus invoke_sum(TfLiteContext *context, TfLiteNode *node)
{
    return run(context, node, finish_sum);
}

/* ---- REDUCE_PROD ------------------------------------------------------------------------------- */

static bool is_quantized_prod(const TfLiteTensor *input)
{
    return input->quantization.type != kTfLiteNoQuantization;
}

/* Every factor is scaled by input scale / output scale^(1 / count). */
static TfLiteStatus finish_prod(TfLiteContext *context, const TfLiteNode *node, reduce_data *data)
{
    const TfLiteTensor *input = tb_op_input(context, node, 0);
    if (!is_quantized_prod(input) || data->count == 0)
        return kTfLiteOk;
    double out_scale = (double)tb_op_output(context, node, 0)->params.scale;
    double factor = (double)input->params.scale / tb_pow(out_scale, 1.0 / (double)data->count);
    return tb_op_multiplier(context, factor, "scale of a factor", &data->multiplier);
}

static TfLiteStatus prepare_prod(TfLiteContext *context, TfLiteNode *node)
{
    static const reduce_row plain[] = {
        KERNEL(Float32, prod_f32), KERNEL(Int32, prod_i32), KERNEL(Int64, prod_i64),
        KERNEL(UInt8, prod_u8),    KERNEL(Int8, prod_i8),   KERNEL(Int16, prod_i16),
    };
    static const reduce_row quantized[] = {
        KERNEL(Int8, quantized_prod_i8),
        KERNEL(Int16, quantized_prod_i16),
    };
    reduce_data *data;
    TB_OP_TRY(make(context, node, &data));
    const TfLiteTensor *input = tb_op_input(context, node, 0);
    if (is_quantized_prod(input)) {
        TB_OP_TRY(find_kernel(context, quantized, TB_COUNT_OF(quantized), input, data));
        TB_OP_TRY(check_scales(context, node, data));
    } else {
        TB_OP_TRY(find_kernel(context, plain, TB_COUNT_OF(plain), input, data));
    }
    return plan_or_wait(context, node, data, finish_prod);
}

static TfLiteStatus invoke_prod(TfLiteContext *context, TfLiteNode *node)
{
    return run(context, node, finish_prod);
}

/* ---- REDUCE_MAX, MIN, ANY, ALL ----------------------------------------------------------------- */

static TfLiteStatus prepare_plain(TfLiteContext *context, TfLiteNode *node, const reduce_row *rows,
                                  size_t count)
{
    reduce_data *data;
    TB_OP_TRY(make(context, node, &data));
    const TfLiteTensor *input = tb_op_input(context, node, 0);
    TB_OP_TRY(find_kernel(context, rows, count, input, data));
    if (is_quantized_type(input))
        TB_OP_TRY(tb_op_check_same_quantization(context, input, "input",
                                                tb_op_output(context, node, 0), "output"));
    return plan_or_wait(context, node, data, NULL);
}

static TfLiteStatus prepare_max(TfLiteContext *context, TfLiteNode *node)
{
    static const reduce_row rows[] = {
        KERNEL(Float32, max_f32), KERNEL(Int32, max_i32), KERNEL(Int64, max_i64),
        KERNEL(UInt8, max_u8),    KERNEL(Int8, max_i8),   KERNEL(Int16, max_i16),
    };
    return prepare_plain(context, node, rows, TB_COUNT_OF(rows));
}

static TfLiteStatus prepare_min(TfLiteContext *context, TfLiteNode *node)
{
    static const reduce_row rows[] = {
        KERNEL(Float32, min_f32), KERNEL(Int32, min_i32), KERNEL(Int64, min_i64),
        KERNEL(UInt8, min_u8),    KERNEL(Int8, min_i8),   KERNEL(Int16, min_i16),
    };
    return prepare_plain(context, node, rows, TB_COUNT_OF(rows));
}

static TfLiteStatus prepare_any(TfLiteContext *context, TfLiteNode *node)
{
    static const reduce_row rows[] = {KERNEL(Bool, any_bool)};
    return prepare_plain(context, node, rows, TB_COUNT_OF(rows));
}

static TfLiteStatus prepare_all(TfLiteContext *context, TfLiteNode *node)
{
    static const reduce_row rows[] = {KERNEL(Bool, all_bool)};
    return prepare_plain(context, node, rows, TB_COUNT_OF(rows));
}

static TfLiteStatus invoke_plain(TfLiteContext *context, TfLiteNode *node)
{
    return run(context, node, NULL);
}

const TfLiteRegistration tb_op_mean = {.prepare = prepare_mean, .invoke = invoke_mean};
const TfLiteRegistration tb_op_sum = {.prepare = prepare_sum, .invoke = invoke_sum};
const TfLiteRegistration tb_op_reduce_prod = {.prepare = prepare_prod, .invoke = invoke_prod};
const TfLiteRegistration tb_op_reduce_max = {.prepare = prepare_max, .invoke = invoke_plain};
const TfLiteRegistration tb_op_reduce_min = {.prepare = prepare_min, .invoke = invoke_plain};
const TfLiteRegistration tb_op_reduce_any = {.prepare = prepare_any, .invoke = invoke_plain};
const TfLiteRegistration tb_op_reduce_all = {.prepare = prepare_all, .invoke = invoke_plain};
