/** Where in a deploy something happened, in the order of the flow. */
export type Phase =
  | "settings"
  | "sources"
  | "render"
  | "check"
  | "connect"
  | "facts"
  | "plan"
  | "upload"
  | "begin"
  | "claim"
  | "unpack"
  | "validate"
  | "save"
  | "pull"
  | "arm"
  | "stop"
  | "unlink"
  | "flip"
  | "link"
  | "reload"
  | "restart"
  | "settle"
  | "health"
  | "prove"
  | "stable"
  | "confirm"
  | "commit"
  | "tidy"
  | "revert"
  | "revert-reload"
  | "revert-restart"
  | "revert-health";

/** A place in a file of the repository; `line` and `column` count from 1. */
export interface Location {
  readonly file: string;
  readonly line?: number;
  readonly column?: number;
}

export interface DeployErrorParts {
  readonly phase: Phase;
  /** What went wrong, as one sentence without a full stop. */
  readonly cause: string;
  /** What the reader can do about it, as a sentence or a command. */
  readonly remedy?: string;
  /** The host, as the user named it. */
  readonly host?: string;
  /** The file, unit, image, option or directory concerned. */
  readonly object?: string;
  readonly location?: Location;
  /** Further lines to show below the message: journal, response, folders searched. */
  readonly details?: readonly string[];
  /** The error underneath, if there is one. */
  readonly error?: unknown;
}

/**
 * The one kind of error a user is meant to see. Its message names host, phase,
 * object, cause and remedy, in that order.
 */
export class DeployError extends Error {
  override readonly name = "DeployError";
  readonly parts: DeployErrorParts;

  constructor(parts: DeployErrorParts) {
    super(describe(parts), parts.error === undefined ? undefined : { cause: parts.error });
    this.parts = parts;
  }

  /** The same error, with what only an outer layer knows (the host, say) filled in. */
  with(more: Partial<DeployErrorParts>): DeployError {
    return new DeployError({ ...more, ...this.parts });
  }
}

/** The connection is gone, and what ran on the host may go on. */
export class ConnectionLost extends DeployError {}

/** Several errors of the same kind, shown together so that one run reports them all. */
export class DeployErrors extends Error {
  override readonly name = "DeployErrors";
  readonly errors: readonly DeployError[];

  constructor(errors: readonly DeployError[]) {
    super(errors.map((error) => error.message).join("\n"));
    this.errors = errors;
  }
}

/** Throws nothing for an empty list, the error itself for one, a {@link DeployErrors} for more. */
export function throwAll(errors: readonly DeployError[]): void {
  const [first, second] = errors;
  if (first && second) throw new DeployErrors(errors);
  if (first) throw first;
}

/** The user-facing errors in `error`; anything else is a fault of ours and yields none. */
export function deployErrors(error: unknown): readonly DeployError[] {
  if (error instanceof DeployError) return [error];
  if (error instanceof DeployErrors) return error.errors;
  return [];
}

function describe(parts: DeployErrorParts): string {
  const where = [parts.host, parts.phase, parts.object].filter((part) => part !== undefined);
  const message = `${where.join(": ")}: ${parts.cause}`;
  return parts.remedy === undefined ? message : `${message}. ${parts.remedy}`;
}
