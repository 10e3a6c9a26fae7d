/* Reading packed suites: zstd by libzstd, tar by hand; see suite_archive.h. */
#include "bench/suite_archive.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#include "runtime/base/arena.h"
#include "runtime/base/buf.h"
#include "runtime/base/os.h"
#include "runtime/base/size.h"

struct tb_archive {
    tb_buf tar;     /* what entries' data point into */
    tb_arena paths; /* what entries' paths point into */
    tb_archive_entry *entries;
    int count;
    int capacity;
};

bool tb_archive_is_named_so(const char *path)
{
    static const char *const endings[] = {".tar", ".tar.zst", ".tzst"};
    size_t length = strlen(path);
    for (size_t k = 0; k < TB_COUNT_OF(endings); k++) {
        size_t ending = strlen(endings[k]);
        if (length > ending && !strcmp(path + length - ending, endings[k]))
            return true;
    }
    return false;
}

/* ---- zstd -------------------------------------------------------------------------------------- */

static bool is_zstd(const unsigned char *bytes, size_t size)
{
    static const unsigned char magic[4] = {0x28, 0xb5, 0x2f, 0xfd};
    return size >= sizeof magic && !memcmp(bytes, magic, sizeof magic);
}

static tb_status too_big(size_t max_bytes, tb_error *err)
{
    return tb_fail(err, TB_UNSUPPORTED, "the archive unpacks to more than %zu MiB",
                   max_bytes >> 20);
}

static tb_status unpack_stream(ZSTD_DCtx *decoder, const void *bytes, size_t size, size_t max_bytes,
                               tb_error *err, tb_buf *out)
{
    ZSTD_inBuffer in = {bytes, size, 0};
    size_t left = 1;
    while (in.pos < in.size || left > 0) {
        if (!tb_buf_reserve(out, ZSTD_DStreamOutSize()))
            return tb_buf_status(out, "archive", err);
        ZSTD_outBuffer to = {out->data + out->size, out->capacity - out->size - 1, 0};
        size_t consumed = in.pos;
        left = ZSTD_decompressStream(decoder, &to, &in);
        if (ZSTD_isError(left))
            return tb_fail(err, TB_CORRUPT, "zstd: %s at byte %zu of %zu", ZSTD_getErrorName(left),
                           in.pos, size);
        out->size += to.pos;
        if (out->size > max_bytes)
            return too_big(max_bytes, err);
        if (to.pos == 0 && in.pos == consumed && in.pos == in.size && left > 0)
            return tb_fail(err, TB_CORRUPT, "zstd: the stream ends early, after %zu bytes", size);
    }
    return TB_OK;
}

static tb_status unpack(const void *bytes, size_t size, size_t max_bytes, tb_error *err,
                        tb_buf *out)
{
    if (!is_zstd(bytes, size)) {
        if (size > max_bytes)
            return too_big(max_bytes, err);
        tb_buf_append(out, bytes, size);
        return tb_buf_status(out, "archive", err);
    }
    ZSTD_DCtx *decoder = ZSTD_createDCtx();
    if (!decoder)
        return tb_fail(err, TB_NO_MEMORY, "out of memory for the zstd decoder");
    tb_status status = unpack_stream(decoder, bytes, size, max_bytes, err, out);
    ZSTD_freeDCtx(decoder);
    return status;
}

/* ---- tar --------------------------------------------------------------------------------------- */

enum {
    BLOCK = 512,
    NAME_AT = 0,
    NAME_SIZE = 100,
    SIZE_AT = 124,
    SIZE_SIZE = 12,
    CHECKSUM_AT = 148,
    CHECKSUM_SIZE = 8,
    TYPE_AT = 156,
    MAGIC_AT = 257,
    PREFIX_AT = 345,
    PREFIX_SIZE = 155
};

/* Octal digits, ended by a space, a zero byte or the field's end; or big-endian binary where the
   first bit is set. */
static bool parse_tar_number(const unsigned char *field, size_t width, uint64_t *out)
{
    uint64_t value = 0;
    if (field[0] & 0x80) {
        for (size_t k = 0; k < width; k++) {
            unsigned byte = k == 0 ? field[k] & 0x7fu : field[k];
            if (value >> 55)
                return false;
            value = value << 8 | byte;
        }
        *out = value;
        return true;
    }
    size_t k = 0;
    while (k < width && field[k] == ' ')
        k++;
    for (; k < width && field[k] && field[k] != ' '; k++) {
        if (field[k] < '0' || field[k] > '7')
            return false;
        value = value * 8 + (uint64_t)(field[k] - '0');
    }
    *out = value;
    return true;
}

