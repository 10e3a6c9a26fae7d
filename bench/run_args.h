/* A sweep's request out of the options of run_options.def, which `run` and `profile` share. */
#ifndef TB_BENCH_RUN_ARGS_H
#define TB_BENCH_RUN_ARGS_H

#include "bench/args.h"
#include "bench/sweep.h"

typedef struct tb_run_args {
    tb_sweep_request request; /* its texts belong to the args */
    const char **models;
    tb_label *labels;
    tb_accuracy accuracy;
    char *accuracy_text;
    const char **accuracy_options;
    tb_arena texts;
} tb_run_args;

/* The operands are the models. Free it after a failure as well. */
tb_status tb_run_args_read(const tb_args *args, const char *command, tb_error *err,
                           tb_run_args *out);
void tb_run_args_free(tb_run_args *run);

/* A list option as requests and jobs carry it; borrowed from the args. */
tb_text_list tb_run_args_list(const tb_args *args, const char *name);

#endif
