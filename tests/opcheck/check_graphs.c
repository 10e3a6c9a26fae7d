/* Random networks under the cpu delegate against the portable kernels: every instruction set, one
   thread and several. Integers are equal, floats close, and equal for any number of threads. Inputs
   and outputs end where a page does. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "delegates/delegate.h"
#include "runtime/interpreter_internal.h"
#include "runtime/model.h"
#include "tests/opcheck/network.h"
#include "tests/opcheck/opcheck.h"

typedef struct result {
    void *bytes;
    size_t size;
    int delegated; /* nodes */
} result;

static void fail_hard(const char *what, const tb_error *err)
{
    fprintf(stderr, "opcheck: %s: %s\n", what, err->text);
    exit(1);
}

/* Puts the input and the output at the end of pages of their own: kernels may read and write nothing
   beyond, wherever a user has his tensors. */
static void guard_ends(tb_interpreter *interpreter, oc_random *r, const char *what)
{
    tb_error err = TB_ERROR_NONE;
    tb_subgraph *subgraph = &interpreter->subgraphs[0];
    const int ends[] = {subgraph->inputs[0], subgraph->outputs[0]};
    for (int k = 0; k < 2; k++) {
        const size_t bytes = subgraph->context.tensors[ends[k]].bytes;
        const TfLiteCustomAllocation place = {oc_guarded(r, bytes), bytes};
        if (tb_subgraph_set_custom(subgraph, ends[k], &place,
                                   kTfLiteCustomAllocationFlagsSkipAlignCheck) != kTfLiteOk)
            fail_hard(what, &interpreter->fault);
    }
    if (tb_interpreter_allocate(interpreter, &err) != TB_OK)
        fail_hard(what, &err);
}

/* One run of the model; `features` NULL: without a delegate. */
static result run(tb_model *model, const char *features, int threads, uint64_t input_seed,
                  const char *what)
{
    tb_error err = TB_ERROR_NONE;
    tb_interpreter *interpreter;
    TfLiteDelegate *delegate = NULL;
    const tb_delegate_row *row = tb_delegate_find("cpu");
    const tb_interpreter_options options = {.threads = threads};
    if (tb_interpreter_create(model, &options, &err, &interpreter) != TB_OK)
        fail_hard(what, &err);
    if (features) {
        setenv("TB_CPU_FEATURES", features, 1);
        if (row->create(NULL, 0, threads, &err, &delegate) != TB_OK ||
            tb_interpreter_apply_delegate(interpreter, delegate, row->bind, &err) != TB_OK)
            fail_hard(what, &err);
    }
    if (tb_interpreter_allocate(interpreter, &err) != TB_OK)
        fail_hard(what, &err);
    oc_random places = {input_seed ^ 0x9E37u};
    if (features)
        guard_ends(interpreter, &places, what);
    result out = {0};
    for (int i = 0; i < tb_interpreter_node_count(interpreter, 0); i++) {
        tb_node_info info;
        out.delegated += tb_interpreter_node(interpreter, 0, i, &info) && info.delegated_to >= 0;
    }
    TfLiteTensor *input = tb_interpreter_input(interpreter, 0);
    for (int step = 0; step < 2; step++) { /* the second run meets what the first left behind */
        oc_random r = {input_seed};
        if (input->type == kTfLiteFloat32)
            oc_fill_floats(&r, input->data.f, input->bytes / sizeof(float), -1.0f, 1.0f);
        else
            oc_fill_bytes(&r, input->data.raw, input->bytes);
        if (tb_interpreter_invoke(interpreter, &err) != TB_OK)
            fail_hard(what, &err);
    }
    const TfLiteTensor *output = tb_interpreter_output(interpreter, 0);
    out.size = output->bytes;
    out.bytes = malloc(out.size);
    if (!out.bytes)
        abort();
    memcpy(out.bytes, output->data.raw, out.size);
    tb_interpreter_destroy(interpreter);
    if (delegate)
        row->destroy(delegate);
    oc_release_all();
    return out;
}

static bool agree(oc_trial *t, TfLiteType type, const result *got, const result *expected,
                  bool exact)
{
    if (type != kTfLiteFloat32 || exact)
        return oc_same_bytes(t, "output", got->bytes, expected->bytes, expected->size);
    float largest = 0;
    const float *values = expected->bytes;
    for (size_t i = 0; i < expected->size / sizeof(float); i++)
        largest = fmaxf(largest, fabsf(values[i]));
    return oc_close(t, "output", got->bytes, values, expected->size / sizeof(float),
                    1e-5f * largest, 1e-4f);
}

static bool check_network(oc_trial *t, TfLiteType type, int most, char *what, size_t what_size)
{
    static const int threads[] = {1, 2, 5};
    oc_features sets[16];
    const int set_count = oc_feature_sets(sets, 16);
    size_t size;
    uint8_t *bytes = oc_network(&t->random, type, &size, what, what_size);
    tb_error err = TB_ERROR_NONE;
    tb_model *model;
    if (tb_model_from_memory(bytes, size, "network", &err, &model) != TB_OK)
        fail_hard(what, &err);
    const uint64_t seed = oc_next(&t->random);
    const result expected = run(model, NULL, 1, seed, what);
    bool right = true;
    for (int s = 0; s < set_count && right; s++) {
        result first = {0};
        for (int i = 0; i < 3 && right && threads[i] <= most; i++) {
            result got = run(model, sets[s].name, threads[i], seed, what);
            right = agree(t, type, &got, &expected, false) &&
                    (i == 0 || agree(t, type, &got, &first, true));
            if (!right) {
                char text[sizeof t->text];
                memcpy(text, t->text, sizeof text);
                oc_wrong(t, "%.16s, %d threads: %.200s", sets[s].name, threads[i], text);
            }
            if (i == 0)
                first = got;
            else
                free(got.bytes);
        }
        free(first.bytes);
    }
    free(expected.bytes);
    tb_model_release(model);
    free(bytes);
    return right;
}

void oc_check_graphs(uint64_t seed, int rounds, int threads, int *passed, int *failed)
{
    static const TfLiteType types[] = {kTfLiteFloat32, kTfLiteInt8, kTfLiteUInt8};
    const char *before = getenv("TB_CPU_FEATURES");
    char *kept = before ? strdup(before) : NULL;
    for (int round = 0; round < rounds; round++) {
        /* every other round even the smallest step goes to all threads */
        if (round % 2)
            unsetenv("TB_CPU_SHARE");
        else
            setenv("TB_CPU_SHARE", "all", 1);
        for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
            oc_trial t = {.random = {seed * 1000003u + (uint64_t)round * 7919u + i}};
            char what[512];
            if (check_network(&t, types[i], threads, what, sizeof what)) {
                ++*passed;
            } else {
                ++*failed;
                printf("FAILED network, round %d: %s: %s\n", round, t.text, what);
            }
        }
    }
    unsetenv("TB_CPU_SHARE");
    if (kept)
        setenv("TB_CPU_FEATURES", kept, 1);
    else
        unsetenv("TB_CPU_FEATURES");
    free(kept);
}
