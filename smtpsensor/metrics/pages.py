"""What is served under which path."""

from asyncio import get_running_loop
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from html import escape
from http import HTTPStatus
from typing import Any, Final

from tornado.gen import with_timeout
from tornado.iostream import IOStream, StreamClosedError
from tornado.util import TimeoutError as LateError
from tornado.web import Application, HTTPError, RequestHandler

from smtpsensor import __version__
from smtpsensor.metrics.access import Access
from smtpsensor.metrics.exposition import Exposition, content_type, wants, wants_openmetrics
from smtpsensor.metrics.served import Failed, Page, Served

# Header of Prometheus and of those who scrape as it does: seconds that a scrape may take.
SCRAPER: Final = "X-Prometheus-Scrape-Timeout-Seconds"
_TEXT: Final = "text/plain; charset=utf-8"
_WAITING: Final = 8  # passwords that wait for the one thread that looks at them
_METHODS: Final = ("GET", "HEAD")


@dataclass(slots=True)
class Site:
    """What all handlers share. `busy`: connections that are being answered."""

    exposition: Exposition
    served: Served
    access: Access | None
    failed: Failed
    seconds: float  # within which a client takes its answer
    busy: set[IOStream] = field(default_factory=set)
    waiting: int = 0
    hashing: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, "smtpsensor-password"))


def application(site: Site) -> Application:
    """Return the pages."""
    given = {"site": site}
    return Application(
        [
            ("/", Landing, given),
            ("/metrics", Metrics, given),
            ("/-/healthy", Healthy, given),
            ("/-/ready", Ready, given),
            (r"/(report|report\.json)", Report, given),
        ],
        default_handler_class=NotFound,
        default_handler_args=given,
        log_function=lambda _handler: None,
    )


