/** What Ansible adds to a host's variables for a task: how it is reached, and who takes part. */
import type { RawVariables } from "./variables.js";

/** Of each pair the latter counts where both are given; either is there where the other is. */
const aliases = [
  ["ansible_ssh_host", "ansible_host"],
  ["ansible_ssh_port", "ansible_port"],
  ["ansible_ssh_user", "ansible_user"],
] as const;

/** @param playing the hosts that the run is for, in order */
export function withTaskVariables(
  variables: RawVariables,
  playing: readonly string[],
): RawVariables {
  const added: Record<string, unknown> = {
    ansible_connection: "ssh",
    ansible_play_hosts: playing,
    ansible_play_hosts_all: playing,
    ansible_play_batch: playing,
    play_hosts: playing,
  };
  for (const [old, name] of aliases) {
    const value =
      variables[name] ??
      variables[old] ??
      (name === "ansible_host" ? variables.inventory_hostname : undefined);
    if (value !== undefined) {
      added[old] = value;
      added[name] = value;
    }
  }
  return { ...added, ...variables };
}
