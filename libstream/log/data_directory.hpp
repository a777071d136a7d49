#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "libstream/base/limits.hpp"
#include "libstream/log/records.hpp"
#include "libstream/log/store.hpp"

namespace weir::log {

class directory_lock;

/// The format that this program writes, and the newest that it reads. It rises when a directory may hold what the program of the format before
/// would not understand: a further table, another key, a field at the end of a record. Each table says which format has brought it (`table_since`).
/// A start on an older directory raises its format and adds the tables that it lacks; what older records lack decodes as its default. A directory
/// of each format lies frozen among the tests.
inline constexpr std::uint32_t data_format = 1;
/// The oldest that it reads.
inline constexpr std::uint32_t oldest_format = 1;

struct directory_options {
  std::uint32_t partitions = 1;              ///< at first start; afterwards the stored number counts
  std::uint64_t interval_us = 0;             ///< batch interval; recorded anew by every start
  std::optional<std::uint32_t> repartition;  ///< changes the stored number
  std::optional<std::uint64_t> hash_seed;    ///< at first start; drawn at random if absent
  std::optional<std::uint64_t> directory_id; ///< likewise
  std::size_t max_log_bytes = limits::max_log_bytes;
  bool create_parents = false;        ///< for a path that nobody typed: the default one
  std::uint32_t format = data_format; ///< as a program of this format does
};

/// One application's data directory, held for as long as this object lives:
///
///   DIR/format   one line, "weir-data 1": what this directory is; read before anything else
///   DIR/lock     holds the number of the process that has DIR locked, see `directory_lock`
///   DIR/log/     the LMDB environment
///
/// Only its owner may read what lies in it: DIR has mode 0700, its files 0600.
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
  friend class examined_directory;
  data_directory();
  std::string path_;
  std::unique_ptr<directory_lock> lock_;
  bool created_ = false;
  std::optional<std::string> renewed_because_;
  application_record application_;
  std::shared_ptr<log::store> store_;
};

/// A data directory of which it is not decided yet whether this start may use it: locked if it is there, read, and not changed. Destroying
/// it leaves everything as it was; what is not there is not made.
class examined_directory {
public:
  /// Errors as of `data_directory::open`, as far as they can be told without writing.
  static result<examined_directory> examine(const std::string& path, const std::string& application,
                                            const directory_options& options);
  examined_directory(examined_directory&&) noexcept;
  examined_directory& operator=(examined_directory&&) noexcept;
  ~examined_directory();

  const std::string& path() const;
  /// There is no such directory, or an empty one.
  bool is_new() const;
  /// As it will be stored.
  const application_record& application() const;
  /// What the log holds; nothing of a new one. Only from this thread.
  const log::store& content() const;

  /// Opens the directory for writing, after all that was put off: a new one is made, a suspect log is copied, and the options and `changes`
  /// are committed.
  result<data_directory> accept(transaction changes) &&;

private:
  struct contents;
  explicit examined_directory(std::unique_ptr<contents> examined);
  std::unique_ptr<contents> examined_;
};

/// What a look at a directory from outside yields: nothing is locked, nothing is changed.
struct directory_view {
  application_record application;
  std::shared_ptr<const log::store> store; ///< of the instant of opening; close it soon, see `lmdb_options::read_only`
};

/// For tools. Works while an application runs on the directory. Errors as for `open`, and 78 for a missing one.
result<directory_view> view_directory(const std::string& path);

/// Every check that a start makes, and all bytes of the view: answers how many values there are. Error 65 names the first bad one.
result<std::uint64_t> verify_directory(const std::string& path, const directory_view& view);

} // namespace weir::log
