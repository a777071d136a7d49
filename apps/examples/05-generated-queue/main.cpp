// A source that is a function of the batch time: each batch has the numbers 1 to 1000, in two map tasks.
#include <numeric>

#include <weir/weir.hpp>

void build(weir::stream_context& ctx) {
  auto numbers = [](weir::event_time) { // might look at the time; it must give the same for the same one
    std::vector<int> queue(1000);
    std::iota(queue.begin(), queue.end(), 1);
    return queue;
  };
  ctx.generated<int>(numbers, 2)
    .map([](int number) {
      return std::pair{number % 10, 1};
    })
    .reduce_by_key(std::plus<>{}) // (last digit, how often)
    .named("digits")
    .write_to(ctx.output());
}
WEIR_APPLICATION("generated-queue", build)
