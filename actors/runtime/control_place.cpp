#include "actors/runtime/control_place.hpp"

#include <filesystem>

namespace weir::actors {

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

result<void> take_control_socket(const runtime_options& options, std::unique_ptr<control_socket>& socket) {
  auto& wanted = options.control_socket;
  if (socket || wanted == "none" || (wanted.empty() && options.data_dir.empty()))
    return {};
  auto taken = control_socket::reserve(wanted.empty() ? control_socket_path(options.data_dir) : wanted);
  if (taken)
    socket = std::move(*taken);
  else if (!wanted.empty())
    return tl::make_unexpected(taken.error());
  else
    options.journal->warning("local tools cannot ask this application: " + taken.error().message());
  return {};
}

} // namespace weir::actors
