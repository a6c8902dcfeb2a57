"""Spark: the engine beyond one machine; needs the extra `netlift[spark]` and a Java of version 17 or 21."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from netlift.engines.base import Engine, Frame, Settings
from netlift.errors import EngineError

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import SparkSession

_LOGGING = """\
status = error
appenders = console
appender.console.type = Console
appender.console.name = console
appender.console.target = SYSTEM_ERR
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = spark: %p %m%n
rootLogger.level = error
rootLogger.appenderRef.console.ref = console
"""


def missing() -> str | None:
    """What has to be installed before Spark can run here; None: nothing."""
    import importlib.util

    if importlib.util.find_spec("pyspark") is None:
        return "the Python package pyspark is missing: pip install 'netlift[spark]'"
    java = _java()
    if java is None:
        return "no Java was found (JAVA_HOME or PATH): install a Java runtime of version 17 or 21"
    version = _java_version(java)
    if version is not None and version < 17:
        return f"{java} is Java {version}: Spark 4 needs version 17 or 21 (set JAVA_HOME)"
    return None


class Spark(Engine):
    """One Spark session over Parquet files.

    If Spark runs already in this process (a notebook, `spark-submit`), its context is used and left running;
    otherwise one is started here and stopped by `close`.
    """

    kind = "spark"

    def __init__(self, settings: Settings | None = None) -> None:
        super().__init__(settings)
        if lack := missing():
            raise EngineError(f"Spark cannot start: {lack}")
        from pyspark import SparkContext
        from pyspark.sql import SparkSession

        guest = SparkContext._active_spark_context is not None
        self._folder = None if guest else Path(tempfile.mkdtemp(prefix="netlift-spark-", dir=self.settings.temp_folder))
        base = SparkSession.builder.getOrCreate() if self._folder is None else _start(self.settings, self._folder)
        self.session = base.newSession()  # its SQL settings are its own, on a context that others may share
        self.session.conf.set("spark.sql.session.timeZone", "UTC")

    def _scan(self, parts: tuple[Path, ...]) -> Frame:
        import narwhals as nw

        with refusals():
            return nw.from_native(self.session.read.parquet(*(_literal(part) for part in parts)))

    def collect(self, frame: Frame) -> "pa.Table":
        """Run what `frame` describes; rows come in no particular order unless it sorts."""
        import pyarrow as pa

        with refusals():
            table = frame.to_native().toArrow()
        return table.cast(pa.schema([field.with_nullable(True) for field in table.schema]))

    def close(self) -> None:
        """Stop what was started here, and remove what it left on disk."""
        if self._folder is None:
            return
        application = self.session.sparkContext.applicationId
        self.session.stop()
        shutil.rmtree(self._folder, ignore_errors=True)
        _remove_executor_folder(application)
        self._folder = None


def _start(settings: Settings, folder: Path) -> "SparkSession":
    from pyspark.sql import SparkSession

    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)  # else workers take whatever python3 is on PATH
    master = settings.master or f"local[{settings.threads or '*'}]"
    builder = SparkSession.builder.appName("netlift").master(master)
    chosen = {**_common(settings, folder), **(_local(settings, folder) if master.startswith("local") else {})}
    for name, value in {**chosen, **settings.options}.items():
        builder = builder.config(name, value)
    with refusals():
        return builder.getOrCreate()


def _common(settings: Settings, folder: Path) -> dict[str, str]:
    memory = {"spark.driver.memory": f"{settings.memory_mb}m"} if settings.memory_mb else {}
    return memory | {
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.log.level": "ERROR",
        "spark.sql.ansi.enabled": "true",  # an overflow is an error, never a wrong sum
        "spark.sql.warehouse.dir": (folder / "warehouse").as_uri(),
    }


def _local(settings: Settings, folder: Path) -> dict[str, str]:
    """On one machine: loopback only, few partitions, and a JVM that starts fast and stays small."""
    os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
    logging = folder / "log4j2.properties"
    logging.write_text(_LOGGING, encoding="utf-8")
    java = f"-XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Dlog4j2.configurationFile={logging.as_uri()}"
    return {
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.extraJavaOptions": java,
        "spark.executor.extraJavaOptions": java,
        "spark.local.dir": str(folder),
        "spark.sql.shuffle.partitions": str(settings.threads or os.cpu_count() or 2),
    }


@contextmanager
def refusals() -> Iterator[None]:
    """Says what Spark refuses in netlift's own error, with the line of its report that names the cause."""
    from py4j.protocol import Py4JError  # type: ignore[import-untyped]
    from pyspark.errors import PySparkException

    try:
        yield
    except (PySparkException, Py4JError) as error:
        lines = str(error).strip().splitlines() or [type(error).__name__]
        causes = [line for line in lines if "Error" in line]  # of a worker in Python the last one
        raise EngineError(f"Spark refused the work: {(causes[-1] if causes else lines[0]).strip()}") from error


def _literal(path: Path) -> str:
    """The path with Hadoop's wildcards taken literally."""
    return re.sub(r"([\\*?\[\]{}])", r"\\\1", str(path))


def _java() -> str | None:
    home = os.environ.get("JAVA_HOME")
    return shutil.which("java", path=str(Path(home) / "bin")) if home else shutil.which("java")


def _java_version(java: str) -> int | None:
    """The major version that `java -version` prints, e.g. 17; 1.8 is 8; None: it says nothing that is known."""
    said = subprocess.run([java, "-version"], capture_output=True, text=True, check=False).stderr  # noqa: S603 - a fixed command line
    found = re.search(r'version "(?:1\.)?(\d+)', said)
    return int(found.group(1)) if found else None


def _remove_executor_folder(application: str) -> None:
    """`local-cluster` masters write executor logs into Spark's own installation."""
    import pyspark

    work = Path(os.environ.get("SPARK_HOME", Path(pyspark.__file__).parent)) / "work"
    shutil.rmtree(work / application, ignore_errors=True)
    if work.is_dir() and not any(work.iterdir()):
        work.rmdir()
