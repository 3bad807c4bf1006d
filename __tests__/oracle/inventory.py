"""Resolves inventories with Ansible, 2.14 or 2.19.

Reads cases, as inventory-cases.yaml has them, from its input, and prints a JSON list, one object
a case:
{"groups": ..., "hosts": {host: {variable: its value as JSON}}, "patterns": {pattern: [host, ...]}}
or {"error": ...}.
"""

import json
import os
import sys
import tempfile

import ansible.parsing.vault
import ansible.template
import yaml
from ansible.inventory.manager import InventoryManager
from ansible.parsing.dataloader import DataLoader
from ansible.parsing.vault import VaultSecret
from ansible.plugins.vars import host_group_vars
from ansible.template import Templar
from ansible.vars.hostvars import HostVars
from ansible.vars.manager import VariableManager

MADE_BY_ANSIBLE = {"ansible_playbook_python", "ansible_config_file", "hostvars", "omit",
                   "ansible_version", "ansible_facts", "inventory_dir", "inventory_file",
                   "playbook_dir", "ansible_local"}


# 2.19 renders only what it is told to trust, and gives back text as text.
trusted = getattr(ansible.template, "trust_as_template", lambda text: text)
AS_TEXT = {} if hasattr(ansible.template, "trust_as_template") else {"convert_data": False}


def as_json(templar, name):
    template = "{{ %s | to_json(vault_to_text=True) }}" % name
    return str(templar.template(trusted(template), **AS_TEXT))


def with_trust(value):
    """Extra variables as `-e` gives them: what they hold may be templates."""
    if isinstance(value, dict):
        return {key: with_trust(item) for key, item in value.items()}
    if isinstance(value, list):
        return [with_trust(item) for item in value]
    return trusted(value) if isinstance(value, str) else value


def resolve(case, folder):
    for name, text in case["files"].items():
        path = os.path.join(folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8", newline="") as file:
            file.write(text)
    os.chdir(folder)
    host_group_vars.FOUND.clear()
    loader = DataLoader()
    loader.set_basedir(os.path.join(folder, case.get("playbook", "nowhere")))
    if "password" in case:
        secrets = [("default", VaultSecret(case["password"].encode()))]
        loader.set_vault_secrets(secrets)
        # 2.19 decrypts single values with what the whole process has been given.
        if hasattr(ansible.parsing.vault, "VaultSecretsContext"):
            ansible.parsing.vault.VaultSecretsContext._current = None
            context = ansible.parsing.vault.VaultSecretsContext(secrets)
            ansible.parsing.vault.VaultSecretsContext.initialize(context)
    sources = [os.path.join(folder, source) for source in case["inventory"]]
    inventory = InventoryManager(loader=loader, sources=sources)
    if not inventory._inventory.processed_sources:
        return {"error": "nothing was parsed"}
    manager = VariableManager(loader=loader, inventory=inventory)
    # With it, what is next to the playbook counts, as for a task of its plays.
    manager.safe_basedir = "playbook" in case
    manager._extra_vars = with_trust(case.get("extra", {}))
    hostvars = HostVars(inventory=inventory, variable_manager=manager, loader=loader)
    manager._hostvars = hostvars
    hosts = {}
    for name in inventory.hosts:
        variables = manager.get_vars(host=inventory.get_host(name))
        variables["hostvars"] = hostvars
        templar = Templar(loader=loader, variables=variables)
        hosts[name] = {
            variable: as_json(templar, variable)
            for variable in variables
            if variable not in MADE_BY_ANSIBLE and not variable.startswith("_")
        }
        hosts[name]["inventory_file"] = os.path.relpath(variables["inventory_file"], folder)
        hosts[name]["inventory_dir"] = os.path.relpath(variables["inventory_dir"], folder)
    patterns = {
        pattern: [host.name for host in inventory.get_hosts(pattern)]
        for pattern in case.get("patterns", [])
    }
    return {"groups": json.dumps(inventory.get_groups_dict()), "hosts": hosts, "patterns": patterns}


def outcome(case):
    with tempfile.TemporaryDirectory() as folder:
        try:
            return resolve(case, os.path.realpath(folder))
        except Exception as error:  # whatever it is, Ansible does not resolve this
            return {"error": f"{type(error).__name__}: {error}"}
        finally:
            os.chdir("/")


json.dump([outcome(case) for case in yaml.safe_load(sys.stdin)], sys.stdout)
