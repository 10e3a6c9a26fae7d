/*
 * Control flow: the subgraphs that operators call exist, none leads back to itself, and calls nest
 * at most 64 deep. So whoever walks from subgraph to subgraph comes to an end.
 */
#include <stdarg.h>
#include <stdlib.h>

#include "runtime/base/size.h"
#include "runtime/model_internal.h"
#include "runtime/schema.h"
#include "runtime/tflite_abi/builtin_ops.h"

enum { max_nesting = 64, place_size = 256 };

/* A field of an operator's options that names a subgraph. */
typedef struct call_row {
    int builtin_code;
    bool second; /* lies in builtin_options_2 */
    uint8_t options;
    uint8_t field;
    bool list;
    bool runs; /* the operator runs it; else it is read as a description */
} call_row;

#define FIRST(code, table, field, runs)                                                          \
    {                                                                                            \
        code, false, tb_schema_builtin_options_##table, tb_schema_##table##_##field##_id, false, \
            runs                                                                                 \
    }
#define SECOND(code, table, field, list, runs)                                                   \
    {                                                                                            \
        code, true, tb_schema_builtin_options_2_##table, tb_schema_##table##_##field##_id, list, \
            runs                                                                                 \
    }

static const call_row call_rows[] = {
    FIRST(kTfLiteBuiltinIf, if, then_subgraph_index, true),
    FIRST(kTfLiteBuiltinIf, if, else_subgraph_index, true),
    FIRST(kTfLiteBuiltinWhile, while, cond_subgraph_index, true),
    FIRST(kTfLiteBuiltinWhile, while, body_subgraph_index, true),
    FIRST(kTfLiteBuiltinCallOnce, call_once, init_subgraph_index, true),
    SECOND(kTfLiteBuiltinStablehloComposite, stablehlo_composite, decomposition_subgraph_index,
           false, true),
    SECOND(kTfLiteBuiltinStablehloCase, stablehlo_case, branch_subgraph_indices, true, true),
    SECOND(kTfLiteBuiltinStablehloWhile, stablehlo_while, cond_subgraph_index, false, true),
    SECOND(kTfLiteBuiltinStablehloWhile, stablehlo_while, body_subgraph_index, false, true),
    SECOND(kTfLiteBuiltinStablehloReduceWindow, stablehlo_reduce_window, body_subgraph_index, false,
           false),
    SECOND(kTfLiteBuiltinStablehloReduce, stablehlo_reduce, body_subgraph_index, false, false),
    SECOND(kTfLiteBuiltinStablehloScatter, stablehlo_scatter, update_computation_subgraph_index,
           false, false),
    SECOND(kTfLiteBuiltinStablehloSort, stablehlo_sort, comparator_subgraph_index, false, false),
    SECOND(kTfLiteBuiltinStablehloCustomCall, stablehlo_custom_call, called_computations, true,
           false),
};

/* The subgraphs that `row` names in the options of an operator. Where a first-union operator has no
   options, its params are zero and it names subgraph 0. */
static tb_i32s called(const call_row *row, tb_fb_table op, int32_t *single)
{
    tb_fb_union options = row->second ? tb_schema_operator_builtin_options_2(op)
                                      : tb_schema_operator_builtin_options(op);
    if (options.type != row->options) {
        if (row->second || options.type)
            return (tb_i32s){NULL, 0};
        options.table = tb_fb_absent();
    }
    if (row->list)
        return tb_fb_i32s(options.table, row->field);
    *single = tb_fb_i32(options.table, row->field, 0);
    return (tb_i32s){single, 1};
}

static bool calls_others(int builtin_code)
{
    for (size_t k = 0; k < TB_COUNT_OF(call_rows); k++)
        if (call_rows[k].builtin_code == builtin_code)
            return true;
    return false;
}

typedef struct call_walk {
    const tb_model *model;
    uint8_t *height; /* by subgraph: 1 + the calls that nest below it; or one of these: */
    tb_error *err;
} call_walk;

enum { unknown = 0, being_measured = UINT8_MAX };

