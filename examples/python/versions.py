"""Sorts the versions that it is given."""

import click
from packaging.version import Version


@click.command()
@click.argument("versions", nargs=-1, required=True)
def main(versions):
    for version in sorted(versions, key=Version):
        click.echo(version)


if __name__ == "__main__":
    main()
