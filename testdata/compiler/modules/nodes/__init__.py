from .gain import Gain
from .shape import LIMIT
