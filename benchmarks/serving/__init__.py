"""The parts of `zhaiwen benchmark`: our service beside the one that most people would write."""
