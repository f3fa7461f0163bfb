"""Entry point: `python bot.py COMMAND`; see `python bot.py --help`."""

from bot.cli import main

if __name__ == "__main__":
    main()
