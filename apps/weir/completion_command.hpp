#pragma once

/// `weir completion bash|zsh [APP]...`: a script that makes the shell complete `weir` and applications.
int completion_command(int argc, char** argv);
