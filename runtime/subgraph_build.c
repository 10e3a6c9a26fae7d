/*
 * From a verified model to tensors and nodes; and their end.
 *
 * What a tensor owns comes from malloc, because kernels and delegates free and replace shapes. What
 * a node of the model owns lies in the interpreter's arena, but for its temporaries, which kernels
 * replace. Delegates' nodes come and go, and so own their lists and params.
 */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/base/size.h"
#include "runtime/delegate_call.h"
#include "runtime/interpreter_internal.h"
#include "runtime/op_params.h"
#include "runtime/operator_internal.h"
#include "runtime/tensor.h"
#include "runtime/tflite_abi/builtin_ops.h"

/* A kernel may add this many tensors before pointers to tensors that it holds go stale, as in
   TFLite; the array starts with more. */
#define TENSOR_HEADROOM 16
#define TENSOR_SPARE    64
#define NODE_SPARE      16

/* ---- tensors ---------------------------------------------------------------------------------- */

bool tb_subgraph_reserve_tensors(tb_subgraph *subgraph, size_t extra)
{
    size_t count = subgraph->context.tensors_size;
    size_t needed;
    if (!tb_add_size(count, extra + TENSOR_HEADROOM, &needed) || needed > INT_MAX)
        return false;
    if (needed <= subgraph->tensor_capacity)
        return true;
    size_t capacity = needed + TENSOR_SPARE + needed / 8;
    TfLiteTensor *tensors = realloc(subgraph->tensors, capacity * sizeof *tensors);
    if (!tensors)
        return false;
    subgraph->tensors = tensors;
    subgraph->context.tensors = tensors;
    tb_tensor_state *states = realloc(subgraph->tensor_states, capacity * sizeof *states);
    if (!states)
        return false;
    subgraph->tensor_states = states;
    subgraph->tensor_capacity = capacity;
    return true;
}

static void clear_tensor(tb_subgraph *subgraph, size_t index)
{
    subgraph->tensors[index] = (TfLiteTensor){.buffer_handle = kTfLiteNullBufferHandle};
    subgraph->tensor_states[index] =
        (tb_tensor_state){.first_use = -1, .offset = TB_NOT_PLACED, .shares_with = -1};
}

bool tb_subgraph_add_tensors(tb_subgraph *subgraph, size_t count, int *first)
{
    size_t begin = subgraph->context.tensors_size;
    /* While the headroom lasts the array stays where it is: whoever adds may hold pointers. */
    if (count > subgraph->tensor_capacity - begin && !tb_subgraph_reserve_tensors(subgraph, count))
        return false;
    for (size_t k = begin; k < begin + count; k++)
        clear_tensor(subgraph, k);
    subgraph->context.tensors_size = begin + count;
    *first = (int)begin;
    return true;
}

static TfLiteIntArray *copy_ints(tb_i32s list)
{
    TfLiteIntArray *copy = list.count <= INT_MAX ? TfLiteIntArrayCreate((int)list.count) : NULL;
    if (copy && list.count)
        memcpy(copy->data, list.data, list.count * sizeof copy->data[0]);
    return copy;
}

static bool make_affine(const tb_quantization_def *def, TfLiteTensor *tensor)
{
    TfLiteAffineQuantization *affine = calloc(1, sizeof *affine);
    if (!affine)
        return false;
    tensor->quantization.type = kTfLiteAffineQuantization;
    tensor->quantization.params = affine;
    size_t count = def->scales.count;
    if (count > INT_MAX)
        return false;
    affine->quantized_dimension = def->quantized_dimension;
    affine->scale = TfLiteFloatArrayCreate((int)count);
    affine->zero_point = TfLiteIntArrayCreate((int)count);
    if (!affine->scale || !affine->zero_point)
        return false;
    memcpy(affine->scale->data, def->scales.data, count * sizeof(float));
    for (size_t k = 0; k < count; k++) {
        int64_t zero_point = def->zero_points.data[k];
        affine->zero_point->data[k] = zero_point > INT32_MAX   ? INT32_MAX
                                      : zero_point < INT32_MIN ? INT32_MIN
                                                               : (int32_t)zero_point;
    }
    if (count == 1) {
        tensor->params.scale = affine->scale->data[0];
        tensor->params.zero_point = affine->zero_point->data[0];
    }
    return true;
}

