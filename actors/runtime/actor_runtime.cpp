#include "actors/runtime/actor_runtime.hpp"

#include <condition_variable>
#include <cstdio>
#include <filesystem>
#include <future>
#include <mutex>
#include <random>

#include "actors/batch_coordinator/protocol.hpp"
#include "actors/caf.hpp"
#include "actors/runtime/task_threads.hpp"
#include "actors/runtime/tree.hpp"
#include "actors/sinks/posix_file_system.hpp"
#include "actors/sources/asio_ingest_server.hpp"
#include "actors/sources/file_pieces.hpp"
#include "libstream/data/memory_block.hpp"
#include "libstream/log/data_directory.hpp"
#include "libstream/log/memory_store.hpp"
#include "libstream/log/positions.hpp"
#include "libstream/plan/extra_output.hpp"

namespace weir::actors {

namespace {

/// How long actors may take to end before the process goes on without them.
constexpr std::chrono::seconds shutdown_limit{5};

struct system_config : caf::actor_system_config {
  system_config() {
    register_messages(*this);
    // "sharing": messages to an idle actor arrive in microseconds, and idle workers cost nothing.
    set("scheduler.policy", caf::atom("sharing"));
    // One is enough for messages, as tasks and the log have threads of their own; and from actor to actor no thread is woken.
    set("scheduler.max-threads", std::size_t{1});
    set("scheduler.max-throughput", std::size_t{50});
  }
};

/// How the run ends: what the actors report and the owner waits for.
class outcome {
public:
  void fail(const error& why) {
    std::lock_guard guard{mutex_};
    if (!error_)
      error_ = why;
    changed_.notify_all();
  }
  void finish() {
    std::lock_guard guard{mutex_};
    finished_ = true;
    changed_.notify_all();
  }
  result<bool> await(std::optional<std::chrono::milliseconds> limit) {
    std::unique_lock guard{mutex_};
    auto over = [this] { return error_ || finished_; };
    if (limit)
      changed_.wait_for(guard, *limit, over);
    else
      changed_.wait(guard, over);
    if (error_)
      return tl::make_unexpected(*error_);
    return finished_;
  }

private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<error> error_;
  bool finished_ = false;
};

std::function<std::uint64_t()> make_random() {
  struct source {
    std::mutex mutex;
    std::mt19937_64 engine{(std::uint64_t{std::random_device{}()} << 32) | std::random_device{}()};
  };
  return [from = std::make_shared<source>()] {
    std::lock_guard guard{from->mutex};
    return from->engine();
  };
}

result<void> print_text(std::string_view text) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size() || std::fflush(stdout) != 0)
    return fail(error_code::disk, "cannot write", "standard output", "keep its reader open");
  return {};
}

result<void> check_inputs(const runtime_options& options) {
  for (auto& input : options.settings.inputs) {
    if (input.what() == input_url::kind::generate)
      return fail(error_code::configuration, "generate:// is no input of an application yet", input.text(),
                  "write `weir generate URL | weir send - --to weir://HOST:PORT --producer ID`");
    if (input.what() == input_url::kind::weir && options.data_dir.empty() && !options.ingest)
      return fail(error_code::configuration, "acknowledged input needs a log", input.text(),
                  "give --data-dir a directory instead of none");
    if (input.what() == input_url::kind::file)
      if (auto listed = list_directory(input.directory()); !listed)
        return tl::make_unexpected(listed.error());
  }
  return {};
}

/// What an input is called in the data directory. A `weir://` port may change from start to start, its place among its kind does not.
std::vector<std::string> names_of(const std::vector<input_url>& inputs) {
  std::vector<std::string> names;
  int ports = 0;
  for (auto& input : inputs)
    names.push_back(input.what() == input_url::kind::file
                      ? "file:" +
                          std::filesystem::weakly_canonical(std::filesystem::absolute(input.directory())).string()
                      : "weir-" + std::to_string(++ports));
  return names;
}

