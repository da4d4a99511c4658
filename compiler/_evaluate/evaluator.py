"""The evaluator's state, and the way from a syntax node to its handler."""

from __future__ import annotations

import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import libcst as cst

from remotemedia.compiler._bounds import MAX_OVERRUNS, MAX_STEPS, STEPS_AFTER_OVERRUN
from remotemedia.compiler._diagnostic import Diagnostic, compile_error
from remotemedia.compiler._evaluate.arguments import Arguments
from remotemedia.compiler._evaluate.calls import invoke
from remotemedia.compiler._evaluate.frames import Facts, Frame, Guard, facts_of
from remotemedia.compiler._evaluate.passing import pass_over, pass_over_expression, pass_over_statement
from remotemedia.compiler._evaluate.reads import Inputs
from remotemedia.compiler._evaluate.stops import RunEndsError, TooLongError
from remotemedia.compiler._scope import Scope
from remotemedia.compiler._source import Place
from remotemedia.compiler._values import (
    Coroutine,
    Declared,
    External,
    Function,
    Known,
    NodeInstance,
    PipelineInstance,
    ProjectClass,
    ProjectModule,
    Unknown,
    Value,
    contained,
    size_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from remotemedia.compiler._findings import Findings
    from remotemedia.compiler._modules import Modules
    from remotemedia.compiler._source import Source
    from remotemedia.errors import CompileError

__all__ = ["Evaluator"]

_PARTS_OF_A_STEP: Final = 16
_MAKING: Final = frozenset({
    cst.BinaryOperation, cst.ConcatenatedString, cst.Dict, cst.FormattedString, cst.List, cst.Set, cst.Tuple,
})  # fmt: skip
"""Expressions whose value is a new one, so that a large one costs more."""


class Evaluator:
    """Evaluates the modules of one project.

    Attributes:
        modules: the project's source files.
        findings: takes what is refused.
        pipelines: every pipeline made so far, in order.
        nodes: every node made so far, in order, whether a pipeline has it or not.
        source: the file that is being evaluated.
        scope: where names are looked up and bound.
        qualname: the class body that is being evaluated, with a dot behind it; empty in a module.
        frame: the call that is being evaluated.
        inputs: the files that the program reads.
        guards: the statements around it that catch exceptions, the innermost last.
        building: the class whose body is being evaluated.
        results: of functions that are called once for each set of arguments.
    """

    def __init__(
        self,
        entry: Source,
        modules: Modules,
        findings: Findings,
        expressions: Mapping[type[cst.CSTNode], Callable[[Evaluator, Any], Value]],
        statements: Mapping[type[cst.CSTNode], Callable[[Evaluator, Any], Iterator[Value] | None]],
    ) -> None:
        self.modules = modules
        self.findings = findings
        self.pipelines: list[PipelineInstance] = []
        self.nodes: list[NodeInstance] = []
        self.source = entry
        self.scope = Scope()
        self.qualname = ""
        self.frame = Frame()
        self.inputs = Inputs(modules.project)
        self.guards: list[Guard] = []
        self.building: ProjectClass | None = None
        self.results: dict[tuple[object, ...], Value] = {}
        self._expressions = expressions
        self._statements = statements
        self._evaluated: dict[str, ProjectModule] = {}
        self._settled: set[str] = set()
        self._homes: dict[int, Source] = {}
        self._facts: dict[cst.CSTNode, Facts] = {}
        self._steps_left = MAX_STEPS
        self._overruns = 0
        self._at: tuple[Source, cst.CSTNode] = entry, entry.tree

    def module(self, source: Source, *, name: str | None = None) -> ProjectModule:
        """Evaluate a module, once; inside a circle of imports, what there is of it so far.

        Args:
            source: the module's file.
            name: its `__name__`; the dotted name where absent.
        """
        if source.module not in self._evaluated:
            module = self._evaluated[source.module] = ProjectModule(source.module, Scope())
            module.scope.names |= {
                "__name__": Known(name or source.module),
                "__file__": Known(str(source.path)),
                "__doc__": Known(source.tree.get_docstring()),
            }
            self._settle_homes(self.source)  # what was made until now is of the module that imports this one
            # Warnings of what is computed, such as a division by zero in numpy, are the author's business.
            with self.inside(source, module.scope, frame=Frame()), warnings.catch_warnings(action="ignore"):
                self._run_module(source.tree.body, is_entry=name is not None)
            self._settle_homes(source)
            self._settled.add(source.module)
        return self._evaluated[source.module]

    def is_settled(self, module: ProjectModule) -> bool:
        """Return whether a module has been evaluated to its end."""
        return module.name in self._settled

    def home(self, pipeline: PipelineInstance) -> Source:
        """Return the file whose evaluation made a pipeline, wherever the code stands that did."""
        return self._homes[id(pipeline)]

    def run_function(self, function: Function) -> None:
        """Call a function of the entry's module without arguments, and await what an `async` one gives.

        Raises:
            CompileError: RM114, it takes too long.
        """
        module = self._evaluated[function.place.source.module]
        with self.inside(function.place.source, module.scope, frame=Frame()), warnings.catch_warnings(action="ignore"):
            try:
                value = self.call(function, Arguments(()), function.node)
                if isinstance(value, Coroutine) and not value.done:
                    value.done = True
                    value.run()
            except RunEndsError:
                pass
            except TooLongError:
                raise self._too_long() from None
        self._settle_homes(function.place.source)

    @contextmanager
    def inside(self, source: Source, scope: Scope, qualname: str = "", frame: Frame | None = None) -> Iterator[None]:
        """Evaluate in another file, scope or call for a while."""
        before = self.source, self.scope, self.qualname, self.frame, self.building
        self.source, self.scope, self.qualname = source, scope, qualname
        if frame is not None:
            self.frame, self.building = frame, None
        try:
            yield
        finally:
            self.source, self.scope, self.qualname, self.frame, self.building = before

    def evaluate(self, node: cst.BaseExpression) -> Value:
        """Return what an expression is, with its effects applied."""
        self.step(self.source, node)
        kind = type(node)
        value = self._expressions.get(kind, pass_over_expression)(self, node)
        if kind in _MAKING:
            self.charge(size_of(value))
        return value

    def call(self, callee: Value, arguments: Arguments, node: cst.CSTNode) -> Value:
        """Return what a call of a value gives, with its effects applied; `node` is where it stands."""
        return invoke(self, callee, arguments, node)

    def apply(self, statement: cst.CSTNode) -> Iterator[Value] | None:
        """Apply the effects of one statement; those of a compound one are applied as its values are taken."""
        self.step(self.source, statement)
        return self._statements.get(type(statement), pass_over_statement)(self, statement)

    def execute(self, statements: Sequence[cst.CSTNode]) -> None:
        """Apply the effects of statements, in order; of a generator's as well, whatever it yields."""
        for _ in self.flow(statements):
            pass

    def flow(self, statements: Sequence[cst.CSTNode]) -> Iterator[Value]:
        """Apply the effects of statements, in order, and give what they yield.

        What stands behind code that may have left the call, or the loop, is passed over.
        """
        for at, statement in enumerate(statements):
            inner = self.apply(statement)
            if inner is not None:
                yield from inner
            if self.frame.ends:
                why = next(iter(self.frame.ends.values()))
                for unreached in statements[at + 1 :]:
                    what = f"code that may not be reached because of {why.because}"
                    pass_over(self, unreached, what=what, why=why)
                return

    def place(self, node: cst.CSTNode) -> Place:
        """Return a node of the current file as a place."""
        return Place(self.source, node)

    def facts(self, node: cst.FunctionDef | cst.Lambda) -> Facts:
        """Return what a function's syntax says, read once."""
        found = self._facts.get(node)
        if found is None:
            found = self._facts[node] = facts_of(node)
        return found

    def doubt(self, node: cst.CSTNode | None = None) -> None:
        """Note that the running program may raise an exception here; what stands at a node, if one is given."""
        for guard in self.guards:
            if guard.version is None:
                place = Place(*self._at) if node is None else self.place(node)
                guard.version, guard.why = self.version(), Unknown(f"`{place.code()}`, which may fail", place)

    def version(self) -> tuple[int, int]:
        """Return a number for each state of all graphs: it differs whenever one of them has changed."""
        parts = (
            len(value)
            for pipeline in self.pipelines
            for name, value in vars(pipeline).items()
            if isinstance(value, (list, dict)) and name != "makers" and not name.startswith("_")
        )
        return len(self.pipelines), sum(parts)

    def unknown(self, because: str, node: cst.CSTNode) -> Unknown:
        """Return an unknown value that has its cause at a node of the current file."""
        self.doubt(node)
        return Unknown(because, self.place(node))

    def opaque(self, node: cst.CSTNode, *parts: Value) -> Unknown:
        """Return why the value of a node is not known: because of one of its parts, else because of the node itself."""
        self.doubt(node)
        for part in parts:
            if isinstance(part, Unknown):
                return part
            if isinstance(part, External):
                return Unknown(f"`{part.name}`", part.place or self.place(node), foreign=True)
            if isinstance(part, Declared):
                return Unknown(f"the {part.kind} `{part.name}`, which a run may change", self.place(node))
            lost = getattr(part, "lost", None)
            if isinstance(lost, Unknown):
                return lost
        return self.unknown(f"`{self.place(node).code()}`", node)

    def contained(self, value: Value) -> Iterator[Value]:
        """Give a value and all that its containers hold, each once; large ones cost steps."""
        for part in contained(value):
            size = size_of(part)
            if size >= _PARTS_OF_A_STEP:
                self.charge(size)
                self.step(*self._at)
            yield part

    def charge(self, size: int) -> None:
        """Count the steps of copying that many items or characters.

        Raises:
            TooLongError: there were too many.
        """
        self._steps_left -= size // _PARTS_OF_A_STEP

    def step(self, source: Source, node: cst.CSTNode) -> None:
        """Count one step of the analysis.

        Raises:
            TooLongError: there were too many.
        """
        self._at = source, node
        self._steps_left -= 1
        if self._steps_left < 0:
            raise TooLongError

    def _run_module(self, statements: Sequence[cst.CSTNode], *, is_entry: bool) -> None:
        """Execute a module's statements; one that takes too long is passed over.

        Raises:
            RunEndsError: the module ends by an exception, and so does the program that imports it.
        """
        for statement in statements:
            try:
                self.execute([statement])
            except TooLongError:
                self._overrun()
                try:
                    pass_over(self, statement, what="code that runs too long to be followed")
                except TooLongError:
                    raise self._too_long() from None
            except RunEndsError:
                if is_entry:
                    return
                raise

    def _settle_homes(self, source: Source) -> None:
        for pipeline in self.pipelines:
            self._homes.setdefault(id(pipeline), source)

    def _overrun(self) -> None:
        """Allow a few more steps, for what stands behind code that took too long.

        Raises:
            CompileError: RM114, that has happened too often.
        """
        self._overruns += 1
        if self._overruns > MAX_OVERRUNS:
            raise self._too_long()
        self._steps_left = STEPS_AFTER_OVERRUN

    def _too_long(self) -> CompileError:
        source, node = self._at
        message = f"expected a program that is followed in {MAX_STEPS} steps, got a longer one"
        help_ = "keep data in files, and long computations inside nodes"
        return compile_error([Diagnostic("RM114", "error", message, source.span(node), help=help_)])
