/*
 * Inputs to calibrate the zoo's networks on, the same on every machine: smooth patterns, as images
 * and spectrograms have them, and noise in turn; whole numbers that name rows of the table that they
 * are looked up in.
 */
#ifndef TB_MODELS_ZOO_INPUTS_H
#define TB_MODELS_ZOO_INPUTS_H

#include "models/calibrate.h"

typedef struct tb_zoo_inputs {
    uint64_t seed;
    const tb_draft_subgraph *graph; /* whose inputs they are */
} tb_zoo_inputs;

/* A tb_calibrate_fill_fn; `context` is a tb_zoo_inputs. Floats lie in [-1, 1]. */
void tb_zoo_fill(void *context, int run, int input, const tb_draft_tensor *tensor, void *data,
                 size_t size);

#endif
