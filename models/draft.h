/*
 * A draft: a .tflite model being made or changed, as plain structs that mirror the schema.
 *
 * Whoever makes a model fills a draft (by hand, through graph.h, or from a file), whoever changes
 * one edits its structs, and writer.h turns it into bytes. The draft does not judge: indices,
 * shapes and quantisation go into the file as they stand, so that tests can make broken models too.
 *
 * Memory: everything the draft holds lies in its arena and dies with it. Functions that add copy
 * what they are given except a buffer's bytes, which are borrowed until the model is written.
 *
 * Errors are kept: after the first failure, functions that add return -1 (or NULL) and do nothing,
 * and tb_draft_write reports it.
 */
#ifndef TB_MODELS_DRAFT_H
#define TB_MODELS_DRAFT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "models/op_options.h"
#include "runtime/base/arena.h"
#include "runtime/base/status.h"
#include "runtime/tflite_abi/builtin_ops.h"
#include "runtime/tflite_abi/c_api_types.h"

/* ---- the model's parts ------------------------------------------------------------------------- */

/* real = scale * (stored - zero_point); one pair, or one for each slice along `axis`. */
typedef struct tb_draft_quant {
    size_t count;
    float *scale;
    int64_t *zero_point;
    int32_t axis;
} tb_draft_quant;

typedef struct tb_draft_tensor {
    const char *name;
    TfLiteType type;
    int rank;
    int32_t *shape;
    int32_t *shape_signature; /* `rank` entries, -1 where unknown; NULL: as the shape */
    uint32_t buffer;          /* 0: no data */
    bool is_variable;
    bool has_rank;         /* tells a scalar from a tensor of unknown rank */
    tb_draft_quant *quant; /* NULL: none */
} tb_draft_tensor;

typedef struct tb_int_list {
    size_t count;
    int32_t *items;
} tb_int_list;

/* tb_int_list of the values given; a literal, to be copied by whoever it is handed to. */
#define TB_INTS(...)                                                    \
    (tb_int_list)                                                       \
    {                                                                   \
        sizeof((int32_t[]){__VA_ARGS__}) / sizeof(int32_t), (int32_t[]) \
        {                                                               \
            __VA_ARGS__                                                 \
        }                                                               \
    }

typedef struct tb_draft_op {
    TfLiteBuiltinOperator code;
    const char *custom_code; /* with kTfLiteBuiltinCustom */
    int32_t version;         /* 0: the lowest that has what is used (op_version.h) */
    tb_int_list inputs;      /* tensors; -1: an optional one left out */
    tb_int_list outputs;
    tb_int_list intermediates;
    tb_int_list mutating; /* positions in `inputs` that the operator writes */
    tb_op_options options;
    const void *custom_options;
    size_t custom_options_size;
} tb_draft_op;

typedef struct tb_draft_subgraph {
    const char *name;
    size_t tensor_count, tensor_capacity;
    tb_draft_tensor *tensors;
    size_t op_count, op_capacity;
    tb_draft_op *ops;
    tb_int_list inputs;
    tb_int_list outputs;
} tb_draft_subgraph;

typedef struct tb_draft_buffer {
    const void *data; /* NULL with an offset: the bytes lie behind the FlatBuffer, and whoever saves
                         the file puts them there */
    size_t size;
    uint64_t offset; /* in the file; 0: inside the FlatBuffer */
} tb_draft_buffer;

typedef struct tb_draft_binding {
    const char *name;
    uint32_t tensor;
} tb_draft_binding;

typedef struct tb_draft_signature {
    const char *key;
    uint32_t subgraph;
    size_t input_count, output_count;
    tb_draft_binding *inputs, *outputs;
} tb_draft_signature;

typedef struct tb_draft_metadata {
    const char *name;
    uint32_t buffer;
} tb_draft_metadata;

typedef struct tb_draft {
    tb_arena arena;
    const char *description;
    size_t subgraph_count, subgraph_capacity;
    tb_draft_subgraph *subgraphs;
    size_t buffer_count, buffer_capacity;
    tb_draft_buffer *buffers; /* the first is the empty one that tensors without data name */
    size_t signature_count, signature_capacity;
    tb_draft_signature *signatures;
    size_t metadata_count, metadata_capacity;
    tb_draft_metadata *metadata;
    tb_error error; /* the first failure, or TB_OK */
} tb_draft;

/* ---- filling it -------------------------------------------------------------------------------- */

/* An empty model; `description` may be NULL. Pair with tb_draft_free, whatever happened between. */
void tb_draft_init(tb_draft *draft, const char *description);
void tb_draft_free(tb_draft *draft);

/* Keeps a failure for tb_draft_write, unless an earlier one stands; returns -1. */
int tb_draft_fail(tb_draft *draft, tb_status status, const char *format, ...) TB_PRINTF(3, 4);

/* Zeroed memory of the draft, for instance for the bytes of a buffer; NULL after a failure. */
void *tb_draft_alloc(tb_draft *draft, size_t count, size_t size);
const char *tb_draft_text(tb_draft *draft, const char *text);
tb_int_list tb_draft_ints(tb_draft *draft, tb_int_list list);

/* Each returns the new part's index, or -1. Pointers into the arrays hold until the next add. */
int tb_draft_subgraph_add(tb_draft *draft, const char *name);
int tb_draft_buffer_add(tb_draft *draft, const void *data, size_t size);
int tb_draft_tensor_add(tb_draft *draft, int subgraph, const tb_draft_tensor *tensor);
int tb_draft_op_add(tb_draft *draft, int subgraph, const tb_draft_op *op);
int tb_draft_metadata_add(tb_draft *draft, const char *name, const void *data, size_t size);
/* Names every input and output of the subgraph by its tensor's name. */
int tb_draft_signature_add(tb_draft *draft, int subgraph, const char *key);

void tb_draft_inputs_set(tb_draft *draft, int subgraph, tb_int_list tensors);
void tb_draft_outputs_set(tb_draft *draft, int subgraph, tb_int_list tensors);

/* Per-tensor quantisation, and per-channel along `axis`, as a draft's memory; NULL after a failure.
   `zero_points` may be NULL: all 0. */
tb_draft_quant *tb_draft_quant_new(tb_draft *draft, float scale, int64_t zero_point);
tb_draft_quant *tb_draft_quant_axis(tb_draft *draft, const float *scales,
                                    const int64_t *zero_points, size_t count, int axis);

#endif
