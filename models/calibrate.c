/* Ranges of activations by running the network; see calibrate.h. */
#include "models/calibrate.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/writer.h"
#include "runtime/tflite_abi/c_api.h"
#include "runtime/tflite_abi/c_api_experimental.h"

/* The network in the runtime, with what it said last. */
typedef struct session {
    uint8_t *bytes;
    TfLiteModel *model;
    TfLiteInterpreterOptions *options;
    TfLiteInterpreter *interpreter;
    char said[256];
} session;

static void hear(void *user_data, const char *format, va_list args)
{
    session *s = user_data;
    vsnprintf(s->said, sizeof s->said, format, args);
}

static tb_status refused(const session *s, const char *what, tb_error *err)
{
    return tb_fail(err, TB_INTERNAL, "calibrate: the runtime cannot %s the network: %s", what,
                   s->said[0] ? s->said : "it says no more");
}

static void close_session(session *s)
{
    TfLiteInterpreterDelete(s->interpreter);
    TfLiteInterpreterOptionsDelete(s->options);
    TfLiteModelDelete(s->model);
    free(s->bytes);
}

static tb_status open_session(session *s, const tb_draft *draft, tb_error *err)
{
    memset(s, 0, sizeof *s);
    size_t size;
    tb_status status = tb_draft_write(draft, err, &s->bytes, &size);
    if (status != TB_OK)
        return status;
    s->options = TfLiteInterpreterOptionsCreate();
    if (!s->options)
        return tb_fail(err, TB_NO_MEMORY, "calibrate: cannot allocate the interpreter's options");
    TfLiteInterpreterOptionsSetErrorReporter(s->options, hear, s);
    s->model = TfLiteModelCreateWithErrorReporter(s->bytes, size, hear, s);
    if (!s->model)
        return refused(s, "read", err);
    s->interpreter = TfLiteInterpreterCreate(s->model, s->options);
    if (!s->interpreter || TfLiteInterpreterAllocateTensors(s->interpreter) != kTfLiteOk)
        return refused(s, "prepare", err);
    return TB_OK;
}

/* The float tensors that operators compute, in order. */
static tb_int_list computed_tensors(tb_arena *arena, const tb_draft_subgraph *graph)
{
    size_t count = 0;
    for (size_t i = 0; i < graph->op_count; i++)
        count += graph->ops[i].outputs.count;
    tb_int_list list = {0, TB_ARENA_NEW(arena, int32_t, count)};
    for (size_t i = 0; list.items && i < graph->op_count; i++)
        for (size_t k = 0; k < graph->ops[i].outputs.count; k++) {
            int32_t tensor = graph->ops[i].outputs.items[k];
            if (tensor >= 0 && (size_t)tensor < graph->tensor_count &&
                graph->tensors[tensor].type == kTfLiteFloat32)
                list.items[list.count++] = tensor;
        }
    return list;
}

static void look_at(const TfLiteTensor *tensor, tb_range *range)
{
    const float *values = TfLiteTensorData(tensor);
    if (values)
        tb_range_add(range, values, TfLiteTensorByteSize(tensor) / sizeof *values);
}

static tb_status run_once(session *s, const tb_draft_subgraph *graph, tb_int_list computed, int run,
                          tb_calibrate_fill_fn fill, void *context, tb_error *err, tb_range *ranges)
{
    for (size_t i = 0; i < graph->inputs.count; i++) {
        int32_t index = graph->inputs.items[i];
        TfLiteTensor *tensor = TfLiteInterpreterGetInputTensor(s->interpreter, (int32_t)i);
        fill(context, run, (int)i, &graph->tensors[index], TfLiteTensorData(tensor),
             TfLiteTensorByteSize(tensor));
        if (graph->tensors[index].type == kTfLiteFloat32)
            look_at(tensor, &ranges[index]);
    }
    if (TfLiteInterpreterResetVariableTensors(s->interpreter) != kTfLiteOk ||
        TfLiteInterpreterInvoke(s->interpreter) != kTfLiteOk)
        return refused(s, "run", err);
    for (size_t i = 0; i < computed.count; i++)
        look_at(TfLiteInterpreterGetOutputTensor(s->interpreter, (int32_t)i),
                &ranges[computed.items[i]]);
    return TB_OK;
}

tb_status tb_calibrate(const tb_draft *model, int runs, tb_calibrate_fill_fn fill, void *context,
                       tb_error *err, tb_range *ranges)
{
    tb_arena arena = {0};
    /* The same draft but for the outputs of its first subgraph, which nothing else refers to. */
    tb_draft exposed = *model;
    exposed.subgraphs = TB_ARENA_NEW(&arena, tb_draft_subgraph, model->subgraph_count);
    exposed.signature_count = 0;
    tb_int_list computed = computed_tensors(&arena, &model->subgraphs[0]);
    tb_status status;
    if (!exposed.subgraphs || !computed.items) {
        status = tb_fail(err, TB_NO_MEMORY, "calibrate: cannot list the network's tensors");
    } else {
        memcpy(exposed.subgraphs, model->subgraphs,
               model->subgraph_count * sizeof *model->subgraphs);
        exposed.subgraphs[0].outputs = computed;
        memset(ranges, 0, model->subgraphs[0].tensor_count * sizeof *ranges);
        session s;
        status = open_session(&s, &exposed, err);
        for (int run = 0; status == TB_OK && run < runs; run++)
            status = run_once(&s, &model->subgraphs[0], computed, run, fill, context, err, ranges);
        close_session(&s);
    }
    tb_arena_free(&arena);
    return status;
}
