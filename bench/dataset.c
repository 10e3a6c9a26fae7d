/* Finding a data set's items and reading them; see dataset.h. dataset_list.c reads lists and COCO
   files. */
#include "bench/dataset.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "bench/dataset_list.h"
#include "bench/media.h"
#include "runtime/base/size.h"

#define MAX_ITEMS 100000000

static tb_status no_memory(tb_error *err)
{
    return tb_fail(err, TB_NO_MEMORY, "data set: out of memory");
}

/* ---- folders ----------------------------------------------------------------------------------- */

typedef struct names {
    const char **items;
    int count;
} names;

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool is_folder(const char *path)
{
    struct stat about;
    return stat(path, &about) == 0 && S_ISDIR(about.st_mode);
}

static const char *join(tb_arena *arena, const char *folder, const char *name)
{
    size_t size = strlen(folder) + strlen(name) + 2;
    char *path = tb_arena_alloc(arena, size, 1);
    if (path)
        snprintf(path, size, "%s/%s", folder, name);
    return path;
}

/* The folder's entries but hidden ones, in order. */
static tb_status list_folder(tb_arena *arena, const char *folder, tb_error *err, names *out)
{
    DIR *dir = opendir(folder);
    if (!dir)
        return tb_fail_errno(err, "%s: cannot list the folder", folder);
    size_t room = 0;
    const char **items = NULL;
    struct dirent *entry;
    tb_status status = TB_OK;
    *out = (names){0};
    while (status == TB_OK && (entry = readdir(dir))) {
        if (entry->d_name[0] == '.')
            continue;
        if ((size_t)out->count == room) {
            room = room ? room * 2 : 64;
            const char **more = realloc(items, room * sizeof *items);
            items = more ? more : items;
            status = more ? TB_OK : no_memory(err);
        }
        if (status == TB_OK) {
            items[out->count] = tb_arena_text(arena, entry->d_name, strlen(entry->d_name));
            status = items[out->count] ? TB_OK : no_memory(err);
            out->count++;
        }
    }
    closedir(dir);
    out->items = TB_ARENA_NEW(arena, const char *, (size_t)out->count + 1);
    if (status == TB_OK && !out->items)
        status = no_memory(err);
    if (status == TB_OK && out->count) {
        memcpy(out->items, items, (size_t)out->count * sizeof *items);
        qsort(out->items, (size_t)out->count, sizeof *out->items, compare_names);
    }
    free(items);
    return status;
}

/* ---- packed ------------------------------------------------------------------------------------ */

typedef struct packed_name {
    TfLiteType type;
    int64_t count;
    int rank;
    int dims[TB_MAX_RANK];
    size_t item_bytes;
} packed_name;

static const struct {
    const char *suffix;
    TfLiteType type;
    size_t size;
} packed_types[] = {
    {"_u8.bin", kTfLiteUInt8, 1},
    {"_i8.bin", kTfLiteInt8, 1},
    {"_i16.bin", kTfLiteInt16, 2},
    {"_f32.bin", kTfLiteFloat32, 4},
};

/* "images_200x32x32x3_u8.bin"; false where the name is no such. */
static bool parse_packed(const char *name, packed_name *out)
{
    size_t length = strlen(name);
    for (size_t t = 0; t < TB_COUNT_OF(packed_types); t++) {
        size_t tail = strlen(packed_types[t].suffix);
        if (length <= tail || strcmp(name + length - tail, packed_types[t].suffix) != 0)
            continue;
        const char *end = name + length - tail, *at = end;
        while (at > name && at[-1] != '_')
            at--;
        *out = (packed_name){.type = packed_types[t].type, .item_bytes = packed_types[t].size};
        for (int k = 0;; k++) {
            char *stop;
            if (*at < '0' || *at > '9')
                return false;
            errno = 0;
            long long value = strtoll(at, &stop, 10);
            if (errno || value < 1 || value > INT32_MAX || k > TB_MAX_RANK)
                return false;
            if (k == 0)
                out->count = value;
            else
                out->dims[out->rank++] = (int)value;
            if (k > 0 && !tb_mul_size(out->item_bytes, (size_t)value, &out->item_bytes))
                return false;
            at = stop + 1;
            if (stop == end)
                return true;
            if (*stop != 'x')
                return false;
        }
    }
    return false;
}

