/* tflbench.json: models, options and gate policy of a project. */
#ifndef TB_BENCH_CONFIG_H
#define TB_BENCH_CONFIG_H

#include <cjson/cJSON.h>

#include "bench/args.h"
#include "runtime/base/status.h"

#define TB_CONFIG_FILE "tflbench.json"

/* `path` NULL: TB_CONFIG_FILE of the working directory, where there is one; *out NULL where there is
   none. Lines that begin with // are comments. The caller deletes *out. */
tb_status tb_config_load(const char *path, tb_error *err, cJSON **out);

/*
 * Presets a command's models and options from the file (--config, or tflbench.json where there is
 * one): `models`, `inputs`, `labels` ({key: value}), and whatever `matrix` and `options` say, by the
 * names of the command line. What the user gave stays. An option that neither the command nor
 * `foreign` (ends with NULL) knows is TB_USAGE.
 */
tb_status tb_config_read_args(const char *const *foreign, tb_args *args, tb_error *err);

#endif