/* Where a call is made, and how deep below the subgraph that the walk started at. */
typedef struct call_site {
    size_t subgraph;
    size_t node;
    size_t depth;
} call_site;

static tb_status fault(const call_walk *w, const call_site *site, tb_status status,
                       const char *format, ...) TB_PRINTF(4, 5);
static tb_status fault(const call_walk *w, const call_site *site, tb_status status,
                       const char *format, ...)
{
    va_list args;
    va_start(args, format);
    tb_vfail(w->err, status, format, args);
    va_end(args);
    char place[place_size];
    tb_in(w->err, "%s",
          tb_model_operator_place(w->model, site->subgraph, site->node, sizeof place, place));
    return status;
}

static tb_status measure(call_walk *w, size_t subgraph, size_t depth);

/* *height, of the subgraph that calls, grows with what it calls. */
static tb_status measure_call(call_walk *w, const call_site *site, int32_t to, uint8_t *height)
{
    if (w->height[to] == being_measured)
        return fault(w, site, TB_CORRUPT, "it calls subgraph %d, which calls it", to);
    /* The depth bounds this recursion; the height counts what was measured before as well. */
    tb_status status = TB_OK;
    if (site->depth < max_nesting)
        status = measure(w, (size_t)to, site->depth + 1);
    if (status != TB_OK)
        return status;
    if (*height <= w->height[to])
        *height = (uint8_t)(w->height[to] + 1);
    if (site->depth == max_nesting || *height > max_nesting)
        return fault(w, site, TB_UNSUPPORTED, "calls of subgraphs nest more than %d deep",
                     max_nesting);
    return TB_OK;
}

static tb_status measure_node(call_walk *w, const call_site *site, tb_fb_table op, uint8_t *height)
{
    size_t count = w->model->subgraphs.count;
    int code = tb_model_opcode(w->model, tb_schema_operator_opcode_index(op)).builtin_code;
    for (size_t k = 0; k < TB_COUNT_OF(call_rows); k++) {
        if (call_rows[k].builtin_code != code)
            continue;
        int32_t single;
        tb_i32s targets = called(&call_rows[k], op, &single);
        for (size_t t = 0; t < targets.count; t++) {
            int32_t to = targets.data[t];
            if (to < 0 || (size_t)to >= count)
                return fault(w, site, TB_CORRUPT, "it calls subgraph %d, the model has %zu", to,
                             count);
            tb_status status = call_rows[k].runs ? measure_call(w, site, to, height) : TB_OK;
            if (status != TB_OK)
                return status;
        }
    }
    return TB_OK;
}

/* Finds height[subgraph], unless it is known. */
static tb_status measure(call_walk *w, size_t subgraph, size_t depth)
{
    if (w->height[subgraph] != unknown)
        return TB_OK;
    w->height[subgraph] = being_measured;
    uint8_t height = 1;
    tb_fb_tables operators = tb_model_subgraph(w->model, subgraph).operators;
    for (size_t k = 0; k < operators.count; k++) {
        call_site site = {subgraph, k, depth};
        tb_status status = measure_node(w, &site, tb_fb_tables_get(operators, k), &height);
        if (status != TB_OK)
            return status;
    }
    w->height[subgraph] = height;
    return TB_OK;
}

static bool has_calls(const tb_model *model)
{
    for (size_t k = 0; k < model->opcodes.count; k++)
        if (calls_others(tb_model_opcode(model, k).builtin_code))
            return true;
    return false;
}

tb_status tb_model_verify_calls(const tb_model *model, tb_error *err)
{
    if (!has_calls(model))
        return TB_OK;
    call_walk w = {model, calloc(model->subgraphs.count, 1), err};
    if (!w.height)
        return tb_fail(err, TB_NO_MEMORY, "no memory to follow the calls of %zu subgraphs",
                       model->subgraphs.count);
    tb_status status = TB_OK;
    for (size_t k = 0; k < model->subgraphs.count && status == TB_OK; k++)
        status = measure(&w, k, 1);
    free(w.height);
    return status;
}