static tb_status open_packed(tb_dataset *dataset, const char *name, const packed_name *shape,
                             tb_error *err)
{
    const char *path = join(&dataset->arena, dataset->folder, name);
    if (!path || shape->count > MAX_ITEMS)
        return path ? tb_fail(err, TB_UNSUPPORTED, "%s: more items than are read", path)
                    : no_memory(err);
    tb_status status = tb_os_map_file(path, err, &dataset->packed);
    if (status != TB_OK)
        return status;
    size_t wanted;
    if (!tb_mul_size(shape->item_bytes, (size_t)shape->count, &wanted) ||
        wanted != dataset->packed.size)
        return tb_fail(err, TB_CORRUPT, "%s: %zu bytes; by its name %lld items of %zu bytes", path,
                       dataset->packed.size, (long long)shape->count, shape->item_bytes);
    dataset->packed_type = shape->type;
    dataset->packed_rank = shape->rank;
    dataset->packed_bytes = shape->item_bytes;
    memcpy(dataset->packed_dims, shape->dims, sizeof shape->dims);
    dataset->entries = TB_ARENA_NEW(&dataset->arena, tb_dataset_entry, (size_t)shape->count);
    dataset->count = (int)shape->count;
    for (int k = 0; dataset->entries && k < dataset->count; k++) {
        char text[300];
        snprintf(text, sizeof text, "%.260s #%d", name, k);
        dataset->entries[k].name = tb_arena_text(&dataset->arena, text, strlen(text));
        if (!dataset->entries[k].name)
            return no_memory(err);
    }
    return dataset->entries ? TB_OK : no_memory(err);
}

static tb_status label_packed(tb_dataset *dataset, const names *all, const char *labels,
                              tb_error *err)
{
    for (int k = 0; !labels && k < all->count; k++) {
        packed_name shape;
        if (strncmp(all->items[k], "labels_", 7) != 0 || !parse_packed(all->items[k], &shape) ||
            shape.type != kTfLiteUInt8 || shape.rank != 0)
            continue;
        const char *path = join(&dataset->arena, dataset->folder, all->items[k]);
        tb_mapping file;
        tb_status status = path ? tb_os_map_file(path, err, &file) : no_memory(err);
        if (status != TB_OK)
            return status;
        if (file.size != (size_t)dataset->count)
            status = tb_fail(err, TB_CORRUPT, "%s: %zu labels for %d items", path, file.size,
                             dataset->count);
        for (int i = 0; status == TB_OK && i < dataset->count; i++)
            dataset->entries[i].label = ((const uint8_t *)file.data)[i];
        tb_os_unmap(&file);
        return status;
    }
    tb_dataset_list list;
    tb_status status = tb_dataset_list_read(&dataset->arena, dataset->folder, labels, err, &list);
    if (status != TB_OK)
        return status;
    if (list.count != dataset->count)
        return tb_fail(err, TB_CORRUPT, "%s: %d lines for %d items", list.path, list.count,
                       dataset->count);
    for (int i = 0; i < dataset->count; i++) {
        const char *name = dataset->entries[i].name;
        dataset->entries[i] = list.entries[i];
        dataset->entries[i].name = name;
        dataset->entries[i].file = NULL;
    }
    return TB_OK;
}

/* ---- folders of files -------------------------------------------------------------------------- */

static bool is_media(const char *name)
{
    return tb_name_is_picture(name) || tb_name_is_sound(name);
}

static tb_status add_entry(tb_dataset *dataset, size_t *room, const tb_dataset_entry *entry,
                           tb_error *err)
{
    if ((size_t)dataset->count == *room) {
        size_t wanted = *room ? *room * 2 : 256;
        tb_dataset_entry *more = TB_ARENA_NEW(&dataset->arena, tb_dataset_entry, wanted);
        if (!more)
            return no_memory(err);
        if (dataset->count)
            memcpy(more, dataset->entries, (size_t)dataset->count * sizeof *more);
        dataset->entries = more;
        *room = wanted;
    }
    if (!entry->name || (!entry->file && !entry->mask))
        return no_memory(err);
    dataset->entries[dataset->count++] = *entry;
    return TB_OK;
}

