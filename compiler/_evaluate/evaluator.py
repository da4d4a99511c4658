"""The evaluator's state, and the way from a syntax node to its handler."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, Final

from remotemedia.compiler._bounds import MAX_STEPS
from remotemedia.compiler._diagnostic import Diagnostic, compile_error
from remotemedia.compiler._evaluate.passing import pass_over_expression, pass_over_statement
from remotemedia.compiler._evaluate.stops import ModuleEndsError
from remotemedia.compiler._source import Place
from remotemedia.compiler._values import (
    External,
    Items,
    Known,
    PipelineInstance,
    ProjectModule,
    Scope,
    Table,
    Unknown,
    Value,
    contained,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    import libcst as cst

    from remotemedia.compiler._findings import Findings
    from remotemedia.compiler._modules import Modules
    from remotemedia.compiler._source import Source

__all__ = ["Evaluator"]

_PARTS_OF_A_STEP: Final = 16


class Evaluator:
    """Evaluates the modules of one project.

    Attributes:
        modules: the project's source files.
        findings: takes what is refused.
        pipelines: every pipeline made so far, in order.
        source: the file that is being evaluated.
        scope: where names are looked up and bound.
        qualname: the class body that is being evaluated, with a dot behind it; empty in a module.
    """

    def __init__(
        self,
        entry: Source,
        modules: Modules,
        findings: Findings,
        expressions: Mapping[type[cst.CSTNode], Callable[[Evaluator, Any], Value]],
        statements: Mapping[type[cst.CSTNode], Callable[[Evaluator, Any], None]],
    ) -> None:
        self.modules = modules
        self.findings = findings
        self.pipelines: list[PipelineInstance] = []
        self.source = entry
        self.scope = Scope()
        self.qualname = ""
        self._expressions = expressions
        self._statements = statements
        self._evaluated: dict[str, ProjectModule] = {}
        self._settled: set[str] = set()
        self._steps = 0
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
            with self.inside(source, module.scope), suppress(ModuleEndsError):
                self.execute(source.tree.body)
            self._settled.add(source.module)
        return self._evaluated[source.module]

    def is_settled(self, module: ProjectModule) -> bool:
        """Return whether a module has been evaluated to its end."""
        return module.name in self._settled

    @contextmanager
    def inside(self, source: Source, scope: Scope, qualname: str = "") -> Iterator[None]:
        """Evaluate in another file or scope for a while."""
        before = self.source, self.scope, self.qualname
        self.source, self.scope, self.qualname = source, scope, qualname
        try:
            yield
        finally:
            self.source, self.scope, self.qualname = before

    def evaluate(self, node: cst.BaseExpression) -> Value:
        """Return what an expression is, with its effects applied."""
        self.step(self.source, node)
        return self._expressions.get(type(node), pass_over_expression)(self, node)

    def execute(self, statements: Sequence[cst.CSTNode]) -> None:
        """Apply the effects of statements, in order."""
        for statement in statements:
            self.step(self.source, statement)
            self._statements.get(type(statement), pass_over_statement)(self, statement)

    def place(self, node: cst.CSTNode) -> Place:
        """Return a node of the current file as a place."""
        return Place(self.source, node)

    def unknown(self, because: str, node: cst.CSTNode) -> Unknown:
        """Return an unknown value that has its cause at a node of the current file."""
        return Unknown(because, self.place(node))

    def opaque(self, node: cst.CSTNode, *parts: Value) -> Unknown:
        """Return why the value of a node is not known: because of one of its parts, else because of the node itself."""
        for part in parts:
            if isinstance(part, Unknown):
                return part
            if isinstance(part, External):
                return Unknown(f"`{part.name}`", part.place or self.place(node), foreign=True)
            if isinstance(part, (Items, Table)) and part.lost is not None:
                return part.lost
        return self.unknown(f"`{self.place(node).code()}`", node)

    def contained(self, value: Value) -> Iterator[Value]:
        """Give a value and all that its containers hold, each once; large ones cost steps."""
        for count, part in enumerate(contained(value)):
            if count % _PARTS_OF_A_STEP == _PARTS_OF_A_STEP - 1:
                self.step(*self._at)
            yield part

    def step(self, source: Source, node: cst.CSTNode) -> None:
        """Count one step of the analysis.

        Raises:
            CompileError: RM114, there were too many.
        """
        self._at = source, node
        self._steps += 1
        if self._steps > MAX_STEPS:
            message = f"expected a program of at most {MAX_STEPS} steps outside functions, got more"
            raise compile_error([Diagnostic("RM114", "error", message, source.span(node), help="keep data in files")])
