// SPDX-License-Identifier: GPL-3.0-or-later
#include <chronus/module.hpp>
#include <doctest/doctest.h>

TEST_CASE("every type is found by its name") {
  for (const auto* m : chronus::all_modules()) CHECK(chronus::find_module(m->name) == m);
}