class _Handler(RequestHandler):
    SUPPORTED_METHODS = _METHODS
    site: Site

    def initialize(self, site: Site) -> None:
        self.site = site

    def set_default_headers(self) -> None:
        self.set_header("Server", f"smtpsensor/{__version__}")
        self.set_header("X-Content-Type-Options", "nosniff")

    async def prepare(self) -> None:
        """Let in who may come in."""
        stream = self._stream()
        if stream is not None:
            self.site.busy.add(stream)
        access = self.site.access
        if access is None:
            return
        header = self.request.headers.get("Authorization")
        opens = access.known(header)
        if opens is None and header is not None:
            if self.site.waiting >= _WAITING:
                raise HTTPError(HTTPStatus.SERVICE_UNAVAILABLE)
            self.site.waiting += 1
            try:
                opens = await get_running_loop().run_in_executor(self.site.hashing, access.check, header)
            finally:
                self.site.waiting -= 1
        if not opens:
            raise HTTPError(HTTPStatus.UNAUTHORIZED)

    async def head(self, *path: str) -> None:
        """Answer as to GET; tornado leaves the body out."""
        await self.get(*path)

    async def get(self, *path: str) -> None:
        """Answer."""
        raise NotImplementedError

    async def answer(self, body: bytes, kind: str = _TEXT) -> None:
        """Send all of it, as long as the client takes it."""
        self.set_header("Content-Type", kind)
        self.set_header("Content-Length", len(body))
        self.write(body)
        try:
            await with_timeout(timedelta(seconds=self.site.seconds), self.flush())
        except StreamClosedError:
            return
        except LateError:
            stream = self._stream()
            if stream is not None:
                stream.close()
            return
        self.finish()

    def compute_etag(self) -> None:
        """Do without: nobody asks twice for the same."""

    def write_error(self, status_code: int, **_more: Any) -> None:
        """Say the status in words."""
        self.set_header("Content-Type", _TEXT)
        if status_code == HTTPStatus.UNAUTHORIZED:
            self.set_header("WWW-Authenticate", 'Basic realm="smtpsensor", charset="UTF-8"')
        elif status_code == HTTPStatus.METHOD_NOT_ALLOWED:
            self.set_header("Allow", ", ".join(_METHODS))
        elif status_code == HTTPStatus.SERVICE_UNAVAILABLE:
            self.set_header("Retry-After", "1")
        self.finish(f"{HTTPStatus(status_code).phrase}\n")

    def log_exception(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        """Hand on a mistake of the program; what clients do wrong is theirs."""
        del kind, trace
        if error is not None and not isinstance(error, HTTPError | StreamClosedError):
            self.site.failed(error)

    def on_finish(self) -> None:
        stream = self._stream()
        if stream is not None:
            self.site.busy.discard(stream)

    on_connection_close = on_finish

    def _stream(self) -> IOStream | None:
        return getattr(self.request.connection, "stream", None)


class Landing(_Handler):
    """Where to look."""

    async def get(self, *path: str) -> None:  # noqa: ARG002 - tornado calls all alike
        """Answer."""
        await self.answer(landing(self.site.served).encode(), "text/html; charset=utf-8")


class Metrics(_Handler):
    """The scrape."""

    async def get(self, *path: str) -> None:  # noqa: ARG002 - tornado calls all alike
        """Answer."""
        headers = self.request.headers
        openmetrics = wants_openmetrics(headers.get("Accept", ""))
        zipped = wants(headers.get("Accept-Encoding", ""), "gzip") > 0
        patience = headers.get(SCRAPER)
        page = self.site.exposition.text(
            openmetrics=openmetrics,
            zipped=zipped,
            prometheus=patience is not None,
            hold=_seconds(patience),
        )
        if zipped:
            self.set_header("Content-Encoding", "gzip")
        self.set_header("Vary", "Accept, Accept-Encoding")
        await self.answer(page, content_type(openmetrics=openmetrics))
        self.site.served.scraped.set()


class Healthy(_Handler):
    """The program runs."""

    async def get(self, *path: str) -> None:  # noqa: ARG002 - tornado calls all alike
        """Answer."""
        await self.answer(b"smtpsensor is healthy.\n")


class Ready(_Handler):
    """It reads frames, or has read them all."""

    async def get(self, *path: str) -> None:  # noqa: ARG002 - tornado calls all alike
        """Answer."""
        ready = self.site.served.ready.is_set()
        if not ready:
            self.set_status(HTTPStatus.SERVICE_UNAVAILABLE)
        await self.answer(b"smtpsensor is ready.\n" if ready else b"smtpsensor is not ready yet.\n")


class Report(_Handler):
    """The report, once there is one."""

    async def get(self, *path: str) -> None:
        """Answer."""
        page = self.site.served.pages.get(path[0])
        if page is None:
            raise HTTPError(HTTPStatus.NOT_FOUND)
        await self.answer(page.body, page.kind)


class NotFound(_Handler):
    """Nothing else is here."""

    async def prepare(self) -> None:
        """Let in who may come in, to find nothing."""
        await super().prepare()
        if self.request.method in _METHODS:
            raise HTTPError(HTTPStatus.NOT_FOUND)


_LINKS: Final = (
    ("metrics", "metrics", "what Prometheus scrapes"),
    ("report", "report", "the report of the replay"),
    ("report.json", "report.json", "the same as JSON"),
    ("-/healthy", "health", "200 while the program runs"),
    ("-/ready", "readiness", "200 once it reads frames"),
)


def landing(served: Served) -> str:
    """Return the page at `/`."""
    there: dict[str, Page] = served.pages
    rows = "".join(
        f'<li><a href="{path}">{name}</a>: {what}</li>\n'
        for path, name, what in _LINKS
        if not path.startswith("report") or path in there
    )
    host = escape(served.host)
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>smtpsensor</title></head>\n'
        f"<body><h1>smtpsensor {__version__}</h1>\n<p>Sensor {host}: who is guessing which mail account, and"
        f" whether one of them got in.</p>\n<ul>\n{rows}</ul></body></html>\n"
    )


def _seconds(text: str | None) -> float:
    try:
        return max(0.0, float(text or 0))
    except ValueError:
        return 0.0


def nothing_left(site: Site) -> None:
    """Let the thread for passwords go."""
    site.hashing.shutdown(wait=False, cancel_futures=True)