/// Puts inputs into the order of their numbers in the data directory, so that a number is a place.
result<void> order_inputs(std::vector<input_url>& inputs, log::store& store) {
  auto names = names_of(inputs);
  for (std::size_t i = 0; i < names.size(); ++i)
    if (std::find(names.begin(), names.begin() + static_cast<std::ptrdiff_t>(i), names[i]) !=
        names.begin() + static_cast<std::ptrdiff_t>(i))
      return fail(error_code::configuration, "the input is given twice", inputs[i].text(), "give it once");
  auto ids = log::register_inputs(store, names);
  if (!ids)
    return tl::make_unexpected(ids.error());
  auto known = log::read_inputs(store);
  if (!known)
    return tl::make_unexpected(known.error());
  for (auto& input : *known)
    if (std::find(names.begin(), names.end(), input.name) == names.end())
      return fail(error_code::configuration, "the data directory has an input that was not given: " + input.name,
                  "--input", "give it again, or use another --data-dir");
  std::vector<input_url> ordered(inputs.size());
  for (std::size_t i = 0; i < inputs.size(); ++i)
    ordered[(*ids)[i].value] = inputs[i];
  inputs = std::move(ordered);
  return {};
}

result<void> check_outputs(const runtime_options& options, const plan::physical_plan& plan, file_system& files) {
  for (auto& output : plan.outputs()) {
    if (!output.named && !options.data_dir.empty())
      return fail(error_code::configuration, "an output that a data directory remembers needs a name",
                  "output '" + output.name + "'", "write .named(\"...\") before write_to or print");
    for (auto& target : output.targets) {
      if (target.what != plan::output_target::kind::text)
        continue;
      auto parent = std::filesystem::path{target.prefix}.parent_path();
      if (!parent.empty())
        if (auto made = files.make_directories(parent.string()); !made)
          return made;
    }
  }
  return {};
}

/// Adds the output for isolated records, if they have a place to go: a batch of an earlier start may have some, whatever the policy is now.
result<void> add_dead_letters(const runtime_options& options, services& services) {
  auto prefix = options.settings.dead_letters;
  if (prefix.empty() && !options.data_dir.empty())
    prefix = options.data_dir + "/dead-letters/batch";
  if (prefix.empty() && options.settings.on_error == error_policy::isolate)
    return fail(error_code::configuration, "isolated records need a place to go", "on_error",
                "give --data-dir a directory, or set dead_letters to a text prefix");
  if (prefix.empty())
    return {};
  auto extended = plan::with_output(services.plan, "dead-letters", {{plan::output_target::kind::text, prefix, 0}});
  if (!extended)
    return tl::make_unexpected(extended.error());
  services.plan = std::move(*extended);
  services.dead_letters = services.plan->outputs().back().index;
  return {};
}

/// In the data directory, whose disk has room for what is under way; without one where temporary files belong.
std::string scratch_directory(const runtime_options& options) {
  if (!options.data_dir.empty())
    return options.data_dir + "/scratch";
  std::error_code unknown;
  auto directory = std::filesystem::temp_directory_path(unknown); // TMPDIR, else /tmp
  return unknown ? "/tmp" : directory.string();
}

} // namespace

struct actor_runtime::running {
  std::optional<log::data_directory> directory;
  std::shared_ptr<actors::outcome> outcome = std::make_shared<actors::outcome>();
  services_ptr services;
  system_config config;
  std::unique_ptr<caf::actor_system> system;
  supervisor_actor supervisor;

  void begin_drain() { request_drain(*services); }

  static void request_drain(actors::services& services) {
    services.draining = true;
    services.directory.send({role::batch_coordinator, 0}, drain{});
  }

  void end() {
    if (!system)
      return;
    auto ended = std::make_shared<std::promise<void>>();
    supervisor->attach_functor([ended] { ended->set_value(); });
    caf::anon_send(supervisor, stop_children{});
    ended->get_future().wait_for(shutdown_limit);
    supervisor =
      nullptr; // not before: an actor that nobody refers to ends between two messages, and its children with it
    services->directory.clear();
    services->workers.reset(); // joins the threads: nothing uses the log any more, nor an actor whose system is gone
    system->await_actors_before_shutdown(false);
    system.reset();
  }
};

