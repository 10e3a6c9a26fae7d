/* `inspect` for people. */
#include <stdlib.h>
#include <string.h>

#include "bench/case_type.h"
#include "bench/inspect.h"
#include "bench/text_table.h"
#include "reports/units.h"

/* ---- pieces ------------------------------------------------------------------------------------ */

static void dims_cell(tb_text_table *table, TfLiteType type, int rank, const int *dims)
{
    tb_buf text = {0};
    for (int k = 0; k < rank; k++)
        tb_buf_printf(&text, "%s%d", k ? "," : "", dims[k]);
    tb_text_table_cell(table, "%s [%s]", tb_case_type_name(type), tb_buf_text(&text));
    tb_buf_free(&text);
}

/* The shape in force, or else the file's. */
static void shape_cell(tb_text_table *table, const tb_inspect_tensor *tensor)
{
    const TfLiteTensor *live = tensor->live;
    if (live && live->dims)
        dims_cell(table, live->type, live->dims->size, live->dims->data);
    else
        dims_cell(table, tensor->def.type, (int)tensor->def.shape.count, tensor->def.shape.data);
}

static void output_cell(tb_text_table *table, const tb_inspection *inspection, size_t subgraph,
                        const tb_inspect_node *node)
{
    if (node->output_tensor < 0) {
        tb_text_table_cell(table, "-");
        return;
    }
    tb_inspect_tensor tensor;
    tb_inspection_tensor(inspection, subgraph, (size_t)node->output_tensor, &tensor);
    shape_cell(table, &tensor);
}

static void count_cell(tb_text_table *table, bool known, uint64_t count)
{
    char text[TB_FIGURE_TEXT_SIZE] = "-";
    if (count)
        tb_format_count((double)count, text);
    tb_text_table_cell(table, "%s", known ? text : "?");
}

static void size_cell(tb_text_table *table, bool known, uint64_t bytes)
{
    char text[TB_FIGURE_TEXT_SIZE];
    tb_format_bytes((double)bytes, text);
    tb_text_table_cell(table, "%s", known ? text : "?");
}

static void print_table(tb_text_table *table, FILE *to)
{
    tb_text_table_print(table, 2, to);
    tb_text_table_free(table);
}

/* "Nodes of subgraph 1 'body'"; the number only where there are several. */
static void heading(const tb_inspection *inspection, const char *what, size_t subgraph, FILE *to)
{
    fprintf(to, "\n%s", what);
    if (tb_model_subgraph_count(inspection->model) > 1)
        fprintf(to, " of subgraph %zu '%s'", subgraph,
                tb_model_subgraph(inspection->model, subgraph).name);
    fputs("\n", to);
}

/* ---- summary ----------------------------------------------------------------------------------- */

static void print_ends(const tb_inspection *inspection, const char *what, tb_i32s tensors, FILE *to)
{
    tb_text_table table;
    tb_text_table_init(&table, "rrll", (const char *const[]){what, "tensor", "type", "name"});
    for (size_t k = 0; k < tensors.count; k++) {
        tb_text_table_cell(&table, "%zu", k);
        tb_text_table_cell(&table, "%d", tensors.data[k]);
        if (tensors.data[k] < 0) {
            tb_text_table_cell(&table, "(none)");
            tb_text_table_cell(&table, "%s", "");
            continue;
        }
        tb_inspect_tensor tensor;
        tb_inspection_tensor(inspection, 0, (size_t)tensors.data[k], &tensor);
        shape_cell(&table, &tensor);
        tb_text_table_cell(&table, "%s", tensor.def.name);
    }
    fputs("\n", to);
    print_table(&table, to);
}

static void print_signatures(const tb_model *model, FILE *to)
{
    for (size_t k = 0; k < tb_model_signature_count(model); k++) {
        tb_signature_def signature = tb_model_signature(model, k);
        fprintf(to, "%s  %s (subgraph %zu):", k ? "" : "\nSignatures\n", signature.key,
                signature.subgraph);
        for (size_t i = 0; i < signature.input_count; i++)
            fprintf(to, " %s", tb_signature_input_def(&signature, i).name);
        fputs(" ->", to);
        for (size_t i = 0; i < signature.output_count; i++)
            fprintf(to, " %s", tb_signature_output_def(&signature, i).name);
        fputs("\n", to);
    }
}

