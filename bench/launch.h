/*
 * The driver's side of the worker protocol: starts a worker for one job, hands over its events as
 * they come, and says in the end how it went. A worker that says nothing for too long is killed.
 */
#ifndef TB_BENCH_LAUNCH_H
#define TB_BENCH_LAUNCH_H

#include <cjson/cJSON.h>
#include <stdint.h>

#include "bench/job.h"
#include "reports/store.h"
#include "runtime/base/status.h"

/* How workers are started: found once. */
typedef struct tb_worker_program {
    char path[4096];
    bool is_driver; /* this program itself, by its `worker` command */
} tb_worker_program;

/* The program `tflbench-worker` beside this one where it is of the same build, else this one. */
tb_status tb_worker_program_find(tb_error *err, tb_worker_program *out);

/* This one, by its `worker` command: it can evaluate accuracy, too. */
tb_status tb_worker_program_self(tb_error *err, tb_worker_program *out);

/* A given program: a tflbench of another build, which is started by its `worker` command, or a
   tflbench-worker (by its name). It must be an executable file. */
tb_status tb_worker_program_at(const char *path, tb_error *err, tb_worker_program *out);

typedef struct tb_launch {
    const tb_worker_program *program;
    const tb_job *job;
    uint64_t silence_ns; /* a worker that is silent longer is killed; 0: never */
    int lent_fd;         /* TB_CHILD_LENT_FD of the worker; -1: none */
    bool show_output;    /* what the worker prints goes to standard error too */
    /* An event other than "error" and "done" is passed on too. What it returns other than TB_OK
       ends the worker and is what tb_launch_run returns. */
    tb_status (*message)(void *context, tb_message message, const cJSON *event, tb_error *err);
    void (*tick)(void *context); /* some times a second; may be NULL */
    void *context;
} tb_launch;

#define TB_REASON_SIZE 1024

typedef struct tb_launch_result {
    tb_process_status status;
    int signal;     /* that ended it; 0: none */
    int exit_code;  /* -1 with a signal */
    char phase[32]; /* in which it ended, where it did not end well */
    char reason[TB_REASON_SIZE];
} tb_launch_result;

/* TB_OK however the worker ended: `out` says how. Anything else is the driver's own trouble. */
tb_status tb_launch_run(const tb_launch *launch, tb_error *err, tb_launch_result *out);

#endif
