/*
 * Where tensors lie: lifetimes over the execution plan, the arena that the planner lays out, the
 * block of variables, and what kernels allocate at run time, counted.
 *
 * The arena is planned in rounds. The first covers the plan up to the first node whose outputs are
 * only known at run time; each further one starts behind such a node, when it has run, and leaves in
 * place what lives across the border.
 */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/base/os.h"
#include "runtime/base/size.h"
#include "runtime/interpreter_internal.h"
#include "runtime/tflite_abi/builtin_ops.h"

/* ---- lifetimes -------------------------------------------------------------------------------- */

static bool exists_before(const tb_subgraph *subgraph, int tensor)
{
    const TfLiteTensor *t = &subgraph->tensors[tensor];
    return subgraph->tensor_states[tensor].is_input || t->is_variable ||
           t->allocation_type == kTfLiteMmapRo || t->allocation_type == kTfLitePersistentRo;
}

static void touch(tb_subgraph *subgraph, int tensor, int position)
{
    tb_tensor_state *state = &subgraph->tensor_states[tensor];
    if (state->first_use < 0)
        state->first_use = position;
    if (state->last_use < position)
        state->last_use = position;
}

/* `writers`: the first position that writes each tensor, -1 for none. */
static TfLiteStatus check_order(tb_subgraph *subgraph, const int *writers, int position)
{
    tb_interpreter *interpreter = subgraph->interpreter;
    int index = subgraph->plan[position];
    const tb_node *node = subgraph->nodes[index];
    for (int k = 0; k < node->node.inputs->size; k++) {
        int tensor = node->node.inputs->data[k];
        if (tensor < 0 || writers[tensor] < position || exists_before(subgraph, tensor))
            continue;
        char text[TB_TENSOR_TEXT_SIZE];
        tb_place before = interpreter->place;
        interpreter->place = (tb_place){.subgraph = subgraph, .node = node, .node_index = index};
        int writer = subgraph->plan[writers[tensor]];
        if (writer == index)
            tb_fault(subgraph, TB_CORRUPT, "it reads its own result %s",
                     tb_tensor_text(subgraph, tensor, text));
        else
            tb_fault(subgraph, TB_CORRUPT, "it reads %s before node %d %s writes it",
                     tb_tensor_text(subgraph, tensor, text), writer,
                     tb_node_name(subgraph->nodes[writer]));
        interpreter->place = before;
        return kTfLiteError;
    }
    return kTfLiteOk;
}

TfLiteStatus tb_subgraph_find_lifetimes(tb_subgraph *subgraph)
{
    size_t count = subgraph->context.tensors_size;
    int *writers = malloc((count + 1) * sizeof *writers);
    if (!writers)
        return tb_fault(subgraph, TB_NO_MEMORY, "cannot allocate lifetimes of %zu tensors", count);
    bool keep_all = subgraph->interpreter->keep_all_tensors;
    for (size_t k = 0; k < count; k++) {
        tb_tensor_state *state = &subgraph->tensor_states[k];
        writers[k] = -1;
        state->first_use = state->is_input ? 0 : -1;
        state->last_use = state->is_input || state->is_output || keep_all ? INT32_MAX : -1;
    }
    for (int position = 0; position < subgraph->plan_count; position++) {
        const TfLiteNode *node = &subgraph->nodes[subgraph->plan[position]]->node;
        for (int k = 0; k < node->outputs->size; k++) {
            int tensor = node->outputs->data[k];
            if (tensor >= 0 && writers[tensor] < 0)
                writers[tensor] = position;
        }
    }
    for (size_t k = 0; k < count; k++)
        subgraph->tensor_states[k].is_filled =
            subgraph->tensor_states[k].is_input || writers[k] >= 0;
    TfLiteStatus status = kTfLiteOk;
    for (int position = 0; position < subgraph->plan_count && status == kTfLiteOk; position++) {
        const TfLiteNode *node = &subgraph->nodes[subgraph->plan[position]]->node;
        status = check_order(subgraph, writers, position);
        for (int k = 0; k < node->inputs->size; k++) {
            if (node->inputs->data[k] >= 0)
                touch(subgraph, node->inputs->data[k], position);
        }
        for (int k = 0; k < node->outputs->size; k++) {
            if (node->outputs->data[k] >= 0)
                touch(subgraph, node->outputs->data[k], position);
        }
    }
    for (int k = 0; k < subgraph->output_count && status == kTfLiteOk; k++) {
        int tensor = subgraph->outputs[k];
        char text[TB_TENSOR_TEXT_SIZE];
        if (tensor >= 0 && writers[tensor] < 0 && !exists_before(subgraph, tensor))
            status = tb_fault(subgraph, TB_CORRUPT, "output %d, %s, is written by no node", k,
                              tb_tensor_text(subgraph, tensor, text));
    }
    free(writers);
    return status;
}

