import { forwardSteps, revertSteps } from "../../../src/host/steps.js";
import {
  type Fault,
  faults,
  faultsMidStep,
  faultsOfGuard,
  faultsOfGuardMidStep,
  networkGone,
} from "./faults.js";
import type { Behaviour } from "./images.js";
import type { Owner } from "./site.js";

/** How a deploy comes to the step at which it is struck, and how its `web` behaves. */
export const courses = {
  forward: "healthy",
  // The transaction itself puts everything back.
  "revert, web exits": "exits",
  "revert, web unhealthy": "unhealthy",
  // The transaction is killed once the services run; the guard puts everything back.
  "revert by the guard": "healthy",
} as const satisfies Record<string, Behaviour>;

export type Course = keyof typeof courses;

export interface Cell {
  readonly owner: Owner;
  readonly course: Course;
  readonly step: string;
  readonly fault: Fault;
}

/** Every fault at every step. */
function everything(owner: Owner): readonly Cell[] {
  const across = (course: Course, steps: readonly string[], struck: readonly Fault[]) =>
    steps.flatMap((step) => struck.map((fault) => ({ owner, course, step, fault })));
  return [
    ...across("forward", forwardSteps, faults),
    ...across("revert, web exits", revertSteps, faults),
    ...across("revert, web unhealthy", revertSteps, faults),
    ...across("revert by the guard", revertSteps, faultsOfGuard),
    // Steps whose work takes a moment.
    ...across("forward", ["pull", "stop", "reload", "restart"], faultsMidStep),
    ...across("revert, web exits", ["revert-reload", "revert-restart"], faultsMidStep),
    ...across("revert by the guard", ["revert-reload", "revert-restart"], faultsOfGuardMidStep),
    // It takes the runner three minutes to give up, so not at every step.
    ...across("forward", ["unpack", "restart", "confirm", "commit"], [networkGone]),
    ...across("revert, web exits", ["revert-restart"], [networkGone]),
  ];
}

/** The whole campaign: everything as root, and for rootless units what differs by the owner. */
export const whole: readonly Cell[] = [
  ...everything("rootful"),
  ...everything("rootless").filter(
    ({ course, step, fault }) =>
      fault.hostDies ||
      (course === "forward" && fault.name === "runner killed" && step === "restart"),
  ),
];

/** What every change is checked by: each fault, each course, and the steps where most can go wrong. */
export const selection: readonly Cell[] = whole.filter((cell) =>
  [
    "rootful forward arm power cut",
    "rootful forward flip power cut",
    "rootful forward link runner killed",
    "rootful forward link transaction killed",
    "rootful forward restart power cut",
    "rootful forward health connection stalled",
    "rootful forward confirm connection cut",
    "rootful forward commit transaction killed",
    "rootful revert, web exits revert-reload power cut",
    "rootful revert, web exits revert-restart runner killed",
    "rootful revert, web unhealthy revert transaction killed",
    "rootful revert by the guard revert-restart guard killed",
    "rootless forward link transaction killed",
    "rootless forward restart power cut",
  ].includes(nameOf(cell)),
);

export function nameOf({ owner, course, step, fault }: Cell): string {
  return `${owner} ${course} ${step} ${fault.name}`;
}

/** Which release a host must run in the end. */
export function outcomeOf({ course, step, fault }: Cell): "old" | "new" {
  if (course !== "forward") return "old";
  // From the verdict on, whoever ends the transaction commits it.
  if (fault.hostDies) return step === "tidy" ? "new" : "old";
  // A host that asks the runner keeps the new release on its word alone.
  if (step === "confirm" && fault.silencesRunner) return "old";
  return "new";
}

/** The exit code that tells the truth; undefined where nobody is left to tell. */
export function exitCodeOf(cell: Cell): number | undefined {
  if (!cell.fault.runnerLives) return undefined;
  if (cell.fault === networkGone) return 1;
  return outcomeOf(cell) === "new" ? 0 : 1;
}

/** Whether the fault strikes before a step on the way forward has begun its work. */
export function isBefore(cell: Cell, step: (typeof forwardSteps)[number]): boolean {
  const steps: readonly string[] = forwardSteps;
  const begun = cell.fault.midStep ? 0 : -1;
  return cell.course === "forward" && steps.indexOf(cell.step) + begun < steps.indexOf(step);
}
