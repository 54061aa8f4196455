"""What the documentation says is what the code does."""

import re
from pathlib import Path

from config import Config
from flashsms.carriers.options import CarrierOptions
from flashsms.simulator.magic import MAGIC

DOCS = Path(__file__).parent.parent / "docs"


def test_the_table_of_magic_numbers_is_the_simulators() -> None:
    table = re.findall(r"^\| `(\d{4})` \| (.*?) \|", (DOCS / "simulator.md").read_text(), re.M)
    assert dict(table) == {ending: magic.what for ending, magic in MAGIC.items()}


def test_every_setting_is_documented(tmp_path: Path) -> None:
    text = (DOCS / "configuration.md").read_text()
    config = Config({"FLASHSMS_HOME": str(tmp_path)})
    internal = {"SQLALCHEMY_TRACK_MODIFICATIONS", "SQLALCHEMY_DATABASE_URI"}
    internal |= {"SQLALCHEMY_ENGINE_OPTIONS", "MAX_CONTENT_LENGTH"}
    missing = [name for name in config.as_dict() if f"`{name}`" not in text]
    assert set(missing) == internal


def test_every_option_of_a_carrier_is_documented() -> None:
    text = "".join((DOCS / name).read_text() for name in ("configuration.md", "carriers.md"))
    parts_of_the_address = {"scheme", "host", "port", "user", "password"}
    options = set(CarrierOptions.__dataclass_fields__) - parts_of_the_address
    assert [name for name in sorted(options) if f"`{name}`" not in text] == []


def test_every_link_leads_somewhere() -> None:
    for page in [DOCS.parent / "README.md", *DOCS.glob("*.md")]:
        for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text()):
            assert (page.parent / target).exists(), f"{page.name}: {target}"
