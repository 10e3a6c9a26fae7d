/* `inspect` for programs: one document, docs/formats.md, "inspect". */
#include <stdlib.h>

#include "bench/case_type.h"
#include "bench/inspect.h"
#include "bench/json_write.h"

/* ---- pieces ------------------------------------------------------------------------------------ */

static void put_ints(tb_json_writer *json, const char *key, const int32_t *data, size_t count)
{
    tb_json_put_array(json, key);
    for (size_t k = 0; k < count; k++)
        tb_json_put_int(json, NULL, data[k]);
    tb_json_end_array(json);
}

static void put_cost(tb_json_writer *json, bool known, const tb_op_cost *cost)
{
    if (!known)
        return;
    tb_json_put_uint(json, "multiply_adds", cost->multiply_adds);
    tb_json_put_uint(json, "flops", cost->flops);
    tb_json_put_uint(json, "bytes_moved", cost->bytes);
}

/* Absent, with the reason, where the model cannot be run. */
static void put_run_error(tb_json_writer *json, const char *key, const tb_inspect_run *run)
{
    if (!run->interpreter)
        tb_json_put_text(json, key, run->error.text);
}

static void put_signature(tb_json_writer *json, const tb_signature_def *signature)
{
    tb_json_put_object(json, NULL);
    tb_json_put_text(json, "key", signature->key);
    tb_json_put_uint(json, "subgraph", signature->subgraph);
    tb_json_put_object(json, "inputs");
    for (size_t k = 0; k < signature->input_count; k++) {
        tb_signature_tensor_def tensor = tb_signature_input_def(signature, k);
        tb_json_put_uint(json, tensor.name, tensor.tensor);
    }
    tb_json_end_object(json);
    tb_json_put_object(json, "outputs");
    for (size_t k = 0; k < signature->output_count; k++) {
        tb_signature_tensor_def tensor = tb_signature_output_def(signature, k);
        tb_json_put_uint(json, tensor.name, tensor.tensor);
    }
    tb_json_end_object(json);
    tb_json_end_object(json);
}

static void put_summary(tb_json_writer *json, const tb_inspection *inspection)
{
    const tb_model *model = inspection->model;
    tb_inspect_totals totals = tb_inspection_totals(inspection);
    tb_json_put_uint(json, "file_bytes", tb_model_bytes(model).size);
    tb_json_put_uint(json, "schema_version", tb_model_schema_version(model));
    tb_json_put_text(json, "description", tb_model_description(model));
    tb_json_put_uint(json, "nodes", totals.nodes);
    tb_json_put_uint(json, "tensors", totals.tensors);
    tb_json_put_uint(json, "constant_bytes", totals.constant_bytes);
    put_cost(json, totals.cost_known, &totals.cost);
    put_run_error(json, "cannot_run", &inspection->plain);
    tb_json_put_array(json, "signatures");
    for (size_t k = 0; k < tb_model_signature_count(model); k++) {
        tb_signature_def signature = tb_model_signature(model, k);
        put_signature(json, &signature);
    }
    tb_json_end_array(json);
    tb_json_put_array(json, "metadata");
    for (size_t k = 0; k < tb_model_metadata_count(model); k++) {
        tb_metadata_def metadata = tb_model_metadata(model, k);
        tb_json_put_object(json, NULL);
        tb_json_put_text(json, "name", metadata.name);
        tb_json_put_uint(json, "bytes", metadata.bytes.size);
        tb_json_end_object(json);
    }
    tb_json_end_array(json);
    tb_json_put_array(json, "notes");
    for (size_t k = 0; k < tb_model_note_count(model); k++)
        tb_json_put_text(json, NULL, tb_model_note(model, k));
    tb_json_end_array(json);
}

/* ---- operators, nodes, tensors ----------------------------------------------------------------- */

static tb_status put_ops(tb_json_writer *json, const tb_inspection *inspection, tb_error *err)
{
    int count;
    tb_inspect_op *ops = tb_inspection_ops(inspection, &count);
    if (!ops)
        return tb_fail(err, TB_NO_MEMORY, "out of memory for the operators");
    tb_json_put_array(json, "ops");
    for (int k = 0; k < count; k++) {
        tb_json_put_object(json, NULL);
        tb_json_put_text(json, "op", ops[k].name);
        tb_json_put_int(json, "version", ops[k].version);
        tb_json_put_int(json, "nodes", ops[k].count);
        if (inspection->delegated.interpreter)
            tb_json_put_int(json, "delegated", ops[k].delegated);
        put_cost(json, inspection->plain.interpreter != NULL, &ops[k].cost);
        tb_json_end_object(json);
    }
    tb_json_end_array(json);
    free(ops);
    return TB_OK;
}

