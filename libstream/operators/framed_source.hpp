#pragma once

#include "libstream/data/codec.hpp"
#include "libstream/data/frames.hpp"
#include "libstream/data/record_traits.hpp"
#include "libstream/operators/other_type.hpp"
#include "libstream/operators/sink.hpp"

namespace weir::operators {

/// How a record that the program hands over lies in a block, and so in the log: text as it is, everything else as msgpack, which later
/// versions of the program can read.
template <class Record>
void append_framed(std::string& bytes, const Record& record) {
  if constexpr (std::is_convertible_v<const Record&, std::string_view>)
    data::append_frame(bytes, record);
  else
    data::append_frame(bytes, data::encode(record));
}

/// The records of a source that the program brings itself. Text is a view of the block, nothing is copied; other records are decoded.
template <class Record>
class framed_source : public stream_node<Record> {
public:
  explicit framed_source(std::shared_ptr<plan::live_source> source)
    : stream_node<Record>{plan::node::role::source, "receiver", {}}, source_{std::move(source)} {}

  std::shared_ptr<plan::live_source> live() const override { return source_; }

  std::string record_text(std::string_view bytes) const override {
    std::string text;
    if constexpr (std::is_convertible_v<const Record&, std::string_view>)
      text = bytes;
    else if (auto record = data::decode<Record>(bytes))
      data::record_traits<Record>::append_text(*record, text);
    else
      text = bytes; // that it cannot be read may be what is wrong with it
    return text;
  }

  void run(plan::task_build& build) const override {
    auto downstream = downstream_of<Record>(build, *this);
    data::chunk<Record> chunk;
    emitter<Record> emit{chunk, *downstream};
    for (auto& piece : build.input().text)
      for (auto rest = piece.bytes; !rest.empty();) {
        auto frame = data::take_frame(rest);
        if (!frame)
          throw std::runtime_error{"a block of this input ends within a record"};
        if (skips_long_ && frame->size() > build.input().max_record_bytes) {
          ++build.result().skipped_records;
          continue;
        }
        emit_record(*frame, emit, build);
        ++build.result().records_in;
      }
    emit.flush();
    downstream->finish();
  }

protected:
  /// Of a source whose records nobody has looked at before: long ones are skipped and counted here.
  explicit framed_source(std::string kind)
    : stream_node<Record>{plan::node::role::source, std::move(kind), {}}, skips_long_{true} {}

private:
  void emit_record(std::string_view frame, emitter<Record>& emit, plan::task_build& build) const {
    if constexpr (std::is_same_v<Record, std::string_view> || std::is_same_v<Record, std::string>) {
      emit(Record{frame});
    } else {
      auto record = data::decode<Record>(frame);
      if (!record && skips_long_)
        throw std::runtime_error{"a record of this input cannot be read: " + record.error().message()};
      if (!record) // a receiver of an older program made it: to leave it out would lose all that was acknowledged
        throw plan::plan_error{of_other_type(record.error(), "operator " + build.name_of(*this) + ", batch " +
                                                               std::to_string(build.input().batch.value))};
      emit(std::move(*record));
    }
  }

  std::shared_ptr<plan::live_source> source_;
  bool skips_long_ = false;
};

} // namespace weir::operators
