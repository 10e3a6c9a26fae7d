/* The texts of a data set: lists of items, class names, COCO annotations. See dataset.h for their
   forms. Everything lives in the arena given. */
#ifndef TB_BENCH_DATASET_LIST_H
#define TB_BENCH_DATASET_LIST_H

#include <stdbool.h>

#include "bench/dataset.h"

typedef struct tb_dataset_list {
    const char *path;
    tb_dataset_entry *entries; /* label and values both where the text allows */
    int count;
} tb_dataset_list;

bool tb_dataset_list_is_there(const char *folder);
/* `path` NULL: the folder's own. */
tb_status tb_dataset_list_read(tb_arena *arena, const char *folder, const char *path, tb_error *err,
                               tb_dataset_list *out);

/* None is no error. */
tb_status tb_dataset_classes_read(tb_arena *arena, const char *folder, tb_error *err,
                                  const char ***classes, int *count);

/* `path` NULL: annotations.json, or the first instances*.json, of the folder. Pictures without
   annotations are items too. */
tb_status tb_dataset_coco_read(tb_arena *arena, const char *folder, const char *path, tb_error *err,
                               tb_dataset_entry **entries, int *count);

#endif
