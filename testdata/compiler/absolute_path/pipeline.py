from remotemedia import Node, Pipeline


class Words(Node):
    def __init__(self, file=None, routes=(), **kwargs):
        super().__init__(**kwargs)

    def process(self, value):
        return value


p = Pipeline("rm127")
p.add(Words("/home/me/words.txt"))
p.add(Words("~/words.txt"))
p.add(Words(r"C:\Users\me\words.txt"))
p.add(Words(file={"paths": ["/tmp/words.txt"]}))
# None of these is one.
p.add(Words("words.txt", routes=["/v1/chat", "/", "/healthz", "a: b", "https://example.org/tmp/a"]))
