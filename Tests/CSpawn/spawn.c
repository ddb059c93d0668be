#define _GNU_SOURCE
#include "CSpawn.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <unistd.h>

static void close_all(int *descriptors, int count) {
    for (int at = 0; at < count; at++) {
        if (descriptors[at] >= 0) close(descriptors[at]);
        descriptors[at] = -1;
    }
}

static int prepare(
    posix_spawn_file_actions_t *actions, posix_spawnattr_t *attributes, const char *directory, const int child[3]) {
    int code = directory ? posix_spawn_file_actions_addchdir_np(actions, directory) : 0;
    for (int at = 0; at < 3 && !code; at++) code = posix_spawn_file_actions_adddup2(actions, child[at], at);
    // Whatever others have opened without O_CLOEXEC meanwhile.
    if (!code) code = posix_spawn_file_actions_addclosefrom_np(actions, 3);
    sigset_t all, none;
    sigfillset(&all);
    sigemptyset(&none);
    if (!code) code = posix_spawnattr_setsigdefault(attributes, &all);
    if (!code) code = posix_spawnattr_setsigmask(attributes, &none);
    if (!code) code = posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
    return code;
}

int weir_spawn(
    const char *path, char *const *arguments, char *const *environment, const char *directory, pid_t *id, int ends[3]) {
    int child[3] = {-1, -1, -1};
    int code = 0;
    for (int at = 0; at < 3; at++) ends[at] = -1;
    for (int at = 0; at < 3 && !code; at++) {
        int both[2];
        if (pipe2(both, O_CLOEXEC)) {
            code = errno;
            break;
        }
        child[at] = both[at == 0 ? 0 : 1];
        ends[at] = both[at == 0 ? 1 : 0];
        if (fcntl(ends[at], F_SETFL, O_NONBLOCK)) code = errno;
    }
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    if (!code) code = prepare(&actions, &attributes, directory, child);
    if (!code) code = posix_spawn(id, path, &actions, &attributes, arguments, environment);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    close_all(child, 3);
    if (code) close_all(ends, 3);
    return code;
}
