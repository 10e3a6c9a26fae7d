/* Files behind a model; see model_files.h. The layout is that of PKWARE's APPNOTE.TXT, of which every
   number is hostile until it has been checked. */
#include "bench/model_files.h"

#include <string.h>

#include "bench/model_metadata.h"
#include "runtime/base/os.h"

enum {
    END_SIZE = 22,   /* end of central directory record, without its comment */
    ENTRY_SIZE = 46, /* central directory file header, without name, extra and comment */
    LOCAL_SIZE = 30, /* local file header, the same */
    MOST_COMMENT = 65535,
    STORED = 0
};

static uint32_t u16_at(tb_bytes whole, size_t at)
{
    return (uint32_t)whole.data[at] | (uint32_t)whole.data[at + 1] << 8;
}

static uint32_t u32_at(tb_bytes whole, size_t at)
{
    return u16_at(whole, at) | u16_at(whole, at + 2) << 16;
}

static bool is_at(tb_bytes whole, size_t at, const char *signature)
{
    return memcmp(whole.data + at, signature, 4) == 0;
}

/* Where the record is that closes the archive; false: there is none. */
static bool find_end(tb_bytes whole, size_t *out)
{
    for (size_t back = END_SIZE; back <= whole.size && back <= END_SIZE + MOST_COMMENT; back++)
        if (is_at(whole, whole.size - back, "PK\5\6")) {
            *out = whole.size - back;
            return true;
        }
    return false;
}

static tb_status take_file(tb_bytes whole, size_t entry, const char *name, tb_error *err,
                           tb_bytes *out)
{
    if (u16_at(whole, entry + 10) != STORED)
        return tb_fail(err, TB_UNSUPPORTED, "'%.100s' in the model's archive is packed", name);
    size_t size = u32_at(whole, entry + 24), local = u32_at(whole, entry + 42);
    bool inside =
        local <= whole.size && whole.size - local >= LOCAL_SIZE && is_at(whole, local, "PK\3\4");
    size_t data =
        inside ? local + LOCAL_SIZE + u16_at(whole, local + 26) + u16_at(whole, local + 28) : 0;
    if (!inside || data > whole.size || whole.size - data < size)
        return tb_fail(err, TB_CORRUPT, "'%.100s' lies outside the model's archive", name);
    *out = (tb_bytes){whole.data + data, size};
    return TB_OK;
}

tb_status tb_model_file_find(tb_bytes whole, const char *name, tb_error *err, tb_bytes *out)
{
    size_t end;
    *out = (tb_bytes){NULL, 0};
    if (!find_end(whole, &end))
        return tb_fail(err, TB_NOT_FOUND, "the model carries no files");
    size_t at = u32_at(whole, end + 16), length = strlen(name);
    for (uint32_t left = u16_at(whole, end + 10); left > 0; left--) {
        if (at > end || end - at < ENTRY_SIZE || !is_at(whole, at, "PK\1\2"))
            return tb_fail(err, TB_CORRUPT, "the model's archive is damaged");
        size_t name_size = u16_at(whole, at + 28);
        size_t rest = name_size + u16_at(whole, at + 30) + u16_at(whole, at + 32);
        if (end - at - ENTRY_SIZE < rest)
            return tb_fail(err, TB_CORRUPT, "the model's archive is damaged");
        if (name_size == length && memcmp(whole.data + at + ENTRY_SIZE, name, length) == 0)
            return take_file(whole, at, name, err, out);
        at += ENTRY_SIZE + rest;
    }
    return tb_fail(err, TB_NOT_FOUND, "the model carries no file '%.100s'", name);
}

/* A line a class; an empty last one is none. */
static tb_status split_lines(tb_bytes file, tb_arena *arena, tb_error *err, tb_text_list *out)
{
    size_t lines = 1;
    for (size_t k = 0; k < file.size; k++)
        lines += file.data[k] == '\n';
    const char **items = TB_ARENA_NEW(arena, const char *, lines);
    char *text = tb_arena_text(arena, (const char *)file.data, file.size);
    if (!items || !text || lines > INT32_MAX)
        return tb_fail(err, TB_NO_MEMORY, "names of classes: out of memory");
    int count = 0;
    for (char *line; (line = strsep(&text, "\n"));) {
        size_t size = strlen(line);
        if (size && line[size - 1] == '\r')
            line[size - 1] = '\0';
        if (*line || text)
            items[count++] = line;
    }
    *out = (tb_text_list){items, count};
    return TB_OK;
}

static tb_status read_labels(tb_bytes whole, const char *name, tb_arena *arena, tb_error *err,
                             tb_text_list *out)
{
    tb_bytes file;
    tb_status status = tb_model_file_find(whole, name, err, &file);
    return status == TB_OK && file.size ? split_lines(file, arena, err, out) : status;
}

tb_status tb_model_labels(const char *model_path, tb_arena *arena, tb_error *err, tb_text_list *out)
{
    *out = (tb_text_list){0};
    tb_model *model = NULL;
    tb_mapping file;
    char name[TB_METADATA_NAME_SIZE] = "";
    tb_status status = tb_model_open(model_path, err, &model);
    if (status == TB_OK)
        status = tb_metadata_labels_file(model, 0, err, name);
    tb_model_release(model);
    if (status != TB_OK || !*name)
        return status;
    status = tb_os_map_file(model_path, err, &file);
    if (status != TB_OK)
        return status;
    status = read_labels((tb_bytes){file.data, file.size}, name, arena, err, out);
    tb_os_unmap(&file);
    return status;
}
