// SPDX-License-Identifier: GPL-3.0-or-later
// JACK process thread. See player.hpp.
#include "player.hpp"
#include "interleave.hpp"
#include <algorithm>
#include <utility>

namespace chronus::rt {

Player::Player(link::Link& link, double rate, bool guard)
    : link_(link), mixer_(link.outs, static_cast<int>(rate / 200), link.begin != 0), level_(link.counters.muted.get() ? 0 : 1),
      guard_(link, rate, guard) {}

bool Player::has(int slot, Frame frame) noexcept CHRONUS_REALTIME {
  link::BlockRing& ring = rings(slot);
  const link::BlockHeader* h;
  while ((h = ring.front()) && h->frame + block_frames <= frame) ring.pop();
  return h && h->frame <= frame;
}

/// Whether this slot's block of `frame` is there and is what every slot of that epoch plays.
bool Player::plays(int slot, Frame frame, std::uint32_t epoch) noexcept CHRONUS_REALTIME {
  if (!has(slot, frame)) return false;
  const link::BlockHeader& h = *rings(slot).front();
  if (frame < h.frame + h.before) return false;
  // A block in which the slot was cut bears the later epoch; before the cut it is still of the one before.
  return h.epoch == epoch || (h.epoch == epoch + 1 && frame < cut_at_ && cut_at_ < h.frame + block_frames);
}

/// A slot has failed: another is heard from this very frame on.
void Player::go_over(int& from, int to, Frame frame, std::uint32_t epoch, Gestures& gestures) noexcept CHRONUS_REALTIME {
  if (to < 0 || to == from) return;
  if (!gestures.lapses.full()) gestures.lapses.push({from, to, epoch, has(from, frame) && tainted(from)});
  from = to;
  link_.counters.failovers.add(1);
  link_.counters.live.set(live_);
}

/// The slot that was wanted, or another that plays the same at this frame; -1: there is none. A block with a fault in it is
/// the last choice: where all have it the fault is the patch's own.
int Player::slot_for(int wanted, Frame frame, std::uint32_t epoch, const Gestures& gestures) noexcept CHRONUS_REALTIME {
  const bool there = plays(wanted, frame, epoch);
  if (there && !tainted(wanted)) return wanted;
  if (const int heir = gestures.heir[static_cast<std::size_t>(wanted)]; heir >= 0 && plays(heir, frame, epoch) && !tainted(heir)) return heir;
  int any = there ? wanted : -1;
  for (int i = 0; i < link_.count(); ++i) {
    if (!plays(i, frame, epoch)) continue;
    if (!tainted(i)) return i;
    if (any < 0) any = i;
  }
  return any;
}

/// Given up; or it follows again, but from a later frame on than this.
bool Player::is_lost(int slot, Frame frame) const noexcept CHRONUS_REALTIME {
  const link::SlotRings& r = link_.rings(slot);
  return r.dismissal.get() != r.progress.dismissal.get() || r.progress.from.get() > frame;
}

void Player::drop_before(Frame playhead) noexcept CHRONUS_REALTIME {
  for (int i = 0; i < link_.count(); ++i) has(i, playhead);
}

bool Player::ready(Frame playhead, Frame until, const Gestures& gestures) noexcept CHRONUS_REALTIME {
  // Blocks come in order: since when its worker follows decides, and how far it has got.
  auto reaches = [&](int slot, Frame from, Frame to) {
    const link::Progress& p = link_.rings(slot).progress;
    return from >= to || (p.from.get() <= from && p.rendered.get() >= to);
  };
  auto another = [&](int slot, Frame from, Frame to, int other) { // for one that has failed; not the `other` of a fade
    const int heir = gestures.heir[static_cast<std::size_t>(slot)];
    if (heir >= 0 && gestures.since[static_cast<std::size_t>(heir)] <= from) return reaches(heir, from, to);
    for (int i = 0; i < link_.count(); ++i)
      if (i != slot && i != other && gestures.since[static_cast<std::size_t>(i)] <= from && reaches(i, from, to)) return true;
    return false;
  };
  // What was lost after a swap had been decided that took its spare: no slot has it, nor ever will.
  auto nobody = [&](Frame from, int other) {
    bool none = !gestures.all_lost;
    for (int i = 0; i < link_.count(); ++i) none = none && (i == other || gestures.since[static_cast<std::size_t>(i)] > from);
    return none;
  };
  auto one = [&](int slot, Frame from, Frame to, int other) {
    // One that has just been attached has not said so yet.
    const bool lost = is_lost(slot, from) && gestures.since[static_cast<std::size_t>(slot)] > from;
    return reaches(slot, from, to) || (lost && (another(slot, from, to, other) || nobody(from, other)));
  };
  if (gestures.swaps.empty()) return one(live_, playhead, until, -1);
  const Swap& s = gestures.swaps.front();
  return one(live_, playhead, std::min(until, s.end), -1) && one(s.slot, std::max(playhead, s.at), until, live_);
}

bool Player::awaits_old(Frame playhead, Frame until, const Gestures& gestures) const noexcept CHRONUS_REALTIME {
  if (gestures.swaps.empty()) return false;
  const Frame to = std::min(until, gestures.swaps.front().end);
  return playhead < to && !is_lost(live_, playhead) && link_.rings(live_).progress.rendered.get() < to;
}

void Player::play(float* const* out, Frame playhead, int frames, Gestures& gestures) noexcept CHRONUS_REALTIME {
  int finished = 0;
  for (int at = 0; at < frames;) {
    const Frame frame = playhead + static_cast<Frame>(at);
    while (!gestures.swaps.empty() && frame >= gestures.swaps.front().end) {
      finish(out, playhead, std::exchange(finished, at), at, gestures);
      live_ = gestures.swaps.front().slot;
      epoch_ = gestures.swaps.front().epoch;
      link_.counters.revision.set(gestures.swaps.front().revision);
      guard_.open(); // nothing is left of what may have been muted
      mixer_.fade_is_over();
      gestures.swaps.pop();
      link_.counters.live.set(live_);
      link_.counters.swaps.add(1);
    }
    Swap* swap = gestures.swaps.empty() ? nullptr : &gestures.swaps.front();
    cut_at_ = swap ? swap->at : never;
    if (swap && frame == swap->at) link_.counters.revision.set(swap->revision);
    Frame end = std::min(block_floor(frame) + block_frames, playhead + static_cast<Frame>(frames));
    if (swap) end = std::min(end, frame < swap->at ? swap->at : swap->end);
    if (swap && frame < swap->at) swap = nullptr;
    const Piece piece{out, at, frame, static_cast<int>(end - frame)};
    const int old = slot_for(live_, frame, epoch_, gestures);
    const int young = swap ? slot_for(swap->slot, frame, swap->epoch, gestures) : -1;
    go_over(live_, old, frame, epoch_, gestures);
    if (swap) go_over(swap->slot, young, frame, swap->epoch, gestures);
    if (old < 0 && young < 0) {
      link_.counters.starved.add(static_cast<std::uint64_t>(piece.frames));
      mixer_.starve(piece);
    } else if (!swap) {
      mixer_.play(piece, rings(old));
    } else if (mixer_.fade(piece, old < 0 ? nullptr : &rings(old), young < 0 ? nullptr : &rings(young), *swap)) {
      link_.counters.failovers.add(1);
    }
    at += piece.frames;
  }
  finish(out, playhead, finished, frames, gestures);
}

/// What has been put together from `from` to `to` becomes what is heard.
void Player::finish(float* const* out, Frame playhead, int from, int to, Gestures& gestures) noexcept CHRONUS_REALTIME {
  float* y[max_outs];
  for (int c = 0; c < link_.outs; ++c) y[c] = out[c] + from;
  const Frame frame = playhead + static_cast<Frame>(from);
  set_level(y, frame, to - from, gestures);
  guard_.apply(y, frame, to - from);
  record(y, frame, to - from, gestures);
}

void Player::set_level(float* const* out, Frame playhead, int frames, Gestures& gestures) noexcept CHRONUS_REALTIME {
  for (int i = 0; i < frames; ++i) {
    if (level_ == 1 && (gestures.levels.empty() || gestures.levels.front().at >= playhead + static_cast<Frame>(frames))) return;
    const Frame frame = playhead + static_cast<Frame>(i);
    if (!gestures.levels.empty() && frame >= gestures.levels.front().at) {
      const Level& l = gestures.levels.front();
      const Frame left = l.at + l.frames > frame ? l.at + l.frames - frame : 0;
      level_ = left > 1 ? level_ + (l.to - level_) / static_cast<float>(left) : l.to;
      if (left <= 1) {
        if (l.last) link_.counters.fade_over.set(1);
        gestures.levels.pop();
      }
    }
    for (int c = 0; c < link_.outs; ++c) out[c][i] *= level_;
  }
}

void Player::record(float* const* out, Frame playhead, int frames, Gestures& gestures) noexcept CHRONUS_REALTIME {
  for (int at = 0; at < frames;) {
    const Frame frame = playhead + static_cast<Frame>(at);
    Frame end = playhead + static_cast<Frame>(frames);
    if (!gestures.taps.empty()) {
      const Tap next = gestures.taps.front();
      if (frame >= next.at) {
        if (tap_ && !tap_->chunks.write_available()) return; // the end must not be lost: again in the next cycle
        if (tap_) tap(out, at, frame, 0, true);
        tap_ = next.tap;
        gestures.taps.pop();
        continue;
      }
      end = std::min(end, next.at);
    }
    const int n = static_cast<int>(end - frame);
    if (tap_) tap(out, at, frame, n, false);
    at += n;
  }
}

void Player::tap(float* const* out, int at, Frame frame, int frames, bool last) noexcept CHRONUS_REALTIME {
  link::RecordTap& t = *tap_;
  const auto need = static_cast<std::size_t>(frames * t.channels);
  if (t.chunks.write_available() < (last ? 1 : 2) || t.samples.write_available() < need) {
    t.gaps.add(static_cast<std::uint64_t>(frames));
    return;
  }
  interleave(t.samples, out, at, frames, t.channels);
  t.chunks.push({frame, static_cast<std::uint32_t>(frames), last});
}

} // namespace chronus::rt
