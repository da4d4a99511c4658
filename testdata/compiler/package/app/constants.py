NAME = "package"
DELAY = 3