static bool checksum_holds(const unsigned char *header)
{
    uint64_t stated, sum = 0;
    if (!parse_tar_number(header + CHECKSUM_AT, CHECKSUM_SIZE, &stated))
        return false;
    for (size_t k = 0; k < BLOCK; k++)
        sum += k >= CHECKSUM_AT && k < CHECKSUM_AT + CHECKSUM_SIZE ? ' ' : header[k];
    return sum == stated;
}

static bool all_zero(const unsigned char *block)
{
    for (size_t k = 0; k < BLOCK; k++)
        if (block[k])
            return false;
    return true;
}

static size_t bounded_length(const char *text, size_t limit)
{
    const char *end = memchr(text, 0, limit);
    return end ? (size_t)(end - text) : limit;
}

/* The path of a header: ustar's prefix and name. */
static void header_path(const unsigned char *header, tb_buf *out)
{
    const char *text = (const char *)header;
    size_t prefix = bounded_length(text + PREFIX_AT, PREFIX_SIZE);
    if (!memcmp(text + MAGIC_AT, "ustar", 6) && prefix > 0) {
        tb_buf_append(out, text + PREFIX_AT, prefix);
        tb_buf_append_char(out, '/');
    }
    tb_buf_append(out, text + NAME_AT, bounded_length(text + NAME_AT, NAME_SIZE));
}

/* Takes `path` and `size` from pax records: "LENGTH KEY=VALUE\n", the length counting all of it. */
static bool read_pax(const char *data, size_t size, tb_buf *path, uint64_t *file_size,
                     bool *has_size)
{
    for (size_t at = 0; at < size;) {
        size_t length = 0, digits = 0;
        while (at + digits < size && data[at + digits] >= '0' && data[at + digits] <= '9' &&
               digits < 9)
            length = length * 10 + (size_t)(data[at + digits++] - '0');
        if (digits == 0 || length < digits + 4 || length > size - at || data[at + digits] != ' ' ||
            data[at + length - 1] != '\n')
            return false;
        const char *record = data + at + digits + 1;
        size_t record_size = length - digits - 2;
        if (record_size > 5 && !memcmp(record, "path=", 5)) {
            tb_buf_clear(path);
            tb_buf_append(path, record + 5, record_size - 5);
        } else if (record_size > 5 && !memcmp(record, "size=", 5)) {
            *file_size = 0;
            for (size_t k = 5; k < record_size; k++) {
                if (record[k] < '0' || record[k] > '9' || *file_size >> 58)
                    return false;
                *file_size = *file_size * 10 + (uint64_t)(record[k] - '0');
            }
            *has_size = true;
        }
        at += length;
    }
    return true;
}

static tb_status add_entry(tb_archive *archive, const char *path, const void *data, size_t size,
                           tb_error *err)
{
    while (path[0] == '.' && path[1] == '/')
        path += 2;
    if (archive->count == archive->capacity) {
        int capacity = archive->capacity ? 2 * archive->capacity : 256;
        tb_archive_entry *grown =
            realloc(archive->entries, (size_t)capacity * sizeof *archive->entries);
        if (!grown)
            return tb_fail(err, TB_NO_MEMORY, "out of memory for the archive's list of files");
        archive->entries = grown;
        archive->capacity = capacity;
    }
    char *kept = tb_arena_text(&archive->paths, path, strlen(path));
    if (!kept)
        return tb_fail(err, TB_NO_MEMORY, "out of memory for the archive's list of files");
    archive->entries[archive->count++] = (tb_archive_entry){kept, data, size};
    return TB_OK;
}

/* What headers before a file's own say about it. */
typedef struct tar_pending {
    tb_buf path;
    uint64_t size;
    bool has_size;
} tar_pending;

