"""A function of a sibling module makes the pipeline, and one of its nodes is made by another."""
from parts.graphs import build
from parts.stages import mixer

p = build("factory_module", [mixer(1), mixer(2, name="second")])
