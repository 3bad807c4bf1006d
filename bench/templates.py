"""Renders templates with Ansible and with plain Jinja2, and says how long that took.

Reads {"texts": …, "variables": …} as JSON, prints milliseconds by name. One
process renders all; each template differs from the others, as files do.
"""

import json
import sys
import time

import ansible.template
import jinja2
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar

trusted = getattr(ansible.template, "trust_as_template", lambda text: text)
OPTIONS = {"trim_blocks": True, "lstrip_blocks": False}


def with_trust(value):
    if isinstance(value, dict):
        return {key: with_trust(item) for key, item in value.items()}
    if isinstance(value, list):
        return [with_trust(item) for item in value]
    return trusted(value) if isinstance(value, str) else value


def templar(texts, variables):
    """As the `template` action: an environment for each file."""
    variables = with_trust(variables)
    first = Templar(loader=DataLoader(), variables=variables)
    for text in texts:
        if hasattr(ansible.template, "trust_as_template"):
            copy = first.copy_with_new_env(available_variables=variables)
            copy.template(trusted(text), escape_backslashes=False, overrides=OPTIONS)
        else:
            copy = first.copy_with_new_env(
                environment_class=ansible.template.AnsibleEnvironment,
                available_variables=variables,
                **OPTIONS,
            )
            copy.do_template(text, preserve_trailing_newlines=True, escape_backslashes=False)


def plain(texts, variables):
    """One environment for all, and the variables as they are: no templates in them."""
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined, **OPTIONS)
    for text in texts:
        environment.from_string(text).render(variables)


def timed(render, texts, variables):
    render(texts[:5], variables)
    began = time.perf_counter()
    render(texts[5:], variables)
    return (time.perf_counter() - began) * 1000


given = json.load(sys.stdin)
json.dump(
    {
        name: timed(render, given["texts"], given["variables"])
        for name, render in (("Templar", templar), ("jinja2", plain))
    },
    sys.stdout,
)
