/* Finding cases in folders and archives; see suite.h. */
#include "bench/suite.h"

#include <dirent.h>
#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench/json_get.h"
#include "bench/suite_archive.h"
#include "runtime/base/arena.h"
#include "runtime/base/buf.h"
#include "runtime/base/size.h"

enum { MAX_DEPTH = 16, MAX_MANIFEST = 1 << 20 };
static const size_t max_archive_bytes = (size_t)1 << 31;
static const char case_file[] = "case.json";
static const char manifest_file[] = "MANIFEST.json";

typedef struct suite_row {
    const char *name;
    const char *folder; /* in the file system, or in the archive */
    const char *place;
    const tb_archive *archive; /* NULL: in the file system */
    int tier;
} suite_row;

struct tb_suite {
    tb_arena texts;
    suite_row *rows;
    int count, capacity;
    tb_archive **archives;
    int archive_count;
};

static tb_status out_of_memory(tb_error *err)
{
    return tb_fail(err, TB_NO_MEMORY, "out of memory for the list of cases");
}

tb_status tb_suite_create(tb_error *err, tb_suite **out)
{
    *out = calloc(1, sizeof **out);
    return *out ? TB_OK : out_of_memory(err);
}

void tb_suite_destroy(tb_suite *suite)
{
    if (!suite)
        return;
    for (int k = 0; k < suite->archive_count; k++)
        tb_archive_close(suite->archives[k]);
    free(suite->archives);
    free(suite->rows);
    tb_arena_free(&suite->texts);
    free(suite);
}

/* ---- adding rows ------------------------------------------------------------------------------- */

