#include "tests/metamorphic/ways.hpp"

#include <algorithm>
#include <atomic>
#include <thread>

#include "tests/metamorphic/build.hpp"

#include "libstream/base/split_mix.hpp"
#include "libstream/data/buffer.hpp"
#include "libstream/operators/framed_source.hpp"
#include "libstream/plan/inline_batch.hpp"

namespace metamorphic {

namespace plan = weir::plan;

namespace {

using plan_handle = std::shared_ptr<const plan::physical_plan>;

/// What a program does when it starts.
plan_handle started(const pipeline& of) {
  weir::stream_context context{weir::output_targets{{plan::output_target::kind::print, {}, 10}}};
  build(of, context);
  auto made = context.plan();
  if (!made)
    throw plan::plan_error{made.error()};
  return *made;
}

/// A plan that stands before others and does as they do, but for how tasks run.
class stand_in : public plan::physical_plan {
public:
  explicit stand_in(plan_handle of) : of_{std::move(of)} {}

  const std::vector<plan::stage>& stages() const override { return of_->stages(); }
  const std::vector<plan::shuffle>& shuffles() const override { return of_->shuffles(); }
  const std::vector<plan::output>& outputs() const override { return of_->outputs(); }
  std::vector<std::size_t> task_counts(std::size_t splits, std::uint32_t partitions) const override {
    return of_->task_counts(splits, partitions);
  }
  const std::string& description() const override { return of_->description(); }
  std::uint64_t fingerprint() const override { return of_->fingerprint(); }

protected:
  plan_handle of_;
};

/// Several processes.
class nodes final : public stand_in {
public:
  explicit nodes(std::vector<plan_handle> all) : stand_in{all.front()}, all_{std::move(all)} {
    for (auto& each : all_)
      if (each->fingerprint() != fingerprint())
        throw std::runtime_error{"built twice, the plan has two fingerprints"};
  }

  weir::result<plan::task_result> run(const plan::task_input& input) const override {
    auto made = node_of(input.stage, input.index.value).run(input);
    if (made)
      for (auto& output : made->shuffles)
        for (std::size_t partition = 0; partition < output.runs.size(); ++partition)
          if (auto& run = output.runs[partition]; run)
            run = sent(output.shuffle, partition, *run);
    return made;
  }

private:
  const plan::physical_plan& node_of(weir::stage_index stage, std::size_t task) const {
    return *all_[(stage.value + task) % all_.size()];
  }
  plan::run_handle sent(weir::shuffle_index shuffle, std::size_t partition, const plan::run& run) const {
    std::string flat;
    if (!run.encode_to(flat))
      throw std::runtime_error{"a run cannot be encoded"};
    auto bytes = std::make_shared<weir::data::buffer>(flat.size());
    bytes->append(flat);
    auto back = node_of(shuffles()[shuffle.value].reader, partition).decode_run(shuffle, bytes);
    if (!back)
      throw plan::plan_error{back.error()};
    if ((*back)->entries() != run.entries())
      throw std::runtime_error{"a run that was encoded and decoded has other entries"};
    std::string again;
    if (!(*back)->encode_to(again) || again != flat)
      throw std::runtime_error{"a run that was encoded and decoded has other bytes"};
    return *back;
  }

  std::vector<plan_handle> all_;
};

/// Dies after so many tasks.
class dying final : public stand_in {
public:
  dying(plan_handle of, std::size_t tasks) : stand_in{std::move(of)}, left_{tasks} {}

  weir::result<plan::task_result> run(const plan::task_input& input) const override {
    if (left_ == 0)
      return weir::fail(weir::error_code::failed, "the process died");
    --left_;
    return of_->run(input);
  }

private:
  mutable std::size_t left_;
};

class careless final : public stand_in {
public:
  careless(plan_handle of, carelessness how, bool& did) : stand_in{std::move(of)}, how_{how}, did_{did} {}

  weir::result<plan::task_result> run(const plan::task_input& input) const override {
    auto made = of_->run(input);
    if (made && !did_)
      for (auto& output : made->shuffles)
        for (auto& run : output.runs)
          if (run && run->entries() > 0 && !did_) {
            did_ = how_ == carelessness::lost_run || run != output.runs.back();
            how_ == carelessness::lost_run ? run.reset() : std::swap(run, output.runs.back());
          }
    return made;
  }

private:
  carelessness how_;
  bool& did_;
};

class threads final : public plan::job_runner {
public:
  explicit threads(std::size_t width) : width_{width} {}

