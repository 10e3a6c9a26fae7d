/*
 * Signatures: a subgraph seen through names. Inputs and outputs of a signature are in the order of
 * their names' bytes, as TFLite gives them out. A model without signatures, and the NULL key, is the
 * primary subgraph in its own order, under its tensors' names.
 */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/interpreter_internal.h"

typedef struct signature_edge {
    const char *name;
    int tensor;
} signature_edge;

struct tb_signature_runner {
    tb_interpreter *interpreter;
    const char *key; /* NULL: the primary subgraph */
    int subgraph;
    signature_edge *inputs;
    signature_edge *outputs;
    int input_count;
    int output_count;
};

static int compare_names(const void *left, const void *right)
{
    const signature_edge *a = left, *b = right;
    return strcmp(a->name, b->name);
}

typedef tb_signature_tensor_def (*edge_fn)(const tb_signature_def *signature, size_t k);

static signature_edge *named_edges(tb_arena *arena, const tb_signature_def *def, size_t count,
                                   edge_fn get)
{
    signature_edge *edges = TB_ARENA_NEW(arena, signature_edge, count);
    if (!edges)
        return NULL;
    for (size_t k = 0; k < count; k++) {
        tb_signature_tensor_def edge = get(def, k);
        edges[k] = (signature_edge){edge.name, (int)edge.tensor};
    }
    if (count)
        qsort(edges, count, sizeof *edges, compare_names);
    return edges;
}

static signature_edge *plain_edges(tb_arena *arena, const tb_subgraph *subgraph, const int *tensors,
                                   int count)
{
    signature_edge *edges = TB_ARENA_NEW(arena, signature_edge, (size_t)count);
    for (int k = 0; edges && k < count; k++) {
        const char *name = tensors[k] < 0 ? "" : subgraph->tensors[tensors[k]].name;
        edges[k] = (signature_edge){name ? name : "", tensors[k]};
    }
    return edges;
}

/* Runner 0 is the primary subgraph; the model's signatures follow. */
tb_status tb_signatures_build(tb_interpreter *interpreter, tb_error *err)
{
    tb_arena *arena = &interpreter->arena;
    size_t count = tb_model_signature_count(interpreter->model);
    if (count >= INT_MAX)
        return tb_fail(err, TB_UNSUPPORTED, "%zu signatures", count);
    interpreter->runners = TB_ARENA_NEW(arena, tb_signature_runner, count + 1);
    if (!interpreter->runners)
        return tb_fail(err, TB_NO_MEMORY, "cannot allocate %zu signatures", count);
    interpreter->runner_count = (int)count + 1;
    const tb_subgraph *primary = &interpreter->subgraphs[0];
    interpreter->runners[0] = (tb_signature_runner){
        .interpreter = interpreter,
        .inputs = plain_edges(arena, primary, primary->inputs, primary->input_count),
        .outputs = plain_edges(arena, primary, primary->outputs, primary->output_count),
        .input_count = primary->input_count,
        .output_count = primary->output_count,
    };
    for (size_t k = 0; k < count; k++) {
        tb_signature_def def = tb_model_signature(interpreter->model, k);
        interpreter->runners[k + 1] = (tb_signature_runner){
            .interpreter = interpreter,
            .key = def.key,
            .subgraph = (int)def.subgraph,
            .inputs = named_edges(arena, &def, def.input_count, tb_signature_input_def),
            .outputs = named_edges(arena, &def, def.output_count, tb_signature_output_def),
            .input_count = (int)def.input_count,
            .output_count = (int)def.output_count,
        };
    }
    for (int k = 0; k < interpreter->runner_count; k++) {
        if (!interpreter->runners[k].inputs || !interpreter->runners[k].outputs)
            return tb_fail(err, TB_NO_MEMORY, "cannot allocate signature %d", k);
    }
    return TB_OK;
}

int tb_interpreter_signature_count(const tb_interpreter *interpreter)
{
    return interpreter->runner_count - 1;
}

const char *tb_interpreter_signature_key(const tb_interpreter *interpreter, int k)
{
    if (k < 0 || k >= interpreter->runner_count - 1)
        return NULL;
    return interpreter->runners[k + 1].key;
}

tb_status tb_interpreter_signature(tb_interpreter *interpreter, const char *key, tb_error *err,
                                   tb_signature_runner **out)
{
    if (!key) {
        *out = &interpreter->runners[0];
        return TB_OK;
    }
    for (int k = 1; k < interpreter->runner_count; k++) {
        if (strcmp(interpreter->runners[k].key, key) == 0) {
            *out = &interpreter->runners[k];
            return TB_OK;
        }
    }
    return tb_fail(err, TB_NOT_FOUND, "%s: no signature '%s' among %d",
                   tb_model_name(interpreter->model), key, interpreter->runner_count - 1);
}

/* ---- edges ------------------------------------------------------------------------------------ */

int tb_signature_input_count(const tb_signature_runner *runner)
{
    return runner->input_count;
}

int tb_signature_output_count(const tb_signature_runner *runner)
{
    return runner->output_count;
}

const char *tb_signature_input_name(const tb_signature_runner *runner, int k)
{
    return k >= 0 && k < runner->input_count ? runner->inputs[k].name : NULL;
}

const char *tb_signature_output_name(const tb_signature_runner *runner, int k)
{
    return k >= 0 && k < runner->output_count ? runner->outputs[k].name : NULL;
}

static TfLiteTensor *tensor_at(const tb_signature_runner *runner, const signature_edge *edges,
                               int count, int k)
{
    if (k < 0 || k >= count || edges[k].tensor < 0)
        return NULL;
    return &runner->interpreter->subgraphs[runner->subgraph].tensors[edges[k].tensor];
}

TfLiteTensor *tb_signature_input(const tb_signature_runner *runner, int k)
{
    return tensor_at(runner, runner->inputs, runner->input_count, k);
}

const TfLiteTensor *tb_signature_output(const tb_signature_runner *runner, int k)
{
    return tensor_at(runner, runner->outputs, runner->output_count, k);
}

static int find_edge(const signature_edge *edges, int count, const char *name)
{
    for (int k = 0; k < count; k++) {
        if (strcmp(edges[k].name, name) == 0)
            return k;
    }
    return -1;
}

int tb_signature_find_input(const tb_signature_runner *runner, const char *name)
{
    return find_edge(runner->inputs, runner->input_count, name);
}

int tb_signature_find_output(const tb_signature_runner *runner, const char *name)
{
    return find_edge(runner->outputs, runner->output_count, name);
}

/* ---- running ---------------------------------------------------------------------------------- */

tb_status tb_signature_resize(tb_signature_runner *runner, int k, int rank, const int *dims,
                              bool strict, tb_error *err)
{
    int tensor = k >= 0 && k < runner->input_count ? runner->inputs[k].tensor : -1;
    return tb_run_resize(runner->interpreter, runner->subgraph, tensor, rank, dims, strict, err);
}

tb_status tb_signature_resize_input(tb_signature_runner *runner, int k, int rank, const int *dims,
                                    tb_error *err)
{
    return tb_signature_resize(runner, k, rank, dims, false, err);
}

tb_status tb_signature_allocate(tb_signature_runner *runner, tb_error *err)
{
    return tb_run_allocate(runner->interpreter, runner->subgraph, err);
}

tb_status tb_signature_invoke(tb_signature_runner *runner, tb_error *err)
{
    return tb_run_invoke(runner->interpreter, runner->subgraph, err);
}
