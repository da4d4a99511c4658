import settings
import nodes.shape as shape
import nodes.deep.inner
from nodes import Gain as Loudness, LIMIT
from settings import *
from settings import RATE as RATE_HZ

from remotemedia import AudioResampleNode, Pipeline

p = Pipeline(settings.NAME)
p.add(AudioResampleNode(RATE_HZ)).add(Loudness(factor=settings.GAINS["loud"]))
p.add(shape.Shape(limit=LIMIT)).add(nodes.deep.inner.Inner()).add(nodes.shape.Shape(name=TITLE))
