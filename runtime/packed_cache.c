/* A hash table behind a mutex, one a model; see packed_cache.h. */
#include "runtime/packed_cache.h"

#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/base/size.h"

typedef struct entry {
    struct entry *next;
    void *block;
    void (*destroy)(void *block);
    uint64_t hash;
    size_t key_size;
    char key[];
} entry;

enum { BUCKETS = 256 };

struct tb_packed_cache {
    pthread_mutex_t mutex;
    size_t users;
    entry *buckets[BUCKETS];
};

static void *create(void)
{
    tb_packed_cache *cache = calloc(1, sizeof *cache);
    if (cache)
        pthread_mutex_init(&cache->mutex, NULL);
    return cache;
}

static void drop_all(tb_packed_cache *cache)
{
    for (size_t k = 0; k < BUCKETS; k++) {
        while (cache->buckets[k]) {
            entry *e = cache->buckets[k];
            cache->buckets[k] = e->next;
            e->destroy(e->block);
            free(e);
        }
    }
}

static void destroy(void *object)
{
    tb_packed_cache *cache = object;
    drop_all(cache);
    pthread_mutex_destroy(&cache->mutex);
    free(cache);
}

tb_packed_cache *tb_packed_cache_acquire(tb_model *model)
{
    tb_packed_cache *cache = tb_model_shared(model, create, destroy);
    if (!cache)
        return NULL;
    pthread_mutex_lock(&cache->mutex);
    cache->users++;
    pthread_mutex_unlock(&cache->mutex);
    return cache;
}

void tb_packed_cache_release(tb_packed_cache *cache)
{
    if (!cache)
        return;
    pthread_mutex_lock(&cache->mutex);
    if (--cache->users == 0)
        drop_all(cache);
    pthread_mutex_unlock(&cache->mutex);
}

/* FNV-1a: https://datatracker.ietf.org/doc/html/draft-eastlake-fnv */
static uint64_t hash_of(const void *key, size_t size)
{
    const unsigned char *bytes = key;
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (size_t k = 0; k < size; k++)
        hash = (hash ^ bytes[k]) * UINT64_C(0x100000001b3);
    return hash;
}

static entry *find(tb_packed_cache *cache, uint64_t hash, const void *key, size_t key_size)
{
    for (entry *e = cache->buckets[hash % BUCKETS]; e; e = e->next) {
        if (e->hash == hash && e->key_size == key_size && memcmp(e->key, key, key_size) == 0)
            return e;
    }
    return NULL;
}

const void *tb_packed_cache_find(tb_packed_cache *cache, const void *key, size_t key_size)
{
    uint64_t hash = hash_of(key, key_size);
    pthread_mutex_lock(&cache->mutex);
    const entry *found = find(cache, hash, key, key_size);
    pthread_mutex_unlock(&cache->mutex);
    /* Blocks stay until the last user goes, and the caller is one. */
    return found ? found->block : NULL;
}

const void *tb_packed_cache_publish_take(tb_packed_cache *cache, const void *key, size_t key_size,
                                         void *block, void (*destroy_block)(void *block))
{
    uint64_t hash = hash_of(key, key_size);
    size_t size;
    entry *fresh = tb_add_size(sizeof *fresh, key_size, &size) ? malloc(size) : NULL;
    if (!fresh) {
        destroy_block(block);
        return NULL;
    }
    *fresh = (entry){.block = block, .destroy = destroy_block, .hash = hash, .key_size = key_size};
    memcpy(fresh->key, key, key_size);
    pthread_mutex_lock(&cache->mutex);
    const entry *first = find(cache, hash, key, key_size);
    if (!first) {
        fresh->next = cache->buckets[hash % BUCKETS];
        cache->buckets[hash % BUCKETS] = fresh;
    }
    pthread_mutex_unlock(&cache->mutex);
    if (!first)
        return block;
    destroy_block(block);
    free(fresh);
    return first->block;
}
