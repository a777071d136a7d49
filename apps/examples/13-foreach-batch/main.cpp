// Adds batches up in a file of the program's own, each exactly once, though the function may be called twice: the key tells.
#include <cstdio>
#include <fstream>
#include <map>

#include <weir/weir.hpp>

namespace {

using counted = std::pair<std::string, std::uint64_t>;

/// A small database: totals, and the newest batch that is in them. Both change in one step, when the new file takes the old one's name.
class ledger {
public:
  void add(std::uint64_t batch, const std::vector<counted>& counts) {
    std::map<std::string, std::uint64_t> totals;
    std::uint64_t newest = 0;
    std::ifstream before{"totals"};
    before >> newest;
    if (newest >= batch)
      return; // it was here before a crash
    for (counted each; before >> each.first >> each.second;)
      totals.insert(each);
    for (auto& [word, times] : counts)
      totals[word] += times;
    std::ofstream after{"totals.new"};
    after << batch << "\n";
    for (auto& [word, times] : totals)
      after << word << " " << times << "\n";
    after.close();
    if (!after || std::rename("totals.new", "totals") != 0)
      throw std::runtime_error{"cannot write totals"}; // called again
  }
};

void build(weir::stream_context& ctx) {
  ctx.text_input()
    .flat_map(weir::split_words)
    .count_by_value()
    .named("counts")
    .foreach_batch([](const weir::dataset<counted>& counts, const weir::batch_key& key) {
      ledger{}.add(key.batch.value, counts.collect()); // actions work in here
    });
}

} // namespace

WEIR_APPLICATION("foreach-batch", build)