/* ---- in place --------------------------------------------------------------------------------- */

static int root_of(const tb_subgraph *subgraph, int tensor)
{
    while (subgraph->tensor_states[tensor].shares_with >= 0)
        tensor = subgraph->tensor_states[tensor].shares_with;
    return tensor;
}

static bool is_planned_kind(const tb_subgraph *subgraph, int tensor)
{
    return tensor >= 0 && subgraph->tensors[tensor].allocation_type == kTfLiteArenaRw &&
           subgraph->tensors[tensor].bytes > 0;
}

/*
 * May the output lie where the input lies? Tensors that share form a group; the state of its root
 * carries the lifetime of all. Both have to be placed in this round, which starts at `first`. Inputs
 * and outputs of the subgraph stay by themselves: the application fills and reads them.
 */
static bool may_share(const tb_subgraph *subgraph, const tb_node *node, int first, int position,
                      int input, int output)
{
    const tb_tensor_state *out = &subgraph->tensor_states[output];
    if (!is_planned_kind(subgraph, input) || !is_planned_kind(subgraph, output))
        return false;
    if (out->is_input || out->is_output || out->shares_with >= 0 || out->first_use != position ||
        out->offset != TB_NOT_PLACED)
        return false;
    int root = root_of(subgraph, input);
    const tb_tensor_state *group = &subgraph->tensor_states[root];
    if (root == output || group->is_input || subgraph->tensor_states[input].is_input ||
        group->offset != TB_NOT_PLACED || !group->is_filled || group->first_use < first ||
        group->first_use >= position ||
        subgraph->tensors[root].bytes != subgraph->tensors[output].bytes)
        return false;
    if (node->registration.inplace_operator & kTfLiteInplaceOpDataUnmodified)
        return true;
    /* The node overwrites what it reads: nobody may want it afterwards, nor read it twice here. */
    if (group->last_use != position)
        return false;
    int reads = 0;
    for (int k = 0; k < node->node.inputs->size; k++) {
        int other = node->node.inputs->data[k];
        reads += other >= 0 && root_of(subgraph, other) == root;
    }
    return reads == 1;
}

static void share_in_place(tb_subgraph *subgraph, int first, int position)
{
    const tb_node *node = subgraph->nodes[subgraph->plan[position]];
    uint64_t flags = node->registration.inplace_operator;
    const TfLiteIntArray *inputs = node->node.inputs, *outputs = node->node.outputs;
    if (flags == kTfLiteInplaceOpNone || outputs->size == 0)
        return;
    bool paired = flags & kTfLiteInplaceInputCanBeSharedWithCorrespondingOutput;
    for (int k = 0; k < inputs->size && k < kTfLiteMaxSharableOpInputs; k++) {
        int out = paired ? k : 0;
        if (!(flags & ((uint64_t)kTfLiteInplaceOpInput0Shared << k)) || out >= outputs->size)
            continue;
        int input = inputs->data[k], output = outputs->data[out];
        if (!may_share(subgraph, node, first, position, input, output))
            continue;
        int root = root_of(subgraph, input);
        tb_tensor_state *group = &subgraph->tensor_states[root];
        tb_tensor_state *member = &subgraph->tensor_states[output];
        member->shares_with = root;
        if (member->last_use > group->last_use)
            group->last_use = member->last_use;
        if (!paired)
            return;
    }
}

/* ---- the arena -------------------------------------------------------------------------------- */

/*
 * Large blocks come from the system directly: malloc would clear them, and keep them when they are
 * freed. Under a memory checker everything comes from malloc, so that overruns are seen.
 */
#if defined(__SANITIZE_ADDRESS__)
#define PAGED_BYTES UINT64_MAX
#else
#define PAGED_BYTES (UINT64_C(256) << 10)
#endif

