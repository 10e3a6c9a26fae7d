/* tflbench.json: models, options and gate policy of a project. */
#ifndef TB_BENCH_CONFIG_H
#define TB_BENCH_CONFIG_H

#include <cjson/cJSON.h>

#include "runtime/base/status.h"

#define TB_CONFIG_FILE "tflbench.json"

/* `path` NULL: TB_CONFIG_FILE of the working directory, where there is one; *out NULL where there is
   none. Lines that begin with // are comments. The caller deletes *out. */
tb_status tb_config_load(const char *path, tb_error *err, cJSON **out);

#endif