static bool make_quantization(const tb_quantization_def *def, TfLiteTensor *tensor)
{
    switch (def->type) {
    case kTfLiteNoQuantization:
        return true;
    case kTfLiteAffineQuantization:
        return make_affine(def, tensor);
    case kTfLiteBlockwiseQuantization: {
        TfLiteBlockwiseQuantization *blocks = calloc(1, sizeof *blocks);
        if (!blocks)
            return false;
        *blocks = (TfLiteBlockwiseQuantization){def->scale_tensor, def->zero_point_tensor,
                                                def->block_size, def->quantized_dimension};
        tensor->quantization.type = kTfLiteBlockwiseQuantization;
        tensor->quantization.params = blocks;
        return true;
    }
    case kTfLiteMultiAxisQuantization: {
        TfLiteMultiAxisQuantization *axes = calloc(1, sizeof *axes);
        if (!axes)
            return false;
        *axes =
            (TfLiteMultiAxisQuantization){def->scale_tensor, def->zero_point_tensor,
                                          def->block_size, copy_ints(def->quantized_dimensions)};
        tensor->quantization.type = kTfLiteMultiAxisQuantization;
        tensor->quantization.params = axes;
        return axes->quantized_dimensions != NULL;
    }
    }
    return false;
}

static TfLiteIntArray *copy_sparse_index(const tb_sparse_index_def *list)
{
    size_t count = tb_sparse_index_count(list);
    TfLiteIntArray *copy = count <= INT_MAX ? TfLiteIntArrayCreate((int)count) : NULL;
    for (size_t k = 0; copy && k < count; k++)
        copy->data[k] = tb_sparse_index_get(list, k);
    return copy;
}

static bool make_sparsity(const tb_sparsity_def *def, TfLiteTensor *tensor)
{
    if (!def->present)
        return true;
    TfLiteSparsity *sparsity = calloc(1, sizeof *sparsity);
    if (!sparsity)
        return false;
    tensor->sparsity = sparsity;
    sparsity->traversal_order = copy_ints(def->traversal_order);
    sparsity->block_map = copy_ints(def->block_map);
    sparsity->dim_metadata = calloc(def->dim_count + 1, sizeof *sparsity->dim_metadata);
    if (!sparsity->traversal_order || !sparsity->block_map || !sparsity->dim_metadata)
        return false;
    for (size_t k = 0; k < def->dim_count; k++) {
        tb_sparse_dim_def from = tb_sparsity_dim(def, k);
        TfLiteDimensionMetadata *to = &sparsity->dim_metadata[k];
        sparsity->dim_metadata_size = (int)k + 1;
        to->format = from.format;
        to->dense_size = from.dense_size;
        if (from.format != kTfLiteDimSparseCSR)
            continue;
        to->array_segments = copy_sparse_index(&from.segments);
        to->array_indices = copy_sparse_index(&from.indices);
        if (!to->array_segments || !to->array_indices)
            return false;
    }
    return true;
}

