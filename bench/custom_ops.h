/*
 * Custom operators out of shared objects (--custom-op): kernels that were compiled for TFLite's C ABI,
 * today's generation of it. A library offers them in one of these ways, looked for in this order:
 *
 *   const TfLiteRegistration *const *tflbench_custom_ops(int *count);
 *       a list; each one's custom_name tells which operator it is
 *   TfLiteRegistration *Register_NAME(void);
 *       a function for one operator, in C or C++, global or in tflite::ops::custom, as TFLite's
 *       examples have it. NAME is the operator's name, in capitals, or in capitals with underscores
 *       before words: for MaxPoolGrad it is MaxPoolGrad, MAXPOOLGRAD or MAX_POOL_GRAD.
 *
 * The registration is used as it is, without a copy, and lives as long as the library is loaded.
 */
#ifndef TB_BENCH_CUSTOM_OPS_H
#define TB_BENCH_CUSTOM_OPS_H

#include "runtime/model.h"
#include "runtime/resolver.h"

typedef struct tb_custom_ops tb_custom_ops;

typedef struct tb_custom_op {
    const char *name; /* the model's, which is borrowed */
    const TfLiteRegistration *registration;
} tb_custom_op;

/*
 * Loads the libraries and looks up every custom operator of the model that is none of our own. *out
 * is NULL where no library is given. TB_UNAVAILABLE where a library cannot be loaded, TB_UNSUPPORTED
 * where no library has one of the operators: the message names it and what was looked for. The model
 * must outlive what comes back.
 */
tb_status tb_custom_ops_open(const char *const *libraries, int count, const tb_model *model,
                             tb_error *err, tb_custom_ops **out);
/* After the last interpreter that uses them has gone. NULL is fine. */
void tb_custom_ops_close(tb_custom_ops *ops);

/* What was found; NULL `ops`: nothing. */
const tb_custom_op *tb_custom_ops_list(const tb_custom_ops *ops, int *count);
/* Our own operators and those; *out is NULL (the default resolver) where there are none. */
tb_status tb_custom_ops_resolver(const tb_custom_ops *ops, tb_error *err, tb_resolver **out);

#endif
