// SPDX-License-Identifier: GPL-3.0-or-later
// Main thread. The wires between our ports and others', remembered beyond the server's death.
#pragma once
#include <chrono>
#include <string>
#include <vector>

namespace chronus::control {

struct Wire {
  std::string own;   ///< our port's short name: out_1
  std::string other; ///< the full name of what it is wired to; `:in_1` is a port of our own, whatever our name is by then
  auto operator<=>(const Wire&) const = default;
};

/// A server that stops takes its ports away one by one before it says so; so a wire that vanished is forgotten only when the
/// server has lived on for a while.
class Wires {
public:
  using Time = std::chrono::steady_clock::time_point;
  static constexpr std::chrono::milliseconds grace{1000};
  static constexpr std::chrono::seconds patience{10};

  /// What stands now, seen while the server is alive.
  void seen(const std::vector<Wire>& now, Time time);
  /// The server is gone: what stood a grace ago or later is to be restored.
  void lost();
  /// The server is back.
  void back(Time time) { give_up_ = time + patience; }
  /// To be restored, as soon as the other port is there.
  const std::vector<Wire>& missing() const noexcept { return missing_; }
  void restored(const Wire& wire);
  /// After the patience: the wires whose other port never came, which are forgotten.
  std::vector<Wire> given_up(Time time);

private:
  struct Seen {
    Wire wire;
    Time last;
  };
  std::vector<Seen> standing_;
  std::vector<Wire> missing_;
  Time give_up_{};
};

} // namespace chronus::control
