"""A repository of an organisation, commits made with plain git, and our git host for it."""

from pathlib import Path

from adapters.azure_devops import AzureDevOps, AzureDevOpsSettings
from adapters.azure_devops.git_host import AzureGitHost, kept_clones
from adapters.git.command import git_path
from adapters.git.fetch import Fetch
from adapters.git.kept_clones import Bounds
from adapters.git.tree import DEFAULT_LIMITS, TreeLimits
from tests.adapters.bare_repositories.bare_world import WorkTree
from tests.peers.azure_devops import AzureDevOpsPeer, Repository, person

ANNA = person("Anna Berg", "anna.berg@bank.example")


class AzureWorld(WorkTree):
    """``by`` is who pushes what ``commit`` makes."""

    def __init__(self, devops: AzureDevOpsPeer, folder: Path) -> None:
        self.devops = devops
        self.project = devops.project("lending & more")
        self.hosted: Repository = self.project.repository("churn models")
        super().__init__(self.hosted.path, folder / "work")
        self.repository = self.hosted.id
        self.by = devops.join(ANNA)
        self.home = folder / "home"
        self.host = self.opened()

    def opened(
        self,
        *,
        home: Path | None = None,
        limits: TreeLimits = DEFAULT_LIMITS,
        limit_s: float = 60.0,
        git: str = "",
        bounds: Bounds | None = None,
    ) -> AzureGitHost:
        """Open the git host as a process of its own would; without a home on the same clones."""
        settings = AzureDevOpsSettings(address=self.devops.address, token=self.devops.token)
        fetch = Fetch(git=git or git_path(), limit_s=limit_s)
        folder = home or self.home
        clones = kept_clones(folder, fetch, *([bounds] if bounds else []))
        return AzureGitHost(AzureDevOps(settings), clones, lambda: [self.repository], limits=limits)

    @property
    def clone(self) -> Path:
        return self.home / "clones_of_git" / f"{self.repository}.git"

    def push(self) -> str:
        with self.devops.lock:
            before = self.hosted.git.refs()
            commit = super().push()
            self.hosted.record(self.by, before)
        return commit

    def fetches(self) -> int:
        """How often git has asked for objects."""
        return len(list(self.devops.calls.to("POST", "git-upload-pack$")))
