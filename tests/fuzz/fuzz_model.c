/*
 * Any bytes as a model, used as an app would: loaded, allocated, invoked with zeros and then with
 * small numbers, by the portable kernels and, where those ran it, by the cpu delegate.
 */
#include <stdlib.h>

#include "tests/fuzz/exercise.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Equal bytes get equal inputs, so that a finding repeats (FNV-1a). */
static uint64_t digest(const uint8_t *data, size_t size)
{
    uint64_t sum = 0xcbf29ce484222325u;
    for (size_t k = 0; k < size; k++)
        sum = (sum ^ data[k]) * 0x100000001b3u;
    return sum;
}

static tb_stage exercise(const uint8_t *data, size_t size, const char *delegate)
{
    tb_exercise_options options = {
        .delegate = delegate,
        .memory_limit_bytes = 64 << 20,
        .time_limit_ns = 500000000,
        .seed = digest(data, size),
    };
    tb_error err = TB_ERROR_NONE;
    tb_stage stage = tb_exercise(data, size, &options, &err);
    if (stage != TB_STAGE_DONE && !err.text[0])
        abort(); /* a refusal without a reason */
    return stage;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (exercise(data, size, NULL) == TB_STAGE_DONE)
        exercise(data, size, "cpu");
    return 0;
}
