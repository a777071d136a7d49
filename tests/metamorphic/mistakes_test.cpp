#include <algorithm>
#include <array>

#include <catch2/catch.hpp>

#include "tests/metamorphic/check.hpp"
#include "tests/metamorphic/model.hpp"

using namespace metamorphic;

namespace {

/// The model gets one operation wrong as long as this lives.
class planted {
public:
  using mistake = void (*)(records&);
  planted(operation what, mistake how) {
    model::mistake = [what, how](const step& of, records& all) {
      if (of.what == what && !all.empty())
        how(all);
    };
  }
  planted(const planted&) = delete;
  ~planted() { model::mistake = nullptr; }
};

constexpr std::array<planted::mistake, 3> mistakes{
  [](records& all) { all.pop_back(); },
  [](records& all) { all.push_back(all.front()); },
  [](records& all) { // so that it is another record of any sort
    all.back().number = all.back().number == 0 ? 5000 : 0;
    all.back().real = all.back().real == 12345.0 ? 0 : 12345;
    all.back().text += "!";
  },
};

/// zip goes by numbers that tasks have given; it is not to be asked what it does when these are false.
bool has_zip(const pipeline& of) {
  return std::any_of(of.steps.begin(), of.steps.end(), [](auto& each) { return each.what == operation::zip; });
}

/// How many of the first pipelines with a shuffle show that something went wrong in one.
std::size_t noticed_of(carelessness what, std::size_t pipelines) {
  std::size_t noticed = 0;
  for (std::uint64_t seed = 1; pipelines > 0; ++seed) {
    auto drawn = draw_pipeline(seed);
    if (has_zip(drawn))
      continue;
    auto how = first_layout(seed);
    auto did = false;
    auto shown = carelessly(drawn, how, what, did);
    if (!did)
      continue;
    --pipelines;
    noticed += !difference(drawn, how, shown).empty();
  }
  return noticed;
}

} // namespace

TEST_CASE("whichever operation loses a record, doubles it or changes it, some pipeline shows a difference",
          "[metamorphic]") {
  std::array<std::array<bool, mistakes.size()>, operation_count> noticed{};
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    auto drawn = draw_pipeline(seed);
    auto how = first_layout(seed);
    auto right = on_one_thread(drawn, how);
    for (auto& step : drawn.steps)
      for (std::size_t kind = 0; kind < mistakes.size(); ++kind)
        if (auto& found = noticed[static_cast<std::size_t>(step.what)][kind]; !found) {
          planted wrong{step.what, mistakes[kind]};
          found = !difference(drawn, how, right).empty();
        }
  }
  for (std::size_t at = 0; at < operation_count; ++at)
    for (std::size_t kind = 0; kind < mistakes.size(); ++kind) {
      CAPTURE(name_of(static_cast<operation>(at)), kind);
      CHECK(noticed[at][kind]);
    }
}

TEST_CASE("an order that is not the promised one shows a difference", "[metamorphic]") {
  for (auto what : {operation::sort_by, operation::top, operation::coalesce, operation::union_with, operation::map}) {
    auto noticed = false;
    for (std::uint64_t seed = 1; seed <= 200 && !noticed; ++seed) {
      auto drawn = draw_pipeline(seed);
      auto how = first_layout(seed);
      auto right = on_one_thread(drawn, how);
      planted wrong{what, [](records& all) { std::reverse(all.begin(), all.end()); }};
      noticed = !difference(drawn, how, right).empty();
    }
    CAPTURE(name_of(what));
    CHECK(noticed);
  }
}

TEST_CASE("a run that is lost on the way, or comes to another partition, shows a difference in most pipelines",
          "[metamorphic]") {
  CHECK(noticed_of(carelessness::lost_run, 40) > 20);
  CHECK(noticed_of(carelessness::exchanged_partitions, 40) > 5);
}

TEST_CASE("a pipeline that differs shrinks to the step that is wrong", "[metamorphic]") {
  planted wrong{operation::distinct, [](records& all) { all.pop_back(); }};
  auto of_first_layout = [](const pipeline& of) {
    auto how = first_layout(of.seed);
    return difference(of, how, on_one_thread(of, how));
  };
  std::uint64_t seed = 1;
  while (of_first_layout(draw_pipeline(seed)).empty())
    ++seed;
  auto smallest = shrunk(draw_pipeline(seed), of_first_layout);
  CAPTURE(described(smallest));
  CHECK_FALSE(of_first_layout(smallest).empty());
  CHECK(smallest.steps.size() <= 4);
  CHECK(std::count_if(smallest.steps.begin(), smallest.steps.end(),
                      [](auto& each) { return each.what == operation::distinct; }) > 0);
  for (auto& batch : smallest.batches)
    CHECK(batch.lines.size() <= 2);
}
