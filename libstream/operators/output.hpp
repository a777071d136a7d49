#pragma once

#include "libstream/data/line_text.hpp"
#include "libstream/operators/sink.hpp"

namespace weir::operators {

/// Formats records as lines and leaves them staged: nobody sees them before the batch commits.
template <class In>
class output_sink final : public sink<In> {
public:
  explicit output_sink(plan::staged_output& into) : into_{into} {}

  void consume(std::span<const In> records) override {
    if constexpr (data::has_line_text<In>)
      write(records);
    else
      for (const auto& record : records) {
        data::record_traits<In>::append_text(record, into_.bytes);
        into_.bytes += '\n';
      }
    into_.records += records.size();
  }
  void finish() override {}

private:
  /// A chunk in one go into memory that is large enough for whatever it holds.
  void write(std::span<const In> records) {
    auto most = data::line_detail::slack;
    for (const auto& record : records)
      most += data::line_text<In>::most(record) + 1;
    if (lines_.size() < most)
      lines_.resize(most);
    auto to = lines_.data();
    for (const auto& record : records) {
      to = data::line_text<In>::write(record, to);
      *to++ = '\n';
    }
    into_.bytes.append(lines_.data(), to);
  }

  plan::staged_output& into_;
  std::vector<char> lines_; ///< of one chunk
};

template <class In>
class output_node final : public plan::node {
public:
  output_node(stream_ptr<In> input, std::vector<plan::output_target> targets)
    : plan::node{plan::node::role::output, "output", {std::move(input)}}, targets_{std::move(targets)} {}

  std::string schema() const override { return data::record_traits<In>::schema(); }
  std::vector<plan::output_target> targets() const override { return targets_; }
  std::unique_ptr<plan::sink_base> make_sink(plan::task_build& build, std::size_t) const override {
    return std::make_unique<output_sink<In>>(build.staged_result(*this));
  }

private:
  std::vector<plan::output_target> targets_;
};

} // namespace weir::operators