static const char *last_part(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* "CONV_2D/i8_k3" of any path that ends so. */
static const char *last_two(const char *path)
{
    const char *at = last_part(path);
    if (at - path < 2)
        return at;
    for (at -= 2; at > path && at[0] != '/';)
        at--;
    return *at == '/' ? at + 1 : at;
}

static const char *kept(tb_suite *suite, const char *text)
{
    return tb_arena_text(&suite->texts, text, strlen(text));
}

/* A name that is one word alone gets the folder's before it: "CONV_2D" + "i8_k3". */
static tb_status add_row(tb_suite *suite, const char *root, const char *name, const char *folder,
                         const tb_archive *archive, const char *archive_path, tb_error *err)
{
    if (suite->count == suite->capacity) {
        int capacity = suite->capacity ? 2 * suite->capacity : 256;
        suite_row *grown = realloc(suite->rows, (size_t)capacity * sizeof *grown);
        if (!grown)
            return out_of_memory(err);
        suite->rows = grown;
        suite->capacity = capacity;
    }
    tb_buf full = {0}, place = {0};
    const char *group = last_part(root);
    if (!strchr(name, '/') && *group && strcmp(group, ".") && strcmp(group, ".."))
        tb_buf_printf(&full, "%s/", group);
    tb_buf_append_text(&full, name);
    if (archive)
        tb_buf_printf(&place, "%s:", archive_path);
    tb_buf_append_text(&place, folder);
    suite_row row = {kept(suite, tb_buf_text(&full)), kept(suite, folder),
                     kept(suite, tb_buf_text(&place)), archive, -1};
    bool complete = !full.failed && !place.failed && row.name && row.folder && row.place;
    tb_buf_free(&full);
    tb_buf_free(&place);
    if (!complete)
        return out_of_memory(err);
    suite->rows[suite->count++] = row;
    return TB_OK;
}

/* ---- folders ----------------------------------------------------------------------------------- */

static bool is_file(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 && S_ISREG(info.st_mode);
}

static bool is_folder(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

typedef struct folder_walk {
    tb_suite *suite;
    const char *root;
    size_t root_size;
    tb_error *err;
} folder_walk;

/* `path` is a folder; it is used as scratch and left as it was. */
static tb_status walk_folder(const folder_walk *walk, tb_buf *path, int depth)
{
    size_t size = path->size;
    tb_buf_printf(path, "/%s", case_file);
    bool is_case = !path->failed && is_file(path->data);
    path->size = size;
    path->data[size] = '\0';
    if (is_case) {
        const char *below = path->data + walk->root_size;
        while (*below == '/')
            below++;
        return add_row(walk->suite, *below ? walk->root : "", *below ? below : last_two(path->data),
                       path->data, NULL, NULL, walk->err);
    }
    if (depth == MAX_DEPTH)
        return TB_OK;
    DIR *folder = opendir(path->data);
    if (!folder)
        return tb_fail_errno(walk->err, "cannot read the folder %s", path->data);
    tb_status status = TB_OK;
    struct dirent *item;
    while (status == TB_OK && (item = readdir(folder))) {
        if (item->d_name[0] == '.')
            continue;
        tb_buf_printf(path, "/%s", item->d_name);
        if (path->failed)
            status = out_of_memory(walk->err);
        else if (is_folder(path->data))
            status = walk_folder(walk, path, depth + 1);
        path->size = size;
        path->data[size] = '\0';
    }
    closedir(folder);
    return status;
}

static tb_status add_folder(tb_suite *suite, const char *root, tb_error *err)
{
    tb_buf path = {0};
    tb_buf_append_text(&path, root);
    folder_walk walk = {suite, root, path.size, err};
    tb_status status = tb_buf_status(&path, "path", err);
    if (status == TB_OK)
        status = walk_folder(&walk, &path, 0);
    tb_buf_free(&path);
    return status;
}

/* ---- archives ---------------------------------------------------------------------------------- */

/* How much of every path is one folder that holds everything, its slash included. */
static size_t common_folder(const tb_archive_entry *entries, int count)
{
    const char *slash = count ? strchr(entries[0].path, '/') : NULL;
    if (!slash)
        return 0;
    size_t size = (size_t)(slash - entries[0].path) + 1;
    for (int k = 1; k < count; k++)
        if (strncmp(entries[k].path, entries[0].path, size))
            return 0;
    return size;
}

static tb_status add_archived(tb_suite *suite, const tb_archive *archive, const char *path,
                              tb_error *err)
{
    int count;
    const tb_archive_entry *entries = tb_archive_entries(archive, &count);
    size_t common = common_folder(entries, count);
    tb_status status = TB_OK;
    for (int k = 0; status == TB_OK && k < count; k++) {
        const char *file = last_part(entries[k].path);
        if (strcmp(file, case_file) || file == entries[k].path)
            continue;
        tb_buf folder = {0};
        tb_buf_append(&folder, entries[k].path, (size_t)(file - entries[k].path) - 1);
        status = tb_buf_status(&folder, "path", err);
        if (status == TB_OK) {
            const char *text = tb_buf_text(&folder);
            const char *name = folder.size > common ? text + common : text;
            status = add_row(suite, "", name, text, archive, path, err);
        }
        tb_buf_free(&folder);
    }
    return status;
}

static tb_status open_archive(tb_suite *suite, const char *path, tb_error *err, tb_archive **out)
{
    tb_archive **grown =
        realloc(suite->archives, (size_t)(suite->archive_count + 1) * sizeof *suite->archives);
    if (!grown)
        return out_of_memory(err);
    suite->archives = grown;
    tb_status status = tb_archive_open(path, max_archive_bytes, err, out);
    if (status == TB_OK)
        suite->archives[suite->archive_count++] = *out;
    return status;
}

/* ---- tiers ------------------------------------------------------------------------------------- */

static int row_named(const tb_suite *suite, int from, const char *name)
{
    for (int k = from; k < suite->count; k++)
        if (!strcmp(suite->rows[k].name, name))
            return k;
    return -1;
}

static tb_status apply_manifest(tb_suite *suite, int from, const char *text, size_t size,
                                tb_error *err)
{
    cJSON *json;
    tb_status status = tb_json_parse(text, size, err, &json);
    if (status != TB_OK)
        return status;
    if (!cJSON_IsArray(json) || cJSON_GetArraySize(json) > MAX_MANIFEST)
        status = tb_fail(err, TB_CORRUPT, "not a list of cases");
    const cJSON *item;
    int k = 0;
    for (item = json->child; status == TB_OK && item; item = item->next, k++) {
        const char *name;
        int64_t tier;
        if (tb_json_text(item, "name", err, &name) != TB_OK ||
            tb_json_int(item, "tier", 0, 1000, err, &tier) != TB_OK) {
            status = tb_in(err, "entry %d", k);
            break;
        }
        int row = row_named(suite, from, name);
        if (row < 0)
            status =
                tb_fail(err, TB_CORRUPT, "entry %d names \"%.100s\", which is not there", k, name);
        else
            suite->rows[row].tier = (int)tier;
    }
    cJSON_Delete(json);
    return status;
}

/* The manifest beside the cases from `from` on: TB_NOT_FOUND where there is none. */
static tb_status read_manifest(tb_suite *suite, int from, const char *path,
                               const tb_archive *archive, tb_error *err)
{
    tb_buf at = {0};
    const tb_archive_entry *entry = NULL;
    tb_mapping mapping = {NULL, 0};
    tb_status status;
    if (archive) {
        int count;
        const tb_archive_entry *entries = tb_archive_entries(archive, &count);
        tb_buf_append(&at, count ? entries[0].path : "", common_folder(entries, count));
        tb_buf_append_text(&at, manifest_file);
        entry = tb_archive_find(archive, tb_buf_text(&at));
        status = entry ? TB_OK : TB_NOT_FOUND;
        mapping = entry ? (tb_mapping){entry->data, entry->size} : mapping;
    } else {
        tb_buf_printf(&at, "%s/%s", path, manifest_file);
        status = is_file(tb_buf_text(&at)) ? tb_os_map_file(tb_buf_text(&at), err, &mapping)
                                           : TB_NOT_FOUND;
    }
    if (status == TB_OK && apply_manifest(suite, from, mapping.data, mapping.size, err) != TB_OK)
        status = tb_in(err, "%s", tb_buf_text(&at));
    if (!archive)
        tb_os_unmap(&mapping);
    tb_buf_free(&at);
    return status;
}

static bool tier_wanted(int tier, const int64_t *tiers, int tier_count)
{
    for (int k = 0; k < tier_count; k++)
        if (tiers[k] == tier)
            return true;
    return false;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const suite_row *)a)->name, ((const suite_row *)b)->name);
}

