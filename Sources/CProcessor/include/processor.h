#pragma once

/* Whether the program was built for processors with AVX2; one that was checks that it is there before it starts. */
int lab_uses_avx2(void);
