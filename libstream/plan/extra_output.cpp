#include "libstream/plan/extra_output.hpp"

#include "libstream/plan/dated_data.hpp"

namespace weir::plan {

namespace {

class extended_plan final : public physical_plan, public dated_plan {
public:
  extended_plan(std::shared_ptr<const physical_plan> base, std::vector<output> outputs)
    : base_{std::move(base)}, outputs_{std::move(outputs)} {}

  const std::vector<stage>& stages() const override { return base_->stages(); }
  const std::vector<shuffle>& shuffles() const override { return base_->shuffles(); }
  const std::vector<output>& outputs() const override { return outputs_; }
  const std::vector<receiver_stream>& receivers() const override { return base_->receivers(); }
  std::vector<std::size_t> task_counts(std::size_t splits, std::uint32_t partitions) const override {
    return base_->task_counts(splits, partitions);
  }
  std::map<std::string, std::uint64_t> static_data() const override { return base_->static_data(); }
  std::map<std::string, std::uint64_t> dated_digests() const override { return dated_digests_of(*base_); }
  const std::string& description() const override { return base_->description(); }
  std::uint64_t fingerprint() const override { return base_->fingerprint(); }
  result<task_result> run(const task_input& input) const override { return base_->run(input); }
  std::string record_text(stage_index stage, std::string_view bytes) const override {
    return base_->record_text(stage, bytes);
  }
  result<run_handle> decode_run(shuffle_index shuffle, data::buffer_handle bytes) const override {
    return base_->decode_run(shuffle, std::move(bytes));
  }

private:
  std::shared_ptr<const physical_plan> base_;
  std::vector<output> outputs_;
};

} // namespace

result<std::shared_ptr<const physical_plan>> with_output(std::shared_ptr<const physical_plan> base, std::string name,
                                                         std::vector<output_target> targets) {
  auto outputs = base->outputs();
  for (auto& known : outputs)
    if (known.name == name)
      return fail(error_code::configuration, "the name '" + name + "' is taken by the engine", "output '" + name + "'",
                  "give the stream another name");
  output_index index{static_cast<std::uint32_t>(outputs.size())};
  outputs.push_back({index, std::move(name), true, std::move(targets)});
  return std::make_shared<extended_plan>(std::move(base), std::move(outputs));
}

} // namespace weir::plan
