"""Renders templates with Ansible, as its `template` action does: with 2.14 or with 2.19.

Reads groups of cases, as jinja-*.yaml has them, from its input, and prints a JSON list of
{"text": …} or {"error": …}, one for each case in order.
"""

import json
import os
import sys
import tempfile

import ansible.plugins.loader
import ansible.template
from ansible.module_utils.common.text.converters import to_bytes
from ansible.parsing.dataloader import DataLoader
from ansible.parsing.yaml.loader import AnsibleLoader
from ansible.template import Templar

# A text may be repeated billions of times.
LONGEST = 1_000_000
OPTIONS = {"trim_blocks": True, "lstrip_blocks": False}


def template_2_14(template, variables, folder):
    templar = Templar(loader=DataLoader(), variables=variables).copy_with_new_env(
        environment_class=ansible.template.AnsibleEnvironment,
        searchpath=[folder],
        available_variables=variables,
        **OPTIONS,
    )
    # Jinja2 keeps what it compiled by the texts alone, or by names that other groups have too.
    templar.environment.cache.clear()
    return templar.do_template(template, preserve_trailing_newlines=True, escape_backslashes=False)


def template_2_19(template, variables, folder):
    templar = Templar(loader=DataLoader(), variables=variables).copy_with_new_env(
        searchpath=[folder], available_variables=variables
    )
    result = templar.template(trusted(template), escape_backslashes=False, overrides=OPTIONS)
    return "" if result is None else result


trusted = getattr(ansible.template, "trust_as_template", lambda text: text)
as_action = template_2_19 if hasattr(ansible.template, "trust_as_template") else template_2_14


def render(template, variables, folder):
    try:
        # As the action writes it to the file.
        text = to_bytes(as_action(template, variables, folder)).decode()
        return {"text": text} if len(text) < LONGEST else {"error": "too long"}
    except Exception as error:  # whatever it is, Ansible does not render this
        return {"error": f"{type(error).__name__}: {error}"}


def outcomes(groups):
    for group in groups:
        with tempfile.TemporaryDirectory() as folder:
            for name, text in (group.get("files") or {}).items():
                with open(os.path.join(folder, name), "w", encoding="utf-8", newline="") as file:
                    file.write(text)
            for case in (group.get("cases") or []) + (group.get("fails") or []):
                # Where the action says that lookups find files.
                found_in = {"ansible_search_path": [folder]}
                yield render(str(case), {**(group.get("variables") or {}), **found_in}, folder)


# 2.19 finds no collections before; 2.14 needs no telling.
getattr(ansible.plugins.loader, "init_plugin_loader", lambda: None)()
groups = AnsibleLoader(trusted(sys.stdin.read())).get_single_data()
json.dump(list(outcomes(groups)), sys.stdout)
