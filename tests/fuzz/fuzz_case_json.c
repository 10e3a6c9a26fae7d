/* Any bytes as a case.json: refused with a message, or a case all of whose parts can be read. */
#include <stdlib.h>
#include <string.h>

#include "bench/case.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Kept where the compiler cannot know that nobody wants it. */
static volatile size_t read_sum;

static void read_text(const char *text)
{
    read_sum += text ? strlen(text) : 0;
}

static void read_tensors(const tb_case_tensor *tensors, int count)
{
    for (int k = 0; k < count; k++) {
        read_text(tensors[k].name);
        read_text(tensors[k].signature_name);
        if (tensors[k].position < 0)
            abort();
    }
}

static void read_blobs(const tb_case_blob *blobs, int count)
{
    for (int k = 0; blobs && k < count; k++) {
        read_text(blobs[k].file);
        if (blobs[k].rank < 0 || blobs[k].rank > TB_MAX_RANK || strchr(blobs[k].file, '/'))
            abort(); /* a rank beyond its dimensions, or a file outside the case's folder */
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    tb_error err = TB_ERROR_NONE;
    tb_case parsed;
    if (tb_case_parse((const char *)data, size, &err, &parsed) != TB_OK) {
        if (!err.text[0])
            abort(); /* a refusal without a reason */
        return 0;
    }
    read_text(parsed.name);
    read_text(parsed.op);
    read_text(parsed.description);
    read_text(parsed.signature);
    read_tensors(parsed.inputs, parsed.input_count);
    read_tensors(parsed.outputs, parsed.output_count);
    for (int k = 0; k < parsed.step_count; k++) {
        read_blobs(parsed.steps[k].inputs, parsed.input_count);
        if (parsed.expect == TB_EXPECT_OK)
            read_blobs(parsed.steps[k].outputs, parsed.output_count);
    }
    tb_case_free(&parsed);
    return 0;
}
