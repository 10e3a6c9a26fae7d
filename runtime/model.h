/*
 * A .tflite model: immutable, shared by reference count, verified as a whole when it is opened.
 *
 * After tb_model_open every index and every pointer given out here is sound:
 *   - tensor indices of subgraph inputs and outputs lie in their subgraph; those of operators too,
 *     or are -1 in inputs and intermediates (optional);
 *   - inputs of subgraphs and signatures are no constants;
 *   - no tensor is both input and output of one builtin operator, and none is written by two operators
 *     (but by a custom one that reads it);
 *   - sparse constants are read by DENSIFY, as the filter of FULLY_CONNECTED, or by custom operators,
 *     and are no output of a subgraph;
 *   - opcode, buffer, subgraph and signature indices exist;
 *   - dimensions are >= 0 in `shape` and the tensor's size in bytes fits 63 bits;
 *   - a constant has at least the bytes that its type and shape need (strings: a sound string
 *     table) and is aligned for its element (usually to 16 bytes);
 *   - scales are finite and agree with zero points and shape in number; zero points lie in their
 *     tensor's type (int32 and wider: within 2^30);
 *   - control flow calls subgraphs without recursion and at most 64 deep;
 *   - the sum of all names, shapes, index lists and the like, however often they are shared inside
 *     the file, is at most 4 times the file's size: whoever copies them copies a bounded amount.
 * Not checked here: whether operators exist, take these types and shapes, form an acyclic graph.
 *
 * Everything given out is borrowed from the model and lives until its last release. All functions
 * may be called from any thread. Indices given in must be in range (they are not checked again).
 */
#ifndef TB_RUNTIME_MODEL_H
#define TB_RUNTIME_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "runtime/base/status.h"
#include "runtime/flatbuffer.h"
#include "runtime/tflite_abi/common.h"

typedef struct tb_model tb_model;

/*
 * Maps and verifies a file. Messages start with `path`. TB_NOT_FOUND, TB_IO: it cannot be
 * read. TB_CORRUPT: it breaks the format or its own tables. TB_UNSUPPORTED: another schema version,
 * or a type or feature that this runtime does not know.
 */
tb_status tb_model_open(const char *path, tb_error *err, tb_model **out);

/*
 * The same from memory, which is borrowed and must stay unchanged until the last release (where it
 * is not aligned to 16 bytes it is copied). `name` is what messages call it; it is copied.
 */
tb_status tb_model_from_memory(const void *data, size_t size, const char *name, tb_error *err,
                               tb_model **out);

/* Returns its argument. */
tb_model *tb_model_retain(tb_model *model);
/* NULL is allowed. */
void tb_model_release(tb_model *model);

/* Bytes of the model that are not read again soon: where they lie in a mapped file, their pages leave
   memory until somebody does. */
void tb_model_release_pages(const tb_model *model, const void *data, size_t size);

/*
 * The one object that all interpreters of this model share; the first who asks has it made by
 * `make`, and `end` gets it when the model goes. NULL where `make` returns NULL. It is the runtime's
 * cache of packed weights: every caller passes the same two functions.
 */
void *tb_model_shared(tb_model *model, void *(*make)(void), void (*end)(void *object));

/* The path as given to tb_model_open (the name, from memory), and its last component. */
const char *tb_model_path(const tb_model *model);
const char *tb_model_name(const tb_model *model);
/* The whole file. */
tb_bytes tb_model_bytes(const tb_model *model);
uint32_t tb_model_schema_version(const tb_model *model);
/* "" where there is none. */
const char *tb_model_description(const tb_model *model);

/* Oddities that were tolerated, one sentence each, for --verbose. */
size_t tb_model_note_count(const tb_model *model);
const char *tb_model_note(const tb_model *model, size_t index);

/* ---- operator codes and buffers ---------------------------------------------------------------- */

typedef struct tb_opcode_def {
    int builtin_code;        /* kTfLiteBuiltin...; may be one that this runtime does not know */
    const char *custom_name; /* of kTfLiteBuiltinCustom never NULL; else NULL */
    int version;
} tb_opcode_def;

size_t tb_model_opcode_count(const tb_model *model);
tb_opcode_def tb_model_opcode(const tb_model *model, size_t index);

/* Buffer 0 is always empty. data is NULL where a buffer has none (which is not the same as size 0:
   a constant of no elements has data). */
size_t tb_model_buffer_count(const tb_model *model);
tb_bytes tb_model_buffer(const tb_model *model, size_t index);

/* ---- subgraphs ---------------------------------------------------------------------------------- */

typedef struct tb_subgraph_def {
    const char *name; /* "" where there is none */
    size_t tensor_count;
    size_t operator_count;
    tb_i32s inputs;
    tb_i32s outputs;
    tb_fb_tables tensors;
    tb_fb_tables operators;
} tb_subgraph_def;

/* >= 1; subgraph 0 is the primary one. */
size_t tb_model_subgraph_count(const tb_model *model);
tb_subgraph_def tb_model_subgraph(const tb_model *model, size_t index);

/* ---- tensors ------------------------------------------------------------------------------------ */

/*
 * kTfLiteNoQuantization: nothing else is set. kTfLiteAffineQuantization: scales.count >= 1 and
 * equals zero_points.count; it is 1 or shape[quantized_dimension] (anything where the rank is 0). kTfLiteBlockwiseQuantization and
 * kTfLiteMultiAxisQuantization: scales and zero points are tensors of the subgraph
 * (zero_point_tensor -1: all zero).
 */