static tb_status choose_tiers(tb_suite *suite, int from, const char *path,
                              const tb_archive *archive, const int64_t *tiers, int tier_count,
                              tb_error *err)
{
    tb_status status = read_manifest(suite, from, path, archive, err);
    if (status == TB_NOT_FOUND && tier_count == 0)
        return TB_OK;
    if (status == TB_NOT_FOUND)
        return tb_fail(err, TB_USAGE, "%s has no %s that would give its cases a tier", path,
                       manifest_file);
    if (status != TB_OK || tier_count == 0)
        return status;
    int to = from;
    for (int k = from; k < suite->count; k++)
        if (tier_wanted(suite->rows[k].tier, tiers, tier_count))
            suite->rows[to++] = suite->rows[k];
    suite->count = to;
    if (to == from)
        return tb_fail(err, TB_NOT_FOUND, "%s has no case of the tier asked for", path);
    return TB_OK;
}

tb_status tb_suite_add(tb_suite *suite, const char *path, const int64_t *tiers, int tier_count,
                       tb_error *err)
{
    size_t size = strlen(path);
    while (size > 1 && path[size - 1] == '/')
        size--;
    const char *root = tb_arena_text(&suite->texts, path, size);
    if (!root)
        return out_of_memory(err);
    int from = suite->count;
    tb_archive *archive = NULL;
    tb_status status;
    if (is_folder(root)) {
        status = add_folder(suite, root, err);
    } else if (tb_archive_is_named_so(root) && is_file(root)) {
        status = open_archive(suite, root, err, &archive);
        if (status == TB_OK)
            status = add_archived(suite, archive, root, err);
    } else if (access(root, F_OK) != 0) {
        status = tb_fail_errno(err, "cannot open %s", root);
    } else {
        status = tb_fail(err, TB_USAGE,
                         "%s is neither a folder nor a packed suite (.tar.zst or .tar)", root);
    }
    if (status != TB_OK)
        return status;
    if (suite->count == from)
        return tb_fail(err, TB_NOT_FOUND, "%s holds no case: there is no %s in it", root,
                       case_file);
    qsort(suite->rows + from, (size_t)(suite->count - from), sizeof *suite->rows, by_name);
    return choose_tiers(suite, from, root, archive, tiers, tier_count, err);
}