static tb_status make_tensor(tb_subgraph *subgraph, size_t index, tb_error *err)
{
    const tb_model *model = subgraph->interpreter->model;
    tb_tensor_def def = tb_model_tensor(model, (size_t)subgraph->index, index);
    TfLiteTensor *tensor = &subgraph->tensors[index];
    char place[TB_TENSOR_TEXT_SIZE];
    tensor->type = def.type;
    tensor->name = def.name;
    tensor->is_variable = def.is_variable;
    tensor->dims = copy_ints(def.shape);
    if (def.shape_signature.count)
        tensor->dims_signature = copy_ints(def.shape_signature);
    if (!tensor->dims || (def.shape_signature.count && !tensor->dims_signature) ||
        !make_quantization(&def.quantization, tensor) || !make_sparsity(&def.sparsity, tensor))
        return tb_fail(err, TB_NO_MEMORY, "%s: cannot allocate its shape and quantisation",
                       tb_tensor_text(subgraph, (int)index, place));

    bool unsized = tb_type_is_unsized(def.type);
    size_t bytes = 0;
    if (!tb_shape_bytes(def.type, tensor->dims->size, tensor->dims->data, &bytes))
        return tb_fail(err, TB_CORRUPT, "%s: its size does not fit 63 bits",
                       tb_tensor_text(subgraph, (int)index, place));
    if (def.is_external && !def.constant.data)
        return tb_fail(
            err, TB_UNSUPPORTED,
            "%s: its bytes are in another file, '%s', and a model out of memory has no folder",
            tb_tensor_text(subgraph, (int)index, place), def.external.file);
    if (def.constant.data) {
        if (def.is_variable)
            return tb_fail(err, TB_UNSUPPORTED, "%s: it is variable and constant at once",
                           tb_tensor_text(subgraph, (int)index, place));
        /* The ABI has one pointer for constants and others; the pages are mapped read-only. */
        tensor->data.raw_const = (const char *)def.constant.data;
        tensor->allocation_type = kTfLiteMmapRo;
        /* A buffer may be larger than its tensor; kernels copy `bytes` bytes. */
        tensor->bytes = unsized || tensor->sparsity ? def.constant.size : bytes;
        return TB_OK;
    }
    if (unsized && def.is_variable)
        return tb_fail(err, TB_UNSUPPORTED, "%s: a variable of type %s",
                       tb_tensor_text(subgraph, (int)index, place), TfLiteTypeGetName(def.type));
    tensor->bytes = bytes;
    tensor->allocation_type = unsized           ? kTfLiteDynamic
                              : def.is_variable ? kTfLiteArenaRwPersistent
                                                : kTfLiteArenaRw;
    return TB_OK;
}

/* ---- nodes ------------------------------------------------------------------------------------ */

tb_node *tb_subgraph_add_node(tb_subgraph *subgraph)
{
    if (subgraph->node_count == subgraph->node_capacity) {
        if (subgraph->node_count > INT_MAX / 2 - NODE_SPARE)
            return NULL;
        int capacity = subgraph->node_count + subgraph->node_count / 4 + NODE_SPARE;
        tb_node **nodes = realloc(subgraph->nodes, (size_t)capacity * sizeof(tb_node *));
        if (!nodes)
            return NULL;
        subgraph->nodes = nodes;
        int *plan = realloc(subgraph->plan, (size_t)capacity * sizeof *plan);
        if (!plan)
            return NULL;
        subgraph->plan = plan;
        subgraph->node_capacity = capacity;
    }
    tb_node *node = calloc(1, sizeof *node);
    if (!node)
        return NULL;
    node->delegated_to = -1;
    node->owned = true;
    subgraph->nodes[subgraph->node_count++] = node;
    return node;
}

static TfLiteIntArray *arena_ints(tb_arena *arena, tb_i32s list)
{
    if (list.count > INT_MAX)
        return NULL;
    TfLiteIntArray *copy =
        tb_arena_alloc(arena, TfLiteIntArrayGetSizeInBytes((int)list.count), _Alignof(int));
    if (!copy)
        return NULL;
    copy->size = (int)list.count;
    if (list.count)
        memcpy(copy->data, list.data, list.count * sizeof copy->data[0]);
    return copy;
}

/* The registration of an operator code, looked up once; NULL in *out for an unknown custom one,
   which only a delegate can run. */
