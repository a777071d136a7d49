#include "libstream/plan/lower.hpp"

#include <algorithm>
#include <numeric>
#include <set>

#include "libstream/data/checksum.hpp"
#include "libstream/plan/dated_data.hpp"
#include "libstream/plan/instances.hpp"
#include "libstream/plan/static_stages.hpp"
#include "libstream/plan/sums.hpp"

namespace weir::plan {

namespace {

template <class Index, class List>
std::size_t position(const List& list, Index index) {
  return static_cast<std::size_t>(std::find(list.begin(), list.end(), index) - list.begin());
}

bool is_root(const node& which) {
  return which.what() == node::role::source || which.what() == node::role::collection ||
         which.what() == node::role::shuffle;
}

} // namespace

std::vector<std::unique_ptr<sink_base>> task_build::consumers_of(const node& producer) {
  std::vector<std::unique_ptr<sink_base>> sinks;
  for (auto& edge : at(producer).consumers) {
    auto before = std::pair{way_.input, partition_};
    way_.input = edge.input;
    if (is_union(*edge.to)) {
      way_.unions.push_back(edge.input);
      partition_ += counts_.of_first(*edge.to, edge.input);
    }
    sinks.push_back(instance_.of(*edge.to).make_sink(*this, edge.input));
    if (is_union(*edge.to))
      way_.unions.pop_back();
    std::tie(way_.input, partition_) = before;
  }
  return sinks;
}

shuffle_output& task_build::shuffle_result(const node& shuffle) {
  auto& here = at(shuffle);
  auto number = here.first_way.value + position(here.ways, way_);
  return shuffles_.emplace_back(
    shuffle_output{shuffle_index{static_cast<std::uint32_t>(number)}, std::vector<run_handle>(counts_.of(*here.what))});
}

std::span<const run_handle> task_build::shuffle_input(const node& shuffle, std::size_t input) {
  auto& ways = at(shuffle).ways;
  auto of_input = [&](auto& way) { return way.input == input; };
  auto first = static_cast<std::size_t>(std::find_if(ways.begin(), ways.end(), of_input) - ways.begin());
  auto count = static_cast<std::size_t>(std::count_if(ways.begin(), ways.end(), of_input));
  if (count == 1)
    return input_.runs[first];
  auto& runs = joined_.emplace_back();
  for (auto partition = first; partition < first + count; ++partition)
    runs.insert(runs.end(), input_.runs[partition].begin(), input_.runs[partition].end());
  return runs;
}

staged_output& task_build::staged_result(const node& output) {
  return staged_.emplace_back(staged_output{at(output).output, partition_, 0, {}});
}

void task_build::finish() {
  std::move(shuffles_.begin(), shuffles_.end(), std::back_inserter(result_.shuffles));
  std::move(staged_.begin(), staged_.end(), std::back_inserter(result_.staged));
}

/// The result of lowering; immutable.
class lowered_plan final : public physical_plan, public dated_plan {
public:
  const std::vector<stage>& stages() const override { return stages_; }
  const std::vector<shuffle>& shuffles() const override { return shuffles_; }
  const std::vector<output>& outputs() const override { return outputs_; }
  const std::vector<receiver_stream>& receivers() const override { return receivers_; }
  const std::string& description() const override { return description_; }
  std::uint64_t fingerprint() const override { return data::checksum(description_); }

  std::vector<std::size_t> task_counts(std::size_t splits, std::uint32_t partitions) const override {
    std::vector<std::size_t> counts;
    partition_counts of{splits, partitions};
    for (auto root : roots_)
      counts.push_back(of.of(*root));
    return counts;
  }

  std::map<std::string, std::uint64_t> static_data() const override {
    std::map<std::string, std::uint64_t> digests;
    for (auto root : roots_)
      if (auto& here = graph_.at(*root); !here.renewed)
        if (auto digest = root->digest())
          digests[here.name] = *digest;
    return digests;
  }

  std::map<std::string, std::uint64_t> dated_digests() const override {
    std::map<std::string, std::uint64_t> digests;
    for (auto root : roots_)
      if (auto& here = graph_.at(*root); !here.renewed)
        if (auto dated = dynamic_cast<const dated_data*>(root))
          digests[here.name] = dated->dated_digest();
    return digests;
  }

