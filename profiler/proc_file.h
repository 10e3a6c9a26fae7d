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

/* One past the highest processor number that is present, at most `most`; `most` where the kernel does
   not say. Asking for hundreds of processors that are not there costs milliseconds. */
int tb_proc_cpu_end(int most);
/* The same of a list as the kernel writes them, "0-3,6\n"; 0: none. */
int tb_proc_list_end(const char *list);

#endif
