"""Asks Ansible's own commands, 2.14's or 2.19's, about inventories.

Reads cases, as inventory-cases.yaml has them, from its input, and prints a JSON list, one object
a case:
{"export": what `ansible-inventory --list --export` prints,
 "debug": {host: {variable: its value as JSON, as `ansible all -m debug` shows it}}}, the latter
for cases that ask for it,
or {"error": ...}.
"""

import base64
import json
import os
import re
import sys
import tempfile

import yaml
from ansible.cli.adhoc import AdHocCLI
from ansible.cli.inventory import InventoryCLI

MADE_BY_ANSIBLE = ["ansible_playbook_python", "ansible_config_file", "hostvars", "omit",
                   "ansible_version", "ansible_facts", "inventory_dir", "inventory_file",
                   "playbook_dir", "ansible_local", "ansible_run_tags", "ansible_skip_tags",
                   "ansible_check_mode", "ansible_diff_mode", "ansible_forks", "ansible_limit",
                   "ansible_verbosity", "ansible_inventory_sources", "environment", "vars",
                   "role_names", "ansible_role_names", "ansible_play_role_names",
                   "ansible_dependent_role_names", "ansible_play_name", "ansible_current_hosts",
                   "ansible_failed_hosts", "ansible_search_path", "ansible_module_compression",
                   "ansible_shell_executable", "ansible_pipelining", "ansible_ssh_pipelining",
                   "ansible_timeout", "ansible_ssh_timeout"]
# All variables but those, as one text that comes through whatever the command prints it in.
SHOWN = """
{%- set out = {} -%}
{%- for name in query('varnames', '.') | difference(MADE) if not name.startswith('_') -%}
{%- set _ = out.update({name: lookup('vars', name) | to_json(vault_to_text=true)}) -%}
{%- endfor -%}
{{ 'x' ~ (out | to_json | b64encode) }}""".replace("MADE", repr(MADE_BY_ANSIBLE))


def run(command, arguments, folder):
    """What a command prints, run in a process of its own: they keep much for themselves."""
    path = os.path.join(folder, "printed")
    child = os.fork()
    if child == 0:
        out = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(out, 1)
        os.dup2(out if os.environ.get("LOUD") else os.open(os.devnull, os.O_WRONLY), 2)
        code = 1
        try:
            code = command(arguments).run()
        except SystemExit as end:
            code = end.code
        except Exception as error:
            print(error)
        finally:
            sys.stdout.flush()
            os._exit(code or 0)
    _, status = os.waitpid(child, 0)
    with open(path, encoding="utf-8") as file:
        printed = file.read()
    if status != 0:
        raise RuntimeError(f"{arguments[0]} ended with {status}: {printed}")
    return printed


def ask(case, folder):
    for name, text in case["files"].items():
        path = os.path.join(folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8", newline="") as file:
            file.write(text)
    # What is beside the playbook counts, and without one that is the current directory.
    playbook = os.path.join(folder, case.get("playbook", "nowhere"))
    os.makedirs(playbook, exist_ok=True)
    os.chdir(playbook)
    options = [f"--inventory={os.path.join(folder, source)}" for source in case["inventory"]]
    options.append(f"--playbook-dir={playbook}")
    if "password" in case:
        path = os.path.join(folder, "the-password")
        with open(path, "w", encoding="utf-8") as file:
            file.write(case["password"])
        options.append(f"--vault-password-file={path}")
    if "extra" in case:
        options.append(f"--extra-vars={json.dumps(case['extra'])}")
    export = run(InventoryCLI, ["ansible-inventory", *options, "--list", "--export"], folder)
    message = json.dumps({"msg": SHOWN})
    if not case.get("debug"):
        return {"export": json.loads(export)}
    debug = ["ansible", "all", *options, "--one-line", "--module-name=debug", f"--args={message}"]
    shown = re.findall(r'^(.+?) \| SUCCESS => .*"msg": "x([^"]*)"', run(AdHocCLI, debug, folder), re.M)
    hosts = {host: json.loads(base64.b64decode(text)) for host, text in shown}
    return {"export": json.loads(export), "debug": hosts}


def outcome(case):
    with tempfile.TemporaryDirectory() as folder:
        try:
            return ask(case, os.path.realpath(folder))
        except Exception as error:  # whatever it is, Ansible does not resolve this
            return {"error": f"{type(error).__name__}: {error}"}
        finally:
            os.chdir("/")


json.dump([outcome(case) for case in yaml.safe_load(sys.stdin)], sys.stdout)
