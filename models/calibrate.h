/*
 * Measures the values that a float network's tensors take, by running it (through the public C API,
 * tflite_abi/c_api.h) with every computed tensor exposed as an output.
 */
#ifndef TB_MODELS_CALIBRATE_H
#define TB_MODELS_CALIBRATE_H

#include <stddef.h>

#include "models/draft.h"
#include "models/quantize.h"

/* Fills an input for one run: `size` bytes of the tensor's type and shape. */
typedef void (*tb_calibrate_fill_fn)(void *context, int run, int input,
                                     const tb_draft_tensor *tensor, void *data, size_t size);

/*
 * Runs subgraph 0 of `model` `runs` times, each from its initial state. `ranges` has an entry for each of its tensors and is
 * overwritten: known for float inputs and float results. Fails as the runtime fails, with its
 * message.
 */
tb_status tb_calibrate(const tb_draft *model, int runs, tb_calibrate_fill_fn fill, void *context,
                       tb_error *err, tb_range *ranges);

#endif
