#include "actors/runtime/actor_runtime.hpp"

#include <filesystem>
#include <future>
#include <mutex>
#include <optional>
#include <random>
#include <thread>
#include <tuple>
#include <vector>

#include <unistd.h>

#include "actors/batch_coordinator/protocol.hpp"
#include "actors/batch_coordinator/recovered_batches.hpp"
#include "actors/caf.hpp"
#include "actors/monitor/composite_journal.hpp"
#include "actors/monitor/control_socket.hpp"
#include "actors/monitor/listener_thread.hpp"
#include "actors/monitor/observer.hpp"
#include "actors/monitor/status.hpp"
#include "actors/monitor/stderr_journal.hpp"
#include "actors/node/process_limits.hpp"
#include "actors/node/replayable_inputs.hpp"
#include "actors/node/standard_descriptors.hpp"
#include "actors/receiver/live_feed.hpp"
#include "actors/receiver/open_feed.hpp"
#include "actors/runtime/alarm.hpp"
#include "actors/runtime/executor_jobs.hpp"
#include "actors/runtime/input_places.hpp"
#include "actors/runtime/life_lines.hpp"
#include "actors/runtime/outcome.hpp"
#include "actors/runtime/system_visit.hpp"
#include "actors/runtime/task_threads.hpp"
#include "actors/runtime/tree.hpp"
#include "actors/runtime/tree_verbs.hpp"
#include "actors/sinks/output_locks.hpp"
#include "actors/sinks/posix_file_system.hpp"
#include "actors/sinks/printer.hpp"
#include "actors/sources/asio_ingest_server.hpp"
#include "actors/sources/directory_listing.hpp"
#include "actors/sources/feeds.hpp"
#include "libstream/api/dataset_jobs.hpp"
#include "libstream/data/memory_block.hpp"
#include "libstream/log/batch_log.hpp"
#include "libstream/log/data_directory.hpp"
#include "libstream/log/memory_store.hpp"
#include "libstream/log/positions.hpp"
#include "libstream/log/recovery.hpp"
#include "libstream/plan/extra_output.hpp"

