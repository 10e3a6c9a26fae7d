/* The sources of kernels/; see sources.h. */
#include "delegates/gpu/sources.h"

#include <string.h>

#include "runtime/base/size.h"

static const struct {
    const char *name;
    const char *text;
} sources[] = {
#include "delegates/gpu/kernels.inc"
};

const char *tb_gpu_source(const char *name)
{
    for (size_t i = 0; i < TB_COUNT_OF(sources); i++)
        if (strcmp(sources[i].name, name) == 0)
            return sources[i].text;
    return NULL;
}

void tb_gpu_sources_hash(tb_sha256 *hash)
{
    for (size_t i = 0; i < TB_COUNT_OF(sources); i++)
        tb_sha256_add(hash, sources[i].text, strlen(sources[i].text) + 1);
}
