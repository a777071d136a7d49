#pragma once

#include "libstream/data/owned.hpp"
#include "libstream/operators/sink.hpp"

namespace weir::operators {

/// Ends a dataset: keeps its records, in task order, in a vector of the caller. For plans that one thread runs once.
template <class In>
class collect_node final : public plan::node {
public:
  using owned = data::owned<In>;

  collect_node(stream_ptr<In> input, std::vector<owned>& into)
    : plan::node{plan::node::role::output, "collect", {std::move(input)}}, into_{into} {}

  std::string schema() const override { return data::record_traits<In>::schema(); }

  std::unique_ptr<plan::sink_base> make_sink(plan::task_build&) const override {
    class collector final : public sink<In> {
    public:
      explicit collector(std::vector<owned>& into) : into_{into} {}
      void consume(std::span<const In> records) override {
        for (const auto& record : records)
          into_.push_back(data::own(record));
      }
      void finish() override {}

    private:
      std::vector<owned>& into_;
    };
    return std::make_unique<collector>(into_);
  }

private:
  std::vector<owned>& into_;
};

} // namespace weir::operators
