#pragma once

#include "libstream/operators/framed_source.hpp"
#include "libstream/operators/text_source.hpp"

namespace weir::operators {

/// Lines of a source that can be read again.
class replayed_text final : public text_source {
public:
  explicit replayed_text(std::shared_ptr<plan::replayable_source> source)
    : text_source{"replayable"}, source_{std::move(source)} {}
  std::shared_ptr<plan::replayable_source> replayable() const override { return source_; }

private:
  std::shared_ptr<plan::replayable_source> source_;
};

/// Frames of a source that can be read again. Records longer than `max_record_bytes` are skipped and counted.
template <class Record>
class replayed_frames final : public framed_source<Record> {
public:
  explicit replayed_frames(std::shared_ptr<plan::replayable_source> source)
    : framed_source<Record>{std::string{"replayable"}}, source_{std::move(source)} {}
  std::shared_ptr<plan::replayable_source> replayable() const override { return source_; }

private:
  std::shared_ptr<plan::replayable_source> source_;
};

} // namespace weir::operators