/* Zeroed, aligned to TB_PLAN_ALIGNMENT; NULL without memory. */
static void *take_block(uint64_t bytes)
{
    size_t size;
    if (bytes > SIZE_MAX || !tb_add_size((size_t)bytes, TB_PLAN_ALIGNMENT, &size))
        return NULL;
    if (bytes >= PAGED_BYTES)
        return tb_os_take_pages((size_t)bytes);
    size = tb_align_up(size, TB_PLAN_ALIGNMENT);
    void *block = aligned_alloc(TB_PLAN_ALIGNMENT, size);
    return block ? memset(block, 0, size) : NULL;
}

static void give_block(void *block, uint64_t bytes)
{
    if (bytes >= PAGED_BYTES)
        tb_os_give_pages(block, (size_t)bytes);
    else
        free(block);
}

/* Replaces a block by one of another size and keeps `keep` bytes. */
static TfLiteStatus replace_block(tb_subgraph *subgraph, const char *what, char **block,
                                  uint64_t *capacity, uint64_t needed, uint64_t keep)
{
    tb_memory_count *memory = &subgraph->interpreter->memory;
    if (keep == 0) { /* then there is no need to hold both for a moment */
        give_block(*block, *capacity);
        tb_memory_give(memory, TB_MEMORY_ARENA, *capacity);
        *block = NULL;
        *capacity = 0;
    }
    bool counted = tb_memory_take(memory, TB_MEMORY_ARENA, needed);
    char *fresh = counted ? take_block(needed) : NULL;
    if (!fresh) {
        if (counted)
            tb_memory_give(memory, TB_MEMORY_ARENA, needed);
        return tb_fault(subgraph, TB_NO_MEMORY, "%s need %llu bytes; %s", what,
                        (unsigned long long)needed,
                        counted ? "there is no memory" : "that passes the memory limit");
    }
    if (keep) {
        memcpy(fresh, *block, (size_t)keep);
        give_block(*block, *capacity);
        tb_memory_give(memory, TB_MEMORY_ARENA, *capacity);
    }
    *block = fresh;
    *capacity = needed;
    return kTfLiteOk;
}

static void resolve(tb_subgraph *subgraph, int tensor)
{
    const tb_tensor_state *state = &subgraph->tensor_states[root_of(subgraph, tensor)];
    TfLiteTensor *t = &subgraph->tensors[tensor];
    if (state->offset == TB_NOT_PLACED)
        return;
    if (t->allocation_type == kTfLiteArenaRw && !state->persistent_placed)
        t->data.raw = subgraph->arena + state->offset;
    else if (t->allocation_type == kTfLiteArenaRwPersistent && state->persistent_placed)
        t->data.raw = subgraph->persistent + state->offset;
}

/* What one round places. */
typedef struct round_blocks {
    tb_plan_block *blocks;
    int32_t *owners; /* a tensor, or ~scratch */
    size_t count;
} round_blocks;

static int32_t clamp_last(const tb_subgraph *subgraph, int32_t first, int32_t last)
{
    int32_t end = subgraph->plan_count > 0 ? subgraph->plan_count - 1 : 0;
    last = last > end ? end : last;
    return last < first ? first : last;
}

static void add_block(const tb_subgraph *subgraph, round_blocks *round, int32_t owner,
                      uint64_t bytes, int32_t first, int32_t last, int64_t offset)
{
    round->owners[round->count] = owner;
    round->blocks[round->count++] = (tb_plan_block){
        .bytes = bytes,
        .first = first < 0 ? 0 : first,
        .last = clamp_last(subgraph, first < 0 ? 0 : first, last),
        .fixed = offset != TB_NOT_PLACED,
        .offset = offset == TB_NOT_PLACED ? 0 : (uint64_t)offset,
    };
}

/* Does this round place the tensor: it starts in it and has no place yet? */
static bool starts_here(const tb_subgraph *subgraph, int tensor, int first, int last)
{
    const tb_tensor_state *state = &subgraph->tensor_states[tensor];
    /* Inputs belong to the first round even where there is no node at all. */
    bool now =
        state->first_use >= first && (state->first_use <= last || (state->is_input && first == 0));
    return is_planned_kind(subgraph, tensor) && state->is_filled &&
           state->offset == TB_NOT_PLACED && now;
}

