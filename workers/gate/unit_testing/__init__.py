"""What the check ``unit_tests`` knows of test runs: how one is started, and what its end means."""
