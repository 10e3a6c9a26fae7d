/* One measurement in a process of its own: runs a job, sends events. */
#ifndef TB_BENCH_WORKER_H
#define TB_BENCH_WORKER_H

#include "bench/cmd.h"
#include "bench/engine.h"
#include "bench/event_stream.h"
#include "bench/job.h"

/* Runs a job's accuracy task (evaluate.h); a worker without the libraries for it has none. */
typedef tb_status (*tb_evaluate_fn)(const tb_job *job, const tb_engine *engine, tb_session *session,
                                    tb_event_stream *events, tb_error *err);

/* Reads the job from `job_fd` until its end, runs it, sends events to `events_fd`. The exit code is
   TB_EXIT_OK where "done" was sent, else TB_EXIT_WORSE (an "error" event says why, where it could be
   sent). `evaluate` may be NULL. */
tb_exit tb_worker_run(int job_fd, int events_fd, tb_evaluate_fn evaluate);

#endif
