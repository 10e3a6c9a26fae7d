/* Any bytes as a model: refused with a message, or sound in every part that can be read. */
#include <stdlib.h>

#include "runtime/model.h"
#include "tests/unit/runtime/read_model.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    tb_error err = TB_ERROR_NONE;
    tb_model *model;
    if (tb_model_from_memory(data, size, "fuzz", &err, &model) != TB_OK) {
        if (!err.text[0])
            abort(); /* a refusal without a reason */
        return 0;
    }
    tb_test_read_model(model);
    tb_model_release(model);
    return 0;
}
