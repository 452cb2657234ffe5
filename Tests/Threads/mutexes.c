// Tells the thread sanitizer of the two steps of a Swift Mutex that it can't see.
//
// The quick ways to lock and unlock are compiled into the program and instrumented with it. A thread that has to wait for a lock,
// or has let others wait, goes on in libswiftSynchronization, which isn't: without this, whatever the lock guards looks like a
// race. The library is loaded before that one (LD_PRELOAD), calls the real functions and says what happened before.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdint.h>
#include <stdlib.h>

#define HANDLE __attribute__((swift_context)) void *handle
#define SWIFT __attribute__((swiftcall))
// Synchronization._MutexHandle._lockSlow(UInt32) and _unlockSlow()
#define LOCK "$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF"
#define UNLOCK "$s15Synchronization12_MutexHandleV11_unlockSlowyyF"

// Only programs with the sanitizer have these; others that inherit the preloaded library do without.
void __tsan_acquire(void *address) __attribute__((weak));
void __tsan_release(void *address) __attribute__((weak));

static void *next(const char *name) {
  void *found = dlsym(RTLD_NEXT, name);
  if (!found) abort();
  return found;
}

SWIFT void lab_lock(uint32_t thread, HANDLE) __asm__(LOCK);
SWIFT void lab_lock(uint32_t thread, HANDLE) {
  ((SWIFT void (*)(uint32_t, HANDLE))next(LOCK))(thread, handle);
  if (__tsan_acquire) __tsan_acquire(handle);
}

SWIFT void lab_unlock(HANDLE) __asm__(UNLOCK);
SWIFT void lab_unlock(HANDLE) {
  if (__tsan_release) __tsan_release(handle);
  ((SWIFT void (*)(HANDLE))next(UNLOCK))(handle);
}