typedef struct tb_quantization_def {
    TfLiteQuantizationType type;
    tb_f32s scales;
    tb_i64s zero_points;
    int quantized_dimension; /* inside the shape (0 for a scalar) */
    int scale_tensor;
    int zero_point_tensor;
    int block_size;
    tb_i32s quantized_dimensions; /* of kTfLiteMultiAxisQuantization; >= 1 of them */
} tb_quantization_def;

/* One index list of a sparse dimension; exactly one of the three is set. */
typedef struct tb_sparse_index_def {
    tb_i32s i32;
    tb_u16s u16;
    tb_bytes u8;
} tb_sparse_index_def;

static inline size_t tb_sparse_index_count(const tb_sparse_index_def *list)
{
    return list->i32.count + list->u16.count + list->u8.size;
}

/* `k` < count. */
static inline int32_t tb_sparse_index_get(const tb_sparse_index_def *list, size_t k)
{
    if (list->i32.data)
        return list->i32.data[k];
    return list->u16.data ? list->u16.data[k] : list->u8.data[k];
}

/*
 * How a sparse constant is stored (the layout of TfLiteSparsity). For a tensor of rank n with k
 * block dimensions: dim_count = traversal_order.count = n + k, block_map.count = k,
 * traversal_order holds a permutation of 0..n-1 and then one of n..n+k-1, segments never decrease
 * and end at the number of indices, indices lie inside their dimension.
 */
typedef struct tb_sparsity_def {
    bool present;
    tb_i32s traversal_order;
    tb_i32s block_map;
    size_t dim_count;
    tb_fb_tables dims;
} tb_sparsity_def;

typedef struct tb_sparse_dim_def {
    TfLiteDimensionType format;
    int dense_size;               /* of kTfLiteDimDense */
    tb_sparse_index_def segments; /* of kTfLiteDimSparseCSR */
    tb_sparse_index_def indices;
} tb_sparse_dim_def;

/* `k` < dim_count. */
tb_sparse_dim_def tb_sparsity_dim(const tb_sparsity_def *sparsity, size_t k);

/* Bytes kept in another file (schema 3d). Where the model was opened as a file, that one lies in its
   folder or below and is mapped with it; such a tensor is then a constant like others. */
typedef struct tb_external_buffer_def {
    const char *file; /* as the model names it */
    uint64_t offset;
    uint64_t size;
    const char *packing; /* "" where there is none */
} tb_external_buffer_def;

typedef struct tb_tensor_def {
    const char *name; /* "" where there is none */
    TfLiteType type;
    tb_i32s shape;           /* every dimension >= 0 */
    tb_i32s shape_signature; /* count 0: none; else as many as shape, -1 where unknown */
    bool has_rank;           /* as the file says; older files never say it */
    bool is_variable;
    size_t buffer;     /* index */
    tb_bytes constant; /* data NULL: not a constant. May be larger than the tensor needs */
    tb_quantization_def quantization;
    tb_sparsity_def sparsity;
    bool is_external; /* `external` says where its bytes are */
    tb_external_buffer_def external;
    size_t variant_count; /* nested types of kTfLiteVariant */
} tb_tensor_def;

tb_tensor_def tb_model_tensor(const tb_model *model, size_t subgraph, size_t index);

/* ---- operators ---------------------------------------------------------------------------------- */

typedef struct tb_operator_def {
    size_t opcode_index;
    tb_opcode_def opcode;
    tb_i32s inputs; /* -1: an optional one that is absent */
    tb_i32s outputs;
    tb_i32s intermediates;
    tb_bytes mutating_inputs;     /* booleans; as many as inputs, or none */
    tb_bytes custom_options;      /* wherever they lie: inside the FlatBuffer or behind it */
    int32_t debug_metadata_index; /* -1: none */
    tb_fb_table table;            /* for tb_op_params_parse */
} tb_operator_def;

tb_operator_def tb_model_operator(const tb_model *model, size_t subgraph, size_t index);

/* ---- signatures and metadata -------------------------------------------------------------------- */

typedef struct tb_signature_def {
    const char *key;
    size_t subgraph;
    size_t input_count;
    size_t output_count;
    tb_fb_tables inputs;
    tb_fb_tables outputs;
} tb_signature_def;

typedef struct tb_signature_tensor_def {
    const char *name;
    size_t tensor; /* index in the signature's subgraph */
} tb_signature_tensor_def;

size_t tb_model_signature_count(const tb_model *model);
tb_signature_def tb_model_signature(const tb_model *model, size_t index);
tb_signature_tensor_def tb_signature_input_def(const tb_signature_def *signature, size_t k);
tb_signature_tensor_def tb_signature_output_def(const tb_signature_def *signature, size_t k);

typedef struct tb_metadata_def {
    const char *name; /* "" where there is none */
    tb_bytes bytes;
} tb_metadata_def;

size_t tb_model_metadata_count(const tb_model *model);
tb_metadata_def tb_model_metadata(const tb_model *model, size_t index);
/* The first metadata of that name; false where there is none. */
bool tb_model_find_metadata(const tb_model *model, const char *name, tb_bytes *out);

/* ---- names for messages ------------------------------------------------------------------------- */

/* "subgraph 0, node 12 CONV_2D", cut to fit; returns `out`. */
const char *tb_model_operator_place(const tb_model *model, size_t subgraph, size_t index,
                                    size_t capacity, char *out);
/* "subgraph 0, tensor 3 'conv1/weights'". */
const char *tb_model_tensor_place(const tb_model *model, size_t subgraph, size_t index,
                                  size_t capacity, char *out);

#endif
