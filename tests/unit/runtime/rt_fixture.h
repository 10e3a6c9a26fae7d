/*
 * Small models for tests of the runtime, with kernels of the tests' own, so that they hold whatever
 * operators the build has.
 */
#ifndef TB_TESTS_RUNTIME_FIXTURE_H
#define TB_TESTS_RUNTIME_FIXTURE_H

#include "models/draft.h"
#include "runtime/interpreter.h"
#include "runtime/resolver.h"

/* ADD of two floats of one shape, RELU in place, RESHAPE that changes nothing but the shape given by
   its new_shape tensor, and TILE-like "Repeat" (custom) whose output length is its second input's
   first value: known at invoke only. */
extern const TfLiteRegistration fx_add;
extern const TfLiteRegistration fx_relu;
extern const TfLiteRegistration fx_copy; /* "Copy" (custom): data unmodified, may share */
extern const TfLiteRegistration fx_repeat;
extern const TfLiteRegistration fx_count;   /* "Count" (custom): adds 1 to a variable, outputs it */
extern const TfLiteRegistration fx_refuse;  /* "Refuse" (custom): fails in prepare */
extern const TfLiteRegistration fx_break;   /* "Break" (custom): fails in invoke */
extern const TfLiteRegistration fx_scratch; /* "Scratch" (custom): copies by way of scratch */

typedef struct fx_model {
    tb_draft draft;
    uint8_t *bytes;
    size_t size;
    tb_model *model;
    tb_resolver *resolver;
    tb_interpreter_options options;
    tb_interpreter *interpreter;
    char reported[4096]; /* everything reported, a line each */
    int report_count;
} fx_model;

/* An empty model with one subgraph. */
void fx_begin(fx_model *fx);
/* A float tensor of this shape (at most 4 dimensions, ending with 0 or all given). */
int fx_tensor(fx_model *fx, const char *name, tb_int_list shape);
int fx_constant(fx_model *fx, const char *name, TfLiteType type, tb_int_list shape,
                const void *data, size_t size);
int fx_op(fx_model *fx, TfLiteBuiltinOperator code, tb_int_list inputs, tb_int_list outputs);
int fx_custom(fx_model *fx, const char *name, tb_int_list inputs, tb_int_list outputs);
void fx_edges(fx_model *fx, tb_int_list inputs, tb_int_list outputs);
/* Writes, opens, makes an interpreter with the options set so far. */
tb_status fx_open(fx_model *fx, tb_error *err);
void fx_end(fx_model *fx);

float *fx_input(fx_model *fx, int k);
const float *fx_output(fx_model *fx, int k);

/* A chain: x0 = input; x[k+1] = ADD(x[k], c) with c = 1; `length` nodes. */
void fx_add_chain(fx_model *fx, int length);

#endif
