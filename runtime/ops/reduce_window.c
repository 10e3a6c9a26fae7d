/*
 * STABLEHLO_REDUCE_WINDOW and REDUCE_WINDOW: every output element is what a function makes of an
 * initial value and the elements under a window, in order. The first of the two also spreads and
 * pads (or crops) its input, with the initial value, which takes part like any other element; its
 * function is named by a body of one operator. After TFLite's stablehlo_reduce_window.cc; nothing is
 * spread or padded in memory.
 */
#include <string.h>

#include "runtime/ops/elementwise.h"
#include "runtime/ops/view.h"
#include "runtime/subgraph_call.h"
#include "runtime/tflite_abi/builtin_ops.h"

typedef struct window_axis {
    int64_t input;  /* elements */
    int64_t spread; /* from one input element to the next, >= 1 */
    int64_t before; /* elements of padding; negative ones are cropped */
    int64_t after;
    int64_t window;       /* elements */
    int64_t stride;       /* from window to window */
    int64_t dilation;     /* from one element of a window to the next */
    int64_t input_stride; /* of the tensor */
} window_axis;

typedef struct reduce_window_data {
    tb_binary_row combine;
    int rank;
    size_t element_bytes;
    window_axis axes[TB_MAX_RANK];
} reduce_window_data;

/* ---- functions --------------------------------------------------------------------------------- */

/* NaN are handed on, or not, as TFLite's comparisons have it. */
#define MAX(x, y) ((x) >= (y) ? (x) : (y))
#define MIN(x, y) ((x) <= (y) ? (x) : (y))

