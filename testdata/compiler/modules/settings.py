__all__ = ["TITLE"]
RATE = 24000
NAME = "modules"
TITLE = "titled"
GAINS = {"loud": 2.0}
