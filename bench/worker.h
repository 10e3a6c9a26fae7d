/* One measurement in a process of its own: runs a job, sends events. */
#ifndef TB_BENCH_WORKER_H
#define TB_BENCH_WORKER_H

#include "bench/cmd.h"

/* Reads the job from `job_fd` until its end, runs it, sends events to `events_fd`. The exit code is
   TB_EXIT_OK where "done" was sent, else TB_EXIT_WORSE (an "error" event says why, where it could be
   sent). */
tb_exit tb_worker_run(int job_fd, int events_fd);

#endif
