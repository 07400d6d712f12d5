// SPDX-License-Identifier: GPL-3.0-or-later
// Worker threads. See kernels.hpp.
#include "kernels.hpp"
#include <chronus/kernel.hpp>
#include <cstring>

namespace chronus::render::inline CHRONUS_ISA {
namespace {

template <int N> const F<N>* lanes_of(const float* p) { return reinterpret_cast<const F<N>*>(p); }
template <int N> F<N>* lanes_of(float* p) { return reinterpret_cast<F<N>*>(p); }

template <int N> struct Kernel {
  static void splat(float* to, const float* from, int frames) noexcept CHRONUS_REALTIME {
    for (int f = 0; f < frames; ++f) lanes_of<N>(to)[f] = chronus::splat<N>(from[f]);
  }
  static void add(float* to, const float* a, const float* b, int frames) noexcept CHRONUS_REALTIME {
    for (int f = 0; f < frames; ++f) lanes_of<N>(to)[f] = lanes_of<N>(a)[f] + lanes_of<N>(b)[f];
  }
  static void scale(float* to, const float* from, float by, int frames) noexcept CHRONUS_REALTIME {
    for (int f = 0; f < frames; ++f) lanes_of<N>(to)[f] = lanes_of<N>(from)[f] * by;
  }
  static void add_lanes(float* sums, const float* from, int first, int lanes, int frames) noexcept CHRONUS_REALTIME {
    float* at = sums + first % partial_sums;
    if (lanes == N && N > 1) {
      for (int f = 0; f < frames; ++f) lanes_of<N>(at + f * partial_sums)[0] += lanes_of<N>(from)[f];
    } else {
      for (int f = 0; f < frames; ++f)
        for (int i = 0; i < lanes; ++i) at[f * partial_sums + i] += from[f * N + i];
    }
  }
  static void take_seats(float* to, const float* from, const std::int8_t* place, int first, int frames) noexcept CHRONUS_REALTIME {
    if constexpr (N == 1) {
      for (int f = 0; f < frames; ++f) to[f] = place[0] == first ? from[f] : 0;
    } else {
      I<N> whence{};
      M<N> taken{};
      for (int i = 0; i < N; ++i)
        if (place[i] >= first && place[i] < first + N) whence[place[i] - first] = i, taken[place[i] - first] = -1;
      for (int f = 0; f < frames; ++f) lanes_of<N>(to)[f] = select<N>(taken, chronus::permuted<N>(lanes_of<N>(from)[f], whence), F<N>{});
    }
  }
  static void sum_lanes(float* to, const float* const* tiles, int rows, int width, int frames) noexcept CHRONUS_REALTIME {
    if (width != native_width) return sum_lanes(to, Whole{tiles[0]}, frames);
    switch (rows) {
    case 1: return sum_lanes(to, Parts<1>(tiles), frames);
    case 2: return sum_lanes(to, Parts<2>(tiles), frames);
    case 3: return sum_lanes(to, Parts<3>(tiles), frames);
    default: return sum_lanes(to, Parts<4>(tiles), frames);
    }
  }
  static constexpr int W = native_width, parts = partial_sums / W;
  /// One tile of all partial sums.
  struct Whole {
    const float* tile;
    [[gnu::always_inline]] F<W> operator()(int part, int frame) const { return *lanes_of<W>(tile + frame * partial_sums + part * W); }
  };
  /// Some tiles of each part.
  template <int rows> struct Parts {
    const float* tiles[parts * rows];
    explicit Parts(const float* const* from) {
      for (int i = 0; i < parts * rows; ++i) tiles[i] = from[i];
    }
    [[gnu::always_inline]] F<W> operator()(int part, int frame) const {
      F<W> sum = *lanes_of<W>(tiles[part * rows] + frame * W);
      for (int row = 1; row < rows; ++row) sum = sum + *lanes_of<W>(tiles[part * rows + row] + frame * W);
      return sum;
    }
  };
  /// One frame of 16 partial sums to four: i with i+8, then i+4.
  template <class Sums, int W = native_width> [[gnu::always_inline]] static F<4> quarter(const Sums& sums, int frame) {
    if constexpr (W == 4) {
      return (sums(0, frame) + sums(2, frame)) + (sums(1, frame) + sums(3, frame));
    } else {
      F<8> half;
      if constexpr (W == 8) {
        half = sums(0, frame) + sums(1, frame);
      } else {
        const F<W> x = sums(0, frame);
        half = __builtin_shufflevector(x, x, 0, 1, 2, 3, 4, 5, 6, 7) + __builtin_shufflevector(x, x, 8, 9, 10, 11, 12, 13, 14, 15);
      }
      return __builtin_shufflevector(half, half, 0, 1, 2, 3) + __builtin_shufflevector(half, half, 4, 5, 6, 7);
    }
  }
  template <class Sums> static void sum_lanes(float* to, const Sums& sums, int frames) noexcept CHRONUS_REALTIME {
    int f = 0;
    for (; f + 4 <= frames; f += 4) { // four frames side by side
      F<4> r[4];
      for (int i = 0; i < 4; ++i) r[i] = quarter(sums, f + i);
      const F<4> a = __builtin_shufflevector(r[0], r[1], 0, 4, 1, 5), b = __builtin_shufflevector(r[0], r[1], 2, 6, 3, 7);
      const F<4> c = __builtin_shufflevector(r[2], r[3], 0, 4, 1, 5), d = __builtin_shufflevector(r[2], r[3], 2, 6, 3, 7);
      const F<4> ab = a + b, cd = c + d; // lane 0 and 2, lane 1 and 3, of two frames each
      const F<4> y = __builtin_shufflevector(ab, cd, 0, 1, 4, 5) + __builtin_shufflevector(ab, cd, 2, 3, 6, 7);
      std::memcpy(to + f, &y, sizeof y);
    }
    for (; f < frames; ++f) {
      const F<4> r = quarter(sums, f);
      to[f] = (r[0] + r[2]) + (r[1] + r[3]);
    }
  }
  static void ramp(float* to, const Ramp& r, int frames, bool last) noexcept CHRONUS_REALTIME {
    F<N> current = *lanes_of<N>(r.current);
    const F<N> target = *lanes_of<N>(r.target(N)), step = *lanes_of<N>(r.step(N));
    I<N> remaining = *reinterpret_cast<I<N>*>(r.remaining(N));
    const M<N> moves = remaining > 0;
    *reinterpret_cast<I<N>*>(r.moves(N)) = select_i<N>(moves, I<N>{} - 1, I<N>{});
    for (int f = 0; f < frames; ++f) {
      const F<N> moved = select<N>(remaining == 1, target, current + step);
      current = select<N>(remaining > 0, moved, current);
      remaining = select_i<N>(remaining > 0, remaining - 1, remaining);
      lanes_of<N>(to)[f] = current;
    }
    *lanes_of<N>(r.current) = current;
    const M<N> lands = moves & (remaining == 0);
    *reinterpret_cast<I<N>*>(r.remaining(N)) = last ? remaining : select_i<N>(lands, I<N>{} + 1, remaining);
  }
  static void hold(float* to, const Ramp& r, int frames) noexcept CHRONUS_REALTIME {
    const F<N> current = *lanes_of<N>(r.current);
    for (int f = 0; f < frames; ++f) lanes_of<N>(to)[f] = current;
  }
  static void modulate(float* to, Value value, const float* cables, const float* by, float low, float high, int frames) noexcept CHRONUS_REALTIME {
    const F<N> l = chronus::splat<N>(low), h = chronus::splat<N>(high);
    const F<N> scale = *lanes_of<N>(by);
    auto move = [&](const auto& from) {
      for (int f = 0; f < frames; ++f) lanes_of<N>(to)[f] = clamp<N>(from[f] + scale * lanes_of<N>(cables)[f], l, h);
    };
    held_or_moving<N>(Signal<N>{value.data, value.stride}, move);
  }
  static void modulate_switch(float* weights, int stride, int choices, const float* cables, const float* by, int frames) noexcept CHRONUS_REALTIME {
    const F<N> scale = *lanes_of<N>(by), zero{}, one = chronus::splat<N>(1), last = chronus::splat<N>(static_cast<float>(choices - 1));
    for (int f = 0; f < frames; ++f) {
      F<N> index = scale * lanes_of<N>(cables)[f];
      for (int k = 1; k < choices; ++k)
        index = index + lanes_of<N>(weights + k * stride)[f] * static_cast<float>(k);
      index = clamp<N>(index, zero, last);
      for (int k = 0; k < choices; ++k) {
        const F<N> away = index - chronus::splat<N>(static_cast<float>(k));
        lanes_of<N>(weights + k * stride)[f] = max<N>(zero, one - max<N>(away, zero - away));
      }
    }
  }
  /// The sum of the squares tells it for nearly all: what is not finite makes it so, and while it is below the square of
  /// `absurd` no number is above. Four sums, as one would wait for itself.
  static bool sane(const float* x, int frames) noexcept CHRONUS_REALTIME {
    constexpr int W = native_width;
    constexpr float most = absurd * absurd;
    const int count = frames * N;
    F<W> sums[4]{};
    int i = 0;
    for (; i + 4 * W <= count; i += 4 * W)
      for (int k = 0; k < 4; ++k) {
        F<W> y;
        std::memcpy(&y, x + i + k * W, sizeof y); // a block that was split begins anywhere
        sums[k] = fma<W>(y, y, sums[k]);
      }
    F<W> sum = (sums[0] + sums[1]) + (sums[2] + sums[3]);
    for (; i < count; ++i) sum[0] += x[i] * x[i];
    if (all<W>(sum < most)) return true;
    for (i = 0; i < count; ++i)
      if (!(x[i] < absurd && x[i] > -absurd)) return false;
    return true;
  }
  static constexpr PlanKernels table{N, splat, add, scale, add_lanes, take_seats, sum_lanes, ramp, hold, modulate, modulate_switch, sane};
};

} // namespace

extern const PlanKernels narrow, wide;
constinit const PlanKernels narrow = Kernel<1>::table;
constinit const PlanKernels wide = Kernel<native_width>::table;

} // namespace chronus::render
