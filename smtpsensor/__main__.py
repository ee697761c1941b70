"""`python -m smtpsensor`, and what the installed command starts."""

from smtpsensor.cli.main import main

if __name__ == "__main__":
    main()