static void collect(tb_subgraph *subgraph, int first, int last, round_blocks *round)
{
    size_t count = subgraph->context.tensors_size;
    for (size_t k = 0; k < count; k++) {
        int tensor = (int)k;
        const tb_tensor_state *state = &subgraph->tensor_states[tensor];
        if (state->shares_with >= 0 || state->persistent_placed)
            continue;
        if (state->offset != TB_NOT_PLACED) {
            if (state->last_use >= first)
                add_block(subgraph, round, tensor, state->placed_bytes, state->first_use,
                          state->last_use, state->offset);
        } else if (starts_here(subgraph, tensor, first, last)) {
            add_block(subgraph, round, tensor, subgraph->tensors[tensor].bytes, state->first_use,
                      state->last_use, TB_NOT_PLACED);
        }
    }
    for (int k = 0; k < subgraph->scratch_count; k++) {
        const tb_scratch *scratch = &subgraph->scratch[k];
        if (scratch->position >= first && scratch->position <= last && scratch->bytes > 0)
            add_block(subgraph, round, ~k, scratch->bytes, scratch->position, scratch->position,
                      TB_NOT_PLACED);
    }
}

/* Temporaries are no part of the graph: they live while their node runs. */
static void note_temporaries(tb_subgraph *subgraph, int first, int last)
{
    bool keep_all = subgraph->interpreter->keep_all_tensors;
    for (int position = first; position <= last; position++) {
        const TfLiteIntArray *list = subgraph->nodes[subgraph->plan[position]]->node.temporaries;
        for (int k = 0; list && k < list->size; k++) {
            int tensor = list->data[k];
            if (tensor < 0 || (size_t)tensor >= subgraph->context.tensors_size)
                continue;
            tb_tensor_state *state = &subgraph->tensor_states[tensor];
            if (state->offset != TB_NOT_PLACED)
                continue;
            state->is_filled = true;
            state->first_use = position;
            state->last_use = keep_all ? INT32_MAX : position;
        }
    }
}

static void take_offsets(tb_subgraph *subgraph, const round_blocks *round)
{
    for (size_t k = 0; k < round->count; k++) {
        const tb_plan_block *block = &round->blocks[k];
        int32_t owner = round->owners[k];
        if (block->fixed)
            continue;
        if (owner < 0) {
            subgraph->scratch[~owner].offset = (int64_t)block->offset;
            continue;
        }
        subgraph->tensor_states[owner].offset = (int64_t)block->offset;
        subgraph->tensor_states[owner].placed_bytes = block->bytes;
    }
}

/* Whatever the reason might be: nobody runs with an output that has no memory. */
static TfLiteStatus check_outputs(tb_subgraph *subgraph, int first, int last)
{
    for (int position = first; position <= last; position++) {
        const TfLiteIntArray *outputs = subgraph->nodes[subgraph->plan[position]]->node.outputs;
        for (int k = 0; k < outputs->size; k++) {
            char text[TB_TENSOR_TEXT_SIZE];
            int tensor = outputs->data[k];
            if (is_planned_kind(subgraph, tensor) && !subgraph->tensors[tensor].data.raw)
                return tb_fault(subgraph, TB_UNSUPPORTED,
                                "%s got its size only after a node that uses it was prepared",
                                tb_tensor_text(subgraph, tensor, text));
        }
    }
    return kTfLiteOk;
}

static TfLiteStatus place_arena(tb_subgraph *subgraph, int first, int last)
{
    note_temporaries(subgraph, first, last);
    if (!subgraph->interpreter->keep_all_tensors) {
        for (int position = first; position <= last; position++)
            share_in_place(subgraph, first, position);
    }
    size_t room = subgraph->context.tensors_size + (size_t)subgraph->scratch_count + 1;
    round_blocks round = {malloc(room * sizeof(tb_plan_block)), malloc(room * sizeof(int32_t)), 0};
    TfLiteStatus status = kTfLiteError;
    tb_error err = TB_ERROR_NONE;
    tb_plan_result result;
    if (!round.blocks || !round.owners) {
        tb_fault(subgraph, TB_NO_MEMORY, "cannot allocate a memory plan of %zu tensors", room);
        goto end;
    }
    collect(subgraph, first, last, &round);
    if (tb_memory_plan(round.blocks, round.count, &err, &result) != TB_OK) {
        tb_fault(subgraph, err.status, "%s", err.text);
        goto end;
    }
    uint64_t kept = first > 0 ? subgraph->arena_capacity : 0;
    char *before = subgraph->arena;
    bool shrinks = first == 0 && result.peak_bytes < subgraph->arena_capacity / 4;
    if (result.peak_bytes > subgraph->arena_capacity || shrinks) {
        status = replace_block(subgraph, "its tensors", &subgraph->arena, &subgraph->arena_capacity,
                               result.peak_bytes, kept);
        if (status != kTfLiteOk)
            goto end;
    }
    take_offsets(subgraph, &round);
    bool moved = subgraph->arena != before;
    for (size_t k = 0; k < subgraph->context.tensors_size; k++) {
        const tb_tensor_state *state = &subgraph->tensor_states[k];
        bool fresh = state->first_use >= first && state->first_use <= last;
        if (moved || fresh || first == 0)
            resolve(subgraph, (int)k);
    }
    tb_plan_result *sum = &subgraph->plan_result;
    if (result.peak_bytes > sum->peak_bytes)
        sum->peak_bytes = result.peak_bytes;
    if (result.bound_bytes > sum->bound_bytes) {
        sum->bound_bytes = result.bound_bytes;
        sum->bound_at = result.bound_at;
    }
    status = check_outputs(subgraph, first, last);
end:
    free(round.blocks);
    free(round.owners);
    return status;
}

