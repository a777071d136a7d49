#pragma once

#include <algorithm>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "libstream/log/memory_store.hpp"

namespace weir::actors::simulation {

/// The log of one life, on a disk that may be full for a while, or may fail for good. What it holds outlives it.
class simulated_store final : public log::store {
public:
  enum class fate {
    written,
    full,      ///< refused for lack of room: nothing is written, and the next one may be
    failed,    ///< refused by a failing disk: nothing is written
    uncertain, ///< the same, and yet the next life finds it
  };
  /// Asked before each transaction; `makes_room`: it only erases.
  using decision = std::function<fate(bool makes_room)>;

  /// Told what the log has now.
  using listener = std::function<void(const log::transaction& changes)>;

  simulated_store(std::shared_ptr<log::memory_store> content, decision decide, listener written)
    : content_{std::move(content)}, decide_{std::move(decide)}, written_{std::move(written)} {}

  result<void> commit(const log::transaction& changes) override {
    if (broken_)
      return tl::make_unexpected(*broken_);
    auto& operations = changes.operations();
    auto what = decide_(std::none_of(operations.begin(), operations.end(), [](auto& operation) {
      return operation.what == log::transaction::operation::kind::put;
    }));
    if (what == fate::full)
      return fail_full("the seed says that the disk is full", "log");
    if (what == fate::written)
      return write(changes);
    broken_ = error{error_code::disk, "the seed says that the disk fails", "log", {}};
    if (what == fate::uncertain)
      if (auto written = write(changes); !written)
        return written;
    return tl::make_unexpected(*broken_);
  }
  result<std::optional<log::stored_value>> get(log::table t, std::string_view key) const override {
    return content_->get(t, key);
  }
  result<void> scan(log::table t, std::string_view from, std::string_view until, bool with_payload,
                    const std::function<bool(std::string_view, const log::stored_value&)>& visit) const override {
    return content_->scan(t, from, until, with_payload, visit);
  }
  std::uint64_t size_bytes() const override { return content_->size_bytes(); }

private:
  result<void> write(const log::transaction& changes) {
    auto outcome = content_->commit(changes);
    if (outcome)
      written_(changes);
    return outcome;
  }

  std::shared_ptr<log::memory_store> content_;
  decision decide_;
  listener written_;
  std::optional<error> broken_;
};

} // namespace weir::actors::simulation
