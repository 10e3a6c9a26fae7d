/* What names a file by its contents: models, programs and libraries are stored with it. */
#ifndef TB_BENCH_FILE_IDENTITY_H
#define TB_BENCH_FILE_IDENTITY_H

#include "reports/record.h"
#include "runtime/base/arena.h"
#include "runtime/base/status.h"

typedef struct tb_file_identity {
    const char *sha256; /* in hex; lives in the arena */
    tb_integer bytes;
} tb_file_identity;

tb_status tb_file_identify(const char *path, tb_arena *arena, tb_error *err, tb_file_identity *out);

#endif
