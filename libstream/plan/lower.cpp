#include "libstream/plan/lower.hpp"

#include <algorithm>
#include <set>

#include "libstream/data/checksum.hpp"

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

shuffle_output& task_build::shuffle_result(const node& shuffle) {
  return result_.shuffles[position(stage_.writes, graph_.at(shuffle).shuffle)];
}

const std::vector<run_handle>& task_build::shuffle_input(const node& shuffle) const {
  return input_.runs[position(stage_.reads, graph_.at(shuffle).shuffle)];
}

staged_output& task_build::staged_result(const node& output) {
  return result_.staged[position(stage_.outputs, graph_.at(output).output)];
}

/// The result of lowering; immutable.
class lowered_plan final : public physical_plan {
public:
  const std::vector<stage>& stages() const override { return stages_; }
  const std::vector<shuffle>& shuffles() const override { return shuffles_; }
  const std::vector<output>& outputs() const override { return outputs_; }
  const std::vector<receiver_stream>& receivers() const override { return receivers_; }
  const std::string& description() const override { return description_; }
  std::uint64_t fingerprint() const override { return data::checksum(description_); }

  result<task_result> run(const task_input& input) const override {
    auto& of = stages_[input.stage.value];
    task_result made;
    for (auto shuffle : of.writes)
      made.shuffles.push_back({shuffle, std::vector<run_handle>(input.partitions)});
    for (auto output : of.outputs)
      made.staged.push_back({output, input.index.value, 0, {}});
    task_build build{graph_, of, input, made};
    auto where = "batch " + std::to_string(input.batch.value) + ", task " + std::to_string(input.index.value);
    try {
      guarded(graph_.at(*roots_[input.stage.value]).name, [&] { roots_[input.stage.value]->run(build); });
    } catch (const operator_failure& failure) {
      error why{error_code::failed, failure.what, "user function of operator " + failure.operator_name + ", " + where,
                "mend the function or the record that it was given, or see on_error"};
      why.thrown_by = failure.operator_name;
      return tl::make_unexpected(std::move(why));
    }
    return made;
  }

  std::string record_text(stage_index stage, std::string_view bytes) const override {
    return roots_[stage.value]->record_text(bytes);
  }

  result<run_handle> decode_run(shuffle_index shuffle, data::buffer_handle bytes) const override {
    return roots_[shuffles_[shuffle.value].reader.value]->decode_run(std::move(bytes));
  }

private:
  friend class lowering;
  lowered_graph graph_;
  std::vector<const node*> roots_; ///< by stage
  std::vector<stage> stages_;
  std::vector<shuffle> shuffles_;
  std::vector<output> outputs_;
  std::vector<receiver_stream> receivers_;
  std::string description_;
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
    plan_->graph_.nodes_[which.get()] = {which, {}, {}, {}, {}, {}};
    for (auto& input : which->inputs()) {
      visit(input);
      at(*input).consumers.push_back(which.get());
    }
    order_.push_back(which);
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
      auto& input = *terminal->inputs().front();
      auto name = at(input).name;
      if (auto again = ++shown[name]; again > 1)
        name += "#" + std::to_string(again);
      auto& here = at(*terminal);
      here.name = name;
      here.output = output_index{static_cast<std::uint32_t>(plan_->outputs_.size())};
      plan_->outputs_.push_back({here.output, name, !input.given_name().empty(), terminal->targets()});
    }
    return {};
  }

  void number_roots() {
    for (auto& which : order_) {
      if (!is_root(*which))
        continue;
      auto& here = at(*which);
      here.stage = stage_index{static_cast<std::uint32_t>(plan_->stages_.size())};
      stage made;
      made.index = here.stage;
      made.reads_text = which->what() == node::role::source;
      auto replayable = which->replayable();
      made.lines = replayable && replayable->form() == record_form::lines;
      if (auto source = which->live(); source || replayable)
        made.source = number_receiver(*which, std::move(source), std::move(replayable));
      made.slices = which->slices();
      made.always_due = which->always_due();
      made.keyed = which->is_keyed();
      if (which->what() == node::role::shuffle) {
        here.shuffle = shuffle_index{static_cast<std::uint32_t>(plan_->shuffles_.size())};
        plan_->shuffles_.push_back({here.shuffle, here.stage, {}});
        made.reads.push_back(here.shuffle);
      }
      plan_->stages_.push_back(std::move(made));
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
    std::vector<const node*> open{&root};
    while (!open.empty()) {
      auto which = open.back();
      open.pop_back();
      for (auto consumer : at(*which).consumers)
        if (consumer->what() == node::role::shuffle)
          add(stage.writes, at(*consumer).shuffle);
        else if (consumer->what() == node::role::output)
          add(stage.outputs, at(*consumer).output);
        else
          open.push_back(consumer);
    }
    std::sort(stage.writes.begin(), stage.writes.end());
    std::sort(stage.outputs.begin(), stage.outputs.end());
  }

  template <class T>
  static void add(std::vector<T>& list, T element) {
    if (std::find(list.begin(), list.end(), element) == list.end())
      list.push_back(element);
  }

  result<void> check_prefixes() const {
    std::map<std::string, std::string> taken;
    for (auto& output : plan_->outputs_)
      for (auto& target : output.targets)
        if (target.what == output_target::kind::text)
          if (auto [entry, fresh] = taken.emplace(target.prefix, output.name); !fresh)
            return fail(error_code::configuration,
                        "outputs '" + entry->second + "' and '" + output.name + "' both write to text:" + target.prefix,
                        {}, "give each its own prefix");
    return {};
  }

  void describe() {
    for (auto& which : order_) {
      auto& here = at(*which);
      auto line = here.name + " = " + which->kind() + " " + which->schema();
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
