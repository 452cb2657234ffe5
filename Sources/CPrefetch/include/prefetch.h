#pragma once

/* Asks for the line of an address to come into the first-level cache. Reads nothing: any address is allowed. */
static inline void lab_prefetch_line(const void *address) { __builtin_prefetch(address, 0, 3); }

/* Asks for the lines of `bytes` from `start` to come into the second-level cache. */
static inline void lab_prefetch(const void *start, long bytes) {
  const char *line = (const char *)start;
  for (long offset = 0; offset < bytes; offset += 64) __builtin_prefetch(line + offset, 0, 2);
}