static void put_node(tb_json_writer *json, const tb_inspection *inspection, size_t subgraph,
                     size_t n)
{
    tb_inspect_node node;
    tb_inspection_node(inspection, subgraph, n, &node);
    tb_json_put_object(json, NULL);
    tb_json_put_uint(json, "node", n);
    tb_json_put_text(json, "op", node.op);
    tb_json_put_int(json, "version", node.def.opcode.version);
    put_ints(json, "inputs", node.def.inputs.data, node.def.inputs.count);
    put_ints(json, "outputs", node.def.outputs.data, node.def.outputs.count);
    put_cost(json, node.cost_known, &node.cost);
    if (inspection->delegated.interpreter) {
        tb_json_put_bool(json, "delegated", node.partition >= 0);
        if (node.partition >= 0)
            tb_json_put_int(json, "kernel_node", node.partition);
        tb_json_put_text(json, "reason", node.reason);
    }
    tb_json_end_object(json);
}

static void put_quantization(tb_json_writer *json, const tb_quantization_def *quantization)
{
    if (quantization->type == kTfLiteNoQuantization)
        return;
    tb_json_put_object(json, "quantization");
    if (quantization->type == kTfLiteAffineQuantization) {
        tb_json_put_array(json, "scales");
        for (size_t k = 0; k < quantization->scales.count; k++)
            tb_json_put_real(json, NULL, (double)quantization->scales.data[k]);
        tb_json_end_array(json);
        tb_json_put_array(json, "zero_points");
        for (size_t k = 0; k < quantization->zero_points.count; k++)
            tb_json_put_int(json, NULL, quantization->zero_points.data[k]);
        tb_json_end_array(json);
        tb_json_put_int(json, "dimension", quantization->quantized_dimension);
    } else {
        tb_json_put_int(json, "scale_tensor", quantization->scale_tensor);
        tb_json_put_int(json, "zero_point_tensor", quantization->zero_point_tensor);
        tb_json_put_int(json, "block_size", quantization->block_size);
    }
    tb_json_end_object(json);
}

static void put_tensor(tb_json_writer *json, const tb_inspection *inspection, size_t subgraph,
                       size_t k)
{
    tb_inspect_tensor tensor;
    tb_inspection_tensor(inspection, subgraph, k, &tensor);
    const TfLiteTensor *live = tensor.live;
    tb_json_put_object(json, NULL);
    tb_json_put_uint(json, "tensor", k);
    tb_json_put_text(json, "name", tensor.def.name);
    const char *role = tb_tensor_role_name(tensor.role);
    tb_json_put_text(json, "role", *role ? role : "intermediate");
    tb_json_put_text(json, "type", tb_case_type_name(tensor.def.type));
    if (live && live->dims)
        put_ints(json, "shape", live->dims->data, (size_t)live->dims->size);
    else
        put_ints(json, "shape", tensor.def.shape.data, tensor.def.shape.count);
    if (tensor.def.shape_signature.count)
        put_ints(json, "shape_signature", tensor.def.shape_signature.data,
                 tensor.def.shape_signature.count);
    if (live && live->allocation_type == kTfLiteDynamic)
        tb_json_put_bool(json, "dynamic", true);
    else if (live)
        tb_json_put_uint(json, "bytes", live->bytes);
    put_quantization(json, &tensor.def.quantization);
    if (tensor.placed) {
        tb_json_put_object(json, "arena");
        tb_json_put_uint(json, "offset", tensor.placement.offset);
        tb_json_put_uint(json, "bytes", tensor.placement.bytes);
        tb_json_put_int(json, "first_use", tensor.placement.first_use);
        tb_json_put_int(json, "last_use", tensor.placement.last_use);
        tb_json_end_object(json);
    }
    tb_json_end_object(json);
}

/* ---- memory and delegate ----------------------------------------------------------------------- */

