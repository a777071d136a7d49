#include "libstream/log/set_aside.hpp"

#include <filesystem>

#include "libstream/log/directory_lock.hpp"

namespace weir::log {

namespace fs = std::filesystem;

result<std::string> set_aside(const std::string& path) {
  std::error_code failure;
  auto from = fs::weakly_canonical(fs::absolute(path), failure);
  if (failure)
    return fail(error_code::disk, "cannot set the data directory aside: " + failure.message(), path);
  if (!from.has_filename())
    from = from.parent_path();
  auto lock = directory_lock::try_quietly(from.string());
  if (!lock && fs::exists(from, failure))
    return fail(error_code::configuration, "cannot set the data directory aside: another process uses it",
                from.string(), "stop it first");
  auto target = from;
  for (int number = 1; fs::exists(target, failure) && !failure; ++number)
    target = from.string() + ".set-aside-" + std::to_string(number);
  if (!failure)
    fs::rename(from, target, failure);
  if (failure)
    return fail(error_code::disk, "cannot set the data directory aside: " + failure.message(), from.string(),
                "check the permissions of the directory above it");
  return target.string();
}

} // namespace weir::log
