#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "libstream/base/limits.hpp"
#include "libstream/log/records.hpp"
#include "libstream/log/store.hpp"

namespace weir::log {

/// The format that this program writes, and the newest that it reads.
inline constexpr std::uint32_t data_format = 1;

struct directory_options {
  std::uint32_t partitions = 1;              ///< at first start; afterwards the stored number counts
  std::uint64_t interval_us = 0;             ///< batch interval; recorded anew by every start
  std::optional<std::uint32_t> repartition;  ///< changes the stored number
  std::optional<std::uint64_t> hash_seed;    ///< at first start; drawn at random if absent
  std::optional<std::uint64_t> directory_id; ///< likewise
  std::size_t max_log_bytes = limits::max_log_bytes;
  bool create_parents = false; ///< for a path that nobody typed: the default one
};

/// One application's data directory, held for as long as this object lives:
///
///   DIR/format   one line, "weir-data 1": what this directory is; read before anything else
///   DIR/lock     locked (flock) by the process that uses the directory; holds its number
///   DIR/log/     the LMDB environment
class data_directory {
public:
  /// Opens `path`, or creates it if it is absent or empty. A crash while creating leaves `path` absent or complete.
  /// Errors: 78 (parent missing, not a data directory, newer, in use, or another application's), 74 (unwritable), 65 (damaged).
  static result<data_directory> open(const std::string& path, const std::string& application,
                                     const directory_options& options);

  data_directory(data_directory&& other) noexcept;
  data_directory& operator=(data_directory&& other) noexcept;
  ~data_directory();

  const std::string& path() const { return path_; }
  /// As stored, with what this start has changed.
  const application_record& application() const { return application_; }
  /// Let go of it before this object: the lock is what keeps others from writing.
  std::shared_ptr<log::store> store() const { return store_; }
  /// This start made the directory.
  bool created() const { return created_; }
  /// The error of the disk after which this start has copied the log to a new file, see `renewal.hpp`; none if it has not.
  const std::optional<std::string>& renewed_because() const { return renewed_because_; }

private:
  data_directory() = default;
  std::string path_;
  int lock_ = -1;
  bool created_ = false;
  std::optional<std::string> renewed_because_;
  application_record application_;
  std::shared_ptr<log::store> store_;
};

/// What a look at a directory from outside yields: nothing is locked, nothing is changed.
struct directory_view {
  application_record application;
  std::shared_ptr<const log::store> store; ///< of the instant of opening; close it soon, see `lmdb_options::read_only`
};

/// For tools. Works while an application runs on the directory. Errors as for `open`, and 78 for a missing one.
result<directory_view> view_directory(const std::string& path);

} // namespace weir::log
