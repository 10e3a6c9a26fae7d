/* A short list behind a mutex; see made.h. */
#include "delegates/made.h"

#include <pthread.h>
#include <stdlib.h>

typedef struct entry {
    struct entry *next;
    const TfLiteDelegate *delegate;
    void *record;
} entry;

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static entry *entries;

bool tb_made_put(const TfLiteDelegate *delegate, void *record)
{
    entry *e = malloc(sizeof *e);
    if (!e)
        return false;
    pthread_mutex_lock(&mutex);
    *e = (entry){entries, delegate, record};
    entries = e;
    pthread_mutex_unlock(&mutex);
    return true;
}

/* With the mutex held: the link that leads to the delegate's entry, or to the end. */
static entry **link_to(const TfLiteDelegate *delegate)
{
    entry **link = &entries;
    while (*link && (*link)->delegate != delegate)
        link = &(*link)->next;
    return link;
}

void *tb_made_find(const TfLiteDelegate *delegate)
{
    pthread_mutex_lock(&mutex);
    const entry *e = *link_to(delegate);
    void *record = e ? e->record : NULL;
    pthread_mutex_unlock(&mutex);
    return record;
}

void *tb_made_take(const TfLiteDelegate *delegate)
{
    pthread_mutex_lock(&mutex);
    entry **link = link_to(delegate);
    entry *e = *link;
    void *record = e ? e->record : NULL;
    if (e)
        *link = e->next;
    pthread_mutex_unlock(&mutex);
    free(e);
    return record;
}
