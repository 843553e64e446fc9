"""The folder contract with a model repository; policy may rename its paths and functions."""

import msgspec


class Layout(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Paths from the root of the repository; ``train`` and ``score`` live in MODEL_SRC_PATH."""

    readme: str = "README.md"
    variables: str = "model_variables.yml"
    conda: str = "conda.yml"
    pip: str = "requirements.txt"
    tests: str = "tests"
    train: str = "train.py"
    score: str = "score.py"
    train_function: str = "train"
    score_function: str = "score"
    evaluate_function: str = "evaluate"

    def environment(self, kind: str) -> str:
        """The environment file of a kind: ``conda`` or ``pip``."""
        return self.pip if kind == "pip" else self.conda
