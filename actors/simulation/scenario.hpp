#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "actors/application/settings.hpp"
#include "actors/simulation/chance.hpp"
#include "actors/simulation/drawn_pipeline.hpp"
#include "actors/simulation/links.hpp"

namespace weir::actors::simulation {

/// Some records that one producer sends in one frame. Void ones are numbered but have no bytes.
struct planned_pack {
  std::vector<std::string> lines; ///< with their line ends
  std::uint64_t void_records = 0; ///< instead of lines
};

struct planned_producer {
  std::string name;
  std::string address;
  std::vector<planned_pack> packs;
  std::chrono::microseconds begins{0};
  std::chrono::microseconds pace{0};     ///< between two packs
  std::size_t abandons_after = SIZE_MAX; ///< packs, then it vanishes without a goodbye
  std::uint32_t repeats_percent = 0;     ///< of its frames it sends twice, as a client of another make may
  std::vector<std::size_t>
    dies_after{}; ///< packs of each of its lives; it is started again at once, with the same input
};

struct planned_file {
  std::string directory;
  std::string name;
  std::string bytes;
  std::chrono::microseconds appears{0};
  std::vector<std::chrono::microseconds>
    grows{}; ///< it is a log: it appears with a part, and has another one so long after each; empty: it is a file
  std::vector<std::chrono::microseconds> writes{}; ///< the same of a file that is visible before it is complete
};

/// An input that the application fetches or makes itself.
struct planned_feed {
  std::string url;
  std::vector<std::string> lines; ///< of `tcp://`: what its server says, once
  std::chrono::microseconds pace{0};
};

struct time_range {
  std::chrono::microseconds shortest{0};
  std::chrono::microseconds longest{0};
};

/// What may be injected, and how likely each is among the faults (weights).
struct planned_faults {
  std::uint32_t count = 0;
  std::uint32_t steps_between = 100; ///< at most, from one to the next
  std::uint32_t end_process = 1;     ///< kill -9
  std::uint32_t end_power = 1;       ///< and what was not synced may be lost
  std::uint32_t end_while_publishing = 1;
  std::uint32_t kill_actor = 1;
  std::uint32_t kill_and_freeze = 1; ///< one actor dies while another is not scheduled: what it sent before comes late
  std::uint32_t reset_connection = 1;
  std::uint32_t scratch_percent = 0; ///< of the writes to the scratch file fail, which stops the application; no weight
  std::uint32_t disk_full = 0;       ///< for a while the log, outputs and the scratch file are refused what needs room
  std::uint32_t disk_fails = 0;      ///< a write to the log or a sync of an output, which stops the application
  std::optional<role> victim;        ///< only actors of this role are killed
  std::uint32_t drain = 1;           ///< stop in order, then start again: no fault, but the same promises
};

/// What the user functions of the application fail on. What follows is `settings.on_error`.
struct planned_poison {
  bool any = false;
  std::uint32_t flaky_failures = 0; ///< of each record that fails only now and then
  std::uint32_t stops = 0;          ///< until the application is mended, if the policy is to stop
};

/// A function of the program that is called with what the text outputs show, and fails now and then. What follows is `settings.on_error`.
struct planned_function {
  bool any = false;
  std::uint32_t fails_percent = 0; ///< of its calls
  std::uint64_t failures = 0;      ///< at most; then it is mended
};

/// What changes from one start to the next.
struct planned_upgrades {
  bool swap_outputs = false; ///< a second sum stands now before, now behind the first in the program
  std::vector<std::chrono::milliseconds>
    intervals{}; ///< each start takes one of them; none: always that of the settings
};

/// All that a run of the simulation does, drawn from its seed; every number here is a knob.
struct scenario {
  std::uint64_t seed = 0;
  actors::settings settings;
  std::uint32_t most_executors = 1; ///< each start draws how many it has
  std::uint32_t partitions = 1;
  std::uint64_t hash_seed = 0;
  std::vector<std::string> output_prefixes;
  std::vector<planned_producer> producers;
  std::vector<planned_file> files;
  std::vector<planned_feed> feeds;
  planned_faults faults;
  planned_poison poison;
  planned_function function;
  planned_upgrades upgrades;
  planned_links links;
  planned_pipeline pipeline; ///< beside the counts
  bool lines_output = false; ///< an output that stands on the input itself, and so acts in every batch
  time_range log_job, task_job, sink_job, listing_job, link, downtime, full_disk;
  std::uint32_t slow_jobs_percent = 0;      ///< jobs that take twenty times as long
  std::uint32_t late_messages_permille = 0; ///< steps at which the clock moves although messages wait
  std::uint32_t freezes_permille = 0;       ///< steps at which an actor stops for a while
  std::uint32_t clock_jumps = 0;            ///< of the wall clock, within the first seconds
  std::optional<std::uint32_t>
    restarts; ///< of one actor; one more, and the application gives up. Nothing: as often as it dies
};

scenario draw_scenario(std::uint64_t seed);

} // namespace weir::actors::simulation
