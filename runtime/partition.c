/*
 * The cut; see partition.h.
 *
 * A node is ready once all that it reads has been computed. A set takes, from the ready nodes of
 * one kind, always the first of the plan, until none of that kind is ready; the kind of the next set
 * is that of the first ready node then. Two heaps, one a kind, hold the ready nodes.
 */
#include "runtime/partition.h"

#include <stdlib.h>
#include <string.h>

enum { NOT_COMPUTED = -1, FROM_OUTSIDE = -2 };

typedef struct heap {
    int *items;
    int count;
} heap;

/* Who waits for whom: the nodes behind node k are edges[first[k]] to edges[first[k + 1] - 1]. */
typedef struct dependants {
    int *first;
    int *edges;
} dependants;

typedef struct cutter {
    const tb_part_node *nodes;
    int count;
    int tensor_count;
    int *writer;    /* of a tensor, up to the node looked at: position, or -1 */
    int *waits_for; /* nodes that have to run before this one */
    int *set_of;    /* of a node, or NOT_COMPUTED */
    dependants after;
    heap ready[2];
    tb_node_set *sets;
    int set_count;
    tb_arena *arena;
} cutter;

/* ---- heaps of positions ----------------------------------------------------------------------- */

static void push(heap *h, int item)
{
    int k = h->count++;
    while (k > 0 && h->items[(k - 1) / 2] > item) {
        h->items[k] = h->items[(k - 1) / 2];
        k = (k - 1) / 2;
    }
    h->items[k] = item;
}

static int pop(heap *h)
{
    int top = h->items[0];
    int item = h->items[--h->count];
    int k = 0;
    for (;;) {
        int child = 2 * k + 1;
        if (child >= h->count)
            break;
        if (child + 1 < h->count && h->items[child + 1] < h->items[child])
            child++;
        if (h->items[child] >= item)
            break;
        h->items[k] = h->items[child];
        k = child;
    }
    if (h->count > 0)
        h->items[k] = item;
    return top;
}

/* ---- dependencies ----------------------------------------------------------------------------- */

static void forget_writers(cutter *cut)
{
    for (int k = 0; k < cut->tensor_count; k++)
        cut->writer[k] = -1;
}

static void note_writer(cutter *cut, int position)
{
    const TfLiteIntArray *outputs = cut->nodes[position].outputs;
    for (int i = 0; i < outputs->size; i++) {
        if (outputs->data[i] >= 0)
            cut->writer[outputs->data[i]] = position;
    }
}

/* Calls `edge` for every pair (before, after) of plan positions. A tensor that is written twice is
   read from the last writer before the reader. */
static void for_each_edge(cutter *cut, void (*edge)(cutter *cut, int before, int after))
{
    int last_side_effect = -1, last_barrier = -1;
    forget_writers(cut);
    for (int k = 0; k < cut->count; k++) {
        const TfLiteIntArray *inputs = cut->nodes[k].inputs;
        for (int i = 0; i < inputs->size; i++) {
            int tensor = inputs->data[i];
            if (tensor >= 0 && cut->writer[tensor] >= 0)
                edge(cut, cut->writer[tensor], k);
        }
        note_writer(cut, k);
        for (int j = 0; j < k && cut->nodes[k].is_barrier; j++)
            edge(cut, j, k);
        if (last_barrier >= 0)
            edge(cut, last_barrier, k);
        last_barrier = cut->nodes[k].is_barrier ? k : last_barrier;
        if (!cut->nodes[k].has_side_effect)
            continue;
        if (last_side_effect >= 0)
            edge(cut, last_side_effect, k);
        last_side_effect = k;
    }
}

static void count_edge(cutter *cut, int before, int after)
{
    cut->after.first[before + 1]++;
    cut->waits_for[after]++;
}

/* While filling, first[k] is where the next edge of k goes; it ends where first[k + 1] began. */
static void fill_edge(cutter *cut, int before, int after)
{
    cut->after.edges[cut->after.first[before]++] = after;
}

