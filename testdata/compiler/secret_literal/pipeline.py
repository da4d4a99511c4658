from remotemedia import Node, Pipeline


class Client(Node):
    def __init__(self, api_key=None, token="", headers=None, **kwargs):
        super().__init__(**kwargs)

    def process(self, value):
        return value


KEY = "q8Zr2vLw5xTn9KdB"
p = Pipeline("rm126")
p.add(Client(KEY))
p.add(Client(headers={"Authorization": "Bearer eyJhbGciOiJub25l.eyJzdWIiOiJub2JvZHki.c2lnbmF0dXJl"}))
p.add(Client(headers={"X-Auth-Token": ["q8Zr2vLw5xTn9KdB"]}))
# None of these is one.
p.add(Client(api_key="", token="<|endoftext|>", headers={"Accept": "application/json"}))
p.add(Client(api_key="your-api-key-here", token="[PAD]"))
p.add(Client(p.secret("API_KEY")))
