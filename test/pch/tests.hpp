// SPDX-License-Identifier: GPL-3.0-or-later
// For the compiler alone: what nearly every test reads, read once. No file may rely on it.
#include <algorithm>
#include <array>
#include <boost/lockfree/spsc_queue.hpp>
#include <chrono>
#include <cmath>
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>