static tb_status keep_classes(tb_dataset *dataset, const char *const *items, int count,
                              tb_error *err)
{
    dataset->classes = TB_ARENA_NEW(&dataset->arena, const char *, (size_t)count);
    for (int k = 0; dataset->classes && k < count; k++) {
        dataset->classes[k] = tb_arena_text(&dataset->arena, items[k], strlen(items[k]));
        if (!dataset->classes[k])
            return no_memory(err);
    }
    dataset->class_count = count;
    return dataset->classes ? TB_OK : no_memory(err);
}

static bool is_among(const char *name, const char *const *items, int count)
{
    for (int k = 0; k < count; k++)
        if (strcmp(items[k], name) == 0)
            return true;
    return false;
}

/* The model's names for the classes, where no others are there and they are those of the folders. */
static tb_status take_model_classes(tb_dataset *dataset, const names *all,
                                    const tb_dataset_options *options, tb_error *err)
{
    if (dataset->class_count || !options->model_class_count)
        return TB_OK;
    for (int k = 0; k < all->count; k++) {
        const char *path = join(&dataset->arena, dataset->folder, all->items[k]);
        if (!path)
            return no_memory(err);
        if (is_folder(path) &&
            !is_among(all->items[k], options->model_classes, options->model_class_count))
            return TB_OK;
    }
    return keep_classes(dataset, options->model_classes, options->model_class_count, err);
}

/* One subfolder a class. */
static tb_status add_classes(tb_dataset *dataset, const names *all, tb_error *err)
{
    size_t room = 0;
    int label = 0;
    bool named = dataset->class_count > 0;
    for (int k = 0; k < all->count; k++) {
        const char *path = join(&dataset->arena, dataset->folder, all->items[k]);
        if (!path)
            return no_memory(err);
        if (!is_folder(path))
            continue;
        /* With class names a folder is the class of its name, else of its place. */
        int of_name = 0;
        while (named && of_name < dataset->class_count &&
               strcmp(dataset->classes[of_name], all->items[k]) != 0)
            of_name++;
        if (named && of_name == dataset->class_count)
            return tb_fail(err, TB_CORRUPT, "%s: no class is called '%s'", path, all->items[k]);
        names files;
        tb_status status = list_folder(&dataset->arena, path, err, &files);
        for (int f = 0; status == TB_OK && f < files.count; f++) {
            if (!is_media(files.items[f]))
                continue;
            tb_dataset_entry entry = {
                .name = join(&dataset->arena, all->items[k], files.items[f]),
                .file = join(&dataset->arena, path, files.items[f]),
                .label = named ? of_name : label,
            };
            status = add_entry(dataset, &room, &entry, err);
        }
        if (status != TB_OK)
            return status;
        label++;
    }
    return TB_OK;
}

/* The class whose name the file's starts with, the longest such. */
static tb_status add_flat(tb_dataset *dataset, const names *all, tb_error *err)
{
    size_t room = 0;
    for (int k = 0; k < all->count; k++) {
        if (!is_media(all->items[k]))
            continue;
        size_t longest = 0;
        int label = -1;
        for (int c = 0; c < dataset->class_count; c++) {
            size_t length = strlen(dataset->classes[c]);
            if (length > longest && strncmp(all->items[k], dataset->classes[c], length) == 0) {
                longest = length;
                label = c;
            }
        }
        if (label < 0)
            return tb_fail(err, TB_CORRUPT,
                           "%s/%s: its name starts with no class's name, and no list of labels "
                           "(y_labels.csv, labels.csv) is there",
                           dataset->folder, all->items[k]);
        tb_dataset_entry entry = {
            .name = all->items[k],
            .file = join(&dataset->arena, dataset->folder, all->items[k]),
            .label = label,
        };
        tb_status status = add_entry(dataset, &room, &entry, err);
        if (status != TB_OK)
            return status;
    }
    return TB_OK;
}

/* NAME.ext and NAME_mask.png or .bmp. */
static tb_status add_masked(tb_dataset *dataset, const names *all, tb_error *err)
{
    static const char *const endings[] = {"_mask.png", "_mask.bmp"};
    size_t room = 0;
    for (int k = 0; k < all->count; k++) {
        const char *name = all->items[k], *dot = strrchr(name, '.');
        if (!tb_name_is_picture(name))
            continue;
        for (size_t e = 0; e < TB_COUNT_OF(endings); e++) {
            char wanted[600];
            snprintf(wanted, sizeof wanted, "%.*s%s", (int)(dot - name), name, endings[e]);
            const char *key = wanted;
            if (!bsearch(&key, all->items, (size_t)all->count, sizeof *all->items, compare_names))
                continue;
            tb_dataset_entry entry = {
                .name = name,
                .file = join(&dataset->arena, dataset->folder, name),
                .mask = join(&dataset->arena, dataset->folder, wanted),
            };
            tb_status status = add_entry(dataset, &room, &entry, err);
            if (status != TB_OK)
                return status;
            break;
        }
    }
    return TB_OK;
}

