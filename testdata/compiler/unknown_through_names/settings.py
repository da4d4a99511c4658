import os

RATE = int(os.getenv("RATE", "16000"))
