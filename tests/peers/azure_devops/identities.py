"""Who acts in an organisation: people, service principals, build services and groups."""

import base64
from dataclasses import dataclass
from uuid import NAMESPACE_URL, uuid5

PREFIXES = {"person": "aad", "servicePrincipal": "aadsp", "buildService": "svc", "group": "vssgp"}
SUBJECT_KINDS = {
    "person": "user",
    "servicePrincipal": "servicePrincipal",
    "buildService": "user",  # so it is: only the descriptor tells
    "group": "group",
}


@dataclass(frozen=True)
class Identity:
    """One identity; ``unique_name`` is the UPN of a person and the client id of a principal."""

    unique_name: str
    display_name: str
    kind: str = "person"

    @property
    def id(self) -> str:
        return str(uuid5(NAMESPACE_URL, f"identity:{self.unique_name}"))

    @property
    def descriptor(self) -> str:
        subject = str(uuid5(NAMESPACE_URL, f"subject:{self.unique_name}"))
        return f"{PREFIXES[self.kind]}.{base64.b64encode(subject.encode()).decode().rstrip('=')}"

    @property
    def subject_kind(self) -> str:
        return SUBJECT_KINDS[self.kind]

    @property
    def email(self) -> str:
        """What git writes into a commit of theirs."""
        is_address = "@" in self.unique_name
        return self.unique_name if is_address else f"{self.id}@services.invalid"


def person(name: str, unique_name: str) -> Identity:
    return Identity(unique_name, name)


def service_principal(name: str, client_id: str) -> Identity:
    return Identity(client_id, name, "servicePrincipal")


def build_service(project: str, organisation: str) -> Identity:
    subject = uuid5(NAMESPACE_URL, f"build:{organisation}/{project}")
    return Identity(
        f"Build\\{subject}", f"{project} Build Service ({organisation})", "buildService"
    )


def group(project: str, name: str) -> Identity:
    team_project = uuid5(NAMESPACE_URL, f"project:{project}")
    unique_name = f"vstfs:///Classification/TeamProject/{team_project}\\{name}"
    return Identity(unique_name, f"[{project}]\\{name}", "group")
