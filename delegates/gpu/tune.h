/*
 * Sizes of work groups, found by trying: each kernel of a plan runs in groups of some shapes, and the
 * fastest stays. What was found is known by the kernel, its program and all its numbers, so that a
 * model is tuned once for a device, and is kept in the cache folder where there is one.
 */
#ifndef TB_GPU_TUNE_H
#define TB_GPU_TUNE_H

#include "delegates/gpu/plan.h"

typedef struct tb_gpu_tuning tb_gpu_tuning;

/* Reads what the folder (NULL: none) has for the device. */
tb_status tb_gpu_tuning_create(const tb_gpu_device *device, const char *folder, tb_error *err,
                               tb_gpu_tuning **out);
/* Writes what is new into the folder. NULL is fine. */
void tb_gpu_tuning_destroy(tb_gpu_tuning *tuning);

/* Chooses for every kernel of a plan whose arguments are set; what cannot be timed stays as it is. */
void tb_gpu_tune(tb_gpu_plan *plan);

#endif
