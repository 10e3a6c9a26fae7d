/* Networks of a few layers for the delegates' tests. */
#ifndef TB_TESTS_DELEGATES_NET_H
#define TB_TESTS_DELEGATES_NET_H

#include "models/draft.h"
#include "runtime/interpreter.h"
#include "runtime/tflite_abi/builtin_op_data.h"

typedef struct net {
    tb_draft draft;
    uint8_t *bytes;
    tb_model *model;
    tb_interpreter *interpreter;
} net;

void net_begin(net *n);
void net_end(net *n);

/* A float tensor; `data` (elements of them) makes it a constant. */
int32_t net_tensor(net *n, tb_int_list shape, const float *data);
/* A constant whose values are all `value`. */
int32_t net_filled(net *n, tb_int_list shape, float value);
int32_t net_ints(net *n, tb_int_list shape, const int32_t *data, size_t count);
void net_op(net *n, TfLiteBuiltinOperator code, tb_int_list in, int32_t out, tb_op_options options);
/* Writes the model with these inputs and outputs and makes an interpreter of it. */
void net_open(net *n, tb_int_list inputs, tb_int_list outputs, int threads);

#endif
