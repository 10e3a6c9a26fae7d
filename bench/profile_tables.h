/* The three tables that people know from TFLite's profiler, and where the time of an inference goes. */
#ifndef TB_BENCH_PROFILE_TABLES_H
#define TB_BENCH_PROFILE_TABLES_H

#include <stdio.h>

#include "bench/job.h"
#include "reports/profile.h"

/* `columns` come behind the usual ones, by the names of tb_profile_column_name; `top` is how many
   lines the second table has. TB_USAGE for a column of another name. */
tb_status tb_profile_print(const tb_profile *profile, tb_text_list columns, int top, tb_error *err,
                           FILE *to);

/* The n-th column that may be asked for, NULL past the last. */
const char *tb_profile_column_name(size_t n);

#endif
