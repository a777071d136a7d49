#pragma once

#include <map>
#include <mutex>
#include <vector>

#include "libstream/data/owned.hpp"
#include "libstream/operators/sink.hpp"

namespace weir::operators {

/// What the tasks of an action found, by partition.
template <class Record>
class collected {
public:
  void add(std::uint32_t partition, std::vector<Record> records) {
    std::lock_guard guard{mutex_};
    parts_[partition] = std::move(records);
  }
  /// By partition; those without a task are absent.
  std::map<std::uint32_t, std::vector<Record>>& parts() { return parts_; }

private:
  std::mutex mutex_;
  std::map<std::uint32_t, std::vector<Record>> parts_;
};

/// Ends a dataset: keeps the first records of each partition. For plans that run once.
template <class In>
class collect_node final : public plan::node {
public:
  using owned = data::owned<In>;
  static constexpr std::size_t all = ~std::size_t{0};

  collect_node(stream_ptr<In> input, std::shared_ptr<collected<owned>> into, std::size_t limit = all)
    : plan::node{plan::node::role::output, "collect", {std::move(input)}}, into_{std::move(into)}, limit_{limit} {}

  std::string schema() const override { return data::record_traits<In>::schema(); }

  std::unique_ptr<plan::sink_base> make_sink(plan::task_build& build, std::size_t) const override {
    class collector final : public sink<In> {
    public:
      collector(std::shared_ptr<collected<owned>> into, std::uint32_t partition, std::size_t limit)
        : into_{std::move(into)}, partition_{partition}, limit_{limit} {}
      void consume(std::span<const In> records) override {
        for (const auto& record : records.first(std::min(records.size(), limit_ - records_.size())))
          records_.push_back(data::own(record));
      }
      void finish() override { into_->add(partition_, std::move(records_)); }

    private:
      std::shared_ptr<collected<owned>> into_;
      std::uint32_t partition_;
      std::size_t limit_;
      std::vector<owned> records_;
    };
    return std::make_unique<collector>(into_, build.partition(), limit_);
  }

private:
  std::shared_ptr<collected<owned>> into_;
  std::size_t limit_;
};

/// Ends a dataset: calls a function with each record, on the task's thread.
template <class In, class Function>
class each_node final : public plan::node {
public:
  each_node(stream_ptr<In> input, Function function)
    : plan::node{plan::node::role::output, "for_each", {std::move(input)}}, function_{std::move(function)} {}

  std::string schema() const override { return data::record_traits<In>::schema(); }

  std::unique_ptr<plan::sink_base> make_sink(plan::task_build& build, std::size_t) const override {
    class visitor final : public sink<In> {
    public:
      visitor(Function function, const std::string& name) : function_{std::move(function)}, name_{name} {}
      void consume(std::span<const In> records) override {
        plan::guarded(name_, [&] {
          for (const auto& record : records)
            std::invoke(function_, record);
        });
      }
      void finish() override {}

    private:
      Function function_;
      const std::string& name_;
    };
    return std::make_unique<visitor>(function_, build.name_of(*this));
  }

private:
  Function function_;
};

} // namespace weir::operators
