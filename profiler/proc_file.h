/* Small files of /proc and /sys, read into the caller's memory: no allocation, no message. */
#ifndef TB_PROFILER_PROC_FILE_H
#define TB_PROFILER_PROC_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The file's first capacity - 1 bytes, terminated, white space at the end cut; false (and an empty
   text) where it cannot be read. */
bool tb_proc_read(const char *path, size_t capacity, char *out);
/* A file that holds one whole number. */
bool tb_proc_read_int(const char *path, int64_t *out);
/* The number behind `key` at the start of a line, e.g. "VmRSS:". */
bool tb_proc_find(const char *text, const char *key, int64_t *out);

#endif
