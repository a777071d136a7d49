#pragma once

#include <memory>
#include <span>
#include <string_view>
#include <type_traits>
#include <vector>

#include "libstream/data/chunk.hpp"
#include "libstream/data/dangling.hpp"
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

/// What works on text as it lies in a block, before records are cut: the sinks of some first operators are one as well.
class block_consumer {
public:
  virtual ~block_consumer() = default;
  /// Whole records with their newlines, but for the last of all; none is longer than the task allows. Has the effect of `consume` on
  /// the records. The bytes are valid while the task runs.
  virtual void consume_block(std::string_view block) = 0;
};

/// Collects records into a chunk and passes full ones on. Made anew for each call of an operator, on the stack: then its pointers are
/// registers.
template <class Record>
class emitter {
public:
  emitter(data::chunk<Record>& into, sink<Record>& downstream)
    : chunk_{into},
      downstream_{downstream},
      next_{into.data() + into.size()},
      end_{into.data() + limits::chunk_records} {}
  emitter(const emitter&) = delete;
  emitter& operator=(const emitter&) = delete;
  ~emitter() { chunk_.resize(used()); }

  template <class T>
  void operator()(T&& record) {
    constexpr bool fits = std::is_constructible_v<Record, T>;
    constexpr bool dangles = data::dangles<Record, T&&>;
    static_assert(!dangles,
                  "emit: what is emitted owns its text (std::string) and ends here, but the records are views of text: "
                  "let them be std::string, e.g. flat_map<std::string>(...)");
    static_assert(dangles || fits,
                  "emit: what is emitted is not of the record type of this emitter's stream, and does not become it; "
                  "with several emitters: does each emit what it was declared for?");
    if constexpr (fits && !dangles) {
      std::construct_at(next_, std::forward<T>(record));
      if (++next_ == end_) [[unlikely]]
        flush();
    }
  }
  void flush() {
    auto full = used();
    next_ = chunk_.data();
    pass_on(chunk_, full, downstream_);
  }

private:
  std::size_t used() const { return static_cast<std::size_t>(next_ - chunk_.data()); }

  /// Not a member, and not inlined: nobody else shall know where an emitter is.
  [[gnu::noinline]] static void pass_on(data::chunk<Record>& chunk, std::size_t full, sink<Record>& downstream) {
    chunk.resize(full);
    struct clear_after {
      data::chunk<Record>& chunk;
      ~clear_after() { chunk.clear(); }
    } clear{chunk};
    if (full > 0)
      downstream.consume(chunk.records());
  }

  data::chunk<Record>& chunk_;
  sink<Record>& downstream_;
  Record* next_;
  Record* end_;
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
