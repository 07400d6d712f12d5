// SPDX-License-Identifier: GPL-3.0-or-later
// Worker threads. For what runs along time instead of across lanes: a segment's frames of one lane in a row.
// With one lane they are in a row already, and nothing is copied.
#pragma once
#include <chronus/kernel.hpp>
#include <utility>

namespace chronus::inline CHRONUS_ISA {

/// One half of an exchange of two rows: the elements whose place has the bit `step` change sides.
template <int N, int step, bool lower, int... J>
[[gnu::always_inline]] inline F<N> exchanged(const F<N>& a, const F<N>& b, std::integer_sequence<int, J...>) {
  return __builtin_shufflevector(a, b, (lower ? (J & step ? N + J : J + step) : (J & step ? N + J - step : J))...);
}

/// Rows become columns: N vectors of N. Source: J. O. Eklundh, "A fast computer method for matrix transposing", 1972.
template <int N, int step = N / 2> [[gnu::always_inline]] inline void transpose(F<N>* rows) {
  if constexpr (step > 0) {
    constexpr std::make_integer_sequence<int, N> places;
#pragma GCC unroll 16
    for (int i = 0; i < N; ++i) {
      if (i & step) continue;
      const F<N> a = rows[i], b = rows[i + step];
      rows[i] = exchanged<N, step, false>(a, b, places);
      rows[i + step] = exchanged<N, step, true>(a, b, places);
    }
    transpose<N, step / 2>(rows);
  }
}

/// The same for each four columns of four rows: four-by-four blocks side by side.
template <int N> [[gnu::always_inline]] inline void transpose_fours(F<N>* rows) {
  constexpr std::make_integer_sequence<int, N> places;
  const F<N> a = exchanged<N, 2, false>(rows[0], rows[2], places), c = exchanged<N, 2, true>(rows[0], rows[2], places);
  const F<N> b = exchanged<N, 2, false>(rows[1], rows[3], places), d = exchanged<N, 2, true>(rows[1], rows[3], places);
  rows[0] = exchanged<N, 1, false>(a, b, places), rows[1] = exchanged<N, 1, true>(a, b, places);
  rows[2] = exchanged<N, 1, false>(c, d, places), rows[3] = exchanged<N, 1, true>(c, d, places);
}

/// Vectors at addresses that need not be theirs.
template <int N> [[gnu::always_inline]] inline F<N> load(const float* from) {
  F<N> x;
  __builtin_memcpy(&x, from, sizeof x);
  return x;
}
template <int N> [[gnu::always_inline]] inline void store(float* to, const F<N>& x) { __builtin_memcpy(to, &x, sizeof x); }

/// What a port brings in, a row for each lane.
template <int N> class RowsIn {
public:
  RowsIn(const F<N>* port, int frames) {
    int i = 0;
    for (; i + N <= frames; i += N) {
      F<N> v[N];
      for (int k = 0; k < N; ++k) v[k] = port[i + k];
      transpose<N>(v);
      for (int l = 0; l < N; ++l) store<N>(rows_[l] + i, v[l]);
    }
    for (; i < frames; ++i)
      for (int l = 0; l < N; ++l) rows_[l][i] = lane<N>(port[i], l);
  }
  const float* operator[](int l) const { return rows_[l]; }

private:
  alignas(64) float rows_[N][block_frames];
};
template <> class RowsIn<1> {
public:
  RowsIn(const float* port, int) : row_(port) {}
  const float* operator[](int) const { return row_; }

private:
  const float* row_;
};

/// What goes out by a port: rows to be filled in, and then put there.
template <int N> class RowsOut {
public:
  RowsOut(F<N>* port) : port_(port) {}
  float* operator[](int l) { return rows_[l]; }
  void put(int frames) const {
    int i = 0;
    for (; i + N <= frames; i += N) {
      F<N> v[N];
      for (int l = 0; l < N; ++l) v[l] = load<N>(rows_[l] + i);
      transpose<N>(v);
      for (int k = 0; k < N; ++k) port_[i + k] = v[k];
    }
    for (; i < frames; ++i)
      for (int l = 0; l < N; ++l) reinterpret_cast<float*>(port_ + i)[l] = rows_[l][i];
  }

private:
  F<N>* port_;
  alignas(64) float rows_[N][block_frames];
};
template <> class RowsOut<1> {
public:
  RowsOut(float* port) : port_(port) {}
  float* operator[](int) { return port_; }
  void put(int) const {}

private:
  float* port_;
};

/// One lane of a parameter.
template <int N> [[gnu::always_inline]] inline Signal<1> lane_of(const Signal<N>& signal, int l) { return {signal.data + l, signal.stride}; }

/// A word of each lane, one a lane: 1 for the lanes that are heard. Only these have a history.
template <int N> [[gnu::always_inline]] inline U<N> heard_lanes(const Birth& birth) {
  U<N> heard{};
  for (int l = 0; l < birth.lanes; ++l) reinterpret_cast<std::uint32_t*>(&heard)[l] = 1;
  return heard;
}
template <int N> [[gnu::always_inline]] inline bool is_heard(const U<N>& heard, int l) {
  return reinterpret_cast<const std::uint32_t*>(&heard)[l] != 0;
}

} // namespace chronus::inline CHRONUS_ISA
