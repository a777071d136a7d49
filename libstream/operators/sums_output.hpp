#pragma once

#include "libstream/plan/node.hpp"
#include "libstream/plan/sums.hpp"

namespace weir::operators {

/// The output that brings what tasks have summed up to the accumulators of the context, batch by batch.
class sums_output final : public plan::node {
public:
  using sums = std::shared_ptr<const std::vector<std::shared_ptr<plan::summed>>>;

  explicit sums_output(sums all) : node{role::output, "sums", {}}, adder_{std::make_shared<adder>(std::move(all))} {
    give_name("accumulators");
  }

  std::string schema() const override { return "sums"; }
  bool takes_sums() const override { return true; }
  std::vector<plan::output_target> targets() const override {
    return {{plan::output_target::kind::program, {}, 0, adder_}};
  }

private:
  class adder final : public plan::delivery {
  public:
    explicit adder(sums all) : all_{std::move(all)} {}
    result<void> deliver(const plan::delivered_batch& batch) override {
      if (batch.batch <= newest_)
        return {}; // it comes again
      for (auto& part : batch.parts)
        if (auto added = plan::add_sums(part.bytes, *all_); !added)
          return added;
      newest_ = batch.batch;
      return {};
    }
    void cancel() override {}

  private:
    sums all_;
    batch_id newest_;
  };

  std::shared_ptr<adder> adder_;
};

} // namespace weir::operators
