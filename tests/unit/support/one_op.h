/*
 * Models of one operator for tests, from a description that fits on a screen:
 *
 *     tb_test_tensor in = {.type = kTfLiteFloat32, .shape = TB_INTS(1, 4)};
 *     tb_test_tensor out = {.type = kTfLiteFloat32, .shape = TB_INTS(1, 4)};
 *     uint8_t *bytes = tb_test_one_op(
 *         &(tb_test_op){.code = kTfLiteBuiltinRelu, .inputs = &in, .input_count = 1,
 *                       .outputs = &out, .output_count = 1}, &size);
 *
 * Tensors are named in0, in1, ..., out0, ...; inputs with data become constants, the others the
 * model's inputs. Larger ones are drafted by hand (models/draft.h) or layer by layer
 * (models/graph.h).
 */
#ifndef TB_TESTS_SUPPORT_ONE_OP_H
#define TB_TESTS_SUPPORT_ONE_OP_H

#include "models/draft.h"

typedef struct tb_test_tensor {
    TfLiteType type;
    tb_int_list shape;
    const void *data; /* makes it a constant */
    size_t data_size;
    float scale; /* 0: not quantised */
    int64_t zero_point;
    bool is_variable;
    bool is_absent; /* an optional input left out */
} tb_test_tensor;

typedef struct tb_test_op {
    TfLiteBuiltinOperator code;
    const char *custom_code;
    int32_t version; /* 0: the lowest that fits */
    const tb_test_tensor *inputs;
    size_t input_count;
    const tb_test_tensor *outputs;
    size_t output_count;
    tb_op_options options;
    const void *custom_options;
    size_t custom_options_size;
    /* A second subgraph for operators that look into one: these operators, each with two scalars of
       the first input's type. */
    const TfLiteBuiltinOperator *body;
    size_t body_count;
    bool has_body;
} tb_test_op;

/* The model's bytes, to be freed; a failure fails the test that asked. */
uint8_t *tb_test_one_op(const tb_test_op *op, size_t *size);

#endif