  result<task_result> run(const task_input& input) const override {
    if (auto known = static_.find(input))
      return *known;
    auto& root = *roots_[input.stage.value];
    task_result results;
    task_sums sums;
    auto where = "batch " + std::to_string(input.batch.value) + ", task " + std::to_string(input.index.value);
    try {
      auto instance = instances_.at(input.batch_time_ms);
      task_build build{graph_, *instance, root, input, results};
      guarded(graph_.at(root).name, [&] { instance->of(root).run(build); });
      build.finish();
      stage_sums(input, sums, results);
    } catch (const operator_failure& failure) {
      error why{error_code::failed, failure.what, "user function of operator " + failure.operator_name + ", " + where,
                "mend the function or the record that it was given, or see on_error"};
      why.thrown_by = failure.operator_name;
      return tl::make_unexpected(std::move(why));
    } catch (const plan_error& changed) {
      return tl::make_unexpected(changed.why());
    }
    static_.keep(input, results);
    return results;
  }

  std::string record_text(stage_index stage, std::string_view bytes) const override {
    return roots_[stage.value]->record_text(bytes);
  }

  result<run_handle> decode_run(shuffle_index shuffle, data::buffer_handle bytes) const override {
    auto& root = *roots_[shuffles_[shuffle.value].reader.value];
    auto& here = graph_.at(root);
    return root.decode_run(std::move(bytes), here.ways[shuffle.value - here.first_way.value].input);
  }

private:
  /// Each task has its place among all of the batch.
  void stage_sums(const task_input& input, const task_sums& sums, task_result& results) const {
    if (!sums_ || sums.empty())
      return;
    auto counts = task_counts(input.splits, input.partitions);
    auto before = std::accumulate(counts.begin(), counts.begin() + input.stage.value, std::size_t{0});
    results.staged.push_back({*sums_, static_cast<std::uint32_t>(before) + input.index.value, 1, sums.encoded()});
  }

  friend class lowering;
  lowered_graph graph_;
  std::vector<const node*> roots_; ///< by stage
  std::vector<stage> stages_;
  std::vector<shuffle> shuffles_;
  std::vector<output> outputs_;
  std::vector<receiver_stream> receivers_;
  std::string description_;
  std::optional<output_index> sums_; ///< takes what accumulators sum up
  plan_instances instances_{graph_};
  static_stages static_;
};

/// Builds one lowered plan: orders the nodes, names them, finds stages.
class lowering {
public:
  explicit lowering(const std::vector<node_ptr>& outputs) : terminals_{outputs} {}

  result<std::shared_ptr<const physical_plan>> run() {
    if (terminals_.empty())
      return fail(error_code::configuration, "nothing to run: the application has no output", {},
                  "end a stream with write_to or print");
    for (auto& terminal : terminals_)
      visit(terminal);
    if (auto named = name_nodes(); !named)
      return tl::make_unexpected(named.error());
    number_roots();
    for (auto& which : order_)
      if (is_root(*which))
        fill_stage(*which);
    number_ways();
    find_static_stages();
    for (auto& stage : plan_->stages_)
      for (auto shuffle : stage.writes)
        plan_->shuffles_[shuffle.value].writers.push_back(stage.index);
    if (auto distinct = check_prefixes(); !distinct)
      return tl::make_unexpected(distinct.error());
    describe();
    return plan_;
  }

private:
  using placed = lowered_graph::placed;
  placed& at(const node& which) { return plan_->graph_.nodes_.at(&which); }

  /// Depth first, inputs before consumers: a topological order that depends on the user's program alone.
  void visit(const node_ptr& which) {
    if (plan_->graph_.nodes_.count(which.get()))
      return;
    plan_->graph_.nodes_[which.get()].what = which;
    for (std::size_t input = 0; input < which->inputs().size(); ++input) {
      visit(which->inputs()[input]);
      at(*which->inputs()[input]).consumers.push_back({which.get(), input});
    }
    order_.push_back(which);
    if (which->timed())
      plan_->instances_.add(which);
  }

