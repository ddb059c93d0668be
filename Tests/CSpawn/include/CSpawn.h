/** Starts programs that get none of this process's descriptors but three pipes. */
#pragma once
#include <sys/types.h>

/**
 * Starts `path` in `directory` (NULL: this process's own), with the default actions of all signals. `ends` gets this
 * side of its standard input, output and error, non-blocking, and closed in every program started later.
 * Returns 0 or an error number.
 */
int weir_spawn(
    const char *path, char *const *arguments, char *const *environment, const char *directory, pid_t *id, int ends[3]);
