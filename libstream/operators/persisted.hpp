#pragma once

#include <cstdio>
#include <memory>
#include <mutex>

#include "libstream/data/flat.hpp"
#include "libstream/operators/collect.hpp"
#include "libstream/operators/record_run.hpp"
#include "libstream/plan/kept_partitions.hpp"

namespace weir {

/// Where a persisted dataset lies.
enum class storage_level {
  memory,             ///< all of it
  memory_and_scratch, ///< what is beyond `limits::persisted_bytes` in unnamed temporary files
};

namespace operators {

/// The partitions of one persisted dataset.
template <class Record>
class persisted_partitions {
public:
  persisted_partitions(collected<Record>& found, storage_level level) {
    std::size_t bytes = 0;
    for (auto& [number, records] : found.parts()) {
      parts_.resize(number + std::size_t{1});
      auto& part = parts_[number];
      part.records = std::move(records);
      if constexpr (data::flat_encodable<Record> && !std::is_same_v<Record, bool>)
        if (level == storage_level::memory_and_scratch)
          set_aside(part, bytes);
    }
  }

  std::size_t size() const { return parts_.size(); }
  /// `visit(records)`: a vector.
  template <class Visit>
  void read(std::size_t number, Visit&& visit) const {
    if (number >= parts_.size())
      return;
    auto& part = parts_[number];
    if constexpr (data::flat_encodable<Record>)
      if (part.file)
        return visit(read_back(part));
    visit(part.records);
  }

private:
  struct close_file {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  struct part_of {
    std::vector<Record> records;
    std::unique_ptr<std::FILE, close_file> file;
    std::size_t file_bytes = 0;
  };

  static plan::plan_error scratch_failed() {
    return plan::plan_error{{error_code::disk, "cannot keep a persisted dataset in temporary files", "TMPDIR",
                             "make room there, or persist in memory"}};
  }

  /// Out of memory, once there is too much in it.
  static void set_aside(part_of& part, std::size_t& bytes) {
    std::string flat;
    data::append_flat(flat, part.records);
    if ((bytes += flat.size()) <= limits::persisted_bytes)
      return;
    part.file.reset(std::tmpfile());
    if (!part.file || std::fwrite(flat.data(), 1, flat.size(), part.file.get()) != flat.size() ||
        std::fflush(part.file.get()) != 0)
      throw scratch_failed();
    part.file_bytes = flat.size();
    part.records = {};
  }

  std::vector<Record> read_back(const part_of& part) const {
    data::buffer bytes{part.file_bytes};
    bytes.resize(part.file_bytes);
    std::lock_guard guard{mutex_}; // of the files' positions
    std::rewind(part.file.get());
    if (std::fread(bytes.data(), 1, part.file_bytes, part.file.get()) != part.file_bytes)
      throw scratch_failed();
    auto records = data::decode_flat<std::vector<Record>>(bytes.view());
    if (!records)
      throw scratch_failed();
    return std::move(*records);
  }

  std::vector<part_of> parts_;
  mutable std::mutex mutex_;
};

/// A dataset whose records are kept once they are computed. To a plan it is a collection: what is above it runs in a job of its own.
template <class In>
class persisted_node final : public stream_node<data::owned<In>> {
public:
  using record = data::owned<In>;

  persisted_node(stream_ptr<In> input, storage_level level)
    : stream_node<record>{plan::node::role::collection, "persisted", {}},
      store_{std::make_shared<store>(std::move(input), level)} {}

  std::uint32_t slices() const override {
    auto now = store_->current();
    return now ? std::max<std::uint32_t>(1, static_cast<std::uint32_t>(now->size())) : 1;
  }
  std::shared_ptr<plan::kept_partitions> kept() const override { return store_; }

  void run(plan::task_build& build) const override {
    auto downstream = downstream_of<record>(build, *this);
    auto now = store_->current();
    if (!now)
      throw plan::plan_error{{error_code::failed, "a persisted dataset is gone while it is read",
                              "operator " + build.name_of(*this), "unpersist it when nothing reads it any more"}};
    now->read(build.input().index.value, [&](const std::vector<record>& records) {
      build.result().records_in += records.size();
      if constexpr (std::is_same_v<record, bool>) {
        for (bool each : records)
          downstream->consume({&each, 1});
      } else {
        pass_on(std::span<const record>{records}, *downstream);
      }
    });
    downstream->finish();
  }

private:
  using partitions = persisted_partitions<record>;

  class store final : public plan::kept_partitions {
  public:
    store(stream_ptr<In> input, storage_level level) : input_{std::move(input)}, level_{level} {}

    std::shared_ptr<const void> fill(const std::function<void(const plan::node_ptr&)>& run) override {
      std::lock_guard filling{filling_};
      if (auto now = current())
        return now;
      auto found = std::make_shared<collected<record>>();
      run(std::make_shared<collect_node<In>>(input_, found));
      auto made = std::make_shared<const partitions>(*found, level_);
      std::lock_guard guard{mutex_};
      kept_ = made;
      last_ = made;
      return made;
    }
    void forget() override {
      std::lock_guard guard{mutex_};
      kept_ = nullptr;
    }
    /// What is kept, or still read by an action that began before it was forgotten.
    std::shared_ptr<const partitions> current() const {
      std::lock_guard guard{mutex_};
      return last_.lock();
    }

  private:
    stream_ptr<In> input_;
    storage_level level_;
    std::mutex filling_; ///< by one action, the others wait
    mutable std::mutex mutex_;
    std::shared_ptr<const partitions> kept_;
    std::weak_ptr<const partitions> last_;
  };

  std::shared_ptr<store> store_;
};

} // namespace operators

} // namespace weir
