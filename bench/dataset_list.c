/* Lists, class names and COCO files; see dataset_list.h. */
#include "bench/dataset_list.h"

#include <dirent.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/json_get.h"
#include "bench/media.h"

#define MAX_FIELDS 4096
#define MAX_LINES  100000000

static tb_status no_memory(tb_error *err)
{
    return tb_fail(err, TB_NO_MEMORY, "data set: out of memory");
}

static const char *join(tb_arena *arena, const char *folder, const char *name)
{
    size_t size = strlen(folder) + strlen(name) + 2;
    char *path = tb_arena_alloc(arena, size, 1);
    if (path)
        snprintf(path, size, "%s/%s", folder, name);
    return path;
}

/* A text file, terminated, in the arena. */
static tb_status read_text(tb_arena *arena, const char *path, tb_error *err, char **out,
                           size_t *size)
{
    tb_mapping file;
    tb_status status = tb_os_map_file(path, err, &file);
    if (status != TB_OK)
        return status;
    *out = tb_arena_text(arena, file.size ? file.data : "", file.size);
    *size = file.size;
    tb_os_unmap(&file);
    return *out ? TB_OK : no_memory(err);
}

/* Cuts the next line off; NULL at the end. */
static char *next_line(char **rest)
{
    char *line = *rest;
    if (!*line)
        return NULL;
    size_t length = strcspn(line, "\n");
    *rest = line + length + (line[length] == '\n');
    line[length] = '\0';
    while (length && (line[length - 1] == '\r' || line[length - 1] == ' '))
        line[--length] = '\0';
    return line;
}

static size_t count_lines(const char *text)
{
    size_t lines = 0;
    for (; *text; text++)
        lines += *text == '\n';
    return lines + 1;
}

/* ---- lists ------------------------------------------------------------------------------------- */

static const char *const list_names[] = {"y_labels.csv", "labels.csv"};

bool tb_dataset_list_is_there(const char *folder)
{
    for (size_t k = 0; k < sizeof list_names / sizeof *list_names; k++) {
        char path[4096];
        snprintf(path, sizeof path, "%s/%s", folder, list_names[k]);
        if (access(path, F_OK) == 0)
            return true;
    }
    return false;
}

/* A number that fills the field; false where it is none. */
static bool read_number(const char *text, double *out)
{
    char *end;
    errno = 0;
    *out = strtod(text, &end);
    return end != text && *end == '\0' && errno == 0 && isfinite(*out);
}

/* Splits at commas, in place. */
static int split(char *line, char **fields)
{
    int count = 0;
    for (char *at = line; count < MAX_FIELDS; at++) {
        fields[count++] = at;
        at += strcspn(at, ",");
        if (!*at)
            break;
        *at = '\0';
    }
    return count;
}

static bool is_whole(double value)
{
    return value == floor(value) && fabs(value) < 1e15;
}

/* "file,label" | "file,classes,label[,window,stride]" | "file,value,..." | "file,mask". */
static tb_status read_entry(tb_arena *arena, const char *folder, char **fields, int count,
                            tb_error *err, tb_dataset_entry *out)
{
    *out = (tb_dataset_entry){.name = fields[0], .file = join(arena, folder, fields[0])};
    if (!out->file)
        return no_memory(err);
    if (count < 2 || !*fields[0])
        return tb_fail(err, TB_CORRUPT, "goes FILE,LABEL");
    if (count == 2 && tb_name_is_picture(fields[1])) {
        out->mask = join(arena, folder, fields[1]);
        return out->mask ? TB_OK : no_memory(err);
    }
    double *values = TB_ARENA_NEW(arena, double, (size_t)count);
    if (!values)
        return no_memory(err);
    for (int k = 1; k < count; k++)
        if (!read_number(fields[k], &values[k - 1]))
            return tb_fail(err, TB_CORRUPT, "'%.100s' is no number", fields[k]);
    out->values = values;
    out->value_count = count - 1;
    double label = values[count == 3 || count == 5 ? 1 : 0];
    out->label = is_whole(label) ? (int64_t)label : -1;
    if (count == 5 && values[2] > 0 && values[3] > 0 && is_whole(values[2]) &&
        is_whole(values[3])) {
        out->window_bytes = (size_t)values[2];
        out->stride_bytes = (size_t)values[3];
    }
    return TB_OK;
}