  void for_each(std::size_t count, const std::function<void(std::size_t)>& task) override {
    std::atomic<std::size_t> next = 0;
    auto work = [&] {
      for (auto at = next++; at < count; at = next++)
        task(at);
    };
    std::vector<std::jthread> others;
    for (std::size_t at = 1; at < std::min(width_, count); ++at)
      others.emplace_back(work);
    work();
  }
  std::size_t width() const override { return width_; }

private:
  std::size_t width_;
};

plan::inline_batch::split split_of(const std::string& bytes, std::uint32_t source) {
  auto owner = std::make_shared<weir::data::buffer>(bytes.size());
  owner->append(bytes);
  return {{{owner->view(), owner}}, source};
}

/// The input in as many splits as the layout says, some of two pieces; receivers' blocks stand between those of the text.
std::vector<plan::inline_batch::split> cut(const pipeline& of, const batch_input& input, const layout& how) {
  auto is_measured = std::any_of(of.steps.begin(), of.steps.end(), [](auto& each) {
    return each.what == operation::receiver_stream && each.made == sort::measured;
  });
  auto append = [is_measured](std::string& frames, const pair_record& pair) {
    is_measured ? weir::operators::append_framed(frames, measured_of(pair))
                : weir::operators::append_framed(frames, pair);
  };
  std::vector<plan::inline_batch::split> splits;
  std::size_t line = 0, received = 0;
  while (line < input.lines.size() || received < input.received.size()) {
    std::string text, frames;
    for (std::size_t taken = 0; taken < how.records_per_split; ++taken) {
      if (line < input.lines.size())
        text += input.lines[line++] + "\n";
      if (received < input.received.size())
        append(frames, input.received[received++]);
    }
    if (!frames.empty())
      splits.push_back(split_of(frames, 1));
    if (!text.empty())
      splits.push_back(split_of(text, 0));
    if (!text.empty() && line < input.lines.size() && splits.size() % 3 == 0)
      splits.back().text.push_back(split_of(input.lines[line++] + "\n", 0).text.front());
  }
  return splits;
}

weir::result<staged_batch> batch(const plan_handle& plan, const pipeline& of, std::size_t which, const layout& how,
                                 const std::shared_ptr<plan::job_runner>& jobs) {
  plan::inline_batch run{plan, how.partitions, how.hash_seed, jobs};
  return run.run(weir::batch_id{which + 1}, static_cast<std::int64_t>(which + 1) * 1000,
                 cut(of, of.batches[which], how));
}

/// Runs all batches, each by what `next(batch)` gives: a plan.
template <class Next>
ran run_all(const pipeline& of, const layout& how, Next next,
            const std::shared_ptr<plan::job_runner>& jobs = std::make_shared<plan::sequential_jobs>()) {
  ran all;
  try {
    for (std::size_t which = 0; which < of.batches.size(); ++which) {
      plan_handle plan = next(which);
      auto made = batch(plan, of, which, how, jobs);
      if (!made) {
        all.problem = made.error().message();
        return all;
      }
      all.batches.push_back(std::move(*made));
      for (auto& output : plan->outputs())
        all.outputs[output.name] = output.index;
    }
  } catch (const std::exception& error) {
    all.problem = error.what();
  }
  return all;
}

} // namespace

layout first_layout(std::uint64_t seed) {
  weir::split_mix random{weir::split_mix::mix(seed + 77)};
  return {static_cast<std::uint32_t>(1 + random.next() % 5), 1 + random.next() % 30, random.next()};
}

layout second_layout(std::uint64_t seed) {
  auto first = first_layout(seed);
  return {first.partitions % 5 + 1 + (seed % 9 == 0 ? 12u : 0u),
          seed % 4 == 0 ? 10'000 : first.records_per_split * 3 + 1, first.hash_seed + 1};
}

ran on_one_thread(const pipeline& of, const layout& how) {
  plan_handle plan;
  return run_all(of, how, [&](std::size_t) { return plan ? plan : plan = started(of); });
}

ran on_threads(const pipeline& of, const layout& how) {
  plan_handle plan;
  return run_all(
    of, how, [&](std::size_t) { return plan ? plan : plan = started(of); }, std::make_shared<threads>(3));
}

ran over_nodes(const pipeline& of, const layout& how) {
  plan_handle plan;
  return run_all(of, how, [&](std::size_t) {
    return plan ? plan : plan = std::make_shared<nodes>(std::vector{started(of), started(of), started(of)});
  });
}

ran with_crashes(const pipeline& of, const layout& how) {
  return run_all(of, how, [&](std::size_t which) {
    auto tasks = static_cast<std::size_t>(of.seed % 11 + which);
    (void)batch(std::make_shared<dying>(started(of), tasks), of, which, how, std::make_shared<plan::sequential_jobs>());
    auto plan = started(of);
    (void)batch(plan, of, which, how, std::make_shared<plan::sequential_jobs>());
    return plan;
  });
}

ran carelessly(const pipeline& of, const layout& how, carelessness what, bool& did) {
  did = false;
  plan_handle plan;
  return run_all(of, how,
                 [&](std::size_t) { return plan ? plan : plan = std::make_shared<careless>(started(of), what, did); });
}

const std::vector<named_way>& other_ways() {
  static const std::vector<named_way> all{
    {"on threads", on_threads}, {"over nodes", over_nodes}, {"with crashes", with_crashes}};
  return all;
}

} // namespace metamorphic
