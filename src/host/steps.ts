import type { Phase } from "../errors.js";

/** The transaction's steps, in their order; the fault campaign breaks each of them. */
export const forwardSteps = [
  "claim",
  "unpack",
  "validate",
  "save",
  "pull",
  "arm",
  "stop",
  "unlink",
  "flip",
  "link",
  "reload",
  "restart",
  "settle",
  "health",
  "prove",
  "stable",
  "confirm",
  "commit",
  "tidy",
] as const satisfies readonly Phase[];

/** The steps that put everything back. */
export const revertSteps = [
  "revert",
  "revert-reload",
  "revert-restart",
  "revert-health",
] as const satisfies readonly Phase[];
