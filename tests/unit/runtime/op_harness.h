/*
 * One operator on the portable kernels, for tests of kernels:
 *
 *     op_run run;
 *     op_open(&run, kTfLiteBuiltinAdd, TB_OPTIONS_DEFAULT(add),
 *             OP_LIST(OP_FLOAT(3), OP_WITH(OP_FLOAT(1), float, 2)), OP_LIST(OP_FLOAT(3)));
 *     op_set(&run, 0, (float[]){1, 2, 3}, 12);       the k-th input that is not constant
 *     op_invoke(&run);
 *     op_expect_floats(&run, 0, 0, TB_INTS(3), TB_FLOATS(3, 4, 5));
 *     op_close(&run);
 *
 * Expectations fail the test with the values that came.
 */
#ifndef TB_TESTS_RUNTIME_OP_HARNESS_H
#define TB_TESTS_RUNTIME_OP_HARNESS_H

#include "runtime/interpreter.h"
#include "tests/unit/support/one_op.h"

typedef struct op_run {
    uint8_t *bytes;
    tb_model *model;
    tb_interpreter *interpreter;
    tb_status status; /* of the last step */
    tb_error err;
} op_run;

/* Makes the model and the interpreter, and allocates; run->status says how it went. The lists are
   OP_LIST()s. */
void op_open(op_run *run, TfLiteBuiltinOperator code, tb_op_options options,
             const tb_test_tensor *inputs, size_t input_count, const tb_test_tensor *outputs,
             size_t output_count);
/* The same for whatever tb_test_op can say. */
void op_open_test(op_run *run, const tb_test_op *op);
/* The same for a model of several operators or subgraphs; frees the draft. The limit is of one
   invoke; 0: none. */
void op_open_draft(op_run *run, tb_draft *draft, uint64_t time_limit_ns);
void op_close(op_run *run);

/* Fails the test where the bytes are not the input's. */
void op_set(op_run *run, int input, const void *data, size_t bytes);
/* One string input's strings, which end with NULL. */
void op_set_strings(op_run *run, int input, const char *const *strings);
/* A new shape for an input, and allocates again. */
void op_resize_input(op_run *run, int input, tb_int_list shape);
void op_invoke(op_run *run);

/* That all went well so far. */
void op_expect_ok(const op_run *run);
/* That the last step was refused, with a message that has this in it. */
void op_expect_refused(const op_run *run, const char *part);

void op_expect_shape(const op_run *run, int output, tb_int_list shape);
/* The output's elements: floats within `ulps` units in the last place, numbers exactly. */
void op_expect_floats(const op_run *run, int output, int ulps, tb_int_list shape,
                      const float *expected);
void op_expect_ints(const op_run *run, int output, tb_int_list shape, const int64_t *expected);
/* A vector of these strings, which end with NULL. */
void op_expect_strings(const op_run *run, int output, const char *const *expected);

#define TB_FLOATS(...) ((const float[]){__VA_ARGS__})
#define TB_LONGS(...)  ((const int64_t[]){__VA_ARGS__})

/* ---- tensors ----------------------------------------------------------------------------------- */

#define OP_FLOAT(...)         ((tb_test_tensor){.type = kTfLiteFloat32, .shape = TB_INTS(__VA_ARGS__)})
#define OP_TENSOR(type_, ...) ((tb_test_tensor){.type = (type_), .shape = TB_INTS(__VA_ARGS__)})
#define OP_QUANTIZED(type_, scale_, zero_, ...) \
    ((tb_test_tensor){                          \
        .type = (type_), .shape = TB_INTS(__VA_ARGS__), .scale = (scale_), .zero_point = (zero_)})
#define OP_SCALAR(type_) ((tb_test_tensor){.type = (type_)})
/* The same tensor with data: OP_WITH(OP_FLOAT(2), float, 1, 2) */
#define OP_WITH(tensor_, c_type, ...) \
    op_with(tensor_, (const c_type[]){__VA_ARGS__}, sizeof((const c_type[]){__VA_ARGS__}))
/* A constant vector of int32. */
#define OP_INTS(...) \
    OP_WITH(OP_TENSOR(kTfLiteInt32, (int)TB_INTS(__VA_ARGS__).count), int32_t, __VA_ARGS__)
#define OP_ABSENT ((tb_test_tensor){.is_absent = true})

static inline tb_test_tensor op_with(tb_test_tensor tensor, const void *data, size_t bytes)
{
    tensor.data = data;
    tensor.data_size = bytes;
    return tensor;
}

#define OP_LIST(...)                         \
    ((const tb_test_tensor[]){__VA_ARGS__}), \
        sizeof((const tb_test_tensor[]){__VA_ARGS__}) / sizeof(tb_test_tensor)

#endif
