#pragma once

#include <memory>
#include <vector>

#include "actors/sources/ingest_server.hpp"

namespace weir::bench {

/// A producer inside of the process: blocks that are ready in memory, offered again and again as fast as the receiver's budget allows.
/// What a `weir://` input costs without its sockets. Starts with the input, stops when the receiver reads no more.
class memory_feed final : public actors::ingest_transport {
public:
  struct block {
    data::buffer_handle bytes;
    std::uint64_t records = 0;
  };
  explicit memory_feed(std::vector<block> blocks);

  /// For one input of `weir://127.0.0.1:1`.
  result<std::unique_ptr<actors::ingest_server>> listen(const std::string& address, std::uint64_t budget_bytes,
                                                        std::shared_ptr<actors::ingest_listener> listener) override;

  const std::vector<block>& blocks() const { return blocks_; }
  /// Offers no block that would let the total pass this; callable at any time. Default: no bound.
  void stop_after(std::uint64_t bytes);
  /// Records that were acknowledged as durable.
  std::uint64_t acknowledged_records() const;
  /// Bytes handed to the receiver so far.
  std::uint64_t taken_bytes() const;

private:
  struct progress;
  class port;
  std::vector<block> blocks_;
  std::shared_ptr<progress> progress_;
};

} // namespace weir::bench
