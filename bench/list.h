/* What `tflbench list` can list; each prints a table, or puts its array into a JSON document. */
#ifndef TB_BENCH_LIST_H
#define TB_BENCH_LIST_H

#include <stdbool.h>
#include <stdio.h>

#include "bench/json_write.h"
#include "runtime/base/status.h"

typedef struct tb_list_options {
    bool verbose;
    bool missing; /* ops: only those that TFLite has and this build lacks, wholly or in part */
} tb_list_options;

/* Operators: this build's rows beside TFLite's. Ends with how many are there. */
tb_status tb_list_ops_text(const tb_list_options *options, tb_error *err, FILE *to);
void tb_list_ops_json(const tb_list_options *options, tb_json_writer *json);

tb_status tb_list_delegates_text(const tb_list_options *options, tb_error *err, FILE *to);
void tb_list_delegates_json(const tb_list_options *options, tb_json_writer *json);

tb_status tb_list_engines_text(const tb_list_options *options, tb_error *err, FILE *to);
void tb_list_engines_json(const tb_list_options *options, tb_json_writer *json);

tb_status tb_list_models_text(const tb_list_options *options, tb_error *err, FILE *to);
void tb_list_models_json(const tb_list_options *options, tb_json_writer *json);

#endif
