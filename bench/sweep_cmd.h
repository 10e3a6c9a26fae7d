/* What `run` and the quick sweep share: plan, announce, measure, store, sum up. */
#ifndef TB_BENCH_SWEEP_CMD_H
#define TB_BENCH_SWEEP_CMD_H

#include "bench/args.h"
#include "bench/cmd.h"
#include "bench/sweep.h"

/* `args` has the rows of store_args.h (db, formats) and "dry-run". */
tb_exit tb_sweep_cmd(const tb_args *args, const tb_sweep_request *request);

/* Prints, or writes, what was measured: run `run_id` of the store. */
typedef tb_status (*tb_sweep_show)(const tb_args *args, tb_store *store, int64_t run_id,
                                   tb_error *err);
/* The same with something else than the table of results at the end; `args` needs no formats. */
tb_exit tb_sweep_cmd_then(const tb_args *args, const tb_sweep_request *request, tb_sweep_show show);

/* A seed that nobody has had before. */
uint64_t tb_sweep_new_seed(void);

#endif
