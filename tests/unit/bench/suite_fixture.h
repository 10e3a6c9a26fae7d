/* A folder to put cases into, for tests of suites and of verification. */
#ifndef TB_TESTS_UNIT_BENCH_SUITE_FIXTURE_H
#define TB_TESTS_UNIT_BENCH_SUITE_FIXTURE_H

#include <stddef.h>

/* Criterion's .init and .fini. */
void suite_make_folder(void);
void suite_remove_folder(void);

const char *suite_folder(void);
/* A path inside it; overwritten by the next call. */
const char *suite_path(const char *name);
/* Writes a file, making the folders in between. */
void suite_write(const char *name, const void *data, size_t size);
void suite_write_text(const char *name, const char *text);

#endif
