import ora, { type Ora } from "ora";
import type { Phase } from "../errors.js";
import type { Progress, ServiceReport } from "../host/applied.js";
import { describePlan } from "../plan/describe.js";
import type { Plan } from "../plan/plan.js";
import { inertLines } from "./inert.js";
import type { Redact } from "./redact.js";

/** Tells what happens while it happens. */
export interface Narrator {
  line(text: string): void;
  phase(host: string, phase: Phase): void;
  plan(host: string, plan: Plan): void;
  progress(host: string, progress: Progress): void;
  /** The last phase of a host is over. */
  end(host: string, ok: boolean): void;
}

const phases: Readonly<Record<Phase, string>> = {
  settings: "reading the options",
  sources: "finding templates",
  render: "rendering",
  check: "checking the units",
  connect: "connecting",
  facts: "reading the host's facts",
  plan: "planning",
  upload: "uploading the release",
  begin: "handing over to the host",
  claim: "holding the lock",
  unpack: "unpacking it",
  validate: "validating with the host's own Podman",
  save: "saving what a way back needs",
  pull: "pulling images",
  arm: "arming the way back",
  stop: "stopping what was removed",
  unlink: "taking away what was removed",
  flip: "making the release current",
  link: "adding what is new",
  reload: "reloading systemd",
  restart: "starting services",
  settle: "waiting for the services",
  health: "asking for health",
  prove: "proving that the new containers run",
  stable: "waiting whether they stay up",
  confirm: "waiting for the runner's own check",
  commit: "committing",
  tidy: "tidying up",
  revert: "putting everything back",
  "revert-reload": "reloading systemd as it was",
  "revert-restart": "starting the services of before",
  "revert-health": "asking the release of before for health",
};

/** Steps that are over in no time; a line for each would hide the others. */
const momentary: ReadonlySet<Phase> = new Set([
  ...(["claim", "save", "arm", "stop", "unlink", "link", "prove", "commit", "tidy"] as const),
]);

/**
 * On a terminal a spinner shows the phase at work; elsewhere, each phase is a line. Output of
 * hosts starts with the host's name, so that no line of it can be a workflow command.
 */
export function narrator(stream: NodeJS.WriteStream, redact: Redact): Narrator {
  // A terminal without a width has no lines to take back; a spinner would never end doing it.
  const spins = stream.isTTY === true && stream.columns > 0 && process.env.CI === undefined;
  const view = spins ? new Spinner(stream) : new Lines(stream);
  const say = (host: string, text: string) => {
    for (const line of inertLines(redact(text))) view.line(`  ${host}: ${line}`);
  };
  const worthTelling = transitions();
  return {
    line: (text) => view.line(redact(text)),
    phase: (host, phase) => view.phase(`${host}: ${phases[phase]}`),
    plan: (host, plan) => {
      for (const line of describePlan(plan)) say(host, line);
      for (const warning of plan.warnings) say(host, `warning: ${warning}`);
    },
    progress: (host, progress) => {
      if (progress.kind === "phase") {
        if (!momentary.has(progress.phase)) view.phase(`${host}: ${phases[progress.phase]}`);
      } else if (progress.kind !== "service" || worthTelling(host, progress.report)) {
        say(host, describe(progress));
      }
    },
    end: (_, ok) => view.end(ok),
  };
}

/** Of a service's states: that it came up, and that it did not; not the way there. */
function transitions(): (host: string, report: ServiceReport) => boolean {
  const active = new Map<string, boolean>();
  return (host, { name, active: state, sub, result }) => {
    const key = `${host} ${name}`;
    const before = active.get(key);
    active.set(key, state === "active");
    if (state === "active") return before === false;
    return state === "failed" || (sub.startsWith("auto-restart") && result !== "success");
  };
}

function describe(progress: Exclude<Progress, { kind: "phase" }>): string {
  switch (progress.kind) {
    case "image":
      return `${progress.report.service} will run ${progress.report.image} (${shortId(progress.report.id)})`;
    case "reverting":
      return `putting everything back${progress.why ? `, since ${progress.why}` : ""}${progress.services.length > 0 ? `; to start again: ${progress.services.join(", ")}` : ""}`;
    case "note":
      return progress.text;
    case "restarting":
      return `starting ${progress.services.join(", ")}`;
    case "service": {
      const { name, active, sub, result, startTime } = progress.report;
      const time = active === "active" && startTime > 0 ? ` after ${seconds(startTime)}` : "";
      return `${name} is ${active} (${sub})${time}${result === "success" || result === "" ? "" : `, ${result}`}`;
    }
    case "answer": {
      const { status, trouble, location } = progress.answer;
      const answer =
        status === 0 ? trouble || "no answer" : `HTTP ${status}${location && ` to ${location}`}`;
      return `health from the ${progress.from}: ${answer}`;
    }
    case "warning":
      return `warning: ${progress.text}`;
  }
}

export function shortId(id: string): string {
  return id.replace(/^sha256:/, "").slice(0, 12);
}

export function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

interface View {
  line(text: string): void;
  phase(text: string): void;
  end(ok: boolean): void;
}

class Lines implements View {
  constructor(private readonly stream: NodeJS.WritableStream) {}

  line(text: string): void {
    this.stream.write(`${text}\n`);
  }

  phase(text: string): void {
    this.stream.write(`${text}\n`);
  }

  end(): void {}
}

class Spinner implements View {
  private spinner: Ora | undefined;
  private began = 0;

  constructor(private readonly stream: NodeJS.WriteStream) {}

  line(text: string): void {
    this.spinner?.clear();
    this.stream.write(`${text}\n`);
    this.spinner?.render();
  }

  phase(text: string): void {
    this.end(true);
    this.began = performance.now();
    this.spinner = ora({ text, stream: this.stream }).start();
  }

  end(ok: boolean): void {
    const text = `${this.spinner?.text} (${seconds(performance.now() - this.began)})`;
    if (ok) this.spinner?.succeed(text);
    else this.spinner?.fail(text);
    this.spinner = undefined;
  }
}
