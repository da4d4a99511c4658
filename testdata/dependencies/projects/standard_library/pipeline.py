"""What the sandbox lacks of the standard library: absent, there and of no use, and reached through a distribution."""

import socket
import ssl
import subprocess
import threading
from concurrent.futures import ThreadPoolExecutor

import acme.beta
from remotemedia import Node, Pipeline


class Locked(Node):
    def process(self, value):
        with threading.Lock():
            return value


class Threaded(Node):
    def process(self, value):
        threading.Thread(target=print).start()
        return value


class Pooled(Node):
    def process(self, value):
        return list(ThreadPoolExecutor().map(str, value))


class Networked(Node):
    def process(self, value):
        return ssl.create_default_context().wrap_socket(socket.socket())


class Spawning(Node):
    def process(self, value):
        return subprocess.run(["true"], check=True)


class Transitive(Node):
    def process(self, value):
        return acme.beta.BETA


p = Pipeline("machine")
p.add(Locked()).add(Threaded()).add(Pooled()).add(Networked()).add(Spawning()).add(Transitive())
