/* Reads all that an open model gives, so that a sanitizer sees every byte that could be wrong. */
#ifndef TB_TESTS_UNIT_RUNTIME_READ_MODEL_H
#define TB_TESTS_UNIT_RUNTIME_READ_MODEL_H

#include "runtime/model.h"

/* Returns a sum over what was read, so that no read can be left out. */
size_t tb_test_read_model(const tb_model *model);

#endif
