/*
 * Mutants of a model: edits aimed at its tables (counts, offsets, vtables, numbers, union types),
 * some at small constants, few at anything else. A mutant is a function of its number alone.
 */
#ifndef TB_TESTS_FUZZ_MUTATOR_H
#define TB_TESTS_FUZZ_MUTATOR_H

#include <stddef.h>
#include <stdint.h>

#include "runtime/base/buf.h"
#include "runtime/base/status.h"

typedef struct tb_mutator tb_mutator;

/* Copies the model, which has to be sound, and maps where its parts lie. */
tb_status tb_mutator_create(const uint8_t *bytes, size_t size, tb_error *err, tb_mutator **out);
void tb_mutator_destroy(tb_mutator *mutator);

/* Mutant `number`; free() the bytes, which are allocated to the byte so that a sanitizer sees reads
   behind them. What was done is appended to `what`, unless that is NULL. NULL: out of memory. */
uint8_t *tb_mutator_make(const tb_mutator *mutator, uint64_t number, tb_buf *what, size_t *size);

#endif
