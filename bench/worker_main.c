/*
 * The entry of tflbench-worker: the measuring process alone, linked without the store. The driver
 * prefers it to its own `worker` command where it lies beside it and is of the same build; it is
 * also what is pushed to a device.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bench/build_info.h"
#include "bench/cmd.h"
#include "bench/worker.h"

static const tb_option options[] = {
    {.name = "events", .kind = TB_OPTION_INT, .default_text = "1"},
    {.name = NULL},
};

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "--version") == 0) {
        printf("tflbench-worker %s (%s, %s, %s)\n", tb_build_version(), tb_build_revision(),
               tb_build_target(), tb_build_compiler());
        return TB_EXIT_OK;
    }
    tb_error err = TB_ERROR_NONE;
    tb_args *args = NULL;
    if (tb_args_parse(options, argc - 1, argv + 1, &err, &args) != TB_OK) {
        fprintf(stderr, "tflbench-worker: %s\n", err.text);
        return TB_EXIT_USAGE;
    }
    int events_fd = (int)tb_args_int(args, "events");
    tb_args_free(args);
    return (int)tb_worker_run(STDIN_FILENO, events_fd, NULL);
}
