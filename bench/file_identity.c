/* Naming files by their contents; see file_identity.h. */
#include "bench/file_identity.h"

#include "runtime/base/os.h"
#include "runtime/base/sha256.h"

tb_status tb_file_identify(const char *path, tb_arena *arena, tb_error *err, tb_file_identity *out)
{
    tb_mapping file;
    tb_status status = tb_os_map_file(path, err, &file);
    if (status != TB_OK)
        return status;
    tb_sha256 hash;
    char hex[TB_SHA256_HEX_SIZE];
    tb_sha256_begin(&hash);
    tb_sha256_add(&hash, file.data, file.size);
    tb_sha256_end(&hash, hex);
    *out =
        (tb_file_identity){tb_arena_text(arena, hex, sizeof hex - 1), tb_int((int64_t)file.size)};
    tb_os_unmap(&file);
    return out->sha256 ? TB_OK : tb_fail(err, TB_NO_MEMORY, "%s: out of memory", path);
}
