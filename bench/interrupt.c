/* Noting requests to end; see interrupt.h. */
#include "bench/interrupt.h"

#include <signal.h>
#include <string.h>

static volatile sig_atomic_t noted;

static void note(int number)
{
    noted = 1;
    signal(number, SIG_DFL);
}

void tb_interrupt_catch(void)
{
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = note;
    sigemptyset(&action.sa_mask);
    for (int k = 0; k < 3; k++) {
        struct sigaction before;
        bool nohup = signals[k] == SIGHUP && sigaction(SIGHUP, NULL, &before) == 0 &&
                     before.sa_handler == SIG_IGN;
        if (!nohup)
            sigaction(signals[k], &action, NULL); /* no SA_RESTART: poll() has to return */
    }
    signal(SIGPIPE, SIG_IGN);
}

bool tb_interrupted(void)
{
    return noted != 0;
}
