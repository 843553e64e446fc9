"""What the host of git is told of a release: the gate's status, its remarks and the tests."""