actor_runtime::actor_runtime(runtime_options options) : options_{std::move(options)} {}

actor_runtime::~actor_runtime() {
  if (running_)
    running_->end();
}

result<void> actor_runtime::start(std::shared_ptr<const plan::physical_plan> plan) {
  auto next = std::make_unique<running>();
  auto services = next->services = std::make_shared<actors::services>();
  services->files = options_.files ? options_.files : make_posix_file_system();
  if (auto checked = check_inputs(options_); !checked)
    return checked;
  if (auto checked = check_outputs(options_, *plan, *services->files); !checked)
    return checked;
  auto partitions = options_.partitions > 0 ? options_.partitions : 2 * options_.settings.executors;
  if (options_.data_dir.empty()) {
    services->store = std::make_shared<log::memory_store>();
    services->application.application = options_.application;
    services->application.hash_seed = make_random()();
    services->application.partitions = partitions;
  } else {
    log::directory_options wanted;
    wanted.partitions = partitions;
    wanted.interval_us = static_cast<std::uint64_t>(options_.settings.batch_interval.count());
    if (options_.repartition > 0)
      wanted.repartition = options_.repartition;
    wanted.create_parents = options_.default_data_dir;
    wanted.max_log_bytes = options_.settings.log_limit;
    auto opened = log::data_directory::open(options_.data_dir, options_.application, wanted);
    if (!opened)
      return tl::make_unexpected(opened.error());
    next->directory = std::move(*opened);
    if (auto& why = next->directory->renewed_because(); why && options_.journal)
      options_.journal->warning("the log was copied to a new file, as the disk had failed: " + *why);
    services->store = next->directory->store();
    services->application = next->directory->application();
  }
  services->settings = options_.settings;
  auto& settings = services->settings;
  if (settings.batch_interval % settings.block_interval !=
      std::chrono::microseconds{0}) // a batch must end where a block does
    settings.block_interval = default_block_interval(settings.batch_interval);
  data::memory_block::keep_at_most(std::min<std::uint64_t>(limits::pooled_bytes, options_.settings.memory_limit / 8));
  if (auto ordered = order_inputs(services->settings.inputs, *services->store); !ordered)
    return ordered;
  services->plan = std::move(plan);
  if (auto added = add_dead_letters(options_, *services); !added)
    return added;
  services->exchange.bound(options_.settings.exchange_bytes, make_scratch_file(scratch_directory(options_)));
  services->staging.bound(options_.settings.staging_bytes);
  ingest_port_options ports;
  ports.max_record_bytes = options_.settings.max_record_bytes;
  services->ingest = options_.ingest ? options_.ingest : make_asio_ingest_transport(ports);
  services->journal = options_.journal;
  services->workers = make_task_threads();
  services->wall_clock_us = [] {
    return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
  };
  services->random = make_random();
  services->list_directory = list_directory;
  services->read_file_range = read_file_pieces;
  services->print = options_.print ? options_.print : print_text;
  services->fail = [outcome = next->outcome](const error& why) { outcome->fail(why); };
  services->finished = [outcome = next->outcome] { outcome->finish(); };
  services->idle = [raw = services.get()] { running::request_drain(*raw); };
  running_ = std::move(next);
  running_->system = std::make_unique<caf::actor_system>(running_->config);
  running_->supervisor = spawn_tree(*running_->system, services);
  return {};
}

void actor_runtime::stop(bool graceful) {
  if (!running_)
    return;
  if (graceful)
    running_->begin_drain();
  else
    running_->outcome->finish();
}

result<bool> actor_runtime::await(std::optional<std::chrono::milliseconds> limit) {
  if (!running_)
    return true;
  auto over = running_->outcome->await(limit);
  if (!over || *over)
    running_->end();
  return over;
}

} // namespace weir::actors
