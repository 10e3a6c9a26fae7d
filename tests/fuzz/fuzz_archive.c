/* Any bytes as a packed suite, compressed or not: refused with a message, or files within its bytes. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "bench/suite_archive.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static volatile size_t read_sum;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    enum { most_bytes = 1 << 20 };
    tb_error err = TB_ERROR_NONE;
    tb_archive *archive;
    if (tb_archive_read(data, size, most_bytes, &err, &archive) != TB_OK) {
        if (!err.text[0])
            abort(); /* a refusal without a reason */
        return 0;
    }
    int count;
    const tb_archive_entry *entries = tb_archive_entries(archive, &count);
    for (int k = 0; k < count; k++) {
        read_sum += strlen(entries[k].path);
        for (size_t i = 0; i < entries[k].size; i++)
            read_sum += ((const uint8_t *)entries[k].data)[i];
        if (!tb_archive_find(archive, entries[k].path))
            abort();
    }
    tb_archive_close(archive);
    return 0;
}
