/* `tflbench inspect`: what is in a model, and what would run where. */
#include <stdio.h>
#include <string.h>

#include "bench/cmd.h"
#include "bench/inspect.h"
#include "runtime/base/size.h"

static const tb_option options[] = {
    {.name = "delegate",
     .kind = TB_OPTION_TEXT,
     .value_name = "NAME[:k=v;k=v]",
     .default_text = "cpu",
     .help = "Whose plan is shown: the nodes it takes, and why it leaves the others."},
    {.name = "threads",
     .letter = 't',
     .kind = TB_OPTION_INT,
     .value_name = "N",
     .default_text = "1",
     .min = 1,
     .max = 1024,
     .help = "Threads the delegate may plan for."},
    {.name = "custom-op",
     .kind = TB_OPTION_LIST,
     .no_split = true,
     .value_name = "LIB.so",
     .help =
         "A shared object with custom operators, compiled for TFLite; may be given several times. "
         "For operator Foo it exports Register_Foo, Register_FOO (C or C++), or a list, "
         "tflbench_custom_ops."},
    {.name = "only",
     .kind = TB_OPTION_LIST,
     .value_name = "PART",
     .help = "Only these parts: summary, ops, nodes, tensors, memory, delegate."},
    {.name = "plan-limit",
     .kind = TB_OPTION_NUMBER,
     .value_name = "PERCENT",
     .max = 1e6,
     .help = "Exit with 1 where the memory plan without a delegate takes more than so many percent "
             "above its lower bound."},
    {.name = "json", .kind = TB_OPTION_FLAG, .help = "One JSON document a model and line."},
    {.name = NULL},
};

static const struct part_row {
    const char *name;
    unsigned bit;
} part_rows[] = {
#define PART_ROW(code, name) {name, TB_INSPECT_##code},
    TB_INSPECT_PARTS(PART_ROW)
#undef PART_ROW
};

static tb_status chosen_parts(const tb_args *args, tb_error *err, unsigned *out)
{
    int count;
    const char *const *names = tb_args_list(args, "only", &count);
    unsigned chosen = 0, all = 0;
    for (size_t k = 0; k < TB_COUNT_OF(part_rows); k++)
        all |= part_rows[k].bit;
    for (int n = 0; n < count; n++) {
        unsigned bit = 0;
        for (size_t k = 0; k < TB_COUNT_OF(part_rows) && !bit; k++)
            bit = strcmp(part_rows[k].name, names[n]) ? 0 : part_rows[k].bit;
        if (!bit)
            return tb_fail(err, TB_USAGE,
                           "--only '%s': known are summary, ops, nodes, tensors, memory and "
                           "delegate",
                           names[n]);
        chosen |= bit;
    }
    *out = chosen ? chosen : all;
    return TB_OK;
}

static tb_status check_plans(const tb_inspection *inspection, double limit, tb_error *err)
{
    const tb_interpreter *interpreter = inspection->plain.interpreter;
    for (int s = 0; interpreter && s < tb_interpreter_subgraph_count(interpreter); s++) {
        tb_memory_plan_summary plan;
        tb_interpreter_memory_plan(interpreter, s, &plan);
        if (tb_plan_overhead(&plan) > limit)
            return tb_fail(err, TB_MISMATCH,
                           "%s: subgraph %d: the memory plan takes %llu bytes, %.1f %% above its "
                           "lower bound of %llu",
                           tb_model_path(inspection->model), s,
                           (unsigned long long)plan.arena_bytes, 100 * tb_plan_overhead(&plan),
                           (unsigned long long)plan.lower_bound_bytes);
    }
    return TB_OK;
}

static tb_status inspect_one(const tb_args *args, const char *path, unsigned parts, tb_error *err)
{
    tb_inspection inspection;
    int custom_op_count;
    const char *const *custom_ops = tb_args_list(args, "custom-op", &custom_op_count);
    tb_status status =
        tb_inspection_open(path, tb_args_text(args, "delegate"), (int)tb_args_int(args, "threads"),
                           custom_ops, custom_op_count, err, &inspection);
    if (status != TB_OK)
        return status;
    status = tb_args_flag(args, "json") ? tb_inspect_json(&inspection, parts, err, stdout)
                                        : tb_inspect_text(&inspection, parts, err, stdout);
    if (status == TB_OK && tb_args_given(args, "plan-limit"))
        status = check_plans(&inspection, tb_args_number(args, "plan-limit") / 100, err);
    tb_inspection_close(&inspection);
    return status;
}

/* A model that cannot be shown does not keep the others from it. */
static tb_exit run(const tb_args *args)
{
    tb_error err = TB_ERROR_NONE;
    unsigned parts = 0;
    if (chosen_parts(args, &err, &parts) != TB_OK)
        return tb_cmd_fail(&err);
    tb_exit code = TB_EXIT_OK;
    for (int k = 0; k < tb_args_operand_count(args); k++) {
        if (k > 0 && !tb_args_flag(args, "json"))
            putchar('\n');
        if (inspect_one(args, tb_args_operand(args, k), parts, &err) != TB_OK) {
            tb_exit one = tb_cmd_fail(&err);
            code = code == TB_EXIT_OK ? one : code;
        }
    }
    return code;
}

const tb_cmd tb_cmd_inspect = {
    .name = "inspect",
    .synopsis = "MODEL... [options]",
    .summary = "what is in a model, what it costs, and what would run where",
    .description =
        "Prints inputs, outputs, signatures and metadata; operators with versions; every node with "
        "its output's shape, its floating-point (or integer) operations and the bytes it reads and "
        "writes; every tensor with its quantisation and its place in the arena; the memory plan "
        "beside its lower bound, the largest sum of the tensors that are alive at any one node; "
        "and the delegate's plan, with a reason for every node that it leaves behind.\n\n"
        "FLOPs follow from shapes: two for each multiply-add of convolutions, matrix products and "
        "recurrent layers, one for other arithmetic on an element; "
        "integer arithmetic counts the same. Shapes are those the model declares; what depends on "
        "data that only an inference computes is shown as dynamic.\n\n"
        "A model that cannot be run, because an operator is not there, is shown as far as its file "
        "goes, with the reason.",
    .examples = "tflbench inspect model.tflite\n"
                "    everything\n"
                "tflbench inspect model.tflite --only delegate --delegate cpu\n"
                "    which nodes the delegate takes, and why not the others\n"
                "tflbench inspect *.tflite --only memory --plan-limit 5\n"
                "    fails if a memory plan wastes more than 5 %\n",
    .see_also = "list(1), verify(1), run(1)",
    .options = options,
    .min_operands = 1,
    .max_operands = -1,
    .run = run,
};
