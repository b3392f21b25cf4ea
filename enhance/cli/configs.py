"""The `enhance configs` command."""

import json

import click

from camsim.cli import console
from camsim.cli.console import Console


@click.command("configs", short_help="List the training configurations, or show one.")
@click.argument("name", required=False)
@click.option("--keys", is_flag=True, help="Every key with its default, bounds and meaning.")
@click.option("--schema", "as_schema", is_flag=True, help="Print the JSON Schema of configuration files, for editors.")
@console.reporting
def list_configs(name: str | None, keys: bool, as_schema: bool, console: Console) -> None:
    """List the shipped training configurations; with NAME, print one as a TOML file to start from."""
    from enhance import config as configs

    if as_schema:
        click.echo(json.dumps(configs.file_schema(), ensure_ascii=False, indent=1))
    elif keys:
        rows = _keys()
        text = "\n".join(f"{row['key']:29}{row['bounds']:31}{row['meaning']}" for row in rows)
        console.result(text, {"keys": rows})
    elif name:
        config = configs.load(name)
        text = f"{configs.SCHEMA_LINE}\n{configs.to_toml(config).rstrip()}"
        console.result(text, configs.to_dict(config))
    else:
        known = {name: configs.load(name) for name in configs.names()}
        lines = [f"{name:16}{config.description}" for name, config in known.items()]
        console.result("\n".join(lines), {"configs": {name: configs.to_dict(config) for name, config in known.items()}})


def _keys() -> list[dict[str, str]]:
    """Every key of a configuration file with its meaning and bounds."""
    from camsim.schema.fields import bounds, fields
    from enhance import config as configs

    return [
        {"key": prefix + key, "meaning": field.description or "", "bounds": bounds(field)}
        for kind, prefix in ((configs.Config, ""), (configs.Stage, "stage."))
        for key, field in fields(kind)
        if key != "stages"
    ]
