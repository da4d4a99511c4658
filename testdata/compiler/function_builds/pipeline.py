from remotemedia import AudioMixNode, AudioResampleNode, AudioSource, Node, OnnxNode, Pipeline


def build(name):
    made = Pipeline(name)
    made.add(AudioSource())
    return made


def main():
    pipeline = build("function_builds")
    print(pipeline.inspect())


if __name__ == "__main__":
    main()

