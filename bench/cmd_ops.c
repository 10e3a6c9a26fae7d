/*
 * `tflbench ops`: the operators and data types that some models need, as `make runtime OPS=...` reads
 * them (scripts/select_ops.sh).
 *
 *     # comment
 *     op NAME VERSION      NAME as in `list ops`, custom:NAME for a custom operator
 *     type NAME            FLOAT32, INT8, ...
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/cmd.h"
#include "runtime/base/buf.h"
#include "runtime/builtin_names.h"
#include "runtime/model.h"
#include "runtime/tflite_abi/builtin_ops.h"

static const tb_option options[] = {
    {.name = "output",
     .letter = 'o',
     .kind = TB_OPTION_TEXT,
     .value_name = "FILE",
     .help = "Write the list there instead of printing it."},
    {.name = NULL},
};

/* One operator at one version. */
typedef struct needed_op {
    char *name; /* owned */
    int version;
} needed_op;

typedef struct needed_list {
    needed_op *ops;
    size_t op_count;
    uint32_t types; /* bits by TfLiteType */
} needed_list;

static tb_status add_op(needed_list *needs, const tb_opcode_def *code, tb_error *err)
{
    tb_buf text = {0};
    if (code->custom_name)
        tb_buf_printf(&text, "custom:%s", code->custom_name);
    else
        tb_buf_printf(&text, "%s", tb_builtin_name(code->builtin_code));
    for (size_t k = 0; k < needs->op_count; k++) {
        if (needs->ops[k].version == code->version &&
            strcmp(needs->ops[k].name, tb_buf_text(&text)) == 0) {
            tb_buf_free(&text);
            return TB_OK;
        }
    }
    needed_op *grown = realloc(needs->ops, (needs->op_count + 1) * sizeof *grown);
    char *name = grown ? strdup(tb_buf_text(&text)) : NULL;
    tb_buf_free(&text);
    if (grown)
        needs->ops = grown;
    if (!name)
        return tb_fail(err, TB_NO_MEMORY, "listing operators: out of memory");
    needs->ops[needs->op_count++] = (needed_op){name, code->version};
    return TB_OK;
}

static tb_status add_model(needed_list *needs, const char *path, tb_error *err)
{
    tb_model *model;
    tb_status status = tb_model_open(path, err, &model);
    if (status != TB_OK)
        return status;
    for (size_t s = 0; s < tb_model_subgraph_count(model) && status == TB_OK; s++) {
        tb_subgraph_def subgraph = tb_model_subgraph(model, s);
        for (size_t k = 0; k < subgraph.tensor_count; k++) {
            TfLiteType type = tb_model_tensor(model, s, k).type;
            if ((unsigned)type < 32)
                needs->types |= 1u << (unsigned)type;
        }
        for (size_t k = 0; k < subgraph.operator_count && status == TB_OK; k++) {
            tb_operator_def op = tb_model_operator(model, s, k);
            status = add_op(needs, &op.opcode, err);
        }
    }
    tb_model_release(model);
    return status;
}

static int by_name(const void *left, const void *right)
{
    const needed_op *a = left, *b = right;
    int order = strcmp(a->name, b->name);
    return order ? order : (a->version > b->version) - (a->version < b->version);
}

static void print_needs(const needed_list *needs, const tb_args *args, FILE *to)
{
    fprintf(to, "# What these models need of a runtime: make runtime OPS=this_file\n");
    for (int k = 0; k < tb_args_operand_count(args); k++)
        fprintf(to, "#   %s\n", tb_args_operand(args, k));
    for (size_t k = 0; k < needs->op_count; k++)
        fprintf(to, "op %s %d\n", needs->ops[k].name, needs->ops[k].version);
    for (unsigned type = 0; type < 32; type++) {
        if (needs->types & 1u << type)
            fprintf(to, "type %s\n", TfLiteTypeGetName((TfLiteType)type));
    }
}

static tb_status write_needs(const needed_list *needs, const tb_args *args, tb_error *err)
{
    const char *path = tb_args_text(args, "output");
    if (!path) {
        print_needs(needs, args, stdout);
        return fflush(stdout) == 0 && !ferror(stdout)
                   ? TB_OK
                   : tb_fail_errno(err, "standard output: cannot write the list of operators");
    }
    FILE *file = fopen(path, "w");
    if (!file)
        return tb_fail_errno(err, "%s: cannot write the list of operators", path);
    print_needs(needs, args, file);
    bool failed = ferror(file) != 0;
    failed |= fclose(file) != 0;
    return failed ? tb_fail_errno(err, "%s: cannot write the list of operators", path) : TB_OK;
}

static tb_exit run(const tb_args *args)
{
    tb_error err = TB_ERROR_NONE;
    tb_status status = TB_OK;
    needed_list needs = {0};
    for (int k = 0; k < tb_args_operand_count(args) && status == TB_OK; k++)
        status = add_model(&needs, tb_args_operand(args, k), &err);
    if (needs.op_count)
        qsort(needs.ops, needs.op_count, sizeof needs.ops[0], by_name);
    if (status == TB_OK)
        status = write_needs(&needs, args, &err);
    for (size_t k = 0; k < needs.op_count; k++)
        free(needs.ops[k].name);
    free(needs.ops);
    return status == TB_OK ? TB_EXIT_OK : tb_cmd_fail(&err);
}

const tb_cmd tb_cmd_ops = {
    .name = "ops",
    .synopsis = "MODEL... [options]",
    .summary = "the operators and data types that models need, for a runtime of just these",
    .description =
        "Lists every operator with its versions and every data type of a tensor in the models, one "
        "a line. From that list `make runtime OPS=FILE` builds libtensorflowlite_c.so with the "
        "kernels of those operators for those types alone, and prints its size; a model that needs "
        "another is refused there with the operator's name.",
    .examples = "tflbench ops model.tflite -o ops.txt && make runtime OPS=ops.txt\n"
                "    a runtime for one model, in build/runtime-ops/\n",
    .see_also = "list(1), inspect(1)",
    .options = options,
    .min_operands = 1,
    .max_operands = -1,
    .run = run,
};
