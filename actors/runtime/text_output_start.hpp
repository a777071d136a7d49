#pragma once

#include "actors/application/application_services.hpp"
#include "actors/runtime/runtime_options.hpp"
#include "actors/sinks/output_claims.hpp"
#include "actors/sinks/output_locks.hpp"
#include "libstream/log/batch_records.hpp"

namespace weir::actors {

/// How the text outputs of a run become its own: each prefix belongs to one data directory, and to one process at a time.
class text_output_start {
public:
  /// `plan`: as the program has written it. What is given outlives this; `locks` hold what is locked.
  text_output_start(const runtime_options& options, const application_services& application,
                    const plan::physical_plan& plan, file_system& files, output_locks& locks)
    : options_{options}, application_{application}, plan_{plan}, files_{files}, locks_{locks} {}

  /// Locks what is marked already, and looks whose it is and which batches lie there; `content` is that of the log. Nothing is written.
  result<void> examine_marked(const log::store& content);
  /// Locks the rest.
  result<void> lock_all(const log::store& content);
  /// A batch that lies there and that the log does not know: the log goes on behind it.
  const std::optional<log::last_batch>& beyond() const { return claims_.beyond; }
  /// Writes the marks. `last`: the newest batch of the log.
  result<void> claim(const std::optional<log::last_batch>& last);

private:
  bool has_real_files() const { return !options_.files; }
  result<output_claims> examine(const log::store& content) const;

  const runtime_options& options_;
  const application_services& application_;
  const plan::physical_plan& plan_;
  file_system& files_;
  output_locks& locks_;
  output_claims claims_;
};

} // namespace weir::actors