static bool find_dependants(cutter *cut)
{
    int *first = cut->after.first;
    for_each_edge(cut, count_edge);
    for (int k = 0; k < cut->count; k++)
        first[k + 1] += first[k];
    cut->after.edges = calloc((size_t)first[cut->count] + 1, sizeof(int));
    if (!cut->after.edges)
        return false;
    for_each_edge(cut, fill_edge);
    memmove(first + 1, first, (size_t)cut->count * sizeof *first);
    first[0] = 0;
    return true;
}

/* ---- sets ------------------------------------------------------------------------------------- */

static TfLiteIntArray *new_list(tb_arena *arena, size_t count)
{
    TfLiteIntArray *list = tb_arena_alloc(arena, sizeof(TfLiteIntArray) + count * sizeof(int),
                                          _Alignof(TfLiteIntArray));
    if (list)
        list->size = (int)count;
    return list;
}

static void run(cutter *cut, int position)
{
    cut->set_of[position] = cut->set_count;
    for (int k = cut->after.first[position]; k < cut->after.first[position + 1]; k++) {
        int next = cut->after.edges[k];
        if (--cut->waits_for[next] == 0)
            push(&cut->ready[cut->nodes[next].wanted], next);
    }
}

static bool next_set(cutter *cut, bool one_each, int *scratch)
{
    heap *unwanted = &cut->ready[0], *wanted = &cut->ready[1];
    bool kind =
        wanted->count > 0 && (unwanted->count == 0 || wanted->items[0] < unwanted->items[0]);
    int taken = 0;
    while (cut->ready[kind].count > 0 && !(one_each && taken > 0)) {
        int position = pop(&cut->ready[kind]);
        scratch[taken++] = cut->nodes[position].index;
        run(cut, position);
    }
    TfLiteIntArray *nodes = new_list(cut->arena, (size_t)taken);
    if (!nodes)
        return false;
    memcpy(nodes->data, scratch, (size_t)taken * sizeof *scratch);
    cut->sets[cut->set_count++] = (tb_node_set){.wanted = kind, .nodes = nodes};
    return true;
}

/* ---- borders ---------------------------------------------------------------------------------- */

/* A tensor at the border of a set, from inside or outside. */
typedef struct border {
    int set;
    int tensor;
} border;

typedef struct borders {
    border *items;
    size_t count;
    size_t capacity;
} borders;

static bool add_border(borders *list, int set, int tensor)
{
    if (list->count == list->capacity) {
        size_t capacity = list->capacity ? 2 * list->capacity : 64;
        border *grown = realloc(list->items, capacity * sizeof *grown);
        if (!grown)
            return false;
        list->items = grown;
        list->capacity = capacity;
    }
    list->items[list->count++] = (border){set, tensor};
    return true;
}

static int compare_borders(const void *left, const void *right)
{
    const border *a = left, *b = right;
    if (a->set != b->set)
        return a->set < b->set ? -1 : 1;
    return a->tensor < b->tensor ? -1 : a->tensor > b->tensor;
}

/* Sorts, drops repetitions, and gives every set its part. */
static bool hand_out(cutter *cut, borders *list, bool inputs)
{
    if (list->count)
        qsort(list->items, list->count, sizeof list->items[0], compare_borders);
    size_t kept = 0;
    for (size_t k = 0; k < list->count; k++) {
        if (kept == 0 || compare_borders(&list->items[k], &list->items[kept - 1]) != 0)
            list->items[kept++] = list->items[k];
    }
    size_t at = 0;
    for (int set = 0; set < cut->set_count; set++) {
        size_t begin = at;
        while (at < kept && list->items[at].set == set)
            at++;
        TfLiteIntArray *part = new_list(cut->arena, at - begin);
        if (!part)
            return false;
        for (size_t k = begin; k < at; k++)
            part->data[k - begin] = list->items[k].tensor;
        if (inputs)
            cut->sets[set].inputs = part;
        else
            cut->sets[set].outputs = part;
    }
    return true;
}