static void print_metadata(const tb_model *model, FILE *to)
{
    char size[TB_FIGURE_TEXT_SIZE];
    for (size_t k = 0; k < tb_model_metadata_count(model); k++) {
        tb_metadata_def metadata = tb_model_metadata(model, k);
        tb_format_bytes((double)metadata.bytes.size, size);
        fprintf(to, "%s  %s: %s\n", k ? "" : "\nMetadata\n", metadata.name, size);
    }
    for (size_t k = 0; k < tb_model_note_count(model); k++)
        fprintf(to, "%s  %s\n", k ? "" : "\nNotes\n", tb_model_note(model, k));
}

static void print_arithmetic(const tb_inspection *inspection, const tb_inspect_totals *totals,
                             FILE *to)
{
    if (!totals->cost_known) {
        fprintf(to, "  cannot be run: %s\n", inspection->plain.error.text);
        return;
    }
    char flops[TB_FIGURE_TEXT_SIZE], multiply_adds[TB_FIGURE_TEXT_SIZE];
    tb_format_count((double)totals->cost.flops, flops);
    tb_format_count(2 * (double)totals->cost.multiply_adds, multiply_adds);
    fprintf(to, "  %s FLOPs an inference, %s of them in multiply-adds\n", flops, multiply_adds);
}

static void print_summary(const tb_inspection *inspection, FILE *to)
{
    const tb_model *model = inspection->model;
    tb_inspect_totals totals = tb_inspection_totals(inspection);
    char file[TB_FIGURE_TEXT_SIZE], constants[TB_FIGURE_TEXT_SIZE];
    tb_format_bytes((double)tb_model_bytes(model).size, file);
    tb_format_bytes((double)totals.constant_bytes, constants);
    fprintf(to, "%s: %s, schema version %u\n", tb_model_path(model), file,
            (unsigned)tb_model_schema_version(model));
    if (*tb_model_description(model))
        fprintf(to, "  \"%s\"\n", tb_model_description(model));
    fprintf(to, "  %zu subgraph%s, %zu node%s, %zu tensors, %s of constants\n",
            tb_model_subgraph_count(model), tb_model_subgraph_count(model) == 1 ? "" : "s",
            totals.nodes, totals.nodes == 1 ? "" : "s", totals.tensors, constants);
    print_arithmetic(inspection, &totals, to);
    tb_subgraph_def primary = tb_model_subgraph(model, 0);
    print_ends(inspection, "input", primary.inputs, to);
    print_ends(inspection, "output", primary.outputs, to);
    print_signatures(model, to);
    print_metadata(model, to);
}

/* ---- operators and nodes ----------------------------------------------------------------------- */

static tb_status print_ops(const tb_inspection *inspection, tb_error *err, FILE *to)
{
    int count;
    tb_inspect_op *ops = tb_inspection_ops(inspection, &count);
    if (!ops)
        return tb_fail(err, TB_NO_MEMORY, "out of memory for the operators");
    bool known = inspection->plain.interpreter != NULL;
    tb_text_table table;
    tb_text_table_init(
        &table, "lrrrrr",
        (const char *const[]){"operator", "version", "nodes", "delegated", "FLOPs", "bytes moved"});
    for (int k = 0; k < count; k++) {
        tb_text_table_cell(&table, "%s", ops[k].name);
        tb_text_table_cell(&table, "%d", ops[k].version);
        tb_text_table_cell(&table, "%d", ops[k].count);
        if (inspection->delegated.interpreter)
            tb_text_table_cell(&table, "%d", ops[k].delegated);
        else
            tb_text_table_cell(&table, "-");
        count_cell(&table, known, ops[k].cost.flops);
        size_cell(&table, known, ops[k].cost.bytes);
    }
    free(ops);
    fputs("\nOperators\n", to);
    print_table(&table, to);
    return TB_OK;
}

