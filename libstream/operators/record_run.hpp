#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "libstream/data/entry_list.hpp"
#include "libstream/data/flat.hpp"
#include "libstream/data/owned.hpp"
#include "libstream/operators/sink.hpp"

/// Records on their way through a shuffle as they are, without keys.
namespace weir::operators {

/// What a map task made for one partition: records in their order, and what the operator says besides.
template <class Record, class Note = std::uint64_t>
class record_run final : public plan::run {
public:
  /// `home` is what views in the records point into; `home_bytes` this run's share of it.
  record_run(data::entry_list<Record> records, Note note, std::shared_ptr<const void> home, std::size_t home_bytes)
    : records_{std::move(records)}, note_{std::move(note)}, home_{std::move(home)}, home_bytes_{home_bytes} {}

  const data::entry_list<Record>& records() const { return records_; }
  const Note& note() const { return note_; }
  std::size_t bytes() const override { return sizeof *this + records_.bytes() + home_bytes_; }
  std::size_t entries() const override { return records_.size(); }

  bool encode_to(std::string& bytes) const override {
    if constexpr (encodable) {
      data::append_flat(bytes, note_);
      data::append_flat(bytes, std::uint64_t{records_.size()});
      records_.for_each_piece([&](std::span<const Record> piece) {
        for (auto& record : piece)
          data::append_flat(bytes, record);
      });
    }
    return encodable;
  }

  /// Error 65: the bytes are no run of this type.
  static result<plan::run_handle> decode(data::buffer_handle bytes) {
    if constexpr (encodable) {
      data::flat_reader reader{bytes->view()};
      data::entry_list<Record> records;
      auto note = reader.template read<Note>();
      for (auto left = reader.template read<std::uint64_t>(); left > 0 && reader.ok(); --left) {
        auto record = reader.template read<Record>();
        if (reader.ok())
          records.append([&](Record* at) { std::construct_at(at, std::move(record)); });
      }
      if (reader.finished()) {
        auto size = bytes->size();
        return std::make_shared<record_run>(std::move(records), std::move(note), std::move(bytes), size);
      }
    }
    return fail(error_code::corrupt, "bytes do not hold a run of records");
  }

private:
  static constexpr bool encodable = data::flat_encodable<Record> && data::flat_encodable<Note>;

  data::entry_list<Record> records_;
  Note note_;
  std::shared_ptr<const void> home_;
  std::size_t home_bytes_;
};

/// What a map task collects for each partition.
template <class Record, class Note = std::uint64_t>
class record_parts {
public:
  explicit record_parts(std::size_t partitions) : parts_(partitions) {}

  /// A copy that outlives the block.
  void add(std::size_t partition, const Record& record) {
    if constexpr (data::borrows<Record>) {
      parts_[partition].append(
        [&](Record* at) { std::construct_at(at, data::record_traits<Record>::rehome(record, home_)); });
    } else {
      parts_[partition].append([&](Record* at) { std::construct_at(at, record); });
    }
  }
  /// What copies of views point into.
  data::arena& home() { return home_; }
  std::size_t size() const {
    std::size_t sum = 0;
    for (auto& part : parts_)
      sum += part.size();
    return sum;
  }

  /// Ends it. `note(partition)`: what goes with the records; where there are none, nothing goes unless `always`.
  template <class MakeNote>
  void finish(plan::shuffle_output& into, MakeNote&& note, bool always = false) {
    auto all = std::max<std::size_t>(1, size());
    auto home = std::make_shared<const data::arena>(std::move(home_));
    for (std::size_t p = 0; p < parts_.size(); ++p)
      if (always || !parts_[p].empty()) {
        auto share = static_cast<std::size_t>(static_cast<double>(home->bytes()) *
                                              static_cast<double>(parts_[p].size()) / static_cast<double>(all));
        into.runs[p] = std::make_shared<record_run<Record, Note>>(std::move(parts_[p]), note(p), home, share);
      }
  }
  void finish(plan::shuffle_output& into) {
    finish(into, [](std::size_t) { return Note{}; });
  }

private:
  std::vector<data::entry_list<Record>> parts_;
  data::arena home_;
};

/// Hands a long run of records on in chunks.
template <class Record>
void pass_on(std::span<const Record> records, sink<Record>& downstream) {
  for (; !records.empty(); records = records.subspan(std::min(records.size(), limits::chunk_records)))
    downstream.consume(records.first(std::min(records.size(), limits::chunk_records)));
}

/// Hands on all records of runs.
template <class Record, class Note = std::uint64_t>
void replay(std::span<const plan::run_handle> runs, sink<Record>& downstream) {
  for (auto& handle : runs)
    static_cast<const record_run<Record, Note>&>(*handle).records().for_each_piece(
      [&](std::span<const Record> piece) { pass_on(piece, downstream); });
}

} // namespace weir::operators
