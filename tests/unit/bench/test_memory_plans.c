/*
 * Memory plans of the zoo's miniatures, against a bound that is computed here from the graph alone:
 * the largest sum of the tensors alive at any node, each rounded up to 64 bytes, inputs and outputs
 * preserved. And no two tensors that are alive at the same time lie on each other.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/zoo/zoo.h"
#include "runtime/interpreter.h"
#include "runtime/model.h"

typedef struct lifetime {
    int first, last; /* first -1: not of the arena */
} lifetime;

static void use(lifetime *lives, tb_i32s tensors, int node, bool defines)
{
    for (size_t k = 0; k < tensors.count; k++) {
        if (tensors.data[k] < 0)
            continue;
        lifetime *life = &lives[tensors.data[k]];
        if (life->first < 0 && defines)
            *life = (lifetime){node, node};
        else if (life->first >= 0 && life->last < node)
            life->last = node;
    }
}

/* free() the result. */
static lifetime *find_lifetimes(const tb_model *model)
{
    tb_subgraph_def subgraph = tb_model_subgraph(model, 0);
    int end = (int)subgraph.operator_count - 1;
    lifetime *lives = malloc(subgraph.tensor_count * sizeof *lives);
    for (size_t k = 0; k < subgraph.tensor_count; k++)
        lives[k] = (lifetime){-1, -1};
    use(lives, subgraph.inputs, 0, true);
    use(lives, subgraph.inputs, end, false);
    for (int n = 0; n <= end; n++) {
        tb_operator_def op = tb_model_operator(model, 0, (size_t)n);
        use(lives, op.inputs, n, false);
        use(lives, op.outputs, n, true);
    }
    use(lives, subgraph.outputs, end, false);
    return lives;
}

static size_t arena_bytes(const tb_interpreter *interpreter, size_t tensor)
{
    const TfLiteTensor *t = tb_interpreter_tensor(interpreter, 0, (int)tensor);
    return t->allocation_type == kTfLiteArenaRw ? (t->bytes + 63) / 64 * 64 : 0;
}

static size_t bound_of(const tb_model *model, const tb_interpreter *interpreter,
                       const lifetime *lives)
{
    tb_subgraph_def subgraph = tb_model_subgraph(model, 0);
    size_t largest = 0;
    for (int n = 0; n < (int)subgraph.operator_count; n++) {
        size_t sum = 0;
        for (size_t k = 0; k < subgraph.tensor_count; k++)
            if (lives[k].first >= 0 && lives[k].first <= n && n <= lives[k].last)
                sum += arena_bytes(interpreter, k);
        largest = sum > largest ? sum : largest;
    }
    return largest;
}

/* An operator may write its output over an input that nobody needs any more. */
static bool hands_over(const tb_tensor_placement *a, const lifetime *x,
                       const tb_tensor_placement *b, const lifetime *y)
{
    return a->offset == b->offset && (x->last == y->first || y->last == x->first);
}

static void expect_no_overlap(const char *name, const tb_model *model,
                              const tb_interpreter *interpreter, const lifetime *lives)
{
    int count = (int)tb_model_subgraph(model, 0).tensor_count;
    for (int i = 0; i < count; i++) {
        tb_tensor_placement a, b;
        if (lives[i].first < 0 || !tb_interpreter_tensor_placement(interpreter, 0, i, &a))
            continue;
        for (int k = i + 1; k < count; k++) {
            if (lives[k].first < 0 || !tb_interpreter_tensor_placement(interpreter, 0, k, &b))
                continue;
            bool together = lives[i].first <= lives[k].last && lives[k].first <= lives[i].last;
            bool touch = a.offset < b.offset + b.bytes && b.offset < a.offset + a.bytes;
            cr_expect(!together || !touch || hands_over(&a, &lives[i], &b, &lives[k]),
                      "%s: tensors %d and %d lie on each other", name, i, k);
        }
    }
}

/* False where kernels have scratch memory, which the graph does not show. */
static bool check_model(const char *name, const void *bytes, size_t size)
{
    tb_error err = TB_ERROR_NONE;
    tb_model *model;
    tb_interpreter *interpreter;
    cr_assert_eq(tb_model_from_memory(bytes, size, name, &err, &model), TB_OK, "%s", err.text);
    cr_assert_eq(tb_interpreter_create(model, NULL, &err, &interpreter), TB_OK, "%s", err.text);
    cr_assert_eq(tb_interpreter_allocate(interpreter, &err), TB_OK, "%s", err.text);
    tb_memory_plan_summary plan;
    tb_interpreter_memory_plan(interpreter, 0, &plan);
    lifetime *lives = find_lifetimes(model);
    size_t bound = bound_of(model, interpreter, lives);
    cr_expect_gt(plan.arena_bytes, 0, "%s", name);
    bool has_scratch = plan.lower_bound_bytes > bound;
    double least = (double)(has_scratch ? plan.lower_bound_bytes : bound);
    cr_expect_leq((double)plan.arena_bytes, 1.05 * least, "%s: %zu above %zu", name,
                  (size_t)plan.arena_bytes, bound);
    /* The bound rounds every tensor up, the arena ends with the last one's own end. */
    cr_expect_lt(plan.lower_bound_bytes, plan.arena_bytes + 64, "%s", name);
    expect_no_overlap(name, model, interpreter, lives);
    free(lives);
    tb_interpreter_destroy(interpreter);
    tb_model_release(model);
    return !has_scratch;
}

Test(memory_plans, of_the_zoo)
{
    size_t count;
    int without_scratch = 0;
    const tb_zoo_model *models = tb_zoo_list(&count);
    for (size_t k = 0; k < count; k++) {
        if (!models[k].is_mini)
            continue;
        tb_zoo_options options = {.precision = TB_ZOO_FLOAT32};
        tb_error err = TB_ERROR_NONE;
        uint8_t *bytes;
        size_t size;
        cr_assert_eq(tb_zoo_write(models[k].name, &options, &err, &bytes, &size), TB_OK, "%s",
                     err.text);
        without_scratch += check_model(models[k].name, bytes, size);
        free(bytes);
    }
    cr_expect_geq(without_scratch, 7);
}
