"""Who had a hand in a release may not decide about it: nobody opens a gate for their own boat."""

from collections.abc import Iterator

from core.contributors import Contributors
from core.people import Person, folded
from core.release.release import Release


def excluded(release: Release, contributors: Contributors | None) -> dict[str, str]:
    """Folded ids and names of who may not approve, each with what they did, to follow "you".

    A name stays barred beside the person whom it belongs to: the directory may change.
    """
    reasons = hands_in(contributors) if contributors else _noted(release)
    for person, did in _asked(release):
        reasons |= dict.fromkeys(person.names, did)
    reasons.setdefault(release.pusher, "pushed this commit")
    for trainer in release.trainers:
        reasons.setdefault(trainer, "caused the training run")
    return {folded(key): reason for key, reason in reasons.items() if key}


def why_excluded(person: Person, reasons: dict[str, str]) -> str:
    """Why four eyes bar this person, or "" when they do not."""
    return next((reasons[name] for name in sorted(person.names) if name in reasons), "")


def hands_in(contributors: Contributors) -> dict[str, str]:
    """By every id and name of who had a hand, what they did, to follow "you"."""
    reasons: dict[str, str] = {}
    for each in contributors.found:
        did = f"{each.part} commit {each.commit[:10]}"
        for key in (each.person, each.name, *each.same_as):
            reasons.setdefault(key, did)
    return reasons


def _noted(release: Release) -> dict[str, str]:
    """In ledgers of before the gate noted the authors when a commit was pushed."""
    checked = release.checked
    authors = (author.person or author.email.casefold() for author in release.authors)
    creators = checked.pull_request_creators if checked else ()
    return {
        **dict.fromkeys(authors, "wrote commits of this release"),
        **dict.fromkeys(creators, "opened the pull request"),
    }


def _asked(release: Release) -> Iterator[tuple[Person, str]]:
    if release.accepted_by is not None:
        yield release.accepted_by, "accepted this version"
    for promotion in release.promotions.values():
        yield promotion.requester, f"asked for {promotion.stage}"