namespace weir::actors {

namespace {

/// How long actors may take to end before the process goes on without them.
constexpr std::chrono::seconds shutdown_limit{5};
/// How long listeners may take for the last events.
constexpr std::chrono::milliseconds last_events_limit{1'000};
/// How long inputs may take to be there; after that the application starts without having heard of them.
constexpr std::chrono::milliseconds start_limit{10'000};

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

/// Tells the outcome that inputs are there.
class start_journal final : public composite_journal {
public:
  start_journal(std::vector<std::shared_ptr<journal>> parts, std::shared_ptr<outcome> told)
    : composite_journal{std::move(parts)}, told_{std::move(told)} {}
  void receiver_started(input_id input, const std::string& location) override {
    composite_journal::receiver_started(input, location);
    told_->input_started(input);
  }

private:
  std::shared_ptr<outcome> told_;
};

std::int64_t wall_clock_us() {
  return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch())
    .count();
}

/// What an application has taken in and not yet published.
std::string work_of(const observation& seen) {
  std::uint64_t records = 0, bytes = 0;
  for (auto& input : seen.inputs) {
    records += input.waiting_records;
    bytes += input.waiting_bytes;
  }
  return std::to_string(seen.counts.waiting + seen.counts.running) + " batches to compute, " +
         std::to_string(seen.counts.unpublished) + " to publish, " + std::to_string(records) + " records (" +
         std::to_string(bytes) + " bytes) in no batch";
}

/// What is left when a graceful stop has taken too long.
std::string unfinished_work(const observation& seen, bool has_log) {
  return work_of(seen) + (has_log ? " were left; the next start on the data directory goes on with them"
                                  : " were left, and are lost without a data directory");
}

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

result<void> check_inputs(const runtime_options& options) {
  for (auto& input : options.settings.inputs) {
    if (input.what() == input_url::kind::generate) {
      auto lines = parse_generator_options(input.query());
      if (!lines)
        return tl::make_unexpected(lines.error());
      if (lines->bytes > options.settings.max_record_bytes + 1)
        return fail(error_code::configuration, "the lines of this input are longer than max_record_bytes", input.text(),
                    "ask for shorter lines, or raise max_record_bytes");
    }
    if (input.what() == input_url::kind::weir && options.data_dir.empty() && !options.ingest)
      return fail(error_code::configuration, "an input that acknowledges records needs a log", input.text(),
                  "give --data-dir a directory instead of none");
    if (input.what() == input_url::kind::file)
      if (auto there = check_directory(input.directory()); !there)
        return there;
  }
  return {};
}

/// Some stage reads the configured inputs, and only then there are some: what nobody reads would be acknowledged and dropped.
result<void> check_any_input(const runtime_options& options, const plan::physical_plan& plan) {
  auto& stages = plan.stages();
  auto reads =
    std::any_of(stages.begin(), stages.end(), [](auto& stage) { return stage.reads_text && stage.source == 0; });
  if (reads && options.settings.inputs.empty())
    return fail(error_code::configuration, "no input given", "--input",
                "give at least one: weir://127.0.0.1:0, tcp://HOST:PORT, file:DIRECTORY or generate://?count=N");
  if (!reads && !options.settings.inputs.empty())
    return fail(error_code::configuration, "--input is given, but the application reads no text_input()",
                options.settings.inputs.front().text(),
                "leave --input out, or read it in the program: ctx.text_input() in something that is written");
  return {};
}

/// What a data directory promises, all inputs can keep.
result<void> check_recoverable(const runtime_options& options, const plan::physical_plan& plan) {
  for (auto& stage : plan.stages())
    if (!stage.unrecoverable.empty() && !options.data_dir.empty())
      return fail(error_code::configuration,
                  "a queue is only in memory, so it cannot be recovered as a data directory promises",
                  "operator " + stage.unrecoverable, "give --data-dir none, or use a receiver");
  return {};
}

/// Sources that the program brings are inputs like the configured ones, and share their memory.
void add_receivers(settings& into, const plan::physical_plan& plan) {
  if (plan.receivers().empty())
    return;
  auto configured = std::max<std::uint64_t>(1, into.inputs.size());
  std::uint64_t held = into.inputs.size(); // what can be read again holds nothing
  for (auto& receiver : plan.receivers()) {
    into.inputs.push_back(
      input_url::of_stream(receiver.name, static_cast<std::uint32_t>(&receiver - plan.receivers().data()) + 1));
    held += receiver.source ? 1 : 0;
  }
  auto all = std::max(configured, held);
  into.max_receiver_bytes = std::max<std::uint64_t>(into.max_receiver_bytes * configured / all, 64 * limits::kib);
}

/// A data directory is Weir's own, and a new one is made as a whole.
result<void> check_outside(const std::string& data_dir, const plan::output_target& target) {
  if (data_dir.empty())
    return {};
  std::error_code unknown;
  auto canonical = [&](const std::string& path) {
    return std::filesystem::weakly_canonical(std::filesystem::absolute(path, unknown), unknown);
  };
  auto inner = canonical(directory_above(target.prefix)).lexically_relative(canonical(data_dir)).string();
  if (unknown || inner.empty() || inner == ".." || inner.starts_with("../"))
    return {};
  return fail(error_code::configuration, "the output text:" + target.prefix + " lies in the data directory", data_dir,
              "choose a prefix outside of it: what lies in a data directory is for this program alone");
}

result<void> check_outputs(const runtime_options& options, const plan::physical_plan& plan, file_system& files) {
  for (auto& output : plan.outputs()) {
    if (!output.named && !options.data_dir.empty())
      return fail(error_code::configuration, "with a data directory every output needs a name",
                  "output '" + output.name + "'", "write .named(\"...\") before write_to or print");
    for (auto& target : output.targets) {
      if (target.what != plan::output_target::kind::text)
        continue;
      if (auto outside = check_outside(options.data_dir, target); !outside)
        return outside;
      if (auto possible = files.check_writable(directory_above(target.prefix)); !possible)
        return possible;
    }
  }
  return {};
}

/// Those that the program has written, and the dead letters if they have a place of their own.
std::vector<plan::output> text_outputs(const runtime_options& options, const application_services& application,
                                       const plan::physical_plan& plan) {
  auto outputs = plan.outputs();
  if (application.dead_letters && !options.settings.dead_letters.empty())
    outputs.push_back(application.plan->outputs()[application.dead_letters->value]);
  return outputs;
}

/// Ports are taken before anything is written.
result<void> reserve_ports(settings& of, ingest_transport& ingest) {
  for (auto& input : of.inputs) {
    if (input.what() != input_url::kind::weir)
      continue;
    auto bound = ingest.reserve(input.address());
    if (!bound)
      return tl::make_unexpected(bound.error());
    input.rebind(*bound);
  }
  return {};
}

/// An explicit place for the control socket is taken before anything is written, unless it lies in a data directory that is still to be made.
result<std::unique_ptr<control_socket>> reserve_control_socket(const runtime_options& options) {
  namespace fs = std::filesystem;
  auto& path = options.control_socket;
  if (path.empty() || path == "none")
    return nullptr;
  std::error_code unknown;
  auto parent = fs::path{path}.parent_path();
  if (parent.empty() || fs::is_directory(parent, unknown))
    return control_socket::reserve(path);
  if (!options.data_dir.empty() && fs::weakly_canonical(fs::absolute(parent, unknown), unknown) ==
                                     fs::weakly_canonical(fs::absolute(options.data_dir, unknown), unknown))
    return control_socket::check(path).map([] { return std::unique_ptr<control_socket>{}; });
  return fail(error_code::configuration, "the directory of the control socket does not exist", path,
              "make the directory, or give another place with --control-socket PATH");
}

/// Adds the output for isolated records, if they have a place to go: a batch of an earlier start may have some, whatever the policy is now.
result<void> add_dead_letters(const runtime_options& options, application_services& application) {
  auto prefix = options.settings.dead_letters;
  if (prefix.empty() && !options.data_dir.empty())
    prefix = options.data_dir + "/dead-letters/batch";
  if (prefix.empty() && options.settings.on_error == error_policy::isolate)
    return fail(error_code::configuration, "isolate needs a place for the records that it leaves out", "on_error",
                "give --data-dir a directory, or set dead_letters to a text prefix");
  if (prefix.empty())
    return {};
  auto extended = plan::with_output(application.plan, "dead-letters", {{plan::output_target::kind::text, prefix, 0}});
  if (!extended)
    return tl::make_unexpected(extended.error());
  application.plan = std::move(*extended);
  application.dead_letters = application.plan->outputs().back().index;
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

/// What a run has open at the same time, and the threads that it begins; rather a few too many than one too few.
process_needs needs_of(const runtime_options& options, const plan::physical_plan& plan) {
  auto inputs = options.settings.inputs.size() + plan.receivers().size();
  auto outputs = plan.outputs().size();
  process_needs needs;
  // The log and its lock, what the event loops wait on, the control socket, the scratch file; and a file or two for each who works.
  needs.descriptors = 14 + options.settings.executors + 2 * outputs + 2 * inputs;
  // Actors, their clock, sockets, listeners, the control socket, the log, the last one that ends the others; and one for each who works.
  needs.threads = 9 + options.settings.executors + outputs + 2 * inputs + (options.stop_after ? 1 : 0);
  return needs;
}

/// The program brings a receiver, which begins and ends on a thread of its own.
bool has_live_source(const application_services& application, input_id input) {
  auto& url = application.settings.inputs[input.value];
  return url.what() == input_url::kind::stream && application.plan->receivers()[url.source() - 1].source != nullptr;
}

} // namespace

struct actor_runtime::running {
  std::optional<log::data_directory> directory;
  output_locks locks;
  std::shared_ptr<actors::listener_thread> listeners;
  std::shared_ptr<actors::observer> observer;
  std::shared_ptr<actors::outcome> outcome;
  process_services services;
  std::shared_ptr<void> jobs; ///< actions on datasets run on the executors
  system_config config;
  std::unique_ptr<caf::actor_system> own_system; ///< null: the user's
  caf::actor_system* system = nullptr;
  std::shared_ptr<supervised_tree> tree;
  std::unique_ptr<actors::control_socket> control;
  std::int64_t started_us = wall_clock_us();
  std::chrono::steady_clock::time_point started = std::chrono::steady_clock::now(); ///< the wall clock may jump
  std::int64_t uptime_us() const {
    return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - started).count();
  }
  bool said_started = false;
  std::optional<actors::alarm> stop_alarm;
  std::once_flag ended;
  std::atomic<bool> left_threads{false};

  /// Before anything is told to the journal.
  void observe(const plan::physical_plan& plan, const runtime_options& options,
               std::shared_ptr<const listener_list> told);
  process_figures figures(const runtime_options& options) const;

  void begin_drain() {
    request_drain(*services.application, *services.node, *services.coordinator, *outcome, *observer);
  }

  static void request_drain(const application_services& application, const node_services& node,
                            coordinator_services& coordinator, actors::outcome& outcome, actors::observer& observer) {
    outcome.begin_drain(drain_limit(application.settings));
    if (!coordinator.draining.exchange(true))
      node.journal->tell(draining_line(work_of(observer.look(0)), drain_limit(application.settings)));
    node.directory.send(application.coordinator(), drain{});
  }

  /// Until a receiver's own thread has done all that it was told to before.
  void await_worker(input_id receiver, std::chrono::nanoseconds limit) {
    auto done = std::make_shared<std::promise<void>>();
    auto known = done->get_future();
    services.node->workers->make(live_worker_name(receiver.value))->post([done] { done->set_value(); });
    known.wait_for(limit);
  }

  /// Sources that the program brings are stopped on their own threads: their on_stop has run when this returns, or takes too long.
  void await_receivers() {
    for (std::uint32_t i = 0; i < services.application->settings.inputs.size(); ++i)
      if (has_live_source(*services.application, input_id{i}))
        await_worker(input_id{i}, shutdown_limit);
  }

  /// From any thread; whoever comes second waits for the first.
  void end() {
    std::call_once(ended, [this] {
      stop_alarm.reset();
      system_visit visit; // of the system that another thread may have made
      control.reset();    // whom it would ask is about to go
      jobs.reset();
      end_actors();
      say_ended();
      if (observer)
        observer->ended();
      if (listeners)
        listeners->close(last_events_limit);
    });
  }

  void say_ended() {
    if (!said_started)
      return;
    auto uptime_ms = uptime_us() / 1000;
    services.node->journal->tell(
      ended_line(outcome->failure(), services.coordinator->draining, observer->look(0), uptime_ms));
  }

  void end_actors() {
    if (!system)
      return;
    for (auto& output : services.application->plan->outputs())
      for (auto& target : output.targets)
        if (target.destination)
          target.destination->cancel();
    auto all_ended = std::make_shared<std::promise<void>>();
    tree->stop([all_ended] { all_ended->set_value(); });
    auto has_ended = all_ended->get_future().wait_for(shutdown_limit) == std::future_status::ready;
    if (!has_ended) {
      services.node->journal->warning("some actors did not end within " + std::to_string(shutdown_limit.count()) +
                                      " s; the application ends without them");
      tree->abandon();
    }
    tree.reset();
    services.node->directory.clear();
    await_receivers();
    if (own_system)
      own_system->await_actors_before_shutdown(false);
    system = nullptr;
    // Those that have not ended may still begin to run, if their system lives on.
    if ((has_ended || own_system) && join_workers()) {
      own_system.reset();
      services.use_store(nullptr);
      locks = {};
      directory.reset(); // others may use both now
      if (has_ended)
        let_go();
      return;
    }
    left_threads = true;
    services.node->journal->warning(has_ended || own_system
                                      ? "a task or an output does not return; the application ends without its thread"
                                      : "the log stays in use until the process ends, as actors may still use it");
    keep_for_ever();
  }

  /// A thread or an actor cannot be taken back: it keeps what it may still use, until the process ends.
  void keep_for_ever() {
    static_cast<void>(own_system.release());
    static std::mutex mutex;
    static auto& kept =
      *new std::vector<std::tuple<process_services, std::optional<log::data_directory>, output_locks>>;
    std::lock_guard guard{mutex};
    kept.emplace_back(services, std::move(directory), std::move(locks));
  }

  /// Actors that have ended are kept, with `services`, until the last timer that they set is due. What of it belongs to the user must not wait
  /// for that: an actor to which results were sent would keep the user's system from ending.
  void let_go() {
    services.application->plan.reset();
    services.node->replayable.clear();
    services.node->ingest.reset();
  }

  /// Then nothing uses the log any more, nor an actor whose system is gone. False if a job does not return.
  bool join_workers() {
    auto joined = std::make_shared<std::promise<void>>();
    auto last = joined->get_future();
    auto join = [workers = std::make_shared<std::shared_ptr<worker_factory>>(std::move(services.node->workers)),
                 joined] {
      workers->reset();
      joined->set_value();
    };
    try {
      std::thread{join}.detach();
    } catch (const std::system_error&) { // no thread is left to watch the others: they are waited for, however long
      join();
    }
    return last.wait_for(shutdown_limit) == std::future_status::ready;
  }
};

void actor_runtime::running::observe(const plan::physical_plan& plan, const runtime_options& options,
                                     std::shared_ptr<const listener_list> told) {
  std::vector<std::string> outputs, inputs;
  for (auto& output : plan.outputs())
    outputs.push_back(output.name);
  for (auto& input : services.application->settings.inputs)
    inputs.push_back(input.text());
  // Listeners are complained of where people read: not to the observer, which is in the middle of telling them something.
  auto read_by_people = std::make_shared<composite_journal>(std::vector{options.journal});
  if (told)
    listeners = std::make_shared<listener_thread>(std::move(told), read_by_people);
  observer = std::make_shared<actors::observer>(outputs, inputs, wall_clock_us, [to = listeners](listener_event event) {
    if (to)
      to->post(std::move(event));
  });
  outcome = std::make_shared<actors::outcome>([seen = observer, has_log = !options.data_dir.empty(), read_by_people] {
    auto left = unfinished_work(seen->look(0), has_log);
    read_by_people->detail("the graceful stop has reached its limit: " + left);
    return left;
  });
  services.node->journal =
    std::make_shared<start_journal>(std::vector<std::shared_ptr<journal>>{options.journal, observer}, outcome);
}

process_figures actor_runtime::running::figures(const runtime_options& options) const {
  auto& settings = services.application->settings;
  process_figures made;
  made.application = options.application;
  made.data_dir = options.data_dir;
  made.pid = ::getpid();
  made.started_us = started_us;
  made.now_us = wall_clock_us();
  made.uptime_us = uptime_us();
  made.batch_interval_us = settings.batch_interval.count();
  made.draining = services.coordinator->draining;
  made.resident_bytes = resident_bytes();
  made.memory_limit = settings.memory_limit;
  made.exchange_bytes = services.node->exchange.held_bytes();
  made.exchange_limit = settings.exchange_bytes;
  made.spilled_bytes = services.node->exchange.spilled_bytes();
  made.staging_bytes = services.node->staging.bytes();
  made.staging_limit = settings.staging_bytes;
  if (!options.data_dir.empty()) {
    made.log_bytes = disk_bytes(options.data_dir + "/log/data.mdb");
    made.log_limit = settings.log_limit;
  }
  made.lost_events = listeners ? listeners->lost() : 0;
  return made;
}

namespace {

/// Reads static data that lies in files.
result<std::vector<log::static_table>> static_tables_of(const plan::physical_plan& plan) {
  try {
    std::vector<log::static_table> tables;
    for (auto& [name, digest] : plan.static_data())
      tables.push_back({name, digest});
    return tables;
  } catch (const plan::plan_error& unreadable) {
    return tl::make_unexpected(unreadable.why());
  }
}

} // namespace

actor_runtime::actor_runtime(runtime_options options) : options_{std::move(options)} {
  if (!options_.journal)
    options_.journal = make_stderr_journal(log_level::notice, log_format::text);
}

actor_runtime::~actor_runtime() {
  if (running_)
    running_->end();
}

result<void> actor_runtime::start(std::shared_ptr<const plan::physical_plan> plan) {
  open_missing_descriptors(); // of programs with a main of their own, too
  system_visit visit;         // this thread may live longer than what it starts
  auto next = std::make_unique<running>();
  auto services = next->services;
  auto& application = *services.application;
  auto& node = *services.node;
  node.files = options_.files ? options_.files : make_posix_file_system();
  if (options_.system && !is_prepared(options_.system->config()))
    return fail(error_code::usage, "the actor system was made without the message types of Weir",
                "stream_context::start", "call weir::configure(config) before you make the actor system from it");
  if (auto checked = check_any_input(options_, *plan); !checked)
    return checked;
  if (auto enough = check_process(needs_of(options_, *plan)); !enough)
    return enough;
  if (auto checked = check_inputs(options_); !checked)
    return checked;
  if (auto checked = check_recoverable(options_, *plan); !checked)
    return checked;
  if (auto checked = check_outputs(options_, *plan, *node.files); !checked)
    return checked;
  auto directory = examine_directory(application);
  if (!directory)
    return tl::make_unexpected(directory.error());
  application.settings = options_.settings;
  add_receivers(application.settings, *plan);
  auto& settings = application.settings;
  if (settings.batch_interval % settings.block_interval !=
      std::chrono::microseconds{0}) // a batch must end where a block does
    settings.block_interval = default_block_interval(settings.batch_interval);
  application.plan = plan;
  if (!options_.data_dir.empty()) {
    auto tables = static_tables_of(*plan);
    if (!tables)
      return tl::make_unexpected(tables.error());
    application.static_tables = std::move(*tables);
  }
  if (auto added = add_dead_letters(options_, application); !added)
    return added;
  log::memory_store nothing;
  auto& content = *directory ? (*directory)->content() : nothing;
  auto known = log::read_inputs(content);
  if (!known)
    return tl::make_unexpected(known.error());
  auto places = place_inputs(settings.inputs, *known, options_.forget_inputs);
  if (!places)
    return tl::make_unexpected(places.error());
  settings.inputs = places->inputs;
  auto unfinished = log::recover(content);
  if (!unfinished)
    return tl::make_unexpected(unfinished.error());
  if (auto possible = check_unfinished(application, *unfinished); !possible)
    return possible;
  ingest_port_options ports;
  ports.max_record_bytes = options_.settings.max_record_bytes;
  ports.max_connections = options_.settings.max_connections;
  node.ingest = options_.ingest ? options_.ingest : make_asio_ingest_transport(ports);
  if (auto reserved = reserve_ports(settings, *node.ingest); !reserved)
    return reserved;
  auto has_real_files = !options_.files;
  if (has_real_files)
    if (auto locked = next->locks.take_marked(text_outputs(options_, application, *plan)); !locked)
      return locked;
  auto outputs = examine_text_outputs(services, *plan, content);
  if (!outputs)
    return tl::make_unexpected(outputs.error());
  if (has_real_files && !options_.after_restore)
    if (auto original = next->locks.check_origin(*node.files, *outputs); !original)
      return original;
  auto control = reserve_control_socket(options_);
  if (!control)
    return tl::make_unexpected(control.error());
  next->control = std::move(*control);
  if (has_real_files) {
    if (auto locked = next->locks.take(*outputs); !locked)
      return locked;
    outputs =
      examine_text_outputs(services, *plan, content); // another may have been quicker to lock, and have ended since
    if (!outputs)
      return tl::make_unexpected(outputs.error());
  }
  // All is accepted: from here on things are written.
  log::transaction first;
  put_inputs(first, *places);
  if (outputs->beyond)
    log::put_last_batch(first, *outputs->beyond);
  if (*directory) {
    auto opened = std::move(**directory).accept(std::move(first));
    if (!opened)
      return tl::make_unexpected(opened.error());
    next->directory = std::move(*opened);
    if (auto& why = next->directory->renewed_because(); why && options_.journal)
      options_.journal->warning("the log was copied to a new file, because the disk had failed: " + *why);
    services.use_store(next->directory->store());
  } else {
    services.use_store(std::make_shared<log::memory_store>());
    if (auto written = services.writer->store->commit(first); !written)
      return written;
  }
  auto last = services.coordinator->log.read_last_batch();
  if (!last)
    return tl::make_unexpected(last.error());
  if (auto claimed = claim_outputs(*node.files, std::move(*outputs), *last); !claimed)
    return claimed;
  if (auto taken = take_control_socket(*next); !taken)
    return taken;
  for (auto& note : places->notes)
    options_.journal->warning(note);
  data::memory_block::keep_at_most(std::min<std::uint64_t>(limits::pooled_bytes, options_.settings.memory_limit / 8));
  next->observe(*plan, options_, listeners_);
  node.exchange.bound(options_.settings.exchange_bytes, make_scratch_file(scratch_directory(options_)));
  node.staging.bound(options_.settings.staging_bytes);
  node.workers = make_task_threads();
  next->jobs = run_jobs_on(make_executor_jobs(node.workers, application.settings.executors));
  node.wall_clock_us = wall_clock_us;
  node.random = make_random();
  node.replayable = replayable_inputs(application.settings.inputs, *application.plan);
  node.watch_directory = [&application, &node](input_id input) {
    return watch_directory(
      *directory_of(application, node, input),
      [&node, input](auto& sentence, auto is_problem) {
        node.journal->tell({.name = "directory_listed",
                            .level = is_problem ? log_level::warning : log_level::info,
                            .limited = true,
                            .actor = address{role::receiver, input.value},
                            .message = sentence});
      },
      [&node, input](auto& sentence) {
        node.journal->tell({.name = "entries_skipped",
                            .level = log_level::notice,
                            .limited = true,
                            .actor = address{role::receiver, input.value},
                            .message = sentence});
      });
  };
  node.open_feed = [&application, &node](input_id input, std::shared_ptr<feed_listener> listener) {
    return open_feed(application, node, input, std::move(listener));
  };
  node.print = options_.print ? options_.print : print_to_standard_output;
  application.fail = [outcome = next->outcome](const error& why) { outcome->fail(why); };
  application.spoil = [outcome = next->outcome](const error& why) { outcome->spoil(why); };
  services.coordinator->finished = [outcome = next->outcome] { outcome->finish(); };
  services.coordinator->idle = [&application, &node, coordinator = services.coordinator.get(), outcome = next->outcome,
                                observer = next->observer] {
    running::request_drain(application, node, *coordinator, *outcome, *observer);
  };
  running_ = std::move(next);
  running_->observer->started();
  running_->said_started = true;
  node.journal->tell(started_line(options_.application, options_.data_dir, application.settings, *application.plan));
  if (!options_.system)
    running_->own_system = std::make_unique<caf::actor_system>(running_->config);
  running_->system = options_.system ? options_.system : running_->own_system.get();
  running_->tree = spawn_tree(*running_->system, services, restart_limits(application.settings));
  if (auto begun = await_inputs(); !begun) {
    running_->end();
    running_.reset();
    return begun;
  }
  serve_control();
  if (options_.stop_after)
    running_->stop_alarm.emplace(*options_.stop_after, [run = running_.get()] { run->begin_drain(); });
  return {};
}

/// The data directory as it is; nothing without one. What the application is called, and how it is cut, goes to `application`.
result<std::optional<log::examined_directory>> actor_runtime::examine_directory(
  application_services& application) const {
  auto partitions = options_.partitions > 0 ? options_.partitions : 2 * options_.settings.executors;
  if (options_.data_dir.empty()) {
    application.record.application = options_.application;
    application.record.hash_seed = make_random()();
    application.record.partitions = partitions;
    application.record.interval_us = static_cast<std::uint64_t>(options_.settings.batch_interval.count());
    application.record.directory_id = make_random()();
    return std::optional<log::examined_directory>{};
  }
  log::directory_options wanted;
  wanted.partitions = partitions;
  wanted.interval_us = static_cast<std::uint64_t>(options_.settings.batch_interval.count());
  if (options_.repartition > 0)
    wanted.repartition = options_.repartition;
  wanted.create_parents = options_.default_data_dir;
  wanted.max_log_bytes = options_.settings.log_limit;
  auto examined = log::examined_directory::examine(options_.data_dir, options_.application, wanted);
  if (!examined)
    return tl::make_unexpected(examined.error());
  if (options_.after_restore && examined->is_new())
    return fail(error_code::configuration, "--after-restore goes on with a data directory, and there is none",
                options_.data_dir, "check --data-dir, and copy the backup there first; or leave --after-restore out");
  application.record = examined->application();
  return std::optional{std::move(*examined)};
}

result<output_claims> actor_runtime::examine_text_outputs(const process_services& services,
                                                          const plan::physical_plan& plan,
                                                          const log::store& content) const {
  auto outputs = text_outputs(options_, *services.application, plan);
  auto last = log::read_last_batch(content);
  if (!last)
    return tl::make_unexpected(last.error());
  std::error_code unknown;
  output_owner owner{options_.application,   services.application->record.directory_id,
                     no_data_directory,      *last,
                     options_.after_restore, options_.after_set_aside};
  if (!options_.data_dir.empty())
    owner.place = std::filesystem::weakly_canonical(std::filesystem::absolute(options_.data_dir), unknown).string();
  auto examined = examine_outputs(*services.node->files, outputs, owner);
  if (examined && examined->beyond) { // numbers rise with the time
    constexpr std::int64_t day_ms = 86'400'000;
    auto interval = static_cast<std::int64_t>(services.application->record.interval_us);
    auto& beyond = *examined->beyond;
    if (beyond.id.value == 0 && beyond.time_ms > wall_clock_us() / 1000 + day_ms) { // no time that a run would reach
      examined->beyond.reset();
      return examined;
    }
    if (interval > 0)
      beyond.id = std::max(beyond.id, batch_id{static_cast<std::uint64_t>(beyond.time_ms * 1000 / interval)});
  }
  return examined;
}

/// Ports are bound and the program's own receivers have begun, or the application has said why not. Who takes long begins later.
result<void> actor_runtime::await_inputs() {
  auto until = outcome::clock::now() + start_limit;
  std::set<input_id> ports, receivers;
  auto& inputs = running_->services.application->settings.inputs;
  for (std::uint32_t i = 0; i < inputs.size(); ++i)
    if (inputs[i].what() == input_url::kind::weir)
      ports.insert(input_id{i});
    else if (has_live_source(*running_->services.application, input_id{i}))
      receivers.insert(input_id{i});
  auto all = ports;
  all.insert(receivers.begin(), receivers.end());
  if (!running_->outcome->await_inputs(all, start_limit))
    return running_->outcome->await(std::chrono::milliseconds{0}).map([](bool) {});
  for (auto input : receivers) // what their workers were told before has begun
    running_->await_worker(input, until - outcome::clock::now());
  return {};
}

/// Before strangers may take the last descriptors. An explicit place that cannot be had is an error; without the usual one the application does
/// its work all the same.
result<void> actor_runtime::take_control_socket(running& next) const {
  auto& wanted = options_.control_socket;
  if (next.control || wanted == "none" || (wanted.empty() && options_.data_dir.empty()))
    return {};
  auto taken = control_socket::reserve(wanted.empty() ? control_socket_path(options_.data_dir) : wanted);
  if (taken)
    next.control = std::move(*taken);
  else if (!wanted.empty())
    return tl::make_unexpected(taken.error());
  else
    options_.journal->warning("local tools cannot ask this application: " + taken.error().message());
  return {};
}

void actor_runtime::serve_control() {
  if (!running_->control)
    return;
  auto& application = *running_->services.application;
  auto verbs = tree_verbs(running_->tree, about_actors(application.settings, *application.plan));
  verbs["status"] = [raw = running_.get(), this](std::string_view) {
    return status_json(raw->observer->look(status_batches), raw->figures(options_));
  };
  running_->control->answer_with(std::move(verbs));
}

void actor_runtime::limit_drain(std::chrono::milliseconds limit) {
  if (running_)
    running_->outcome->drain_within(limit);
}

bool actor_runtime::has_left_threads() const { return running_ && running_->left_threads; }

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
