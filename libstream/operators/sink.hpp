#pragma once

#include <memory>
#include <span>
#include <vector>

#include "libstream/data/chunk.hpp"
#include "libstream/data/record_traits.hpp"
#include "libstream/plan/lower.hpp"
#include "libstream/plan/node.hpp"

namespace weir::operators {

/// One operator of one task: takes chunks of records in, passes chunks on. One virtual call a chunk, none a record.
/// Records are valid during the call; whoever keeps one re-homes it.
template <class Record>
class sink : public plan::sink_base {
public:
  virtual void consume(std::span<const Record> records) = 0;
  /// No more records. Passed on after what was held back.
  virtual void finish() = 0;
};

/// Gives the same records to several consumers, so that a stream used twice is computed once.
template <class Record>
class tee final : public sink<Record> {
public:
  explicit tee(std::vector<std::unique_ptr<sink<Record>>> consumers) : consumers_{std::move(consumers)} {}

  void consume(std::span<const Record> records) override {
    for (auto& consumer : consumers_)
      consumer->consume(records);
  }
  void finish() override {
    for (auto& consumer : consumers_)
      consumer->finish();
  }

private:
  std::vector<std::unique_ptr<sink<Record>>> consumers_;
};

/// What takes the records of `producer` in this task.
template <class Record>
std::unique_ptr<sink<Record>> downstream_of(plan::task_build& build, const plan::node& producer) {
  std::vector<std::unique_ptr<sink<Record>>> sinks;
  for (auto& consumer : build.consumers_of(producer))
    sinks.emplace_back(static_cast<sink<Record>*>(consumer.release())); // the node's type guarantees it
  if (sinks.size() == 1)
    return std::move(sinks.front());
  return std::make_unique<tee<Record>>(std::move(sinks));
}

/// Collects records into a chunk and passes full ones on.
template <class Record>
class emitter {
public:
  explicit emitter(sink<Record>& downstream) : downstream_{downstream} {}

  template <class T>
  void operator()(T&& record) {
    chunk_.push_back(std::forward<T>(record));
    if (chunk_.full())
      flush();
  }
  void flush() {
    if (chunk_.empty())
      return;
    downstream_.consume(chunk_.records());
    chunk_.clear();
  }

private:
  sink<Record>& downstream_;
  data::chunk<Record> chunk_;
};

/// A node whose records have this type: what typed handles point to.
template <class Record>
class stream_node : public plan::node {
public:
  using plan::node::node;
  std::string schema() const override { return data::record_traits<Record>::schema(); }
};

template <class Record>
using stream_ptr = std::shared_ptr<const stream_node<Record>>;

} // namespace weir::operators
