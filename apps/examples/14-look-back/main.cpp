// Asks a running stream about the batches that it has had: datasets again, for any question.
#include <iostream>

#include <weir/weir.hpp>

namespace {

using counted = std::pair<std::string_view, std::uint64_t>;

/// Adds up the counts of all batches that are remembered, whenever one more is done.
class summary final : public weir::streaming_listener {
public:
  explicit summary(weir::dstream<counted> counts) : counts_{counts} {}

  void on_batch_completed(const weir::batch_info& batch) override {
    auto batches = counts_.slice(batch.batch_time - std::chrono::minutes{1}, batch.batch_time);
    if (batches.empty())
      return;
    auto minute = batches.front();
    for (std::size_t each = 1; each < batches.size(); ++each)
      minute = minute.union_with(batches[each]);
    auto top =
      minute.reduce_by_key(std::plus<>{}).top(1, [](const auto& a, const auto& b) { return a.second < b.second; });
    for (auto& [word, times] : top)
      std::cout << "most frequent: " << word << " " << times << std::endl;
  }

private:
  weir::dstream<counted> counts_;
};

void build(weir::stream_context& ctx) {
  ctx.remember(std::chrono::minutes{1});
  auto counts = ctx.text_input().flat_map(weir::split_words).count_by_value().named("counts").persist();
  counts.write_to(ctx.output());
  ctx.add_listener(std::make_shared<summary>(counts));
}

} // namespace

WEIR_APPLICATION("look-back", build)
