/* Shared resources by id; see resources.h. There are few of them, so lists are searched. */
#include "runtime/resources.h"

#include <stdlib.h>
#include <string.h>

typedef struct named_id {
    char *key; /* container, '\0', shared name, '\0' */
    size_t key_size;
} named_id;

typedef struct entry {
    int32_t id;
    tb_resource *resource;
} entry;

struct tb_resources {
    named_id *names; /* the index is the id */
    size_t name_count;
    entry *entries;
    size_t entry_count;
    int *initialized;
    size_t initialized_count;
};

tb_resources *tb_resources_create(void)
{
    return calloc(1, sizeof(tb_resources));
}

void tb_resources_destroy(tb_resources *resources)
{
    if (!resources)
        return;
    for (size_t k = 0; k < resources->entry_count; k++)
        resources->entries[k].resource->destroy(resources->entries[k].resource);
    for (size_t k = 0; k < resources->name_count; k++)
        free(resources->names[k].key);
    free(resources->names);
    free(resources->entries);
    free(resources->initialized);
    free(resources);
}

/* One more element of `size` bytes at the end of an array of `count`; false without memory. */
static bool grow(void **array, size_t count, size_t size)
{
    /* Powers of two: an append is cheap, and nobody has to keep a capacity. */
    if (count & (count - 1))
        return true;
    void *grown = realloc(*array, (count ? 2 * count : 1) * size);
    if (!grown)
        return false;
    *array = grown;
    return true;
}

int32_t tb_resources_id(tb_resources *resources, const char *container, const char *shared_name)
{
    container = container ? container : "";
    shared_name = shared_name ? shared_name : "";
    size_t first = strlen(container) + 1;
    size_t size = first + strlen(shared_name) + 1;
    char *key = malloc(size);
    if (!key)
        return -1;
    memcpy(key, container, first);
    memcpy(key + first, shared_name, size - first);
    for (size_t k = 0; k < resources->name_count; k++) {
        const named_id *name = &resources->names[k];
        if (name->key_size == size && memcmp(name->key, key, size) == 0) {
            free(key);
            return (int32_t)k;
        }
    }
    void *names = resources->names;
    if (resources->name_count >= INT32_MAX ||
        !grow(&names, resources->name_count, sizeof(named_id))) {
        free(key);
        return -1;
    }
    resources->names = names;
    resources->names[resources->name_count] = (named_id){key, size};
    return (int32_t)resources->name_count++;
}

tb_resource *tb_resources_find(const tb_resources *resources, int32_t id)
{
    for (size_t k = 0; k < resources->entry_count; k++) {
        if (resources->entries[k].id == id)
            return resources->entries[k].resource;
    }
    return NULL;
}

bool tb_resources_put_take(tb_resources *resources, int32_t id, tb_resource *resource)
{
    if (id < 0)
        return false;
    for (size_t k = 0; k < resources->entry_count; k++) {
        entry *at = &resources->entries[k];
        if (at->id != id)
            continue;
        if (at->resource != resource)
            at->resource->destroy(at->resource);
        at->resource = resource;
        return true;
    }
    void *entries = resources->entries;
    if (!grow(&entries, resources->entry_count, sizeof(entry)))
        return false;
    resources->entries = entries;
    resources->entries[resources->entry_count++] = (entry){id, resource};
    return true;
}

bool tb_resources_initialized(const tb_resources *resources, int subgraph)
{
    for (size_t k = 0; k < resources->initialized_count; k++) {
        if (resources->initialized[k] == subgraph)
            return true;
    }
    return false;
}

bool tb_resources_set_initialized(tb_resources *resources, int subgraph)
{
    if (tb_resources_initialized(resources, subgraph))
        return true;
    void *list = resources->initialized;
    if (!grow(&list, resources->initialized_count, sizeof(int)))
        return false;
    resources->initialized = list;
    resources->initialized[resources->initialized_count++] = subgraph;
    return true;
}
