// SPDX-License-Identifier: GPL-3.0-or-later
// Tests. A worker never waits for the allocator: every malloc of this program is counted.
#include "support/scenario.hpp"
#include <doctest/doctest.h>

namespace {
std::size_t allocations;
}

extern "C" {
void* __libc_malloc(std::size_t);
void* __libc_calloc(std::size_t, std::size_t);
void* __libc_realloc(void*, std::size_t);
void* malloc(std::size_t n) {
  ++allocations;
  return __libc_malloc(n);
}
void* calloc(std::size_t n, std::size_t size) {
  ++allocations;
  return __libc_calloc(n, size);
}
void* realloc(void* p, std::size_t n) {
  ++allocations;
  return __libc_realloc(p, n);
}
}

using namespace chronus;

TEST_CASE("no type allocates once it is built") {
  const std::size_t before = allocations;
  std::vector<int>* volatile kept = new std::vector<int>(10); // the counter counts
  delete kept;
  REQUIRE(allocations > before);
  for (const auto* m : all_modules())
    for (const auto& kernels : m->kernels)
      for (bool moving : {false, true}) {
        CAPTURE(m->name);
        test::Bench b(*m, kernels);
        for (int i = 0; i < b.value_count(); ++i) b.move(i, moving);
        const Birth birth{b.segment(0, 64).context, 5, 0, kernels.width};
        Segment s = b.segment(0, 64);
        const std::size_t then = allocations;
        kernels.start(s.state, birth);
        for (; s.frame < 640; s.frame += 64) {
          if (kernels.gate) kernels.gate(s.state, 0, s.frame % 128 == 0);
          if (kernels.read) kernels.read(s);
          kernels.run(s);
        }
        const std::size_t made = allocations - then;
        CHECK(made == 0);
      }
}
