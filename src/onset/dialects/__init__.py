"""Wire languages: bytes to messages and back, both ends, no I/O."""
