/*
 * Makes the n-th call of one function fail, in a program that is started with LD_PRELOAD of this library:
 *
 *   LAB_FAULT=write:3:ENOSPC   the third write to a file below LAB_FAULT_PATH fails with "no space left"
 *   LAB_FAULT=write:3:SHORT    it writes half of what it was given
 *   LAB_FAULT=read:1+:EIO      all reads from the first on fail
 *   LAB_FAULT_LOG=FILE         at the end, how often each function was called for such files
 *
 * Calls for other files, and for descriptors that are no files, go through untouched.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

enum call { OPEN, READ, WRITE, FSYNC, RENAME, MKDIR, TRUNCATE, UNLINK, CALLS };
static const char *const names[CALLS] = {"open", "read", "write", "fsync", "rename", "mkdir", "truncate", "unlink"};

static atomic_int counts[CALLS];
static int wanted = -1, number, from_there_on, shortens, failure;
static const char *root;

static int error_of(const char *name) {
  if (!strcmp(name, "ENOSPC")) return ENOSPC;
  if (!strcmp(name, "EDQUOT")) return EDQUOT;
  if (!strcmp(name, "EIO")) return EIO;
  if (!strcmp(name, "EINTR")) return EINTR;
  if (!strcmp(name, "EMFILE")) return EMFILE;
  if (!strcmp(name, "EACCES")) return EACCES;
  if (!strcmp(name, "EROFS")) return EROFS;
  return EINVAL;
}

static void tell(void) {
  const char *path = getenv("LAB_FAULT_LOG");
  if (!path) return;
  FILE *file = fopen(path, "we");
  if (!file) return;
  for (int call = 0; call < CALLS; call++) fprintf(file, "%s %d\n", names[call], counts[call]);
  fclose(file);
}

__attribute__((constructor)) static void begin(void) {
  root = getenv("LAB_FAULT_PATH");
  const char *text = getenv("LAB_FAULT");
  if (root && text) {
    char call[32], error[32], count[16];
    if (sscanf(text, "%31[^:]:%15[^:]:%31s", call, count, error) == 3) {
      for (int index = 0; index < CALLS; index++)
        if (!strcmp(call, names[index])) wanted = index;
      number = atoi(count);
      from_there_on = strchr(count, '+') != NULL;
      shortens = !strcmp(error, "SHORT");
      failure = error_of(error);
    }
  }
  if (root) atexit(tell);
}

static int concerns(const char *path) {
  if (!root || !path) return 0;
  if (path[0] != '/') {
    char here[PATH_MAX];
    return getcwd(here, sizeof here) && !strncmp(here, root, strlen(root));
  }
  return !strncmp(path, root, strlen(root));
}

static int concerns_descriptor(int descriptor) {
  if (!root) return 0;
  char link[64], path[PATH_MAX];
  snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
  ssize_t length = readlink(link, path, sizeof path - 1);
  if (length <= 0) return 0;
  path[length] = 0;
  return !strncmp(path, root, strlen(root));
}

/* Whether this call is the one that fails. */
static int fails(enum call call) {
  int now = ++counts[call];
  return (int)call == wanted && (now == number || (from_there_on && now > number));
}

#define ORIGINAL(name, type) \
  static __typeof__((type)0) original; \
  if (!original) original = (type)dlsym(RTLD_NEXT, #name)

#define OPENS(name) \
  int name(const char *path, int flags, ...) { \
    ORIGINAL(name, int (*)(const char *, int, ...)); \
    va_list list; \
    va_start(list, flags); \
    mode_t mode = va_arg(list, mode_t); \
    va_end(list); \
    if (concerns(path) && fails(OPEN)) { errno = failure; return -1; } \
    return original(path, flags, mode); \
  }
OPENS(open)
OPENS(open64)

ssize_t write(int descriptor, const void *bytes, size_t count) {
  ORIGINAL(write, ssize_t(*)(int, const void *, size_t));
  if (concerns_descriptor(descriptor) && fails(WRITE)) {
    if (shortens && count > 1) return original(descriptor, bytes, count / 2);
    if (!shortens) { errno = failure; return -1; }
  }
  return original(descriptor, bytes, count);
}

ssize_t read(int descriptor, void *bytes, size_t count) {
  ORIGINAL(read, ssize_t(*)(int, void *, size_t));
  if (concerns_descriptor(descriptor) && fails(READ)) {
    if (shortens && count > 1) return original(descriptor, bytes, count / 2);
    if (!shortens) { errno = failure; return -1; }
  }
  return original(descriptor, bytes, count);
}

#define PREADS(name) \
  ssize_t name(int descriptor, void *bytes, size_t count, off_t offset) { \
    ORIGINAL(name, ssize_t(*)(int, void *, size_t, off_t)); \
    if (concerns_descriptor(descriptor) && fails(READ)) { \
      if (shortens && count > 1) return original(descriptor, bytes, count / 2, offset); \
      if (!shortens) { errno = failure; return -1; } \
    } \
    return original(descriptor, bytes, count, offset); \
  }
PREADS(pread)
PREADS(pread64)

int fsync(int descriptor) {
  ORIGINAL(fsync, int (*)(int));
  if (concerns_descriptor(descriptor) && fails(FSYNC)) { errno = failure; return -1; }
  return original(descriptor);
}

int rename(const char *from, const char *to) {
  ORIGINAL(rename, int (*)(const char *, const char *));
  if (concerns(to) && fails(RENAME)) { errno = failure; return -1; }
  return original(from, to);
}

int renameat2(int from_folder, const char *from, int to_folder, const char *to, unsigned flags) {
  ORIGINAL(renameat2, int (*)(int, const char *, int, const char *, unsigned));
  if (concerns(to) && fails(RENAME)) { errno = failure; return -1; }
  return original(from_folder, from, to_folder, to, flags);
}

int mkdir(const char *path, mode_t mode) {
  ORIGINAL(mkdir, int (*)(const char *, mode_t));
  if (concerns(path) && fails(MKDIR)) { errno = failure; return -1; }
  return original(path, mode);
}

int ftruncate(int descriptor, off_t length) {
  ORIGINAL(ftruncate, int (*)(int, off_t));
  if (concerns_descriptor(descriptor) && fails(TRUNCATE)) { errno = failure; return -1; }
  return original(descriptor, length);
}

int unlink(const char *path) {
  ORIGINAL(unlink, int (*)(const char *));
  if (concerns(path) && fails(UNLINK)) { errno = failure; return -1; }
  return original(path);
}
