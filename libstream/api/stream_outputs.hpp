#pragma once

#include <memory>
#include <string_view>

#include "libstream/api/output_functions.hpp"
#include "libstream/api/outputs.hpp"
#include "libstream/api/stream_context.hpp"
#include "libstream/operators/object_output.hpp"
#include "libstream/operators/output.hpp"
#include "libstream/operators/record_output.hpp"

namespace weir {

/// How a stream leaves the engine. Each call is an output of the context: in every batch they are published after the commit, in batch
/// order, each output by itself, so that one that fails or is slow holds up no other. Name the stream when there is a data directory.
/// What each promises, and what follows when one fails: docs/outputs.md. All throw plan_error once the context is started.
template <template <class> class Stream, class T>
class stream_outputs {
public:
  /// Publishes each batch in all `targets`.
  void write_to(output_targets targets) const {
    add(std::make_shared<operators::output_node<T>>(stream().node_, std::move(targets)));
  }

  /// Shows the time and the first records of each batch, and `...` if there are more.
  void print(std::uint32_t limit = 10) const { write_to(weir::print(limit)); }

  /// A directory a batch, `PREFIX-TIME_MS[.SUFFIX]`, without a prefix `TIME_MS[.SUFFIX]`; a part file a partition, a line a record,
  /// `key<TAB>value` for pairs, and `_SUCCESS` when all are there. A batch without records makes none.
  void save_as_text_files(std::string_view prefix, std::string_view suffix = {}) const {
    write_to(text_files(prefix, suffix));
  }

  /// The same directories; part files hold records as msgpack in frames, which `data::read_object_bytes` reads.
  void save_as_object_files(std::string_view prefix, std::string_view suffix = {}) const {
    add(std::make_shared<operators::object_output_node<T>>(stream().node_, text_files(prefix, suffix)));
  }

  /// Calls `function(dataset)`, `function(dataset, event_time)` or `function(dataset, batch_key)` with the records of every batch, also of one
  /// without any; partitions are those of the stream, without empty ones at the end. On one node, one batch after the other, on a thread of
  /// its own; it may block for a bounded time. If it throws, or returns an error as `result<void>`, it is called again.
  template <class Function>
  void foreach_batch(Function function) const {
    static_assert(batch_function<Function, T>,
                  "foreach_batch: expected a function that takes a dataset, or a dataset and the batch time or key "
                  "(const weir::dataset<T>&[, weir::event_time | const weir::batch_key&])");
    if constexpr (batch_function<Function, T>) {
      deliver_to(std::make_shared<api_detail::batch_delivery<T, Function>>(std::move(function)));
    }
  }

  /// Calls `function(partition_key, std::span<const record>)` for each partition that has records, one after the other; otherwise as
  /// `foreach_batch`. Partitions that it has taken are not handed over again when a later one fails.
  template <class Function>
  void foreach_partition(Function function) const {
    static_assert(partition_function<Function, T>,
                  "foreach_partition: expected a function that takes a key and the records of a partition "
                  "(const weir::partition_key&, std::span<const T>)");
    if constexpr (partition_function<Function, T>) {
      deliver_to(std::make_shared<api_detail::partition_delivery<T, Function>>(std::move(function)));
    }
  }

  /// Hands the staged bytes of each batch (`operators::for_each_framed` reads them) to the program itself.
  void deliver_to(std::shared_ptr<plan::delivery> destination) const {
    add(std::make_shared<operators::record_output_node<T>>(stream().node_, std::move(destination)));
  }

private:
  const Stream<T>& stream() const { return static_cast<const Stream<T>&>(*this); }
  void add(plan::node_ptr output) const { stream().context_->register_output(std::move(output)); }
};

} // namespace weir
