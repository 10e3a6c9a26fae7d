/* `tflbench run --base X --head Y`: measure both interleaved, store, compare. */
#ifndef TB_BENCH_PAIR_CMD_H
#define TB_BENCH_PAIR_CMD_H

#include "bench/args.h"
#include "bench/pair.h"

tb_exit tb_pair_cmd(const tb_args *args, const tb_sweep_request *request);

/* "1%", "0.5 %" or "0.01" as a share; *out is 0 where `text` is NULL. */
tb_status tb_target_parse(const char *text, tb_error *err, double *out);

/* What one process of a block does: short, since many processes tell more than long ones. Takes
   warm-up and times from `request` where the user gave them. */
tb_sweep_request tb_pair_request(const tb_args *args, const tb_sweep_request *request);

#endif
