from remotemedia import AudioMixNode


def mixer(channels, **options):
    return AudioMixNode(channels, **options)