/* ---- variables -------------------------------------------------------------------------------- */

static bool wants_persistent(const tb_subgraph *subgraph, int tensor)
{
    return tensor >= 0 && (size_t)tensor < subgraph->context.tensors_size &&
           subgraph->tensors[tensor].allocation_type == kTfLiteArenaRwPersistent &&
           !subgraph->tensor_states[tensor].persistent_placed &&
           subgraph->tensors[tensor].bytes > 0;
}

static bool append_persistent(tb_subgraph *subgraph, int tensor, uint64_t *end)
{
    tb_tensor_state *state = &subgraph->tensor_states[tensor];
    uint64_t bytes = subgraph->tensors[tensor].bytes;
    if (bytes > (uint64_t)INT64_MAX / 2 || *end > (uint64_t)INT64_MAX / 2)
        return false;
    state->persistent_placed = true;
    state->shares_with = -1;
    state->offset = (int64_t)*end;
    state->placed_bytes = bytes;
    *end += tb_align_up(bytes, TB_PLAN_ALIGNMENT);
    return true;
}

/* Places the tensors of a list that keep their values between invokes; they never share. */
static bool append_list(tb_subgraph *subgraph, const int *tensors, int count, uint64_t *end)
{
    for (int k = 0; k < count; k++) {
        if (wants_persistent(subgraph, tensors[k]) && !append_persistent(subgraph, tensors[k], end))
            return false;
    }
    return true;
}

static TfLiteStatus place_persistent(tb_subgraph *subgraph, int first, int last)
{
    uint64_t begin = subgraph->persistent_bytes, end = begin;
    bool fits = true;
    if (first == 0)
        fits = append_list(subgraph, subgraph->variables, subgraph->variable_count, &end);
    for (int position = first; position <= last && fits; position++) {
        const TfLiteNode *node = &subgraph->nodes[subgraph->plan[position]]->node;
        fits = append_list(subgraph, node->outputs->data, node->outputs->size, &end) &&
               (!node->temporaries ||
                append_list(subgraph, node->temporaries->data, node->temporaries->size, &end));
    }
    if (!fits)
        return tb_fault(subgraph, TB_NO_MEMORY, "its variables need more than 2^62 bytes");
    if (end == begin)
        return kTfLiteOk;
    TfLiteStatus status = replace_block(subgraph, "its variables", &subgraph->persistent,
                                        &subgraph->persistent_bytes, end, begin);
    if (status != kTfLiteOk)
        return status;
    for (size_t k = 0; k < subgraph->context.tensors_size; k++) {
        if (subgraph->tensor_states[k].persistent_placed)
            resolve(subgraph, (int)k);
    }
    return kTfLiteOk;
}

TfLiteStatus tb_subgraph_reset_variables(tb_subgraph *subgraph)
{
    for (int k = 0; k < subgraph->variable_count; k++) {
        const TfLiteTensor *tensor = &subgraph->tensors[subgraph->variables[k]];
        if (tensor->allocation_type == kTfLiteCustom || !tensor->data.raw)
            continue;
        /* As TFLite: only int8 variables start at what stands for zero. */
        int value = tensor->type == kTfLiteInt8 ? tensor->params.zero_point : 0;
        memset(tensor->data.raw, value, tensor->bytes);
    }
    return kTfLiteOk;
}

/* ---- rounds ----------------------------------------------------------------------------------- */

