#include "processor.h"

#include <unistd.h>

#if LAB_NEEDS_AVX2
/* Before anything else runs: code for instructions that a processor lacks would end in a trap without a word. */
__attribute__((constructor(101))) static void lab_check_processor(void) {
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi2") && __builtin_cpu_supports("fma")) return;
  static const char text[] =
      "finops-lab: this program was built for processors with AVX2, which this one lacks; build it here with 'make run'\n";
  ssize_t written = write(STDERR_FILENO, text, sizeof text - 1);
  (void)written;
  _exit(70);
}
#endif

int lab_uses_avx2(void) {
#if LAB_NEEDS_AVX2
  return 1;
#else
  return 0;
#endif
}