static tb_status add_listed(tb_dataset *dataset, const char *labels, tb_error *err)
{
    tb_dataset_list list;
    tb_status status = tb_dataset_list_read(&dataset->arena, dataset->folder, labels, err, &list);
    if (status == TB_OK) {
        dataset->entries = list.entries;
        dataset->count = list.count;
    }
    return status;
}

/* ---- opening ----------------------------------------------------------------------------------- */

static tb_status take_classes(tb_dataset *dataset, const tb_dataset_options *options, tb_error *err)
{
    if (!options->class_count)
        return tb_dataset_classes_read(&dataset->arena, dataset->folder, err, &dataset->classes,
                                       &dataset->class_count);
    return keep_classes(dataset, options->classes, options->class_count, err);
}

static tb_status find_items(tb_dataset *dataset, const tb_dataset_options *options, tb_error *err)
{
    names all;
    tb_status status = list_folder(&dataset->arena, dataset->folder, err, &all);
    if (status != TB_OK)
        return status;
    if (options->truth == TB_TRUTH_BOXES)
        return tb_dataset_coco_read(&dataset->arena, dataset->folder, options->labels, err,
                                    &dataset->entries, &dataset->count);
    packed_name shape;
    bool subfolders = false;
    for (int k = 0; k < all.count; k++) {
        if (strncmp(all.items[k], "labels_", 7) != 0 && parse_packed(all.items[k], &shape) &&
            options->truth != TB_TRUTH_MASK) {
            status = open_packed(dataset, all.items[k], &shape, err);
            return status == TB_OK ? label_packed(dataset, &all, options->labels, err) : status;
        }
        const char *path = join(&dataset->arena, dataset->folder, all.items[k]);
        subfolders = subfolders || (path && is_folder(path));
    }
    if (options->labels || tb_dataset_list_is_there(dataset->folder))
        return add_listed(dataset, options->labels, err);
    if (options->truth == TB_TRUTH_MASK)
        return add_masked(dataset, &all, err);
    if (options->truth == TB_TRUTH_VALUES)
        return tb_fail(err, TB_NOT_FOUND, "%s: regression needs a list: y_labels.csv or labels.csv",
                       dataset->folder);
    if (!subfolders)
        return add_flat(dataset, &all, err);
    status = take_model_classes(dataset, &all, options, err);
    return status == TB_OK ? add_classes(dataset, &all, err) : status;
}

tb_status tb_dataset_open(const char *folder, const tb_dataset_options *options, tb_error *err,
                          tb_dataset *out)
{
    *out = (tb_dataset){0};
    out->folder = tb_arena_text(&out->arena, folder, strlen(folder));
    tb_status status = out->folder ? TB_OK : no_memory(err);
    if (status == TB_OK && !is_folder(folder))
        status = tb_fail(err, TB_NOT_FOUND,
                         "%s: not a folder; --data takes one (see `tflbench "
                         "accuracy --help`)",
                         folder);
    if (status == TB_OK)
        status = take_classes(out, options, err);
    if (status == TB_OK)
        status = find_items(out, options, err);
    if (status == TB_OK && !out->count)
        status = tb_fail(err, TB_NOT_FOUND, "%s: no labelled items are there", folder);
    return status;
}

void tb_dataset_close(tb_dataset *dataset)
{
    tb_os_unmap(&dataset->packed);
    tb_arena_free(&dataset->arena);
    *dataset = (tb_dataset){0};
}

/* ---- one item ---------------------------------------------------------------------------------- */

static bool looks_like_a_picture(TfLiteType type, int rank, const int *dims)
{
    return type == kTfLiteUInt8 && rank == 3 && (dims[2] == 1 || dims[2] == 3);
}

