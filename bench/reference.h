/*
 * What the reference kernels give for a model and the run's inputs, or what the model's case says, to
 * hold every configuration's outputs against. Computed once a model, by a worker of its own, into a file without a name,
 * which goes when the driver goes, however that ends.
 */
#ifndef TB_BENCH_REFERENCE_H
#define TB_BENCH_REFERENCE_H

#include "bench/case_model.h"
#include "bench/launch.h"

typedef struct tb_reference {
    bool tried;
    int fd; /* of the outputs; -1: there are none, and `reason` says why */
    char reason[TB_REASON_SIZE];
} tb_reference;

/* Where a worker finds the descriptor that it was lent. */
const char *tb_lent_path(void);

/* A descriptor of a file without a name, to be lent to a worker; -1 where none can be made. */
int tb_nameless_file(void);

/* Runs the reference once; later calls do nothing. `job` says model, inputs, shapes and limits; the
   rest of it is not looked at. A case (or NULL) that knows the outputs makes it unnecessary. Trouble of the driver's own is an error, anything else a reason. */
tb_status tb_reference_make(tb_reference *reference, const tb_worker_program *program,
                            const tb_job *job, const tb_case_model *from, uint64_t silence_ns,
                            tb_error *err);
void tb_reference_free(tb_reference *reference);

#endif
