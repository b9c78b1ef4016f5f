"""`python -m tests.compatibility` writes docs/compatibility.md."""

from tests.compatibility.page import write

if __name__ == "__main__":
    write()
