"""Options that belong together: a command has all of a group, or none of it.

with_network = expanding("network", {"offline": (Annotated[bool, typer.Option(…)], False), …}, NetworkOptions)

@with_network
def pull(reference: str, *, network: NetworkOptions) -> None: …
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, TypeAlias

CommandFunction: TypeAlias = Callable[..., None]


def expanding(
    name: str, options: Mapping[str, tuple[Any, Any]], make: Callable[..., object]
) -> Callable[[CommandFunction], CommandFunction]:
    """Return a decorator that gives a command a group of options in the place of one parameter.

    typer reads a command's options from its signature, so this is a new one.

    Args:
        name: of the parameter.
        options: annotation and default by the name of each option.
        make: makes the parameter's value of theirs.
    """

    def with_options(command: CommandFunction) -> CommandFunction:
        parameters = []
        for parameter in inspect.signature(command, eval_str=True).parameters.values():
            if parameter.name == name:
                parameters += [
                    parameter.replace(name=option, annotation=annotation, default=default)
                    for option, (annotation, default) in options.items()
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
