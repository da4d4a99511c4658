"""Rounds of several clients in turn, and the table of what they took."""

from __future__ import annotations

import shutil
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from benchmarks.transfers.bench import Bench, Client
from benchmarks.transfers.processes import Cost, median, ratio

Costs = Mapping[tuple[str, str], Sequence[Cost]]


@dataclass(frozen=True)
class Comparison:
    """What is compared.

    Attributes:
        rows: of the table, in order.
        clients: in the order they run.
        reference: whose ratios are quoted.
        goals: what is aimed at, by row.
    """

    rows: Sequence[str]
    clients: Sequence[Client]
    reference: str
    goals: Mapping[str, str]

    def measure(self, bench: Bench, rounds: int) -> Costs:
        """Every client in turn, round by round."""
        costs: dict[tuple[str, str], list[Cost]] = defaultdict(list)
        here = [client for client in self.clients if client.is_there(bench)]
        for client in here:
            if client.prepare is not None:
                client.prepare(bench)
        for number in range(rounds):
            for client in here:
                for row, step in client.steps.items():
                    costs[row, client.name].append(step(bench, f"{client.pulls_of or client.name}{number}"))
                shutil.rmtree(bench.place / "files", ignore_errors=True)
        return costs

    def show(self, costs: Costs) -> None:
        """Print the table."""
        print(f"{'':<24}{'wall s':>8}{'CPU s':>8}{'RSS MiB':>9}{'wall':>9}{'CPU':>9}")
        for row in self.rows:
            for client in self.clients:
                if row in client.steps:
                    print(f"{row:<16}{client.name:<8}{self._figures(costs, row, client)}".rstrip(), flush=True)

    def _figures(self, costs: Costs, row: str, client: Client) -> str:
        mine, theirs = costs.get((row, client.name)), costs.get((row, self.reference))
        if not mine:
            return "is not installed"
        text = f"{median(mine, 'wall'):>8.2f}{median(mine, 'cpu'):>8.2f}{median(mine, 'memory'):>9.0f}"
        for field in ("wall", "cpu"):
            text += f"{ratio(mine, theirs, field):>7.2f} x" if theirs else " " * 9
        note = self.goals.get(row, "") if client.name == "ours" else client.notes.get(row, "")
        return f"{text}   {note}"