tb_status tb_dataset_list_read(tb_arena *arena, const char *folder, const char *path, tb_error *err,
                               tb_dataset_list *out)
{
    *out = (tb_dataset_list){.path = path};
    for (size_t k = 0; !out->path && k < sizeof list_names / sizeof *list_names; k++) {
        const char *tried = join(arena, folder, list_names[k]);
        if (!tried)
            return no_memory(err);
        if (access(tried, F_OK) == 0)
            out->path = tried;
    }
    if (!out->path)
        return tb_fail(err, TB_NOT_FOUND, "%s: no labels: neither y_labels.csv nor labels.csv",
                       folder);
    char *text;
    size_t size;
    tb_status status = read_text(arena, out->path, err, &text, &size);
    if (status != TB_OK)
        return status;
    size_t lines = count_lines(text);
    out->entries = TB_ARENA_NEW(arena, tb_dataset_entry, lines);
    char **fields = TB_ARENA_NEW(arena, char *, MAX_FIELDS);
    if (!out->entries || !fields || lines > MAX_LINES)
        return no_memory(err);
    int number = 0;
    for (char *line; (line = next_line(&text));) {
        number++;
        if (!*line)
            continue;
        int count = split(line, fields);
        double ignored;
        /* A heading has no number in its second field. */
        if (number == 1 && count > 1 && !read_number(fields[1], &ignored) &&
            !tb_name_is_picture(fields[1]))
            continue;
        status = read_entry(arena, folder, fields, count, err, &out->entries[out->count++]);
        if (status != TB_OK)
            return tb_in(err, "%s: line %d", out->path, number);
    }
    return TB_OK;
}

/* ---- class names ------------------------------------------------------------------------------- */

tb_status tb_dataset_classes_read(tb_arena *arena, const char *folder, tb_error *err,
                                  const char ***classes, int *count)
{
    static const char *const names[] = {"classes.txt", "labels.txt"};
    *classes = NULL;
    *count = 0;
    for (size_t k = 0; k < sizeof names / sizeof *names; k++) {
        const char *path = join(arena, folder, names[k]);
        if (!path)
            return no_memory(err);
        if (access(path, F_OK) != 0)
            continue;
        char *text;
        size_t size;
        tb_status status = read_text(arena, path, err, &text, &size);
        if (status != TB_OK)
            return status;
        *classes = TB_ARENA_NEW(arena, const char *, count_lines(text));
        if (!*classes)
            return no_memory(err);
        for (char *line; (line = next_line(&text));)
            if (*line)
                (*classes)[(*count)++] = line;
        return TB_OK;
    }
    return TB_OK;
}

/* ---- COCO -------------------------------------------------------------------------------------- */

typedef struct coco_image {
    int64_t id;
    tb_dataset_entry entry;
    int room; /* boxes the annotations have for it */
} coco_image;

static int compare_ids(const void *a, const void *b)
{
    int64_t left = ((const coco_image *)a)->id, right = ((const coco_image *)b)->id;
    return (left > right) - (left < right);
}

static tb_status find_coco(tb_arena *arena, const char *folder, tb_error *err, const char **out)
{
    *out = join(arena, folder, "annotations.json");
    if (!*out)
        return no_memory(err);
    if (access(*out, F_OK) == 0)
        return TB_OK;
    DIR *dir = opendir(folder);
    char first[300] = "";
    for (struct dirent *entry; dir && (entry = readdir(dir));) {
        size_t length = strlen(entry->d_name);
        bool fits = strncmp(entry->d_name, "instances", 9) == 0 && length > 5 &&
                    length < sizeof first && strcmp(entry->d_name + length - 5, ".json") == 0;
        if (fits && (!*first || strcmp(entry->d_name, first) < 0))
            memcpy(first, entry->d_name, length + 1);
    }
    if (dir)
        closedir(dir);
    if (!*first)
        return tb_fail(err, TB_NOT_FOUND,
                       "%s: no COCO annotations: neither annotations.json nor instances*.json",
                       folder);
    *out = join(arena, folder, first);
    return *out ? TB_OK : no_memory(err);
}

static tb_status read_images(tb_arena *arena, const char *folder, const cJSON *json, tb_error *err,
                             coco_image **images, int *count)
{
    const cJSON *list, *item;
    tb_status status = tb_json_array(json, "images", MAX_LINES, err, &list);
    if (status != TB_OK)
        return status;
    *count = cJSON_GetArraySize(list);
    *images = calloc((size_t)*count + 1, sizeof **images);
    if (!*images)
        return no_memory(err);
    int k = 0;
    cJSON_ArrayForEach(item, list)
    {
        coco_image *image = &(*images)[k];
        const char *name;
        status = tb_json_int(item, "id", -(INT64_C(1) << 53), INT64_C(1) << 53, err, &image->id);
        if (status == TB_OK)
            status = tb_json_text(item, "file_name", err, &name);
        if (status == TB_OK && tb_json_has(item, "width"))
            status = tb_json_number(item, "width", err, &image->entry.width);
        if (status == TB_OK && tb_json_has(item, "height"))
            status = tb_json_number(item, "height", err, &image->entry.height);
        if (status != TB_OK)
            return tb_in(err, "images[%d]", k);
        image->entry.name = tb_arena_text(arena, name, strlen(name));
        image->entry.file = join(arena, folder, name);
        if (!image->entry.name || !image->entry.file)
            return no_memory(err);
        k++;
    }
    qsort(*images, (size_t)*count, sizeof **images, compare_ids);
    for (k = 1; k < *count; k++)
        if ((*images)[k].id == (*images)[k - 1].id)
            return tb_fail(err, TB_CORRUPT, "images: id %lld is there twice",
                           (long long)(*images)[k].id);
    return TB_OK;
}

