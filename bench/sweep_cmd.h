/* What `run` and the quick sweep share: plan, announce, measure, store, sum up. */
#ifndef TB_BENCH_SWEEP_CMD_H
#define TB_BENCH_SWEEP_CMD_H

#include "bench/args.h"
#include "bench/cmd.h"
#include "bench/sweep.h"

/* `args` has the rows of store_args.h (db, formats) and "dry-run". */
tb_exit tb_sweep_cmd(const tb_args *args, const tb_sweep_request *request);

/* A seed that nobody has had before. */
uint64_t tb_sweep_new_seed(void);

#endif