  result<void> name_nodes() {
    std::map<std::string, const node*> taken;
    std::size_t place = 0;
    for (auto& which : order_) {
      ++place;
      auto name = which->given_name();
      if (name.empty())
        name = which->kind() + "-" + std::to_string(place);
      if (which->what() == node::role::output) { // outputs have names of their own, after what they show
        continue;
      }
      if (!taken.emplace(name, which.get()).second)
        return fail(error_code::configuration, "two operators have the name '" + name + "'", {},
                    "give each its own name");
      at(*which).name = name;
    }
    std::map<std::string, int> shown;
    for (auto& terminal : terminals_) {
      auto& named = terminal->inputs().empty() ? *terminal : *terminal->inputs().front();
      auto name = terminal->inputs().empty() ? terminal->given_name() : at(named).name;
      if (auto again = ++shown[name]; again > 1)
        name += "#" + std::to_string(again);
      auto& here = at(*terminal);
      here.name = name;
      here.output = output_index{static_cast<std::uint32_t>(plan_->outputs_.size())};
      plan_->outputs_.push_back(
        {here.output, name, !named.given_name().empty(), terminal->targets(), terminal->takes_sums()});
      if (terminal->takes_sums())
        plan_->sums_ = here.output;
    }
    return {};
  }

  void number_roots() {
    for (auto& which : order_) {
      if (!is_root(*which))
        continue;
      auto& here = at(*which);
      here.stage = stage_index{static_cast<std::uint32_t>(plan_->stages_.size())};
      stage lowered;
      lowered.index = here.stage;
      lowered.reads_text = which->what() == node::role::source;
      auto replayable = which->replayable();
      lowered.lines = replayable && replayable->form() == record_form::lines;
      if (auto source = which->live(); source || replayable)
        lowered.source = number_receiver(*which, std::move(source), std::move(replayable));
      lowered.slices = which->slices();
      lowered.always_due = which->always_due();
      lowered.keyed = which->is_keyed();
      if (which->unrecoverable())
        lowered.unrecoverable = here.name;
      plan_->stages_.push_back(std::move(lowered));
      plan_->roots_.push_back(which.get());
    }
  }

  std::uint32_t number_receiver(const node& which, std::shared_ptr<live_source> source,
                                std::shared_ptr<replayable_source> replayable) {
    auto& known = plan_->receivers_;
    auto named = !which.given_name().empty();
    known.push_back({named ? which.given_name() : "receiver-" + std::to_string(known.size() + 1), named,
                     std::move(source), std::move(replayable)});
    return static_cast<std::uint32_t>(known.size());
  }

  /// Walks down from a root to where the stage ends.
  void fill_stage(const node& root) {
    auto& stage = plan_->stages_[at(root).stage.value];
    lowered_graph::way way{&root, 0, {}};
    add_operator(stage, root);
    walk(root, stage, way);
    std::sort(stage.outputs.begin(), stage.outputs.end());
  }

  void add_operator(stage& stage, const node& which) {
    auto& name = at(which).name;
    if (std::none_of(stage.operators.begin(), stage.operators.end(), [&](auto& known) { return known.name == name; }))
      stage.operators.push_back({name, !which.given_name().empty()});
  }

  void walk(const node& from, stage& stage, lowered_graph::way& way) {
    for (auto& edge : at(from).consumers) {
      auto& consumer = *edge.to;
      add_operator(stage, consumer);
      stage.always_due = stage.always_due || (consumer.what() != node::role::shuffle && consumer.always_due());
      if (consumer.what() == node::role::shuffle) {
        way.input = edge.input;
        at(consumer).ways.push_back(way);
      } else if (consumer.what() == node::role::output) {
        add(stage.outputs, at(consumer).output);
      } else {
        if (is_union(consumer))
          way.unions.push_back(edge.input);
        walk(consumer, stage, way);
        if (is_union(consumer))
          way.unions.pop_back();
      }
    }
  }

  /// Ways to one input differ in the nearest union at which they part: the one through its earlier input is the earlier one.
  static bool comes_before(const lowered_graph::way& a, const lowered_graph::way& b) {
    if (a.input != b.input)
      return a.input < b.input;
    return std::lexicographical_compare(a.unions.rbegin(), a.unions.rend(), b.unions.rbegin(), b.unions.rend());
  }

  void number_ways() {
    for (auto& which : order_) {
      if (which->what() != node::role::shuffle)
        continue;
      auto& here = at(*which);
      std::sort(here.ways.begin(), here.ways.end(), comes_before);
      here.first_way = shuffle_index{static_cast<std::uint32_t>(plan_->shuffles_.size())};
      for (auto& way : here.ways) {
        shuffle_index number{static_cast<std::uint32_t>(plan_->shuffles_.size())};
        plan_->shuffles_.push_back({number, here.stage, {}});
        plan_->stages_[here.stage.value].reads.push_back(number);
        plan_->stages_[at(*way.root).stage.value].writes.push_back(number);
      }
    }
    for (auto& stage : plan_->stages_)
      std::sort(stage.writes.begin(), stage.writes.end());
  }

