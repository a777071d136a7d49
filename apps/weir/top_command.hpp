#pragma once

/// `weir top TARGET [--once] [--json]`: how a running application stands. argv[0] is "top". Returns the exit code of the contract.
int top_command(int argc, char** argv);
