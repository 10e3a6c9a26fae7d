/* `tflbench worker`: the measuring process, started by the driver. */
#include <unistd.h>

#include "bench/cmd.h"
#include "bench/evaluate.h"
#include "bench/worker.h"

static const tb_option options[] = {
    {.name = "events",
     .kind = TB_OPTION_INT,
     .value_name = "N",
     .default_text = "1",
     .help = "Number of the open descriptor that takes the events."},
    {.name = NULL},
};

static tb_exit run(const tb_args *args)
{
    return tb_worker_run(STDIN_FILENO, (int)tb_args_int(args, "events"), tb_evaluate);
}

const tb_cmd tb_cmd_worker = {
    .name = "worker",
    .synopsis = "--events N < job.json",
    .summary = "measure one configuration (started by the driver)",
    .description =
        "Reads one job, a JSON object, from standard input, runs it in this process, and writes one "
        "JSON event a line to a descriptor of its own, because drivers and plugins print on standard "
        "output. docs/formats.md describes job and events.",
    .options = options,
    .min_operands = 0,
    .max_operands = 0,
    .run = run,
    .hidden = true,
};