static tb_status read_box(const cJSON *item, tb_error *err, tb_truth_box *out)
{
    const cJSON *list;
    *out = (tb_truth_box){0};
    tb_status status = tb_json_int(item, "category_id", 0, INT32_MAX, err, &out->category);
    if (status == TB_OK)
        status = tb_json_array(item, "bbox", 4, err, &list);
    if (status != TB_OK)
        return status;
    double *const parts[] = {&out->x, &out->y, &out->width, &out->height};
    for (int k = 0; k < 4; k++) {
        const cJSON *value = cJSON_GetArrayItem(list, k);
        if (!cJSON_IsNumber(value) || !isfinite(value->valuedouble) ||
            (k >= 2 && value->valuedouble < 0))
            return tb_fail(err, TB_CORRUPT, "\"bbox\" goes [x, y, width, height]");
        *parts[k] = value->valuedouble;
    }
    out->area = out->width * out->height;
    if (tb_json_has(item, "area"))
        status = tb_json_number(item, "area", err, &out->area);
    int64_t crowd = 0;
    if (status == TB_OK && tb_json_has(item, "iscrowd"))
        status = tb_json_int(item, "iscrowd", 0, 1, err, &crowd);
    out->crowd = (int)crowd;
    return status;
}

static coco_image *image_of(coco_image *images, int count, const cJSON *item)
{
    const cJSON *id = cJSON_GetObjectItemCaseSensitive(item, "image_id");
    if (!cJSON_IsNumber(id) || fabs(id->valuedouble) > 9e15)
        return NULL;
    coco_image key = {.id = (int64_t)id->valuedouble};
    return bsearch(&key, images, (size_t)count, sizeof *images, compare_ids);
}

static tb_status read_boxes(tb_arena *arena, const cJSON *json, coco_image *images, int count,
                            tb_error *err)
{
    const cJSON *list, *item;
    tb_status status = tb_json_array(json, "annotations", MAX_LINES, err, &list);
    if (status != TB_OK)
        return status;
    int k = 0;
    cJSON_ArrayForEach(item, list)
    {
        coco_image *image = image_of(images, count, item);
        if (!image)
            return tb_fail(err, TB_CORRUPT, "annotations[%d]: \"image_id\" names no image", k);
        image->room++;
        k++;
    }
    k = 0;
    cJSON_ArrayForEach(item, list)
    {
        coco_image *image = image_of(images, count, item);
        tb_dataset_entry *entry = &image->entry;
        if (!entry->boxes)
            entry->boxes = TB_ARENA_NEW(arena, tb_truth_box, (size_t)image->room);
        if (!entry->boxes)
            return no_memory(err);
        tb_truth_box box;
        status = read_box(item, err, &box);
        if (status != TB_OK)
            return tb_in(err, "annotations[%d]", k);
        memcpy((tb_truth_box *)(uintptr_t)&entry->boxes[entry->box_count++], &box, sizeof box);
        k++;
    }
    return TB_OK;
}

tb_status tb_dataset_coco_read(tb_arena *arena, const char *folder, const char *path, tb_error *err,
                               tb_dataset_entry **entries, int *count)
{
    tb_mapping file;
    cJSON *json = NULL;
    coco_image *images = NULL;
    *count = 0;
    tb_status status = path ? TB_OK : find_coco(arena, folder, err, &path);
    if (status == TB_OK)
        status = tb_os_map_file(path, err, &file);
    if (status != TB_OK)
        return status;
    status = tb_json_parse(file.size ? file.data : "", file.size, err, &json);
    if (status == TB_OK)
        status = read_images(arena, folder, json, err, &images, count);
    if (status == TB_OK)
        status = read_boxes(arena, json, images, *count, err);
    if (status == TB_OK) {
        *entries = TB_ARENA_NEW(arena, tb_dataset_entry, (size_t)*count + 1);
        status = *entries ? TB_OK : no_memory(err);
        for (int k = 0; status == TB_OK && k < *count; k++)
            (*entries)[k] = images[k].entry;
    }
    free(images);
    cJSON_Delete(json);
    tb_os_unmap(&file);
    return status == TB_OK ? TB_OK : tb_in(err, "%s", path);
}
