// SPDX-License-Identifier: GPL-3.0-or-later
// Any thread. The marks of real-time code, and nothing else.
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

/// Around a call that the compiler cannot know to be real-time safe, with the reason beside it.
#if defined(__clang__) && __clang_major__ >= 20
#define CHRONUS_REALTIME_TRUSTED(call) \
  _Pragma("clang diagnostic push") _Pragma("clang diagnostic ignored \"-Wfunction-effects\"") call _Pragma("clang diagnostic pop")
#else
#define CHRONUS_REALTIME_TRUSTED(call) call
#endif

extern "C" {
/// A test that watches real-time sections defines these; the program has none, and asks once per section.
[[gnu::weak]] void chronus_realtime_enter() noexcept CHRONUS_REALTIME;
[[gnu::weak]] void chronus_realtime_leave() noexcept CHRONUS_REALTIME;
}

namespace chronus {

/// While it lives, this thread does what CHRONUS_REALTIME promises.
struct RealtimeSection {
  RealtimeSection() noexcept CHRONUS_REALTIME {
    if (chronus_realtime_enter) chronus_realtime_enter();
  }
  ~RealtimeSection() {
    if (chronus_realtime_leave) chronus_realtime_leave();
  }
  RealtimeSection(const RealtimeSection&) = delete;
  RealtimeSection& operator=(const RealtimeSection&) = delete;
};

/// Within a section: what this thread does meanwhile promises nothing. Only where no callback waits for it.
struct RealtimePause {
  RealtimePause() noexcept CHRONUS_REALTIME {
    if (chronus_realtime_leave) chronus_realtime_leave();
  }
  ~RealtimePause() CHRONUS_REALTIME {
    if (chronus_realtime_enter) chronus_realtime_enter();
  }
  RealtimePause(const RealtimePause&) = delete;
  RealtimePause& operator=(const RealtimePause&) = delete;
};

} // namespace chronus
