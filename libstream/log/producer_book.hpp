#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include "libstream/log/positions.hpp"
#include "libstream/log/records.hpp"
#include "libstream/log/store.hpp"

namespace weir::log {

/// The positions of producers while one transaction is put together: what the store holds, and over it what earlier parts of the same
/// transaction have made of it. There may be any number of producers, so they are read when they are asked for. One thread; times are
/// milliseconds of service time. Errors: those of reading the store.
class producer_book {
public:
  explicit producer_book(const store& from) : store_{from} {}

  /// Blocks are appended: their producers have reached what stands in the headers.
  result<void> append(std::span<const block_header> headers, std::uint64_t now_ms);
  /// A producer says hello. Nothing: the log does not know it. It has been heard of now, which is written if that was long ago.
  result<std::optional<producer_position>> greet(input_id input, const std::string& producer, std::uint64_t now_ms);
  /// A producer says goodbye. True: the log did not know it.
  result<bool> part(input_id input, const std::string& producer, std::uint64_t now_ms);

  const store& content() const { return store_; }
  /// Adds what has changed, once, behind all else of the transaction.
  void write(transaction& changes) const;

private:
  struct entry {
    std::optional<producer_position> position;
    bool changed = false;
  };

  result<entry*> find(input_id input, const std::string& producer);
  static void put(entry& into, const producer_position& position);

  const store& store_;
  std::map<std::pair<input_id, std::string>, entry> entries_;
};

} // namespace weir::log
