"""Running: a reference is resolved, verified, planned and handed to the engine.

    import os

    from remotemedia.runtime.home import home_directory
    from remotemedia.runtime.network import Network
    from remotemedia.runtime.resolve import Resolver
    from remotemedia.runtime.run import RunOptions, run_package

    package = Resolver(os.environ, Network()).resolve("oci://registry.example/speech:1.0")
    options = RunOptions(input="recording.wav")
    run_package(package, options, home=home_directory(os.environ), on_event=print)

`publish` goes the other way, from a file to a registry; `inprocess` runs a pipeline in this very interpreter. Each is
imported where it is needed: together they weigh more than any one of them.
"""
