"""Options that belong together: a command has all of a group, or none of it.

with_network = expanding("network", {"offline": (Annotated[bool, typer.Option(…)], False), …}, NetworkOptions)

@with_network
def pull(reference: str, *, network: NetworkOptions) -> None: …
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from copy import copy
from functools import wraps
from typing import Annotated, Any, TypeAlias, get_args

CommandFunction: TypeAlias = Callable[..., None]


def in_panel(panel: str, annotation: Any) -> Any:
    """Return an option's annotation for another place in the help; where else it is used it stays as it is."""
    kind, option = get_args(annotation)
    option = copy(option)
    option.rich_help_panel = panel
    return Annotated[kind, option]


def expanding(
    name: str, options: Mapping[str, tuple[Any, Any]], make: Callable[..., object], *, panel: str
) -> Callable[[CommandFunction], CommandFunction]:
    """Return a decorator that gives a command a group of options in the place of one parameter.

    typer reads a command's options from its signature, so this is a new one.

    Args:
        name: of the parameter.
        options: annotation and default by the name of each option.
        make: makes the parameter's value of theirs.
        panel: the heading that help puts them under.
    """
    shown = {option: (in_panel(panel, annotation), default) for option, (annotation, default) in options.items()}

    def with_options(command: CommandFunction) -> CommandFunction:
        parameters = []
        for parameter in inspect.signature(command, eval_str=True).parameters.values():
            if parameter.name == name:
                parameters += [
                    parameter.replace(name=option, annotation=annotation, default=default)
                    for option, (annotation, default) in shown.items()
                ]
            else:
                parameters.append(parameter)

        @wraps(command)
        def run(**given: Any) -> None:
            value = make(**{option: given.pop(option) for option in options})
            command(**given, **{name: value})

        run.__annotations__ = {it.name: it.annotation for it in parameters}
        vars(run)["__signature__"] = inspect.Signature(parameters)
        return run

    return with_options
