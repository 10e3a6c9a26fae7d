/* Drafts of models; see draft.h. */
#include "models/draft.h"

#include <stdio.h>
#include <string.h>

#include "runtime/base/size.h"

void tb_draft_init(tb_draft *draft, const char *description)
{
    memset(draft, 0, sizeof *draft);
    draft->description = tb_draft_text(draft, description);
    tb_draft_buffer_add(draft, NULL, 0);
}

void tb_draft_free(tb_draft *draft)
{
    tb_arena_free(&draft->arena);
    memset(draft, 0, sizeof *draft);
}

int tb_draft_fail(tb_draft *draft, tb_status status, const char *format, ...)
{
    if (draft->error.status == TB_OK) {
        va_list args;
        va_start(args, format);
        tb_vfail(&draft->error, status, format, args);
        va_end(args);
    }
    return -1;
}

void *tb_draft_alloc(tb_draft *draft, size_t count, size_t size)
{
    if (draft->error.status != TB_OK)
        return NULL;
    void *memory = tb_arena_calloc(&draft->arena, count, size);
    if (!memory)
        tb_draft_fail(draft, TB_NO_MEMORY, "draft model: cannot allocate %zu x %zu bytes", count,
                      size);
    return memory;
}

static void *copy(tb_draft *draft, const void *items, size_t count, size_t size)
{
    void *memory = tb_draft_alloc(draft, count, size);
    if (memory && count)
        memcpy(memory, items, count * size);
    return memory;
}

const char *tb_draft_text(tb_draft *draft, const char *text)
{
    return text ? copy(draft, text, strlen(text) + 1, 1) : NULL;
}

tb_int_list tb_draft_ints(tb_draft *draft, tb_int_list list)
{
    int32_t *items = copy(draft, list.items, list.count, sizeof *list.items);
    return items ? (tb_int_list){list.count, items} : (tb_int_list){0, NULL};
}

/*
 * Makes room for one more item behind `count` in an array that lies in the arena, where an outgrown
 * array stays behind: at most as much again as the array holds.
 */
static bool grow(tb_draft *draft, void *array_pointer, size_t count, size_t *capacity, size_t size)
{
    if (draft->error.status != TB_OK)
        return false;
    if (count < *capacity)
        return true;
    size_t wanted = *capacity ? *capacity * 2 : 8;
    void *grown = tb_draft_alloc(draft, wanted, size);
    if (!grown)
        return false;
    void *old;
    memcpy(&old, array_pointer, sizeof old);
    if (count)
        memcpy(grown, old, count * size);
    memcpy(array_pointer, &grown, sizeof grown);
    *capacity = wanted;
    return true;
}

#define GROW(draft, owner, array, count, capacity) \
    grow((draft), &(owner)->array, (owner)->count, &(owner)->capacity, sizeof *(owner)->array)

static tb_draft_subgraph *find_subgraph(tb_draft *draft, int subgraph)
{
    if (draft->error.status != TB_OK)
        return NULL;
    if (subgraph >= 0 && (size_t)subgraph < draft->subgraph_count)
        return &draft->subgraphs[subgraph];
    tb_draft_fail(draft, TB_USAGE, "draft model: there is no subgraph %d among %zu", subgraph,
                  draft->subgraph_count);
    return NULL;
}

int tb_draft_subgraph_add(tb_draft *draft, const char *name)
{
    if (!GROW(draft, draft, subgraphs, subgraph_count, subgraph_capacity))
        return -1;
    draft->subgraphs[draft->subgraph_count] =
        (tb_draft_subgraph){.name = tb_draft_text(draft, name)};
    return (int)draft->subgraph_count++;
}

int tb_draft_buffer_add(tb_draft *draft, const void *data, size_t size)
{
    if (!GROW(draft, draft, buffers, buffer_count, buffer_capacity))
        return -1;
    draft->buffers[draft->buffer_count] = (tb_draft_buffer){.data = data, .size = size};
    return (int)draft->buffer_count++;
}

static tb_draft_quant *copy_quant(tb_draft *draft, const tb_draft_quant *quant)
{
    return quant ? tb_draft_quant_axis(draft, quant->scale, quant->zero_point, quant->count,
                                       quant->axis)
                 : NULL;
}

int tb_draft_tensor_add(tb_draft *draft, int subgraph, const tb_draft_tensor *tensor)
{
    tb_draft_subgraph *graph = find_subgraph(draft, subgraph);
    if (!graph || !GROW(draft, graph, tensors, tensor_count, tensor_capacity))
        return -1;
    size_t rank = tensor->rank > 0 ? (size_t)tensor->rank : 0;
    tb_draft_tensor added = *tensor;
    added.name = tb_draft_text(draft, tensor->name);
    added.shape = copy(draft, tensor->shape, rank, sizeof *tensor->shape);
    added.shape_signature = tensor->shape_signature ? copy(draft, tensor->shape_signature, rank,
                                                           sizeof *tensor->shape_signature)
                                                    : NULL;
    added.quant = copy_quant(draft, tensor->quant);
    if (draft->error.status != TB_OK)
        return -1;
    graph->tensors[graph->tensor_count] = added;
    return (int)graph->tensor_count++;
}