  /// Stages that make the same in each batch: static data, and shuffles of it, apart from what a timed program makes anew.
  void find_static_stages() {
    std::set<const node*> renewed;
    for (auto& which : order_)
      if (which->timed())
        add_all_above(*which, renewed);
    for (auto which : renewed)
      plan_->graph_.nodes_.at(which).renewed = true;
    std::set<const node*> changing;
    for (auto& which : order_) {
      auto changes =
        which->what() == node::role::source || which->always_due() || which->varies() || renewed.count(which.get()) > 0;
      for (auto& input : which->inputs())
        changes = changes || changing.count(input.get()) > 0;
      if (changes)
        changing.insert(which.get());
      else if (is_root(*which) && plan_->stages_[at(*which).stage.value].outputs.empty())
        plan_->static_.add(at(*which).stage);
    }
    for (auto& which : order_) // a stage runs as one
      if (which->varies() && which->what() == node::role::narrow)
        remove_static(*which);
    for (auto& which : order_)
      leave_out_moving(*which);
    for (auto& which : order_) {
      auto& here = at(*which);
      here.statics.assign(which->inputs().size(), true);
      for (auto& way : here.ways)
        if (!plan_->static_.contains(at(*way.root).stage))
          here.statics[way.input] = false;
    }
  }

  /// Static data beside the batch's input: in which partitions it lies, or to how many it goes, changes with the number of splits.
  void leave_out_moving(const node& which) {
    auto moves = [](auto count) { return count(partition_counts{0, 1}) != count(partition_counts{1'000'000, 1}); };
    if (is_union(which))
      for (std::size_t input = 1; input < which.inputs().size(); ++input)
        if (moves([&](const partition_counts& counts) { return counts.of_first(which, input); }))
          remove_static(*which.inputs()[input]);
    if (which.what() == node::role::shuffle && moves([&](const partition_counts& counts) { return counts.of(which); }))
      for (auto& way : at(which).ways)
        plan_->static_.remove(at(*way.root).stage);
  }

  /// The stages that end in that node's records.
  void remove_static(const node& which) {
    for (auto root : is_root(which) ? std::vector{&which} : roots_of(which))
      plan_->static_.remove(at(*root).stage);
  }

  static void add_all_above(const node& which, std::set<const node*>& into) {
    for (auto& input : which.inputs())
      if (into.insert(input.get()).second)
        add_all_above(*input, into);
  }

  static std::vector<const node*> roots_of(const node& which) {
    std::vector<const node*> roots;
    for (auto& input : which.inputs())
      if (is_root(*input))
        roots.push_back(input.get());
      else
        for (auto root : roots_of(*input))
          roots.push_back(root);
    return roots;
  }

  template <class T>
  static void add(std::vector<T>& list, T element) {
    if (std::find(list.begin(), list.end(), element) == list.end())
      list.push_back(element);
  }

  result<void> check_prefixes() const {
    std::map<std::pair<std::string, std::string>, std::string> taken;
    for (auto& output : plan_->outputs_)
      for (auto& target : output.targets)
        if (target.what == output_target::kind::text)
          if (auto [entry, fresh] = taken.emplace(std::pair{target.prefix, target.suffix}, output.name); !fresh)
            return fail(error_code::configuration,
                        "outputs '" + entry->second + "' and '" + output.name + "' both write to text:" +
                          target.prefix + (target.suffix.empty() ? "" : " with suffix " + target.suffix),
                        {}, "give each its own prefix or suffix");
    return {};
  }

  void describe() {
    for (auto& which : order_) {
      auto& here = at(*which);
      auto line = here.name + " = " + which->kind() + " " + which->schema();
      if (auto options = which->options(); !options.empty())
        line += " (" + options + ")";
      for (auto& input : which->inputs())
        line += " <- " + at(*input).name;
      plan_->description_ += line + "\n";
    }
  }

  const std::vector<node_ptr>& terminals_;
  std::shared_ptr<lowered_plan> plan_ = std::make_shared<lowered_plan>();
  std::vector<node_ptr> order_;
};

result<std::shared_ptr<const physical_plan>> lower(const std::vector<node_ptr>& outputs) {
  return lowering{outputs}.run();
}

} // namespace weir::plan
