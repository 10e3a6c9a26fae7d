#include "tests/unit/support/fake_root.h"

#include <criterion/criterion.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

char fake_root[64];

void fake_root_begin(void)
{
    snprintf(fake_root, sizeof fake_root, "/tmp/tflbench-root-XXXXXX");
    cr_assert(mkdtemp(fake_root));
}

static int remove_one(const char *path, const struct stat *about, int kind, struct FTW *at)
{
    (void)about;
    (void)kind;
    (void)at;
    return remove(path);
}

void fake_root_end(void)
{
    nftw(fake_root, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

void fake_root_put(const char *path, const char *text)
{
    char whole[512];
    snprintf(whole, sizeof whole, "%s%s", fake_root, path);
    for (char *at = whole + strlen(fake_root) + 1; *at; at++)
        if (*at == '/') {
            *at = '\0';
            mkdir(whole, 0700);
            *at = '/';
        }
    FILE *file = fopen(whole, "w");
    cr_assert(file, "%s", whole);
    fputs(text, file);
    fclose(file);
}