#define DEFINE_FUNCTIONS(suffix, type, wide)                                     \
    TB_DEFINE_BINARY(add_##suffix, void, type, type, type, (wide)x + (wide)y)    \
    TB_DEFINE_BINARY(mul_##suffix, void, type, type, type, (wide)x *(wide)y)     \
    TB_DEFINE_BINARY(max_##suffix, void, type, type, type, MAX(x, y))            \
    TB_DEFINE_BINARY(min_##suffix, void, type, type, type, MIN(x, y))            \
    TB_DEFINE_BINARY(all_##suffix, void, type, type, type, (x != 0) && (y != 0)) \
    TB_DEFINE_BINARY(any_##suffix, void, type, type, type, (x != 0) || (y != 0))

/* Integers wrap. */
DEFINE_FUNCTIONS(i8, int8_t, uint64_t)
DEFINE_FUNCTIONS(i16, int16_t, uint64_t)
DEFINE_FUNCTIONS(i32, int32_t, uint64_t)
DEFINE_FUNCTIONS(i64, int64_t, uint64_t)
DEFINE_FUNCTIONS(u8, uint8_t, uint64_t)
DEFINE_FUNCTIONS(f32, float, float)
DEFINE_FUNCTIONS(f64, double, double)

/* Bool is reduced as int8, so that a sum counts. */
#define ROWS(name)                                                                  \
    {                                                                               \
        {kTfLiteBool, NULL, name##_i8}, {kTfLiteInt8, NULL, name##_i8},             \
            {kTfLiteInt16, NULL, name##_i16}, {kTfLiteInt32, NULL, name##_i32},     \
            {kTfLiteInt64, NULL, name##_i64}, {kTfLiteUInt8, NULL, name##_u8},      \
            {kTfLiteFloat32, NULL, name##_f32}, {kTfLiteFloat64, NULL, name##_f64}, \
            {kTfLiteNoType, NULL, NULL},                                            \
    }

enum { FUNCTIONS = TfLiteReduceWindowFunctionAny + 1, TYPES_AND_END = 9 };

static const tb_typed_row function_rows[FUNCTIONS][TYPES_AND_END] = {
    [TfLiteReduceWindowFunctionAdd] = ROWS(add), [TfLiteReduceWindowFunctionMul] = ROWS(mul),
    [TfLiteReduceWindowFunctionMin] = ROWS(min), [TfLiteReduceWindowFunctionMax] = ROWS(max),
    [TfLiteReduceWindowFunctionAll] = ROWS(all), [TfLiteReduceWindowFunctionAny] = ROWS(any),
};

/* The function that an operator is, as a body. */
static const struct {
    int builtin_code;
    enum TfLiteReduceWindowFunction function;
} body_rows[] = {
    {kTfLiteBuiltinAdd, TfLiteReduceWindowFunctionAdd},
    {kTfLiteBuiltinStablehloAdd, TfLiteReduceWindowFunctionAdd},
    {kTfLiteBuiltinMul, TfLiteReduceWindowFunctionMul},
    {kTfLiteBuiltinStablehloMultiply, TfLiteReduceWindowFunctionMul},
    {kTfLiteBuiltinMaximum, TfLiteReduceWindowFunctionMax},
    {kTfLiteBuiltinStablehloMaximum, TfLiteReduceWindowFunctionMax},
    {kTfLiteBuiltinMinimum, TfLiteReduceWindowFunctionMin},
    {kTfLiteBuiltinStablehloMinimum, TfLiteReduceWindowFunctionMin},
    {kTfLiteBuiltinLogicalAnd, TfLiteReduceWindowFunctionAll},
    {kTfLiteBuiltinStablehloAnd, TfLiteReduceWindowFunctionAll},
    {kTfLiteBuiltinLogicalOr, TfLiteReduceWindowFunctionAny},
    {kTfLiteBuiltinStablehloOr, TfLiteReduceWindowFunctionAny},
};

static TfLiteStatus find_body(TfLiteContext *context, int subgraph, int *function)
{
    const tb_subgraph *body = tb_call_find(context, subgraph);
    if (!body)
        return kTfLiteError;
    int code = -1, nodes = tb_call_node_count(body, &code);
    if (nodes != 1)
        return tb_op_fail(context, "its body has %d operators, expected 1", nodes);
    for (size_t i = 0; i < TB_COUNT_OF(body_rows); i++)
        if (body_rows[i].builtin_code == code) {
            *function = (int)body_rows[i].function;
            return kTfLiteOk;
        }
    return tb_op_fail(context,
                      "its body is operator %d, expected a sum, product, minimum, maximum, and, or",
                      code);
}

/* ---- prepare ----------------------------------------------------------------------------------- */

/* The number of windows; refuses what is not positive or too large. */
static TfLiteStatus shape_axis(TfLiteContext *context, int d, const window_axis *a, int *out)
{
    int64_t spread, padded, reach;
    if (a->spread < 1 || a->window < 1 || a->stride < 1 || a->dilation < 1)
        return tb_op_fail(context,
                          "dimension %d has a window of %lld, stride %lld, dilations %lld and "
                          "%lld, expected at least 1",
                          d, (long long)a->window, (long long)a->stride, (long long)a->dilation,
                          (long long)a->spread);
    if (__builtin_mul_overflow(TB_MAX(a->input - 1, 0), a->spread, &spread) ||
        __builtin_add_overflow(spread, TB_MIN(a->input, 1), &spread) ||
        __builtin_add_overflow(spread, a->before, &padded) ||
        __builtin_add_overflow(padded, a->after, &padded) || spread > INT32_MAX ||
        padded > INT32_MAX || a->before < -INT32_MAX || a->after < -INT32_MAX)
        return tb_op_fail(context,
                          "dimension %d of %lld is spread by %lld and padded by %lld and "
                          "%lld: too many elements",
                          d, (long long)a->input, (long long)a->spread, (long long)a->before,
                          (long long)a->after);
    if (padded < 1 && (a->before || a->after))
        return tb_op_fail(context, "dimension %d of %lld is cropped to %lld elements", d,
                          (long long)spread, (long long)padded);
    const bool reaches_too_far = __builtin_mul_overflow(a->window - 1, a->dilation, &reach);
    *out = reaches_too_far || reach >= padded ? 0 : (int)((padded - 1 - reach) / a->stride + 1);
    return kTfLiteOk;
}

/* What both operators have in common: the first two inputs and the output. */
static TfLiteStatus make(TfLiteContext *context, TfLiteNode *node, int inputs,
                         reduce_window_data **out)
{
    const TfLiteTensor *input, *initial;
    TfLiteTensor *output;
    TB_OP_TRY(tb_op_check_inputs(context, node, inputs, inputs));
    TB_OP_TRY(tb_op_check_outputs(context, node, 1));
    TB_OP_TRY(tb_op_get_input(context, node, 0, "input", &input));
    TB_OP_TRY(tb_op_get_input(context, node, 1, "initial value", &initial));
    TB_OP_TRY(tb_op_get_output(context, node, 0, &output));
    TB_OP_TRY(tb_op_check_same_type(context, initial, "initial value", input, "input"));
    TB_OP_TRY(tb_op_check_same_type(context, output, "output", input, "input"));
    TB_OP_TRY(tb_op_check_rank(context, input, "input", 1, TB_MAX_RANK));
    if (tb_tensor_elements(initial) < 1)
        return tb_op_fail(context, "has no initial value");
    reduce_window_data *data = *out = tb_op_make_data(context, node, sizeof *data);
    if (!data)
        return kTfLiteError;
    data->rank = tb_tensor_rank(input);
    data->element_bytes = tb_type_bytes(input->type);
    ptrdiff_t strides[TB_MAX_RANK];
    tb_row_strides(input, strides);
    for (int d = 0; d < data->rank; d++)
        data->axes[d] = (window_axis){
            .input = tb_tensor_dim(input, d), .spread = 1, .input_stride = strides[d]};
    return kTfLiteOk;
}

static TfLiteStatus finish(TfLiteContext *context, const TfLiteNode *node, int function,
                           reduce_window_data *data)
{
    const tb_typed_row *row;
    if (function < TfLiteReduceWindowFunctionAdd || function >= FUNCTIONS)
        return tb_op_fail(context, "reduces by function %d, expected 1 to %d", function,
                          FUNCTIONS - 1);
    TB_OP_TRY(tb_typed_row_find(context, function_rows[function], tb_op_input(context, node, 0),
                                "input", &row));
    data->combine = row->binary;
    int dims[TB_MAX_RANK];
    for (int d = 0; d < data->rank; d++)
        TB_OP_TRY(shape_axis(context, d, &data->axes[d], &dims[d]));
    return tb_op_resize(context, tb_op_output(context, node, 0), data->rank, dims);
}

static TfLiteStatus prepare_stablehlo(TfLiteContext *context, TfLiteNode *node)
{
    const TfLiteStablehloReduceWindowParams *params = node->builtin_data;
    reduce_window_data *data;
    TB_OP_TRY(make(context, node, 2, &data));
    if (!params)
        return tb_op_fail(context, "has no window");
    for (int d = 0; d < data->rank; d++) {
        window_axis *a = &data->axes[d];
        a->window = params->window_dimensions[d];
        a->stride = params->window_strides[d];
        a->dilation = params->window_dilations[d];
        a->spread = params->base_dilations[d];
        a->before = params->padding[2 * d];
        a->after = params->padding[2 * d + 1];
    }
    int function = TfLiteReduceWindowFunctionUnsupported;
    TB_OP_TRY(find_body(context, params->body_subgraph_index, &function));
    return finish(context, node, function, data);
}

/* One constant int64 a dimension. */
static TfLiteStatus get_numbers(TfLiteContext *context, const TfLiteNode *node, int k,
                                const char *what, const int64_t **out)
{
    const TfLiteTensor *numbers;
    TB_OP_TRY(tb_op_get_input(context, node, k, what, &numbers));
    TB_OP_TRY(tb_op_check_type(context, numbers, what, TB_TYPE_BIT(kTfLiteInt64)));
    if (!tb_tensor_is_constant(numbers))
        return tb_op_fail(context, "%s is not constant", what);
    const int rank = tb_tensor_rank(tb_op_input(context, node, 0));
    if (tb_tensor_elements(numbers) != rank)
        return tb_op_fail(context, "%s has %zu numbers for %d dimensions", what, tb_count(numbers),
                          rank);
    *out = numbers->data.i64;
    return kTfLiteOk;
}

static TfLiteStatus prepare(TfLiteContext *context, TfLiteNode *node)
{
    const TfLiteReduceWindowParams *params = node->builtin_data;
    const int64_t *window, *strides, *dilations;
    reduce_window_data *data;
    TB_OP_TRY(make(context, node, 5, &data));
    TB_OP_TRY(get_numbers(context, node, 2, "window shape", &window));
    TB_OP_TRY(get_numbers(context, node, 3, "window strides", &strides));
    TB_OP_TRY(get_numbers(context, node, 4, "window dilations", &dilations));
    for (int d = 0; d < data->rank; d++) {
        data->axes[d].window = window[d];
        data->axes[d].stride = strides[d];
        data->axes[d].dilation = dilations[d];
    }
    return finish(context, node, params ? (int)params->reduce_function : 0, data);
}

/* ---- invoke ------------------------------------------------------------------------------------ */

typedef struct window_walk {
    const reduce_window_data *data;
    const char *input;
    const char *initial;
    char *result;
    int64_t position[TB_MAX_RANK]; /* of the window */
    int64_t steps;                 /* since we last looked whether to go on */
} window_walk;

/* The window's elements from dimension d on; `from` is an element of the input, of which only the
   dimensions before d count, or NULL where these are already outside. */
static void reduce_from(window_walk *walk, int d, const char *from)
{
    const reduce_window_data *data = walk->data;
    const window_axis *a = &data->axes[d];
    const int64_t start = walk->position[d] * a->stride - a->before; /* in the input, spread */
    for (int64_t i = 0; i < a->window; i++) {
        const int64_t at = start + i * a->dilation;
        const bool inside = from && at >= 0 && at % a->spread == 0 && at / a->spread < a->input;
        const char *element = NULL;
        if (inside)
            element = from + at / a->spread * a->input_stride * (int64_t)data->element_bytes;
        if (d + 1 < data->rank)
            reduce_from(walk, d + 1, element);
        else
            data->combine(NULL, walk->result, 1, element ? element : walk->initial, 1, walk->result,
                          1);
    }
    walk->steps += a->window;
}

static TfLiteStatus invoke(TfLiteContext *context, TfLiteNode *node)
{
    const int64_t look_every = 1 << 16;
    const reduce_window_data *data = node->user_data;
    TfLiteTensor *output = tb_op_output(context, node, 0);
    window_walk walk = {.data = data,
                        .input = tb_op_input(context, node, 0)->data.raw,
                        .initial = tb_op_input(context, node, 1)->data.raw,
                        .result = output->data.raw,
                        .steps = look_every};
    const size_t count = tb_count(output);
    for (size_t i = 0; i < count; i++, walk.result += data->element_bytes) {
        if (walk.steps >= look_every) {
            if (tb_op_cancelled(context))
                return kTfLiteCancelled;
            walk.steps = 0;
        }
        memcpy(walk.result, walk.initial, data->element_bytes);
        reduce_from(&walk, 0, walk.input);
        for (int d = data->rank - 1; d >= 0; d--) {
            if (++walk.position[d] < tb_tensor_dim(output, d))
                break;
            walk.position[d] = 0;
        }
    }
    return kTfLiteOk;
}

const TfLiteRegistration tb_op_stablehlo_reduce_window = {.prepare = prepare_stablehlo,
                                                          .invoke = invoke};
const TfLiteRegistration tb_op_reduce_window = {.prepare = prepare, .invoke = invoke};