/* With the vectors and texts that the fields point to. */
static tb_op_options copy_options(tb_draft *draft, const tb_op_options *options)
{
    tb_op_options added = *options;
    added.fields = copy(draft, options->fields, options->count, sizeof *options->fields);
    for (size_t i = 0; added.fields && i < added.count; i++) {
        tb_op_option *option = &added.fields[i];
        const tb_op_option_spec *spec = tb_op_option_find(options->table, option->field);
        if (!spec) {
            tb_draft_fail(draft, TB_USAGE, "draft model: options table %s has no field %u",
                          tb_op_options_name(options->table), option->field);
        } else if (spec->kind == TB_FB_STRING) {
            option->as.text = tb_draft_text(draft, option->as.text);
        } else if (tb_op_option_element_size(spec->kind)) {
            option->as.vector.data = copy(draft, option->as.vector.data, option->as.vector.count,
                                          tb_op_option_element_size(spec->kind));
        }
    }
    return added;
}

int tb_draft_op_add(tb_draft *draft, int subgraph, const tb_draft_op *op)
{
    tb_draft_subgraph *graph = find_subgraph(draft, subgraph);
    if (!graph || !GROW(draft, graph, ops, op_count, op_capacity))
        return -1;
    tb_draft_op added = *op;
    added.custom_code = tb_draft_text(draft, op->custom_code);
    added.inputs = tb_draft_ints(draft, op->inputs);
    added.outputs = tb_draft_ints(draft, op->outputs);
    added.intermediates = tb_draft_ints(draft, op->intermediates);
    added.mutating = tb_draft_ints(draft, op->mutating);
    added.options = copy_options(draft, &op->options);
    added.custom_options =
        op->custom_options ? copy(draft, op->custom_options, op->custom_options_size, 1) : NULL;
    if (draft->error.status != TB_OK)
        return -1;
    graph->ops[graph->op_count] = added;
    return (int)graph->op_count++;
}

int tb_draft_metadata_add(tb_draft *draft, const char *name, const void *data, size_t size)
{
    int buffer = tb_draft_buffer_add(draft, data, size);
    if (buffer < 0 || !GROW(draft, draft, metadata, metadata_count, metadata_capacity))
        return -1;
    draft->metadata[draft->metadata_count] =
        (tb_draft_metadata){tb_draft_text(draft, name), (uint32_t)buffer};
    return (int)draft->metadata_count++;
}

static tb_draft_binding *bind_by_name(tb_draft *draft, const tb_draft_subgraph *graph,
                                      tb_int_list tensors)
{
    tb_draft_binding *bindings = tb_draft_alloc(draft, tensors.count, sizeof *bindings);
    for (size_t i = 0; bindings && i < tensors.count; i++) {
        int32_t tensor = tensors.items[i];
        if (tensor < 0 || (size_t)tensor >= graph->tensor_count) {
            tb_draft_fail(draft, TB_USAGE,
                          "draft model: a signature needs tensor %d, the subgraph has %zu", tensor,
                          graph->tensor_count);
            return NULL;
        }
        bindings[i] = (tb_draft_binding){graph->tensors[tensor].name, (uint32_t)tensor};
    }
    return bindings;
}

int tb_draft_signature_add(tb_draft *draft, int subgraph, const char *key)
{
    const tb_draft_subgraph *graph = find_subgraph(draft, subgraph);
    if (!graph || !GROW(draft, draft, signatures, signature_count, signature_capacity))
        return -1;
    tb_draft_signature signature = {
        .key = tb_draft_text(draft, key),
        .subgraph = (uint32_t)subgraph,
        .input_count = graph->inputs.count,
        .output_count = graph->outputs.count,
        .inputs = bind_by_name(draft, graph, graph->inputs),
        .outputs = bind_by_name(draft, graph, graph->outputs),
    };
    if (draft->error.status != TB_OK)
        return -1;
    draft->signatures[draft->signature_count] = signature;
    return (int)draft->signature_count++;
}

void tb_draft_inputs_set(tb_draft *draft, int subgraph, tb_int_list tensors)
{
    tb_draft_subgraph *graph = find_subgraph(draft, subgraph);
    if (graph)
        graph->inputs = tb_draft_ints(draft, tensors);
}

void tb_draft_outputs_set(tb_draft *draft, int subgraph, tb_int_list tensors)
{
    tb_draft_subgraph *graph = find_subgraph(draft, subgraph);
    if (graph)
        graph->outputs = tb_draft_ints(draft, tensors);
}

tb_draft_quant *tb_draft_quant_axis(tb_draft *draft, const float *scales,
                                    const int64_t *zero_points, size_t count, int axis)
{
    tb_draft_quant *quant = tb_draft_alloc(draft, 1, sizeof *quant);
    if (!quant)
        return NULL;
    quant->count = count;
    quant->axis = axis;
    quant->scale = copy(draft, scales, count, sizeof *scales);
    quant->zero_point = zero_points ? copy(draft, zero_points, count, sizeof *zero_points)
                                    : tb_draft_alloc(draft, count, sizeof *zero_points);
    return quant->scale && quant->zero_point ? quant : NULL;
}

tb_draft_quant *tb_draft_quant_new(tb_draft *draft, float scale, int64_t zero_point)
{
    return tb_draft_quant_axis(draft, &scale, &zero_point, 1, 0);
}
