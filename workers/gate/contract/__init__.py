"""What the checks of the contract with a model repository share: readers and rules."""
