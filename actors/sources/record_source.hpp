#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

#include "actors/asio.hpp"
#include "actors/sources/record_packer.hpp"
#include "libstream/base/error.hpp"

namespace weir::actors {

/// Reads a descriptor and cuts it into packs: a file by plain reads, anything else (pipe, terminal, socket) when it is readable, so
/// that a silent input never holds up the event loop. Without a rate, packs are full or a few milliseconds old; with one, records
/// come out when they are due. One thread.
class record_source {
public:
  using clock = std::chrono::steady_clock;

  /// `ready` is called when a pack that could not be had before may be there.
  record_source(asio::io_context& context, int input, std::uint64_t rate, std::function<void()> ready);
  ~record_source();
  record_source(const record_source&) = delete;
  record_source& operator=(const record_source&) = delete;

  /// Before the first `take`. The first `unpaced` records come as fast as they can be read, since nobody will get them; then the clock
  /// of the rate starts.
  void start(std::size_t max_record_bytes, std::size_t pack_bytes, std::uint64_t unpaced);
  bool started() const { return packer_ != nullptr; }
  /// The next pack, if one is there and due.
  result<std::optional<record_pack>> take();
  /// All records have been taken.
  bool exhausted() const { return packer_ && packer_->exhausted(); }

private:
  result<void> fill();
  result<bool> read_once();
  void await_input();
  void wake_at(clock::time_point when);
  std::uint64_t due(clock::time_point now);
  bool worth_taking(clock::time_point now);

  asio::posix::stream_descriptor pollable_;
  asio::steady_timer timer_;
  std::function<void()> ready_;
  int input_;
  int flags_before_ = 0; ///< the descriptor's, restored at the end: other processes share them
  bool awaiting_ = false;
  bool waking_ = false;
  std::unique_ptr<record_packer> packer_;
  std::size_t pack_bytes_ = 0;
  std::uint64_t rate_;
  std::uint64_t unpaced_ = 0; ///< records that are still to come without a pace
  std::uint64_t taken_ = 0;   ///< since the clock of the rate started
  clock::time_point started_at_;
  std::optional<clock::time_point> waiting_since_; ///< when the oldest record that waits was first seen
};

} // namespace weir::actors
