"""One answer of the gate with everything in it that a form has to carry."""

from core.gate.checks import GBI, MODEL_DEV, CheckResult, Finding, Measure, Status

BLOCKING = CheckResult(
    check="entry_points", title="train.py and score.py define their functions", owner=GBI,
    priority=1, status=Status.FOUND, seconds=0.5,
    findings=(
        Finding("src/train.py", "define a top-level function train(data, params)", "has none", 3),
        Finding("src/my score.py", "add <score> & | `evaluate`", "is missing"),
    ),
)  # fmt: skip
ADVICE = CheckResult(
    check="lint", title="Readable code", owner=MODEL_DEV, priority=3, status=Status.FOUND,
    findings=(Finding("src/a.py", "remove it", "unused import", 1, "W0611", is_advice=True),),
    measures=(Measure("score", 9.25, "of 10"),), note="Profile pep8.\nSee the rules.",
)  # fmt: skip
SILENT = CheckResult(
    check="duplicates", title="No copies", owner=GBI, priority=3, status=Status.NOT_CHECKED,
    note="there is no index here",
)  # fmt: skip
BROKEN = CheckResult(
    check="bandit", title="No risky calls", owner=MODEL_DEV, priority=4,
    status=Status.COULD_NOT_RUN, note="stopped after 60 s",
)  # fmt: skip
PASSED = CheckResult(
    check="naming", title="Names", owner=GBI, priority=2, status=Status.PASSED
)  # fmt: skip
HOSTILE = CheckResult(
    check="structure", title="Folders", owner=GBI, priority=1, status=Status.FOUND,
    findings=(
        Finding("a\x00b\ufffe|c`.py", "](http://evil) <script>\x1b", "]]> <!-- | x", 1),
        Finding("ünï/コード.py", "rename it", "&amp;"),
    ),
)  # fmt: skip
RESULTS = (BLOCKING, ADVICE, SILENT, BROKEN, PASSED, HOSTILE)
