/*
 * How libFuzzer changes a model: mostly by edits aimed at its tables, which keep it a model, and by
 * libFuzzer's own means, which know what the program compared bytes with: within a few bytes, or
 * anywhere. Linked to the targets that take models.
 */
#include <stdlib.h>
#include <string.h>

#include "runtime/base/size.h"
#include "tests/fuzz/mutator.h"

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed);

/* Too large an allocation is the program's to handle. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "allocator_may_return_null=1:max_allocation_size_mb=1024:detect_leaks=1";
}

/* 0: these bytes are no sound model. */
static size_t edit_tables(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
    tb_mutator *mutator;
    if (tb_mutator_create(data, size, NULL, &mutator) != TB_OK)
        return 0;
    size_t mutant_size = 0;
    uint8_t *mutant = tb_mutator_make(mutator, seed, NULL, &mutant_size);
    if (mutant && mutant_size <= max_size)
        memcpy(data, mutant, mutant_size);
    else
        mutant_size = 0;
    free(mutant);
    tb_mutator_destroy(mutator);
    return mutant_size;
}

static size_t edit_window(uint8_t *data, size_t size, unsigned seed)
{
    size_t width = (size_t)4 << seed % 5;
    if (size < width)
        return 0;
    size_t at = (seed >> 3) % (size - width + 1);
    LLVMFuzzerMutate(data + at - at % 4, width, width);
    return size;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
    /* The lowest bits choose the way, the others what it does. */
    unsigned way = seed % 32;
    unsigned rest = seed / 32;
    size_t changed = 0;
    if (way < 24)
        changed = edit_tables(data, size, max_size, rest);
    else if (way < 31)
        changed = edit_window(data, size, rest);
    return changed ? changed : LLVMFuzzerMutate(data, size, max_size);
}
