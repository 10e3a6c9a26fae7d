/*
 * How far each node's results lie from a reference's: what a process that compared tensors
 * (`tflbench numerics`, --numerics) stored.
 */
#ifndef TB_REPORTS_NODE_ERRORS_H
#define TB_REPORTS_NODE_ERRORS_H

#include "reports/store_read.h"

/* Of a node's outputs the one with the least signal to noise. Texts live in the pool. */
typedef struct tb_node_error {
    int64_t node;
    const char *tensor;
    tb_real max_abs, mse, snr_db, psnr_db, cosine;
    const char *without; /* why the ratios are unknown: mostly "no difference" */
} tb_node_error;

typedef struct tb_node_errors {
    tb_node_error *items; /* one a node, ascending */
    size_t count;
    bool has_outputs; /* those of the model as it is were compared */
    double
        output_snr_db; /* of the worst of them: HUGE_VAL where none differs, -HUGE_VAL where a value
                             is infinite or NaN on one side */
    const char *reason; /* why only the model's outputs could be compared; NULL: all were */
} tb_node_errors;

tb_status tb_node_errors_read(tb_store *store, int64_t run_id, int64_t process_id, tb_pool *pool,
                              tb_error *err, tb_node_errors *out);
/* NULL: nothing is known of that node. */
const tb_node_error *tb_node_error_of(const tb_node_errors *errors, int64_t node);

#endif