void tb_suite_filter(tb_suite *suite, const char *const *patterns, int pattern_count)
{
    int to = 0;
    for (int k = 0; k < suite->count; k++) {
        bool fits = false;
        for (int p = 0; p < pattern_count && !fits; p++)
            fits = fnmatch(patterns[p], suite->rows[k].name, 0) == 0;
        if (fits)
            suite->rows[to++] = suite->rows[k];
    }
    suite->count = to;
}

/* ---- what a suite offers ----------------------------------------------------------------------- */

int tb_suite_count(const tb_suite *suite)
{
    return suite->count;
}

const char *tb_suite_name(const tb_suite *suite, int k)
{
    return suite->rows[k].name;
}

const char *tb_suite_place(const tb_suite *suite, int k)
{
    return suite->rows[k].place;
}

int tb_suite_tier(const tb_suite *suite, int k)
{
    return suite->rows[k].tier;
}

static tb_status path_in_case(const suite_row *row, const char *file, tb_error *err, char *out)
{
    int size = snprintf(out, TB_SUITE_PATH_SIZE, "%s/%s", row->folder, file);
    if (size < 0 || size >= TB_SUITE_PATH_SIZE)
        return tb_fail(err, TB_UNSUPPORTED, "the path of %s in %.200s is too long", file,
                       row->place);
    return TB_OK;
}

tb_status tb_suite_read(const tb_suite *suite, int k, const char *file, tb_error *err,
                        tb_suite_file *out)
{
    const suite_row *row = &suite->rows[k];
    char path[TB_SUITE_PATH_SIZE];
    tb_status status = path_in_case(row, file, err, path);
    if (status != TB_OK)
        return status;
    *out = (tb_suite_file){NULL, 0, {NULL, 0}};
    if (!row->archive) {
        status = tb_os_map_file(path, err, &out->mapping);
        out->data = out->mapping.data;
        out->size = out->mapping.size;
        return status;
    }
    const tb_archive_entry *entry = tb_archive_find(row->archive, path);
    if (!entry)
        return tb_fail(err, TB_NOT_FOUND, "%s has no %s", row->place, file);
    out->data = entry->data;
    out->size = entry->size;
    return TB_OK;
}

void tb_suite_release(tb_suite_file *file)
{
    tb_os_unmap(&file->mapping);
    *file = (tb_suite_file){NULL, 0, {NULL, 0}};
}

tb_status tb_suite_case(const tb_suite *suite, int k, tb_error *err, tb_case *out)
{
    tb_suite_file file;
    tb_status status = tb_suite_read(suite, k, case_file, err, &file);
    if (status != TB_OK)
        return status;
    status = tb_case_parse(file.data ? file.data : "", file.size, err, out);
    tb_suite_release(&file);
    return status == TB_OK ? TB_OK : tb_in(err, "%s/%s", tb_suite_place(suite, k), case_file);
}

tb_status tb_suite_model_open(const tb_suite *suite, int k, tb_error *err, tb_suite_model *out)
{
    const suite_row *row = &suite->rows[k];
    out->descriptor = -1;
    if (!row->archive)
        return path_in_case(row, "model.tflite", err, out->path);
    tb_suite_file file;
    tb_status status = tb_suite_read(suite, k, "model.tflite", err, &file);
    if (status == TB_OK)
        status = tb_os_memory_file("model.tflite", file.data, file.size, err, &out->descriptor,
                                   sizeof out->path, out->path);
    return status;
}

void tb_suite_model_close(tb_suite_model *model)
{
    if (model->descriptor >= 0)
        close(model->descriptor);
    model->descriptor = -1;
}
