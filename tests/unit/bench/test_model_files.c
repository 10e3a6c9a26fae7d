/* Files in the archive behind a model: found by name, and never outside it, whatever it says. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "bench/model_files.h"
#include "runtime/base/buf.h"

static void put(tb_buf *out, unsigned long value, int bytes)
{
    for (int k = 0; k < bytes; k++) {
        tb_buf_append_char(out, (char)(value & 0xff));
        value >>= 8;
    }
}

/* A model's bytes with two stored files behind, "a" and "labels.txt"; `method` is of the second. */
static tb_buf archive_of(const char *text, unsigned method)
{
    const char *const names[] = {"a", "labels.txt"}, *const bodies[] = {"x", text};
    size_t at[2];
    tb_buf out = {0};
    tb_buf_append_text(&out, "the model itself");
    for (int k = 0; k < 2; k++) {
        at[k] = out.size;
        tb_buf_append(&out, "PK\3\4", 4);
        put(&out, 0, 22);
        put(&out, strlen(names[k]), 2);
        put(&out, 3, 2); /* an extra field */
        tb_buf_append_text(&out, names[k]);
        tb_buf_append_text(&out, "...");
        tb_buf_append_text(&out, bodies[k]);
    }
    size_t directory = out.size;
    for (int k = 0; k < 2; k++) {
        tb_buf_append(&out, "PK\1\2", 4);
        put(&out, 0, 6);
        put(&out, k ? method : 0, 2);
        put(&out, 0, 8);
        put(&out, strlen(bodies[k]), 4);
        put(&out, strlen(bodies[k]), 4);
        put(&out, strlen(names[k]), 2);
        put(&out, 0, 12);
        put(&out, at[k], 4);
        tb_buf_append_text(&out, names[k]);
    }
    size_t size = out.size - directory;
    tb_buf_append(&out, "PK\5\6", 4);
    put(&out, 0, 4);
    put(&out, 2, 2);
    put(&out, 2, 2);
    put(&out, size, 4);
    put(&out, directory, 4);
    put(&out, 4, 2);
    tb_buf_append_text(&out, "note");
    return out;
}

static tb_status find(const tb_buf *archive, size_t size, const char *name, tb_bytes *out)
{
    tb_error err = TB_ERROR_NONE;
    return tb_model_file_find((tb_bytes){(const uint8_t *)archive->data, size}, name, &err, out);
}

Test(model_files, stored_files_are_found_by_name)
{
    tb_buf archive = archive_of("cat\ndog\n", 0);
    tb_bytes found;
    cr_assert_eq(find(&archive, archive.size, "labels.txt", &found), TB_OK);
    cr_expect(found.size == 8 && memcmp(found.data, "cat\ndog\n", 8) == 0);
    cr_expect_eq(find(&archive, archive.size, "labels", &found), TB_NOT_FOUND);
    cr_expect_eq(find(&archive, 16, "labels.txt", &found), TB_NOT_FOUND, "no archive");
    cr_expect_eq(find(&archive, 0, "labels.txt", &found), TB_NOT_FOUND, "nothing at all");
    tb_buf packed = archive_of("cat\ndog\n", 8);
    cr_expect_eq(find(&packed, packed.size, "labels.txt", &found), TB_UNSUPPORTED);
    tb_buf_free(&packed);
    tb_buf_free(&archive);
}

Test(model_files, what_is_found_lies_inside)
{
    tb_buf archive = archive_of("cat\ndog\n", 0);
    uint8_t *copy = malloc(archive.size);
    for (size_t k = 0; k < archive.size; k++)
        for (int bit = 0; bit < 8; bit++) {
            memcpy(copy, archive.data, archive.size);
            copy[k] = (uint8_t)(copy[k] ^ 1 << bit);
            tb_bytes found;
            tb_error err = TB_ERROR_NONE;
            if (tb_model_file_find((tb_bytes){copy, archive.size}, "labels.txt", &err, &found) ==
                TB_OK)
                cr_expect(found.data >= copy &&
                          found.size <= archive.size - (size_t)(found.data - copy));
        }
    free(copy);
    tb_buf_free(&archive);
}
