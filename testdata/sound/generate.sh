#!/bin/sh
# The same utterance in every format that is read; needs flac, lame and vorbis-tools. Encoders differ between versions,
# so the files are committed and only their sound is compared.
set -eu
cd "$(dirname "$0")"
speech=../speech/sense_0880.wav
flac --silent --force --best -o sense_0880.flac "$speech"
lame --quiet -b 48 -m m "$speech" sense_0880.mp3
oggenc --quiet --quality 3 --serial 1 -o sense_0880.ogg "$speech"
