// SPDX-License-Identifier: GPL-3.0-or-later
// Any thread. Every thread that computes sound calls it once, before its first frame: numbers too small to hear become zero.
#pragma once
#include <chronus/realtime.hpp>
#if defined(__SSE2__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <cstdint>
#endif

namespace chronus {

/// Flush-to-zero and denormals-are-zero for the calling thread and for the threads that it starts later.
inline void flush_denormals() noexcept CHRONUS_REALTIME {
#if defined(__SSE2__)
  _mm_setcsr(_mm_getcsr() | 0x8040u); // bit 15 FTZ, bit 6 DAZ
#elif defined(__aarch64__)
  std::uint64_t control;
  asm volatile("mrs %0, fpcr" : "=r"(control));
  asm volatile("msr fpcr, %0" : : "r"(control | std::uint64_t{1} << 24)); // FZ covers inputs and results
#endif
}

} // namespace chronus
