import reaches_native


def level(value):
    return reaches_native.spectrum.level(value)