static void placed_cell(tb_text_table *table, const tb_inspection *inspection,
                        const tb_inspect_node *node)
{
    if (!inspection->delegated.interpreter)
        tb_text_table_cell(table, "-");
    else if (node->partition >= 0)
        tb_text_table_cell(table, "%s, node %d", inspection->delegate_arg.name, node->partition);
    else
        tb_text_table_cell(table, "portable: %s", node->reason ? node->reason : "no reason given");
}

static void print_nodes(const tb_inspection *inspection, size_t subgraph, FILE *to)
{
    size_t count = tb_model_subgraph(inspection->model, subgraph).operator_count;
    tb_text_table table;
    tb_text_table_init(
        &table, "rllrrl",
        (const char *const[]){"node", "operator", "output", "FLOPs", "bytes moved", "runs on"});
    for (size_t n = 0; n < count; n++) {
        tb_inspect_node node;
        tb_inspection_node(inspection, subgraph, n, &node);
        tb_text_table_cell(&table, "%zu", n);
        tb_text_table_cell(&table, "%s", node.op);
        output_cell(&table, inspection, subgraph, &node);
        count_cell(&table, node.cost_known, node.cost.flops);
        size_cell(&table, node.cost_known, node.cost.bytes);
        placed_cell(&table, inspection, &node);
    }
    heading(inspection, "Nodes", subgraph, to);
    print_table(&table, to);
}

/* ---- tensors ----------------------------------------------------------------------------------- */

static void quantization_cell(tb_text_table *table, const tb_quantization_def *quantization)
{
    if (quantization->type == kTfLiteAffineQuantization && quantization->scales.count == 1)
        tb_text_table_cell(table, "%.6g, zero %lld", (double)quantization->scales.data[0],
                           (long long)quantization->zero_points.data[0]);
    else if (quantization->type == kTfLiteAffineQuantization)
        tb_text_table_cell(table, "%zu scales along %d", quantization->scales.count,
                           quantization->quantized_dimension);
    else if (quantization->type == kTfLiteBlockwiseQuantization)
        tb_text_table_cell(table, "blocks of %d", quantization->block_size);
    else
        tb_text_table_cell(table, "%s",
                           quantization->type == kTfLiteNoQuantization ? "" : "several axes");
}

static void bytes_cell(tb_text_table *table, const tb_inspect_tensor *tensor)
{
    if (tensor->live && tensor->live->allocation_type == kTfLiteDynamic)
        tb_text_table_cell(table, "dynamic");
    else if (tensor->live)
        size_cell(table, true, tensor->live->bytes);
    else
        size_cell(table, tensor->def.constant.data != NULL, tensor->def.constant.size);
}

static void print_tensors(const tb_inspection *inspection, size_t subgraph, FILE *to)
{
    size_t count = tb_model_subgraph(inspection->model, subgraph).tensor_count;
    tb_text_table table;
    tb_text_table_init(
        &table, "rllrlll",
        (const char *const[]){"tensor", "role", "type", "size", "quantization", "arena", "name"});
    for (size_t k = 0; k < count; k++) {
        tb_inspect_tensor tensor;
        tb_inspection_tensor(inspection, subgraph, k, &tensor);
        tb_text_table_cell(&table, "%zu", k);
        tb_text_table_cell(&table, "%s", tb_tensor_role_name(tensor.role));
        shape_cell(&table, &tensor);
        bytes_cell(&table, &tensor);
        quantization_cell(&table, &tensor.def.quantization);
        if (tensor.placed)
            tb_text_table_cell(&table, "%llu, steps %d-%d",
                               (unsigned long long)tensor.placement.offset,
                               tensor.placement.first_use, tensor.placement.last_use);
        else
            tb_text_table_cell(&table, "%s", "");
        tb_text_table_cell(&table, "%s", tensor.def.name);
    }
    heading(inspection, "Tensors", subgraph, to);
    print_table(&table, to);
}

/* ---- memory ------------------------------------------------------------------------------------ */

