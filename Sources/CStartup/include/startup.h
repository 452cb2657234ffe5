#pragma once

/* What runs before a program that links this target starts; there is nothing to call. */
