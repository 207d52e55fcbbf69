// SPDX-License-Identifier: Apache-2.0
#pragma once

// Refuses compilers that miscompile coroutines. Included by every header that declares one, so that
// no file with a coroutine is built without the check. Holds nothing else.

#if defined(__GNUC__) && !defined(__clang__) && __GNUC__ < 13
#error "GCC before 13 miscompiles coroutines: use clang++-19, or GCC 13 or newer."
#endif
