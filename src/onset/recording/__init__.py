"""The recording: a folder that is written, followed, read, recovered."""
