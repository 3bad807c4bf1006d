"""Renders the cases of jinja-cases.yaml with Ansible, as its `template` action does.

Run by Ansible's own Python with the file of the cases; prints a JSON list of
{"text": …} or {"error": …}, one for each case in order.
"""

import json
import os
import sys
import tempfile

import yaml
from ansible.parsing.dataloader import DataLoader
from ansible.parsing.yaml.loader import AnsibleLoader
from ansible.template import AnsibleEnvironment, Templar


def render(template, variables, files):
    with tempfile.TemporaryDirectory() as folder:
        for name, text in (files or {}).items():
            with open(os.path.join(folder, name), "w", encoding="utf-8", newline="") as file:
                file.write(text)
        templar = Templar(loader=DataLoader(), variables=variables).copy_with_new_env(
            environment_class=AnsibleEnvironment,
            searchpath=[folder],
            trim_blocks=True,
            lstrip_blocks=False,
            available_variables=variables,
        )
        templar.environment.cache.clear()
        try:
            text = templar.do_template(
                template, preserve_trailing_newlines=True, escape_backslashes=False
            )
            return {"text": str(text)}
        except Exception as error:  # whatever it is, Ansible does not render this
            return {"error": f"{type(error).__name__}: {error}"}


def cases(groups):
    for group in groups:
        variables = group.get("variables") or {}
        for case in (group.get("cases") or []) + (group.get("fails") or []):
            yield str(case), variables, group.get("files")


with open(sys.argv[1], encoding="utf-8") as source:
    print(json.dumps([render(*case) for case in cases(yaml.load(source, Loader=AnsibleLoader))]))
