/* Finding cases in folders and packed suites, tiers, filters, and archives that are damaged. */
#include <criterion/criterion.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#include "bench/suite.h"
#include "bench/suite_archive.h"
#include "runtime/base/buf.h"
#include "tests/unit/bench/suite_fixture.h"

/* ---- building what is read --------------------------------------------------------------------- */

static void append_member(tb_buf *tar, const char *path, char type, const void *data, size_t size)
{
    char header[512] = {0};
    snprintf(header, 100, "%s", path);
    snprintf(header + 124, 12, "%011o", (unsigned)size & 0x7fffffff);
    memcpy(header + 148, "        ", 8);
    header[156] = type;
    memcpy(header + 257, "ustar\00000", 8);
    unsigned sum = 0;
    for (size_t k = 0; k < sizeof header; k++)
        sum += (unsigned char)header[k];
    snprintf(header + 148, 8, "%06o", sum & 0777777);
    tb_buf_append(tar, header, sizeof header);
    tb_buf_append(tar, data, size);
    tb_buf_append_fill(tar, 0, (512 - size % 512) % 512);
}

static void append_text(tb_buf *tar, const char *path, const char *text)
{
    append_member(tar, path, '0', text, strlen(text));
}

static const char refuse_case[] = "{\"format\": 1, \"expect\": \"refuse\"}";

static tb_buf small_tar(void)
{
    tb_buf tar = {0};
    append_member(&tar, "open", '5', "", 0);
    append_text(&tar, "open/SUB/b/case.json", refuse_case);
    append_text(&tar, "open/SUB/b/model.tflite", "bytes of a model");
    append_text(&tar, "./open/ADD/a/case.json", refuse_case);
    append_text(&tar, "open/index.json", "[]");
    tb_buf_append_fill(&tar, 0, 1024);
    return tar;
}

static tb_suite *suite_of(const char *path, const int64_t *tiers, int tier_count)
{
    tb_error err = TB_ERROR_NONE;
    tb_suite *suite;
    cr_assert_eq(tb_suite_create(&err, &suite), TB_OK);
    cr_assert_eq(tb_suite_add(suite, path, tiers, tier_count, &err), TB_OK, "%s", err.text);
    return suite;
}

static tb_status refusal(const char *path, const int64_t *tiers, int tier_count, tb_error *err)
{
    tb_suite *suite;
    cr_assert_eq(tb_suite_create(err, &suite), TB_OK);
    tb_status status = tb_suite_add(suite, path, tiers, tier_count, err);
    tb_suite_destroy(suite);
    return status;
}

/* ---- folders ----------------------------------------------------------------------------------- */

Test(suite, folders_of_cases, .init = suite_make_folder, .fini = suite_remove_folder)
{
    suite_write_text("SUB/b/case.json", refuse_case);
    suite_write_text("SUB/a/case.json", refuse_case);
    suite_write_text("ADD/c/case.json", refuse_case);
    suite_write("ADD/c/model.tflite", "model", 5);
    suite_write("ADD/empty/other.json", "{}", 2);
    tb_suite *suite = suite_of(suite_folder(), NULL, 0);
    cr_assert_eq(tb_suite_count(suite), 3);
    cr_expect_str_eq(tb_suite_name(suite, 0), "ADD/c");
    cr_expect_str_eq(tb_suite_name(suite, 2), "SUB/b");
    cr_expect_eq(tb_suite_tier(suite, 0), -1);
    tb_error err = TB_ERROR_NONE;
    tb_case parsed;
    cr_assert_eq(tb_suite_case(suite, 0, &err, &parsed), TB_OK, "%s", err.text);
    cr_expect_eq(parsed.expect, TB_EXPECT_REFUSE);
    tb_case_free(&parsed);
    tb_suite_model model;
    cr_assert_eq(tb_suite_model_open(suite, 0, &err, &model), TB_OK, "%s", err.text);
    cr_expect_str_eq(model.path, suite_path("ADD/c/model.tflite"));
    tb_suite_model_close(&model);
    const char *patterns[] = {"X*", "SUB*"};
    tb_suite_filter(suite, patterns, 2);
    cr_assert_eq(tb_suite_count(suite), 2);
    cr_expect_str_eq(tb_suite_name(suite, 0), "SUB/a");
    tb_suite_destroy(suite);

    suite = suite_of(suite_path("SUB/b/"), NULL, 0);
    cr_assert_eq(tb_suite_count(suite), 1);
    cr_expect_str_eq(tb_suite_name(suite, 0), "SUB/b");
    tb_suite_destroy(suite);
    suite = suite_of(suite_path("SUB"), NULL, 0);
    cr_expect_str_eq(tb_suite_name(suite, 1), "SUB/b");
    tb_suite_destroy(suite);
}