static tb_status read_packed(const tb_dataset *dataset, int k, tb_dataset_item *out)
{
    *out = (tb_dataset_item){
        .type = dataset->packed_type,
        .rank = dataset->packed_rank,
        .data = (const char *)dataset->packed.data + (size_t)k * dataset->packed_bytes,
        .bytes = dataset->packed_bytes,
    };
    memcpy(out->dims, dataset->packed_dims, sizeof out->dims);
    out->is_picture = looks_like_a_picture(out->type, out->rank, out->dims);
    return TB_OK;
}

static tb_status take_picture(const tb_mapping *file, tb_error *err, tb_dataset_item *out)
{
    tb_picture picture;
    tb_status status = tb_picture_decode(file->data, file->size, err, &picture);
    if (status != TB_OK)
        return status;
    *out = (tb_dataset_item){
        .type = kTfLiteUInt8,
        .rank = 3,
        .dims = {picture.height, picture.width, picture.channels},
        .data = picture.pixels,
        .bytes = (size_t)picture.height * (size_t)picture.width * (size_t)picture.channels,
        .is_picture = true,
        .owned = picture.pixels,
    };
    return TB_OK;
}

static tb_status take_sound(const tb_mapping *file, tb_error *err, tb_dataset_item *out)
{
    tb_sound sound;
    tb_status status = tb_sound_decode(file->data, file->size, err, &sound);
    if (status != TB_OK)
        return status;
    *out = (tb_dataset_item){
        .type = kTfLiteFloat32,
        .rank = 1,
        .dims = {(int)sound.count},
        .data = sound.samples,
        .bytes = sound.count * sizeof *sound.samples,
        .rate_hz = sound.rate_hz,
        .owned = sound.samples,
    };
    return TB_OK;
}

static tb_status take_raw(const tb_mapping *file, TfLiteType type, tb_error *err,
                          tb_dataset_item *out)
{
    size_t element = type == kTfLiteFloat32 ? 4 : type == kTfLiteInt16 ? 2 : 1;
    if (file->size % element || file->size / element > INT32_MAX)
        return tb_fail(err, TB_CORRUPT, "%zu bytes are no whole number of values", file->size);
    void *copy = malloc(file->size + 1);
    if (!copy)
        return no_memory(err);
    if (file->size)
        memcpy(copy, file->data, file->size);
    *out = (tb_dataset_item){
        .type = type,
        .rank = 1,
        .dims = {(int)(file->size / element)},
        .data = copy,
        .bytes = file->size,
        .owned = copy,
    };
    return TB_OK;
}

tb_status tb_dataset_read(const tb_dataset *dataset, int k, TfLiteType raw_type, tb_error *err,
                          tb_dataset_item *out)
{
    *out = (tb_dataset_item){0};
    const tb_dataset_entry *entry = &dataset->entries[k];
    if (!entry->file)
        return read_packed(dataset, k, out);
    tb_mapping file;
    tb_status status = tb_os_map_file(entry->file, err, &file);
    if (status != TB_OK)
        return status;
    if (tb_name_is_picture(entry->file))
        status = take_picture(&file, err, out);
    else if (tb_name_is_sound(entry->file))
        status = take_sound(&file, err, out);
    else
        status = take_raw(&file, raw_type, err, out);
    tb_os_unmap(&file);
    return status == TB_OK ? TB_OK : tb_in(err, "%s", entry->file);
}

void tb_dataset_item_free(tb_dataset_item *item)
{
    free(item->owned);
    *item = (tb_dataset_item){0};
}

tb_status tb_dataset_mask(const tb_dataset *dataset, int k, tb_error *err, int *width, int *height,
                          uint8_t **out)
{
    const char *path = dataset->entries[k].mask;
    tb_mapping file;
    tb_picture picture = {0};
    tb_status status =
        path ? tb_os_map_file(path, err, &file)
             : tb_fail(err, TB_NOT_FOUND, "%s: has no mask", dataset->entries[k].name);
    if (status != TB_OK)
        return status;
    status = tb_picture_decode_indices(file.data, file.size, err, &picture);
    tb_os_unmap(&file);
    if (status != TB_OK)
        return tb_in(err, "%s", path);
    if (picture.channels != 1) {
        tb_picture_free(&picture);
        return tb_fail(err, TB_CORRUPT,
                       "%s: a mask has one channel or a palette, with a class "
                       "number a pixel; this is a picture in colours",
                       path);
    }
    *width = picture.width;
    *height = picture.height;
    *out = picture.pixels;
    return TB_OK;
}
