#pragma once

#include <atomic>
#include <memory>

#include "actors/node/file_system.hpp"

namespace weir::bench {

/// Files on a disk that takes only so many bytes a second: a slow sink. Keeps no bytes but counts them.
class slow_files final : public actors::file_system {
public:
  /// 0 = as fast as they come. From any thread, at any time; also for a write that is waiting.
  void bytes_per_second(std::uint64_t rate) { rate_ = rate; }
  std::uint64_t written_bytes() const { return written_; }

  bool exists(const std::string&) const override { return false; }
  result<void> make_directories(const std::string&) override { return {}; }
  result<void> write(const std::string& path, std::string_view bytes) override;
  result<void> sync(const std::vector<std::string>&) override { return {}; }
  result<void> sync_if_permitted(const std::string&) override { return {}; }
  result<void> rename(const std::string&, const std::string&) override { return {}; }
  result<void> remove_all(const std::string&) override { return {}; }

  /// Lines and their digest, over all parts.
  std::uint64_t lines() const { return lines_; }
  std::uint64_t check() const { return check_; }

private:
  std::atomic<std::uint64_t> rate_{0};
  std::atomic<std::uint64_t> written_{0};
  std::atomic<std::uint64_t> lines_{0};
  std::atomic<std::uint64_t> check_{0};
};

/// The digest of a text that `check` sums: of each line by itself, so that their order does not matter.
std::uint64_t check_of_lines(std::string_view text, std::uint64_t& lines);

} // namespace weir::bench