Test(suite, a_manifest_gives_tiers, .init = suite_make_folder, .fini = suite_remove_folder)
{
    static const char manifest[] =
        "[{\"name\": \"m/a\", \"tier\": 1}, {\"name\": \"m/b\", \"tier\": 2}]";
    suite_write_text("m/a/case.json", refuse_case);
    suite_write_text("m/b/case.json", refuse_case);
    suite_write_text("m/c/case.json", refuse_case);
    const int64_t one[] = {1}, both[] = {1, 2}, three[] = {3};
    tb_error err = TB_ERROR_NONE;
    cr_expect_eq(refusal(suite_folder(), one, 1, &err), TB_USAGE);
    cr_expect(strstr(err.text, "MANIFEST.json"), "%s", err.text);
    suite_write_text("MANIFEST.json", manifest);
    tb_suite *suite = suite_of(suite_folder(), one, 1);
    cr_assert_eq(tb_suite_count(suite), 1);
    cr_expect_str_eq(tb_suite_name(suite, 0), "m/a");
    cr_expect_eq(tb_suite_tier(suite, 0), 1);
    tb_suite_destroy(suite);
    suite = suite_of(suite_folder(), both, 2);
    cr_expect_eq(tb_suite_count(suite), 2);
    tb_suite_destroy(suite);
    suite = suite_of(suite_folder(), NULL, 0);
    cr_expect_eq(tb_suite_count(suite), 3);
    tb_suite_destroy(suite);
    cr_expect_eq(refusal(suite_folder(), three, 1, &err), TB_NOT_FOUND);

    static const char *const bad[] = {"{",
                                      "{}",
                                      "[{\"name\": \"m/a\"}]",
                                      "[{\"name\": 3, \"tier\": 1}]",
                                      "[{\"name\": \"m/a\", \"tier\": -1}]",
                                      "[{\"name\": \"m/gone\", \"tier\": 1}]",
                                      "[3]"};
    for (size_t k = 0; k < sizeof bad / sizeof bad[0]; k++) {
        suite_write_text("MANIFEST.json", bad[k]);
        cr_expect_eq(refusal(suite_folder(), one, 1, &err), TB_CORRUPT, "%s", bad[k]);
        cr_expect(strstr(err.text, "MANIFEST.json: "), "%s", err.text);
    }
}

Test(suite, places_that_hold_no_case, .init = suite_make_folder, .fini = suite_remove_folder)
{
    tb_error err = TB_ERROR_NONE;
    cr_expect_eq(refusal("/nowhere/at/all", NULL, 0, &err), TB_NOT_FOUND);
    cr_expect_eq(refusal(suite_folder(), NULL, 0, &err), TB_NOT_FOUND);
    cr_expect(strstr(err.text, "case.json"), "%s", err.text);
    suite_write("model.tflite", "x", 1);
    cr_expect_eq(refusal(suite_path("model.tflite"), NULL, 0, &err), TB_USAGE);
    suite_write("x.tar.zst", "x", 1);
    cr_expect_eq(refusal(suite_path("x.tar.zst"), NULL, 0, &err), TB_CORRUPT);
}

/* ---- archives ---------------------------------------------------------------------------------- */

