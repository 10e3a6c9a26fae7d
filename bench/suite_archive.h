/*
 * A packed suite, held in memory: a tar archive (ustar and GNU names, pax paths), compressed with
 * zstd or not. Directories and links are passed over: a suite is plain files.
 */
#ifndef TB_BENCH_SUITE_ARCHIVE_H
#define TB_BENCH_SUITE_ARCHIVE_H

#include <stdbool.h>
#include <stddef.h>

#include "runtime/base/status.h"

typedef struct tb_archive tb_archive;

/* A file in the archive. Both belong to it. */
typedef struct tb_archive_entry {
    const char *path; /* without a leading "./" */
    const void *data;
    size_t size;
} tb_archive_entry;

/* True for names that end like an archive's: .tar, .tar.zst, .tzst. */
bool tb_archive_is_named_so(const char *path);

/* Unpacks at most `max_bytes`; more is TB_UNSUPPORTED, damage is TB_CORRUPT with the place. */
tb_status tb_archive_open(const char *path, size_t max_bytes, tb_error *err, tb_archive **out);
/* The same from memory, which is not needed afterwards. */
tb_status tb_archive_read(const void *bytes, size_t size, size_t max_bytes, tb_error *err,
                          tb_archive **out);
void tb_archive_close(tb_archive *archive);

/* The files, sorted by path. */
const tb_archive_entry *tb_archive_entries(const tb_archive *archive, int *count);
/* The file at `path`, or NULL. */
const tb_archive_entry *tb_archive_find(const tb_archive *archive, const char *path);

#endif
