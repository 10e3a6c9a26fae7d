/* Networks of a few layers; see net.h. */
#include "tests/unit/delegates/net.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "models/writer.h"

void net_begin(net *n)
{
    *n = (net){0};
    tb_draft_init(&n->draft, "test network");
    tb_draft_subgraph_add(&n->draft, "main");
}

void net_end(net *n)
{
    tb_interpreter_destroy(n->interpreter);
    tb_model_release(n->model);
    free(n->bytes);
    tb_draft_free(&n->draft);
}

static int32_t add(net *n, TfLiteType type, tb_int_list shape, const void *data, size_t size)
{
    char name[24];
    snprintf(name, sizeof name, "t%zu", n->draft.subgraphs[0].tensor_count);
    return tb_draft_tensor_add(
        &n->draft, 0,
        &(tb_draft_tensor){.name = name,
                           .type = type,
                           .rank = (int)shape.count,
                           .shape = shape.items,
                           .buffer =
                               data ? (uint32_t)tb_draft_buffer_add(&n->draft, data, size) : 0,
                           .has_rank = true});
}

static size_t elements(tb_int_list shape)
{
    size_t count = 1;
    for (size_t i = 0; i < shape.count; i++)
        count *= (size_t)shape.items[i];
    return count;
}

int32_t net_tensor(net *n, tb_int_list shape, const float *data)
{
    return add(n, kTfLiteFloat32, shape, data, elements(shape) * sizeof *data);
}

int32_t net_filled(net *n, tb_int_list shape, float value)
{
    size_t count = elements(shape);
    float *data = tb_draft_alloc(&n->draft, count, sizeof *data);
    for (size_t i = 0; data && i < count; i++)
        data[i] = value;
    return net_tensor(n, shape, data);
}

int32_t net_ints(net *n, tb_int_list shape, const int32_t *data, size_t count)
{
    return add(n, kTfLiteInt32, shape, data, count * sizeof *data);
}

void net_op(net *n, TfLiteBuiltinOperator code, tb_int_list in, int32_t out, tb_op_options options)
{
    tb_draft_op_add(
        &n->draft, 0,
        &(tb_draft_op){.code = code, .inputs = in, .outputs = TB_INTS(out), .options = options});
}

void net_open(net *n, tb_int_list inputs, tb_int_list outputs, int threads)
{
    tb_error err = TB_ERROR_NONE;
    size_t size;
    tb_draft_inputs_set(&n->draft, 0, inputs);
    tb_draft_outputs_set(&n->draft, 0, outputs);
    const tb_interpreter_options options = {.threads = threads};
    cr_assert_eq(tb_draft_write(&n->draft, &err, &n->bytes, &size), TB_OK, "%s", err.text);
    cr_assert_eq(tb_model_from_memory(n->bytes, size, "net", &err, &n->model), TB_OK, "%s",
                 err.text);
    cr_assert_eq(tb_interpreter_create(n->model, &options, &err, &n->interpreter), TB_OK, "%s",
                 err.text);
}
