import { randomBytes } from "node:crypto";
import { DeployError } from "../errors.js";
import { type Event, parseEvent, plain, textLines } from "./events.js";
import { explainFailure } from "./explain.js";
import type { Owner } from "./owner.js";
import common from "./programs/common.sh";
import enter from "./programs/enter.sh";
import type { Session } from "./session.js";
import { assignments } from "./shell.js";

export interface Program {
  /** The shell text that does the work, as the owner of the units. */
  readonly text: string;
  /** `QD_…` parameters. */
  readonly parameters: Readonly<Record<string, string>>;
  /** Whether it may prepare the host: switch lingering on, start network-online.target. */
  readonly prepare: boolean;
  /** An uploaded file that the program reads from descriptor 3; it is removed in any case. */
  readonly archive?: string;
  /** ms */
  readonly timeout: number;
  /** Ends the wait; see {@link Session.run}. */
  readonly signal?: AbortSignal;
}

/**
 * Runs a program on the host as the owner of the units, and hands on its events.
 *
 * The whole travels over standard input of `/bin/sh -s`, so that neither the login's own
 * shell nor a process list sees any of it; braces make the shell read it to the end first.
 *
 * @throws {DeployError} what the program itself reports, or that it ended without a word
 */
export async function runAsOwner(
  session: Session,
  owner: Owner,
  program: Program,
  onEvent: (event: Event) => void,
): Promise<void> {
  const token = `qd-${randomBytes(8).toString("hex")}`;
  let failure: DeployError | undefined;
  const { code, stdout, stderr } = await session.run(
    owner.sudo ? "sudo -n /bin/sh -s" : "/bin/sh -s",
    compose(owner, program, token),
    {
      timeout: program.timeout,
      ...(program.signal === undefined ? {} : { signal: program.signal }),
      onLine: (line) => {
        const event = parseEvent(line, token);
        if (!event) return;
        if (event.name === "fail") failure ??= explainFailure(session.host, owner, event);
        else onEvent(event);
      },
    },
  );
  if (failure) throw failure;
  if (code !== 0) throw unexplained(session.host, owner, stdout, stderr, code);
}

function compose(owner: Owner, program: Program, token: string): string {
  const shared = { QD_TOKEN: token, QD_SCOPE: owner.scope };
  const outer = assignments({
    ...shared,
    QD_OWNER: owner.user,
    QD_PREPARE: program.prepare ? "yes" : "no",
    QD_ARCHIVE: program.archive ?? "",
  });
  const inner = assignments({
    ...shared,
    QD_MANAGER: owner.scope === "rootful" ? "system" : "user",
    ...program.parameters,
  });
  const end = `END-${token}`;
  return [
    "{",
    `${outer}${common}${enter}`,
    `exec $become env -u XDG_CONFIG_HOME -u XDG_DATA_HOME "$@" /bin/sh -s <<'${end}'`,
    "{",
    `${inner}${common}${program.text}`,
    "} </dev/null",
    end,
    "} </dev/null",
    "",
  ].join("\n");
}

function unexplained(
  host: string,
  owner: Owner,
  stdout: string,
  stderr: string,
  code: number,
): DeployError {
  const said = textLines(plain(`${stderr}\n${stdout}`));
  if (owner.sudo && /^sudo:/m.test(stderr)) {
    return new DeployError({
      host,
      phase: "connect",
      object: "sudo",
      cause: "the login may not use sudo without a password",
      remedy: "Allow it in /etc/sudoers.d: LOGIN ALL=(ALL) NOPASSWD: ALL",
      details: said.slice(-3),
    });
  }
  return new DeployError({
    host,
    phase: "connect",
    cause: `the host's shell ended with status ${code} before it did anything`,
    remedy: "Can the login run /bin/sh?",
    details: said.slice(-10),
  });
}