static void plan_row(tb_text_table *table, const tb_inspect_run *run, const char *whose,
                     size_t subgraph)
{
    tb_memory_plan_summary plan;
    tb_interpreter_memory_plan(run->interpreter, (int)subgraph, &plan);
    tb_text_table_cell(table, "%zu", subgraph);
    tb_text_table_cell(table, "%s", whose);
    tb_text_table_cell(table, "%llu", (unsigned long long)plan.arena_bytes);
    tb_text_table_cell(table, "%llu", (unsigned long long)plan.lower_bound_bytes);
    tb_text_table_cell(table, "%.2f %%", 100 * tb_plan_overhead(&plan));
    tb_node_info info;
    if (plan.peak_node >= 0 &&
        tb_interpreter_node(run->interpreter, (int)subgraph, plan.peak_node, &info))
        tb_text_table_cell(table, "%d %s", plan.peak_node, info.op_name ? info.op_name : "");
    else
        tb_text_table_cell(table, "-");
    tb_text_table_cell(table, "%d", plan.planned_tensors);
    tb_text_table_cell(table, "%llu", (unsigned long long)plan.persistent_bytes);
}

static void print_memory(const tb_inspection *inspection, FILE *to)
{
    fputs("\nMemory plan (bytes; the bound is the largest sum of tensors alive at one node)\n", to);
    if (!inspection->plain.interpreter) {
        fprintf(to, "  none: %s\n", inspection->plain.error.text);
        return;
    }
    tb_text_table table;
    tb_text_table_init(&table, "rlrrrlrr",
                       (const char *const[]){"subgraph", "delegate", "arena", "lower bound",
                                             "above it", "peak at node", "tensors", "variables"});
    for (size_t s = 0; s < tb_model_subgraph_count(inspection->model); s++) {
        plan_row(&table, &inspection->plain, TB_DELEGATE_REFERENCE, s);
        if (inspection->delegated.interpreter)
            plan_row(&table, &inspection->delegated, inspection->delegate_arg.name, s);
    }
    print_table(&table, to);
}

/* ---- delegate ---------------------------------------------------------------------------------- */

static void print_delegate(const tb_inspection *inspection, FILE *to)
{
    const char *name = inspection->delegate_arg.canonical;
    fprintf(to, "\nDelegate %s\n", name);
    if (!tb_inspection_has_delegate(inspection)) {
        fputs("  every node runs on the portable kernels\n", to);
        return;
    }
    if (!inspection->delegated.interpreter) {
        fprintf(to, "  cannot be used: %s\n", inspection->delegated.error.text);
        return;
    }
    tb_inspect_totals totals = tb_inspection_totals(inspection);
    fprintf(to, "  takes %d of %zu nodes in %d partition%s\n", totals.delegated, totals.nodes,
            totals.partitions, totals.partitions == 1 ? "" : "s");
    for (size_t s = 0; s < tb_model_subgraph_count(inspection->model); s++) {
        size_t count = tb_model_subgraph(inspection->model, s).operator_count;
        for (size_t n = 0; n < count; n++) {
            tb_inspect_node node;
            tb_inspection_node(inspection, s, n, &node);
            if (node.partition < 0)
                fprintf(to, "  left behind: subgraph %zu, node %zu %s: %s\n", s, n, node.op,
                        node.reason ? node.reason : "no reason given");
        }
        const char *text = tb_interpreter_plan_text(inspection->delegated.interpreter, (int)s);
        if (text && *text)
            fprintf(to, "\n  Plan of subgraph %zu\n%s\n", s, text);
    }
}

/* ---- the whole --------------------------------------------------------------------------------- */

tb_status tb_inspect_text(const tb_inspection *inspection, unsigned parts, tb_error *err, FILE *to)
{
    if (parts & TB_INSPECT_SUMMARY)
        print_summary(inspection, to);
    if (parts & TB_INSPECT_OPS && print_ops(inspection, err, to) != TB_OK)
        return err->status;
    for (size_t s = 0; s < tb_model_subgraph_count(inspection->model); s++) {
        if (parts & TB_INSPECT_NODES)
            print_nodes(inspection, s, to);
        if (parts & TB_INSPECT_TENSORS)
            print_tensors(inspection, s, to);
    }
    if (parts & TB_INSPECT_MEMORY)
        print_memory(inspection, to);
    if (parts & TB_INSPECT_DELEGATE)
        print_delegate(inspection, to);
    return TB_OK;
}
