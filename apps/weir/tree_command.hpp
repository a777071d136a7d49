#pragma once

/// `weir tree TARGET [--json]`: shows the supervisor tree of a running application. argv[0] is "tree". Returns the exit code of the contract.
int tree_command(int argc, char** argv);
