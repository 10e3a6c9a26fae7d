/*
 * Resource variables: VAR_HANDLE, READ_VARIABLE, ASSIGN_VARIABLE. A variable has the type, shape and
 * bytes of what was assigned last; it is shared by all subgraphs of the interpreter.
 */
#include <stdlib.h>
#include <string.h>

#include "runtime/ops/handle.h"

static const char variable_kind[] = "variable";

typedef struct variable {
    tb_resource resource;
    tb_memory_count *memory;
    TfLiteType type;
    TfLiteIntArray *dims;
    char *data;
    size_t bytes;
} variable;

static void destroy(tb_resource *resource)
{
    variable *v = (variable *)resource;
    tb_memory_give(v->memory, TB_MEMORY_KERNEL, v->bytes);
    TfLiteIntArrayFree(v->dims);
    free(v->data);
    free(v);
}

/* ---- VAR_HANDLE -------------------------------------------------------------------------------- */

static TfLiteStatus prepare_handle(TfLiteContext *context, TfLiteNode *node)
{
    const TfLiteVarHandleParams *options = node->builtin_data;
    TfLiteTensor *output;
    TB_OP_TRY(tb_op_check_inputs(context, node, 0, 0));
    TB_OP_TRY(tb_op_check_outputs(context, node, 1));
    TB_OP_TRY(tb_op_get_output(context, node, 0, &output));
    TB_OP_TRY(tb_handle_check(context, output, TB_TYPES_HANDLE));
    int32_t *id = tb_op_make_data(context, node, sizeof *id);
    if (!id)
        return kTfLiteError;
    *id = tb_resources_id(tb_op_resources(context), options->container, options->shared_name);
    if (*id < 0)
        return tb_op_fail(context, "has no memory for the variable's name");
    tb_handle_place(output);
    return kTfLiteOk;
}

static TfLiteStatus invoke_handle(TfLiteContext *context, TfLiteNode *node)
{
    const int32_t *id = node->user_data;
    return tb_handle_write(context, tb_op_output(context, node, 0), *id);
}

const TfLiteRegistration tb_op_var_handle = {.prepare = prepare_handle, .invoke = invoke_handle};

/* ---- READ_VARIABLE ----------------------------------------------------------------------------- */

/* An output without dimensions may be a scalar or of unknown shape: it gets the variable's. */
static TfLiteStatus prepare_read(TfLiteContext *context, TfLiteNode *node)
{
    const TfLiteTensor *input;
    TfLiteTensor *output;
    TB_OP_TRY(tb_op_unary(context, node, &input, &output));
    TB_OP_TRY(tb_handle_check(context, input, TB_TYPES_HANDLE));
    if (tb_tensor_rank(output) == 0)
        tb_op_set_dynamic(output);
    return kTfLiteOk;
}

static TfLiteStatus invoke_read(TfLiteContext *context, TfLiteNode *node)
{
    TfLiteTensor *output = tb_op_output(context, node, 0);
    tb_resource *found;
    int32_t id;
    TB_OP_TRY(tb_handle_read(context, tb_op_input(context, node, 0), &id));
    TB_OP_TRY(tb_handle_find(context, id, variable_kind, &found));
    const variable *v = (const variable *)found;
    if (!v)
        return tb_op_fail(context, "reads variable %d, which nobody assigned", id);
    if (v->type != output->type)
        return tb_op_fail(context, "variable %d is %s, output is %s", id,
                          TfLiteTypeGetName(v->type), TfLiteTypeGetName(output->type));
    if (tb_tensor_is_dynamic(output))
        TB_OP_TRY(tb_op_resize(context, output, v->dims->size, v->dims->data));
    if (tb_type_is_unsized(output->type))
        TB_OP_TRY(tb_op_resize_bytes(context, output, v->bytes));
    /* An output of fixed shape gets as much as it has room for, as in TFLite. */
    if (output->bytes > v->bytes)
        return tb_op_fail(context, "variable %d has %zu bytes, output has %zu", id, v->bytes,
                          output->bytes);
    if (output->bytes > 0)
        memcpy(output->data.raw, v->data, output->bytes);
    return kTfLiteOk;
}

const TfLiteRegistration tb_op_read_variable = {.prepare = prepare_read, .invoke = invoke_read};

/* ---- ASSIGN_VARIABLE --------------------------------------------------------------------------- */

static TfLiteStatus prepare_assign(TfLiteContext *context, TfLiteNode *node)
{
    const TfLiteTensor *handle, *value;
    TB_OP_TRY(tb_op_check_inputs(context, node, 2, 2));
    TB_OP_TRY(tb_op_check_outputs(context, node, 0));
    TB_OP_TRY(tb_op_get_input(context, node, 0, "resource", &handle));
    TB_OP_TRY(tb_op_get_input(context, node, 1, "value", &value));
    if (value->type == kTfLiteVariant)
        return tb_op_fail(context, "assigns a VARIANT, which only its own operators can copy");
    return tb_handle_check(context, handle, TB_TYPES_HANDLE);
}

static TfLiteStatus create(TfLiteContext *context, int32_t id, variable **out)
{
    variable *v = calloc(1, sizeof *v);
    if (!v)
        return tb_op_fail(context, "no memory for variable %d", id);
    v->resource = (tb_resource){variable_kind, destroy};
    v->memory = tb_op_memory_count(context);
    if (!tb_resources_put_take(tb_op_resources(context), id, &v->resource)) {
        destroy(&v->resource);
        return tb_op_fail(context, "cannot keep a variable %d", id);
    }
    *out = v;
    return kTfLiteOk;
}

static TfLiteStatus assign(TfLiteContext *context, variable *v, const TfLiteTensor *value)
{
    TfLiteIntArray *dims = TfLiteIntArrayCopy(value->dims);
    if (value->dims && !dims)
        return tb_op_fail(context, "no memory for a variable's shape");
    if (v->bytes != value->bytes) {
        if (!tb_memory_change(v->memory, TB_MEMORY_KERNEL, v->bytes, value->bytes)) {
            TfLiteIntArrayFree(dims);
            return tb_op_fail(context, "a variable of %zu bytes passes the memory limit",
                              value->bytes);
        }
        char *data = realloc(v->data, value->bytes ? value->bytes : 1);
        if (!data) {
            tb_memory_change(v->memory, TB_MEMORY_KERNEL, value->bytes, v->bytes);
            TfLiteIntArrayFree(dims);
            return tb_op_fail(context, "no memory for a variable of %zu bytes", value->bytes);
        }
        v->data = data;
        v->bytes = value->bytes;
    }
    TfLiteIntArrayFree(v->dims);
    v->dims = dims;
    v->type = value->type;
    if (v->bytes > 0)
        memcpy(v->data, value->data.raw, v->bytes);
    return kTfLiteOk;
}

static TfLiteStatus invoke_assign(TfLiteContext *context, TfLiteNode *node)
{
    const TfLiteTensor *value = tb_op_input(context, node, 1);
    tb_resource *found;
    int32_t id;
    TB_OP_TRY(tb_handle_read(context, tb_op_input(context, node, 0), &id));
    if (value->bytes > 0 && !value->data.raw)
        return tb_op_fail(context, "assigns a tensor that has no value");
    TB_OP_TRY(tb_handle_find(context, id, variable_kind, &found));
    variable *v = (variable *)found;
    if (!v)
        TB_OP_TRY(create(context, id, &v));
    return assign(context, v, value);
}

const TfLiteRegistration tb_op_assign_variable = {.prepare = prepare_assign,
                                                  .invoke = invoke_assign};
