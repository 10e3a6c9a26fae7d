/* A worker whose driver is gone ends itself, whatever it is doing. */
#ifndef TB_BENCH_ORPHAN_H
#define TB_BENCH_ORPHAN_H

#include <stdint.h>

#include "runtime/base/status.h"

/*
 * Two lines of defence, neither of which costs anything while the driver lives: the kernel's
 * parent-death signal where `driver_pid` is given (and a refusal where that is not our parent any
 * more), and a thread that sleeps until the reading end of `events_fd` is closed. Either ends the
 * process with SIGKILL, also in the middle of a long kernel.
 */
tb_status tb_orphan_guard(int events_fd, int64_t driver_pid, tb_error *err);

#endif