static tb_status take_member(tb_archive *archive, const unsigned char *header,
                             const unsigned char *data, size_t size, tar_pending *pending,
                             tb_error *err)
{
    char type = (char)header[TYPE_AT];
    tb_status status = TB_OK;
    if (type == 'x' || type == 'g') {
        tb_buf ignored = {0};
        if (!read_pax((const char *)data, size, type == 'x' ? &pending->path : &ignored,
                      &pending->size, &pending->has_size))
            status = tb_fail(err, TB_CORRUPT, "tar: a pax header is damaged");
        tb_buf_free(&ignored);
        return status;
    }
    if (type == 'L') {
        tb_buf_clear(&pending->path);
        tb_buf_append(&pending->path, data, bounded_length((const char *)data, size));
        return TB_OK;
    }
    if (pending->path.size == 0)
        header_path(header, &pending->path);
    if (type == '0' || type == 0 || type == '7') {
        status = tb_buf_status(&pending->path, "archive path", err);
        if (status == TB_OK)
            status = add_entry(archive, tb_buf_text(&pending->path), data, size, err);
    }
    tb_buf_clear(&pending->path);
    pending->has_size = false;
    return status;
}

static tb_status index_tar(tb_archive *archive, tar_pending *pending, tb_error *err)
{
    const unsigned char *tar = (const unsigned char *)archive->tar.data;
    size_t total = archive->tar.size, at = 0;
    while (total - at >= BLOCK && !all_zero(tar + at)) {
        const unsigned char *header = tar + at;
        uint64_t size;
        if (!checksum_holds(header) || !parse_tar_number(header + SIZE_AT, SIZE_SIZE, &size))
            return tb_fail(err, TB_CORRUPT, "tar: the header at byte %zu is damaged", at);
        if (pending->has_size)
            size = pending->size;
        at += BLOCK;
        if (size > total - at)
            return tb_fail(err, TB_CORRUPT,
                           "tar: the file at byte %zu has %llu bytes, the archive ends after %zu",
                           at - BLOCK, (unsigned long long)size, total - at);
        tb_status status = take_member(archive, header, tar + at, (size_t)size, pending, err);
        if (status != TB_OK)
            return status;
        size_t padded = tb_align_up((size_t)size, BLOCK);
        at += padded < total - at ? padded : total - at;
    }
    if (at == 0)
        return tb_fail(err, TB_CORRUPT, "neither a tar archive nor one packed with zstd");
    return TB_OK;
}

/* ---- the whole --------------------------------------------------------------------------------- */

static int by_path(const void *a, const void *b)
{
    const tb_archive_entry *x = a, *y = b;
    return strcmp(x->path, y->path);
}

tb_status tb_archive_read(const void *bytes, size_t size, size_t max_bytes, tb_error *err,
                          tb_archive **out)
{
    tb_archive *archive = calloc(1, sizeof *archive);
    if (!archive)
        return tb_fail(err, TB_NO_MEMORY, "out of memory for an archive");
    tar_pending pending = {.has_size = false};
    tb_status status = unpack(bytes, size, max_bytes, err, &archive->tar);
    if (status == TB_OK)
        status = index_tar(archive, &pending, err);
    tb_buf_free(&pending.path);
    if (status != TB_OK) {
        tb_archive_close(archive);
        return status;
    }
    if (archive->count > 0)
        qsort(archive->entries, (size_t)archive->count, sizeof *archive->entries, by_path);
    *out = archive;
    return TB_OK;
}

tb_status tb_archive_open(const char *path, size_t max_bytes, tb_error *err, tb_archive **out)
{
    tb_mapping mapping;
    tb_status status = tb_os_map_file(path, err, &mapping);
    if (status != TB_OK)
        return status;
    if (tb_archive_read(mapping.data, mapping.size, max_bytes, err, out) != TB_OK)
        status = tb_in(err, "%s", path);
    tb_os_unmap(&mapping);
    return status;
}

void tb_archive_close(tb_archive *archive)
{
    if (!archive)
        return;
    tb_buf_free(&archive->tar);
    tb_arena_free(&archive->paths);
    free(archive->entries);
    free(archive);
}

const tb_archive_entry *tb_archive_entries(const tb_archive *archive, int *count)
{
    *count = archive->count;
    return archive->entries;
}

const tb_archive_entry *tb_archive_find(const tb_archive *archive, const char *path)
{
    tb_archive_entry key = {path, NULL, 0};
    return archive->count
               ? bsearch(&key, archive->entries, (size_t)archive->count, sizeof key, by_path)
               : NULL;
}