TfLiteStatus tb_subgraph_place(tb_subgraph *subgraph, int first, int last)
{
    TfLiteStatus status = place_persistent(subgraph, first, last);
    return status == kTfLiteOk ? place_arena(subgraph, first, last) : status;
}

void tb_subgraph_forget_places(tb_subgraph *subgraph, int first)
{
    for (size_t k = 0; k < subgraph->context.tensors_size; k++) {
        tb_tensor_state *state = &subgraph->tensor_states[k];
        TfLiteTensor *tensor = &subgraph->tensors[k];
        bool forget = first == 0 || (state->first_use >= first && !state->persistent_placed);
        if (!forget)
            continue;
        bool placed = state->offset != TB_NOT_PLACED || state->shares_with >= 0;
        if (placed && (tensor->allocation_type == kTfLiteArenaRw ||
                       tensor->allocation_type == kTfLiteArenaRwPersistent))
            tensor->data.raw = NULL;
        state->offset = TB_NOT_PLACED;
        state->shares_with = -1;
        state->persistent_placed = false;
    }
    for (int k = 0; k < subgraph->scratch_count; k++) {
        if (subgraph->scratch[k].position >= first)
            subgraph->scratch[k].offset = TB_NOT_PLACED;
    }
    if (first > 0)
        return;
    subgraph->plan_result = (tb_plan_result){.bound_at = -1};
    give_block(subgraph->persistent, subgraph->persistent_bytes);
    tb_memory_give(&subgraph->interpreter->memory, TB_MEMORY_ARENA, subgraph->persistent_bytes);
    subgraph->persistent = NULL;
    subgraph->persistent_bytes = 0;
}

void tb_subgraph_release_arena(tb_subgraph *subgraph)
{
    tb_subgraph_forget_places(subgraph, 0);
    give_block(subgraph->arena, subgraph->arena_capacity);
    tb_memory_give(&subgraph->interpreter->memory, TB_MEMORY_ARENA, subgraph->arena_capacity);
    subgraph->arena = NULL;
    subgraph->arena_capacity = 0;
    subgraph->state = TB_UNINVOKABLE;
}

static void free_dynamic(tb_subgraph *subgraph, const int *tensors, int count)
{
    for (int k = 0; k < count; k++) {
        if (tensors[k] < 0 || subgraph->tensors[tensors[k]].allocation_type != kTfLiteDynamic)
            continue;
        TfLiteTensorDataFree(&subgraph->tensors[tensors[k]]);
        tb_tensor_state *state = &subgraph->tensor_states[tensors[k]];
        tb_memory_give(&subgraph->interpreter->memory, TB_MEMORY_DYNAMIC, state->counted_bytes);
        state->counted_bytes = 0;
    }
}

void tb_subgraph_release_memory(tb_subgraph *subgraph)
{
    tb_subgraph_release_arena(subgraph);
    free_dynamic(subgraph, subgraph->inputs, subgraph->input_count);
    free_dynamic(subgraph, subgraph->outputs, subgraph->output_count);
}

/* ---- at run time ------------------------------------------------------------------------------ */

TfLiteStatus tb_subgraph_realloc(tb_subgraph *subgraph, TfLiteTensor *tensor, size_t bytes,
                                 bool keep)
{
    if (tensor->allocation_type != kTfLiteDynamic && tensor->allocation_type != kTfLitePersistentRo)
        return tb_fault(subgraph, TB_INTERNAL, "a kernel allocates a tensor that is not dynamic");
    tb_memory_count *memory = &subgraph->interpreter->memory;
    uintptr_t at = (uintptr_t)tensor, begin = (uintptr_t)subgraph->tensors;
    size_t index = at < begin ? SIZE_MAX : (at - begin) / sizeof *tensor;
    /* A tensor from elsewhere (a resource) is counted by whoever keeps it. */
    tb_tensor_state *state =
        index < subgraph->context.tensors_size ? &subgraph->tensor_states[index] : NULL;
    uint64_t old_bytes = state ? state->counted_bytes : 0;
    if (state && !tb_memory_change(memory, TB_MEMORY_DYNAMIC, old_bytes, bytes)) {
        char text[TB_TENSOR_TEXT_SIZE];
        return tb_fault(subgraph, TB_NO_MEMORY, "%s needs %zu bytes; that passes the memory limit",
                        tb_tensor_text(subgraph, (int)index, text), bytes);
    }
    if (TfLiteTensorResizeMaybeCopy(bytes, tensor, keep) != kTfLiteOk) {
        if (state)
            tb_memory_change(memory, TB_MEMORY_DYNAMIC, bytes, old_bytes);
        return tb_fault(subgraph, TB_NO_MEMORY, "a tensor needs %zu bytes; there is no memory",
                        bytes);
    }
    if (state)
        state->counted_bytes = bytes;
    return kTfLiteOk;
}

