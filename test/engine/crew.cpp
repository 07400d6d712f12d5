// SPDX-License-Identifier: GPL-3.0-or-later
// Tests. The workers' threads: who does not do what it was told has its place taken, while there are places.
#include "control/crew.hpp"
#include <algorithm>
#include <doctest/doctest.h>

using namespace chronus;
using namespace chronus::control;

namespace {

/// Gives a slot up, and wakes nobody: its worker sleeps on.
void dismiss(const Crew& crew, int slot) {
  link::SlotRings& r = crew.link().rings(slot);
  do { // again, if it was still awake
    r.dismissal.set(r.dismissal.get() + 1);
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  } while (r.progress.dismissal.get() == r.dismissal.get());
}

bool answers(const Crew& crew, int slot) { return crew.link().rings(slot).progress.dismissal.get() == crew.link().rings(slot).dismissal.get(); }

std::vector<std::string> news(Crew& crew, std::size_t wanted) {
  std::vector<std::string> all;
  for (int tries = 0; tries < 4000 && all.size() < wanted; ++tries) {
    for (std::string& text : crew.tend()) all.push_back(std::move(text));
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return all;
}

} // namespace

TEST_CASE("each worker that does not return has its place taken once, until there is no slot left; those that return are of use again") {
  Crew crew(2, 1, 2, 0);
  for (int i = 0; i < 2; ++i) crew.start(nullptr);
  CHECK(crew.tend().empty());
  for (int i = 0; i + 2 < link::max_slots; i += 2) {
    dismiss(crew, i);
    dismiss(crew, i + 1);
    const auto told = news(crew, 2);
    REQUIRE(told.size() == 2);
    for (int k = 0; k < 2; ++k) CHECK(told[static_cast<std::size_t>(k)] == "slot " + std::to_string(i + k) + ": its worker does not return; slot " + std::to_string(i + k + 2) + " takes its place");
    CHECK(crew.link().count() == i + 4);
  }
  constexpr int last = link::max_slots - 1;
  dismiss(crew, last);
  CHECK(news(crew, 1) == std::vector<std::string>{"slot 7: its worker does not return; no slot is left to take its place"});
  crew.link().wake_all();
  CHECK(news(crew, link::max_slots - 1).size() == link::max_slots - 1);
  for (int i = 0; i <= last; ++i) CHECK(answers(crew, i));
  dismiss(crew, 0);
  CHECK(news(crew, 1) == std::vector<std::string>{"slot 0: its worker does not return; another slot takes its place"});
  CHECK(crew.link().count() == link::max_slots);
  CHECK(news(crew, 0).empty());
}
