"""The site of a project, made file by file as it is asked for: the bytes that a build would write."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, cached_property
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from portolan.blocks import Builder, single_pages
from portolan.pages import Block, Page
from portolan.project import Project
from portolan.work import Plan, root_files

_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".webmanifest": "application/manifest+json",
    ".xml": "application/xml",
}
_INDEX = "index.html"


class Answer(NamedTuple):
    """What the published site answers for a path, ``_headers`` applied."""

    status: int
    headers: dict[str, str]
    data: bytes


class Site:
    """The whole site. Raises what templates raise."""

    def __init__(self, project: Project) -> None:
        self._plan = Plan(project, Path(), project.published, menu=project.published)
        self._project = project
        self._builder: Callable[[str], Builder] = cache(lambda tag: Builder(project, tag, project.published))

    def answer(self, path: str) -> Answer:
        """The answer for a path relative to the site's root, without query."""
        name = path + _INDEX if not path or path.endswith("/") else path
        data = self._file(name)
        if data is not None:
            return Answer(200, self._headers(path) | {"content-type": _TYPES.get(PurePosixPath(name).suffix, "text/plain; charset=utf-8")}, data)
        if self._file(f"{path}/{_INDEX}") is not None:
            return Answer(307, self._headers(path) | {"location": f"/{path}/"}, b"")
        return Answer(404, self._headers(path) | {"content-type": _TYPES[".html"]}, self._outside[Page("missing").path])

    def _file(self, path: str) -> bytes | None:
        """The bytes of a file, ``None`` when the site has no such file."""
        if path in self._outside:
            return self._outside[path]
        page = Page.parse(path)
        if page is None:
            return None
        if page.locale is None:
            return next((sitemap.data() for sitemap in self._plan.sitemaps if sitemap.page == page), None)
        return self._page(self._builder(page.locale), page) if page.locale in self._project.locales else None

    def _page(self, builder: Builder, page: Page) -> bytes | None:
        if isinstance(page.key, int):
            return builder.port(page.key)
        if isinstance(page.key, Block):
            return builder.index(page.key).data
        return builder.single(page).data if page in single_pages(self._project, builder.locale.tag) else None

    @cached_property
    def _outside(self) -> dict[str, bytes]:
        """The files outside all locales but for sitemaps, by path."""
        return dict(root_files(self._plan))

    def _headers(self, path: str) -> dict[str, str]:
        """What ``_headers`` says for a path: patterns end in ``*``, and what is said later counts."""
        headers: dict[str, str] = {}
        applies = False
        for line in self._outside[Page("headers").path].decode().splitlines():
            name, told, value = line.strip().partition(": ")
            if not told:
                applies = f"/{path}".startswith(name.removesuffix("*"))
            elif applies:
                headers[name.lower()] = value
        return headers
