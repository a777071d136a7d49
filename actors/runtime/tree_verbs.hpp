#pragma once

#include <map>
#include <memory>
#include <string>

#include "actors/monitor/control_socket.hpp"
#include "actors/supervisor/supervised_tree.hpp"

namespace weir::actors {

/// What the control socket answers about the supervisor tree:
///
///   tree                                  the tree as JSON; `about` says more of the actors that it names
///   kill NAME [kill|exit|throw|stray]     only while a chaos page is attached: ends an actor or a supervisor, by a kill, by an exit message,
///                                         by an exception in a handler; or sends it a message that it does not know
control_verbs tree_verbs(std::shared_ptr<supervised_tree> tree, std::map<std::string, std::string> about = {});

} // namespace weir::actors
