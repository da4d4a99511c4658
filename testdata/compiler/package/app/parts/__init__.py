from ..constants import DELAY
