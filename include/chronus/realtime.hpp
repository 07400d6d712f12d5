// SPDX-License-Identifier: GPL-3.0-or-later
// Any thread. The mark of real-time code, and nothing else.
#pragma once

/// Stands behind every function that runs in the JACK callback or in a worker after priming: it never allocates, locks,
/// waits, prints or throws. clang 20 and later prove it (-Wfunction-effects, RealtimeSanitizer); others ignore the mark.
#if defined(__has_cpp_attribute)
#if __has_cpp_attribute(clang::nonblocking)
#define CHRONUS_REALTIME [[clang::nonblocking]]
#endif
#endif
#ifndef CHRONUS_REALTIME
#define CHRONUS_REALTIME
#endif
