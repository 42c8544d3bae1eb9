"""
What the build adds to `pyproject.toml`: addresses in the description, and the list of components in the wheel.

The address of the repository is that of the workflow which builds a release (``GITHUB_REPOSITORY``), so that a fork's
package leads to the fork. A package built elsewhere has no such address, and no links in its description that lead
nowhere.
"""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from hatchling.metadata.plugin.interface import MetadataHookInterface

RELATIVE_LINK = re.compile(r"\[([^\]\n]+)\]\((?!https?:|#|mailto:)([^)\s]+)\)")


def repository() -> str:
    """The address of the repository; empty where it is not known."""
    name = os.environ.get("GITHUB_REPOSITORY", "")
    return f"{os.environ.get('GITHUB_SERVER_URL', 'https://github.com')}/{name}" if name else ""


def with_absolute_links(text: str, address: str, revision: str) -> str:
    """A Markdown text whose relative links lead into the repository, or are their text alone where there is none."""
    return RELATIVE_LINK.sub(rf"[\1]({address}/blob/{revision}/\2)" if address else r"\1", text)


class CustomMetadataHook(MetadataHookInterface):
    """The description, with links that work outside the repository, and the project's addresses."""

    def update(self, metadata: dict[str, Any]) -> None:
        """Set both."""
        address = repository()
        text = Path(self.root, "README.md").read_text(encoding="utf-8")
        metadata["readme"] = {
            "content-type": "text/markdown",
            "text": with_absolute_links(text, address, os.environ.get("GITHUB_REF_NAME", "main")),
        }
        metadata["urls"] = {"Service": "https://wasend.dev"}
        if address:
            metadata["urls"] |= {
                "Source": address,
                "Documentation": f"{address}/tree/main/docs",
                "Changelog": f"{address}/blob/main/CHANGELOG.md",
                "Issues": f"{address}/issues",
                "Security": f"{address}/security/policy",
            }


class CustomBuildHook(BuildHookInterface[Any]):
    """A software bill of materials (CycloneDX, PEP 770): the package, and what it depends on. It bundles nothing."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Write it, and put it into the wheel."""
        file = Path(self.directory, "wasend-sdk.cdx.json")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(self._components(), indent=1) + "\n", encoding="utf-8")
        build_data["sbom_files"].append(str(file))

    def _components(self) -> dict[str, Any]:
        core = self.metadata.core
        package = f"pkg:pypi/{core.name}@{self.metadata.version}"
        required = {name.partition(";")[0]: re.split(r"[^\w.-]", name)[0] for name in core.dependencies}
        return {
            "bomFormat": "CycloneDX",
            "specVersion": "1.6",
            "version": 1,
            "metadata": {
                "component": {
                    "type": "library",
                    "bom-ref": package,
                    "name": core.name,
                    "version": self.metadata.version,
                    "licenses": [{"license": {"id": core.license_expression}}],
                    "purl": package,
                }
            },
            "components": [
                {
                    "type": "library",
                    "bom-ref": f"pkg:pypi/{name}",
                    "name": name,
                    "purl": f"pkg:pypi/{name}",
                    "description": f"required as {requirement}; not in this wheel",
                    "scope": "required",
                }
                for requirement, name in required.items()
            ],
            "dependencies": [{"ref": package, "dependsOn": [f"pkg:pypi/{name}" for name in required.values()]}],
        }
