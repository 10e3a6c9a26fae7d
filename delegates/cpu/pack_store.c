/* Where packed weights live: with the host, who shares them among the interpreters of a model, or with
   the delegate; see pack.h. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "delegates/cpu/pack.h"
#include "runtime/base/os.h"
#include "runtime/base/size.h"

enum { BLOCK_ALIGNMENT = 64, WORTH_THREADS = 1 << 20 };

/* Lies right before a block. */
typedef struct block_head {
    void *base; /* what was allocated */
    size_t bytes;
} block_head;

_Static_assert(sizeof(block_head) <= BLOCK_ALIGNMENT, "a block's head fits before it");

typedef struct pack_entry {
    struct pack_entry *next;
    void *block;
    size_t key_size;
    unsigned char key[];
} pack_entry;

struct tb_packs {
    pthread_mutex_t lock;
    pack_entry *entries;
    const tb_host *host;
    tb_thread_pool *pool;
};

tb_packs *tb_packs_create(void)
{
    tb_packs *packs = calloc(1, sizeof *packs);
    if (packs && pthread_mutex_init(&packs->lock, NULL) != 0) {
        free(packs);
        return NULL;
    }
    return packs;
}

static void free_block(void *block)
{
    const block_head *head = (const block_head *)((char *)block - BLOCK_ALIGNMENT);
    free(head->base);
}

void tb_packs_destroy(tb_packs *packs)
{
    if (!packs)
        return;
    for (pack_entry *entry = packs->entries, *next; entry; entry = next) {
        next = entry->next;
        free_block(entry->block);
        free(entry);
    }
    pthread_mutex_destroy(&packs->lock);
    free(packs);
}

void tb_packs_bind(tb_packs *packs, const tb_host *host)
{
    packs->host = host;
    packs->pool = host ? host->pool : NULL;
}

void tb_packs_set_pool(tb_packs *packs, tb_thread_pool *pool)
{
    packs->pool = pool;
}

tb_thread_pool *tb_packs_pool(const tb_packs *packs, size_t bytes)
{
    return bytes < WORTH_THREADS ? NULL : packs->pool;
}

/* ---- blocks ------------------------------------------------------------------------------------ */

/* Zeroed by calloc: large blocks are fresh pages, which are zero without being touched. */
tb_status tb_packs_alloc(tb_packs *packs, size_t bytes, tb_error *err, void **out)
{
    size_t whole;
    *out = NULL;
    /* To a multiple of the alignment: kernels read whole vectors. */
    const size_t alignment = bytes >= TB_OS_LARGE_PAGE ? TB_OS_LARGE_PAGE : BLOCK_ALIGNMENT;
    if (!tb_add_size(bytes, 2 * BLOCK_ALIGNMENT + alignment, &whole) || whole > INT64_MAX)
        return tb_fail(err, TB_NO_MEMORY, "packing weights: %zu bytes", bytes);
    const tb_host *host = packs->host;
    if (host && !host->account(host, TB_MEMORY_WEIGHTS, (int64_t)bytes))
        return tb_fail(err, TB_NO_MEMORY, "packing weights: %zu bytes are over the memory limit",
                       bytes);
    char *base = calloc(1, whole);
    if (!base) {
        if (host)
            host->account(host, TB_MEMORY_WEIGHTS, -(int64_t)bytes);
        return tb_fail(err, TB_NO_MEMORY, "packing weights: %zu bytes", bytes);
    }
    const uintptr_t past = (uintptr_t)base + BLOCK_ALIGNMENT + alignment - 1;
    char *block = base + ((past & ~(uintptr_t)(alignment - 1)) - (uintptr_t)base);
    if (alignment == TB_OS_LARGE_PAGE)
        tb_os_want_large_pages(block, bytes);
    *(block_head *)(void *)(block - BLOCK_ALIGNMENT) = (block_head){base, bytes};
    *out = block;
    return TB_OK;
}

static void give_back(const tb_packs *packs, size_t bytes)
{
    if (packs->host)
        packs->host->account(packs->host, TB_MEMORY_WEIGHTS, -(int64_t)bytes);
}

void tb_packs_drop(tb_packs *packs, void *block)
{
    if (!block)
        return;
    give_back(packs, ((const block_head *)(void *)((char *)block - BLOCK_ALIGNMENT))->bytes);
    free_block(block);
}

const void *tb_packs_find(tb_packs *packs, const void *key, size_t key_size)
{
    if (packs->host)
        return packs->host->packed_find(packs->host, key, key_size);
    const void *found = NULL;
    pthread_mutex_lock(&packs->lock);
    for (const pack_entry *entry = packs->entries; entry && !found; entry = entry->next)
        if (entry->key_size == key_size && memcmp(entry->key, key, key_size) == 0)
            found = entry->block;
    pthread_mutex_unlock(&packs->lock);
    return found;
}

const void *tb_packs_publish(tb_packs *packs, const void *key, size_t key_size, void *block)
{
    if (packs->host) {
        /* Another interpreter's block may be there first, and ours gone. */
        const size_t bytes = ((const block_head *)(void *)((char *)block - BLOCK_ALIGNMENT))->bytes;
        const void *kept =
            packs->host->packed_publish(packs->host, key, key_size, block, free_block);
        if (kept != block)
            give_back(packs, bytes);
        return kept;
    }
    pack_entry *entry = malloc(sizeof *entry + key_size);
    if (!entry) {
        free_block(block);
        return NULL;
    }
    *entry = (pack_entry){.block = block, .key_size = key_size};
    memcpy(entry->key, key, key_size);
    pthread_mutex_lock(&packs->lock);
    entry->next = packs->entries;
    packs->entries = entry;
    pthread_mutex_unlock(&packs->lock);
    return block;
}

void tb_packs_release(tb_packs *packs, const void *data, size_t bytes)
{
    if (packs->host)
        packs->host->release(packs->host, data, bytes);
}
