#pragma once

#include "libstream/data/flat.hpp"
#include "libstream/operators/sink.hpp"

namespace weir::operators {

/// How many records a task saw.
class count_run final : public plan::run {
public:
  explicit count_run(std::uint64_t count) : count_{count} {}
  std::uint64_t count() const { return count_; }
  std::size_t bytes() const override { return sizeof *this; }
  std::size_t entries() const override { return 1; }
  bool encode_to(std::string& bytes) const override {
    data::append_flat(bytes, count_);
    return true;
  }

private:
  std::uint64_t count_;
};

template <class In>
class count_sink final : public sink<In> {
public:
  explicit count_sink(plan::shuffle_output& into) : into_{into} {}
  void consume(std::span<const In> records) override { count_ += records.size(); }
  void finish() override { into_.runs[0] = std::make_shared<count_run>(count_); }

private:
  plan::shuffle_output& into_;
  std::uint64_t count_ = 0;
};

/// One record a batch: the number of records, also when it is zero. Partition 0 gives it.
template <class In>
class count_node final : public stream_node<std::uint64_t> {
public:
  explicit count_node(stream_ptr<In> input)
    : stream_node<std::uint64_t>{plan::node::role::shuffle, "count", {std::move(input)}} {}

  bool always_due() const override { return true; }

  std::unique_ptr<plan::sink_base> make_sink(plan::task_build& build, std::size_t) const override {
    return std::make_unique<count_sink<In>>(build.shuffle_result(*this));
  }

  result<plan::run_handle> decode_run(data::buffer_handle bytes, std::size_t) const override {
    return data::decode_flat<std::uint64_t>(bytes->view()).map([](std::uint64_t count) -> plan::run_handle {
      return std::make_shared<count_run>(count);
    });
  }

  void run(plan::task_build& build) const override {
    auto downstream = downstream_of<std::uint64_t>(build, *this);
    if (build.input().index.value == 0) {
      std::uint64_t sum = 0;
      for (auto& handle : build.shuffle_input(*this))
        sum += static_cast<const count_run&>(*handle).count();
      downstream->consume({&sum, 1});
    }
    downstream->finish();
  }
};

} // namespace weir::operators
