/* `tflbench list`: what this build and this machine have. */
#include <stdio.h>
#include <string.h>

#include "bench/cmd.h"
#include "bench/json_write.h"
#include "bench/list.h"
#include "bench/nearest.h"
#include "runtime/base/size.h"

static const tb_option options[] = {
    {.name = "missing",
     .kind = TB_OPTION_FLAG,
     .help = "ops: only operators of which this build lacks a version that TFLite has."},
    {.name = "verbose",
     .letter = 'v',
     .kind = TB_OPTION_FLAG,
     .help = "delegates: the options of each, and the table of its operators by type, too."},
    {.name = "json", .kind = TB_OPTION_FLAG, .help = "One JSON document instead of tables."},
    {.name = NULL},
};

static const struct list_row {
    const char *name;
    tb_status (*text)(const tb_list_options *list_options, tb_error *err, FILE *to);
    void (*json)(const tb_list_options *list_options, tb_json_writer *json);
} lists[] = {
    {"delegates", tb_list_delegates_text, tb_list_delegates_json},
    {"ops", tb_list_ops_text, tb_list_ops_json},
    {"engines", tb_list_engines_text, tb_list_engines_json},
    {"models", tb_list_models_text, tb_list_models_json},
};

static const struct list_row *find_list(const char *name, tb_error *err)
{
    tb_nearest nearest;
    tb_nearest_begin(&nearest, name);
    for (size_t k = 0; k < TB_COUNT_OF(lists); k++) {
        if (!strcmp(lists[k].name, name))
            return &lists[k];
        tb_nearest_try(&nearest, lists[k].name);
    }
    tb_fail(err, TB_USAGE, "there is no list of '%s'; %s%s", name,
            nearest.best ? "did you mean " : "known are delegates, ops, engines and models",
            nearest.best ? nearest.best : "");
    return NULL;
}

static tb_status print_json(const tb_args *args, const tb_list_options *list_options, tb_error *err)
{
    tb_buf text = {0};
    tb_json_writer json = {.out = &text};
    tb_json_put_object(&json, NULL);
    tb_json_put_text(&json, "schema", "tflbench.list");
    tb_json_put_int(&json, "version", 1);
    for (int k = 0; k < tb_args_operand_count(args); k++)
        find_list(tb_args_operand(args, k), err)->json(list_options, &json);
    tb_json_end_object(&json);
    tb_buf_append_char(&text, '\n');
    tb_status status = tb_buf_status(&text, "list", err);
    if (status == TB_OK)
        fwrite(text.data, 1, text.size, stdout);
    tb_buf_free(&text);
    return status;
}

static tb_exit run(const tb_args *args)
{
    tb_error err = TB_ERROR_NONE;
    tb_list_options list_options = {.verbose = tb_args_flag(args, "verbose"),
                                    .missing = tb_args_flag(args, "missing")};
    int count = tb_args_operand_count(args);
    for (int k = 0; k < count; k++)
        if (!find_list(tb_args_operand(args, k), &err))
            return tb_cmd_fail(&err);
    tb_status status = TB_OK;
    if (tb_args_flag(args, "json"))
        status = print_json(args, &list_options, &err);
    for (int k = 0; status == TB_OK && k < count && !tb_args_flag(args, "json"); k++) {
        if (k > 0)
            putchar('\n');
        status = find_list(tb_args_operand(args, k), &err)->text(&list_options, &err, stdout);
    }
    return status == TB_OK ? TB_EXIT_OK : tb_cmd_fail(&err);
}

const tb_cmd tb_cmd_list = {
    .name = "list",
    .synopsis = "delegates|ops|engines|models... [--json]",
    .summary = "what this build and this machine have",
    .description =
        "delegates: who may take nodes away from the interpreter, whether each can work on this "
        "machine, and if not, why.\n\n"
        "ops: the operators that the portable kernels run, their versions and data types, beside "
        "the versions that TFLite itself has.\n\n"
        "engines: what can run models, for --engine.\n\n"
        "models: what `tflbench zoo` can write.",
    .examples = "tflbench list delegates\n"
                "    which delegates work here, and why others do not\n"
                "tflbench list ops --missing\n"
                "    what TFLite has and this build lacks\n",
    .see_also = "inspect(1), verify(1), zoo(1)",
    .options = options,
    .min_operands = 1,
    .max_operands = -1,
    .run = run,
};
