/*
 * Runs a fuzz target on files instead of under libFuzzer: each argument is a file, or a folder whose
 * files (all levels) are taken. Any compiler and sanitizer can build it.
 */
#include <ftw.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>

#include "runtime/base/os.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static unsigned replayed;
static unsigned unreadable;

static int replay(const char *path, const struct stat *info, int kind, struct FTW *where)
{
    (void)info;
    (void)where;
    if (kind != FTW_F)
        return 0;
    tb_error err = TB_ERROR_NONE;
    tb_mapping mapping;
    if (tb_os_map_file(path, &err, &mapping) != TB_OK) {
        fprintf(stderr, "%s\n", err.text);
        unreadable++;
        return 0;
    }
    LLVMFuzzerTestOneInput(mapping.data, mapping.size);
    tb_os_unmap(&mapping);
    replayed++;
    return 0;
}

int main(int argc, char **argv)
{
    for (int k = 1; k < argc; k++)
        if (nftw(argv[k], replay, 16, FTW_PHYS) != 0) {
            fprintf(stderr, "cannot read %s\n", argv[k]);
            unreadable++;
        }
    printf("%u passed, %u failed\n", replayed, unreadable);
    return unreadable != 0;
}