static bool find_borders(cutter *cut, const int *outputs, int output_count)
{
    borders in = {0}, out = {0};
    bool ok = true;
    forget_writers(cut);
    for (int k = 0; k < cut->count && ok; k++) {
        const TfLiteIntArray *inputs = cut->nodes[k].inputs;
        int set = cut->set_of[k];
        for (int i = 0; i < inputs->size && ok; i++) {
            int tensor = inputs->data[i];
            if (tensor < 0)
                continue;
            int writer = cut->writer[tensor];
            int from = writer < 0 ? FROM_OUTSIDE : cut->set_of[writer];
            if (from == set)
                continue;
            ok = add_border(&in, set, tensor);
            if (ok && from >= 0)
                ok = add_border(&out, from, tensor);
        }
        note_writer(cut, k);
    }
    for (int k = 0; k < output_count && ok; k++) {
        int tensor = outputs[k];
        if (tensor >= 0 && cut->writer[tensor] >= 0)
            ok = add_border(&out, cut->set_of[cut->writer[tensor]], tensor);
    }
    ok = ok && hand_out(cut, &in, true) && hand_out(cut, &out, false);
    free(in.items);
    free(out.items);
    return ok;
}

/* ---- the cut ---------------------------------------------------------------------------------- */

static bool prepare_cut(cutter *cut)
{
    size_t n = (size_t)cut->count + 2;
    cut->writer = malloc(((size_t)cut->tensor_count + 1) * sizeof(int));
    cut->waits_for = calloc(n, sizeof(int));
    cut->set_of = calloc(n, sizeof(int));
    cut->after.first = calloc(n, sizeof(int));
    cut->ready[0].items = calloc(n, sizeof(int));
    cut->ready[1].items = calloc(n, sizeof(int));
    cut->sets = TB_ARENA_NEW(cut->arena, tb_node_set, n);
    if (!cut->writer || !cut->waits_for || !cut->set_of || !cut->after.first ||
        !cut->ready[0].items || !cut->ready[1].items || !cut->sets)
        return false;
    for (int k = 0; k < cut->count; k++)
        cut->set_of[k] = NOT_COMPUTED;
    return find_dependants(cut);
}

tb_status tb_partition(const tb_part_node *nodes, int count, int tensor_count, const int *outputs,
                       int output_count, bool one_each, tb_arena *arena, tb_error *err,
                       tb_node_set **sets, int *set_count)
{
    cutter cut = {.nodes = nodes, .count = count, .tensor_count = tensor_count, .arena = arena};
    int *scratch = calloc((size_t)count + 1, sizeof *scratch);
    bool memory = scratch && prepare_cut(&cut);
    int done = 0;
    for (int k = 0; k < count && memory; k++) {
        if (cut.waits_for[k] == 0)
            push(&cut.ready[nodes[k].wanted], k);
    }
    while (memory && cut.ready[0].count + cut.ready[1].count > 0) {
        memory = next_set(&cut, one_each, scratch);
        if (memory)
            done += cut.sets[cut.set_count - 1].nodes->size;
    }
    /* Edges go forward only, so every node gets its turn. */
    memory = memory && done == count && find_borders(&cut, outputs, output_count);
    tb_status status = TB_OK;
    if (!memory)
        status = tb_fail(err, TB_NO_MEMORY, "cutting a plan of %d nodes: out of memory", count);
    free(scratch);
    free(cut.writer);
    free(cut.waits_for);
    free(cut.set_of);
    free(cut.after.first);
    free(cut.after.edges);
    free(cut.ready[0].items);
    free(cut.ready[1].items);
    *sets = cut.sets;
    *set_count = cut.set_count;
    return status;
}
