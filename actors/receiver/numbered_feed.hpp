#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "actors/checkpoint_writer/messages.hpp"

namespace weir::actors {

/// Where the records of one input come from: the connections of a port (`producer_port`), or something that the process fetches or makes
/// itself (`own_feed`). It knows the numbers that producers have given their records, decides by them which records are new, and adds
/// those to the blocks. `receiver_core` does what is the same for all, and tells it what becomes of the records. No CAF; one thread.
class numbered_feed {
public:
  using time_point = std::chrono::steady_clock::time_point;

  virtual ~numbered_feed() = default;

  /// For people.
  virtual std::string place() const = 0;
  /// Others connect to it, and are told when they may.
  virtual bool is_port() const = 0;
  /// Peers that are connected now.
  virtual std::uint64_t connections() const = 0;

  /// From now on there are blocks to fill and the writer may be asked. Once.
  virtual void opened() = 0;
  /// The rate to keep to; 0 = none.
  virtual void limit(std::uint64_t records_per_s, time_point now) = 0;
  /// Take no more. Once.
  virtual void stop() = 0;

  /// Where a producer stands, as the writer knows it.
  virtual void found(const producer_found& answer) = 0;
  /// Ask the writer again what it has not answered.
  virtual void ask_again() = 0;
  /// All records of the producer up to `last` are durable.
  virtual void reached(const std::string& producer, std::uint64_t last) = 0;
  /// The records with this ticket are durable.
  virtual void confirmed(std::uint64_t ticket) = 0;
  /// The memory of records is free again.
  virtual void released(std::uint64_t bytes) = 0;

  /// Whether records are here that are not in a block yet, or wait for one.
  virtual bool holds_records() const = 0;
  /// It has been stopped, and all that it will ever give has come.
  virtual bool has_ended() const = 0;
  /// Whether the input rests once all is durable, as `--stop-when-idle` means it. Asked now and then: it may mean "since I was asked last".
  virtual bool at_rest() = 0;
};

} // namespace weir::actors