TfLiteStatus tb_subgraph_recount(tb_subgraph *subgraph, const TfLiteIntArray *tensors)
{
    for (int k = 0; tensors && k < tensors->size; k++) {
        int index = tensors->data[k];
        if (index < 0)
            continue;
        const TfLiteTensor *tensor = &subgraph->tensors[index];
        tb_tensor_state *state = &subgraph->tensor_states[index];
        bool own = tensor->allocation_type == kTfLiteDynamic ||
                   tensor->allocation_type == kTfLitePersistentRo;
        bool holds = own && tensor->data.raw;
        uint64_t bytes = holds ? tensor->bytes : 0;
        if (bytes == state->counted_bytes)
            continue;
        if (!tb_memory_change(&subgraph->interpreter->memory, TB_MEMORY_DYNAMIC,
                              state->counted_bytes, bytes)) {
            char text[TB_TENSOR_TEXT_SIZE];
            return tb_fault(subgraph, TB_NO_MEMORY,
                            "%s has %llu bytes; that passes the memory limit",
                            tb_tensor_text(subgraph, index, text), (unsigned long long)bytes);
        }
        state->counted_bytes = bytes;
    }
    return kTfLiteOk;
}

/* ---- memory of the application ---------------------------------------------------------------- */

TfLiteStatus tb_subgraph_set_custom(tb_subgraph *subgraph, int tensor,
                                    const TfLiteCustomAllocation *allocation, int64_t flags)
{
    char text[TB_TENSOR_TEXT_SIZE];
    if (tensor < 0 || (size_t)tensor >= subgraph->context.tensors_size)
        return tb_fault(subgraph, TB_USAGE, "custom memory for tensor %d; there are %zu", tensor,
                        subgraph->context.tensors_size);
    TfLiteTensor *t = &subgraph->tensors[tensor];
    bool replaceable = t->allocation_type == kTfLiteArenaRw ||
                       t->allocation_type == kTfLiteArenaRwPersistent ||
                       t->allocation_type == kTfLiteCustom || t->allocation_type == kTfLiteNonCpu;
    if (!replaceable)
        return tb_fault(subgraph, TB_USAGE, "custom memory for %s, which has none to replace",
                        tb_tensor_text(subgraph, tensor, text));
    if (!allocation || !allocation->data)
        return tb_fault(subgraph, TB_USAGE, "custom memory for %s is NULL",
                        tb_tensor_text(subgraph, tensor, text));
    bool aligned = (uintptr_t)allocation->data % TB_PLAN_ALIGNMENT == 0;
    if (!aligned && !(flags & kTfLiteCustomAllocationFlagsSkipAlignCheck))
        return tb_fault(subgraph, TB_USAGE, "custom memory for %s is not aligned to %d bytes",
                        tb_tensor_text(subgraph, tensor, text), TB_PLAN_ALIGNMENT);
    tb_tensor_state *state = &subgraph->tensor_states[tensor];
    state->is_custom = true;
    state->custom_data = allocation->data;
    state->custom_bytes = allocation->bytes;
    t->allocation_type = kTfLiteCustom;
    t->data.data = allocation->data;
    subgraph->has_custom = true;
    return kTfLiteOk;
}

TfLiteStatus tb_subgraph_check_custom(tb_subgraph *subgraph)
{
    for (size_t k = 0; subgraph->has_custom && k < subgraph->context.tensors_size; k++) {
        const TfLiteTensor *tensor = &subgraph->tensors[k];
        const tb_tensor_state *state = &subgraph->tensor_states[k];
        if (!state->is_custom || tensor->allocation_type != kTfLiteCustom)
            continue;
        char text[TB_TENSOR_TEXT_SIZE];
        if (tensor->bytes > state->custom_bytes)
            return tb_fault(subgraph, TB_USAGE, "custom memory of %s has %zu bytes, it needs %zu",
                            tb_tensor_text(subgraph, (int)k, text), state->custom_bytes,
                            tensor->bytes);
    }
    return kTfLiteOk;
}
