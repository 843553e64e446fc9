"""The topics that a model's README has to cover, and the English and Swedish words for them."""

import re
from typing import Final

import msgspec

from workers.gate.readme.page import ReadmePage, plain


class Topic(msgspec.Struct, frozen=True):
    """A topic; ``headings`` matches titles of its section, ``text`` matches mere mentions."""

    name: str
    ask: str
    headings: re.Pattern[str]
    text: re.Pattern[str]


def _words(*beginnings: str) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{'|'.join(beginnings)})", re.IGNORECASE)


# A word ends with \b where its longer forms mean something else.
TOPICS: Final = (
    Topic(
        "purpose",
        "say in a sentence what the model tells, and who does what with it",
        _words(
            "purpose", "overview", "about", "background", "intro", "description", "summary",
            "goal", "objective", "aim", "what", "why", "use case", "business", "problem",
            "motivation", "task", "the model", "syfte", "bakgrund", "översikt", r"om\b", "mål",
            "beskrivning", "inledning", "sammanfattning", "uppgift", "användningsområde", r"vad\b",
            "varför",
        ),
        _words(
            "predict", "forecast", "classif", "detect", "estimat", "segment", "recommend",
            r"ranks?\b", r"scores?\b", "identif", "purpose", r"goals?\b", r"aims?\b",
            r"used (?:to|for|by)\b", "so that", "in order to", "(?:this|the) model", "decides",
            "answers", r"flags?\b", r"marks?\b", r"finds?\b", r"tells?\b", "probabilit",
            "förutsä", "predikter", "prognos", "skatta", "klassificer", "upptäck", "rekommender",
            "syfte", "målet", "används", "modellen", r"hittar?\b", "bedöm", "sannolikhet",
        ),
    ),
    Topic(
        "data",
        "name the tables it reads, what a row is, and where they come from",
        _words(
            r"data\b(?! scien)", "dataset", "input", "feature", "source", "table", "column",
            "target", "indata", "datakäll", "datamängd", "underlag", "tabell", "variabl",
        ),
        _words(
            r"data\b(?! (?:scien|engineer|platform|team|lake))", "dataset", "input", "table",
            "column", "features?\\b", r"rows?\b", "trained on", "learns? from", "datakäll",
            "datamängd", "indata", "träningsdata", "tabell", "kolumn", r"rader\b",
        ),
    ),
    Topic(
        "owner",
        "name the team that owns it, and how to reach them",
        _words(
            "owner", "contact", "maintain", "team", "responsib", "support", "author", "people",
            "who", "governance", "ägar", "kontakt", "ansvar", "förvalt", "teamet", "vem",
        ),
        _words(
            r"own(?:er|ed|s\b)", "maintain", "contact", "responsib", r"teams?\b", "authors?\\b",
            "support(?:ed)? by", "questions", "mailto", r"[\w.+-]{1,64}@\w", "ägs", "ägar",
            "ansvar", "kontakta", "förvaltas", "frågor", r"teamet\b",
        ),
    ),
    Topic(
        "training",
        "say how it is trained or, where nothing is trained, how it is run",
        _words(
            "train", "re-?train", "how to", "run", "usage", "using", "getting started",
            "quick ?start", "develop", "work", "install", "set ?up", "build", "deploy", "pipeline",
            "reproduc", "execut", "trän", "omträn", "köra?", "körning", "kom igång", "använd",
            "utveckl", "så här",
        ),
        _words(
            r"train(?:s|ed|ing)?\b", "re-?train", r"(?:re-?)?fit(?:s|ted|ting)?\b", r"runs?\b",
            "execut", "pipeline", "git push", "sluss check", r"learn(?:s|t|ed|ing)?\b", "tränas?",
            "träning", "omträn", r"körs?\b", r"köra\b", "exekver",
        ),
    ),
    Topic(
        "metrics",
        "name the metrics that evaluate() returns, and what is good enough",
        _words(
            "metric", "evaluat", "performance", "result", "quality", "validat", "accuracy",
            "measure", "monitor", "benchmark", "test result", "mått", "mätetal", "utvärder",
            "prestanda", "resultat", "kvalitet", "valider", "träffsäkerhet", "uppföljning",
        ),
        _words(
            "metric", r"auc\b", "auroc", "roc", "accuracy", "precision", "recall", r"f1\b",
            "rmse", r"mae\b", "mape", "gini", r"ks\b", "silhouette", r"r2\b", "r²", "log ?loss",
            "brier", "lift", "hit rate", "error rate", "false positive", "evaluated", "evaluation",
            "backtest", "träffsäkerhet", "noggrannhet", "mätetal", "utvärder", "felandel",
        ),
    ),
    Topic(
        "limits",
        "say what it must not be used for, and what it does not know",
        _words(
            "limit", "assumption", "caveat", "known", "risk", "bias", "fair", "restrict", "scope",
            "out of scope", "ethic", "warning", "not ", "when not", "do not", "cautions?",
            "begränsning", "antagand", "förbehåll", "kända", "risker", "varning", "etik", "inte ",
        ),
        _words(
            "limit", "assum", "caveat", "bias", "not (?:for|suit|valid|intended|cover|meant)",
            "(?:should|must|may|do|does|can|is|are) not be used", "(?:should|must|may) not",
            "do not use", "only (?:for|valid|covers?|knows?)", "known issue", "out of scope",
            "unreliable", "begräns", "antar", "endast (?:för|giltig)",
            "gäller (?:endast|bara|inte)", "(?:får|ska|bör) inte",
            "inte (?:för|avsedd|lämplig)", "osäker",
        ),
    ),
)  # fmt: skip


def missing(page: ReadmePage) -> list[Topic]:
    """Return the topics that the page lacks; either a section or a sentence is an answer."""
    named = [head.text for head in page.headings if not (head.is_title or head.is_empty)]
    headings = "\n".join(map(plain, named))
    text = "\n".join(plain(line.text) for line in page.prose)
    return [
        topic
        for topic in TOPICS
        if not topic.headings.search(headings) and not topic.text.search(text)
    ]