static void put_plan(tb_json_writer *json, const char *key, const tb_inspect_run *run,
                     size_t subgraph)
{
    if (!run->interpreter)
        return;
    tb_memory_plan_summary plan;
    tb_interpreter_memory_plan(run->interpreter, (int)subgraph, &plan);
    tb_json_put_object(json, key);
    tb_json_put_uint(json, "arena_bytes", plan.arena_bytes);
    tb_json_put_uint(json, "lower_bound_bytes", plan.lower_bound_bytes);
    tb_json_put_real(json, "overhead", tb_plan_overhead(&plan));
    if (plan.peak_node >= 0)
        tb_json_put_int(json, "peak_node", plan.peak_node);
    tb_json_put_int(json, "planned_tensors", plan.planned_tensors);
    tb_json_put_uint(json, "variable_bytes", plan.persistent_bytes);
    tb_json_end_object(json);
}

static void put_subgraph(tb_json_writer *json, const tb_inspection *inspection, unsigned parts,
                         size_t s)
{
    tb_subgraph_def subgraph = tb_model_subgraph(inspection->model, s);
    tb_json_put_object(json, NULL);
    tb_json_put_text(json, "name", subgraph.name);
    put_ints(json, "inputs", subgraph.inputs.data, subgraph.inputs.count);
    put_ints(json, "outputs", subgraph.outputs.data, subgraph.outputs.count);
    if (parts & TB_INSPECT_NODES) {
        tb_json_put_array(json, "nodes");
        for (size_t n = 0; n < subgraph.operator_count; n++)
            put_node(json, inspection, s, n);
        tb_json_end_array(json);
    }
    if (parts & TB_INSPECT_TENSORS) {
        tb_json_put_array(json, "tensors");
        for (size_t k = 0; k < subgraph.tensor_count; k++)
            put_tensor(json, inspection, s, k);
        tb_json_end_array(json);
    }
    if (parts & TB_INSPECT_MEMORY) {
        put_plan(json, "memory_plan", &inspection->plain, s);
        put_plan(json, "memory_plan_delegated", &inspection->delegated, s);
    }
    if (parts & TB_INSPECT_DELEGATE && inspection->delegated.interpreter)
        tb_json_put_text(json, "delegate_plan",
                         tb_interpreter_plan_text(inspection->delegated.interpreter, (int)s));
    tb_json_end_object(json);
}

static void put_delegate(tb_json_writer *json, const tb_inspection *inspection)
{
    tb_json_put_object(json, "delegate");
    tb_json_put_text(json, "name", inspection->delegate_arg.canonical);
    if (tb_inspection_has_delegate(inspection))
        put_run_error(json, "cannot_use", &inspection->delegated);
    if (inspection->delegated.interpreter) {
        tb_inspect_totals totals = tb_inspection_totals(inspection);
        tb_json_put_int(json, "nodes", totals.delegated);
        tb_json_put_int(json, "partitions", totals.partitions);
    }
    tb_json_end_object(json);
}

tb_status tb_inspect_json(const tb_inspection *inspection, unsigned parts, tb_error *err, FILE *to)
{
    tb_buf text = {0};
    tb_json_writer json = {.out = &text};
    tb_status status = TB_OK;
    tb_json_put_object(&json, NULL);
    tb_json_put_text(&json, "schema", "tflbench.inspect");
    tb_json_put_int(&json, "version", 1);
    tb_json_put_text(&json, "model", tb_model_path(inspection->model));
    if (parts & TB_INSPECT_SUMMARY)
        put_summary(&json, inspection);
    if (parts & TB_INSPECT_OPS)
        status = put_ops(&json, inspection, err);
    if (parts & TB_INSPECT_DELEGATE)
        put_delegate(&json, inspection);
    tb_json_put_array(&json, "subgraphs");
    for (size_t s = 0; s < tb_model_subgraph_count(inspection->model); s++)
        put_subgraph(&json, inspection, parts, s);
    tb_json_end_array(&json);
    tb_json_end_object(&json);
    tb_buf_append_char(&text, '\n');
    if (status == TB_OK)
        status = tb_buf_status(&text, "report", err);
    if (status == TB_OK)
        fwrite(text.data, 1, text.size, to);
    tb_buf_free(&text);
    return status;
}
