/*
 * The skeleton of elementwise operators: one or two inputs, one output, a row kernel chosen in
 * prepare. The operator's own data begins with tb_unary or tb_binary; a row kernel gets the whole
 * of it as its params.
 */
#ifndef TB_RUNTIME_OPS_ELEMENTWISE_H
#define TB_RUNTIME_OPS_ELEMENTWISE_H

#include "runtime/ops/broadcast.h"

/* ---- kernels by type --------------------------------------------------------------------------- */

typedef void (*tb_unary_row)(const void *params, const void *in, void *out, size_t count);

/* A list of row kernels, ended by a row of kTfLiteNoType. Only one of the pointers is used. */
typedef struct tb_typed_row {
    TfLiteType type;
    tb_unary_row unary;
    tb_binary_row binary;
} tb_typed_row;

#define TB_UNARY_ROW(type, row)                  \
    {                                            \
        kTfLite##type, TB_TYPED(type, row), NULL \
    }
#define TB_BINARY_ROW(type, row)                 \
    {                                            \
        kTfLite##type, NULL, TB_TYPED(type, row) \
    }

/* The row for the type; refuses with the list of what there is. */
TfLiteStatus tb_typed_row_find(TfLiteContext *context, const tb_typed_row *rows,
                               const TfLiteTensor *tensor, const char *what,
                               const tb_typed_row **out);

/* ---- unary ------------------------------------------------------------------------------------- */

typedef struct tb_unary {
    tb_unary_row row;
} tb_unary;

/* A registration's invoke: runs the row over all elements of input 0 into output 0. */
TfLiteStatus tb_unary_invoke(TfLiteContext *context, TfLiteNode *node);

/*
 * One input and one output of the same type and shape; makes the node's data, of `data_bytes`, with
 * the row for the type. `rows` is a list as above.
 */
TfLiteStatus tb_unary_prepare(TfLiteContext *context, TfLiteNode *node, const tb_typed_row *rows,
                              size_t data_bytes, const TfLiteTensor **input, TfLiteTensor **output);

/* EXPRESSION is in terms of x (the element) and p (the params). */
#define TB_DEFINE_UNARY(name, params_t, in_t, out_t, EXPRESSION)                     \
    static void name(const void *params_, const void *in_, void *out_, size_t count) \
    {                                                                                \
        const params_t *p = params_;                                                 \
        const in_t *in = in_;                                                        \
        out_t *out = out_;                                                           \
        (void)p;                                                                     \
        for (size_t i = 0; i < count; i++) {                                         \
            const in_t x = in[i];                                                    \
            out[i] = (out_t)(EXPRESSION);                                            \
        }                                                                            \
    }

/* ---- binary ------------------------------------------------------------------------------------ */

typedef struct tb_binary {
    tb_binary_row row;
    tb_broadcast plan;
    size_t a_bytes; /* of an element */
    size_t b_bytes;
    size_t out_bytes;
} tb_binary;

typedef struct tb_binary_tensors {
    const TfLiteTensor *a;
    const TfLiteTensor *b;
    TfLiteTensor *output;
} tb_binary_tensors;

/* Exactly two inputs, one output. */
TfLiteStatus tb_binary_tensors_get(TfLiteContext *context, const TfLiteNode *node,
                                   tb_binary_tensors *out);
/* Plans the walk, gives the output its shape, notes the element sizes. Types are final by now. */
TfLiteStatus tb_binary_prepare(TfLiteContext *context, const tb_binary_tensors *tensors,
                               tb_binary *binary);
TfLiteStatus tb_binary_invoke(TfLiteContext *context, TfLiteNode *node);

#endif