static tb_status find_registration(tb_interpreter *interpreter, const tb_operator_def *def,
                                   tb_error *err, const TfLiteRegistration **out)
{
    const TfLiteRegistration **known = &interpreter->registrations[def->opcode_index];
    if (!*known) {
        tb_status status =
            tb_resolver_find(interpreter->resolver, def->opcode.builtin_code,
                             def->opcode.custom_name, def->opcode.version, err, known);
        if (status != TB_OK && def->opcode.builtin_code != kTfLiteBuiltinCustom)
            return status;
    }
    *out = *known;
    return TB_OK;
}

static bool has_type(const tb_subgraph *subgraph, const TfLiteIntArray *list, TfLiteType type)
{
    for (int k = 0; k < list->size; k++) {
        int index = list->data[k];
        if (index >= 0 && (size_t)index < subgraph->context.tensors_size &&
            subgraph->tensors[index].type == type)
            return true;
    }
    return false;
}

bool tb_node_has_side_effect(const tb_subgraph *subgraph, const tb_node *node)
{
    int code = node->registration.builtin_code;
    return code == kTfLiteBuiltinIf || code == kTfLiteBuiltinWhile ||
           code == kTfLiteBuiltinCallOnce ||
           has_type(subgraph, node->node.inputs, kTfLiteResource) ||
           has_type(subgraph, node->node.outputs, kTfLiteResource);
}

static tb_status make_node(tb_subgraph *subgraph, size_t index, tb_node *node, tb_error *err)
{
    tb_interpreter *interpreter = subgraph->interpreter;
    tb_operator_def def = tb_model_operator(interpreter->model, (size_t)subgraph->index, index);
    const TfLiteRegistration *registration = NULL;
    tb_status status = find_registration(interpreter, &def, err, &registration);
    if (status != TB_OK)
        return status;
    node->delegated_to = -1;
    node->resolved = registration != NULL;
    if (registration)
        node->registration = *registration;
    node->registration.builtin_code = def.opcode.builtin_code;
    node->registration.custom_name = def.opcode.custom_name;
    node->registration.version = def.opcode.version;

    node->node.inputs = arena_ints(&interpreter->arena, def.inputs);
    node->node.outputs = arena_ints(&interpreter->arena, def.outputs);
    node->node.intermediates = arena_ints(&interpreter->arena, def.intermediates);
    node->node.temporaries = TfLiteIntArrayCreate(0);
    if (!node->node.inputs || !node->node.outputs || !node->node.intermediates ||
        !node->node.temporaries)
        return tb_fail(err, TB_NO_MEMORY, "cannot allocate its lists of tensors");
    for (size_t k = 0; k < def.outputs.count; k++) {
        int tensor = def.outputs.data[k];
        char text[TB_TENSOR_TEXT_SIZE];
        if (tensor >= 0 && subgraph->tensors[tensor].allocation_type == kTfLiteMmapRo)
            return tb_fail(err, TB_CORRUPT, "it writes %s, which is a constant",
                           tb_tensor_text(subgraph, tensor, text));
        if (tensor >= 0) {
            tb_tensor_state *state = &subgraph->tensor_states[tensor];
            state->rewritten = state->is_filled;
            state->is_filled = true; /* so far; find_lifetimes tells for good */
        }
    }

    const char *init_data;
    size_t init_size = 0;
    if (def.opcode.builtin_code == kTfLiteBuiltinCustom) {
        if (def.custom_options.size > INT_MAX)
            return tb_fail(err, TB_UNSUPPORTED, "its options have %zu bytes, at most %d are taken",
                           def.custom_options.size, INT_MAX);
        init_data = (const char *)def.custom_options.data;
        init_size = def.custom_options.size;
        node->node.custom_initial_data = init_data;
        node->node.custom_initial_data_size = (int)init_size;
    } else {
        size_t params_size;
        status = tb_op_params_parse(&def, def.opcode.builtin_code, &interpreter->arena, err,
                                    &node->node.builtin_data, &params_size);
        if (status != TB_OK)
            return status;
        init_data = node->node.builtin_data;
    }
    node->node.might_have_side_effect = tb_node_has_side_effect(subgraph, node);
    if (!tb_subgraph_reserve_tensors(subgraph, 0))
        return tb_fail(err, TB_NO_MEMORY, "cannot allocate more tensors");
    interpreter->place.node = node;
    interpreter->place.node_index = (int)index;
    subgraph->in_init = true;
    node->node.user_data = tb_node_init(subgraph, node, init_data, init_size);
    subgraph->in_init = false;
    if (node->node.user_data == TfLiteKernelInitFailed()) {
        node->node.user_data = NULL;
        if (interpreter->fault.status != TB_OK) {
            /* It has told already, with its place in front. */
            if (err)
                *err = interpreter->fault;
            return interpreter->fault.status;
        }
        return tb_fail(err, TB_UNSUPPORTED, "its kernel cannot be initialised");
    }
    return TB_OK;
}