Test(suite, packed_suites, .init = suite_make_folder, .fini = suite_remove_folder)
{
    tb_buf tar = small_tar();
    size_t bound = ZSTD_compressBound(tar.size);
    void *packed = malloc(bound);
    size_t packed_size = ZSTD_compress(packed, bound, tar.data, tar.size, 1);
    cr_assert_not(ZSTD_isError(packed_size));
    suite_write("s.tar.zst", packed, packed_size);
    suite_write("s.tar", tar.data, tar.size);
    static const char *const names[] = {"s.tar", "s.tar.zst"};
    for (size_t k = 0; k < 2; k++) {
        tb_suite *suite = suite_of(suite_path(names[k]), NULL, 0);
        cr_assert_eq(tb_suite_count(suite), 2);
        cr_expect_str_eq(tb_suite_name(suite, 0), "ADD/a");
        cr_expect_str_eq(tb_suite_name(suite, 1), "SUB/b");
        tb_error err = TB_ERROR_NONE;
        tb_case parsed;
        cr_assert_eq(tb_suite_case(suite, 1, &err, &parsed), TB_OK, "%s", err.text);
        tb_case_free(&parsed);
        tb_suite_file file;
        cr_expect_eq(tb_suite_read(suite, 0, "model.tflite", &err, &file), TB_NOT_FOUND);
        cr_expect(strstr(err.text, names[k]) && strstr(err.text, "ADD/a"), "%s", err.text);
        tb_suite_model model;
        cr_assert_eq(tb_suite_model_open(suite, 1, &err, &model), TB_OK, "%s", err.text);
        tb_mapping mapping;
        cr_assert_eq(tb_os_map_file(model.path, &err, &mapping), TB_OK, "%s", err.text);
        cr_expect_eq(mapping.size, 16);
        cr_expect_eq(memcmp(mapping.data, "bytes of a model", 16), 0);
        tb_os_unmap(&mapping);
        tb_suite_model_close(&model);
        tb_suite_destroy(suite);
    }
    tb_error err = TB_ERROR_NONE;
    tb_archive *archive;
    for (size_t size = 0; size < packed_size; size++)
        cr_expect_eq(tb_archive_read(packed, size, 1 << 20, &err, &archive), TB_CORRUPT, "%zu",
                     size);
    cr_expect_eq(tb_archive_read(packed, packed_size, 1024, &err, &archive), TB_UNSUPPORTED);
    free(packed);
    tb_buf_free(&tar);
}

static int entries_of(const tb_buf *tar, tb_archive **archive)
{
    tb_error err = TB_ERROR_NONE;
    cr_assert_eq(tb_archive_read(tar->data, tar->size, 1 << 20, &err, archive), TB_OK, "%s",
                 err.text);
    int count;
    tb_archive_entries(*archive, &count);
    return count;
}

Test(suite, long_names_of_both_kinds)
{
    char long_name[300];
    memset(long_name, 'n', sizeof long_name - 1);
    long_name[299] = '\0';
    char record[400];
    snprintf(record, sizeof record, "309 path=%s\n", long_name);
    tb_buf tar = {0};
    append_member(&tar, "pax", 'x', record, 309);
    append_text(&tar, "cut", "one");
    append_text(&tar, "plain", "two");
    tb_archive *archive;
    cr_assert_eq(entries_of(&tar, &archive), 2);
    const tb_archive_entry *found = tb_archive_find(archive, long_name);
    cr_assert(found);
    cr_expect_eq(memcmp(found->data, "one", 3), 0);
    cr_expect(tb_archive_find(archive, "plain"));
    cr_expect_null(tb_archive_find(archive, "cut"));
    tb_archive_close(archive);
    tb_buf_clear(&tar);
    append_member(&tar, "././@LongLink", 'L', long_name, sizeof long_name);
    append_text(&tar, "cut", "one");
    append_member(&tar, "link", '2', "", 0);
    cr_assert_eq(entries_of(&tar, &archive), 1);
    cr_expect(tb_archive_find(archive, long_name));
    tb_archive_close(archive);
    tb_buf_free(&tar);
}

Test(suite, damaged_archives)
{
    tb_buf tar = small_tar();
    tb_error err = TB_ERROR_NONE;
    tb_archive *archive;
    /* A header that was touched, anywhere, no longer adds up. */
    for (size_t k = 0; k < 345; k += 7) {
        tar.data[k] ^= 1;
        cr_expect_eq(tb_archive_read(tar.data, tar.size, 1 << 20, &err, &archive), TB_CORRUPT,
                     "byte %zu", k);
        tar.data[k] ^= 1;
    }
    cr_expect_eq(tb_archive_read(tar.data, 512 + 512 + 3, 1 << 20, &err, &archive), TB_CORRUPT);
    cr_expect(strstr(err.text, "ends after"), "%s", err.text);
    cr_expect_eq(tb_archive_read(NULL, 0, 1 << 20, &err, &archive), TB_CORRUPT);
    tb_buf_clear(&tar);
    static const char *const records[] = {"9 path=a", "99 path=abc\n",      "x path=a\n",
                                          "0 \n",     "17 size=99999999\n", "12 path=abcX"};
    for (size_t k = 0; k < sizeof records / sizeof records[0]; k++) {
        append_member(&tar, "pax", 'x', records[k], strlen(records[k]));
        append_text(&tar, "file", "x");
        cr_expect_eq(tb_archive_read(tar.data, tar.size, 1 << 20, &err, &archive), TB_CORRUPT, "%s",
                     records[k]);
        tb_buf_clear(&tar);
    }
    tb_buf_free(&tar);
}
