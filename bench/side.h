/*
 * One side of a comparison that is measured: what --base and --head name. A tflbench or
 * tflbench-worker program, an engine ("native", "tflite:LIBRARY"), a model file, a delegate with its
 * options ("cpu:k=v"), or several choices as KEY=VALUE,... with the keys program, engine, model,
 * delegate, threads. Names of stored results (@..., label:, rev:, db:) are `stored`.
 */
#ifndef TB_BENCH_SIDE_H
#define TB_BENCH_SIDE_H

#include "bench/sweep.h"

typedef struct tb_side {
    const char *text;                      /* as given */
    bool stored;                           /* names stored results: nothing below is set */
    const char *program;                   /* NULL: this program's own workers */
    const char *engine, *model, *delegate; /* NULL: as the other options say */
    int64_t threads;                       /* 0: as the other options say */
} tb_side;

/* Texts live in `arena` or are `text` itself. TB_USAGE for what is none of these. */
tb_status tb_side_parse(const char *text, tb_arena *arena, tb_error *err, tb_side *out);

/* `request` with this side's choices in place; the lists point into `side`, which must outlive it. */
tb_sweep_request tb_side_request(const tb_side *side, const tb_sweep_request *request);

#endif
