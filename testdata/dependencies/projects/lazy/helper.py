def words(text):
    import tiny_helper

    return tiny_helper.words(text)


def spectrum(value):
    import native_fft

    return native_fft.fft(value)
