import { DeployError, type Phase } from "../errors.js";
import { type Event, field, freeText, textLines } from "./events.js";
import type { Owner } from "./owner.js";

/**
 * Turns what a program on the host reports (`fail PHASE OBJECT CODE TEXT`) into the error that
 * a user reads: programs say what they saw, this says what it means and what to do.
 */
export function explainFailure(host: string, owner: Owner, event: Event): DeployError {
  const phase = field(event, 0) as Phase;
  const object = field(event, 1);
  const code = field(event, 2);
  const text = freeText(event, 3);
  const meaning = Object.hasOwn(meanings, code) ? meanings[code] : undefined;
  const { cause, remedy } = meaning?.({ object, text, owner }) ?? { cause: code };
  return new DeployError({
    host,
    phase,
    ...(object === "" ? {} : { object }),
    cause,
    ...(remedy === undefined ? {} : { remedy }),
    details: textLines(text).slice(-20),
  });
}

interface Seen {
  readonly object: string;
  readonly text: string;
  readonly owner: Owner;
}

type Meaning = (seen: Seen) => { readonly cause: string; readonly remedy?: string };

const minimum = "Quadlet needs Podman 4.4 or newer, and systemd";

const meanings: Readonly<Record<string, Meaning>> = {
  "no-systemd": () => ({ cause: "the host does not run systemd", remedy: minimum }),
  "not-root": ({ object }) => ({
    cause: `${object} is not root, and rootful units belong to root`,
    remedy: "Log in as root, or set `sudo: true` for a login that may use `sudo -n`.",
  }),
  "no-user": ({ object }) => ({
    cause: "the host has no such user",
    remedy: `Make it with: sudo useradd --create-home ${object}`,
  }),
  "root-owner": () => ({
    cause: "rootless units cannot belong to root",
    remedy: "Set `service-user`, or `scope: rootful`.",
  }),
  "no-home": ({ text }) => ({ cause: `its home directory ${text} cannot be entered` }),
  "cannot-become": ({ object, owner }) => ({
    cause: `the login cannot become ${object}`,
    remedy: owner.sudo
      ? "Its sudo does not lead to root."
      : `Log in as ${object} or root, or set \`sudo: true\`.`,
  }),
  "no-linger": ({ object }) => ({
    cause:
      "its services would stop when the login ends: lingering is off, and the login may not switch it on",
    remedy: `Run once on the host: sudo loginctl enable-linger ${object}`,
  }),
  "no-bus": ({ object }) => ({
    cause: "its systemd user manager does not come up",
    remedy: `Look at: systemctl status user@$(id -u ${object}).service (is dbus-user-session installed?)`,
  }),
  "no-podman": () => ({
    cause: "Podman is not installed",
    remedy: `${minimum}; on Debian: sudo apt-get install podman`,
  }),
  "podman-fails": () => ({ cause: "Podman does not run", remedy: "Its words are below." }),
  "no-tool": () => ({ cause: "this command is missing on the host", remedy: "Install it." }),
  unreadable: () => ({ cause: "it may not be read by the owner of the units" }),
  "no-space": () => ({ cause: "no temporary directory can be made", remedy: "Is the disk full?" }),
  "cannot-write": () => ({
    cause: "it cannot be written",
    remedy: "Look at the disk space (df, below) and the owner of the directory.",
  }),
  damaged: () => ({
    cause: "the release did not arrive as it was sent",
    remedy: "Run the deploy again.",
  }),
  "no-generator": () => ({ cause: "Podman has no Quadlet generator here", remedy: minimum }),
  invalid: () => ({
    cause: "the host's own Podman does not accept the unit; nothing was changed",
    remedy: "Its words are below.",
  }),
  refused: () => ({
    cause: "the host's own systemd does not accept the unit; nothing was changed",
    remedy: "Its words are below.",
  }),
  "network-in-use": ({ text }) => ({
    cause: `the network cannot be made anew, for containers of others use it (${text.trim()}); nothing was changed`,
    remedy: "Stop them first, or leave `recreate-networks` off.",
  }),
  "cannot-recreate": () => ({
    cause: "the network cannot be removed to be made anew",
    remedy: "Its words are below.",
  }),
  "no-image": () => ({
    cause: "the image could not be pulled; nothing was changed",
    remedy: "Check the name, the tag, and that the host may reach the registry.",
  }),
  "cannot-begin": () => ({
    cause: "systemd does not take the transaction; nothing was changed",
    remedy: "Its words are below.",
  }),
  "cannot-guard": () => ({
    cause: "systemd does not load the unit that would put everything back; nothing was changed",
  }),
  "cannot-arm": () => ({
    cause: "the timer that would put everything back cannot be armed; nothing was changed",
    remedy: "Its words are below.",
  }),
  stuck: ({ object }) => ({
    cause: "an earlier deploy never ended, and cannot be put back",
    remedy: `Its log: ${object}/transactions/. Going back by hand is described in docs/recovery.md.`,
  }),
  "no-release": ({ object }) => ({ cause: `the host has no release ${object}` }),
  unconfirmed: () => ({
    cause: "the runner did not confirm the release in time",
    remedy: "Did the job end early, or lose its network?",
  }),
  "not-restarted": () => ({ cause: "it still runs as before: it was not started anew" }),
  "old-image": () => ({ cause: "its container runs another image than the release names" }),
  "cannot-stop": () => ({ cause: "a service that was removed does not stop" }),
  "cannot-reload": () => ({ cause: "systemd could not reload its units" }),
  "not-loaded": () => ({
    cause: "systemd does not know this service after the reload",
    remedy: "Look at the journal for quadlet-generator.",
  }),
  "not-ours": ({ text }) => ({
    cause: `systemd loads it from ${text}, not from the unit of this release`,
    remedy: "Remove or rename that file.",
  }),
  "job-failed": () => ({ cause: "systemd could not start it" }),
  "service-failed": () => ({ cause: "it failed after it was started" }),
  "not-active": () => ({
    cause: "it did not become active in time",
    remedy: "If it needs longer, raise `health-timeout`.",
  }),
  "crash-loop": () => ({ cause: "it does not stay up: systemd had to start it again" }),
  unhealthy: () => ({
    cause: "the application did not become healthy in time",
    remedy: "The last answer is below; if it only needs longer, raise `health-timeout`.",
  }),
  "no-http-client": () => ({
    cause: "the host has no program that can ask this URL",
    remedy: "Install curl there, or set `health-from: runner`.",
  }),
};