void tb_blocks_free(tb_subgraph *subgraph, tb_block **list)
{
    while (*list) {
        tb_block *block = *list;
        *list = block->next;
        tb_memory_give(&subgraph->interpreter->memory, TB_MEMORY_KERNEL, block->bytes);
        free(block);
    }
}

void tb_node_release(tb_subgraph *subgraph, tb_node *node)
{
    tb_node_free(subgraph, node, node->node.user_data);
    node->node.user_data = NULL;
    tb_blocks_free(subgraph, &node->init_blocks);
    tb_blocks_free(subgraph, &node->prepare_blocks);
    TfLiteIntArrayFree(node->node.temporaries);
    node->node.temporaries = NULL;
    TfLiteOperatorDelete(node->opaque_view);
    free(node->reason);
    if (!node->owned)
        return;
    TfLiteIntArrayFree(node->node.inputs);
    TfLiteIntArrayFree(node->node.outputs);
    TfLiteIntArrayFree(node->node.intermediates);
    free(node->node.builtin_data);
}

/* ---- the whole -------------------------------------------------------------------------------- */

static int *arena_copy(tb_arena *arena, tb_i32s list)
{
    int *copy = TB_ARENA_NEW(arena, int, list.count);
    if (copy && list.count)
        memcpy(copy, list.data, list.count * sizeof *copy);
    return copy;
}

static tb_status make_edges(tb_subgraph *subgraph, const tb_subgraph_def *def, tb_error *err)
{
    tb_arena *arena = &subgraph->interpreter->arena;
    if (def->inputs.count > INT_MAX || def->outputs.count > INT_MAX)
        return tb_fail(err, TB_UNSUPPORTED, "more than %d inputs or outputs", INT_MAX);
    subgraph->inputs = arena_copy(arena, def->inputs);
    subgraph->outputs = arena_copy(arena, def->outputs);
    subgraph->input_count = (int)def->inputs.count;
    subgraph->output_count = (int)def->outputs.count;
    for (size_t k = 0; k < subgraph->model_tensor_count; k++)
        subgraph->variable_count += subgraph->tensors[k].is_variable;
    subgraph->variables = TB_ARENA_NEW(arena, int, (size_t)subgraph->variable_count);
    if (!subgraph->inputs || !subgraph->outputs || !subgraph->variables)
        return tb_fail(err, TB_NO_MEMORY, "cannot allocate its lists of inputs and outputs");
    int variable = 0;
    for (size_t k = 0; k < subgraph->model_tensor_count; k++) {
        if (subgraph->tensors[k].is_variable)
            subgraph->variables[variable++] = (int)k;
    }
    for (int k = 0; k < subgraph->input_count; k++) {
        if (subgraph->inputs[k] >= 0)
            subgraph->tensor_states[subgraph->inputs[k]].is_input = true;
    }
    for (int k = 0; k < subgraph->output_count; k++) {
        if (subgraph->outputs[k] >= 0)
            subgraph->tensor_states[subgraph->outputs[k]].is_output = true;
    }
    return TB_OK;
}

