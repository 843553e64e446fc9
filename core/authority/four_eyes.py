"""Who had a hand in a release may not decide about it: nobody opens a gate for their own boat."""

from core.people import Person
from core.release.model import Model
from core.release.release import Release


def excluded(model: Model, release: Release, requester: Person) -> dict[str, str]:
    """Ids and addresses of who may not approve, each with the reason.

    Addresses stand for commit authors whom the directory does not know.
    """
    reasons: dict[str, str] = {}
    for author in release.authors:
        reasons[author.person or author.email.casefold()] = "wrote commits of this release"
    checked = release.checked
    creators = model.creators.get(release.commit, ()) + (
        checked.pull_request_creators if checked else ()
    )
    reasons |= dict.fromkeys(creators, "opened the pull request")
    reasons |= dict.fromkeys(release.trainers, "caused the training run")
    reasons[release.pusher] = "pushed this commit"
    reasons[requester.id] = "asked for this promotion"
    return {key: reason for key, reason in reasons.items() if key}


def why_excluded(person: Person, reasons: dict[str, str]) -> str:
    """Why four eyes bar this person, or "" when they do not."""
    lowered = {key.casefold(): reason for key, reason in reasons.items()}
    keys = (person.id, *person.emails)
    return next((lowered[key.casefold()] for key in keys if key.casefold() in lowered), "")
