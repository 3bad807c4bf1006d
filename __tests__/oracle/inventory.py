"""Resolves the inventories of inventory-cases.yaml with Ansible.

Run by Ansible's own Python with the file of the cases; prints a JSON list, one object a case:
{"groups": ..., "hosts": {host: {variable: its value as JSON}}, "patterns": {pattern: [host, ...]}}
or {"error": ...}.
"""

import json
import os
import sys
import tempfile

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


def as_json(templar, name):
    return str(templar.template("{{ %s | to_json(vault_to_text=True) }}" % name, convert_data=False))


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
        loader.set_vault_secrets([("default", VaultSecret(case["password"].encode()))])
    sources = [os.path.join(folder, source) for source in case["inventory"]]
    inventory = InventoryManager(loader=loader, sources=sources)
    if not inventory._inventory.processed_sources:
        return {"error": "nothing was parsed"}
    manager = VariableManager(loader=loader, inventory=inventory)
    # With it, what is next to the playbook counts, as for a task of its plays.
    manager.safe_basedir = "playbook" in case
    manager._extra_vars = case.get("extra", {})
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


with open(sys.argv[1], encoding="utf-8") as source:
    print(json.dumps([outcome(case) for case in yaml.safe_load(source)]))