static tb_status make_nodes(tb_subgraph *subgraph, size_t count, tb_error *err)
{
    tb_interpreter *interpreter = subgraph->interpreter;
    if (count > INT_MAX / 4)
        return tb_fail(err, TB_UNSUPPORTED, "%zu operators, at most %d are taken", count,
                       INT_MAX / 4);
    int capacity = (int)count + NODE_SPARE;
    tb_node *nodes = TB_ARENA_NEW(&interpreter->arena, tb_node, count);
    subgraph->nodes = calloc((size_t)capacity, sizeof(tb_node *));
    subgraph->plan = calloc((size_t)capacity, sizeof(int));
    if (!nodes || !subgraph->nodes || !subgraph->plan)
        return tb_fail(err, TB_NO_MEMORY, "cannot allocate %zu nodes", count);
    subgraph->node_capacity = capacity;
    for (size_t k = 0; k < count; k++) {
        subgraph->nodes[k] = &nodes[k];
        subgraph->node_count = (int)k + 1;
        tb_status status = make_node(subgraph, k, &nodes[k], err);
        if (status != TB_OK) {
            if (interpreter->fault.status == TB_OK) {
                char place[TB_TENSOR_TEXT_SIZE];
                tb_in(err, "%s",
                      tb_model_operator_place(interpreter->model, (size_t)subgraph->index, k,
                                              sizeof place, place));
            }
            return status;
        }
        subgraph->plan[k] = (int)k;
    }
    subgraph->model_node_count = (int)count;
    subgraph->plan_count = (int)count;
    interpreter->place.node = NULL;
    return TB_OK;
}

tb_status tb_subgraph_build(tb_subgraph *subgraph, tb_interpreter *interpreter, int index,
                            tb_error *err)
{
    tb_subgraph_def def = tb_model_subgraph(interpreter->model, (size_t)index);
    subgraph->interpreter = interpreter;
    subgraph->index = index;
    subgraph->name = def.name;
    subgraph->state = TB_UNINVOKABLE;
    subgraph->dynamic_tensor = -1;
    subgraph->current_position = -1;
    subgraph->plan_result.bound_at = -1;
    tb_context_init(subgraph);
    interpreter->place = (tb_place){.subgraph = subgraph};

    int first;
    if (!tb_subgraph_add_tensors(subgraph, def.tensor_count, &first))
        return tb_fail(err, TB_NO_MEMORY, "subgraph %d: cannot allocate %zu tensors", index,
                       def.tensor_count);
    subgraph->model_tensor_count = def.tensor_count;
    for (size_t k = 0; k < def.tensor_count; k++) {
        tb_status status = make_tensor(subgraph, k, err);
        if (status != TB_OK) {
            tb_in(err, "subgraph %d", index);
            return status;
        }
    }
    tb_status status = make_edges(subgraph, &def, err);
    if (status != TB_OK) {
        tb_in(err, "subgraph %d", index);
        return status;
    }
    return make_nodes(subgraph, def.operator_count, err);
}

static void free_tensor(tb_subgraph *subgraph, TfLiteTensor *tensor)
{
    if (tensor->buffer_handle != kTfLiteNullBufferHandle && tensor->delegate)
        tb_delegate_free_handle(&subgraph->context, tensor->delegate, &tensor->buffer_handle);
    TfLiteTensorFree(tensor);
}

void tb_subgraph_free(tb_subgraph *subgraph)
{
    if (!subgraph->interpreter)
        return;
    for (int k = subgraph->node_count; k-- > 0;) {
        tb_node *node = subgraph->nodes[k];
        tb_node_release(subgraph, node);
        if (node->owned)
            free(node);
    }
    for (size_t k = 0; k < subgraph->context.tensors_size; k++)
        free_tensor(subgraph, &subgraph->tensors[k]);
    tb_subgraph_release_arena(subgraph);
    tb_subgraph_free_delegation(subgraph);
    tb_blocks_free(subgraph, &subgraph->eval_blocks);
    free(subgraph->scratch);
    free(subgraph->tensors);
    free(subgraph->tensor_states);
    free(subgraph->nodes);
    free(subgraph->plan);
}
