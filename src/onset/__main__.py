"""`python -m onset` is the command `onset`."""

from onset.cli import main

if __name__ == "__main__":
    main()
